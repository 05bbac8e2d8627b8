"""Files of the log as the copy holds them: who reads them, and what comes of it.

What reading takes is loaded with the first file that is read: a copy that is up to date answers without it.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commlog.forms.catalog import Catalog
from commlog.log.log import Log

if TYPE_CHECKING:
    from commlog.database.rows import Rows
    from commlog.forms.validation import Validator
    from commlog.privacy.cipher import Vault
    from commlog.privacy.rules.sealing import Plan
    from commlog.privacy.seal_keys import KeySource
    from commlog.problems import Problem
    from commlog.values import Record


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that was read: the record, or nothing when it cannot be one, and every problem found."""

    record: "Record | None"
    problems: "tuple[Problem, ...]"
    raw: bytes = b""
    text: str = ""


@dataclass(slots=True)
class RecordReader:
    """Reads files of one log into records, checked against their templates; `choices` are the enums it met, by template.

    `keys` says where the identities are that open sealed values; `plans` is what is sealed, by template.
    """

    log: Log
    catalog: Catalog
    _validator: "Validator | None" = None
    choices: dict[str, frozenset[str]] = field(default_factory=dict)
    keys: "KeySource | None" = None
    plans: "dict[str, Plan]" = field(default_factory=dict)
    _vault: "Vault | None" = None

    @property
    def is_sealing(self) -> bool:
        """Whether the log's settings have values sealed."""
        return self.log.settings.seal is not None

    @property
    def key_source(self) -> "KeySource":
        """Where the keys of this call are, also for a log at another place with this one's records."""
        from dataclasses import replace

        from commlog.privacy.seal_keys import KeySource

        source = self.keys or KeySource()
        return replace(source, folder=str(source.folder_of(self.log.root)))

    @property
    def vault(self) -> "Vault":
        """Who seals and opens values; made when the first one is met."""
        if self._vault is None:
            from commlog.privacy.cipher import Vault
            from commlog.privacy.seal_keys import KeySource

            self._vault = Vault(self.log.root, self.log.settings.seal, self.keys or KeySource())
        return self._vault

    @property
    def validator(self) -> "Validator":
        """Who checks records; made when the first one is checked."""
        if self._validator is None:
            from commlog.forms.validation import Validator

            self._validator = Validator(self.catalog)
        return self._validator

    def read(self, path: str) -> Reading:
        """The record in a file and all of its problems; never raises for what the file holds."""
        from commlog.database.read_files import read_file

        return read_file(self, path)

    def read_raw(self, path: str, raw: bytes) -> Reading:
        """The record in the bytes of a file, and all of its problems."""
        from commlog.database.read_files import read_raw

        return read_raw(self, path, raw)

    def rows(self, record: "Record") -> "Rows":
        """The rows of a record for the copy."""
        from commlog.database.read_files import make_rows

        return make_rows(self, record)
