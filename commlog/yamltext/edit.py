"""Changing a YAML text to hold other data: only what differs is spliced, all else stays byte for byte."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import yaml

from commlog.values import Data, Fields
from commlog.yamltext import format as yaml_format
from commlog.yamltext import nodes
from commlog.yamltext.flow import edit_flow, is_same_value, pair_items, rewrite_scalar
from commlog.yamltext.parse import parse_yaml
from commlog.yamltext.scalars import MAX_DEPTH, YamlError


class _Splice(NamedTuple):
    """What comes in place of a stretch of the text."""

    start: int
    end: int
    written: str


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a value stands: behind a key's colon or an item's dash, in lines indented to a column."""

    start: int
    indent: int
    key: str | None = None

    def format(self, value: Data) -> tuple[str, str]:
        """Write a value: what goes on the line of the colon or dash, and the lines below."""
        if self.key is None:
            return yaml_format.format_item_value(value, self.indent)
        return yaml_format.format_value(value, self.indent, self.indent + len(yaml_format.format_key(self.key)) + 2)


def edit(text: str, new: Fields, *, order: Sequence[str] = ()) -> str:
    """Give the text whose data is `new`, every line of which that need not change is as it was.

    A key that is added at the top goes behind its predecessor in `order`, else to the end.

    Raises:
        YamlError: the text is not readable, or no edit of it gives the new data.
        ValueError: a value no YAML file can hold.

    """
    if yaml_format.depth_of(new) > MAX_DEPTH:
        raise YamlError("too-deep", expected=str(MAX_DEPTH))
    whole = text if text.endswith("\n") or not text else text + "\n"
    root = nodes.compose_nodes(whole)
    if root is None:
        return whole + yaml_format.format_document(new) if new else text
    if is_same_value(parse_yaml(text), new):
        return text
    attempts = itertools.product((_Editor.edit_root, _Editor.rewrite_entries), (new, _on_one_line(new)))
    for attempt, data in attempts:
        editor = _Editor(whole, order)
        try:
            attempt(editor, root, data)
            edited = editor.apply()
            if is_same_value(parse_yaml(edited), new):
                return edited
        except (nodes.CannotSpliceError, YamlError):
            continue
    raise YamlError("cannot-edit")


