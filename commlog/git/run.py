"""Running git: quietly, with the words of its errors, and only what a reader of a log needs."""

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MERGED: Final = "0"


@dataclass(frozen=True, slots=True)
class StagedFiles:
    """What git would commit: the blob of each path, and the paths whose work tree holds something else."""

    blobs: Mapping[str, str]
    differing: tuple[str, ...]


def run_git(folder: Path, *arguments: str) -> str | None:
    """What git prints on stdout for a command in a folder; None when git is missing or says no."""
    answer = _run(folder, arguments, b"")
    return None if answer is None else answer.decode("utf-8", "replace")


def _run(folder: Path, arguments: Iterable[str], words: bytes) -> bytes | None:
    try:
        completed = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False, input=words)  # noqa: S603, S607 - fixed words, no shell
    except OSError:
        return None
    return completed.stdout if completed.returncode == 0 else None


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


def deleted_files(folder: Path, *, staged: bool) -> list[str]:
    """Files that HEAD has and the work tree (or what is staged) has not, as paths below the folder."""
    against = "--cached" if staged else "HEAD"
    answer = run_git(folder, "diff", "--name-only", "-z", "--relative", "--no-renames", "--diff-filter=D", against)
    return [name for name in (answer or "").split("\0") if name]


def find_prefix(folder: Path) -> str | None:
    """The folder's path inside its repository, with a slash at the end unless it is the top; None without git."""
    answer = run_git(folder, "rev-parse", "--show-prefix")
    return None if answer is None else answer.rstrip("\n")


def read_staged_files(folder: Path, below: Iterable[str]) -> StagedFiles | None:
    """What is staged of some files and folders, as paths below the folder; None without git.

    A file in conflict has nothing staged and counts as it lies there.
    """
    listed = _run(folder, ["ls-files", "--stage", "-z", "--", *below], b"")
    differing = _run(folder, ["diff", "--name-only", "-z", "--relative", "--", *below], b"")
    if listed is None or differing is None:
        return None
    blobs: dict[str, str] = {}
    for line in listed.split(b"\0")[:-1]:
        facts, _, name = line.partition(b"\t")
        _, blob, stage = facts.decode().split(" ")
        # A file in conflict is in no commit before somebody resolves it; its markers are in the work tree.
        blobs[name.decode("utf-8", "replace")] = blob if stage == _MERGED else ""
    names = (name.decode("utf-8", "replace") for name in differing.split(b"\0") if name)
    return StagedFiles(blobs, tuple(sorted({name for name in names if blobs.get(name)})))


def read_blobs(folder: Path, blobs: Mapping[str, str]) -> dict[str, bytes]:
    """The content of some blobs, under the names they are asked by."""
    answer = _run(folder, ["cat-file", "--batch"], "".join(f"{blob}\n" for blob in blobs.values()).encode()) or b""
    contents: dict[str, bytes] = {}
    place = 0
    for name in blobs:
        end = answer.find(b"\n", place)
        if end < 0:
            break
        size = int(answer[place:end].rpartition(b" ")[2])
        contents[name] = answer[end + 1 : end + 1 + size]
        place = end + 1 + size + 1
    return contents


def export_staged(folder: Path, target: Path, names: Iterable[str]) -> bool:
    """Write the staged content of some files below another folder, at their paths in the repository."""
    words = "".join(f"{name}\0" for name in names).encode("utf-8", "surrogateescape")
    return (
        _run(folder, ["checkout-index", "-q", "-f", "-z", "--stdin", f"--prefix={target.as_posix()}/"], words)
        is not None
    )
