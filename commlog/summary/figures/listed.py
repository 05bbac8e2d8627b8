"""The conversations, issues and customers behind the older figures, one by one, judged as the figures count them."""

from collections.abc import Iterable, Mapping
from typing import Final

from commlog.summary.figures.follow_ups import DUE, FIRST_DONE, LAST_DONE, UNKNOWN, WorkingDayAges, pending_source
from commlog.summary.figures.issues import judge_turn, list_untouched, list_without_owner
from commlog.summary.figures.moods import list_moods
from commlog.summary.figures.problems import ISSUES_OF_PERIOD, answer_of, issue_scores, list_repeats
from commlog.summary.figures.recording import ANSWERS, CONTACTS, list_lags
from commlog.summary.figures.scope import INTERACTIONS_OF_PERIOD, RECORDS, CountSource, SummaryScope, list_states
from commlog.summary.figures.threads import FOLLOW_UPS_TURNED, ISSUES_TURNED
from commlog.summary.rules.figures import COMPLAINTS, LEFT_OUT, NO, STEPS, YES, FigureCase, Judgement
from commlog.summary.rules.summary import Group

_REACHED: Final[Mapping[Group, Judgement]] = {
    "outbound_reached": (YES, ""),
    "outbound_missed": (NO, ""),
    "outbound_unclear": (LEFT_OUT, "unclear"),
}


def cases_of_records(scope: SummaryScope) -> dict[str, list[FigureCase]]:
    """The conversations of the period, how they were recorded, answered and felt, and the problems told in them."""
    contacts = list_states(scope, CONTACTS)
    answers = [(record, state) for record, _, state in list_states(scope, ANSWERS)]
    scores = [(row[0], answer_of(row[3])) for row in issue_scores(scope)]
    moods = list_states(scope, CountSource(RECORDS, INTERACTIONS_OF_PERIOD, "r.mood", {}))
    categories = list_states(scope, CountSource(RECORDS, INTERACTIONS_OF_PERIOD, "r.category", {}))
    issues = list_states(scope, CountSource(RECORDS, ISSUES_OF_PERIOD, "r.category", {}))
    lags = list_lags(scope)
    return {
        "interactions": [
            FigureCase(record, *((LEFT_OUT, "without_start") if state == "undated" else (YES, "")))
            for record, _, state in contacts
        ],
        "reached": [FigureCase(record, *_REACHED[state]) for record, _, state in contacts if state in _REACHED],
        "recorded_in_time": [FigureCase(record, *_IN_TIME[state], value=lag) for record, state, lag in lags],
        "recording_lag": [
            FigureCase(record, YES, value=lag)
            if lag is not None
            else FigureCase(record, LEFT_OUT, "without_recorded_at")
            for record, _, lag in lags
        ],
        "satisfaction": _rated(answers, set(STEPS.values())),
        "satisfied": _rated(answers, {4, 5}),
        "dissatisfied": _rated(answers, {1, 2}),
        "satisfaction_answers": [
            FigureCase(case.record, case.counted, case.why) for case in _rated(answers, set(STEPS.values()))
        ],
        "low_scores": _rated([*answers, *scores], {1, 2}),
        "complaints": [
            FigureCase(record, YES if state in COMPLAINTS else NO, name=state or "") for record, _, state in categories
        ],
        "problems": [FigureCase(record, YES, name=state) for record, _, state in (*categories, *issues) if state],
        "repeat_contacts": list_repeats(scope),
        "moods": [
            FigureCase(record, YES, name=state) if state else FigureCase(record, LEFT_OUT, "without_mood")
            for record, _, state in moods
        ],
        "worsened_customers": list_moods(scope),
    }


def cases_of_flow(scope: SummaryScope) -> dict[str, list[FigureCase]]:
    """Issues opened and closed in the period, and what is left lying."""
    cases: dict[str, list[FigureCase]] = {"issues_opened": [], "issues_closed": [], "issues_net": []}
    for record, _, state in list_states(scope, ISSUES_TURNED):
        judgements = judge_turn(state)
        for name, figure in (("opened", "issues_opened"), ("finished", "issues_closed"), ("net", "issues_net")):
            if name in judgements:
                cases[figure].append(FigureCase(record, *judgements[name]))
    return cases | list_untouched(scope) | {"without_owner": list_without_owner(scope)}


_IN_TIME: Final[Mapping[str, Judgement]] = {
    "in_time": (YES, ""),
    "late": (NO, ""),
    "no_limit": (LEFT_OUT, "without_limit"),
    "unknown": (LEFT_OUT, "without_recorded_at"),
}


def _rated(answers: Iterable[tuple[int, Group]], steps: set[int]) -> list[FigureCase]:
    cases = []
    for record, answer in answers:
        step = STEPS.get(answer or "")
        if step is None:
            cases.append(FigureCase(record, LEFT_OUT, "not_rated" if answer == "not_rated" else "without_answer"))
        else:
            cases.append(FigureCase(record, YES if step in steps else NO, value=step, name=answer or ""))
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


def cases_of_follow_ups(scope: SummaryScope) -> dict[str, list[FigureCase]]:
    """What was due, done, opened and finished in the period, and what is pending."""
    cases: dict[str, list[FigureCase]] = {
        "follow_ups_on_time": [],
        "limit_kept": [],
        "breached": [],
        "first_resolution": [],
        "resolution": [],
    }
    for record, address, state in list_states(scope, DUE):
        verdict, why = _KEPT[state]
        cases["follow_ups_on_time"].append(FigureCase(record, *_ON_TIME[state], name=address or ""))
        cases["limit_kept"].append(FigureCase(record, verdict, why, name=address or ""))
        cases["breached"].append(FigureCase(record, _TURNED_ROUND[verdict], why, name=address or ""))
    for figure, source in (("first_resolution", FIRST_DONE), ("resolution", LAST_DONE)):
        for record, address, state in list_states(scope, source):
            seconds = UNKNOWN if state is None else int(state)
            judged: Judgement = (YES, "") if seconds != UNKNOWN else (LEFT_OUT, "opened_at_unknown_time")
            value = None if seconds == UNKNOWN else seconds
            cases[figure].append(FigureCase(record, *judged, value=value, name=address or ""))
    turned = [
        (record, judge_turn(state), address or "") for record, address, state in list_states(scope, FOLLOW_UPS_TURNED)
    ]
    for figure in ("opened", "finished", "net"):
        cases[f"follow_ups_{figure}"] = [
            FigureCase(record, *judgements[figure], name=address)
            for record, judgements, address in turned
            if figure in judgements
        ]
    return cases | _pending(scope)


def _pending(scope: SummaryScope) -> dict[str, list[FigureCase]]:
    listed = list_states(scope, pending_source(scope))
    ages = WorkingDayAges(scope, dict.fromkeys((state for _, _, state in listed), 1))
    overdue = [(record, address or "", state) for record, address, state in listed if state not in _STANDING]
    return {
        "pending": [FigureCase(record, YES, name=address or "") for record, address, _ in listed],
        "overdue": [
            FigureCase(record, *_STANDING.get(state, (YES, "")), name=address or "")
            for record, address, state in listed
        ],
        "overdue_age": [
            FigureCase(record, YES, value=ages.of(state), name=address) for record, address, state in overdue
        ],
    }
