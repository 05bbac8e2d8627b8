"""Working hours: the days of a calendar and the arithmetic on its working time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.worktime.calendar import (
    CalendarError,
    DatedDay,
    WorkCalendar,
    format_span,
    parse_hours,
    parse_spans,
    to_utc,
    wall_instant,
)
from tests.build import SHANGHAI

BERLIN = ZoneInfo("Europe/Berlin")
PLAIN = WorkCalendar(SHANGHAI, parse_hours())
SPLIT = WorkCalendar(SHANGHAI, parse_hours({"mon-fri": ["09:00-12:00", "13:30-18:00"]}))
EMPTY = WorkCalendar(SHANGHAI, parse_hours({}))
AROUND_THE_CLOCK = parse_hours({"mon-sun": ["00:00-24:00"]})


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """Give the instant the clocks of a zone show."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def with_days(*days: DatedDay, hours: dict[str, list[str]] | None = None) -> WorkCalendar:
    """Give a calendar with some dated days."""
    weekdays = parse_hours() if hours is None else parse_hours(hours)
    return WorkCalendar(SHANGHAI, weekdays, {day.date: day for day in days})


SATURDAY = date(2026, 3, 14)


def test_default_hours():
    """A week without settings works Monday to Friday from nine to six."""
    assert parse_hours() == (((540, 1080),),) * 5 + ((),) * 2


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ({"sat-mon": ["00:00-24:00"]}, [(0, 1440), None, None, None, None, (0, 1440), (0, 1440)]),
        ({"mon": ["09:00-10:00"]}, [(540, 600), None, None, None, None, None, None]),
        ({"fri": ["09:00-15:00"], "mon-fri": ["09:00-18:00"]}, [(540, 1080)] * 4 + [(540, 900), None, None]),
    ],
)
def test_hours_by_day_and_range(hours, expected):
    """Ranges may run over the weekend, and a single day wins over the range it lies in."""
    assert parse_hours(hours) == tuple((span,) if span else () for span in expected)


def test_spans_are_ordered():
    """Spans are given in the order of the day, whatever the order in the settings."""
    assert parse_spans(["13:30-24:00", "09:00-12:00"]) == ((540, 720), (810, 1440))


@pytest.mark.parametrize("spans", [["18:00-09:00"], ["09:00-09:00"], ["09:00-12:00", "11:00-13:00"]])
def test_wrong_spans_are_refused(spans):
    """A span that is empty, backwards or overlapping is refused."""
    with pytest.raises(ValueError, match=r"ends|overlaps"):
        parse_spans(spans)


def test_ranges_that_share_a_day_are_refused():
    """Two ranges that share a day are refused."""
    with pytest.raises(ValueError, match="second time"):
        parse_hours({"mon-wed": [], "tue-fri": []})


@given(st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda span: span[0] < span[1]))
def test_span_round_trip(span):
    """Writing a span and reading it gives it back."""
    assert parse_spans([format_span(span)]) == (span,)


def test_dated_day_wins_over_weekday():
    """A day off has no hours, and a make-up Saturday has the usual hours of the week."""
    calendar = with_days(DatedDay(date(2026, 3, 10), "off", "x"), DatedDay(SATURDAY, "work", "y"))
    assert calendar.spans_on(date(2026, 3, 10)) == ()
    assert calendar.spans_on(SATURDAY) == ((540, 1080),)
    assert calendar.is_working_day(SATURDAY)
    assert not calendar.is_working_day(date(2026, 3, 15))


def test_dated_day_with_its_own_hours():
    """A work day with hours has those, and a day off with hours keeps the rest of the day."""
    calendar = with_days(
        DatedDay(SATURDAY, "work", "", ((600, 720),)), DatedDay(date(2026, 3, 10), "off", "", ((780, 1080),))
    )
    assert calendar.spans_on(SATURDAY) == ((600, 720),)
    assert calendar.spans_on(date(2026, 3, 10)) == ((540, 780),)


def test_work_day_on_a_usual_weekday_keeps_its_hours():
    """A work day that is an ordinary weekday has the hours of that weekday, not those of Monday."""
    hours = {"mon": ["08:00-12:00"], "tue": ["09:00-18:00"]}
    calendar = with_days(DatedDay(date(2026, 3, 10), "work"), DatedDay(SATURDAY, "work"), hours=hours)
    assert calendar.spans_on(date(2026, 3, 10)) == ((540, 1080),)
    assert calendar.spans_on(SATURDAY) == ((480, 720),)


