"""Dropped balls: customers who wait for something that nobody is going to do, found in the copy."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from commlog.customers.rules.customer import family_of
from commlog.database.connection import Row
from commlog.database.content import BEFORE_KEY, BEFORE_VALUE
from commlog.database.query.select import thread_ids
from commlog.followups.rules.dropped import (
    CALL_BACK,
    IDLE_ISSUE,
    LOW_POINTS,
    LOW_SCORE,
    LOW_STEPS,
    MISSING_LINK,
    PROMISE,
    UNANSWERED,
    DroppedBall,
    find_earlier_contact,
    in_order,
    promises_contact,
)
from commlog.records.find import merge_pointers
from commlog.records.rules.consistency import fold
from commlog.values import INTERACTION, SURVEY, ValuePath
from commlog.workspace import Workspace
from commlog.worktime.calendar import WorkCalendar, wall_instant

# Before whatever has an instant, in seconds.
_EVER: Final = -(2**62)
HEAD: Final = "r.id, r.path, coalesce(r.day, ''), r.customer"
_FACTS: Final = f"""
{HEAD}, r.record, r.kind, r.direction, r.reached, r.outcome, r.satisfaction,
       EXISTS (SELECT 1 FROM follow_ups f WHERE f.record = r.record AND f.is_cancelled = 0),
       coalesce(r.started_at, r.recorded_at)"""
# Records since which nobody spoke to the customer: not before the last two-way contact. What has no time of its own
# (an issue, a survey) is compared by when it was written, its follow-ups by when they were opened.
_QUIET: Final = f"""
WITH last AS MATERIALIZED (
    SELECT customer, max(CASE WHEN kind = 'interaction' AND reached = 1 THEN started_at END) AS at,
           max(CASE WHEN kind = 'interaction' AND reached = 1 THEN day END) AS day
    FROM records WHERE customer IS NOT NULL AND customer <> 'anonymous' AND {{scope}} GROUP BY customer
), quiet AS MATERIALIZED (
    SELECT r.record FROM last l JOIN records r ON r.customer = l.customer AND r.day >= coalesce(l.day, '')
    UNION SELECT record FROM records WHERE kind IN ('issue', 'survey') AND {{scope}}
)
SELECT {_FACTS}, coalesce(l.at, 0), coalesce(l.day, '')
FROM quiet q CROSS JOIN records r ON r.record = q.record CROSS JOIN last l ON l.customer = r.customer
"""
_CONTACT: Final = "x.customer = r.customer AND x.kind = 'interaction' AND x.reached = 1"
# The same for a few weeks, without a look at every record: those of the days asked for, and those in which a follow-up
# was done then. No contact after an instant is of a day before it, wherever the log's zone lies.
_RECENTLY_QUIET: Final = f"""
WITH recent AS MATERIALIZED (
    SELECT record FROM records WHERE day >= {{since}}
    UNION SELECT record FROM follow_ups WHERE done_at >= {{since_seconds}} AND is_cancelled = 0
)
SELECT {_FACTS},
       coalesce((SELECT max(x.started_at) FROM records x WHERE {_CONTACT} AND x.day >= CASE r.kind WHEN 'interaction'
           THEN coalesce(date(coalesce(r.started_at, r.recorded_at), 'unixepoch', '-1 day'), '') ELSE '' END), 0),
       coalesce((SELECT max(x.day) FROM records x WHERE {_CONTACT}), '')
