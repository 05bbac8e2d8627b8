"""Formats of dates and moments."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commlog.forms.formats import CHECKS, is_date, is_instant, is_yearly_date


@given(st.dates())
def test_every_day_is_a_date(day: date):
    """Every day of the calendar, written in full, is a date."""
    assert is_date(day.isoformat())
    assert is_yearly_date(day.isoformat()[5:])


@given(st.datetimes(), st.integers(-1439, 1439))
def test_every_moment_with_an_offset_is_an_instant(moment: datetime, minutes: int):
    """Every moment to the second with an offset is an instant; without one it is not."""
    aware = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert is_instant(aware.isoformat())
    assert not is_instant(moment.replace(microsecond=0).isoformat())


@pytest.mark.parametrize(
    "text", ["", "2026-3-1", "2026-02-30", "20260301", "2026-W10-1", "2026-03-01\n", "２０２６-03-01", "0000-01-01"]
)
def test_what_is_no_date(text):
    """Other writings, and days there are not, are no dates."""
    assert not is_date(text)
    assert not is_instant(text)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date-or-month-day", "02-29", "02-30"),
        ("time", "24:00", "24:01"),
        ("email", "a@b", "a@ b"),
        ("date-or-date-time-or-none", "none", "None"),
        ("date-or-date-time", "2026-03-01", "none"),
        ("date-time", "2026-03-01T00:00:00Z", "2026-03-01T00:00Z"),
    ],
)
def test_the_other_formats(name, good, bad):
    """Each format takes its own form and refuses the near miss."""
    assert CHECKS[name](good)
    assert not CHECKS[name](bad)
