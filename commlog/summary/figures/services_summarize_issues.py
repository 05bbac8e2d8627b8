"""Issues: how long they took, which came back after they were closed, and whose closing the customer confirmed."""

from typing import Any, Final

from commlog.summary.figures.scope import Scope
from commlog.summary.rules.model_summary_cases import LEFT_OUT, NO, YES, Case

_ROUNDS: Final = """
SELECT record, resolved_at, working_seconds, closed_at, reopened_at, confirmation
FROM issue_rounds ORDER BY record, round
"""
_CONFIRMED: Final = "satisfied"

_Rounds = dict[int, list[tuple[Any, ...]]]


def cases_of_issues(scope: Scope) -> dict[str, list[Case]]:
    """Working seconds to the first and the final resolution of issues; of those closed in the period, what came back and what was confirmed."""
    rounds = _rounds_of(scope)
    firsts, finals, closed, confirmed = [], [], [], []
    now = scope.workspace.now.timestamp()
    for record, told in rounds.items():
        resolved = [one for one in told if one[0] is not None]
        if resolved and _is_within(scope, resolved[0][0]):
            firsts.append(_resolution(record, resolved[0][1]))
        if resolved and told[-1][3] is None and _is_within(scope, resolved[-1][0]):
            finals.append(_resolution(record, resolved[-1][1]))
        closings = _closings(scope, told)
        if closings:
            came_back = any(one[3] is not None and one[3] <= now for one in closings)
            closed.append(Case(record, YES if came_back else NO))
            # Of an issue closed twice in the period, the later closing counts.
            result = closings[-1][4]
            why = "" if result == _CONFIRMED else f"confirmation_{result}" if result in _OTHERS else ""
            confirmed.append(Case(record, YES if result == _CONFIRMED else NO, why))
    return {
        "issue_first_resolution": firsts,
        "issue_resolution": finals,
        "reopened": closed,
        "confirmed_closing": confirmed,
    }


def closed_issues(scope: Scope) -> list[int]:
    """The records of the issues closed in the period, whether or not they were opened again."""
    return [record for record, told in _rounds_of(scope).items() if _closings(scope, told)]


def _rounds_of(scope: Scope) -> _Rounds:
    return scope.once("issue_rounds", lambda: _read_rounds(scope))


_OTHERS: Final = frozenset({"needs_improvement", "no_answer"})


def _read_rounds(scope: Scope) -> _Rounds:
    rounds: _Rounds = {}
    for record, *one in scope.rows(_ROUNDS):
        rounds.setdefault(record, []).append(tuple(one))
    return rounds


def _closings(scope: Scope, told: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [one for one in told if one[2] is not None and _is_within(scope, one[2])]


def _resolution(record: int, seconds: int | None) -> Case:
    return Case(record, LEFT_OUT, "opened_at_unknown_time") if seconds is None else Case(record, YES, value=seconds)


def _is_within(scope: Scope, at: int) -> bool:
    return scope.period.start.timestamp() <= at < scope.period.end.timestamp()
