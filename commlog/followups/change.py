"""A follow-up's life: start, wait, done, close, reopen, assign, reschedule, and adding one."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from commlog.errors import ConflictError, UsageError
from commlog.followups.rules import deadline as deadlines
from commlog.followups.rules import follow_up as states
from commlog.followups.rules.new_follow_up import Opening, complete_follow_up
from commlog.forms.fields import find_field, find_value, value_label
from commlog.messages import current_language, mark
from commlog.records.change import change_record
from commlog.records.complete import terms_of
from commlog.records.find import FollowUpAddress, find_address, find_path
from commlog.values import Fields
from commlog.workspace import Workspace
from commlog.worktime.calendar import to_utc
from commlog.worktime.limits import Limit, due_after
from commlog.worktime.moment import format_instant

# The follow-up's mapping and the record's fields it stands in, to the follow-up's new mapping.
_Change = Callable[[Fields, Fields], Fields]


@dataclass(frozen=True, slots=True)
class FollowUpDetails:
    """What may be said with a follow-up's verb; empty is unsaid. `due` is text as people type it."""

    by: str = ""
    note: str = ""
    result: str = ""
    owner: str = ""
    due: str = ""
    priority: str = ""
    satisfaction: str = ""


def move_follow_up(
    workspace: Workspace, text: str, verb: str, details: FollowUpDetails
) -> tuple[FollowUpAddress, states.FollowUp]:
    """The follow-up `ID/n` after one of the verbs start, wait, done, close, reopen; with `due`, rescheduled as well.

    Raises:
        ConflictError: the verb does not apply in its state.
        UsageError: a result or reason is missing, or nobody is known who does it.
    """
    by = workspace.require_member(details.by)

    def change(fields: Fields, record: Fields) -> Fields:
        entry = states.history_entry(workspace.stamp, by, "", note=details.note)
        changed = states.advance(fields, verb, entry, result=details.result)
        if details.satisfaction:
            told = _choice_of(workspace, record, "customer_satisfaction", details.satisfaction)
            history = changed.pop("history")
            changed |= {"customer_satisfaction": told, "history": history}
        if details.due:
            return _rescheduled(workspace, changed, record, details)
        if verb == "reopen":
            return _reopened(workspace, changed, record)
        return _resumed(workspace, changed, record, fields) if fields.get("status") == states.PAUSED else changed

    return _change(workspace, text, change)


def assign_follow_up(
    workspace: Workspace, text: str, details: FollowUpDetails
) -> tuple[FollowUpAddress, states.FollowUp]:
    """The follow-up with another owner; who and why are added to its history.

    Raises:
        UsageError: no owner is given, or nobody is known who does it.
    """
    by = workspace.require_member(details.by)
    if not details.owner:
        raise UsageError(mark("no new owner is given"), remedy=mark("add --to MEMBER"))
    owner = workspace.log.settings.member_id(details.owner)

    def change(fields: Fields, _record: Fields) -> Fields:
        entry = states.history_entry(
            workspace.stamp, by, states.read_follow_up(fields, 1).status, owner=owner, note=details.note
        )
        return {**fields, "owner": owner, "history": [*fields.get("history", []), entry]}

    return _change(workspace, text, change)


def reschedule_follow_up(
    workspace: Workspace, text: str, details: FollowUpDetails
) -> tuple[FollowUpAddress, states.FollowUp]:
    """The follow-up with another due time, given or computed from another priority.

    Raises:
        UsageError: neither a due nor a priority is given, or it is not understood.
        ConflictError: it is done or closed; another due would change whether it was in time.
    """
    by = workspace.require_member(details.by)
    if not (details.due or details.priority):
        raise UsageError(
            mark("neither a due time nor a priority is given"), remedy=mark("add --due WHEN or --priority NAME")
        )

    def change(fields: Fields, record: Fields) -> Fields:
        current = states.read_follow_up(fields, 1)
        if not current.is_pending:
            raise ConflictError(
                mark("follow-up {n} is {status}: '{verb}' cannot be used"),
                n=current.n,
                status=current.status,
                verb="reschedule",
                remedy=mark("reopen it first: commlog reopen {address} --reason …"),
            )
        entry = states.history_entry(workspace.stamp, by, current.status, note=details.note)
        changed = {**fields, "history": [*fields.get("history", []), entry]}
        return _rescheduled(workspace, changed, record, details)

    return _change(workspace, text, change)


def add_follow_up(workspace: Workspace, text: str, wanted: Fields, by: str) -> tuple[FollowUpAddress, states.FollowUp]:
    """A new follow-up of an existing record; its limit counts from now.

    Raises:
        UsageError, NotFoundError: the record or the due is not understood.
    """
    path = find_path(workspace, text)
    who = workspace.require_member(by)
    numbers: list[int] = []

    def change(fields: Fields) -> Fields:
        number = states.next_number(fields)
        numbers.append(number)
        priority = wanted.get("priority")
        named = {"priority": _choice_of(workspace, fields, "priority", priority)} if priority else {}
        opening = Opening(workspace.stamp, workspace.stamp, who)
        item = complete_follow_up(terms_of(workspace), wanted | named, number, opening)
        return {**fields, "followups": [*(fields.get("followups") or []), item]}

    record = change_record(workspace, path, change)
    address = FollowUpAddress(path, record.id, numbers[-1])
    return address, states.get_follow_up(record.fields, numbers[-1])


