"""A listing as text: a table for people; JSON, JSON Lines, CSV, TSV, Markdown or ids for programs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from commlog.errors import UsageError
from commlog.messages import mark, translate
from commlog.output.labels import Labels
from commlog.output.listing import Listing
from commlog.output.text import harmless, pad, shorten, width_of
from commlog.values import Data

FORMATS: Final = ("table", "json", "jsonl", "csv", "tsv", "markdown", "ids")
# Columns that hold people's own words: they give way when the terminal is narrow.
_GIVING_WAY: Final = (
    "action",
    "subject",
    "text",
    "title",
    "next",
    "question",
    "before",
    "after",
    "customer_name",
    "name",
)
_NARROWEST: Final = 12
_GAP: Final = 2


def choose_columns(listing: Listing, columns: str | None, output_format: str) -> Listing:
    """The listing with the columns a person named; else, for a table or Markdown, those shown by default.

    Raises:
        UsageError: a column is not there; names all that are.
    """
    return listing.narrowed(named_columns(listing.columns, listing.shown, columns, output_format))


def named_columns(
    known: tuple[str, ...], shown: tuple[str, ...], columns: str | None, output_format: str
) -> tuple[str, ...]:
    """The columns a person named; else, for a table or Markdown, those shown by default, and all for any other format.

    Raises:
        UsageError: a column is not known; names all that are.
    """
    if not columns:
        return shown if output_format in {"table", "markdown"} else known
    names = tuple(name.strip() for name in columns.split(",") if name.strip())
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise UsageError(
            mark("there is no column '{name}'"),
            name=", ".join(unknown) or columns,
            remedy=mark("use some of: {columns}"),
            columns=", ".join(known),
        )
    # Ids are ids whatever columns are named.
    return known if output_format == "ids" else names


def format_listing(listing: Listing, output_format: str, labels: Labels, width: int | None = None) -> str:
    """The listing in one of FORMATS; a table for a terminal gives way to `width` columns when that is known.

    Raises:
        UsageError: there is no such format.
    """
    return "".join(iter_listing(listing, output_format, labels, width))


def iter_listing(listing: Listing, output_format: str, labels: Labels, width: int | None = None) -> Iterator[str]:
    """The text of a listing, as `format_listing`, in pieces of about a row: for one that is too long to be held.

    Raises:
        UsageError: there is no such format.
    """
    if output_format == "table":
        return _joined(_table_lines(listing, labels, width))
    require_format(output_format, FORMATS)
    return _FORMATTERS[output_format](listing, labels)


def _joined(lines: Iterable[str], between: str = "\n") -> Iterator[str]:
    """Lines in pieces that make one text; no line end after the last."""
    for place, line in enumerate(lines):
        yield between + line if place else line


def _cell(field: str, value: Data, labels: Labels) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return translate("yes") if value else translate("no")
    text = str(value)
    if text[:4].isdecimal() and text[10:11] == "T":
        return f"{text[:10]} {text[11:16]}"
    return harmless(labels.value(field, text))


def _cells(listing: Listing, labels: Labels) -> list[list[str]]:
    fields = [listing.words.get(column, column) for column in listing.columns]
    return [[_cell(field, value, labels) for field, value in zip(fields, row, strict=True)] for row in listing.rows]


def _table_lines(listing: Listing, labels: Labels, width: int | None) -> Iterable[str]:
    if not listing.rows:
        return ()
    headings = [labels.column(column) for column in listing.columns]
    rows = _cells(listing, labels)
    if width is not None:
        rows = _fit(headings, rows, listing.columns, width)
    return _column_lines(headings, rows)


def format_columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns under headings, aligned by what the terminal shows; importing tabulate takes longer than `pending` does."""
    return "\n".join(_column_lines(headings, rows))


