"""The full reading of YAML: text to nodes that know their place, under our limits, nodes to data, and where in the text each is written."""

import re
from typing import Any, ClassVar, Final, TypeAlias

import yaml
from yaml.error import MarkedYAMLError

from commlog.messages import mark
from commlog.values import Data, ValuePath
from commlog.yamltext.quoting import SPECIAL_CHARACTER
from commlog.yamltext.scalars import MAX_BYTES, MAX_DEPTH, NOT_ALWAYS_TEXT, YamlError, resolve_plain

# Keeps the memory for a text of nothing but commas in bounds.
_MAX_NODES: Final = 100_000

Node: TypeAlias = yaml.Node

# What the reader says, and what people understand.
_REASONS: Final = (
    ("that cannot start any token", mark("this character needs quotes here")),
    ("tab character", mark("a tab where only spaces are allowed")),
    ("mapping values are not allowed", mark("a colon that YAML takes for the end of a key: put the text in quotes")),
    ("could not find expected ':'", mark("a key without a colon, or text that continues at the wrong indentation")),
    ("did not find expected key", mark("the indentation is wrong, or a key is missing")),
    ("did not find expected '-' indicator", mark("the indentation is wrong, or a dash is missing")),
    ("did not find expected ',' or", mark("a bracket is not closed, or a comma is missing")),
    ("unexpected end of stream", mark("a quotation mark is not closed")),
    ("block sequence entries are not allowed", mark("a list cannot start here: put it on the next line")),
    ("unknown escape", mark("a backslash in double quotes before a character that cannot be escaped")),
    ("document indicator", mark("a line '---' or '...' inside quotes")),
)
_TAB_REASON: Final = mark("a tab where only spaces are allowed")
_OTHER_REASON: Final = mark("the structure is broken here")

# PyYAML without its C part is slower, and otherwise the same.
_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _PlainLoader(_BaseLoader):  # type: ignore[misc]
    """Composes nodes without guessing types, and counts levels and nodes before it goes on."""

    # Each subclass needs tables of its own: the inherited ones are shared with everybody.
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}
    yaml_constructors: ClassVar[dict[str, Any]] = {}
    yaml_multi_constructors: ClassVar[dict[str, Any]] = {}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.nodes = 0

    def descend_resolver(self, parent: Node | None, _index: object) -> None:
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH + 1:
            line, column = position_of(parent) if parent else (0, 0)
            raise YamlError("too-deep", line, column, expected=str(MAX_DEPTH))
        if self.nodes > _MAX_NODES:
            raise YamlError("too-large", value=str(self.nodes), expected=str(_MAX_NODES))

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def resolve(self, _kind: object, _value: object, _implicit: object) -> None:
        # No tag at all; what is a number or a word is decided in `construct`.
        return None


def compose_nodes(text: str) -> Node | None:
    """The nodes of a text, or None when it holds nothing but comments.

    Raises:
        YamlError: it is not YAML, holds several documents, anchors, odd characters, or more than our limits.

    """
    if len(text) > MAX_BYTES:
        raise YamlError("too-large", value=str(len(text)), expected=str(MAX_BYTES))
    special = SPECIAL_CHARACTER.search(text)
    if special:
        raise _special_character(text, special.start())
    try:
        if "&" in text:
            _refuse_anchors(text)
        loader = _PlainLoader(text)
        try:
            node: Node | None = loader.get_single_node()
        finally:
            loader.dispose()
    except MarkedYAMLError as fault:
        raise _explain(fault, text) from None
    return node


def position_of(node: Node) -> tuple[int, int]:
    """Give line and column of a node, counted from 1."""
    start = node.start_mark
    assert start is not None  # composed nodes have marks
    return start.line + 1, start.column + 1


def span_of(node: Node) -> tuple[int, int]:
    """Give the offsets of a node in the text as the reader marks them."""
    start, end = node.start_mark, node.end_mark
    assert start is not None  # composed nodes have marks
    assert end is not None
    return start.index, end.index


def _special_character(text: str, at: int) -> YamlError:
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    if text[at] == "\ufeff" and at == 0:
        return YamlError("bom", 1, 1)
    if text[at : at + 2] == "\r\n":
        return YamlError("crlf", line, column)
    return YamlError("control-character", line, column, value=f"U+{ord(text[at]):04X}")


def _refuse_anchors(text: str) -> None:
    """Look for anchors: without one, no alias can multiply anything."""
    for event in yaml.parse(text, Loader=_PlainLoader):
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            start = event.start_mark
            line, column = (start.line + 1, start.column + 1) if start else (0, 0)
            raise YamlError("alias", line, column, value=f"&{event.anchor}")


def _explain(fault: MarkedYAMLError, text: str) -> YamlError:
    """The same fault in words for people."""
    place = fault.problem_mark or fault.context_mark
    if place and fault.context_mark and place.line >= text.rstrip("\n").count("\n") + 1:
        place = fault.context_mark  # what is never closed is shown where it was opened
    line, column = (place.line + 1, place.column + 1) if place else (1, 1)
    problem = fault.problem or ""
    if "undefined alias" in problem:
        return YamlError("alias", line, column, value="*")
    if "another document" in problem or "<document start>" in problem:
        return YamlError("several-documents", line, column)
    source = text.split("\n")[line - 1] if line <= text.count("\n") + 1 else ""
    if "\t" in source[:column] and not source[:column].strip():
        return YamlError("yaml-syntax", line, column, reason=_TAB_REASON)
    reasons = (reason for phrase, reason in _REASONS if phrase in problem)
    return YamlError("yaml-syntax", line, column, reason=next(reasons, _OTHER_REASON))


def construct(node: Node) -> Data:
    """The data of a node.

    Raises:
        YamlError: a key occurs twice or is not text, or a tag is used.

    """
    if node.tag:
        raise YamlError("unknown-tag", *position_of(node), value=node.tag)
    if isinstance(node, yaml.ScalarNode):
        return _construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [construct(item) for item in node.value]
    mapping: dict[str, Data] = {}
    for key_node, value_node in node.value:
        key = construct(key_node)
        if not isinstance(key, str):
            shown = key_node.value if isinstance(key_node, yaml.ScalarNode) else "[…]"
            raise YamlError("key-not-text", *position_of(key_node), value=shown)
        if key in mapping:
            first = _first_line(node.value, key)
            raise YamlError("duplicate-key", *position_of(key_node), value=key, first=first)
        mapping[key] = construct(value_node)
    return mapping


def _construct_scalar(node: yaml.ScalarNode) -> Data:
    value: str = node.value
    if not node.style and (not value or value[0] in NOT_ALWAYS_TEXT):
        return resolve_plain(value)
    return value


def _first_line(entries: list[tuple[Node, Node]], key: str) -> str:
    """Give the line on which a key of a mapping first occurs."""
    return next(str(position_of(node)[0]) for node, _ in entries if node.value == key)


def node_places(root: Node) -> tuple[dict[ValuePath, tuple[int, int]], dict[ValuePath, tuple[int, int]]]:
    """The place of every value and of every key below a node, by path."""
    marks: dict[ValuePath, tuple[int, int]] = {}
    keys: dict[ValuePath, tuple[int, int]] = {}
    waiting: list[tuple[ValuePath, Node]] = [((), root)]
    while waiting:
        path, node = waiting.pop()
        marks[path] = position_of(node)
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(((*path, index), item) for index, item in enumerate(node.value))
        elif isinstance(node, yaml.MappingNode):
            for key_node, value_node in node.value:
                keys[(*path, key_node.value)] = position_of(key_node)
                waiting.append(((*path, key_node.value), value_node))
    return marks, keys


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
