"""The report of a period: its summary, the series of its charts, and the lists behind them."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from commlog.summary.figures.scope import SummaryScope
from commlog.summary.report_lists import ListMask, cover_lists, list_dropped_balls, list_low_scores, list_overdue
from commlog.summary.report_series import measure_satisfaction_over_time, measure_volume, on_time_by_step
from commlog.summary.rules.report import AgeGroup, Report, Side
from commlog.summary.summarize import SummaryRequest, summarize
from commlog.workspace import Workspace
from commlog.worktime.calendar import WorkCalendar
from commlog.worktime.limits import working_days_since

REPORT_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What is asked: the period, the one to compare with (empty: the one before), rows a list, personal data in full."""

    period: str = ""
    compare: str = ""
    limit: int = REPORT_ROWS
    reveal: bool = False


def build_report(workspace: Workspace, request: ReportRequest) -> Report:
    """Measure a period for a report; personal data is masked unless it is to be revealed.

    Raises:
        UsageError: a period is none.
    """
    summary = summarize(
        workspace, SummaryRequest(request.period, request.compare, limit=request.limit, reveal=request.reveal)
    )
    now = SummaryScope(workspace, summary.period, workspace.now, "", request.limit)
    before = SummaryScope(workspace, summary.previous, summary.before_at, "", 0)
    curtain = ListMask(is_revealed=request.reveal)
    return Report(
        summary,
        measure_volume(now),
        on_time_by_step(now, summary.previous),
        measure_satisfaction_over_time(now, summary.previous),
        measure_ages(now, before),
        (
            list_overdue(now, curtain),
            list_dropped_balls(now, curtain),
            *cover_lists(workspace, summary, curtain),
            list_low_scores(now, curtain),
        ),
        request.reveal,
    )


# From the latest to what has the most time left.
CLASSES: Final[tuple[tuple[Side, int, int | None], ...]] = (
    ("late", 21, None),
    ("late", 11, 20),
    ("late", 6, 10),
    ("late", 3, 5),
    ("late", 1, 2),
    ("late", 0, 0),
    ("left", 0, 0),
    ("left", 1, 2),
    ("left", 3, 5),
    ("left", 6, 10),
    ("left", 11, None),
    ("no_due", 0, None),
    ("paused", 0, None),
)
_MOST_LEFT: Final = 11
_DUE: Final = (
    "SELECT f.due_at, f.status = 'awaiting_customer', count(*) FROM follow_ups f WHERE {pending} GROUP BY 1, 2"
)


def measure_ages(now: SummaryScope, before: SummaryScope) -> tuple[AgeGroup, ...]:
    """Every class of age with how many are in it at the instants of two scopes."""
    counts, earlier = _count(now), _count(before)
    return tuple(
        AgeGroup(side, low, high, counts[side, low], earlier[side, low])  # type: ignore[misc, arg-type, unused-ignore]
        for side, low, high in CLASSES
    )


def _count(scope: SummaryScope) -> Counter[tuple[Side, int]]:
    calendar = scope.workspace.log.settings.calendar
    at = scope.at.timestamp()
    today = scope.at.astimezone(calendar.zone).date()
    counts: Counter[tuple[Side, int]] = Counter()
    late: Counter[date] = Counter()
    left: Counter[date] = Counter()
    for due, is_paused, count in scope.rows(_DUE.format(pending=scope.pending)):
        if is_paused:
            counts["paused", 0] += count
        elif due is None:
            counts["no_due", 0] += count
        else:
            day = datetime.fromtimestamp(due, UTC).astimezone(calendar.zone).date()
            (late if due < at else left)[day] += count
    for day, days in working_days_since(late, today, calendar).items():
        counts[_class("late", days)] += late[day]
    remaining = _days_left(today, calendar)
    for day, count in left.items():
        counts[_class("left", remaining.get(day, _MOST_LEFT))] += count
    return counts


def _class(side: Side, days: int) -> tuple[Side, int]:
    return next(
        (one, low) for one, low, high in CLASSES if one == side and low <= days and (high is None or days <= high)
    )


def _days_left(today: date, calendar: WorkCalendar) -> dict[date, int]:
    """How many working days lie after today up to each coming day, until there are more than are told apart."""
    left = {today: 0}
    day, days = today, 0
    while days < _MOST_LEFT:
        try:
            day += timedelta(days=1)
        except OverflowError:
            break
        days += calendar.is_working_day(day)
        left[day] = days
    return left
