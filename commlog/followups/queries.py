"""Questions about follow-ups: what is pending, of whom and since when, and after which records nobody spoke to the customer."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Final, NamedTuple

from commlog.database.connection import Index
from commlog.database.query import fragments
from commlog.database.query.conditions import ALWAYS, SqlCondition, all_of, is_one_of, thread_ids
from commlog.database.query.select import FINISHED, is_overdue
from commlog.records.queries import MOST_SUGGESTED, Suggestion, points_in
from commlog.values import Data

# Records read at a time when whole texts are looked at, so that memory does not grow with the log.
_BATCH: Final = 4000


class ListedFollowUp(NamedTuple):
    """A row of the listing of follow-ups; `late` is worked out from the due instant, which is in seconds here."""

    address: Annotated[str, "f.address"]
    id: Annotated[str, "r.id"]
    n: Annotated[int, "f.n"]
    customer: Annotated[str | None, "r.customer"]
    customer_name: Annotated[str | None, fragments.CUSTOMER_NAME]
    subject: Annotated[str | None, "r.subject"]
    action: Annotated[str, "f.action"]
    method: Annotated[str | None, "f.method"]
    owner: Annotated[str | None, "f.owner"]
    priority: Annotated[str | None, "f.priority"]
    due: Annotated[str | None, "f.due"]
    due_at: Annotated[int | None, "f.due_at"]
    due_rule: Annotated[str | None, "f.due_rule"]
    status: Annotated[str, "f.status"]
    is_overdue: Annotated[int, "coalesce({is_overdue}, 0)"]
    late: Annotated[int | None, "NULL"]
    agreed_with_customer: Annotated[int | None, "f.agreed_with_customer"]
    channel: Annotated[str | None, "r.channel"]
    path: Annotated[str, "r.path"]


class FollowUpRow(NamedTuple):
    """A follow-up; instants are in seconds since 1970, `place` is its place among those of its record, from 0."""

    record: Annotated[int, "f.record"]
    place: Annotated[int, "(SELECT count(*) FROM follow_ups g WHERE g.record = f.record AND g.rowid < f.rowid)"]
    address: Annotated[str, "f.address"]
    action: Annotated[str, "f.action"]
    owner: Annotated[str | None, "f.owner"]
    status: Annotated[str, "f.status"]
    due: Annotated[str | None, "f.due"]
    due_at: Annotated[int | None, "f.due_at"]
    is_agreed: Annotated[int | None, "f.agreed_with_customer"]
    is_pending: Annotated[int, "f.is_pending"]
    is_overdue: Annotated[int, "coalesce({is_overdue}, 0)"]
    opened_at: Annotated[int | None, "f.opened_at"]
    finished_at: Annotated[int | None, FINISHED]


class QuietRecord(NamedTuple):
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


class DroppedRecord(NamedTuple):
    """A record in which something may have been dropped; `at` is when it began or its last follow-up ended, in seconds."""

    id: str
    path: str
    day: str
    customer: str
    at: int | None = None
    subject: str | None = None
    folded: str = ""
    row: int = 0


_HEAD: Final = "r.id, r.path, coalesce(r.day, ''), coalesce(r.customer, '')"
_QUIET_COLUMNS: Final = f"""
{_HEAD}, r.record, r.kind, r.direction, r.reached, r.outcome, r.satisfaction,
       EXISTS ({fragments.OF_RECORD.format(columns=1)} AND f.is_cancelled = 0), coalesce(r.started_at, r.recorded_at)"""
_IS_KNOWN: Final = "r.customer IS NOT NULL AND r.customer <> 'anonymous'"
_LAST_CONTACT: Final = f"max(CASE WHEN {fragments.is_contact('r')} THEN r.{{column}} END)"
# Records since which nobody spoke to the customer: not before the last two-way contact. What has no time of its own
# (an issue, a survey) is compared by when it was written, its follow-ups by when they were opened.
_QUIET: Final = f"""
WITH last AS MATERIALIZED (
    SELECT customer, {_LAST_CONTACT.format(column="started_at")} AS at, {_LAST_CONTACT.format(column="day")} AS day
    FROM records r WHERE {_IS_KNOWN} AND {{scope}} GROUP BY customer
), quiet AS MATERIALIZED (
    SELECT r.record FROM last l JOIN records r ON r.customer = l.customer AND r.day >= coalesce(l.day, '')
    UNION SELECT record FROM records r WHERE kind IN ('issue', 'survey') AND {{scope}}
)
SELECT {_QUIET_COLUMNS}, coalesce(l.at, 0), coalesce(l.day, '')
FROM quiet q CROSS JOIN records r ON r.record = q.record CROSS JOIN last l ON l.customer = r.customer
"""
_CONTACT: Final = f"x.customer = r.customer AND {fragments.is_contact('x', of_one=True)}"
# The same for a few weeks, without a look at every record: those of the days asked for, and those in which a follow-up
# was done then. No contact after an instant is of a day before it, wherever the log's zone lies.
_RECENTLY_QUIET: Final = f"""
WITH recent AS MATERIALIZED (
    SELECT record FROM records WHERE day >= '{{since}}'
    UNION SELECT record FROM follow_ups WHERE done_at >= {{since_at}} AND is_cancelled = 0
)
SELECT {_QUIET_COLUMNS},
       coalesce((SELECT max(x.started_at) FROM records x WHERE {_CONTACT} AND x.day >= CASE r.kind WHEN 'interaction'
           THEN coalesce(date(coalesce(r.started_at, r.recorded_at), 'unixepoch', '-1 day'), '') ELSE '' END), 0),
       coalesce((SELECT max(x.day) FROM records x WHERE {_CONTACT}), '')
