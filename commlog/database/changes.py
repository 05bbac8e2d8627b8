"""What differs between the index and the files: folders compared by their fingerprints, files by their stamps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from commlog.database.connection import Index, is_current
from commlog.database.reader import RecordReader
from commlog.database.scan import FolderState, LogFolders, Stamp
from commlog.errors import CommlogError
from commlog.forms.catalog import Catalog
from commlog.forms.fields import Field

# The name under which the index keeps whose keys sealed values were looked at with.
_KEYS: Final = "keys"


@dataclass(slots=True)
class IndexChange:
    """What a refresh has to do: files to read, rows to forget, folders to remember."""

    to_read: dict[str, tuple[str, Stamp]] = field(default_factory=dict)
    to_forget: list[int] = field(default_factory=list)
    folders: list[FolderState] = field(default_factory=list)
    gone_folders: list[str] = field(default_factory=list)


def is_up_to_date(index: Index, reader: RecordReader) -> bool:
    """Whether the index shows the files as they are now; writes nothing.

    Raises:
        sqlite3.DatabaseError: the index is damaged.
    """
    is_same = is_current(index, dependency_key(reader)) and is_read_by(index, reader)
    return is_same and LogFolders(reader.log.root).is_known(known_folders(index))


def dependency_key(reader: RecordReader) -> str:
    """What the index depends on beside the records: settings, calendar, templates."""
    return f"{reader.log.fingerprint()}:{reader.catalog.fingerprint()}"


def is_read_by(index: Index, reader: RecordReader) -> bool:
    """Whether sealed values were looked at with the keys of this call: a log that seals nothing does not ask."""
    if not reader.is_sealing:
        return True
    missed = {row[0] for row in index.rows("SELECT DISTINCT hint FROM missing_keys")}
    has_come = bool(missed) and not missed.isdisjoint(reader.cipher.hints)
    return (index.meta(_KEYS) or "") == reader.cipher.fingerprint and not has_come


def note_keys(index: Index, reader: RecordReader) -> None:
    """Remember whose keys sealed values were looked at with."""
    if reader.is_sealing:
        index.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_KEYS, reader.cipher.fingerprint))


def add_sealed(index: Index, change: IndexChange) -> None:
    """Have every file with a sealed value read again: a key came, or went."""
    from commlog.privacy.rules.sealing import SHUT

    sql = """SELECT path, file, directory, size, mtime_ns, ctime_ns, inode FROM files JOIN contents ON record = file
    WHERE instr(content, '"' || ? || '"') > 0"""
    gone = set(change.to_forget)
    for path, file, directory, size, modified, changed, inode in index.rows(sql, (SHUT,)):
        if file not in gone and path not in change.to_read:
            change.to_read[path] = (directory, (size, modified, changed, inode))
            change.to_forget.append(file)


def known_folders(index: Index) -> dict[str, bytes]:
    """The folders the index knows, with their fingerprints."""
    return dict(index.rows("SELECT directory, fingerprint FROM directories"))


def compare(index: Index, view: LogFolders) -> IndexChange:
    """What has to be read, forgotten and remembered for the index to be as the view."""
    before = known_folders(index)
    change = IndexChange()
    change.folders, change.gone_folders = view.differing(before)
    for directory in change.gone_folders:
        change.to_forget += [row[0] for row in index.rows("SELECT file FROM files WHERE directory = ?", (directory,))]
    for state in change.folders:
        rows = index.rows(
            "SELECT path, file, size, mtime_ns, ctime_ns, inode FROM files WHERE directory = ?", (state.directory,)
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


Words = Mapping[str, str]


def choice_rows(catalog: Catalog, priorities: Mapping[str, Words]) -> list[tuple[str, str, str, str]]:
    """Rows of field, slug, Chinese and English word; where templates differ the first by name counts.

    `priorities` are the labels that settings give; a template itself is a choice of the field `template`.
    """
    rows: dict[tuple[str, str], Words] = {
        (key, slug): words for slug, words in priorities.items() for key in ("priority", "followups.priority")
    }
    for name in catalog.names():
        try:
            template = catalog.get(name)
        except CommlogError:
            continue  # `check` and `doctor` say what is wrong with it
        rows.setdefault(("template", name), template.labels)
        for key, slug, words in _choices_in(template.fields, ""):
            rows.setdefault((key, slug), words)
    return [(key, slug, words.get("zh") or slug, words.get("en") or slug) for (key, slug), words in rows.items()]


def _choices_in(fields: tuple[Field, ...], above: str) -> Iterator[tuple[str, str, Words]]:
    """Every choice below some fields, by dotted key without list places."""
    for one in fields:
        key = f"{above}{one.key}"
        for owner in (one, *((one.item,) if one.item else ())):
            for slug, words in owner.enum_labels.items():
                yield key, slug, words
            yield from _choices_in(owner.fields, f"{key}.")
