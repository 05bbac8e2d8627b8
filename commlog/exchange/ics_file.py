"""Calendars as files (iCalendar): follow-ups as to-dos and events, dates of the year as all-day events."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, Protocol

from commlog.errors import UsageError
from commlog.followups.rules.follow_up import AWAITING_CUSTOMER, CLOSED, DONE, IN_PROGRESS, OPEN, FollowUp
from commlog.messages import mark

PRODUCT: Final = "-//commlog//EN"
_DOMAIN: Final = "commlog"
_TODO_STATUS: Final[Mapping[str, str]] = {
    OPEN: "NEEDS-ACTION",
    IN_PROGRESS: "IN-PROCESS",
    AWAITING_CUSTOMER: "NEEDS-ACTION",
    DONE: "COMPLETED",
    CLOSED: "COMPLETED",
}
_CANCELLED: Final = "CANCELLED"
# From 1, the highest, to 9; 0 is "none said", which is what the priorities of a team's own are.
_PRIORITIES: Final[Mapping[str, int]] = {
    "urgent": 1,
    "important": 3,
    "high": 3,
    "medium": 5,
    "follow_up_3_days": 5,
    "routine": 9,
    "low": 9,
}
# An event ends when the follow-up is due: the time shown is the last in which it can be done.
_EVENT_LENGTH: Final = timedelta(minutes=30)
# Yearly events start in a fixed leap year, so that the same files give the same bytes in every year.
_FIRST_YEAR: Final = 2000
_LAST_OF_FEBRUARY: Final = {"freq": "yearly", "bymonth": 2, "bymonthday": -1}
# The 60th day of a year is 29 February in leap years and 1 March in all others.
_SIXTIETH_DAY: Final = {"freq": "yearly", "byyearday": 60}
_EVERY_YEAR: Final = {"freq": "yearly"}
# What ends a line for some reader, and what no calendar's text may hold.
_LINE_END: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class CalendarHead:
    """What holds for a whole calendar: its name, the IANA name of its zone, when 29 February is kept."""

    name: str
    zone: str
    leap_day: Literal["feb_28", "mar_1"] = "feb_28"


@dataclass(frozen=True, slots=True)
class EntryTexts:
    """What people read of an entry."""

    summary: str
    description: str = ""
    comment: str = ""
    category: str = ""


class CalendarTask(Protocol):
    """What a calendar needs to know of a follow-up; instants are in UTC."""

    @property
    def record_id(self) -> str:
        """The id of its record."""

    @property
    def follow_up(self) -> FollowUp:
        """The follow-up itself."""

    @property
    def due(self) -> datetime | None:
        """The instant it is due, None without one."""

    @property
    def created(self) -> datetime:
        """The instant it was made."""

    @property
    def changed(self) -> datetime:
        """The instant of its last change."""

    @property
    def finished(self) -> datetime | None:
        """The instant it was done or closed, None while it is pending."""


class YearlyDay(Protocol):
    """What a calendar needs to know of a day that comes back every year."""

    @property
    def key(self) -> str:
        """What tells it from all others, for good."""

    @property
    def month(self) -> int:
        """The month, 1 to 12."""

    @property
    def day(self) -> int:
        """The day of the month."""

    @property
    def dates(self) -> tuple[date, ...] | None:
        """The days themselves when no rule of this calendar gives them, as of a lunar date; else None."""

    @property
    def changed(self) -> datetime:
        """The instant it was written down, in UTC."""


def format_calendar(
    head: CalendarHead,
    todos: Iterable[tuple[CalendarTask, EntryTexts]] = (),
    events: Iterable[tuple[CalendarTask, EntryTexts]] = (),
    days: Iterable[tuple[YearlyDay, EntryTexts]] = (),
) -> bytes:
    """The bytes of a calendar: the same for the same entries, whenever they are written.

    Each entry has an identity of its own that stays through every change, so that a program that reads the calendar again
    changes what it has. A follow-up without a due is no event.

    Raises:
        UsageError: the package for calendars is not installed.
    """
    library = _load()
    calendar = library.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", library.vText(_clean(head.name)))
    calendar.add("x-wr-timezone", library.vText(_clean(head.zone)))
    writer = _Writer(library, calendar)
    for task, words in todos:
        writer.add_todo(task, words)
    for task, words in events:
        writer.add_event(task, words)
    for day, words in days:
        writer.add_day(day, words, head.leap_day)
    data: bytes = calendar.to_ical()
    return data


def is_our_calendar(data: bytes) -> bool:
    """Whether a file is a calendar that `format_calendar` wrote."""
    return data.startswith(b"BEGIN:VCALENDAR\r\n") and f"\r\nPRODID:{PRODUCT}\r\n".encode() in data


@dataclass(slots=True)
class _Writer:
    """Adds entries to a calendar of the library, none with the identity of another."""

    library: Any
    calendar: Any
    taken: set[str] = field(default_factory=set)

    def add_todo(self, task: CalendarTask, words: EntryTexts) -> None:
        """A follow-up as something to be done."""
        follow_up = task.follow_up
        todo = self._entry(self.library.Todo(), f"{task.record_id}-{follow_up.n}", words)
        self._date(todo, task)
        todo.add("status", _CANCELLED if follow_up.is_cancelled else _TODO_STATUS[follow_up.status])
        if task.due is not None:
            todo.add("due", task.due)
        if task.finished is not None and not follow_up.is_cancelled:
            todo.add("completed", task.finished)

    def add_event(self, task: CalendarTask, words: EntryTexts) -> None:
        """A follow-up as the half hour before it is due; it does not make anybody busy."""
        if task.due is None:
            return
        follow_up = task.follow_up
        event = self._entry(self.library.Event(), f"{task.record_id}-{follow_up.n}-event", words)
        self._date(event, task)
        event.add("status", _CANCELLED if follow_up.is_cancelled else "CONFIRMED")
        event.add("dtstart", task.due - _EVENT_LENGTH)
        event.add("dtend", task.due)
        event.add("transp", "TRANSPARENT")

    def add_day(self, day: YearlyDay, words: EntryTexts, leap_day: str) -> None:
        """A day of every year: one event with a rule, or one for each date."""
        if day.dates is not None:
            for one in day.dates:
                self._add_all_day(f"{day.key}-{one.year}", words, one, day.changed)
            return
        rule: Mapping[str, Any] = _EVERY_YEAR
        if (day.month, day.day) == (2, 29):
            rule = _SIXTIETH_DAY if leap_day == "mar_1" else _LAST_OF_FEBRUARY
        event = self._add_all_day(day.key, words, date(_FIRST_YEAR, day.month, day.day), day.changed)
        event.add("rrule", rule)

    def _add_all_day(self, key: str, words: EntryTexts, day: date, changed: datetime) -> Any:
        event = self._entry(self.library.Event(), key, words)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("dtstamp", changed)
        event.add("last-modified", changed)
        event.add("sequence", 0)
        event.add("transp", "TRANSPARENT")
        return event

    def _entry(self, entry: Any, key: str, words: EntryTexts) -> Any:
        entry.add("uid", self._identity(key))
        for name in ("summary", "description", "comment"):
            text = _clean(getattr(words, name))
            if text:
                entry.add(name, text)
        if words.category:
            entry.add("categories", [_clean(words.category)])
        self.calendar.add_component(entry)
        return entry

    def _date(self, entry: Any, task: CalendarTask) -> None:
        entry.add("dtstamp", task.changed)
        entry.add("last-modified", task.changed)
        entry.add("created", task.created)
        entry.add("sequence", len(task.follow_up.history))
        entry.add("priority", _PRIORITIES.get(task.follow_up.priority or "", 0))

    def _identity(self, key: str) -> str:
        """The UID of an entry; where files give two things one name, the later one gets a number."""
        stem, number = _clean(key).replace("\n", " "), 1
        uid = f"{stem}@{_DOMAIN}"
        while uid in self.taken:
            number += 1
            uid = f"{stem}-{number}@{_DOMAIN}"
        self.taken.add(uid)
        return uid


def _clean(text: str) -> str:
    """The text with line ends of one kind and nothing that a calendar must not hold."""
    return _FORBIDDEN.sub("", _LINE_END.sub("\n", text))


def _load() -> Any:
    try:
        import icalendar
    except ModuleNotFoundError:
        raise UsageError(
            mark("calendars need the package `icalendar`, which is not installed"),
            remedy=mark('install it: pip install "commlog[calendar]"'),
        ) from None
    return icalendar
