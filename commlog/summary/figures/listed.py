"""The conversations, issues and customers behind the older figures, one by one, judged as the figures count them."""

from collections.abc import Iterable, Mapping
from typing import Final

from commlog.summary.figures.follow_ups import DUE, FIRST_DONE, LAST_DONE, UNKNOWN, Ages, standing_at
from commlog.summary.figures.issues import judge_turn, list_left_lying, list_without_owner
from commlog.summary.figures.moods import list_moods
from commlog.summary.figures.problems import ISSUES_OF_PERIOD, answer_of, issue_scores, list_repeats
from commlog.summary.figures.recording import ANSWERS, CONTACTS, list_lags
from commlog.summary.figures.scope import INTERACTIONS_OF_PERIOD, RECORDS, Scope, Source, list_states
from commlog.summary.figures.threads import FOLLOW_UPS_TURNED, ISSUES_TURNED
from commlog.summary.rules.figures import COMPLAINTS, LEFT_OUT, NO, STEPS, YES, Case, Judgement
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


_CANCELLED: Final[Judgement] = (LEFT_OUT, "cancelled")
_UNTOLD: Final[Judgement] = (LEFT_OUT, "finished_at_unknown_time")
_ON_TIME: Final[Mapping[Group, Judgement]] = {
    "cancelled": _CANCELLED,
    "unknown": _UNTOLD,
    "on_time": (YES, ""),
    "late": (NO, ""),
    "breached": (NO, ""),
    "not_due": (NO, "not_yet_due"),
    "paused": (NO, "awaiting_customer"),
}
_KEPT: Final[Mapping[Group, Judgement]] = {
    **_ON_TIME,
    "not_due": (LEFT_OUT, "not_yet_due"),
    "paused": (LEFT_OUT, "awaiting_customer"),
}
_TURNED_ROUND: Final = {YES: NO, NO: YES, LEFT_OUT: LEFT_OUT}
_STANDING: Final[Mapping[Group, Judgement]] = {
    "paused": (NO, "awaiting_customer"),
    "no_due": (NO, "without_due"),
    "running": (NO, ""),
}


def cases_of_follow_ups(scope: Scope) -> dict[str, list[Case]]:
    """What was due, done, opened and finished in the period, and what is pending."""
    cases: dict[str, list[Case]] = {
        "follow_ups_on_time": [],
        "limit_kept": [],
        "breached": [],
        "first_resolution": [],
        "resolution": [],
    }
    for record, address, state in list_states(scope, DUE):
        verdict, why = _KEPT[state]
        cases["follow_ups_on_time"].append(Case(record, *_ON_TIME[state], name=address or ""))
        cases["limit_kept"].append(Case(record, verdict, why, name=address or ""))
        cases["breached"].append(Case(record, _TURNED_ROUND[verdict], why, name=address or ""))
    for figure, source in (("first_resolution", FIRST_DONE), ("resolution", LAST_DONE)):
        for record, address, state in list_states(scope, source):
            seconds = UNKNOWN if state is None else int(state)
            judged: Judgement = (YES, "") if seconds != UNKNOWN else (LEFT_OUT, "opened_at_unknown_time")
            value = None if seconds == UNKNOWN else seconds
            cases[figure].append(Case(record, *judged, value=value, name=address or ""))
    turned = [
        (record, judge_turn(state), address or "") for record, address, state in list_states(scope, FOLLOW_UPS_TURNED)
    ]
    for figure in ("opened", "finished", "net"):
        cases[f"follow_ups_{figure}"] = [
            Case(record, *judgements[figure], name=address)
            for record, judgements, address in turned
            if figure in judgements
        ]
    return cases | _pending(scope)


def _pending(scope: Scope) -> dict[str, list[Case]]:
    listed = list_states(scope, standing_at(scope))
    ages = Ages(scope, dict.fromkeys((state for _, _, state in listed), 1))
    overdue = [(record, address or "", state) for record, address, state in listed if state not in _STANDING]
    return {
        "pending": [Case(record, YES, name=address or "") for record, address, _ in listed],
        "overdue": [
            Case(record, *_STANDING.get(state, (YES, "")), name=address or "") for record, address, state in listed
        ],
        "overdue_age": [Case(record, YES, value=ages.of(state), name=address) for record, address, state in overdue],
    }
