"""Follow-ups: done on time, limits kept, and what is pending and overdue."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from commlog.summary.figures import scope as scopes
from commlog.summary.figures.threads import FOLLOW_UPS_TURNED
from commlog.summary.rules import figures as rules
from commlog.summary.rules.summary import Group, Measure, Reading
from commlog.worktime.limits import working_days_since

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
# The state of an overdue one is the second it fell due: its age is counted from that.
_STANDING: Final = """
CASE WHEN f.status = 'awaiting_customer' THEN 'paused'
     WHEN f.due_at IS NULL THEN 'no_due'
     WHEN f.due_at < {at} THEN CAST(f.due_at AS TEXT)
     ELSE 'running' END
"""
_DUE_IN_PERIOD: Final = "f.due_at >= {start} AND f.due_at < {end}"
# The state is the working time itself, less the time spent waiting for the customer.
_FIRST_DONE: Final = "f.first_done_at >= {start} AND f.first_done_at < {end}"
_LAST_DONE: Final = "f.done_at >= {start} AND f.done_at < {end} AND f.is_cancelled = 0"
# The working time of one that began nobody knows when.
UNKNOWN: Final = -1


def _seconds(column: str) -> str:
    return f"coalesce(f.{column}, {UNKNOWN})"


DUE: Final = scopes.CountSource(scopes.FOLLOW_UPS, _DUE_IN_PERIOD, _KEPT, scopes.OF_FOLLOW_UPS)
FIRST_DONE: Final = scopes.CountSource(
    scopes.FOLLOW_UPS, _FIRST_DONE, _seconds("first_working_seconds"), scopes.OF_FOLLOW_UPS
)
LAST_DONE: Final = scopes.CountSource(scopes.FOLLOW_UPS, _LAST_DONE, _seconds("working_seconds"), scopes.OF_FOLLOW_UPS)
# Walked over together.
_SOURCES: Final = (DUE, FIRST_DONE, LAST_DONE, FOLLOW_UPS_TURNED)
# Looked at, and in no state.
_NEITHER: Final = "neither"


def pending_source(scope: scopes.SummaryScope) -> scopes.CountSource:
    """The pending follow-ups by their state."""
    return scopes.CountSource(scopes.FOLLOW_UPS, scope.pending, _STANDING, scopes.OF_FOLLOW_UPS)


def measure_follow_ups(scope: scopes.SummaryScope) -> Reading:
    """Follow-ups due in the period: done on time, and limits kept; those done in it: the working time they took."""
    return (
        _states(scope, DUE).judged(scope.by, "follow_ups_on_time", "limit_kept", "breached")
        | _states(scope, FIRST_DONE).measured("first_resolution", _measure_worked, scope.by)
        | _states(scope, LAST_DONE).measured("resolution", _measure_worked, scope.by)
    )


def count_turned(scope: scopes.SummaryScope) -> rules.States:
    """What came and what went in the period, by `scope.by`."""
    return _states(scope, FOLLOW_UPS_TURNED)


def _states(scope: scopes.SummaryScope, source: scopes.CountSource) -> rules.States:
    """How many follow-ups are in each state of a source: all, and by their groups."""
    rows, places = walk_follow_ups(scope)
    own = _SOURCES.index(source)
    concerned = [row for row in rows if row[own] is not None]
    groups = {name: [row[place] for row in concerned] for name, place in places.items()}
    states = scopes.states_of([row[own] for row in concerned], groups)
    if scope.by != scopes.TAG:
        return states
    tagged = scopes.count_states(scope, replace(source, columns={scopes.TAG: scopes.OF_FOLLOW_UPS[scopes.TAG]}))
    return rules.States(states.whole, {**states.groups, **tagged.groups})


def walk_follow_ups(scope: scopes.SummaryScope) -> tuple[list[tuple[Any, ...]], Mapping[str, int]]:
    """The follow-ups due, done, opened or finished in the period, walked over once, and the places of their groups.

    Each has the four states first, None of what it does not concern.
    """
    return scope.once_a_period("follow_ups", lambda: _walk(scope))


def _walk(scope: scopes.SummaryScope) -> tuple[list[tuple[Any, ...]], Mapping[str, int]]:
    columns = scope.columns_of(scopes.OF_FOLLOW_UPS)
    names = [name for name in dict.fromkeys(("priority", "owner", "category", scope.by)) if name in columns]
    plain = [name for name in names if name != scopes.TAG]
    states = (f"CASE WHEN {one.where} THEN coalesce({one.state}, '{_NEITHER}') END" for one in _SOURCES)
    asked = [*states, *(columns[name] for name in plain)]
    where = " OR ".join(f"({one.where})" for one in _SOURCES)
    tables = "follow_ups f JOIN records r ON r.record = f.record"
    # Constants of this package; bounds are filled in as numbers.
    rows = scope.rows(f"SELECT {', '.join(asked)} FROM {tables} WHERE {where}")
    return rows, {name: place for place, name in enumerate(plain, start=len(_SOURCES))}


def _measure_worked(counts: rules.Counts) -> Measure:
    """The working time of follow-ups whose state is their seconds, UNKNOWN where nobody knows."""
    known = {int(state): count for state, count in counts.items() if state is not None and int(state) != UNKNOWN}
    unknown = sum(counts.values()) - sum(known.values())
    return rules.spread_of(Counter(known).elements(), "working_seconds", opened_at_unknown_time=unknown)


def measure_pending(scope: scopes.SummaryScope) -> Reading:
    """What is pending, the overdue part of it, and the age of that in working days."""
    states = scopes.count_states(scope, pending_source(scope), rules.FIGURES["overdue"].dimensions)
    ages = WorkingDayAges(scope, states.whole)
    return (
        states.measured("pending", rules.measure_all, scope.by)
        | states.judged(scope.by, "overdue")
        | states.measured("overdue_age", ages.measure, scope.by)
    )


def _overdue(counts: rules.Counts) -> dict[str, int]:
    """How many fell due at each second since 1970, of those whose state is that second."""
    return {state: count for state, count in counts.items() if state and state.isdecimal()}


class WorkingDayAges:
    """How many working days began since each due day, today included: the `late` of `commlog pending`."""

    def __init__(self, scope: scopes.SummaryScope, counts: rules.Counts) -> None:
        zone = scope.workspace.log.settings.zone
        days = {due: datetime.fromtimestamp(int(due), UTC).astimezone(zone).date() for due in _overdue(counts)}
        counted = working_days_since(
            days.values(), scope.at.astimezone(zone).date(), scope.workspace.log.settings.calendar
        )
        self._ages = {due: counted[day] for due, day in days.items()}

    def of(self, state: Group) -> int:
        """The age of an overdue one by its state."""
        return self._ages[state or ""]

    def measure(self, counts: rules.Counts) -> Measure:
        """The ages of the overdue ones among some follow-ups."""
        ages: Counter[int] = Counter()
        for due, number in _overdue(counts).items():
            ages[self._ages[due]] += number
        return rules.spread_of(ages.elements(), "working_days")