def test_closing_time():
    """A day closes at the end of its last span, a day off at the latest closing of the week, 24:00 at midnight."""
    assert SPLIT.closing_time(date(2026, 3, 13)) == at("2026-03-13T18:00")
    assert SPLIT.closing_time(SATURDAY) == at("2026-03-14T18:00")
    late = WorkCalendar(SHANGHAI, AROUND_THE_CLOCK)
    assert late.closing_time(date(2026, 12, 31)) == at("2027-01-01T00:00")
    assert late.closing_time(date.max) == at("9999-12-31T23:59")


def test_only_dated_work_days():
    """A calendar whose only working time is dated closes as that day does."""
    calendar = with_days(DatedDay(SATURDAY, "work", "", ((600, 720),)), hours={})
    assert calendar.closing_time(date(2026, 3, 10)) == at("2026-03-10T12:00")
    assert calendar.add_working_time(at("2026-03-10T00:00"), 60) == at("2026-03-14T11:00")


def test_next_working_day():
    """The next working day is the day itself unless it is off or a later one is asked for."""
    assert PLAIN.next_working_day(date(2026, 3, 13), after=False) == date(2026, 3, 13)
    assert PLAIN.next_working_day(date(2026, 3, 13), after=True) == date(2026, 3, 16)
    assert PLAIN.next_working_day(SATURDAY, after=True) == date(2026, 3, 16)


def test_no_working_time_is_an_error_not_a_loop():
    """Every question that needs working time says so when there is none, and does not search for ever."""
    for ask in (
        lambda: EMPTY.closing_time(SATURDAY),
        lambda: EMPTY.next_working_day(SATURDAY, after=False),
        lambda: EMPTY.add_working_time(at("2026-03-14T10:00"), 1),
        lambda: PLAIN.next_working_day(date.max, after=True),
    ):
        with pytest.raises(CalendarError, match="no working time"):
            ask()
    assert EMPTY.working_seconds(at("2026-03-14T10:00"), at("2026-03-24T10:00")) == 0


def test_a_week_of_holidays_is_not_no_working_time():
    """A long run of days off is passed over."""
    days = (DatedDay(date(2026, 10, 1) + timedelta(days=step), "off") for step in range(300))
    assert with_days(*days).next_working_day(date(2026, 10, 1), after=False) == date(2027, 7, 28)


def test_saturday_evening_plus_one_working_hour():
    """Saturday 17:30 and one working hour is Monday 10:00: the clock time is not carried over."""
    assert PLAIN.add_working_time(at("2026-03-14T17:30"), 60) == at("2026-03-16T10:00")


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        ("2026-03-10T09:00", 0, "2026-03-10T09:00"),
        ("2026-03-10T07:00", 60, "2026-03-10T10:00"),
        ("2026-03-10T11:30", 60, "2026-03-10T14:00"),
        ("2026-03-10T12:30", 1, "2026-03-10T13:31"),
        ("2026-03-10T17:00", 60, "2026-03-10T18:00"),
        ("2026-03-10T18:00", 60, "2026-03-11T10:00"),
        ("2026-03-13T17:30", 60, "2026-03-16T09:30"),
        ("2026-03-10T09:00", 450, "2026-03-10T18:00"),
        ("2026-03-10T09:00", 451, "2026-03-11T09:01"),
    ],
)
def test_adding_working_time(start, minutes, expected):
    """Working time passes over lunch, nights and weekends, and ends at a closing rather than the next opening."""
    assert SPLIT.add_working_time(at(start), minutes) == at(expected)


def test_negative_working_time_is_refused():
    """Working time is added, never taken away."""
    with pytest.raises(ValueError, match="negative"):
        PLAIN.add_working_time(at("2026-03-10T09:00"), -1)


def test_no_minute_is_lost_at_midnight():
    """A day open around the clock has 24 hours, every day of the week."""
    calendar = WorkCalendar(SHANGHAI, AROUND_THE_CLOCK)
    assert calendar.working_seconds(at("2026-03-02T00:00"), at("2026-03-12T00:00")) == 10 * 86_400
    assert calendar.add_working_time(at("2026-03-02T00:00"), 10 * 1440) == at("2026-03-12T00:00")


def test_working_seconds():
    """Working time counts open hours only, to the second, and is negative backwards."""
    assert SPLIT.working_seconds(at("2026-03-13T17:59:30"), at("2026-03-16T09:00:15")) == 45
    assert SPLIT.working_seconds(at("2026-03-16T09:00:15"), at("2026-03-13T17:59:30")) == -45
    assert SPLIT.working_seconds(at("2026-03-09T00:00"), at("2026-03-16T00:00")) == 5 * 7.5 * 3600


def test_instants_of_another_zone():
    """Instants may come in any zone; the hours are those of the log."""
    start = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)
    assert PLAIN.working_seconds(start, start + timedelta(hours=24)) == 9 * 3600
    assert PLAIN.add_working_time(start, 30).isoformat() == "2026-03-10T09:30:00+08:00"


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-30", 24)])
def test_days_with_changed_clocks(day, hours):
    """Around the clock, the days the clocks change have 23 and 25 elapsed hours."""
    calendar = WorkCalendar(BERLIN, AROUND_THE_CLOCK)
    start = at(day, BERLIN)
    end = at(day, BERLIN) + timedelta(days=1)
    assert calendar.working_seconds(start, end) == hours * 3600
    assert calendar.working_seconds(start - timedelta(days=1), end + timedelta(days=1)) == (48 + hours) * 3600
    assert calendar.add_working_time(start, hours * 60) == end


def test_both_of_two_equal_clock_times():
    """The hour shown twice is one hour of working time, in order and backwards."""
    calendar = WorkCalendar(BERLIN, AROUND_THE_CLOCK)
    first = at("2026-10-25T02:30", BERLIN)
    second = first.replace(fold=1)
    assert calendar.working_seconds(first, second) == 3600
    assert calendar.working_seconds(second, first) == -3600


def test_wall_clock_hours_stay_when_the_clocks_change():
    """Nine in the morning is nine on the clock of the zone, before and after a change."""
    calendar = WorkCalendar(BERLIN, parse_hours())
    due = calendar.add_working_time(at("2026-03-27T17:00", BERLIN), 120)
    assert due.isoformat() == "2026-03-30T10:00:00+02:00"


def test_a_skipped_clock_time_is_the_moment_of_the_change():
    """Hours that begin in the skipped hour begin when it is over; a time shown twice is the first."""
    assert wall_instant(datetime(2026, 3, 29, 2, 30), BERLIN).isoformat() == "2026-03-29T03:00:00+02:00"
    assert wall_instant(datetime(2026, 10, 25, 2, 30), BERLIN).isoformat() == "2026-10-25T02:30:00+02:00"
    calendar = WorkCalendar(BERLIN, parse_hours({"sun": ["02:15-02:45", "02:50-04:00"]}))
    assert calendar.working_seconds(at("2026-03-29T00:00", BERLIN), at("2026-03-29T12:00", BERLIN)) == 3600


def test_the_ends_of_time_do_not_overflow():
    """An instant within hours of the first or last year is still comparable."""
    far = ZoneInfo("America/Los_Angeles")
    assert to_utc(at("9999-12-31T23:00", far)).year == 9999
    assert to_utc(at("0001-01-01T00:00")).year == 1


def test_a_due_date_in_the_year_9999_is_measured_as_a_century():
    """Working time is counted over at most a century, so that a careless date costs no time."""
    start = at("2026-03-10T09:00")
    century = PLAIN.working_seconds(start, start + timedelta(days=36_525))
    assert PLAIN.working_seconds(start, at("9999-12-31T18:00")) == century
    assert PLAIN.working_seconds(at("9999-12-31T18:00"), start) == -century


def test_provisional_year():
    """A year is provisional until something dated is known for it."""
    calendar = with_days(DatedDay(date(2026, 10, 1), "off"))
    assert not calendar.is_provisional(2026)
    assert calendar.is_provisional(2027)


