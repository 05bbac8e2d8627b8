"""A stored due: from which instant its limit counts, and what its rule gives with a calendar."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from commlog.followups.rules.follow_up import CLOSED, DONE, OPEN, PAUSED, FollowUp, Pause, extend_due, pauses_of
from commlog.values import Data, instant_of
from commlog.worktime.calendar import CalendarError, Span, WorkCalendar, to_utc, wall_instant
from commlog.worktime.limits import Limit, due_after, parse_limit, start_day
from commlog.worktime.moment import due_instant
from commlog.worktime.periods import PeriodKind, period_bounds

Origin = Literal["conversation_end", "conversation_start", "added", "reopened", "rescheduled"]

GIVEN: Final = "given"
NO_LIMIT: Final = "none"
_OVER: Final = frozenset({DONE, CLOSED})


@dataclass(frozen=True, slots=True)
class LimitStart:
    """The instant a limit counts from, and what happened then; `entry` is its number in the history, 0 for none."""

    at: datetime
    origin: Origin
    entry: int = 0


def limit_of(rule: str | None) -> Limit | None:
    """The limit a stored rule names; None for `given`, `none`, and what is no limit."""
    try:
        limit = parse_limit(rule or NO_LIMIT)
    except ValueError:
        return None
    return None if limit.unit == "none" else limit


def original_start(follow_up: FollowUp, conversation: Mapping[str, Data]) -> LimitStart | None:
    """The instant from which the limit of a priority counts; None when nothing tells one.

    The end of the conversation, else its start, for a follow-up made with its record; the moment it was added for any
    other; and after a reopening, the reopening.
    """
    return _reopening(follow_up) or _first_start(follow_up, conversation)


def find_start(follow_up: FollowUp, conversation: Mapping[str, Data], calendar: WorkCalendar) -> LimitStart | None:
    """The instant from which the stored due time was counted; None when its rule has no limit or the start is unknown.

    A due set later by a limit counts from the entry that set it, one set by a priority from the original start; the
    file tells them apart only by what they come to. The start that gives the stored due is the one, the original
    before others; when none does, the one that comes nearest.
    """
    limit = limit_of(follow_up.due_rule)
    original = original_start(follow_up, conversation)
    if limit is None or original is None:
        return None
    stored = stored_due(follow_up, calendar)
    set_later, resumed = (list(_entries_with_due(follow_up, resumed=is_resumed)) for is_resumed in (False, True))
    if stored is None or not (set_later or original.origin == "reopened" or resumed):
        return original
    likely = [original, *set_later]
    first = _first_start(follow_up, conversation)
    unlikely = [*resumed, *([first] if first else [])]
    distances: dict[int, timedelta] = {}
    for place, start in enumerate([*likely, *unlikely]):
        due = due_from(start, limit, follow_up, calendar)
        if due is None:
            continue
        distance = abs(to_utc(due) - to_utc(stored))
        if not distance:
            return start
        if place < len(likely):
            distances[place] = distance
    return likely[min(distances, key=lambda place: distances[place])] if distances else original


def due_from(start: LimitStart, limit: Limit, follow_up: FollowUp, calendar: WorkCalendar) -> datetime | None:
    """The instant a limit comes to from a start, the pauses since then put back; None when it is past all calendars."""
    try:
        due = due_after(limit, start.at, calendar)
        return due and extend_due(due, counted_pauses(follow_up), calendar, start.at)
    except (CalendarError, OverflowError, ValueError):
        return None


def expected_due(follow_up: FollowUp, conversation: Mapping[str, Data], calendar: WorkCalendar) -> datetime | None:
    """What the stored rule gives with this calendar, in the zone of the log; None when the due was given, or there is none."""
    limit = limit_of(follow_up.due_rule)
    start = find_start(follow_up, conversation, calendar)
    return due_from(start, limit, follow_up, calendar) if limit and start else None


def counted_pauses(follow_up: FollowUp) -> tuple[Pause, ...]:
    """The pauses that move the due: those that are over, less those after which it was kept.

    A time promised to the customer does not move, unless the pause ended before it was promised; one that ended with
    the follow-up itself moved the due if it says so.
    """
    return tuple(
        pause
        for pause in pauses_of(follow_up.history)
        if pause.end and (pause.moved or not (follow_up.agreed_with_customer or pause.status in _OVER))
    )


def pauses_count_from(follow_up: FollowUp, conversation: Mapping[str, Data], calendar: WorkCalendar) -> datetime | None:
    """The instant since which pauses move the stored due: a due set in the middle of a pause knew of the part before it.

    None when every pause since the opening counts.
    """
    if limit_of(follow_up.due_rule):
        start = find_start(follow_up, conversation, calendar)
        return start.at if start else None
    set_at = [start.at for start in _entries_with_due(follow_up, resumed=None)]
    return set_at[0] if set_at else None


def stored_due(follow_up: FollowUp, calendar: WorkCalendar) -> datetime | None:
    """The instant the stored due means; None when there is none, or it is no date."""
    try:
        return due_instant(follow_up.due, calendar) if follow_up.due else None
    except ValueError:
        return None


def is_due_edited(follow_up: FollowUp) -> bool:
    """Whether the stored due time differs from the last one in the history: the file was edited by hand."""
    told = next((entry.due for entry in reversed(follow_up.history) if entry.due), None)
    return told is not None and told != (follow_up.due or NO_LIMIT)


def _first_start(follow_up: FollowUp, conversation: Mapping[str, Data]) -> LimitStart | None:
    opened = instant_of(follow_up.history[0].at) if follow_up.history else None
    recorded = instant_of(conversation.get("recorded_at"))
    if opened is None or (recorded is not None and to_utc(opened) == to_utc(recorded)):
        ended, started = (instant_of(conversation.get(key)) for key in ("ended_at", "started_at"))
        if ended:
            return LimitStart(ended, "conversation_end")
        if started:
            return LimitStart(started, "conversation_start")
    return LimitStart(opened, "added", 1) if opened else None


def _reopening(follow_up: FollowUp) -> LimitStart | None:
    found = None
    previous = ""
    for number, entry in enumerate(follow_up.history, start=1):
        at = instant_of(entry.at)
        if entry.status == OPEN and previous in _OVER and at:
            found = LimitStart(at, "reopened", number)
        previous = entry.status
    return found


def _entries_with_due(follow_up: FollowUp, *, resumed: bool | None) -> Iterator[LimitStart]:
    """The entries that set the due, the newest first: those that end a pause, those that do not, or (None) both."""
    for number in range(len(follow_up.history), 0, -1):
        entry = follow_up.history[number - 1]
        previous = follow_up.history[number - 2].status if number > 1 else ""
        at = instant_of(entry.at)
        ends_pause = previous == PAUSED and entry.status != PAUSED
        if entry.due and at and resumed in {None, ends_pause}:
            yield LimitStart(at, "rescheduled", number)


DayKind = Literal["weekly_hours", "weekly_off", "dated_work", "dated_off", "dated_part_off"]
Opening = Literal["same_day", "after_hours", "not_working"]

# Of a longer stretch the first and the last days are listed.
FIRST_DAYS: Final = 300
LAST_DAYS: Final = 100
_PERIODS: Final[dict[str, PeriodKind]] = {"eow": "week", "eom": "month", "eoq": "quarter"}


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day; `counted` is its number (0 for the start day, None when it is passed over), `name` that of a dated day.

    `spans` are its working hours; `minutes`, for a limit in working hours, how much of it that day used.
    """

    date: date
    kind: DayKind
    spans: tuple[Span, ...]
    name: str = ""
    counted: int | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class DayCount:
    """How a limit was counted over days; `left_out` days in the middle of `days` are not listed.

    `first_day` is the start day and `opening` why it is that one; `period` the first and the last day of the week,
    month or quarter whose end the limit is. All are empty for limits that do not count days.
    """

    days: tuple[CountedDay, ...] = ()
    left_out: int = 0
    first_day: date | None = None
    opening: Opening | None = None
    period: tuple[date, date] | None = None


