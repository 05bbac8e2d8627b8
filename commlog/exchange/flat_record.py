"""A record as one row: a column for each field of its form, dotted keys for what lies deeper."""

import json
from collections.abc import Iterable, Sequence
from typing import Final

from commlog.errors import UsageError
from commlog.forms.catalog import Template
from commlog.forms.fields import MAPPING, Field, canonical_path, closest, fold_label
from commlog.messages import mark
from commlog.output.listing import cell_of, harmless_cell
from commlog.records.rules.consistency import split_names
from commlog.values import Data, Fields

# What separates the entries of a list when it is read back, so that an entry holding one is written as JSON.
_SEPARATORS: Final = frozenset(",，、\n[")


def record_columns(templates: Sequence[Template]) -> tuple[str, ...]:
    """The columns of records of some templates: every field, in the order of the forms, each once."""
    return tuple(
        dict.fromkeys(column for template in templates for field in template.fields for column in _leaves(field, ""))
    )


def export_columns(named: str, templates: Sequence[Template]) -> tuple[str, ...]:
    """The columns somebody named, by dotted key or label, as dotted keys; all columns when none are named.

    Raises:
        UsageError: one of them is no field of any of the templates.
    """
    names = split_names(named)
    if not names:
        return record_columns(templates)
    return tuple(_column(name, templates) for name in names)


def record_cells(fields: Fields, columns: Iterable[str]) -> list[str]:
    """The values of a record under columns, as cells no spreadsheet takes for a formula."""
    return [_cell(_find(fields, column)) for column in columns]


def _leaves(field: Field, above: str) -> Iterable[str]:
    key = f"{above}{field.key}"
    if field.type != MAPPING or not field.fields:
        return [key]
    return [column for inner in field.fields for column in _leaves(inner, f"{key}.")]


def _column(name: str, templates: Sequence[Template]) -> str:
    for template in templates:
        try:
            return ".".join(str(step) for step in canonical_path(template, name))
        except KeyError:
            continue
    if not templates:
        return name
    known = {fold_label(column): column for column in record_columns(templates)}
    near = known.get(closest(fold_label(name), known))
    raise UsageError(
        mark("there is no column '{name}'"),
        name=name,
        columns=near or ", ".join(known.values()),
        remedy=mark("did you mean {columns}?") if near else mark("use some of: {columns}"),
    )


def _find(fields: Data, column: str) -> Data:
    value = fields
    for step in column.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _cell(value: Data) -> str:
    if isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value):
        texts = [cell_of(item) for item in value]
        is_plain = all(text and not _SEPARATORS.intersection(text) for text in texts)
        return harmless_cell(", ".join(texts) if is_plain else json.dumps(value, ensure_ascii=False))
    text = cell_of(value)
    return harmless_cell(text) if isinstance(value, str) else text
