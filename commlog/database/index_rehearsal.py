"""The copy as it would be if some files held other bytes: asked, and thrown away."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import PurePosixPath
from typing import Final

from commlog.database.connection import Index, connect
from commlog.database.index_entries import RecordReader
from commlog.database.index_writing import Placed, write_entries
from commlog.database.scan import Stamp

# No file on disk is meant.
_NO_STAMP: Final[Stamp] = (-1, 0, 0, 0)


@contextmanager
def rehearse(index: Index, reader: RecordReader, contents: Mapping[str, bytes | None]) -> Iterator[Index]:
    """The copy with some files' content replaced (None: the file is not there); nothing of it stays."""
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


def _placed(reader: RecordReader, path: str, raw: bytes) -> Placed:
    reading = reader.read_raw(path, raw)
    rows = {} if reading.record is None else reader.rows(reading.record)
    return Placed(PurePosixPath(path).parent.as_posix(), _NO_STAMP, (path, rows, reading.problems))
