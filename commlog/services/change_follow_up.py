"""A follow-up's life: start, wait, done, close, reopen, assign, reschedule, and adding one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from commlog.errors import NotFoundError, UsageError
from commlog.messages import mark
from commlog.model.follow_up import OPEN, PAUSED, FollowUp, advance, entry_of, next_number, read_follow_up
from commlog.model.limit import Limit, due_after
from commlog.model.moment import due_instant, format_instant, parse_due
from commlog.model.record import Fields, instant_of, mappings_of, text_of
from commlog.services.change_record import change_record
from commlog.services.find_record import Address, find_address, find_path
from commlog.services.workspace import Workspace
from commlog.templates.fields import find_field, find_value

# The follow-up's mapping and the record's fields it stands in, to the follow-up's new mapping.
_Change = Callable[[Fields, Fields], Fields]
_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Details:
    """What may be said with a follow-up's verb; None is unsaid. `due` is text as people type it."""

    by: str | None = None
    note: str | None = None
    result: str | None = None
    owner: str | None = None
    due: str | None = None
    priority: str | None = None
    satisfaction: str | None = None


def move_follow_up(workspace: Workspace, text: str, verb: str, details: Details) -> tuple[Address, FollowUp]:
    """The follow-up `ID/n` after one of the verbs start, wait, done, close, reopen; with `due`, rescheduled as well.

    Raises:
        ConflictError: the verb does not apply in its state.
        UsageError: a result or reason is missing, or nobody is known who does it.
    """
    by = workspace.require_member(details.by)

    def change(fields: Fields, record: Fields) -> Fields:
        entry = entry_of(workspace.stamp, by, "", note=details.note)
        changed = advance(fields, verb, entry, result=details.result)
        if details.satisfaction:
            told = _choice_of(workspace, record, "customer_satisfaction", details.satisfaction)
            history = changed.pop("history")
            changed |= {"customer_satisfaction": told, "history": history}
        if details.due is not None:
            return _rescheduled(workspace, changed, record, details)
        return _resumed(workspace, changed) if fields.get("status") == PAUSED and verb == "start" else changed

    return _change(workspace, text, change)


def assign_follow_up(workspace: Workspace, text: str, details: Details) -> tuple[Address, FollowUp]:
    """The follow-up with another owner; who and why are added to its history.

    Raises:
        UsageError: no owner is given, or nobody is known who does it.
    """
    by = workspace.require_member(details.by)
    if not details.owner:
        raise UsageError(mark("who takes it over? no owner is given"), remedy=mark("add --to MEMBER"))
    owner = owner_of(workspace, details.owner)

    def change(fields: Fields, _record: Fields) -> Fields:
        entry = entry_of(workspace.stamp, by, read_follow_up(fields, 1).status, owner=owner, note=details.note)
        return {**fields, "owner": owner, "history": [*fields.get("history", []), entry]}

    return _change(workspace, text, change)


def reschedule_follow_up(workspace: Workspace, text: str, details: Details) -> tuple[Address, FollowUp]:
    """The follow-up with another due time, given or computed from another priority.

    Raises:
        UsageError: neither a due nor a priority is given, or it is not understood.
    """
    by = workspace.require_member(details.by)
    if details.due is None and details.priority is None:
        raise UsageError(
            mark("neither a due time nor a priority is given"), remedy=mark("add --due WHEN or --priority NAME")
        )

    def change(fields: Fields, record: Fields) -> Fields:
        entry = entry_of(workspace.stamp, by, read_follow_up(fields, 1).status, note=details.note)
        changed = {**fields, "history": [*fields.get("history", []), entry]}
        return _rescheduled(workspace, changed, record, details)

    return _change(workspace, text, change)


def add_follow_up(workspace: Workspace, text: str, wanted: Fields, by: str | None) -> tuple[Address, FollowUp]:
    """A new follow-up of an existing record; its limit counts from now.

    Raises:
        UsageError, NotFoundError: the record or the due is not understood.
    """
    path = find_path(workspace, text)
    who = workspace.require_member(by)
    numbers: list[int] = []

    def change(fields: Fields) -> Fields:
        number = next_number(fields)
        numbers.append(number)
        named = (
            {"priority": _choice_of(workspace, fields, "priority", wanted["priority"])}
            if wanted.get("priority")
            else {}
        )
        item = complete_follow_up(workspace, wanted | named, number, Opening(workspace.stamp, workspace.stamp, who))
        return {**fields, "followups": [*(fields.get("followups") or []), item]}

    record = change_record(workspace, path, change)
    address = Address(path, record.id, numbers[-1])
    return address, _get_follow_up(record.fields, numbers[-1])


@dataclass(frozen=True, slots=True)
class Opening:
    """When a follow-up opens (`at`), from when its limit counts (`start`), who opens it, and its record's own priority."""

    at: str
    start: str
    by: str
    priority: str | None = None


def complete_follow_up(workspace: Workspace, wanted: Fields, number: int, opening: Opening) -> Fields:
    """A new follow-up's mapping, in the form's order: number, owner, computed due, first entry of history.

    Raises:
        UsageError: the due or the priority is not understood.
    """
    settings = workspace.log.settings
    priority = wanted.get("priority") or opening.priority
    due_text = wanted.get("due")
    if priority is None and due_text is None:
        priority = settings.default_priority
    item: Fields = {"n": number, "action": wanted.get("action", "")}
    item |= {key: wanted[key] for key in ("method",) if wanted.get(key)}
    item["owner"] = owner_of(workspace, wanted.get("owner") or opening.by)
    if priority is not None:
        item["priority"] = priority
    due, rule = _due_of(workspace, due_text, priority, opening.start)
    item |= {"due": due} if due else {}
    item["due_rule"] = rule
    status = wanted.get("status") or OPEN
    item["status"] = status
    known = {*item, "due", "history"}
    item |= {key: value for key, value in wanted.items() if key not in known and value is not None}
    item["history"] = wanted.get("history") or [entry_of(opening.at, opening.by, status)]
    return item


