"""A first look at a big log by helper processes, while the one that asks is still being loaded."""

import gc
import marshal
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commlog.database.scan import Share, scan_folders
from commlog.log.names import INDEX_FILE, STATE_FOLDER

# Two helpers: on two cores a third would only wait, and more cores have nothing to add to a disk's cache.
_PARTS: Final = 2
# Bytes of an index from which looking at the files takes longer than starting helpers: some 3,000 records.
_BIG: Final = 8_000_000


@dataclass(slots=True)
class Glimpse:
    """Helpers at work on the fingerprints of a log's folders; `tick` is the file system's time before they began."""

    root: Path
    tick: int
    helpers: list[tuple[int, int]]

    def fingerprints(self) -> dict[str, bytes] | None:
        """Every folder with its fingerprint; None when a helper did not finish, for whatever reason."""
        found: dict[str, bytes] = {}
        complete = True
        for process, answers in self.helpers:
            with open(answers, "rb") as pipe:  # noqa: PTH123 - a descriptor
                raw = pipe.read()
            os.waitpid(process, 0)
            try:
                found.update(marshal.loads(raw))  # noqa: S302 - written by our own child
            except (EOFError, ValueError, TypeError):
                complete = False
        self.helpers.clear()
        return found if complete else None


def start_glimpse(root: Path) -> Glimpse | None:
    """Send helpers out when the log was big last time; None otherwise, and where processes cannot be forked."""
    folder = root / STATE_FOLDER
    try:
        is_big = (folder / INDEX_FILE).stat().st_size > _BIG
    except OSError:
        return None
    if not is_big or not hasattr(os, "fork"):
        return None
    glimpse = Glimpse(root, read_tick(folder), [])
    for number in range(_PARTS):
        read_end, write_end = os.pipe()
        process = os.fork()
        if process == 0:
            _help(root, Share(number, _PARTS), write_end)
        os.close(write_end)
        glimpse.helpers.append((process, read_end))
    return glimpse


def read_tick(folder: Path | None) -> int:
    """The file system's own time now, in ns: what is touched at or after it may change unseen."""
    if folder is None:
        return 0
    mark_file = folder / "tick"
    try:
        mark_file.touch()
        return mark_file.stat().st_mtime_ns
    except OSError:
        return 0


def _help(root: Path, share: Share, write_end: int) -> None:
    """Look, answer through the pipe, and leave without the parent's exit handlers."""
    try:
        gc.disable()
        found = {state.directory: state.fingerprint for state in scan_folders(root, share)}
        if not all((root / directory).is_dir() for directory in found):
            return  # a name that is not UTF-8 is shown as escapes, and would not be found again
        with open(write_end, "wb") as pipe:
            pipe.write(marshal.dumps(found))
    finally:
        os._exit(0)
