"""The days between a start and the end of a limit: which ones count, which are passed over, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from commlog.worktime.calendar import Span, WorkCalendar, to_utc, wall_instant
from commlog.worktime.limits import Limit, start_day
from commlog.worktime.periods import PeriodKind, period_bounds

DayKind = Literal["weekly_hours", "weekly_off", "dated_work", "dated_off", "dated_part_off"]
Opening = Literal["same_day", "after_hours", "not_working"]

# Of a longer stretch the first and the last days are listed.
FIRST_DAYS: Final = 300
LAST_DAYS: Final = 100
_PERIODS: Final[dict[str, PeriodKind]] = {"eow": "week", "eom": "month", "eoq": "quarter"}


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day; `counted` is its number (0 for the start day, None when it is passed over), `name` that of a dated day.

    `spans` are its working hours; `minutes`, for a limit in working hours, how much of it that day used.
    """

    date: date
    kind: DayKind
    spans: tuple[Span, ...]
    name: str = ""
    counted: int | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Counting:
    """How a limit was counted over days; `left_out` days in the middle of `days` are not listed.

    `first_day` is the start day and `opening` why it is that one; `period` the first and the last day of the week,
    month or quarter whose end the limit is. All are empty for limits that do not count days.
    """

    days: tuple[CountedDay, ...] = ()
    left_out: int = 0
    first_day: date | None = None
    opening: Opening | None = None
    period: tuple[date, date] | None = None


def count_days(limit: Limit, start: datetime, end: datetime, calendar: WorkCalendar) -> Counting:
    """The days from the start of a limit to its end, both in any zone.

    Raises:
        CalendarError: the calendar has no working time.
    """
    if limit.unit in _PERIODS:
        return _count_period(_PERIODS[limit.unit], start, end, calendar)
    if limit.unit == "wd":
        return _count_working_days(limit.amount, start, end, calendar)
    if limit.unit == "wh":
        return _count_working_hours(start, end, calendar)
    if limit.unit == "d":
        return _count_calendar_days(limit.amount, start, end, calendar)
    return Counting()


def day_of(day: date, calendar: WorkCalendar) -> CountedDay:
    """What the calendar says of a day, not counted."""
    spans = calendar.spans_on(day)
    dated = calendar.dated.get(day)
    if dated is None:
        return CountedDay(day, "weekly_hours" if spans else "weekly_off", spans)
    if dated.kind == "work":
        return CountedDay(day, "dated_work", spans, dated.name)
    return CountedDay(day, "dated_part_off" if spans else "dated_off", spans, dated.name)


def _count_working_days(amount: int, start: datetime, end: datetime, calendar: WorkCalendar) -> Counting:
    local = _day(start, calendar)
    first = start_day(start, calendar)
    last = _closed_day(end, calendar)
    opening = _opening(local, first, calendar)
    days, left_out = _list(local, last, calendar)
    head, tail = days[: len(days) - LAST_DAYS if left_out else None], days[-LAST_DAYS:] if left_out else []
    listed: list[CountedDay] = []
    number = -1
    for day in head:
        counts = day.date >= first and bool(day.spans)
        number += counts
        listed.append(replace(day, counted=number) if counts else day)
    back: list[CountedDay] = []
    number = amount
    for day in reversed(tail):
        back.append(replace(day, counted=number) if day.spans else day)
        number -= bool(day.spans)
    return Counting((*listed, *reversed(back)), left_out, first, opening)


def _count_working_hours(start: datetime, end: datetime, calendar: WorkCalendar) -> Counting:
    local = _day(start, calendar)
    days, left_out = _list(local, _day(to_utc(end) - timedelta(seconds=1), calendar), calendar)
    listed = []
    for day in days:
        opening, closing = _midnight(day.date, calendar), _midnight(day.date + timedelta(days=1), calendar)
        begun, over = max(to_utc(start), opening), min(to_utc(end), closing)
        seconds = calendar.working_seconds(begun, over) if begun < over else 0
        listed.append(replace(day, minutes=seconds // 60))
    return Counting(tuple(listed), left_out)


def _count_calendar_days(amount: int, start: datetime, end: datetime, calendar: WorkCalendar) -> Counting:
    local = _day(start, calendar)
    days, left_out = _list(local, _closed_day(end, calendar), calendar)
    listed = []
    for day in days:
        number = (day.date - local).days
        listed.append(replace(day, counted=number) if number <= amount else day)
    return Counting(tuple(listed), left_out, local, "same_day")


def _count_period(kind: PeriodKind, start: datetime, end: datetime, calendar: WorkCalendar) -> Counting:
    closed = _closed_day(end, calendar)
    first, after = period_bounds(kind, closed)
    days, left_out = _list(closed, after - timedelta(days=1), calendar)
    is_same = first <= _day(start, calendar)
    listed = (replace(days[0], counted=1), *days[1:])
    return Counting(
        listed, left_out, None, "same_day" if is_same else "after_hours", (first, after - timedelta(days=1))
    )


def _opening(local: date, first: date, calendar: WorkCalendar) -> Opening:
    if local == first:
        return "same_day"
    return "after_hours" if calendar.is_working_day(local) else "not_working"


def _list(first: date, last: date, calendar: WorkCalendar) -> tuple[list[CountedDay], int]:
    """The days from the first to the last, or the ends of a long stretch and how many were left out between them."""
    length = last.toordinal() - first.toordinal() + 1
    left_out = length - FIRST_DAYS - LAST_DAYS
    return [day_of(day, calendar) for day in _chosen(first, length)], max(0, left_out)


def _chosen(first: date, length: int) -> Iterator[date]:
    steps: tuple[range, ...] = (range(length),)
    if length > FIRST_DAYS + LAST_DAYS:
        steps = (range(FIRST_DAYS), range(length - LAST_DAYS, length))
    for part in steps:
        yield from (date.fromordinal(first.toordinal() + step) for step in part)


def _day(instant: datetime, calendar: WorkCalendar) -> date:
    return instant.astimezone(calendar.zone).date()


def _closed_day(closing: datetime, calendar: WorkCalendar) -> date:
    """The day that closes at an instant: a closing at 24:00 is that of the day before."""
    day = _day(closing, calendar)
    is_own = calendar.is_working_day(day) and to_utc(calendar.closing_time(day)) == to_utc(closing)
    return day if is_own else day - timedelta(days=1)


def _midnight(day: date, calendar: WorkCalendar) -> datetime:
    return to_utc(wall_instant(datetime.combine(day, time()), calendar.zone))
