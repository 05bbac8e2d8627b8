"""One record as the paper form of its template, filled in: a page to be printed, signed and filed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from commlog.forms.catalog import Template
from commlog.forms.fields import Field, free_field, label
from commlog.forms.personal import mask_fields
from commlog.messages import current_language
from commlog.output.page import fill_template, style_sheet
from commlog.output.text import width_of
from commlog.privacy.rules.masking import mask_name, mask_text
from commlog.problems import Problem
from commlog.records.text import shown_value, with_kept_in_words
from commlog.values import Data, Record, mappings_of

_FOLLOW_UPS: Final = "followups"
_COLUMNS: Final = ("n", "action", "owner", "priority", "due", "status", "result")
# The tool's own bookkeeping has no place on paper.
_LEFT_OUT: Final = frozenset({"id", "template", _FOLLOW_UPS})
_NOT_TOLD: Final = frozenset({"history"})
_PEOPLE: Final = frozenset({"agent", "owner"})
# A value that fits beside another on one line, in columns.
_SHORT: Final = 34


@dataclass(frozen=True, slots=True)
class RecordContext:
    """What a form needs besides its record: members' names, the customer's name, the rules it breaks."""

    people: Mapping[str, str]
    customer_name: str
    problems: Sequence[Problem] = ()
    is_company: bool = False
    is_revealed: bool = False


@dataclass(frozen=True, slots=True)
class LabelledValue:
    """A label with its value; a wide one takes the whole line."""

    label: str
    value: str
    is_wide: bool


def format_record_page(record: Record, template: Template, around: RecordContext) -> str:
    """The record as a page; personal data masked unless revealed.

    Raises:
        UsageError: the package for pages is missing.
    """
    form = _Form(record, template, around)
    columns, follow_ups = form.follow_ups()
    values: dict[str, Any] = {
        "style": style_sheet("records/record.css"),
        "title": template.labels.get(current_language(), template.name),
        "record_id": record.id,
        "lines": list(_lines(form.entries())),
        "columns": columns,
        "follow_ups": follow_ups,
        "follow_ups_label": form.label(_FOLLOW_UPS),
        "agent": form.agent(),
        "problems": around.problems,
    }
    return fill_template("records/record.html.jinja", values)


class _Form:
    """The form of one record."""

    def __init__(self, record: Record, template: Template, around: RecordContext) -> None:
        self.template = template
        self.around = around
        self.known = {field.key: field for field in template.fields}
        fields = record.fields if around.is_revealed else mask_fields(template, record.fields)
        self.fields = with_kept_in_words(template, fields)

    def label(self, key: str) -> str:
        """The word for a field."""
        return label(self._field(key), current_language())

    def entries(self) -> Iterator[LabelledValue]:
        """Every field that is filled in, and those that must be and are not, in the form's order."""
        for key in dict.fromkeys((*self.template.order, *self.fields)):
            field = self._field(key)
            if key in _LEFT_OUT or (key not in self.fields and not field.required):
                continue
            text = self._customer() if key == "customer" else self._text(field, self.fields.get(key))
            is_wide = field.multiline or "\n" in text or width_of(text) > _SHORT or field.type in {"list", "mapping"}
            yield LabelledValue(self.label(key), text, is_wide)

    def follow_ups(self) -> tuple[list[str], list[list[str]]]:
        """The table of follow-ups: its headings, those of columns that are filled in, and its rows."""
        items, inner = mappings_of(self.fields, _FOLLOW_UPS), self._field(_FOLLOW_UPS).item
        known = {field.key: field for field in inner.fields} if inner else {}
        columns = [
            known.get(key) or free_field(key) for key in _COLUMNS if any(item.get(key) is not None for item in items)
        ]
        headings = [label(field, current_language()) for field in columns]
        return headings, [[self._text(field, item.get(field.key)) for field in columns] for item in items]

    def agent(self) -> str:
        """Who wrote the record down."""
        agent = self.fields.get("agent")
        return self.around.people.get(agent, agent) if isinstance(agent, str) else ""

    def _field(self, key: str) -> Field:
        return self.known.get(key) or free_field(key)

    def _customer(self) -> str:
        around = self.around
        customer = str(self.fields.get("customer") or "")
        if not around.is_revealed:
            return mask_name(around.customer_name or customer, is_company=around.is_company) if customer else ""
        return f"{around.customer_name} ({customer})" if around.customer_name else customer

    def _text(self, field: Field, value: Data) -> str:
        """A value in words: what a mapping or a list holds, a line for each."""
        if value is None:
            return ""
        if isinstance(value, dict):
            known = {child.key: child for child in field.fields}
            return "\n".join(self._pairs(known, value))
        if isinstance(value, list):
            inner = field.item or field
            separator = "\n" if any(isinstance(item, dict | list) for item in value) else " · "
            return separator.join(self._one_line(inner, item) for item in value)
        if isinstance(value, str) and field.key in _PEOPLE and value in self.around.people:
            return self.around.people[value]
        text = shown_value(field, value)
        is_free = isinstance(value, str) and not (field.enum or field.enum_labels)
        return self._masked(text) if is_free and not field.personal else text

    def _one_line(self, field: Field, value: Data) -> str:
        if not isinstance(value, dict):
            return self._text(field, value)
        known = {child.key: child for child in field.fields}
        return "– " + " · ".join(self._pairs(known, value)).replace("\n", " ")

    def _pairs(self, known: Mapping[str, Field], value: Mapping[str, Data]) -> list[str]:
        return [
            f"{label(field, current_language())}: {self._text(field, item)}"
            for key, item in value.items()
            if key not in _NOT_TOLD
            for field in (known.get(key) or free_field(key),)
        ]

    def _masked(self, text: str) -> str:
        around = self.around
        return text if around.is_revealed else mask_text(text, around.customer_name, is_company=around.is_company)


def _lines(entries: Iterator[LabelledValue]) -> Iterator[list[LabelledValue]]:
    """The lines of the form: two short values beside each other, a wide one alone."""
    waiting: list[LabelledValue] = []
    for entry in entries:
        if waiting and (entry.is_wide or len(waiting) == 2):
            yield waiting
            waiting = []
        if entry.is_wide:
            yield [entry]
        else:
            waiting.append(entry)
    if waiting:
        yield waiting