def test_a_chinese_year_without_make_up_days_is_provisional():
    """In China days off alone are a guess; a make-up day of December belongs to the year after and proves nothing."""
    days = [
        DatedDay(date(2026, 10, 1), "off"),
        DatedDay(date(2026, 10, 10), "work"),
        DatedDay(date(2027, 10, 1), "off"),
        DatedDay(date(2018, 12, 29), "work"),
    ]
    dated = {day.date: day for day in days}
    calendar = WorkCalendar(SHANGHAI, parse_hours(), dated, country="CN")
    assert [year for year in (2018, 2026, 2027, 2028) if calendar.is_provisional(year)] == [2018, 2027, 2028]
    elsewhere = WorkCalendar(SHANGHAI, parse_hours(), dated, country="JP")
    assert [year for year in (2018, 2026, 2027, 2028) if elsewhere.is_provisional(year)] == [2028]


def test_a_calendar_of_weekly_hours_alone_misses_nothing():
    """Without a country and without any dated day no year is provisional; with a country every one is."""
    assert not PLAIN.is_provisional(2027)
    assert WorkCalendar(SHANGHAI, parse_hours(), country="CN").is_provisional(2027)


def test_equal_calendars_stay_equal_when_used():
    """What a calendar remembers of past questions is no part of its value."""
    used = WorkCalendar(SHANGHAI, parse_hours())
    used.working_seconds(at("2026-03-01T00:00"), at("2026-04-01T00:00"))
    assert used == PLAIN
    assert hash(used) == hash(PLAIN)


# Random small calendars against counting minute by minute.

_edges = st.lists(st.integers(0, 96), max_size=4, unique=True).map(sorted)
_spans = _edges.map(lambda edges: tuple((a * 15, b * 15) for a, b in zip(edges[::2], edges[1::2], strict=False)))
_first = date(2026, 3, 26)
_days = st.integers(0, 9).map(lambda step: _first + timedelta(days=step))


@st.composite
def calendars(draw, zone=BERLIN):
    """Give small calendars with hours to the quarter and a few dated days."""
    weekdays = tuple(draw(st.lists(_spans, min_size=7, max_size=7)))
    dated = draw(st.dictionaries(_days, st.tuples(st.sampled_from(["off", "work"]), st.none() | _spans), max_size=4))
    days = {day: DatedDay(day, kind, "", spans) for day, (kind, spans) in dated.items()}
    return WorkCalendar(zone, weekdays, days)


# From Thursday to Wednesday, over the change of the clocks on Sunday 29 March.
instants = st.integers(0, 6 * 1440).map(lambda minutes: datetime(2026, 3, 26, tzinfo=UTC) + timedelta(minutes=minutes))


def is_open(calendar: WorkCalendar, minute: datetime) -> bool:
    """Tell whether a minute is working time."""
    local = minute.astimezone(calendar.zone)
    return any(start <= local.hour * 60 + local.minute < end for start, end in calendar.spans_on(local.date()))


def simulate(calendar: WorkCalendar, start: datetime, end: datetime) -> int:
    """Count the seconds of the open minutes."""
    minutes = range((end - start) // timedelta(minutes=1))
    return 60 * sum(is_open(calendar, start + timedelta(minutes=minute)) for minute in minutes)


@settings(max_examples=30, deadline=None)
@given(calendars(), instants, instants)
def test_working_seconds_agree_with_counting(calendar, one, other):
    """Working time is the number of open minutes between two instants, over a change of the clocks too."""
    start, end = sorted((one, other))
    assert calendar.working_seconds(start, end) == simulate(calendar, start, end)


@settings(max_examples=30, deadline=None)
@given(calendars(), instants, st.integers(1, 900))
def test_adding_working_time_agrees_with_counting(calendar, start, minutes):
    """Adding working time gives the first instant by which so many open minutes have passed."""
    end, count = start, 0
    last = start + timedelta(days=14)
    while count < minutes and end < last:
        count += is_open(calendar, end)
        end += timedelta(minutes=1)
    if count == minutes:
        assert calendar.add_working_time(start, minutes) == end


@given(calendars(), st.tuples(instants, instants, instants))
def test_working_seconds_add_up(calendar, three):
    """The way over any third instant is as long as the direct way, in whatever order."""
    first, middle, last = three
    whole = calendar.working_seconds(first, last)
    assert calendar.working_seconds(first, middle) + calendar.working_seconds(middle, last) == whole


@given(calendars(), instants, st.integers(0, 600))
def test_added_time_is_measured_again(calendar, start, minutes):
    """The working time from a start to the end of so many working minutes is those minutes."""
    try:
        end = calendar.add_working_time(start, minutes)
    except CalendarError:
        return
    assert calendar.working_seconds(start, end) == minutes * 60
