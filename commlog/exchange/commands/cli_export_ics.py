"""The part of `commlog export` that writes calendars: the words of their entries, and the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import typer

from commlog.cli.cli_own_file import write_own
from commlog.cli.options import labels_of
from commlog.cli.session import Session
from commlog.cli.terminal import finish, warn
from commlog.customers.rules.care import BIRTHDAY
from commlog.errors import ExitCode
from commlog.exchange.export_follow_ups import CareDay, ExportedFollowUp, select_care_days, select_follow_ups
from commlog.exchange.ics_file import CalendarHead, Words, format_calendar, is_our_calendar
from commlog.followups.rules.follow_up import AWAITING_CUSTOMER
from commlog.messages import mark, translate
from commlog.output.formats import require_format
from commlog.output.labels import Labels

TODO: Final = "todo"
SHAPES: Final = (TODO, "event", "both")
_GIVEN: Final = "given"


@dataclass(frozen=True, slots=True)
class CalendarWish:
    """What somebody wants of a calendar: follow-ups that match as `shape`, care dates, personal data in full, a file."""

    query: str
    shape: str = TODO
    care: bool = False
    reveal: bool = False
    output: str = ""


def export_calendar(session: Session, wish: CalendarWish) -> ExitCode:
    """Write follow-ups, and care dates if wanted, as a calendar.

    Raises:
        UsageError: the query or the shape is not understood, or the package for calendars is missing.
        ConflictError: the file is there and is no calendar of ours.
        NotWritableError: the folder or the disk does not take it.
    """
    require_format(wish.shape, SHAPES)
    workspace = session.workspace
    labels = labels_of(session)
    tasks = select_follow_ups(workspace, wish.query, reveal=wish.reveal)
    days = select_care_days(workspace, wish.query, reveal=wish.reveal) if wish.care else ()
    todos = [(task, _words(task, labels)) for task in tasks if wish.shape != "event"]
    events = [(task, _words(task, labels)) for task in tasks if wish.shape != TODO and task.due is not None]
    settings = workspace.log.settings
    head = CalendarHead(workspace.log.root.resolve().name, str(settings.zone), settings.care.leap_day)
    data = format_calendar(head, todos, events, [(day, _day_words(day)) for day in days])
    if wish.output:
        write_own(wish.output, data, is_our_calendar, mark("exists already, and is no calendar that commlog wrote"))
        warn(translate("{count} entries in {file}").format(count=data.count(b"\r\nUID:"), file=wish.output))
    else:
        # Bytes, for a calendar is UTF-8 with its own line ends whatever the terminal speaks.
        typer.echo(data, nl=False)
    if wish.shape == "event" and len(events) < len(tasks):
        left_out = len(tasks) - len(events)
        warn(
            translate("left out, without a due they are no events: {count} follow-ups; --as both has them").format(
                count=left_out
            )
        )
    return finish(session)


def _words(task: ExportedFollowUp, labels: Labels) -> Words:
    follow_up = task.follow_up
    is_waiting = follow_up.status == AWAITING_CUSTOMER
    return Words(
        " — ".join(filter(None, (" ".join(follow_up.action.split()), task.customer_name))),
        "\n".join(_lines(task, labels)),
        translate("waiting for the customer: the clock stands still") if is_waiting else "",
        labels.value("followups.priority", follow_up.priority) if follow_up.priority else "",
    )


def _lines(task: ExportedFollowUp, labels: Labels) -> Iterator[str]:
    follow_up = task.follow_up
    told = (
        (labels.column("address"), task.address),
        (labels.column("customer"), task.customer_name),
        (labels.column("owner"), labels.value("owner", follow_up.owner or "")),
        (labels.column("status"), labels.value("followups.status", follow_up.status)),
        (translate("Due rule"), "" if follow_up.due_rule == _GIVEN else follow_up.due_rule),
        (translate("Result"), follow_up.result),
    )
    for label, value in told:
        if value:
            yield translate("{label}: {value}").format(label=label, value=value)
    if follow_up.is_pending:
        yield translate("When it is done: {command}").format(command=f'commlog done {task.address} --result "…"')


def _day_words(day: CareDay) -> Words:
    text = translate("{name}'s birthday") if day.kind == BIRTHDAY else translate("{name}: {label}")
    summary = text.format(name=day.customer_name, label=day.label or translate("anniversary"))
    command = f"commlog customer show {day.customer_id}"
    where = translate("See: {command}").format(command=command) if day.customer_id else ""
    return Words(summary, where, category=translate("Care"))
