"""Pauses: the spells in which a follow-up waited for its customer, and the working time they put back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commlog.followups.rules.follow_up import PAUSED, Transition
from commlog.values import instant_of
from commlog.worktime.calendar import WorkCalendar, to_utc

_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Pause:
    """A spell of waiting; `end` is None while it runs.

    `entry` is the number, from 1, of the entry of the history that ended it, or began the one that runs; `by` who
    made that entry, `status` what it led to, and `moved` whether it told another due.
    """

    begin: datetime
    end: datetime | None
    entry: int
    by: str
    status: str
    moved: bool = False


def pauses_of(history: Sequence[Transition]) -> tuple[Pause, ...]:
    """The pauses a history tells, the oldest first; what has no readable instant is passed over."""
    pauses: list[Pause] = []
    begun: tuple[int, Transition] | None = None
    for number, entry in enumerate(history, start=1):
        if entry.status == PAUSED:
            begun = begun or (number, entry)
        elif begun:
            begin, end = instant_of(begun[1].at), instant_of(entry.at)
            if begin and end:
                pauses.append(Pause(begin, end, number, entry.by, entry.status, bool(entry.due)))
            begun = None
    begin = instant_of(begun[1].at) if begun else None
    if begun and begin:
        pauses.append(Pause(begin, None, begun[0], begun[1].by, PAUSED))
    return tuple(pauses)


def waited_minutes(pause: Pause, until: datetime, calendar: WorkCalendar, since: datetime | None = None) -> int:
    """The whole working minutes of a pause, of one that runs those up to `until`; nothing before `since` counts."""
    begin, end = pause.begin, pause.end or until
    if since is not None and to_utc(since) > to_utc(begin):
        begin = since
    return max(0, calendar.working_seconds(begin, end)) // _MINUTE


def put_back(due: datetime, pauses: Iterable[Pause], calendar: WorkCalendar, since: datetime | None = None) -> datetime:
    """The due later by the working time of the pauses that are over, each in whole minutes; nothing before `since` counts.

    Raises:
        CalendarError: the working time runs out.
    """
    minutes = sum(waited_minutes(pause, pause.end, calendar, since) for pause in pauses if pause.end)
    return calendar.add_working_time(due, minutes) if minutes else due
