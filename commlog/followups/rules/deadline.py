"""A stored due: from which instant its limit counts, and what its rule gives with a calendar."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from commlog.followups.rules.follow_up import CLOSED, DONE, OPEN, PAUSED, FollowUp
from commlog.followups.rules.model_pause import Pause, pauses_of, put_back
from commlog.values import Data, instant_of
from commlog.worktime.calendar import CalendarError, WorkCalendar, to_utc
from commlog.worktime.limits import Limit, due_after, parse_limit
from commlog.worktime.moment import due_instant

Origin = Literal["conversation_end", "conversation_start", "added", "reopened", "rescheduled"]

GIVEN: Final = "given"
NO_LIMIT: Final = "none"
_OVER: Final = frozenset({DONE, CLOSED})


@dataclass(frozen=True, slots=True)
class Start:
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


def original_start(follow_up: FollowUp, conversation: Mapping[str, Data]) -> Start | None:
    """The instant from which the limit of a priority counts; None when nothing tells one.

    The end of the conversation, else its start, for a follow-up made with its record; the moment it was added for any
    other; and after a reopening, the reopening.
    """
    reopened = _reopening(follow_up)
    if reopened:
        return reopened
    return _first_start(follow_up, conversation)


def find_start(follow_up: FollowUp, conversation: Mapping[str, Data], calendar: WorkCalendar) -> Start | None:
    """The instant from which the stored due was counted; None when its rule is no limit or nothing tells one.

    A due set later by a limit counts from the entry that set it, one set by a priority from the original start; the
    file tells them apart only by what they come to. The start that gives the stored due is the one, the original
    before others; when none does, the one that comes nearest.
    """
    limit = limit_of(follow_up.due_rule)
    original = original_start(follow_up, conversation)
    if limit is None or original is None:
        return None
    stored = stored_due(follow_up, calendar)
    set_later = list(_entries_with_due(follow_up, resumed=False))
    if stored is None or not (set_later or original.origin == "reopened" or _is_moved_by_resuming(follow_up)):
        return original
    likely = [original, *set_later]
    first = _first_start(follow_up, conversation)
    unlikely = [*_entries_with_due(follow_up, resumed=True), *([first] if first else [])]
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


def due_from(start: Start, limit: Limit, follow_up: FollowUp, calendar: WorkCalendar) -> datetime | None:
    """The instant a limit comes to from a start, the pauses since then put back; None when it is past all calendars."""
    try:
        due = due_after(limit, start.at, calendar)
        return due and put_back(due, counted_pauses(follow_up), calendar, start.at)
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
    """Whether the due is another than the one its history told last: somebody changed the file by hand."""
    told = next((entry.due for entry in reversed(follow_up.history) if entry.due), None)
    return told is not None and told != (follow_up.due or NO_LIMIT)


def _first_start(follow_up: FollowUp, conversation: Mapping[str, Data]) -> Start | None:
    opened = instant_of(follow_up.history[0].at) if follow_up.history else None
    recorded = instant_of(conversation.get("recorded_at"))
    if opened is None or (recorded is not None and to_utc(opened) == to_utc(recorded)):
        ended, started = (instant_of(conversation.get(key)) for key in ("ended_at", "started_at"))
        if ended:
            return Start(ended, "conversation_end")
        if started:
            return Start(started, "conversation_start")
    return Start(opened, "added", 1) if opened else None


def _reopening(follow_up: FollowUp) -> Start | None:
    found = None
    previous = ""
    for number, entry in enumerate(follow_up.history, start=1):
        at = instant_of(entry.at)
        if entry.status == OPEN and previous in _OVER and at:
            found = Start(at, "reopened", number)
        previous = entry.status
    return found


def _entries_with_due(follow_up: FollowUp, *, resumed: bool | None) -> Iterator[Start]:
    """The entries that set the due, the newest first: those that end a pause, those that do not, or (None) both."""
    for number in range(len(follow_up.history), 0, -1):
        entry = follow_up.history[number - 1]
        previous = follow_up.history[number - 2].status if number > 1 else ""
        at = instant_of(entry.at)
        ends_pause = previous == PAUSED and entry.status != PAUSED
        if entry.due and at and resumed in {None, ends_pause}:
            yield Start(at, "rescheduled", number)


def _is_moved_by_resuming(follow_up: FollowUp) -> bool:
    return any(True for _ in _entries_with_due(follow_up, resumed=True))
