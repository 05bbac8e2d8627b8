"""How a value is written as one YAML scalar: bare where every reader takes it for the same, else quoted."""

import re
from datetime import date
from math import isfinite
from typing import Final, TypeAlias

from commlog.yamltext.scalars import LONGEST_NUMBER

# Everything but what every reader of YAML 1.1 and 1.2 takes alike: of the line ends, LF alone.
SPECIAL_CHARACTER: Final = re.compile(
    "[^\\t\\n\\x20-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]"
)

Scalar: TypeAlias = bool | float | str | None
_Other: TypeAlias = bool | float | None

# Words some reader takes for null, true or false, whatever their case.
_RESERVED: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))

# Text of these characters alone may pass for a number, a time or a date somewhere.
_NUMBER_LIKE: Final = re.compile(r"[-+.0-9][-+.,:_0-9a-fA-FinNoOxXtTzZ ]*")
# Of those, what a record is full of is written bare: dates, instants (`2026-03-10T14:30:00+08:00`) and ids.
_DATE: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[-+][0-9]{2}:[0-9]{2}|Z))?")
_RECORD_ID: Final = re.compile(r"[0-9]{8}-[0-9a-z]{6}")

_INDICATORS: Final = frozenset("-?:,[]{}#&*!|>'\"%@`=<~. \u3000")
_FLOW_MARKS: Final = re.compile(r"[,\[\]{}:?]")

# The readers take longer numbers for text.
_TOO_BIG: Final = 10 ** (LONGEST_NUMBER - 1)

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_TO_ESCAPE: Final = re.compile(rf'["\\\n\t]|{SPECIAL_CHARACTER.pattern}')


def format_scalar(value: Scalar) -> str:
    """Write a scalar on one line, in quotes where some reader needs them.

    Raises:
        ValueError: no YAML file can hold it (a lone surrogate, infinity).

    """
    return _format_text(value) if isinstance(value, str) else _format_other(value)


def format_flow_scalar(value: Scalar) -> str:
    """Write a scalar that stands between brackets, where commas and colons mean more.

    Raises:
        ValueError: no YAML file can hold it (a lone surrogate, infinity).

    """
    if isinstance(value, str):
        text = _format_text(value)
        bare = text[:1] != '"' and _FLOW_MARKS.search(text) and not _is_date(text)
        return quote(value) if bare else text
    return _format_other(value)


def quote(text: str) -> str:
    """Write text in double quotes; only what readers cannot take as it is gets escaped.

    Raises:
        ValueError: it holds half a character (a lone surrogate).

    """
    return '"' + _TO_ESCAPE.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError(f"U+{code:04X} is half a character and cannot be written")
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}"


def _format_text(text: str) -> str:
    return text if _is_bare(text) else quote(text)


def _is_bare(text: str) -> bool:
    """Tell whether every reader takes the text as it stands for the same text."""
    if not text or text[0] in _INDICATORS or text[-1] in " :\u3000" or not text.isprintable():
        return False
    if ": " in text or " #" in text or text.lower() in _RESERVED:
        return False
    if _NUMBER_LIKE.fullmatch(text):
        return _is_date(text) or _RECORD_ID.fullmatch(text) is not None
    return True


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    try:
        date.fromisoformat(match[1])
    except ValueError:
        return False
    return True


def _format_other(value: _Other) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) >= _TOO_BIG:
            raise ValueError("an integer of that many digits cannot be written")
        return str(value)
    if not isfinite(value):
        raise ValueError(f"{value} cannot be written as a number")
    text = repr(value)
    # YAML 1.1 takes 1e+16 for text; with a point it is a number everywhere.
    return text if "." in text or "e" not in text else text.replace("e", ".0e")
