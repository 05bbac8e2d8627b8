"""A clone of a log: how it is set up to merge records, whether it can be synced, and whether its commits are backed up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from commlog.errors import ConflictError
from commlog.git.hooks import install, is_installed, missing_attributes
from commlog.git.remote import Branch, count_commits, find_branch, find_unfinished, list_remotes, list_unmerged
from commlog.git.run import commit_hash, find_prefix, is_inside_repository
from commlog.log.files import FileChangedError, replace_file, write_new
from commlog.log.log import changed_meanwhile, not_writable
from commlog.messages import mark
from commlog.workspace import Workspace

ATTRIBUTES_FILE: Final = ".gitattributes"


def mend_setup(root: Path) -> tuple[str, ...]:
    """What was fixed (marked texts); nothing when everything was right, or when the log is not in git.

    Raises:
        NotWritableError: the log's folder cannot be written.
        ConflictError: another process changed .gitattributes.
    """
    if not is_inside_repository(root):
        return ()
    fixed = []
    if _add_attributes(root):
        fixed.append(mark("added to .gitattributes which files commlog merges; commit it"))
    if not is_installed(root) and install(root):
        fixed.append(mark("git in this clone is now set up to merge records"))
    return tuple(fixed)


def read_attributes(root: Path) -> str:
    """The text of the log's own .gitattributes; empty when there is none."""
    file = root / ATTRIBUTES_FILE
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def _add_attributes(root: Path) -> bool:
    missing = "".join(f"{line}\n" for line in missing_attributes(read_attributes(root))).encode()
    if not missing:
        return False
    file = root / ATTRIBUTES_FILE
    try:
        if not file.is_file():
            write_new(file, missing)
            return True
        old = file.read_bytes()
        replace_file(file, (old if old.endswith(b"\n") or not old else old + b"\n") + missing, expected=old)
    except (FileChangedError, FileExistsError):
        raise changed_meanwhile(ATTRIBUTES_FILE) from None
    except OSError as fault:
        raise not_writable(ATTRIBUTES_FILE, fault) from None
    return True


def merges_by_field(root: Path) -> bool:
    """Whether records are merged field by field in this clone."""
    return is_installed(root) and not missing_attributes(read_attributes(root))


# Topic, whether it is right, what it is, what to do, and their facts.
Sighting = tuple[str, bool, str, str, tuple[tuple[str, str], ...]]


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
    """Whether the log's commits are on another machine, as far as this clone knows."""
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
    lonely = mark("commits only on this machine, not on {upstream}: {count}")
    shared = mark("{upstream} has every commit")
    yield "git", not ahead, lonely if ahead else shared, mark("run: commlog sync"), facts
