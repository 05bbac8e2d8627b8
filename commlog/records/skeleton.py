"""A form to fill in with an editor: the template's fields in order, with their labels, choices and advice as comments."""

from collections.abc import Iterable

from commlog.forms.catalog import Template
from commlog.forms.fields import LIST, MAPPING, Field, hint, label, shown_choice
from commlog.messages import current_language, translate
from commlog.output.text import wrap
from commlog.values import Fields
from commlog.yamltext.format import format_entry

_WIDTH = 96
_TOOLS_OWN = frozenset({"id", "template", "recorded_at", "history"})


def format_skeleton(template: Template, fields: Fields, header: str = "") -> str:
    """A commented form: what is known filled in, what is required open, all else commented out."""
    language = current_language()
    title = template.labels.get(language, template.name)
    lines = [header] if header else []
    lines += [
        f"# {title}",
        "# "
        + translate(
            "Fill in the lines without #; remove the # from other lines you need. Save and close the editor to create the record."
        ),
        "# " + translate("To cancel, leave the subject empty or empty the file."),
        f"template: {template.name}",
    ]
    for field in template.fields:
        if field.key not in _TOOLS_OWN and not field.read_only:
            lines += ["", *_field_lines(field, fields, language)]
    return "\n".join(lines) + "\n"


def _field_lines(field: Field, fields: Fields, language: str) -> Iterable[str]:
    required = translate(" (required)") if field.required else ""
    advice = hint(field, language)
    yield f"# {label(field, language)}{required}" + (
        f"：{advice}" if advice and language == "zh" else f": {advice}" if advice else ""
    )
    if field.enum:
        choices = ", ".join(shown_choice(field, choice) for choice in field.enum)
        yield from (f"#   {line}" for line in wrap(choices, _WIDTH))
    if field.key in fields:
        yield from format_entry(field.key, fields[field.key], 0).rstrip("\n").split("\n")
    elif field.required:
        yield f"{field.key}: |\n  " if field.multiline else f"{field.key}: "
    else:
        yield from _example_lines(field, language)


def _example_lines(field: Field, language: str) -> Iterable[str]:
    """How an optional field is written, commented out."""
    if field.type == LIST and field.item is not None and field.item.fields:
        yield f"# {field.key}:"
        prefix = "#   - "
        for child in field.item.fields:
            if not child.read_only and child.key not in {"n", "history", "due_rule", "status"}:
                yield f"{prefix}{child.key}: {_note(child, language)}".rstrip()
                prefix = "#     "
    elif field.type == LIST:
        yield f"# {field.key}: []"
    elif field.type == MAPPING and field.fields:
        yield f"# {field.key}:"
        for child in field.fields:
            yield f"#   {child.key}: {_note(child, language)}".rstrip()
    else:
        yield f"# {field.key}: "


def _note(field: Field, language: str) -> str:
    words = label(field, language)
    if field.enum:
        words += " " + "/".join(str(choice) for choice in field.enum)
    return f"# {words}"
