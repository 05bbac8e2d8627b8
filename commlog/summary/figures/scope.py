"""One period as it is asked of the index: its bounds, what figures are grouped by, and the counting of states by groups."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

from commlog.database.query.fields import find_built_in
from commlog.database.query.select import FINISHED
from commlog.errors import UsageError
from commlog.messages import mark
from commlog.output.listing import Listing
from commlog.summary.rules.figures import States
from commlog.summary.rules.summary import Group, PointedRecords, last_day
from commlog.workspace import Workspace
from commlog.worktime.periods import Period

T = TypeVar("T")

_MOST_AT_ONCE: Final = 10_000

TAG: Final = "tag"


def _of_customer(column: str) -> str:
    return f"(SELECT c.{column} FROM customers c WHERE c.id = r.customer LIMIT 1)"


_OF_ANY: Final = {
    "customer": "r.customer",
    "category": "r.category",
    "level": _of_customer("level"),
    "stage": _of_customer("stage"),
    TAG: "t.tag",
}
_OF_CONVERSATIONS: Final = (
    "template",
    "channel",
    "direction",
    "agent",
    "branch",
    "mood",
    "outcome",
    "satisfaction",
    "day",
)
OF_INTERACTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {**{name: f"r.{name}" for name in _OF_CONVERSATIONS}, "month": "substr(r.day, 1, 7)", **_OF_ANY}
)
OF_FOLLOW_UPS: Final[Mapping[str, str]] = MappingProxyType(
    {**OF_INTERACTIONS, **{name: f"f.{name}" for name in ("owner", "priority", "status", "method")}}
)
OF_ISSUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{name: f"r.{name}" for name in ("template", "branch", "owner", "priority", "status", "day")},
        "month": "substr(r.day, 1, 7)",
        **_OF_ANY,
    }
)
# Words for those that are no field of a form.
_WORDS: Final = {"month": "month", "月": "month", "月份": "month", "method": "method", "方式": "method", "date": "day"}


# Any case that stands for a record: who is in charge of it is its owner, else who wrote it down.
OF_RECORDS: Final[Mapping[str, str]] = MappingProxyType(
    {**OF_INTERACTIONS, **OF_ISSUES, "owner": "coalesce(r.owner, r.agent)"}
)
_CONTENT: Final = "(SELECT content FROM contents c WHERE c.record = r.record)"

RECORDS: Final = "records r"
FOLLOW_UPS: Final = "follow_ups f"
# When a follow-up that has no history was opened: when its record was written, else when the conversation was.
OPENED: Final = (
    "coalesce(f.opened_at, (SELECT coalesce(q.recorded_at, q.started_at, 0) FROM records q WHERE q.record = f.record))"
)
# A follow-up that was pending at an earlier instant. The index does not keep earlier pauses and moved due times.
WAS_PENDING: Final = f"(f.is_pending = 1 OR {FINISHED} >= {{at}}) AND {OPENED} < {{at}}"
IS_PENDING: Final = "f.is_pending = 1"
INTERACTIONS_OF_PERIOD: Final = (
    "r.kind = 'interaction' AND r.day >= '{first}' AND r.day < '{after}' AND r.started_at IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class SummaryScope:
    """A period of a log; states are those at `at`, which is `workspace.now` or, for a period compared with, its end.

    `by` is one more dimension to group by, or empty; `by_field` the expression for it when it is no column of the index;
    `limit` how many records are listed, -1 all. `shared` keeps what both periods ask the same way.
    """

    workspace: Workspace
    period: Period
    at: datetime
    by: str
    limit: int
    by_field: str = ""
    shared: dict[str, Any] = field(default_factory=dict, compare=False)

    def once(self, name: str, ask: Callable[[], T]) -> T:
        """What was asked before under this name, else what `ask` gives now."""
        if name not in self.shared:
            self.shared[name] = ask()
        found: T = self.shared[name]
        return found

    def once_a_period(self, name: str, ask: Callable[[], T]) -> T:
        """What was asked before under this name about this period, else what `ask` gives now; another period's is dropped."""
        period, found = self.shared.get(name, (None, None))
        if period is not self.period:
            found = ask()
            self.shared[name] = self.period, found
        known: T = found
        return known

    def columns_of(self, columns: Mapping[str, str]) -> Mapping[str, str]:
        """Columns to group by, the field asked for with them when it is none of the index's own."""
        return {**columns, self.by: self.by_field} if self.by_field else columns

    @property
    def is_past(self) -> bool:
        """Whether states are those of an earlier instant than now."""
        return self.at < self.workspace.now

    @property
    def first(self) -> date:
        """The first day of the period."""
        return self.period.start.date()

    @property
    def day_after(self) -> date:
        """The day after the last of the period."""
        return last_day(self.period) + timedelta(days=1)

    def point_at(self, name: str, listing: Listing) -> PointedRecords:
        """The first rows of a listing, and how many more there are."""
        rows = listing.rows if self.limit < 0 else listing.rows[: self.limit]
        return PointedRecords(name, replace(listing, rows=rows), len(listing.rows) - len(rows))

    @property
    def pending(self) -> str:
        """The condition on follow-ups `f` that are pending at `at`."""
        return WAS_PENDING if self.is_past else IS_PENDING

    def fill(self, sql: str) -> str:
        """SQL with this period's bounds in it: days as text, instants as seconds; nothing anybody typed."""
        return sql.format(
            first=self.first.isoformat(),
            after=self.day_after.isoformat(),
            start=int(self.period.start.timestamp()),
            end=int(self.period.end.timestamp()),
            at=int(self.at.timestamp()),
            now=int(self.workspace.now.timestamp()),
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a question about this period."""
        return self.workspace.index.rows(self.fill(sql))

    def rows_of(self, sql: str, records: Iterable[int]) -> list[tuple[Any, ...]]:
        """The rows of a question about some records, whose numbers it takes in place of `{numbers}`."""
        some = sorted(records)
        return [
            row
            for place in range(0, len(some), _MOST_AT_ONCE)
            for row in self.rows(sql.replace("{numbers}", ", ".join(map(str, some[place : place + _MOST_AT_ONCE]))))
        ]


@dataclass(frozen=True, slots=True)
class CountSource:
    """Things to count: `state` is an expression that gives the state of each, `columns` what they can be grouped by.

    The table is `records r` or `follow_ups f`; records join the latter when a column needs them.
    """

    table: str
    where: str
    state: str
    columns: Mapping[str, str]


def count_states(scope: SummaryScope, source: CountSource, dimensions: Sequence[str] = ()) -> States:
    """Count the things of a source by state: all, and by each dimension they have, `scope.by` included."""
    columns = scope.columns_of(source.columns) if source.columns else source.columns
    known = [name for name in dict.fromkeys((*dimensions, scope.by)) if name in columns]
    source = replace(source, columns=columns)
    single = [name for name in known if name != TAG]
    states = _folded(dict(_counted(scope, source, single)), single)
    if TAG not in known:
        return states
    # A thing has several tags, or none: counted apart, or it would be counted several times.
    tagged = _folded(Counter(scope.rows(_asking(source, [TAG]))), [TAG])
    return States(states.whole, {**states.groups, **tagged.groups})


def states_of(states: Sequence[Group], groups: Mapping[str, Sequence[Group]]) -> States:
    """How many things are in each state: all, and by their groups of each name; both in one order."""
    return _folded(Counter(zip(states, *groups.values(), strict=True)), list(groups))


def _folded(counted: Mapping[tuple[Group, ...], int], names: Sequence[str]) -> States:
    """Counts of each combination of a state and groups, added up: all, and by the groups of each name."""
    whole: Counter[Group] = Counter()
    groups: dict[str, dict[Group, Counter[Group]]] = {name: {} for name in names}
    for (state, *values), count in counted.items():
        whole[state] += count
        for name, value in zip(names, values, strict=True):
            groups[name].setdefault(value, Counter())[state] += count
    return States(whole, groups)


def list_states(scope: SummaryScope, source: CountSource) -> list[tuple[int, str | None, str | None]]:
    """The things `count_states` counts, one by one: the record, the address of a follow-up, the state."""
    address = "f.address" if source.table == FOLLOW_UPS else "NULL"
    tables = source.table
    if source.table == FOLLOW_UPS and "r." in f"{source.state} {source.where}":
        tables += " JOIN records r ON r.record = f.record"
    name = source.table[-1]
    sql = f"SELECT {name}.record, {address}, {source.state} FROM {tables} WHERE {source.where} ORDER BY 1, 2"
    return scope.rows(sql)


def _counted(
    scope: SummaryScope, source: CountSource, columns: Sequence[str]
) -> Iterable[tuple[tuple[Group, ...], int]]:
    """How many things have each combination of a state and values."""
    asking = _asking(source, columns)
    if columns:
        # Counted here: SQLite sorts what it groups, which takes as long again as handing the rows over.
        return Counter(scope.rows(asking)).items()
    counting = f"SELECT state, count(*) FROM ({asking}) GROUP BY 1"
    return [((state,), count) for state, count in scope.rows(counting)]


def _asking(source: CountSource, columns: Sequence[str]) -> str:
    expressions = ", ".join((f"{source.state} AS state", *(source.columns[name] for name in columns)))
    tables = source.table
    if source.table == FOLLOW_UPS and "r." in expressions:
        tables += " JOIN records r ON r.record = f.record"
    if TAG in columns:
        tables += f" LEFT JOIN tags t ON t.record = {source.table[-1]}.record"
    # Every part is a constant of this package; bounds are filled in as numbers and dates.
    return f"SELECT {expressions} FROM {tables} WHERE {source.where}"


class Dimension(NamedTuple):
    """What figures are grouped by: its name, and the expression for its values when it is no column of the index."""

    name: str
    expression: str = ""


def dimension_of(workspace: Workspace, name: str) -> Dimension:
    """The dimension a person names, by slug or label in either language; empty when nothing is named.

    Raises:
        UsageError: there is no such column and no such field; names all columns there are.
    """
    wanted = name.strip()
    if not wanted:
        return Dimension("")
    known = find_built_in(wanted)
    slug = known.name if known else wanted.lower()
    slug = _WORDS.get(slug, slug)
    if slug in OF_FOLLOW_UPS:
        return Dimension(slug)
    path = _field_path(workspace, wanted)
    if path is None:
        raise UsageError(
            mark("invalid value for --by: there is no column or field '{value}'"),
            value=name,
            remedy=mark("use one of: {columns}; or any field of a template, e.g. background.product_model or extra.x"),
            columns=", ".join(sorted(OF_FOLLOW_UPS)),
        )
    # Braces would be taken for a bound of the period.
    text = path.replace("'", "''").replace("{", "{{").replace("}", "}}")
    return Dimension(path, f"field({_CONTENT}, '{text}')")


def _field_path(workspace: Workspace, name: str) -> str | None:
    """The dotted path of a field of some template, named by path, by its end, or by label."""
    # Reads every template: only when the name is none of the columns.
    from commlog.database.query.vocabulary import People, build_vocabulary

    fields = build_vocabulary(workspace.catalog, People()).find(name)
    exact = [field.name for field in fields if field.name == name.lower()]
    return next(iter(exact or [field.name for field in fields if field.is_content]), None)
