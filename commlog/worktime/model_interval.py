"""Intervals of the calendar: how far apart days are in days, weeks, months or years (`30d`, `2w`, `3m`, `1y`)."""

import re
from datetime import date, timedelta
from typing import Literal, NamedTuple, cast

IntervalUnit = Literal["d", "w", "m", "y"]

_DAYS = {"d": 1, "w": 7}
_MONTHS = {"m": 1, "y": 12}


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
    # Loaded with the first interval that is counted: the settings only name intervals.
    from commlog.worktime.periods import add_months

    try:
        if interval.unit in _DAYS:
            return day + timedelta(days=sign * interval.amount * _DAYS[interval.unit])
        return add_months(day, sign * interval.amount * _MONTHS[interval.unit])
    except (OverflowError, ValueError):
        return date.max if sign > 0 else date.min
