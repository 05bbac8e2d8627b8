"""What a merge of two customers did, as lines for people; personal data is masked unless it is revealed."""

from typing import Final

from commlog.customers.merge import MergeResult
from commlog.forms.catalog import Template
from commlog.forms.fields import LIST, MAPPING, Field, find_field, free_field, label, value_label
from commlog.forms.personal import mask_fields
from commlog.messages import current_language, translate
from commlog.output.text import harmless, shorten
from commlog.values import Data

_LONGEST: Final = 100


def format_merge(template: Template, result: MergeResult, *, reveal: bool = False) -> list[str]:
    """A line for each value that the customer to keep got, and for each in which the two files differ."""
    added, differs = (
        translate("added: {field}: {value}"),
        translate("differs: {field}: {value} is kept; the duplicate has {other}"),
    )
    return [
        text.format(
            field=_label(template, fact.field),
            value=_shown(template, fact.field, fact.value, reveal=reveal),
            other=_shown(template, fact.field, fact.other, reveal=reveal) if text is differs else "",
        )
        for text, facts in ((added, result.added), (differs, result.differing))
        for fact in facts
    ]


def _label(template: Template, dotted: str) -> str:
    language = current_language()
    top, *rest = dotted.split(".")
    fields = [find_field(template, top), find_field(template, dotted) if rest else None]
    words = [label(field, language) for field in fields if field is not None]
    return harmless(", ".join(words) or dotted)


def _shown(template: Template, dotted: str, value: Data, *, reveal: bool) -> str:
    field = find_field(template, dotted) or free_field(dotted)
    shown = value if reveal else _masked(field, value)
    language = current_language()
    parts = list(shown.values()) if isinstance(shown, dict) else shown if isinstance(shown, list) else [shown]
    words = (_word(field.item or field, part, language) for part in parts)
    return shorten(harmless(" ".join("  ".join(words).strip().split("\n"))), _LONGEST)


def _word(field: Field, value: Data, language: str) -> str:
    if isinstance(value, bool):
        return translate("yes") if value else translate("no")
    if isinstance(value, dict | list):
        return ", ".join(str(item) for item in (value.values() if isinstance(value, dict) else value))
    return value_label(field, value, language) if field.enum or field.enum_labels else str(value)


def _masked(field: Field, value: Data) -> Data:
    """The value masked as it would be in its record; one entry of a list is masked as an entry."""
    is_entry = field.type == LIST and not isinstance(value, list)
    owner = Field("", MAPPING, {}, {}, {}, fields=(field,))
    masked = mask_fields(owner, {field.key: [value] if is_entry else value})[field.key]
    return masked[0] if is_entry else masked
