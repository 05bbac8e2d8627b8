"""Periods by name, and the ones before them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commlog.worktime.periods import Period, add_months, parse_period, period_bounds
from tests.build import SHANGHAI

BERLIN = ZoneInfo("Europe/Berlin")
# A Tuesday.
NOW = datetime(2026, 3, 10, 14, 30, tzinfo=SHANGHAI)


def days(period: Period) -> str:
    """Give the first day and the day after the last."""
    return f"{period.start.date()} {period.end.date()}"


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("2026", "2026", "2026-01-01 2027-01-01"),
        ("2026-03", "2026-03", "2026-03-01 2026-04-01"),
        ("2026-12", "2026-12", "2026-12-01 2027-01-01"),
        ("2026-Q1", "2026-Q1", "2026-01-01 2026-04-01"),
        ("2026-q4", "2026-Q4", "2026-10-01 2027-01-01"),
        ("2026-H1", "2026-H1", "2026-01-01 2026-07-01"),
        ("2026-H2", "2026-H2", "2026-07-01 2027-01-01"),
        ("2026-W12", "2026-W12", "2026-03-16 2026-03-23"),
        ("2026-W01", "2026-W01", "2025-12-29 2026-01-05"),
        ("2026-W53", "2026-W53", "2026-12-28 2027-01-04"),
        ("2026-03-14", "2026-03-14", "2026-03-14 2026-03-15"),
        ("２０２６-０３", "2026-03", "2026-03-01 2026-04-01"),
        ("today", "2026-03-10", "2026-03-10 2026-03-11"),
        ("今天", "2026-03-10", "2026-03-10 2026-03-11"),
        ("yesterday", "2026-03-09", "2026-03-09 2026-03-10"),
        ("this-week", "2026-W11", "2026-03-09 2026-03-16"),
        ("This week", "2026-W11", "2026-03-09 2026-03-16"),
        ("本周", "2026-W11", "2026-03-09 2026-03-16"),
        ("last-week", "2026-W10", "2026-03-02 2026-03-09"),
        ("上周", "2026-W10", "2026-03-02 2026-03-09"),
        ("this-month", "2026-03", "2026-03-01 2026-04-01"),
        ("本月", "2026-03", "2026-03-01 2026-04-01"),
        ("last-month", "2026-02", "2026-02-01 2026-03-01"),
        ("上月", "2026-02", "2026-02-01 2026-03-01"),
        ("this-quarter", "2026-Q1", "2026-01-01 2026-04-01"),
        ("本季度", "2026-Q1", "2026-01-01 2026-04-01"),
        ("last-quarter", "2025-Q4", "2025-10-01 2026-01-01"),
        ("上季度", "2025-Q4", "2025-10-01 2026-01-01"),
        ("this-year", "2026", "2026-01-01 2027-01-01"),
        ("今年", "2026", "2026-01-01 2027-01-01"),
        ("last-year", "2025", "2025-01-01 2026-01-01"),
        ("去年", "2025", "2025-01-01 2026-01-01"),
        ("2026-01-05..2026-02-10", "2026-01-05..2026-02-10", "2026-01-05 2026-02-11"),
        ("2026-01..2026-02", "2026-01..2026-02", "2026-01-01 2026-03-01"),
        ("2026-Q1 .. today", "2026-Q1..2026-03-10", "2026-01-01 2026-03-11"),
        ("2026-03-10..2026-03-10", "2026-03-10..2026-03-10", "2026-03-10 2026-03-11"),
    ],
)
def test_periods(text, name, expected):
    """Each form is read as whole days, the end not included, and gets the name that does not depend on today."""
    period = parse_period(text, NOW)
    assert (period.name, days(period)) == (name, expected)


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-13", "2026-00", "2026-Q5", "2026-H3", "2025-W53", "2026-W00", "2026-02-30", "2026-3", "0000", "9999", "9999-W52", "next-week",
     "..", "2026..", "..2026", "2026-02..2026-01", "2026-03-11..2026-03-10", "2026..2027..2028", "2026-03..2026-02", "-2026", "٢٠٢٦"],
)  # fmt: skip
def test_other_texts_are_refused(text):
    """What is no period, an open range and a reversed one are refused."""
    with pytest.raises(ValueError, match=r"."):
        parse_period(text, NOW)


def test_the_present_moment_needs_a_zone():
    """A period is not read against a moment without a zone."""
    with pytest.raises(ValueError, match="no time zone"):
        parse_period("today", datetime(2026, 3, 10))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2026", "2025"), ("2026-01", "2025-12"), ("2026-03", "2026-02"), ("2026-Q1", "2025-Q4"), ("2026-H1", "2025-H2"), ("2026-W01", "2025-W52"),
        ("2027-W01", "2026-W53"), ("2026-03-01", "2026-02-28"), ("last-month", "2026-01"), ("2026-02-01..2026-02-10", "2026-01-22..2026-01-31"),
        ("2026-03..2026-03", "2026-01-29..2026-02-28"),
    ],
)  # fmt: skip
def test_previous(text, name):
    """The period before is the one of the same kind; before a range, one of as many days."""
    assert parse_period(text, NOW).previous().name == name


def test_nothing_before_the_first_year():
    """There is no period before the first one."""
    for text in ("0001", "0001-01-01", "0001-01-01..0001-01-02"):
        with pytest.raises(ValueError, match="no period before"):
            parse_period(text, NOW).previous()


def test_midnights_of_the_zone():
    """A period starts and ends at midnight of the zone, so March has an hour less where the clocks change."""
    period = parse_period("2026-03", datetime(2026, 6, 1, tzinfo=BERLIN))
    assert (period.start.isoformat(), period.end.isoformat()) == (
        "2026-03-01T00:00:00+01:00",
        "2026-04-01T00:00:00+02:00",
    )


_kinds = st.sampled_from(["day", "week", "month", "quarter", "half", "year"])
_days = st.dates(date(1900, 1, 1), date(2200, 1, 1))


@st.composite
def names(draw):
    """Give names of periods of every kind."""
    kind, day = draw(_kinds), draw(_days)
    year, week, _ = day.isocalendar()
    return {
        "day": f"{day}", "week": f"{year}-W{week:02}", "month": f"{day:%Y-%m}", "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
        "half": f"{day.year}-H{1 if day.month < 7 else 2}", "year": f"{day.year}",
    }[kind]  # fmt: skip


@given(names(), st.none() | names())
def test_previous_abuts(first, second):
    """The period before ends where this one starts, and every name read again is the same period."""
    try:
        period = parse_period(first if second is None else f"{first}..{second}", NOW)
    except ValueError:
        assert second is not None
        return
    before = period.previous()
    assert before.start < before.end == period.start
    assert parse_period(period.name, NOW) == period
    assert parse_period(before.name, NOW) == before
    if second is not None:
        assert before.end.date() - before.start.date() == period.end.date() - period.start.date()


@given(_kinds, _days)
def test_bounds_hold_the_day(kind, day):
    """The bounds of a period hold the day, and each of their days has the same bounds."""
    first, after = period_bounds(kind, day)
    assert first <= day < after
    assert period_bounds(kind, first) == period_bounds(kind, after - timedelta(days=1)) == (first, after)


@given(_days, st.integers(-500, 500))
def test_months_are_added_within_the_month(day, months):
    """Adding months lands in the right month, on the same day or on its last one."""
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
