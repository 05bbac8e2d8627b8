"""Follow-ups: done on time, limits kept, and what is pending and overdue."""

from collections import Counter
from datetime import UTC, datetime
from typing import Final

from commlog.model.lateness import working_days_since
from commlog.model.summary import Measure, Reading
from commlog.model.summary_figures import (
    FIGURES,
    Counts,
    measure_all,
    measure_limit_kept,
    measure_on_time,
    measure_overdue,
    spread_of,
)
from commlog.services.summarize.dimensions import OF_FOLLOW_UPS
from commlog.services.summarize.scope import FOLLOW_UPS, Scope, Source, count_states

# Judged as known now, also for an earlier period: whether it was kept does not change any more.
_KEPT: Final = """
CASE WHEN f.is_cancelled = 1 THEN 'cancelled'
     WHEN f.done_at <= f.due_at THEN 'on_time'
     WHEN f.done_at IS NOT NULL THEN 'late'
     WHEN f.is_pending = 0 THEN 'unknown'
     WHEN f.status = 'awaiting_customer' THEN 'paused'
     WHEN f.due_at < {now} THEN 'breached'
     ELSE 'not_due' END
"""
# An overdue one stands as the second it fell due: its age is counted from that.
_STANDING: Final = """
CASE WHEN f.status = 'awaiting_customer' THEN 'paused'
     WHEN f.due_at IS NULL THEN 'no_due'
     WHEN f.due_at < {at} THEN CAST(f.due_at AS TEXT)
     ELSE 'running' END
"""
_DUE_IN_PERIOD: Final = "f.due_at >= {start} AND f.due_at < {end}"


def measure_follow_ups(scope: Scope) -> Reading:
    """Follow-ups that fell due in the period: done on time, and limits kept."""
    due = Source(FOLLOW_UPS, _DUE_IN_PERIOD, _KEPT, OF_FOLLOW_UPS)
    states = count_states(scope, due, FIGURES["follow_ups_on_time"].dimensions)
    return states.measured("follow_ups_on_time", measure_on_time, scope.by) | states.measured(
        "limit_kept", measure_limit_kept, scope.by
    )


def measure_pending(scope: Scope) -> Reading:
    """What is pending, the overdue part of it, and the age of that in working days."""
    standing = Source(FOLLOW_UPS, scope.pending, _STANDING, OF_FOLLOW_UPS)
    states = count_states(scope, standing, FIGURES["overdue"].dimensions)
    ages = _Ages(scope, states.whole)
    return (
        states.measured("pending", measure_all, scope.by)
        | states.measured("overdue", lambda counts: measure_overdue(_folded(counts)), scope.by)
        | states.measured("overdue_age", ages.measure, scope.by)
    )


def _overdue(counts: Counts) -> dict[str, int]:
    """How many fell due at each second since 1970, of those whose state is that second."""
    return {state: count for state, count in counts.items() if state and state.isdecimal()}


def _folded(counts: Counts) -> Counts:
    """The same states with all overdue ones in one."""
    overdue = _overdue(counts)
    rest = {state: count for state, count in counts.items() if state not in overdue}
    return {**rest, "overdue": sum(overdue.values())}


class _Ages:
    """How many working days began since each due day, today included: the `late` of `commlog pending`."""

    def __init__(self, scope: Scope, counts: Counts) -> None:
        zone = scope.workspace.log.settings.zone
        days = {due: datetime.fromtimestamp(int(due), UTC).astimezone(zone).date() for due in _overdue(counts)}
        counted = working_days_since(
            days.values(), scope.at.astimezone(zone).date(), scope.workspace.log.settings.calendar
        )
        self._ages = {due: counted[day] for due, day in days.items()}

    def measure(self, counts: Counts) -> Measure:
        """The ages of the overdue ones among some follow-ups."""
        ages: Counter[int] = Counter()
        for due, number in _overdue(counts).items():
            ages[self._ages[due]] += number
        return spread_of(ages.elements(), "working_days")
