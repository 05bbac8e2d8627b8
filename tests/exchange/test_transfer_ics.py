"""Calendars as files: what other programs read in them, and the lines themselves."""

import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.errors import ExitCode, UsageError
from commlog.exchange.ics_file import CalendarHead, EntryTexts, format_calendar, is_our_calendar
from commlog.followups.rules.follow_up import read_follow_up

HEAD = CalendarHead("客服", "Asia/Shanghai")
DUE = datetime(2026, 3, 20, 10, tzinfo=UTC)
WRITTEN = datetime(2026, 3, 16, 2, tzinfo=UTC)
CHANGED = datetime(2026, 3, 17, 2, tzinfo=UTC)
FIELDS = {"n": 1, "action": "a", "priority": "urgent", "status": "open", "history": [{"at": "x", "status": "open"}]}


@dataclass(frozen=True)
class Task:
    follow_up: object
    record_id: str = "20260316-abcdef"
    due: datetime | None = DUE
    created: datetime = WRITTEN
    changed: datetime = CHANGED
    finished: datetime | None = None


@dataclass(frozen=True)
class Day:
    key: str = "li-na-birthday"
    month: int = 11
    day: int = 2
    dates: tuple[date, ...] | None = None
    changed: datetime = WRITTEN


def task(due=DUE, finished=None, **fields):
    return Task(read_follow_up(FIELDS | fields, 1), due=due, finished=finished)


def read(data):
    return icalendar.Calendar.from_ical(data)


def only_todo(*args, **fields):
    return read(format_calendar(HEAD, [(task(*args, **fields), EntryTexts("s"))])).todos[0]


def only_event(**fields):
    return read(format_calendar(HEAD, events=[(task(**fields), EntryTexts("s"))])).events[0]


def only_day(day, head=HEAD):
    return read(format_calendar(head, days=[(day, EntryTexts("s"))])).events[0]


# The calendar


def test_the_head_says_what_the_calendar_is():
    """Name, zone, version and maker stand at the top; no method turns it into an invitation."""
    calendar = read(format_calendar(HEAD))
    assert (calendar["version"], calendar["prodid"], calendar["calscale"]) == ("2.0", "-//commlog//EN", "GREGORIAN")
    assert calendar.calendar_name == "客服"
    assert calendar["x-wr-timezone"].to_ical() == b"Asia/Shanghai"
    assert "method" not in calendar


def test_a_name_cannot_add_a_line():
    """A folder's name with line ends is escaped like every text."""
    data = format_calendar(replace(HEAD, name="a,b;c\r\nMETHOD:REQUEST"))
    assert b"X-WR-CALNAME:a\\,b\\;c\\nMETHOD:REQUEST\r\n" in data
    assert "method" not in read(data)


def test_a_missing_package_is_told(monkeypatch):
    """Without the package the fault names what to install."""
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(UsageError) as caught:
        format_calendar(HEAD)
    assert caught.value.exit_code == ExitCode.USAGE
    assert 'pip install "commlog[calendar]"' in caught.value.remedy


def test_our_calendars_are_known_by_their_maker():
    """A calendar of another program, or a text that only speaks of ours, is not taken for one of ours."""
    ours = format_calendar(HEAD)
    assert is_our_calendar(ours)
    assert not is_our_calendar(ours.replace(b"-//commlog//EN", b"-//other//EN"))
    assert not is_our_calendar(b"PRODID:-//commlog//EN\r\n")
    foreign = icalendar.Calendar()
    foreign.add("prodid", "-//other//EN")
    foreign.add("description", "x\r\nPRODID:-//commlog//EN\r\n" + "y" * 80)
    assert not is_our_calendar(foreign.to_ical())


# Follow-ups


