"""Syncing a log with its team's repository: commit, fetch, combine both sides, check, push; nothing is lost on the way."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Final

from commlog.check.context import WHOLE_LOG
from commlog.check.inspect import inspect_log
from commlog.errors import CommlogError, ConflictError, ExitCode, InvalidError
from commlog.followups.rules.follow_up import CLOSED, DONE, read_follow_ups
from commlog.git import remote
from commlog.git.objects import iter_blobs
from commlog.git.run import GitResult, ask, commit_hash, require_prefix
from commlog.log.files import lock
from commlog.log.log import SCHEMAS_FOLDER, ensure_state_folder, not_writable, open_log
from commlog.log.names import RECORDS, STATE_FOLDER, SUFFIX
from commlog.messages import LANGUAGES, current_language, mark, mark_plural, translate, translate_plural, use_language
from commlog.team.clone import require_branch
from commlog.team.sync_check import OWN_PATHS, check_commits, refusal_of, refuse_errors, refuse_wrong_settings
from commlog.values import CUSTOMER, FOLDERS, Fields
from commlog.workspace import Workspace, make_workspace

BACKUP: Final = "refs/commlog/before-sync"
_ATTEMPTS: Final = 5
_NO_REPOSITORY: Final = mark(
    "to get a team's log: git clone URL; to share this one: git init; git add .; git commit; git remote add origin URL; git push -u origin main"
)
_TREE: Final = "sync-tree"


class NotSharedError(CommlogError):
    """The commits here could not be sent, or those of others could not be fetched."""

    exit_code: ClassVar[ExitCode] = ExitCode.NOT_DELIVERED


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync did, or in a dry run would do.

    `committed` are paths below the log and `message` the message of their commit; `left` are files below records/ that
    are not the log's; `upstream` is empty when the branch has none; `sent` and `received` count commits, `ahead`
    those that are on this machine only. `backup` is the hash that refs/commlog/before-sync keeps, empty when nothing was
    moved. `errors` counts problems of the files that were received, `remarks` are what the merge driver reported.
    """

    branch: str = ""
    upstream: str = ""
    committed: tuple[str, ...] = ()
    message: str = ""
    left: tuple[str, ...] = ()
    sent: int = 0
    received: int = 0
    ahead: int = 0
    backup: str = ""
    errors: int = 0
    remarks: tuple[str, ...] = ()


def sync_log(workspace: Workspace, message: str = "", *, is_dry: bool = False) -> SyncResult:
    """What a sync did; in a dry run what it would do, as far as this clone knows; an empty message is made from the changes.

    Raises:
        ConflictError: the clone is not at rest, or both sides changed the same; the work tree is as it was.
        InvalidError: what is to be sent has mistakes; nothing was sent.
        NotSharedError: the remote cannot be reached, or refuses; the commits stay here.
        NoLogError, NotWritableError: there is no repository, or the state folder cannot be written.
    """
    root = workspace.log.root
    prefix = require_prefix(root, _NO_REPOSITORY)
    if is_dry:
        branch = require_branch(root)
        made = _find_commit(workspace, prefix, message)[1]
        ahead = remote.count_commits(root, branch.upstream_head, branch.head) + bool(made.committed)
        received = remote.count_commits(root, branch.head, branch.upstream_head)
        sent = ahead if branch.upstream else 0
        return replace(
            made, branch=branch.name, upstream=branch.short_upstream, sent=sent, received=received, ahead=ahead - sent
        )
    with _one_at_a_time(root):
        branch = require_branch(root)
        remote.drop_tree(root, root / STATE_FOLDER / _TREE)
        if branch.head:
            remote.keep_commit(root, BACKUP, branch.head)
        made = replace(_commit(workspace, prefix, message), branch=branch.name)
        if not branch.upstream:
            return replace(made, ahead=remote.count_commits(root, "", commit_hash(root, "HEAD")))
        if made.committed:
            workspace = replace(workspace, _index=None)
        return _share(workspace, prefix, branch, made)


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Hold the lock between syncs, waiting while another process holds it.

    Raises:
        NotWritableError: the state folder cannot be written.
    """
    with ExitStack() as held:
        try:
            held.enter_context(lock(ensure_state_folder(root) / "sync.lock"))
        except OSError as fault:
            raise not_writable(STATE_FOLDER, fault) from None
        yield


def _find_commit(workspace: Workspace, prefix: str, words: str) -> tuple[list[remote.WorkTreeChange], SyncResult]:
    """What is to be committed, checked.

    Raises:
        InvalidError, ConflictError: there are mistakes in it.
    """
    changes = remote.list_changes(workspace.log.root, prefix, OWN_PATHS)
    wanted = [change for change in changes if not change.is_new or _is_of_log(change.path)]
    left = tuple(change.path for change in changes if change not in wanted and not _is_hidden(change.path))
    if not wanted:
        return [], SyncResult(left=left)
    gone = [change.path for change in wanted if change.is_gone]
    paths = [change.path for change in wanted if not change.is_gone]
    found = inspect_log(workspace, WHOLE_LOG.narrow(paths, gone))
    refuse_errors(found, mark("your changes have mistakes ({count}); nothing was committed, nothing was sent"))
    names = tuple(sorted({change.path for change in wanted}))
    return wanted, SyncResult(committed=names, message=words or commit_message(workspace, wanted), left=left)


def _is_of_log(path: str) -> bool:
    """Whether a file git knows nothing of belongs to the log, and is not an editor's copy or a file in the making."""
    if path.startswith(f"{RECORDS}/"):
        return path.endswith(SUFFIX) and not _is_hidden(path)
    return not path.startswith(f"{SCHEMAS_FOLDER}/") or (path.endswith(".json") and not _is_hidden(path))


