"""Stages of reminders at instants made by hand, around nights, weekends, holidays and changes of the clock."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.reminders.rules.stages import (
    EscalationStep,
    PendingDue,
    ReminderRules,
    calendar_instant,
    escalation_stage,
    escalation_steps,
    horizon,
    opening_time,
    stages_of,
)
from commlog.worktime.calendar import DatedDay, WorkCalendar, parse_hours
from commlog.worktime.limits import parse_limit
from tests.build import SHANGHAI

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = parse_hours({"mon-fri": ["09:00-12:00", "13:30-18:00"]})
HOLIDAYS = {
    **{date(2026, 2, day): DatedDay(date(2026, 2, day), "off", "holiday") for day in range(15, 24)},
    date(2026, 2, 14): DatedDay(date(2026, 2, 14), "work", "make-up"),
    date(2026, 2, 28): DatedDay(date(2026, 2, 28), "work", "make-up"),
}
CALENDAR = WorkCalendar(SHANGHAI, WEEK, HOLIDAYS)
UNITS = ("none", "30m", "3h", "4wh", "20wh", "1d", "3d", "1wd", "2wd")


def rules(before="none", repeat="none", ladder=()):
    """Rules from texts; a step of the ladder is a limit and whom it names."""
    rungs = tuple(EscalationStep(parse_limit(limit), to) for limit, to in ladder)
    return ReminderRules(parse_limit(before), parse_limit(repeat), rungs)


def at(text, zone=SHANGHAI):
    """A wall clock time of 2026 in a zone: `03-16 10:00`."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone)


def present(now, due, calendar=CALENDAR):
    """The instant, ready for a promise due then."""
    return calendar_instant(now, calendar, {due.date()})


def stages(rule, due, now, **promise):
    """The stages of a promise in Shanghai."""
    return stages_of(PendingDue(at(due), **promise), rule, present(at(now), at(due)))


@pytest.mark.parametrize(
    ("before", "due", "now", "is_soon"),
    [
        ("4wh", "03-16 18:00", "03-16 12:30", False),
        ("4wh", "03-16 18:00", "03-16 14:00", True),
        ("4wh", "03-16 12:00", "03-13 17:00", True),  # one hour on Friday, three on Monday
        ("4wh", "03-16 12:00", "03-13 16:59", False),
        ("4wh", "03-15 11:00", "03-14 11:00", True),  # no working time is left in a weekend
        ("4wh", "02-24 10:00", "02-14 17:00", True),  # the holidays hold none either
        ("4wh", "02-24 10:00", "02-14 14:00", False),
        ("24h", "03-16 10:00", "03-15 10:00", True),
        ("24h", "03-16 10:00", "03-15 09:59", False),
        ("30m", "03-16 10:00", "03-16 09:30", True),
        ("30m", "03-16 10:00", "03-16 09:29", False),
        ("1d", "03-16 10:00", "03-15 00:00", True),
        ("1d", "03-16 10:00", "03-14 23:59", False),
        ("1wd", "03-16 18:00", "03-13 00:00", True),  # Monday is the next working day after Friday
        ("1wd", "03-16 18:00", "03-12 23:59", False),
        ("2wd", "02-24 18:00", "02-13 08:00", True),  # the make-up Saturday and Tuesday
        ("2wd", "02-24 18:00", "02-12 23:00", False),
        ("none", "03-17 10:00", "03-17 08:30", False),
    ],
)
def test_soon_begins_as_far_ahead_as_the_rule_says(before, due, now, is_soon):
    """A due time is near when at most `before` of its own unit is left: elapsed, worked, days, or days that are worked."""
    assert ("soon" in stages(rules(before), due, now)) is is_soon


@pytest.mark.parametrize(
    ("due", "now", "is_today"),
    [
        ("03-16 18:00", "03-16 08:59", False),
        ("03-16 18:00", "03-16 09:00", True),
        ("03-16 18:00", "03-16 17:59", True),
        ("03-17 09:00", "03-16 17:59", False),
        ("03-15 18:00", "03-15 08:59", False),
        ("03-15 18:00", "03-15 09:00", True),  # a Sunday opens when the earliest day of the week does
        ("03-17 00:00", "03-16 10:00", True),  # midnight ends the day before it
    ],
)
def test_today_begins_when_the_day_of_the_due_time_opens(due, now, is_today):
    """What is due today is told from the opening of the day to the due time."""
    assert stages(rules(), due, now) == (("today",) if is_today else ())


@pytest.mark.parametrize(
    ("repeat", "due", "now", "stage"),
    [
        ("none", "03-13 18:00", "03-30 10:00", "overdue"),
        ("1wd", "03-13 18:00", "03-13 18:01", "overdue"),
        ("1wd", "03-13 18:00", "03-15 20:00", "overdue"),  # a weekend repeats nothing
        ("1wd", "03-13 18:00", "03-16 08:59", "overdue"),
        ("1wd", "03-13 18:00", "03-16 09:00", "overdue+1"),
        ("1wd", "03-13 10:00", "03-13 17:00", "overdue"),
        ("1wd", "02-14 18:00", "02-23 20:00", "overdue"),  # nine days off
        ("1wd", "02-14 18:00", "02-24 09:00", "overdue+1"),
        ("1wd", "02-27 18:00", "02-28 09:00", "overdue+1"),  # a Saturday that is worked
        ("2wd", "03-13 18:00", "03-17 09:00", "overdue+1"),
        ("2wd", "03-13 18:00", "03-17 08:00", "overdue"),
        ("4wh", "03-13 17:00", "03-16 12:00", "overdue+1"),
        ("4wh", "03-13 17:00", "03-16 11:59", "overdue"),
        ("24h", "03-13 18:00", "03-15 18:00", "overdue+2"),
        ("30m", "03-13 18:00", "03-13 18:29", "overdue"),
        ("1d", "03-13 18:00", "03-14 08:59", "overdue"),
        ("1d", "03-13 18:00", "03-14 09:00", "overdue+1"),
        ("1d", "03-13 18:00", "03-16 09:00", "overdue+3"),
    ],
)
def test_an_overdue_promise_is_told_again_after_each_repeat(repeat, due, now, stage):
    """The step of `overdue` counts whole repeats since the due time; days pass when they open."""
    assert stages(rules("4wh", repeat), due, now) == (stage,)


