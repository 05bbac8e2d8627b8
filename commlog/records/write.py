"""Creating a record: what was given is completed with what the tool knows, checked, and written once."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from commlog.errors import CommlogError, ConflictError, Finding, InvalidError, NotFoundError, UsageError
from commlog.followups.change import Opening, complete_follow_up
from commlog.forms.catalog import Template
from commlog.log.names import customer_id_for, new_id, record_path
from commlog.messages import mark
from commlog.problems import Problem
from commlog.records.change import keep_policies
from commlog.records.draft import DURATION
from commlog.records.find import customer_family, find_customer, get_record, read_record
from commlog.values import (
    ANONYMOUS,
    ANSWER,
    CUSTOMER,
    DAY_FIELDS,
    INTERACTION,
    SURVEY,
    Data,
    Fields,
    Record,
    ValuePath,
    instant_of,
    show_path,
)
from commlog.workspace import Workspace, schema_comment
from commlog.worktime.limits import Limit
from commlog.worktime.moment import format_instant
from commlog.yamltext.format import format_document
from commlog.yamltext.scalars import YamlError

LINK_TYPES: Final = ("follows", "answers", "duplicates", "escalates", "relates")
OUTSIDE: Final = "ref:"
# Where a form names a person of the team, beside its follow-ups; a department may stand there, too.
_MEMBER_FIELDS: Final = ("agent", "owner")
_ID_ATTEMPTS: Final = 20


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants recorded: the fields so far, links and follow-ups apart, and who asks.

    `links` are pairs of prior and type as typed; `follow_ups` mappings whose dues are still as typed.
    """

    template: str
    fields: Fields
    links: Sequence[tuple[str, str]] = ()
    follow_ups: Sequence[Fields] = ()
    new_customer: str | None = None
    choose: Callable[[str], str] = field(default=lambda choices: choices[0])


@dataclass(frozen=True, slots=True)
class Draft:
    """A complete record that is not written yet: its path, its text, and the customer file that comes with it."""

    record: Record
    text: str
    customer: "Draft | None" = None


def draft_record(workspace: Workspace, request: Request) -> Draft:
    """The record that would be written.

    Raises:
        InvalidError: it breaks a rule; carries every problem.
        NotFoundError, AmbiguousError: the customer or a linked record is not known.
        UsageError: nobody is known who records it, or a due is not understood.
    """
    template = workspace.catalog.get(request.template)
    customer = None
    fields = {**request.fields, "template": template.name}
    if request.new_customer:
        customer = _draft_customer(workspace, request.new_customer, request.choose)
        fields["customer"] = customer.record.id
    faults: list[tuple[str, CommlogError]] = []
    found = partial(_with_customer, workspace, template, is_new=customer is not None)
    fields = _tried(fields, "customer", found, faults)
    fields = _COMPLETERS.get(template.kind, _complete_other)(workspace, template, fields)
    fields = with_member_ids(workspace, fields)
    linked = partial(_with_links, workspace, links=request.links)
    fields = _tried(fields, "links", linked, faults)
    promised = partial(_with_follow_ups, workspace, template, added=request.follow_ups)
    fields = _tried(fields, "followups", promised, faults)
    if faults:
        raise _told_at_once(workspace, template, fields, faults)
    if not fields.get("id"):
        try:
            day = _day_of(workspace, template, fields)
        except InvalidError as fault:
            raise _told_at_once(workspace, template, fields, [(DAY_FIELDS[template.kind], fault)]) from None
        fields["id"] = new_id(day, request.choose)
    return replace(_checked(workspace, template, fields), customer=customer)


def _tried(
    fields: Fields, key: str, step: Callable[[Fields], Fields], faults: list[tuple[str, CommlogError]]
) -> Fields:
    """The fields after a step; as they are when it fails, the fault then added under the key of the field it speaks of."""
    try:
        return step(fields)
    except (InvalidError, NotFoundError, UsageError) as fault:
        faults.append((key, fault))
        return fields


def _told_at_once(
    workspace: Workspace, template: Template, fields: Fields, faults: Sequence[tuple[str, CommlogError]]
) -> CommlogError:
    """The error for some faults and for whatever else is wrong with the record; the fault itself when it is alone."""
    others: list[Finding] = []
    try:
        day = workspace.now.date()
        _checked(workspace, template, {"id": new_id(day, lambda choices: choices[0]), **fields})
    except InvalidError as fault:
        named = {key for key, _ in faults}
        others = [
            item
            for item in fault.problems
            # What was left as it was typed is told already.
            if not (isinstance(item, Problem) and re.split(r"[.\[]", item.field)[0] in named)
        ]
    if len(faults) == 1 and not others:
        return faults[0][1]
    told = [finding for _, fault in faults for finding in fault.problems or (fault,)]
    return InvalidError(mark("the record is not valid yet; nothing was written"), problems=[*told, *others])


