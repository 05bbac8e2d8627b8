"""YAML text to data: bytes checked and decoded, YAML 1.2 with JSON's words and numbers, places found."""

import re
from dataclasses import dataclass
from typing import Final

import yaml

from commlog.values import Data, ValuePath
from commlog.yamltext.everyday import parse_common_yaml
from commlog.yamltext.nodes import Node, span_of
from commlog.yamltext.scalars import MAX_BYTES, MAX_DEPTH, YamlError

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Located", "YamlError", "decode", "parse_located", "parse_yaml"]

_CONTROL: Final = bytes({*range(32), 127} - set(b"\t\n"))
_MERGE_MARKERS: Final = (b"<<<<<<< ", b">>>>>>> ")
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Located:
    """Data with the place of each value and each key; lines and columns count from 1."""

    data: Data
    marks: dict[ValuePath, tuple[int, int]]
    keys: dict[ValuePath, tuple[int, int]]

    def position(self, path: ValuePath) -> tuple[int, int]:
        """Line and column of the value at a path; of the nearest enclosing one when there is none."""
        return self._nearest(self.marks, path)

    def key_position(self, path: ValuePath) -> tuple[int, int]:
        """Line and column of the key that ends a path; of the nearest enclosing one when there is none."""
        return self._nearest(self.keys, path)

    def _nearest(self, places: dict[ValuePath, tuple[int, int]], path: ValuePath) -> tuple[int, int]:
        return next((places[path[:end]] for end in range(len(path), -1, -1) if path[:end] in places), (1, 1))


def decode(raw: bytes) -> str:
    """The text of a file's bytes: UTF-8 with LF and nothing odd in it.

    Raises:
        YamlError: it is too large, empty, of another encoding, or holds control characters or merge markers.

    """
    if len(raw) > MAX_BYTES:
        raise YamlError("too-large", value=str(len(raw)), expected=str(MAX_BYTES))
    if raw.startswith(_UTF16_MARKS) or (raw[:1] and raw[1:2] == b"\0") or (raw[:1] == b"\0" and raw[1:2]):
        raise YamlError("utf16", 1, 1)
    if raw.startswith(b"\xef\xbb\xbf"):
        raise YamlError("bom", 1, 1)
    try:
        text = raw.decode()
    except UnicodeDecodeError as fault:
        line, column = _place(raw, fault.start)
        raise YamlError("not-utf8", line, column, value=f"0x{raw[fault.start]:02X}") from None
    if len(raw.translate(None, _CONTROL)) != len(raw):
        raise _control_character(raw)
    if b"<<<<<<< " in raw or b">>>>>>> " in raw:
        _refuse_merge_markers(raw)
    if not raw or raw.isspace():
        raise YamlError("empty-file", 1, 1)
    return text


def parse_yaml(text: str) -> Data:
    """The data of a YAML text; None when it holds nothing but comments.

    Raises:
        YamlError: it is not YAML, or YAML that a record may not use.

    """
    data = parse_common_yaml(text) if len(text) <= MAX_BYTES else None
    if data is not None:
        return data
    # Everyday text never needs the yaml library, which takes as long to import as Python to start.
    from commlog.yamltext.nodes import compose_nodes, construct

    node = compose_nodes(text)
    return None if node is None else construct(node)


def parse_located(text: str) -> Located:
    """The data of a YAML text with the place of every value; slower, for explaining.

    Raises:
        YamlError: it is not YAML, or YAML that a record may not use.

    """
    from commlog.yamltext.nodes import compose_nodes, construct, node_places

    node = compose_nodes(text)
    if node is None:
        return Located(None, {}, {})
    data = construct(node)
    marks, keys = node_places(node)
    return Located(data, marks, keys)


def _place(raw: bytes, at: int) -> tuple[int, int]:
    """Line and column (in characters) of a byte, counted from 1."""
    start = raw.rfind(b"\n", 0, at) + 1
    return raw.count(b"\n", 0, at) + 1, len(raw[start:at].decode(errors="replace")) + 1


def _control_character(raw: bytes) -> YamlError:
    at = next(index for index, byte in enumerate(raw) if byte in _CONTROL)
    line, column = _place(raw, at)
    if raw[at : at + 2] == b"\r\n":
        return YamlError("crlf", line, column)
    return YamlError("control-character", line, column, value=f"U+{raw[at]:04X}")


def _refuse_merge_markers(raw: bytes) -> None:
    """A file between two sides of a merge belongs to neither."""
    lines = raw.split(b"\n")
    for number, line in enumerate(lines, 1):
        if line.startswith(_MERGE_MARKERS) and b"=======" in lines:
            raise YamlError("merge-markers", number, 1)


_COLON: Final = re.compile(r"\s*:")
# From one item's end to the next item's dash: the rest of the line, comments, empty lines.
_TO_DASH: Final = re.compile(r"(?:[ ]*(?:#[^\n]*)?\n)*[ ]*(?:#[^\n]*\n(?:[ ]*(?:#[^\n]*)?\n)*[ ]*)?-")


class CannotSpliceError(Exception):
    """The text has a form the splicing does not know; the caller rewrites more of it instead."""


def is_block(node: Node) -> bool:
    """Tell whether a node is a list or mapping written without brackets."""
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def is_block_scalar(node: Node) -> bool:
    """Tell whether a node is text under `|` or `>`."""
    return isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")


def line_start(text: str, at: int) -> int:
    """Give the offset of the first character of the line."""
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Give the offset behind the line's end; at the start of a line, that is the start itself."""
    if at == 0 or text[at - 1] == "\n":
        return at
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def end_of(text: str, node: Node) -> int:
    """Give the offset behind a node's last character: the marks of block nodes reach into the lines below."""
    if is_block(node) and node.value:
        last = node.value[-1]
        if isinstance(node, yaml.SequenceNode):
            return end_of(text, last)
        return max(end_of(text, last[0]), end_of(text, last[1]))
    start, end = span_of(node)
    if not is_block_scalar(node):
        return end
    header = text[start : text.find("\n", start)]
    if "+" in header.partition("#")[0]:
        return end
    # The empty lines under `|` belong to nobody.
    return line_end(text, start + len(text[start:end].rstrip()))


def colon_after(text: str, key: Node) -> int:
    """Give the offset behind the colon of a key.

    Raises:
        CannotSpliceError: it is not written as `key:`.

    """
    start, end = span_of(key)
    match = _COLON.match(text, end)
    if match is None or "\n" in text[start : match.end()]:
        raise CannotSpliceError
    return match.end()


def dashes_of(text: str, sequence: Node) -> list[int]:
    """Give the offset of each item's dash.

    Raises:
        CannotSpliceError: one is not where it is expected.

    """
    at = span_of(sequence)[0]
    dashes: list[int] = []
    for item in sequence.value:
        match = _TO_DASH.match(text, at)
        if match is None:
            raise CannotSpliceError
        dashes.append(match.end() - 1)
        at = max(end_of(text, item), match.end())
    return dashes
