"""Values sealed and opened again: the one place that knows the age library."""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from commlog.errors import InvalidError, NotFoundError, NotWritableError, UnreadableError
from commlog.messages import mark
from commlog.privacy.keys import CustomerKey, CustomerKeys, damaged_key
from commlog.privacy.rules.sealing import BROKEN, CLOSED, OPEN, SealedText, SealRules, hint_of, parse_sealed
from commlog.privacy.seal_keys import KeySource, hashed_name, identities_hash, read_identities, read_trusted
from commlog.values import Data
from commlog.workspace import Workspace

_MISSING: Final = mark("pyrage is not installed, and this log seals values; nothing was written")
_INSTALL: Final = mark('install it: pip install "commlog[seal]"')
# Forms are flat: what is nested deeper than this was made to do harm.
_DEEPEST: Final = 50
# What the library says when a ciphertext is sound, and for somebody else.
_NOT_FOR_US: Final = "No matching keys"


class Sealer:
    """Seals values for the recipients in a log's settings, and opens them with the identities of one call.

    What it sealed or opened it knows from then on: a value just written is read back without a key. `customer_keys` are
    the keys of single customers.
    """

    def __init__(self, root: Path, rules: SealRules | None, source: KeySource) -> None:
        self.root = root
        self.rules = rules or SealRules()
        self._is_trial = False
        self.customer_keys = CustomerKeys(source.folder_of(root))
        self._source = source
        self._known: dict[str, Data] = {}
        self._of_customers: dict[str, Any] = {}
        self._opened: dict[str, Any] = {}

    @cached_property
    def identities(self) -> tuple[str, ...]:
        """The identities of this call.

        Raises: UnreadableError, InvalidError: what names them is wrong.
        """
        return read_identities(self._source)

    @property
    def fingerprint(self) -> str:
        """A hash of who can read; empty without a key."""
        return identities_hash(self.identities)

    def own_recipients(self) -> tuple[str, ...]:
        """The public keys of the identities of this call."""
        return tuple(str(key.to_public()) for key in self._opening_keys)

    def hashed(self, name: str) -> str | None:
        """The hash the index stores for a sealed phone or address, folded for comparison; None without a key."""
        return hashed_name(self.identities, name) if self.identities else None

    def open(self, stored: str) -> tuple[str, Data]:
        """How a sealed value was found (OPEN, CLOSED, BROKEN), and what it says: itself unless it is open.

        Raises: NotFoundError: there is a key, but not the library; InvalidError: the key is none.
        """
        if stored in self._known:
            return OPEN, self._known[stored]
        parts = parse_sealed(stored)
        state, plain = self._decrypt(parts) if parts else (BROKEN, b"")
        if parts is None or state != OPEN:
            return state, stored
        try:
            text = plain.decode("utf-8")
            value = _plain_data(text) if parts.is_data else text
        except ValueError:
            return BROKEN, stored
        self._known[stored] = value
        return OPEN, value

    def seal(self, value: Data, customer: str = "") -> str:
        """A value as it is stored: text under one mark, anything else as JSON under another.

        `customer` is whose it is, empty for nobody's: with a key per customer it is sealed with theirs.

        Raises:
            NotWritableError: a recipient was not confirmed on this machine, the library is not installed, or a new key
            of the customer cannot be kept.
        """
        recipients, hint = self._sealing_keys, ""
        # What a trial shows can be opened by the team, for a key that is not kept opens nothing.
        is_nobodys = not customer or (self._is_trial and self.customer_keys.newest(customer) is None)
        if self.rules.per_customer and not is_nobodys:
            own = self._customer_recipient(customer)
            recipients, hint = [own], hint_of(str(own))
        is_text = isinstance(value, str)
        plain = value if is_text else json.dumps(value, ensure_ascii=False)
        stored = SealedText(not is_text, hint, _encrypt(plain, recipients)).text
        self._known[stored] = value
        return stored

    def is_kept_for(self, stored: str, customer: str) -> bool:
        """Whether a sealed value may stay as it is in a record of a customer: it is not sealed with another's key."""
        parts = parse_sealed(stored)
        return parts is None or not parts.hint or self.customer_keys.customer_of(parts.hint) in {customer, ""}

    @property
    def hints(self) -> frozenset[str]:
        """The hints of the customers' keys that are at hand."""
        return self.customer_keys.hints

    def elsewhere(self, root: Path, rules: SealRules | None) -> "Sealer":
        """One with the same keys, for a log at another place that has this one's records."""
        return Sealer(root, rules, replace(self._source, folder=str(self._source.folder_of(self.root))))

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Work of which nothing is kept: no new key of a customer is made."""
        self._is_trial = True
        try:
            yield
        finally:
            self._is_trial = False

    def renew(self, customer: str) -> None:
        """Seal what comes next of a customer with a new key; a second time in one call it stays at that."""
        if customer and self.rules.per_customer and customer not in self._of_customers:
            self._new_customer_key(customer)

    def wrap_customer_keys(self) -> tuple[str, ...]:
        """Seal every customer's key for the recipients there are now; gives the hints of those no key here opens.

        Raises:
            NotWritableError: a key's file cannot be written.
        """
        shut = []
        for hint in sorted(self.customer_keys.hints):
            try:
                key = self.customer_keys.find(hint)
                identity = self._identity_of(key) if key else None
            except UnreadableError:
                key = identity = None
            if key is None or identity is None:
                shut.append(hint)
            else:
                self.customer_keys.wrap_again(key, self._wrapped(str(identity)))
        return tuple(shut)

    def _decrypt(self, parts: SealedText) -> tuple[str, bytes]:
        """How a ciphertext was found, and what is in it."""
        try:
            sealed = base64.b64decode(parts.ciphertext, validate=True)
        except (ValueError, binascii.Error):
            return BROKEN, b""
        if not self.identities:
            return CLOSED, b""
        keys = self._opening_keys
        if parts.hint:
            key = self._customer_identity(parts.hint)
            if key is None:
                return CLOSED, b""
            keys = [key]
        try:
            return OPEN, age().decrypt(sealed, keys)
        except age().DecryptError as fault:
            return (CLOSED if str(fault).startswith(_NOT_FOR_US) else BROKEN), b""

    def _customer_identity(self, hint: str) -> Any:
        """The secret key sealed values name, None when it is not here or not for us."""
        if hint not in self._opened:
            key = self.customer_keys.find(hint)
            self._opened[hint] = self._identity_of(key) if key else None
        return self._opened[hint]

    def _identity_of(self, key: CustomerKey) -> Any:
        parts = parse_sealed(key.wrapped)
        state, plain = self._decrypt(parts) if parts and not parts.hint else (BROKEN, b"")
        if state != OPEN:
            return None
        try:
            return age().x25519.Identity.from_str(plain.decode("ascii"))
        except (age().IdentityError, UnicodeDecodeError):
            raise damaged_key(self.customer_keys.folder) from None

    def _customer_recipient(self, customer: str) -> Any:
        if customer not in self._of_customers:
            newest = self.customer_keys.newest(customer)
            if newest is None:
                self._new_customer_key(customer)
            else:
                self._of_customers[customer] = self._checked_recipient(newest)
        return self._of_customers[customer]

    def _checked_recipient(self, key: CustomerKey) -> Any:
        """The public part of a customer's key; what nobody could open, or a stranger put there, is not sealed with."""
        identity = self._identity_of(key)
        try:
            recipient = age().x25519.Recipient.from_str(key.recipient)
        except age().RecipientError:
            raise damaged_key(self.customer_keys.folder) from None
        if identity is not None and str(identity.to_public()) != key.recipient:
            raise damaged_key(self.customer_keys.folder)
        return recipient

    def _new_customer_key(self, customer: str) -> None:
        identity = age().x25519.Identity.generate()
        recipient = identity.to_public()
        wrapped = self._wrapped(str(identity))
        self.customer_keys.add(customer, str(recipient), wrapped)
        self._of_customers[customer] = recipient
        self._opened[hint_of(str(recipient))] = identity

    def _wrapped(self, identity: str) -> str:
        return SealedText(is_data=False, hint="", ciphertext=_encrypt(identity, self._sealing_keys)).text

    @cached_property
    def _sealing_keys(self) -> list[Any]:
        try:
            age()
        except NotFoundError as fault:
            # Not the fault of one record: an import stops at it, and refuses no row for it.
            raise NotWritableError(_MISSING, remedy=_INSTALL) from fault
        self.require_trust()
        return parse_recipients(self.rules.recipients)

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
                mark(
                    "public keys in the settings are not confirmed on this machine: {recipients}; nothing was written"
                ),
                recipients=", ".join(sorted(strangers)) or "-",
                remedy=mark("if these keys are your team's: commlog seal trust"),
            )

    @cached_property
    def _opening_keys(self) -> list[Any]:
        library = age()
        try:
            return [library.x25519.Identity.from_str(one) for one in self.identities]
        except library.IdentityError:
            raise InvalidError(
                mark("this is not an age secret key: it may be incomplete"),
                file="" if self._source.text else self._source.file or "",
                remedy=mark(
                    "restore it from its backup; a secret key starts with AGE-SECRET-KEY-1 and has 74 characters"
                ),
            ) from None


def vault_of(workspace: Workspace) -> Sealer:
    """The keys of the call that works on a log, with all that only the commands of sealing need."""
    cipher = workspace.reader.cipher
    assert isinstance(cipher, Sealer)
    return cipher


def _plain_data(text: str) -> Data:
    """The data in the text of a sealed value.

    Raises:
        ValueError: it is no JSON, is nested deeper than any form, or holds what is no text.
    """
    try:
        value: Data = json.loads(text)
    except RecursionError:
        raise ValueError(text[:20]) from None
    if max(text.count("["), text.count("{")) > _DEEPEST:
        level = [value]
        for _ in range(_DEEPEST):
            level = [
                item
                for one in level
                for item in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            ]
        if level:
            raise ValueError(text[:20])
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _encrypt(plain: str, recipients: list[Any]) -> str:
    return base64.b64encode(age().encrypt(plain.encode("utf-8"), recipients)).decode("ascii")


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
                mark("'{recipient}' is not an age public key: it may contain a typing mistake"),
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
