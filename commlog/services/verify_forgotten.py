"""Looking for what is left of a forgotten person: in the work tree, in the log's own state, and in all of git."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from commlog.errors import InvalidError, UnreadableError
from commlog.messages import mark, translate
from commlog.model.forgetting import read_purge_lines
from commlog.repo.git import find_prefix
from commlog.repo.stored_objects import iter_objects, iter_paths
from commlog.services.workspace import Workspace

_GIT = ".git"


@dataclass(frozen=True, slots=True)
class LeftOver:
    """A place that still tells who somebody was: where, which path, and how many times."""

    where: str
    path: str
    count: int


def verify_forgotten(workspace: Workspace, purge_list: Path) -> tuple[LeftOver, ...]:
    """Every place that holds one of the values of a purge list: files first, then git's history.

    Raises:
        UnreadableError: the list cannot be read.
        InvalidError: it is none.
    """
    try:
        pattern = read_purge_lines(purge_list.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise UnreadableError(mark("cannot be read: {reason}"), file=str(purge_list), reason=str(fault)) from None
    except ValueError:
        raise InvalidError(
            mark("{file} is no list of what to look for"),
            file=str(purge_list),
            remedy=mark("write one before forgetting: commlog customer forget CUSTOMER --purge-list FILE"),
        ) from None
    return (*_in_files(workspace.log.root, pattern, purge_list), *_in_git(workspace.log.root, pattern))


def history_prefix(workspace: Workspace) -> str | None:
    """The log's folder inside its repository, empty at its top; None without git."""
    return find_prefix(workspace.log.root)


def _in_files(root: Path, pattern: re.Pattern[str], purge_list: Path) -> Iterator[LeftOver]:
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name == _GIT or name.startswith(f"{_GIT}/") or not path.is_file() or path.resolve() == purge_list.resolve():
            continue
        where = translate("the copy and other state") if name.startswith(".commlog/") else translate("file")
        try:
            count = _count(pattern, path.read_bytes()) + len(pattern.findall(name))
        except OSError:
            count = 1
        if count:
            yield LeftOver(where, name, count)


def _in_git(root: Path, pattern: re.Pattern[str]) -> Iterator[LeftOver]:
    for path in iter_paths(root):
        if pattern.search(path):
            yield LeftOver(translate("name of a file in git's history"), path, 1)
    for item in iter_objects(root):
        count = _count(pattern, item.data)
        if count:
            where = translate("git's history") if item.is_reachable else translate("git, reached by no ref")
            yield LeftOver(where, f"{item.name[:12]} {item.path or item.kind}", count)


def _count(pattern: re.Pattern[str], data: bytes) -> int:
    return sum(1 for _ in pattern.finditer(data.decode("utf-8", "replace")))
