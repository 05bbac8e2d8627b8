"""An import as values: the rows of a file, the fields made of each row, and the counts of what became of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from commlog.values import Data, Fields

# The key under `extra` that holds the digest of the row a record was made from.
IMPORT_KEY: Final = "import_key"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: the line it begins on, its cells by column, and the row as it is in the file.

    `original` is a list of cells, or an object, or the text of a line that is neither. `fault` says why
    the row cannot be used at all; it is empty for a good one.
    """

    line: int
    cells: Mapping[str, str]
    original: Data
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows under named columns; `rows` are read as they are asked for, once."""

    columns: tuple[str, ...]
    rows: Iterable[Row]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A row on its way to a record: what the map made of it.

    `customer` is the name in the file. `key` is the digest of the row's identity; it is empty for a whole
    record that brings its own id. `fault` says why the row can be no record.
    """

    row: Row
    template: str = ""
    fields: Fields = field(default_factory=dict)
    customer: str = ""
    new_customer: Fields = field(default_factory=dict)
    key: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not imported, and why."""

    row: Row
    reason: str


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of every row: `rows` is the sum of `created`, `present` and the rejected ones."""

    rows: int
    created: int
    present: int
    customers: int
    rejected: tuple[Rejected, ...] = ()
