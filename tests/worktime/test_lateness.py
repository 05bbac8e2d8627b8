"""Lateness in working days."""

from datetime import date
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from commlog.worktime.calendar import DatedDay, WorkCalendar, parse_hours
from commlog.worktime.limits import working_days_since

HOLIDAY = date(2026, 3, 11)
CALENDAR = WorkCalendar(ZoneInfo("Asia/Shanghai"), parse_hours(), {HOLIDAY: DatedDay(HOLIDAY, "off")})
TODAY = date(2026, 3, 16)


def test_days_are_counted_from_the_next_one_to_today():
    """Due today is 0 late, on Friday 1, on Tuesday before a day off 3."""
    days = [date(2026, 3, 16), date(2026, 3, 13), date(2026, 3, 10)]
    assert working_days_since(days, TODAY, CALENDAR) == dict(zip(days, (0, 1, 3), strict=True))


@given(st.lists(st.dates(date(2026, 1, 1), date(2026, 4, 1)), max_size=5))
def test_each_day_is_counted_as_if_it_were_alone(days):
    """One walk over all days gives what counting each by itself gives; a day to come is not late."""
    expected = {
        day: sum(
            CALENDAR.is_working_day(date.fromordinal(n)) for n in range(day.toordinal() + 1, TODAY.toordinal() + 1)
        )
        for day in days
    }
    assert working_days_since(days, TODAY, CALENDAR) == expected
