"""Limits and the moments they end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.worktime.calendar import CalendarError, DatedDay, WorkCalendar, parse_hours
from commlog.worktime.limits import Limit, due_after, parse_limit, start_day
from tests.build import SHANGHAI

BERLIN = ZoneInfo("Europe/Berlin")
PLAIN = WorkCalendar(SHANGHAI, parse_hours())
SPLIT = WorkCalendar(SHANGHAI, parse_hours({"mon-fri": ["09:00-12:00", "13:30-18:00"]}))
EMPTY = WorkCalendar(SHANGHAI, parse_hours({}))
NIGHT = WorkCalendar(SHANGHAI, parse_hours({"mon-fri": ["09:00-24:00"]}))

# Spring festival 2026: off from Sunday 15 to Monday 23 February, made up on Saturdays 14 and 28.
FESTIVAL = WorkCalendar(
    SHANGHAI,
    parse_hours(),
    {day: DatedDay(day, "off", "") for day in (date(2026, 2, 15) + timedelta(days=step) for step in range(9))}
    | {day: DatedDay(day, "work", "") for day in (date(2026, 2, 14), date(2026, 2, 28))},
)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """Give the instant the clocks of a zone show."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def due(limit: str, start: str, calendar: WorkCalendar = PLAIN) -> str:
    """Give the due moment as the clocks in Shanghai show it."""
    instant = due_after(parse_limit(limit), at(start), calendar)
    assert instant is not None
    return instant.isoformat(timespec="minutes").removesuffix("+08:00")


@pytest.mark.parametrize("text", ["30m", "24h", "8wh", "2d", "3wd", "eow", "eom", "eoq", "none", "99999wd"])
def test_limit_round_trip(text):
    """Reading a limit and writing it gives the text back."""
    assert str(parse_limit(text)) == text


@pytest.mark.parametrize(
    "text", ["", "3", "wd", "0d", "03wd", "-1d", "+3wd", "3 wd", "3WD", "1w", "100000d", "٣d", "eod", "3wd\n"]
)
def test_wrong_limits_are_refused(text):
    """A text that is not exactly a limit is refused."""
    with pytest.raises(ValueError, match="is not a limit"):
        parse_limit(text)


def test_a_limit_has_an_amount():
    """A limit of nothing, or an amount on the end of a month, cannot be made."""
    for amount, unit in ((0, "d"), (100_000, "h"), (1, "eom"), (-1, "wd")):
        with pytest.raises(ValueError, match="is not an amount"):
            Limit(amount, unit)


def test_none_is_never_due():
    """The limit `none` has no due moment."""
    assert due_after(parse_limit("none"), at("2026-03-10T10:00"), EMPTY) is None


@pytest.mark.parametrize(
    ("limit", "start", "expected"),
    [
        ("24h", "2026-02-14T17:00", "2026-02-15T17:00"),
        ("30m", "2026-03-10T23:45", "2026-03-11T00:15"),
        ("24h", "2026-12-31T10:00", "2027-01-01T10:00"),
    ],
)
def test_elapsed_time_ignores_the_calendar(limit, start, expected):
    """Hours and minutes run on through nights, weekends and holidays, and need no working time."""
    assert due(limit, start, FESTIVAL) == expected
    assert due(limit, start, EMPTY) == expected


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-03-10T10:00", "2026-03-13T18:00"),
        ("2026-03-10T07:00", "2026-03-13T18:00"),
        ("2026-03-10T12:30", "2026-03-13T18:00"),
        ("2026-03-10T17:59", "2026-03-13T18:00"),
        ("2026-03-10T18:00", "2026-03-16T18:00"),
        ("2026-03-10T23:00", "2026-03-16T18:00"),
        ("2026-03-13T10:00", "2026-03-18T18:00"),
        ("2026-03-13T18:00", "2026-03-19T18:00"),
        ("2026-03-14T10:00", "2026-03-19T18:00"),
        ("2026-03-15T23:59", "2026-03-19T18:00"),
    ],
)
def test_three_working_days(start, expected):
    """Working days end at the closing of the last one; from closing time or a day off on, the next working day is the start."""
    assert due("3wd", start, SPLIT) == expected


def test_one_working_day_is_not_over_at_midnight():
    """A working day is over when that day closes, not when it begins."""
    assert due("1wd", "2026-03-10T10:00") == "2026-03-11T18:00"


