"""Dates of the Chinese lunar calendar: when a lunar month and day falls in a year of the common calendar."""

from datetime import date, timedelta
from functools import cache
from itertools import accumulate

from commlog.worktime.lunar_years import FIRST_DAY, FIRST_YEAR, YEARS

_MONTHS = 12
_SHORT, _LONG = 29, 30
_LEAP_SHIFT = 13


def lunar_dates_in(year: int, month: int, day: int) -> tuple[date, ...]:
    """The days of `year` on which a lunar month and day falls, in order; none, one or two.

    A lunar year begins in January or February, so its last month ends in the year after. The 30th of a month of 29 days
    is its 29th; of a month that comes twice, the first is meant. Outside the lunar years 1900 to 2099 there is none.
    """
    days = (_day_of(lunar_year, month, day) for lunar_year in (year - 1, year))
    return tuple(one for one in days if one is not None and one.year == year)


def _day_of(lunar_year: int, month: int, day: int) -> date | None:
    """The day of the common calendar, None when there is none or it is not known."""
    place = lunar_year - FIRST_YEAR
    if not (0 <= place < len(YEARS) and 1 <= month <= _MONTHS and 1 <= day <= _LONG):
        return None
    leap = YEARS[place] >> _LEAP_SHIFT
    before = month - 1 if not leap or month <= leap else month
    lengths = _month_lengths(YEARS[place])
    return _first_days()[place] + timedelta(days=sum(lengths[:before]) + min(day, lengths[before]) - 1)


def _month_lengths(code: int) -> list[int]:
    """The days of each month of a year, a leap month in its place."""
    months = _MONTHS + (code >> _LEAP_SHIFT > 0)
    return [_LONG if code >> place & 1 else _SHORT for place in range(months)]


@cache
def _first_days() -> tuple[date, ...]:
    """New Year's Day of each lunar year."""
    lengths = (sum(_month_lengths(code)) for code in YEARS[:-1])
    return tuple(FIRST_DAY + timedelta(days=passed) for passed in accumulate(lengths, initial=0))
