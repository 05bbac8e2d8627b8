"""The ledger of reminders: what was sent to whom, one line a delivered digest, in a file that a crash cannot damage."""

import errno
import os
import stat
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from commlog.errors import NotWritableError
from commlog.log.files import FileChangedError, replace_file, write_new
from commlog.log.log import ensure_state_folder, not_readable, not_writable
from commlog.log.names import STATE_FOLDER
from commlog.messages import mark, translate
from commlog.reminders.ledger_lines import LedgerEntry, LedgerText, format_ledger_line, read_lines
from commlog.reminders.rules.digest import NoticeKey
from commlog.worktime.calendar import to_utc

LEDGER_FILE: Final = "reminders.jsonl"
LOCK_FILE: Final = "reminders.lock"

LARGE: Final = 512 * 1024  # bytes
KEPT_DAYS: Final = 30

_SHOWN: Final = f"{STATE_FOLDER}/{LEDGER_FILE}"
_SLACK: Final = timedelta(minutes=1)
_APPEND: Final = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
_NOT_A_FILE: Final = mark("is not a file")


class ReminderLedger:
    """What has been said so far; `remarks` is what was found wrong with it when it was opened.

    A ledger that was read only (`read_ledger`) takes entries too, and forgets them.
    """

    def __init__(self, path: Path | None, reading: LedgerText, remarks: Iterable[str]) -> None:
        self._path = path
        self._said: dict[tuple[NoticeKey, str], datetime] = {}
        for entry in reading.entries:
            self._note(entry)
        self.remarks = tuple(remarks)

    def has(self, key: NoticeKey, to: str) -> bool:
        """Whether a notice has been said to a recipient."""
        return (key, to) in self._said

    def add(self, keys: Iterable[NoticeKey], to: str, at: datetime) -> None:
        """Note that a digest with these notices was delivered to a recipient; it is on the disk when this returns.

        Raises:
            NotWritableError: the disk does not take it; the file is as it was, and the next run says it again.
        """
        entry = LedgerEntry(at, to, tuple(keys))
        if not entry.told:
            return
        if self._path is not None:
            try:
                _append(self._path, format_ledger_line(entry))
            except OSError as fault:
                raise _not_noted(to, fault) from None
        self._note(entry)

    def make_room(self, keys: Iterable[NoticeKey], to: str, at: datetime) -> None:
        """See that the disk takes what `add` will write, before anything is delivered that could not be remembered.

        Raises:
            NotWritableError: it does not; the file is as it was.
        """
        if self._path is None:
            return
        # Blanks at the end are passed over by readers, should nothing come after them.
        room = b" " * len(format_ledger_line(LedgerEntry(at, to, tuple(keys))))
        try:
            _append(self._path, room, is_kept=False)
        except OSError as fault:
            raise NotWritableError(
                mark("what was reported could not be recorded: {reason}"),
                file=_SHOWN,
                reason=fault.strerror or str(fault),
                remedy=mark("free some disk space; the next run tries again"),
            ) from None

    def compact(self, live: Collection[str], at: datetime) -> None:
        """Let go of old notices of items that are no longer live, once the file is large; `live` are item addresses.

        A disk that does not take the shorter file keeps the long one: nothing is lost.
        """
        if self._path is None:
            return
        with suppress(OSError, FileChangedError):
            if self._path.stat().st_size <= LARGE:
                return
            data = self._path.read_bytes()
            kept = b"".join(_shortened(read_lines(data).entries, live, to_utc(at) - timedelta(days=KEPT_DAYS)))
            replace_file(self._path, kept, expected=data)

    def _note(self, entry: LedgerEntry) -> None:
        for key in entry.told:
            known = self._said.get((key, entry.to))
            if known is None or to_utc(known) < to_utc(entry.at):
                self._said[key, entry.to] = entry.at


class LedgerBusy(Exception):  # noqa: N818 - the name is the fact, as in `except LedgerBusy`
    """Another process is saying what is due; it will say all of it."""


@contextmanager
def open_ledger(root: Path, at: datetime) -> Iterator[ReminderLedger]:
    """The ledger of a log, held by this process alone; what is damaged of it is put aside.

    Raises:
        LedgerBusy: another process holds it.
        NotWritableError: the state folder, or a file in it, cannot be written.
    """
    try:
        folder = ensure_state_folder(root)
    except OSError as fault:
        raise not_writable(STATE_FOLDER, fault) from None
    path = folder / LEDGER_FILE
    lock = folder / LOCK_FILE
    used_before = os.path.lexists(lock)
    with _hold(lock, f"{STATE_FOLDER}/{LOCK_FILE}"):
        try:
            data = _bytes_of(path)
            reading = read_lines(data or b"")
            remarks = list(_remarks(reading, at, lost=used_before and data is None))
            if data is None:
                write_new(path, b"")
            elif reading.intact != data:
                remarks.extend(_mend(path, data, reading))
            # A ledger that takes nothing must be known before anything is delivered.
            os.close(os.open(path, _APPEND))
        except FileChangedError:
            raise not_writable(_SHOWN, OSError(translate(mark("it changed while it was being read")))) from None
        except OSError as fault:
            raise not_writable(_SHOWN, fault) from None
        yield ReminderLedger(path, reading, remarks)