def test_the_due_instant_itself_is_neither_near_nor_late():
    """At the very second nothing is told; a second later it is overdue."""
    assert stages(rules("4wh"), "03-16 18:00", "03-16 18:00") == ()
    assert stages(rules("4wh"), "03-16 18:00", "03-16 18:00:01") == ("overdue",)


def test_what_waits_for_the_customer_is_silent():
    """A paused follow-up has no stage before or after its due time, and passes no step of the ladder."""
    rule = rules("4wh", "1wd", [("1wd", "lead")])
    for now in ("03-16 10:00", "03-16 17:00", "03-20 10:00"):
        assert stages(rule, "03-16 18:00", now, is_paused=True) == ()
        promise = PendingDue(at("03-16 18:00"), is_paused=True)
        assert escalation_steps(promise, rule, present(at(now), promise.due_at)) == ()


def test_a_promised_time_holds_while_the_customer_is_awaited():
    """An agreed time is near, today, and then calls back, again and again, though the clock stands."""
    rule = rules("4wh", "1wd", [("1wd", "lead")])
    promise = {"is_paused": True, "is_agreed": True}
    assert stages(rule, "03-16 18:00", "03-16 09:30", **promise) == ("today",)
    assert stages(rule, "03-16 18:00", "03-16 15:00", **promise) == ("today", "soon")
    assert stages(rule, "03-16 18:00", "03-16 18:30", **promise) == ("call_back",)
    assert stages(rule, "03-16 18:00", "03-18 09:00", **promise) == ("call_back+2",)
    late = PendingDue(at("03-16 18:00"), is_paused=True, is_agreed=True)
    assert escalation_steps(late, rule, present(at("03-20 10:00"), late.due_at)) == ()


@pytest.mark.parametrize(
    ("now", "passed"),
    [
        ("03-13 18:00", []),
        ("03-14 10:00", []),
        ("03-16 09:00", ["escalated/1wd/lead"]),
        ("03-18 08:59", ["escalated/1wd/lead"]),
        ("03-18 09:00", ["escalated/1wd/lead", "escalated/3wd/zhou"]),
    ],
)
def test_each_step_of_the_ladder_is_passed_when_its_limit_is_over(now, passed):
    """Steps are passed one after the other, in working days that have opened."""
    rule = rules(ladder=[("1wd", "lead"), ("3wd", "zhou"), ("none", "wang")])
    due = at("03-13 18:00")
    assert [escalation_stage(rung) for rung in escalation_steps(PendingDue(due), rule, present(at(now), due))] == passed


def test_hours_are_elapsed_when_the_clock_is_put_forward():
    """In the night that loses an hour, three hours before 05:00 is 01:00 on the wall."""
    calendar = WorkCalendar(BERLIN, WEEK)
    due = at("03-29 05:00", BERLIN)
    near = present(at("03-29 01:00", BERLIN), due, calendar)
    far = present(at("03-29 00:59", BERLIN), due, calendar)
    assert stages_of(PendingDue(due), rules("3h"), near) == ("soon",)
    assert stages_of(PendingDue(due), rules("3h"), far) == ()


def test_hours_are_elapsed_when_the_clock_is_put_back():
    """In the night that has 02:30 twice, a repeat of one hour passes between the two."""
    calendar = WorkCalendar(BERLIN, WEEK)
    due = at("10-25 02:30", BERLIN)
    again = due.replace(fold=1)
    assert stages_of(PendingDue(due), rules("none", "1h"), present(again, due, calendar)) == ("overdue+1",)
    assert stages_of(PendingDue(again), rules("2h"), present(due, again, calendar)) == ("soon",)


def test_a_day_opens_at_its_own_hour():
    """A worked day opens with its first span, a day off with the earliest of the week."""
    calendar = WorkCalendar(SHANGHAI, parse_hours({"mon": ["10:00-12:00"], "tue-fri": ["08:30-12:00"]}), {})
    assert opening_time(date(2026, 3, 16), calendar) == at("03-16 10:00")
    assert opening_time(date(2026, 3, 15), calendar) == at("03-15 08:30")


MOMENTS = st.integers(0, 60 * 24 * 40).map(lambda minutes: at("02-08 00:00") + timedelta(minutes=minutes))


@settings(deadline=None, max_examples=200)
@given(MOMENTS, MOMENTS, st.sampled_from(UNITS))
def test_nothing_beyond_the_horizon_has_a_stage(now, due, before):
    """Whatever is due at or after the horizon has nothing to be told now."""
    if due >= horizon(rules(before), now, CALENDAR):
        assert stages_of(PendingDue(due), rules(before), present(now, due)) == ()


@settings(deadline=None, max_examples=200)
@given(MOMENTS, MOMENTS, MOMENTS, st.sampled_from(UNITS))
def test_steps_only_grow(due, one, other, repeat):
    """A later instant never has an earlier step."""
    steps = []
    for now in sorted((one, other)):
        told = stages_of(PendingDue(due), rules("none", repeat), present(now, due))
        steps.append(int(told[0].partition("+")[2] or 0) if told and told[0] != "today" else -1)
    assert steps[0] <= steps[1]