FROM recent q CROSS JOIN records r ON r.record = q.record
WHERE r.customer IS NOT NULL AND r.customer <> 'anonymous' AND {{scope}}
AND (r.kind IN ('issue', 'survey') OR NOT EXISTS (SELECT 1 FROM records x WHERE {_CONTACT} AND x.day > coalesce(r.day, '')))
"""


class Quiet(NamedTuple):
    """A record that may have been the last: `at` is when it was held or written, `spoken_*` the last two-way contact."""

    id: str
    path: str
    day: str
    customer: str
    record: int
    kind: str
    direction: str | None
    reached: int | None
    outcome: str | None
    satisfaction: str | None
    has_follow_up: int
    at: int | None
    spoken_at: int
    spoken_day: str

    @property
    def is_last(self) -> bool:
        """Whether nobody spoke to the customer after it."""
        return self.day >= self.spoken_day if self.at is None else self.at >= self.spoken_at


@dataclass(slots=True)
class Scope:
    """Where to look: the ids of one customer, or none for the whole log; what is of `cutoff` or later is too young.

    `families` are the ids of every customer who has several. What was dropped before `since` need not be looked for;
    empty for everything. Both are days, YYYY-MM-DD in the log's zone.
    """

    workspace: Workspace
    customers: tuple[str, ...]
    cutoff: str
    families: Mapping[str, tuple[str, ...]]
    since: str = ""
    _quiet: tuple[Quiet, ...] | None = None

    @property
    def quiet(self) -> tuple[Quiet, ...]:
        """Records since which nobody spoke to the customer, as far as their days tell."""
        if self._quiet is None:
            self._quiet = tuple(map(Quiet._make, self.rows(_RECENTLY_QUIET if self.since else _QUIET)))
        return self._quiet

    @property
    def since_seconds(self) -> int:
        """The instant from which on what is dropped is looked for, in seconds since 1970."""
        return self.seconds_of(self.since) if self.since else _EVER

    def rows(self, sql: str) -> list[Row]:
        """Rows of a query; `{scope}` in it narrows the column `customer`, `{cutoff}` and `{since}` are days."""
        marks = ", ".join(f"?{place}" for place in range(1, len(self.customers) + 1))
        filled = (
            sql.replace("{scope}", f"customer IN ({marks})" if self.customers else "1")
            .replace("{cutoff}", f"'{self.cutoff}'")
            .replace("{since}", f"'{self.since}'")
            .replace("{since_seconds}", str(self.since_seconds))
        )
        return self.workspace.index.rows(filled, self.customers)

    def family(self, customer: str) -> tuple[str, ...]:
        """All ids of a customer."""
        return self.families.get(customer, (customer,))

    def seconds_of(self, day: str) -> int:
        """The midnight a day begins with, in seconds since 1970."""
        midnight = datetime.combine(date.fromisoformat(day), time())
        return int(wall_instant(midnight, self.workspace.log.settings.zone).timestamp())

    def day_of(self, seconds: int) -> str:
        """The day an instant is of, in the log's zone."""
        return datetime.fromtimestamp(seconds, UTC).astimezone(self.workspace.log.settings.zone).date().isoformat()


# Records read at a time when whole texts are looked at, so that memory does not grow with the log.
_BATCH: Final = 4000
_LONGEST_HOLIDAY: Final = 60
_SCORE: Final = re.compile(rf"{BEFORE_KEY}SCORES\.[^{BEFORE_VALUE}]*{BEFORE_VALUE}([^{BEFORE_KEY}]*)")
_STILL_OPEN: Final = frozenset({"follow_up", "transferred"})

# A missing link is told for a year: nobody looks for the beginning of an older conversation.
_LINKED_WITHIN: Final = timedelta(days=365)

_HAS_PENDING: Final = "EXISTS (SELECT 1 FROM follow_ups f WHERE f.record = r.record AND f.is_pending = 1)"
_LAST_END: Final = (
    "(SELECT max(max(coalesce(f.done_at, 0), coalesce(f.closed_at, 0))) FROM follow_ups f WHERE f.record = r.record)"
)


def find_dropped_balls(
    workspace: Workspace,
    customer: str | None = None,
    rules: tuple[str, ...] = (),
    *,
    since: date | None = None,
    today: date | None = None,
) -> tuple[DroppedBall, ...]:
    """What is dropped in the log, or of one customer and those merged with them, the most pressing first.

    `rules` narrows it to some of them, `since` to what was dropped on that day of the log's zone or later; then only
    records and follow-ups of these days are looked at. `today` is the day up to which waiting counts: now's unless named.
    """
    pointers = merge_pointers(workspace)
    families = {one: family_of(pointers, one) for one in {*pointers, *pointers.values()}}
    cutoff = _previous_working_day(today or workspace.now.date(), workspace.log.settings.calendar)
    customers = families.get(customer, (customer,)) if customer else ()
    scope = Scope(workspace, customers, cutoff, families, since.isoformat() if since else "")
    found = (ball for rule, find in _RULES.items() if not rules or rule in rules for ball in find(scope))
    return in_order(ball for ball in found if ball.since >= scope.since)