def owner_of(workspace: Workspace, name: str) -> str:
    """A member's id for any of their names; any other text (a department) as it is."""
    member = workspace.log.settings.find_member(name)
    return member.id if member else name


def _due_of(workspace: Workspace, due_text: str | None, priority: str | None, start: str) -> tuple[str | None, str]:
    settings = workspace.log.settings
    began = instant_of(start) or workspace.now
    if due_text is not None:
        try:
            return parse_due(due_text, began, workspace.now, settings.calendar)
        except ValueError as fault:
            raise UsageError(
                mark("due: '{value}' is not understood ({reason})"),
                value=due_text,
                reason=str(fault),
                remedy=mark(
                    "write e.g. 3wd, 24h, +2d, tomorrow 17:00, 周五, 明天17点, 月底, 2026-03-14, 2026-03-14 17:00, none"
                ),
            ) from None
    limit = _limit_of(workspace, priority or settings.default_priority)
    due = due_after(limit, began, settings.calendar)
    return (format_instant(due) if due else None), str(limit)


def _limit_of(workspace: Workspace, priority: str) -> Limit:
    priorities = workspace.log.settings.priorities
    if priority not in priorities:
        raise UsageError(
            mark("'{value}' is not a priority of this log"),
            value=priority,
            remedy=mark("use one of: {expected}"),
            expected=", ".join(priorities),
        )
    return priorities[priority]


def _rescheduled(workspace: Workspace, fields: Fields, record: Fields, details: Details) -> Fields:
    """The mapping with a new due, also noted in the history's last entry."""
    priority = details.priority and _choice_of(workspace, record, "priority", details.priority)
    start = workspace.stamp if details.due is not None else _start_of(fields, record) or workspace.stamp
    due, rule = _due_of(workspace, details.due, priority or fields.get("priority"), start)
    if due and details.due is None:
        due = _put_back(workspace, due, read_follow_up(fields, 1).pauses)
    changed = {key: value for key, value in fields.items() if key != "due" or due}
    if due:
        changed["due"] = due
    changed["due_rule"] = rule
    if priority:
        changed["priority"] = priority
    return _with_due_told(changed, due or "none")


def _start_of(fields: Fields, record: Fields) -> str | None:
    """The instant from which the limit counts: the conversation's end for a follow-up made with its record."""
    opened = read_follow_up(fields, 1).opened_at
    if opened is None or opened == record.get("recorded_at"):
        return text_of(record, "ended_at") or text_of(record, "started_at") or opened
    return opened


def _resumed(workspace: Workspace, fields: Fields) -> Fields:
    """The mapping of a follow-up that goes on: its due later by the time waited, unless it was promised to the customer."""
    due = text_of(fields, "due")
    if due is None or fields.get("agreed_with_customer") is True:
        return fields
    moved = _put_back(workspace, due, read_follow_up(fields, 1).pauses[-1:])
    return fields if moved == due else _with_due_told({**fields, "due": moved}, moved)


def _put_back(workspace: Workspace, due: str, pauses: Sequence[tuple[str, str]]) -> str:
    """The due later by the working time of some pauses."""
    calendar = workspace.log.settings.calendar
    try:
        before = due_instant(due, calendar)
    except ValueError:
        # Written by hand, and reported by check: it must not stop a verb.
        return due
    spells = [(instant_of(begin), instant_of(end)) for begin, end in pauses]
    seconds = sum(calendar.working_seconds(begin, end) for begin, end in spells if begin and end)
    if seconds < _MINUTE:
        return due
    return format_instant(calendar.add_working_time(before, seconds // _MINUTE))


def _with_due_told(fields: Fields, due: str) -> Fields:
    *earlier, last = fields["history"]
    return {**fields, "history": [*earlier, {**last, "due": due}]}


def _choice_of(workspace: Workspace, record: Fields, key: str, words: str) -> str:
    """The slug that words mean in a follow-up's field; words that are no label stay, and are checked with the record."""
    template = workspace.catalog.get(str(record.get("template")))
    field = find_field(template, f"followups.0.{key}")
    return (find_value(field, words) if field else None) or words


def _change(workspace: Workspace, text: str, change: _Change) -> tuple[Address, FollowUp]:
    address = find_address(workspace, text)

    def change_item(fields: Fields) -> Fields:
        items = [
            change(item, fields) if isinstance(item, dict) and item.get("n", place) == address.n else item
            for place, item in enumerate(fields.get("followups") or [], start=1)
        ]
        return {**fields, "followups": items}

    record = change_record(workspace, address.path, change_item)
    return replace(address, record_id=record.id), _get_follow_up(record.fields, address.n)


def _get_follow_up(fields: Fields, number: int) -> FollowUp:
    for place, item in enumerate(mappings_of(fields, "followups"), start=1):
        follow_up = read_follow_up(item, place)
        if follow_up.n == number:
            return follow_up
    raise NotFoundError(mark("the record {id} has no follow-up {n}"), id=fields.get("id", ""), n=number)
