"""Conditions on what a record says: any of its words, and the fields that have no column of their own."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from commlog.database.content import SEPARATOR, key_mark
from commlog.database.query.filter import Term, ValueType
from commlog.database.query.values import QueryContext, instant_range
from commlog.records.rules.consistency import fold_text

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


_CONTENT: Final = "SELECT 1 FROM contents WHERE contents.record = r.record AND"
_VALUE: Final = "SELECT field(content, ?) AS value FROM contents WHERE contents.record = r.record AND"
_HAS_KEY: Final = "instr(content, ?) > 0"


def holds_words(text: str) -> SqlCondition:
    """Any value of the record holds the text, folded."""
    # Words that hold what stands between two values can match nothing.
    return NEVER if SEPARATOR in text else _inside((SqlCondition("instr(folded, ?) > 0", (fold_text(text),)),))


def holds_key(key: str) -> SqlCondition:
    """Ask whether the record has this field, or a field inside it."""
    return _inside((SqlCondition(f"{_HAS_KEY} AND has_field(content, ?)", (key_mark(key), key)),))


def content_condition(term: Term, frame: QueryContext) -> SqlCondition:
    """Ask whether a template's field has a value that the term asks for.

    Raises:
        UsageError: a value is not a date.

    """
    if term.field.type is ValueType.NUMBER:
        return _compared(term, number_condition("CAST(value AS REAL)", term))
    if term.field.type is ValueType.MOMENT:
        return _compared(term, _moment_condition(term, frame))
    return _inside((any_of(_text_condition(term, fold_text(value)) for value in term.values),))


def number_condition(column: str, term: Term) -> SqlCondition:
    """Compare a numeric column to the term's values as asked."""
    numbers = tuple(float(value) if value else None for value in term.values)
    if term.operator == "..":
        return _within(column, (">=", numbers[0]), ("<=", numbers[1]))
    known = [number for number in numbers if number is not None]
    if term.operator == "=":
        return is_one_of(column, known)
    return any_of(SqlCondition(f"{column} {term.operator} ?", (number,)) for number in known)


def _text_condition(term: Term, folded: str) -> SqlCondition:
    """Ask for one folded value: within text, as a whole of choices and yes or no, at the beginning of either."""
    is_text = term.field.type is ValueType.TEXT
    function = "field_starts" if term.operator == "prefix" else "field_has" if is_text else "field_is"
    # The quick look at the whole text spares most rows the slower one at the field; slugs are in upper case there.
    texts = dict.fromkeys((folded, folded.upper()))
    quick = any_of(SqlCondition("instr(folded, ?) > 0", (text.replace(SEPARATOR, " "),)) for text in texts)
    slow = SqlCondition(
        f"{_HAS_KEY} AND {function}(content, ?, ?)", (key_mark(term.field.name), term.field.name, folded)
    )
    return all_of((quick, slow))


def _moment_condition(term: Term, frame: QueryContext) -> SqlCondition:
    found = []
    for value in term.values[:1] if term.operator == ".." else term.values:
        stretch = instant_range(term, value, frame)
        days = is_between("value", *stretch.days())
        seconds = is_between("CAST(strftime('%s', value) AS INTEGER)", *stretch.seconds())
        found.append(
            SqlCondition(
                f"CASE WHEN length(value) = 10 THEN {days.sql} ELSE {seconds.sql} END",
                (*days.parameters, *seconds.parameters),
            )
        )
    return any_of(found)


def _compared(term: Term, condition: SqlCondition) -> SqlCondition:
    key = term.field.name
    return SqlCondition(
        f"EXISTS (SELECT 1 FROM ({_VALUE} {_HAS_KEY}) WHERE {condition.sql})",
        (key, key_mark(key), *condition.parameters),
    )


def _inside(conditions: Sequence[SqlCondition]) -> SqlCondition:
    inner = all_of(conditions)
    return SqlCondition(f"EXISTS ({_CONTENT} {inner.sql})", inner.parameters)
