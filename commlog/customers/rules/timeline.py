"""A timeline: what happened with a customer, as events from newest to oldest."""

from dataclasses import dataclass
from typing import Final

# What an event is.
INTERACTION: Final = "interaction"
SURVEY: Final = "survey"
REPORTED: Final = "issue_reported"
REOPENED: Final = "issue_reopened"
CLOSED: Final = "issue_closed"


@dataclass(frozen=True, slots=True)
class TimelineFollowUp:
    """A follow-up of the record: `due`, `opened` and `done` are days or instants as people read them, absent ones None."""

    address: str
    action: str
    owner: str | None
    status: str
    due: str | None
    is_pending: bool
    is_overdue: bool
    opened: str | None
    done: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `time` is a day, or a day and a time in the log's zone (YYYY-MM-DD HH:MM).

    `thread` is the letter that all records of one conversation share, empty for a record alone. Links are pairs of
    target and type; only the event that is the record itself has links and steps. `note` is why an issue was reopened or
    closed, or a survey's lowest and highest points.
    """

    time: str
    event: str
    id: str
    path: str
    template: str
    customer: str
    thread: str
    channel: str | None
    direction: str | None
    reached: bool
    person: str | None
    subject: str
    mood: str | None
    satisfaction: str | None
    outcome: str | None
    note: str | None
    links: tuple[tuple[str, str], ...]
    steps: tuple[TimelineFollowUp, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of a customer, the newest first; `left_out` are older ones that a limit cut."""

    customer: str
    name: str
    merged: tuple[str, ...]
    events: tuple[Event, ...]
    left_out: int


def letters_of(number: int) -> str:
    """The letters of a conversation, counted from 0: A to Z, then AA."""
    letters = ""
    number += 1
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters
