"""Rules between the values of one record that a schema cannot express; names and phone numbers as they are compared."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from commlog.followups.rules.follow_up import PENDING, read_follow_up
from commlog.values import Fields, ValuePath, instant_of, mappings_of, text_of


class Inconsistency(NamedTuple):
    """A problem's code, where it is, and its facts."""

    code: str
    path: ValuePath
    facts: dict[str, str]


def _times_in_order(fields: Fields) -> Iterator[Inconsistency]:
    started, ended, recorded = (instant_of(fields.get(key)) for key in ("started_at", "ended_at", "recorded_at"))
    if started and ended and ended < started:
        facts = {"value": fields["ended_at"], "expected": fields["started_at"]}
        yield Inconsistency("end-before-start", ("ended_at",), facts)
    end = ended or started
    # A record is stamped to the second, a conversation to the minute: within one minute they are the same.
    if recorded and end and recorded.timestamp() < end.timestamp() - 60:
        facts = {"value": fields["recorded_at"], "expected": fields["ended_at" if ended else "started_at"]}
        yield Inconsistency("recorded-before-end", ("recorded_at",), facts)


def _follow_ups_told(fields: Fields) -> Iterator[Inconsistency]:
    numbers: set[int] = set()
    for place, item in enumerate(mappings_of(fields, "followups")):
        follow_up = read_follow_up(item, place + 1)
        where: ValuePath = ("followups", place)
        if follow_up.n in numbers:
            yield Inconsistency("follow-up-number", (*where, "n"), {"value": str(follow_up.n)})
        numbers.add(follow_up.n)
        told = follow_up.history[-1].status if follow_up.history else ""
        if told != follow_up.status:
            facts = {"value": str(follow_up.n), "status": follow_up.status, "expected": told or "-"}
            yield Inconsistency("status-without-history", (*where, "status"), facts)
        if follow_up.due is None and follow_up.due_rule != "none" and follow_up.status in PENDING:
            address = f"{text_of(fields, 'id') or 'ID'}/{follow_up.n}"
            yield Inconsistency("no-due", where, {"value": str(follow_up.n), "address": address})


def _no_link_to_itself(fields: Fields) -> Iterator[Inconsistency]:
    for place, link in enumerate(mappings_of(fields, "links")):
        if link.get("to") == fields.get("id"):
            yield Inconsistency("self-link", ("links", place, "to"), {})


RULES: Final[tuple[Callable[[Fields], Iterator[Inconsistency]], ...]] = (
    _times_in_order,
    _follow_ups_told,
    _no_link_to_itself,
)


def find_inconsistencies(fields: Fields) -> list[Inconsistency]:
    """Everything that does not fit together within one record's fields."""
    return [found for rule in RULES for found in rule(fields)]


_DIGITS: Final = frozenset("0123456789")
_MOBILE_LENGTH: Final = 11
# Fewer digits than these are a house number or a year rather than a telephone.
SHORTEST_PHONE: Final = 7
# China's code, where the number says itself that a code comes first.
_ABROAD: Final = re.compile(r"[^0-9+]*(?:\+|00)86")
# What the name of a company may end with and be the same company without: whole words, or signs at its end.
_COMPANY_WORDS: Final = frozenset(
    {"co", "ltd", "limited", "inc", "incorporated", "corp", "corporation", "company", "llc", "llp", "plc", "gmbh"}
)
_COMPANY_SIGNS: Final = ("股份有限公司", "有限责任公司", "有限公司", "公司")
_WORDS: Final = re.compile(r"[^\W_]+")
# What is left of a name must say something.
_SHORTEST_STEM: Final = 2


def fold_text(text: str) -> str:
    """The text as it is compared: NFKC (full-width letters and digits become plain), case folded."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold()


def unfolded(text: str, start: int, stop: int) -> tuple[int, int]:
    """Where a stretch of a text's folded form stands in the text itself."""
    if len(fold_text(text)) == len(text):
        return start, stop
    # A sign may become several (㎡), and several one: how far the folding of each beginning reaches.
    places = range(len(text) + 1)
    first = bisect_right(places, start, key=lambda place: len(fold_text(text[:place]))) - 1
    return first, min(bisect_left(places, stop, key=lambda place: len(fold_text(text[:place]))), len(text))


def phone_digits(text: str) -> str:
    """A phone number as it is compared: digits only, without China's +86 or 0086; empty when it holds no number.

    A landline written for callers from abroad gets the 0 back that its area begins with.
    """
    folded = fold_text(text)
    digits = "".join(character for character in folded if character in _DIGITS)
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) - len(prefix) == _MOBILE_LENGTH:
            return digits[len(prefix) :]
    if _ABROAD.match(folded):
        rest = digits.removeprefix("00").removeprefix("86")
        return rest if rest.startswith(("0", "400", "800")) or len(rest) < SHORTEST_PHONE else f"0{rest}"
    return digits


def spoken_names(text: str) -> tuple[str, ...]:
    """What a customer may be found by when somebody writes this: the folded text, and the digits of a phone number.

    A number is a phone only as a whole: the 2 in "Shop 2" is not.
    """
    folded = fold_text(text.strip())
    digits = phone_digits(folded)
    if len(digits) < SHORTEST_PHONE and any(character.isalpha() for character in folded):
        digits = ""
    return tuple(sorted({folded, digits} - {""}))


def name_key(name: str) -> str:
    """A name as duplicates are looked for: folded, without blanks, marks and what kind of company it is."""
    words = _WORDS.findall(fold_text(name))
    while len(words) > 1 and words[-1] in _COMPANY_WORDS:
        words.pop()
    key = "".join(words)
    sign = next((sign for sign in _COMPANY_SIGNS if key.endswith(sign)), "")
    return key.removesuffix(sign) if len(key) - len(sign) >= _SHORTEST_STEM else key


def split_names(text: str) -> tuple[str, ...]:
    """The names in a text that has commas between them, of either width."""
    return tuple(name.strip() for name in text.replace("，", ",").split(",") if name.strip())


def near_names(name: str, known: Iterable[str], most: int = 3, cutoff: float = 0.6) -> list[str]:
    """At most some of the known names that are written like a name, the nearest first; `cutoff` is how alike, up to 1."""
    # Loaded for a mistake alone.
    from difflib import get_close_matches

    return get_close_matches(name, list(known), most, cutoff)