def test_working_days_over_a_festival():
    """Days off are passed over and a make-up Saturday counts."""
    assert due("1wd", "2026-02-13T10:00", FESTIVAL) == "2026-02-14T18:00"
    assert due("2wd", "2026-02-13T10:00", FESTIVAL) == "2026-02-24T18:00"
    assert due("3wd", "2026-02-25T10:00", FESTIVAL) == "2026-02-28T18:00"


def test_start_on_a_make_up_saturday():
    """A conversation on a make-up Saturday before closing starts that day, after it the next working day."""
    assert due("1wd", "2026-02-14T17:59", FESTIVAL) == "2026-02-24T18:00"
    assert due("1wd", "2026-02-14T18:00", FESTIVAL) == "2026-02-25T18:00"


def test_closing_at_24():
    """A day open until 24:00 is still the start day at 23:59, and its limit ends at the midnight that ends the day."""
    assert due("1wd", "2026-03-10T23:59", NIGHT) == "2026-03-12T00:00"
    assert due("eow", "2026-03-13T23:59", NIGHT) == "2026-03-14T00:00"


def test_after_hours_setting():
    """With `same_day`, a start after closing still counts as that working day."""
    start = at("2026-03-10T20:00")
    three = parse_limit("3wd")
    assert due_after(three, start, PLAIN) == at("2026-03-16T18:00")
    lenient = WorkCalendar(SHANGHAI, parse_hours(), after_hours="same_day")
    assert due_after(three, start, lenient) == at("2026-03-13T18:00")
    assert start_day(at("2026-03-14T20:00"), lenient) == date(2026, 3, 16)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-03-14T17:30", "2026-03-17T09:30"),
        ("2026-03-10T09:00", "2026-03-11T09:30"),
        ("2026-03-10T18:00", "2026-03-12T09:30"),
        ("2026-03-10T11:00", "2026-03-11T11:30"),
    ],
)
def test_eight_working_hours(start, expected):
    """Working hours run only while the day is open, over lunch and closing."""
    assert due("8wh", start, SPLIT) == expected


def test_saturday_evening_plus_one_working_hour():
    """Saturday 17:30 and one working hour is Monday 10:00 where Monday opens at nine."""
    assert due("1wh", "2026-03-14T17:30") == "2026-03-16T10:00"


@pytest.mark.parametrize(
    ("limit", "start", "expected"),
    [
        ("3d", "2026-03-10T10:00", "2026-03-13T18:00"),
        ("3d", "2026-03-10T23:00", "2026-03-13T18:00"),
        ("3d", "2026-03-11T10:00", "2026-03-16T18:00"),
        ("1d", "2026-02-14T10:00", "2026-02-24T18:00"),
        ("1d", "2026-02-27T10:00", "2026-02-28T18:00"),
    ],
)
def test_calendar_days(limit, start, expected):
    """Calendar days end at closing, on the next working day when the day is off."""
    assert due(limit, start, FESTIVAL) == expected


@pytest.mark.parametrize(
    ("limit", "start", "expected"),
    [
        ("eow", "2026-03-10T10:00", "2026-03-13T18:00"),
        ("eow", "2026-03-13T17:59", "2026-03-13T18:00"),
        ("eow", "2026-03-13T18:00", "2026-03-20T18:00"),
        ("eow", "2026-03-15T10:00", "2026-03-20T18:00"),
        ("eow", "2026-02-12T10:00", "2026-02-14T18:00"),
        ("eow", "2026-02-14T18:00", "2026-02-28T18:00"),
        ("eom", "2026-03-10T10:00", "2026-03-31T18:00"),
        ("eom", "2026-03-31T18:00", "2026-04-30T18:00"),
        ("eom", "2026-05-01T10:00", "2026-05-29T18:00"),
        ("eom", "2026-05-30T10:00", "2026-06-30T18:00"),
        ("eom", "2026-01-31T10:00", "2026-02-28T18:00"),
        ("eom", "2026-12-31T18:00", "2027-01-29T18:00"),
        ("eoq", "2026-03-10T10:00", "2026-03-31T18:00"),
        ("eoq", "2026-03-31T18:00", "2026-06-30T18:00"),
        ("eoq", "2026-11-10T10:00", "2026-12-31T18:00"),
        ("eoq", "2026-12-31T19:00", "2027-03-31T18:00"),
    ],
)
def test_ends_of_periods(limit, start, expected):
    """A period ends when its last working day closes; when that has passed, or it has none, the following one counts."""
    assert due(limit, start, FESTIVAL) == expected


