"""How text is compared when people search: width, case and compatibility forms do not count."""

import unicodedata
from typing import Final

_DIGITS: Final = frozenset("0123456789")


def fold(text: str) -> str:
    """The text as it is compared: NFKC (full-width letters and digits become plain), case folded."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold()


def phone_digits(text: str) -> str:
    """A phone number as it is compared: digits only, without China's +86 or 0086; empty when it holds no number."""
    digits = "".join(character for character in fold(text) if character in _DIGITS)
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) - len(prefix) == 11:
            return digits[len(prefix) :]
    return digits
