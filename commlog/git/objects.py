"""What a git repository contains, reachable or not: the contents of files, and the messages of commits and tags."""

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Final

from commlog.git.run import git_fault, run_git

_BLOB: Final = "blob"
_KINDS: Final = frozenset({_BLOB, "commit", "tag"})
# So many hashes fit into a pipe at once: git can take them all before an answer is read.
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A file's content, or a commit or tag: its name, the path it has or had, and whether any ref leads to it."""

    name: str
    kind: str
    path: str
    is_reachable: bool
    data: bytes


def iter_objects(folder: Path) -> Iterator[StoredObject]:
    """Every blob, commit and tag of the repository of a folder; nothing without git."""
    listed = run_git(folder, "cat-file", "--batch-all-objects", "--batch-check") or ""
    kinds = dict(line.split(" ")[:2] for line in listed.splitlines())
    paths = _paths(folder)
    names = [name for name, kind in kinds.items() if kind in _KINDS]
    for name, (kind, data) in zip(names, _iter_contents(folder, names), strict=True):
        if kind:
            yield StoredObject(name, kind, paths.get(name, ""), name in paths, data)


def iter_paths(folder: Path) -> list[str]:
    """Every path that any commit of any ref has."""
    return sorted({*_paths(folder).values()} - {""})


def _paths(folder: Path) -> dict[str, str]:
    """Every object that a ref leads to, with a path it has; empty for one that has none."""
    listed = run_git(folder, "-c", "core.quotePath=false", "rev-list", "--objects", "--all") or ""
    pairs = (line.partition(" ") for line in listed.splitlines())
    return {name: path for name, _, path in pairs}


def iter_blobs(folder: Path, hashes: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
    """Each hash with the content of its blob, in the order they are asked for; None for what is no blob of this clone.

    Raises:
        NoLogError: git does not answer.
    """
    names = list(hashes)
    for name, (kind, data) in zip(names, _iter_contents(folder, names), strict=True):
        yield name, data if kind == _BLOB else None


def _iter_contents(folder: Path, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """The kind and the content of each object, in the order of the names; no kind for one that is not in this clone.

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
            waiting = iter(names)
            while batch := list(islice(waiting, _BATCH)):
                process.stdin.write("".join(f"{name}\n" for name in batch).encode())
                process.stdin.flush()
                for _ in batch:
                    yield _read_answer(process.stdout)
        except BrokenPipeError:
            raise git_fault("cat-file") from None
        finally:
            process.stdin.close()


def _read_answer(answers: IO[bytes]) -> tuple[str, bytes]:
    """One answer of git: a line with name, kind and size, the content, and a line end."""
    _, _, facts = answers.readline().decode("utf-8", "replace").rstrip("\n").partition(" ")
    kind, _, size = facts.partition(" ")
    return (kind, answers.read(int(size) + 1)[:-1]) if size.isdecimal() else ("", b"")
