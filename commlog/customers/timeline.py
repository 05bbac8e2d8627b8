"""Everything that happened with a customer, the newest first, conversations marked."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from commlog.customers.brief import Cover, cover_of, read_fields
from commlog.customers.queries import TimelineEntry, links_of, thread_edges, timeline_entries
from commlog.customers.rules.timeline import (
    CLOSED,
    INTERACTION,
    REOPENED,
    REPORTED,
    SURVEY,
    Event,
    Timeline,
    TimelineFollowUp,
    letters_of,
)
from commlog.database.content import values_in
from commlog.followups.queries import follow_ups_of
from commlog.output.listing import mask_id
from commlog.privacy.rules.masking import MaskRules, mask_name
from commlog.records.find import customer_family, find_customer
from commlog.records.list import since_day
from commlog.records.queries import points_in, read_customers
from commlog.values import ANONYMOUS, DEFAULT_LINK_TYPE, mappings_of, text_of
from commlog.workspace import Workspace

# Sorts after every minute of a day.
_DAYS_END: Final = " 24:00"
_EVENTS: Final = {"interaction": INTERACTION, "issue": REPORTED, "survey": SURVEY}


def list_timeline(
    workspace: Workspace, text: str, since: str = "", limit: int = -1, *, reveal: bool = False
) -> Timeline:
    """What happened with the customer people mean, and with all who were merged into them, the newest first.

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
    # What a record tells later comes later; reversing a sort keeps that, sorting in reverse does not.
    events.sort(key=_moment)
    events.reverse()
    kept = events if limit < 0 else events[:limit]
    finished = _finish(workspace, kept, threads, {row.id: row.record for row in rows})
    named = read_customers(workspace.index, [customer])
    told = Timeline(
        customer,
        next((one.name for one in named if one.name), customer),
        tuple(one for one in family if one != customer),
        tuple(_covered(event, cover) for event in finished),
        len(events) - len(kept),
    )
    return told if reveal or not workspace.log.settings.mask.names else _nameless(told, workspace.log.settings.mask)


def _moment(event: Event) -> tuple[str, str]:
    """What an event is sorted by; an issue that was closed, of which only the day is known, comes last on that day."""
    return event.time + (_DAYS_END if event.event == CLOSED else ""), event.id


def _events(workspace: Workspace, row: TimelineEntry, cover: Cover) -> Iterator[Event]:
    """What a record tells: itself, and for an issue each new round and its end."""
    told = Event(
        time=row.day or "" if row.started_at is None else _local(workspace, row.started_at),
        event=_EVENTS[row.kind],
        note=_points(row.content or "") if row.kind == "survey" else None,
        id=row.id,
        path=row.path,
        template=row.template,
        customer=row.customer,
        thread="",
        subject=cover(row.subject),
        links=(),
        steps=(),
        channel=row.channel,
        direction=row.direction,
        reached=row.kind != "interaction" or bool(row.reached),
        person=row.person,
        mood=row.mood,
        satisfaction=row.satisfaction,
        outcome=row.outcome,
    )
    yield told
    if row.kind == "issue":
        quiet = replace(told, channel=None, direction=None, mood=None, satisfaction=None, outcome=None)
        is_reopened = values_in(row.content or "", "reopened.at")
        for entry in mappings_of(read_fields(workspace, row.path), "reopened") if is_reopened else []:
            at, why = text_of(entry, "at"), text_of(entry, "reason")
            yield replace(quiet, time=_shown_time(at or ""), event=REOPENED, note=why and cover(why))
        if row.closed_at is not None:
            day, reason = _local(workspace, row.closed_at)[:10], row.closed_reason
            yield replace(quiet, time=day, event=CLOSED, note=reason and cover(reason))


def _finish(
    workspace: Workspace, events: Iterable[Event], threads: dict[str, int], numbers: dict[str, int]
) -> tuple[Event, ...]:
    """The events with their conversation's letters, the newest conversation first, and what hangs on their records."""
    events = list(events)
    counted: dict[int, set[str]] = {}
    for event in events:
        if event.id in threads:
            counted.setdefault(threads[event.id], set()).add(event.id)
    letters: dict[int, str] = {}
    for event in events:
        thread = threads.get(event.id)
        if thread is not None and thread not in letters and len(counted[thread]) > 1:
            letters[thread] = letters_of(len(letters))
    wanted = [numbers[event.id] for event in events]
    links = _links(workspace, wanted)
    steps = _steps(workspace, wanted)
    return tuple(
        replace(
            event,
            thread=letters.get(threads.get(event.id, -1), ""),
            links=links.get(numbers[event.id], ()) if event.event in _EVENTS.values() else (),
            steps=steps.get(numbers[event.id], ()) if event.event in _EVENTS.values() else (),
        )
        for event in events
    )


def _covered(event: Event, cover: Cover) -> Event:
    """The event with what its follow-ups say covered."""
    return replace(event, steps=tuple(replace(step, action=cover(step.action)) for step in event.steps))


def _nameless(timeline: Timeline, rules: MaskRules) -> Timeline:
    """The timeline without the customer's name, and without ids that are names."""
    return replace(
        timeline,
        customer=mask_id(timeline.customer, rules),
        name=mask_name(timeline.name),
        merged=tuple(mask_id(one, rules) for one in timeline.merged),
        events=tuple(replace(event, customer=mask_id(event.customer, rules)) for event in timeline.events),
    )


def _links(workspace: Workspace, records: list[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    links: dict[int, tuple[tuple[str, str], ...]] = {}
    for record, target, kind in links_of(workspace.index, records):
        links[record] = (*links.get(record, ()), (target, kind or DEFAULT_LINK_TYPE))
    return links


def _steps(workspace: Workspace, records: list[int]) -> dict[int, tuple[TimelineFollowUp, ...]]:
    steps: dict[int, tuple[TimelineFollowUp, ...]] = {}
    for row in follow_ups_of(workspace.index, records, workspace.now):
        step = TimelineFollowUp(
            row.address,
            row.action,
            row.owner,
            row.status,
            row.due and _shown_time(row.due),
            bool(row.is_pending),
            bool(row.is_overdue),
            None if row.opened_at is None else _local(workspace, row.opened_at),
            None if row.finished_at is None or row.is_pending else _local(workspace, row.finished_at),
        )
        steps[row.record] = (*steps.get(row.record, ()), step)
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
