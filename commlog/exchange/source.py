"""The files of an import: the source, in its format and encoding, and the file of the rows that were rejected."""

import codecs
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from commlog.errors import ConflictError, NotFoundError, UnreadableError, UsageError
from commlog.exchange.csv_file import read_sheet
from commlog.exchange.import_map import LINE_COLUMN, OWN_COLUMNS, REASON_COLUMN, ImportMap, require_columns
from commlog.exchange.incoming import Incoming, Rejected, Sheet
from commlog.exchange.jsonl_file import format_object, read_objects, sheet_of
from commlog.exchange.map_reader import MapContext
from commlog.exchange.mapping import LeaveOut, iter_incoming, iter_records
from commlog.log.files import write_new
from commlog.log.log import not_readable, not_writable
from commlog.messages import mark
from commlog.output.listing import format_rows
from commlog.records.rules.consistency import near_names

FORMATS: Final = ("csv", "jsonl")
_SUFFIXES: Final = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of rows: its name, its format and its bytes."""

    name: str
    format: str
    raw: bytes

    @property
    def lines(self) -> int:
        """About how many rows it has: what a progress bar needs to know."""
        return max(1, self.raw.count(b"\n") - (self.format == "csv"))


def format_of(name: str, named: str) -> str:
    """The format given, else the one that the file's name shows.

    Raises:
        UsageError: there is no such format, or the name shows none.
    """
    chosen = named.lower() or _SUFFIXES.get(PurePath(name).suffix.lower(), "")
    if chosen not in FORMATS:
        near = near_names(chosen, FORMATS, 1)
        raise UsageError(
            mark("there is no format '{value}'") if named else mark("the name of {value} does not show its format"),
            value=named or name,
            formats=" | ".join(near or FORMATS),
            remedy=mark("write: commlog import {formats} FILE"),
        )
    return chosen


def open_sheet(source: SourceFile, encoding: str, import_map: ImportMap | None) -> Sheet:
    """The rows of a file; `encoding` goes before the map's.

    Raises:
        UnreadableError: it is not text of this encoding, or empty.
        InvalidError: its header is of no use, or lacks columns the map names.
    """
    mapped, delimiter = (import_map.encoding, import_map.delimiter) if import_map else ("", "")
    text = decode_text(source.raw, encoding or mapped or DEFAULT_ENCODING, source.name)
    sheet = read_sheet(text, source.name, delimiter) if source.format == "csv" else sheet_of(read_objects(text))
    if import_map is not None:
        require_columns(import_map, sheet.columns)
    return sheet


def iter_items(
    sheet: Sheet, import_map: ImportMap | None, ground: MapContext, leave_out: LeaveOut | None = None
) -> Iterable[Incoming]:
    """Every row on its way to a record: as the map makes it, or as the whole record it is.

    `leave_out` is called with each field and word that the map has null for.
    """
    if import_map is None:
        return iter_records(sheet.rows, ground.catalog, ground.converter)
    return iter_incoming(sheet, import_map, leave_out)


DEFAULT_ENCODING: Final = "utf-8"
# What Chinese editions of spreadsheet programs write when they are not asked for UTF-8.
_CHINESE: Final = "gb18030"
_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_bytes(path: Path) -> bytes:
    """All bytes of a file.

    Raises:
        NotFoundError: there is no such file.
        UnreadableError: the system does not let it be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(mark("there is no such file"), file=str(path)) from None
    except OSError as fault:
        raise not_readable(str(path), fault) from None


def codec_of(encoding: str) -> str:
    """The standard name of an encoding.

    Raises:
        UsageError: there is no such encoding.
    """
    try:
        # Refused here, too, what is no encoding of text, such as hex.
        "".encode(encoding)
        return codecs.lookup(encoding).name
    except LookupError:
        remedy = mark("use e.g. utf-8, gb18030, big5 or utf-16")
        raise UsageError(mark("there is no encoding '{value}'"), value=encoding, remedy=remedy) from None


