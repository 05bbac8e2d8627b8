"""The parts of a page: paragraphs, and tables under a heading; as text for a terminal or as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from commlog.output.text import harmless, pad, width_of

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under headings; every column but the first and those named in `words` holds numbers."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[int] = frozenset()
    remark: str = ""


Block = str | Table


def format_text(blocks: Sequence[Block]) -> str:
    """The blocks for a terminal, wide characters aligned."""
    return "\n\n".join(harmless(block) if isinstance(block, str) else _table_text(block) for block in blocks)


def format_markdown(blocks: Sequence[Block]) -> str:
    """The blocks as Markdown."""
    return "\n\n".join(_escaped(block) if isinstance(block, str) else _table_markdown(block) for block in blocks)


def _table_text(table: Table) -> str:
    cells = [[harmless(cell) for cell in row] for row in (table.headings, *table.rows)]
    widths = [max(width_of(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = [_line(table, row, widths) for row in cells]
    lines.insert(1, _GAP.join("-" * width for width in widths))
    return "\n".join([*([table.title] if table.title else []), *lines, *([table.remark] if table.remark else [])])


def _line(table: Table, cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = []
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        is_number = place > 0 and place not in table.words
        aligned.append(" " * (width - width_of(cell)) + cell if is_number else pad(cell, width))
    return _GAP.join(aligned).rstrip()


def _table_markdown(table: Table) -> str:
    kinds = [" --- " if place == 0 or place in table.words else " ---: " for place in range(len(table.headings))]
    lines = [_row(table.headings), "|" + "|".join(kinds) + "|", *(_row(row) for row in table.rows)]
    heading = [f"## {_escaped(table.title)}", ""] if table.title else []
    return "\n".join([*heading, *lines, *(["", _escaped(table.remark)] if table.remark else [])])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    return harmless(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
