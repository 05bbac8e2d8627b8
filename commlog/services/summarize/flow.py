"""Flow: what was opened and finished, what nobody owns, and what has no next step."""

from collections.abc import Mapping
from typing import Any, Final

from commlog.model.listing import Listing
from commlog.model.summary import Attention, Key, Measure, Reading
from commlog.model.summary_cases import LEFT_OUT, NO, YES, Case, Verdict
from commlog.model.summary_figures import Counts, States, count_of, share_of
from commlog.query.select import FINISHED
from commlog.services.summarize.dimensions import OF_FOLLOW_UPS, OF_ISSUES
from commlog.services.summarize.scope import (
    FOLLOW_UPS,
    INTERACTIONS_OF_PERIOD,
    OPENED,
    RECORDS,
    Scope,
    Source,
    count_states,
    list_states,
)

ISSUE_COLUMNS: Final = ("id", "subject", "owner", "priority", "status", "day", "path")
COMMITMENT_COLUMNS: Final = ("id", "subject", "agent", "day", "commitments", "followups", "path")
# What happened in the period: it came, it went, both, neither, or it went at a time nobody knows.
_TURN: Final = """
CASE WHEN {untold} THEN 'untold'
     WHEN {came} THEN CASE WHEN {went} THEN 'both' ELSE 'came' END
     WHEN {went} THEN 'went' END
"""
_FOLLOW_UP_TURN: Final = _TURN.format(
    untold=f"f.is_pending = 0 AND {FINISHED} IS NULL",
    came=f"{OPENED} BETWEEN {{start}} AND {{end}} - 1",
    went=f"f.is_pending = 0 AND {FINISHED} BETWEEN {{start}} AND {{end}} - 1",
)
# Cheap to ask, and true of every follow-up that turned in the period or at a time nobody knows.
_MAY_HAVE_TURNED: Final = (
    "(f.opened_at >= {start} OR f.opened_at IS NULL OR f.done_at >= {start} OR f.closed_at >= {start}"
    f" OR (f.is_pending = 0 AND {FINISHED} IS NULL))"
)
_ISSUE_TURN: Final = _TURN.format(
    untold="r.status = 'closed' AND r.closed_at IS NULL",
    came="r.day >= '{first}' AND r.day < '{after}'",
    went="r.closed_at >= {start} AND r.closed_at < {end}",
)
FOLLOW_UPS_TURNED: Final = Source(FOLLOW_UPS, _MAY_HAVE_TURNED, _FOLLOW_UP_TURN, OF_FOLLOW_UPS)
ISSUES_TURNED: Final = Source(RECORDS, "r.kind = 'issue'", _ISSUE_TURN, OF_ISSUES)
_OPEN_NOW: Final = "r.kind = 'issue' AND coalesce(r.status, 'open') <> 'closed'"
_OPEN_THEN: Final = (
    "r.kind = 'issue' AND r.day < '{after}' AND (coalesce(r.status, 'open') <> 'closed' OR r.closed_at >= {at})"
)
_DEPARTMENT: Final = "field((SELECT content FROM contents c WHERE c.record = r.record), 'department')"
_FOLLOW_UP_FIGURES: Final = ("follow_ups_opened", "follow_ups_finished", "follow_ups_net")
_ISSUE_FIGURES: Final = ("issues_opened", "issues_closed", "issues_net")
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
_COMMITMENTS: Final = f"""
SELECT r.id, r.subject, r.agent, r.day, r.commitments, (SELECT count(*) FROM follow_ups f WHERE f.record = r.record), r.path, r.record
FROM records r WHERE {INTERACTIONS_OF_PERIOD} AND r.commitments > 0 ORDER BY r.day, r.id
"""


