"""Text for a terminal: made harmless, measured in columns, cut and wrapped by width."""

import unicodedata
from collections.abc import Container, Iterator, Sequence
from itertools import chain
from typing import Final

from commlog.messages import translate

# Characters that steer a terminal or turn text around are shown as escapes instead.
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


# The space between two columns.
GAP: Final = "  "
# Combining marks, and format characters such as the joiner between emoji.
_NO_WIDTH: Final = frozenset({"Mn", "Me", "Cf"})
# Chinese punctuation that does not begin a line.
_NEVER_FIRST: Final = frozenset("，。、；：？！）》】」』")


def harmless(text: str, *, keep_lines: bool = False) -> str:
    """The text with every control and direction character shown as an escape; line ends too unless kept."""
    # Direction characters are not printable to Python either.
    if text.isprintable():
        return text
    return "".join(_shown(character, keep_lines) for character in text)


def _shown(character: str, keep_lines: bool) -> str:  # noqa: FBT001 - private
    if character == "\n" and keep_lines:
        return character
    if character == "\u3000":
        return character  # the wide space of Chinese text
    if character in _BIDI or not (character.isprintable() or character == "\u00a0"):
        code = ord(character)
        return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    return character


def shell_word(text: str) -> str:
    """The text as one word of a shell, in quotes where it needs them."""
    from shlex import quote

    return quote(text)


class _Widths(dict[str, int]):
    """Columns by character, worked out once each."""

    def __missing__(self, character: str) -> int:
        wide = unicodedata.east_asian_width(character) in "WF"
        width = 2 if wide else 0 if unicodedata.category(character) in _NO_WIDTH else 1
        self[character] = width
        return width


_WIDTHS: Final = _Widths()


def width_of(text: str) -> int:
    """How many columns the text takes: Chinese characters and emoji two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_WIDTHS.__getitem__, text))


def shorten(text: str, width: int) -> str:
    """The text, or its beginning and an ellipsis, in at most this many columns."""
    if width_of(text) <= width:
        return text
    kept = ""
    room = width - 1
    for character in text:
        room -= width_of(character)
        if room < 0:
            break
        kept += character
    return kept + "…"


def pad(text: str, width: int) -> str:
    """The text filled with spaces to this many columns."""
    return text + " " * max(0, width - width_of(text))


def column_lines(headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Container[int] = ()) -> Iterator[str]:
    """Columns under headings and a rule, aligned by what the terminal shows, to the right those of `numbers` (places).

    Importing tabulate takes longer than `pending` does.
    """
    widths = [max(map(width_of, column)) for column in zip(headings, *rows, strict=True)]
    for row in chain((headings, ["-" * width for width in widths]), rows):
        cells = (
            " " * (width - width_of(cell)) + cell if place in numbers else pad(cell, width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield GAP.join(cells).rstrip()


def markdown_text(text: str) -> str:
    """The text as Markdown that means nothing else: no end of a cell, no tag, no escape."""
    return harmless(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most this many columns, broken at spaces, or between wide characters."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if line and width_of(line) + width_of(piece.rstrip()) > width:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> list[str]:
    """Where a line may break: after spaces, and after each wide character."""
    pieces: list[str] = []
    word = ""
    for character in text:
        if character in _NEVER_FIRST and (word or pieces):
            # It stays with what is before it.
            pieces.append((word or pieces.pop()) + character)
            word = ""
        elif unicodedata.east_asian_width(character) in "WF":
            pieces += [word, character] if word else [character]
            word = ""
        else:
            word += character
            if character == " ":
                pieces.append(word)
                word = ""
    return [*pieces, word] if word else pieces


def format_due(due: str | None) -> str:
    """A stored due as people read it: to the minute, without the offset."""
    if not due:
        return translate("no time limit")
    return f"{due[:10]} {due[11:16]}" if "T" in due else due
