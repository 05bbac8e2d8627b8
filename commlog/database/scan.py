"""The files below records/ as the disk shows them: sizes, times and inodes, and one fingerprint a folder."""

import os
import stat
import zlib
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Final, NamedTuple

from commlog.log.inside import leads_out
from commlog.log.names import RECORDS, SUFFIX
from commlog.values import fingerprint_of

# Size, mtime in ns, ctime in ns, inode.
Stamp = tuple[int, int, int, int]

_STAMP: Final = attrgetter("st_size", "st_mtime_ns", "st_ctime_ns", "st_ino")


def _stamp_of_fault(fault: OSError) -> Stamp:
    """The stamp of what cannot be looked at (a link to nowhere, a folder without permission): another one for another reason."""
    return (0, 0, 0, fault.errno or 0)


class FolderShare(NamedTuple):
    """One of several equal parts of the folders: whole branches of the tree from a depth on, the first has the rest."""

    number: int
    parts: int

    def includes(self, folder: str) -> bool:
        """Whether a folder has to be looked into, for itself or for what lies below it."""
        return folder.count("/") < _BRANCH_DEPTH or self.owns(folder)

    def owns(self, folder: str) -> bool:
        """Whether the folder belongs to this share."""
        steps = folder.split("/")
        if len(steps) <= _BRANCH_DEPTH:
            return self.number == 0
        return (
            zlib.crc32("/".join(steps[: _BRANCH_DEPTH + 1]).encode("utf-8", "surrogateescape")) % self.parts
            == self.number
        )


# records/interactions/2026/03 is a branch: months are of a size.
_BRANCH_DEPTH: Final = 3
WHOLE: Final = FolderShare(0, 1)


@dataclass(slots=True)
class FolderState:
    """One folder as found on disk: the files in it with their sizes and times."""

    directory: str
    names: list[str]
    stamps: "array[int]"

    @property
    def fingerprint(self) -> bytes:
        """A hash that changes when any file of the folder does."""
        return fingerprint_of(("\0".join(self.names).encode(), self.stamps.tobytes()))

    def iter_files(self) -> Iterator[tuple[str, Stamp]]:
        """Each file's log-relative path with its stamp."""
        for place, name in enumerate(self.names):
            size, mtime, ctime, inode = self.stamps[place * 4 : place * 4 + 4]
            yield f"{self.directory}/{name}", (size, mtime, ctime, inode)


def scan_folders(root: Path, share: FolderShare = WHOLE) -> Iterator[tuple[str, FolderState]]:
    """Every folder below records/ that holds record files, or one share of them, each with its name as the disk has it.

    Hidden files and folders are left out. A folder that may not be listed is given with one nameless file, so that
    somebody hears of it.
    """
    waiting = [RECORDS]
    while waiting:
        folder = waiting.pop()
        if not share.includes(folder):
            continue
        state, folders = scan_folder(root, folder)
        waiting += folders
        if state.names and share.owns(folder):
            yield folder, state


def read_fingerprints(root: Path, *, is_big: bool) -> dict[str, bytes]:
    """Every folder with its fingerprint, by its name as the disk has it; of a big log a worker process reads one half."""
    if is_big:
        # Loaded for a big log only.
        from commlog.database.worker_processes import count_cores, start_workers

        if count_cores() > 1:
            half, other = FolderShare(0, 2), FolderShare(1, 2)
            with start_workers([lambda: [_fingerprints(root, other)]]) as (worker,):
                found = _fingerprints(root, half)
                rest = worker.next_answer()
            return found | (_fingerprints(root, other) if rest is None else rest)
    return _fingerprints(root, WHOLE)


def _fingerprints(root: Path, share: FolderShare) -> dict[str, bytes]:
    return {folder: state.fingerprint for folder, state in scan_folders(root, share)}


def scan_folder(root: Path, folder: str) -> tuple[FolderState, list[str]]:
    """One folder as the disk shows it, without names when it is not there, and the folders in it."""
    state = FolderState(readable_name(folder), [], array("q"))
    try:
        descriptor = os.open(root / folder, os.O_RDONLY)
        try:
            return state, _look_inside(root, descriptor, folder, state)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return state, []
    except OSError as fault:
        return FolderState(state.directory, [""], array("q", _stamp_of_fault(fault))), []


def _look_inside(root: Path, descriptor: int, folder: str, state: FolderState) -> list[str]:
    """Add a folder's record files to its state; the folders in it are given back."""
    folders: list[str] = []
    # Looking names up from the open folder spares the system the path to it, once a file.
    for name in os.listdir(descriptor):
        if name[0] == ".":
            continue
        is_file = name.endswith(SUFFIX)
        try:
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            # Below are files and folders.
            if status.st_mode >= stat.S_IFLNK and stat.S_ISLNK(status.st_mode):
                is_file, stamp = _look_at_link(root, f"{folder}/{name}", _STAMP(status))
            elif is_file:
                stamp = _STAMP(status)
            elif stat.S_ISDIR(status.st_mode):
                folders.append(f"{folder}/{name}")
        except OSError as fault:
            stamp = _stamp_of_fault(fault)
        if is_file:
            state.names.append(readable_name(name))
            state.stamps.extend(stamp)
    return folders


def _look_at_link(root: Path, path: str, stamp: Stamp) -> tuple[bool, Stamp]:
    """Whether a symbolic link is listed among the files, and as what: as what it leads to when that is in the log.

    Of links that are not called like records, those to folders outside are listed, so that somebody hears of them.
    """
    is_called_so = path.endswith(SUFFIX)
    if leads_out(root, path):
        return is_called_so or (root / path).is_dir(), stamp
    if not is_called_so:
        return False, stamp
    try:
        return True, _STAMP((root / path).stat())
    except OSError as fault:
        return True, _stamp_of_fault(fault)


def readable_name(name: str) -> str:
    """A name of the disk; bytes in it that are not UTF-8 are shown as escapes, for no text column takes them."""
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class LogFolders:
    """A log's folders, by the fingerprints they had when this was made; where one differs, its files are looked at again."""

    def __init__(self, root: Path, *, is_big: bool = False) -> None:
        self.root = root
        self._names: dict[str, str] = {}
        self._seen: dict[str, bytes] = {}
        for name, fingerprint in read_fingerprints(root, is_big=is_big).items():
            self._names[readable_name(name)] = name
            self._seen[readable_name(name)] = fingerprint

    def is_known(self, known: Mapping[str, bytes]) -> bool:
        """Whether every folder is as the index knows it, and none is gone."""
        return known == self._seen

    def differing(self, known: Mapping[str, bytes]) -> tuple[list[FolderState], list[str]]:
        """The folders that are not as the index knows them, and those that are gone."""
        changed = [directory for directory, fingerprint in self._seen.items() if known.get(directory) != fingerprint]
        looked = [scan_folder(self.root, self._names[directory])[0] for directory in changed]
        # What was emptied meanwhile is gone as well.
        gone = {state.directory for state in looked if not state.names}
        present = self._seen.keys() - gone
        return [state for state in looked if state.names], [one for one in known if one not in present]
