"""Conditions of SQL with their values, and how they are joined."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

Parameter = str | int | float


class SqlCondition(NamedTuple):
    """The text of an SQL condition and the parameters of its question marks, in order."""

    sql: str
    parameters: tuple[Parameter, ...] = ()


ALWAYS = SqlCondition("1")
NEVER = SqlCondition("0")


def all_of(conditions: Iterable[SqlCondition]) -> SqlCondition:
    """Give what holds when every condition does; of none: always."""
    return _joined(tuple(conditions), " AND ") or ALWAYS


def any_of(conditions: Iterable[SqlCondition]) -> SqlCondition:
    """Give what holds when any condition does; of none: never."""
    return _joined(tuple(conditions), " OR ") or NEVER


def _joined(conditions: tuple[SqlCondition, ...], word: str) -> SqlCondition | None:
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    text = word.join(condition.sql for condition in conditions)
    return SqlCondition(f"({text})", tuple(value for condition in conditions for value in condition.parameters))


def opposite_of(condition: SqlCondition) -> SqlCondition:
    """Give what holds when the condition does not; something unknown counts as not holding."""
    return SqlCondition(f"NOT ifnull({condition.sql}, 0)", condition.parameters)


def is_one_of(column: str, values: Sequence[Parameter]) -> SqlCondition:
    """Ask whether the column is one of the values, to the letter."""
    if len(values) == 1:
        return SqlCondition(f"{column} = ?", tuple(values))
    return SqlCondition(f"{column} IN ({', '.join('?' * len(values))})", tuple(values))


def is_named(column: str, names: Sequence[str]) -> SqlCondition:
    """Ask whether the column is one of the names; the case of ASCII letters does not count."""
    has_case = any(letter.isascii() and letter.isalpha() for name in names for letter in name)
    # The plain comparison can use an index.
    return is_one_of(f"{column} COLLATE NOCASE" if has_case else column, names)


def starts_with(column: str, beginnings: Sequence[str]) -> SqlCondition:
    """Ask whether the column starts with one of the texts; the case of ASCII letters does not count."""
    return any_of(
        SqlCondition(f"substr({column}, 1, {len(text)}) = ? COLLATE NOCASE", (text,))
        if text
        else SqlCondition(f"{column} IS NOT NULL")
        for text in beginnings
    )


def is_between(column: str, start: Parameter | None, end: Parameter | None) -> SqlCondition:
    """Ask whether the column is at least `start` and less than `end`; None is open."""
    return _within(column, (">=", start), ("<", end))


def _within(column: str, *sides: tuple[str, Parameter | None]) -> SqlCondition:
    return all_of(SqlCondition(f"{column} {sign} ?", (side,)) for sign, side in sides if side is not None)


def is_among(column: str, selection: str, condition: SqlCondition) -> SqlCondition:
    """Give `column IN (selection WHERE condition)`; the selection is a SELECT without its WHERE."""
    # The tables are read once for the whole listing, not once a row.
    return SqlCondition(f"{column} IN ({selection} WHERE {condition.sql})", condition.parameters)


# A number from outside (`ref:…`) is no record: two conversations that quote it stay two.
_THREAD: Final = """\
WITH RECURSIVE thread (id) AS (
    VALUES (?)
    UNION
    SELECT links.target FROM thread
        JOIN records ON records.id = thread.id
        JOIN links ON links.record = records.record
        WHERE links.target NOT LIKE 'ref:%'
    UNION
    SELECT records.id FROM thread
        JOIN links ON links.target = thread.id
        JOIN records ON records.record = links.record
)
SELECT id FROM thread"""


def thread_ids(record_id: str) -> SqlCondition:
    """Give the SQL of the ids of all records in a record's thread, itself and dangling targets included."""
    return SqlCondition(_THREAD, (record_id,))


def neighbours(record_id: str) -> SqlCondition:
    """Ask whether the row of `records r` points to this record, or this record to it."""
    return SqlCondition(
        "(r.record IN (SELECT record FROM links WHERE target = ?)"
        " OR r.id IN (SELECT target FROM records JOIN links USING (record) WHERE records.id = ?))",
        (record_id, record_id),
    )
