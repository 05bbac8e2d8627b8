"""Listings: named columns and rows of plain values, masked where personal data is in them, and written as cells of CSV."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from commlog.privacy.rules.masking import MaskRules, mask_name, mask_text
from commlog.values import Data

# What a spreadsheet would take for the beginning of a formula.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows under named columns; `shown` are the columns a table shows when nobody chooses.

    Values are plain: slugs, stored dates and instants, numbers, booleans, None. `id_column` is what `--format ids` prints;
    `words` names, by column, the dotted field whose labels its slugs have, where that is not the column itself.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Data, ...], ...]
    shown: tuple[str, ...]
    id_column: str
    words: Mapping[str, str] = field(default_factory=dict)

    def narrowed(self, columns: tuple[str, ...]) -> "Listing":
        """The same rows with only these columns, in this order."""
        rows = self.rows if columns == self.columns else tuple(narrow(self.rows, self.columns, columns))
        return replace(self, columns=columns, rows=rows, shown=columns)


def narrow(
    rows: Iterable[tuple[Data, ...]], columns: Sequence[str], wanted: Sequence[str]
) -> Iterator[tuple[Data, ...]]:
    """Rows of some columns with the wanted ones alone, in their order."""
    places = [columns.index(column) for column in wanted]
    return (tuple(row[place] for place in places) for row in rows)


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a listing is wanted: how sorted, at most how many rows (-1: all), only which columns (none: all)."""

    sort: str = ""
    limit: int = -1
    columns: tuple[str, ...] = ()


def cell_of(value: Data) -> str:
    """A value as the text of a cell: nothing for null, JSON for a list or a mapping."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    import json

    return json.dumps(value, ensure_ascii=False)


def harmless_cell(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would take for a formula."""
    return "'" + cell if cell.startswith(_FORMULA_STARTS) else cell


class _Echo:
    """What csv.writer writes to: it gives each line back."""

    def write(self, line: str) -> str:
        return line


def format_rows(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows as CSV text (RFC 4180), one text a row with its line end, the cells as they are."""
    import csv

    return map(csv.writer(_Echo()).writerow, rows)


# Columns that hold what people wrote.
WORDS: Final = frozenset(
    {
        "subject",
        "action",
        "method",
        "text",
        "title",
        "next",
        "question",
        "name",
        "customer_name",
        "other_name",
        "occasion",
        "result",
        "note",
    }
)
Row = tuple[Data, ...]
_NAMES: Final = frozenset({"customer_name", "name", "other_name"})
_IDS: Final = frozenset({"customer", "other"})


def mask_listing(listing: Listing, rules: MaskRules) -> Listing:
    """The listing with people's words masked as a log's settings ask; ids, dates and choices stay."""
    return replace(listing, rows=tuple(map(row_mask(listing.columns, rules), listing.rows)))


def row_mask(columns: Sequence[str], rules: MaskRules) -> Callable[[Row], Row]:
    """What masks the words in one row of a listing with these columns; an id that is a name tells it, too."""
    places = [(place, column) for place, column in enumerate(columns) if column in WORDS | _IDS]
    names = [place for place, column in places if rules.names and column in _NAMES]

    def mask(row: Row) -> Row:
        cells = list(row)
        cover = mask_listing_words([next((str(row[place]) for place in names if row[place]), "")], rules)
        for place, column in places:
            if isinstance(text := row[place], str):
                cells[place] = (
                    mask_name(text) if place in names else mask_id(text, rules) if column in _IDS else cover(text)
                )
        return tuple(cells)

    return mask


def mask_listing_words(names: Iterable[str], rules: MaskRules) -> Callable[[str], str]:
    """What masks free text as a log's settings ask: numbers and addresses, and any of some customers' names, the longest first."""
    told = names if rules.names else ()
    hidden = sorted({name.strip() for name in told if len(name.strip()) > 1}, key=len, reverse=True)

    def cover(text: str) -> str:
        shown = mask_text(text) if rules.text else text
        for name in hidden:
            shown = shown.replace(name, mask_name(name))
        return shown

    return cover


def mask_id(text: str, rules: MaskRules) -> str:
    """A customer's id; one that is a name tells it, and is masked where names are."""
    return text if text.isascii() or not rules.names else mask_name(text)
