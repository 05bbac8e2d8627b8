"""When follow-ups and issues are resolved, and the working time it takes."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.followups.rules.follow_up import Transition
from commlog.issues.rules.resolution import rounds_of_follow_up, rounds_of_issue, worked_seconds
from commlog.worktime.calendar import WorkCalendar, parse_hours

CALENDAR = WorkCalendar(ZoneInfo("Asia/Shanghai"), parse_hours())


def history(*entries):
    """Entries of hours on Monday 2 March 2026 and states."""
    return [Transition(f"2026-03-02T{hour:02}:00:00+08:00", "wang", status) for hour, status in entries]


def test_waiting_for_the_customer_after_a_fix_keeps_an_issue_resolved():
    """Fixed at 11 and waiting since 12, an issue has one round of 2 h; taken up again at 14 it has come back."""
    told = history((9, "open"), (11, "fixed"), (12, "awaiting_customer"))
    assert [one.seconds for one in rounds_of_issue(told, CALENDAR)] == [2 * 3600]
    again = rounds_of_issue([*told, *history((14, "in_progress"))], CALENDAR)
    assert [one.reopened_at and one.reopened_at.hour for one in again] == [14]


def test_a_cancelled_follow_up_is_closed_and_not_resolved():
    """Closed without having been done, it has a round without a resolution."""
    (one,) = rounds_of_follow_up(history((9, "open"), (10, "closed")), CALENDAR)
    assert (one.resolved_at, one.seconds, one.closed_at.hour) == (None, None, 10)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["open", "in_progress", "awaiting_customer", "done"]), min_size=1, max_size=9))
def test_waiting_never_adds_time(states):
    """Working time less its pauses lies between nothing and the working time from the first entry."""
    told = history(*((9 + number, status) for number, status in enumerate(states)))
    until = datetime.fromisoformat("2026-03-02T18:00:00+08:00")
    seconds = worked_seconds(told, until, CALENDAR)
    assert 0 <= seconds <= 9 * 3600
    if "awaiting_customer" not in states:
        assert seconds == 9 * 3600
