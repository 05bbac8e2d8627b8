"""The command `commlog export`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import typer

from commlog.cli.editor import write_own
from commlog.cli.options import argument, flag, labels_of, query_argument, text_option
from commlog.cli.session import Session
from commlog.cli.terminal import command, finish, session_of, warn
from commlog.customers.rules.care import BIRTHDAY
from commlog.errors import ExitCode, UsageError
from commlog.exchange import export as exports
from commlog.exchange.csv_file import export_columns, record_cells
from commlog.exchange.ics_file import CalendarHead, EntryTexts, format_calendar, is_our_calendar
from commlog.exchange.jsonl_file import format_object
from commlog.exchange.source import codec_of, name_taken
from commlog.followups.rules.follow_up import AWAITING_CUSTOMER
from commlog.forms.catalog import Template
from commlog.log.files import write_new
from commlog.log.log import not_writable
from commlog.messages import mark, translate
from commlog.output.formats import require_format
from commlog.output.labels import Labels
from commlog.output.listing import format_rows
from commlog.values import Fields

CALENDAR = "ics"
FORMATS = ("csv", "jsonl", CALENDAR)
_UTF_8 = "utf-8"


output_format_argument: Any = argument(
    "csv|jsonl|ics",
    mark(
        "CSV: a column for each field. JSON Lines: every field, can be imported again. ics: pending follow-ups for a calendar program."
    ),
)
output_option: Any = text_option(
    "--output", "FILE", mark("Write to a new file instead of stdout; a calendar written before is replaced."), "-o"
)
file_encoding_option: Any = text_option(
    "--encoding", "NAME", mark("The file's encoding: utf-8, utf-8-sig (for Excel), gb18030."), default=_UTF_8
)
columns_option: Any = text_option("--columns", "A,B", mark("CSV only: the fields to write, by dotted key or label."))
reveal_option: Any = flag("--reveal", mark("Write personal data in full."))
shape_option: Any = text_option(
    "--as",
    "todo|event|both",
    mark(
        "ics only: how to write follow-ups: as to-dos (the default), as half-hour events that end at the due time, or both."
    ),
)
care_option: Any = flag("--care", mark("ics only: also birthdays and anniversaries of the customers that match."))


@command(
    mark(
        "Export records as CSV or JSON Lines, follow-ups as a calendar. Personal data is masked unless --reveal is given."
    )
)
def export_command(
    context: typer.Context,
    output_format: str = output_format_argument,
    query: list[str] = query_argument,
    output: str = output_option,
    encoding: str = file_encoding_option,
    columns: str = columns_option,
    reveal: bool = reveal_option,
    shape: str = shape_option,
    care: bool = care_option,
) -> int:
    session = session_of(context)
    require_format(output_format, FORMATS)
    words = " ".join(query or ())
    if output_format == CALENDAR:
        if columns or encoding.lower() != _UTF_8:
            raise UsageError(
                mark("--columns and --encoding cannot be used with ics: a calendar has fixed fields, in UTF-8")
            )
        return _export_calendar(session, words, shape or TODO, output, care=care, reveal=reveal)
    if shape or care:
        raise UsageError(mark("--as and --care work only with ics"))
    if columns and output_format != "csv":
        raise UsageError(mark("--columns works only with CSV: JSON Lines contain every field"))
    workspace = session.workspace
    selection = exports.select_records(workspace, words)
    records = exports.iter_fields(workspace, selection, reveal=reveal)
    if output_format == "csv":
        lines = _csv_lines(records, columns, [workspace.catalog.get(name) for name in selection.templates])
    else:
        lines = (format_object(fields) + "\n" for fields in records)
    if output:
        _write(output, lines, encoding)
        warn(translate("records written to {file}: {count}").format(count=len(selection.paths), file=output))
    else:
        for line in lines:
            typer.echo(line, nl=False)
    return finish(session)


def _csv_lines(records: Iterable[Fields], columns: str, templates: list[Template]) -> Iterator[str]:
    names = export_columns(columns, templates)
    return format_rows(row for rows in ([names], (record_cells(fields, names) for fields in records)) for row in rows)


def _write(output: str, lines: Iterable[str], encoding: str) -> None:
    try:
        write_new(Path(output), "".join(lines).encode(codec_of(encoding)))
    except UnicodeEncodeError as fault:
        raise UsageError(
            mark("{encoding} has no character '{value}'"),
            encoding=encoding,
            value=fault.object[fault.start],
            remedy=mark("write utf-8, utf-8-sig or gb18030"),
        ) from None
    except FileExistsError:
        raise name_taken(output) from None
    except OSError as fault:
        raise not_writable(output, fault) from None


TODO: Final = "todo"
SHAPES: Final = (TODO, "event", "both")
_GIVEN: Final = "given"


def _export_calendar(session: Session, query: str, shape: str, output: str, *, care: bool, reveal: bool) -> ExitCode:
    """Write follow-ups that match as `shape`, and care dates if wanted, as a calendar."""
    require_format(shape, SHAPES)
    workspace = session.workspace
    labels = labels_of(session)
    tasks = exports.select_follow_ups(workspace, query, reveal=reveal)
    days = exports.select_care_days(workspace, query, reveal=reveal) if care else ()
    todos = [(task, _words(task, labels)) for task in tasks if shape != "event"]
    events = [(task, _words(task, labels)) for task in tasks if shape != TODO and task.due is not None]
    settings = workspace.log.settings
    head = CalendarHead(workspace.log.root.resolve().name, str(settings.zone), settings.care.leap_day)
    data = format_calendar(head, todos, events, [(day, _day_words(day)) for day in days])
    if output:
        write_own(output, data, is_our_calendar, mark("already exists, and is not a calendar written by commlog"))
        warn(translate("entries written to {file}: {count}").format(count=data.count(b"\r\nUID:"), file=output))
    else:
        # Bytes, for a calendar is UTF-8 with its own line ends whatever the terminal speaks.
        typer.echo(data, nl=False)
    if shape == "event" and len(events) < len(tasks):
        left_out = len(tasks) - len(events)
        warn(
            translate(
                "left out, follow-ups without a due time cannot be events: {count}; use --as both to include them"
            ).format(count=left_out)
        )
    return finish(session)


def _words(task: exports.ExportedFollowUp, labels: Labels) -> EntryTexts:
    follow_up = task.follow_up
    is_waiting = follow_up.status == AWAITING_CUSTOMER
    return EntryTexts(
        " — ".join(filter(None, (" ".join(follow_up.action.split()), task.customer_name))),
        "\n".join(_lines(task, labels)),
        translate("waiting for the customer: the time limit is paused") if is_waiting else "",
        labels.value("followups.priority", follow_up.priority) if follow_up.priority else "",
    )


def _lines(task: exports.ExportedFollowUp, labels: Labels) -> Iterator[str]:
    follow_up = task.follow_up
    facts = (
        (labels.column("address"), task.address),
        (labels.column("customer"), task.customer_name),
        (labels.column("owner"), labels.value("owner", follow_up.owner or "")),
        (labels.column("status"), labels.value("followups.status", follow_up.status)),
        (translate("Due rule"), "" if follow_up.due_rule == _GIVEN else follow_up.due_rule),
        (translate("Result"), follow_up.result),
    )
    for label, value in facts:
        if value:
            yield translate("{label}: {value}").format(label=label, value=value)
    if follow_up.is_pending:
        yield translate("When it is done: {command}").format(command=f'commlog done {task.address} --result "…"')


def _day_words(day: exports.CalendarCareDay) -> EntryTexts:
    text = translate("{name}'s birthday") if day.kind == BIRTHDAY else translate("{name}: {label}")
    summary = text.format(name=day.customer_name, label=day.label or translate("anniversary"))
    command = f"commlog customer show {day.customer_id}"
    where = translate("See: {command}").format(command=command) if day.customer_id else ""
    return EntryTexts(summary, where, category=translate("Care"))
