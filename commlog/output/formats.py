"""A listing as text: a table for people; JSON, JSON Lines, CSV, TSV, Markdown or ids for programs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import chain
from typing import Final, NamedTuple

from commlog.errors import UsageError
from commlog.messages import mark, translate
from commlog.output.labels import Labels, cell
from commlog.output.listing import Listing, cell_of, format_rows, harmless_cell
from commlog.output.text import GAP, column_lines, harmless, markdown_text, shorten, width_of
from commlog.records.rules.consistency import split_names

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
        return shown if is_for_people(output_format) else known
    names = split_names(columns)
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
    """The listing in one of LISTING_FORMATS; a table for a terminal gives way to `width` columns when that is known.

    Raises:
        UsageError: there is no such format.
    """
    return "".join(iter_listing(listing, output_format, labels, width))


def iter_listing(listing: Listing, output_format: str, labels: Labels, width: int | None = None) -> Iterator[str]:
    """The text of a listing, as `format_listing`, in pieces of about a row: for one that is too long to be held.

    Raises:
        UsageError: there is no such format.
    """
    require_format(output_format, LISTING_FORMATS)
    module, _, name = LISTING_FORMATS[output_format].function.partition(":")
    function: Callable[[Listing, Labels, int | None], Iterator[str]] = getattr(import_module(module), name)
    return function(listing, labels, width)


def _joined(lines: Iterable[str], between: str = "\n") -> Iterator[str]:
    """Lines in pieces that make one text; no line end after the last."""
    for place, line in enumerate(lines):
        yield between + line if place else line


def _cells(listing: Listing, labels: Labels) -> list[list[str]]:
    fields = [listing.words.get(column, column) for column in listing.columns]
    return [
        [harmless(cell(field, value, labels)) for field, value in zip(fields, row, strict=True)] for row in listing.rows
    ]


def iter_table(listing: Listing, labels: Labels, width: int | None) -> Iterator[str]:
    """Columns under headings, people's words shortened to the width of the terminal; nothing for no rows."""
    if not listing.rows:
        return iter(())
    headings = [labels.column(column) for column in listing.columns]
    rows = _cells(listing, labels)
    if width is not None:
        rows = _fit(headings, rows, listing.columns, width)
    return _joined(column_lines(headings, rows))


def _fit(headings: list[str], rows: list[list[str]], columns: Sequence[str], width: int) -> list[list[str]]:
    """The rows with people's words shortened until the table is no wider than `width`."""
    widths = [max(width_of(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - width
    for name in _GIVING_WAY:
        if excess > 0 and name in columns:
            place = columns.index(name)
            room = max(widths[place] - excess, _NARROWEST)
            if room < widths[place]:
                excess -= widths[place] - room
                rows = [[*row[:place], shorten(row[place], room), *row[place + 1 :]] for row in rows]
    return rows


def iter_json(listing: Listing, _labels: Labels, _width: int | None) -> Iterator[str]:
    """A list of objects."""
    import json

    # Key by key: with an indent the encoder of Python 3.11 leaves a cycle behind for each object, and nobody collects it.
    keys = [json.dumps(column, ensure_ascii=False) for column in listing.columns]
    before = "[\n  "
    for row in listing.rows:
        told = (json.dumps(value, ensure_ascii=False) for value in row)
        yield before + "{\n    " + ",\n    ".join(map(": ".join, zip(keys, told, strict=True))) + "\n  }"
        before = ",\n  "
    yield "\n]" if listing.rows else "[]"


def iter_jsonl(listing: Listing, _labels: Labels, _width: int | None) -> Iterator[str]:
    """An object a line."""
    import json

    objects = (dict(zip(listing.columns, row, strict=True)) for row in listing.rows)
    return _joined(json.dumps(item, ensure_ascii=False) for item in objects)


def iter_csv(listing: Listing, _labels: Labels, _width: int | None) -> Iterator[str]:
    """RFC 4180, with an apostrophe before what a spreadsheet would take for a formula."""
    rows = (
        [harmless_cell(value) if isinstance(value, str) else cell_of(value) for value in row] for row in listing.rows
    )
    return _joined((line.removesuffix("\r\n") for line in format_rows(chain((listing.columns,), rows))), "\r\n")


def iter_tsv(listing: Listing, _labels: Labels, _width: int | None) -> Iterator[str]:
    r"""Tab-separated: a tab, line end or backslash inside a value is written as \t, \n, \\."""
    rows = (
        [cell_of(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for value in row]
        for row in listing.rows
    )
    lines = ("\t".join(map(harmless, cells)) for cells in rows)
    return _joined(chain(("\t".join(listing.columns),), lines))


def iter_markdown(listing: Listing, labels: Labels, _width: int | None) -> Iterator[str]:
    """A table of GitHub's Markdown."""
    from tabulate import tabulate

    rows = [[markdown_text(cell) for cell in row] for row in _cells(listing, labels)]
    yield tabulate(
        rows, [labels.column(column) for column in listing.columns], tablefmt="github", disable_numparse=True
    )


def iter_ids(listing: Listing, _labels: Labels, _width: int | None) -> Iterator[str]:
    """Each id once, a line each."""
    place = listing.columns.index(listing.id_column)
    return _joined(dict.fromkeys(str(row[place]) for row in listing.rows))


class Format(NamedTuple):
    """The function that writes a format, as `module:name`, loaded on use; whether people read it."""

    function: str
    for_people: bool = False


LISTING_FORMATS: Final[Mapping[str, Format]] = {
    "table": Format("commlog.output.formats:iter_table", for_people=True),
    "json": Format("commlog.output.formats:iter_json"),
    "jsonl": Format("commlog.output.formats:iter_jsonl"),
    "csv": Format("commlog.output.formats:iter_csv"),
    "tsv": Format("commlog.output.formats:iter_tsv"),
    "markdown": Format("commlog.output.formats:iter_markdown", for_people=True),
    "ids": Format("commlog.output.formats:iter_ids"),
}
# Of an answer that is text, and has rows beside it.
TEXT_FORMATS: Final = ("text", *(name for name in LISTING_FORMATS if name != "table"))


def is_for_people(name: str) -> bool:
    """Whether people read a format: it has labels and a choice of columns; programs get everything as it is."""
    return name == "text" or (name in LISTING_FORMATS and LISTING_FORMATS[name].for_people)


def require_format(name: str, formats: Iterable[str]) -> None:
    """Refuse a format that is not one of those there are.

    Raises:
        UsageError: names them all.
    """
    known = tuple(formats)
    if name not in known:
        raise UsageError(
            mark("there is no format '{value}'"),
            value=name,
            remedy=mark("use one of: {formats}"),
            formats=", ".join(known),
        )


class FormatChoice:
    """Reads the value of an option that is one of some formats; `{formats}` in its help stands for all but those in `more`."""

    def __init__(self, formats: Iterable[str], more: Iterable[str] = ()) -> None:
        self.__name__ = "format"  # the command-line library asks for it
        self._formats = tuple(formats)
        self.taken = (*self._formats, *more)

    def __call__(self, name: str) -> str:
        """The name, when it is one of the formats."""
        require_format(name, self.taken)
        return name

    def help(self, text: str) -> str:
        """A text of help, translated, with the formats as a sentence names them: a, b or c."""
        *others, last = self._formats
        return text.replace("{formats}", translate(" or ").join([translate(", ").join(others), last]))
