"""What a report shows beside the figures of a summary: series over time, the age of what is open, and lists."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple

from commlog.summary.rules.summary import Group, Measure, PointedRecords, Summary
from commlog.worktime.periods import period_bounds

TimeStep = Literal["day", "week", "month", "year"]
Side = Literal["late", "left", "no_due", "paused"]

# More columns than this nobody can tell apart in one picture.
MOST_BUCKETS: Final = 120


class TimeBucket(NamedTuple):
    """Some days on the axis of time: from `start` up to, not including, `end`."""

    start: date
    end: date
    is_previous: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """Measures over time, by group: what no measure is given for did not happen.

    `groups` are in the order in which they are told, `names` their words where a template gives them.
    """

    step: TimeStep
    buckets: tuple[TimeBucket, ...]
    groups: tuple[Group, ...]
    measures: Mapping[tuple[int, Group], Measure]
    names: Mapping[Group, str]

    def measure(self, place: int, group: Group) -> Measure | None:
        """The measure of a group in the bucket at this place, None when there is none."""
        return self.measures.get((place, group))


@dataclass(frozen=True, slots=True)
class AgeGroup:
    """How many pending follow-ups are late, or have time left, by `low` to `high` working days (None: or more)."""

    side: Side
    low: int
    high: int | None
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Report:
    """A summary with what its charts are drawn from, and the lists behind the figures."""

    summary: Summary
    volume: Series
    on_time: Series
    satisfaction: Series
    ages: tuple[AgeGroup, ...]
    lists: tuple[PointedRecords, ...]
    is_revealed: bool


def step_for(days: int, finest: TimeStep) -> TimeStep:
    """The step at which so many days fit into one picture, none finer than `finest`."""
    steps: tuple[tuple[TimeStep, int], ...] = (("day", 100), ("week", 400), ("month", 1900))
    order = [step for step, _ in steps]
    allowed = steps[order.index(finest) :] if finest in order else ()
    return next((step for step, most in allowed if days <= most), "year")


def buckets_between(first: date, after: date, step: TimeStep, *, is_previous: bool = False) -> list[TimeBucket]:
    """The days from `first` up to, not including, `after` in steps; the outer ones are cut at these days."""
    buckets = []
    day = first
    while day < after:
        try:
            end = min(period_bounds(step, day)[1], after)
        except ValueError:
            # The last year there is has no day after it.
            end = after
        buckets.append(TimeBucket(day, end, is_previous))
        day = end
    return buckets


def place_of(day: date, buckets: tuple[TimeBucket, ...]) -> int | None:
    """The place of the bucket that holds a day, None when none does; the buckets are in order of time."""
    place = bisect_right(buckets, day, key=lambda bucket: bucket.start) - 1
    return place if place >= 0 and day < buckets[place].end else None
