"""Whether a clone can be synced as it stands: its branch, what somebody left unfinished, and what is nowhere else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from commlog.errors import ConflictError, NoLogError
from commlog.git.remote import (
    Branch,
    count_commits,
    find_branch,
    find_commit,
    find_unfinished,
    list_remotes,
    list_unmerged,
)
from commlog.git.run import find_prefix
from commlog.log.log import SCHEMAS_FOLDER
from commlog.log.names import RECORDS
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE
from commlog.messages import mark
from commlog.workspace import Workspace

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
            remedy=mark(
                "finish it: git {verb} --continue; or go back to before it: git {verb} --abort; then: commlog sync"
            ),
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
            mark("no branch is checked out (git stands at {commit}); nothing was synced"),
            commit=find_commit(root, "HEAD")[:10],
            remedy=mark("go back to a branch: git switch main; or keep this as one: git switch -c NAME"),
        )
    return branch


def look(workspace: Workspace) -> Iterator[Sighting]:
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
        lonely = mark("the log is on this machine only: the branch {branch} follows no remote")
        push = mark("run: git push -u {remote} {branch}")
        add = mark("make an empty repository on a server, then: git remote add origin URL; git push -u origin {branch}")
        yield "git", False, lonely, push if remotes else add, facts
        return
    ahead = count_commits(root, branch.upstream_head, branch.head)
    facts = (("count", str(ahead)), ("upstream", branch.short_upstream))
    told = mark("commits on this machine only, which {upstream} has not got: {count}")
    shared = mark("every commit is at {upstream}, too")
    yield "git", not ahead, told if ahead else shared, mark("run: commlog sync"), facts
