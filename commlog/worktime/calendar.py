"""Working hours: which stretches of which days are working time, and the arithmetic on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from commlog.errors import InvalidError
from commlog.messages import mark

Span = tuple[int, int]
"""Minutes from midnight, start and end; 1440 is the midnight that ends the day."""

Stretch = tuple[datetime, datetime]
"""Open from one instant to another, in UTC."""

Week = tuple[tuple[Span, ...], ...]
"""The spans of seven weekdays, Monday first."""

AfterHours = Literal["next_day", "same_day"]

DAY_MINUTES = 1440
SEARCH_DAYS = 366 * 3
_DECEMBER = 12
# A due date in the year 9999 must not make anybody wait while eight thousand years are counted.
MEASURED_DAYS = 36_525
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEFAULT_HOURS: Mapping[str, Sequence[str]] = MappingProxyType({"mon-fri": ("09:00-18:00",)})


class CalendarError(InvalidError):
    """A calendar without working time where working time is needed."""


@dataclass(frozen=True, slots=True)
class DatedDay:
    """A dated exception: a day off, or a working day that the week does not have.

    The spans of a `work` day are its hours (None: the usual ones); the spans of an `off` day are
    the part of it that is off (None: all of it).
    """

    date: date
    kind: Literal["off", "work"]
    name: str = ""
    spans: tuple[Span, ...] | None = None


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The working time of one log: weekly hours and dated exceptions, in one time zone."""

    zone: ZoneInfo
    weekdays: Week
    dated: Mapping[date, DatedDay] = field(default_factory=dict, hash=False)
    after_hours: AfterHours = "next_day"
    country: str | None = None
    # Filled as they are asked for: a list of late follow-ups asks for the same days again and again.
    _seconds: dict[date, int] = field(default_factory=dict, init=False, repr=False, compare=False)
    _stretches: dict[date, tuple[Stretch, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _years: list[frozenset[int]] = field(default_factory=list, init=False, repr=False, compare=False)

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """Give the working spans of `day`, in minutes from midnight; a dated day wins over its weekday."""
        weekly = self.weekdays[day.weekday()]
        dated = self.dated.get(day)
        if dated is None:
            return weekly
        if dated.kind == "off":
            return () if dated.spans is None else _without(weekly, dated.spans)
        return self._usual_hours(day) if dated.spans is None else dated.spans

    def is_working_day(self, day: date) -> bool:
        """Tell whether `day` has any working time."""
        return bool(self.spans_on(day))

    def is_provisional(self, year: int) -> bool:
        """Tell whether the holidays of `year` are still missing, so that its days may yet change.

        A calendar without a country and without any dated day goes by its weekly hours alone: it misses nothing.
        """
        if not self.dated and self.country is None:
            return False
        if not self._years:
            self._years.append(self._known_years())
        return year not in self._years[0]

    def _known_years(self) -> frozenset[int]:
        """Give the years with dated days; for China those with make-up working days, without which a year is a guess.

        China's days of December come with the notice for the year after, and say nothing about their own.
        """
        if self.country != "CN":
            return frozenset(day.year for day in self.dated)
        return frozenset(
            day.year for day, dated in self.dated.items() if dated.kind == "work" and day.month < _DECEMBER
        )

    def closing_time(self, day: date) -> datetime:
        """Give the moment `day` closes, in the zone of the log; a day off closes at the latest of the week.

        Raises:
            CalendarError: the calendar has no hours at all.

        """
        spans = self.spans_on(day) or self._all_hours()
        if not spans:
            raise no_working_time(day)
        return self._at(day, max(end for _, end in spans))

    def next_working_day(self, day: date, *, after: bool) -> date:
        """Give the first working day from `day` on, or, with `after`, the first one later than `day`.

        Raises:
            CalendarError: there is none within three years.

        """
        days = self.iter_working_days(day)
        found = next(days)
        return next(days) if after and found == day else found

    def iter_working_days(self, first: date) -> Iterator[date]:
        """Iterate over the working days from `first` on, without end.

        Raises:
            CalendarError: three years pass without one.

        """
        idle = 0
        for ordinal in range(first.toordinal(), date.max.toordinal()):
            day = date.fromordinal(ordinal)
            if self.is_working_day(day):
                idle = 0
                yield day
            else:
                idle += 1
            if idle > SEARCH_DAYS:
                break
        raise no_working_time(first)

    def working_seconds(self, start: datetime, end: datetime) -> int:
        """Give the working seconds between two aware instants, negative when `end` comes first.

        Instants more than a century apart count as a century apart.
        """
        first, last = to_utc(start), to_utc(end)
        if last < first:
            return -self.working_seconds(end, start)
        if last - first > timedelta(days=MEASURED_DAYS):
            last = first + timedelta(days=MEASURED_DAYS)
        first_day, last_day = self._local_day(first), self._local_day(last)
        if first_day >= last_day:
            return self._seconds_within(last_day, first, last)
        between = range(first_day.toordinal() + 1, last_day.toordinal())
        return (
            self._seconds_within(first_day, first, last)
            + sum(self._seconds_of(date.fromordinal(ordinal)) for ordinal in between)
            + self._seconds_within(last_day, first, last)
        )

    def add_working_time(self, start: datetime, minutes: int) -> datetime:
        """Give the moment, in the zone of the log, `minutes` of working time after the aware `start`.

        Raises:
            CalendarError: the working time runs out.
            ValueError: `minutes` is negative.

        """
        if minutes < 0:
            raise ValueError(f"{minutes} minutes is negative")
        now = to_utc(start)
        remaining = timedelta(minutes=minutes)
        if not remaining:
            return now.astimezone(self.zone)
        for day in self.iter_working_days(self._local_day(now)):
            for opening, closing in self._stretches_on(day):
                begin = max(opening, now)
                if closing <= begin:
                    continue
                if closing - begin >= remaining:
                    return (begin + remaining).astimezone(self.zone)
                remaining -= closing - begin
        raise no_working_time(self._local_day(now))

    def _usual_hours(self, day: date) -> tuple[Span, ...]:
        """Give the hours of a make-up day: its own from Monday to Friday, else the first of the week."""
        own = self.weekdays[day.weekday()] if day.weekday() < WEEKDAYS.index("sat") else ()
        return own or next((spans for spans in self.weekdays if spans), ())

    def _all_hours(self) -> tuple[Span, ...]:
        weekly = tuple(span for spans in self.weekdays for span in spans)
        return weekly or tuple(span for day in self.dated.values() if day.kind == "work" for span in day.spans or ())

    def _at(self, day: date, minute: int) -> datetime:
        if day == date.max:
            minute = min(minute, DAY_MINUTES - 1)
        return wall_instant(datetime.combine(day, time()) + timedelta(minutes=minute), self.zone)

    def _stretches_on(self, day: date) -> tuple[Stretch, ...]:
        known = self._stretches.get(day)
        if known is None:
            spans = self.spans_on(day)
            known = tuple((to_utc(self._at(day, start)), to_utc(self._at(day, end))) for start, end in spans)
            self._stretches[day] = known
        return known

    def _local_day(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def _seconds_within(self, day: date, first: datetime, last: datetime) -> int:
        lengths = (min(closing, last) - max(opening, first) for opening, closing in self._stretches_on(day))
        return sum(max(0, length // timedelta(seconds=1)) for length in lengths)

    def _seconds_of(self, day: date) -> int:
        known = self._seconds.get(day)
        if known is None:
            stretches = self._stretches_on(day)
            known = sum((closing - opening) // timedelta(seconds=1) for opening, closing in stretches)
            self._seconds[day] = known
        return known


def wall_instant(wall: datetime, zone: tzinfo) -> datetime:
    """Give the instant at which the clocks of `zone` show the naive `wall`.

    A time shown twice means the first one; a time the clocks skip means the moment they skip it.
    """
    instant = wall.replace(tzinfo=zone, fold=0)
    before = instant.utcoffset() or timedelta()
    after = instant.replace(fold=1).utcoffset() or timedelta()
    if before >= after:
        return instant
    low = (wall - after).replace(tzinfo=UTC)
    high = (wall - before).replace(tzinfo=UTC)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.astimezone(zone)


def to_utc(instant: datetime) -> datetime:
    """Give an aware instant in UTC, to the second, so that comparing and subtracting give elapsed time."""
    try:
        return instant.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        # Within a day of the first or the last year there is: as far as the type goes.
        edge = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
        return edge if instant.year > 1 else datetime(1, 1, 1, tzinfo=UTC)


def parse_spans(hours: Sequence[str]) -> tuple[Span, ...]:
    """Read spans such as `09:00-12:00` into ordered minutes from midnight.

    Raises:
        ValueError: a span ends before it starts, or overlaps another.

    """
    spans = sorted(_parse_span(text) for text in hours)
    for earlier, later in pairwise(spans):
        if later[0] < earlier[1]:
            raise ValueError(f"{format_span(later)!r} overlaps {format_span(earlier)!r}")
    return tuple(spans)


def format_span(span: Span) -> str:
    """Write a span as `09:00-12:00`."""
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)


def parse_hours(hours: Mapping[str, Sequence[str]] = DEFAULT_HOURS) -> Week:
    """Read the hours of a week from days (`sat`) and ranges (`mon-fri`); a day wins over a range.

    Raises:
        ValueError: two ranges share a day, or a span is wrong.

    """
    ranges: dict[int, tuple[Span, ...]] = {}
    singles: dict[int, tuple[Span, ...]] = {}
    for key, texts in hours.items():
        days = _parse_days(key)
        named = singles if len(days) == 1 else ranges
        spans = parse_spans(texts)
        for day in days:
            if day in named:
                raise ValueError(f"{key!r} names {WEEKDAYS[day]} a second time")
            named[day] = spans
    return tuple(singles.get(day, ranges.get(day, ())) for day in range(len(WEEKDAYS)))


def _parse_days(key: str) -> list[int]:
    days = [WEEKDAYS.index(name) for name in key.split("-")]
    first, last = days[0], days[-1]
    return [(first + step) % 7 for step in range((last - first) % 7 + 1)]


def _parse_span(text: str) -> Span:
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    if end <= start:
        raise ValueError(f"{text!r} ends before it starts")
    return start, end


def _without(spans: tuple[Span, ...], removed: tuple[Span, ...]) -> tuple[Span, ...]:
    left = list(spans)
    for off_start, off_end in removed:
        before = [(start, min(end, off_start)) for start, end in left]
        after = [(max(start, off_end), end) for start, end in left]
        left = sorted((start, end) for start, end in before + after if start < end)
    return tuple(left)


def no_working_time(first: date) -> CalendarError:
    """Give the error that says a calendar has no working time from `first` on."""
    return CalendarError(
        mark("the calendar has no working time from {first} on"),
        remedy=mark("set working hours for at least one day of the week in commlog.yaml"),
        first=first.isoformat(),
    )
