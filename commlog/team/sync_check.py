"""What a sync looks at before anything goes out or comes in: errors, markers, and settings that would stop everybody."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from commlog.check.inspect import inspect_log
from commlog.check.inspection import WHOLE_LOG, Inspection, Selection
from commlog.errors import ConflictError, InvalidError
from commlog.git.objects import iter_blobs
from commlog.git.remote import Branch, list_differing, list_new_blobs
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE, read_settings
from commlog.messages import mark
from commlog.problems import ERROR, Problem
from commlog.team.services_sync_state import OWN_PATHS
from commlog.workspace import Workspace

_MARKERS: Final = re.compile(rb"^(<{7}|>{7})( |$)", re.MULTILINE)
_MARKERS_CODE: Final = "merge-markers"
# More problems than these are not read in one go.
_MOST: Final = 20
_SETTINGS: Final = (SETTINGS_FILE, CALENDAR_FILE)


def refuse_wrong_settings(root: Path, branch: Branch, commit: str) -> None:
    """Refuse a commit to move to in which the settings have mistakes: no command would run any more.

    Raises:
        InvalidError: they have; says which.
    """
    changed, gone = list_differing(root, branch.head, commit)
    if not any(name in (*changed, *gone) for name in _SETTINGS):
        return
    with TemporaryDirectory(prefix="commlog-") as folder:
        for name, (_, raw) in zip(
            _SETTINGS, iter_blobs(root, [f"{commit}:./{name}" for name in _SETTINGS]), strict=True
        ):
            if raw is not None:
                (Path(folder) / name).write_bytes(raw)
        try:
            read_settings(Path(folder))
        except InvalidError as fault:
            problems = [problem for problem in fault.problems if isinstance(problem, Problem)]
            raise InvalidError(
                mark("the settings would have mistakes with what {upstream} holds; nothing was taken in or sent"),
                problems=problems,
                upstream=branch.short_upstream,
                remedy=mark(
                    "who changed them (git log {upstream} -- commlog.yaml calendar.yaml) corrects them; then: commlog sync"
                ),
            ) from None


def check_commits(workspace: Workspace, branch: Branch, commit: str, start: str) -> int:
    """How many errors came in; errors and markers in what is to be sent stop the sync.

    Raises:
        InvalidError, ConflictError: there are some.
    """
    root = workspace.log.root
    upstream = branch.upstream_head
    blobs = list_new_blobs(root, upstream, commit, OWN_PATHS)
    contents = iter_blobs(root, [blob for _, _, blob in blobs])
    for (name, path, _), (_, raw) in zip(blobs, contents, strict=True):
        if raw is not None and _MARKERS.search(raw):
            raise ConflictError(
                mark("the commit {commit} holds the conflict markers of a merge; nothing was sent"),
                file=path,
                commit=name[:10],
                upstream=branch.short_upstream,
                remedy=mark(
                    "delete the markers, then make the commits anew: git reset --soft {upstream}; commlog sync"
                ),
            )
    if not upstream:
        ours, inspection = WHOLE_LOG, inspect_log(workspace, WHOLE_LOG)
    else:
        ours = selection_between(root, upstream, commit)
        theirs = selection_between(root, start, upstream)
        both = Selection(ours.files | theirs.files, (), ours.removed | theirs.removed)
        inspection = inspect_log(workspace, both) if both != Selection() else Inspection(0, ())
    mine = tuple(item for item in inspection.problems if ours.has(item.path) or not upstream)
    refuse_errors(
        replace(inspection, problems=mine),
        mark("what would be sent has mistakes ({count}); your commits are kept here, nothing was sent"),
    )
    return inspection.errors


def selection_between(root: Path, start: str, end: str) -> Selection:
    """The files that differ between two commits, and the ids of those that are gone."""
    files, gone = list_differing(root, start, end)
    return Selection(frozenset(files), (), frozenset(Path(path).stem for path in gone))


def refuse_errors(found: Inspection, message: str) -> None:
    """Refuse what a check found, if there are errors; markers of a merge are a conflict.

    Raises:
        InvalidError, ConflictError: there are some; carries all of them.
    """
    errors: Sequence[Problem] = [problem for problem in found.problems if problem.severity == ERROR]
    if not errors:
        return
    fault = ConflictError if any(problem.code == _MARKERS_CODE for problem in errors) else InvalidError
    raise fault(
        message,
        problems=errors[:_MOST],
        count=len(errors),
        remedy=mark("correct them (all of them: commlog check), then: commlog sync"),
    )
