"""Why a follow-up is due when it is: days, pauses, changes, doubts and lateness."""

from datetime import date, datetime, timedelta

import pytest

from commlog.followups.rules.deadline import FIRST_DAYS, LAST_DAYS, count_days
from commlog.followups.rules.explanation import due_explanation, measure_lateness
from commlog.followups.rules.follow_up import read_follow_up
from commlog.worktime.calendar import DatedDay, WorkCalendar, parse_hours, to_utc
from commlog.worktime.limits import due_after, parse_limit
from tests.build import SHANGHAI

HOURS = parse_hours({"mon-fri": ["09:00-12:00", "13:30-18:00"]})
PLAIN = WorkCalendar(SHANGHAI, HOURS)
# Spring festival 2026: off from Sunday 15 to Monday 23 February, made up on Saturdays 14 and 28; the 26th is half a day.
FESTIVAL = WorkCalendar(
    SHANGHAI,
    HOURS,
    {day: DatedDay(day, "off", "春节") for day in (date(2026, 2, 15) + timedelta(days=step) for step in range(9))}
    | {day: DatedDay(day, "work", "春节调休上班") for day in (date(2026, 2, 14), date(2026, 2, 28))}
    | {date(2026, 2, 26): DatedDay(date(2026, 2, 26), "off", "盘点", ((810, 1080),))},
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def counting(limit: str, start: str, calendar: WorkCalendar = FESTIVAL):
    end = due_after(parse_limit(limit), at(start), calendar)
    return count_days(parse_limit(limit), at(start), end, calendar)


def rows(limit: str, start: str, calendar: WorkCalendar = FESTIVAL) -> list[tuple[str, int | None, str]]:
    return [(f"{day.date:%m-%d}", day.counted, day.kind) for day in counting(limit, start, calendar).days]


def explain(fields, now="2026-03-18T10:00", calendar=PLAIN):
    defaults = {"due": "2026-03-19T18:00:00+08:00", "due_rule": "3wd", "status": "open"}
    history = [{"at": f"{when}:00+08:00", "by": "wang", **more} for when, more in fields.get("history", [])]
    item = read_follow_up(defaults | fields | {"n": 1, "action": "call", "history": history}, 1)
    return due_explanation(item, {"started_at": "2026-03-16T09:10:00+08:00", "recorded_at": None}, calendar, at(now))


WAITED = [("2026-03-16T10:00", {"status": "open"}), ("2026-03-17T10:00", {"status": "awaiting_customer"})]


def test_working_days_over_a_festival():
    """Each day from the start to the end is told: the start day, those that count, days off with their name."""
    assert rows("2wd", "2026-02-13T10:00") == [
        ("02-13", 0, "weekly_hours"),
        ("02-14", 1, "dated_work"),
        *((f"02-{day}", None, "dated_off") for day in range(15, 24)),
        ("02-24", 2, "weekly_hours"),
    ]
    assert {day.name for day in counting("2wd", "2026-02-13T10:00").days} == {"", "春节", "春节调休上班"}


@pytest.mark.parametrize(
    ("start", "first", "because", "beginning"),
    [
        ("2026-03-13T17:59", "2026-03-13", "same_day", [("03-13", 0, "weekly_hours")]),
        (
            "2026-03-13T18:00",
            "2026-03-16",
            "after_hours",
            [("03-13", None, "weekly_hours"), ("03-14", None, "weekly_off")],
        ),
        (
            "2026-03-14T10:00",
            "2026-03-16",
            "not_working",
            [("03-14", None, "weekly_off"), ("03-15", None, "weekly_off")],
        ),
    ],
)
def test_why_the_start_day_is_that_one(start, first, because, beginning):
    """A start after closing or on a day off makes the next working day the start day, and the days before count nothing."""
    counted = counting("1wd", start)
    assert (counted.first_day.isoformat(), counted.opening) == (first, because)
    assert rows("1wd", start)[: len(beginning)] == beginning


def test_with_the_same_day_rule_an_evening_counts_as_its_day():
    """Where a start after closing still counts as that day, it is the start day."""
    lenient = WorkCalendar(SHANGHAI, HOURS, after_hours="same_day")
    assert counting("1wd", "2026-03-13T20:00", lenient).opening == "same_day"


def test_working_hours_tell_what_each_day_gave():
    """Eight hours from 11:00 take one before lunch, four and a half after it, and the rest the next morning."""
    days = counting("8wh", "2026-03-13T11:00").days
    assert [(f"{day.date:%m-%d}", day.minutes) for day in days] == [
        ("03-13", 330), ("03-14", 0), ("03-15", 0), ("03-16", 150)
    ]  # fmt: skip


def test_a_day_that_is_partly_off_gives_its_other_hours():
    """A dated day off with hours keeps the rest of its day, and is told with its name."""
    (day, *_) = counting("4wh", "2026-02-26T09:00").days
    assert (day.kind, day.name, day.minutes, day.spans) == ("dated_part_off", "盘点", 180, ((540, 720),))


def test_calendar_days_count_days_off_and_move_to_a_working_day():
    """Two calendar days from Thursday end on Saturday, which moves to Monday; the days after it have no number."""
    assert rows("2d", "2026-03-12T10:00") == [
        ("03-12", 0, "weekly_hours"),
        ("03-13", 1, "weekly_hours"),
        ("03-14", 2, "weekly_off"),
        ("03-15", None, "weekly_off"),
        ("03-16", None, "weekly_hours"),
    ]


def test_the_end_of_a_month_is_its_last_working_day():
    """May 2026 ends on a Sunday: it closes on Friday, and the days after it are told."""
    counted = counting("eom", "2026-05-11T10:00")
    assert [(f"{day.date:%m-%d}", day.counted) for day in counted.days] == [
        ("05-29", 1),
        ("05-30", None),
        ("05-31", None),
    ]
    assert (counted.period, counted.opening) == ((date(2026, 5, 1), date(2026, 5, 31)), "same_day")
    assert counting("eom", "2026-05-29T18:00").opening == "after_hours"


@pytest.mark.parametrize("limit", ["24h", "90m"])
def test_elapsed_time_knows_no_days(limit):
    """Hours and minutes run through days off: no day is told."""
    assert counting(limit, "2026-02-13T17:00").days == ()


def test_a_closing_at_midnight_belongs_to_the_day_before():
    """A day open until 24:00 is the last one told, not the day on which its midnight falls."""
    night = WorkCalendar(SHANGHAI, parse_hours({"mon-fri": ["18:00-24:00"]}))
    assert [row[:2] for row in rows("1wd", "2026-03-10T19:00", night)] == [("03-10", 0), ("03-11", 1)]
    assert [day.date.day for day in counting("6wh", "2026-03-10T18:00", night).days] == [10]


def test_a_very_long_limit_tells_its_ends():
    """Of hundreds of years the first and the last days are told, rightly numbered, and how many are left out."""
    counted = counting("99999wd", "2026-03-16T10:00", PLAIN)
    assert len(counted.days) == FIRST_DAYS + LAST_DAYS
    end = due_after(parse_limit("99999wd"), at("2026-03-16T10:00"), PLAIN).date()
    assert counted.left_out == (end - date(2026, 3, 16)).days + 1 - len(counted.days)
    numbers = [day.counted for day in counted.days if day.counted is not None]
    assert (numbers[0], numbers[-1], counted.days[-1].date) == (0, 99999, end)
    tail = [day for day in counted.days[-LAST_DAYS:] if day.counted is not None]
    assert [day.counted for day in tail] == list(range(100_000 - len(tail), 100_000))


def test_a_stored_due_that_agrees():
    """A due that its rule still gives agrees, and its limit ends where it is stored."""
    told = explain({"history": WAITED[:1]})
    assert (told.agrees, told.is_edited, told.computed, told.limit_end) == (True, False, told.stored, told.stored)


def test_a_holiday_that_came_later_shows():
    """When the calendar changed since, what the rule gives now is told beside what is stored."""
    holiday = WorkCalendar(SHANGHAI, HOURS, {date(2026, 3, 18): DatedDay(date(2026, 3, 18), "off", "店庆")})
    told = explain({"history": WAITED[:1]}, calendar=holiday)
    assert (told.agrees, told.computed) == (False, at("2026-03-20T18:00"))


def test_a_due_that_was_taken_out_by_hand_does_not_agree():
    """A limit without a stored due tells what the rule gives."""
    told = explain({"history": WAITED[:1], "due": None})
    assert (told.agrees, told.stored, told.computed) == (False, None, at("2026-03-19T18:00"))


def test_a_running_pause():
    """While it waits it is not late, and the due is told that it would have if work went on."""
    told = explain({"history": WAITED, "status": "awaiting_customer"}, now="2026-03-18T10:00")
    assert [(pause.minutes, pause.counted, pause.pause.end) for pause in told.pauses] == [(450, 450, None)]
    assert (told.lateness, told.if_resumed) == (None, at("2026-03-20T18:00"))
    promised = {"history": WAITED, "status": "awaiting_customer", "agreed_with_customer": True}
    assert [pause.counted for pause in explain(promised).pauses] == [0]
    assert explain(promised).if_resumed == at("2026-03-19T18:00")


def test_a_pause_over_a_changed_due_counts_in_part():
    """Of a pause in which the due was set anew only the time after that is put back."""
    history = [*WAITED, ("2026-03-18T10:00", {"status": "awaiting_customer", "due": "2026-03-23T18:00:00+08:00"})]
    fields = {"history": history, "status": "awaiting_customer", "due": "2026-03-23T18:00:00+08:00"}
    (pause,) = explain(fields, now="2026-03-18T11:00").pauses
    assert (pause.minutes, pause.counted) == (510, 60)
    given = explain({**fields, "history": list(history), "due_rule": "given"}, now="2026-03-18T11:00")
    assert given.pauses[0].counted == 60


def test_changes_are_told_with_their_number():
    """Each entry that set a due is told: which, when, by whom, why."""
    told = explain(
        {
            "history": [WAITED[0], ("2026-03-17T10:00", {"status": "open", "due": "2026-03-20", "note": "parts late"})],
            "due": "2026-03-23",
            "due_rule": "given",
        }
    )
    (change,) = told.changes
    assert (change.entry, change.by, change.due, change.note) == (2, "wang", "2026-03-20", "parts late")
    assert told.is_edited


@pytest.mark.parametrize(
    ("rule", "due", "years"),
    [
        ("3wd", "2027-01-05T18:00:00+08:00", (2026, 2027)),
        ("24h", "2027-01-01T09:10:00+08:00", ()),
        ("given", "2027-01-05", ()),
    ],
)
def test_years_without_holidays_are_named(rule, due, years):
    """A limit that depends on a calendar without those years' holidays says so; elapsed time and given dues do not."""
    abroad = WorkCalendar(SHANGHAI, HOURS, {date(2025, 1, 1): DatedDay(date(2025, 1, 1), "off", "元旦")})
    fields = {"due": due, "due_rule": rule, "history": [("2026-12-31T09:10", {"status": "open"})]}
    assert explain(fields, calendar=abroad).provisional_years == years


@pytest.mark.parametrize(
    ("due", "now", "expected"),
    [
        ("2026-03-13T17:00", "2026-03-16T10:00", (120, 1, True)),
        ("2026-03-16T17:00", "2026-03-13T17:00", (-450, 1, False)),
        ("2026-03-16T10:00", "2026-03-16T10:00", (0, 0, False)),
        ("2026-03-14T10:00", "2026-03-15T10:00", (0, 0, True)),
    ],
)
def test_lateness_is_working_time(due, now, expected):
    """How late, or how much is left, leaves out nights and days off; at the due itself nothing is late."""
    found = measure_lateness(at(due), at(now), PLAIN)
    assert (found.minutes, found.days, found.is_late) == expected


def test_a_due_in_the_last_year_is_measured_as_a_century():
    """A due eight thousand years ahead is measured in bounded time."""
    found = measure_lateness(at("9999-12-31T18:00"), at("2026-03-16T10:00"), PLAIN)
    century = measure_lateness(to_utc(at("2026-03-16T10:00")) + timedelta(days=36_525), at("2026-03-16T10:00"), PLAIN)
    assert (found.minutes, found.days) == (century.minutes, century.days)


@pytest.mark.parametrize(
    ("status", "history", "expected"),
    [
        ("done", [("2026-03-20T10:00", {"status": "done"})], (60, True)),
        ("done", [("2026-03-19T17:00", {"status": "done"})], (-60, False)),
        (
            "closed",
            [("2026-03-19T17:00", {"status": "done"}), ("2026-03-27T10:00", {"status": "closed"})],
            (-60, False),
        ),
        ("closed", [("2026-03-20T10:00", {"status": "closed"})], None),
    ],
)
def test_what_is_done_is_late_by_when_it_was_done(status, history, expected):
    """A follow-up that is done is measured when it was done, one that was cancelled not at all."""
    lateness = explain({"status": status, "history": [WAITED[0], *history]}, now="2026-04-30T10:00").lateness
    assert (lateness and (lateness.minutes, lateness.is_late)) == expected
