"""Limits: how long something may take (`24h`, `3wd`, `eom`), and the moment that time is over."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Literal, cast

from commlog.worktime.calendar import SEARCH_DAYS, WorkCalendar, no_working_time, to_utc
from commlog.worktime.periods import PeriodKind, period_bounds

LimitUnit = Literal["m", "h", "wh", "d", "wd", "eow", "eom", "eoq", "none"]

MAX_AMOUNT = 99_999

_COUNTED = ("m", "h", "wh", "d", "wd")
PERIODS: dict[str, PeriodKind] = {"eow": "week", "eom": "month", "eoq": "quarter"}


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount of one unit; the ends of periods and `none` have the amount 0.

    m and h are elapsed time, wh working hours, d calendar days, wd working days.
    """

    amount: int
    unit: LimitUnit

    def __post_init__(self) -> None:
        counted = self.unit in _COUNTED
        if not (1 <= self.amount <= MAX_AMOUNT if counted else self.amount == 0):
            raise ValueError(f"{self.amount} is not an amount of {self.unit!r} (1 to {MAX_AMOUNT})")

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}" if self.amount else self.unit


def parse_limit(text: str) -> Limit:
    """Read a limit: `30m`, `24h`, `8wh`, `2d`, `3wd`, `eow`, `eom`, `eoq` or `none`.

    Raises:
        ValueError: the text is not a limit.

    """
    if text in PERIODS or text == "none":
        return Limit(0, cast("LimitUnit", text))
    found = re.fullmatch(r"([1-9][0-9]{0,4})(m|h|wh|d|wd)", text)
    if not found:
        raise ValueError(f"{text!r} is not a limit such as '24h', '3wd' or 'eom'")
    return Limit(int(found[1]), cast("LimitUnit", found[2]))


def due_after(limit: Limit, start: datetime, calendar: WorkCalendar) -> datetime | None:
    """Give the instant, in the zone of the log, `limit` after the aware `start`; None for `none`.

    Raises:
        CalendarError: the calendar has no working time.
    """
    if limit.unit == "none":
        return None
    if limit.unit in PERIODS:
        return _period_end(PERIODS[limit.unit], start, calendar)
    if limit.unit == "wh":
        return calendar.add_working_time(start, limit.amount * 60)
    if limit.unit == "wd":
        days = calendar.iter_working_days(start_day(start, calendar))
        return calendar.closing_time(next(islice(days, limit.amount, None)))
    if limit.unit == "d":
        day = start.astimezone(calendar.zone).date() + timedelta(days=limit.amount)
        return calendar.closing_time(calendar.next_working_day(day, after=False))
    step = timedelta(minutes=limit.amount) if limit.unit == "m" else timedelta(hours=limit.amount)
    return (to_utc(start) + step).astimezone(calendar.zone)


def start_day(start: datetime, calendar: WorkCalendar) -> date:
    """Give the working day from which working days count: that of `start`, or the next when it is over.

    A start after closing time still counts as its day where the calendar says `same_day`.

    Raises:
        CalendarError: the calendar has no working time.
    """
    day = start.astimezone(calendar.zone).date()
    if not calendar.is_working_day(day):
        return calendar.next_working_day(day, after=True)
    is_over = to_utc(start) >= to_utc(calendar.closing_time(day))
    return calendar.next_working_day(day, after=is_over and calendar.after_hours == "next_day")


def _period_end(kind: PeriodKind, start: datetime, calendar: WorkCalendar) -> datetime:
    day = start.astimezone(calendar.zone).date()
    last_try = day + timedelta(days=SEARCH_DAYS)
    while day <= last_try:
        first, after = period_bounds(kind, day)
        last = _last_working_day(first, after, calendar)
        if last is not None:
            closing = calendar.closing_time(last)
            if to_utc(start) < to_utc(closing):
                return closing
        day = after
    raise no_working_time(start.astimezone(calendar.zone).date())


def _last_working_day(first: date, after: date, calendar: WorkCalendar) -> date | None:
    days = (date.fromordinal(ordinal) for ordinal in range(after.toordinal() - 1, first.toordinal() - 1, -1))
    return next((day for day in days if calendar.is_working_day(day)), None)


def working_days_since(days: Iterable[date], today: date, calendar: WorkCalendar) -> dict[date, int]:
    """The working days that began after each day, today included; every day between is looked at once."""
    wanted = set(days)
    counted: dict[date, int] = {}
    working = 0
    for ordinal in range(
        today.toordinal(), min((day.toordinal() for day in wanted), default=today.toordinal()) - 1, -1
    ):
        day = date.fromordinal(ordinal)
        if day in wanted:
            counted[day] = working
        working += calendar.is_working_day(day)
    return {day: counted.get(day, 0) for day in wanted}
