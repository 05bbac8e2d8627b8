"""Values sealed and opened again: the one place that knows the age library."""

import base64
import binascii
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from commlog.errors import InvalidError, NotFoundError, NotWritableError
from commlog.messages import mark
from commlog.model.record import Data
from commlog.model.sealing import BROKEN, CLOSED, DATA_MARK, OPEN, TEXT_MARK, SealRules
from commlog.store.seal_keys import KeySource, fingerprint_of, hashed_name, read_identities, read_trusted

_MISSING: Final = mark("pyrage is not installed, and this log seals values; nothing was written")
_INSTALL: Final = mark('install it: pip install "commlog[seal]"')
# What the library says when a ciphertext is sound, and for somebody else.
_NOT_FOR_US: Final = "No matching keys"


class Vault:
    """Seals for the recipients of a log's settings, and opens with the identities of one call.

    What it sealed or opened it knows from then on: a value just written is read back without a key.
    """

    def __init__(self, root: Path, rules: SealRules | None, source: KeySource) -> None:
        self.root = root
        self.rules = rules or SealRules()
        self._source = source
        self._known: dict[str, Data] = {}
        self._identities: tuple[str, ...] | None = None
        self._keys: list[Any] | None = None
        self._recipients: list[Any] | None = None

    @property
    def identities(self) -> tuple[str, ...]:
        """The identities of this call.

        Raises: UnreadableError, InvalidError: what names them is wrong.
        """
        if self._identities is None:
            self._identities = read_identities(self._source)
        return self._identities

    @property
    def fingerprint(self) -> str:
        """A hash of who can read; empty without a key."""
        return fingerprint_of(self.identities)

    def own_recipients(self) -> tuple[str, ...]:
        """The public keys of the identities of this call."""
        return tuple(str(key.to_public()) for key in self._opening_keys())

    def hashed(self, name: str) -> str | None:
        """What stands in the copy for a sealed phone or address, folded as it is compared; None without a key."""
        return hashed_name(self.identities, name) if self.identities else None

    def open(self, stored: str) -> tuple[str, Data]:
        """How a sealed value was found (OPEN, CLOSED, BROKEN), and what it says: itself unless it is open.

        Raises: NotFoundError: there is a key, but not the library; InvalidError: the key is none.
        """
        if stored in self._known:
            return OPEN, self._known[stored]
        is_data = stored.startswith(DATA_MARK)
        try:
            sealed = base64.b64decode(stored[len(DATA_MARK if is_data else TEXT_MARK) :], validate=True)
        except (ValueError, binascii.Error):
            return BROKEN, stored
        if not self.identities:
            return CLOSED, stored
        keys = self._opening_keys()
        try:
            plain = age().decrypt(sealed, keys)
        except age().DecryptError as fault:
            return (CLOSED if str(fault).startswith(_NOT_FOR_US) else BROKEN), stored
        try:
            text = plain.decode("utf-8")
            value = json.loads(text) if is_data else text
        except ValueError:
            return BROKEN, stored
        self._known[stored] = value
        return OPEN, value

    def seal(self, value: Data) -> str:
        """A value as it is stored: text under one mark, anything else as JSON under another.

        Raises:
            NotWritableError: a recipient was not confirmed on this machine, or the library is not installed.
        """
        recipients = self._sealing_keys()
        is_text = isinstance(value, str)
        plain = value if is_text else json.dumps(value, ensure_ascii=False)
        sealed = base64.b64encode(age().encrypt(plain.encode("utf-8"), recipients)).decode("ascii")
        stored = (TEXT_MARK if is_text else DATA_MARK) + sealed
        self._known[stored] = value
        return stored

    def _sealing_keys(self) -> list[Any]:
        if self._recipients is None:
            try:
                age()
            except NotFoundError as fault:
                # Not the fault of one record: an import stops at it, and refuses no row for it.
                raise NotWritableError(_MISSING, remedy=_INSTALL) from fault
            self.require_trust()
            self._recipients = parse_recipients(self.rules.recipients)
        return self._recipients

    def require_trust(self) -> None:
        """Refuse to seal for anybody who was not confirmed here: settings may come from a stranger.

        Raises:
            NotWritableError: naming who was not.
        """
        strangers = set(self.rules.recipients) - read_trusted(self.root)
        if strangers and self.identities:
            strangers -= set(self.own_recipients())
        if strangers or not self.rules.recipients:
            raise NotWritableError(
                mark("whom the settings seal for was not confirmed on this machine: {recipients}; nothing was written"),
                recipients=", ".join(sorted(strangers)) or "-",
                remedy=mark("if these keys are your team's: commlog seal trust"),
            )

    def _opening_keys(self) -> list[Any]:
        if self._keys is None:
            library = age()
            try:
                self._keys = [library.x25519.Identity.from_str(one) for one in self.identities]
            except library.IdentityError:
                raise InvalidError(
                    mark("the key is not one of age: it may be cut"),
                    file="" if self._source.text else self._source.file or "",
                    remedy=mark("take it from its backup; it looks like AGE-SECRET-KEY-1… and has 74 characters"),
                ) from None
        return self._keys


def parse_recipients(recipients: Iterable[str]) -> list[Any]:
    """The library's recipients for public keys.

    Raises:
        InvalidError: a public key has a typing mistake.
        NotFoundError: the library is not installed.
    """
    library = age()
    found = []
    for one in recipients:
        try:
            found.append(library.x25519.Recipient.from_str(one))
        except library.RecipientError:
            raise InvalidError(
                mark("'{recipient}' is no public key of age: it may have a typing mistake"),
                recipient=one,
                remedy=mark("ask for it again: it begins with age1 and is printed by commlog seal status"),
            ) from None
    return found


def new_identity() -> tuple[str, str]:
    """A new identity and its public key.

    Raises:
        NotFoundError: the library is not installed.
    """
    identity = age().x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def age() -> Any:
    """The age library, loaded on use.

    Raises:
        NotFoundError: it is not installed.
    """
    try:
        import pyrage  # type: ignore[import-untyped]
    except ImportError:
        raise NotFoundError(_MISSING, remedy=_INSTALL) from None
    return pyrage
