"""Rules on what time does to records: answers run out, promises need somebody to keep them."""

from collections.abc import Iterator

from commlog.model.moment import format_date
from commlog.services.check.suspicion import Suspicion
from commlog.services.workspace import Workspace


def find_expired_answers(workspace: Workspace) -> Iterator[Suspicion]:
    """Standard answers whose last day is over."""
    rows = workspace.index.rows(
        "SELECT path, valid_until FROM (SELECT r.path, field(c.content, 'valid_until') AS valid_until "
        "FROM records r JOIN contents c USING (record) WHERE r.kind = 'answer') WHERE valid_until < ?",
        (format_date(workspace.now.date()),),
    )
    for path, last_day in rows:
        yield Suspicion("expired-answer", path, ("valid_until",), {"value": last_day})


def find_unkept_promises(workspace: Workspace) -> Iterator[Suspicion]:
    """Agreements on our side with no follow-up, neither in the record nor in one that links to it."""
    rows = workspace.index.rows(
        "SELECT r.path, r.id FROM records r WHERE r.commitments > 0 "
        "AND NOT EXISTS (SELECT 1 FROM follow_ups f WHERE f.record = r.record) "
        "AND NOT EXISTS (SELECT 1 FROM links l JOIN follow_ups f USING (record) WHERE l.target = r.id)"
    )
    for path, record_id in rows:
        yield Suspicion("promise-without-follow-up", path, ("agreements",), {"value": record_id})
