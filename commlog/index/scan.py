"""The files below records/ as the disk shows them: sizes, times and inodes, and one fingerprint a folder."""

import hashlib
import os
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commlog.store.names import RECORDS, SUFFIX

# Size, mtime in ns, ctime in ns, inode.
Stamp = tuple[int, int, int, int]

# What cannot be looked at (a link to nowhere, a folder without permission): reading it will say why.
_UNKNOWN: Final[Stamp] = (0, 0, 0, 0)


@dataclass(slots=True)
class FolderState:
    """One folder as found on disk: the files in it with their sizes and times."""

    directory: str
    names: list[str]
    stamps: "array[int]"

    @property
    def fingerprint(self) -> bytes:
        """A hash that changes when any file of the folder does."""
        digest = hashlib.blake2b("\0".join(self.names).encode(), digest_size=16)
        digest.update(self.stamps.tobytes())
        return digest.digest()

    def iter_files(self) -> Iterator[tuple[str, Stamp]]:
        """Each file's log-relative path with its stamp."""
        for place, name in enumerate(self.names):
            size, mtime, ctime, inode = self.stamps[place * 4 : place * 4 + 4]
            yield f"{self.directory}/{name}", (size, mtime, ctime, inode)


def scan_folders(root: Path) -> list[FolderState]:
    """Every folder below records/ that holds record files; hidden files and folders are left out.

    A folder that may not be listed is given with one nameless file, so that somebody hears of it.
    """
    found: list[FolderState] = []
    waiting = [RECORDS]
    while waiting:
        folder = waiting.pop()
        state = FolderState(_readable_name(folder), [], array("q"))
        try:
            with os.scandir(root / folder) as entries:
                waiting += _look_at(entries, folder, state)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            state = FolderState(state.directory, [""], array("q", _UNKNOWN))
        if state.names:
            found.append(state)
    return found


def _look_at(entries: Iterator["os.DirEntry[str]"], folder: str, state: FolderState) -> list[str]:
    """Add a folder's record files to its state; the folders in it are given back."""
    folders: list[str] = []
    for entry in entries:
        name = entry.name
        if name[0] == ".":
            continue
        if name.endswith(SUFFIX):
            state.names.append(_readable_name(name))
            state.stamps.extend(_stamp_of(entry))
        elif entry.is_dir(follow_symlinks=False):
            folders.append(f"{folder}/{name}")
    return folders


def _stamp_of(entry: "os.DirEntry[str]") -> Stamp:
    try:
        status = entry.stat()
    except OSError:
        return _UNKNOWN
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _readable_name(name: str) -> str:
    """The name; bytes in it that are not UTF-8 are shown as escapes, for no text column takes them."""
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
