"""Flow and issues: what was opened and finished, what nobody owns, what has no next step, and how issues were resolved."""

from collections.abc import Iterable
from typing import Any, Final

from commlog.output.listing import Listing
from commlog.summary.figures import scope as scopes
from commlog.summary.figures.conversations import dated_conversations_of
from commlog.summary.figures.follow_ups import count_turned
from commlog.summary.figures.threads import ISSUES_TURNED
from commlog.summary.rules.figures import NO, YES, FigureCase, measure_turns, share_of, valued_case
from commlog.summary.rules.summary import Measure, MeasureKey, PointedRecords, Reading

ISSUE_COLUMNS: Final = ("id", "subject", "owner", "priority", "status", "day", "path")
COMMITMENT_COLUMNS: Final = ("id", "subject", "agent", "day", "commitments", "followups", "path")
_OPEN_NOW: Final = "r.kind = 'issue' AND coalesce(r.status, 'open') <> 'closed'"
_OPEN_THEN: Final = (
    "r.kind = 'issue' AND r.day < '{after}' AND (coalesce(r.status, 'open') <> 'closed' OR r.closed_at >= {at})"
)
_DEPARTMENT: Final = "field((SELECT content FROM contents c WHERE c.record = r.record), 'department')"
FOLLOW_UP_FIGURES: Final = ("follow_ups_opened", "follow_ups_finished", "follow_ups_net")
ISSUE_FIGURES: Final = ("issues_opened", "issues_closed", "issues_net")
_ISSUES: Final = f"""
WITH issues AS (SELECT r.record, r.id FROM records r WHERE {{issues}}),
near AS (
    SELECT record AS issue, record FROM issues
    UNION SELECT i.record, q.record FROM issues i JOIN links l ON l.record = i.record JOIN records q ON q.id = l.target
    UNION SELECT i.record, l.record FROM issues i JOIN links l ON l.target = i.id
)
SELECT r.id, r.subject, coalesce(r.owner, {_DEPARTMENT}), r.priority, r.status, r.day, r.path, r.record,
       r.record IN (SELECT near.issue FROM near JOIN follow_ups f ON f.record = near.record WHERE {{pending}})
FROM records r WHERE r.record IN (SELECT record FROM issues) ORDER BY r.day, r.id
"""
_PROMISES: Final = """
SELECT r.id, r.subject, r.agent, r.day, r.commitments, (SELECT count(*) FROM follow_ups f WHERE f.record = r.record), r.path, r.record
FROM records r
"""
_BY_DAY: Final = "ORDER BY r.day, r.id"
_COMMITMENTS: Final = f"{_PROMISES} WHERE {scopes.INTERACTIONS_OF_PERIOD} AND r.commitments > 0 {_BY_DAY}"
_FOLLOW_UPS_OF: Final = "SELECT record, count(*) FROM follow_ups WHERE record IN ({numbers}) GROUP BY record"


def measure_flow(scope: scopes.SummaryScope, pending: Reading) -> tuple[Reading, tuple[PointedRecords, ...]]:
    """What came and what went, and what is left lying: without owner, next step or follow-up; `pending` are the pending follow-ups."""
    issues = _open_issues(scope)
    idle = [row[:-2] for row in issues if not row[-1]]
    promises, loose = _count_promises(scope)
    reading = {
        **measure_turns(FOLLOW_UP_FIGURES, count_turned(scope), scope.by),
        **measure_turns(ISSUE_FIGURES, scopes.count_states(scope, ISSUES_TURNED), scope.by),
        MeasureKey("without_owner"): _measure_without_owner(pending, issues),
        MeasureKey("issues_without_next_action"): share_of(len(idle), len(issues)),
        MeasureKey("commitments_without_follow_up"): share_of(sum(loose.values()), promises),
    }
    return reading, (
        scope.point_at("issues_without_next_action", Listing(ISSUE_COLUMNS, tuple(idle), ISSUE_COLUMNS[:-1], "id")),
        PointedRecords(
            "commitments_without_follow_up",
            _list_loose(scope, loose),
            max(0, len(loose) - scope.limit) if scope.limit >= 0 else 0,
        ),
    )


def list_untouched(scope: scopes.SummaryScope) -> dict[str, list[FigureCase]]:
    """Open issues by whether somebody goes on with them, and each promise of ours by whether it has a follow-up."""
    promises = [
        FigureCase(row[-1], NO if number < row[5] else YES)
        for row in scope.rows(_COMMITMENTS)
        for number in range(row[4])
    ]
    issues = [FigureCase(row[-2], NO if row[-1] else YES) for row in _open_issues(scope)]
    return {"issues_without_next_action": issues, "commitments_without_follow_up": promises}


