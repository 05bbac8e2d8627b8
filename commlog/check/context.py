"""What rules work on: the log, the chosen files and their text; and what a rule finds, before anybody looked up its line."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from commlog.errors import CommlogError, NotFoundError, UsageError
from commlog.forms.schemas import SUFFIX as SCHEMA_SUFFIX
from commlog.messages import mark
from commlog.problems import ERROR, Problem
from commlog.values import Data, ValuePath, show_path
from commlog.workspace import Workspace
from commlog.yamltext.parse import Located, decode, parse_located
from commlog.yamltext.scalars import YamlError


@dataclass(frozen=True, slots=True)
class FileSelection:
    """Files, and folders with all that is in them, as paths inside the log; `removed` are ids whose files are gone."""

    files: frozenset[str] = frozenset()
    folders: tuple[str, ...] = ()
    removed: frozenset[str] = frozenset()

    def has(self, path: str) -> bool:
        """Whether a file is among those asked about."""
        return path in self.files or any(path.startswith(folder) for folder in self.folders)

    def narrow(self, paths: Iterable[str], removed: Iterable[str]) -> "FileSelection":
        """Those of some files that are also in this selection, and the ids of files that are gone."""
        return FileSelection(
            frozenset(filter(self.has, paths)), (), frozenset(PurePosixPath(path).stem for path in removed)
        )


# The empty prefix begins every path.
WHOLE_LOG = FileSelection(folders=("",))


def select_paths(root: Path, here: Path, named: Sequence[str]) -> FileSelection:
    """The files and folders people name, relative to the current folder or to the log; all when they name none.

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
    return FileSelection(frozenset(files), tuple(sorted(folders)))


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
    # The folder is resolved, the name is not: a link is checked where it is.
    path = found.parent.resolve() / found.name if found.is_symlink() else found.resolve()
    if not path.is_relative_to(root):
        raise UsageError(mark("'{name}' is outside the log {folder}"), name=name, folder=str(root))
    return path


@dataclass(frozen=True, slots=True)
class PossibleProblem:
    """What is wrong with one file; `link` is the target of the link meant, when `place` is the list of links."""

    code: str
    path: str
    place: ValuePath = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    link: str = ""

    def as_problem(self, located: Located) -> Problem:
        """The problem with its place in the file."""
        path = self.place
        if self.link:
            links: Data = located.data.get("links") if isinstance(located.data, dict) else None
            for number, link in enumerate(links if isinstance(links, list) else ()):
                if isinstance(link, dict) and link.get("to") == self.link:
                    path = ("links", number, "to")
                    break
        return Problem(self.code, self.path, *located.position(path), show_path(path), tuple(self.facts.items()))


class CheckContext:
    """A log as it is checked; `replaced` are bytes that stand for what is on disk, by path."""

    def __init__(self, workspace: Workspace, selection: FileSelection, replaced: Mapping[str, bytes]) -> None:
        self.workspace = workspace
        self.selection = selection
        self.replaced = replaced
        self._located: dict[str, Located] = {}
        # One at a time is kept.
        self._lines: tuple[str, list[str]] = ("", [])

    def unreadable_ids(self) -> set[str]:
        """The ids of records that are there but cannot be read."""
        return {PurePosixPath(path).stem for path in self.workspace.unreadable_files()}

    def locate(self, path: str) -> Located:
        """The file with the place of each value; without places when it cannot be read any more."""
        if path not in self._located:
            try:
                self._located[path] = parse_located(decode(self._read(path)))
            except YamlError:
                self._located[path] = Located(None, {}, {})
        return self._located[path]

    def line(self, path: str, number: int) -> str:
        """The text of one line, counted from 1; empty when there is none."""
        if self._lines[0] != path:
            self._lines = (path, self._read(path).decode(errors="replace").split("\n"))
        lines = self._lines[1]
        return lines[number - 1] if number <= len(lines) else ""

    def _read(self, path: str) -> bytes:
        if path in self.replaced:
            return self.replaced[path]
        try:
            return self.workspace.log.read_bytes(path)
        except CommlogError:
            return b""


def own_templates(workspace: Workspace) -> list[str]:
    """The names of the templates in the log's own folder."""
    folder = workspace.log.schemas_folder
    return sorted(path.name.removesuffix(SCHEMA_SUFFIX) for path in folder.glob(f"*{SCHEMA_SUFFIX}"))


# One thing to look for; a rule reads narrow rows of the index, never whole records but those it suspects.
Rule = Callable[[CheckContext], Iterator[PossibleProblem | Problem]]


@dataclass(frozen=True, slots=True)
class Inspection:
    """How many files were looked at and what is wrong with them, by path, line and column.

    `lines` holds the text of each line a problem is on, as it was checked.
    """

    files: int
    problems: tuple[Problem, ...]
    lines: Mapping[tuple[str, int], str] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """How many of the problems are errors; the others are warnings."""
        return sum(problem.severity == ERROR for problem in self.problems)

    @property
    def bad_files(self) -> int:
        """How many files have a problem."""
        return len({problem.path for problem in self.problems})

    def below(self, prefix: str) -> "Inspection":
        """The same with every path below a folder; the prefix ends with a slash or is empty."""
        problems = tuple(replace(problem, path=prefix + problem.path) for problem in self.problems)
        return Inspection(
            self.files, problems, {(prefix + path, line): text for (path, line), text in self.lines.items()}
        )
