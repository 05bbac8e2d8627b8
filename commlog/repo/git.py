"""Running git: quietly, with the words of its errors, and only what a reader of a log needs."""

import subprocess
from pathlib import Path


def run_git(folder: Path, *arguments: str) -> str | None:
    """What git prints on stdout for a command in a folder; None when git is missing or says no."""
    try:
        completed = subprocess.run(  # noqa: S603 - fixed words, no shell
            ["git", *arguments], cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL,  # noqa: S607
        )
    except OSError:
        return None
    return completed.stdout.decode("utf-8", "replace") if completed.returncode == 0 else None


def find_user_email(folder: Path) -> str | None:
    """The e-mail git would commit with in this folder."""
    answer = run_git(folder, "config", "user.email")
    return answer.strip() or None if answer else None


def is_inside_repository(folder: Path) -> bool:
    """Whether the folder lies in a git work tree."""
    return run_git(folder, "rev-parse", "--is-inside-work-tree") is not None


def create_repository(folder: Path) -> bool:
    """Make the folder a git repository; False when git is missing."""
    return run_git(folder, "init", "-q", "-b", "main") is not None


def changed_files(folder: Path, *, staged: bool) -> list[str] | None:
    """Files changed against HEAD (or staged for commit), as paths below the folder; None without git."""
    arguments = ["diff", "--name-only", "-z", "--relative", "--diff-filter=d"]
    tracked = run_git(folder, *arguments, "--cached") if staged else run_git(folder, *arguments, "HEAD")
    if tracked is None and not staged:
        tracked = run_git(folder, *arguments, "--cached")  # no commit yet
    if tracked is None:
        return None
    names = tracked.split("\0")
    if not staged:
        names += (run_git(folder, "ls-files", "-z", "--others", "--exclude-standard") or "").split("\0")
    return sorted({name for name in names if name})