def _column_lines(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(width_of, column)) for column in zip(headings, *rows, strict=True)]
    rule = ["-" * width for width in widths]
    gap = " " * _GAP
    for row in chain((headings, rule), rows):
        yield gap.join(pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _fit(headings: list[str], rows: list[list[str]], columns: Sequence[str], width: int) -> list[list[str]]:
    """The rows with people's words shortened until the table is no wider than `width`."""
    widths = [max(width_of(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    excess = sum(widths) + _GAP * (len(widths) - 1) - width
    for name in _GIVING_WAY:
        if excess > 0 and name in columns:
            place = columns.index(name)
            room = max(widths[place] - excess, _NARROWEST)
            if room < widths[place]:
                excess -= widths[place] - room
                rows = [[*row[:place], shorten(row[place], room), *row[place + 1 :]] for row in rows]
    return rows


def _objects(listing: Listing) -> Iterable[dict[str, Data]]:
    return (dict(zip(listing.columns, row, strict=True)) for row in listing.rows)


def _format_json(listing: Listing, labels: Labels) -> Iterator[str]:  # noqa: ARG001 - one signature for all formats
    import json

    # Key by key: with an indent the encoder of Python 3.11 leaves a cycle behind for each object, and nobody collects it.
    keys = [json.dumps(column, ensure_ascii=False) for column in listing.columns]
    before = "[\n  "
    for row in listing.rows:
        told = (json.dumps(value, ensure_ascii=False) for value in row)
        yield before + "{\n    " + ",\n    ".join(map(": ".join, zip(keys, told, strict=True))) + "\n  }"
        before = ",\n  "
    yield "\n]" if listing.rows else "[]"


def _format_jsonl(listing: Listing, labels: Labels) -> Iterator[str]:  # noqa: ARG001
    import json

    return _joined(json.dumps(item, ensure_ascii=False) for item in _objects(listing))


def _plain(value: Data) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _format_tsv(listing: Listing, labels: Labels) -> Iterator[str]:  # noqa: ARG001
    r"""Tab-separated: a tab, line end or backslash inside a value is written as \t, \n, \\."""
    rows = (
        [_plain(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for value in row]
        for row in listing.rows
    )
    lines = ("\t".join(harmless(cell) for cell in cells) for cells in rows)
    return _joined(chain(("\t".join(listing.columns),), lines))


def _format_csv(listing: Listing, labels: Labels) -> Iterator[str]:  # noqa: ARG001
    """RFC 4180, with an apostrophe before what a spreadsheet would take for a formula."""
    rows = (",".join(_quoted(value) for value in row) for row in listing.rows)
    return _joined(chain((",".join(listing.columns),), rows), "\r\n")


def _quoted(value: Data) -> str:
    text = _plain(value)
    if isinstance(value, str) and text[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if any(mark_ in text for mark_ in ',"\r\n') else text


def _format_markdown(listing: Listing, labels: Labels) -> Iterator[str]:
    headings = [labels.column(column) for column in listing.columns]
    from tabulate import tabulate

    rows = [
        [cell.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;") for cell in row]
        for row in _cells(listing, labels)
    ]
    yield tabulate(rows, headings, tablefmt="github", disable_numparse=True)


def _format_ids(listing: Listing, labels: Labels) -> Iterator[str]:  # noqa: ARG001
    place = listing.columns.index(listing.id_column)
    return _joined(dict.fromkeys(str(row[place]) for row in listing.rows))


_FORMATTERS: Final[Mapping[str, Callable[[Listing, Labels], Iterator[str]]]] = {
    "json": _format_json,
    "jsonl": _format_jsonl,
    "csv": _format_csv,
    "tsv": _format_tsv,
    "markdown": _format_markdown,
    "ids": _format_ids,
}


def require_format(name: str, formats: Sequence[str]) -> None:
    """Refuse a format that is not one of those there are.

    Raises:
        UsageError: names them all.
    """
    if name not in formats:
        raise UsageError(
            mark("there is no format '{value}'"),
            value=name,
            remedy=mark("use one of: {formats}"),
            formats=", ".join(formats),
        )
