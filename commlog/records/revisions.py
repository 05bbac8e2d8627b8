"""Revisions of a record: what each commit did to its fields, from the versions git has of its file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Final

from commlog.database.reader import RecordReader
from commlog.git import history as git
from commlog.log.names import RECORDS
from commlog.log.settings import Settings
from commlog.messages import translate
from commlog.privacy.rules.sealing import HEADER
from commlog.problems import Problem
from commlog.team.rules import field_change as field_changes
from commlog.values import Fields, text_of
from commlog.yamltext.parse import decode, parse_yaml
from commlog.yamltext.scalars import YamlError

# With one of these a sealed value begins.
_SEALED: Final = f":{HEADER}".encode()
_CUSTOMERS: Final = f"{RECORDS}/customers/"


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file as it was once: its fields, or why it cannot be read as a record; neither for a file that is not there."""

    fields: Fields | None = None
    problem: str = ""


NOTHING: Final = FileVersion()


@dataclass(slots=True)
class HistoryReader:
    """What makes revisions of commits; `cut` are the commits of a shallow clone whose parents are not there.

    With `is_detailed`, a record that is made or deleted has each of its fields as a change.
    """

    team: Settings
    cut: frozenset[str] = frozenset()
    is_detailed: bool = False
    _members: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._members = {member.email.casefold(): member.id for member in self.team.members if member.email}

    def revisions(
        self, steps: Sequence[tuple[git.Commit, git.FileChange]], versions: Mapping[str, FileVersion]
    ) -> list[field_changes.Revision]:
        """One revision for each step of one file, the newest first as they come; `versions` by blob."""
        known = {"": NOTHING, **versions}
        last_readable: dict[str, str] = {}
        made = []
        for commit, change in reversed(steps):
            parents = [_readable(known, last_readable, blob) for blob in change.before]
            if change.after and known[change.after].fields is None and parents:
                last_readable[change.after] = parents[0]
            before = tuple(known[blob] for blob in parents)
            revision = self._revision(commit, change, before, known[change.after])
            if revision is not None:
                made.append(revision)
        return made[::-1]

    def is_by(self, commit: git.Commit, member: str) -> bool:
        """Whether a commit is of a member's id, or of somebody who is called so."""
        wanted = member.casefold()
        return self.member_of(commit) == member or wanted in {commit.author.casefold(), commit.email.casefold()}

    def member_of(self, commit: git.Commit) -> str | None:
        """The id of the member whose address git's author has."""
        return self._members.get(commit.email.casefold())

    def day_of(self, commit: git.Commit) -> date:
        """The day a commit was committed, in the log's zone."""
        instant = self._local(commit.committed)
        return instant.date() if instant else date.max

    def detailed(
        self, revision: field_changes.Revision, before: FileVersion, after: FileVersion
    ) -> field_changes.Revision:
        """The revision with every field of a record that was made or deleted, when details are wanted."""
        if not self.is_detailed or revision.kind not in {field_changes.CREATED, field_changes.DELETED}:
            return revision
        kind = field_changes.ADDED if revision.kind == field_changes.CREATED else field_changes.REMOVED
        fields = after.fields or before.fields or {}
        return replace(revision, changes=field_changes.spread_fields(fields, kind, revision.claimed_at))

    def _revision(
        self, commit: git.Commit, change: git.FileChange, before: Sequence[FileVersion], after: FileVersion
    ) -> field_changes.Revision | None:
        first = before[0] if before else NOTHING
        revision = self.detailed(describe(change.path, change.former, first, after), first, after)
        if commit.hash in self.cut and not commit.parents:
            revision = replace(revision, kind=field_changes.CUT, changes=(), claimed_at=None)
        elif len(before) > 1 and revision.kind == field_changes.CHANGED:
            fields = after.fields or {}
            shared = field_changes.shared_changes(
                [field_changes.find_changes(version.fields or {}, fields) for version in before]
            )
            if not shared:
                return None
            revision = replace(revision, changes=shared)
        return replace(
            revision,
            at=self._local(commit.authored),
            committed_at=self._local(commit.committed),
            commit=commit.hash,
            by=self.member_of(commit),
            author=commit.author,
            subject=commit.subject,
        )

    def _local(self, seconds: int) -> datetime | None:
        try:
            return datetime.fromtimestamp(seconds, self.team.zone)
        except (OverflowError, ValueError, OSError):
            return None


def describe(path: str, former: str, before: FileVersion, after: FileVersion) -> field_changes.Revision:
    """What became of a record between two versions of its file, whoever did it."""
    fields = after.fields or before.fields or {}
    kind = field_changes.CHANGED if before.fields is not None else field_changes.CREATED
    if after.problem:
        kind = field_changes.UNREADABLE
    elif after.fields is None:
        kind = field_changes.DELETED
    elif former != path:
        kind = field_changes.MOVED
    return field_changes.Revision(
        kind,
        text_of(fields, "id") or PurePosixPath(path).stem,
        path,
        former if former != path else "",
        template=text_of(fields, "template") or "",
        customer=_customer_of(path, fields),
        problem=after.problem,
        claimed_at=text_of(fields, "recorded_at") if kind == field_changes.CREATED else None,
        changes=field_changes.find_changes(before.fields, after.fields)
        if before.fields is not None and after.fields
        else (),
    )


def read_version(reader: RecordReader, path: str, raw: bytes | None) -> FileVersion:
    """The version of a file that some bytes are, sealed values open that can be; None stands for a blob that is missing.

    Raises:
        NotFoundError, InvalidError, UnreadableError: a key for sealed values is named, but of no use.
    """
    if raw is None:
        return FileVersion(problem=translate("its content is not in this clone"))
    try:
        data = parse_yaml(decode(raw))
    except YamlError as fault:
        problem = Problem(fault.code, path, fault.line, fault.column, "", tuple(fault.facts.items()))
        place = translate("line {line}: {reason}").format(line=fault.line, reason=problem.message)
        return FileVersion(problem=place if fault.line else problem.message)
    if not isinstance(data, dict):
        return FileVersion(problem=Problem("not-a-mapping", path).message)
    if _SEALED in raw:
        from commlog.database.sealed import open_fields

        data, _ = open_fields(reader.cipher, data)
    return FileVersion(data)


def read_versions(
    reader: RecordReader, path: str, contents: Iterable[tuple[str, bytes | None]]
) -> dict[str, FileVersion]:
    """The versions of a file by blob.

    Raises:
        NotFoundError, InvalidError, UnreadableError: a key for sealed values is named, but of no use.
    """
    return {blob: read_version(reader, path, raw) for blob, raw in contents}


def blobs_of(steps: Iterable[tuple[git.Commit, git.FileChange]]) -> list[str]:
    """The blobs that some steps of a file name, each once."""
    return list(dict.fromkeys(blob for _, change in steps for blob in (change.after, *change.before) if blob))


def steps_of(commits: Iterable[git.Commit]) -> Iterator[tuple[git.Commit, git.FileChange]]:
    """Every file that every commit changed."""
    for commit in commits:
        for change in commit.files:
            yield commit, change


def _readable(known: Mapping[str, FileVersion], last_readable: Mapping[str, str], blob: str) -> str:
    """The blob, or the last one before it that could be read."""
    seen = set()
    while blob and known[blob].fields is None and blob not in seen:
        seen.add(blob)
        blob = last_readable.get(blob, "")
    return "" if blob and known[blob].fields is None else blob


def _customer_of(path: str, fields: Fields) -> str | None:
    if path.startswith(_CUSTOMERS):
        return text_of(fields, "id") or PurePosixPath(path).stem
    return text_of(fields, "customer")
