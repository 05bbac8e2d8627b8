"""Limits, pauses and explanations against a clock that is advanced minute by minute."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commlog.followups.rules.explanation import due_explanation
from commlog.followups.rules.follow_up import Pause, Transition, extend_due, pauses_of, read_follow_up
from commlog.worktime.calendar import DatedDay, WorkCalendar
from commlog.worktime.limits import Limit, due_after, parse_limit
from commlog.worktime.moment import format_instant

# Clocks that never change, and clocks that change by an hour or by half an hour within the days looked at.
BEGINNINGS = {
    "Asia/Shanghai": (date(2026, 2, 10),),
    "Europe/Berlin": (date(2026, 3, 26), date(2026, 10, 22)),
    "America/New_York": (date(2026, 3, 5), date(2026, 10, 29)),
    "Australia/Lord_Howe": (date(2026, 4, 1), date(2026, 10, 1)),
}
DAYS = 26
STARTING_DAYS = 4
MINUTE = timedelta(minutes=1)


@dataclass
class Clock:
    """Every minute of some weeks: when it begins, its day in the zone, and whether it is working time."""

    calendar: WorkCalendar
    minutes: list[datetime]
    days: list[date]
    working: list[bool]
    closed: dict[date, int] = field(default_factory=dict)

    def position(self, instant: datetime) -> int:
        return int((instant.astimezone(UTC) - self.minutes[0]) / MINUTE)

    def at(self, position: int) -> datetime:
        return (self.minutes[0] + position * MINUTE).astimezone(self.calendar.zone)

    def after_working(self, position: int, amount: int) -> int | None:
        """The position at which so many working minutes are over."""
        while amount:
            if position >= len(self.working):
                return None
            amount -= self.working[position]
            position += 1
        return position

    def closings(self) -> dict[date, int]:
        """The position after the last working minute of each day that has any."""
        if not self.closed:
            steps = zip(self.days, self.working, strict=True)
            self.closed = {day: position for position, (day, works) in enumerate(steps, start=1) if works}
        return self.closed

    def closing_from(self, day: date) -> int | None:
        """The closing of the first working day from this one on."""
        return next((position for known, position in sorted(self.closings().items()) if known >= day), None)


@cache
def shown_by(zone: ZoneInfo, first: date) -> tuple[tuple[datetime, date, int], ...]:
    """Every minute of the weeks: when it begins, the day it belongs to, and the furthest minute that day has shown."""
    # Two days earlier, so that midnight in every zone lies behind it.
    minute = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=2)
    shown: list[tuple[datetime, date, int]] = []
    day, furthest = date.min, -1
    while (day - first).days < DAYS:
        local = minute.astimezone(zone)
        if local.date() != day:
            day, furthest = local.date(), -1
        # A clock put back shows the same minutes twice, which does not close what is open.
        furthest = max(furthest, local.hour * 60 + local.minute)
        shown.append((minute, day, furthest))
        minute += MINUTE
    return tuple(shown)


def run_clock(calendar: WorkCalendar, first: date) -> Clock:
    """A clock that was advanced minute by minute; a span runs from when its hour is first shown to when its end is."""
    shown = shown_by(calendar.zone, first)
    spans = {day: calendar.spans_on(day) for day in {day for _, day, _ in shown}}
    working = [any(begin <= minute < end for begin, end in spans[day]) for _, day, minute in shown]
    return Clock(calendar, [minute for minute, _, _ in shown], [day for _, day, _ in shown], working)


_halves = st.lists(st.integers(0, 48), max_size=4, unique=True).map(sorted)
_spans = _halves.map(lambda edges: tuple((a * 30, b * 30) for a, b in zip(edges[::2], edges[1::2], strict=False)))
_weeks = st.tuples(*[_spans] * 7).filter(any)


@st.composite
def clocks(draw: st.DrawFn) -> tuple[Clock, int]:
    """A random calendar in a random zone, its clock, and a start in the first days."""
    name = draw(st.sampled_from(sorted(BEGINNINGS)))
    first = draw(st.sampled_from(BEGINNINGS[name]))
    dated = {}
    for step in draw(st.sets(st.integers(0, 9), max_size=4)):
        day = first + timedelta(days=step)
        spans = draw(st.none() | _spans.filter(bool))
        dated[day] = DatedDay(day, draw(st.sampled_from(["off", "work"])), "", spans)
    clock = run_clock(WorkCalendar(ZoneInfo(name), draw(_weeks), dated), first)
    begin = clock.days.index(first)
    return clock, begin + draw(st.integers(0, STARTING_DAYS * 1440))


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    unit, most = draw(st.sampled_from([("m", 3000), ("h", 60), ("wh", 12), ("d", 5), ("wd", 3), ("eow", 0)]))
    return parse_limit(f"{draw(st.integers(1, most))}{unit}" if most else unit)


def days_with_working_time(clock: Clock) -> None:
    """Leave out days whose only hours the clocks skip: they are working days without a working minute."""
    closings = clock.closings()
    assume(all(bool(clock.calendar.spans_on(day)) == (day in closings) for day in set(clock.days)))


def simulated(clock: Clock, limit: Limit, start: int) -> int | None:
    """The position at which a limit ends, counted on the clock."""
    day = clock.days[start]
    closings = clock.closings()
    if limit.unit in {"m", "h"}:
        return start + limit.amount * (60 if limit.unit == "h" else 1)
    if limit.unit == "wh":
        return clock.after_working(start, limit.amount * 60)
    if limit.unit == "d":
        return clock.closing_from(day + timedelta(days=limit.amount))
    ahead = [(known, position) for known, position in sorted(closings.items()) if position > start]
    if limit.unit == "wd":
        # The first day that has not closed yet is the start day.
        return ahead[limit.amount][1] if len(ahead) > limit.amount else None
    week = ahead[0][0].isocalendar()[:2] if ahead else None
    return max((position for known, position in ahead if known.isocalendar()[:2] == week), default=None)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(clocks(), limits())
def test_limits_agree_with_a_clock(chosen, limit):
    """Every kind of limit ends where the minutes say, on any calendar and when the clocks change."""
    clock, start = chosen
    days_with_working_time(clock)
    end = simulated(clock, limit, start)
    assume(end is not None and end < len(clock.minutes) - 7 * 1440)
    assert clock.position(due_after(limit, clock.at(start), clock.calendar)) == end


@settings(max_examples=30, deadline=None)
@given(clocks(), st.integers(0, 10 * 1440))
def test_working_time_agrees_with_a_clock(chosen, length):
    """The working seconds between two instants are those of the minutes between them, backwards negative."""
    clock, start = chosen
    minutes = sum(clock.working[start : start + length])
    first, last = clock.at(start), clock.at(start + length)
    assert clock.calendar.working_seconds(first, last) == minutes * 60
    assert clock.calendar.working_seconds(last, first) == -minutes * 60


@st.composite
def histories(draw: st.DrawFn, clock: Clock, start: int) -> tuple[Transition, ...]:
    """A history that opens at the start and waits a few times."""
    steps = draw(st.lists(st.integers(1, 2000), max_size=7))
    position = start
    entries = [Transition(format_instant(clock.at(start)), "wang", "open")]
    for number, step in enumerate(steps):
        position += step
        status = "in_progress" if number % 2 else "awaiting_customer"
        entries.append(Transition(format_instant(clock.at(position)), "wang", status))
    return tuple(entries)


def waited(clock: Clock, pause: Pause) -> int:
    return sum(clock.working[clock.position(pause.begin) : clock.position(pause.end)]) if pause.end else 0


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.data(), clocks(), limits())
def test_pauses_agree_with_a_clock(data, chosen, limit):
    """After any pauses the due is as many working minutes later as were waited, all at once or pause by pause."""
    clock, start = chosen
    days_with_working_time(clock)
    end = simulated(clock, limit, start)
    pauses = pauses_of(data.draw(histories(clock, start)))
    assume(end is not None)
    expected = clock.after_working(end, sum(waited(clock, pause) for pause in pauses))
    assume(expected is not None)
    due = clock.at(end)
    assert clock.position(extend_due(due, pauses, clock.calendar)) == expected
    for pause in pauses:
        due = extend_due(due, [pause], clock.calendar)
    assert clock.position(due) == expected


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.data(), clocks(), limits())
def test_the_explanation_agrees_with_a_clock(data, chosen, limit):
    """What the explanation counts day by day is what the rule gives, and the stored due agrees with it."""
    clock, start = chosen
    days_with_working_time(clock)
    end = simulated(clock, limit, start)
    assume(end is not None and end < len(clock.minutes) - 7 * 1440)
    history = data.draw(histories(clock, start))
    pauses = pauses_of(history)
    stored = clock.after_working(end, sum(waited(clock, pause) for pause in pauses))
    assume(stored is not None)
    fields = {
        "due": format_instant(clock.at(stored)),
        "due_rule": str(limit),
        "status": history[-1].status,
        "history": [{"at": entry.at, "by": entry.by, "status": entry.status} for entry in history],
    }
    now = clock.at(len(clock.minutes) - 1)
    told = due_explanation(read_follow_up(fields, 1), {"started_at": history[0].at}, clock.calendar, now)
    assert (told.agrees, clock.position(told.limit_end), clock.position(told.computed)) == (True, end, stored)
    assert [pause.counted for pause in told.pauses if pause.pause.end] == [
        waited(clock, pause) for pause in pauses if pause.end
    ]
    days = told.counting.days
    assert [day.date for day in days] == sorted({day.date for day in days})
    assert [bool(day.spans) for day in days] == [day.date in clock.closings() for day in days]
    if limit.unit == "wh":
        assert sum(day.minutes for day in days) == limit.amount * 60
        used = dict.fromkeys(clock.days, 0)
        for position in range(start, end):
            used[clock.days[position]] += clock.working[position]
        assert [day.minutes for day in days] == [used[day.date] for day in days]
    elif limit.unit == "wd":
        counted = {day.date: day.counted for day in days if day.counted is not None}
        assert list(counted.values()) == list(range(limit.amount + 1))
        assert [clock.closings()[day] > start for day in counted] == [True] * len(counted)
        assert clock.closings()[days[-1].date] == end
    elif limit.unit in {"d", "eow"}:
        assert clock.closings()[days[-1 if limit.unit == "d" else 0].date] == end
    else:
        assert days == ()


def test_the_clock_itself_knows_its_hours():
    """The clock that others are measured by has 23 and 25 hours on the days the clocks of Berlin change."""
    calendar = WorkCalendar(ZoneInfo("Europe/Berlin"), (((0, 1440),),) * 7)
    spring = run_clock(calendar, date(2026, 3, 28))
    autumn = run_clock(calendar, date(2026, 10, 24))
    assert spring.days.count(date(2026, 3, 29)) == 23 * 60
    assert autumn.days.count(date(2026, 10, 25)) == 25 * 60
    assert all(autumn.working)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 1), (date(2026, 10, 25), 3)])
def test_a_span_over_a_change_of_the_clocks(day, hours):
    """From one to three at night there is one hour when the clocks skip one, and three when they repeat one."""
    calendar = WorkCalendar(ZoneInfo("Europe/Berlin"), (((60, 180),),) * 7)
    clock = run_clock(calendar, day)
    works = sum(works for known, works in zip(clock.days, clock.working, strict=True) if known == day)
    assert works == hours * 60
