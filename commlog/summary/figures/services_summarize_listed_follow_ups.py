"""The follow-ups behind the figures about them, one by one, judged as the figures count them."""

from collections.abc import Mapping
from typing import Final

from commlog.summary.figures.follow_ups import DUE, FIRST_DONE, LAST_DONE, UNKNOWN, Ages, standing_at
from commlog.summary.figures.issues import judge_turn
from commlog.summary.figures.scope import Scope, list_states
from commlog.summary.figures.services_summarize_turns import FOLLOW_UPS_TURNED
from commlog.summary.rules.model_summary_cases import LEFT_OUT, NO, YES, Case, Judgement
from commlog.summary.rules.summary import Group

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
