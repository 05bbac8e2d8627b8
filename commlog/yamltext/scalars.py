"""What a plain scalar means, the limits of a file, and the error of one that cannot be read."""

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


# A record is some thousand bytes, and no form nests deeper than six levels.
MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 40


class YamlError(Exception):
    """A text that is not acceptable YAML.

    `code` is a problem's code, `line` and `column` count from 1 (0 is unknown), `facts` fill its words.
    """

    def __init__(self, code: str, line: int = 0, column: int = 0, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.column = column
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} at {self.line}:{self.column} ({facts})"
