"""Records after which nobody spoke to the customer, and where dropped balls are looked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final, NamedTuple

from commlog.database.connection import Row
from commlog.workspace import Workspace
from commlog.worktime.calendar import wall_instant

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
