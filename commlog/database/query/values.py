"""What follows a field's colon: operators, ranges and prefixes, and the stored form of each value."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import isfinite
from re import compile as pattern
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from commlog.database.query import filter as filters
from commlog.database.query.fields import FLAG_WORDS, VALUE_WORDS, plain_name
from commlog.database.query.tokens import Value
from commlog.database.query.vocabulary import Vocabulary
from commlog.messages import mark
from commlog.records.rules.consistency import fold_text
from commlog.worktime.calendar import WorkCalendar
from commlog.worktime.moment import parse_moment
from commlog.worktime.periods import parse_period

_SIGNS: Final = str.maketrans("＜＞＝", "<>=")
_OPERATOR: Final = pattern(r"<=|>=|<|>|=|≤|≥")
_OPERATORS: Final[dict[str, filters.Operator]] = {
    "<": "<",
    "<=": "<=",
    "≤": "<=",
    ">": ">",
    ">=": ">=",
    "≥": ">=",
    "=": "=",
}
_NUMBER: Final = pattern(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_ORDERED: Final = frozenset({filters.ValueType.MOMENT, filters.ValueType.NUMBER})
_WITHOUT_PREFIX: Final = frozenset({filters.ValueType.RECORD, filters.ValueType.FLAG, filters.ValueType.PRESENCE})


def value_terms(field: filters.QueryField, values: tuple[Value, ...], vocabulary: Vocabulary) -> filters.Filter:
    """Give the filter of a field and its values as typed, each in its stored form.

    Raises:
        UsageError: a value does not suit the field.

    """
    plain: list[str] = []
    parts: list[filters.Filter] = []
    for value in values:
        operator, texts = _split(field, value)
        context = (value.spot, vocabulary)
        stored = tuple(one for text in texts for one in stored_values(field, text, operator, context))
        # Dates keep their own places: whether they are dates shows only when the question is asked.
        if operator == "=" and field.type is not filters.ValueType.MOMENT:
            plain.extend(item for item in stored if item not in plain)
        else:
            parts.append(filters.Term(field, operator, stored, value.spot))
    if plain:
        parts.insert(0, filters.Term(field, "=", tuple(plain), values[0].spot))
    return filters.either(parts)


def _split(field: filters.QueryField, value: Value) -> tuple[filters.Operator, tuple[str, ...]]:
    if field.type in _ORDERED:
        return _split_ordered(field, value)
    last = value.pieces[-1]
    if last.is_quoted or not last.text.endswith("*") or field.type in _WITHOUT_PREFIX:
        return "=", (value.text,)
    return "prefix", (value.text[:-1],)


def _split_ordered(field: filters.QueryField, value: Value) -> tuple[filters.Operator, tuple[str, ...]]:
    operator: filters.Operator | None = None
    sides = [""]
    for number, piece in enumerate(value.pieces):
        text = piece.text
        if not piece.is_quoted:
            text = text.translate(_SIGNS)
            sign = _OPERATOR.match(text) if number == 0 else None
            if sign:
                operator, text = _OPERATORS[sign.group()], text[sign.end() :]
            if ".." in text and len(sides) == 1:
                before, _, text = text.partition("..")
                sides = [sides[0] + before, ""]
        sides[-1] += text
    if len(sides) == 1 and sides[0].strip():
        return operator or "=", (sides[0],)
    if operator or not "".join(sides).strip():
        raise filters.fault(
            mark("{field}: '{value}' is not a comparison or a range"),
            value.spot,
            mark("write {field}:<X, {field}:X..Y, {field}:X.. or {field}:..Y"),
            field=field.name,
            value=filters.displayable_text(value.text),
        )
    return "..", tuple(sides)


def stored_values(
    field: filters.QueryField, text: str, operator: filters.Operator, context: tuple[filters.QueryPosition, Vocabulary]
) -> tuple[str, ...]:
    """Give the stored forms a typed value stands for; a name may stand for several.

    Raises:
        UsageError: the value does not suit the field.

    """
    spot, vocabulary = context
    if operator == "prefix":
        return (plain_name(text) if field.type is filters.ValueType.CHOICE else text,)
    if operator == ".." and not text.strip():
        return ("",)
    return _READERS[field.type](field, text.strip() or text, spot, vocabulary)


def _text(
    field: filters.QueryField, text: str, _spot: filters.QueryPosition, vocabulary: Vocabulary
) -> tuple[str, ...]:
    return (vocabulary.values.get(field.name, {}).get(plain_name(text), text),)


def _name(
    field: filters.QueryField, text: str, _spot: filters.QueryPosition, vocabulary: Vocabulary
) -> tuple[str, ...]:
    folded = fold_text(text)
    if not field.is_content:
        if field.name == "customer":
            return vocabulary.customers(text) or (text,)
        if field.name == "id":
            return vocabulary.records(folded) or (text,)
        if field.name in {"agent", "owner"} and folded in vocabulary.members:
            return (vocabulary.members[folded],)
    return (vocabulary.values.get(field.name, {}).get(plain_name(text), text),)


def _choice(
    field: filters.QueryField, text: str, spot: filters.QueryPosition, vocabulary: Vocabulary
) -> tuple[str, ...]:
    name = plain_name(text)
    known = vocabulary.values.get(field.name, {})
    words = {} if field.is_content else VALUE_WORDS.get(field.name, {})
    # A value in the words of the log's own templates comes first.
    found = known.get(name) or words.get(name)
    if found is None and not known and field.name != "kind":
        return (name,)
    if found is None:
        slugs = sorted({*known.values(), *words.values()})
        raise _unknown_value(field, text, spot, slugs)
    return (found,)


def _flag(
    field: filters.QueryField, text: str, spot: filters.QueryPosition, _vocabulary: Vocabulary
) -> tuple[str, ...]:
    found = FLAG_WORDS.get(fold_text(text))
    if found is None:
        raise _unknown_value(field, text, spot, ["yes", "no"])
    return (found,)


def _number(
    field: filters.QueryField, text: str, spot: filters.QueryPosition, _vocabulary: Vocabulary
) -> tuple[str, ...]:
    folded = fold_text(text)
    if not _NUMBER.fullmatch(folded) or not isfinite(float(folded)):
        raise filters.fault(
            mark("{field}: '{value}' is not a number"),
            spot,
            mark("write e.g. {field}:4, {field}:>=4 or {field}:1..3"),
            field=field.name,
            value=filters.displayable_text(text),
        )
    return (folded,)


def _moment(
    field: filters.QueryField, text: str, _spot: filters.QueryPosition, _vocabulary: Vocabulary
) -> tuple[str, ...]:
    words = {} if field.is_content else VALUE_WORDS.get(field.name, {})
    return (words.get(plain_name(text), text),)


def _record(
    _field: filters.QueryField, text: str, _spot: filters.QueryPosition, vocabulary: Vocabulary
) -> tuple[str, ...]:
    return vocabulary.records(fold_text(text)) or (text,)


def _presence(
    field: filters.QueryField, text: str, spot: filters.QueryPosition, vocabulary: Vocabulary
) -> tuple[str, ...]:
    known = VALUE_WORDS["has"].get(plain_name(text))
    if known:
        return (known,)
    names = tuple(found.name for found in vocabulary.find(text))
    if not names:
        raise _unknown_value(field, text, spot, sorted(set(VALUE_WORDS["has"].values())))
    return names


_Reader = Callable[[filters.QueryField, str, filters.QueryPosition, Vocabulary], tuple[str, ...]]
_READERS: Final[dict[filters.ValueType, _Reader]] = {
    filters.ValueType.TEXT: _text,
    filters.ValueType.NAME: _name,
    filters.ValueType.CHOICE: _choice,
    filters.ValueType.FLAG: _flag,
    filters.ValueType.NUMBER: _number,
    filters.ValueType.MOMENT: _moment,
    filters.ValueType.RECORD: _record,
    filters.ValueType.PRESENCE: _presence,
}


def _unknown_value(field: filters.QueryField, text: str, spot: filters.QueryPosition, known: list[str]) -> Exception:
    return filters.fault(
        mark("{field}: '{value}' is not one of the choices"),
        spot,
        mark("use one of: {known}"),
        field=field.name,
        value=filters.displayable_text(text),
        known=", ".join(known),
    )


@dataclass(frozen=True, slots=True)
class QueryContext:
    """When and where a question is asked: `now` is aware, `zone` and `calendar` are the log's."""

    now: datetime
    zone: ZoneInfo
    calendar: WorkCalendar


