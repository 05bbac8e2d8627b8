"""The check: what the index knows of each file and what every rule finds, in all files, in changed or in staged ones."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from commlog.check.context import CheckContext, FileSelection, Inspection, PossibleProblem, own_templates
from commlog.check.queries import stored_problems
from commlog.check.rules import RULES
from commlog.database.queries import file_paths
from commlog.database.refresh import LANGUAGE_FACT, index_with_changes
from commlog.errors import UsageError
from commlog.forms.schemas import SUFFIX as SCHEMA_SUFFIX
from commlog.git import run as git
from commlog.git.objects import iter_blobs
from commlog.log.log import SCHEMAS_FOLDER, open_log
from commlog.log.names import RECORDS
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE
from commlog.messages import current_language, mark
from commlog.privacy.rules.masking import mask_text
from commlog.problems import Problem
from commlog.workspace import Workspace, make_workspace

_OWN_FILES: Final = (SETTINGS_FILE, CALENDAR_FILE, SCHEMAS_FOLDER)
# What a file that is gone leaves behind in others.
_LEFT_BEHIND: Final = frozenset({"dangling-link", "unknown-customer"})
# The problem whose line must not be repeated as it is.
_PERSONAL: Final = "personal-number"


def inspect_log(
    workspace: Workspace, selection: FileSelection, contents: Mapping[str, bytes] | None = None
) -> Inspection:
    """Everything that is wrong with the chosen files, by path, line and column.

    `contents` are bytes that stand for what is on disk, by path.
    """
    context = CheckContext(workspace, selection, contents or {})
    problems = {*_stored_problems(context), *_problems_by_rules(context)}
    ordered = tuple(sorted(problems, key=lambda one: (one.path, one.line, one.column, one.code, one.facts)))
    paths = file_paths(workspace.index)
    count = sum(selection.has(path) for path in (*paths, *list_own_files(workspace)))
    lines = {(one.path, one.line): context.line(one.path, one.line) for one in ordered if one.line}
    for one in ordered:
        if one.code == _PERSONAL and one.line:
            lines[one.path, one.line] = mask_text(lines[one.path, one.line])
    return Inspection(count, ordered, lines)


def _problems_by_rules(context: CheckContext) -> Iterator[Problem]:
    for found in (found for rule in RULES for found in rule(context)):
        if isinstance(found, Problem):
            if context.selection.has(found.path):
                yield found
        elif _is_asked(found, context.selection):
            yield found.as_problem(context.locate(found.path))


def _is_asked(found: PossibleProblem, selection: FileSelection) -> bool:
    return selection.has(found.path) or (found.code in _LEFT_BEHIND and found.facts["value"] in selection.removed)


def _stored_problems(context: CheckContext) -> Iterator[Problem]:
    """What the index knows; a file described in another language than is spoken now is read again."""
    to_read: set[str] = set()
    for path, code, line, column, field, stored in stored_problems(context.workspace.index):
        if not context.selection.has(path):
            continue
        facts = dict(json.loads(stored))
        if facts.pop(LANGUAGE_FACT) == current_language():
            yield Problem(code, path, line, column, field, tuple(facts.items()))
        else:
            to_read.add(path)
    for path in sorted(to_read):
        raw, reader = context.replaced.get(path), context.workspace.reader
        yield from (reader.read(path) if raw is None else reader.read_raw(path, raw)).problems


def list_own_files(workspace: Workspace) -> list[str]:
    """The log's settings files and templates, as paths inside the log."""
    settings = [name for name in (SETTINGS_FILE, CALENDAR_FILE) if (workspace.log.root / name).is_file()]
    return settings + [f"{SCHEMAS_FOLDER}/{name}{SCHEMA_SUFFIX}" for name in own_templates(workspace)]


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
    names = git.changed_files(root, staged=is_staged)
    if names is None:
        raise _needs_git("--staged" if is_staged else "--changed")
    narrowed = selection.narrow(names, git.deleted_files(root, staged=is_staged))
    return _check_staged(workspace, narrowed) if is_staged else inspect_log(workspace, narrowed)


def _check_staged(workspace: Workspace, selection: FileSelection) -> Inspection:
    """What is wrong with the chosen files as they are staged, in a log that is as it is staged.

    Raises:
        UsageError: there is no git repository.
    """
    staged = git.read_staged_files(workspace.log.root, (*_OWN_FILES, RECORDS))
    if staged is None:
        raise _needs_git("--staged")
    if any(not path.startswith(f"{RECORDS}/") for path in staged.differing):
        return _check_export(workspace, selection, staged)
    contents = _contents(workspace, staged)
    with index_with_changes(workspace.index, workspace.reader, contents) as index:
        staged_workspace = replace(workspace, _index=index)
        return inspect_log(
            staged_workspace, selection, {path: raw for path, raw in contents.items() if raw is not None}
        )


def _needs_git(option: str) -> UsageError:
    """The error for an option that means nothing outside a repository."""
    return UsageError(
        mark("{option} needs git, and a log in a git repository"),
        option=option,
        remedy=mark("run git init, or give the files"),
    )


def _contents(workspace: Workspace, staged: git.StagedFiles) -> dict[str, bytes | None]:
    """What the work tree's records are as staged, where that differs; None for those git knows nothing of."""
    known = set(file_paths(workspace.index))
    contents: dict[str, bytes | None] = dict.fromkeys(known - staged.blobs.keys())
    differing = [path for path in staged.differing if path in staged.blobs]
    blobs = iter_blobs(workspace.log.root, (staged.blobs[path] for path in differing))
    return contents | {path: raw for path, (_, raw) in zip(differing, blobs, strict=True) if raw is not None}


def _check_export(workspace: Workspace, selection: FileSelection, staged: git.StagedFiles) -> Inspection:
    """Settings or templates are staged otherwise than they lie there: check a copy of all that is staged."""
    root = workspace.log.root
    with TemporaryDirectory(prefix="commlog-") as folder:
        if not git.export_staged(root, Path(folder), staged.blobs):
            raise _needs_git("--staged")
        log = open_log(Path(folder), str(Path(folder) / (git.find_prefix(root) or "")))
        return inspect_log(
            make_workspace(log, workspace.now, workspace.member, make_cipher=workspace.reader.cipher.elsewhere),
            selection,
        )
