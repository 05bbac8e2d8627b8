"""How text is compared when people search: width, case and compatibility forms do not count."""

import re
import unicodedata
from typing import Final

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


def fold(text: str) -> str:
    """The text as it is compared: NFKC (full-width letters and digits become plain), case folded."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold()


def phone_digits(text: str) -> str:
    """A phone number as it is compared: digits only, without China's +86 or 0086; empty when it holds no number.

    A landline written for callers from abroad gets the 0 back that its area begins with.
    """
    folded = fold(text)
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
    folded = fold(text.strip())
    digits = phone_digits(folded)
    if len(digits) < SHORTEST_PHONE and any(character.isalpha() for character in folded):
        digits = ""
    return tuple(sorted({folded, digits} - {""}))


def name_key(name: str) -> str:
    """A name as duplicates are looked for: folded, without blanks, marks and what kind of company it is."""
    words = _WORDS.findall(fold(name))
    while len(words) > 1 and words[-1] in _COMPANY_WORDS:
        words.pop()
    key = "".join(words)
    sign = next((sign for sign in _COMPANY_SIGNS if key.endswith(sign)), "")
    return key.removesuffix(sign) if len(key) - len(sign) >= _SHORTEST_STEM else key
