"""How a mistake in a query is shown: the query, and a caret under the place."""

import unicodedata
from typing import Any

from commlog.database.query.filter import Spot
from commlog.errors import UsageError


def fault(message: str, spot: Spot, remedy: str = "", **facts: Any) -> UsageError:
    """Give the error of a marked message at a place of the query."""
    return UsageError(message, remedy=remedy, column=spot.column, source=_picture(spot), **facts)


def shown(text: str) -> str:
    """Give a text from the query as it may be shown: nothing that steers a terminal, not endless."""
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return clean if len(clean) <= 80 else clean[:79] + "…"


def _picture(spot: Spot) -> str:
    if not spot.column:
        return ""
    # A long query is cut before the place, so that the caret stays in sight.
    first = max(0, spot.column - 61)
    line = "".join(
        " " if letter.isspace() else letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for letter in spot.query[first : first + 120]
    )
    return f"{line}\n{' ' * _width(line[: spot.column - 1 - first])}^"


def _width(text: str) -> int:
    """Columns a terminal needs: Chinese and full-width letters take two."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
