"""Conditions on what a record says: any of its words, and the fields that have no column of their own."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from commlog.database.query.filter import Term, ValueType
from commlog.database.query.values import Frame, stretch_of
from commlog.records.rules.consistency import fold

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


# Written around keys and values by the index; text that holds one can match nothing.
_BEFORE_KEY: Final = "\x1e"
_BEFORE_VALUE: Final = "\x1f"

_VALUE: Final = "SELECT field(content, ?) AS value FROM contents WHERE contents.record = r.record AND"
_CONTENT: Final = "SELECT 1 FROM contents WHERE contents.record = r.record AND"
_COMPARED: Final = "SELECT 1 FROM"


def holds_words(text: str) -> Condition:
    """Any value of the record holds the text, folded."""
    return _inside((_holds(fold(text)),)) if _is_data(text) else NEVER


def holds_key(key: str) -> Condition:
    """Ask whether the record has this field, or a field inside it."""
    marks = (f"{_BEFORE_KEY}{key.upper()}{_BEFORE_VALUE}", f"{_BEFORE_KEY}{key.upper()}.")
    return _inside((any_of(_holds(mark) for mark in marks),)) if _is_data(key) else NEVER


def content_condition(term: Term, frame: Frame) -> Condition:
    """Ask whether a template's field has a value that the term asks for.

    Raises:
        UsageError: a value is not a date.

    """
    if not all(map(_is_data, (term.field.name, *term.values))):
        term = Term(term.field, term.operator, tuple(filter(_is_data, term.values)), term.spot)
        if not term.values or not _is_data(term.field.name):
            return NEVER
    if term.field.type is ValueType.NUMBER:
        return _compared(term, number_condition("CAST(value AS REAL)", term))
    if term.field.type is ValueType.MOMENT:
        return _compared(term, _moment_condition(term, frame))
    if term.field.type is ValueType.TEXT and term.operator == "=":
        return _inside((any_of(_text_condition(term.field.name, value) for value in term.values),))
    return _inside((any_of(_holds(text) for text in _marked(term)),))


def number_condition(column: str, term: Term) -> Condition:
    """Compare a numeric column to the term's values as asked."""
    numbers = tuple(float(value) if value else None for value in term.values)
    if term.operator == "..":
        low, high = numbers
        sides = ((">=", low), ("<=", high))
        return all_of(Condition(f"{column} {sign} ?", (side,)) for sign, side in sides if side is not None)
    known = [number for number in numbers if number is not None]
    if term.operator == "=":
        return is_one_of(column, known)
    return any_of(Condition(f"{column} {term.operator} ?", (number,)) for number in known)


def _marked(term: Term) -> Sequence[str]:
    """Give the stretches of content that stand for the values: slugs in upper case, all else folded."""
    is_choice = term.field.type is ValueType.CHOICE
    end = "" if term.operator == "prefix" else _BEFORE_KEY
    start = f"{_BEFORE_KEY}{term.field.name.upper()}{_BEFORE_VALUE}"
    return [f"{start}{value.upper() if is_choice else fold(value)}{end}" for value in term.values]


def _text_condition(key: str, value: str) -> Condition:
    folded = fold(value)
    # The quick look at the whole content spares most rows the slower one at the field.
    words = all_of((_holds(folded), Condition("field_has(content, ?, ?)", (key.lower(), folded))))
    # Slugs stand in upper case, also in a field that takes other words beside them.
    return any_of((words, _holds(f"{_BEFORE_KEY}{key.upper()}{_BEFORE_VALUE}{value.upper()}{_BEFORE_KEY}")))


def _moment_condition(term: Term, frame: Frame) -> Condition:
    found = []
    for value in term.values[:1] if term.operator == ".." else term.values:
        stretch = stretch_of(term, value, frame)
        days = is_between("value", *stretch.days())
        seconds = is_between("CAST(strftime('%s', upper(value)) AS INTEGER)", *stretch.seconds())
        found.append(
            Condition(
                f"CASE WHEN length(value) = 10 THEN {days.sql} ELSE {seconds.sql} END",
                (*days.parameters, *seconds.parameters),
            )
        )
    return any_of(found)


def _compared(term: Term, condition: Condition) -> Condition:
    key = term.field.name
    has_key = _holds(f"{_BEFORE_KEY}{key.upper()}{_BEFORE_VALUE}")
    return Condition(
        f"EXISTS ({_COMPARED} ({_VALUE} {has_key.sql}) WHERE {condition.sql})",
        (key.lower(), *has_key.parameters, *condition.parameters),
    )


def _inside(conditions: Sequence[Condition]) -> Condition:
    inner = all_of(conditions)
    return Condition(f"EXISTS ({_CONTENT} {inner.sql})", inner.parameters)


def _holds(text: str) -> Condition:
    return Condition("instr(content, ?) > 0", (text,))


def _is_data(text: str) -> bool:
    return _BEFORE_KEY not in text and _BEFORE_VALUE not in text