class _Editor:
    """One edit of one text: collects splices, then applies them."""

    def __init__(self, text: str, order: Sequence[str]) -> None:
        self.text = text
        self.order = {key: place for place, key in enumerate(order)}
        self.splices: list[_Splice] = []

    def apply(self) -> str:
        parts: list[str] = []
        at = 0
        for start, end, written in sorted(self.splices, key=lambda splice: splice[:2]):
            if start < at:
                raise nodes.CannotSpliceError
            parts += self.text[at:start], written
            at = end
        return "".join(parts) + self.text[at:]

    def edit_root(self, root: nodes.Node, new: Fields) -> None:
        if not isinstance(root, yaml.MappingNode):
            raise nodes.CannotSpliceError
        if nodes.is_block(root) and any(key.value in new for key, _ in root.value):
            self._edit_mapping(root, new, _places_in(new, self.order))
        elif nodes.is_block(root):
            start = nodes.line_start(self.text, nodes.span_of(root)[0])
            self._splice(start, self._after(root), yaml_format.format_document(new))
        else:
            self._edit_flow_root(root, new)

    def _edit_flow_root(self, root: nodes.Node, new: Fields) -> None:
        start, end = nodes.span_of(root)
        written = edit_flow(self.text, root, new)
        if written is not None:
            self._splice(start, end, written)
            return
        first, below = nodes.line_start(self.text, start), nodes.line_end(self.text, end)
        if (self.text[first:start] + self.text[end:below]).strip():
            # A comment, or the mark of a document's start, stays above.
            self._splice(start, end, "")
            first = below
        self._splice(first, below, yaml_format.format_document(new))

    def rewrite_entries(self, root: nodes.Node, new: Fields) -> None:
        """Write each top-level key that differs again as a whole."""
        if not nodes.is_block(root) or not isinstance(root, yaml.MappingNode):
            raise nodes.CannotSpliceError
        for key, value in root.value:
            if key.value in new and not is_same_value(nodes.construct(value), new[key.value]):
                start, end = (
                    nodes.line_start(self.text, nodes.span_of(key)[0]),
                    max(self._after(key), self._after(value)),
                )
                self._splice(start, end, yaml_format.format_entry(key.value, new[key.value], 0))
        self._remove_keys(root, new)
        self._add_keys(root, new, _places_in(new, self.order))

    def _splice(self, start: int, end: int, written: str) -> None:
        if start != end or written:
            self.splices.append(_Splice(start, end, written))

    def _after(self, node: nodes.Node) -> int:
        """The start of the line below a node."""
        return nodes.line_end(self.text, nodes.end_of(self.text, node))

    def _change(self, node: nodes.Node, new: Data, slot: _Slot) -> None:
        old = nodes.construct(node)
        if is_same_value(old, new):
            return
        if nodes.is_block(node) and type(old) is type(new) and new:
            if isinstance(new, list):
                self._edit_sequence(node, new)
                return
            if any(key in new for key in old):
                self._edit_mapping(node, new, {})
                return
        elif isinstance(node, yaml.CollectionNode):
            written = edit_flow(self.text, node, new)
            if written is not None:
                self._splice(*nodes.span_of(node), written)
                return
        self._replace(node, new, slot)

    def _edit_mapping(self, node: nodes.Node, new: Fields, places: dict[str, int]) -> None:
        column = _column_of(node)
        for key, value in node.value:
            if key.value in new:
                slot = _Slot(nodes.colon_after(self.text, key), column, key.value)
                self._change(value, new[key.value], slot)
        self._remove_keys(node, new)
        self._add_keys(node, new, places)

    def _remove_keys(self, node: nodes.Node, new: Fields) -> None:
        entries = node.value
        first_kept = next((index for index, (key, _) in enumerate(entries) if key.value in new), len(entries))
        start = nodes.span_of(entries[0][0])[0]
        if first_kept == len(entries):
            raise nodes.CannotSpliceError
        if first_kept and self.text[nodes.line_start(self.text, start) : start].strip():
            self._remove_after_dash(node, first_kept)
            entries = entries[first_kept:]
        for key, value in entries:
            if key.value not in new:
                start = nodes.span_of(key)[0]
                if self.text[nodes.line_start(self.text, start) : start].strip():
                    raise nodes.CannotSpliceError
                self._splice(nodes.line_start(self.text, start), max(self._after(key), self._after(value)), "")

    def _remove_after_dash(self, node: nodes.Node, first_kept: int) -> None:
        """Remove the first keys of an item: `- a: 1` keeps its dash for the key that comes first then."""
        start = nodes.span_of(node.value[0][0])[0]
        key, value = node.value[first_kept - 1]
        end = max(nodes.end_of(self.text, key), nodes.end_of(self.text, value))
        next_key = nodes.span_of(node.value[first_kept][0])[0]
        if self.text[end:next_key].strip():
            # Comments in between stay; the dash stands alone above them.
            at_line_start = self.text[end - 1] == "\n"
            self._splice(len(self.text[:start].rstrip(" ")), end, "\n" if at_line_start else "")
        else:
            self._splice(start, next_key, "")

    def _add_keys(self, node: nodes.Node, new: Fields, places: dict[str, int]) -> None:
        column = _column_of(node)
        known = {key.value: (key, value) for key, value in node.value}
        added = [key for key in new if key not in known]
        before = ""
        neighbours = {key: (before, before := key)[0] if key in known else before for key in new}
        for key in sorted(added, key=lambda name: places.get(name, len(places))):
            lines = yaml_format.format_entry(key, new[key], column)
            neighbour = _predecessor(key, known, places) if places else neighbours[key] or next(reversed(known))
            if neighbour is None:
                start = nodes.span_of(node.value[0][0])[0]
                self._splice(start, start, lines[column:] + " " * column)
            else:
                at = max(map(self._after, known[neighbour]))
                self._splice(at, at, lines)

    def _edit_sequence(self, node: nodes.Node, new: list[Data]) -> None:
        column = _column_of(node)
        dashes = nodes.dashes_of(self.text, node)
        at = -1
        added: list[tuple[int, str]] = []
        for old_index, new_index in pair_items(nodes.construct(node), new):
            if old_index is None:
                assert new_index is not None  # a pair has at least one side
                added.append((at, yaml_format.format_item(new[new_index], column)))
                continue
            item, dash = node.value[old_index], dashes[old_index]
            at = max(self._after(item), nodes.line_end(self.text, dash + 1))
            if new_index is not None:
                self._change(item, new[new_index], _Slot(dash + 1, column))
            elif self.text[nodes.line_start(self.text, dash) : dash].strip():
                raise nodes.CannotSpliceError
            else:
                self._splice(nodes.line_start(self.text, dash), at, "")
        for place, lines in added:
            if place < 0:
                self._splice(dashes[0], dashes[0], lines[column:] + " " * column)
            else:
                self._splice(place, place, lines)

    def _replace(self, node: nodes.Node, new: Data, slot: _Slot) -> None:
        """Write a value again; a comment on the line of its key or dash stays there."""
        text = self.text
        start, end = nodes.span_of(node)
        head, body = slot.format(new)
        if isinstance(node, yaml.ScalarNode) and not body:
            head = rewrite_scalar(node, new) if not isinstance(new, (dict, list)) else head
        body_start = body_end = 0
        if "\n" in text[slot.start : start]:
            body_start, body_end = nodes.line_start(text, start), self._after(node)
            start = end = slot.start
        elif nodes.is_block_scalar(node):
            body_start, body_end = nodes.line_end(text, start + 1), nodes.end_of(text, node)
            head, body = self._keep_indent(head, body, text[body_start:body_end], new)
            end = start + len(text[start:body_start].split(maxsplit=1)[0])
        elif start != end:
            end = nodes.end_of(text, node)
        if not head:
            start = slot.start
        elif start == slot.start:
            head = " " + head
        body_start = body_start or nodes.line_end(text, max(end, 1))
        self._splice(start, end, head)
        self._splice(body_start, max(body_end, body_start), body)

    def _keep_indent(self, head: str, body: str, old_body: str, new: Data) -> tuple[str, str]:
        """Indent block text as it was, so that its unchanged lines stay the same."""
        first = next((line for line in old_body.split("\n") if line.strip()), "")
        indent = len(first) - len(first.lstrip(" "))
        return yaml_format.format_block_text(new, indent) if head.startswith("|") and indent else (head, body)


def _on_one_line(value: Data) -> Data:
    """Mark all text to be written on one line: what stands below block text could become part of it."""
    if isinstance(value, dict):
        return {key: _on_one_line(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_on_one_line(item) for item in value]
    return yaml_format.OneLine(value) if isinstance(value, str) else value


def _column_of(node: nodes.Node) -> int:
    start = node.start_mark
    assert start is not None  # composed nodes have marks
    return start.column


def _places_in(new: Fields, order: dict[str, int]) -> dict[str, int]:
    """The place of each key in the order of the form; others follow as they come."""
    if not order:
        return {}
    extra = [key for key in new if key not in order]
    return {**order, **{key: len(order) + place for place, key in enumerate(extra)}}


def _predecessor(key: str, known: dict[str, tuple[nodes.Node, nodes.Node]], places: dict[str, int]) -> str | None:
    """The key of the text that comes last before this one in the order of the form."""
    before = [name for name in known if name in places and places[name] < places[key]]
    return max(before, key=lambda name: places[name], default=None)
