"""Sealed values where records are written: what the settings want sealed, and what stays as it was."""

import json
from collections.abc import Iterator

from commlog.database.reader import ParsedFile, RecordReader
from commlog.errors import InvalidError
from commlog.forms.fields import Field
from commlog.log.names import is_customer_id
from commlog.messages import mark
from commlog.privacy.rules import sealing
from commlog.privacy.rules.forgetting import is_pseudonym
from commlog.values import ANONYMOUS, CUSTOMER, Data, Fields, SealedPlace, ValuePath, show_path
from commlog.yamltext.edit import edit
from commlog.yamltext.format import OneLine


def plan_of(reader: RecordReader, template: str) -> sealing.Plan:
    """What is sealed in records of a template."""
    if template not in reader.plans:
        rules = reader.log.settings.seal or sealing.SealRules(fields=())
        reader.plans[template] = (
            _personal(reader.catalog.get(template).fields)
            if rules.fields is None
            else sealing.plan_of_keys(rules.fields)
        )
    return reader.plans[template]


def has_field(fields: tuple[Field, ...], key: str) -> bool:
    """Whether a dotted key, lists passed through, leads to a field of a form, or below one that takes any key."""
    first, _, rest = key.partition(".")
    found = next((field for field in fields if field.key == first), None)
    if found is None or not rest:
        return found is not None
    item = found.item
    return found.free or has_field((*found.fields, *(item.fields if item else ())), rest)


def _personal(fields: tuple[Field, ...]) -> sealing.Plan:
    plan: dict[str, sealing.SealRule] = {}
    for field in fields:
        item = field.item
        inner = _personal((*field.fields, *(item.fields if item else ())))
        is_each = item is not None and item.personal
        if field.personal or is_each or inner:
            plan[field.key] = sealing.SealRule(field.personal, is_each, inner)
    return plan


def stored_fields(reader: RecordReader, template: str, fields: Fields, sealed: tuple[SealedPlace, ...] = ()) -> Fields:
    """The fields with every value sealed that the settings want sealed.

    `sealed` is what was sealed in the file before: a value that is still there, at its place or another of the same
    key, is written as it was.

    Raises:
        NotWritableError: a recipient was not confirmed on this machine, or the age library is not installed.
        InvalidError: a value mixes something new with what nobody here can read.
    """
    cipher, customer = reader.cipher, customer_of(reader, template, fields)
    known = {
        place.path: (place.stored, cipher.open(place.stored)[1]) for place in sealed if place.state == sealing.OPEN
    }
    values: dict[ValuePath, Data] = {
        path: OneLine(stored if cipher.is_kept_for(stored, customer) else cipher.seal(value, customer))
        for path, (stored, value) in known.items()
        if value is not None and sealing.value_at(fields, path) == value
    }
    moved = {
        _name(path, value): stored
        for path, (stored, value) in known.items()
        if path not in values and cipher.is_kept_for(stored, customer)
    }
    for path, value in _to_seal(reader, template, fields):
        if path not in values:
            values[path] = OneLine(moved.pop(_name(path, value), None) or cipher.seal(value, customer))
    # What is shut stays on its one line, wherever its entry moves.
    for path, stored in sealing.find_sealed(fields):
        if path not in values and not cipher.is_kept_for(stored, customer):
            raise _sealed_fault(
                mark("{field}: is sealed with another customer's key, and no key here opens it; nothing was written"),
                path,
            )
        values.setdefault(path, OneLine(stored))
    return sealing.with_values(fields, values)


def customer_of(reader: RecordReader, template: str, fields: Fields) -> str:
    """Whose key a record's values are sealed with; empty for the team's: nobody's record, and what stays of the forgotten."""
    own = fields.get("id" if reader.catalog.get(template).kind == CUSTOMER else "customer")
    is_known = isinstance(own, str) and own != ANONYMOUS and not is_pseudonym(own) and is_customer_id(own)
    return str(own) if is_known else ""


def _to_seal(reader: RecordReader, template: str, fields: Fields) -> Iterator[tuple[ValuePath, Data]]:
    for path, value in sealing.find_plain(fields, plan_of(reader, template)):
        if sealing.is_sealed(value):
            continue
        if sealing.contains_sealed(value):
            raise _sealed_fault(
                mark("{field}: is sealed, and nothing can be added to it without a key; nothing was written"), path
            )
        yield path, value


def _sealed_fault(message: str, path: ValuePath) -> InvalidError:
    remedy = mark("set $COMMLOG_AGE_KEY_FILE to your key file, or give the whole value again")
    return InvalidError(message, field=show_path(path), remedy=remedy)


def _name(path: ValuePath, value: Data) -> str:
    """What a value is recognised by when its entry moved: its key, and what it says."""
    return json.dumps([[step for step in path if isinstance(step, str)], value], ensure_ascii=False, sort_keys=True)


def opened_text(reading: ParsedFile) -> str:
    """A record's text as its key holder edits it: sealed values stand open; as it is when there are none."""
    record = reading.record
    if record is None or not any(place.state == sealing.OPEN for place in record.sealed):
        return reading.text
    return edit(reading.text, record.fields)


def like_before(text: str, before: str, sealed: tuple[SealedPlace, ...]) -> str:
    """A text sealed again after it was edited open, with each old ciphertext in the quotes it stood in before."""
    for place in sealed:
        for quote in ('"', "'"):
            quoted = f"{quote}{place.stored}{quote}"
            if quoted in text and quoted not in before:
                text = text.replace(quoted, place.stored)
    return text