def _rescheduled(workspace: Workspace, fields: Fields, record: Fields, details: FollowUpDetails) -> Fields:
    """The mapping with a new due, also noted in the history's last entry.

    A due that is given counts from now; one of a priority from the original start, the time waited since then put back.
    """
    terms = terms_of(workspace)
    priority = details.priority and _choice_of(workspace, record, "priority", details.priority)
    if details.due:
        due, rule = terms.due_of(details.due, priority or fields.get("priority"), workspace.now)
    else:
        limit = terms.limit_of(priority or fields.get("priority"))
        due, rule = _due_from_start(workspace, limit, states.read_follow_up(fields, 1), record)
    return _with_due(fields, due, rule) | ({"priority": priority} if priority else {})


def _reopened(workspace: Workspace, fields: Fields, record: Fields) -> Fields:
    """The mapping of a second round: its limit counts from now; a moment given or promised is kept while it is ahead.

    When it is over, the limit of the priority takes its place, which nobody promised. What had no limit has none.
    """
    follow_up = states.read_follow_up(fields, 1)
    settings = workspace.log.settings
    limit = deadlines.limit_of(follow_up.due_rule)
    stored = deadlines.stored_due(follow_up, settings.calendar)
    is_promised = limit is None or follow_up.agreed_with_customer
    is_ahead = stored is not None and to_utc(stored) > to_utc(workspace.now)
    if (is_promised and is_ahead) or (follow_up.due is None and follow_up.due_rule == deadlines.NO_LIMIT):
        return fields
    if limit is None:
        usual = settings.priorities[settings.default_priority]
        limit = settings.priorities.get(follow_up.priority or settings.default_priority, usual)
    due, rule = _due_from_start(workspace, limit, follow_up, record)
    return _with_due(fields, due, rule) | ({"agreed_with_customer": False} if follow_up.agreed_with_customer else {})


def _resumed(workspace: Workspace, fields: Fields, record: Fields, before: Fields) -> Fields:
    """The mapping of a follow-up that waits no more: its due later by the time waited, unless it was promised to the customer."""
    follow_up = states.read_follow_up(fields, 1)
    calendar = workspace.log.settings.calendar
    due = deadlines.stored_due(follow_up, calendar)
    # A status changed by hand tells no pause: an earlier one must not count again.
    ended = [
        pause for pause in states.pauses_of(follow_up.history) if pause.end and pause.entry == len(follow_up.history)
    ]
    if due is None or follow_up.agreed_with_customer or not ended:
        return fields
    moved = states.extend_due(
        due, ended, calendar, deadlines.pauses_count_from(states.read_follow_up(before, 1), record, calendar)
    )
    return fields if to_utc(moved) == to_utc(due) else _with_due(fields, format_instant(moved))


def _due_from_start(
    workspace: Workspace, limit: Limit, follow_up: states.FollowUp, record: Fields
) -> tuple[str | None, str]:
    """The due of a limit that counts from the original start, and its rule; the time waited since then is put back."""
    calendar, start = workspace.log.settings.calendar, deadlines.original_start(follow_up, record)
    began = start.at if start else workspace.now
    due = due_after(limit, began, calendar)
    if due is not None:
        due = states.extend_due(due, deadlines.counted_pauses(follow_up), calendar, began)
    return (format_instant(due) if due else None), str(limit)


def _with_due(fields: Fields, due: str | None, rule: str = "") -> Fields:
    """The mapping with another due, and its rule if that changes, too; the history's last entry notes the due."""
    *earlier, last = fields["history"]
    given = {"due": due, "due_rule": rule, "history": [*earlier, {**last, "due": due or deadlines.NO_LIMIT}]}
    kept = {key: value for key, value in fields.items() if key != "due" or due}
    return kept | {key: value for key, value in given.items() if value}


def _choice_of(workspace: Workspace, record: Fields, key: str, words: str) -> str:
    """The slug that words mean in a follow-up's field; words that are no label stay, and are checked with the record."""
    template = workspace.catalog.get(str(record.get("template")))
    field = find_field(template, f"followups.0.{key}")
    return (find_value(field, words) if field else None) or words


def _change(workspace: Workspace, text: str, change: _Change) -> tuple[FollowUpAddress, states.FollowUp]:
    address = find_address(workspace, text)

    def change_item(fields: Fields) -> Fields:
        items = [
            change(item, fields) if isinstance(item, dict) and item.get("n", place) == address.n else item
            for place, item in enumerate(fields.get("followups") or [], start=1)
        ]
        return {**fields, "followups": items}

    try:
        record = change_record(workspace, address.path, change_item)
    except ConflictError as fault:
        fault.facts["address"] = str(address)
        found = workspace.reader.read(address.path).record
        if found is not None:
            say_status(workspace, fault, found.template, f"followups.{address.n}.status")
        raise
    return replace(address, record_id=record.id), states.get_follow_up(record.fields, address.n)


def say_status(workspace: Workspace, fault: ConflictError, template_name: str, key: str) -> None:
    """Put the state into a fault as the form calls it, as every other answer does."""
    field = find_field(workspace.catalog.get(template_name), key)
    if field is not None and "status" in fault.facts:
        fault.facts["status"] = value_label(field, fault.facts["status"], current_language())