def decode_text(raw: bytes, encoding: str, name: str) -> str:
    """The text of a file's bytes, without a byte order mark.

    Raises:
        UsageError: there is no such encoding.
        UnreadableError: the bytes are not of this encoding, or there are none; names the one they may be of.
    """
    codec = codec_of(encoding)
    if not raw.strip():
        raise UnreadableError(
            mark("is empty"), file=name, remedy=mark("write the names of the columns on the first line of the file")
        )
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError as fault:
        raise UnreadableError(
            mark("is not {encoding} text: byte {value}"),
            file=name,
            line=raw.count(b"\n", 0, fault.start) + 1,
            column=1,
            encoding=codec,
            value=f"0x{raw[fault.start]:02X}",
            remedy=mark("give its encoding: --encoding {guess}"),
            guess=_guess(raw),
        ) from None
    except UnicodeError as fault:
        raise UnreadableError(
            mark("is not {encoding} text: {value}"), file=name, encoding=codec, value=str(fault)
        ) from None
    if text.count("\0") > len(text) // 4:
        raise UnreadableError(
            mark("contains only NUL characters"),
            file=name,
            line=1,
            column=1,
            remedy=mark("give its encoding: --encoding {guess}"),
            guess="utf-16-le",
        )
    return text.removeprefix("\ufeff")


def _guess(raw: bytes) -> str:
    if raw.startswith(_UTF16_MARKS):
        return "utf-16"
    try:
        raw.decode(_CHINESE)
    except UnicodeDecodeError:
        return "latin-1"
    return _CHINESE


def refuse_existing(name: str) -> None:
    """Refuse the name of a file that exists already.

    Raises:
        ConflictError: it does.
    """
    if Path(name).exists():
        raise name_taken(name)


def name_taken(name: str) -> ConflictError:
    """The error for a file that exists already and is not replaced."""
    return ConflictError(mark("already exists"), file=name, remedy=mark("choose another name, or move the file away"))


def write_rejects(rejected: Sequence[Rejected], columns: tuple[str, ...], source: SourceFile, named: str) -> str:
    """Write rejected rows of a source to the file named, else to one called after it in the current folder; give its name.

    No file is replaced: the next free number is taken, unless a file of an earlier run has the same content already.

    Raises:
        ConflictError: the file named exists.
        NotWritableError: the folder does not take it.
    """
    text = format_rejects(rejected, columns) if source.format == "csv" else _format_objects(rejected)
    data = text.encode("utf-8", "surrogatepass")
    for number in itertools.count(1):
        name = named or rejects_name(source.name, number)
        try:
            write_new(Path(name), data)
        except FileExistsError:
            if named:
                refuse_existing(name)
            elif Path(name).is_file() and Path(name).read_bytes() == data:
                return name
        except OSError as fault:
            raise not_writable(name, fault) from None
        else:
            return name
    raise AssertionError(named)


def rejects_name(name: str, number: int = 1) -> str:
    """The usual name for the rejects of a file: `rows.csv` gives `rows.rejects.csv`, then `rows.rejects-2.csv`."""
    path = PurePath(name)
    return f"{path.stem}.rejects{f'-{number}' if number > 1 else ''}{path.suffix or '.csv'}"


def format_rejects(rejected: Iterable[Rejected], columns: tuple[str, ...]) -> str:
    """Rejected rows of a sheet as CSV: the line and the reason before the row as it was."""
    header = [LINE_COLUMN, REASON_COLUMN, *_without_own(columns, columns)]
    rows = ([str(item.row.line), item.reason, *_without_own(item.row.original, columns)] for item in rejected)
    return "".join(format_rows([header, *rows]))


def _format_objects(rejected: Iterable[Rejected]) -> str:
    """Rejected rows of JSON Lines, each with its line and reason; a line that is no object under `commlog_text`."""
    objects = (
        {
            **(item.row.original if isinstance(item.row.original, dict) else {"commlog_text": item.row.original}),
            LINE_COLUMN: item.row.line,
            REASON_COLUMN: item.reason,
        }
        for item in rejected
    )
    return "".join(format_object(fields) + "\n" for fields in objects)


def _without_own(cells: Sequence[str], columns: tuple[str, ...]) -> list[str]:
    """The cells as they stood in the file; of a file of rejects, without what commlog put there."""
    return [cell for place, cell in enumerate(cells) if place >= len(columns) or columns[place] not in OWN_COLUMNS]
