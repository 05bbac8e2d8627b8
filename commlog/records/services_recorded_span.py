"""From when to when a log holds records, and whether a period has any: for answers about a period that is empty."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from commlog.values import ANSWER, CUSTOMER
from commlog.workspace import Workspace
from commlog.worktime.periods import Period

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
