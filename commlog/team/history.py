"""The history of one record: what every commit changed in it, and what is not committed yet."""

from pathlib import PurePosixPath

from commlog.errors import AmbiguousError, NotFoundError, UnreadableError
from commlog.git import history as git
from commlog.git.objects import iter_blobs
from commlog.log.names import candidate_paths
from commlog.records.change_fields import fields_named, mask_of, narrowed
from commlog.records.find import find_path
from commlog.records.revisions import (
    NOTHING,
    FileVersion,
    HistoryReader,
    blobs_of,
    describe,
    read_version,
    read_versions,
    steps_of,
)
from commlog.team.rules.field_change import History, Revision
from commlog.workspace import Workspace


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
    steps = list(steps_of(commits))
    past = HistoryReader(workspace.log.settings, git.shallow_boundary(root), bool(wanted))
    revisions = past.revisions(steps, read_versions(workspace.reader, path, iter_blobs(root, blobs_of(steps))))
    pending = _uncommitted(workspace, path, source, blob)
    if pending is not None:
        revisions.insert(0, past.detailed(*pending))
    mask = mask_of(workspace, reveal=reveal)
    chosen = [kept for kept in (narrowed(revision, wanted) for revision in revisions) if kept is not None]
    newest = next((revision for revision in revisions if revision.template), None)
    return History(
        newest.record if newest else PurePosixPath(path).stem,
        path,
        newest.template if newest else "",
        tuple(map(mask.cover, chosen)),
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
) -> tuple[Revision, FileVersion, FileVersion] | None:
    """What is in the work tree and in no commit, between which versions; None when nothing is."""
    committed = next((raw for _, raw in iter_blobs(workspace.log.root, [blob] if blob else [])), None)
    before = read_version(workspace.reader, source, committed) if blob else NOTHING
    raw: bytes | None = None
    try:
        raw = workspace.log.read_bytes(path)
        after = read_version(workspace.reader, path, raw)
    except NotFoundError:
        after = NOTHING
    except UnreadableError as fault:
        after = FileVersion(problem=fault.message)
    if (after == NOTHING and not blob) or (raw is not None and raw == committed and source == path):
        return None
    return describe(path, source if blob else path, before, after), before, after
