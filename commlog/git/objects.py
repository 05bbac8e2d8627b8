"""Everything a git repository holds, reachable or not: the contents of files, and the messages of commits and tags."""

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Final

from commlog.git.history import git_fault, shallow_boundary
from commlog.git.remote import ask
from commlog.git.run import find_prefix

_AT_ONCE: Final = 500
_KINDS: Final = frozenset({"blob", "commit", "tag"})


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A file's content, or a commit or tag: its name, the path it has or had, and whether any ref leads to it."""

    name: str
    kind: str
    path: str
    is_reachable: bool
    data: bytes


def iter_objects(folder: Path) -> Iterator[StoredObject]:
    """Every blob, commit and tag of the repository a folder lies in; nothing without git."""
    listed = _git(folder, ["cat-file", "--batch-all-objects", "--batch-check"], b"")
    if listed is None:
        return
    kinds = dict(line.split(" ")[:2] for line in listed.decode("ascii", "replace").splitlines())
    paths = _paths(folder)
    names = [name for name, kind in kinds.items() if kind in _KINDS]
    for start in range(0, len(names), _AT_ONCE):
        for name, data in _contents(folder, names[start : start + _AT_ONCE]):
            yield StoredObject(name, kinds[name], paths.get(name, ""), name in paths, data)


def iter_paths(folder: Path) -> Iterator[str]:
    """Every path that any commit of any ref has."""
    yield from sorted({path for path in _paths(folder).values() if path})


def _paths(folder: Path) -> dict[str, str]:
    """Every object that a ref leads to, with a path it has; empty for one that has none."""
    listed = _git(folder, ["-c", "core.quotePath=false", "rev-list", "--objects", "--all"], b"") or b""
    pairs = (line.partition(" ") for line in listed.decode("utf-8", "replace").splitlines())
    return {name: path for name, _, path in pairs}


def _contents(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    answer = _git(folder, ["cat-file", "--batch"], "\n".join(names).encode("ascii") + b"\n") or b""
    at = 0
    while at < len(answer):
        end = answer.index(b"\n", at)
        words = answer[at:end].decode("ascii", "replace").split(" ")
        if len(words) < 3:
            at = end + 1
            continue
        size = int(words[2])
        yield words[0], answer[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _git(folder: Path, arguments: Sequence[str], words: bytes) -> bytes | None:
    try:
        completed = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False, input=words)  # noqa: S603, S607 - fixed words, no shell
    except OSError:
        return None
    return completed.stdout if completed.returncode == 0 else None


# So many hashes fit into a pipe at once: git can take them all before anybody reads an answer.
_BATCH: Final = 500
_BLOB: Final = b"blob"


def iter_blobs(folder: Path, hashes: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
    """Each hash with the content of its blob, in the order they are asked for; None for what is no blob of this clone.

    Raises:
        NoLogError: git does not answer.
    """
    try:
        process = subprocess.Popen(
            ["git", "cat-file", "--batch"],  # noqa: S607 - fixed words, no shell
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as fault:
        raise git_fault(fault.strerror or str(fault)) from None
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            waiting = iter(hashes)
            while batch := list(islice(waiting, _BATCH)):
                process.stdin.write("".join(f"{name}\n" for name in batch).encode())
                process.stdin.flush()
                for name in batch:
                    yield name, _read_answer(process.stdout)
        except BrokenPipeError:
            raise git_fault("cat-file") from None
        finally:
            process.stdin.close()


def _read_answer(answers: IO[bytes]) -> bytes | None:
    """One answer of git: a line that says what comes, the content, and a line's end."""
    _, _, told = answers.readline().decode("utf-8", "replace").rstrip("\n").partition(" ")
    kind, _, size = told.partition(" ")
    if not size.isdecimal():
        return None
    content = answers.read(int(size) + 1)[:-1]
    return content if kind.encode() == _BLOB else None


_START: Final = "\x01"


def first_commit_times(folder: Path, below: str) -> dict[str, int | None] | None:
    """When files below a path were first committed, in seconds since 1970, by their names without folder and ending.

    It is the time its author made the commit, which a rebase keeps. None for a name whose commits a shallow clone has
    not got; None for all without a repository or a commit.
    """
    if find_prefix(folder) is None:
        return None
    answer = ask(
        folder,
        *("-c", "core.quotePath=false", "log", "--no-show-signature", "--diff-filter=A", "--no-renames", "-z"),
        *(f"--format={_START}%H %at", "--name-only", "--relative", "HEAD", "--", below),
    )
    if not answer.is_good:
        return None
    cut = shallow_boundary(folder)
    times: dict[str, int | None] = {}
    time: int | None = None
    for word in answer.out.split("\0"):
        text = word.lstrip("\n")
        if text.startswith(_START):
            facts, _, text = text[1:].partition("\n")
            commit, _, seconds = facts.partition(" ")
            time = None if commit in cut else int(seconds)
        if text:
            # Later words are of earlier commits: the last one counts.
            times[PurePosixPath(text).stem] = time
    return times
