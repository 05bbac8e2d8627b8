"""The quick reading of everyday YAML: the plain subset nearly every record is written in.

It gives the same data as the full reader, or nothing: whatever it does not know (folded text, escapes, nested
brackets, comments after quotes, …) and whatever is wrong is left to `nodes`. It does not import yaml.
"""

import re
from typing import Final

from commlog.values import Data
from commlog.yamltext.scalars import NOT_ALWAYS_TEXT, WORDS, resolve_plain

# One row a line: indent, dash, key, what follows the key; or else the rest of the line.
_ROWS: Final = re.compile(
    r"^( *)(- )?(?:([A-Za-z_][A-Za-z0-9_-]*|[0-9]{4}-[0-9]{2}-[0-9]{2}):(?: (.*))?|(.*))$", re.MULTILINE
)

# A plain scalar inside brackets; a colon may stand in it where it cannot end a key.
_FLOW_WORD = r"""([^\s\-?:,\[\]{}#&*!|>'"%@`][^,\[\]{}:#]*(?::(?![ ,\[\]{}]|$)[^,\[\]{}:#]*)*(?<! ))"""
_FLOW_SCALAR = rf"""(?:{_FLOW_WORD}|"([^"\\]*)")(?:, (?! )|$)"""
_FLOW_ITEM: Final = re.compile(_FLOW_SCALAR)
_FLOW_PAIR: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*): " + _FLOW_SCALAR)

# A value that starts with one of these is not simply text.
_LOOK_CLOSER: Final = NOT_ALWAYS_TEXT | frozenset(" ?:,[]{}#&*!|>'\"%@`")

# Deeper files go to the full reader, which counts levels: each takes a column, or is a dash without any.
_DEEPEST_INDENT = 18
# YAML looks for the colon of a key no further than this.
_LONGEST_KEY = 1000


class _NotEverydayError(Exception):
    """The text is not of the everyday form."""


def parse_common_yaml(text: str) -> dict[str, Data] | None:
    """The data of a document of the everyday form; None when the full reader has to look at it."""
    if text[-1:] != "\n" or not text.replace("\n", "").isprintable():
        return None
    reader = _Reader(text)
    try:
        data = reader.read_mapping("")
    except _NotEverydayError:
        return None
    return data if data and reader.is_done() else None