def _is_hidden(path: str) -> bool:
    return Path(path).name.startswith(".") and "/" in path


def _commit(workspace: Workspace, prefix: str, words: str) -> SyncResult:
    """Commit what is changed of the log, and nothing else.

    Raises:
        InvalidError, ConflictError: there are mistakes in it, or git refuses; nothing was committed.
    """
    root = workspace.log.root
    with workspace.log.lock():
        changes, made = _find_commit(workspace, prefix, words)
        if not changes:
            return made
        answer = remote.commit_files(root, changes, made.message)
    if not answer.is_good:
        raise InvalidError(
            mark("git could not commit; nothing was sent"),
            source=answer.words or answer.out.strip(),
            remedy=mark("fix what git reports, then: commlog sync"),
        )
    remote.keep_commit(root, BACKUP, commit_hash(root, "HEAD"))
    return made


def _share(workspace: Workspace, prefix: str, branch: remote.Branch, made: SyncResult) -> SyncResult:
    """Fetch, put together, check and push, again while others are faster."""
    root = workspace.log.root
    start = commit_hash(root, "HEAD")
    remarks: tuple[str, ...] = ()
    for _ in range(_ATTEMPTS):
        branch = _fetch(root, branch)
        taken = _take_in(root, branch)
        commit = taken.commit
        if commit != branch.head:
            refuse_wrong_settings(root, branch, commit)
        moved = _move(workspace, branch, commit)
        if not moved.is_good:
            # Somebody wrote into a file that came in, or made a commit: it is taken along like the others.
            _commit(replace(workspace, _index=None), prefix, "")
            if commit_hash(root, "HEAD") == branch.head:
                raise ConflictError(
                    mark("git cannot write the fetched changes into your files; nothing was changed or sent"),
                    source=moved.words,
                    remedy=mark("move the files it lists to another place, then: commlog sync"),
                )
            continue
        if commit != branch.head:
            workspace = make_workspace(
                open_log(root, str(root)), workspace.now, workspace.who, make_cipher=workspace.reader.cipher.elsewhere
            )
            remarks += taken.remarks
        errors = check_commits(workspace, branch, commit, start)
        sent = remote.count_commits(root, branch.upstream_head, commit)
        answer = remote.push(root, branch, commit) if sent else GitResult(0)
        if answer.is_good:
            received = remote.count_commits(root, start, branch.upstream_head)
            # What was there before is named when others' commits went below it.
            is_mixed = received and commit not in {start, branch.upstream_head}
            return replace(
                made,
                upstream=branch.short_upstream,
                sent=sent,
                received=received,
                backup=start if is_mixed else "",
                errors=errors,
                remarks=remarks,
            )
        if not remote.was_overtaken(answer):
            raise _not_sent(branch, answer, sent)
    raise ConflictError(
        mark("others kept pushing to {upstream}; your commits are kept here, and were not sent"),
        upstream=branch.short_upstream,
        remedy=mark("run it again: commlog sync"),
    )


def _move(workspace: Workspace, branch: remote.Branch, commit: str) -> GitResult:
    """What git says to bringing the work tree to a commit that holds what the branch held when it was looked at."""
    root = workspace.log.root
    if commit == branch.head:
        return GitResult(0)
    with workspace.log.lock():
        if commit_hash(root, "HEAD") != branch.head:
            return GitResult(1)
        return remote.move_to(root, branch.name, commit)


