"""The keys of single customers: one small file each, sealed for the team, in a folder that git does not keep.

A past commit is read with the key its values were sealed with: where that file is gone everywhere, nobody reads them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from commlog.errors import NotWritableError, UnreadableError
from commlog.log.files import FileChangedError, read_plain, replace_file, write_new
from commlog.log.log import not_readable, not_writable
from commlog.messages import mark
from commlog.privacy.rules.sealing import HINT, RECIPIENT, hint_of, parse_sealed
from commlog.privacy.seal_keys import KEY_FOLDER_VARIABLE

# Whose key it is, the how-manieth of theirs, and its hint.
_NAME: Final = re.compile(rf"(.+)@([0-9]+)-({HINT.pattern})\.age")
_HEAD: Final = "# the key of one customer in commlog, sealed for the team; without it their sealed values are lost\n"
_PUBLIC: Final = "# public key: "
_OWN_MODE: Final = 0o700
_LONGEST_FILE: Final = 1 << 16


class CustomerKey(NamedTuple):
    """A customer's key as its file holds it: whose, the how-manieth, the public part, the secret one sealed for the team."""

    customer: str
    number: int
    recipient: str
    wrapped: str

    @property
    def hint(self) -> str:
        """What sealed values name the key by."""
        return hint_of(self.recipient)


class _Name(NamedTuple):
    customer: str
    number: int
    hint: str

    @property
    def file(self) -> str:
        return f"{self.customer}@{self.number}-{self.hint}.age"


class _Names:
    """What the files in a folder are called, by hint and by customer: a big log asks for each of its keys."""

    def __init__(self, names: Iterable[_Name]) -> None:
        self.by_hint: dict[str, list[_Name]] = defaultdict(list)
        self.by_customer: dict[str, list[_Name]] = defaultdict(list)
        for name in names:
            self.add(name)

    def add(self, name: _Name) -> None:
        """Know one more."""
        self.by_hint[name.hint].append(name)
        self.by_customer[name.customer].append(name)


