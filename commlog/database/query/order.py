"""The order of a listing: `--sort due,-priority` → ORDER BY, the same every time."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from commlog.database.query.fields import BUILT_IN, find_built_in, plain_name
from commlog.database.query.filter import QueryPosition, displayable_text, fault
from commlog.database.query.select import FOLLOW_UP_COLUMNS, ListedRows
from commlog.messages import mark
from commlog.values import Data

# Built-in fields that a record has no column, or no single one, for.
_OTHERWISE: Final = frozenset(
    {"date", "recorded", "tag", "due", "action", "n", "thread", "link", "has", "level", "stage"}
)
_RECORD_COLUMNS: Final = {
    **{name: (f"r.{name}",) for name in BUILT_IN if name not in _OTHERWISE},
    "date": ("r.day", "r.started_at"),
    "recorded": ("r.recorded_at",),
}
_FOLLOW_UP_COLUMNS: Final = _RECORD_COLUMNS | {name: (column,) for name, column in FOLLOW_UP_COLUMNS.items()}

Columns = Mapping[str, tuple[str, ...]]

# The SQL each listing can be sorted by; a caller may replace some, e.g. rank priorities by their limits.
COLUMNS: Final[Mapping[ListedRows, Columns]] = {
    ListedRows.RECORDS: _RECORD_COLUMNS,
    ListedRows.FOLLOW_UPS: _FOLLOW_UP_COLUMNS,
}

# Two files may carry the same id after a bad merge; the path decides then.
_TIES: Final = {ListedRows.RECORDS: ("r.id", "r.path"), ListedRows.FOLLOW_UPS: ("r.id", "f.n", "r.path")}


def order_by(sort: str, columns: Columns, domain: ListedRows) -> str:
    """Give the text after ORDER BY: named columns (`-` reverses one), missing values last, then id and n.

    Raises:
        UsageError: a column is unknown or named without a name.

    """
    terms = (
        f"{column} {'DESC' if is_reversed else 'ASC'} NULLS LAST"
        for name, is_reversed in _read_sort(sort, columns, {})
        for column in columns[name]
    )
    return ", ".join((*terms, *_TIES[domain]))


def sort_rows(
    rows: list[tuple[Data, ...]], sort: str, columns: Sequence[str], meant: Mapping[str, str]
) -> list[tuple[Data, ...]]:
    """Rows of some columns by those that are named, `-` turns one round, missing values last; else as they are.

    `meant` gives the column for names of the query language that are no column.

    Raises:
        UsageError: a column is unknown or named without a name.
    """
    for name, is_reversed in reversed(list(_read_sort(sort, columns, meant))):
        place = columns.index(name)
        told = [row for row in rows if row[place] is not None]
        told.sort(key=lambda row, at=place: row[at], reverse=is_reversed)  # type: ignore[misc]
        rows = told + [row for row in rows if row[place] is None]
    return rows


def _read_sort(sort: str, columns: Collection[str], meant: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """The columns that a text names, and whether each is turned round."""
    place = 0
    for part in sort.replace("，", ",").split(",") if sort.strip() else ():
        name = part.strip().lstrip("-－")
        built_in = find_built_in(name)
        names = (plain_name(name), built_in.name if built_in else "")
        found = [column for column in (meant.get(one, one) for one in names) if column in columns]
        if not found:
            spot = QueryPosition(sort, place + 1 + len(part) - len(part.lstrip()))
            raise fault(
                mark("there is no column '{column_name}' to sort by"),
                spot,
                mark("use some of: {known}"),
                column_name=displayable_text(part.strip()),
                known=", ".join(columns),
            )
        yield found[0], part.strip() != name
        place += len(part) + 1
