"""Everything that happened with a customer, the newest first, conversations marked."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from commlog.customers.brief import Cover, cover_of, read_fields
from commlog.customers.rules.timeline import (
    CLOSED,
    INTERACTION,
    REOPENED,
    REPORTED,
    SURVEY,
    Event,
    Step,
    Timeline,
    letters_of,
)
from commlog.database.connection import Row
from commlog.database.content import values_in
from commlog.database.query.select import FINISHED, is_overdue
from commlog.errors import UsageError
from commlog.messages import mark
from commlog.output.listing import mask_id
from commlog.privacy.rules.masking import MaskRules, mask_name
from commlog.records.find import customer_family, find_customer
from commlog.values import ANONYMOUS, DEFAULT_LINK_TYPE, mappings_of, text_of
from commlog.workspace import Workspace
from commlog.worktime.periods import interval_before, parse_interval, parse_period

OUTSIDE: Final = "ref:"
# Sorts after every minute of a day.
_DAYS_END: Final = " 24:00"
_EVENTS: Final = {"interaction": INTERACTION, "issue": REPORTED, "survey": SURVEY}
_RECORDS: Final = """
SELECT r.record, r.id, r.path, r.kind, r.template, r.customer, r.day, r.started_at, r.channel, r.direction, r.reached,
       coalesce(r.agent, r.owner), coalesce(r.subject, ''), r.mood, r.satisfaction, r.outcome, r.closed_at,
       r.closed_reason, CASE WHEN r.kind <> 'interaction' THEN c.content END
