"""A record's fields as its file stores them: what is to be sealed is, and what did not change keeps its ciphertext."""

import json
from collections.abc import Iterator

from commlog.database.reader import Reading, RecordReader
from commlog.database.sealed import plan_of
from commlog.errors import InvalidError
from commlog.log.names import is_customer_id
from commlog.messages import mark
from commlog.privacy.rules.forgetting import is_pseudonym
from commlog.privacy.rules.sealing import (
    OPEN,
    SealedPlace,
    find_plain,
    find_sealed,
    has_shut,
    is_sealed,
    value_at,
    with_values,
)
from commlog.values import ANONYMOUS, CUSTOMER, Data, Fields, ValuePath, show_path
from commlog.yamltext.edit import edit
from commlog.yamltext.format import OneLine


def stored_fields(reader: RecordReader, template: str, fields: Fields, sealed: tuple[SealedPlace, ...] = ()) -> Fields:
    """The fields with every value sealed that the settings want sealed.

    `sealed` is what was sealed in the file before: a value that is still there, at its place or another of the same
    key, is written as it was.

    Raises:
        NotWritableError: a recipient was not confirmed on this machine, or the age library is not installed.
        InvalidError: a value mixes something new with what nobody here can read.
    """
    vault, customer = reader.vault, customer_of(reader, template, fields)
    known = {place.path: (place.stored, vault.open(place.stored)[1]) for place in sealed if place.state == OPEN}
    values: dict[ValuePath, Data] = {
        path: OneLine(stored if vault.is_kept_for(stored, customer) else vault.seal(value, customer))
        for path, (stored, value) in known.items()
        if value is not None and value_at(fields, path) == value
    }
    moved = {
        _name(path, value): stored
        for path, (stored, value) in known.items()
        if path not in values and vault.is_kept_for(stored, customer)
    }
    for path, value in _to_seal(reader, template, fields):
        if path not in values:
            values[path] = OneLine(moved.pop(_name(path, value), None) or vault.seal(value, customer))
    # What is shut stays on its one line, wherever its entry moves.
    for path, stored in find_sealed(fields):
        if path not in values and not vault.is_kept_for(stored, customer):
            raise InvalidError(
                mark("{field}: is sealed with another customer's key, and no key here opens it; nothing was written"),
                field=show_path(path),
                remedy=mark("name your key in $COMMLOG_AGE_KEY_FILE, or give the whole value anew"),
            )
        values.setdefault(path, OneLine(stored))
    return with_values(fields, values)


def customer_of(reader: RecordReader, template: str, fields: Fields) -> str:
    """Whose key a record's values are sealed with; empty for the team's: nobody's record, and what stays of the forgotten."""
    own = fields.get("id" if reader.catalog.get(template).kind == CUSTOMER else "customer")
    is_known = isinstance(own, str) and own != ANONYMOUS and not is_pseudonym(own) and is_customer_id(own)
    return str(own) if is_known else ""


def _to_seal(reader: RecordReader, template: str, fields: Fields) -> Iterator[tuple[ValuePath, Data]]:
    for path, value in find_plain(fields, plan_of(reader, template)):
        if is_sealed(value):
            continue
        if has_shut(value):
            raise InvalidError(
                mark("{field}: is sealed, and cannot be added to without a key; nothing was written"),
                field=show_path(path),
                remedy=mark("name your key in $COMMLOG_AGE_KEY_FILE, or give the whole value anew"),
            )
        yield path, value


def _name(path: ValuePath, value: Data) -> str:
    """What a value is recognised by when its entry moved: its key, and what it says."""
    return json.dumps([[step for step in path if isinstance(step, str)], value], ensure_ascii=False, sort_keys=True)


def opened_text(reading: Reading) -> str:
    """A record's text as its key holder edits it: sealed values stand open; as it is when there are none."""
    record = reading.record
    if record is None or not any(place.state == OPEN for place in record.sealed):
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