@pytest.mark.parametrize(
    ("status", "history", "shown"),
    [
        ("open", ["open"], "NEEDS-ACTION"),
        ("in_progress", ["open", "in_progress"], "IN-PROCESS"),
        ("awaiting_customer", ["open", "awaiting_customer"], "NEEDS-ACTION"),
        ("done", ["open", "done"], "COMPLETED"),
        ("closed", ["open", "done", "closed"], "COMPLETED"),
        ("closed", ["open", "closed"], "CANCELLED"),
        ("closed", ["open", "done", "open", "closed"], "CANCELLED"),
    ],
)
def test_states_are_those_of_a_calendar(status, history, shown):
    """Every state has its word; what was closed without being done is cancelled and never completed."""
    finished = CHANGED if status in {"done", "closed"} else None
    todo = only_todo(DUE, finished, status=status, history=[{"at": "x", "status": name} for name in history])
    assert (todo["status"], todo["sequence"]) == (shown, len(history))
    assert ("completed" in todo) == (shown == "COMPLETED")
    if shown == "COMPLETED":
        assert todo["completed"].dt == CHANGED


@pytest.mark.parametrize(
    ("priority", "number"),
    [
        ("urgent", 1),
        ("important", 3),
        ("high", 3),
        ("medium", 5),
        ("follow_up_3_days", 5),
        ("routine", 9),
        ("low", 9),
        ("our_own", 0),
        (None, 0),
    ],
)
def test_priorities_are_numbers(priority, number):
    """From 1 for the most urgent to 9; a team's own priority has none."""
    assert only_todo(priority=priority)["priority"] == number


def test_instants_are_written_in_utc():
    """Due, creation and last change need no time zone to be understood."""
    lines = format_calendar(HEAD, [(task(), EntryTexts("s"))]).split(b"\r\n")
    assert {
        b"DUE:20260320T100000Z",
        b"CREATED:20260316T020000Z",
        b"LAST-MODIFIED:20260317T020000Z",
        b"DTSTAMP:20260317T020000Z",
    } <= set(lines)


def test_a_follow_up_without_a_due_is_no_event():
    """As something to be done it stands in the calendar, without DUE; there is no time to draw it at."""
    assert "due" not in only_todo(None)
    assert not read(format_calendar(HEAD, events=[(task(None), EntryTexts("s"))])).events


def test_an_event_ends_when_it_is_due():
    """The half hour before the due is marked, and nobody counts as busy."""
    event = only_event()
    assert (event["dtstart"].dt, event["dtend"].dt) == (DUE - timedelta(minutes=30), DUE)
    assert (event["transp"], event["status"]) == ("TRANSPARENT", "CONFIRMED")


def test_a_cancelled_event_says_so():
    """Closed without having been done."""
    assert only_event(status="closed", history=[{"at": "x", "status": "closed"}])["status"] == "CANCELLED"


def test_a_todo_and_its_event_are_two_things():
    """Each has an identity of its own, the same whether they are written together or alone."""
    entry = (task(), EntryTexts("s"))
    both = read(format_calendar(HEAD, [entry], [entry]))
    uids = (both.todos[0]["uid"], both.events[0]["uid"])
    assert uids == ("20260316-abcdef-1@commlog", "20260316-abcdef-1-event@commlog")
    assert uids == (only_todo()["uid"], only_event()["uid"])


def test_no_identity_is_given_twice():
    """Two files of one id are both in the calendar, under different names."""
    entries = [(task(), EntryTexts(text)) for text in ("one", "two", "three")]
    todos = read(format_calendar(HEAD, entries)).todos
    assert [todo["uid"] for todo in todos] == [f"20260316-abcdef-1{more}@commlog" for more in ("", "-2", "-3")]


# Days of the year


def days_of(event, first, last):
    rule = rrulestr(
        event["rrule"].to_ical().decode(), dtstart=datetime.combine(event["dtstart"].dt, datetime.min.time())
    )
    return [found.date() for found in rule.between(datetime(first, 1, 1), datetime(last, 12, 31), inc=True)]


