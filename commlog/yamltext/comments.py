"""Comments of a YAML text: where they are, and putting them back where a change of layout lost them."""

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import Final, NamedTuple

import yaml

from commlog.yamltext.flow import is_same_value
from commlog.yamltext.nodes import Node, compose_nodes, end_of, is_block_scalar, line_end, line_start, span_of
from commlog.yamltext.parse import parse_yaml
from commlog.yamltext.scalars import YamlError

_COMMENT: Final = re.compile(r"#[^\n]*")
# The key at the start of a line: a line whose value changed is still the line of its key.
_KEY: Final = re.compile(r"\s*(?:- )*[^\s:#{\[\"'][^:#\n]*:(?= |$)")


class Comment(NamedTuple):
    """A comment: its offset, its line counted from 0, its text from `#` on, and whether it has the line to itself."""

    start: int
    line: int
    text: str
    is_alone: bool


def split_lines(text: str) -> list[str]:
    """The lines of a text with their ends; only LF ends one, as in YAML files here."""
    *whole, rest = text.split("\n")
    return [*(f"{line}\n" for line in whole), *([rest] if rest else [])]


def find_comments(text: str) -> list[Comment]:
    """All comments of a text, in its order.

    Raises:
        YamlError: the text is not readable.
    """
    root = compose_nodes(text) if "#" in text else None
    found: list[Comment] = []
    at = 0
    for start, end in [*(_spans_of(text, root) if root is not None else ()), (len(text), len(text))]:
        for match in _COMMENT.finditer(text, at, max(start, at)):
            first = line_start(text, match.start())
            line = text.count("\n", 0, match.start())
            found.append(Comment(match.start(), line, match[0].rstrip(), not text[first : match.start()].strip()))
        at = max(at, end)
    return found


def place_lines(lines: Sequence[str]) -> list[tuple[str, ...]]:
    """Each line behind the lines it stands under: equal ones of two items are told apart by what they belong to."""
    above: list[tuple[int, str]] = []
    placed: list[tuple[str, ...]] = []
    for line in lines:
        code = line.strip()
        margin = len(line) - len(line.lstrip(" "))
        if code:
            while above and above[-1][0] >= margin:
                above.pop()
        placed.append((*(name for _, name in above), line))
        if code and not code.startswith("#"):
            key = _key_in(line)
            above.append((margin, key if key and not code.startswith("- ") else code.partition(" #")[0]))
    return placed


def _spans_of(text: str, node: Node) -> Iterator[tuple[int, int]]:
    """The stretches of a text that scalars take, where `#` is no comment, in order."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _spans_of(text, key)
            yield from _spans_of(text, value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _spans_of(text, item)
    elif is_block_scalar(node):
        yield line_end(text, span_of(node)[0] + 1), end_of(text, node)
    else:
        yield span_of(node)


def merge_comments(text: str, base: str, ours: str, theirs: str) -> str:
    """The text with the comments either side added, and without those either side took away.

    A comment comes back to the line it stood at or above, as far as that line is there; else to the end.

    Raises:
        YamlError: one of the texts is not readable.
    """
    of_base, of_ours, of_theirs = (Counter(item.text for item in find_comments(one)) for one in (base, ours, theirs))
    wanted = {name: _wanted(of_base[name], of_ours[name], of_theirs[name]) for name in of_base | of_ours | of_theirs}
    for comment in reversed(find_comments(text)):
        if wanted.get(comment.text) == 0:
            text = _without(text, comment)
    there = Counter(item.text for item in find_comments(text))
    for source in (ours, theirs):
        for comment in find_comments(source) if any(there[name] < count for name, count in wanted.items()) else ():
            if there[comment.text] < wanted[comment.text]:
                text = _put_back(text, source, comment)
                there[comment.text] += 1
    return text


def bring_comments(text: str, source: str, lines: set[int]) -> str:
    """The text with the comments of another one that belong to some of its lines, by number from 0.

    Raises:
        YamlError: one of the texts is not readable.
    """
    there = Counter(item.text for item in find_comments(text))
    comments = find_comments(source)
    matched = _match_lines(source, text) if comments else {}
    for comment in reversed(comments):
        below = next((line for line in sorted(matched) if line >= comment.line), -1)
        if not there[comment.text] and matched.get(below) in lines and (comment.is_alone or below == comment.line):
            text = _put_back(text, source, comment)
    return text


def _wanted(base: int, ours: int, theirs: int) -> int:
    if base in (ours, theirs):
        return theirs if base == ours else ours
    return max(ours, theirs)


def _without(text: str, comment: Comment) -> str:
    end = line_end(text, comment.start)
    if comment.is_alone:
        return text[: line_start(text, comment.start)] + text[end:]
    return text[: comment.start].rstrip(" ") + text[end - 1 : end] + text[end:]


def _put_back(text: str, source: str, comment: Comment) -> str:
    before = parse_yaml(text)
    known = sum(item.text == comment.text for item in find_comments(text))
    for attempt in _attempts(text, source, comment):
        try:
            is_there = sum(item.text == comment.text for item in find_comments(attempt)) > known
            if is_there and is_same_value(parse_yaml(attempt), before):
                return attempt
        except YamlError:
            continue
    return text + comment.text + "\n"


def _attempts(text: str, source: str, comment: Comment) -> Iterator[str]:
    """The text with the comment in one place after the other, the best first."""
    lines, old_lines = split_lines(text), source.split("\n")
    matched = _match_lines(source, text)
    if not comment.is_alone and comment.line in matched:
        place = matched[comment.line]
        together = lines[place].rstrip("\n") + "  " + comment.text + "\n"
        yield "".join([*lines[:place], together, *lines[place + 1 :]])
    old = old_lines[comment.line]
    alone = f"{old[: len(old) - len(old.lstrip())]}{comment.text}\n"
    places = [(abs(line - comment.line), line < comment.line, line) for line in matched if line != comment.line]
    for _, is_above, line in sorted([*places, *([(0, False, comment.line)] if comment.line in matched else [])]):
        place = matched[line] + is_above
        yield "".join([*lines[:place], alone, *lines[place:]])


def _match_lines(source: str, text: str) -> dict[int, int]:
    """The line of the text for each line of the source, comments apart: by all of it, else by its key."""
    old, new = _code_lines(source), _code_lines(text)
    matched = _align(_placed(old), _placed(new))
    taken = set(matched.values())
    old_keys = [(line, key) for line, code in old if line not in matched and (key := _key_in(code))]
    new_keys = [(line, key) for line, code in new if line not in taken and (key := _key_in(code))]
    return matched | _align(old_keys, new_keys)


def _placed(numbered: list[tuple[int, str]]) -> list[tuple[int, tuple[str, ...]]]:
    places = place_lines([code for _, code in numbered])
    return [(number, place) for (number, _), place in zip(numbered, places, strict=True)]


def _align(old: Sequence[tuple[int, Hashable]], new: Sequence[tuple[int, Hashable]]) -> dict[int, int]:
    # Imported here: most merges lose no comment.
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, [code for _, code in old], [code for _, code in new], autojunk=False)
    return {
        old[block.a + step][0]: new[block.b + step][0]
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    }


def _code_lines(text: str) -> list[tuple[int, str]]:
    """The lines that hold more than a comment, without their comments, and their numbers."""
    lines = text.split("\n")
    for comment in find_comments(text):
        line = lines[comment.line]
        lines[comment.line] = line[: line.rfind(comment.text)]
    return [(number, line.rstrip()) for number, line in enumerate(lines) if line.strip()]


def _key_in(code: str) -> str:
    match = _KEY.match(code)
    return match[0] if match else ""
