"""What a sync looks at before anything goes out or comes in: errors, markers, and settings that would stop everybody."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Final

from commlog.check.context import WHOLE_LOG, FileSelection, Inspection
from commlog.check.inspect import inspect_log
from commlog.errors import ConflictError, InvalidError, NoLogError
from commlog.git.hooks import Integration, is_installed, missing_attributes
from commlog.git.objects import iter_blobs
from commlog.git.remote import (
    Branch,
    ask,
    commit_hash,
    count_commits,
    find_branch,
    find_unfinished,
    list_differing,
    list_new_blobs,
    list_remotes,
    list_unmerged,
)
from commlog.git.run import find_prefix
from commlog.log.log import SCHEMAS_FOLDER
from commlog.log.names import RECORDS
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE
from commlog.log.settings_faults import parse_settings
from commlog.messages import mark, translate
from commlog.privacy.rules.forgetting import PSEUDONYM
from commlog.problems import ERROR, Problem
from commlog.team.mend_setup import read_attributes
from commlog.values import CUSTOMER, FOLDERS
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
    if not upstream:
        ours, inspection = WHOLE_LOG, inspect_log(workspace, WHOLE_LOG)
    else:
        ours = selection_between(root, upstream, commit)
        theirs = selection_between(root, start, upstream)
        both = FileSelection(ours.files | theirs.files, (), ours.removed | theirs.removed)
        inspection = inspect_log(workspace, both) if both != FileSelection() else Inspection(0, ())
    mine = tuple(item for item in inspection.problems if ours.has(item.path) or not upstream)
    refuse_errors(
        replace(inspection, problems=mine),
        mark("the changes to send have mistakes ({count}); your commits are kept here, nothing was sent"),
    )
    return inspection.errors


def selection_between(root: Path, start: str, end: str) -> FileSelection:
    """The files that differ between two commits, and the ids of those that are gone."""
    files, gone = list_differing(root, start, end)
    return FileSelection(frozenset(files), (), frozenset(Path(path).stem for path in gone))


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
    told = {path: _told_as_gone(root, branch, path) for path in found.conflicts}
    gone = [path for path in told if told[path]]
    both = mark("you and {upstream} changed the same lines; your files and commits are as they were, nothing was sent")
    one = mark(
        "a file was changed on one side and removed on the other; your files and commits were not changed, nothing was sent"
    )
    remedy = _BY_HAND if _knows_how_to_merge(root) else _SET_UP_FIRST
    if gone:
        remedy = _GONE if len(gone) == len(told) else _SOME_GONE
    return ConflictError(
        one if len(gone) == len(told) else both,
        source="\n".join(words or _with_author(root, branch, path) for path, words in told.items()),
        upstream=upstream,
        pull=_PULL,
        files=" ".join(quote(f":/{path}" if find_prefix(root) else path) for path in gone),
        remedy=remedy,
    )


def _told_as_gone(root: Path, branch: Branch, path: str) -> str:
    """A file that one side removed or renamed while the other changed it, and who did; empty for any other."""
    is_here, is_there = (_holds(root, commit, path) for commit in (branch.head, branch.upstream_head))
    author = _author_of(root, branch, path)
    if not is_there:
        text = translate("{path}: removed or renamed there by {author}")
        if _is_forgotten(root, branch, path):
            text = translate("{path}: the customer was forgotten by {author}")
        return text.format(path=path, author=author)
    return (
        ""
        if is_here
        else translate("{path}: removed or renamed here, changed by {author}").format(path=path, author=author)
    )


def _holds(root: Path, commit: str, path: str) -> bool:
    return ask(root, "cat-file", "-e", f"{commit}:{path}").is_good


def _is_forgotten(root: Path, branch: Branch, path: str) -> bool:
    """Whether a customer's file made way there for one under a pseudonym."""
    if f"/{_CUSTOMERS}" not in f"/{path}":
        return False
    commit = ask(root, "log", "-1", "--format=%H", branch.upstream_head, "--", f":(top,literal){path}").out.strip()
    added = ask(root, "show", "--format=", "--name-only", "--no-renames", "--diff-filter=A", commit).out
    return any(f"/{_CUSTOMERS}{PSEUDONYM}" in f"/{line}" for line in added.splitlines())


