"""What came and went in a period: follow-ups and issues by how they turned."""

from typing import Final

from commlog.database.query.select import FINISHED
from commlog.summary.figures.dimensions import OF_FOLLOW_UPS, OF_ISSUES
from commlog.summary.figures.scope import FOLLOW_UPS, OPENED, RECORDS, Source

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