class InstantRange(NamedTuple):
    """From `start` up to, not including, `end`; None is open."""

    start: datetime | None
    end: datetime | None

    def days(self) -> tuple[str | None, str | None]:
        """Give the first day and the day after the last one that the stretch touches, as `YYYY-MM-DD`."""
        # The midnight that ends a day belongs to the day before, also where the clock skips midnight.
        last = None if self.end is None else (self.end - timedelta(seconds=1)).date()
        return (
            None if self.start is None else self.start.date().isoformat(),
            None if last is None else (last + timedelta(days=1)).isoformat(),
        )

    def seconds(self) -> tuple[int | None, int | None]:
        """Give the same as whole seconds since 1970 UTC."""
        return (
            None if self.start is None else int(self.start.timestamp()),
            None if self.end is None else int(self.end.timestamp()),
        )


def instant_range(term: filters.Term, value: str, frame: QueryContext) -> InstantRange:
    """Give the stretch of time that one value of a term (for `..`: both) asks for.

    Raises:
        UsageError: the value is not a date, or the range ends before it starts.

    """
    if term.operator == "..":
        first, last = term.values
        start = _period(term, first, frame).start if first else None
        end = _period(term, last, frame).end if last else None
        if start and end and start >= end:
            raise filters.fault(
                mark("{field}: the range {first}..{last} ends before it starts"),
                term.spot,
                mark("swap the two ends"),
                field=term.field.name,
                first=filters.displayable_text(first),
                last=filters.displayable_text(last),
            )
        return InstantRange(start, end)
    whole = _period(term, value, frame)
    match term.operator:
        case "<":
            return InstantRange(None, whole.start)
        case "<=":
            return InstantRange(None, whole.end)
        case ">":
            return InstantRange(whole.end, None)
        case ">=":
            return InstantRange(whole.start, None)
    return whole


def _period(term: filters.Term, text: str, frame: QueryContext) -> InstantRange:
    """Give a named period, a day, or the second of an instant."""
    now = frame.now.astimezone(frame.zone)
    try:
        period = parse_period(text, now)
    except (ValueError, OverflowError):
        pass
    else:
        return InstantRange(period.start, period.end)
    try:
        moment = parse_moment(text, now, frame.calendar)
        if isinstance(moment, datetime):
            second = moment.astimezone(frame.zone).replace(microsecond=0)
            return InstantRange(second, second + timedelta(seconds=1))
        return _day(moment, now)
    except (ValueError, OverflowError) as error:
        raise filters.fault(
            mark("{field}: '{value}' is not a date or a period"),
            term.spot,
            mark("write e.g. 2026-03-14, 2026-03, 2026-Q1, last-month, tomorrow, +3d or 2026-03..2026-05"),
            field=term.field.name,
            value=filters.displayable_text(text),
        ) from error


def _day(day: date, now: datetime) -> InstantRange:
    period = parse_period(day.isoformat(), now)
    return InstantRange(period.start, period.end)