FROM records r LEFT JOIN contents c ON c.record = r.record
WHERE r.customer IN ({customers}) AND +r.kind IN ('interaction', 'issue', 'survey')
"""


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
    first_day = _first_day(workspace, since)
    customer = find_customer(workspace, text)
    family = customer_family(workspace, customer) if customer != ANONYMOUS else (customer,)
    cover = cover_of(workspace, family, reveal=reveal)
    rows = workspace.index.rows(_RECORDS.format(customers=", ".join("?" * len(family))), family)
    threads = _threads(workspace, family)
    events = [event for row in rows for event in _events(workspace, row, cover) if event.time >= first_day]
    # What a record tells later comes later; reversing a sort keeps that, sorting in reverse does not.
    events.sort(key=_moment)
    events.reverse()
    kept = events if limit < 0 else events[:limit]
    finished = _finish(workspace, kept, threads, {row[1]: row[0] for row in rows})
    name = workspace.index.rows("SELECT min(name) FROM customers WHERE id = ?", (customer,))[0][0]
    told = Timeline(
        customer,
        name or customer,
        tuple(one for one in family if one != customer),
        tuple(_covered(event, cover) for event in finished),
        len(events) - len(kept),
    )
    return told if reveal or not workspace.log.settings.mask.names else _nameless(told, workspace.log.settings.mask)


def _moment(event: Event) -> tuple[str, str]:
    """What an event is sorted by; an issue that was closed, of which only the day is known, comes last on that day."""
    return event.time + (_DAYS_END if event.event == CLOSED else ""), event.id


def _first_day(workspace: Workspace, since: str) -> str:
    if not since.strip():
        return ""
    try:
        interval = parse_interval(since.strip())
    except ValueError:
        interval = None
    if interval is not None:
        return interval_before(interval, workspace.now.date()).isoformat()
    try:
        return parse_period(since, workspace.now).start.date().isoformat()
    except (ValueError, OverflowError):
        raise UsageError(
            mark("--since: '{value}' is neither a period nor a distance in time"),
            value=since,
            remedy=mark("write 2026-03, 2026-Q1, last-month, 上月, a day, or 30d, 3m, 1y"),
        ) from None


def _events(workspace: Workspace, row: Row, cover: Cover) -> Iterator[Event]:
    """What a record tells: itself, and for an issue each new round and its end."""
    _, record_id, path, kind, template, customer, day, started, *rest = row
    channel, direction, reached, person, subject, mood, satisfaction, outcome, closed_at, reason, content = rest
    time = _local(workspace, started) if started is not None else day or ""
    told = {
        "id": record_id,
        "path": path,
        "template": template,
        "customer": customer,
        "thread": "",
        "subject": cover(subject),
        "links": (),
        "steps": (),
    }
    quiet: dict[str, Any] = dict.fromkeys(("channel", "direction", "mood", "satisfaction", "outcome"))
    quiet |= {"reached": True, "person": person}
    own = {"channel": channel, "direction": direction, "mood": mood, "satisfaction": satisfaction, "outcome": outcome}
    note = _points(content) if kind == "survey" else None
    yield Event(
        time=time,
        event=_EVENTS[kind],
        note=note,
        **told,
        **(quiet | own | {"reached": kind != "interaction" or bool(reached)}),
    )
    if kind == "issue":
        reopened = mappings_of(read_fields(workspace, path), "reopened") if values_in(content, "reopened.at") else []
        for entry in reopened:
            at, why = text_of(entry, "at"), text_of(entry, "reason")
            yield Event(time=_shown_time(at or ""), event=REOPENED, note=why and cover(why), **told, **quiet)
        if closed_at is not None:
            yield Event(
                time=_local(workspace, closed_at)[:10], event=CLOSED, note=reason and cover(reason), **told, **quiet
            )


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
    rows = workspace.index.rows(
        f"SELECT record, target, type FROM links WHERE record IN ({', '.join(map(str, set(records)))}) ORDER BY rowid"
    )
    links: dict[int, tuple[tuple[str, str], ...]] = {}
    for record, target, kind in rows:
        links[record] = (*links.get(record, ()), (target, kind or DEFAULT_LINK_TYPE))
    return links


def _steps(workspace: Workspace, records: list[int]) -> dict[int, tuple[Step, ...]]:
    rows = workspace.index.rows(
        "SELECT f.record, f.address, f.action, f.owner, f.status, f.due, f.is_pending, "
        f"coalesce({is_overdue(workspace.now)}, 0), f.opened_at, {FINISHED} "
        f"FROM follow_ups f WHERE f.record IN ({', '.join(map(str, set(records)))}) ORDER BY f.rowid"
    )
    steps: dict[int, tuple[Step, ...]] = {}
    for record, address, action, owner, status, due, pending, late, opened, done in rows:
        step = Step(
            address,
            action,
            owner,
            status,
            due and _shown_time(due),
            bool(pending),
            bool(late),
            None if opened is None else _local(workspace, opened),
            None if done is None or pending else _local(workspace, done),
        )
        steps[record] = (*steps.get(record, ()), step)
    return steps


def _threads(workspace: Workspace, family: tuple[str, ...]) -> dict[str, int]:
    """The conversation, by a number of its own, of every record of the customer that is linked to another."""
    customers = ", ".join("?" * len(family))
    rows = workspace.index.rows(
        "SELECT r.id, l.target FROM records r JOIN links l ON l.record = r.record "
        f"WHERE r.customer IN ({customers}) AND substr(l.target, 1, 4) <> '{OUTSIDE}' "
        "UNION SELECT t.id, l.target FROM records r JOIN links l ON l.target = r.id JOIN records t ON t.record = l.record "
        f"WHERE r.customer IN ({customers})",
        (*family, *family),
    )
    parents: dict[str, str] = {}

    def root(one: str) -> str:
        while parents.setdefault(one, one) != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        return one

    for source, target in rows:
        parents[root(source)] = root(target)
    numbers: dict[str, int] = {}
    return {one: numbers.setdefault(root(one), len(numbers)) for one in sorted(parents)}


def _points(content: str | None) -> str | None:
    """A survey's lowest and highest points: `2–5`, or one number when they are the same."""
    points = sorted(
        int(value)
        for piece in (content or "").split("\x1e")
        if piece.startswith("SCORES.")
        for value in [piece.partition("\x1f")[2]]
        if value.isdecimal()
    )
    if not points:
        return None
    return str(points[0]) if points[0] == points[-1] else f"{points[0]}–{points[-1]}"


def _local(workspace: Workspace, seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(workspace.log.settings.zone).strftime("%Y-%m-%d %H:%M")


def _shown_time(text: str) -> str:
    """A stored day or instant as people read it."""
    return f"{text[:10]} {text[11:16]}" if len(text) >= len("2026-03-14T15:05") else text
