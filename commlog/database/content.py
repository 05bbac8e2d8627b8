"""What the index keeps of a record's fields: their values as JSON, and all of them as one folded text to search in."""

import json
import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from commlog.forms.fields import Field
from commlog.records.rules.consistency import fold_text
from commlog.values import Data, Fields

# Between two values in the folded text: nobody finds words that begin in one value and end in the next.
SEPARATOR: Final = "\x1f"
# Not worth finding: the tool's own bookkeeping.
_LEFT_OUT: Final = frozenset({"id", "template", "followups.history", "history", "followups.n"})


_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Content(NamedTuple):
    """A row of `contents`: the fields as JSON, keys in lower case, and the text of every value."""

    content: str
    folded: str


class Leaf(NamedTuple):
    """A single value of a record: its dotted key without list places, and its text."""

    key: str
    text: str


def content_of(fields: Fields, choices: frozenset[str]) -> Content:
    """What is kept of some fields.

    In the folded text a value of a key in `choices` (an enum's slug) is in upper case: the words people search for,
    folded, do not find it.
    """
    texts: list[str] = []

    def keep(key: str, value: Data) -> Data:
        """A value as JSON holds it, without bookkeeping and whatever is empty; None when nothing is left."""
        if isinstance(value, list):
            return [item for one in value if (item := keep(key, one)) is not None] or None
        if value is None or (key in _LEFT_OUT and isinstance(value, (str, dict))):
            return None
        if isinstance(value, dict):
            return keep_mapping(f"{key}." if key else "", value)
        is_plain = isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))
        kept = value if is_plain else str(value)
        text = _text_of(kept)
        texts.append((text.upper() if key in choices else fold_text(text)).replace(SEPARATOR, " "))
        return kept

    def keep_mapping(above: str, value: Fields) -> Data:
        kept: Fields = {}
        for name, item in value.items():
            low = name.lower()
            found = keep(f"{above}{low}", item)
            if found is not None:
                # Two keys that differ in case alone are one key with both values.
                kept[low] = [kept[low], found] if low in kept else found
        return kept or None

    return Content(_encode(keep_mapping("", fields) or {}), SEPARATOR.join(texts))


def _text_of(value: Data) -> str:
    return value if isinstance(value, str) else str(value).lower()


def _leaves(key: str, value: Data) -> Iterator[Leaf]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(f"{key}.{name}" if key else name, item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(key, item)
    else:
        yield Leaf(key, _text_of(value))


def leaves_of(content: str) -> Iterator[Leaf]:
    """Every value of a record."""
    return _leaves("", json.loads(content))


def map_leaves(content: str, change: Callable[[Leaf], str]) -> str:
    """The content with the text of every value replaced; a value whose text stays the same keeps its type."""

    def changed(key: str, value: Data) -> Data:
        if isinstance(value, dict):
            return {name: changed(f"{key}.{name}" if key else name, item) for name, item in value.items()}
        if isinstance(value, list):
            return [changed(key, item) for item in value]
        leaf = Leaf(key, _text_of(value))
        text = change(leaf)
        return value if text == leaf.text else text

    return _encode(changed("", json.loads(content)))


@lru_cache(maxsize=64)
def key_mark(key: str) -> str:
    """What is in the JSON of every record that has the key: a quick look before the slower one."""
    return f"{json.dumps(key.lower().rpartition('.')[2], ensure_ascii=False)[1:]}:"


# Several questions to one row come one after another.
_parsed: Final = lru_cache(maxsize=2)(json.loads)


def _leaves_below(content: str, key: str) -> Iterator[Leaf]:
    """The values at and below a dotted key; those at the key itself have no key."""
    return _found(_parsed(content), key.lower()) if key_mark(key) in content else iter(())


def _found(value: Data, rest: str) -> Iterator[Leaf]:
    if isinstance(value, list):
        for item in value:
            yield from _found(item, rest)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == rest:
                yield from _leaves("", item)
            elif rest.startswith(f"{name}."):
                yield from _found(item, rest[len(name) + 1 :])


def values_in(content: str, key: str) -> list[str]:
    """The values of a dotted key, as the file has them."""
    return [leaf.text for leaf in _leaves_below(content, key) if not leaf.key]


def _first_value(content: str | None, key: str | None) -> str | None:
    """The SQL function `field`: a key's first value as the file has it, or NULL."""
    if content is None or key is None:
        return None
    return next(iter(values_in(content, key)), None)


def _has_field(content: str | None, key: str | None) -> int:
    """The SQL function `has_field`: 1 when the record has a value at the key or below it."""
    return int(content is not None and key is not None and any(_leaves_below(content, key)))


def _comparing(matches: Callable[[str, str], bool]) -> Callable[[str | None, str | None, str | None], int]:
    """An SQL function of a content, a key and folded words: 1 when one of the key's folded values matches the words."""

    def compare(content: str | None, key: str | None, words: str | None) -> int:
        if content is None or key is None or words is None:
            return 0
        return int(any(matches(fold_text(value), words) for value in values_in(content, key)))

    return compare


def _fold_value(text: object) -> str | None:
    """The SQL function `fold`: text as it is compared, or NULL."""
    return None if text is None else fold_text(str(text))


# What queries may call, by name: how many values it takes, and what gives the answer.
SQL_FUNCTIONS: Final[dict[str, tuple[int, Callable[..., Any]]]] = {
    "field": (2, _first_value),
    "has_field": (2, _has_field),
    "field_has": (3, _comparing(lambda value, words: words in value)),
    "field_is": (3, _comparing(lambda value, words: value == words)),
    "field_starts": (3, _comparing(lambda value, words: value.startswith(words))),
    "fold": (1, _fold_value),
}


def choice_keys(fields: tuple[Field, ...], above: str = "") -> frozenset[str]:
    """The dotted keys whose values are slugs of a list of choices."""
    found: set[str] = set()
    for item in fields:
        key = f"{above}{item.key.lower()}" if item.key else above.rstrip(".")
        inner = item.item
        if item.enum_labels or (inner is not None and inner.enum_labels):
            found.add(key)
        found |= choice_keys(item.fields, f"{key}.")
        if inner is not None:
            found |= choice_keys(inner.fields, f"{key}.")
    return frozenset(found)
