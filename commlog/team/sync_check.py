"""What stops a sync: mistakes, conflict markers, settings that would not work, and two sides that cannot be combined."""

import re
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Final

from commlog.check.context import WHOLE_LOG, FileSelection, Inspection
from commlog.check.inspect import inspect_log
from commlog.errors import ConflictError, InvalidError
from commlog.git.objects import iter_blobs
from commlog.git.remote import Branch, Integration, list_differing, list_new_blobs
from commlog.git.run import ask, find_prefix
from commlog.log.log import SCHEMAS_FOLDER
from commlog.log.names import RECORDS
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE
from commlog.log.settings_faults import parse_settings
from commlog.messages import mark, translate
from commlog.privacy.rules.forgetting import PSEUDONYM
from commlog.problems import ERROR
from commlog.team.clone import merges_by_field
from commlog.values import CUSTOMER, FOLDERS
from commlog.workspace import Workspace

_MARKERS: Final = re.compile(rb"^(<{7}|>{7})( |$)", re.MULTILINE)
_MARKERS_CODE: Final = "merge-markers"
# More problems than these are not read in one go.
_MOST: Final = 20
_SETTINGS: Final = (SETTINGS_FILE, CALENDAR_FILE)
# The files of a log, as paths of git.
OWN_PATHS: Final = (RECORDS, *_SETTINGS, SCHEMAS_FOLDER, ".gitattributes", ".gitignore")