def measure_flow(scope: Scope, pending: Reading) -> tuple[Reading, tuple[Attention, ...]]:
    """What came and what went, and what is left lying: without owner, next step or follow-up; `pending` are the pending follow-ups."""
    issues = _open_issues(scope)
    idle = [row[:-2] for row in issues if not row[-1]]
    promises = scope.rows(_COMMITMENTS)
    loose = [row[:-1] for row in promises if row[4] > row[5]]
    reading = {
        **_measure_follow_ups(scope),
        **_measure_issues(scope),
        Key("without_owner"): _measure_without_owner(pending, issues),
        Key("issues_without_next_action"): share_of(len(idle), len(issues)),
        Key("commitments_without_follow_up"): share_of(
            sum(row[4] - row[5] for row in loose), sum(row[4] for row in promises)
        ),
    }
    return reading, (
        _attention(scope, "issues_without_next_action", ISSUE_COLUMNS, idle),
        _attention(scope, "commitments_without_follow_up", COMMITMENT_COLUMNS, loose),
    )


def judge_turn(state: str | None) -> dict[str, tuple[Verdict, str, int]]:
    """What a turn in the period says of what was opened, finished, and the difference: the verdict, the reason, the value."""
    yes: Mapping[str, tuple[Verdict, str, int]] = {"opened": (YES, "", 1), "finished": (YES, "", 1)}
    told: dict[str | None, dict[str, tuple[Verdict, str, int]]] = {
        "came": {"opened": yes["opened"], "net": (YES, "", 1)},
        "went": {"finished": yes["finished"], "net": (YES, "", -1)},
        "both": dict(yes),
        "untold": {"finished": (LEFT_OUT, "finished_at_unknown_time", 1)},
    }
    return told.get(state, {})


def list_left_lying(scope: Scope) -> dict[str, list[Case]]:
    """Open issues by whether somebody goes on with them, and each promise of ours by whether it has a follow-up."""
    promises = [
        Case(row[-1], NO if number < row[5] else YES) for row in scope.rows(_COMMITMENTS) for number in range(row[4])
    ]
    issues = [Case(row[-2], NO if row[-1] else YES) for row in _open_issues(scope)]
    return {"issues_without_next_action": issues, "commitments_without_follow_up": promises}


def list_without_owner(scope: Scope) -> list[Case]:
    """Pending follow-ups and open issues by whether they are anybody's."""
    follow_ups = list_states(scope, Source(FOLLOW_UPS, scope.pending, "f.owner", {}))
    issues = [(row[-2], None, row[2]) for row in _open_issues(scope)]
    return [Case(record, NO if owner else YES, name=address or "") for record, address, owner in (*follow_ups, *issues)]


def _measure_follow_ups(scope: Scope) -> Reading:
    return _balance(scope, _FOLLOW_UP_FIGURES, count_states(scope, FOLLOW_UPS_TURNED))


def _measure_issues(scope: Scope) -> Reading:
    return _balance(scope, _ISSUE_FIGURES, count_states(scope, ISSUES_TURNED))


def _balance(scope: Scope, figures: tuple[str, str, str], states: States) -> Reading:
    """What came, what went, and the difference."""
    came, went, net = figures
    return (
        states.measured(came, lambda turns: count_of(_sum(turns, "came", "both")), scope.by)
        | states.measured(
            went,
            lambda turns: count_of(_sum(turns, "went", "both"), finished_at_unknown_time=turns.get("untold", 0)),
            scope.by,
        )
        | states.measured(net, lambda turns: count_of(_sum(turns, "came") - _sum(turns, "went")), scope.by)
    )


def _sum(counts: Counts, *states: str) -> int:
    return sum(counts.get(state, 0) for state in states)


def _measure_without_owner(pending: Reading, issues: list[tuple[Any, ...]]) -> Measure:
    """Pending follow-ups and open issues that are nobody's; an issue may be a department's."""
    orphan = pending.get(Key("pending", "owner", None))
    orphans = (orphan.numerator if orphan else 0) + sum(1 for issue in issues if not issue[2])
    return share_of(orphans, pending[Key("pending")].numerator + len(issues))


def _open_issues(scope: Scope) -> list[tuple[Any, ...]]:
    """Issues open at the scope's instant; the last value says whether it, or a record linked with it, has a pending follow-up."""
    condition = _OPEN_THEN if scope.is_past else _OPEN_NOW
    return scope.rows(_ISSUES.replace("{issues}", condition).replace("{pending}", scope.pending))


def _attention(scope: Scope, name: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Attention:
    listed = rows if scope.limit < 0 else rows[: scope.limit]
    return Attention(name, Listing(columns, tuple(listed), columns[:-1], "id"), len(rows) - len(listed))