def _fetch(root: Path, branch: remote.Branch) -> remote.Branch:
    """The branch after a fetch.

    Raises:
        NotSharedError: the remote cannot be reached.
    """
    answer = remote.fetch(root, branch)
    now = require_branch(root)
    if not answer.is_good:
        raise NotSharedError(
            mark("the remote '{remote}' cannot be reached; what was not sent is kept here (commits: {count})"),
            remote=branch.remote,
            count=remote.count_commits(root, now.upstream_head, now.head),
            source=answer.words,
            remedy=mark("check the address (git remote -v) and the network, then: commlog sync"),
        )
    return now


def _take_in(root: Path, branch: remote.Branch) -> remote.Integration:
    """The commit that holds what is here and what is upstream.

    Raises:
        ConflictError: both sides changed the same; names the files.
    """
    upstream = branch.upstream_head
    if not upstream or not remote.count_commits(root, branch.head, upstream):
        return remote.Integration(branch.head)
    if not remote.count_commits(root, upstream, branch.head):
        return remote.Integration(upstream)
    # What was merged by hand stays merged: rebased commit by commit it would be in conflict once more.
    merges = ask(root, "rev-list", "--merges", "--max-count=1", f"{upstream}..{branch.head}").out.strip()
    must_merge = bool(merges) or remote.is_merging(root, branch.name)
    found = remote.integrate(root, root / STATE_FOLDER / _TREE, upstream, is_merging=must_merge)
    if found.commit:
        return found
    raise refusal_of(root, branch, found)


def _not_sent(branch: remote.Branch, answer: GitResult, count: int) -> CommlogError:
    refused = mark("{upstream} rejects what is sent; it is kept here (commits: {count})")
    lost = mark("{upstream} could not be reached; what was not sent is kept here (commits: {count})")
    refusals = remote.refusals_of(answer)
    return NotSharedError(
        refused if refusals else lost,
        upstream=branch.short_upstream,
        count=count,
        source="\n".join(filter(None, (answer.words, *refusals))),
        remedy=mark("fix what git reports, then: commlog sync"),
    )


# Beyond so many changed records nobody counts what was done in them.
_MOST: Final = 300
_CUSTOMERS: Final = f"{RECORDS}/{FOLDERS[CUSTOMER][0]}/"
# What is counted, and its texts.
_COUNTED: Final = (
    ("new", mark_plural("{count} record", "{count} records")),
    ("customers", mark_plural("{count} customer", "{count} customers")),
    ("changed", mark_plural("{count} record changed", "{count} records changed")),
    ("gone", mark_plural("{count} record removed", "{count} records removed")),
    ("done", mark_plural("{count} follow-up done", "{count} follow-ups done")),
)


def commit_message(workspace: Workspace, changes: Sequence[remote.WorkTreeChange]) -> str:
    """One line for a commit of these changes: "3 records, 2 follow-ups done"."""
    records = [change for change in changes if change.path.startswith(f"{RECORDS}/")]
    gone = [change for change in records if change.is_gone]
    new = [change for change in records if not change.is_gone and (change.is_new or change.staged == "A")]
    changed = [change for change in records if change not in gone and change not in new]
    customers = sum(change.path.startswith(_CUSTOMERS) for change in new)
    counts = {"new": len(new) - customers, "customers": customers, "changed": len(changed), "gone": len(gone)}
    counts["done"] = _count_done(workspace, [change.path for change in changed], [change.path for change in new])
    with _in_language(workspace.log.settings.language):
        parts = [
            translate_plural(*texts, counts[name]).format(count=counts[name])
            for name, texts in _COUNTED
            if counts[name]
        ]
        if len(records) < len(changes):
            parts.append(translate("settings"))
        return translate(", ").join(parts)


def _count_done(workspace: Workspace, changed: Sequence[str], new: Sequence[str]) -> int:
    """How many follow-ups are done in some files that were not in HEAD."""
    if len(changed) + len(new) > _MOST:
        return 0
    count = sum(len(_done_in(workspace, path)) for path in new)
    before = iter_blobs(workspace.log.root, [f"HEAD:./{path}" for path in changed])
    for path, (_, raw) in zip(changed, before, strict=True):
        record = workspace.reader.read_raw(path, raw).record if raw is not None else None
        earlier = _numbers_done(record.fields) if record else set()
        count += len(_done_in(workspace, path) - earlier)
    return count


def _done_in(workspace: Workspace, path: str) -> set[int]:
    record = workspace.reader.read(path).record
    return _numbers_done(record.fields) if record else set()


def _numbers_done(fields: Fields) -> set[int]:
    return {item.n for item in read_follow_ups(fields) if item.status in {DONE, CLOSED} and not item.is_cancelled}


@contextmanager
def _in_language(language: str) -> Iterator[None]:
    """Speak a log's language for a moment; `auto` is the one in use."""
    before = current_language()
    use_language(language if language in LANGUAGES else before)
    try:
        yield
    finally:
        use_language(before)
