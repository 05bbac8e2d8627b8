"""What every use case works on: one log, its templates, its copy, who asks, and the instant it is."""

from dataclasses import dataclass
from datetime import datetime

from commlog.errors import UsageError
from commlog.index.database import Index
from commlog.index.entries import RecordReader
from commlog.index.glimpse import Glimpse
from commlog.index.refresh import open_index
from commlog.messages import mark
from commlog.model.moment import format_instant
from commlog.store.log import SCHEMAS_FOLDER, Log
from commlog.store.names import RECORDS
from commlog.templates.catalog import Catalog, shipped_folder
from commlog.templates.validation import Validator


@dataclass(slots=True)
class Workspace:
    """A log in use at one instant; `now` is aware and in the log's zone, `member` is who asks when known."""

    log: Log
    catalog: Catalog
    reader: RecordReader
    now: datetime
    member: str | None = None
    glimpse: Glimpse | None = None
    _index: Index | None = None

    @property
    def index(self) -> Index:
        """The copy, refreshed once on first use."""
        if self._index is None:
            self._index = open_index(self.reader, self.glimpse)
        return self._index

    @property
    def stamp(self) -> str:
        """The instant it is, as text for a record."""
        return format_instant(self.now)

    def require_member(self, named: str | None) -> str:
        """The id of the member named, else of the one who asks.

        Raises:
            UsageError: nobody is named and nobody is known.
        """
        name = named or self.member
        if not name:
            raise UsageError(
                mark("who are you? no member is known"),
                remedy=mark(
                    "set $COMMLOG_MEMBER to a member's id, or give git's user.email to a member as `email` in commlog.yaml"
                ),
            )
        member = self.log.settings.find_member(name)
        return member.id if member else name

    def unreadable_files(self) -> list[str]:
        """Files below records/ that are in no answer because they cannot be read as records."""
        return [row[0] for row in self.index.rows("SELECT path FROM files WHERE is_readable = 0 ORDER BY path")]


def make_workspace(log: Log, now: datetime, member: str | None, glimpse: Glimpse | None = None) -> Workspace:
    """A workspace on a log; `now` may be in any zone, `glimpse` is what helpers are looking at already."""
    own = (log.schemas_folder,) if log.schemas_folder.is_dir() else ()
    catalog = Catalog((*own, shipped_folder()))
    reader = RecordReader(log, catalog, Validator(catalog))
    return Workspace(log, catalog, reader, now.astimezone(log.settings.zone), member, glimpse)


def schema_comment(workspace: Workspace, template: str, path: str) -> str:
    """The first line of a record, by which editors find its template; empty when the log has no such file."""
    if not (workspace.log.schemas_folder / f"{template}.schema.json").is_file():
        return ""
    up = "../" * path.count("/") if path.startswith(RECORDS) else ""
    return f"# yaml-language-server: $schema={up}{SCHEMAS_FOLDER}/{template}.schema.json"