class _Reader:
    """The lines of one document, and how far they are read: `at` is the next line."""

    __slots__ = ("at", "lines", "rows")

    def __init__(self, text: str) -> None:
        self.rows: list[tuple[str, str, str, str, str]] = _ROWS.findall(text)
        self.lines = text.split("\n")
        self.at = 0

    def is_done(self) -> bool:
        return self.at == len(self.rows)

    def read_mapping(self, indent: str) -> dict[str, Data]:
        """The keys at this indent, up to a line further left."""
        rows = self.rows
        mapping: dict[str, Data] = {}
        while self.at < len(rows):
            spaces, dash, key, rest, other = rows[self.at]
            if not key and not dash and (not other or other[0] == "#"):
                self.at += 1
                continue
            if dash or not key or spaces != indent:
                break
            if key in mapping or key in WORDS:
                raise _NotEverydayError
            self.at += 1
            if not rest:
                mapping[key] = self._read_below(indent)
            elif rest[0] in _LOOK_CLOSER:
                mapping[key] = self._read_value(rest, indent)
            elif ": " in rest or " #" in rest or rest[-1] in ": ":
                mapping[key] = _cut_comment(rest)
            else:
                mapping[key] = rest
        self._expect_left_of(indent)
        if len(max(mapping, key=len, default="")) > _LONGEST_KEY:
            raise _NotEverydayError
        return mapping

    def _read_sequence(self, indent: str) -> list[Data]:
        """The items whose dash is at this indent, up to a line further left or a key."""
        items: list[Data] = []
        inner = indent + "  "
        while self._skip_to_content():
            spaces, dash, key, rest, other = self.rows[self.at]
            if not dash or spaces != indent:
                break
            if key:
                self.rows[self.at] = (inner, "", key, rest, "")
                items.append(self.read_mapping(inner))
                continue
            self.at += 1
            items.append(self._read_value(other, indent))
            self._expect_left_of(indent)
        return items

    def _skip_to_content(self) -> bool:
        """Pass over empty lines and comments; false at the end."""
        rows = self.rows
        while self.at < len(rows):
            _, dash, key, _, other = rows[self.at]
            if key or dash or (other and other[0] != "#"):
                return True
            self.at += 1
        return False

    def _expect_left_of(self, indent: str) -> None:
        """After a block: the next line may not go on with its last value."""
        if self._skip_to_content() and len(self.rows[self.at][0]) > len(indent):
            raise _NotEverydayError

    def _read_below(self, indent: str) -> Data:
        """The value of a key that has nothing on its own line."""
        if not self._skip_to_content():
            return None
        spaces, dash, key, _, _ = self.rows[self.at]
        if len(spaces) > _DEEPEST_INDENT or not (dash or key):
            raise _NotEverydayError
        if dash and len(spaces) >= len(indent):
            items = self._read_sequence(spaces)
            self._expect_left_of(indent)
            return items
        return self.read_mapping(spaces) if len(spaces) > len(indent) else None

    def _read_value(self, rest: str, indent: str) -> Data:
        """A value that is not simply text."""
        first = rest[:1]
        if first == "|":
            return self._read_block_text(rest, indent)
        if first in NOT_ALWAYS_TEXT:
            if first == "-" and rest[1:2] in ("", " "):
                raise _NotEverydayError
            return resolve_plain(_cut_comment(rest))
        if first == "[":
            return _read_flow_items(rest)
        if first == "{":
            return _read_flow_pairs(rest)
        if first in ('"', "'") and 0 < rest.find(first, 1) == len(rest) - 1 and "\\" not in rest:
            return rest[1:-1]
        if not first or first in _LOOK_CLOSER:
            raise _NotEverydayError
        return _cut_comment(rest)

    def _read_block_text(self, rest: str, indent: str) -> str:
        """The text under `|`, `|-` or `|+`: the lines further right than its key."""
        lines = self.lines
        start = self.at
        margin = " " * len(self.rows[start][0]) if start < len(self.rows) else ""
        if rest not in ("|", "|-", "|+") or len(margin) <= len(indent) or not lines[start].strip():
            raise _NotEverydayError
        texts: list[str] = []
        width = len(margin)
        for line in lines[start:]:
            if line.isspace():
                raise _NotEverydayError
            if line and not line.startswith(margin):
                break
            texts.append(line[width:])
        self.at = start + len(texts)
        if self.at == len(lines):
            texts.pop()
        return _chomp(texts, rest)


def _chomp(lines: list[str], header: str) -> str:
    """The text of these lines: `|` keeps one line end, `|-` none, `|+` all of them."""
    text = "\n".join(lines)
    if header == "|+":
        return text + "\n"
    return text.rstrip("\n") + ("\n" if header == "|" else "")


def _cut_comment(rest: str) -> str:
    """A plain scalar without the comment behind it."""
    text = rest.partition(" #")[0].rstrip(" ")
    if ": " in text or text[-1] == ":":
        raise _NotEverydayError
    return text


def _read_flow_items(rest: str) -> list[Data]:
    """The scalars of `[a, b]`."""
    if rest[-1] != "]":
        raise _NotEverydayError
    inner = rest[1:-1]
    items: list[Data] = []
    at = 0
    while at < len(inner):
        match = _FLOW_ITEM.match(inner, at)
        if match is None:
            raise _NotEverydayError
        items.append(_flow_scalar(*match.groups()))
        at = match.end()
    return items


def _read_flow_pairs(rest: str) -> dict[str, Data]:
    """The scalars of `{a: 1, b: 2}`."""
    if rest[-1] != "}":
        raise _NotEverydayError
    inner = rest[1:-1]
    pairs: dict[str, Data] = {}
    at = 0
    while at < len(inner):
        match = _FLOW_PAIR.match(inner, at)
        if match is None:
            raise _NotEverydayError
        key, word, quoted = match.groups()
        if key in pairs or key in WORDS:
            raise _NotEverydayError
        pairs[key] = _flow_scalar(word, quoted)
        at = match.end()
    return pairs


def _flow_scalar(word: str | None, quoted: str) -> Data:
    if word is None:
        return quoted
    return resolve_plain(word) if word[0] in NOT_ALWAYS_TEXT else word
