"""Pauses: what a history tells of waiting, and the working time that is put back."""

from datetime import datetime

import pytest

from commlog.followups.rules.follow_up import Transition, extend_due, pauses_of, waited_minutes
from commlog.worktime.calendar import WorkCalendar, parse_hours
from tests.build import SHANGHAI

CALENDAR = WorkCalendar(SHANGHAI, parse_hours({"mon-fri": ["09:00-12:00", "13:30-18:00"]}))


def at(text: str) -> datetime:
    """Give the instant the clocks in Shanghai show."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def history(*entries: str) -> tuple[Transition, ...]:
    """Give a history from texts such as `16T10:00 open`, all in March 2026."""
    told = []
    for entry in entries:
        when, status, *due = entry.split()
        told.append(Transition(f"2026-03-{when}:00+08:00", "wang", status, "", *due))
    return tuple(told)


def spells(*entries: str) -> list[tuple[str, str, int]]:
    """Give the pauses of such a history as day and time of both ends, and the entry's number."""
    return [
        (f"{pause.begin:%dT%H:%M}", f"{pause.end:%dT%H:%M}" if pause.end else "", pause.entry)
        for pause in pauses_of(history(*entries))
    ]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], []),
        (["16T10:00 open", "16T11:00 in_progress"], []),
        (["16T10:00 open", "16T11:00 awaiting_customer"], [("16T11:00", "", 2)]),
        (["16T10:00 awaiting_customer", "17T11:00 in_progress"], [("16T10:00", "17T11:00", 2)]),
        (["16T10:00 open", "16T11:00 awaiting_customer", "17T09:00 done"], [("16T11:00", "17T09:00", 3)]),
        (
            ["16T10:00 awaiting_customer", "16T11:00 awaiting_customer", "17T09:00 in_progress"],
            [("16T10:00", "17T09:00", 3)],
        ),
        (
            [
                "16T10:00 awaiting_customer",
                "17T10:00 in_progress",
                "18T10:00 awaiting_customer",
                "19T10:00 in_progress",
            ],
            [("16T10:00", "17T10:00", 2), ("18T10:00", "19T10:00", 4)],
        ),
    ],
)
def test_pauses_are_read_from_the_history(entries, expected):
    """A pause begins with waiting and ends with the next other state; entries that keep it waiting do not end it."""
    assert spells(*entries) == expected


def test_an_entry_without_a_readable_instant_makes_no_pause():
    """A history written by hand without times tells no pause, and is no fault."""
    entries = (Transition("yesterday", "wang", "awaiting_customer"), Transition("", "wang", "open"))
    assert pauses_of(entries) == ()
    assert pauses_of(entries[:1]) == ()


def test_a_pause_tells_whether_it_moved_the_due():
    """The entry that ends a pause says so by the due it tells."""
    pauses = pauses_of(history("16T10:00 awaiting_customer", "17T10:00 in_progress 2026-03-20"))
    assert [pause.moved for pause in pauses] == [True]


def test_only_working_time_is_waited():
    """Half an hour before lunch and half an hour after it are one hour."""
    (pause,) = pauses_of(history("16T11:30 awaiting_customer", "16T14:00 in_progress"))
    assert waited_minutes(pause, at("2026-03-20T10:00"), CALENDAR) == 60


def test_a_running_pause_counts_up_to_the_instant():
    """What still waits has waited until now."""
    (pause,) = pauses_of(history("16T10:00 awaiting_customer"))
    assert waited_minutes(pause, at("2026-03-16T11:00"), CALENDAR) == 60


def test_nothing_counts_before_the_limit_began():
    """Of a pause over a start only the part after the start counts; one before it counts nothing."""
    pauses = pauses_of(history("16T10:00 awaiting_customer", "17T10:00 in_progress"))
    since = at("2026-03-17T09:30")
    assert waited_minutes(pauses[0], since, CALENDAR, since) == 30
    assert waited_minutes(pauses[0], since, CALENDAR, at("2026-03-18T09:00")) == 0


def test_putting_back_twice_is_putting_back_both():
    """Each pause counts in whole minutes, so that moving a due pause by pause and all at once come to the same."""
    entries = (
        Transition("2026-03-16T10:00:00+08:00", "wang", "awaiting_customer"),
        Transition("2026-03-16T10:10:40+08:00", "wang", "in_progress"),
        Transition("2026-03-16T11:00:00+08:00", "wang", "awaiting_customer"),
        Transition("2026-03-16T11:10:40+08:00", "wang", "in_progress"),
    )
    first, second = pauses_of(entries)
    due = at("2026-03-17T10:00")
    step_by_step = extend_due(extend_due(due, [first], CALENDAR), [second], CALENDAR)
    assert extend_due(due, [first, second], CALENDAR) == step_by_step == at("2026-03-17T10:20")


def test_a_pause_that_runs_or_took_no_working_time_moves_nothing():
    """A due outside working hours stays where it is when nothing is put back."""
    due = at("2026-03-21T20:00")
    entries = history("21T10:00 awaiting_customer", "22T10:00 in_progress", "22T11:00 awaiting_customer")
    assert extend_due(due, pauses_of(entries), CALENDAR) is due
