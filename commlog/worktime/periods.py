"""Periods: named stretches of whole days such as a month or a quarter, and the ones before them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal, NamedTuple, cast

from commlog.worktime.calendar import wall_instant

PeriodKind = Literal["day", "week", "month", "quarter", "half", "year"]

# How many months a kind has; weeks and days are counted in days.
_MONTHS: dict[PeriodKind, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_DAYS: dict[PeriodKind, int] = {"day": 1, "week": 7}

_SHAPES: tuple[tuple[PeriodKind, str], ...] = (
    ("year", r"([0-9]{4})"),
    ("month", r"([0-9]{4})-([0-9]{2})"),
    ("quarter", r"([0-9]{4})-Q([1-4])"),
    ("half", r"([0-9]{4})-H([12])"),
    ("week", r"([0-9]{4})-W([0-9]{2})"),
    ("day", r"([0-9]{4})-([0-9]{2})-([0-9]{2})"),
)

# The words for the present period of a kind, and for the one before it.
_NAMES: dict[PeriodKind, tuple[str, str]] = {
    "day": ("today 今天 今日", "yesterday 昨天 昨日"),
    "week": ("this-week 本周 这周", "last-week 上周"),
    "month": ("this-month 本月 这个月", "last-month 上月 上个月"),
    "quarter": ("this-quarter 本季度", "last-quarter 上季度 上个季度"),
    "half": ("this-half", "last-half"),
    "year": ("this-year 今年 本年", "last-year 去年"),
}
_WORDS = {
    word: (kind, steps) for kind, names in _NAMES.items() for steps, words in enumerate(names) for word in words.split()
}


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days from `start` up to, not including, `end`: midnights of the zone of the log."""

    start: datetime
    end: datetime
    name: str

    def previous(self) -> Period:
        """Give the period of the same kind that ends where this one starts; for `A..B` one of as many days.

        Raises:
            ValueError: there is no year before it.

        """
        zone = _zone(self.start)
        first = self.start.date()
        try:
            if ".." not in self.name:
                return _containing(_parse_shape(self.name)[0], first - timedelta(days=1), zone)
            last = first - timedelta(days=1)
            earliest = first - (self.end.date() - first)
        except OverflowError as error:
            raise ValueError(f"there is no period before {self.name!r}") from error
        return _between(earliest, first, f"{earliest}..{last}", zone)


def period_bounds(kind: PeriodKind, day: date) -> tuple[date, date]:
    """Give the first day of the period of this kind that holds `day`, and the first day after it.

    Raises:
        ValueError: the period reaches past the last year there is.

    """
    try:
        if kind in _DAYS:
            first = day if kind == "day" else day - timedelta(days=day.weekday())
            return first, first + timedelta(days=_DAYS[kind])
        length = _MONTHS[kind]
        first = date(day.year, (day.month - 1) // length * length + 1, 1)
        return first, add_months(first, length)
    except OverflowError as error:
        raise ValueError(f"the {kind} of {day} is out of range") from error


def add_months(day: date, months: int) -> date:
    """Give the same day so many months later; a day the month does not have becomes its last one.

    Raises:
        ValueError: the year is out of range.

    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def parse_period(text: str, now: datetime) -> Period:
    """Read a period (`2026-Q1`, `last-week`, `上月`, `2026-01..2026-02`); `now` is in the zone of the log.

    Raises:
        ValueError: the text is not a period, or its end lies before its start.

    """
    clean = unicodedata.normalize("NFKC", text).strip()
    first_text, dots, last_text = clean.partition("..")
    if not dots:
        return _parse_one(clean, now)
    first, last = _parse_one(first_text.strip(), now), _parse_one(last_text.strip(), now)
    if first.start.date() >= last.end.date():
        raise ValueError(f"{text!r} ends before it starts")
    return Period(first.start, last.end, f"{first.name}..{last.name}")


def _parse_one(text: str, now: datetime) -> Period:
    zone = _zone(now)
    word = _WORDS.get(text.lower().replace(" ", "-"))
    if word is None:
        kind, day = _parse_shape(text)
        return _containing(kind, day, zone)
    kind, steps = word
    day = now.date()
    for _ in range(steps):
        day = period_bounds(kind, day)[0] - timedelta(days=1)
    return _containing(kind, day, zone)


def _parse_shape(text: str) -> tuple[PeriodKind, date]:
    for kind, shape in _SHAPES:
        found = re.fullmatch(shape, text.upper())
        if found:
            year, *rest = (int(part) for part in found.groups())
            if kind == "week":
                return kind, date.fromisocalendar(year, rest[0], 1)
            if kind == "day":
                return kind, date(year, rest[0], rest[1])
            position = rest[0] if rest else 1
            return kind, date(year, (position - 1) * _MONTHS[kind] + 1, 1)
    raise ValueError(f"{text!r} is not a period")


def _containing(kind: PeriodKind, day: date, zone: tzinfo) -> Period:
    first, after = period_bounds(kind, day)
    return _between(first, after, _name(kind, first), zone)


def _between(first: date, after: date, name: str, zone: tzinfo) -> Period:
    start, end = (wall_instant(datetime.combine(day, time()), zone) for day in (first, after))
    return Period(start, end, name)


def _name(kind: PeriodKind, first: date) -> str:
    year, week, _ = first.isocalendar()
    names: dict[PeriodKind, str] = {
        "day": first.isoformat(),
        "week": f"{year:04}-W{week:02}",
        "month": f"{first.year:04}-{first.month:02}",
        "quarter": f"{first.year:04}-Q{(first.month + 2) // 3}",
        "half": f"{first.year:04}-H{(first.month + 5) // 6}",
        "year": f"{first.year:04}",
    }
    return names[kind]


def _zone(instant: datetime) -> tzinfo:
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    return instant.tzinfo


IntervalUnit = Literal["d", "w", "m", "y"]

_DAYS_OF_UNIT = {"d": 1, "w": 7}
_MONTHS_OF_UNIT = {"m": 1, "y": 12}


class Interval(NamedTuple):
    """An amount, 1 to 9999, of days, weeks, months or years."""

    amount: int
    unit: IntervalUnit

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


def parse_interval(text: str) -> Interval | None:
    """An interval as settings and customers name it; None for `none`.

    Raises:
        ValueError: the text is neither.
    """
    if text == "none":
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,3})([dwmy])", text)
    if not found:
        raise ValueError(f"{text!r} is not an interval such as '30d', '2w', '3m' or '1y'")
    return Interval(int(found[1]), cast("IntervalUnit", found[2]))


def interval_after(interval: Interval, day: date) -> date:
    """The day an interval after `day`; from the 31st, the last day of a shorter month; the last day there is at most."""
    return _moved(interval, day, 1)


def interval_before(interval: Interval, day: date) -> date:
    """The day an interval before `day`; from the 31st, the last day of a shorter month; the first day there is at least."""
    return _moved(interval, day, -1)


def _moved(interval: Interval, day: date, sign: int) -> date:
    try:
        if interval.unit in _DAYS_OF_UNIT:
            return day + timedelta(days=sign * interval.amount * _DAYS_OF_UNIT[interval.unit])
        return add_months(day, sign * interval.amount * _MONTHS_OF_UNIT[interval.unit])
    except (OverflowError, ValueError):
        return date.max if sign > 0 else date.min
