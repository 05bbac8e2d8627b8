"""CSV: text to rows under named columns, and rows to text."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from commlog.errors import InvalidError
from commlog.exchange.incoming import Row
from commlog.messages import mark, translate

_DELIMITERS: Final = (",", ";", "\t")
# What a spreadsheet would take for the beginning of a formula.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows under named columns; `rows` are read as they are asked for, once."""

    columns: tuple[str, ...]
    rows: Iterable[Row]


def read_sheet(text: str, name: str, delimiter: str = "") -> Sheet:
    """The rows of a CSV text; the delimiter is told by the header when none is given.

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
            remedy=mark("give each column of the header a name of its own"),
        )
    return Sheet(columns, _iter_rows(reader, columns))


def format_rows(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows as CSV text (RFC 4180), one text a row, as they are."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def harmless_cell(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would take for a formula."""
    return "'" + cell if cell.startswith(_FORMULA_STARTS) else cell


def _guess_delimiter(text: str) -> str:
    header = text.lstrip().split("\n", 1)[0]
    return max(_DELIMITERS, key=header.count)


class _Reader(Protocol):
    """What csv.reader gives."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


def _iter_rows(reader: _Reader, columns: tuple[str, ...]) -> Iterator[Row]:
    last = reader.line_num
    for cells in reader:
        first, last = last + 1, reader.line_num
        if cells:
            yield _row_of(cells, columns, first, last)


def _row_of(cells: list[str], columns: tuple[str, ...], first: int, last: int) -> Row:
    fault = ""
    if len(cells) != len(columns):
        fault = translate("has {count} values, the header has {expected}").format(
            count=len(cells), expected=len(columns)
        )
        if last > first:
            fault += translate(" (lines {first} to {last}: is a quote not closed?)").format(first=first, last=last)
    elif any("\0" in cell for cell in cells):
        fault = translate("holds a NUL character")
    plain = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
    return Row(first, dict(zip(columns, plain, strict=False)), cells, fault)
