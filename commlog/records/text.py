"""One record for reading: every field under its label, in the form's order, derived values beside them."""

import json
from collections.abc import Mapping
from typing import Final

from commlog.forms.catalog import Template
from commlog.forms.fields import Field, free_field, label, value_label
from commlog.messages import current_language, translate
from commlog.output.text import harmless, pad, width_of, wrap
from commlog.records.render_kept_fields import with_kept_in_words
from commlog.values import Data, Fields, Record, instant_of
from commlog.yamltext.format import format_document

FORMATS: Final = ("text", "json", "yaml", "html")
# A page needs more than the record: `commlog.records.page` makes it.
HTML: Final = "html"
_LABEL_WIDTH: Final = 18
# A longer label keeps the value beside it to itself.
_WIDEST_LABEL: Final = 26
_WIDTH: Final = 100


def shown_fields(record: Record) -> Fields:
    """The fields of a record as people may see them: a word stands for every sealed value that nobody here can read."""
    if not record.sealed:
        return record.fields
    from commlog.privacy.rules.sealing import hide_shut

    return hide_shut(record.fields, record.sealed)


def format_record(record: Record, template: Template, output_format: str) -> str:
    """The record in one of FORMATS but HTML, as it comes: whoever asks has masked it."""
    fields = shown_fields(record)
    if output_format == "json":
        return json.dumps(fields, ensure_ascii=False, indent=2)
    if output_format == "yaml":
        return format_document(fields)
    fields = with_kept_in_words(template, fields)
    language = current_language()
    title = template.labels.get(language, template.name)
    lines = [f"{title}  {harmless(record.id)}", ""]
    known = {field.key: field for field in template.fields}
    for key in (*template.order, *(key for key in fields if key not in template.order)):
        if key in fields and key not in {"id", "template"}:
            lines += _lines(known.get(key) or free_field(key), fields[key], 0)
            if key == "ended_at":
                lines += _duration_lines(fields)
    return "\n".join(lines)


def _duration_lines(fields: Mapping[str, Data]) -> list[str]:
    started, ended = instant_of(fields.get("started_at")), instant_of(fields.get("ended_at"))
    if not started or not ended:
        return []
    minutes = int((ended - started).total_seconds() // 60)
    return [pad(translate("Duration"), _LABEL_WIDTH) + "  " + translate("{minutes} min").format(minutes=minutes)]


def _lines(field: Field, value: Data, depth: int, width: int = _LABEL_WIDTH) -> list[str]:
    """The lines of a field; `width` columns are for the label, or as many as it needs."""
    heading = _heading(field, depth)
    if isinstance(value, dict):
        return [heading, *_mapping_lines(field, value, depth + 1, _width_within(field, value, depth + 1))]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [heading, *(line for item in value for line in _item_lines(field, item, depth + 1))]
    if isinstance(value, list):
        item = field.item or field
        text = translate(", ").join(shown_value(item, entry) for entry in value)
    else:
        text = shown_value(field, value)
    indent = max(width, width_of(heading)) + 2
    first, *more = wrap(text, _WIDTH - indent)
    return [pad(heading, indent) + first, *(" " * indent + line for line in more if line)]


def _heading(field: Field, depth: int) -> str:
    return "  " * depth + label(field, current_language())


def _width_within(field: Field, value: Mapping[str, Data], depth: int) -> int:
    """The columns for the labels of a mapping, so that its values stand under each other, yet not far off for one of them."""
    known = {child.key: child for child in field.fields}
    needed = (width_of(_heading(known.get(key) or free_field(key), depth)) for key in value)
    return max((_LABEL_WIDTH, *(one for one in needed if one <= _WIDEST_LABEL)))


def _mapping_lines(field: Field, value: Mapping[str, Data], depth: int, width: int = _LABEL_WIDTH) -> list[str]:
    known = {child.key: child for child in field.fields}
    return [
        line for key, item in value.items() for line in _lines(known.get(key) or free_field(key), item, depth, width)
    ]


def _item_lines(field: Field, item: Data, depth: int) -> list[str]:
    inner = field.item or field
    if not isinstance(item, dict):
        return ["  " * depth + "- " + shown_value(inner, item)]
    if all(not isinstance(value, dict | list) for value in item.values()):
        known = {child.key: child for child in inner.fields}
        parts = [shown_value(known.get(key) or free_field(key), value) for key, value in item.items()]
        first, *more = wrap("  ".join(parts), _WIDTH - 2 * depth - 2)
        return ["  " * depth + "- " + first, *("  " * depth + "  " + line for line in more)]
    lines = _mapping_lines(inner, item, depth + 1)
    return ["  " * depth + "- " + lines[0].lstrip(), *lines[1:]] if lines else []


def shown_value(field: Field, value: Data) -> str:
    """A plain value as people read it: the word of a choice, yes or no, an instant to the minute."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return translate("yes") if value else translate("no")
    text = str(value)
    if len(text) >= 16 and text[4:5] == "-" and text[10:11] == "T":
        return f"{text[:10]} {text[11:16]}"
    shown = value_label(field, value, current_language()) if field.enum or field.enum_labels else text
    return harmless(shown.rstrip("\n"), keep_lines=True)
