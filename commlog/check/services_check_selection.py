"""Which files of a log a check is asked about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from commlog.errors import NotFoundError, UsageError
from commlog.messages import mark


@dataclass(frozen=True, slots=True)
class Selection:
    """Files, and folders with all that is in them, as paths inside the log; `removed` are ids whose files are gone."""

    files: frozenset[str] = frozenset()
    folders: tuple[str, ...] = ()
    removed: frozenset[str] = frozenset()

    def has(self, path: str) -> bool:
        """Whether a file is among those asked about."""
        return path in self.files or any(path.startswith(folder) for folder in self.folders)

    def narrow(self, paths: Iterable[str], removed: Iterable[str]) -> "Selection":
        """Those of some files that are also in this selection, and the ids of files that are gone."""
        return Selection(
            frozenset(filter(self.has, paths)), (), frozenset(PurePosixPath(path).stem for path in removed)
        )


# The empty prefix begins every path.
WHOLE_LOG = Selection(folders=("",))


def select_paths(root: Path, here: Path, named: Sequence[str]) -> Selection:
    """The files and folders people name, relative to where they stand or to the log; all when they name none.

    Raises:
        NotFoundError: there is no such file or folder.
        UsageError: it is outside the log.
    """
    if not named:
        return WHOLE_LOG
    files: set[str] = set()
    folders: set[str] = set()
    for name in named:
        path = _find(root, here, name)
        relative = path.relative_to(root).as_posix()
        if path.is_dir():
            folders.add("" if relative == "." else f"{relative}/")
        else:
            files.add(relative)
    return Selection(frozenset(files), tuple(sorted(folders)))


def _find(root: Path, here: Path, name: str) -> Path:
    try:
        found = next(
            (place / name for place in (here, root) if (place / name).exists() or (place / name).is_symlink()), None
        )
    except (OSError, ValueError):
        found = None  # a name no file can have
    if found is None:
        raise NotFoundError(
            mark("there is no file or folder '{name}'"),
            name=name,
            remedy=mark("give a path relative to here, or to the log"),
        )
    # The folder is resolved, the name is not: a link is checked where it stands.
    path = found.parent.resolve() / found.name if found.is_symlink() else found.resolve()
    if not path.is_relative_to(root):
        raise UsageError(mark("'{name}' is outside the log {folder}"), name=name, folder=str(root))
    return path
