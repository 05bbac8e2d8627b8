"""The index itself: its state, how it is rebuilt, and queries in SQL."""

from collections.abc import Sequence
from functools import cache
from itertools import chain, count

from commlog.database.connection import QueryError, SqlAnswer
from commlog.database.queries import count_rows
from commlog.database.refresh import rebuild_index
from commlog.errors import UsageError
from commlog.log.names import INDEX_FILE, STATE_FOLDER
from commlog.messages import mark
from commlog.output.listing import Listing
from commlog.workspace import Workspace


def index_status(workspace: Workspace) -> dict[str, str | int]:
    """The state of the index after its refresh: where it is, its `bytes` (0 when it is in memory only), and what it contains."""
    path = workspace.log.state_folder / INDEX_FILE
    size = path.stat().st_size if path.is_file() else 0
    return {"path": f"{STATE_FOLDER}/{INDEX_FILE}", "bytes": size, **count_rows(workspace.index)._asdict()}


def rebuild(workspace: Workspace) -> dict[str, str | int]:
    """Delete the index, build it again from the files, and give its state."""
    rebuild_index(workspace.reader).close()
    return index_status(workspace)


def ask_sql(workspace: Workspace, sql: str, *, reveal: bool = False) -> Listing:
    """The rows of a query that only reads; personal data is masked in the tables themselves unless revealed.

    Raises:
        UsageError: it is no SQL, or it would write.
    """
    try:
        columns, rows = workspace.index.columns_and_rows(sql) if reveal else _masked(workspace, sql)
    except QueryError as fault:
        raise UsageError(
            mark("sql: {reason}"),
            reason=str(fault),
            remedy=mark("docs/SQL.md describes the tables; the index is read-only"),
        ) from None
    if not columns:
        raise UsageError(
            mark("sql: this statement returns no rows"),
            remedy=mark("write a SELECT; the tables are described in docs/SQL.md"),
        )
    names = _distinct(columns)
    plain = tuple(tuple(value.hex() if isinstance(value, bytes) else value for value in row) for row in rows)
    return Listing(names, plain, names, names[0])


def _masked(workspace: Workspace, sql: str) -> SqlAnswer:
    from commlog.database.masked_views import masked_columns_and_rows
    from commlog.forms.personal import personal_keys

    @cache
    def keys_of(template: str) -> frozenset[str]:
        return personal_keys(workspace.catalog.get(template))

    return masked_columns_and_rows(workspace.index, sql, workspace.log.settings.mask, keys_of)


def _distinct(columns: Sequence[str]) -> tuple[str, ...]:
    """The column names, those that are there twice numbered: as JSON keys none may be lost."""
    names: list[str] = []
    for column in columns:
        names.append(next(name for name in chain([column], (f"{column}:{n}" for n in count(2))) if name not in names))
    return tuple(names)
