"""The conversations, issues and customers behind the older figures, one by one, judged as the figures count them."""

from collections.abc import Iterable, Mapping
from typing import Final

from commlog.summary.figures.issues import judge_turn, list_left_lying, list_without_owner
from commlog.summary.figures.problems import ISSUES_OF_PERIOD, list_repeats
from commlog.summary.figures.recording import list_lags
from commlog.summary.figures.scope import INTERACTIONS_OF_PERIOD, RECORDS, Scope, Source, list_states
from commlog.summary.figures.services_summarize_interactions import ANSWERS, CONTACTS
from commlog.summary.figures.services_summarize_moods import list_moods
from commlog.summary.figures.services_summarize_turns import ISSUES_TURNED
from commlog.summary.figures.services_summarize_weak_spots import answer_of, issue_scores
from commlog.summary.rules.figures import COMPLAINTS, STEPS
from commlog.summary.rules.model_summary_cases import LEFT_OUT, NO, YES, Case, Judgement
from commlog.summary.rules.summary import Group

_REACHED: Final[Mapping[Group, Judgement]] = {
    "outbound_reached": (YES, ""),
    "outbound_missed": (NO, ""),
    "outbound_unclear": (LEFT_OUT, "unclear"),
}


def cases_of_records(scope: Scope) -> dict[str, list[Case]]:
    """The conversations of the period, how they were recorded, answered and felt, and the problems told in them."""
    contacts = list_states(scope, CONTACTS)
    answers = [(record, state) for record, _, state in list_states(scope, ANSWERS)]
    scores = [(row[0], answer_of(row[3])) for row in issue_scores(scope)]
    moods = list_states(scope, Source(RECORDS, INTERACTIONS_OF_PERIOD, "r.mood", {}))
    categories = list_states(scope, Source(RECORDS, INTERACTIONS_OF_PERIOD, "r.category", {}))
    issues = list_states(scope, Source(RECORDS, ISSUES_OF_PERIOD, "r.category", {}))
    lags = list_lags(scope)
    return {
        "interactions": [
            Case(record, *((LEFT_OUT, "without_start") if state == "undated" else (YES, "")))
            for record, _, state in contacts
        ],
        "reached": [Case(record, *_REACHED[state]) for record, _, state in contacts if state in _REACHED],
        "recorded_in_time": [Case(record, *_IN_TIME[state], value=lag) for record, state, lag in lags],
        "recording_lag": [
            Case(record, YES, value=lag) if lag is not None else Case(record, LEFT_OUT, "without_recorded_at")
            for record, _, lag in lags
        ],
        "satisfaction": _rated(answers, set(STEPS.values())),
        "satisfied": _rated(answers, {4, 5}),
        "dissatisfied": _rated(answers, {1, 2}),
        "satisfaction_answers": [
            Case(case.record, case.counted, case.why) for case in _rated(answers, set(STEPS.values()))
        ],
        "low_scores": _rated([*answers, *scores], {1, 2}),
        "complaints": [
            Case(record, YES if state in COMPLAINTS else NO, name=state or "") for record, _, state in categories
        ],
        "problems": [Case(record, YES, name=state) for record, _, state in (*categories, *issues) if state],
        "repeat_contacts": list_repeats(scope),
        "moods": [
            Case(record, YES, name=state) if state else Case(record, LEFT_OUT, "without_mood")
            for record, _, state in moods
        ],
        "worsened_customers": list_moods(scope),
    }


def cases_of_flow(scope: Scope) -> dict[str, list[Case]]:
    """Issues opened and closed in the period, and what is left lying."""
    cases: dict[str, list[Case]] = {"issues_opened": [], "issues_closed": [], "issues_net": []}
    for record, _, state in list_states(scope, ISSUES_TURNED):
        judgements = judge_turn(state)
        for name, figure in (("opened", "issues_opened"), ("finished", "issues_closed"), ("net", "issues_net")):
            if name in judgements:
                cases[figure].append(Case(record, *judgements[name]))
    return cases | list_left_lying(scope) | {"without_owner": list_without_owner(scope)}


_IN_TIME: Final[Mapping[str, Judgement]] = {
    "in_time": (YES, ""),
    "late": (NO, ""),
    "no_limit": (LEFT_OUT, "without_limit"),
    "unknown": (LEFT_OUT, "without_recorded_at"),
}


def _rated(answers: Iterable[tuple[int, Group]], steps: set[int]) -> list[Case]:
    cases = []
    for record, answer in answers:
        step = STEPS.get(answer or "")
        if step is None:
            cases.append(Case(record, LEFT_OUT, "not_rated" if answer == "not_rated" else "without_answer"))
        else:
            cases.append(Case(record, YES if step in steps else NO, value=step, name=answer or ""))
    return cases
