"""Calendars as files (iCalendar): follow-ups as to-dos and events, dates of the year as all-day events."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from commlog.errors import UsageError
from commlog.exchange.export import CalendarCareDay, ExportedFollowUp
from commlog.followups.rules.follow_up import AWAITING_CUSTOMER, CLOSED, DONE, IN_PROGRESS, OPEN
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
# An entry that does not make its reader busy.
_FREE: Final = "TRANSPARENT"
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
    """A calendar as a whole: its name, the IANA name of its zone, when 29 February is celebrated in other years."""

    name: str
    zone: str
    leap_day: Literal["feb_28", "mar_1"] = "feb_28"


@dataclass(frozen=True, slots=True)
class EntryTexts:
    """The texts of an entry."""

    summary: str
    description: str = ""
    comment: str = ""
    category: str = ""


def format_calendar(
    head: CalendarHead,
    todos: Iterable[tuple[ExportedFollowUp, EntryTexts]] = (),
    events: Iterable[tuple[ExportedFollowUp, EntryTexts]] = (),
    days: Iterable[tuple[CalendarCareDay, EntryTexts]] = (),
) -> bytes:
    """The bytes of a calendar: the same for the same entries, whenever they are written.

    Each entry has an identity of its own that stays through every change, so that a program that reads the calendar again
    changes what it has. A follow-up without a due is no event.

    Raises:
        UsageError: the package for calendars is not installed.
    """
    library = _load()
    calendar = library.Calendar()
    _add(calendar, {"prodid": PRODUCT, "version": "2.0", "calscale": "GREGORIAN"})
    name, zone = (library.vText(_clean(text)) for text in (head.name, head.zone))
    _add(calendar, {"x-wr-calname": name, "x-wr-timezone": zone})
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

    def add_todo(self, task: ExportedFollowUp, words: EntryTexts) -> None:
        """A follow-up as something to be done."""
        follow_up = task.follow_up
        todo = self._entry(self.library.Todo(), f"{task.record_id}-{follow_up.n}", words)
        self._date(todo, task)
        status = _CANCELLED if follow_up.is_cancelled else _TODO_STATUS[follow_up.status]
        completed = None if follow_up.is_cancelled else task.finished
        _add(todo, {"status": status, "due": task.due, "completed": completed})

    def add_event(self, task: ExportedFollowUp, words: EntryTexts) -> None:
        """A follow-up as the half hour before it is due; it does not make anybody busy."""
        if task.due is None:
            return
        follow_up = task.follow_up
        event = self._entry(self.library.Event(), f"{task.record_id}-{follow_up.n}-event", words)
        self._date(event, task)
        status = _CANCELLED if follow_up.is_cancelled else "CONFIRMED"
        _add(event, {"status": status, "dtstart": task.due - _EVENT_LENGTH, "dtend": task.due, "transp": _FREE})

    def add_day(self, day: CalendarCareDay, words: EntryTexts, leap_day: str) -> None:
        """A day of every year: one event with a rule, or one for each date."""
        if day.dates is not None:
            for one in day.dates:
                self._add_all_day(f"{day.key}-{one.year}", words, one, day.changed)
            return
        leap_rule = _SIXTIETH_DAY if leap_day == "mar_1" else _LAST_OF_FEBRUARY
        rule = leap_rule if (day.month, day.day) == (2, 29) else _EVERY_YEAR
        event = self._add_all_day(day.key, words, date(_FIRST_YEAR, day.month, day.day), day.changed)
        event.add("rrule", rule)

    def _add_all_day(self, key: str, words: EntryTexts, day: date, changed: datetime) -> Any:
        event = self._entry(self.library.Event(), key, words)
        _add(event, {"dtstart": day, "dtend": day + timedelta(days=1), "dtstamp": changed, "last-modified": changed})
        _add(event, {"sequence": 0, "transp": _FREE})
        return event

    def _entry(self, entry: Any, key: str, words: EntryTexts) -> Any:
        texts = {name: _clean(getattr(words, name)) or None for name in ("summary", "description", "comment")}
        category = [_clean(words.category)] if words.category else None
        _add(entry, {"uid": self._identity(key), **texts, "categories": category})
        self.calendar.add_component(entry)
        return entry

    def _date(self, entry: Any, task: ExportedFollowUp) -> None:
        _add(entry, {"dtstamp": task.changed, "last-modified": task.changed, "created": task.created})
        priority = _PRIORITIES.get(task.follow_up.priority or "", 0)
        _add(entry, {"sequence": len(task.follow_up.history), "priority": priority})

    def _identity(self, key: str) -> str:
        """The UID of an entry; where two things have one name, the later one gets a number."""
        stem, number = _clean(key).replace("\n", " "), 1
        uid = f"{stem}@{_DOMAIN}"
        while uid in self.taken:
            number += 1
            uid = f"{stem}-{number}@{_DOMAIN}"
        self.taken.add(uid)
        return uid


def _add(component: Any, properties: Mapping[str, Any]) -> None:
    """Add properties to a component of the library, those with a value."""
    for name, value in properties.items():
        if value is not None:
            component.add(name, value)


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
