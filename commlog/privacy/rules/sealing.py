"""Sealed values: their form in a record's file, which fields are sealed, and what is shown for one that cannot be opened."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from commlog.errors import NotWritableError
from commlog.messages import mark
from commlog.values import Data, Fields, SealedPlace, ValuePath

# A text is sealed as it is, so that `age -d` gives it back; any other value as JSON.
TEXT_MARK: Final = "age:"
DATA_MARK: Final = "age+json:"
# What every ciphertext of age begins with, in base64.
HEADER: Final = "YWdlLWVuY3J5cHRpb24ub3JnL3Yx"
_LETTERS: Final = "[02-9ac-hj-np-z]"
# Between `@` and the colon is which customer's key it is sealed with; without it the team's are meant.
_STORED: Final = re.compile(rf"age(\+json)?(?:@({_LETTERS}{{10}}))?:([A-Za-z0-9+/]{{16,}}={{0,2}})")
RECIPIENT: Final = re.compile(f"age1{_LETTERS}{{58}}")
HINT: Final = re.compile(f"{_LETTERS}{{10}}")

SHUT: Final = "[sealed]"
BROKEN_SHOWN: Final = "[sealed: unreadable]"
SHOWN: Final = frozenset({SHUT, BROKEN_SHOWN})

# How a sealed value was found: read with a key, not for this key, damaged.
OPEN: Final = "open"
CLOSED: Final = "closed"
BROKEN: Final = "broken"

# Keys that listings, links or deadlines rest on: sealed, the log would not work.
NEVER_SEALED: Final = frozenset[str]().union(
    # What a record is, and is found by.
    ("id", "template", "type", "title", "subject", "tags", "category", "links", "question"),
    # Who a customer is, and whether they may be contacted.
    ("customer", "name", "aliases", "merged_into", "stage", "level", "consent", "do_not_contact"),
    # Who does what, and how it ended.
    ("agent", "owner", "channel", "direction", "outcome", "reached", "priority", "status", "followups", "history"),
    # When.
    ("started_at", "ended_at", "recorded_at", "received_at", "closed_on", "verified_on", "period"),
)


@dataclass(frozen=True, slots=True)
class SealRules:
    """For whom values are sealed, as public keys; `fields` are dotted keys, None for every personal field.

    `per_customer` seals what is a customer's with a key of that customer's own, which the recipients can open.
    """

    recipients: tuple[str, ...] = ()
    fields: tuple[str, ...] | None = None
    per_customer: bool = False


class SealedText(NamedTuple):
    """A sealed value taken apart: whether it holds JSON, the hint of the customer's key (empty for the team's), base64."""

    is_data: bool
    hint: str
    ciphertext: str

    @property
    def text(self) -> str:
        """The value as a file has it."""
        mark = (DATA_MARK if self.is_data else TEXT_MARK)[:-1]
        return f"{mark}{f'@{self.hint}' if self.hint else ''}:{self.ciphertext}"


@dataclass(frozen=True, slots=True)
class SealRule:
    """What is sealed of a field: the value as a whole, each item of a list, or what is deeper; lists are passed through."""

    whole: bool = False
    each: bool = False
    inner: Mapping[str, "SealRule"] = field(default_factory=dict)


Plan = Mapping[str, SealRule]


def is_sealed(value: Data) -> bool:
    """Whether a value is a sealed one, whole or cut."""
    return isinstance(value, str) and value.startswith("age") and bool(_STORED.fullmatch(value))


def parse_sealed(stored: str) -> SealedText | None:
    """The parts of a sealed value; None when it is none."""
    found = _STORED.fullmatch(stored)
    return SealedText(found[1] is not None, found[2] or "", found[3]) if found else None


def hint_of(recipient: str) -> str:
    """What a customer's public key is named by: the ten characters after `age1`."""
    return recipient[4:14]


def find_stored(text: str) -> Iterator[str]:
    """Every sealed value in the text of a file, a commit or anything else."""
    return (found[0] for found in _STORED.finditer(text))


def sealed_placeholder(place: SealedPlace) -> str:
    """The placeholder shown for a value that cannot be opened."""
    return BROKEN_SHOWN if place.state == BROKEN else SHUT


def plan_of_keys(keys: tuple[str, ...]) -> Plan:
    """What is sealed when dotted keys are named."""
    tree: dict[str, SealRule] = {}
    for key in keys:
        first, _, rest = key.partition(".")
        known = tree.get(first, SealRule())
        tree[first] = (
            SealRule(known.whole, known.each, {**known.inner, **_merged(known.inner, plan_of_keys((rest,)))})
            if rest
            else SealRule(whole=True)
        )
    return tree


def find_plain(fields: Mapping[str, Data], plan: Plan, above: ValuePath = ()) -> Iterator[tuple[ValuePath, Data]]:
    """Every value, with its place, that the plan wants sealed: also one that is so already; nothing empty."""
    for key, spot in plan.items():
        if key in fields:
            yield from _find(fields[key], spot, (*above, key))


