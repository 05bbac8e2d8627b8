"""What is said when both sides changed the same: the files, who was there before, and how to mend it by hand."""

from pathlib import Path
from shlex import quote
from typing import Final

from commlog.errors import ConflictError
from commlog.git.hooks import Integration, is_installed, missing_attributes
from commlog.git.remote import Branch, ask
from commlog.git.run import find_prefix
from commlog.log.names import RECORDS
from commlog.messages import mark, translate
from commlog.privacy.rules.forgetting import PSEUDONYM
from commlog.team.mend_setup import read_attributes
from commlog.values import CUSTOMER, FOLDERS

# Merged, not rebased: only then `ours` in a file is one's own, and `theirs` what others wrote. By itself git
# takes records that look alike for one that was renamed.
_PULL: Final = "git pull --no-rebase -X find-renames=100%"
_CUSTOMERS: Final = f"{RECORDS}/{FOLDERS[CUSTOMER][0]}/"
_BY_HAND: Final = mark(
    "mend it by hand: {pull}; in each file keep what is right (yours stands above =======, theirs below); git add them; git merge --continue; then: commlog sync"
)
_SET_UP_FIRST: Final = mark(
    "this clone merges line by line, not field by field: commlog doctor --fix; commlog sync; if that is not enough, by hand: {pull}; in each file keep what is right (yours stands above =======, theirs below); git add them; git merge --continue; then: commlog sync"
)
_GONE: Final = mark("let it go: {pull}; git rm {files}; git merge --continue; then: commlog sync")
_SOME_GONE: Final = mark(
    "mend it by hand: {pull}; let go what was removed: git rm {files}; in each other file keep what is right (yours stands above =======, theirs below); git add them; git merge --continue; then: commlog sync"
)


def refusal_of(root: Path, branch: Branch, found: Integration) -> ConflictError:
    """The fault for two sides that could not be made one: what git said, or each file with who changed or removed it."""
    upstream = branch.short_upstream
    if not found.conflicts:
        return ConflictError(
            mark("git cannot put your commits together with {upstream}; nothing was moved or sent"),
            source=found.words,
            upstream=upstream,
            pull=_PULL,
            remedy=mark("try it by hand: {pull}; then: commlog sync"),
        )
    told = {path: _told_as_gone(root, branch, path) for path in found.conflicts}
    gone = [path for path in told if told[path]]
    both = mark("you and {upstream} changed the same lines; your files and commits are as they were, nothing was sent")
    one = mark(
        "a file was changed on one side and removed on the other; your files and commits are as they were, nothing was sent"
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
