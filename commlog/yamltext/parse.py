"""YAML text to data: bytes checked and decoded, YAML 1.2 with JSON's words and numbers, places found."""

from dataclasses import dataclass
from typing import Final

from commlog.values import Data, ValuePath
from commlog.yamltext.everyday import parse_common_yaml
from commlog.yamltext.scalars import MAX_BYTES, YamlError

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
