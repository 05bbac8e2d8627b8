"""Conditions on what a record says: any of its words, and the fields that have no column of their own."""

from collections.abc import Sequence
from typing import Final

from commlog.database.content import SEPARATOR, key_mark
from commlog.database.query.conditions import NEVER, SqlCondition, _within, all_of, any_of, is_between, is_one_of
from commlog.database.query.filter import Term, ValueType
from commlog.database.query.values import QueryContext, instant_range
from commlog.records.rules.consistency import fold_text

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
