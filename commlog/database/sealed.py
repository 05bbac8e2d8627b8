"""Sealed values where records are read and indexed: opened for who holds a key, and nowhere in the index."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from commlog.database.queries import StoredDate
from commlog.database.rows import Row, Rows, rows_of, yearly_day
from commlog.forms.fields import Finding
from commlog.forms.validation import Validator
from commlog.privacy.rules import sealing
from commlog.problems import Problem
from commlog.records.rules.consistency import fold_text, phone_digits
from commlog.values import Data, Fields, Record, SealedPlace, ValuePath, show_path, text_of
from commlog.worktime.calendar import WorkCalendar

# What a customer is looked up by has its kind before its hash.
_KINDS: Final = {"phone": ("phone#", phone_digits), "email": ("email#", fold_text)}
_DATES: Final = {"birthday": "birthday", "date": "anniversary"}


def open_fields(cipher: sealing.Cipher, fields: Fields) -> tuple[Fields, tuple[SealedPlace, ...]]:
    """The fields with every sealed value open that the keys of this call open, and where the sealed ones are.

    Raises:
        NotFoundError, InvalidError, UnreadableError: a key is named, but of no use.
    """
    values: dict[ValuePath, Data] = {}
    places = []
    for path, stored in sealing.find_sealed(fields):
        state, value = cipher.open(stored)
        places.append(SealedPlace(path, stored, state))
        if state == sealing.OPEN:
            values[path] = value
    return sealing.with_values(fields, values), tuple(places)


def explain_sealed(validator: Validator, record: Record) -> Iterator[Finding]:
    """What is wrong with a record that has sealed values: those that stay shut count as fitting, damaged ones are named."""
    shut = [place.path for place in record.sealed if place.state != sealing.OPEN]
    yield from validator.explain_beside(record.template, record.fields, shut)
    yield from (Finding("sealed-unreadable", place.path) for place in record.sealed if place.state == sealing.BROKEN)


def sealed_rows(cipher: sealing.Cipher, record: Record, calendar: WorkCalendar, choices: frozenset[str]) -> Rows:
    """The rows of a record with sealed values: none of these stands in them.

    Customers are looked up by a hash only key holders can make; a yearly date is there as it is stored.
    """
    rows = rows_of(replace(record, fields=sealing.hide_all(record.fields, record.sealed)), calendar, choices)
    if "customer_names" in rows:
        named = [row for row in rows["customer_names"] if row[1] != sealing.SHUT]
        rows["customer_names"] = [*named, *((record.id, name) for name in sorted(set(_hashed(cipher, record))))]
        rows["customer_dates"] += _date_rows(record)
    missing = {place.hint for place in record.sealed if place.state == sealing.CLOSED} - {""} - cipher.hints
    rows["missing_keys"] = [(hint,) for hint in sorted(missing)]
    return rows


def date_of_row(cipher: sealing.Cipher, row: StoredDate) -> StoredDate | None:
    """A yearly date with its day open; None when it stays shut, or is no day."""
    state, value = cipher.open(row.date)
    day = yearly_day(value) if state == sealing.OPEN else None
    return None if day is None else row._replace(date=day[0], is_lunar=day[1])


def names_to_look_up(cipher: sealing.Cipher, names: tuple[str, ...]) -> tuple[str, ...]:
    """Folded names, and what stands in the index for them where they are sealed."""
    hashes = [found for name in names if (found := cipher.hashed(name)) is not None]
    return (*names, *(kind + one for one in hashes for kind, _ in _KINDS.values()))


def hide_values(problems: tuple[Problem, ...], record: Record) -> tuple[Problem, ...]:
    """Problems as the index keeps them: without what stands in sealed fields."""
    fields = tuple(show_path(place.path) for place in record.sealed)
    return tuple(
        replace(item, facts=tuple((name, sealing.SHUT if name == "value" else fact) for name, fact in item.facts))
        if item.field.startswith(fields)
        else item
        for item in problems
    )


def _hashed(cipher: sealing.Cipher, record: Record) -> Iterator[str]:
    for place in record.sealed:
        kind, plain = _KINDS.get(str(place.path[-1]), ("", str))
        value = sealing.value_at(record.fields, place.path) if place.state == sealing.OPEN and kind else None
        name = plain(value.strip()) if isinstance(value, str) else ""
        if name:
            yield f"{kind}{cipher.hashed(name)}"


def _date_rows(record: Record) -> Iterator[Row]:
    for place in record.sealed:
        kind = _DATES.get(str(place.path[-1]))
        above = sealing.value_at(record.fields, place.path[:-1])
        if kind is not None and place.path[0] in {"birthday", "anniversaries"}:
            name = text_of(above, "name") if kind == "anniversary" and isinstance(above, dict) else None
            yield record.id, kind, place.stored, 0, name
