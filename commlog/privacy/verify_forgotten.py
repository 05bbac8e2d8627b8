"""What is left of a forgotten person: in the work tree, in the log's own state, and in all of git."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from commlog.errors import InvalidError, UnreadableError
from commlog.git.objects import iter_objects, iter_paths
from commlog.log.names import KEY_FOLDER
from commlog.messages import mark, translate
from commlog.privacy.cipher import vault_of
from commlog.privacy.rules.forgetting import read_purge_lines
from commlog.privacy.rules.sealing import HEADER, OPEN, find_stored
from commlog.workspace import Workspace

_GIT = ".git"


@dataclass(frozen=True, slots=True)
class RemainingPlace:
    """A place that still identifies a person: where, which path, and how many times.

    `is_sealed` when it tells nobody but who holds a key that is at hand here.
    """

    where: str
    path: str
    count: int
    is_sealed: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """What is left of a forgotten person, and how many sealed values were met that no key here opens."""

    left: tuple[RemainingPlace, ...]
    shut: int


def verify_forgotten(workspace: Workspace, purge_list: Path) -> Verification:
    """Every place that holds one of the values of a purge list: files first, then git's history.

    Sealed values are opened with the keys of this call, wherever they stand.

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
            mark("{file} is not a purge list"),
            file=str(purge_list),
            remedy=mark("write one before forgetting: commlog customer forget CUSTOMER --purge-list FILE"),
        ) from None
    search = _Search(workspace, pattern)
    left = (*search.in_files(purge_list), *search.in_keys(), *search.in_git())
    return Verification(left, len(search.shut))


class _Search:
    """Looks for what a pattern finds in the plain, and in what sealed values say; `shut` are those no key here opens."""

    def __init__(self, workspace: Workspace, pattern: re.Pattern[str]) -> None:
        self._root = workspace.log.root
        self._vault = vault_of(workspace)
        self._pattern = pattern
        self.shut: set[str] = set()

    def in_files(self, purge_list: Path) -> Iterator[RemainingPlace]:
        """Places in the log's folder, but for git's own and the list itself."""
        for path in sorted(self._root.rglob("*")):
            name = path.relative_to(self._root).as_posix()
            is_gits = name == _GIT or name.startswith(f"{_GIT}/")
            if is_gits or not path.is_file() or path.resolve() == purge_list.resolve():
                continue
            where = translate("the index and other state") if name.startswith(".commlog/") else translate("file")
            try:
                # The name of a key's file says whose it is; the file has nothing of theirs.
                data = b"" if name.startswith(f"{KEY_FOLDER}/") else path.read_bytes()
                yield from self._in(data, where, name, len(self._pattern.findall(name)))
            except OSError:
                yield RemainingPlace(where, name, 1)

    def in_keys(self) -> Iterator[RemainingPlace]:
        """Keys that are called after them."""
        for customer in sorted(self._vault.customer_keys.customers):
            if self._pattern.search(customer):
                yield RemainingPlace(translate("key folder"), customer, 1)

    def in_git(self) -> Iterator[RemainingPlace]:
        """Places in all that git holds."""
        for path in iter_paths(self._root):
            if self._pattern.search(path):
                yield RemainingPlace(translate("name of a file in git's history"), path, 1)
        for item in iter_objects(self._root):
            where = translate("git's history") if item.is_reachable else translate("objects in git that no ref reaches")
            yield from self._in(item.data, where, f"{item.name[:12]} {item.path or item.kind}")

    def _in(self, data: bytes, where: str, path: str, more: int = 0) -> Iterator[RemainingPlace]:
        text = data.decode("utf-8", "replace")
        count = more + self._count(text)
        if count:
            yield RemainingPlace(where, path, count)
        # Most files hold nothing sealed, and need no key.
        opened = sum(map(self._count_sealed, find_stored(text))) if HEADER in text else 0
        if opened:
            yield RemainingPlace(where, path, opened, is_sealed=True)

    def _count(self, text: str) -> int:
        return sum(1 for _ in self._pattern.finditer(text))

    def _count_sealed(self, stored: str) -> int:
        state, value = self._vault.open(stored)
        if state == OPEN:
            return self._count(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        self.shut.add(stored)
        return 0
