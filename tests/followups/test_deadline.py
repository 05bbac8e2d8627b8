"""From which instant a stored due counts, and what its rule gives."""

from datetime import date, datetime

import pytest

from commlog.followups.rules.deadline import (
    counted_pauses,
    expected_due,
    find_start,
    is_due_edited,
    limit_of,
    original_start,
    pauses_count_from,
)
from commlog.followups.rules.follow_up import read_follow_up
from commlog.worktime.calendar import DatedDay, WorkCalendar, parse_hours
from tests.build import SHANGHAI

HOURS = parse_hours({"mon-fri": ["09:00-12:00", "13:30-18:00"]})
CALENDAR = WorkCalendar(SHANGHAI, HOURS)
THURSDAY = date(2026, 3, 19)
HOLIDAY = WorkCalendar(SHANGHAI, HOURS, {THURSDAY: DatedDay(THURSDAY, "off", "店庆")})
CONVERSATION = {
    "started_at": "2026-03-16T09:10:00+08:00",
    "ended_at": "2026-03-16T09:40:00+08:00",
    "recorded_at": "2026-03-16T10:00:00+08:00",
}
OPENED = "2026-03-16T10:00 open"


def follow_up(*history, due="2026-03-19T18:00:00+08:00", rule="3wd", agreed=None):
    """A follow-up with a history of texts such as `2026-03-16T10:00 open` and, where told, a due."""
    entries = []
    for text in history or (OPENED,):
        when, status, *told = text.split()
        entries.append({"at": f"{when}:00+08:00", "by": "wang", "status": status} | ({"due": told[0]} if told else {}))
    fields = {
        "n": 1,
        "action": "call",
        "due": due,
        "due_rule": rule,
        "history": entries,
        "status": entries[-1]["status"],
    }
    return read_follow_up(fields | ({} if agreed is None else {"agreed_with_customer": agreed}), 1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def start_of(item, conversation=CONVERSATION, calendar=CALENDAR):
    start = find_start(item, conversation, calendar)
    return start and (f"{start.at:%m-%dT%H:%M}", start.origin, start.entry)


@pytest.mark.parametrize(
    ("conversation", "expected"),
    [
        (CONVERSATION, ("conversation_end", "2026-03-16T09:40:00+08:00")),
        (CONVERSATION | {"ended_at": None}, ("conversation_start", "2026-03-16T09:10:00+08:00")),
        ({"recorded_at": "2026-03-16T10:00:00+08:00"}, ("added", "2026-03-16T10:00:00+08:00")),
        (CONVERSATION | {"recorded_at": "2026-03-15T10:00:00+08:00"}, ("added", "2026-03-16T10:00:00+08:00")),
        (CONVERSATION | {"recorded_at": "2026-03-16T02:00:00Z"}, ("conversation_end", "2026-03-16T09:40:00+08:00")),
    ],
)
def test_where_a_limit_begins(conversation, expected):
    """Made with its record a follow-up counts from the conversation's end, else its start; added later, from then."""
    start = original_start(follow_up(), conversation)
    assert (start.origin, start.at.isoformat()) == expected


def test_nothing_may_tell_a_start():
    """A follow-up without history in a record without times has no start, and its rule gives nothing."""
    item = read_follow_up({"n": 1, "action": "call", "due_rule": "3wd"}, 1)
    assert original_start(item, {}) is None
    assert expected_due(item, {}, CALENDAR) is None


def test_a_reopening_begins_anew():
    """After done or closed and open again the limit counts from the reopening, the last one when there are several."""
    item = follow_up(
        OPENED, "2026-03-17T10:00 done", "2026-03-18T10:00 open", "2026-03-18T11:00 closed", "2026-03-18T12:00 open"
    )
    start = original_start(item, CONVERSATION)
    assert (start.origin, start.entry) == ("reopened", 5)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (follow_up(), ("03-16T09:40", "conversation_end", 0)),
        # Three working days typed on Tuesday.
        (
            follow_up(OPENED, "2026-03-17T11:00 open 2026-03-20T18:00:00+08:00", due="2026-03-20T18:00:00+08:00"),
            ("03-17T11:00", "rescheduled", 2),
        ),
        # A priority chosen on Tuesday: it still counts from the conversation.
        (follow_up(OPENED, "2026-03-17T11:00 open 2026-03-19T18:00:00+08:00"), ("03-16T09:40", "conversation_end", 0)),
        # Set twice: the later one holds.
        (
            follow_up(
                OPENED,
                "2026-03-16T11:00 open 2026-03-17T11:00:00+08:00",
                "2026-03-17T12:00 open 2026-03-18T12:00:00+08:00",
                due="2026-03-18T12:00:00+08:00",
                rule="24h",
            ),
            ("03-17T12:00", "rescheduled", 3),
        ),
        # Reopened before a reopening gave another due: the first round's due still stands.
        (follow_up(OPENED, "2026-03-17T10:00 done", "2026-03-25T10:00 open"), ("03-16T09:40", "conversation_end", 0)),
        (
            follow_up(OPENED, "2026-03-17T10:00 done", "2026-03-25T10:00 open", due="2026-03-30T18:00:00+08:00"),
            ("03-25T10:00", "reopened", 3),
        ),
        (follow_up(rule="given"), None),
        (follow_up(rule="none", due=None), None),
        (follow_up(rule="soon"), None),
    ],
)
def test_the_start_is_the_one_that_gives_the_stored_due(item, expected):
    """A due typed as a limit counts from the entry that set it, one of a priority from the original start."""
    assert start_of(item) == expected


