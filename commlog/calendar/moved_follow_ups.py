"""Pending follow-ups that a changed calendar moves: which ones, to when, and moving them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commlog.calendar.queries import files_due_by_calendar
from commlog.followups.rules.deadline import expected_due, is_due_edited, limit_of, stored_due
from commlog.followups.rules.explanation import measure_lateness
from commlog.followups.rules.follow_up import FollowUp, history_entry, read_follow_up, read_follow_ups
from commlog.messages import translate
from commlog.output.listing import Listing
from commlog.records.change import change_record
from commlog.records.find import FollowUpAddress
from commlog.values import Data, Fields, text_of
from commlog.workspace import Workspace
from commlog.worktime.calendar import WorkCalendar, to_utc
from commlog.worktime.moment import format_instant

COLUMN_NAMES: Final = ("address", "due", "computed", "moved_by", "due_rule", "owner", "customer", "action")
_ELAPSED: Final = frozenset({"m", "h"})


@dataclass(frozen=True, slots=True)
class MovedDue:
    """A follow-up and its due as stored and as the calendar gives it now."""

    address: FollowUpAddress
    follow_up: FollowUp
    customer: str | None
    stored: datetime
    computed: datetime


def list_moved(workspace: Workspace) -> Listing:
    """Pending follow-ups whose rule gives another due with today's calendar than the stored one, the earliest first.

    Not those whose due was given, promised to the customer, or changed by hand. `moved_by` are working days of today's
    calendar, negative for earlier.
    """
    calendar = workspace.log.settings.calendar
    moved = sorted(_find_moved(workspace), key=lambda item: (to_utc(item.stored), str(item.address)))
    rows = tuple(_row(item, calendar) for item in moved)
    return Listing(COLUMN_NAMES, rows, COLUMN_NAMES, "address")


def apply_moved(workspace: Workspace, by: str | None) -> tuple[MovedDue, ...]:
    """The follow-ups that got the due their rule gives now; each change is noted in their history, nothing else changes.

    Raises:
        UsageError: nobody is known who does it.
        ConflictError, NotWritableError: a record does not take it; those before it are changed.
    """
    who = workspace.require_member(by)
    done: list[MovedDue] = []
    for path in dict.fromkeys(item.address.path for item in _find_moved(workspace)):
        changed: list[MovedDue] = []

        def change(fields: Fields, path: str = path, changed: list[MovedDue] = changed) -> Fields:
            # Called again when another process wrote meanwhile: the last call counts.
            changed[:] = _moved_in(workspace, path, fields)
            return _with_dues(workspace, fields, {item.address.n: item for item in changed}, who)

        change_record(workspace, path, change)
        done += changed
    return tuple(done)


def _find_moved(workspace: Workspace) -> Iterator[MovedDue]:
    for path in files_due_by_calendar(workspace.index):
        record = workspace.reader.read(path).record
        if record is not None:
            yield from _moved_in(workspace, path, record.fields)


def _moved_in(workspace: Workspace, path: str, fields: Fields) -> list[MovedDue]:
    calendar = workspace.log.settings.calendar
    found = []
    for follow_up in read_follow_ups(fields):
        limit = limit_of(follow_up.due_rule)
        is_fixed = not follow_up.is_pending or follow_up.agreed_with_customer or is_due_edited(follow_up)
        if limit is None or limit.unit in _ELAPSED or is_fixed:
            continue
        stored, computed = stored_due(follow_up, calendar), expected_due(follow_up, fields, calendar)
        if stored and computed and to_utc(stored) != to_utc(computed):
            address = FollowUpAddress(path, text_of(fields, "id") or "", follow_up.n)
            found.append(MovedDue(address, follow_up, text_of(fields, "customer"), stored, computed))
    return found


def _with_dues(workspace: Workspace, fields: Fields, moved: dict[int, MovedDue], by: str) -> Fields:
    items: list[Data] = []
    for place, item in enumerate(fields.get("followups") or [], start=1):
        follow_up = read_follow_up(item, place) if isinstance(item, dict) else None
        if follow_up is None or follow_up.n not in moved:
            items.append(item)
            continue
        due = format_instant(moved[follow_up.n].computed)
        entry = history_entry(workspace.stamp, by, follow_up.status, due=due, note=translate("the calendar changed"))
        items.append({**item, "due": due, "history": [*(item.get("history") or []), entry]})
    return {**fields, "followups": items}


def _row(item: MovedDue, calendar: WorkCalendar) -> tuple[Data, ...]:
    moved, one = measure_lateness(item.stored, item.computed, calendar), item.follow_up
    days, computed = moved.days if moved.is_late else -moved.days, format_instant(item.computed)
    return str(item.address), one.due, computed, days, one.due_rule, one.owner, item.customer, one.action