def create_record(workspace: Workspace, request: Request) -> Record:
    """The record, written to a new file.

    Raises:
        As `draft_record`; ConflictError when a customer of this id exists; NotWritableError.
    """
    draft = draft_record(workspace, request)
    if draft.customer is not None:
        # First, so that the record never points to nobody.
        _write(workspace, draft.customer)
    for _ in range(_ID_ATTEMPTS):
        try:
            return _write(workspace, draft)
        except ConflictError:
            # Two clones never meet in an id by more than chance; two commands on one log might.
            if request.fields.get("id") or draft.record.kind == CUSTOMER:
                raise
            draft = draft_record(workspace, request)
    raise AssertionError(request.template)


def _write(workspace: Workspace, draft: Draft) -> Record:
    workspace.log.create_file(draft.record.path, draft.text.encode("utf-8"))
    return draft.record


def _checked(workspace: Workspace, template: Template, fields: Fields) -> Draft:
    ordered = {key: fields[key] for key in (*template.order, *fields) if key in fields}
    record_id = str(ordered["id"])
    path = (
        record_path(template.kind, record_id) if template.kind != CUSTOMER else record_path(CUSTOMER, _safe(record_id))
    )
    stored = workspace.stored(template.name, ordered)
    try:
        text = format_document(stored, schema_comment(workspace, template.name, path))
    except YamlError as fault:
        raise InvalidError(
            mark("the record is not valid yet; nothing was written"),
            problems=(Problem(fault.code, facts=tuple(fault.facts.items())),),
        ) from None
    reading = workspace.reader.read_raw(path, text.encode("utf-8"))
    errors = [replace(item, path="", line=0, column=0) for item in reading.problems if item.severity == "error"]
    if errors:
        raise InvalidError(mark("the record is not valid yet; nothing was written"), problems=errors)
    keep_policies(workspace, get_record(reading))
    return Draft(get_record(reading), text)


def _safe(customer_id: str) -> str:
    from commlog.log.names import is_customer_id

    if not is_customer_id(customer_id):
        facts = (("value", customer_id), ("expected", "a-z 0-9 . _ -, 中文; at most 64"))
        raise InvalidError(
            mark("the record is not valid yet; nothing was written"),
            problems=(Problem("wrong-pattern", field="id", facts=facts),),
        )
    return customer_id


def _complete_interaction(workspace: Workspace, template: Template, fields: Fields) -> Fields:
    duration = fields.pop(DURATION, None)
    if not fields.get("agent"):
        fields["agent"] = workspace.require_member(None)
    for item in template.fields:
        if item.required and item.default is not None:
            fields.setdefault(item.key, item.default)
    now = workspace.now.replace(second=0)
    _with_times(fields, now, duration)
    fields.setdefault("recorded_at", workspace.stamp)
    if "last_contact_at" in template.order and "last_contact_at" not in fields:
        _with_last_contact(workspace, fields)
    return fields


def _with_times(fields: Fields, now: datetime, duration: Data) -> None:
    """Start and end to the minute: told, or counted back from now when only the duration is told."""
    if isinstance(duration, int):
        length = timedelta(minutes=duration)
        started, ended = instant_of(fields.get("started_at")), instant_of(fields.get("ended_at"))
        if started is None:
            ended = ended or now
            fields.setdefault("started_at", format_instant(ended - length))
            fields["ended_at"] = format_instant(ended)
        elif ended is None:
            fields["ended_at"] = format_instant(started + length)
    fields.setdefault("started_at", fields.get("ended_at") or format_instant(now))


def _with_last_contact(workspace: Workspace, fields: Fields) -> None:
    customer, started = fields.get("customer"), instant_of(fields.get("started_at"))
    if not isinstance(customer, str) or customer == ANONYMOUS or started is None:
        return
    try:
        family = customer_family(workspace, find_customer(workspace, customer))
    except NotFoundError:
        # Nobody is known by this name: that is told with whatever else is wrong.
        return
    marks = ", ".join("?" * len(family))
    rows = workspace.index.rows(
        "SELECT field(content, 'started_at') FROM records JOIN contents USING (record)"
        f" WHERE customer IN ({marks}) AND kind = ? AND reached = 1 AND started_at < ? ORDER BY started_at DESC LIMIT 1",
        (*family, INTERACTION, int(started.timestamp())),
    )
    if rows and rows[0][0]:
        fields["last_contact_at"] = rows[0][0].upper()


def _complete_customer(workspace: Workspace, template: Template, fields: Fields) -> Fields:
    del template
    if not fields.get("id") and isinstance(fields.get("name"), str):
        fields["id"] = customer_id_for(fields["name"])
    fields.setdefault("type", "company" if fields.get("company") or fields.get("industry") else "individual")
    fields.setdefault("stage", "active")
    fields.setdefault("recorded_at", workspace.stamp)
    return fields


