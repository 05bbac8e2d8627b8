"""A file to import: its format told by name, its rows under a map, or a first map made from it."""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from commlog.errors import NotFoundError, UnreadableError, UsageError
from commlog.exchange.csv_file import Sheet, read_sheet
from commlog.exchange.import_map import ImportMap, require_columns
from commlog.exchange.incoming import Incoming
from commlog.exchange.jsonl_file import read_objects, sheet_of
from commlog.exchange.map_reader import MapContext
from commlog.exchange.mapping import LeaveOut, iter_incoming, iter_records
from commlog.exchange.sketch import best_template
from commlog.forms.catalog import Template
from commlog.log.log import not_readable
from commlog.messages import mark
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
    """The format somebody named, else the one the file's name tells.

    Raises:
        UsageError: there is no such format, or the name tells none.
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
    text = decode_text(
        source.raw, encoding or (import_map.encoding if import_map else "") or DEFAULT_ENCODING, source.name
    )
    if source.format == "csv":
        sheet = read_sheet(text, source.name, import_map.delimiter if import_map else "")
    else:
        sheet = sheet_of(read_objects(text))
    if import_map is not None:
        require_columns(import_map, sheet.columns)
    return sheet


def iter_items(
    sheet: Sheet, import_map: ImportMap | None, ground: MapContext, leave_out: LeaveOut | None = None
) -> Iterable[Incoming]:
    """Every row on its way to a record: as the map makes it, or as the whole record it is.

    `leave_out` hears of each field and word that the map has null for.
    """
    if import_map is None:
        return iter_records(sheet.rows, ground.catalog, ground.converter)
    return iter_incoming(sheet, import_map, leave_out) if leave_out else iter_incoming(sheet, import_map)


def template_for(sheet: Sheet, ground: MapContext, name: str) -> Template:
    """The template somebody named for a sketch, else the one that fits the header best.

    Raises:
        NotFoundError: there is no such template.
    """
    if name:
        return ground.catalog.get(name)
    # The customer-service form is what most files of contacts hold.
    names = dict.fromkeys(("service", *ground.catalog.names()))
    return best_template(
        {name: found for name in names if (found := ground.catalog.find(name)) is not None}, sheet.columns
    )


DEFAULT_ENCODING: Final = "utf-8"
# What Chinese editions of spreadsheet programs write when they are not asked for UTF-8.
_CHINESE: Final = "gb18030"
_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_bytes(path: Path) -> bytes:
    """All bytes of a file somebody named.

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


def decode_text(raw: bytes, encoding: str, name: str) -> str:
    """The text of a file's bytes, without a byte order mark.

    Raises:
        UsageError: there is no such encoding.
        UnreadableError: the bytes are not of this encoding, or there are none; names the one they may be of.
    """
    try:
        codec = codecs.lookup(encoding).name
    except LookupError:
        raise UsageError(
            mark("there is no encoding '{value}'"),
            value=encoding,
            remedy=mark("use e.g. utf-8, gb18030, big5 or utf-16"),
        ) from None
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
