"""Why a follow-up is due when it is: its rule, its start, the days, the pauses, the changes, and how late it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from commlog.followups.rules import deadline as deadlines
from commlog.followups.rules.follow_up import PAUSED, FollowUp, Pause, pauses_of, waited_minutes
from commlog.values import Data, instant_of
from commlog.worktime.calendar import MEASURED_DAYS, CalendarError, WorkCalendar, to_utc
from commlog.worktime.limits import Limit, due_after, working_days_since

_NAMED_YEARS: Final = 5
_ELAPSED: Final = frozenset({"m", "h"})


@dataclass(frozen=True, slots=True)
class ExplainedPause:
    """A pause with its working minutes so far; `counted` of them were, or will be, put back.

    None of them when the due is kept, only the later ones when it was set in the middle of the pause.
    """

    pause: Pause
    minutes: int
    counted: int


@dataclass(frozen=True, slots=True)
class DueChange:
    """An entry of the history that set the due: its number, from 1, and what it says; `due` is as stored."""

    entry: int
    at: str
    by: str
    due: str
    note: str


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late something was at an instant: working minutes after the due (negative: before it), and working days.

    `days` are the working days that began since the due, or, before it, those that begin until it.
    """

    at: datetime
    minutes: int
    days: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class DueExplanation:
    """Everything that led to a due time.

    `start` and `counting` are there for a due that a limit gave; `limit_end` is where the limit ends without pauses,
    `computed` what rule, calendar and pauses give now. `agrees` is False when a limit gives another instant than the
    stored one; `is_edited` when the history tells another due than the file holds. `provisional_years` are those of the
    stretch whose holidays are not known. `lateness` is None while it waits for the customer, and without a due;
    `if_resumed` is the due it would have if it waited no more.
    """

    rule: str
    limit: Limit | None
    start: deadlines.LimitStart | None
    counting: deadlines.DayCount
    limit_end: datetime | None
    computed: datetime | None
    stored: datetime | None
    agrees: bool
    is_edited: bool
    pauses: tuple[ExplainedPause, ...]
    changes: tuple[DueChange, ...]
    provisional_years: tuple[int, ...]
    lateness: Lateness | None
    if_resumed: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueAnswer:
    """A follow-up with its address (`ID/n`) and its customer's id, and why it is due when it is."""

    address: str
    follow_up: FollowUp
    customer: str | None
    explanation: DueExplanation


def due_explanation(
    follow_up: FollowUp, conversation: Mapping[str, Data], calendar: WorkCalendar, now: datetime
) -> DueExplanation:
    """The explanation of a follow-up's due; `conversation` are the fields of its record, `now` is aware."""
    limit = deadlines.limit_of(follow_up.due_rule)
    start = deadlines.find_start(follow_up, conversation, calendar)
    computed = deadlines.due_from(start, limit, follow_up, calendar) if limit and start else None
    limit_end = due_after(limit, start.at, calendar) if limit and start and computed else None
    counting = deadlines.DayCount()
    if limit and start and limit_end:
        counting = deadlines.count_days(limit, start.at, limit_end, calendar)
    stored = deadlines.stored_due(follow_up, calendar)
    pauses = _told_pauses(follow_up, deadlines.pauses_count_from(follow_up, conversation, calendar), calendar, now)
    # Elapsed time knows no calendar, until working time is put back.
    is_elapsed = limit is None or (limit.unit in _ELAPSED and limit_end == computed)
    instants = [] if is_elapsed or start is None else [start.at, limit_end, computed, stored]
    return DueExplanation(
        rule=follow_up.due_rule or "",
        limit=limit,
        start=start,
        counting=counting,
        limit_end=limit_end,
        computed=computed,
        stored=stored,
        agrees=computed is None or (stored is not None and to_utc(stored) == to_utc(computed)),
        is_edited=deadlines.is_due_edited(follow_up),
        pauses=pauses,
        changes=tuple(
            DueChange(number, entry.at, entry.by, entry.due, entry.note)
            for number, entry in enumerate(follow_up.history, start=1)
            if entry.due
        ),
        provisional_years=_provisional_years(instants, calendar),
        lateness=_lateness(follow_up, stored, calendar, now),
        if_resumed=_if_resumed(stored, pauses, calendar),
    )


def _if_resumed(stored: datetime | None, pauses: Sequence[ExplainedPause], calendar: WorkCalendar) -> datetime | None:
    if stored is None or not pauses or pauses[-1].pause.end:
        return None
    try:
        return calendar.add_working_time(stored, pauses[-1].counted)
    except CalendarError:
        return None


def measure_lateness(due: datetime, at: datetime, calendar: WorkCalendar) -> Lateness:
    """How late something with this due was at an instant; more than a century counts as a century."""
    minutes = calendar.working_seconds(due, at) // 60
    is_late = to_utc(at) > to_utc(due)
    due_day, day = due.astimezone(calendar.zone).date(), at.astimezone(calendar.zone).date()
    first, last = (due_day, day) if is_late else (day, due_day)
    if (last - first).days > MEASURED_DAYS:
        last = first + timedelta(days=MEASURED_DAYS)
    return Lateness(at, minutes, working_days_since([first], last, calendar)[first], is_late)


def _lateness(follow_up: FollowUp, stored: datetime | None, calendar: WorkCalendar, now: datetime) -> Lateness | None:
    if stored is None or follow_up.status == PAUSED:
        return None
    if follow_up.is_pending:
        return measure_lateness(stored, now, calendar)
    done = None if follow_up.is_cancelled else instant_of(follow_up.done_at)
    return measure_lateness(stored, done, calendar) if done else None


def _told_pauses(
    follow_up: FollowUp, since: datetime | None, calendar: WorkCalendar, now: datetime
) -> tuple[ExplainedPause, ...]:
    counted = deadlines.counted_pauses(follow_up)
    told = []
    for pause in pauses_of(follow_up.history):
        minutes = waited_minutes(pause, now, calendar)
        is_counted = pause in counted if pause.end else bool(follow_up.due and not follow_up.agreed_with_customer)
        if pause.end and deadlines.limit_of(follow_up.due_rule) is None:
            back = minutes if pause.moved else 0
        else:
            back = waited_minutes(pause, now, calendar, since) if is_counted else 0
        told.append(ExplainedPause(pause, minutes, back))
    return tuple(told)


def _provisional_years(instants: Iterable[datetime | None], calendar: WorkCalendar) -> tuple[int, ...]:
    years = [instant.astimezone(calendar.zone).year for instant in instants if instant]
    touched = range(min(years), max(years) + 1) if years else ()
    return tuple([year for year in touched if calendar.is_provisional(year)][:_NAMED_YEARS])