def _complete_other(workspace: Workspace, template: Template, fields: Fields) -> Fields:
    for item in template.fields:
        if item.required and item.default is not None:
            fields.setdefault(item.key, item.default)
    if "agent" in template.order and "agent" not in fields and workspace.member:
        fields["agent"] = workspace.require_member(None)
    day_field = DAY_FIELDS[template.kind]
    # An answer is approved, and a survey requested, by somebody: not by being written down.
    if day_field and day_field in template.order and template.kind not in {ANSWER, SURVEY}:
        fields.setdefault(day_field, workspace.now.date().isoformat())
    if "recorded_at" in template.order:
        fields.setdefault("recorded_at", workspace.stamp)
    return fields


_COMPLETERS: Final[dict[str, Callable[[Workspace, Template, Fields], Fields]]] = {
    INTERACTION: _complete_interaction,
    CUSTOMER: _complete_customer,
}


def member_id_of(workspace: Workspace, name: Data) -> Data:
    """A member's id for any of their names; anything else as it is."""
    return workspace.log.settings.member_id(name) if isinstance(name, str) else name


def with_member_ids(workspace: Workspace, fields: Fields, before: Mapping[str, Data] | None = None) -> Fields:
    """The fields with the ids of members for whatever they are called; a department stays, and what stood there `before`."""
    known = before or {}
    named = {key: fields[key] for key in _MEMBER_FIELDS if key in fields and fields[key] != known.get(key)}
    return {**fields, **{key: member_id_of(workspace, name) for key, name in named.items()}}


def _with_customer(workspace: Workspace, template: Template, fields: Fields, *, is_new: bool) -> Fields:
    name = fields.get("customer")
    if template.kind == CUSTOMER or is_new or not isinstance(name, str) or not name.strip():
        return fields
    return {**fields, "customer": find_customer(workspace, name)}


def _with_links(workspace: Workspace, fields: Fields, links: Sequence[tuple[str, str]]) -> Fields:
    if not links:
        return fields
    made = [link_of(workspace, prior, kind) for prior, kind in links]
    return {**fields, "links": [*(fields.get("links") or []), *made]}


def link_of(workspace: Workspace, prior: str, link_type: str) -> Fields:
    """The mapping of a link to an earlier record (by id or prefix), or to a number from outside (`ref:…`).

    Raises:
        UsageError: there is no such type.
        NotFoundError, AmbiguousError: there is no such record.
    """
    if link_type not in LINK_TYPES:
        raise UsageError(
            mark("there is no link type '{type}'"),
            type=link_type,
            remedy=mark("use one of: {types}"),
            types=", ".join(LINK_TYPES),
        )
    target = prior if prior.startswith(OUTSIDE) else read_record(workspace, prior).id
    return {"to": target, "type": link_type}


_READ_OF_FOLLOW_UP: Final = ("due", "owner", "priority", "status")


def _with_follow_ups(workspace: Workspace, template: Template, fields: Fields, added: Sequence[Fields]) -> Fields:
    given = fields.get("followups")
    items = [*(given if isinstance(given, list) else []), *added]
    if not items:
        return fields
    start = fields.get("ended_at") or fields.get("started_at") or workspace.stamp
    by = fields.get("agent") or fields.get("owner") or workspace.require_member(None)
    opening = Opening(
        str(fields.get("recorded_at") or workspace.stamp),
        str(start),
        str(by),
        _own_priority(workspace, template, fields),
    )
    numbers = [item.get("n") for item in items if isinstance(item, dict)]
    completed: list[Data] = []
    for place, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            completed.append(item)
            continue
        number = item["n"] if isinstance(item.get("n"), int) else _free_number(numbers, place)
        numbers.append(number)
        # What is no text is left as it was given, for the template to refuse.
        is_readable = all(isinstance(item.get(key), str | None) for key in _READ_OF_FOLLOW_UP)
        completed.append(complete_follow_up(workspace, item, number, opening) if is_readable else {"n": number, **item})
    return {**fields, "followups": completed}


def _free_number(taken: Sequence[Data], wanted: int) -> int:
    return wanted if wanted not in taken else max(n for n in taken if isinstance(n, int)) + 1


def _own_priority(workspace: Workspace, template: Template, fields: Fields) -> str | None:
    """The priority that the form itself names (urgency, next step), when it is one of this log's."""
    priorities: dict[str, Limit] = dict(workspace.log.settings.priorities)
    return next((str(fields[key]) for key in template.priority_from if fields.get(key) in priorities), None)


def _day_of(workspace: Workspace, template: Template, fields: Fields) -> date:
    text = fields.get(DAY_FIELDS[template.kind])
    instant = instant_of(text)
    if instant is not None:
        return instant.astimezone(workspace.log.settings.zone).date()
    if isinstance(text, str):
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            where: ValuePath = (DAY_FIELDS[template.kind],)
            facts = (("value", text), ("expected", "2026-03-14"))
            raise InvalidError(
                mark("the record is not valid yet; nothing was written"),
                problems=(Problem("wrong-format", field=show_path(where), facts=facts),),
            ) from None
    return workspace.now.date()


def _draft_customer(workspace: Workspace, name: str, choose: Callable[[str], str]) -> Draft:
    return draft_record(workspace, Request(CUSTOMER, {"name": name}, choose=choose))
