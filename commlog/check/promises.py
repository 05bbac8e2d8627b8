"""Rules on what time does to records: answers run out, customers wait for what nobody is going to do."""

from collections.abc import Iterator

from commlog.check.inspection import Suspicion
from commlog.followups.dropped import find_dropped_balls
from commlog.workspace import Workspace
from commlog.worktime.moment import format_date


def find_expired_answers(workspace: Workspace) -> Iterator[Suspicion]:
    """Standard answers whose last day is over."""
    rows = workspace.index.rows(
        "SELECT path, valid_until FROM (SELECT r.path, field(c.content, 'valid_until') AS valid_until "
        "FROM records r JOIN contents c USING (record) WHERE r.kind = 'answer') WHERE valid_until < ?",
        (format_date(workspace.now.date()),),
    )
    for path, last_day in rows:
        yield Suspicion("expired-answer", path, ("valid_until",), {"value": last_day})


def find_forgotten(workspace: Workspace) -> Iterator[Suspicion]:
    """Customers who wait for something that nobody is going to do."""
    for ball in find_dropped_balls(workspace):
        yield Suspicion(ball.rule, ball.path, ball.place, {"value": ball.record_id, **dict(ball.facts)})
