"""The SQLite file of the index: opened, thrown away when it is of no use, and asked."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import starmap
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from commlog.database.content import SQL_FUNCTIONS
from commlog.database.tables import NUMBER, ROW_TABLES, TABLES
from commlog.log.names import INDEX_FILE
from commlog.values import Data
from commlog.version import VERSION

_WAIT_SECONDS: Final = 60
# What a query that somebody wrote may do.
READING: Final = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_FUNCTION}
)

# In KiB. Questions walk over their rows once and gain nothing from a bigger one; writing in the order of many indexes does.
_READING_CACHE: Final = "PRAGMA cache_size = -8000"
_WRITING_CACHE: Final = "PRAGMA cache_size = -32000"

# Bytes of an index from which a part of a task takes longer than starting a worker process for it: some 3,000 records.
_BIG: Final = 8_000_000
# The same for looking at the folders alone: some 30,000 records.
BIG_TO_SCAN: Final = 100_000_000

Allow = Callable[[int, str | None, str | None, str | None, str | None], int]
Made = TypeVar("Made")


def is_big(folder: Path | None, limit: int | None = None) -> bool:
    """Whether the index in a folder is so big that worker processes are worth starting; never for one in memory."""
    try:
        return folder is not None and (folder / INDEX_FILE).stat().st_size > (_BIG if limit is None else limit)
    except OSError:
        return False


class QueryError(Exception):
    """A query that somebody wrote is wrong, or would do more than read."""


def _allow_reading(action: int, *_: str | None) -> int:
    """Let a query read and call functions (loading code is off); no ATTACH, no PRAGMA, no writing."""
    return sqlite3.SQLITE_OK if action in READING else sqlite3.SQLITE_DENY


class SqlAnswer(NamedTuple):
    """What somebody's own query gives: the names of its columns, and its rows, which have no type of ours."""

    columns: list[str]
    rows: list[tuple[Data, ...]]


class Connection(sqlite3.Connection):
    """A connection that is closed when nothing refers to it any more: a workspace holds its index as long as it lives."""

    def __del__(self) -> None:
        """Let go of the file; one that could not be opened has none."""
        with suppress(sqlite3.ProgrammingError):
            self.close()


class Index:
    """An index that answers questions; `rows` reads, everything else belongs to the refresh."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        for name, (count, function) in SQL_FUNCTIONS.items():
            connection.create_function(name, count, function, deterministic=True)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """All rows a query gives, as SQLite has them; rows that leave this room are read into a class (`read`)."""
        return self.connection.execute(sql, tuple(parameters)).fetchall()

    def read(self, make: Callable[..., Made], sql: str, parameters: Sequence[object] = ()) -> list[Made]:
        """All rows of a query, each made of its columns by `make`, which is usually the class of the rows."""
        return list(self.iter_read(make, sql, parameters))

    def iter_read(self, make: Callable[..., Made], sql: str, parameters: Sequence[object] = ()) -> Iterator[Made]:
        """The same one by one: for answers that must not be held twice."""
        return starmap(make, self.connection.execute(sql, tuple(parameters)))

    def texts(self, sql: str, parameters: Sequence[object] = ()) -> list[str]:
        """The first column of a query that gives texts."""
        return [row[0] for row in self.rows(sql, parameters)]

    def count(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """The one whole number that a query gives."""
        return self.read(int, sql, parameters)[0]

    def columns_and_rows(self, sql: str, allow: Allow = _allow_reading) -> SqlAnswer:
        """The column names and all rows of a query that reads what it is allowed to.

        Raises:
            QueryError: the SQL is wrong, or would write.
        """
        self.connection.set_authorizer(allow)
        try:
            cursor = self.connection.execute(sql)
            return SqlAnswer([column[0] for column in cursor.description or ()], cursor.fetchall())
        except (sqlite3.Error, sqlite3.Warning) as fault:
            raise QueryError(str(fault)) from None
        finally:
            self.connection.set_authorizer(None)

    def meta(self, key: str) -> str | None:
        """A remembered text: `key`, for which the index was made, and the like."""
        found = self.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(found[0][0]) if found else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One write transaction; nothing of it stays when the block fails."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            self.connection.execute(_WRITING_CACHE)
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        self.connection.execute(_READING_CACHE)
        self.connection.execute("PRAGMA shrink_memory")

    def forget_files(self, files: Sequence[int]) -> None:
        """Delete every row of some files."""
        numbers = [(file,) for file in files]
        for table, column in ROW_TABLES.items():
            self.connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", numbers)
        self.connection.executemany("DELETE FROM files WHERE file = ?", numbers)

    def insert(self, table: str, rows: Sequence[Sequence[Data]]) -> None:
        """Add rows to a table."""
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


def connect(folder: Path | None) -> Index:
    """The index file of a state folder, or one in memory when there is no folder that can be written."""
    target = ":memory:" if folder is None else str(folder / INDEX_FILE)
    connection = sqlite3.connect(target, timeout=_WAIT_SECONDS, isolation_level=None, factory=Connection)
    try:
        # After a power cut the index is as it was or gone, not subtly wrong.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(_READING_CACHE)
    except BaseException:
        connection.close()
        raise
    return Index(connection)


def is_current(index: Index, key: str) -> bool:
    """Whether the index was made by this version for these settings and templates."""
    tables = index.rows("SELECT count(*) FROM sqlite_master WHERE name = 'meta'")
    return bool(tables[0][0]) and index.meta("key") == index_key(key)


def index_key(key: str) -> str:
    """The key under which an index is valid: the tables' number and what the log depends on."""
    return f"{VERSION}:{NUMBER}:{key}"


def empty(index: Index, key: str) -> None:
    """Make every table again, inside the caller's transaction."""
    names = index.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    for (name,) in names:
        index.connection.execute(f'DROP TABLE "{name}"')
    for statement in TABLES.split(";"):
        if statement.strip():
            index.connection.execute(statement)
    index.insert("meta", [("key", index_key(key))])


def remove(folder: Path) -> None:
    """Delete the index file and its journal."""
    for suffix in ("", "-journal"):
        (folder / f"{INDEX_FILE}{suffix}").unlink(missing_ok=True)
