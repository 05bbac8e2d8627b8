"""Files on disk: written whole or not at all, never over another's change; and the lock between writers."""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_TEMPORARY_SUFFIX: Final = ".tmp"
_NEW_FILE_MODE: Final = 0o666
_BINARY: Final = getattr(os, "O_BINARY", 0)
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
# Where the system cannot refuse links while opening (Windows), they are looked for before.
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_READ: Final = os.O_RDONLY | _NO_FOLLOW | _BINARY
# What systems answer when a link was to be opened; FreeBSD has the second one.
_LINK_MET: Final = frozenset((errno.ELOOP, errno.EMLINK))
# What file systems without hard links (FAT, some network shares, some containers) answer.
_NO_LINKS: Final = frozenset((errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV))


class FileChangedError(Exception):
    """The file is no longer what it was when it was read."""


class SymbolicLinkError(OSError):
    """The name that was to be opened is a symbolic link."""


def read_plain(path: str) -> bytes:
    """The bytes of a file that is no symbolic link itself.

    Raises:
        LinkMet: it is one; nothing was opened.
        OSError: it is not there, or may not be read.

    """
    if not _NO_FOLLOW and os.path.islink(path):  # noqa: PTH114 - for every file that is read
        raise SymbolicLinkError(errno.ELOOP, os.strerror(errno.ELOOP))
    try:
        descriptor = os.open(path, _READ)
    except OSError as fault:
        if fault.errno in _LINK_MET:
            raise SymbolicLinkError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
        raise
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - Path has no way to open a descriptor
        return file.read()


def write_new(path: Path, data: bytes) -> None:
    """Write a file that does not exist yet; whoever looks sees all of it or nothing.

    Raises:
        FileExistsError: there is a file of this name already; it is left as it is.
        OSError: the folder or the disk does not take it.

    """
    temporary = _temporary_beside(path)
    try:
        _write(temporary, data)
        try:
            os.link(temporary, path)
        except OSError as fault:
            if fault.errno not in _NO_LINKS:
                raise
            _write(path, data)
    finally:
        _remove(temporary)
    _sync_folder(path.parent)


def replace_file(path: Path, data: bytes, *, expected: bytes, is_real: bool = False) -> None:
    """Replace a file that still holds the expected bytes; its mode and a symbolic link to it stay.

    With `is_real` no step of the path was a link when it was looked at, and none may have become one.

    Raises:
        ChangedMeanwhile: it holds something else by now, or is gone.
        OSError: the folder or the disk does not take it.

    """
    # A link stays a link: what it points to is replaced.
    target = path if is_real else Path(os.path.realpath(path))
    temporary = _temporary_beside(target)
    with _folder_lock(target.parent):
        try:
            _expect(target, expected)
            _write(temporary, data, target.stat())
            # An editor holds no lock of ours: look once more when the new content is already on the disk.
            _expect(target, expected)
            temporary.replace(target)
        finally:
            _remove(temporary)
        _sync_folder(target.parent)


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a lock file, waiting for whoever holds it; a process that dies lets go of it.

    Raises:
        OSError: the lock file cannot be opened.

    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _NEW_FILE_MODE)
    try:
        _acquire(descriptor)
        yield
    finally:
        # Closing is letting go.
        os.close(descriptor)


def _temporary_beside(path: Path) -> Path:
    # In the same folder, for only there a rename is atomic; a long name is cut to stay a valid one.
    return path.with_name(f".{path.name[:60]}.{os.urandom(4).hex()}{_TEMPORARY_SUFFIX}")


def _write(path: Path, data: bytes, like: os.stat_result | None = None) -> None:
    """Write a new file down to the disk, with the mode and owner of another; a failure leaves nothing."""
    descriptor = os.open(path, _CREATE, _NEW_FILE_MODE)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - Path has no way to open a descriptor
            if like is not None:
                _take_after(descriptor, like)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        _remove(path)
        raise


def _expect(path: Path, expected: bytes) -> None:
    # A link that came meanwhile, at whatever step, leads to another file.
    if os.path.realpath(path) != str(path):
        raise FileChangedError
    try:
        if path.read_bytes() != expected:
            raise FileChangedError
    except FileNotFoundError:
        raise FileChangedError from None


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


if sys.platform == "win32":
    import msvcrt
    import time

    def _acquire(descriptor: int) -> None:
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except OSError:
                time.sleep(0.01)
            else:
                return

    @contextmanager
    def _folder_lock(_folder: Path) -> Iterator[None]:
        # Folders cannot be locked here; the log's own lock keeps our writers apart.
        yield

    def _take_after(_descriptor: int, _like: os.stat_result) -> None:
        """Files take the rights of their folder."""

    def _sync_folder(_folder: Path) -> None:
        """Folders are written through."""

else:
    import fcntl

    def _acquire(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    @contextmanager
    def _folder_lock(folder: Path) -> Iterator[None]:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            # Some network shares lock no folders; then the log's own lock has to do.
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _take_after(descriptor: int, like: os.stat_result) -> None:
        if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
            # Only root may give files away; for others the file becomes their own.
            with suppress(OSError):
                os.fchown(descriptor, like.st_uid, like.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(like.st_mode))

    def _sync_folder(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            # Some file systems sync no folders; the file itself is on the disk.
            with suppress(OSError):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
