"""CSV: text to rows under named columns, and a record as one row, with dotted names for what is inside a field."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from commlog.errors import InvalidError, UsageError
from commlog.exchange.incoming import Row, Sheet
from commlog.forms.catalog import Template
from commlog.forms.fields import MAPPING, Field, canonical_path, closest, fold_label
from commlog.messages import mark, translate
from commlog.output.listing import cell_of, harmless_cell
from commlog.records.rules.consistency import split_names
from commlog.values import Data, Fields

_DELIMITERS: Final = (",", ";", "\t")
# What separates the entries of a list when it is read back, so that an entry holding one is written as JSON.
_SEPARATORS: Final = frozenset(",，、\n[")


def read_sheet(text: str, name: str, delimiter: str = "") -> Sheet:
    """The rows of a CSV text; without a delimiter, the one that the header suggests.

    Raises:
        InvalidError: there is no header, or two of its columns have one name.
    """
    # A cell may be as long as the file: what is too long for a record is said there, with its line.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _guess_delimiter(text))
    header = next((cells for cells in reader if cells), [])
    columns = tuple(
        cell.strip() or translate("column {number}").format(number=place) for place, cell in enumerate(header, start=1)
    )
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated or not header:
        raise InvalidError(
            mark("two columns have the same name: {columns}"),
            file=name,
            line=reader.line_num,
            column=1,
            columns=", ".join(repeated),
            remedy=mark("give each column of the header a different name"),
        )

    def rows() -> Iterator[Row]:
        last = reader.line_num
        for cells in reader:
            first, last = last + 1, reader.line_num
            if cells:
                yield _row_of(cells, columns, first, last)

    return Sheet(columns, rows())


def _guess_delimiter(text: str) -> str:
    header = text.lstrip().split("\n", 1)[0]
    return max(_DELIMITERS, key=header.count)


def _row_of(cells: list[str], columns: tuple[str, ...], first: int, last: int) -> Row:
    fault = ""
    if len(cells) != len(columns):
        fault = translate("has {count} values, the header has {expected}").format(
            count=len(cells), expected=len(columns)
        )
        if last > first:
            fault += translate(" (lines {first} to {last}: is a quote not closed?)").format(first=first, last=last)
    elif any("\0" in cell for cell in cells):
        fault = translate("contains a NUL character")
    plain = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
    return Row(first, dict(zip(columns, plain, strict=False)), cells, fault)


def record_columns(templates: Sequence[Template]) -> tuple[str, ...]:
    """The columns of records of some templates: every field, in the order of the forms, each once."""
    return tuple(
        dict.fromkeys(column for template in templates for field in template.fields for column in _leaves(field, ""))
    )


def export_columns(named: str, templates: Sequence[Template]) -> tuple[str, ...]:
    """The named columns, by dotted key or label, as dotted keys; all columns when none are named.

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
