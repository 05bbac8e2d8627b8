"""A map: what a file's columns become in a record, as values; `map_reader` reads one from YAML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from commlog.errors import InvalidError
from commlog.exchange.transfer_dates import DateReader
from commlog.forms.catalog import Template
from commlog.forms.conversion import Converter
from commlog.forms.fields import Field, closest
from commlog.forms.fields import fold as fold_name
from commlog.messages import mark, translate
from commlog.problems import Problem
from commlog.records.rules.consistency import fold
from commlog.values import Data, Fields, ValuePath

# Columns commlog itself adds to a rejects file; they are no part of the row.
LINE_COLUMN: Final = "commlog_line"
REASON_COLUMN: Final = "commlog_reason"
OWN_COLUMNS: Final = frozenset({LINE_COLUMN, REASON_COLUMN})


class Piece(NamedTuple):
    """A piece of a text: words as they are, or (`is_column`) the name of the column whose cell stands there."""

    text: str
    is_column: bool = False


def fold_cell(text: str) -> str:
    """A cell as it is compared: case, width and surrounding blanks do not count."""
    return fold(text.strip())


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when any of the alternatives does: each asks of some columns that their cell be one of some folded texts."""

    alternatives: tuple[Mapping[str, frozenset[str]], ...]

    def holds(self, cells: Mapping[str, str]) -> bool:
        """Whether a row is meant."""
        return any(
            all(fold_cell(cells.get(column, "")) in wanted for column, wanted in alternative.items())
            for alternative in self.alternatives
        )


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: texts made of pieces, each left out when a cell in it is empty, joined.

    `values` translates the whole text (folded). `split` makes a list of it. `longest` cuts it, in characters.
    """

    texts: tuple[tuple[Piece, ...], ...]
    join: str = "\n"
    values: Mapping[str, Data] = field(default_factory=dict)
    default: Data = None
    when: Condition | None = None
    unless: Condition | None = None
    split: str = ""
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """A field to fill: how the map names it, what the template says of it, its place in the record, its source."""

    name: str
    field: Field
    path: ValuePath
    source: Source


@dataclass(frozen=True, slots=True)
class FollowUpRule:
    """A follow-up that some rows get."""

    targets: tuple[Target, ...]
    when: Condition | None = None
    unless: Condition | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A column the map names, and where."""

    column: str
    place: Problem


@dataclass(frozen=True, slots=True)
class ImportMap:
    """A checked map; an empty `identity` means all columns."""

    name: str
    template: Template
    dates: DateReader
    converter: Converter
    encoding: str = ""
    delimiter: str = ""
    identity: tuple[str, ...] = ()
    creates_customers: bool = False
    new_customer: tuple[Target, ...] = ()
    constants: Fields = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    follow_ups: tuple[FollowUpRule, ...] = ()
    keeps_others: bool = True
    references: tuple[Reference, ...] = ()
    text: str = ""


def require_columns(import_map: ImportMap, columns: tuple[str, ...]) -> None:
    """Refuse a map that names columns the file does not have.

    Raises:
        InvalidError: names them all, each with its place in the map and the nearest column of the file.
    """
    missing = [reference for reference in import_map.references if reference.column not in columns]
    if not missing:
        return
    names = {fold_name(column): column for column in columns}
    problems = [_missing(reference, names) for reference in missing]
    raise InvalidError(
        mark("the map names columns that the file does not have"),
        problems=problems,
        source=import_map.text,
        remedy=mark("the file's columns are: {columns}"),
        columns=", ".join(columns),
    )


def _missing(reference: Reference, names: Mapping[str, str]) -> Problem:
    near = names.get(closest(fold_name(reference.column), names))
    expected = (
        translate("a column of the file; the nearest is '{near}'").format(near=near)
        if near
        else translate("a column of the file")
    )
    place = reference.place
    facts = (("value", reference.column), ("expected", expected))
    return Problem("bad-setting", place.path, place.line, place.column, place.field, facts)
