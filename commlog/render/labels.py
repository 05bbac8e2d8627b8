"""The words people see for columns and slugs, from the templates and the message catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from commlog.messages import current_language, mark, translate
from commlog.templates.catalog import Catalog
from commlog.templates.fields import Field

# Columns that are no field of a form, or whose form label would be too long for a heading.
COLUMN_LABELS: Final[Mapping[str, str]] = {
    "id": mark("Record"), "address": mark("Follow-up"), "n": mark("No."), "due": mark("Due"), "late": mark("Late"),
    "status": mark("Status"), "priority": mark("Priority"), "owner": mark("Owner"), "action": mark("Action"),
    "customer": mark("Customer"), "customer_name": mark("Customer"), "subject": mark("Subject"), "day": mark("Day"),
    "time": mark("Time"), "channel": mark("Channel"), "agent": mark("Agent"), "template": mark("Template"), "kind": mark("Kind"),
    "outcome": mark("Outcome"), "mood": mark("Mood"), "pending": mark("Pending"), "name": mark("Name"), "level": mark("Level"),
    "stage": mark("Stage"), "last_contact": mark("Last contact"), "path": mark("File"), "text": mark("Found"),
    "satisfaction": mark("Satisfaction"), "direction": mark("Direction"), "label": mark("Label"), "fields": mark("Fields"),
    "source": mark("Source"), "company": mark("Company"), "type": mark("Type"),
}


@dataclass(slots=True)
class Labels:
    """Looks words up in the language in use; templates are read only when a slug needs one."""

    catalog: Catalog
    priorities: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _values: dict[str, dict[str, str]] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """The heading of a column."""
        return translate(COLUMN_LABELS[name]) if name in COLUMN_LABELS else name

    def value(self, column: str, value: str) -> str:
        """The word for a slug of a column; the slug itself when it has none."""
        if column == "template":
            return self._template(value)
        return self._of(column).get(value, value)

    def _template(self, name: str) -> str:
        template = self.catalog.find(name)
        return template.labels.get(current_language(), name) if template else name

    def _of(self, column: str) -> dict[str, str]:
        if column not in self._values:
            words: dict[str, str] = {}
            for name in self.catalog.names():
                template = self.catalog.find(name)
                for item in template.fields if template else ():
                    _collect(item, column, words)
            if column == "priority":
                language = current_language()
                words |= {slug: labels.get(language, slug) for slug, labels in self.priorities.items()}
            self._values[column] = words
        return self._values[column]


def _collect(item: Field, column: str, words: dict[str, str]) -> None:
    if item.key == column:
        for slug, labels in item.enum_labels.items():
            words.setdefault(slug, labels.get(current_language()) or slug)
    for child in (*item.fields, *((item.item,) if item.item else ())):
        _collect(child, column, words)
