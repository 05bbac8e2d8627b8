"""The question as a value: what a listing is narrowed to, the same for queries as typed and for options."""

import dataclasses
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from commlog.errors import UsageError

Operator = Literal["=", "prefix", "<", "<=", ">", ">=", ".."]


class ValueType(Enum):
    """How the values of a field are read and compared."""

    TEXT = "text"  # contains, folded
    NAME = "name"  # the whole value, ASCII case apart
    CHOICE = "choice"  # one of a list of slugs
    FLAG = "flag"  # yes or no
    NUMBER = "number"
    MOMENT = "moment"  # a day or an instant, asked for by periods
    RECORD = "record"  # the id of a record
    PRESENCE = "presence"  # the name of something a record may hold


@dataclass(frozen=True, slots=True)
class QueryField:
    """A field that can be asked for: built in, or (`is_content`) the dotted key of a template's field."""

    name: str
    type: ValueType
    is_content: bool = False


@dataclass(frozen=True, slots=True)
class QueryPosition:
    """Where a part of a question stands: the query as typed, and the column (from 1; 0 is nowhere)."""

    query: str = ""
    column: int = 0


@dataclass(frozen=True, slots=True)
class All:
    """Everything."""


@dataclass(frozen=True, slots=True)
class TextTerm:
    """The records that hold this text in any value."""

    text: str


@dataclass(frozen=True, slots=True)
class Term:
    """A field that is, starts with or compares to one of the values; `..` has two, empty is open."""

    field: QueryField
    operator: Operator
    values: tuple[str, ...]
    # Where a mistake in a value is to be shown; no part of what is asked.
    spot: QueryPosition = dataclasses.field(default=QueryPosition(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """What the part does not match."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class And:
    """What every part matches."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What any part matches."""

    parts: tuple["Filter", ...]


Filter = All | TextTerm | Term | Not | And | Or


def every(parts: Iterable[Filter]) -> Filter:
    """Give the filter that all parts match, without needless nesting; of no parts: everything."""
    flat: list[Filter] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And) else () if isinstance(part, All) else (part,))
    return All() if not flat else flat[0] if len(flat) == 1 else And(tuple(flat))


def either(parts: Iterable[Filter]) -> Filter:
    """Give the filter that any part matches, without needless nesting."""
    flat: list[Filter] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Or) else (part,))
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def opposite(part: Filter) -> Filter:
    """Give the filter that matches what the part does not."""
    return part.part if isinstance(part, Not) else Not(part)


def count_values(question: Filter) -> int:
    """How many values and words the question compares with."""
    match question:
        case And(parts) | Or(parts):
            return sum(count_values(part) for part in parts)
        case Not(part):
            return count_values(part)
        case Term(values=values):
            return len(values)
        case _:
            return 1


def fault(message: str, spot: QueryPosition, remedy: str = "", **facts: Any) -> UsageError:
    """Give the error of a marked message at a place of the query."""
    return UsageError(message, remedy=remedy, column=spot.column, source=_picture(spot), **facts)


def displayable_text(text: str) -> str:
    """Give a text from the query as it may be shown: nothing that steers a terminal, not endless."""
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return clean if len(clean) <= 80 else clean[:79] + "…"


def _picture(spot: QueryPosition) -> str:
    if not spot.column:
        return ""
    # A long query is cut before the place, so that the caret stays in sight.
    first = max(0, spot.column - 61)
    line = "".join(
        " " if letter.isspace() else letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for letter in spot.query[first : first + 120]
    )
    return f"{line}\n{' ' * _width(line[: spot.column - 1 - first])}^"


def _width(text: str) -> int:
    """Columns a terminal needs: Chinese and full-width letters take two."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