def _previous_working_day(today: date, calendar: WorkCalendar) -> str:
    """The last working day before today: what is of an earlier day has waited for longer than a working day."""
    days = (today - timedelta(days=back) for back in range(1, _LONGEST_HOLIDAY))
    return next(filter(calendar.is_working_day, days), today - timedelta(days=1)).isoformat()


def _find_unanswered(scope: Scope) -> Iterator[DroppedBall]:
    """Inbound contacts whose outcome is still open; nothing was done, nothing is planned, nobody spoke to them since."""
    for record in scope.quiet:
        if (
            record.kind == INTERACTION
            and record.direction == "inbound"
            and record.reached
            and record.outcome in _STILL_OPEN
            and not record.has_follow_up
            and record.day < scope.cutoff
            and record.is_last
            and not _is_spoken_to(scope, record.customer, record.day, record.at)
            and not _is_planned(scope.workspace, record.id)
        ):
            yield _ball(UNANSWERED, record, ("outcome",))


def _find_call_backs(scope: Scope) -> Iterator[DroppedBall]:
    """Follow-ups done for a day that promised the customer a contact, with no contact after the record they are in."""
    quiet = {record.record: record for record in scope.quiet}
    rows = scope.workspace.index.rows(
        "SELECT f.record, f.address, f.action, f.agreed_with_customer, f.opened_at, f.done_at, "
        "(SELECT count(*) FROM follow_ups g WHERE g.record = f.record AND g.rowid < f.rowid) FROM follow_ups f "
        f"WHERE f.record IN ({', '.join(map(str, quiet))}) AND f.is_cancelled = 0 AND f.done_at >= ? AND f.done_at < ?",
        (scope.since_seconds, scope.seconds_of(scope.cutoff)),
    )
    for number, address, action, agreed, opened, done, place in rows:
        record = quiet[number]
        since = (record.at if record.kind == INTERACTION else opened) or record.at or 0
        if (
            (agreed or promises_contact(fold(action)))
            and since >= record.spoken_at
            and not _is_spoken_to(scope, record.customer, record.day, since)
        ):
            ball = _ball(CALL_BACK, record, ("followups", place, "status"), address=address)
            yield replace(ball, since=scope.day_of(done))


def _find_promises(scope: Scope) -> Iterator[DroppedBall]:
    """Agreements on our side with no follow-up, neither in the record nor in one that links to it."""
    rows = scope.rows(
        f"SELECT {HEAD} FROM records r WHERE r.commitments > 0 AND {{scope}} {_window(scope)}"
        "AND NOT EXISTS (SELECT 1 FROM follow_ups f WHERE f.record = r.record) "
        "AND NOT EXISTS (SELECT 1 FROM links l JOIN follow_ups f USING (record) WHERE l.target = r.id)"
    )
    for row in rows:
        yield _ball(PROMISE, row, ("agreements",))


def _find_idle_issues(scope: Scope) -> Iterator[DroppedBall]:
    """Open issues of an earlier day with no pending follow-up in their conversation."""
    rows = scope.rows(
        f"SELECT {HEAD}, {_LAST_END} FROM records r WHERE r.kind = 'issue' AND coalesce(r.status, '') <> 'closed' AND r.day < {{cutoff}} "
        f"AND {{scope}} AND NOT {_HAS_PENDING}"
    )
    for row in rows:
        since = max(row[2], scope.day_of(row[4])) if row[4] else row[2]
        if since >= scope.since and not _is_planned(scope.workspace, row[0]):
            yield replace(_ball(IDLE_ISSUE, row, ("status",)), since=since)


def _find_low_scores(scope: Scope) -> Iterator[DroppedBall]:
    """Low satisfaction and low survey scores with no follow-up in their conversation and no contact since."""
    for record in scope.quiet:
        if record.has_follow_up or record.day >= scope.cutoff or not record.is_last:
            continue
        place, score = "satisfaction", record.satisfaction
        if record.kind == SURVEY:
            place, score = "scores", _lowest_score(scope, record.record)
        elif record.kind != INTERACTION or score not in LOW_STEPS:
            continue
        if (
            score
            and not _is_spoken_to(scope, record.customer, record.day, record.at)
            and not _is_planned(scope.workspace, record.id)
        ):
            yield _ball(LOW_SCORE, record, (place,), score=score)


