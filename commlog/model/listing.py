"""The answer of a listing: named columns and rows of plain values, before anyone decides how they look."""

from dataclasses import dataclass

from commlog.model.record import Data


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows under named columns; `shown` are the columns a table shows when nobody chooses.

    Values are plain: slugs, stored dates and instants, numbers, booleans, None. `id_column` is what `--format ids` prints.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Data, ...], ...]
    shown: tuple[str, ...]
    id_column: str
    groups: str | None = None

    def narrowed(self, columns: tuple[str, ...]) -> "Listing":
        """The same rows with only these columns, in this order."""
        places = [self.columns.index(column) for column in columns]
        rows = tuple(tuple(row[place] for place in places) for row in self.rows)
        return Listing(columns, rows, columns, self.id_column, self.groups)