def refuse_wrong_settings(root: Path, branch: Branch, commit: str) -> None:
    """Refuse a commit to move to in which the settings have mistakes: no command would run any more.

    Raises:
        InvalidError: they have; says which.
    """
    if not any(name in files for files in list_differing(root, branch.head, commit) for name in _SETTINGS):
        return
    blobs = iter_blobs(root, [f"{commit}:./{name}" for name in _SETTINGS])
    try:
        parse_settings({name: raw or b"" for name, (_, raw) in zip(_SETTINGS, blobs, strict=True)})
    except InvalidError as fault:
        raise InvalidError(
            mark("the settings would have mistakes with the changes of {upstream}; nothing was merged or sent"),
            problems=fault.problems,
            upstream=branch.short_upstream,
            remedy=mark(
                "ask whoever changed them (git log {upstream} -- commlog.yaml calendar.yaml) to correct them; then: commlog sync"
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
                mark("the commit {commit} contains the conflict markers of a merge; nothing was sent"),
                file=path,
                commit=name[:10],
                upstream=branch.short_upstream,
                remedy=mark("delete the markers, then commit again: git reset --soft {upstream}; commlog sync"),
            )
    ours = _differing(root, upstream, commit) if upstream else WHOLE_LOG
    theirs = _differing(root, start, upstream) if upstream else FileSelection()
    both = FileSelection(ours.files | theirs.files, ours.folders, ours.removed | theirs.removed)
    inspection = inspect_log(workspace, both) if both != FileSelection() else Inspection(0, ())
    mine = tuple(item for item in inspection.problems if ours.has(item.path))
    refuse_errors(
        replace(inspection, problems=mine),
        mark("the changes to send have mistakes ({count}); your commits are kept here, nothing was sent"),
    )
    return inspection.errors


def _differing(root: Path, start: str, end: str) -> FileSelection:
    """The files that differ between two commits, and the ids of those that are gone."""
    return WHOLE_LOG.narrow(*list_differing(root, start, end))


def refuse_errors(found: Inspection, message: str) -> None:
    """Refuse what a check found, if there are errors; markers of a merge are a conflict.

    Raises:
        InvalidError, ConflictError: there are some; carries all of them.
    """
    errors = [problem for problem in found.problems if problem.severity == ERROR]
    if not errors:
        return
    fault = ConflictError if any(problem.code == _MARKERS_CODE for problem in errors) else InvalidError
    raise fault(
        message,
        problems=errors[:_MOST],
        count=len(errors),
        remedy=mark("correct them (all of them: commlog check), then: commlog sync"),
    )


# Merged, not rebased: only then `ours` in a file is one's own, and `theirs` what others wrote. By itself git
# takes records that look alike for one that was renamed.
_PULL: Final = "git pull --no-rebase -X find-renames=100%"
_CUSTOMERS: Final = f"{RECORDS}/{FOLDERS[CUSTOMER][0]}/"
_BY_HAND: Final = mark(
    "resolve it by hand: {pull}; in each file keep the right lines (yours are above =======, theirs below); git add them; git merge --continue; then: commlog sync"
)
_SET_UP_FIRST: Final = mark(
    "this clone merges line by line, not field by field: commlog doctor --fix; commlog sync; if that is not enough, by hand: {pull}; in each file keep the right lines (yours are above =======, theirs below); git add them; git merge --continue; then: commlog sync"
)
_GONE: Final = mark("to accept the removal: {pull}; git rm {files}; git merge --continue; then: commlog sync")
_SOME_GONE: Final = mark(
    "resolve it by hand: {pull}; accept the removals: git rm {files}; in each other file keep the right lines (yours are above =======, theirs below); git add them; git merge --continue; then: commlog sync"
)


def refusal_of(root: Path, branch: Branch, found: Integration) -> ConflictError:
    """The fault for two sides that could not be made one: what git said, or each file with who changed or removed it."""
    upstream = branch.short_upstream
    if not found.conflicts:
        return ConflictError(
            mark("git cannot combine your commits with {upstream}; nothing was changed or sent"),
            source=found.words,
            upstream=upstream,
            pull=_PULL,
            remedy=mark("try it by hand: {pull}; then: commlog sync"),
        )
    words_of = {path: _gone_words(root, branch, path) for path in found.conflicts}
    gone = [path for path in words_of if words_of[path]]
    message = mark(
        "you and {upstream} changed the same lines; your files and commits are as they were, nothing was sent"
    )
    remedy = _BY_HAND if merges_by_field(root) else _SET_UP_FIRST
    if gone:
        remedy = _SOME_GONE
    if len(gone) == len(words_of):
        remedy = _GONE
        message = mark(
            "a file was changed on one side and removed on the other; your files and commits were not changed, nothing was sent"
        )
    return ConflictError(
        message,
        source="\n".join(words or _with_author(root, branch, path) for path, words in words_of.items()),
        upstream=upstream,
        pull=_PULL,
        files=" ".join(quote(f":/{path}" if find_prefix(root) else path) for path in gone),
        remedy=remedy,
    )


def _gone_words(root: Path, branch: Branch, path: str) -> str:
    """A file that one side removed or renamed while the other changed it, and who did; empty for any other."""
    is_here, is_there = (
        ask(root, "cat-file", "-e", f"{side}:{path}").is_good for side in (branch.head, branch.upstream_head)
    )
    if is_here and is_there:
        return ""
    text = translate("{path}: removed or renamed here, changed by {author}")
    if not is_there:
        text = translate("{path}: removed or renamed there by {author}")
        if _is_forgotten(root, branch, path):
            text = translate("{path}: the customer was forgotten by {author}")
    return text.format(path=path, author=_last_commit(root, branch, path, "%an"))


def _is_forgotten(root: Path, branch: Branch, path: str) -> bool:
    """Whether a customer's file made way there for one under a pseudonym."""
    if f"/{_CUSTOMERS}" not in f"/{path}":
        return False
    commit = _last_commit(root, branch, path, "%H")
    added = ask(root, "show", "--format=", "--name-only", "--no-renames", "--diff-filter=A", commit).out
    return any(f"/{_CUSTOMERS}{PSEUDONYM}" in f"/{line}" for line in added.splitlines())


def _with_author(root: Path, branch: Branch, path: str) -> str:
    """A file in conflict, and who changed it last on the other side."""
    author = _last_commit(root, branch, path, "%an")
    return f"{path} ({author})" if author else path


def _last_commit(root: Path, branch: Branch, path: str, what: str) -> str:
    """The hash (%H) or the author (%an) of the last commit upstream that changed a file."""
    return ask(root, "log", "-1", f"--format={what}", branch.upstream_head, "--", f":(top,literal){path}").out.strip()
