"""Opening the copy: on disk when it can be kept there, else in memory; made anew when it is of no use."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from commlog.database.changes import (
    Plan,
    add_sealed,
    compare,
    is_read_by,
    is_up_to_date,
    key_of,
    known_folders,
    note_keys,
)
from commlog.database.connection import Index, Row, connect, empty, is_current, remove
from commlog.database.glimpse import Glimpse, read_tick
from commlog.database.index_entries import RecordReader
from commlog.database.index_view import View
from commlog.database.scan import scan_folders
from commlog.log.files import lock
from commlog.log.log import ensure_state_folder
from commlog.log.names import INDEX_FILE

_LOCK_FILE: Final = "rebuild.lock"
_SECONDS_FOR_READING: Final = 5
# Files from which a copy is made in a process of its own.
_MANY: Final = 10_000
# What a copy that is of no use raises; the second when SQLite quotes a damaged name, which is no text any more.
_FAULTS: Final = (sqlite3.DatabaseError, UnicodeDecodeError)

# The disk, or another command, does not take what is written: the copy itself may be sound.
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


class MendingIndex(Index):
    """A copy that is made anew when a question finds it damaged."""

    def __init__(self, connection: sqlite3.Connection, reader: RecordReader) -> None:
        super().__init__(connection)
        self._reader = reader

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows a query gives."""
        try:
            return super().rows(sql, parameters)
        except _FAULTS as fault:
            # What is no refusal is damage: a byte of a value may be wrong as well as one of a page's order.
            if _primary_code(fault) in _REFUSALS:
                raise
        self.close()
        super().__init__(rebuild_index(self._reader).connection)
        return super().rows(sql, parameters)


def open_index(reader: RecordReader, glimpse: Glimpse | None = None) -> Index:
    """The copy, true to the files as they are now; rebuilt without a word when it is of no use.

    `glimpse` is what helpers are looking at already, when somebody sent them out.
    """
    folder = _writable_state_folder(reader.log.root)
    if folder is not None:
        try:
            return MendingIndex(_refreshed(reader, folder, Plan(glimpse)).connection, reader)
        except _FAULTS as fault:
            if _primary_code(fault) not in _REFUSALS:
                return rebuild_index(reader)
    return _open_beside(reader)


def rebuild_index(reader: RecordReader) -> Index:
    """The copy made anew from nothing; in memory when it cannot be written."""
    folder = _writable_state_folder(reader.log.root)
    if folder is not None:
        # Only one at a time may delete the file: SQLite finds its journal by name.
        with suppress(*_FAULTS, OSError), lock(folder / _LOCK_FILE):
            if not _is_sound(folder):
                remove(folder)
            return _refreshed(reader, folder, Plan(from_nothing=True))
    return _refreshed(reader, None, Plan(from_nothing=True))


def refresh(index: Index, reader: RecordReader, folder: Path | None, plan: Plan) -> None:
    """Bring the copy up to date; reads only the files whose size, times or inode changed.

    `folder` is where the copy lies, None for one in memory.

    Raises:
        sqlite3.DatabaseError: the copy cannot be written, or is damaged.
    """
    key = key_of(reader)
    seen = plan.glimpse.fingerprints() if plan.glimpse else None
    tick = plan.glimpse.tick if plan.glimpse and seen is not None else read_tick(folder)
    view = View(reader.log.root, seen)
    is_kept = not plan.from_nothing and is_current(index, key)
    has_same_keys = not is_kept or is_read_by(index, reader)
    if is_kept and has_same_keys and view.is_known(known_folders(index)):
        return
    with index.transaction():
        # Loaded when there is something to write: mostly there is nothing.
        from commlog.database.index_choices import choice_rows
        from commlog.database.index_writing import write_change

        if plan.from_nothing or not is_current(index, key):
            empty(index, key)
            index.insert("choices", choice_rows(reader.catalog, reader.log.settings.priority_labels))
        change = compare(index, view)
        if not has_same_keys:
            add_sealed(index, change)
        write_change(index, reader, change, tick)
        note_keys(index, reader)


def _refreshed(reader: RecordReader, folder: Path | None, plan: Plan) -> Index:
    index = connect(folder)
    try:
        if folder is not None and (plan.from_nothing or not is_current(index, key_of(reader))):
            plan = _made_apart(reader, folder, plan)
        refresh(index, reader, folder, plan)
    except BaseException:
        index.close()
        raise
    return index


def _made_apart(reader: RecordReader, folder: Path, plan: Plan) -> Plan:
    """What is left to do once a helper made a big copy anew: the memory that takes goes with it. All of it when none did."""
    if not hasattr(os, "fork") or sum(len(state.names) for state in scan_folders(reader.log.root)) < _MANY:
        return plan
    process = os.fork()
    if process == 0:
        code = 1
        try:
            refresh(connect(folder), reader, folder, Plan(from_nothing=True))
            code = 0
        finally:
            # Whatever went wrong goes wrong again where it can be told.
            os._exit(code)
    if os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) != 0:
        return plan
    return Plan(plan.glimpse)


def _open_beside(reader: RecordReader) -> Index:
    """An index for a log that takes no writing: the stored copy as far as it is true, the rest in memory."""
    memory = connect(None)
    with suppress(*_FAULTS):
        stored = _open_stored(reader.log.state_folder / INDEX_FILE)
        if is_up_to_date(stored, reader):
            memory.close()
            return stored
        with closing(stored):
            stored.connection.backup(memory.connection)
        refresh(memory, reader, None, Plan())
        return memory
    memory.close()
    return _refreshed(reader, None, Plan())


def _open_stored(file: Path) -> Index:
    uri = f"{file.absolute().as_uri()}?mode=ro"
    return Index(sqlite3.connect(uri, uri=True, timeout=_SECONDS_FOR_READING, isolation_level=None))


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