def count_days(limit: Limit, start: datetime, end: datetime, calendar: WorkCalendar) -> DayCount:
    """The days from the start of a limit to its end, both in any zone.

    Raises:
        CalendarError: the calendar has no working time.
    """
    if limit.unit in _PERIODS:
        return _count_period(_PERIODS[limit.unit], start, end, calendar)
    if limit.unit == "wd":
        return _count_working_days(limit.amount, start, end, calendar)
    if limit.unit == "wh":
        return _count_working_hours(start, end, calendar)
    if limit.unit == "d":
        return _count_calendar_days(limit.amount, start, end, calendar)
    return DayCount()


def uncounted_day(day: date, calendar: WorkCalendar) -> CountedDay:
    """What the calendar says of a day, not counted."""
    spans = calendar.spans_on(day)
    dated = calendar.dated.get(day)
    if dated is None:
        return CountedDay(day, "weekly_hours" if spans else "weekly_off", spans)
    if dated.kind == "work":
        return CountedDay(day, "dated_work", spans, dated.name)
    return CountedDay(day, "dated_part_off" if spans else "dated_off", spans, dated.name)


def _count_working_days(amount: int, start: datetime, end: datetime, calendar: WorkCalendar) -> DayCount:
    local = _day(start, calendar)
    first = start_day(start, calendar)
    last = _closed_day(end, calendar)
    opening = _opening(local, first, calendar)
    days, left_out = _list(local, last, calendar)
    head, tail = days[: len(days) - LAST_DAYS if left_out else None], days[-LAST_DAYS:] if left_out else []
    listed: list[CountedDay] = []
    number = -1
    for day in head:
        counts = day.date >= first and bool(day.spans)
        number += counts
        listed.append(replace(day, counted=number) if counts else day)
    back: list[CountedDay] = []
    number = amount
    for day in reversed(tail):
        back.append(replace(day, counted=number) if day.spans else day)
        number -= bool(day.spans)
    return DayCount((*listed, *reversed(back)), left_out, first, opening)


