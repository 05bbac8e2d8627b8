"""Customers that are one: who was merged into whom, and what the customer to keep gets from the duplicate."""

import re
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import eq
from typing import Final

from commlog.records.rules.consistency import SHORTEST_PHONE, fold_text, phone_digits
from commlog.values import Data, Fields, mappings_of, text_of, texts_of

# Who the customer is and since when: each file has its own.
_OWN: Final = frozenset({"id", "template", "recorded_at", "merged_into", "name", "aliases", "extra"})
# What came with a file and says nothing about the customer.
_OF_THE_FILE: Final = frozenset({"import_key"})
_WAYS: Final = ("phone", "email", "wecom")
_MOBILE: Final = re.compile("1[3-9][0-9]{9}")
_Same = Callable[[Data, Data], bool]


def chain_of(pointers: Mapping[str, str], customer: str) -> tuple[str, ...]:
    """A customer and everyone the pointers lead to from there; ends with the customer to keep, or with a repetition for a circle."""
    chain = [customer]
    while chain[-1] in pointers:
        following = pointers[chain[-1]]
        is_circle = following in chain
        chain.append(following)
        if is_circle:
            break
    return tuple(chain)


def is_circle(chain: Sequence[str]) -> bool:
    """Whether a chain ends where it has been before."""
    return chain[-1] in chain[:-1]


def family_of(pointers: Mapping[str, str], customer: str) -> tuple[str, ...]:
    """Everyone who is this customer, sorted: the customer to keep, and all who were merged into them over any number of steps."""
    merged: dict[str, list[str]] = {}
    for one, into in pointers.items():
        merged.setdefault(into, []).append(one)
    found: set[str] = set()
    waiting = [chain_of(pointers, customer)[-1]]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += merged.get(one, ())
    return tuple(sorted(found))


def meant_of(text: str, called: Collection[str], named: Container[str]) -> Collection[str]:
    """Of the customers who can be found by a text, the ids of those it means; `named` are those of this very name.

    An id written to the letter means its customer alone, a name those of this name; then comes an id in another case,
    and at last every alias, phone and e-mail address.
    """
    wanted = fold_text(text)
    exact = [one for one in called if one == text] or [one for one in called if one in named]
    return exact or [one for one in called if fold_text(one) == wanted] or called


