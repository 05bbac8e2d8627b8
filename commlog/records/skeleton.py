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
# What the tool fills in within an entry of a list.
_FILLED_IN = frozenset({"n", "history", "due_rule", "status"})


def format_skeleton(template: Template, fields: Fields, header: str = "") -> str:
    """A commented form: what is known filled in, what is required open, all else commented out."""
    language = current_language()
    title = template.labels.get(language, template.name)
    advice = translate(
        "Fill in the lines without #; remove the # from other lines you need. Save and close the editor to create the record."
    )
    cancel = translate("To cancel, leave the subject empty or empty the file.")
    lines = [*filter(None, [header]), f"# {title}", f"# {advice}", f"# {cancel}", f"template: {template.name}"]
    for field in template.fields:
        if field.key not in _TOOLS_OWN and not field.read_only:
            lines += ["", *_field_lines(field, fields, language)]
    return "\n".join(lines) + "\n"


def _field_lines(field: Field, fields: Fields, language: str) -> Iterable[str]:
    required = translate(" (required)") if field.required else ""
    advice = hint(field, language)
    colon = "：" if language == "zh" else ": "
    yield f"# {label(field, language)}{required}{advice and colon + advice}"
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
    is_list = field.type == LIST
    inner = field.item.fields if is_list and field.item is not None else field.fields
    if not inner or field.type not in {LIST, MAPPING}:
        yield f"# {field.key}: {'[]' if is_list else ''}"
        return
    yield f"# {field.key}:"
    if not is_list:
        yield from (f"#   {child.key}: {_note(child, language)}".rstrip() for child in inner)
        return
    children = [child for child in inner if not child.read_only and child.key not in _FILLED_IN]
    for place, child in enumerate(children):
        yield f"#   {' ' if place else '-'} {child.key}: {_note(child, language)}".rstrip()


def _note(field: Field, language: str) -> str:
    words = label(field, language)
    if field.enum:
        words += " " + "/".join(str(choice) for choice in field.enum)
    return f"# {words}"