@contextmanager
def _hold(path: Path, shown: str) -> Iterator[None]:
    """Hold a lock file, or raise at once when another process holds it; the lock ends with its process.

    Raises:
        LedgerBusy: another process holds it.
        NotWritableError: the lock file cannot be opened, or the file system knows no locks.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as fault:
        raise not_writable(shown, fault) from None
    try:
        try:
            is_ours = _acquire(descriptor)
        except OSError as fault:
            raise not_writable(shown, fault) from None
        if not is_ours:
            raise LedgerBusy
        yield
    finally:
        # Closing is letting go.
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _acquire(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _acquire(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def read_ledger(root: Path, at: datetime | None = None) -> ReminderLedger:
    """The ledger of a log as it is, without holding it; `at` is the present, to know entries of the future.

    Raises:
        NotWritableError: something else than a file lies in its place.
        UnreadableError: the system does not let it be read.
    """
    folder = root / STATE_FOLDER
    try:
        data = _bytes_of(folder / LEDGER_FILE)
    except IsADirectoryError as fault:
        raise not_writable(_SHOWN, fault) from None
    except NotADirectoryError:
        data = None
    except OSError as fault:
        raise not_readable(_SHOWN, fault) from None
    reading = read_lines(data or b"")
    lost = data is None and os.path.lexists(folder / LOCK_FILE)
    return ReminderLedger(None, reading, _remarks(reading, at, lost=lost))


def _bytes_of(path: Path) -> bytes | None:
    """The bytes of the ledger; None when there is none.

    Raises:
        OSError: it cannot be read, or is no file: a pipe would be waited for without end.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise IsADirectoryError(0, translate(_NOT_A_FILE))
    return path.read_bytes()


def _remarks(reading: LedgerText, at: datetime | None, *, lost: bool) -> Iterator[str]:
    if lost:
        yield translate("the ledger of reminders was deleted: what is due will be reported again")
    if reading.damaged:
        yield translate(
            "damaged lines in the ledger of reminders: {count}; what they recorded will be reported again"
        ).format(count=reading.damaged)
    ahead = [] if at is None else [entry.at for entry in reading.entries if to_utc(entry.at) > to_utc(at) + _SLACK]
    if ahead:
        yield translate(
            "digests in the ledger of reminders with a date in the future: {count}, the last {last}: was the clock set back? They count as sent"
        ).format(count=len(ahead), last=max(ahead, key=to_utc).isoformat(timespec="minutes"))


def _mend(path: Path, data: bytes, reading: LedgerText) -> Iterator[str]:
    """Leave the intact lines in the file; a copy of a damaged one is kept beside it."""
    if reading.damaged:
        aside = _put_aside(path, data)
        yield translate("the damaged ledger is kept as {file}").format(file=f"{STATE_FOLDER}/{aside.name}")
    replace_file(path, reading.intact, expected=data)


def _put_aside(path: Path, data: bytes) -> Path:
    number = 1
    while True:
        aside = path.with_name(f"{path.name}.damaged-{number}")
        try:
            write_new(aside, data)
        except FileExistsError:
            number += 1
        else:
            return aside


def _not_noted(to: str, fault: OSError) -> NotWritableError:
    return NotWritableError(
        mark("the digest was sent to {to}, but this cannot be recorded: {reason}"),
        file=_SHOWN,
        to=to,
        reason=fault.strerror or str(fault),
        remedy=mark("free some disk space; until then every run reports the same again"),
    )


def _append(path: Path, data: bytes, *, is_kept: bool = True) -> None:
    """Write at the end of a file down to the disk; nothing stays there when the disk is full, or it is not to be kept."""
    descriptor = os.open(path, _APPEND | os.O_CREAT, 0o666)
    try:
        before = os.fstat(descriptor).st_size
        try:
            _write_all(descriptor, data)
            os.fsync(descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(descriptor, before)
            raise
        if not is_kept:
            os.ftruncate(descriptor, before)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    if os.write(descriptor, data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _shortened(entries: Iterable[LedgerEntry], live: Collection[str], oldest: datetime) -> Iterator[bytes]:
    """The lines of entries without the notices of dead items before an instant."""
    for entry in entries:
        told = entry.told if to_utc(entry.at) >= oldest else tuple(key for key in entry.told if key[0] in live)
        if told:
            yield format_ledger_line(LedgerEntry(entry.at, entry.to, told))
