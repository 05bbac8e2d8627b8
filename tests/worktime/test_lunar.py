"""Lunar dates: when a month and day of the Chinese calendar falls."""

from datetime import date, timedelta

import pytest
from lunardate import LunarDate

from commlog.worktime.lunar import lunar_dates_in

LAST_DAY = date(2100, 2, 8)


@pytest.mark.slow
def test_every_day_is_where_the_package_has_it():
    """Each day of the lunar years 1900 to 2099, leap months left out, is among the days its lunar date falls on."""
    day, wrong = date(1900, 1, 31), []
    found = {}
    while day <= LAST_DAY:
        told = LunarDate.from_solar_date(day.year, day.month, day.day)
        key = (day.year, told.month, told.day)
        if not told.is_leap_month:
            if key not in found:
                found[key] = lunar_dates_in(*key)
            if day not in found[key]:
                wrong.append(day)
        day += timedelta(days=1)
    assert wrong == []
    # What a month of 29 days lacks is its 29th; nothing else is added.
    extra = [(key, days) for key, days in found.items() if len(days) > 2 or list(days) != sorted(set(days))]
    assert extra == []


@pytest.mark.parametrize(
    ("year", "month", "day", "days"),
    [
        (2026, 1, 1, ["2026-02-17"]),
        (2026, 8, 15, ["2026-09-25"]),
        (2027, 5, 5, ["2027-06-09"]),
        # New Year's Eve: the 30th where the last month has one, else the 29th.
        (2024, 12, 30, ["2024-02-09"]),
        (2025, 12, 30, ["2025-01-28"]),
        (2026, 12, 30, ["2026-02-16"]),
        # The eighth of the last month comes early in 2020, twice in 2022, and not at all in 2023.
        (2020, 12, 8, ["2020-01-02"]),
        (2022, 12, 8, ["2022-01-10", "2022-12-30"]),
        (2023, 12, 8, []),
        # In 2025 the sixth month comes twice, in 2033 the eleventh: the first is meant.
        (2025, 6, 1, ["2025-06-25"]),
        (2025, 7, 1, ["2025-08-23"]),
        (2033, 11, 1, ["2033-11-22"]),
    ],
)
def test_a_lunar_date_falls_on_the_day_of_the_almanac(year, month, day, days):
    """Festivals and the days round New Year fall where printed calendars have them; none or two in some years."""
    assert [one.isoformat() for one in lunar_dates_in(year, month, day)] == days


@pytest.mark.parametrize("year", [1, 1899, 2101, 2999, 9999])
def test_years_outside_the_table_have_no_lunar_dates(year):
    """A year the table does not cover gives no date rather than a wrong one."""
    assert lunar_dates_in(year, 8, 15) == ()


@pytest.mark.parametrize(("month", "day"), [(0, 1), (13, 1), (1, 0), (1, 31), (-1, 5)])
def test_what_is_no_lunar_date_falls_on_no_day(month, day):
    """A month or day that no lunar year has gives nothing."""
    assert lunar_dates_in(2026, month, day) == ()
