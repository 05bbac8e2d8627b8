"""Many new files of a log at once: whole or absent like single ones, and put on the disk a batch at a time."""

import os
import secrets
import shutil
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from commlog.errors import ConflictError
from commlog.log.log import Log, ensure_state_folder, not_writable
from commlog.log.names import STATE_FOLDER

_BATCH: Final = 256
# Elsewhere `sync` may return before the disk has the data, or does not exist.
_CAN_SYNC_ALL: Final = sys.platform == "linux"


class Staging:
    """Files on their way into a log: written aside, put on the disk together, then given their names in order.

    A process that dies leaves some of the files, all of them whole, and a folder `.commlog/staged-…` that
    may be deleted. Nothing is replaced.
    """

    def __init__(self, log: Log, batch: int = _BATCH) -> None:
        self.log = log
        self.batch = batch
        self._folder: Path | None = None
        self._staged: dict[str, Path] = {}

    def __enter__(self) -> Self:
        """Nothing is made before the first file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what has no name yet."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def is_full(self) -> bool:
        """Whether it is time to flush."""
        return len(self._staged) >= self.batch

    def add(self, path: str, data: bytes) -> None:
        """Take a file that has its log-relative path after the next flush.

        Raises:
            NotWritableError: the disk does not take it.
        """
        try:
            if self._folder is None:
                self._folder = ensure_state_folder(self.log.root) / f"staged-{secrets.token_hex(4)}"
                self._folder.mkdir()
            aside = self._folder / str(len(self._staged))
            with aside.open("wb") as file:
                file.write(data)
                if not _CAN_SYNC_ALL:
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as fault:
            raise not_writable(STATE_FOLDER, fault) from None
        self._staged[path] = aside

    def flush(self) -> tuple[str, ...]:
        """Give every file its name; the paths that somebody else had taken meanwhile, whose files are dropped.

        Raises:
            NotWritableError: the disk does not take a file; those before it are there.
        """
        if not self._staged:
            return ()
        _sync()
        staged, self._staged = self._staged, {}
        taken = [path for path, aside in staged.items() if not self._place(path, aside)]
        _sync()
        return tuple(taken)

    def _place(self, path: str, aside: Path) -> bool:
        try:
            os.link(aside, self.log.make_place(path))
        except FileExistsError:
            return False
        except OSError:
            # No hard links here, or no room: the careful way finds out which, and says so.
            return self._create(path, aside)
        finally:
            aside.unlink(missing_ok=True)
        return True

    def _create(self, path: str, aside: Path) -> bool:
        try:
            self.log.create_file(path, aside.read_bytes())
        except ConflictError:
            return False
        return True


def _sync() -> None:
    if _CAN_SYNC_ALL:
        os.sync()
