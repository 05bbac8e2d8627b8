"""The records behind a figure: what counts, what stands beside it, what was left out and why."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from commlog.errors import UsageError
from commlog.messages import mark
from commlog.output.listing import Listing
from commlog.records.mask import mask_rows
from commlog.summary.figures.cases import FINDERS
from commlog.summary.figures.listed import cases_of_flow, cases_of_records
from commlog.summary.figures.scope import Scope
from commlog.summary.figures.services_summarize_listed_follow_ups import cases_of_follow_ups
from commlog.summary.rules.figures import FIGURES
from commlog.summary.rules.model_summary_cases import Case
from commlog.summary.summarize import THIS_MONTH, SummaryRequest, read_period, scope_of
from commlog.values import Data
from commlog.workspace import Workspace

COLUMNS: Final = ("figure", "counted", "why", "value", "item", "part", "customer", "day", "owner", "subject", "path")
_SHOWN: Final = ("figure", "counted", "why", "value", "item", "part", "customer", "day", "owner", "subject")
_DETAILS: Final = (
    "SELECT record, id, customer, day, coalesce(owner, agent), subject, path FROM records WHERE record IN "
)
_MOST_AT_ONCE: Final = 10_000


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
    order = {name: place for place, name in enumerate(("yes", "no", "left_out"))}
    rows.sort(key=lambda row: (figures.index(row[0]), order[row[1]]))
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
            mark("--records: there is no figure '{value}'"),
            value=metric,
            remedy=mark("use a metric's number from 1 to 17, or one of: {figures}"),
            figures=", ".join(FIGURES),
        )
    return figures


def cases_behind(scope: Scope, figures: Iterable[str]) -> dict[str, list[Case]]:
    """The cases of some figures."""
    wanted = list(figures)
    found: dict[str, list[Case]] = {}
    for finder in _FINDERS:
        if any(figure not in found for figure in wanted):
            cases = finder(scope)
            found |= {figure: cases[figure] for figure in wanted if figure in cases}
    return {figure: found[figure] for figure in wanted}


_FINDERS: Final[tuple[Callable[[Scope], Mapping[str, list[Case]]], ...]] = (
    cases_of_follow_ups,
    cases_of_records,
    cases_of_flow,
    *FINDERS,
)


def _read_details(scope: Scope, records: Iterable[int]) -> dict[int, tuple[Any, ...]]:
    numbers = sorted(records)
    details = {}
    for place in range(0, len(numbers), _MOST_AT_ONCE):
        some = ", ".join(map(str, numbers[place : place + _MOST_AT_ONCE]))
        details.update({row[0]: row[1:] for row in scope.rows(f"{_DETAILS}({some})")})
    return details


def _row(figure: str, case: Case, details: Mapping[int, tuple[Any, ...]]) -> tuple[Data, ...]:
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
