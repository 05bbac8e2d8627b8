"""The keys of single customers: one small file each, sealed for the team, in a folder that git does not keep.

A past commit is read with the key its values were sealed with: where that file is gone everywhere, nobody reads them.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from commlog.errors import UnreadableError
from commlog.messages import mark
from commlog.model.sealing import HINT, RECIPIENT, hint_of, take_apart
from commlog.store.files import ChangedMeanwhile, replace_file, write_new
from commlog.store.log import not_writable

_SUFFIX: Final = ".age"
_BETWEEN: Final = "@"
_HEAD: Final = "# the key of one customer in commlog, sealed for the team; without it their sealed values are lost\n"
_PUBLIC: Final = "# public key: "
_OWN_MODE: Final = 0o700


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
        return f"{self.customer}{_BETWEEN}{self.number}-{self.hint}{_SUFFIX}"


class CustomerKeys:
    """The keys in a folder; which there are is looked up once, and kept up with what is added and destroyed here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names: dict[str, _Name] | None = None

    @property
    def hints(self) -> frozenset[str]:
        """Every key there is, by hint."""
        return frozenset(self._known)

    @property
    def customers(self) -> frozenset[str]:
        """Every customer who has a key."""
        return frozenset(name.customer for name in self._known.values())

    def customer_of(self, hint: str) -> str:
        """Whose key it is; empty when it is not there."""
        name = self._known.get(hint)
        return name.customer if name else ""

    def newest(self, customer: str) -> CustomerKey | None:
        """The key new values of a customer are sealed with; None when there is none.

        Raises:
            UnreadableError: its file cannot be read, or is no such file.
        """
        own = [name for name in self._known.values() if name.customer == customer]
        return self._read(max(own, key=lambda name: (name.number, name.hint))) if own else None

    def find(self, hint: str) -> CustomerKey | None:
        """The key sealed values name; None when it is not there.

        Raises:
            UnreadableError: its file cannot be read, or is no such file.
        """
        name = self._known.get(hint)
        return self._read(name) if name else None

    def add(self, customer: str, recipient: str, wrapped: str) -> CustomerKey:
        """Write a new key of a customer down for good, before anything is sealed with it.

        Raises:
            NotWritableError: the folder or the disk does not take it.
        """
        number = 1 + max((name.number for name in self._known.values() if name.customer == customer), default=0)
        name = _Name(customer, number, hint_of(recipient))
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=_OWN_MODE)
            if not (self.folder / ".gitignore").exists():
                (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
            write_new(self.folder / name.file, _text_of(recipient, wrapped))
        except OSError as fault:
            raise not_writable(str(self.folder / name.file), fault) from None
        self._known[name.hint] = name
        return CustomerKey(customer, number, recipient, wrapped)

    def wrap_again(self, key: CustomerKey, wrapped: str) -> None:
        """Keep a key sealed for other members of the team.

        Raises:
            NotWritableError: the disk does not take it, or somebody did the same at this moment.
        """
        path = self.folder / self._known[key.hint].file
        try:
            replace_file(path, _text_of(key.recipient, wrapped), expected=_text_of(key.recipient, key.wrapped))
        except ChangedMeanwhile:
            raise not_writable(str(path), OSError(None, "changed meanwhile")) from None
        except OSError as fault:
            raise not_writable(str(path), fault) from None

    def of(self, customers: Iterable[str]) -> tuple[str, ...]:
        """The hints of every key of some customers, in order."""
        wanted = frozenset(customers)
        return tuple(sorted(hint for hint, name in self._known.items() if name.customer in wanted))

    def destroy(self, hints: Iterable[str]) -> tuple[str, ...]:
        """The hints of the keys that are no more, of those named; what is not there is passed over.

        Raises:
            NotWritableError: the folder does not let go of one.
        """
        gone = []
        for hint in hints:
            name = self._known.get(hint)
            if name is None:
                continue
            try:
                (self.folder / name.file).unlink(missing_ok=True)
            except OSError as fault:
                raise not_writable(str(self.folder / name.file), fault) from None
            del self._known[hint]
            gone.append(hint)
        return tuple(gone)

    @property
    def _known(self) -> dict[str, _Name]:
        if self._names is None:
            try:
                entries = [path.name for path in self.folder.iterdir()]
            except OSError:
                entries = []
            self._names = {name.hint: name for name in map(_name_of, entries) if name}
        return self._names

    def _read(self, name: _Name) -> CustomerKey:
        path = self.folder / name.file
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as fault:
            raise UnreadableError(
                mark("cannot be read: {reason}"), file=str(path), reason=fault.strerror or str(fault)
            ) from None
        recipient = next((line.removeprefix(_PUBLIC) for line in lines if line.startswith(_PUBLIC)), "")
        wrapped = next((line for line in lines if take_apart(line)), "")
        if not RECIPIENT.fullmatch(recipient) or hint_of(recipient) != name.hint or not wrapped:
            raise UnreadableError(
                mark("is not a customer's key as commlog writes it; nothing was written"),
                file=str(path),
                remedy=mark("take the file from a backup, or from another member's key folder"),
            )
        return CustomerKey(name.customer, name.number, recipient, wrapped)


def _text_of(recipient: str, wrapped: str) -> bytes:
    return f"{_HEAD}{_PUBLIC}{recipient}\n{wrapped}\n".encode()


def _name_of(file: str) -> _Name | None:
    """What a file's name says; None for any other file."""
    customer, between, rest = file.removesuffix(_SUFFIX).rpartition(_BETWEEN)
    number, dash, hint = rest.partition("-")
    if not (file.endswith(_SUFFIX) and customer and between and dash and number.isdecimal() and HINT.fullmatch(hint)):
        return None
    return _Name(customer, int(number), hint)
