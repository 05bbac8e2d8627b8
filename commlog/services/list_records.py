"""Records that match a query, newest first."""

from collections.abc import Sequence

from commlog.model.listing import Listing
from commlog.model.record import ANSWER, CUSTOMER, Data
from commlog.query.order import COLUMNS, order_by
from commlog.query.select import Domain
from commlog.services.question import OptionTerm, condition_of, filter_of, mentions
from commlog.services.workspace import Workspace

COLUMN_NAMES = (
    "id", "kind", "template", "day", "time", "started_at", "customer", "customer_name", "channel", "direction", "agent",
    "owner", "subject", "status", "priority", "mood", "outcome", "satisfaction", "pending", "path",
)
SHOWN = ("id", "time", "customer_name", "channel", "agent", "subject", "outcome", "pending")
# A query that names one of these means every kind of record.
_NAMING = frozenset({"kind", "template", "id", "thread", "link"})
_SHOWN_BY_KIND = {
    "issue": ("id", "day", "customer_name", "subject", "owner", "priority", "status", "pending"),
    "survey": ("id", "day", "customer_name", "subject"),
    "answer": ("id", "day", "subject"),
}
_SQL = """
SELECT r.id, r.kind, r.template, r.day, r.started_at, r.customer, r.channel, r.direction, r.agent, r.owner, r.subject,
       r.status, r.priority, r.mood, r.outcome, r.satisfaction, r.path, r.party,
       (SELECT name FROM customers c WHERE c.id = r.customer),
       (SELECT count(*) FROM follow_ups f WHERE f.record = r.record AND f.is_pending = 1),
       {started}
FROM records r WHERE {condition} ORDER BY {order} LIMIT ?
"""
# The instant in the log's zone is stored in the file; the copy has seconds, and SQLite no time zones.
_STARTED = "field((SELECT content FROM contents c WHERE c.record = r.record), 'started_at')"


def list_records(workspace: Workspace, query: str, terms: Sequence[OptionTerm], sort: str, limit: int) -> Listing:
    """Records that match; customers and answers only when the query names their kind or template.

    Raises:
        UsageError: the query or the sort is not understood.
    """
    question = filter_of(workspace, query, terms)
    condition = condition_of(workspace, question, Domain.RECORDS)
    kinds = [values[0] for name, values in terms if name == "kind"]
    left_out = "1" if mentions(question, _NAMING) else f"r.kind NOT IN ('{CUSTOMER}', '{ANSWER}')"
    order = order_by(sort or "-date", COLUMNS[Domain.RECORDS], Domain.RECORDS)
    sql = _SQL.format(condition=f"({condition.sql}) AND {left_out}", order=order, started=_STARTED)
    rows = workspace.index.rows(sql, (*condition.parameters, limit))
    shown = _SHOWN_BY_KIND.get(kinds[0] if kinds else "", SHOWN)
    return Listing(COLUMN_NAMES, tuple(_row(row) for row in rows), shown, "id")


def _row(row: tuple[Data, ...]) -> tuple[Data, ...]:
    (record_id, kind, template, day, _, customer, channel, direction, agent, owner, subject, status, priority, mood, outcome,
     satisfaction, path, party, name, pending, started) = row
    started_at = started.upper() if started else None
    return (
        record_id, kind, template, day, started_at or day, started_at, customer, name or party or customer, channel, direction,
        agent, owner, subject, status, priority, mood, outcome, satisfaction, pending, path,
    )