def list_without_owner(scope: scopes.SummaryScope) -> list[FigureCase]:
    """Pending follow-ups and open issues by whether they are anybody's."""
    follow_ups = scopes.list_states(scope, scopes.CountSource(scopes.FOLLOW_UPS, scope.pending, "f.owner", {}))
    issues = [(row[-2], None, row[2]) for row in _open_issues(scope)]
    return [
        FigureCase(record, NO if owner else YES, name=address or "")
        for record, address, owner in (*follow_ups, *issues)
    ]


def _measure_without_owner(pending: Reading, issues: list[tuple[Any, ...]]) -> Measure:
    """Pending follow-ups and open issues that are nobody's; an issue may be a department's."""
    orphan = pending.get(MeasureKey("pending", "owner", None))
    orphans = (orphan.numerator if orphan else 0) + sum(1 for issue in issues if not issue[2])
    return share_of(orphans, pending[MeasureKey("pending")].numerator + len(issues))


def _open_issues(scope: scopes.SummaryScope) -> list[tuple[Any, ...]]:
    """Issues open at the scope's instant; the last value says whether it, or a record linked with it, has a pending follow-up."""
    condition = _OPEN_THEN if scope.is_past else _OPEN_NOW
    return scope.rows(_ISSUES.replace("{issues}", condition).replace("{pending}", scope.pending))


def _count_promises(scope: scopes.SummaryScope) -> tuple[int, dict[int, int]]:
    """How much was promised in the period, and the records with fewer follow-ups than promises: how many fewer."""
    walked = dated_conversations_of(scope).rows("record", "commitments")
    promised = {record: number for record, number in walked if number > 0}
    follow_ups = dict(scope.rows_of(_FOLLOW_UPS_OF, promised))
    left = ((record, number - follow_ups.get(record, 0)) for record, number in promised.items())
    return sum(promised.values()), {record: number for record, number in left if number > 0}


def _list_loose(scope: scopes.SummaryScope, loose: Iterable[int]) -> Listing:
    """The conversations of which somebody promised more than is followed up, the earliest first."""
    condition = f"r.record IN ({', '.join(map(str, loose))})"
    rows = scope.rows(f"{_PROMISES} WHERE {condition} {_BY_DAY} LIMIT {scope.limit}") if scope.limit else []
    return Listing(COMMITMENT_COLUMNS, tuple(row[:-1] for row in rows), COMMITMENT_COLUMNS[:-1], "id")


_ROUNDS: Final = """
SELECT record, resolved_at, working_seconds, closed_at, reopened_at, confirmation
FROM issue_rounds ORDER BY record, round
"""
_CONFIRMED: Final = "satisfied"

_Rounds = dict[int, list[tuple[Any, ...]]]


def cases_of_issues(scope: scopes.SummaryScope) -> dict[str, list[FigureCase]]:
    """Working seconds to the first and the final resolution of issues; of those closed in the period, what came back and what was confirmed."""
    rounds = _rounds_of(scope)
    firsts, finals, closed, confirmed = [], [], [], []
    now = scope.workspace.now.timestamp()
    for record, told in rounds.items():
        resolved = [one for one in told if one[0] is not None]
        if resolved and _is_within(scope, resolved[0][0]):
            firsts.append(valued_case(record, resolved[0][1], "opened_at_unknown_time"))
        if resolved and told[-1][3] is None and _is_within(scope, resolved[-1][0]):
            finals.append(valued_case(record, resolved[-1][1], "opened_at_unknown_time"))
        closings = _closings(scope, told)
        if closings:
            came_back = any(one[3] is not None and one[3] <= now for one in closings)
            closed.append(FigureCase(record, YES if came_back else NO))
            # Of an issue closed twice in the period, the later closing counts.
            result = closings[-1][4]
            why = "" if result == _CONFIRMED else f"confirmation_{result}" if result in _OTHERS else ""
            confirmed.append(FigureCase(record, YES if result == _CONFIRMED else NO, why))
    return {
        "issue_first_resolution": firsts,
        "issue_resolution": finals,
        "reopened": closed,
        "confirmed_closing": confirmed,
    }


def closed_issues(scope: scopes.SummaryScope) -> list[int]:
    """The records of the issues closed in the period, whether or not they were opened again."""
    return [record for record, told in _rounds_of(scope).items() if _closings(scope, told)]


def _rounds_of(scope: scopes.SummaryScope) -> _Rounds:
    return scope.once("issue_rounds", lambda: _read_rounds(scope))


_OTHERS: Final = frozenset({"needs_improvement", "no_answer"})


def _read_rounds(scope: scopes.SummaryScope) -> _Rounds:
    rounds: _Rounds = {}
    for record, *one in scope.rows(_ROUNDS):
        rounds.setdefault(record, []).append(tuple(one))
    return rounds


def _closings(scope: scopes.SummaryScope, told: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [one for one in told if one[2] is not None and _is_within(scope, one[2])]


def _is_within(scope: scopes.SummaryScope, at: int) -> bool:
    return scope.period.start.timestamp() <= at < scope.period.end.timestamp()
