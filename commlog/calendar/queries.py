"""SQL of the calendar: the follow-ups with a due time that was computed with it."""

from commlog.database.connection import Index
from commlog.database.query.fragments import IS_PENDING


def files_due_by_calendar(index: Index) -> list[str]:
    """The files with a pending follow-up whose rule counts working time and was not promised, those due first first."""
    return index.texts(
        "SELECT DISTINCT r.path FROM follow_ups f JOIN records r USING (record)"
        f" WHERE {IS_PENDING} AND coalesce(f.agreed_with_customer, 0) = 0"
        " AND (f.due_rule GLOB '[1-9]*d' OR f.due_rule GLOB '[1-9]*wh' OR f.due_rule IN ('eow', 'eom', 'eoq'))"
        " ORDER BY f.due_at, f.address"
    )
