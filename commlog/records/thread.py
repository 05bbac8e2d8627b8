"""A thread: every record that links join, across channels, in time order, with what is still open."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from commlog.database.query.select import thread_ids
from commlog.followups.rules.follow_up import read_follow_ups
from commlog.records.find import read_record
from commlog.records.mask import mask_name_of, mask_record
from commlog.records.question import CUSTOMER_NAME
from commlog.records.rules.consistency import ThreadEntry
from commlog.values import ANSWER, CUSTOMER, DEFAULT_LINK_TYPE
from commlog.workspace import Workspace
from commlog.worktime.periods import Period


def read_thread(workspace: Workspace, text: str, *, reveal: bool = False) -> tuple[ThreadEntry, ...]:
    """The thread a record belongs to, the oldest first; personal data masked unless revealed.

    Raises:
        NotFoundError, AmbiguousError, UnreadableError: the record is not there or cannot be read.
    """
    asked = read_record(workspace, text)
    condition = thread_ids(asked.id)
    rows = workspace.index.rows(
        f"SELECT r.path, coalesce({CUSTOMER_NAME}, '')"
        f" FROM records r WHERE r.id IN ({condition.sql}) ORDER BY r.day, coalesce(r.started_at, 0), r.id, r.path",
        condition.parameters,
    )
    entries = []
    for path, name in rows:
        record = workspace.reader.read(path).record
        if record is not None:
            links = tuple(
                (str(link.get("to")), str(link.get("type", DEFAULT_LINK_TYPE)))
                for link in record.fields.get("links") or ()
                if isinstance(link, dict)
            )
            shown = record if reveal else mask_record(workspace, record, name)
            hidden = name if reveal else mask_name_of(workspace, name)
            entries.append(ThreadEntry(shown, hidden, read_follow_ups(shown.fields), links, record.id == asked.id))
    return tuple(entries)


# Customers and answers are of no day that says when something happened.
_SQL: Final = (
    "SELECT min(day), max(day), coalesce(sum(day >= ? AND day < ?), 0) FROM records"
    f" WHERE day IS NOT NULL AND kind NOT IN ('{CUSTOMER}', '{ANSWER}')"
)


@dataclass(frozen=True, slots=True)
class RecordedSpan:
    """The days of a log's first and last conversation, issue or survey (None without any), and how many are of a period."""

    first: date | None
    last: date | None
    in_period: int


def recorded_span(workspace: Workspace, period: Period) -> RecordedSpan:
    """The span of a log's records, days in its zone, and how many are of the period."""
    days = (period.start.date().isoformat(), period.end.date().isoformat())
    ((first, last, count),) = workspace.index.rows(_SQL, days)
    return RecordedSpan(_day(first), _day(last), count)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
