"""Paragraphs and tables as text for a terminal, or as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from commlog.output.text import column_lines, harmless, markdown_text


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
    return "\n\n".join(markdown_text(block) if isinstance(block, str) else _table_markdown(block) for block in blocks)


def _table_text(table: Table) -> str:
    headings, *rows = ([harmless(cell) for cell in row] for row in (table.headings, *table.rows))
    lines = column_lines(headings, rows, set(range(1, len(headings))) - table.words)
    return "\n".join([*([table.title] if table.title else []), *lines, *([table.remark] if table.remark else [])])


def _table_markdown(table: Table) -> str:
    kinds = [" --- " if place == 0 or place in table.words else " ---: " for place in range(len(table.headings))]
    lines = [_row(table.headings), "|" + "|".join(kinds) + "|", *(_row(row) for row in table.rows)]
    heading = [f"## {markdown_text(table.title)}", ""] if table.title else []
    return "\n".join([*heading, *lines, *(["", markdown_text(table.remark)] if table.remark else [])])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join("<br>".join(markdown_text(line) for line in cell.split("\n")) for cell in cells) + " |"
