"""A timeline as text: two lines an event, conversations marked; or as data."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from commlog.customers.timeline import Event, Timeline, TimelineFollowUp
from commlog.messages import mark, translate
from commlog.output.formats import TEXT_FORMATS, choose_columns, format_listing, require_format
from commlog.output.labels import Labels, labelled
from commlog.output.listing import Listing
from commlog.output.text import harmless, pad, shorten, width_of, wrap
from commlog.values import Data

_WIDTH: Final = 100
_TIME_WIDTH: Final = 16
# What happened, what came of it, and where it is recorded.
_COLUMNS: Final = (
    *("time", "event", "id", "thread", "channel", "direction", "agent", "subject"),
    *("mood", "satisfaction", "outcome", "links", "pending", "note"),
    *("template", "customer", "path"),
)
_SHOWN: Final = ("time", "event", "thread", "channel", "agent", "subject", "links", "pending", "id")
_EVENTS: Final = {
    "issue_reported": mark("issue reported"),
    "issue_reopened": mark("issue reopened"),
    "issue_closed": mark("issue closed"),
    "survey": mark("survey"),
}


def format_timeline(timeline: Timeline, output_format: str, labels: Labels, width: int | None = None) -> str:
    """The timeline in one of TEXT_FORMATS; text for a terminal of `width` columns, 100 when it is not known.

    Raises:
        UsageError: there is no such format.
    """
    require_format(output_format, TEXT_FORMATS)
    if output_format == "text":
        return "\n".join(_text(timeline, labels, width or _WIDTH))
    if output_format == "json":
        return json.dumps([_object(event) for event in timeline.events], ensure_ascii=False, indent=2)
    if output_format == "jsonl":
        return "\n".join(json.dumps(_object(event), ensure_ascii=False) for event in timeline.events)
    rows = tuple(_row(event) for event in timeline.events)
    listing = choose_columns(Listing(_COLUMNS, rows, _SHOWN, "id"), None, output_format)
    return format_listing(listing, output_format, labels)


def _object(event: Event) -> dict[str, Data]:
    fields = asdict(event)
    steps, fields["agent"] = fields.pop("steps"), fields.pop("person")
    return fields | {"links": [{"to": target, "type": kind} for target, kind in event.links], "followups": steps}


def _row(event: Event) -> tuple[Data, ...]:
    values = {
        "agent": event.person,
        "links": " ".join(f"{kind}:{target}" for target, kind in event.links) or None,
        "pending": sum(step.is_pending for step in event.steps),
        "thread": event.thread or None,
    }
    return tuple(values[name] if name in values else getattr(event, name) for name in _COLUMNS)


def _text(timeline: Timeline, labels: Labels, width: int) -> Iterator[str]:
    head = f"{harmless(timeline.name)}  {harmless(timeline.customer)}"
    if timeline.merged:
        merged = translate("merged into one: {ids}").format(ids=", ".join(map(harmless, timeline.merged)))
        head += f"  {merged}"
    yield head
    column = max((len(event.thread) for event in timeline.events), default=0)
    for event in timeline.events:
        yield from _event(event, column, labels, width)
    if timeline.left_out:
        yield translate("… {count} more: --limit").format(count=timeline.left_out)


def _event(event: Event, column: int, labels: Labels, width: int) -> Iterator[str]:
    gutter = f"{pad(event.time, _TIME_WIDTH)}  {pad(event.thread, column)}{'  ' if column else ''}"
    words = [*_what(event, labels), event.subject]
    yield gutter + shorten("  ".join(harmless(word) for word in words if word), width - width_of(gutter))
    indent = " " * width_of(gutter)
    # Pieces stay whole where there is room: an id that is broken cannot be copied.
    line = ""
    for piece in _second(event, labels):
        joined = f"{line} · {piece}" if line else piece
        if line and width_of(indent + joined) > width:
            yield indent + line
            joined = piece
        line = joined
    for part in wrap(line, width - len(indent)):
        yield (indent + part).rstrip()


def _what(event: Event, labels: Labels) -> Iterator[str]:
    if event.event in _EVENTS:
        yield "◆ " + translate(_EVENTS[event.event])
    if event.event == "survey":
        yield event.note or ""
        return
    person = labels.value("agent", event.person or "")
    if event.event == "interaction":
        arrow = "←" if event.direction == "inbound" else "→"
        yield f"{arrow} {labels.value('channel', event.channel or '')}"
        yield person
        yield "" if event.reached else translate("not reached")
    elif event.event == "issue_reported":
        yield person
    else:
        yield event.note or ""


def _second(event: Event, labels: Labels) -> Iterator[str]:
    yield event.id
    if event.mood:
        yield labelled(mark("mood"), harmless(labels.value("mood", event.mood)))
    if event.satisfaction and event.satisfaction != "not_rated":
        yield labelled(mark("satisfaction"), harmless(labels.value("satisfaction", event.satisfaction)))
    if event.outcome:
        yield harmless(labels.value("outcome", event.outcome))
    for target, kind in event.links:
        yield f"↳ {labels.value('links.type', kind)} {harmless(target)}"
    for step in event.steps:
        yield _step(step, labels)


def _step(step: TimelineFollowUp, labels: Labels) -> str:
    number = step.address.rpartition("/")[2]
    owner = harmless(labels.value("owner", step.owner or "-"))
    if step.is_overdue:
        state = translate("late since {due}").format(due=step.due)
    elif step.is_pending:
        state = translate("due {due}").format(due=step.due or translate("no time limit"))
    else:
        state = f"{labels.value('followups.status', step.status)} {(step.done or '')[:10]}".rstrip()
    who = f"{'○' if step.is_pending else '●'} /{number} {owner} {state}"
    return translate("{label}: {value}").format(label=who, value=harmless(step.action))
