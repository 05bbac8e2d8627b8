"""What a summary is: figures of a period with those of an earlier one beside them, and the records to look at."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple

from commlog.output.listing import Listing
from commlog.worktime.periods import Period


def last_day(period: Period) -> date:
    """The last day of a period; where the clock skips midnight, the period ends within the day after it."""
    return (period.end - timedelta(seconds=1)).date()


# The slug of a group; None stands for what has no value there.
Group = str | None
Kind = Literal["count", "share", "mean", "spread"]
Unit = Literal["seconds", "working_seconds", "working_days"]

# A percentage of fewer says more than is known.
SMALLEST_SHARED: Final = 5


@dataclass(frozen=True, slots=True)
class DurationSpread:
    """How some durations lie: the middle one, the one that nine of ten do not exceed, and the longest."""

    median: float
    ninetieth: float
    longest: float
    unit: Unit


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of one period.

    A count has a numerator alone; a share `numerator` of `denominator`; a mean the sum and the number; a spread the
    number as its numerator. `left_out` says what was not counted and why, `included` what was although it may surprise.
    """

    kind: Kind
    numerator: int
    denominator: int | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    included: Mapping[str, int] = field(default_factory=dict)
    spread: DurationSpread | None = None

    @property
    def size(self) -> int:
        """N: how many the figure is about."""
        return self.numerator if self.denominator is None else self.denominator

    @property
    def value(self) -> float | None:
        """The count, the share from 0 to 1 (None below five), the mean or the median; None when there is none."""
        if self.kind == "count":
            return self.numerator
        if self.kind == "spread":
            return self.spread.median if self.spread else None
        fewest = SMALLEST_SHARED if self.kind == "share" else 1
        return self.numerator / self.size if self.size >= fewest else None


class MeasureKey(NamedTuple):
    """Which figure a measure is: of everything, or of one group of a dimension (empty for everything)."""

    figure: str
    dimension: str = ""
    group: Group = None


# The figures of one period.
Reading = dict[MeasureKey, Measure]


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """A figure with its measure in the period and in the one it is compared with."""

    key: MeasureKey
    now: Measure
    before: Measure


@dataclass(frozen=True, slots=True)
class PointedRecords:
    """Records or customers a figure points at: the first of them, and how many more there are."""

    name: str
    listing: Listing
    rest: int


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of a period beside those of an earlier one.

    States (overdue, without owner) are those at `now`; beside them, those at `before_at`.
    """

    period: Period
    previous: Period
    now: datetime
    before_at: datetime
    by: str
    lines: tuple[SummaryLine, ...]
    attention: tuple[PointedRecords, ...]
    unreadable_files: int = 0

    def total(self, figure: str) -> SummaryLine | None:
        """The line of a figure for everything, when it has one."""
        return next((line for line in self.lines if line.key == MeasureKey(figure)), None)

    def groups(self, figure: str, dimension: str) -> tuple[SummaryLine, ...]:
        """The lines of a figure by the groups of a dimension, the largest first."""
        return tuple(line for line in self.lines if line.key[:2] == (figure, dimension))


# How bad a mood is; moods of one weight are neither better nor worse than each other. `other` says nothing.
WEIGHTS: Final[Mapping[str, int]] = {
    "satisfied": 0,
    "calm": 1,
    "neutral": 2,
    "anxious": 3,
    "impatient": 3,
    "dissatisfied": 3,
    "angry": 4,
}
LAST_RECORDS: Final = 3
REPEAT_DAYS: Final = 30
REPEAT_SECONDS: Final = REPEAT_DAYS * 86_400


class CustomerInquiry(NamedTuple):
    """A customer who turned to us about something; `at` is in seconds since 1970, `record` its number in the index."""

    customer: Group
    category: Group
    at: int
    record: int


def has_worsened(moods: Sequence[str]) -> bool:
    """Whether the last three moods, oldest first, never get better and end worse than they began."""
    weights = [WEIGHTS[mood] for mood in moods if mood in WEIGHTS][-LAST_RECORDS:]
    return len(weights) == LAST_RECORDS and weights == sorted(weights) and weights[-1] > weights[0]


def repeated_pairs(contacts: Iterable[CustomerInquiry]) -> Iterator[tuple[tuple[Group, Group], int]]:
    """The pairs of customer and category that came back within 30 days, with the instant of each return; contacts in order of time."""
    last: dict[tuple[Group, Group], int] = {}
    for contact in contacts:
        pair = contact.customer, contact.category
        if pair in last and contact.at - last[pair] <= REPEAT_SECONDS:
            yield pair, contact.at
        last[pair] = contact.at
