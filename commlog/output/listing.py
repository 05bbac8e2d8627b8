"""The answer of a listing: named columns and rows of plain values, before anyone decides how they look."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from commlog.privacy.rules.masking import MaskRules, mask_name, mask_text
from commlog.values import Data


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
        if columns == self.columns:
            return Listing(columns, self.rows, columns, self.id_column, self.words)
        rows = tuple(narrow(self.rows, self.columns, columns))
        return Listing(columns, rows, columns, self.id_column, self.words)


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
    rows = tuple(map(row_mask(listing.columns, rules), listing.rows))
    return Listing(listing.columns, rows, listing.shown, listing.id_column, listing.words)


def row_mask(columns: Sequence[str], rules: MaskRules) -> Callable[[Row], Row]:
    """What masks the words in one row of a listing with these columns."""
    if rules.names:
        return lambda row: _without_name(columns, row, rules)
    places = [place for place, column in enumerate(columns) if column in WORDS]
    return (lambda row: _masked(row, places)) if rules.text else (lambda row: row)


def mask_words(text: str, name: str, rules: MaskRules) -> str:
    """Free text of a customer's record, masked as a log's settings ask."""
    hidden = name if rules.names else ""
    if rules.text:
        return mask_text(text, hidden)
    return text.replace(hidden, mask_name(hidden)) if len(hidden) > 1 else text


def cover_words(names: Iterable[str], rules: MaskRules) -> Callable[[str], str]:
    """What masks free text as a log's settings ask: numbers and addresses, and any of some customers' names, the longest first."""
    hidden = sorted({name.strip() for name in names if len(name.strip()) > 1}, key=len, reverse=True)

    def cover(text: str) -> str:
        shown = mask_text(text) if rules.text else text
        for name in hidden if rules.names else ():
            shown = shown.replace(name, mask_name(name))
        return shown

    return cover


def mask_id(text: str, rules: MaskRules) -> str:
    """A customer's id; one that is a name tells it, and is masked where names are."""
    return text if text.isascii() or not rules.names else mask_name(text)


def _masked(row: tuple[Data, ...], places: Sequence[int]) -> tuple[Data, ...]:
    cells = list(row)
    for place in places:
        if isinstance(cells[place], str):
            cells[place] = mask_text(cells[place])
    return tuple(cells)


def _without_name(columns: Sequence[str], row: tuple[Data, ...], rules: MaskRules) -> tuple[Data, ...]:
    """A row that does not tell who the customer is, in no column of words; an id that is a name tells it, too."""
    cells = dict(zip(columns, row, strict=True))
    name = next((str(cells[column]) for column in columns if column in _NAMES and cells[column]), "")
    for column, value in cells.items():
        if not isinstance(value, str):
            continue
        if column in _NAMES:
            cells[column] = mask_name(value)
        elif column in _IDS:
            cells[column] = mask_id(value, rules)
        elif column in WORDS:
            cells[column] = mask_words(value, name, rules)
    return tuple(cells.values())
