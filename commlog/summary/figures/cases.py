"""The cases behind the figures, one by one: found, judged as the figures count them, measured and grouped."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from commlog.summary.figures import issues, threads
from commlog.summary.figures import scope as scopes
from commlog.summary.figures.care import cases_of_care, cases_of_silence
from commlog.summary.figures.follow_ups import DUE, FIRST_DONE, LAST_DONE, UNKNOWN, WorkingDayAges, pending_source
from commlog.summary.figures.moods import cases_of_surveys, list_moods
from commlog.summary.figures.problems import ISSUES_OF_PERIOD, answer_of, issue_scores, list_repeats
from commlog.summary.figures.recording import ANSWERS, CONTACTS, list_lags
from commlog.summary.rules import figures as rules
from commlog.summary.rules.summary import Group, Measure, MeasureKey, Reading

Cases = dict[str, list[rules.FigureCase]]
# All others are shares.
_MEASURES: Final[Mapping[str, Callable[[Sequence[rules.FigureCase]], Measure]]] = {
    "first_response": rules.measure_worked,
    "unanswered_age": rules.measure_worked,
    "issue_first_resolution": rules.measure_worked,
    "issue_resolution": rules.measure_worked,
    "customer_scores": rules.measure_mean,
    "staff_scores": rules.measure_mean,
}
# Dimensions that are no column of the index: the case itself names its group.
_OWN: Final = frozenset({"score", "care"})


def measure_all_cases(scope: scopes.SummaryScope) -> Reading:
    """Every figure that is measured by its cases, with the groups of its dimensions and of `scope.by`."""
    reading: Reading = {}
    for find in _MEASURED:
        for figure, cases in find(scope).items():
            reading |= _measure(scope, figure, cases)
    return reading


def _measure(scope: scopes.SummaryScope, figure: str, cases: Sequence[rules.FigureCase]) -> Reading:
    """A figure of all its cases, and of each group of its dimensions; a case may be in several groups."""
    measure = _MEASURES.get(figure, rules.measure_share)
    reading: Reading = {MeasureKey(figure): measure(cases)}
    columns = scope.columns_of(scopes.OF_RECORDS)
    for dimension in dict.fromkeys((*rules.FIGURES[figure].dimensions, scope.by)):
        if not cases or dimension not in columns.keys() | _OWN:
            continue
        known = {} if dimension in _OWN else _groups_of(scope, dimension, columns[dimension], cases)
        grouped: dict[Group, list[rules.FigureCase]] = {}
        for case in cases:
            for group in known.get(case.record, (case.group,)):
                grouped.setdefault(group, []).append(case)
        reading |= {MeasureKey(figure, dimension, group): measure(some) for group, some in grouped.items()}
    return reading


def _groups_of(
    scope: scopes.SummaryScope, dimension: str, expression: str, cases: Iterable[rules.FigureCase]
) -> dict[int, list[Group]]:
    """The groups of each record; several only by tag."""
    tags = "LEFT JOIN tags t ON t.record = r.record" if dimension == scopes.TAG else ""
    # Constants of this package only.
    sql = f"SELECT r.record, {expression} FROM records r {tags} WHERE r.record IN ({{numbers}})"
    found: dict[int, list[Group]] = {}
    for record, group in scope.rows_of(sql, {case.record for case in cases}):
        found.setdefault(record, []).append(group)
    return found


def cases_behind(scope: scopes.SummaryScope, figures: Iterable[str]) -> Cases:
    """The cases of some figures."""
    wanted = list(figures)
    found: Cases = {}
    for find in (cases_of_follow_ups, cases_of_records, cases_of_flow, *_MEASURED):
        if any(figure not in found for figure in wanted):
            found.update(find(scope))
    return {figure: found[figure] for figure in wanted}


def cases_of_records(scope: scopes.SummaryScope) -> Cases:
    """The conversations of the period, how they were recorded, answered and felt, and the problems told in them."""
    contacts = scopes.list_states(scope, CONTACTS)
    answers = [(record, state) for record, _, state in scopes.list_states(scope, ANSWERS)]
    scores = [(row[0], answer_of(row[3])) for row in issue_scores(scope)]
    moods = scopes.list_states(scope, scopes.CountSource(scopes.RECORDS, scopes.INTERACTIONS_OF_PERIOD, "r.mood", {}))
    categories = scopes.list_states(
        scope, scopes.CountSource(scopes.RECORDS, scopes.INTERACTIONS_OF_PERIOD, "r.category", {})
    )
    states = scopes.list_states(scope, scopes.CountSource(scopes.RECORDS, ISSUES_OF_PERIOD, "r.category", {}))
    lags = list_lags(scope)
    return {
        "interactions": [
            rules.FigureCase(record, *((rules.LEFT_OUT, "without_start") if state == "undated" else (rules.YES, "")))
            for record, _, state in contacts
        ],
        "reached": [
            rules.case_of("reached", record, state)
            for record, _, state in contacts
            if state and state.startswith("outbound_")
        ],
        "recorded_in_time": [
            rules.case_of("recorded_in_time", record, state, value=lag) for record, state, lag in lags
        ],
        "recording_lag": [rules.valued_case(record, lag, "without_recorded_at") for record, _, lag in lags],
        **{figure: _rated(figure, answers) for figure in ("satisfaction", "satisfied", "dissatisfied")},
        "satisfaction_answers": [rules.case_of("satisfaction", record, answer) for record, answer in answers],
        "low_scores": _rated("low_scores", [*answers, *scores]),
        "complaints": [rules.case_of("complaints", record, state, name=state or "") for record, _, state in categories],
        "problems": [
            rules.FigureCase(record, rules.YES, name=state) for record, _, state in (*categories, *states) if state
        ],
        "repeat_contacts": list_repeats(scope),
        "moods": [
            rules.FigureCase(record, rules.YES, name=state)
            if state
            else rules.FigureCase(record, rules.LEFT_OUT, "without_mood")
            for record, _, state in moods
        ],
        "worsened_customers": list_moods(scope),
    }


def cases_of_flow(scope: scopes.SummaryScope) -> Cases:
    """Issues opened and closed in the period, and what is left lying."""
    turned = cases_of_turns(issues.ISSUE_FIGURES, scopes.list_states(scope, threads.ISSUES_TURNED))
    return turned | issues.list_untouched(scope) | {"without_owner": issues.list_without_owner(scope)}


def cases_of_turns(figures: Sequence[str], turned: Sequence[tuple[int, str | None, str | None]]) -> Cases:
    """What was opened, what was finished, and both, one by one."""
    return {
        figure: [
            rules.FigureCase(record, *turns[state], name=address or "")
            for record, address, state in turned
            if state in turns
        ]
        for figure, turns in zip(figures, rules.TURNS, strict=True)
    }


def _rated(figure: str, answers: Iterable[tuple[int, Group]]) -> list[rules.FigureCase]:
    return [
        rules.case_of(figure, record, answer, value=rules.STEPS[answer or ""], name=answer or "")
        if answer in rules.STEPS
        else rules.case_of(figure, record, answer)
        for record, answer in answers
    ]


def cases_of_follow_ups(scope: scopes.SummaryScope) -> Cases:
    """What was due, done, opened and finished in the period, and what is pending."""
    due = [(record, address or "", state) for record, address, state in scopes.list_states(scope, DUE)]
    return {
        **{
            figure: [rules.case_of(figure, record, state, name=address) for record, address, state in due]
            for figure in ("follow_ups_on_time", "limit_kept", "breached")
        },
        "first_resolution": _resolutions(scope, FIRST_DONE),
        "resolution": _resolutions(scope, LAST_DONE),
        **cases_of_turns(issues.FOLLOW_UP_FIGURES, scopes.list_states(scope, threads.FOLLOW_UPS_TURNED)),
        **_pending(scope),
    }


def _resolutions(scope: scopes.SummaryScope, source: scopes.CountSource) -> list[rules.FigureCase]:
    found = (
        (record, UNKNOWN if state is None else int(state), address or "")
        for record, address, state in scopes.list_states(scope, source)
    )
    return [
        rules.valued_case(record, None if seconds == UNKNOWN else seconds, "opened_at_unknown_time", address)
        for record, seconds, address in found
    ]


def _pending(scope: scopes.SummaryScope) -> Cases:
    listed = [
        (record, address or "", state) for record, address, state in scopes.list_states(scope, pending_source(scope))
    ]
    ages = WorkingDayAges(scope, dict.fromkeys((state for _, _, state in listed), 1))
    overdue = [rules.case_of("overdue", record, state, name=address) for record, address, state in listed]
    return {
        "pending": [rules.FigureCase(record, rules.YES, name=address) for record, address, _ in listed],
        "overdue": overdue,
        "overdue_age": [
            rules.FigureCase(record, rules.YES, value=ages.of(state), name=address)
            for (record, address, state), case in zip(listed, overdue, strict=True)
            if case.counted == rules.YES
        ],
    }


_MEASURED: Final[Sequence[Callable[[scopes.SummaryScope], Cases]]] = (
    threads.cases_of_responses,
    issues.cases_of_issues,
    threads.cases_of_first_contacts,
    cases_of_surveys,
    cases_of_care,
    cases_of_silence,
)
