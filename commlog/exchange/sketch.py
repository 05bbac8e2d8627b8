"""A first map, made from a file's header and a look at its rows, for a person to finish."""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commlog.exchange.csv_file import CUSTOMER_GIVEN, Sheet, count_customer_columns, customer_field
from commlog.exchange.import_map import MOMENT_FORMATS, OWN_COLUMNS, parse_format
from commlog.exchange.incoming import IMPORT_KEY, Row
from commlog.forms.catalog import Template
from commlog.forms.fields import Field, find_field, find_value, label, nearest
from commlog.messages import translate
from commlog.values import CUSTOMER, INTERACTION, Data
from commlog.yamltext.format import format_entry, format_flow

_SAMPLE: Final = 1000
_MOST_CHOICES: Final = 30
_GIVEN: Final = frozenset({"id", "template", "agent", "recorded_at"})
_UNIQUE: Final = re.compile(r"(^|[ _-])(id|no\.?|number|ticket)$|编号|单号|工单|序号", re.IGNORECASE)
_DATE_FORMATS: Final = tuple(
    f"{day}{clock}"
    for day in (
        "year-month-day",
        "year/month/day",
        "month/day/year",
        "day/month/year",
        "day.month.year",
        "year年month月day日",
    )
    for clock in ("", " hour:minute", " hour:minute:second")
)


@dataclass(frozen=True, slots=True)
class _Match:
    """A column that is written like a field, and the texts found in it."""

    column: str
    name: str
    field: Field
    texts: tuple[str, ...]


def sketch_map(sheet: Sheet, template: Template, language: str) -> str:
    """The YAML text of a map: columns that are named like a field are mapped, the rest is told in comments."""
    rows = [row for row in itertools.islice(sheet.rows, _SAMPLE) if not row.fault]
    columns = [column for column in sheet.columns if column not in OWN_COLUMNS and column != IMPORT_KEY]
    matches = _match(columns, template, rows)
    others = [column for column in columns if column not in {match.column for match in matches}]
    parts = [
        "# " + translate("A draft of a map; docs/IMPORT.md explains every key.") + "\n",
        format_entry("template", template.name, 0),
        _dates_part(matches),
        _identity_part(columns, rows),
        format_entry("customers", {"unknown": "create"}, 0) if template.kind != CUSTOMER else "",
        _fields_part(matches),
        _missing_part(template, matches, language),
        _others_part(others, template),
        format_entry("others", "extra", 0),
    ]
    return "".join(parts)


def _match(columns: Iterable[str], template: Template, rows: list[Row]) -> list[_Match]:
    matches: dict[str, _Match] = {}
    for column in columns:
        # A customers' list calls its columns by other words than the form its fields.
        known = customer_field(column) if template.kind == CUSTOMER else None
        field = find_field(template, known or column)
        if field is None or field.key == "template" or (field.key == "id" and not known):
            continue
        if (known or field.key) in matches:
            continue
        texts = tuple(dict.fromkeys(text for row in rows if (text := row.cells.get(column, "").strip())))
        # By its key, not by the label, so that the map reads the same in either language.
        name = known or (field.key if "." not in column else column)
        matches[name] = _Match(column, name, field, texts)
    return list(matches.values())


def _dates_part(matches: Iterable[_Match]) -> str:
    texts = [text for match in matches if match.field.format in MOMENT_FORMATS for text in match.texts]
    found = next((name for name in _DATE_FORMATS if texts and all(_fits(text, name) for text in texts)), "")
    dates = {"format": found} if found else {}
    hint = translate(
        "how the file writes dates: year month day hour minute second; zone: its time zone; time: the time for a date without one"
    )
    example = '# dates: {format: month/day/year, zone: Asia/Shanghai, time: "09:00"}\n'
    return f"# {hint}\n" + (format_entry("dates", dates, 0) if dates else example)


def _fits(text: str, name: str) -> bool:
    try:
        datetime.strptime(text, parse_format(name))  # noqa: DTZ007 - only the form is looked at
    except ValueError:
        return False
    return True


def _identity_part(columns: Iterable[str], rows: list[Row]) -> str:
    lines = (
        "# "
        + translate("the columns that identify a row, so that a second import adds nothing; without it, all columns")
        + "\n"
    )
    for column in columns:
        texts = [row.cells.get(column, "") for row in rows]
        if _UNIQUE.search(column) and rows and all(texts) and len(set(texts)) == len(texts):
            return lines + format_entry("identity", [column], 0)
    return lines + "# identity: []\n"


def _fields_part(matches: Iterable[_Match]) -> str:
    fields = {match.name: _source(match) for match in matches}
    has_gaps = any(isinstance(source, dict) and None in source["values"].values() for source in fields.values())
    hint = (
        "# "
        + translate(
            "null: no choice of the form is written like this, so the word is left out; write the right choice here"
        )
        + "\n"
        if has_gaps
        else ""
    )
    return hint + format_entry("fields", fields, 0)


def _source(match: _Match) -> Data:
    field = match.field
    if not (field.enum or field.enum_labels) or len(match.texts) > _MOST_CHOICES:
        return match.column
    known = {text: find_value(field, text) for text in match.texts}
    if all(known.values()):
        return match.column
    # What has no translation yet is left to the person: null leaves the field out.
    return {"column": match.column, "values": known}


def _missing_part(template: Template, matches: Iterable[_Match], language: str) -> str:
    filled = {match.name.split(".")[0] for match in matches}
    given = _GIVEN | (CUSTOMER_GIVEN if template.kind == CUSTOMER else frozenset())
    missing = [
        field
        for field in template.fields
        if field.required and field.key not in filled | given and field.default is None
    ]
    if not missing:
        return ""
    lines = [
        "# " + translate("required, but no column has this name: map a column under fields, or give a constant"),
        "# constants:",
    ]
    return (
        "\n".join([*lines, *(f"#   {field.key}: …  # {label(field, language)}{_choices(field)}" for field in missing)])
        + "\n"
    )


def _choices(field: Field) -> str:
    return f": {', '.join(map(str, field.enum))}" if field.enum else ""


def _others_part(others: Iterable[str], template: Template) -> str:
    lines = []
    for column in others:
        near = nearest(column, template)
        lines.append(f"#   {format_flow(column)}" + (f"  # {near}?" if near else ""))
    head = "# " + translate("these columns are kept under extra; `others: ignore` leaves them out")
    return "\n".join([head, *lines]) + "\n" if lines else ""


def best_template(templates: Mapping[str, Template], columns: Iterable[str]) -> Template:
    """The template of which most columns bear the name of a field: a conversation's, or the customer's for a list of them.

    The first when several do; a conversation's rather than the customer's.
    """
    names = list(columns)
    conversations = [template for template in templates.values() if template.kind == INTERACTION]
    best = max(conversations, key=lambda template: _fitting(template, names))
    customer = next((template for template in templates.values() if template.kind == CUSTOMER), None)
    return customer if customer and count_customer_columns(names) > _fitting(best, names) else best


def _fitting(template: Template, names: Iterable[str]) -> int:
    return sum(find_field(template, name) is not None for name in names)
