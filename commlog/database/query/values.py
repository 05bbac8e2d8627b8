"""What stands after a field's colon: operators, ranges and prefixes, and the stored form of each value."""

from collections.abc import Callable
from math import isfinite
from re import compile as pattern
from typing import TYPE_CHECKING, Final

from commlog.database.query.fields import FLAG_WORDS, VALUE_WORDS, plain_name
from commlog.database.query.filter import Filter, Operator, QueryField, Spot, Term, ValueType, either
from commlog.database.query.query_faults import fault, shown
from commlog.database.query.vocabulary import Vocabulary
from commlog.messages import mark
from commlog.records.rules.consistency import fold

if TYPE_CHECKING:
    # What the parser hands over; a term of an option comes without it.
    from commlog.database.query.tokens import Value

_SIGNS: Final = str.maketrans("＜＞＝", "<>=")
_OPERATOR: Final = pattern(r"<=|>=|<|>|=|≤|≥")
_OPERATORS: Final[dict[str, Operator]] = {"<": "<", "<=": "<=", "≤": "<=", ">": ">", ">=": ">=", "≥": ">=", "=": "="}
_NUMBER: Final = pattern(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_ORDERED: Final = frozenset({ValueType.MOMENT, ValueType.NUMBER})
_WITHOUT_PREFIX: Final = frozenset({ValueType.RECORD, ValueType.FLAG, ValueType.PRESENCE})


def terms_of(field: QueryField, values: "tuple[Value, ...]", vocabulary: Vocabulary) -> Filter:
    """Give the filter of a field and its values as typed, each in its stored form.

    Raises:
        UsageError: a value does not suit the field.

    """
    plain: list[str] = []
    parts: list[Filter] = []
    for value in values:
        operator, texts = _split(field, value)
        context = (value.spot, vocabulary)
        stored = tuple(one for text in texts for one in stored_values(field, text, operator, context))
        # Dates keep their own places: whether they are dates shows only when the question is asked.
        if operator == "=" and field.type is not ValueType.MOMENT:
            plain.extend(item for item in stored if item not in plain)
        else:
            parts.append(Term(field, operator, stored, value.spot))
    if plain:
        parts.insert(0, Term(field, "=", tuple(plain), values[0].spot))
    return either(parts)


def _split(field: QueryField, value: "Value") -> tuple[Operator, tuple[str, ...]]:
    if field.type in _ORDERED:
        return _split_ordered(field, value)
    last = value.pieces[-1]
    if last.is_quoted or not last.text.endswith("*") or field.type in _WITHOUT_PREFIX:
        return "=", (value.text,)
    return "prefix", (value.text[:-1],)


def _split_ordered(field: QueryField, value: "Value") -> tuple[Operator, tuple[str, ...]]:
    operator: Operator | None = None
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
        raise fault(
            mark("{field}: '{value}' is not a comparison or a range"),
            value.spot,
            mark("write {field}:<X, {field}:X..Y, {field}:X.. or {field}:..Y"),
            field=field.name,
            value=shown(value.text),
        )
    return "..", tuple(sides)


def stored_values(
    field: QueryField, text: str, operator: Operator, context: tuple[Spot, Vocabulary]
) -> tuple[str, ...]:
    """Give the stored forms a typed value stands for; a name may stand for several.

    Raises:
        UsageError: the value does not suit the field.

    """
    spot, vocabulary = context
    if operator == "prefix":
        return (plain_name(text) if field.type is ValueType.CHOICE else text,)
    if operator == ".." and not text.strip():
        return ("",)
    return _READERS[field.type](field, text.strip() or text, spot, vocabulary)


def _text(field: QueryField, text: str, _spot: Spot, vocabulary: Vocabulary) -> tuple[str, ...]:
    return (vocabulary.values.get(field.name, {}).get(plain_name(text), text),)


def _name(field: QueryField, text: str, _spot: Spot, vocabulary: Vocabulary) -> tuple[str, ...]:
    folded = fold(text)
    if not field.is_content:
        if field.name == "customer":
            return vocabulary.customers(folded) or (text,)
        if field.name == "id":
            return vocabulary.records(folded) or (text,)
        if field.name in {"agent", "owner"} and folded in vocabulary.members:
            return (vocabulary.members[folded],)
    return (vocabulary.values.get(field.name, {}).get(plain_name(text), text),)


def _choice(field: QueryField, text: str, spot: Spot, vocabulary: Vocabulary) -> tuple[str, ...]:
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


def _flag(field: QueryField, text: str, spot: Spot, _vocabulary: Vocabulary) -> tuple[str, ...]:
    found = FLAG_WORDS.get(fold(text))
    if found is None:
        raise _unknown_value(field, text, spot, ["yes", "no"])
    return (found,)


def _number(field: QueryField, text: str, spot: Spot, _vocabulary: Vocabulary) -> tuple[str, ...]:
    folded = fold(text)
    if not _NUMBER.fullmatch(folded) or not isfinite(float(folded)):
        raise fault(
            mark("{field}: '{value}' is not a number"),
            spot,
            mark("write e.g. {field}:4, {field}:>=4 or {field}:1..3"),
            field=field.name,
            value=shown(text),
        )
    return (folded,)


def _moment(field: QueryField, text: str, _spot: Spot, _vocabulary: Vocabulary) -> tuple[str, ...]:
    words = {} if field.is_content else VALUE_WORDS.get(field.name, {})
    return (words.get(plain_name(text), text),)


def _record(_field: QueryField, text: str, _spot: Spot, vocabulary: Vocabulary) -> tuple[str, ...]:
    return vocabulary.records(fold(text)) or (text,)


def _presence(field: QueryField, text: str, spot: Spot, vocabulary: Vocabulary) -> tuple[str, ...]:
    known = VALUE_WORDS["has"].get(plain_name(text))
    if known:
        return (known,)
    names = tuple(found.name for found in vocabulary.find(text))
    if not names:
        raise _unknown_value(field, text, spot, sorted(set(VALUE_WORDS["has"].values())))
    return names


_Reader = Callable[[QueryField, str, Spot, Vocabulary], tuple[str, ...]]
_READERS: Final[dict[ValueType, _Reader]] = {
    ValueType.TEXT: _text,
    ValueType.NAME: _name,
    ValueType.CHOICE: _choice,
    ValueType.FLAG: _flag,
    ValueType.NUMBER: _number,
    ValueType.MOMENT: _moment,
    ValueType.RECORD: _record,
    ValueType.PRESENCE: _presence,
}


def _unknown_value(field: QueryField, text: str, spot: Spot, known: list[str]) -> Exception:
    return fault(
        mark("{field}: '{value}' is not one of the choices"),
        spot,
        mark("use one of: {known}"),
        field=field.name,
        value=shown(text),
        known=", ".join(known),
    )
