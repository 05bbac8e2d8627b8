"""A file to import: its format told by name, its rows under a map, or a first map made from it."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from commlog.errors import UsageError
from commlog.exchange.csv_file import Sheet, read_sheet
from commlog.exchange.import_map import ImportMap, require_columns
from commlog.exchange.incoming import Incoming
from commlog.exchange.jsonl_file import read_objects, sheet_of
from commlog.exchange.map_reader import Ground
from commlog.exchange.mapping import LeaveOut, iter_incoming
from commlog.exchange.sketch import best_template
from commlog.exchange.transfer_text_file import DEFAULT_ENCODING, decode_text
from commlog.exchange.transfer_whole_records import iter_records
from commlog.forms.catalog import Template
from commlog.messages import mark

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
        near = difflib.get_close_matches(chosen, FORMATS, 1)
        raise UsageError(
            mark("there is no format '{value}'") if named else mark("the format of {value} is not told by its name"),
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
    sheet: Sheet, import_map: ImportMap | None, ground: Ground, leave_out: LeaveOut | None = None
) -> Iterable[Incoming]:
    """Every row on its way to a record: as the map makes it, or as the whole record it is.

    `leave_out` hears of each field and word that the map has null for.
    """
    if import_map is None:
        return iter_records(sheet.rows, ground.catalog, ground.converter)
    return iter_incoming(sheet, import_map, leave_out) if leave_out else iter_incoming(sheet, import_map)


def template_for(sheet: Sheet, ground: Ground, name: str) -> Template:
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