def reached_by(fields: Fields) -> tuple[str, ...]:
    """Every phone and e-mail address of a customer's contacts, as they are compared."""
    ways = (
        phone_digits(text) if key == "phone" else fold_text(text.strip())
        for contact in mappings_of(fields, "contacts")
        for key in ("phone", "email")
        if (text := text_of(contact, key))
    )
    return tuple(dict.fromkeys(way for way in ways if "@" in way or len(way) >= SHORTEST_PHONE))


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value at a place: the dotted field, and for a difference also what the other file says."""

    field: str
    value: Data
    other: Data = None


@dataclass(frozen=True, slots=True)
class MergedCustomer:
    """The fields of the customer to keep, what was added to them, and where the duplicate differs."""

    fields: Fields
    added: tuple[FieldValue, ...]
    differing: tuple[FieldValue, ...]


def merge_facts(survivor: Fields, duplicate: Fields) -> MergedCustomer:
    """The fields of the customer to keep after a merge; a value that both have is there once, as the customer to keep has it.

    The duplicate is not changed. A second time nothing is added.
    """
    return _Merging(survivor, duplicate).merge()


class _Merging:
    """One merge while it goes on."""

    def __init__(self, survivor: Fields, duplicate: Fields) -> None:
        self.fields = dict(survivor)
        self.duplicate = duplicate
        self.added: list[FieldValue] = []
        self.differing: list[FieldValue] = []

    def merge(self) -> MergedCustomer:
        self._names()
        for key, value in self.duplicate.items():
            if key not in _OWN and not _is_empty(value):
                self._field(key, value)
        extra = self.duplicate.get("extra")
        if isinstance(extra, dict):
            self._mapping("extra", {key: value for key, value in extra.items() if key not in _OF_THE_FILE})
        return MergedCustomer(self.fields, tuple(self.added), tuple(self.differing))

    def _names(self) -> None:
        """The other names become aliases."""
        names = [text_of(self.duplicate, "name"), *texts_of(self.duplicate, "aliases")]
        known = {_plain(name) for name in (text_of(self.fields, "name") or "", *texts_of(self.fields, "aliases"))}
        aliases = self.fields.get("aliases") or []
        for name in filter(None, names):
            if _plain(name) not in known and isinstance(aliases, list):
                known.add(_plain(name))
                aliases = [*aliases, name]
                self._add("aliases", aliases, name)

    def _field(self, key: str, value: Data) -> None:
        known = self.fields.get(key)
        if _is_empty(known):
            self.fields[key] = value
            self.added += [FieldValue(key, item) for item in (value if isinstance(value, list) else [value])]
        elif isinstance(known, list) and isinstance(value, list):
            self._list(key, value)
        elif key == "membership" and isinstance(known, dict) and isinstance(value, dict):
            self._mapping(key, value)
        elif key == "notes" and isinstance(known, str) and isinstance(value, str):
            if value.strip() not in known:
                self._add(key, f"{known.rstrip()}\n{value.strip()}\n", value)
        elif not _is_same_text(known, value):
            if (key == "do_not_contact" and value is True) or (key == "consent" and _is_refusal_of(value, known)):
                known, value = value, known
            self.fields[key] = known
            self.differing.append(FieldValue(key, known, value))

    def _mapping(self, key: str, value: Fields) -> None:
        """What the mapping of the customer to keep lacks, key by key."""
        known = self.fields.get(key)
        if known is not None and not isinstance(known, dict):
            self.differing.append(FieldValue(key, known, value))
            return
        if filled := self._fill(key, known or {}, value):
            self.fields[key] = filled

    def _fill(self, where: str, known: Fields, value: Fields) -> Fields:
        """The known fields, and those that only the duplicate has."""
        lacking = {name: item for name, item in value.items() if _is_empty(known.get(name)) and not _is_empty(item)}
        self.added += [FieldValue(f"{where}.{name}", item) for name, item in lacking.items()]
        for name, item in value.items():
            if name not in lacking and not _is_empty(item) and not _is_same_value(name, known[name], item):
                self.differing.append(FieldValue(f"{where}.{name}", known[name], item))
        return {**known, **lacking}

    def _list(self, key: str, items: Iterable[Data]) -> None:
        """The entries the list of the customer to keep does not have; entries that are one are completed."""
        for item in items:
            entries: list[Data] = self.fields[key]
            place = _place_of(entries, item, _SAME_ENTRY.get(key, (_is_same_text,)))
            if place is None:
                self._add(key, [*entries, item], item)
            elif isinstance(item, dict) and isinstance(entries[place], dict):
                filled = self._fill(f"{key}.{place}", entries[place], item)
                self.fields[key] = [*entries[:place], filled, *entries[place + 1 :]]

    def _add(self, key: str, value: Data, added: Data) -> None:
        self.fields[key] = value
        self.added.append(FieldValue(key, added))


def _is_empty(value: Data) -> bool:
    return value is None or value in ("", [], {})


def _plain(text: str) -> str:
    return " ".join(fold_text(text).split())


def _is_same_text(one: Data, other: Data) -> bool:
    return one == other or (isinstance(one, str) and isinstance(other, str) and _plain(one) == _plain(other))


def _is_same_value(key: str, one: Data, other: Data) -> bool:
    if key == "phone" and isinstance(one, str) and isinstance(other, str) and phone_digits(one):
        return phone_digits(one) == phone_digits(other)
    return _is_same_text(one, other)


def _place_of(entries: Sequence[Data], item: Data, ways: Sequence[_Same]) -> int | None:
    """Where the entry is that is this one: the very same, else one that is alike in the surest way."""
    for is_same in (eq, *ways):
        for place, entry in enumerate(entries):
            if is_same(entry, item):
                return place
    return None


def _is_refusal_of(value: Data, known: Data) -> bool:
    """Whether one consent is a refusal that the other, which is none, does not come after."""
    if not (isinstance(value, dict) and isinstance(known, dict)):
        return False
    # A customer who said no is not asked again because another file says yes.
    if value.get("status") != "withdrawn" or known.get("status") == "withdrawn":
        return False
    return str(known.get("on") or "") <= str(value.get("on") or "9")


def _is_reached_alike(one: Data, other: Data) -> bool:
    """Whether two contacts are one person by how they are reached; people who share a desk share its number, too."""
    if not (isinstance(one, dict) and isinstance(other, dict)) or _contradict(one, other):
        return False
    shared = [key for key in _WAYS if _way(one, key) and _way(one, key) == _way(other, key)]
    is_own = any(key != "phone" or _MOBILE.fullmatch(_way(one, key)) for key in shared)
    return is_own or (bool(shared) and _way(one, "name") == _way(other, "name"))


def _is_called_alike(one: Data, other: Data) -> bool:
    """Whether two contacts have one name and nothing against it."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return _is_same_text(one, other)
    name = _way(one, "name")
    return bool(name) and name == _way(other, "name") and not _contradict(one, other)


def _contradict(one: Fields, other: Fields) -> bool:
    ways = [(_way(one, key), _way(other, key)) for key in _WAYS]
    return any(first and second and first != second for first, second in ways)


def _way(contact: Fields, key: str) -> str:
    text = text_of(contact, key) or ""
    return (phone_digits(text) or _plain(text)) if key == "phone" else _plain(text)


def _has_same(keys: Sequence[str], one: Data, other: Data) -> bool:
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return _is_same_text(one, other)
    return all(key in one and key in other and _is_same_text(one[key], other[key]) for key in keys)


_SAME_ENTRY: Final[Mapping[str, tuple[_Same, ...]]] = {
    "contacts": (_is_reached_alike, _is_called_alike),
    "addresses": (partial(_has_same, ("address",)),),
    "anniversaries": (partial(_has_same, ("name", "date")),),
}
