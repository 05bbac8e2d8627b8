"""Issues as the paper form has them: one Markdown table, a line an issue."""

from collections.abc import Iterable, Mapping
from typing import Final

from commlog.forms.catalog import Template
from commlog.forms.fields import find_field, label
from commlog.messages import current_language, mark, translate
from commlog.output.blocks import Table, format_markdown
from commlog.output.labels import Labels
from commlog.values import Data, Record, text_of

# The form's columns in its order: the field a column is called after, or the words of a heading that no field has.
_HEADINGS: Final = (
    ("", mark("Issue number")),
    ("reported_on", ""),
    ("customer", ""),
    ("description", ""),
    ("category", ""),
    ("", mark("Department / owner")),
    ("status", ""),
    ("solution", ""),
    ("", mark("Completed")),
    ("confirmation", ""),
    ("score", ""),
    ("closed_on", ""),
)


def format_issue_form(
    issues: Iterable[Record], template: Template, customers: Mapping[str, str], labels: Labels
) -> str:
    """The tracking form as a Markdown table; `customers` are names by issue id."""
    headings = tuple(_heading(template, key, words) for key, words in _HEADINGS)
    rows = (_cells(issue, customers.get(issue.id, ""), labels) for issue in issues)
    cells = tuple(tuple("\n".join(map(str.strip, cell.strip().splitlines())) for cell in row) for row in rows)
    return format_markdown([Table("", headings, cells, frozenset(range(len(headings))))])


def _heading(template: Template, key: str, words: str) -> str:
    field = find_field(template, key) if key else None
    return label(field, current_language()) if field else translate(words)


def _cells(issue: Record, customer: str, labels: Labels) -> list[str]:
    fields = issue.fields
    former = text_of(fields, "former_no")
    owner = text_of(fields, "owner")
    responsible = (text_of(fields, "department"), owner and labels.value("owner", owner))
    return [
        f"{issue.id} ({former})" if former else issue.id,
        _plain(fields.get("reported_on")),
        customer,
        _plain(fields.get("description")),
        labels.value("category", _plain(fields.get("category"))),
        " / ".join(filter(None, responsible)),
        labels.value("status", _plain(fields.get("status"))),
        _plain(fields.get("solution")),
        _plain(fields.get("completed_on")),
        _confirmation(fields, labels),
        _plain(fields.get("score")),
        _plain(fields.get("closed_on")) or "",
    ]


def _confirmation(fields: Mapping[str, Data], labels: Labels) -> str:
    """What the customer said, who, when and how; the reason why there is nothing when there is none."""
    told = fields.get("confirmation")
    if not isinstance(told, dict):
        return _plain(fields.get("closed_reason"))
    said = labels.value("confirmation.result", _plain(told.get("result")))
    how = [_plain(told.get(key))[: 10 if key == "at" else None] for key in ("by", "at", "how")]
    return ", ".join(filter(None, (said, *how)))


def _plain(value: Data) -> str:
    return "" if value is None else str(value)
