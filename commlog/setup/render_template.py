"""A template for reading: its fields in order, with labels, choices and advice."""

import json
from typing import Final

from commlog.forms.catalog import Template
from commlog.forms.fields import Field, hint, label, value_label
from commlog.messages import current_language, translate

FORMATS: Final = ("text", "json")


def format_template(template: Template, output_format: str) -> str:
    """The template in one of FORMATS; json is the schema file itself."""
    if output_format == "json":
        return json.dumps(template.schema, ensure_ascii=False, indent=2)
    language = current_language()
    lines = [f"{template.labels.get(language, template.name)} ({template.name})", ""]
    for field in template.fields:
        lines += _lines(field, language, 0)
    lines += ["", translate("* required, # personal data, = set by the tool")]
    return "\n".join(lines)


def _lines(field: Field, language: str, depth: int) -> list[str]:
    marks = "".join(
        sign for sign, holds in (("*", field.required), ("#", field.personal), ("=", field.read_only)) if holds
    )
    kind = "" if field.type == "text" and not field.format else f" [{field.format or field.type}]"
    head = "  " * depth + f"{field.key}{marks}  {label(field, language)}{kind}"
    lines = [head]
    if field.enum:
        lines.append(
            "  " * depth
            + "    "
            + ", ".join(f"{choice} {value_label(field, choice, language)}" for choice in field.enum)
        )
    advice = hint(field, language)
    if advice:
        lines.append("  " * depth + f"    {advice}")
    for child in (*field.fields, *(field.item.fields if field.item else ())):
        lines += _lines(child, language, depth + 1)
    return lines
