"""Keeping the copy true: what changed on disk since last time is read again, in one transaction."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from commlog.index.choices import choice_rows
from commlog.index.database import Index, empty, is_current
from commlog.index.entries import RecordReader
from commlog.index.glimpse import Glimpse, read_tick
from commlog.index.parallel import read_entries
from commlog.index.scan import FolderState, Stamp
from commlog.index.view import View
from commlog.index.writing import Placed, write_entries

# The size of a file that may have changed in the same tick in which it was looked at: no file has it.
_UNSURE: Final = -1
# The fingerprint of a folder with such a file: no folder has it.
_NO_FINGERPRINT: Final = b""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to refresh: with what helpers saw already, or trusting nothing that is in the copy."""

    glimpse: Glimpse | None = None
    from_nothing: bool = False


@dataclass(slots=True)
class Change:
    """What a refresh has to do: files to read, rows to forget, folders to remember."""

    to_read: dict[str, tuple[str, Stamp]] = field(default_factory=dict)
    to_forget: list[int] = field(default_factory=list)
    folders: list[FolderState] = field(default_factory=list)
    gone_folders: list[str] = field(default_factory=list)


def refresh(index: Index, reader: RecordReader, folder: Path | None, plan: Plan) -> None:
    """Bring the copy up to date; reads only the files whose size, times or inode changed.

    `folder` is where the copy lies, None for one in memory.

    Raises:
        sqlite3.DatabaseError: the copy cannot be written, or is damaged.
    """
    key = _key_of(reader)
    seen = plan.glimpse.fingerprints() if plan.glimpse else None
    tick = plan.glimpse.tick if plan.glimpse and seen is not None else read_tick(folder)
    view = View(reader.log.root, seen)
    if not plan.from_nothing and is_current(index, key) and view.is_known(_known_folders(index)):
        return
    with index.transaction():
        if plan.from_nothing or not is_current(index, key):
            empty(index, key)
            index.insert("choices", choice_rows(reader.catalog, reader.log.settings.priority_labels))
        _apply(index, reader, _compare(index, view), tick)


def is_up_to_date(index: Index, reader: RecordReader) -> bool:
    """Whether the copy shows the files as they are now; writes nothing.

    Raises:
        sqlite3.DatabaseError: the copy is damaged.
    """
    return is_current(index, _key_of(reader)) and View(reader.log.root).is_known(_known_folders(index))


def _key_of(reader: RecordReader) -> str:
    return f"{reader.log.fingerprint()}:{reader.catalog.fingerprint()}"


def _known_folders(index: Index) -> dict[str, bytes]:
    return dict(index.rows("SELECT directory, fingerprint FROM directories"))


def _compare(index: Index, view: View) -> Change:
    known_folders = _known_folders(index)
    change = Change()
    change.folders, change.gone_folders = view.differing(known_folders)
    for directory in change.gone_folders:
        change.to_forget += [row[0] for row in index.rows("SELECT file FROM files WHERE directory = ?", (directory,))]
    for state in change.folders:
        rows = index.rows(
            "SELECT path, file, size, mtime_ns, ctime_ns, inode FROM files WHERE directory = ?", (state.directory,),
        )
        known = {row[0]: (row[1], row[2:]) for row in rows}
        for path, stamp in state.iter_files():
            file, old = known.pop(path, (None, None))
            if old != stamp:
                change.to_read[path] = (state.directory, stamp)
                if file is not None:
                    change.to_forget.append(file)
        change.to_forget += [file for file, _ in known.values()]
    return change


def _apply(index: Index, reader: RecordReader, change: Change, tick: int) -> None:
    index.forget_files(change.to_forget)
    unsure: set[str] = set()
    write_entries(index, _iter_entries(reader, change, tick, unsure))
    remembered = [
        (state.directory, _NO_FINGERPRINT if state.directory in unsure else state.fingerprint) for state in change.folders
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
