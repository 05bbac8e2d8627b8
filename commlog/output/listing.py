"""The answer of a listing: named columns and rows of plain values, before anyone decides how they look."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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
