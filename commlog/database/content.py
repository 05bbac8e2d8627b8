"""The searchable text of a record: every leaf value under its field's name, in one string."""

from typing import TYPE_CHECKING, Final

from commlog.records.rules.consistency import fold
from commlog.values import Data, Fields

if TYPE_CHECKING:
    from commlog.forms.fields import Field

BEFORE_KEY: Final = "\x1e"
BEFORE_VALUE: Final = "\x1f"
# Not worth finding: the tool's own bookkeeping.
_LEFT_OUT: Final = frozenset({"ID", "TEMPLATE", "FOLLOWUPS.HISTORY", "HISTORY", "FOLLOWUPS.N"})


def content_of(fields: Fields, choices: frozenset[str]) -> str:
    """Every leaf value of the fields between separators.

    A key is the dotted path without list places, in upper case; a value of a key in `choices` (an enum's slug) is in
    upper case too, all other text is folded. So what people search for, folded, never meets a key or a slug.
    """
    parts: list[str] = []
    for key, value in fields.items():
        _collect(key.upper(), value, choices, parts)
    parts.append(BEFORE_KEY)
    return "".join(parts)


def _collect(key: str, value: Data, choices: frozenset[str], parts: list[str]) -> None:
    if isinstance(value, str):
        if key not in _LEFT_OUT:
            text = value.upper() if key in choices else fold(value)
            parts.append(f"{BEFORE_KEY}{key}{BEFORE_VALUE}{text}")
    elif isinstance(value, dict):
        if key not in _LEFT_OUT:
            for name, item in value.items():
                _collect(f"{key}.{name.upper()}", item, choices, parts)
    elif isinstance(value, list):
        for item in value:
            _collect(key, item, choices, parts)
    elif value is not None:
        parts.append(f"{BEFORE_KEY}{key}{BEFORE_VALUE}{str(value).lower()}")


def values_in(content: str, key: str) -> list[str]:
    """The values of a dotted key in a record's content, as they are stored there."""
    start = f"{BEFORE_KEY}{key.upper()}{BEFORE_VALUE}"
    values = []
    place = content.find(start)
    while place >= 0:
        begin = place + len(start)
        end = content.find(BEFORE_KEY, begin)
        values.append(content[begin:end])
        place = content.find(start, end)
    return values


def first_value(content: str | None, key: str | None) -> str | None:
    """The SQL function `field`: a key's first value in lower case, or NULL."""
    if content is None or key is None:
        return None
    values = values_in(content, key)
    return values[0].lower() if values else None


def has_words(content: str | None, key: str | None, words: str | None) -> int:
    """The SQL function `field_has`: 1 when a value of the key holds the folded words."""
    if content is None or key is None or words is None:
        return 0
    return int(any(words in value for value in values_in(content, key)))


def fold_value(text: object) -> str | None:
    """The SQL function `fold`: text as it is compared, or NULL."""
    return None if text is None else fold(str(text))


def choice_keys(fields: "tuple[Field, ...]", above: str = "") -> frozenset[str]:
    """The dotted keys, in upper case, whose values are slugs of a list of choices."""
    found: set[str] = set()
    for item in fields:
        key = f"{above}{item.key.upper()}" if item.key else above.rstrip(".")
        inner = item.item
        if item.enum_labels or (inner is not None and inner.enum_labels):
            found.add(key)
        found |= choice_keys(item.fields, f"{key}.")
        if inner is not None:
            found |= choice_keys(inner.fields, f"{key}.")
    return frozenset(found)
