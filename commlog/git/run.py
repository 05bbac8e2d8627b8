"""Running git in a folder: one way to ask it, and questions about the repository and what is staged."""

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commlog.errors import NoLogError
from commlog.messages import mark

# Seconds after which a remote that does not answer counts as unreachable.
_PATIENCE: Final = 300
_REMOTE_COMMANDS: Final = frozenset({"fetch", "push"})
_MERGED: Final = "0"
_KEPT_IN_GIT: Final = mark("the history is kept in git: create a repository with `git init`, and commit the log")


@dataclass(frozen=True, slots=True)
class GitResult:
    """The result of a git command: exit code, the bytes of stdout, and the text of stderr."""

    code: int
    raw: bytes = b""
    words: str = ""

    @property
    def is_good(self) -> bool:
        """Whether git did what it was asked."""
        return self.code == 0

    @property
    def out(self) -> str:
        """The text of stdout; bytes that are not UTF-8 are kept as surrogates, so that they name the same file."""
        return self.raw.decode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class StagedFiles:
    """What git would commit: the blob of each path, and the paths whose work tree has something else."""

    blobs: Mapping[str, str]
    differing: tuple[str, ...]


def ask(folder: Path, *words: str, given: bytes = b"") -> GitResult:
    """What git answers to a command in a folder; `given` is its stdin.

    Raises:
        NoLogError: git cannot be started.
    """
    patience = _PATIENCE if words[0] in _REMOTE_COMMANDS else None
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            ["git", *words],  # noqa: S607 - git is found as the shell finds it
            cwd=folder,
            input=given,
            capture_output=True,
            check=False,
            timeout=patience,
        )
    except subprocess.TimeoutExpired:
        return GitResult(-1, words=f"git {words[0]}: {_PATIENCE} s")
    except (OSError, ValueError) as fault:
        raise git_fault(getattr(fault, "strerror", None) or str(fault)) from None
    # Without git's hints on what to type: ours follow.
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    errors = "\n".join(line.rstrip() for line in lines if line.strip() and not line.startswith("hint:"))
    return GitResult(done.returncode, done.stdout, errors)


def ask_git(folder: Path, *words: str) -> GitResult:
    """What git answers to a command that must succeed.

    Raises:
        NoLogError: there is no repository, or git is missing or refuses; says why.
    """
    answer = ask(folder, *words)
    if not answer.is_good:
        if "not a git repository" in answer.words:
            raise _no_repository(folder, _KEPT_IN_GIT)
        raise git_fault(next(iter(answer.words.splitlines()), words[0]))
    return answer


def run_git(folder: Path, *words: str, given: bytes = b"") -> str | None:
    """The text git prints on stdout for a command in a folder; None when git is missing or refuses."""
    try:
        answer = ask(folder, *words, given=given)
    except NoLogError:
        return None
    return answer.raw.decode("utf-8", "replace") if answer.is_good else None


def git_fault(reason: str) -> NoLogError:
    """The error for a git that does not answer."""
    return NoLogError(
        mark("git failed: {reason}"), reason=reason, remedy=mark("check that git works in the log's folder")
    )


def _no_repository(folder: Path, remedy: str) -> NoLogError:
    return NoLogError(mark("there is no git repository at {folder}"), folder=str(folder), remedy=remedy)


def find_user_email(folder: Path) -> str | None:
    """The e-mail git would commit with in this folder."""
    return (run_git(folder, "config", "user.email") or "").strip() or None


def is_inside_repository(folder: Path) -> bool:
    """Whether the folder is in a git work tree."""
    return run_git(folder, "rev-parse", "--is-inside-work-tree") is not None


def create_repository(folder: Path) -> bool:
    """Make the folder a git repository; False when git is missing."""
    return run_git(folder, "init", "-q", "-b", "main") is not None


def find_prefix(folder: Path) -> str | None:
    """The folder's path inside its repository, with a slash at the end unless it is the top; None without git."""
    answer = run_git(folder, "rev-parse", "--show-prefix")
    return None if answer is None else answer.rstrip("\n")


def require_prefix(folder: Path, remedy: str = _KEPT_IN_GIT) -> str:
    """The folder's path inside its repository; `remedy` is the marked text that says what to do without one.

    Raises:
        NoLogError: there is no repository.
    """
    prefix = find_prefix(folder)
    if prefix is None:
        raise _no_repository(folder, remedy)
    return prefix


def commit_hash(folder: Path, name: str) -> str:
    """The hash of the commit a name means; empty when there is none."""
    answer = ask(folder, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}")
    # Some versions repeat the words that end the options.
    return answer.out.split()[-1] if answer.is_good else ""


def _changed_names(folder: Path, *options: str) -> list[str] | None:
    answer = run_git(folder, "diff", "--name-only", "-z", "--relative", *options)
    return None if answer is None else [name for name in answer.split("\0") if name]


def changed_files(folder: Path, *, staged: bool) -> list[str] | None:
    """Files changed against HEAD (or staged for commit), as paths below the folder; None without git."""
    names = None if staged else _changed_names(folder, "--diff-filter=d", "HEAD")
    if names is None:
        names = _changed_names(folder, "--diff-filter=d", "--cached")  # also when there is no commit yet
    if names is None:
        return None
    if not staged:
        names += (run_git(folder, "ls-files", "-z", "--others", "--exclude-standard") or "").split("\0")
    return sorted({*names} - {""})


def deleted_files(folder: Path, *, staged: bool) -> list[str]:
    """Files that HEAD has and the work tree (or what is staged) has not, as paths below the folder."""
    return _changed_names(folder, "--no-renames", "--diff-filter=D", "--cached" if staged else "HEAD") or []


def read_staged_files(folder: Path, below: Iterable[str]) -> StagedFiles | None:
    """What is staged of some files and folders, as paths below the folder; None without git.

    A file in conflict has nothing staged; its content is that of the work tree.
    """
    listed = run_git(folder, "ls-files", "--stage", "-z", "--", *below)
    differing = _changed_names(folder, "--", *below)
    if listed is None or differing is None:
        return None
    blobs: dict[str, str] = {}
    for line in listed.split("\0")[:-1]:
        facts, _, name = line.partition("\t")
        _, blob, stage = facts.split(" ")
        # A file in conflict is in no commit before it is resolved; its markers are in the work tree.
        blobs[name] = blob if stage == _MERGED else ""
    return StagedFiles(blobs, tuple(sorted({name for name in differing if blobs.get(name)})))


def export_staged(folder: Path, target: Path, names: Iterable[str]) -> bool:
    """Write the staged content of some files below another folder, at their paths in the repository."""
    paths = as_input(names)
    prefix = f"--prefix={target.as_posix()}/"
    return run_git(folder, "checkout-index", "-q", "-f", "-z", "--stdin", prefix, given=paths) is not None


def as_input(names: Iterable[str]) -> bytes:
    """Paths as git reads them from stdin, each followed by a NUL."""
    return "".join(f"{name}\0" for name in names).encode("utf-8", "surrogateescape")