def find_sealed(value: Data, above: ValuePath = ()) -> Iterator[tuple[ValuePath, str]]:
    """Every sealed value at any depth, with its place."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from find_sealed(item, (*above, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from find_sealed(item, (*above, place))
    elif is_sealed(value):
        yield above, value


def value_at(fields: Data, path: ValuePath) -> Data:
    """The value at a place; None when there is none."""
    for step in path:
        if isinstance(fields, dict):
            fields = fields.get(step)
        elif isinstance(fields, list) and isinstance(step, int) and step < len(fields):
            fields = fields[step]
        else:
            return None
    return fields


class Cipher(Protocol):
    """What opens and seals the values of one log with the keys of one call.

    Reading, writing and indexing records know only this; who makes a workspace hands in how one is made.
    """

    @property
    def identities(self) -> tuple[str, ...]:
        """The identities of this call."""

    @property
    def fingerprint(self) -> str:
        """A hash of who can read; empty without a key."""

    @property
    def hints(self) -> frozenset[str]:
        """The hints of the customers' keys that are at hand."""

    def open(self, stored: str) -> tuple[str, Data]:
        """How a sealed value was found (OPEN, CLOSED, BROKEN), and what it says: itself unless it is open."""

    def seal(self, value: Data, customer: str = "") -> str:
        """A value as it is stored, sealed with the key of a customer or, for nobody's, with the team's."""

    def hashed(self, name: str) -> str | None:
        """What the index has for a sealed phone or address, folded as it is compared; None without a key."""

    def is_kept_for(self, stored: str, customer: str) -> bool:
        """Whether a sealed value may stay as it is in a record of a customer."""

    def trial(self) -> AbstractContextManager[None]:
        """Work of which nothing is kept: no new key of a customer is made."""

    def elsewhere(self, root: Path, rules: SealRules | None) -> "Cipher":
        """One with the same keys, for a log at another place that has this one's records."""


MakeCipher = Callable[[Path, SealRules | None], Cipher]


class NoKeys:
    """A cipher without any key: every sealed value stays shut, and nothing can be sealed."""

    identities: tuple[str, ...] = ()
    fingerprint = ""
    hints: frozenset[str] = frozenset()

    def open(self, stored: str) -> tuple[str, Data]:
        """As it is stored."""
        return (CLOSED if parse_sealed(stored) else BROKEN), stored

    def seal(self, value: Data, customer: str = "") -> str:
        """Nothing.

        Raises:
            NotWritableError: always; a value that is to be sealed must not be written plain.
        """
        del value, customer
        raise NotWritableError(mark("this call has no keys, and the value must not be written unsealed"))

    def hashed(self, name: str) -> None:
        """None: a hash takes a key."""

    def is_kept_for(self, stored: str, customer: str) -> bool:
        """True: whose key it is sealed with is not known."""
        del stored, customer
        return True

    def trial(self) -> AbstractContextManager[None]:
        """Nothing is ever kept."""
        return nullcontext()

    def elsewhere(self, root: Path, rules: SealRules | None) -> "NoKeys":
        """The same: no keys."""
        del root, rules
        return self


def with_values(fields: Fields, values: Mapping[ValuePath, Data]) -> Fields:
    """A copy of the fields with other values at some places, each of which is there; what does not change is shared."""
    changed: Data = fields
    for path, value in values.items():
        changed = _with(changed, path, value)
    result: Fields = changed
    return result


def hide_unreadable(fields: Fields, places: tuple[SealedPlace, ...]) -> Fields:
    """The fields with a placeholder for every value that cannot be opened."""
    return with_values(fields, {place.path: sealed_placeholder(place) for place in places if place.state != OPEN})


def hide_all(fields: Fields, places: tuple[SealedPlace, ...]) -> Fields:
    """The fields with a placeholder for every sealed value, open or not."""
    return with_values(fields, {place.path: SHUT for place in places})


def contains_sealed(value: Data) -> bool:
    """Whether a value contains, at any depth, a sealed value or the placeholder of one."""
    if isinstance(value, dict):
        return any(map(contains_sealed, value.values()))
    if isinstance(value, list):
        return any(map(contains_sealed, value))
    return isinstance(value, str) and (HEADER in value or is_sealed(value) or value.strip() in SHOWN)


def _find(value: Data, spot: SealRule, path: ValuePath) -> Iterator[tuple[ValuePath, Data]]:
    if value is None or value in ("", [], {}):
        return
    if spot.whole:
        yield path, value
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _find(item, SealRule(spot.each, spot.each, spot.inner), (*path, place))
    elif isinstance(value, dict):
        yield from find_plain(value, spot.inner, path)


def _with(node: Data, path: ValuePath, value: Data) -> Data:
    if not path:
        return value
    step, *rest = path
    copy: Data = dict(node) if isinstance(node, dict) else list(node)
    copy[step] = _with(node[step], tuple(rest), value)
    return copy


def _merged(one: Plan, other: Plan) -> dict[str, SealRule]:
    merged = dict(one)
    for key, spot in other.items():
        known = merged.get(key)
        merged[key] = (
            spot if known is None else SealRule(known.whole or spot.whole, known.each, _merged(known.inner, spot.inner))
        )
    return merged