@pytest.mark.parametrize("limit", ["1wd", "1wh", "1d", "eow", "eom", "eoq"])
def test_no_working_time_is_an_error(limit):
    """A limit in working time on a calendar without any is an error, not an endless search."""
    with pytest.raises(CalendarError, match="no working time"):
        due_after(parse_limit(limit), at("2026-03-10T10:00"), EMPTY)


def test_elapsed_hours_and_clock_hours_when_the_clocks_change():
    """24 hours are elapsed hours; days end at the closing time the clock of the zone shows."""
    calendar = WorkCalendar(BERLIN, parse_hours())
    start = at("2026-03-28T12:00", BERLIN)
    assert due_after(parse_limit("24h"), start, calendar) == at("2026-03-29T13:00", BERLIN)
    assert due_after(parse_limit("1wd"), start, calendar).isoformat() == "2026-03-31T18:00:00+02:00"
    autumn = due_after(parse_limit("24h"), at("2026-10-24T12:00", BERLIN), calendar)
    assert autumn.isoformat() == "2026-10-25T11:00:00+01:00"


def test_the_start_may_be_in_another_zone():
    """The day of the start is the day in the zone of the log, not in UTC."""
    start = datetime(2026, 3, 9, 20, 0, tzinfo=UTC)
    assert due_after(parse_limit("1wd"), start, PLAIN) == at("2026-03-11T18:00")


# Random small calendars against counting minute by minute.

_edges = st.lists(st.integers(0, 24), max_size=4, unique=True).map(sorted)
_spans = _edges.map(lambda edges: tuple((a * 60, b * 60) for a, b in zip(edges[::2], edges[1::2], strict=False)))
_weeks = st.tuples(*[_spans] * 7).filter(any)
_starts = st.integers(0, 8 * 1440).map(lambda minute: at("2026-03-25T00:00") + timedelta(minutes=minute))


def closings(calendar: WorkCalendar, start: datetime, days: int) -> list[datetime]:
    """The moments a working day closes from the day of `start` on, found minute by minute."""
    minute = start.replace(hour=0, minute=0)
    found: list[datetime] = []
    for _ in range(days):
        last = None
        spans = calendar.spans_on(minute.date())
        for _ in range(1440):
            of_day = minute.hour * 60 + minute.minute
            minute += timedelta(minutes=1)
            if any(begin <= of_day < end for begin, end in spans):
                last = minute
        if last is not None:
            found.append(last)
    return found


@settings(max_examples=12, deadline=None)
@given(_weeks, _starts, st.integers(1, 2))
def test_working_days_agree_with_counting(weekdays, start, amount):
    """The end of N working days is the Nth closing after the one the start lies before, as counted by minutes."""
    calendar = WorkCalendar(SHANGHAI, weekdays)
    ahead = [closing for closing in closings(calendar, start, 28) if closing > start]
    assert due_after(Limit(amount, "wd"), start, calendar) == ahead[amount]


@settings(max_examples=12, deadline=None)
@given(_weeks, _starts)
def test_end_of_week_agrees_with_counting(weekdays, start):
    """The end of the week is the last closing of the first week that has one after the start."""
    calendar = WorkCalendar(SHANGHAI, weekdays)
    # A closing at 24:00 belongs to the day before it.
    ahead = [closing - timedelta(minutes=1) for closing in closings(calendar, start, 21) if closing > start]
    week = ahead[0].isocalendar()[:2]
    last = max(closing for closing in ahead if closing.isocalendar()[:2] == week)
    assert due_after(Limit(0, "eow"), start, calendar) == last + timedelta(minutes=1)


@given(st.sampled_from(["1m", "5h", "8wh", "2d", "3wd", "eow", "eom", "eoq"]), _starts, st.integers(0, 10_000))
def test_a_later_start_is_never_due_earlier(text, start, minutes):
    """Starting later never makes a limit end earlier, and it always ends after its start."""
    limit = parse_limit(text)
    first = due_after(limit, start, FESTIVAL)
    later = due_after(limit, start + timedelta(minutes=minutes), FESTIVAL)
    assert start < first <= later
