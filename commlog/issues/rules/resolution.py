"""Resolution: when a follow-up or an issue was resolved, closed and opened again, and the working time it took."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commlog.followups.rules.follow_up import CLOSED, DONE, IN_PROGRESS, OPEN, PENDING, Transition, pauses_of
from commlog.values import instant_of
from commlog.worktime.calendar import WorkCalendar, to_utc

FIXED: Final = "fixed"
# What resolves an issue: it was fixed, or closed without that. Waiting for the customer's word does not undo it.
_RESOLVES_ISSUE: Final = frozenset({FIXED, CLOSED})
_REOPENS_ISSUE: Final = frozenset({OPEN, IN_PROGRESS})
_RESOLVES_FOLLOW_UP: Final = frozenset({DONE})


@dataclass(frozen=True, slots=True)
class Round:
    """One round from an opening to the next: when it was resolved, closed and opened again, each None when it was not.

    `seconds` is the working time from the very first opening to this resolution, less the time spent waiting for the customer.
    """

    resolved_at: datetime | None
    seconds: int | None
    closed_at: datetime | None
    reopened_at: datetime | None


def rounds_of_follow_up(history: Sequence[Transition], calendar: WorkCalendar) -> tuple[Round, ...]:
    """The rounds of a follow-up that ended; being done resolves it."""
    return _rounds(history, calendar, _RESOLVES_FOLLOW_UP, PENDING)


def rounds_of_issue(history: Sequence[Transition], calendar: WorkCalendar) -> tuple[Round, ...]:
    """The rounds of an issue that ended; being fixed, or closed without that, resolves it."""
    return _rounds(history, calendar, _RESOLVES_ISSUE, _REOPENS_ISSUE)


def worked_seconds(history: Sequence[Transition], until: datetime, calendar: WorkCalendar) -> int | None:
    """The working time from the first entry of a history to an instant less its pauses; None without a readable first entry."""
    begin = instant_of(history[0].at) if history else None
    if begin is None:
        return None
    seconds = calendar.working_seconds(begin, until)
    for pause in pauses_of(history):
        end = until if pause.end is None or to_utc(pause.end) > to_utc(until) else pause.end
        seconds -= max(0, calendar.working_seconds(pause.begin, end))
    return max(0, seconds)


def _rounds(
    history: Sequence[Transition], calendar: WorkCalendar, resolving: frozenset[str], reopening: frozenset[str]
) -> tuple[Round, ...]:
    found: list[Round] = []
    resolved: datetime | None = None
    closed: datetime | None = None

    def end(reopened: datetime | None) -> None:
        seconds = worked_seconds(history, resolved, calendar) if resolved else None
        found.append(Round(resolved, seconds, closed, reopened))

    for entry in history:
        at = instant_of(entry.at)
        if at is None:
            continue
        if entry.status in resolving:
            resolved = resolved or at
        if entry.status == CLOSED:
            closed = closed or at
        elif entry.status in reopening and (resolved or closed):
            end(at)
            resolved = closed = None
    if resolved or closed:
        end(None)
    return tuple(found)