def _with_author(root: Path, branch: Branch, path: str) -> str:
    """A file in conflict, and who changed it last on the other side."""
    author = _author_of(root, branch, path)
    return f"{path} ({author})" if author else path


def _author_of(root: Path, branch: Branch, path: str) -> str:
    return ask(root, "log", "-1", "--format=%an", branch.upstream_head, "--", f":(top,literal){path}").out.strip()


def _knows_how_to_merge(root: Path) -> bool:
    """Whether records are merged field by field in this clone."""
    return is_installed(root) and not missing_attributes(read_attributes(root))


# The files of a log, as paths of git.
OWN_PATHS: Final = (RECORDS, SETTINGS_FILE, CALENDAR_FILE, SCHEMAS_FOLDER, ".gitattributes", ".gitignore")
# Topic, whether it is as it should be, what it is, what to do, and their facts.
Sighting = tuple[str, bool, str, str, tuple[tuple[str, str], ...]]


def require_prefix(root: Path, remedy: str) -> str:
    """The log's path inside its repository; `remedy` is the marked text that says what is to be done without one.

    Raises:
        NoLogError: there is no repository.
    """
    prefix = find_prefix(root)
    if prefix is None:
        raise NoLogError(mark("there is no git repository at {folder}"), folder=str(root), remedy=remedy)
    return prefix


def require_branch(root: Path) -> Branch:
    """The branch that is checked out, in a clone where nothing is left unfinished.

    Raises:
        ConflictError: a rebase or merge is in progress, files are in conflict, or no branch is checked out.
    """
    verb = find_unfinished(root)
    if verb:
        raise ConflictError(
            mark("a {verb} is in progress in this clone; nothing was synced"),
            verb=verb,
            source="\n".join(list_unmerged(root)),
            remedy=mark("finish it: git {verb} --continue; or undo it: git {verb} --abort; then: commlog sync"),
        )
    files = list_unmerged(root)
    if files:
        raise ConflictError(
            mark("files are in conflict; nothing was synced"),
            source="\n".join(files),
            remedy=mark("keep the right lines, delete the markers, then: git add FILE; commlog sync"),
        )
    branch = find_branch(root)
    if branch is None:
        raise ConflictError(
            mark("no branch is checked out (git is at {commit}); nothing was synced"),
            commit=commit_hash(root, "HEAD")[:10],
            remedy=mark("go back to a branch: git switch main; or make a new branch here: git switch -c NAME"),
        )
    return branch


def check_backup(workspace: Workspace) -> Iterator[Sighting]:
    """Whether the log's commits are anywhere but here, as far as this clone knows."""
    root = workspace.log.root
    if find_prefix(root) is None:
        return
    branch = find_branch(root)
    if branch is None or not branch.head:
        return
    if not branch.upstream:
        remotes = list_remotes(root)
        facts = (("branch", branch.name), ("remote", remotes[0] if remotes else "origin"))
        lonely = mark("the log is on this machine only: the branch {branch} has no remote branch")
        push = mark("run: git push -u {remote} {branch}")
        add = mark(
            "create an empty repository on a server, then: git remote add origin URL; git push -u origin {branch}"
        )
        yield "git", False, lonely, push if remotes else add, facts
        return
    ahead = count_commits(root, branch.upstream_head, branch.head)
    facts = (("count", str(ahead)), ("upstream", branch.short_upstream))
    told = mark("commits only on this machine, not on {upstream}: {count}")
    shared = mark("{upstream} has every commit")
    yield "git", not ahead, told if ahead else shared, mark("run: commlog sync"), facts
