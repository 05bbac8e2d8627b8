"""The figures made of cases looked at one by one: who finds them, how they are measured, what they are grouped by."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from commlog.summary.figures.care import cases_of_care, cases_of_silence
from commlog.summary.figures.dimensions import OF_RECORDS, TAG
from commlog.summary.figures.issues import cases_of_issues
from commlog.summary.figures.moods import cases_of_surveys
from commlog.summary.figures.scope import SummaryScope
from commlog.summary.figures.threads import cases_of_first_contacts, cases_of_responses
from commlog.summary.rules.figures import (
    FIGURES,
    FigureCase,
    measure_cases,
    measure_mean,
    measure_share,
    measure_spread,
)
from commlog.summary.rules.summary import Group, Measure, Reading

FINDERS: Final[tuple[Callable[[SummaryScope], dict[str, list[FigureCase]]], ...]] = (
    cases_of_responses,
    cases_of_issues,
    cases_of_first_contacts,
    cases_of_surveys,
    cases_of_care,
    cases_of_silence,
)
_WORKED: Final = measure_spread("working_seconds")
# All others are shares.
_MEASURES: Final[Mapping[str, Callable[[Iterable[FigureCase]], Measure]]] = {
    "first_response": _WORKED,
    "unanswered_age": _WORKED,
    "issue_first_resolution": _WORKED,
    "issue_resolution": _WORKED,
    "customer_scores": measure_mean,
    "staff_scores": measure_mean,
}
# Dimensions that are no column of the copy: the case itself names its group.
_OWN: Final = frozenset({"score", "care"})
_MOST_AT_ONCE: Final = 10_000


def measure_all_cases(scope: SummaryScope) -> Reading:
    """Every figure that is made of cases, with the groups of its dimensions and of `scope.by`."""
    reading: Reading = {}
    for find in FINDERS:
        for figure, cases in find(scope).items():
            measure = _MEASURES.get(figure, measure_share)
            reading |= measure_cases(figure, cases, measure, _groups(scope, figure, cases))
    return reading


def _groups(
    scope: SummaryScope, figure: str, cases: Sequence[FigureCase]
) -> Mapping[str, Callable[[FigureCase], Iterable[Group]]]:
    groups: dict[str, Callable[[FigureCase], Iterable[Group]]] = {}
    columns = scope.columns_of(OF_RECORDS)
    for dimension in dict.fromkeys((*FIGURES[figure].dimensions, scope.by)):
        if dimension in _OWN:
            groups[dimension] = lambda case: (case.group,)
        elif dimension in columns and cases:
            found = groups_of(scope, dimension, columns[dimension], {case.record for case in cases})
            groups[dimension] = lambda case, found=found: found.get(case.record, (None,))  # type: ignore[misc]
    return groups


def groups_of(scope: SummaryScope, dimension: str, expression: str, records: Iterable[int]) -> dict[int, list[Group]]:
    """The groups each of some records stands in; several only by tag."""
    tags = "LEFT JOIN tags t ON t.record = r.record" if dimension == TAG else ""
    numbers = sorted(records)
    found: dict[int, list[Group]] = {}
    for place in range(0, len(numbers), _MOST_AT_ONCE):
        some = ", ".join(map(str, numbers[place : place + _MOST_AT_ONCE]))
        # Constants of this package and numbers only.
        for record, group in scope.rows(
            f"SELECT r.record, {expression} FROM records r {tags} WHERE r.record IN ({some})"
        ):
            found.setdefault(record, []).append(group)
    return found