def test_a_due_given_with_going_on_counts_from_then():
    """Three working days typed when work goes on count from that entry, although it ends a pause."""
    item = follow_up(
        OPENED,
        "2026-03-17T10:00 awaiting_customer",
        "2026-03-18T10:00 in_progress 2026-03-23T18:00:00+08:00",
        due="2026-03-23T18:00:00+08:00",
    )
    assert start_of(item) == ("03-18T10:00", "rescheduled", 3)


def test_after_a_changed_calendar_the_nearest_start_is_taken():
    """When no start gives the stored due any more, a limit typed later still counts from its entry."""
    later = follow_up(OPENED, "2026-03-18T11:00 open 2026-03-23T18:00:00+08:00", due="2026-03-23T18:00:00+08:00")
    assert start_of(later, calendar=HOLIDAY) == ("03-18T11:00", "rescheduled", 2)
    assert expected_due(later, CONVERSATION, HOLIDAY) == at("2026-03-24T18:00")
    assert expected_due(follow_up(), CONVERSATION, HOLIDAY) == at("2026-03-20T18:00")


def test_pauses_are_in_what_the_rule_gives():
    """The time waited for the customer is put back once, whether the due moved already or not."""
    history = (OPENED, "2026-03-17T10:00 awaiting_customer", "2026-03-18T10:00 in_progress")
    assert expected_due(follow_up(*history), CONVERSATION, CALENDAR) == at("2026-03-20T18:00")
    moved = (*history[:2], f"{history[2]} 2026-03-20T18:00:00+08:00")
    item = follow_up(*moved, due="2026-03-20T18:00:00+08:00")
    assert expected_due(item, CONVERSATION, CALENDAR) == at("2026-03-20T18:00")
    assert start_of(item) == ("03-16T09:40", "conversation_end", 0)


def test_a_promised_time_counts_only_pauses_before_the_promise():
    """Of a follow-up agreed with the customer those pauses count that moved the due when they ended."""
    history = (
        OPENED,
        "2026-03-17T10:00 awaiting_customer",
        "2026-03-17T11:00 in_progress 2026-03-20T10:00:00+08:00",
        "2026-03-18T10:00 awaiting_customer",
        "2026-03-18T11:00 in_progress",
    )
    assert [pause.entry for pause in counted_pauses(follow_up(*history, agreed=True))] == [3]
    assert [pause.entry for pause in counted_pauses(follow_up(*history))] == [3, 5]


def test_pauses_count_from_where_the_due_was_set():
    """A due given while it waits knew of the time waited before; without one, every pause counts."""
    given = follow_up(
        OPENED, "2026-03-17T10:00 awaiting_customer", "2026-03-18T10:00 awaiting_customer 2026-03-27", rule="given"
    )
    assert pauses_count_from(given, CONVERSATION, CALENDAR) == at("2026-03-18T10:00")
    assert pauses_count_from(follow_up(rule="given"), CONVERSATION, CALENDAR) is None
    assert pauses_count_from(follow_up(), CONVERSATION, CALENDAR) == at("2026-03-16T09:40")


@pytest.mark.parametrize(
    ("told", "due", "expected"),
    [("", "2026-03-19", False), (" 2026-03-19", "2026-03-19", False), (" 2026-03-19", "2026-03-20", True),
     (" none", None, False), (" none", "2026-03-20", True), (" 2026-03-19", None, True)],
)  # fmt: skip
def test_a_due_changed_by_hand_shows_in_the_history(told, due, expected):
    """A due other than the one told last was edited; a history that tells none says nothing."""
    assert is_due_edited(follow_up(OPENED + told, due=due)) is expected


@pytest.mark.parametrize(
    ("rule", "expected"), [("3wd", "3wd"), ("given", None), ("none", None), (None, None), ("3 wd", None)]
)
def test_a_rule_may_be_no_limit(rule, expected):
    """`given`, `none`, nothing and what people wrote instead are no limit."""
    limit = limit_of(rule)
    assert (str(limit) if limit else None) == expected


def test_the_end_of_time_is_no_fault():
    """A conversation in the last year there is has a limit that ends past all calendars: the rule gives nothing."""
    late = {"recorded_at": "2026-03-16T10:00:00+08:00", "started_at": "9999-12-30T10:00:00+08:00"}
    for rule in ("3wd", "99999d", "99999h", "eoq", "8wh"):
        assert expected_due(follow_up(rule=rule), late, CALENDAR) is None
