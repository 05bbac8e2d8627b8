"""A timeline: everything that happened with a customer as events, the newest first, conversations marked."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from commlog.customers.brief import Cover, cover_of, read_fields
from commlog.customers.queries import TimelineEntry, links_of, thread_edges, timeline_entries
from commlog.database.content import values_in
from commlog.followups.queries import follow_ups_of
from commlog.output.listing import mask_id
from commlog.privacy.rules.masking import MaskRules, mask_name
from commlog.records.find import customer_family, find_customer
from commlog.records.list import since_day
from commlog.records.queries import points_in, read_customers
from commlog.values import ANONYMOUS, DEFAULT_LINK_TYPE, INTERACTION, ISSUE, SURVEY, mappings_of, text_of
from commlog.workspace import Workspace

# Sorts after every minute of a day.
_DAYS_END: Final = " 24:00"
# What the event is called that is the record itself, by kind of record; the other events of an issue.
_EVENTS: Final = {INTERACTION: "interaction", ISSUE: "issue_reported", SURVEY: "survey"}
# The fields of an event that are as the index has them.
_AS_STORED: Final = (
    *("id", "path", "template", "customer", "person"),
    *("channel", "direction", "mood", "satisfaction", "outcome"),
)
REOPENED: Final = "issue_reopened"
CLOSED: Final = "issue_closed"


@dataclass(frozen=True, slots=True)
class TimelineFollowUp:
    """A follow-up of the record: `due`, `opened` and `done` are days or times to the minute, None when absent."""

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


def list_timeline(
    workspace: Workspace, text: str, since: str = "", limit: int = -1, *, reveal: bool = False
) -> Timeline:
    """What happened with the customer a text names, and with all who were merged into them, the newest first.

    `since` is a period whose first day, or an interval back from today, bounds it; at most `limit` events, -1 for all. Phone
    numbers, addresses and, where the settings say so, the customer's name are masked unless revealed.

    Raises:
        NotFoundError, AmbiguousError: nobody, or several customers are called so.
        UsageError: `since` is neither.
    """
    first_day = since_day(workspace, since).isoformat() if since.strip() else ""
    customer = find_customer(workspace, text)
    family = customer_family(workspace, customer) if customer != ANONYMOUS else (customer,)
    cover = cover_of(workspace, family, reveal=reveal)
    rows = timeline_entries(workspace.index, family)
    threads = _threads(workspace, family)
    events = [event for row in rows for event in _events(workspace, row, cover) if event.time >= first_day]
    # Later events of one record come later; reversing a sort keeps that, sorting in reverse does not.
    events.sort(key=_moment)
    events.reverse()
    kept = events if limit < 0 else events[:limit]
    named = read_customers(workspace.index, [customer])
    timeline = Timeline(
        customer,
        next((one.name for one in named if one.name), customer),
        tuple(one for one in family if one != customer),
        _finish(workspace, kept, threads, {row.id: row.record for row in rows}, cover),
        len(events) - len(kept),
    )
    mask = workspace.log.settings.mask
    return timeline if reveal or not mask.names else _nameless(timeline, mask)


def _moment(event: Event) -> tuple[str, str]:
    """What an event is sorted by; an issue that was closed, of which only the day is known, comes last on that day."""
    return event.time + (_DAYS_END if event.event == CLOSED else ""), event.id


def _events(workspace: Workspace, row: TimelineEntry, cover: Cover) -> Iterator[Event]:
    """The events of a record: itself, and for an issue each new round and its end."""
    itself = Event(
        time=row.day or "" if row.started_at is None else _local(workspace, row.started_at),
        event=_EVENTS[row.kind],
        note=_points(row.content or "") if row.kind == SURVEY else None,
        thread="",
        subject=cover(row.subject),
        links=(),
        steps=(),
        reached=row.kind != INTERACTION or bool(row.reached),
        **{key: getattr(row, key) for key in _AS_STORED},
    )
    yield itself
    if row.kind == ISSUE:
        quiet = replace(itself, channel=None, direction=None, mood=None, satisfaction=None, outcome=None)
        is_reopened = values_in(row.content or "", "reopened.at")
        for entry in mappings_of(read_fields(workspace, row.path), "reopened") if is_reopened else []:
            at, why = text_of(entry, "at"), text_of(entry, "reason")
            yield replace(quiet, time=_shown_time(at or ""), event=REOPENED, note=why and cover(why))
        if row.closed_at is not None:
            day, reason = _local(workspace, row.closed_at)[:10], row.closed_reason
            yield replace(quiet, time=day, event=CLOSED, note=reason and cover(reason))


def _finish(
    workspace: Workspace, events: list[Event], threads: dict[str, int], numbers: dict[str, int], cover: Cover
) -> tuple[Event, ...]:
    """The events with their conversation's letters, the newest conversation first, and what hangs on their records."""
    counted: defaultdict[int, set[str]] = defaultdict(set)
    for event in events:
        if event.id in threads:
            counted[threads[event.id]].add(event.id)
    letters: dict[int, str] = {}
    for event in events:
        thread = threads.get(event.id)
        if thread is not None and len(counted[thread]) > 1:
            letters.setdefault(thread, letters_of(len(letters)))
    wanted = [numbers[event.id] for event in events]
    links = _links(workspace, wanted)
    steps = _steps(workspace, wanted, cover)
    return tuple(
        replace(
            event,
            thread=letters.get(threads.get(event.id, -1), ""),
            links=tuple(links[numbers[event.id]]) if event.event in _EVENTS.values() else (),
            steps=tuple(steps[numbers[event.id]]) if event.event in _EVENTS.values() else (),
        )
        for event in events
    )


