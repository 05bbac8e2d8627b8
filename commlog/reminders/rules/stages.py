"""Stages: what is to be said of a promise at an instant, and which steps of the ladder it has passed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from commlog.worktime.calendar import CalendarError, WorkCalendar, to_utc, wall_instant
from commlog.worktime.limits import Limit, working_days_since

LEAD: Final = "lead"


class EscalationStep(NamedTuple):
    """A step of the escalation: `overdue` after the due time, the members in `to` (`lead`, or a member's id) are reminded as well."""

    overdue: Limit
    to: str


class ReminderRules(NamedTuple):
    """A team's choice: how long before a due time to remind, after how long to remind again, and who is reminded later."""

    before: Limit = Limit(4, "wh")
    repeat: Limit = Limit(0, "none")
    ladder: tuple[EscalationStep, ...] = (EscalationStep(Limit(1, "wd"), LEAD),)


SOON: Final = "soon"
TODAY: Final = "today"
OVERDUE: Final = "overdue"
# A promised time that passed while the customer's answer was awaited.
CALL_BACK: Final = "call_back"
ESCALATED: Final = "escalated"
CARE: Final = "care"
# Somebody waits for what nobody is going to do; reported once, however long it lies.
DROPPED: Final = "dropped"

_SECONDS: Final = {"m": 60, "h": 3600, "wh": 3600}


class PendingDue(NamedTuple):
    """What counts of a pending follow-up: its due instant in the log's zone, whether its time limit is paused, whether the time was promised."""

    due_at: datetime
    is_paused: bool = False
    is_agreed: bool = False


@dataclass(frozen=True, slots=True)
class CalendarInstant:
    """An instant on a calendar: its day, whether that day has opened, and the working days that began since earlier days."""

    now: datetime
    today: date
    has_opened: bool
    calendar: WorkCalendar
    late: Mapping[date, int]


def calendar_instant(now: datetime, calendar: WorkCalendar, days: Iterable[date]) -> CalendarInstant:
    """The aware instant `now`, with the working days since `days` counted; due instants lie on these days or later."""
    today = now.astimezone(calendar.zone).date()
    has_opened = to_utc(now) >= to_utc(opening_time(today, calendar))
    return CalendarInstant(to_utc(now), today, has_opened, calendar, working_days_since(days, today, calendar))


def stages_of(promise: PendingDue, rules: ReminderRules, present: CalendarInstant) -> tuple[str, ...]:
    """The stages a pending follow-up has reached for its owner, the most urgent first; none when there is nothing to report."""
    if promise.is_paused and not promise.is_agreed:
        return ()
    due = to_utc(promise.due_at)
    if present.now > due:
        step = _passed(rules.repeat, promise.due_at, present)
        name = CALL_BACK if promise.is_paused else OVERDUE
        return (f"{name}+{step}" if step else name,)
    if present.now == due:
        return ()
    is_today = _last_day(promise.due_at) == present.today and present.has_opened
    is_soon = _is_near(rules.before, promise.due_at, present)
    return (*((TODAY,) if is_today else ()), *((SOON,) if is_soon else ()))


def escalation_steps(promise: PendingDue, rules: ReminderRules, present: CalendarInstant) -> tuple[EscalationStep, ...]:
    """The steps of the escalation that an overdue follow-up has passed; none while its time limit is paused."""
    if promise.is_paused or present.now <= to_utc(promise.due_at):
        return ()
    passed = (rung for rung in rules.ladder if _passed(rung.overdue, promise.due_at, present))
    return tuple(dict.fromkeys(passed))


def escalation_stage(rung: EscalationStep) -> str:
    """The stage of the members a step of the escalation names."""
    return f"{ESCALATED}/{rung.overdue}/{rung.to}"


def horizon(rules: ReminderRules, now: datetime, calendar: WorkCalendar) -> datetime:
    """An instant from which on nothing that is due has a stage at the aware `now`, in UTC."""
    today = now.astimezone(calendar.zone).date()
    # What is due at midnight is due on the day that ends with it.
    tonight = to_utc(_midnight_after(today, calendar)) + timedelta(seconds=1)
    try:
        return max(tonight, to_utc(_farthest(rules.before, now, calendar)))
    except (CalendarError, OverflowError):
        return to_utc(datetime.max.replace(tzinfo=calendar.zone))


def opening_time(day: date, calendar: WorkCalendar) -> datetime:
    """The moment a day opens, in the log's zone; a day off opens at the earliest of the week."""
    spans = calendar.spans_on(day) or tuple(span for weekly in calendar.weekdays for span in weekly)
    first = min((start for start, _ in spans), default=0)
    return wall_instant(datetime.combine(day, time()) + timedelta(minutes=first), calendar.zone)


def _passed(limit: Limit, due: datetime, present: CalendarInstant) -> int:
    """How many times a limit has passed since a due instant that is over; days pass when they open."""
    if limit.unit == "none":
        return 0
    if limit.unit == "wh":
        return present.calendar.working_seconds(due, present.now) // (limit.amount * _SECONDS["wh"])
    if limit.unit in _SECONDS:
        return (present.now - to_utc(due)) // timedelta(seconds=limit.amount * _SECONDS[limit.unit])
    day = _last_day(due)
    days = _days_since(day, present) if limit.unit == "wd" else (present.today - day).days
    is_early = not present.has_opened and day < present.today
    if limit.unit == "wd":
        is_early = is_early and present.calendar.is_working_day(present.today)
    return max(0, days - is_early) // limit.amount


def _days_since(day: date, present: CalendarInstant) -> int:
    found = present.late.get(day)
    return working_days_since((day,), present.today, present.calendar)[day] if found is None else found


def _is_near(before: Limit, due: datetime, present: CalendarInstant) -> bool:
    """Whether a due instant to come is at most so far away."""
    calendar, now = present.calendar, present.now
    if before.unit == "none":
        return False
    if before.unit == "wh":
        return calendar.working_seconds(now, due) <= before.amount * _SECONDS["wh"]
    if before.unit in _SECONDS:
        return to_utc(due) - now <= timedelta(seconds=before.amount * _SECONDS[before.unit])
    last = _last_day(due)
    ahead = range(present.today.toordinal() + 1, last.toordinal() + 1)
    if before.unit == "d":
        return len(ahead) <= before.amount
    working = 0
    for ordinal in ahead:
        working += calendar.is_working_day(date.fromordinal(ordinal))
        if working > before.amount:
            return False
    return True


def _farthest(before: Limit, now: datetime, calendar: WorkCalendar) -> datetime:
    """An instant after everything that `before` reaches."""
    if before.unit == "none":
        return now
    if before.unit == "wh":
        # A due instant after closing time is no further away than the closing time itself.
        return calendar.add_working_time(now, before.amount * 60 + 1)
    if before.unit in _SECONDS:
        return to_utc(now) + timedelta(seconds=before.amount * _SECONDS[before.unit] + 1)
    today = now.astimezone(calendar.zone).date()
    if before.unit == "d":
        return _midnight_after(today + timedelta(days=before.amount + 1), calendar)
    days = calendar.iter_working_days(today + timedelta(days=1))
    for _ in range(before.amount):
        next(days)
    return _midnight_after(next(days), calendar)


def _last_day(due: datetime) -> date:
    """The day a due instant belongs to: midnight to the day that ends with it."""
    return (due - timedelta(seconds=1)).date()


def _midnight_after(day: date, calendar: WorkCalendar) -> datetime:
    return wall_instant(datetime.combine(day + timedelta(days=1), time()), calendar.zone)
