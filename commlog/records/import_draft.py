"""Records-to-be of an import: what a row gives is completed with what the tool knows, and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from commlog.errors import InvalidError, UsageError
from commlog.followups.change import Opening, complete_follow_up
from commlog.forms.catalog import Template
from commlog.log.names import record_path
from commlog.messages import mark
from commlog.problems import Problem
from commlog.records.draft import DURATION
from commlog.records.find import get_record
from commlog.records.write import with_member_ids
from commlog.values import DAY_FIELDS, INTERACTION, Data, Fields, Record, instant_of
from commlog.workspace import Workspace, schema_comment
from commlog.worktime.moment import format_instant
from commlog.yamltext.format import format_document
from commlog.yamltext.parse import YamlError


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked record that is not written yet, and its text."""

    record: Record
    text: str


def complete_fields(workspace: Workspace, template: Template, given: Mapping[str, Data]) -> Fields:
    """A row's fields with agent, required defaults, recording time and numbered follow-ups filled in, members by id.

    Raises:
        UsageError: a follow-up's due or priority is not understood, or nobody is known who records.
    """
    fields: Fields = {**given, "template": template.name}
    for item in template.fields:
        if item.required and item.default is not None:
            fields.setdefault(item.key, item.default)
    if template.kind == INTERACTION:
        fields["agent"] = str(fields.get("agent") or workspace.require_member(None))
        fields = _with_end(fields)
    fields = with_member_ids(workspace, fields)
    if "recorded_at" in template.order:
        fields.setdefault("recorded_at", workspace.stamp)
    return _with_follow_ups(workspace, template, fields)


def complete_customer(given: Mapping[str, Data]) -> Fields:
    """A customer's fields from a row: a contact without a name is the customer, and one without anything is none.

    Whoever has a company of their own name, or a trade, is a company unless the row says otherwise.
    """
    fields: Fields = dict(given)
    contacts = fields.get("contacts")
    if isinstance(contacts, list):
        filled = [item for item in contacts if item]
        fields["contacts"] = [
            {"name": fields["name"], **item} if isinstance(item, dict) and fields.get("name") else item
            for item in filled
        ]
        if not filled:
            del fields["contacts"]
    if fields.get("industry") or (fields.get("company") and fields["company"] == fields.get("name")):
        fields.setdefault("type", "company")
    return fields


def check_draft(workspace: Workspace, template_name: str, fields: Fields) -> Draft:
    """The record of complete fields, in the template's order and members by id, as its file would be read again.

    Raises:
        InvalidError: it breaks a rule; carries every problem.
    """
    template = workspace.catalog.get(template_name)
    fields = with_member_ids(workspace, {**fields, "template": template.name})
    ordered = {key: fields[key] for key in (*template.order, *fields) if key in fields}
    path = record_path(template.kind, str(ordered["id"]))
    try:
        stored = workspace.stored(template.name, ordered)
        text = format_document(stored, schema_comment(workspace, template.name, path))
        raw = text.encode("utf-8")
    except (ValueError, YamlError) as fault:
        raise InvalidError(mark("cannot be written as YAML: {reason}"), reason=str(fault)) from None
    reading = workspace.reader.read_raw(path, raw)
    errors = [replace(item, path="", line=0, column=0) for item in reading.problems if item.severity == "error"]
    if errors:
        raise InvalidError(mark("the record is not valid"), problems=errors)
    return Draft(get_record(reading), text)


def day_of(workspace: Workspace, template: Template, fields: Fields) -> date:
    """The day a record's id begins with, in the log's zone; today for a template whose day may be missing.

    Raises:
        InvalidError: the day is required and missing, or it is no date.
    """
    key = DAY_FIELDS[template.kind]
    text = fields.get(key)
    if text is None and not any(item.key == key and item.required for item in template.fields):
        return workspace.now.date()
    instant = instant_of(text)
    try:
        return (
            instant.astimezone(workspace.log.settings.zone).date() if instant else date.fromisoformat(str(text or ""))
        )
    except ValueError:
        code = "missing-field" if text is None else "wrong-format"
        facts = (("value", str(text)), ("expected", "2026-03-14"))
        raise InvalidError(mark("the record is not valid"), problems=(Problem(code, field=key, facts=facts),)) from None


def _with_end(fields: Fields) -> Fields:
    """The end told by a duration in minutes."""
    minutes = fields.pop(DURATION, None)
    started = instant_of(fields.get("started_at"))
    if isinstance(minutes, int) and started and "ended_at" not in fields:
        fields["ended_at"] = format_instant(started + timedelta(minutes=minutes))
    return fields


def _with_follow_ups(workspace: Workspace, template: Template, fields: Fields) -> Fields:
    items = fields.get("followups")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return fields
    start = fields.get("ended_at") or fields.get("started_at") or fields.get("reported_on") or workspace.stamp
    by = fields.get("agent") or fields.get("owner") or workspace.member
    if not by:
        raise UsageError(mark("nobody is known who owns the follow-up"))
    own = next(
        (str(fields[key]) for key in template.priority_from if fields.get(key) in workspace.log.settings.priorities),
        None,
    )
    opening = Opening(str(fields.get("recorded_at") or workspace.stamp), str(start), str(by), own)
    completed = [complete_follow_up(workspace, item, number, opening) for number, item in enumerate(items, start=1)]
    return {**fields, "followups": completed}


def reasons_of(fault: InvalidError) -> str:
    """Why a record was refused, in one line."""
    return "; ".join(item.message for item in fault.problems) or fault.message
