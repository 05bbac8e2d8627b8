"""Data to YAML text in a record's style: two-space indent, block text, keys as given, no folded lines."""

from typing import Final
from unicodedata import east_asian_width

from commlog.errors import InvalidError
from commlog.messages import mark
from commlog.values import Data
from commlog.yamltext.quoting import SPECIAL_CHARACTER, format_flow_scalar, format_scalar
from commlog.yamltext.scalars import MAX_DEPTH, YamlError

__all__ = ["format_document", "format_entry", "format_flow", "format_item", "format_scalar"]

# What still stands on one line, in columns; a Chinese character takes two.
LINE_COLUMNS: Final = 100
# YAML looks for the colon of a key no further than 1,024 characters.
_LONGEST_KEY: Final = 1000


class LongKeyError(InvalidError, ValueError):
    """A key longer than a reader of YAML looks for its end."""


class OneLine(str):
    """Text that is written on one line however long it is."""

    __slots__ = ()


def format_document(data: dict[str, Data], header: str = "") -> str:
    """Write a whole file: the header (comment lines) and each key with its value.

    Raises:
        ValueError: a value no YAML file can hold.
        YamlError: it is nested too deep to be read again.

    """
    if depth_of(data) > MAX_DEPTH:
        raise YamlError("too-deep", expected=str(MAX_DEPTH))
    if header and not header.endswith("\n"):
        header += "\n"
    return header + ("".join(_format_entries(data, 0)) if data else "{}\n")


def format_entry(key: str, value: Data, indent: int) -> str:
    """Write a key and its value as whole lines, `indent` columns from the left.

    Raises:
        ValueError: a value or key no YAML file can hold.

    """
    margin = " " * indent
    head, body = format_value(value, indent, len(margin) + display_columns(format_key(key)) + 2)
    return f"{margin}{format_key(key)}:{' ' if head else ''}{head}\n{body}"


def format_item(value: Data, indent: int) -> str:
    """Write an item of a list as whole lines, its dash `indent` columns from the left.

    Raises:
        ValueError: a value no YAML file can hold.

    """
    head, body = format_item_value(value, indent)
    return f"{' ' * indent}- {head}\n{body}"


def format_key(key: str) -> str:
    """Write a key, in quotes where some reader needs them.

    Raises:
        LongKeyError: it is too long.
        ValueError: it holds half a character.

    """
    # A strict reader of YAML 1.1 takes a lone n for false; as keys (`n: 1`) nobody is known to.
    written = key if key in ("n", "y") else format_flow_scalar(key)
    if len(written) > _LONGEST_KEY:
        raise LongKeyError(
            mark("a key of more than {most} characters cannot be written: {key}…"),
            most=_LONGEST_KEY,
            key=ascii(key[:40])[1:-1],
            remedy=mark("put the text into the value, under a short key"),
        )
    return written


def format_flow(value: Data) -> str:
    """Write any value on one line, with brackets.

    Raises:
        ValueError: a value no YAML file can hold.

    """
    if isinstance(value, dict):
        pairs = (f"{format_key(key)}: {format_flow(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(format_flow, value)) + "]"
    return format_flow_scalar(value)


def format_value(value: Data, indent: int, column: int) -> tuple[str, str]:
    """Write the value of a key at `indent`: what goes on its line from `column`, and the lines below."""
    if isinstance(value, dict):
        return ("", "".join(_format_entries(value, indent + 2))) if value else ("{}", "")
    if isinstance(value, list):
        flow = _flow_line(value, column)
        return (flow, "") if flow else ("", "".join(format_item(item, indent + 2) for item in value))
    return _format_leaf(value, indent + 2, column)


def format_item_value(value: Data, indent: int) -> tuple[str, str]:
    """Write an item whose dash is at `indent`: what follows on the dash's line, and the lines below."""
    column = indent + 2
    if isinstance(value, (dict, list)):
        flow = _flow_line(value, column)
        if flow:
            return flow, ""
        if isinstance(value, dict):
            lines = "".join(_format_entries(value, column))
        else:
            lines = "".join(format_item(item, column) for item in value)
        head, _, body = lines[column:].partition("\n")
        return head, body
    return _format_leaf(value, column, column)


def is_block_text(text: str) -> bool:
    """Tell whether text can stand under `|` and come back the same from every reader."""
    lines = text.split("\n")
    first = next((line for line in lines if line), "")
    if not first or first[0] == " " or SPECIAL_CHARACTER.search(text):
        return False
    # Lines of nothing but spaces, and tabs in front, are read differently here and there.
    return not any(line[:1] == "\t" or line.isspace() for line in lines)


def format_block_text(text: str, indent: int) -> tuple[str, str]:
    """Write text as `|`, `|-` or `|+` and its lines at `indent`; the three differ in the line ends kept."""
    stripped = text.rstrip("\n")
    ends = len(text) - len(stripped)
    margin = " " * indent
    body = "".join(f"{margin}{line}\n" if line else "\n" for line in stripped.split("\n"))
    if ends > 1:
        return "|+", body + "\n" * (ends - 1)
    return ("|" if ends else "|-"), body


def display_columns(text: str) -> int:
    """Count the columns text takes on a terminal: two for each wide character."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def depth_of(value: Data) -> int:
    """Count the lists and mappings inside each other; one more than the limit stands for any more."""
    level = [value]
    for depth in range(MAX_DEPTH + 1):
        nested = [item for item in level if isinstance(item, (dict, list))]
        if not nested:
            return depth
        level = [inner for item in nested for inner in (item.values() if isinstance(item, dict) else item)]
    return MAX_DEPTH + 1


def _format_entries(mapping: dict[str, Data], indent: int) -> list[str]:
    return [format_entry(key, value, indent) for key, value in mapping.items()]


def _format_leaf(value: Data, indent: int, column: int) -> tuple[str, str]:
    """Write a scalar: on the line when short, as block text at `indent` when long or of several lines."""
    written = format_scalar(value)
    if not isinstance(value, str) or isinstance(value, OneLine):
        return written, ""
    is_long = "\n" in value or column + display_columns(written) > LINE_COLUMNS
    return format_block_text(value, indent) if is_long and is_block_text(value) else (written, "")


def _flow_line(value: Data, column: int) -> str:
    """Write a list or mapping of scalars on one line; empty when it has more in it or does not fit."""
    items = value.values() if isinstance(value, dict) else value
    if any(isinstance(item, (dict, list)) or (isinstance(item, str) and "\n" in item) for item in items):
        return ""
    written = format_flow(value)
    return written if not value or column + display_columns(written) <= LINE_COLUMNS else ""
