"""The working calendar of generated logs and the due times it gives."""

from datetime import date, datetime, time, timedelta, timezone
from functools import cache

ZONE = timezone(timedelta(hours=8))
CLOSING = time(18, 0, tzinfo=ZONE)
_FIXED_HOLIDAYS = {(1, 1): "元旦", (5, 1): "劳动节", (10, 1): "国庆节", (10, 2): "国庆节", (10, 3): "国庆节"}
_WORK_DATES = {date(2026, 2, 14): "春节调休", date(2026, 2, 28): "春节调休"}
_SPRING_FESTIVAL = {date(2026, 2, 15) + timedelta(days=step): "春节" for step in range(9)}


def holidays(first: date, last: date) -> dict[date, str]:
    """Days off from `first` to `last`, both included, with their names, in order."""
    found = {
        date(year, month, day): name
        for year in range(first.year, last.year + 1)
        for (month, day), name in _FIXED_HOLIDAYS.items()
    }
    found.update(_SPRING_FESTIVAL)
    return {day: found[day] for day in sorted(found) if first <= day <= last}


def make_up_days(first: date, last: date) -> dict[date, str]:
    """Weekend days that are worked from `first` to `last`, both included, with their names, in order."""
    return {day: _WORK_DATES[day] for day in sorted(_WORK_DATES) if first <= day <= last}


@cache
def is_working(day: date) -> bool:
    """Whether people work on the day."""
    if day in _WORK_DATES:
        return True
    off = day in _SPRING_FESTIVAL or (day.month, day.day) in _FIXED_HOLIDAYS
    return day.weekday() < 5 and not off


def due_after(rule: str, start: datetime) -> datetime | None:
    """When a limit such as `24h`, `3wd`, `3d`, `eom` or `none` that starts at `start` (+08:00) ends."""
    if rule == "none":
        return None
    if rule == "eom":
        return _end_of_month(start)
    if rule.endswith("wd"):
        return _closing(_working_day_after(_start_day(start), int(rule[:-2])))
    if rule.endswith("h"):
        return start + timedelta(hours=int(rule[:-1]))
    day = start.date() + timedelta(days=int(rule[:-1]))
    return _closing(day if is_working(day) else _working_day_after(day, 1))


def _closing(day: date) -> datetime:
    return datetime.combine(day, CLOSING)


def _start_day(start: datetime) -> date:
    day = start.date()
    if is_working(day) and start < _closing(day):
        return day
    return _working_day_after(day, 1)


@cache
def _working_day_after(day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        count -= is_working(day)
    return day


def _end_of_month(start: datetime) -> datetime:
    day = _last_working_day(start.year, start.month)
    if _closing(day) >= start:
        return _closing(day)
    following = start.replace(day=28) + timedelta(days=4)
    return _closing(_last_working_day(following.year, following.month))


@cache
def _last_working_day(year: int, month: int) -> date:
    day = (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    while not is_working(day):
        day -= timedelta(days=1)
    return day
