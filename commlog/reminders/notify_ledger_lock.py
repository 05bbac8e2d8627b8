"""The lock that lets one process at a time say something, without waiting for it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commlog.log.log import not_writable


class LedgerBusy(Exception):  # noqa: N818 - the name is the fact, as in `except LedgerBusy`
    """Another process is saying what is due; it will say all of it."""


@contextmanager
def hold(path: Path, shown: str) -> Iterator[None]:
    """Hold a lock file, or say at once that another process does; a process that dies lets go of it.

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
