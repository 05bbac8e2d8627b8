"""An import map: what a file's columns become in a record, as values; `map_reader` reads one from YAML."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, tzinfo
from typing import Final, NamedTuple

from commlog.errors import InvalidError
from commlog.forms.catalog import Template
from commlog.forms.conversion import Converter
from commlog.forms.fields import Field, closest
from commlog.forms.fields import fold_label as fold_name
from commlog.messages import mark, translate
from commlog.problems import Problem
from commlog.records.rules.consistency import fold_text
from commlog.values import CUSTOMER, Data, Fields, ValuePath
from commlog.worktime.calendar import wall_instant
from commlog.worktime.moment import format_instant

# The formats of a template's fields that are moments.
MOMENT_FORMATS: Final = frozenset({"date", "date-time", "date-or-date-time"})
_WORDS: Final = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}
_WORD: Final = re.compile(r"[A-Za-z]+")
# What is read when a map names no format: the forms of ISO 8601.
_ISO: Final = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%z",
)
_CLOCK: Final = re.compile(r"%[HIXcT]")


@dataclass(frozen=True, slots=True)
class DateReader:
    """How a file writes dates: formats in order of preference (none: ISO 8601), the zone of its clocks, the time of a bare day.

    `zone` is the file's, `log_zone` that of the log in which instants are stored.
    """

    formats: tuple[str, ...]
    zone: tzinfo
    log_zone: tzinfo
    clock: time = time(0, 0)

    def read(self, text: str, field_format: str) -> str | None:
        """The stored form of a date or time for a field of this format; None when no format of the file fits."""
        for pattern in self.formats or _ISO:
            try:
                moment = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is added below
                return self._store(moment, field_format, has_clock=_CLOCK.search(pattern) is not None)
            except (ValueError, OverflowError):
                continue
        return None

    def _store(self, moment: datetime, field_format: str, *, has_clock: bool) -> str:
        if field_format == "date" or (field_format == "date-or-date-time" and not has_clock):
            return date.isoformat(moment.date())
        if not has_clock:
            moment = datetime.combine(moment.date(), self.clock, moment.tzinfo)
        aware = moment if moment.tzinfo else wall_instant(moment, self.zone)
        return format_instant(aware.astimezone(self.log_zone))


def parse_format(text: str) -> str:
    """The strptime pattern of a format written in words (`month/day/year hour:minute`) or as a pattern already.

    Raises:
        ValueError: it names something else, or no year, month and day.
    """
    if "%" in text:
        datetime.strptime(datetime(2026, 3, 14).strftime(text), text)  # noqa: DTZ001, DTZ007 - only tried out
        return text
    pattern = _WORD.sub(lambda found: _WORDS[found[0]] if found[0] in _WORDS else _refuse(text), text)
    if not all(part in pattern for part in ("%Y", "%m", "%d")):
        _refuse(text)
    return pattern


def parse_time(text: str) -> time:
    """A time of day such as 09:00.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(r"[0-2][0-9]:[0-5][0-9]", text):
        _refuse(text)
    return time.fromisoformat(text)


def _refuse(text: str) -> str:
    raise ValueError(text)


# Columns commlog itself adds to a rejects file; they are no part of the row.
LINE_COLUMN: Final = "commlog_line"
REASON_COLUMN: Final = "commlog_reason"
OWN_COLUMNS: Final = frozenset({LINE_COLUMN, REASON_COLUMN})


class TextPart(NamedTuple):
    """A piece of a text: fixed text, or (`is_column`) the name of the column whose cell is inserted."""

    text: str
    is_column: bool = False


def fold_cell(text: str) -> str:
    """A cell as it is compared: case, width and surrounding blanks do not count."""
    return fold_text(text.strip())


@dataclass(frozen=True, slots=True)
class RowCondition:
    """Holds when any of the alternatives does: each asks of some columns that their cell be one of some folded texts."""

    alternatives: tuple[Mapping[str, frozenset[str]], ...]

    def holds(self, cells: Mapping[str, str]) -> bool:
        """Whether a row is meant."""
        return any(
            all(fold_cell(cells.get(column, "")) in wanted for column, wanted in alternative.items())
            for alternative in self.alternatives
        )


@dataclass(frozen=True, slots=True)
class ValueSource:
    """Where a value comes from: texts made of pieces, each left out when a cell in it is empty, joined.

    `values` translates the whole text (folded). `split` makes a list of it. `longest` cuts it, in characters.
    """

    texts: tuple[tuple[TextPart, ...], ...]
    join: str = "\n"
    values: Mapping[str, Data] = field(default_factory=dict)
    default: Data = None
    when: RowCondition | None = None
    unless: RowCondition | None = None
    split: str = ""
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """A field to fill: how the map names it, what the template says of it, its place in the record, its source."""

    name: str
    field: Field
    path: ValuePath
    source: ValueSource


@dataclass(frozen=True, slots=True)
class FollowUpRule:
    """A follow-up that some rows get."""

    targets: tuple[Target, ...]
    when: RowCondition | None = None
    unless: RowCondition | None = None


@dataclass(frozen=True, slots=True)
class ImportMap:
    """A checked map; an empty `identity` means all columns; `references` are the columns it names, each with its place."""

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
    references: tuple[tuple[str, Problem], ...] = ()
    text: str = ""


def require_columns(import_map: ImportMap, columns: tuple[str, ...]) -> None:
    """Refuse a map that names columns the file does not have.

    Raises:
        InvalidError: names them all, each with its place in the map and the nearest column of the file.
    """
    missing = [(column, place) for column, place in import_map.references if column not in columns]
    if not missing:
        return
    names = {fold_name(column): column for column in columns}
    raise InvalidError(
        mark("the map uses columns that the file does not have"),
        problems=[_missing(column, place, names) for column, place in missing],
        source=import_map.text,
        remedy=mark("the file's columns are: {columns}"),
        columns=", ".join(columns),
    )


def _missing(column: str, place: Problem, names: Mapping[str, str]) -> Problem:
    near = names.get(closest(fold_name(column), names))
    expected = translate("a column of the file; the nearest is '{near}'") if near else translate("a column of the file")
    return replace(place, facts=(("value", column), ("expected", expected.format(near=near))))


# Required of a record, yet filled in by the import itself.
_COMPLETED: Final = frozenset({"id", "template", "agent", "recorded_at"})
# Of a customer likewise: an individual unless the row gives a company, active.
_COMPLETED_OF_CUSTOMER: Final = frozenset({"type", "stage"})


def unfilled_fields(template: Template, filled: Collection[object]) -> list[Field]:
    """The required fields of a template that neither a map, which fills some, nor the import itself gives a value."""
    completed = _COMPLETED | (_COMPLETED_OF_CUSTOMER if template.kind == CUSTOMER else frozenset())
    required = (field for field in template.fields if field.required and field.default is None)
    return [field for field in required if field.key not in completed and field.key not in filled]
