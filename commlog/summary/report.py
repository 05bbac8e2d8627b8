"""The report of a period: its summary, the series of its charts, and the lists behind them."""

from dataclasses import dataclass
from typing import Final

from commlog.summary.figures.scope import Scope
from commlog.summary.report_lists import Curtain, cover_lists, list_dropped_balls, list_low_scores, list_overdue
from commlog.summary.report_series import measure_on_time, measure_satisfaction_over_time, measure_volume
from commlog.summary.rules.report import Report
from commlog.summary.services_report_ages import measure_ages
from commlog.summary.summarize import SummaryRequest, summarize
from commlog.workspace import Workspace

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
    now = Scope(workspace, summary.period, workspace.now, "", request.limit)
    before = Scope(workspace, summary.previous, summary.before_at, "", 0)
    curtain = Curtain(is_revealed=request.reveal)
    return Report(
        summary,
        measure_volume(now),
        measure_on_time(now, summary.previous),
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