FROM recent q CROSS JOIN records r ON r.record = q.record
WHERE {_IS_KNOWN} AND {{scope}}
AND (r.kind IN ('issue', 'survey') OR NOT EXISTS (SELECT 1 FROM records x WHERE {_CONTACT} AND x.day > coalesce(r.day, '')))
"""


def listed_follow_ups(
    index: Index, names: Sequence[str], condition: SqlCondition, page: tuple[str, int], now: datetime
) -> list[tuple[Data, ...]]:
    """The rows of a listing, those columns of `ListedFollowUp` that are named; `page` is the order and the limit."""
    order, limit = page
    columns = fragments.columns_of(ListedFollowUp, names).format(is_overdue=is_overdue(now))
    sql = f"""SELECT {columns} FROM follow_ups f JOIN records r USING (record)
        WHERE {condition.sql} ORDER BY {order} LIMIT ?"""
    return index.rows(sql, (*condition.parameters, limit))


def addresses_starting(index: Index, begin: str) -> list[Suggestion]:
    """The pending follow-ups whose address begins so, the most pressing first, each with what is to be done."""
    sql = f"""SELECT f.address, f.action, coalesce({fragments.CUSTOMER_NAME}, '') FROM follow_ups f JOIN records r USING (record)
        WHERE {fragments.IS_PENDING} AND substr(f.address, 1, ?) = ? ORDER BY f.due_at IS NULL, f.due_at, f.address LIMIT ?"""
    return index.read(Suggestion, sql, (len(begin), begin, MOST_SUGGESTED))


def pending_of(index: Index, customers: Sequence[str], now: datetime) -> list[FollowUpRow]:
    """The pending follow-ups of some customers, those due first first."""
    whose = is_one_of("r.customer", customers)
    condition = SqlCondition(f"{fragments.IS_PENDING} AND {whose.sql}", whose.parameters)
    return _follow_ups(index, condition, "f.due_at IS NULL, f.due_at, f.address", now)


def follow_ups_of(index: Index, records: Sequence[int], now: datetime) -> list[FollowUpRow]:
    """The follow-ups of some records, by the number of their rows, in the order of the files."""
    return _follow_ups(index, _of_records(records), "f.rowid", now)


def quiet_records(index: Index, customers: Sequence[str], since: str, since_at: int) -> list[QuietRecord]:
    """Records since which nobody spoke to the customer, as far as their days tell: of some customers, or of all for none.

    `since` is the first day that is looked at, and `since_at` its beginning in seconds; empty for all days.
    """
    scope = _of_customers(customers)
    if since:
        sql = _RECENTLY_QUIET.format(scope=scope.sql, since=since, since_at=since_at)
        return index.read(QuietRecord, sql, scope.parameters)
    return index.read(QuietRecord, _QUIET.format(scope=scope.sql), scope.parameters * 2)


def done_between(index: Index, records: Sequence[int], between: tuple[int, int], now: datetime) -> list[FollowUpRow]:
    """The follow-ups of some records that were done within a stretch of seconds since 1970."""
    done = SqlCondition("f.is_cancelled = 0 AND f.done_at >= ? AND f.done_at < ?", between)
    return _follow_ups(index, all_of((_of_records(records), done)), "f.rowid", now)


def _follow_ups(index: Index, condition: SqlCondition, order: str, now: datetime) -> list[FollowUpRow]:
    columns = fragments.columns_of(FollowUpRow).format(is_overdue=is_overdue(now))
    sql = f"""SELECT {columns} FROM follow_ups f JOIN records r USING (record)
        WHERE {condition.sql} ORDER BY {order}"""
    return index.read(FollowUpRow, sql, condition.parameters)


def _of_records(records: Sequence[int]) -> SqlCondition:
    return SqlCondition(f"f.record IN ({', '.join(map(str, records))})")


def commitments_without_follow_up(index: Index, customers: Sequence[str], since: str) -> list[DroppedRecord]:
    """Records with agreements on our side and no follow-up, neither in them nor in a record that links to them."""
    scope = _of_customers(customers)
    window = "r.day >= ?" if since else "? = ''"
    sql = f"""SELECT {_HEAD} FROM records r WHERE r.commitments > 0 AND {scope.sql} AND {window}
        AND NOT {fragments.HAS_FOLLOW_UP}
        AND NOT EXISTS (SELECT 1 FROM links l JOIN follow_ups f USING (record) WHERE l.target = r.id)"""
    return index.read(DroppedRecord, sql, (*scope.parameters, since))


def open_issues_without_pending(index: Index, customers: Sequence[str], before: str) -> list[DroppedRecord]:
    """The open issues of the days before one that have no pending follow-up."""
    scope = _of_customers(customers)
    last_end = fragments.OF_RECORD.format(columns="max(max(coalesce(f.done_at, 0), coalesce(f.closed_at, 0)))")
    sql = f"""SELECT {_HEAD}, ({last_end}) FROM records r
        WHERE {fragments.IS_OPEN_ISSUE} AND r.day < ? AND {scope.sql} AND NOT {fragments.HAS_PENDING}"""
    return index.read(DroppedRecord, sql, (before, *scope.parameters))


def iter_unlinked(index: Index, customers: Sequence[str], first_day: str, *, is_short: bool) -> Iterator[DroppedRecord]:
    """The conversations since a day that link to none; those of `is_short` times are found by day, else a batch at a time."""
    scope = _of_customers(customers)
    for part in [f"r.day >= '{first_day}'"] if is_short else _batches(index, scope, first_day):
        sql = f"""SELECT {_HEAD}, r.started_at, r.subject, c.folded, c.record
            FROM records r CROSS JOIN contents c ON c.record = r.record
            WHERE {part} AND {fragments.is_conversation("r")} AND r.customer <> 'anonymous' AND {scope.sql}
            AND NOT EXISTS (SELECT 1 FROM links l WHERE l.record = r.record)"""
        yield from index.read(DroppedRecord, sql, scope.parameters)


def _batches(index: Index, scope: SqlCondition, first_day: str) -> Iterator[str]:
    """Conditions that together hold for the records since a day; few customers' records are read at once."""
    last = index.count(f"SELECT coalesce(max(r.record), 0) FROM records r WHERE {scope.sql}", scope.parameters)
    size = last + 1 if scope.parameters else _BATCH
    for start in range(0, last + 1, size):
        yield f"r.record >= {start} AND r.record < {start + size} AND +r.day >= '{first_day}'"


def summary_of(index: Index, record: int) -> str:
    """The summary of a record, by the number of its row; empty when it has none."""
    return index.texts("SELECT coalesce(field(content, 'summary'), '') FROM contents WHERE record = ?", (record,))[0]


def points_of(index: Index, record: int) -> list[int]:
    """The points that a survey gives, by the number of its row."""
    contents = index.texts("SELECT content FROM contents WHERE record = ?", (record,))
    return [points for content in contents for points in points_in(content)]


def has_pending_in_thread(index: Index, record_id: str) -> bool:
    """Whether something is still to be done somewhere in a record's thread."""
    thread = thread_ids(record_id)
    sql = f"SELECT 1 FROM follow_ups f JOIN records r USING (record) WHERE {fragments.IS_PENDING} AND r.id IN ({thread.sql}) LIMIT 1"
    return bool(index.rows(sql, thread.parameters))


def _of_customers(customers: Sequence[str]) -> SqlCondition:
    return is_one_of("r.customer", customers) if customers else ALWAYS
