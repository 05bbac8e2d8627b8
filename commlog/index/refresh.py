"""Keeping the copy true: what changed on disk since last time is read again, in one transaction."""

import hashlib
import json
import os
import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from commlog.index.database import Index, Row, connect, empty, is_current, remove
from commlog.index.entries import RecordReader
from commlog.index.parallel import read_entries
from commlog.model.problem import Problem
from commlog.store.log import ensure_state_folder, iter_folders

# What stands for a file that may have changed in the same tick in which it was read: no file has this size.
_UNSURE: Final = -1
_CHUNK: Final = 500

Stamp = tuple[int, int, int, int]


@dataclass(slots=True)
class FolderState:
    """One folder as found on disk: its files' sizes and times, and one hash of it all."""

    directory: str
    names: list[str]
    stamps: "array[int]"

    @property
    def fingerprint(self) -> bytes:
        """A hash that changes when any file of the folder does."""
        digest = hashlib.blake2b("\0".join(self.names).encode("utf-8", "surrogateescape"), digest_size=16)
        digest.update(self.stamps.tobytes())
        return digest.digest()

    def iter_files(self) -> Iterator[tuple[str, Stamp]]:
        """Each file's log-relative path with its size, mtime, ctime and inode."""
        for place, name in enumerate(self.names):
            size, mtime, ctime, inode = self.stamps[place * 4 : place * 4 + 4]
            yield f"{self.directory}/{name}", (size, mtime, ctime, inode)


@dataclass(slots=True)
class Change:
    """What a refresh has to do: files to read, rows to forget, folders to remember."""

    to_read: list[tuple[str, str, Stamp]] = field(default_factory=list)
    to_forget: list[int] = field(default_factory=list)
    folders: list[tuple[str, bytes]] = field(default_factory=list)
    gone_folders: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Nothing changed."""
        return not (self.to_read or self.to_forget or self.folders or self.gone_folders)


def open_index(reader: RecordReader) -> Index:
    """The copy, true to the files as they are now; rebuilt without a word when it is of no use."""
    folder = _writable_state_folder(reader.log.root)
    try:
        return _refreshed(reader, folder)
    except sqlite3.OperationalError:
        # No space, no permission, or another command that will not let go: answer from memory.
        return _refreshed(reader, None)
    except sqlite3.DatabaseError:
        return rebuild_index(reader)


def rebuild_index(reader: RecordReader) -> Index:
    """The copy made anew from nothing."""
    folder = _writable_state_folder(reader.log.root)
    if folder is not None:
        remove(folder)
    return _refreshed(reader, folder)


def _refreshed(reader: RecordReader, folder: Path | None) -> Index:
    index = connect(folder)
    try:
        refresh(index, reader, folder)
    except BaseException:
        index.close()
        raise
    return index


def refresh(index: Index, reader: RecordReader, folder: Path | None) -> None:
    """Bring the copy up to date; reads only the files whose size, times or inode changed."""
    key = f"{reader.log.fingerprint()}:{reader.catalog.fingerprint()}"
    tick = _tick(folder)
    found = [_state_of(directory, entries) for directory, entries in iter_folders(reader.log.root)]
    current = is_current(index, key)
    if current and _compare_folders(index, found) == ([], []):
        return
    with index.transaction():
        if not is_current(index, key):
            empty(index, key)
        change = _compare(index, found)
        if not change.is_empty:
            _apply(index, reader, change, tick)


def _writable_state_folder(root: Path) -> Path | None:
    try:
        folder = ensure_state_folder(root)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _tick(folder: Path | None) -> int:
    """The file system's own time now, in ns: what is touched at or after it may change unseen."""
    if folder is None:
        return 0
    mark_file = folder / "tick"
    try:
        mark_file.touch()
        return mark_file.stat().st_mtime_ns
    except OSError:
        return 0


def _state_of(directory: str, entries: list["os.DirEntry[str]"]) -> FolderState:
    names: list[str] = []
    stamps: array[int] = array("q")
    for entry in entries:
        try:
            status = entry.stat()
        except OSError:
            stamps.extend((0, 0, 0, 0))  # vanished, or a link to nowhere: reading it will say so
        else:
            stamps.extend((status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))
        names.append(entry.name)
    return FolderState(directory, names, stamps)


def _compare_folders(index: Index, found: list[FolderState]) -> tuple[list[FolderState], list[str]]:
    """The folders whose fingerprint differs, and those that are gone."""
    known = dict(index.rows("SELECT directory, fingerprint FROM directories"))
    changed = [state for state in found if known.get(state.directory) != state.fingerprint]
    present = {state.directory for state in found}
    return changed, [directory for directory in known if directory not in present]


def _compare(index: Index, found: list[FolderState]) -> Change:
    change = Change()
    changed, change.gone_folders = _compare_folders(index, found)
    for directory in change.gone_folders:
        change.to_forget += [row[0] for row in index.rows("SELECT file FROM files WHERE directory = ?", (directory,))]
    for state in changed:
        rows = index.rows(
            "SELECT path, file, size, mtime_ns, ctime_ns, inode FROM files WHERE directory = ?", (state.directory,),
        )
        known = {row[0]: (row[1], row[2:]) for row in rows}
        for path, stamp in state.iter_files():
            file, old = known.pop(path, (None, None))
            if old != stamp:
                change.to_read.append((state.directory, path, stamp))
                if file is not None:
                    change.to_forget.append(file)
        change.to_forget += [file for file, _ in known.values()]
        change.folders.append((state.directory, state.fingerprint))
    return change


def _apply(index: Index, reader: RecordReader, change: Change, tick: int) -> None:
    index.forget_files(change.to_forget)
    number = int(index.rows("SELECT coalesce(max(file), 0) FROM files")[0][0])
    unsure: set[str] = set()
    places = {path: (directory, stamp) for directory, path, stamp in change.to_read}
    for chunk in _chunks(read_entries(reader, list(places))):
        tables: dict[str, list[Row]] = {"files": [], "problems": []}
        for path, rows, problems in chunk:
            number += 1
            directory, stamp = places[path]
            if max(stamp[1], stamp[2]) >= tick:
                unsure.add(directory)
                stamp = (_UNSURE, *stamp[1:])
            tables["files"].append((number, path, directory, *stamp, int(bool(rows))))
            tables["problems"] += [_problem_row(number, problem) for problem in problems]
            for table, items in rows.items():
                tables.setdefault(table, []).extend((number, *item) for item in items)
        for table, table_rows in tables.items():
            index.insert(table, table_rows)
    remembered = [(directory, b"" if directory in unsure else mark) for directory, mark in change.folders]
    index.connection.executemany("INSERT OR REPLACE INTO directories VALUES (?, ?)", remembered)
    gone = [(directory,) for directory in change.gone_folders]
    index.connection.executemany("DELETE FROM directories WHERE directory = ?", gone)


def _problem_row(number: int, problem: Problem) -> Row:
    facts = json.dumps(problem.facts, ensure_ascii=False)
    return (number, problem.code, problem.line, problem.column, problem.field, facts)


def _chunks(entries: Iterable[tuple[str, dict[str, list[Row]], tuple[Problem, ...]]]) -> Iterator[
    list[tuple[str, dict[str, list[Row]], tuple[Problem, ...]]]
]:
    chunk = []
    for entry in entries:
        chunk.append(entry)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
