"""What every use case works on: one log, its templates, its index, who asks, and the instant it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from commlog.database.connection import Index
from commlog.database.queries import StoredDate, file_paths, missing_key_hints
from commlog.database.reader import RecordReader
from commlog.database.refresh import open_index
from commlog.errors import UsageError
from commlog.forms.catalog import Catalog
from commlog.forms.schemas import shipped_folder
from commlog.log.log import SCHEMAS_FOLDER, Log
from commlog.log.names import RECORDS
from commlog.messages import mark
from commlog.records.rules.consistency import spoken_names
from commlog.values import Fields, SealedPlace
from commlog.worktime.moment import format_instant

if TYPE_CHECKING:
    from commlog.privacy.rules.sealing import MakeCipher

# A member by name, or how to find out: asking git for its user takes a process of its own.
Who = str | Callable[[], str | None] | None


@dataclass(slots=True)
class Workspace:
    """A log in use at one instant; `now` is aware and in the log's zone, `who` asks.

    `shut_dates` counts the sealed yearly dates that were asked for and could not be read.
    """

    log: Log
    catalog: Catalog
    reader: RecordReader
    now: datetime
    who: Who = None
    shut_dates: int = 0
    _index: Index | None = None

    @property
    def index(self) -> Index:
        """The index, refreshed once on first use."""
        if self._index is None:
            self._index = open_index(self.reader)
        return self._index

    @property
    def member(self) -> str | None:
        """The member who asks, by id or another name; asked for once, and only by those who need it."""
        if callable(self.who):
            self.who = self.who()
        return self.who

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
                mark("it is unknown which member you are"),
                remedy=mark(
                    "set $COMMLOG_MEMBER to a member's id, or give git's user.email to a member as `email` in commlog.yaml"
                ),
            )
        return self.log.settings.member_id(name)

    @property
    def is_shut(self) -> bool:
        """Whether the log seals values and this call has no key to read them all."""
        if not self.reader.is_sealing:
            return False
        return not self.reader.cipher.identities or bool(missing_key_hints(self.index))

    def stored(self, template: str, fields: Fields, sealed: tuple[SealedPlace, ...] = ()) -> Fields:
        """The fields of a record as its file is to have them: sealed where the settings say so.

        `sealed` is what was sealed in the file before; what did not change keeps its ciphertext.

        Raises:
            NotWritableError, InvalidError: a value cannot be sealed here; it must not be written plain.
        """
        if not sealed and not self.reader.is_sealing:
            return fields
        from commlog.database.seal_fields import stored_fields

        return stored_fields(self.reader, template, fields, sealed)

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Work of which nothing is kept: no new key of a customer is written down."""
        if not self.reader.is_sealing:
            yield
            return
        with self.reader.cipher.trial():
            yield

    def names_of(self, text: str) -> tuple[str, ...]:
        """What the index may know a customer by when somebody writes this."""
        return self.as_copied(spoken_names(text))

    def as_copied(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Folded names, and what the index has for those of them that are sealed."""
        if not self.reader.is_sealing:
            return names
        from commlog.database.sealed import names_to_look_up

        return names_to_look_up(self.reader.cipher, names)

    def open_dates(self, rows: list[StoredDate]) -> list[StoredDate]:
        """Yearly dates, the sealed ones open; those that stay shut are left out."""
        if not self.reader.is_sealing:
            return rows
        from commlog.database.sealed import date_of_row

        opened = [date_of_row(self.reader.cipher, row) if row.date.startswith("age") else row for row in rows]
        self.shut_dates = opened.count(None)
        return [row for row in opened if row is not None]

    def unreadable_files(self) -> list[str]:
        """Files below records/ that are in no answer because they cannot be read as records."""
        return file_paths(self.index, is_readable=False)


def make_workspace(log: Log, now: datetime, who: Who, *, make_cipher: "MakeCipher | None" = None) -> Workspace:
    """A workspace on a log; `now` may be in any zone, `who` is who asks or finds it out.

    `make_cipher` makes what opens and seals values, with the keys of this call.
    """
    own = (log.schemas_folder,) if log.schemas_folder.is_dir() else ()
    catalog = Catalog((*own, shipped_folder()))
    reader = RecordReader(log, catalog, make_cipher=make_cipher)
    return Workspace(log, catalog, reader, now.astimezone(log.settings.zone), who)


def schema_comment(workspace: Workspace, template: str, path: str) -> str:
    """The first line of a record, by which editors find its template; empty when the log has no such file."""
    if not (workspace.log.schemas_folder / f"{template}.schema.json").is_file():
        return ""
    up = "../" * path.count("/") if path.startswith(RECORDS) else ""
    return f"# yaml-language-server: $schema={up}{SCHEMAS_FOLDER}/{template}.schema.json"
