"""A digest as HTML for mails: one small page, its styles inside, nothing fetched from anywhere."""

from html import escape
from typing import Final

from commlog.messages import current_language
from commlog.reminders.rules.digest import Digest, Section
from commlog.reminders.text import (
    MOST_LINES,
    Reading,
    cells_of,
    closing_command,
    format_subject,
    heading_of,
    more_note,
    unreadable_note,
)

_LANGUAGES: Final = {"zh": "zh-Hans", "en": "en"}
_FONT: Final = (
    "font-family:-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif;font-size:14px;line-height:1.5"
)
# No colour of its own: it takes those of a light or a dark reader.
_CELL: Final = "padding:4px 12px 4px 0;vertical-align:top;border-top:1px solid rgba(128,128,128,.35)"
_CODE: Final = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px"


def format_html(digest: Digest, reading: Reading) -> str:
    """A digest as a page of its own."""
    subject = escape(format_subject(digest))
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="{_LANGUAGES[current_language()]}"><head><meta charset="utf-8">',
        '<meta name="color-scheme" content="light dark">',
        f'<title>{subject}</title></head><body style="{_FONT}">',
        *(_format_section(section, digest, reading) for section in digest.sections),
    ]
    if digest.unreadable:
        parts.append(f"<p>{escape(unreadable_note(digest.unreadable))}</p>")
    return "\n".join((*parts, "</body></html>", ""))


def _format_section(section: Section, digest: Digest, reading: Reading) -> str:
    rows = []
    for line in section.lines[:MOST_LINES]:
        how, customer, action = (escape(cell) for cell in cells_of(line, digest, reading))
        code = f'<code style="{_CODE}">{escape(closing_command(line.item))}</code>'
        rows.append(
            f'<tr><td style="{_CELL};white-space:nowrap">{how}</td><td style="{_CELL};white-space:nowrap">{customer}</td>'
            f'<td style="{_CELL}">{action}<br>{code}</td></tr>'
        )
    note = more_note(section)
    return "\n".join(
        (
            f'<h3 style="margin:16px 0 4px;font-size:15px">{escape(heading_of(section, reading))}</h3>',
            '<table style="border-collapse:collapse">',
            *rows,
            "</table>",
            *((f"<p>{escape(note)}</p>",) if note else ()),
        )
    )
