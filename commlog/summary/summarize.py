"""The summary of a period, every figure beside the one of the period before, and the records behind a figure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, get_args

from commlog.database.connection import Index
from commlog.database.worker_processes import ask_beside
from commlog.errors import UsageError
from commlog.messages import mark
from commlog.output.listing import Listing
from commlog.records.mask import mask_rows
from commlog.summary.figures.cases import cases_behind, measure_all_cases
from commlog.summary.figures.follow_ups import measure_follow_ups, measure_pending
from commlog.summary.figures.issues import measure_flow
from commlog.summary.figures.moods import measure_worsening
from commlog.summary.figures.problems import find_weak_spots, measure_low_scores, measure_problems
from commlog.summary.figures.recording import measure_feelings, measure_interactions, measure_recording
from commlog.summary.figures.scope import SummaryScope, dimension_of
from commlog.summary.rules.figures import FIGURES, FigureCase, Verdict, pair
from commlog.summary.rules.summary import PointedRecords, Reading, Summary
from commlog.values import Data
from commlog.workspace import Workspace
from commlog.worktime.periods import Period, parse_period

THIS_MONTH: Final = "this-month"
SUMMARY_ROWS: Final = 10


@dataclass(frozen=True, slots=True)
class SummaryRequest:
    """What is asked: the period, the one to compare with (empty: the one before), a column to group by, how many to list (-1: all).

    Numbers and addresses in the words of listed records are masked unless revealed.
    """

    period: str = ""
    compare: str = ""
    by: str = ""
    limit: int = SUMMARY_ROWS
    reveal: bool = False


def summarize(workspace: Workspace, request: SummaryRequest) -> Summary:
    """Measure a period and the one it is compared with.

    Raises:
        UsageError: a period is none, or there is no such column to group by.
    """
    period = read_period(workspace, request.period or THIS_MONTH)
    previous = read_period(workspace, request.compare) if request.compare else _before(period)
    before_at = min(previous.end, workspace.now)
    scope = scope_of(workspace, period, request)
    earlier = replace(scope, period=previous, at=before_at, limit=0)
    with ask_beside(workspace.index, lambda index: _measure(_asked_of(index, earlier))[0]) as answer:
        now, attention = _measure(scope)
        before = answer()
    lines = pair(now, before)
    if not request.reveal:
        attention = tuple(replace(one, listing=mask_rows(workspace, one.listing)) for one in attention)
    unreadable = len(workspace.unreadable_files())
    return Summary(period, previous, workspace.now, before_at, scope.by, lines, attention, unreadable)


def scope_of(workspace: Workspace, period: Period, request: SummaryRequest) -> SummaryScope:
    """A period as it is asked of the index at the workspace's instant.

    Raises:
        UsageError: there is no such column or field to group by.
    """
    by = dimension_of(workspace, request.by)
    return SummaryScope(workspace, period, workspace.now, by.name, request.limit, by.expression)


def _asked_of(index: Index, scope: SummaryScope) -> SummaryScope:
    """The same scope with another connection to the index."""
    return scope if index is scope.workspace.index else replace(scope, workspace=replace(scope.workspace, _index=index))


def _measure(scope: SummaryScope) -> tuple[Reading, tuple[PointedRecords, ...]]:
    recording, late = measure_recording(scope)
    worsening, worse = measure_worsening(scope)
    pending = measure_pending(scope)
    flow, left_lying = measure_flow(scope, pending)
    feelings, answers, categories = measure_feelings(scope)
    reading = {
        **measure_interactions(scope),
        **recording,
        **measure_follow_ups(scope),
        **pending,
        **measure_all_cases(scope),
        **measure_low_scores(scope, answers),
        **feelings,
        **measure_problems(scope, categories),
        **worsening,
        **flow,
    }
    return reading, (late, worse, *left_lying, find_weak_spots(scope, reading))


def read_period(workspace: Workspace, text: str) -> Period:
    """The period a text names.

    Raises:
        UsageError: it names none.
    """
    try:
        return parse_period(text, workspace.now)
    except (ValueError, OverflowError):
        raise UsageError(
            mark("'{value}' is not a period"),
            value=text,
            remedy=mark("write e.g. 2026-03, 2026-Q1, 2026-H1, 2026-W12, 2026, last-month, 上月 or 2026-01..2026-02"),
        ) from None


def _before(period: Period) -> Period:
    try:
        return period.previous()
    except ValueError:
        raise UsageError(
            mark("there is no period before {period}"),
            period=period.name,
            remedy=mark("give the period to compare with: --compare"),
        ) from None


COLUMNS: Final = ("figure", "counted", "why", "value", "item", "part", "customer", "day", "owner", "subject", "path")
_SHOWN: Final = ("figure", "counted", "why", "value", "item", "part", "customer", "day", "owner", "subject")
_DETAILS: Final = (
    "SELECT record, id, customer, day, coalesce(owner, agent), subject, path FROM records WHERE record IN ({numbers})"
)


def list_counted(workspace: Workspace, request: SummaryRequest, metric: str) -> Listing:
    """Everything behind a figure, or behind all figures of a metric's number, in the request's period.

    Raises:
        UsageError: the period is none, or there is no such figure or number.
    """
    figures = figures_of(metric)
    scope = scope_of(workspace, read_period(workspace, request.period or THIS_MONTH), request)
    found = cases_behind(scope, figures)
    details = _read_details(scope, {case.record for cases in found.values() for case in cases})
    rows = [_row(figure, case, details) for figure, cases in found.items() for case in cases]
    rows.sort(key=lambda row: (figures.index(row[0]), get_args(Verdict).index(row[1])))
    if request.limit >= 0:
        rows = rows[: request.limit]
    listing = Listing(COLUMNS, tuple(rows), _SHOWN, "item")
    return listing if request.reveal else mask_rows(workspace, listing)


def figures_of(metric: str) -> list[str]:
    """The figures a name or a metric's number means.

    Raises:
        UsageError: there is none; names all there are.
    """
    name = metric.strip().lower().replace("-", "_")
    figures = [figure for figure, told in FIGURES.items() if name in (figure, str(told.metric))]
    if not figures:
        raise UsageError(
            mark("invalid value for --records: there is no figure '{value}'"),
            value=metric,
            remedy=mark("use a metric's number from 1 to 17, or one of: {figures}"),
            figures=", ".join(FIGURES),
        )
    return figures


def _read_details(scope: SummaryScope, records: Iterable[int]) -> dict[int, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in scope.rows_of(_DETAILS, records)}


def _row(figure: str, case: FigureCase, details: Mapping[int, tuple[Any, ...]]) -> tuple[Data, ...]:
    record_id, customer, day, owner, subject, path = details[case.record]
    is_address = case.name.startswith(f"{record_id}/")
    return (
        figure,
        case.counted,
        case.why or None,
        case.value,
        case.name if is_address else record_id,
        None if is_address else case.name or None,
        customer,
        day,
        owner,
        subject,
        path,
    )
