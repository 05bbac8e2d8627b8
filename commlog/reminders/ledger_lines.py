"""The lines of the ledger: an entry to bytes with a checksum, and back from bytes to which anything may have happened."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zlib import crc32

from commlog.reminders.rules.digest import NoticeKey

_OPENING: Final = b'{"at":'
_CLOSING: Final = re.compile(rb',"sum":([0-9]{1,10})\}')


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One digest that was delivered: when, to whom, and the notices in it."""

    at: datetime
    to: str
    told: tuple[NoticeKey, ...]


@dataclass(frozen=True, slots=True)
class LedgerText:
    """The content of a ledger file: its entries, their lines as they are in the file, and the number of damaged lines."""

    entries: tuple[LedgerEntry, ...]
    intact: bytes
    damaged: int


def format_ledger_line(entry: LedgerEntry) -> bytes:
    """The line of an entry: JSON in ASCII, its checksum (CRC-32 of the object without it) last."""
    fields = {"at": entry.at.isoformat(), "to": entry.to, "told": [list(key) for key in entry.told]}
    body = json.dumps(fields, separators=(",", ":")).encode("ascii")
    return body[:-1] + b',"sum":%d}\n' % crc32(body)


def read_lines(data: bytes) -> LedgerText:
    """All entries that are whole, wherever they are; never one that was not written.

    An unfinished line at the end is what a crash leaves: it is passed over, and is no damage.
    """
    entries: list[LedgerEntry] = []
    intact = bytearray()
    damaged = 0
    *lines, tail = data.split(b"\n")
    for line in (*lines, tail):
        found = list(_search(line))
        # There may be two entries in a line when the line end between them was lost.
        is_clean = len(line.strip()) == sum(len(text) for _, text in found)
        damaged += not (is_clean or (line is tail and (found or _is_unfinished(tail))))
        for entry, text in found:
            entries.append(entry)
            intact += text + b"\n"
    return LedgerText(tuple(entries), bytes(intact), damaged)


def _is_unfinished(tail: bytes) -> bool:
    # A disk that lost its power may fill up with zeroes what it had not written.
    return (tail.startswith(_OPENING) or _OPENING.startswith(tail)) and b"\0" not in tail


def _search(line: bytes) -> Iterator[tuple[LedgerEntry, bytes]]:
    start = line.find(_OPENING)
    while start >= 0:
        closing = _CLOSING.search(line, start)
        if closing is None:
            return
        text = line[start : closing.end()]
        entry = _entry_of(text, closing.start() - start, int(closing[1]))
        if entry is None:
            start = line.find(_OPENING, start + 1)
            continue
        yield entry, text
        start = line.find(_OPENING, closing.end())


def _entry_of(text: bytes, length: int, checksum: int) -> LedgerEntry | None:
    body = text[:length] + b"}"
    if crc32(body) != checksum:
        return None
    try:
        fields = json.loads(body)
        at = datetime.fromisoformat(fields["at"])
        told = tuple(_key_of(item) for item in fields["told"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if at.tzinfo is None or not isinstance(fields["to"], str):
        return None
    return LedgerEntry(at, fields["to"], told)


def _key_of(value: object) -> NoticeKey:
    match value:
        case [str(item), str(opened_at), str(due), str(stage)]:
            return item, opened_at, due, stage
    raise TypeError
