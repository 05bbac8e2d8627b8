"""Intervals: read, written and counted along the calendar."""

from datetime import date

import pytest

from commlog.worktime.periods import Interval, interval_after, interval_before, parse_interval


@pytest.mark.parametrize(
    ("text", "day", "after"),
    [
        ("30d", date(2026, 1, 31), date(2026, 3, 2)),
        ("2w", date(2026, 2, 20), date(2026, 3, 6)),
        ("1m", date(2026, 1, 31), date(2026, 2, 28)),
        ("3m", date(2025, 11, 30), date(2026, 2, 28)),
        ("1y", date(2024, 2, 29), date(2025, 2, 28)),
        ("9999y", date(2026, 1, 1), date.max),
    ],
)
def test_interval_after(text, day, after):
    """An interval counts whole months and years, and stays inside a shorter month and inside the calendar."""
    interval = parse_interval(text)
    assert interval is not None
    assert interval_after(interval, day) == after


def test_interval_before():
    """Counting back from the 31st ends at the last day of a shorter month, and at the first day there is."""
    assert interval_before(Interval(1, "m"), date(2026, 3, 31)) == date(2026, 2, 28)
    assert interval_before(Interval(9999, "y"), date(2026, 3, 31)) == date.min


def test_interval_none():
    """`none` is no interval."""
    assert parse_interval("none") is None


@pytest.mark.parametrize("text", ["", "0d", "3", "3x", "-3d", "3 d", "12345d", "eom", "3wd"])
def test_interval_refused(text):
    """What is no interval is refused, not guessed."""
    with pytest.raises(ValueError, match="interval"):
        parse_interval(text)


def test_interval_written():
    """An interval is written as it is read."""
    assert str(parse_interval("3m")) == "3m"
