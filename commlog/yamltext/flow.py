"""Changing a list or mapping in brackets: its new text, with what stays the same left as it was."""

import json
from collections.abc import Iterator
from itertools import pairwise, zip_longest
from typing import TypeAlias

import yaml

from commlog.values import Data
from commlog.yamltext.format import LINE_COLUMNS, display_columns, format_flow, format_key
from commlog.yamltext.nodes import CannotSpliceError, Node, construct, line_start, span_of
from commlog.yamltext.quoting import format_scalar, quote

# What stands between the brackets: the old index (None for what is added) and the text of each part.
_Parts: TypeAlias = list[tuple[int | None, str]]


def edit_flow(text: str, node: Node, new: Data) -> str | None:
    """Give the new text of a bracketed node, or None when brackets no longer suit it.

    They do not when it gets too long for a line, or holds text of several lines.

    Raises:
        CannotSpliceError: it is written in a way that is not known here.

    """
    old = construct(node)
    if type(old) is not type(new) or not old or not new or _has_lines(new):
        return None
    if _is_nested(new) and not _is_nested(old):
        return None
    start, end = span_of(node)
    written = _edit_value(text, node, new)
    column = display_columns(text[line_start(text, start) : start])
    if "\n" not in written and len(written) > end - start and column + display_columns(written) > LINE_COLUMNS:
        return None
    return written


def rewrite_scalar(node: Node, new: Data) -> str:
    """Write a scalar on one line; text stays in quotes where it was."""
    written = format_scalar(new)
    was_quoted = isinstance(node, yaml.ScalarNode) and node.style in ("'", '"')
    return quote(new) if was_quoted and isinstance(new, str) else written


def _edit_value(text: str, node: Node, new: Data) -> str:
    start, end = span_of(node)
    old = construct(node)
    if is_same_value(old, new):
        return text[start:end]
    if type(old) is type(new) and old and new and isinstance(new, (dict, list)):
        if text[start] not in "[{":
            raise CannotSpliceError
        return _edit_pairs(text, node, new) if isinstance(new, dict) else _edit_items(text, node, new)
    if isinstance(node, yaml.ScalarNode) and node.style and isinstance(new, str):
        return quote(new)
    return format_flow(new)


def _edit_items(text: str, node: Node, new: list[Data]) -> str:
    spans = [span_of(item) for item in node.value]
    parts: _Parts = []
    for old_index, new_index in pair_items(construct(node), new):
        if new_index is None:
            continue
        if old_index is None:
            parts.append((None, format_flow(new[new_index])))
        else:
            parts.append((old_index, _edit_value(text, node.value[old_index], new[new_index])))
    return _join(text, node, spans, parts)


def _edit_pairs(text: str, node: Node, new: dict[str, Data]) -> str:
    spans = [(span_of(key)[0], max(span_of(key)[1], span_of(value)[1])) for key, value in node.value]
    old = {key.value: index for index, (key, _) in enumerate(node.value)}
    keys = [key for key in old if key in new]
    placed: _Parts = []
    for key in keys:
        placed.append((old[key], _edit_pair(text, node.value[old[key]], new[key])))
    before = ""
    for key, value in new.items():
        if key not in old:
            at = keys.index(before) + 1 if before else len(keys)
            keys.insert(at, key)
            placed.insert(at, (None, f"{format_key(key)}: {format_flow(value)}"))
        before = key
    return _join(text, node, spans, placed)


def _edit_pair(text: str, pair: tuple[Node, Node], new: Data) -> str:
    key, value = pair
    start = span_of(key)[0]
    value_start, value_end = span_of(value)
    if is_same_value(construct(value), new):
        return text[start : max(span_of(key)[1], value_end)]
    if value_start == value_end:
        return f"{text[start : span_of(key)[1]]}: {format_flow(new)}"
    return text[start:value_start] + _edit_value(text, value, new)


def _join(text: str, node: Node, spans: list[tuple[int, int]], parts: _Parts) -> str:
    """Put parts between the brackets again, each old one behind the comma (and line end) it had."""
    start, end = span_of(node)
    between = [text[one[1] : other[0]] for one, other in pairwise(spans)]
    usual = between[0] if between and "#" not in between[0] else ", "
    joined = text[start : spans[0][0]]
    for place, (index, part) in enumerate(parts):
        if place:
            joined += between[index - 1] if index else usual
        joined += part
    return joined + text[spans[-1][1] : end]


def _has_lines(value: Data) -> bool:
    if isinstance(value, dict):
        return any(map(_has_lines, value.values()))
    if isinstance(value, list):
        return any(map(_has_lines, value))
    return isinstance(value, str) and "\n" in value


def _is_nested(value: Data) -> bool:
    items = value.values() if isinstance(value, dict) else value
    return any(isinstance(item, (dict, list)) for item in items)


# An old and a new index that belong together; None on one side is an item removed or added.
Pair = tuple[int | None, int | None]


def is_same_value(one: Data, other: Data) -> bool:
    """Tell whether two values are equal, types included (1, 1.0 and true differ), in any order of keys."""
    return _fingerprint(one) == _fingerprint(other)


def pair_items(old: list[Data], new: list[Data]) -> Iterator[Pair]:
    """Pair the items of two lists so that equal ones stay together, in the order of the text."""
    # Imported here: most edits never touch a list.
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, [*map(_fingerprint, old)], [*map(_fingerprint, new)], autojunk=False)
    for _, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        yield from zip_longest(range(old_start, old_end), range(new_start, new_end))


def _fingerprint(value: Data) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