def _find_missing_links(scope: Scope) -> Iterator[DroppedBall]:
    """Conversations of the last year that speak of an earlier one, of customers who have one, and link to none."""
    for part in _parts_of_last_year(scope):
        rows = scope.rows(
            f"SELECT {HEAD}, r.started_at, r.subject, field(c.content, 'summary') "
            "FROM records r CROSS JOIN contents c ON c.record = r.record "
            f"WHERE {part} AND +r.kind = 'interaction' AND r.customer <> 'anonymous' AND {{scope}} "
            "AND NOT EXISTS (SELECT 1 FROM links l WHERE l.record = r.record)"
        )
        for *head, at, subject, summary in rows:
            words = find_earlier_contact(summary or "") or find_earlier_contact(fold(subject or ""))
            earlier = words and _earlier_record(scope, head[3], head[2], at)
            if earlier:
                yield _ball(MISSING_LINK, head, ("summary",), words=words, suggestion=earlier)


def _parts_of_last_year(scope: Scope) -> Iterator[str]:
    """Conditions that together hold for the records of the last year, or since the day asked for: a part is read at once."""
    first_day = (scope.workspace.now.date() - _LINKED_WITHIN).isoformat()
    if scope.since:
        yield f"r.day >= '{max(first_day, scope.since)}'"
        return
    ((last,),) = scope.rows("SELECT coalesce(max(record), 0) FROM records WHERE {scope}")
    batch = last + 1 if scope.customers else _BATCH
    for start in range(0, last + 1, batch):
        yield f"r.record >= {start} AND r.record < {start + batch} AND +r.day >= '{first_day}'"


def _earlier_record(scope: Scope, customer: str, day: str, at: int | None) -> str:
    """The id of the customer's conversation before an instant; empty when there is none."""
    family = scope.family(customer)
    rows = scope.workspace.index.rows(
        f"SELECT id FROM records WHERE customer IN ({', '.join('?' * len(family))}) AND +kind = 'interaction' "
        "AND day <= ? AND started_at < ? ORDER BY day DESC, started_at DESC LIMIT 1",
        (*family, day, at),
    )
    return rows[0][0] if rows else ""


def _lowest_score(scope: Scope, record: int) -> str:
    """The lowest point of a survey when it is low; empty when none is."""
    rows = scope.workspace.index.rows("SELECT content FROM contents WHERE record = ?", (record,))
    points = [int(value) for (content,) in rows for value in _SCORE.findall(content) if value.isdecimal()]
    lowest = min(points, default=LOW_POINTS + 1)
    return str(lowest) if lowest <= LOW_POINTS else ""


def _is_planned(workspace: Workspace, record_id: str) -> bool:
    """Whether something is still to be done somewhere in a record's conversation."""
    thread = thread_ids(record_id)
    return bool(
        workspace.index.rows(
            "SELECT 1 FROM follow_ups f JOIN records r USING (record) "
            f"WHERE f.is_pending = 1 AND r.id IN ({thread.sql}) LIMIT 1",
            thread.parameters,
        )
    )


def _is_spoken_to(scope: Scope, customer: str, day: str, since: int | None) -> bool:
    """Whether somebody spoke to the customer after an instant under another of their ids."""
    others = [one for one in scope.family(customer) if one != customer]
    return bool(others) and bool(
        scope.workspace.index.rows(
            f"SELECT 1 FROM records WHERE customer IN ({', '.join('?' * len(others))}) AND +kind = 'interaction' "
            "AND reached = 1 AND day >= ? AND started_at > ? LIMIT 1",
            (*others, day, since or 0),
        )
    )


def _window(scope: Scope) -> str:
    """The condition that a record is of the days asked for, after others; nothing for all days."""
    return "AND r.day >= {since} " if scope.since else ""


def _ball(rule: str, head: Sequence[Any], place: ValuePath, **facts: str) -> DroppedBall:
    record_id, path, day, customer = head[:4]
    return DroppedBall(rule, record_id, path, day, customer, tuple(facts.items()), place, day)


_RULES: Final[dict[str, Callable[[Scope], Iterator[DroppedBall]]]] = {
    UNANSWERED: _find_unanswered,
    CALL_BACK: _find_call_backs,
    PROMISE: _find_promises,
    IDLE_ISSUE: _find_idle_issues,
    LOW_SCORE: _find_low_scores,
    MISSING_LINK: _find_missing_links,
}
