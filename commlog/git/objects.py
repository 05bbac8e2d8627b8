"""Everything a git repository holds, reachable or not: the contents of files, and the messages of commits and tags."""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
