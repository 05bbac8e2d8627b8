"""What commits changed, from git: the history of one record, and the audit of many."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Final

from commlog.database.query.select import ListedRows
from commlog.errors import AmbiguousError, NotFoundError, UnreadableError, UsageError
from commlog.git import history as git
from commlog.git.objects import iter_blobs
from commlog.log.names import RECORDS, SUFFIX, candidate_paths
from commlog.messages import mark
from commlog.output.listing import Listing, Page
from commlog.records import revisions as versions
from commlog.records.change_fields import fields_named, mask_of, narrowed
from commlog.records.find import find_path
from commlog.records.list import since_day
from commlog.records.queries import places_matching
from commlog.records.question import condition_of, filter_of
from commlog.team.rules.field_change import CHANGED, CUT, FieldChange, History, Revision, is_far
from commlog.values import Data
from commlog.workspace import Workspace
from commlog.worktime.moment import format_instant

COLUMN_NAMES: Final = (
    *("at", "by", "author", "record", "n", "customer", "change", "field", "before", "after", "commit"),
    *("claimed_at", "claim_differs", "committed_at", "template", "path"),
)
SHOWN: Final = ("at", "by", "record", "customer", "field", "before", "after", "commit", "claimed_at")
HistoryStep = tuple[git.Commit, git.FileChange]


def read_history(workspace: Workspace, text: str, fields: str = "", *, reveal: bool = False) -> History:
    """The revisions of the record an id names, the newest first; what is not committed comes before all.

    `fields` are keys or labels joined by commas: only changes of them are given, and versions that cannot be read.
    Personal data is masked unless revealed. A record that was deleted is found by its full id.

    Raises:
        NoLogError: there is no git repository, or git does not answer.
        NotFoundError, AmbiguousError: there is no such record, or several.
        UsageError: there is no such field.
    """
    root = workspace.log.root
    wanted = fields_named(workspace.catalog, fields)
    has_past = git.head_of(root) is not None
    path = _find_path(workspace, text, has_past=has_past)
    blob, source = _committed(workspace, path) if has_past else ("", path)
    commits = git.list_file_commits(root, source) if has_past else []
    steps = list(versions.steps_of(commits))
    past = versions.HistoryReader(workspace.log.settings, git.shallow_boundary(root), bool(wanted))
    revisions = past.revisions(
        steps, versions.read_versions(workspace.reader, path, iter_blobs(root, versions.blobs_of(steps)))
    )
    pending = _uncommitted(workspace, path, source, blob)
    if pending is not None:
        revisions.insert(0, past.detailed(*pending))
    newest = next((revision for revision in revisions if revision.template), None)
    return History(
        newest.record if newest else PurePosixPath(path).stem,
        path,
        newest.template if newest else "",
        tuple(_chosen(workspace, revisions, wanted, reveal=reveal)),
        any(commit.hash in past.cut for commit in commits),
    )


def _find_path(workspace: Workspace, text: str, *, has_past: bool) -> str:
    """The path of a record that is there, or was there and is named in full."""
    try:
        return find_path(workspace, text)
    except AmbiguousError:
        raise
    except NotFoundError:
        for path in candidate_paths(text) if has_past else ():
            if git.list_file_commits(workspace.log.root, path):
                return path
        raise


def _committed(workspace: Workspace, path: str) -> tuple[str, str]:
    """The blob that HEAD has of a record, and the path it has there; the blob is "" when it has none."""
    root = workspace.log.root
    blob = git.committed_blob(root, path)
    if not blob and (workspace.log.root / path).exists():
        former = git.former_path(root, path)
        if former is not None:
            return git.committed_blob(root, former), former
    return blob, path


def _uncommitted(
    workspace: Workspace, path: str, source: str, blob: str
) -> tuple[Revision, versions.FileVersion, versions.FileVersion] | None:
    """What is in the work tree and in no commit, between which versions; None when nothing is."""
    committed = next((raw for _, raw in iter_blobs(workspace.log.root, [blob] if blob else [])), None)
    before = versions.read_version(workspace.reader, source, committed) if blob else versions.NOTHING
    raw: bytes | None = None
    try:
        raw = workspace.log.read_bytes(path)
        after = versions.read_version(workspace.reader, path, raw)
    except NotFoundError:
        after = versions.NOTHING
    except UnreadableError as fault:
        after = versions.FileVersion(problem=fault.message)
    if (after == versions.NOTHING and not blob) or (raw is not None and raw == committed and source == path):
        return None
    return versions.describe(path, source if blob else path, before, after), before, after


def _chosen(
    workspace: Workspace, revisions: Iterable[Revision], wanted: frozenset[str], *, reveal: bool
) -> Iterator[Revision]:
    """The revisions with the changes of the wanted fields alone, personal data masked unless revealed."""
    mask = mask_of(workspace, reveal=reveal)
    for revision in revisions:
        kept = narrowed(revision, wanted)
        if kept is not None:
            yield mask.cover(kept)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which changes are wanted: of which day and later, by whom, of which fields; "" is all."""

    since: str = ""
    by: str = ""
    fields: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
    """The changes as a listing, and whether the clone does not hold all of the past."""

    listing: Listing
    is_cut: bool = False


