"""Entries written into the tables of the copy."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commlog.database.changes import Change
from commlog.database.connection import Index, Row
from commlog.database.index_entries import RecordReader
from commlog.database.parallel import Entry, read_entries
from commlog.database.scan import Stamp
from commlog.messages import current_language
from commlog.problems import Problem

_CHUNK: Final = 500
# The name under which a stored problem keeps the language its facts are worded in.
LANGUAGE_FACT: Final = "language"


# The size of a file that may have changed in the same tick in which it was looked at: no file has it.
_UNSURE: Final = -1
# The fingerprint of a folder with such a file: no folder has it.
_NO_FINGERPRINT: Final = b""


@dataclass(frozen=True, slots=True)
class Placed:
    """One file's entry with the folder it is in and its stamp."""

    directory: str
    stamp: Stamp
    entry: Entry


def write_change(index: Index, reader: RecordReader, change: Change, tick: int) -> None:
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


def _iter_entries(reader: RecordReader, change: Change, tick: int, unsure: set[str]) -> Iterator[Placed]:
    """The entries of what is to be read; folders that have to be looked at again next time are added to `unsure`."""
    for entry in read_entries(reader, list(change.to_read)):
        path, rows, problems = entry
        directory, stamp = change.to_read[path]
        if not rows and problems[0].code == "unreadable-file" and not _exists(reader.log.root / path):
            unsure.add(directory)  # deleted since the folder was listed: it is not unreadable, it is not there
            continue
        if max(stamp[1], stamp[2]) >= tick:
            unsure.add(directory)
            stamp = (_UNSURE, *stamp[1:])
        yield Placed(directory, stamp, entry)


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def write_entries(index: Index, entries: Iterable[Placed]) -> None:
    """Add entries to the tables, inside the caller's transaction; the rows must not be there yet."""
    number = int(index.rows("SELECT coalesce(max(file), 0) FROM files")[0][0])
    for chunk in _chunks(entries):
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


def _chunks(entries: Iterable[Placed]) -> Iterator[list[Placed]]:
    chunk = []
    for entry in entries:
        chunk.append(entry)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
