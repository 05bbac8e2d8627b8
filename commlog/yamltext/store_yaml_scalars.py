"""What one YAML scalar means: which plain words are null, true, false or a number, and which are text."""

import re
from math import isfinite
from typing import Final

# The JSON spellings only: `True`, `yes`, `on` and `0123` stay the text that was typed.
WORDS: Final[dict[str, bool | None]] = {"": None, "~": None, "null": None, "true": True, "false": False}

# A plain scalar that starts with none of these is text.
NOT_ALWAYS_TEXT: Final = frozenset("-0123456789~ntf")

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")

# Python refuses to convert very long digit strings, and nobody counts in such numbers.
LONGEST_NUMBER: Final = 300


def resolve_plain(text: str) -> bool | float | str | None:
    """The value of a plain (unquoted) scalar: JSON's words and numbers, and text for all else."""
    if text in WORDS:
        return WORDS[text]
    match = _NUMBER.fullmatch(text)
    if match is None or len(text) > LONGEST_NUMBER:
        return text
    if match[1] is None and match[2] is None:
        return int(text)
    number = float(text)
    return number if isfinite(number) else text