def audit_log(
    workspace: Workspace,
    query: str = "",
    scope: AuditFilter | None = None,
    page: Page | None = None,
    *,
    reveal: bool = False,
) -> Audit:
    """What commits changed in records that match, the newest commit first; what is not committed is not part of it.

    A query is asked of the log as it is now, without one deleted records are there as well. Personal data is masked unless revealed.

    Raises:
        NoLogError: there is no git repository, or git does not answer.
        UsageError: the query, a field, the day or the sort is not understood.
    """
    scope, page = scope or AuditFilter(), page or Page()
    root = workspace.log.root
    wanted = fields_named(workspace.catalog, scope.fields)
    since = since_day(workspace, scope.since) if scope.since.strip() else None
    paths = _matching(workspace, query) if query.strip() else None
    if git.head_of(root) is None:
        return Audit(Listing(COLUMN_NAMES, (), SHOWN, "record"))
    past = versions.HistoryReader(workspace.log.settings, git.shallow_boundary(root), bool(wanted))
    commits = git.list_commits(root, [RECORDS])
    member = workspace.log.settings.member_id(scope.by.strip())
    order = {
        commit.hash: number
        for number, commit in enumerate(commits)
        if (not member or past.is_by(commit, member)) and (since is None or past.day_of(commit) >= since)
    }
    groups = [
        steps
        for path, steps in _by_record(commits).items()
        if (paths is None or path in paths) and any(commit.hash in order for commit, _ in steps)
    ]
    found = [revision for revision in _revisions(workspace, past, groups) if revision.commit in order]
    found.sort(key=lambda revision: (order[revision.commit], revision.path))
    is_cut = any(commit.hash in past.cut for commit in commits)
    rows = _sorted(list(_rows(workspace, found, wanted, reveal=reveal)), page.sort)
    return Audit(Listing(COLUMN_NAMES, tuple(rows if page.limit < 0 else rows[: page.limit]), SHOWN, "record"), is_cut)


def _matching(workspace: Workspace, query: str) -> frozenset[str]:
    """The paths of the records that match a query now."""
    question = filter_of(workspace, query)
    condition = condition_of(workspace, question, ListedRows.RECORDS)
    return frozenset(row.path for row in places_matching(workspace.index, condition))


def _by_record(commits: Iterable[git.Commit]) -> dict[str, list[HistoryStep]]:
    """What was done to each record's file, under the last path it had."""
    groups: dict[str, list[HistoryStep]] = {}
    later: dict[str, str] = {}
    for commit, change in versions.steps_of(commits):
        if not change.path.endswith(SUFFIX) or "/." in change.path:
            continue
        path = later.get(change.path, change.path)
        groups.setdefault(path, []).append((commit, change))
        if change.status == git.RENAMED:
            later[change.former] = path
    return groups


def _revisions(
    workspace: Workspace, past: versions.HistoryReader, groups: Sequence[Sequence[HistoryStep]]
) -> Iterator[Revision]:
    """The revisions of some files, each file's versions read and forgotten in its turn."""
    blobs = [versions.blobs_of(steps) for steps in groups]
    contents = iter_blobs(workspace.log.root, chain.from_iterable(blobs))
    for steps, own in zip(groups, blobs, strict=True):
        path = steps[0][1].path
        yield from past.revisions(steps, versions.read_versions(workspace.reader, path, islice(contents, len(own))))


def _rows(
    workspace: Workspace, revisions: Iterable[Revision], wanted: frozenset[str], *, reveal: bool
) -> Iterator[tuple[Data, ...]]:
    for shown in _chosen(workspace, revisions, wanted, reveal=reveal):
        if shown.kind == CUT:
            continue
        if (shown.kind != CHANGED and not wanted) or shown.problem:
            yield _row(shown, None)
        yield from (_row(shown, change) for change in shown.changes if not shown.is_note(change))


def _sorted(rows: list[tuple[Data, ...]], sort: str) -> list[tuple[Data, ...]]:
    """The rows by some columns, what has no value last; else in the order of the commits.

    Raises:
        UsageError: there is no such column.
    """
    for name in reversed([name.strip() for name in sort.split(",") if name.strip()]):
        column = name.removeprefix("-")
        if column not in COLUMN_NAMES:
            raise UsageError(
                mark("there is no column '{name}'"),
                name=column,
                remedy=mark("use some of: {columns}"),
                columns=", ".join(COLUMN_NAMES),
            )
        place = COLUMN_NAMES.index(column)
        rows.sort(key=lambda row: _order_of(row[place]), reverse=name.startswith("-"))
        rows.sort(key=lambda row: row[place] is None)
    return rows


def _order_of(value: Data) -> str:
    """A value as text that sorts as the value does, small whole numbers too."""
    return f"{value:08}" if isinstance(value, int) else str(value or "")


def _row(revision: Revision, change: FieldChange | None) -> tuple[Data, ...]:
    claim = change.claimed_at if change else revision.claimed_at
    values = {
        "at": revision.at and format_instant(revision.at),
        "committed_at": revision.committed_at and format_instant(revision.committed_at),
        "n": change.follow_up if change else None,
        "change": change.kind if change else revision.kind,
        "field": change.field if change else None,
        "before": change.before if change else revision.former or None,
        "after": change.after if change else revision.problem or (revision.path if revision.former else None),
        "claimed_at": claim,
        "claim_differs": is_far(claim, revision.committed_at),
    }
    return tuple(values[name] if name in values else getattr(revision, name) or None for name in COLUMN_NAMES)
