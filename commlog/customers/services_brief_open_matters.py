"""What is still open with a customer: follow-ups, promises and points nobody settled, issues."""

from datetime import UTC, date, datetime

from commlog.customers.rules.brief import OpenIssue, Owed, Promise
from commlog.customers.services_brief_read_words import Cover, marks_of, read_fields
from commlog.database.query.select import is_overdue
from commlog.values import mappings_of, text_of, texts_of
from commlog.workspace import Workspace
from commlog.worktime.limits import working_days_since

# At most so many conversations are read for what was agreed in them.
_READ = 10


def find_owed(workspace: Workspace, customers: tuple[str, ...], cover: Cover) -> tuple[Owed, ...]:
    """The pending follow-ups of a customer, those due first first."""
    rows = workspace.index.rows(
        "SELECT f.address, f.action, f.owner, f.due, f.status, f.agreed_with_customer, f.due_at, "
        f"coalesce({is_overdue(workspace.now)}, 0) FROM follow_ups f JOIN records r ON r.record = f.record "
        f"WHERE f.is_pending = 1 AND r.customer IN ({marks_of(customers)}) "
        "ORDER BY f.due_at IS NULL, f.due_at, f.address",
        customers,
    )
    calendar = workspace.log.settings.calendar
    days = {at: datetime.fromtimestamp(at, UTC).astimezone(calendar.zone).date() for *_, at, late in rows if late}
    late_by = working_days_since(days.values(), workspace.now.date(), calendar)
    return tuple(
        Owed(
            address=address,
            action=cover(action),
            owner=owner,
            due=due,
            status=status,
            late=late_by[days[at]] if late else None,
            is_overdue=bool(late),
            agreed_with_customer=bool(agreed),
        )
        for address, action, owner, due, status, agreed, at, late in rows
    )


def find_promises(workspace: Workspace, customers: tuple[str, ...], since: str, cover: Cover) -> tuple[Promise, ...]:
    """What we agreed to and what was left open since a day, the newest conversation first.

    A conversation counts while one of its follow-ups is pending; without follow-ups, until a later one links to it.
    """
    rows = workspace.index.rows(
        "SELECT r.path, r.id, r.day FROM records r JOIN contents c USING (record) "
        f"WHERE r.customer IN ({marks_of(customers)}) AND +r.kind = 'interaction' AND r.day >= ? "
        "AND (EXISTS (SELECT 1 FROM follow_ups f WHERE f.record = r.record AND f.is_pending = 1) "
        "OR NOT (EXISTS (SELECT 1 FROM follow_ups f WHERE f.record = r.record) "
        "OR EXISTS (SELECT 1 FROM links l WHERE l.target = r.id AND l.type <> 'relates'))) "
        "AND (r.commitments > 0 OR field(c.content, 'open_points') IS NOT NULL) "
        f"ORDER BY r.day DESC, r.started_at DESC LIMIT {_READ}",
        (*customers, since),
    )
    promises: list[Promise] = []
    for path, record_id, day in rows:
        fields = read_fields(workspace, path)
        promises += [
            Promise(record_id, day, cover(text_of(item, "what") or ""), text_of(item, "due"), is_open_point=False)
            for item in mappings_of(fields, "agreements")
            if item.get("by") == "us"
        ]
        promises += [
            Promise(record_id, day, cover(text), None, is_open_point=True) for text in texts_of(fields, "open_points")
        ]
    return tuple(sorted(promises, key=lambda promise: promise.is_open_point))


def find_issues(workspace: Workspace, customers: tuple[str, ...], cover: Cover) -> tuple[OpenIssue, ...]:
    """The issues that are not closed, the oldest first."""
    rows = workspace.index.rows(
        "SELECT id, coalesce(subject, ''), status, owner, coalesce(day, '') FROM records WHERE kind = 'issue' "
        f"AND +customer IN ({marks_of(customers)}) AND coalesce(status, '') <> 'closed' ORDER BY day, id",
        customers,
    )
    today = workspace.now.date()
    return tuple(
        OpenIssue(issue, cover(title), status, owner, day, (today - date.fromisoformat(day)).days if day else 0)
        for issue, title, status, owner, day in rows
    )