def test_a_birthday_comes_back_every_year():
    """An all-day event without end, from a fixed year on."""
    event = only_day(Day())
    assert days_of(event, 2026, 2028) == [date(year, 11, 2) for year in (2026, 2027, 2028)]
    assert (event["dtend"].dt - event["dtstart"].dt, event["transp"]) == (timedelta(days=1), "TRANSPARENT")
    assert event["dtstart"].dt == date(2000, 11, 2)


@pytest.mark.parametrize(("leap_day", "common"), [("feb_28", (2, 28)), ("mar_1", (3, 1))])
def test_29_february_is_kept_in_common_years(leap_day, common):
    """On the day the settings choose; in leap years on the day itself."""
    event = only_day(Day(month=2, day=29), replace(HEAD, leap_day=leap_day))
    assert days_of(event, 2026, 2029) == [
        date(2026, *common),
        date(2027, *common),
        date(2028, 2, 29),
        date(2029, *common),
    ]


def test_a_lunar_date_is_one_event_for_each_year():
    """Each with an identity of its own and no rule; two in one year are both there."""
    dates = (date(2026, 9, 25), date(2027, 9, 15), date(2028, 1, 1), date(2028, 12, 20))
    events = read(format_calendar(HEAD, days=[(Day(dates=dates), EntryTexts("s"))])).events
    assert tuple(event["dtstart"].dt for event in events) == dates
    assert not any("rrule" in event for event in events)
    assert [event["uid"].removesuffix("@commlog") for event in events] == [
        "li-na-birthday-2026",
        "li-na-birthday-2027",
        "li-na-birthday-2028",
        "li-na-birthday-2028-2",
    ]


# Hostile texts

HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from(list("\r\n\t;,:\\\"'^=汉𠮷😀é\u2028\x85\x00\x1b\ufeff"))), max_size=200
)


@settings(deadline=None, max_examples=150)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_no_text_breaks_the_file(summary, description, category, name):
    """Whatever people write, there is one entry with our properties, in lines of at most 75 bytes of whole characters."""
    words = EntryTexts(summary, description, comment=description, category=category)
    data = format_calendar(CalendarHead(name, "UTC"), [(task(), words)])
    lines = data.split(b"\r\n")
    assert lines[-1] == b""
    for line in lines:
        assert len(line) <= 75
        assert not set(line.decode("utf-8")) & set("\r\n\x00\x1b\u2028\x85")
    names = [line.partition(b":")[0].partition(b";")[0] for line in lines if line and not line.startswith(b" ")]
    expected = {b"BEGIN", b"END", b"VERSION", b"PRODID", b"CALSCALE", b"X-WR-CALNAME", b"X-WR-TIMEZONE", b"UID"}
    expected |= {b"SUMMARY", b"DESCRIPTION", b"COMMENT", b"CATEGORIES", b"DTSTAMP", b"LAST-MODIFIED", b"CREATED"}
    assert set(names) <= expected | {b"SEQUENCE", b"PRIORITY", b"STATUS", b"DUE"}
    assert len(read(data).subcomponents) == 1


@settings(deadline=None, max_examples=150)
@given(st.text(st.sampled_from(list('ab \n;,:\\"n汉𠮷😀^=')), min_size=1, max_size=150))
def test_a_text_is_read_back_as_it_was(text):
    """Line ends, commas, semicolons, backslashes and folded Chinese survive the way to another program."""
    todo = read(format_calendar(HEAD, [(task(), EntryTexts(text, text))])).todos[0]
    assert (str(todo["summary"]), str(todo["description"])) == (text, text)


def test_long_chinese_text_is_folded_between_characters():
    """Each line is whole characters; without the folds the text is there again."""
    text = "客户要求换货，" * 30
    data = format_calendar(HEAD, [(task(), EntryTexts(text))])
    assert all(line.decode("utf-8") is not None and len(line) <= 75 for line in data.split(b"\r\n"))
    assert f"SUMMARY:{text}".encode() in data.replace(b"\r\n ", b"")
