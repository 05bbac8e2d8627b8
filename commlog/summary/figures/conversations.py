"""The conversations of a period, walked over once for all figures that are about them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, Final

from commlog.summary.figures.scope import OF_RECORDS, TAG, SummaryScope, states_of
from commlog.summary.rules.figures import States
from commlog.summary.rules.summary import Group

# How a contact went; of one that does not say when it began, only that.
CONTACT: Final = """
CASE WHEN r.started_at IS NULL THEN 'undated'
     WHEN r.direction = 'outbound' THEN CASE r.reached WHEN 1 THEN 'outbound_reached' WHEN 0 THEN 'outbound_missed'
                                        ELSE 'outbound_unclear' END
     ELSE 'inbound' END
"""
OF_THE_DAYS: Final = "r.kind = 'interaction' AND r.day >= '{first}' AND r.day < '{after}'"
_WALKED: Final[Mapping[str, str]] = {
    "record": "r.record",
    "contact": CONTACT,
    "started_at": "r.started_at",
    "ended_at": "coalesce(r.ended_at, r.started_at)",
    "recorded_at": "r.recorded_at",
    "is_two_way": "coalesce(r.reached = 1, 0)",
    "is_outbound": "coalesce(r.direction = 'outbound', 0)",
    "commitments": "r.commitments",
    **{name: f"r.{name}" for name in ("template", "channel", "direction", "agent", "customer", "category")},
    **{name: f"r.{name}" for name in ("satisfaction", "mood", "outcome")},
    "owner": OF_RECORDS["owner"],
}
_LEVELS: Final = "SELECT id, level FROM customers ORDER BY record DESC"
TAGS: Final = f"SELECT t.record, t.tag FROM records r JOIN tags t ON t.record = r.record WHERE {OF_THE_DAYS}"


@dataclass(frozen=True, slots=True)
class Conversations:
    """Conversations by column: the values of each name in one order.

    `groups` are columns that stand for what they are called when things are grouped, whatever else has that name.
    """

    columns: Mapping[str, Sequence[Any]]
    groups: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Sequence[Any]:
        """The values of one column."""
        return self.columns[name]

    def grouped(self, dimension: str) -> Sequence[Any]:
        """The group of each in one dimension."""
        return self.groups[dimension] if dimension in self.groups else self.columns[dimension]

    def rows(self, *names: str) -> Iterable[tuple[Any, ...]]:
        """The values of some columns, conversation by conversation."""
        return zip(*(self.columns[name] for name in names), strict=True)

    def states(self, state: str, dimensions: Iterable[str]) -> States:
        """How many are in each state that a column names: all, and by the groups of each dimension that is a column."""
        known = {**self.columns, **self.groups}
        return states_of(self.columns[state], {name: known[name] for name in dimensions if name in known})

    @property
    def dated(self) -> "Conversations":
        """Those that say when they began."""
        started = self.columns["started_at"]
        if None not in started:
            return self
        known = [at is not None for at in started]
        columns, groups = (
            {name: tuple(compress(values, known)) for name, values in some.items()}
            for some in (self.columns, self.groups)
        )
        return Conversations(columns, groups)


def conversations_of(scope: SummaryScope) -> Conversations:
    """All conversations of the period's days, those without a beginning included; walked over once.

    The columns are what figures ask for, `level`, and what `scope.by` stands for where records have it.
    """
    return scope.once_a_period("conversations", lambda: _walk(scope))


def dated_conversations_of(scope: SummaryScope) -> Conversations:
    """The conversations of the period that say when they began."""
    return scope.once_a_period("dated_conversations", lambda: conversations_of(scope).dated)


def count_tags(scope: SummaryScope) -> Mapping[Group, Counter[Group]]:
    """How the contacts of the period went, by tag; one with several is counted under each, one without under None."""
    walked = conversations_of(scope)
    state_of = dict(walked.rows("record", "contact"))
    tagged = scope.rows(TAGS)
    counts = Counter((state_of[record], tag) for record, tag in tagged)
    some = {record for record, _ in tagged}
    counts.update((state, None) for record, state in state_of.items() if record not in some)
    groups: dict[Group, Counter[Group]] = {}
    for (state, tag), count in counts.items():
        groups.setdefault(tag, Counter())[state] += count
    return groups


def _walk(scope: SummaryScope) -> Conversations:
    by = scope.columns_of(OF_RECORDS).get(scope.by)
    asked = [*_WALKED.values(), *([by] if by and scope.by != TAG else [])]
    # Constants of this package; bounds are filled in as numbers and dates.
    rows = scope.rows(f"SELECT {', '.join(asked)} FROM records r WHERE {OF_THE_DAYS}")
    values: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(asked)
    columns = dict(zip(_WALKED, values, strict=False))
    # Of customers with one id the first counts, which is read last.
    levels: dict[str, Group] = scope.once("levels", lambda: dict(scope.workspace.index.rows(_LEVELS)))
    columns["level"] = [levels.get(customer) for customer in columns["customer"]]
    return Conversations(columns, {scope.by: values[-1]} if len(values) > len(_WALKED) else {})