class CustomerKeys:
    """The keys in a folder; which there are is looked up once, and kept up with what is added and destroyed here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names: _Names | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is such a folder: without it nothing is sealed with a customer's key."""
        return self.folder.is_dir()

    @property
    def hints(self) -> frozenset[str]:
        """Every key there is, by hint."""
        return frozenset(self._known.by_hint)

    @property
    def customers(self) -> frozenset[str]:
        """Every customer who has a key."""
        return frozenset(self._known.by_customer)

    def customer_of(self, hint: str) -> str:
        """Whose key it is; empty when it is not there.

        Raises:
            UnreadableError: two customers have a file for it.
        """
        name = self._name_of(hint)
        return name.customer if name else ""

    def newest(self, customer: str) -> CustomerKey | None:
        """The key new values of a customer are sealed with; None when there is none.

        Raises:
            UnreadableError: its file cannot be read, or is no such file.
        """
        own = self._known.by_customer.get(customer)
        return self.find(max(own, key=lambda name: (name.number, name.hint)).hint) if own else None

    def find(self, hint: str) -> CustomerKey | None:
        """The key sealed values name; None when it is not there.

        Raises:
            UnreadableError: its file cannot be read, is no such file, or is one of two customers' files.
        """
        name = self._name_of(hint)
        return self._read(name) if name else None

    def make_folder(self) -> None:
        """Make the folder when it is not there; git leaves it out wherever it is.

        Raises:
            NotWritableError: it cannot be made.
        """
        try:
            if not self.folder.is_dir():
                self.folder.mkdir(parents=True, mode=_OWN_MODE)
                (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
        except OSError as fault:
            raise not_writable(str(self.folder), fault) from None

    def add(self, customer: str, recipient: str, wrapped: str) -> CustomerKey:
        """Write a new key of a customer down for good, before anything is sealed with it.

        Raises:
            NotWritableError: the folder is not there (it may only not be mounted), or does not take it.
        """
        if not self.is_there or self.folder.is_symlink():
            raise NotWritableError(
                mark("{folder}, the folder with customers' keys, is missing; nothing was written"),
                folder=str(self.folder),
                remedy=mark(
                    "copy it from another member, or set ${variable} to its path; to start without keys: commlog seal on --per-customer"
                ),
                variable=KEY_FOLDER_VARIABLE,
            )
        number = 1 + max((name.number for name in self._known.by_customer.get(customer, ())), default=0)
        name = _Name(customer, number, hint_of(recipient))
        try:
            write_new(self.folder / name.file, _text_of(recipient, wrapped))
        except OSError as fault:
            raise not_writable(str(self.folder / name.file), fault) from None
        self._known.add(name)
        return CustomerKey(customer, number, recipient, wrapped)

    def wrap_again(self, key: CustomerKey, wrapped: str) -> None:
        """Keep a key sealed for other members of the team.

        Raises:
            NotWritableError: the disk does not take it, or somebody did the same at this moment.
        """
        path = self.folder / _Name(key.customer, key.number, key.hint).file
        try:
            replace_file(path, _text_of(key.recipient, wrapped), expected=_text_of(key.recipient, key.wrapped))
        except FileChangedError:
            raise not_writable(str(path), OSError(None, "changed meanwhile")) from None
        except OSError as fault:
            raise not_writable(str(path), fault) from None

    def of(self, customers: Iterable[str]) -> tuple[str, ...]:
        """The hints of every key of some customers, in order."""
        own = self._known.by_customer
        return tuple(sorted({name.hint for customer in customers for name in own.get(customer, ())}))

    def destroy(self, hints: Iterable[str]) -> tuple[str, ...]:
        """The hints of the keys that are no more, of those named; what is not there is passed over.

        Every file that is called after one goes: copies under another name, and what a power cut left, too.

        Raises:
            NotWritableError: the folder does not let go of one.
        """
        gone = []
        for hint in dict.fromkeys(hints):
            files = [file for file in self._files() if f"-{hint}" in file.name]
            for file in files:
                try:
                    file.unlink(missing_ok=True)
                except OSError as fault:
                    raise not_writable(str(file), fault) from None
            gone += [hint] if files else []
        self._names = None
        return tuple(gone)

    @property
    def _known(self) -> _Names:
        if self._names is None:
            self._names = _Names(filter(None, (_name_of(file.name) for file in self._files())))
        return self._names

    def _files(self) -> list[Path]:
        try:
            return [path for path in self.folder.iterdir() if path.is_file() and not path.is_symlink()]
        except OSError:
            return []

    def _name_of(self, hint: str) -> _Name | None:
        found = self._known.by_hint.get(hint, [])
        if len({name.customer for name in found}) > 1:
            raise UnreadableError(
                mark("two customers have a file for the key {hint}: {customers}"),
                file=str(self.folder),
                hint=hint,
                customers=", ".join(sorted(name.customer for name in found)),
                remedy=mark("delete the one that was copied by mistake"),
            )
        return max(found) if found else None

    def _read(self, name: _Name) -> CustomerKey:
        path = self.folder / name.file
        try:
            too_long = path.stat().st_size > _LONGEST_FILE
            lines = [] if too_long else read_plain(str(path)).decode("utf-8", "replace").splitlines()
        except OSError as fault:
            raise not_readable(str(path), fault) from None
        recipient = next((line.removeprefix(_PUBLIC) for line in lines if line.startswith(_PUBLIC)), "")
        wrapped = next((line for line in lines if parse_sealed(line)), "")
        if not RECIPIENT.fullmatch(recipient) or hint_of(recipient) != name.hint or not wrapped:
            raise damaged_key(path)
        return CustomerKey(name.customer, name.number, recipient, wrapped)


def damaged_key(path: Path) -> UnreadableError:
    """The error for a file that holds no key of a customer."""
    return UnreadableError(
        mark("is not a customer key written by commlog; nothing was written"),
        file=str(path),
        remedy=mark("restore the file from a backup, or copy it from another member's key folder"),
    )


def _text_of(recipient: str, wrapped: str) -> bytes:
    return f"{_HEAD}{_PUBLIC}{recipient}\n{wrapped}\n".encode()


def _name_of(file: str) -> _Name | None:
    """What a file's name says; None for any other file."""
    found = _NAME.fullmatch(file)
    return _Name(found[1], int(found[2]), found[3]) if found else None
