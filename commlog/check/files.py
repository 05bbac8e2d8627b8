"""Which files a check looks at: all, what git says has changed, or what is staged, as git will commit it."""

from dataclasses import replace
from enum import Enum, auto
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from commlog.check.context import FileSelection, Inspection
from commlog.check.inspect import inspect_log
from commlog.database.queries import file_paths
from commlog.database.refresh import index_with_changes
from commlog.errors import UsageError
from commlog.git.objects import iter_blobs
from commlog.git.run import StagedFiles, changed_files, deleted_files, export_staged, find_prefix, read_staged_files
from commlog.log.log import SCHEMAS_FOLDER, open_log
from commlog.log.names import RECORDS
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE
from commlog.messages import mark
from commlog.workspace import Workspace, make_workspace

_OWN_FILES: Final = (SETTINGS_FILE, CALENDAR_FILE, SCHEMAS_FOLDER)


class CheckDepth(Enum):
    """How far a check goes among the chosen files."""

    ALL = auto()
    CHANGED = auto()
    STAGED = auto()


def check_files(workspace: Workspace, selection: FileSelection, scope: CheckDepth) -> Inspection:
    """What is wrong with the chosen files, as far as the scope goes.

    Raises:
        UsageError: changed or staged files are asked for, and there is no git repository.
    """
    if scope is CheckDepth.ALL:
        return inspect_log(workspace, selection)
    is_staged = scope is CheckDepth.STAGED
    root = workspace.log.root
    names = changed_files(root, staged=is_staged)
    if names is None:
        raise _needs_git("--staged" if is_staged else "--changed")
    narrowed = selection.narrow(names, deleted_files(root, staged=is_staged))
    return _check_staged(workspace, narrowed) if is_staged else inspect_log(workspace, narrowed)


def _check_staged(workspace: Workspace, selection: FileSelection) -> Inspection:
    """What is wrong with the chosen files as they are staged, in a log that is as it is staged.

    Raises:
        UsageError: there is no git repository.
    """
    staged = read_staged_files(workspace.log.root, (*_OWN_FILES, RECORDS))
    if staged is None:
        raise _needs_git("--staged")
    if any(not path.startswith(f"{RECORDS}/") for path in staged.differing):
        return _check_export(workspace, selection, staged)
    contents = _contents(workspace, staged)
    with index_with_changes(workspace.index, workspace.reader, contents) as index:
        rehearsed = replace(workspace, _index=index)
        return inspect_log(rehearsed, selection, {path: raw for path, raw in contents.items() if raw is not None})


def _needs_git(option: str) -> UsageError:
    """The error for an option that means nothing outside a repository."""
    return UsageError(
        mark("{option} needs git, and a log in a git repository"),
        option=option,
        remedy=mark("run git init, or give the files"),
    )


def _contents(workspace: Workspace, staged: StagedFiles) -> dict[str, bytes | None]:
    """What the work tree's records are as staged, where that differs; None for those git knows nothing of."""
    known = set(file_paths(workspace.index))
    contents: dict[str, bytes | None] = dict.fromkeys(known - staged.blobs.keys())
    differing = [path for path in staged.differing if path in staged.blobs]
    blobs = iter_blobs(workspace.log.root, (staged.blobs[path] for path in differing))
    return contents | {path: raw for path, (_, raw) in zip(differing, blobs, strict=True) if raw is not None}


def _check_export(workspace: Workspace, selection: FileSelection, staged: StagedFiles) -> Inspection:
    """Settings or templates are staged otherwise than they lie there: check a copy of all that is staged."""
    root = workspace.log.root
    with TemporaryDirectory(prefix="commlog-") as folder:
        if not export_staged(root, Path(folder), staged.blobs):
            raise _needs_git("--staged")
        log = open_log(Path(folder), str(Path(folder) / (find_prefix(root) or "")))
        return inspect_log(
            make_workspace(log, workspace.now, workspace.member, make_cipher=workspace.reader.cipher.elsewhere),
            selection,
        )
