"""A log on disk: where it is, its settings, and the files in it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commlog.errors import ConflictError, NoLogError, NotFoundError, NotWritableError, UnreadableError
from commlog.messages import mark
from commlog.model.fingerprint import fingerprint_of
from commlog.store.files import ChangedMeanwhile, lock, replace_file, write_new
from commlog.store.names import STATE_FOLDER
from commlog.store.settings import CALENDAR_FILE, SETTINGS_FILE, Settings, read_settings

SCHEMAS_FOLDER: Final = "schemas"


@dataclass(frozen=True, slots=True)
class Log:
    """A folder with `commlog.yaml`, and what its settings say."""

    root: Path
    settings: Settings

    @property
    def state_folder(self) -> Path:
        """Where the index and other state that may be deleted lie."""
        return self.root / STATE_FOLDER

    @property
    def schemas_folder(self) -> Path:
        """The log's own templates; the folder may be absent."""
        return self.root / SCHEMAS_FOLDER

    def read_bytes(self, path: str) -> bytes:
        """The bytes of a file of the log.

        Raises:
            NotFoundError: there is no such file.
            UnreadableError: the system does not let it be read.
        """
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            raise NotFoundError(mark("there is no such file"), file=path) from None
        except OSError as fault:
            raise UnreadableError(
                mark("cannot be read: {reason}"), file=path, reason=fault.strerror or str(fault)
            ) from None

    def create_file(self, path: str, data: bytes) -> None:
        """Write a new file of the log, and the folders above it; never replaces one.

        Raises:
            ConflictError: the file exists.
            NotWritableError: the folder or the disk does not take it.
        """
        target = self.root / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise not_writable(path, fault) from None
        try:
            write_new(target, data)
        except FileExistsError:
            raise ConflictError(mark("exists already"), file=path, remedy=mark("choose another id")) from None
        except OSError as fault:
            raise not_writable(path, fault) from None

    def replace_file(self, path: str, data: bytes, expected: bytes) -> None:
        """Replace a file of the log that still holds the expected bytes.

        Raises:
            ConflictError: the file holds something else by now.
            NotWritableError: the folder or the disk does not take it.
        """
        try:
            replace_file(self.root / path, data, expected=expected)
        except ChangedMeanwhile:
            raise ConflictError(
                mark("was changed by someone else meanwhile; nothing was written"),
                file=path,
                remedy=mark("run the command again"),
            ) from None
        except OSError as fault:
            raise not_writable(path, fault) from None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the log's write lock; other commands that change records wait.

        Raises:
            NotWritableError: the state folder, or the lock in it, cannot be written.
        """
        path = STATE_FOLDER
        with ExitStack() as held:
            try:
                ensure_state_folder(self.root)
                path = f"{STATE_FOLDER}/write.lock"
                held.enter_context(lock(self.root / path))
            except OSError as fault:
                raise not_writable(path, fault) from None
            yield

    def fingerprint(self) -> str:
        """A hash of the settings' files: what every computed due and label depends on."""
        paths = [self.root / name for name in (SETTINGS_FILE, CALENDAR_FILE)]
        return fingerprint_of(path.read_bytes() if path.is_file() else b"-" for path in paths).hex()


def not_writable(path: str, fault: OSError) -> NotWritableError:
    """The error for a write that the system refused."""
    return NotWritableError(
        mark("cannot be written: {reason}"),
        file=path,
        reason=fault.strerror or str(fault),
        remedy=mark("check the free space and the permissions of the log's folder; nothing was changed"),
    )


def ensure_state_folder(root: Path) -> Path:
    """Make `.commlog/`, ignored by git from within."""
    folder = root / STATE_FOLDER
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    return folder


def find_root(start: Path) -> Path | None:
    """The nearest folder with `commlog.yaml`, from `start` upwards."""
    return next((folder for folder in (start, *start.parents) if is_log(folder)), None)


def is_log(folder: Path) -> bool:
    """Whether a folder holds settings that may be looked at."""
    try:
        return (folder / SETTINGS_FILE).is_file()
    except OSError:
        return False


def open_log(start: Path, named: str | None) -> Log:
    """The log at the folder someone named, else the nearest one from `start` upwards.

    Raises:
        NoLogError: there is no `commlog.yaml`.
        InvalidError: the settings have mistakes.
    """
    root = Path(named) if named else find_root(start)
    if root is None or not is_log(root):
        where = str(root or start)
        raise NoLogError(
            mark("there is no log at {folder}"),
            folder=where,
            remedy=mark("make one with `commlog init`, or name one with --log DIR or $COMMLOG_DIR"),
        )
    return Log(root.resolve(), read_settings(root))
