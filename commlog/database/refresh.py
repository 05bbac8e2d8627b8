"""Opening the index, on disk or in memory: refreshed from the files that changed, rebuilt when it is of no use."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Final

from commlog.database.changes import (
    IndexChange,
    add_sealed,
    choice_rows,
    compare,
    dependency_key,
    is_read_by,
    is_up_to_date,
    known_folders,
    note_keys,
)
from commlog.database.connection import BIG_TO_SCAN, Connection, Index, Made, connect, empty, is_big, is_current, remove
from commlog.database.reader import RecordReader
from commlog.database.rows import Row, Rows
from commlog.database.scan import LogFolders, Stamp, scan_folders
from commlog.log.files import lock
from commlog.log.log import ensure_state_folder
from commlog.log.names import INDEX_FILE
from commlog.messages import current_language
from commlog.problems import Problem

_LOCK_FILE: Final = "rebuild.lock"
_SECONDS_FOR_READING: Final = 5
# Files from which an index is made in a process of its own.
_MANY: Final = 10_000
# Files from which on worker processes cost less than they save, and how many they are given at a time.
_WORTH_WORKERS: Final = 400
_BATCH: Final = 50
# Files whose rows are written at once.
_CHUNK: Final = 500
# The size of a file that may have changed in the same tick in which it was looked at: no file has it.
_UNSURE: Final = -1
# The fingerprint of a folder with such a file: no folder has it.
_NO_FINGERPRINT: Final = b""
# The stamp of content that is no file on disk.
_NO_STAMP: Final[Stamp] = (-1, 0, 0, 0)
# The name under which a stored problem keeps the language its facts are worded in.
LANGUAGE_FACT: Final = "language"
# What an index that is of no use raises; the second when SQLite quotes a damaged name, which is no text any more.
_FAULTS: Final = (sqlite3.DatabaseError, UnicodeDecodeError)

# The disk, or another command, does not take what is written: the index itself may be sound.
_REFUSALS: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOLFS,
    }
)


class RepairingIndex(Index):
    """An index that is rebuilt when a question finds it damaged."""

    def __init__(self, connection: sqlite3.Connection, reader: RecordReader) -> None:
        super().__init__(connection)
        self._reader = reader

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """All rows a query gives."""
        return self._repaired(super().rows, sql, parameters)

    def read(self, make: Callable[..., Made], sql: str, parameters: Sequence[object] = ()) -> list[Made]:
        """All rows of a query, each made of its columns by `make`."""
        return self._repaired(partial(super().read, make), sql, parameters)

    def iter_read(self, make: Callable[..., Made], sql: str, parameters: Sequence[object] = ()) -> Iterator[Made]:
        """The rows one by one; damage is found with the first of them, for rows that are sorted are all read by then."""
        return self._repaired(partial(super().iter_read, make), sql, parameters)

    def _repaired(self, ask: Callable[[str, Sequence[object]], Made], sql: str, parameters: Sequence[object]) -> Made:
        try:
            return ask(sql, parameters)
        except _FAULTS as fault:
            # What is no refusal is damage: a byte of a value may be wrong as well as one of a page's order.
            if _primary_code(fault) in _REFUSALS:
                raise
        self.close()
        super().__init__(rebuild_index(self._reader).connection)
        return ask(sql, parameters)


def open_index(reader: RecordReader) -> Index:
    """The index, true to the files as they are now; rebuilt without a word when it is of no use."""
    folder = _writable_state_folder(reader.log.root)
    if folder is not None:
        try:
            return RepairingIndex(_refreshed(reader, folder).connection, reader)
        except _FAULTS as fault:
            if _primary_code(fault) not in _REFUSALS:
                return rebuild_index(reader)
    return _open_beside(reader)


def rebuild_index(reader: RecordReader) -> Index:
    """The index rebuilt from nothing; in memory when it cannot be written."""
    folder = _writable_state_folder(reader.log.root)
    if folder is not None:
        # Only one at a time may delete the file: SQLite finds its journal by name.
        with suppress(*_FAULTS, OSError), lock(folder / _LOCK_FILE):
            if not _is_sound(folder):
                remove(folder)
            return _refreshed(reader, folder, from_nothing=True)
    return _refreshed(reader, None, from_nothing=True)


def refresh(index: Index, reader: RecordReader, folder: Path | None, *, from_nothing: bool = False) -> None:
    """Bring the index up to date; reads only the files whose size, times or inode changed.

    `folder` is where the index lies, None for one in memory. `from_nothing` trusts nothing that is in it.

    Raises:
        sqlite3.DatabaseError: the index cannot be written, or is damaged.
    """
    key = dependency_key(reader)
    tick = _read_tick(folder)
    view = LogFolders(reader.log.root, is_big=is_big(folder, BIG_TO_SCAN))
    is_kept = not from_nothing and is_current(index, key)
    has_same_keys = not is_kept or is_read_by(index, reader)
    if is_kept and has_same_keys and view.is_known(known_folders(index)):
        return
    with index.transaction():
        if from_nothing or not is_current(index, key):
            empty(index, key)
            index.insert("choices", choice_rows(reader.catalog, reader.log.settings.priority_labels))
        change = compare(index, view)
        if not has_same_keys:
            add_sealed(index, change)
        write_index_change(index, reader, change, tick)
        note_keys(index, reader)


def _refreshed(reader: RecordReader, folder: Path | None, *, from_nothing: bool = False) -> Index:
    index = connect(folder)
    try:
        if folder is not None and (from_nothing or not is_current(index, dependency_key(reader))):
            from_nothing = not _is_made_apart(reader, folder) and from_nothing
        refresh(index, reader, folder, from_nothing=from_nothing)
    except BaseException:
        index.close()
        raise
    return index


def _is_made_apart(reader: RecordReader, folder: Path) -> bool:
    """Whether a worker process rebuilt a big index: the memory that takes is given back with it."""
    from commlog.database.worker_processes import count_cores, start_workers

    if count_cores() < 2 or sum(len(state.names) for _, state in scan_folders(reader.log.root)) < _MANY:
        return False

    def make() -> Iterator[bool]:
        refresh(connect(folder), reader, folder, from_nothing=True)
        yield True

    with start_workers([make]) as (worker,):
        return worker.next_answer() is True


def _read_tick(folder: Path | None) -> int:
    """The file system's own time now, in ns: what is touched at or after it may change unseen."""
    if folder is None:
        return 0
    mark_file = folder / "tick"
    try:
        mark_file.touch()
        return mark_file.stat().st_mtime_ns
    except OSError:
        return 0