def _nameless(timeline: Timeline, rules: MaskRules) -> Timeline:
    """The timeline without the customer's name, and without ids that are names."""
    return replace(
        timeline,
        customer=mask_id(timeline.customer, rules),
        name=mask_name(timeline.name),
        merged=tuple(mask_id(one, rules) for one in timeline.merged),
        events=tuple(replace(event, customer=mask_id(event.customer, rules)) for event in timeline.events),
    )


def _links(workspace: Workspace, records: list[int]) -> defaultdict[int, list[tuple[str, str]]]:
    """The links of some records: target and type."""
    links: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for record, target, kind in links_of(workspace.index, records):
        links[record].append((target, kind or DEFAULT_LINK_TYPE))
    return links


def _steps(workspace: Workspace, records: list[int], cover: Cover) -> defaultdict[int, list[TimelineFollowUp]]:
    """The follow-ups of some records."""
    steps: defaultdict[int, list[TimelineFollowUp]] = defaultdict(list)
    for row in follow_ups_of(workspace.index, records, workspace.now):
        step = TimelineFollowUp(
            row.address,
            cover(row.action),
            row.owner,
            row.status,
            row.due and _shown_time(row.due),
            bool(row.is_pending),
            bool(row.is_overdue),
            None if row.opened_at is None else _local(workspace, row.opened_at),
            None if row.finished_at is None or row.is_pending else _local(workspace, row.finished_at),
        )
        steps[row.record].append(step)
    return steps


def _threads(workspace: Workspace, family: tuple[str, ...]) -> dict[str, int]:
    """The conversation, by a number of its own, of every record of the customer that is linked to another."""
    parents: dict[str, str] = {}

    def root(one: str) -> str:
        while parents.setdefault(one, one) != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        return one

    for source, target in thread_edges(workspace.index, family):
        parents[root(source)] = root(target)
    numbers: dict[str, int] = {}
    return {one: numbers.setdefault(root(one), len(numbers)) for one in sorted(parents)}


def _points(content: str) -> str | None:
    """A survey's lowest and highest points: `2–5`, or one number when they are the same."""
    points = points_in(content)
    if not points:
        return None
    return str(points[0]) if min(points) == max(points) else f"{min(points)}–{max(points)}"


def _local(workspace: Workspace, seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(workspace.log.settings.zone).strftime("%Y-%m-%d %H:%M")


def _shown_time(text: str) -> str:
    """A stored day or instant as people read it."""
    return f"{text[:10]} {text[11:16]}" if len(text) >= len("2026-03-14T15:05") else text


def letters_of(number: int) -> str:
    """The letters of a conversation, counted from 0: A to Z, then AA."""
    letters = ""
    number += 1
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters
