"""Pieces of SQL with their parameters; everything people typed travels as a parameter."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Parameter = str | int | float


class Condition(NamedTuple):
    """The text of an SQL condition and the parameters of its question marks, in order."""

    sql: str
    parameters: tuple[Parameter, ...] = ()


ALWAYS = Condition("1")
NEVER = Condition("0")


def all_of(conditions: Iterable[Condition]) -> Condition:
    """Give what holds when every condition does; of none: always."""
    return _joined(tuple(conditions), " AND ") or ALWAYS


def any_of(conditions: Iterable[Condition]) -> Condition:
    """Give what holds when any condition does; of none: never."""
    return _joined(tuple(conditions), " OR ") or NEVER


def _joined(conditions: tuple[Condition, ...], word: str) -> Condition | None:
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    text = word.join(condition.sql for condition in conditions)
    return Condition(f"({text})", tuple(value for condition in conditions for value in condition.parameters))


def opposite_of(condition: Condition) -> Condition:
    """Give what holds when the condition does not; something unknown counts as not holding."""
    return Condition(f"NOT ifnull({condition.sql}, 0)", condition.parameters)


def is_one_of(column: str, values: Sequence[Parameter]) -> Condition:
    """Ask whether the column is one of the values, to the letter."""
    if len(values) == 1:
        return Condition(f"{column} = ?", tuple(values))
    return Condition(f"{column} IN ({', '.join('?' * len(values))})", tuple(values))


def is_named(column: str, names: Sequence[str]) -> Condition:
    """Ask whether the column is one of the names; the case of ASCII letters does not count."""
    has_case = any(letter.isascii() and letter.isalpha() for name in names for letter in name)
    # The plain comparison can use an index.
    return is_one_of(f"{column} COLLATE NOCASE" if has_case else column, names)


def starts_with(column: str, beginnings: Sequence[str]) -> Condition:
    """Ask whether the column starts with one of the texts; the case of ASCII letters does not count."""
    return any_of(
        Condition(f"substr({column}, 1, {len(text)}) = ? COLLATE NOCASE", (text,))
        if text
        else Condition(f"{column} IS NOT NULL")
        for text in beginnings
    )


def is_between(column: str, start: Parameter | None, end: Parameter | None) -> Condition:
    """Ask whether the column is at least `start` and less than `end`; None is open."""
    sides = ((">=", start), ("<", end))
    return all_of(Condition(f"{column} {sign} ?", (side,)) for sign, side in sides if side is not None)


def is_among(column: str, selection: str, condition: Condition) -> Condition:
    """Give `column IN (selection WHERE condition)`; the selection is a SELECT without its WHERE."""
    # The tables are read once for the whole listing, not once a row.
    return Condition(f"{column} IN ({selection} WHERE {condition.sql})", condition.parameters)
