"""One period as it is asked of the copy: its bounds, and the counting of states by groups."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from commlog.model.period import Period
from commlog.model.summary import Group
from commlog.model.summary_figures import States
from commlog.services.summarize.dimensions import TAG
from commlog.services.workspace import Workspace

RECORDS: Final = "records r"
FOLLOW_UPS: Final = "follow_ups f"
# When a follow-up that has no history was opened: when its record was written, else when the conversation was.
OPENED: Final = (
    "coalesce(f.opened_at, (SELECT coalesce(q.recorded_at, q.started_at, 0) FROM records q WHERE q.record = f.record))"
)
# A follow-up that was pending at an earlier instant. The copy does not keep earlier pauses and moved due times.
WAS_PENDING: Final = "(f.is_pending = 1 OR coalesce(f.done_at, f.closed_at) >= {at}) AND " + OPENED + " < {at}"
IS_PENDING: Final = "f.is_pending = 1"
INTERACTIONS_OF_PERIOD: Final = (
    "r.kind = 'interaction' AND r.day >= '{first}' AND r.day < '{after}' AND r.started_at IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """A period of a log; states are those at `at`, which is `workspace.now` or, for a period compared with, its end.

    `by` is one more dimension to group by, or empty; `limit` how many records are listed, -1 all.
    """

    workspace: Workspace
    period: Period
    at: datetime
    by: str
    limit: int

    @property
    def is_past(self) -> bool:
        """Whether states are those of an earlier instant than now."""
        return self.at < self.workspace.now

    @property
    def pending(self) -> str:
        """The condition on follow-ups `f` that are pending at `at`."""
        return WAS_PENDING if self.is_past else IS_PENDING

    def fill(self, sql: str) -> str:
        """SQL with this period's bounds in it: days as text, instants as seconds; nothing anybody typed."""
        return sql.format(
            first=self.period.start.date().isoformat(),
            after=_day_after(self.period).isoformat(),
            start=int(self.period.start.timestamp()),
            end=int(self.period.end.timestamp()),
            at=int(self.at.timestamp()),
            now=int(self.workspace.now.timestamp()),
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a question about this period."""
        return self.workspace.index.rows(self.fill(sql))


@dataclass(frozen=True, slots=True)
class Source:
    """Things to count: `state` is an expression that gives the state of each, `columns` what they can be grouped by.

    The table is `records r` or `follow_ups f`; records join the latter when a column needs them.
    """

    table: str
    where: str
    state: str
    columns: Mapping[str, str]


def count_states(scope: Scope, source: Source, dimensions: Sequence[str] = ()) -> States:
    """Count the things of a source by state: all, and by each dimension they have, `scope.by` included."""
    known = [name for name in dict.fromkeys((*dimensions, scope.by)) if name in source.columns]
    single = [name for name in known if name != TAG]
    whole: Counter[Group] = Counter()
    groups: dict[str, dict[Group, Counter[Group]]] = {name: {} for name in known}
    for state, *values, count in scope.rows(_counting(source, single)):
        whole[state] += count
        for name, value in zip(single, values, strict=True):
            groups[name].setdefault(value, Counter())[state] += count
    if TAG in known:
        # A thing has several tags, or none: counted apart, or it would be counted several times.
        for state, tag, count in scope.rows(_counting(source, [TAG])):
            groups[TAG].setdefault(tag, Counter())[state] += count
    return States(whole, groups)


def _counting(source: Source, columns: Sequence[str]) -> str:
    expressions = ", ".join((source.state, *(source.columns[name] for name in columns)))
    places = ", ".join(str(place + 1) for place in range(len(columns) + 1))
    tables = source.table
    if source.table == FOLLOW_UPS and "r." in expressions:
        tables += " JOIN records r ON r.record = f.record"
    if TAG in columns:
        tables += f" LEFT JOIN tags t ON t.record = {source.table[-1]}.record"
    # Every part is a constant of this package; bounds are filled in as numbers and dates.
    return f"SELECT {expressions}, count(*) FROM {tables} WHERE {source.where} GROUP BY {places}"


def _day_after(period: Period) -> date:
    # Where the clock skips midnight, the period ends within the day after it.
    return (period.end - timedelta(seconds=1)).date() + timedelta(days=1)