def _open_beside(reader: RecordReader) -> Index:
    """An index for a log that takes no writing: the stored index as far as it is true, the rest in memory."""
    memory = connect(None)
    with suppress(*_FAULTS):
        stored = _open_stored(reader.log.state_folder / INDEX_FILE)
        if is_up_to_date(stored, reader):
            memory.close()
            return stored
        with closing(stored):
            stored.connection.backup(memory.connection)
        refresh(memory, reader, None)
        return memory
    memory.close()
    return _refreshed(reader, None)


def _open_stored(file: Path) -> Index:
    uri = f"{file.absolute().as_uri()}?mode=ro"
    return Index(sqlite3.connect(uri, uri=True, timeout=_SECONDS_FOR_READING, isolation_level=None, factory=Connection))


def _is_sound(folder: Path) -> bool:
    try:
        with closing(connect(folder)) as index:
            return index.rows("PRAGMA quick_check(1)") == [("ok",)]
    except _FAULTS:
        return False


def _writable_state_folder(root: Path) -> Path | None:
    try:
        folder = ensure_state_folder(root)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _primary_code(fault: Exception) -> int:
    """SQLite's error code without its details; 0 when Python itself raised the error."""
    return getattr(fault, "sqlite_errorcode", 0) & 0xFF


Entry = tuple[str, Rows, tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """One file's entry with the folder it is in and its stamp."""

    directory: str
    stamp: Stamp
    entry: Entry


def write_index_change(index: Index, reader: RecordReader, change: IndexChange, tick: int) -> None:
    """Read what is new and write it, inside the caller's transaction; what was touched since `tick` is read again next time."""
    index.forget_files(change.to_forget)
    unsure: set[str] = set()
    write_entries(index, _iter_entries(reader, change, tick, unsure))
    remembered = [
        (state.directory, _NO_FINGERPRINT if state.directory in unsure else state.fingerprint)
        for state in change.folders
    ]
    index.connection.executemany("INSERT OR REPLACE INTO directories VALUES (?, ?)", remembered)
    gone = [(directory,) for directory in change.gone_folders]
    index.connection.executemany("DELETE FROM directories WHERE directory = ?", gone)


def _iter_entries(reader: RecordReader, change: IndexChange, tick: int, unsure: set[str]) -> Iterator[IndexedFile]:
    """The entries of what is to be read; folders that have to be looked at again next time are added to `unsure`."""
    for entry in read_entries(reader, list(change.to_read)):
        path, rows, problems = entry
        directory, stamp = change.to_read[path]
        if not rows and problems[0].code == "unreadable-file" and not os.path.lexists(reader.log.root / path):
            unsure.add(directory)  # deleted since the folder was listed: it is not unreadable, it is not there
            continue
        if max(stamp[1], stamp[2]) >= tick:
            unsure.add(directory)
            stamp = (_UNSURE, *stamp[1:])
        yield IndexedFile(directory, stamp, entry)


def read_entries(reader: RecordReader, paths: list[str]) -> Iterator[Entry]:
    """Each path with its rows (none when it is no record) and its problems, in the order given; many are read on all cores."""
    # Loaded when there is something to read.
    from commlog.database.worker_processes import count_cores, start_workers

    count = count_cores()
    if len(paths) < _WORTH_WORKERS or count < 2:
        yield from (entry_of(reader, path) for path in paths)
        return
    entry_of(reader, paths[0])  # what is prepared on first use is prepared before the fork
    batches = [paths[place : place + _BATCH] for place in range(0, len(paths), _BATCH)]

    def read(batch: list[str]) -> list[Entry]:
        return [entry_of(reader, path) for path in batch]

    with start_workers([partial(map, read, batches[place::count]) for place in range(count)]) as team:
        for place, batch in enumerate(batches):
            entries = team[place % count].next_answer()
            # The share of a worker that has died is read here.
            yield from read(batch) if entries is None else entries


def entry_of(reader: RecordReader, path: str) -> Entry:
    """One path with its rows and its problems."""
    reading = reader.read(path)
    if reading.record is None:
        return path, {}, reading.problems
    problems = reading.problems
    if problems and reading.record.sealed:
        from commlog.database.sealed import hide_values

        problems = hide_values(problems, reading.record)
    return path, reader.rows(reading.record), problems


def write_entries(index: Index, entries: Iterable[IndexedFile]) -> None:
    """Add entries to the tables, inside the caller's transaction; the rows must not be there yet."""
    number = int(index.rows("SELECT coalesce(max(file), 0) FROM files")[0][0])
    rest = iter(entries)
    while chunk := list(islice(rest, _CHUNK)):
        tables: dict[str, list[Row]] = {"files": [], "problems": []}
        for placed in chunk:
            number += 1
            path, rows, problems = placed.entry
            tables["files"].append((number, path, placed.directory, *placed.stamp, int(bool(rows))))
            tables["problems"] += [_problem_row(number, problem) for problem in problems]
            for table, items in rows.items():
                tables.setdefault(table, []).extend((number, *item) for item in items)
        for table, table_rows in tables.items():
            index.insert(table, table_rows)


def _problem_row(number: int, problem: Problem) -> Row:
    facts = [*problem.facts, (LANGUAGE_FACT, current_language())]
    return (number, problem.code, problem.line, problem.column, problem.field, json.dumps(facts, ensure_ascii=False))


@contextmanager
def index_with_changes(index: Index, reader: RecordReader, contents: Mapping[str, bytes | None]) -> Iterator[Index]:
    """The index with some files' content replaced (None: the file is not there); nothing of it stays."""
    try:
        index.connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        # It may not be written, not even for a moment.
        with closing(connect(None)) as memory:
            index.connection.backup(memory.connection)
            _replace(memory, reader, contents)
            yield memory
        return
    try:
        _replace(index, reader, contents)
        yield index
    finally:
        index.connection.execute("ROLLBACK")


def _replace(index: Index, reader: RecordReader, contents: Mapping[str, bytes | None]) -> None:
    numbers: dict[str, int] = dict(index.rows("SELECT path, file FROM files"))
    index.forget_files([numbers[path] for path in contents if path in numbers])
    write_entries(index, (_placed(reader, path, raw) for path, raw in contents.items() if raw is not None))


def _placed(reader: RecordReader, path: str, raw: bytes) -> IndexedFile:
    reading = reader.read_raw(path, raw)
    rows = {} if reading.record is None else reader.rows(reading.record)
    return IndexedFile(PurePosixPath(path).parent.as_posix(), _NO_STAMP, (path, rows, reading.problems))
