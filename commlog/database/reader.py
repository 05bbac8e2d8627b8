"""Files of the log as the index holds them: who reads them, and what comes of it.

What reading takes is loaded with the first file that is read: an index that is up to date answers without it.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commlog.forms.catalog import Catalog
from commlog.log.log import Log

if TYPE_CHECKING:
    from commlog.database.rows import Rows
    from commlog.forms.validation import Validator
    from commlog.privacy.rules.sealing import Cipher, MakeCipher, Plan
    from commlog.problems import Problem
    from commlog.values import Record


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file that was read: the record, or nothing when it cannot be one, and every problem found."""

    record: "Record | None"
    problems: "tuple[Problem, ...]"
    raw: bytes = b""
    text: str = ""


@dataclass(slots=True)
class RecordReader:
    """Reads files of one log into records, checked against their templates; `choices` are the enums it met, by template.

    `make_cipher` makes what opens sealed values, none when nothing can; `plans` is what is sealed, by template.
    """

    log: Log
    catalog: Catalog
    _validator: "Validator | None" = None
    choices: dict[str, frozenset[str]] = field(default_factory=dict)
    make_cipher: "MakeCipher | None" = None
    plans: "dict[str, Plan]" = field(default_factory=dict)
    _cipher: "Cipher | None" = None

    @property
    def is_sealing(self) -> bool:
        """Whether the log's settings have values sealed."""
        return self.log.settings.seal is not None

    @property
    def cipher(self) -> "Cipher":
        """What seals and opens values; made when the first one is met."""
        if self._cipher is None:
            from commlog.privacy.rules.sealing import NoKeys

            make = self.make_cipher
            self._cipher = make(self.log.root, self.log.settings.seal) if make else NoKeys()
        return self._cipher

    @property
    def validator(self) -> "Validator":
        """Who checks records; made when the first one is checked."""
        if self._validator is None:
            from commlog.forms.validation import Validator

            self._validator = Validator(self.catalog)
        return self._validator

    def read(self, path: str) -> ParsedFile:
        """The record in a file and all of its problems; never raises for what the file holds."""
        from commlog.database.read_files import read_file

        return read_file(self, path)

    def read_raw(self, path: str, raw: bytes) -> ParsedFile:
        """The record in the bytes of a file, and all of its problems."""
        from commlog.database.read_files import read_raw

        return read_raw(self, path, raw)

    def rows(self, record: "Record") -> "Rows":
        """The rows of a record for the index."""
        from commlog.database.read_files import make_rows

        return make_rows(self, record)
