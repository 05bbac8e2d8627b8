"""Where things are in a YAML text: the lines and real ends of nodes, colons and dashes."""

import re
from typing import Final

import yaml

from commlog.yamltext.nodes import Node, span_of

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
