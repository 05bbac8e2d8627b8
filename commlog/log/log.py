"""A log on disk: where it is, its settings, and the files in it."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from commlog.errors import ConflictError, NoLogError, NotFoundError, NotWritableError, UnreadableError
from commlog.forms.schemas import settings_version
from commlog.log.files import FileChangedError, SymbolicLinkError, lock, read_plain, replace_file, write_new
from commlog.log.inside import real_place, refuse_own_links, refuse_state_links
from commlog.log.names import STATE_FOLDER
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE, Settings, build_settings, data_of
from commlog.messages import mark
from commlog.values import fingerprint_of
from commlog.version import VERSION

SCHEMAS_FOLDER: Final = "schemas"
# Under the state folder: which bytes were found without faults; without it they are checked again.
_VERDICT: Final = "settings-checked"


@dataclass(frozen=True, slots=True)
class Log:
    """A folder with `commlog.yaml`, and what its settings say."""

    root: Path
    settings: Settings
    # Where the folders really are that files were read from: a folder is looked at once in a call.
    _folders: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

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
            UnreadableError: the system does not let it be read, or a link on the way leads out of the log.
        """
        folder, _, name = path.rpartition("/")
        try:
            place = self._folders.get(folder)
            if place is None:
                place = self._folders[folder] = real_place(self.root, folder)
            try:
                return read_plain(f"{place}{os.sep}{name}")
            except SymbolicLinkError:
                return read_plain(real_place(self.root, path))
        except FileNotFoundError:
            raise NotFoundError(mark("there is no such file"), file=path) from None
        except OSError as fault:
            raise not_readable(path, fault) from None

    def create_file(self, path: str, data: bytes) -> None:
        """Write a new file of the log, and the folders above it; never replaces one.

        Raises:
            ConflictError: the file exists.
            UnreadableError: one of the folders is a link that leads out of the log.
            NotWritableError: the folder or the disk does not take it.
        """
        target = self.make_place(path)
        try:
            write_new(target, data)
        except FileExistsError:
            raise ConflictError(mark("already exists"), file=path, remedy=mark("choose another id")) from None
        except OSError as fault:
            raise not_writable(path, fault) from None

    def make_place(self, path: str) -> Path:
        """The place of a new file of the log; the folders above it are made.

        Raises:
            UnreadableError: one of them is a link that leads out of the log.
            NotWritableError: they cannot be made.
        """
        folder, _, name = path.rpartition("/")
        place = Path(real_place(self.root, folder))
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise not_writable(path, fault) from None
        return place / name

    def replace_file(self, path: str, data: bytes, expected: bytes) -> None:
        """Replace a file of the log that still holds the expected bytes.

        Raises:
            ConflictError: the file holds something else by now.
            UnreadableError: a link on the way leads out of the log.
            NotWritableError: the folder or the disk does not take it.
        """
        target = Path(real_place(self.root, path))
        try:
            replace_file(target, data, expected=expected, is_real=True)
        except FileChangedError:
            raise changed_meanwhile(path) from None
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


def changed_meanwhile(path: str) -> ConflictError:
    """The error for a file that is no longer what it was when it was read."""
    return ConflictError(
        mark("was changed by someone else meanwhile; nothing was written"),
        file=path,
        remedy=mark("run the command again"),
    )


def not_readable(path: str, fault: OSError) -> UnreadableError:
    """The error for a file that the system does not let be read."""
    return UnreadableError(mark("cannot be read: {reason}"), file=path, reason=fault.strerror or str(fault))


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
        UnreadableError: its settings, calendar or templates are a link that leads out of it.
        InvalidError: the settings have mistakes.
    """
    root = Path(named) if named else find_root(start)
    if root is None or not is_log(root):
        where = str(root or start)
        raise NoLogError(
            mark("there is no log at {folder}"),
            folder=where,
            remedy=mark("create one with `commlog init`, or give one with --log DIR or $COMMLOG_DIR"),
        )
    real = root.resolve()
    refuse_own_links(real, (SETTINGS_FILE, CALENDAR_FILE), SCHEMAS_FOLDER)
    refuse_state_links(real, STATE_FOLDER)
    return Log(real, read_settings(root))


def read_settings(root: Path) -> Settings:
    """The settings of the log at a folder.

    Raises:
        InvalidError: one or both files break a rule; carries every problem with its line.
        UnreadableError: a file cannot be read.
    """
    raws = {name: _read_bytes(root / name) for name in (SETTINGS_FILE, CALENDAR_FILE)}
    verdict = fingerprint_of([VERSION.encode(), settings_version(), *raws.values()]).hex()
    memory = root / STATE_FOLDER / _VERDICT
    with suppress(OSError, UnicodeDecodeError):
        if memory.read_text(encoding="ascii") == verdict:
            # Where the time zone is not known, or the verdict is not ours, the check says what is wrong.
            with suppress(AttributeError, LookupError, OSError, TypeError, ValueError):
                return build_settings(*map(data_of, raws.values()))
    from commlog.log.settings_faults import parse_settings

    settings = parse_settings(raws)
    with suppress(OSError):
        memory.write_text(verdict, encoding="ascii")
    return settings


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as fault:
        raise UnreadableError(
            mark("{file} cannot be read: {reason}"), file=path.name, reason=fault.strerror or ""
        ) from None


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
                self._folder = ensure_state_folder(self.log.root) / f"staged-{os.urandom(4).hex()}"
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
