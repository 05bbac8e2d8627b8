"""The templates a log can use, and a first schema for one of the team's own."""

import json

from commlog.errors import CommlogError, UsageError
from commlog.forms.catalog import Template
from commlog.forms.fields import Field, hint, label, value_label
from commlog.forms.schemas import SUFFIX, shipped_folder
from commlog.messages import current_language, mark, translate
from commlog.output.listing import Listing
from commlog.values import Data
from commlog.workspace import Workspace

COLUMN_NAMES = ("name", "label", "kind", "record_within", "fields", "source", "problem")
SHOWN = ("name", "label", "kind", "fields", "source")


def list_templates(workspace: Workspace, language: str) -> Listing:
    """Every template by name: whose it is, and what is wrong with a broken one."""
    rows: list[tuple[Data, ...]] = []
    for name in workspace.catalog.names():
        try:
            template = workspace.catalog.get(name)
        except CommlogError as fault:
            rows.append((name, None, None, None, None, "log", fault.message))
            continue
        source = "shipped" if shipped_folder() in template.file.parents else "log"
        title, size = template.labels.get(language), len(template.fields)
        rows.append((name, title, template.kind, template.record_within, size, source, None))
    return Listing(COLUMN_NAMES, tuple(rows), SHOWN, "name")


def create_template(workspace: Workspace, name: str, label: str) -> str:
    """The log-relative path of a new template for interactions, with one field to start from.

    Raises:
        UsageError: the name is no slug, or taken.
        ConflictError, NotWritableError: the file exists or cannot be written.
    """
    if not (name.isascii() and name.replace("_", "").isalnum() and name[0].isalpha() and name == name.lower()):
        raise UsageError(
            mark("'{name}' cannot be used as the name of a template"),
            name=name,
            remedy=mark("use lowercase letters, digits and _, e.g. repair"),
        )
    if name in workspace.catalog.names():
        raise UsageError(
            mark("there is already a template '{name}'"),
            name=name,
            remedy=mark("choose another name, or edit it: commlog template show {name}"),
        )
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": label or name,
        "x-label": {"zh": label or name, "en": label or name},
        "x-kind": "interaction",
        "allOf": [{"$ref": "parts/interaction.json"}],
        "properties": {
            "template": {"const": name},
            "example_field": {
                "type": "string",
                "minLength": 1,
                "x-label": {"zh": "示例字段", "en": "Example field"},
                "x-hint": {"zh": "换成你们表上的一栏", "en": "Make it one of your own form"},
            },
        },
        "unevaluatedProperties": False,
    }
    path = f"schemas/{name}{SUFFIX}"
    workspace.log.create_file(path, (json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode("utf-8"))
    return path


def format_template(template: Template, output_format: str) -> str:
    """The template as text or json; json is the schema file itself."""
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
    lines = [f"{'  ' * depth}{field.key}{marks}  {label(field, language)}{kind}"]
    indent = "  " * (depth + 2)
    if field.enum:
        lines.append(indent + ", ".join(f"{choice} {value_label(field, choice, language)}" for choice in field.enum))
    advice = hint(field, language)
    if advice:
        lines.append(indent + advice)
    for child in (*field.fields, *(field.item.fields if field.item else ())):
        lines += _lines(child, language, depth + 1)
    return lines