def _count_working_hours(start: datetime, end: datetime, calendar: WorkCalendar) -> DayCount:
    local = _day(start, calendar)
    days, left_out = _list(local, _day(to_utc(end) - timedelta(seconds=1), calendar), calendar)
    listed = []
    for day in days:
        opening, closing = _midnight(day.date, calendar), _midnight(day.date + timedelta(days=1), calendar)
        begun, over = max(to_utc(start), opening), min(to_utc(end), closing)
        seconds = calendar.working_seconds(begun, over) if begun < over else 0
        listed.append(replace(day, minutes=seconds // 60))
    return DayCount(tuple(listed), left_out)


def _count_calendar_days(amount: int, start: datetime, end: datetime, calendar: WorkCalendar) -> DayCount:
    local = _day(start, calendar)
    days, left_out = _list(local, _closed_day(end, calendar), calendar)
    numbers = ((day, (day.date - local).days) for day in days)
    listed = tuple(replace(day, counted=number) if number <= amount else day for day, number in numbers)
    return DayCount(listed, left_out, local, "same_day")


def _count_period(kind: PeriodKind, start: datetime, end: datetime, calendar: WorkCalendar) -> DayCount:
    closed = _closed_day(end, calendar)
    first, after = period_bounds(kind, closed)
    days, left_out = _list(closed, after - timedelta(days=1), calendar)
    opening: Opening = "same_day" if first <= _day(start, calendar) else "after_hours"
    listed = (replace(days[0], counted=1), *days[1:])
    return DayCount(listed, left_out, None, opening, (first, after - timedelta(days=1)))


def _opening(local: date, first: date, calendar: WorkCalendar) -> Opening:
    if local == first:
        return "same_day"
    return "after_hours" if calendar.is_working_day(local) else "not_working"


def _list(first: date, last: date, calendar: WorkCalendar) -> tuple[list[CountedDay], int]:
    """The days from the first to the last, or the ends of a long stretch and how many were left out between them."""
    length = last.toordinal() - first.toordinal() + 1
    left_out = length - FIRST_DAYS - LAST_DAYS
    steps = range(length) if left_out <= 0 else [*range(FIRST_DAYS), *range(length - LAST_DAYS, length)]
    return [uncounted_day(first + timedelta(days=step), calendar) for step in steps], max(0, left_out)


def _day(instant: datetime, calendar: WorkCalendar) -> date:
    return instant.astimezone(calendar.zone).date()


def _closed_day(closing: datetime, calendar: WorkCalendar) -> date:
    """The day that closes at an instant: a closing at 24:00 is that of the day before."""
    day = _day(closing, calendar)
    is_own = calendar.is_working_day(day) and to_utc(calendar.closing_time(day)) == to_utc(closing)
    return day if is_own else day - timedelta(days=1)


def _midnight(day: date, calendar: WorkCalendar) -> datetime:
    return to_utc(wall_instant(datetime.combine(day, time()), calendar.zone))
