"""The command `commlog export`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

from commlog.cli.options import query_argument
from commlog.cli.terminal import command, finish, session_of, warn
from commlog.errors import ConflictError, UsageError
from commlog.exchange.csv_file import format_rows
from commlog.exchange.export_records import iter_fields, iter_revealed, select_records
from commlog.exchange.flat_record import cells_of, choose_columns
from commlog.exchange.jsonl_file import format_object
from commlog.forms.catalog import Template
from commlog.log.files import write_new
from commlog.log.log import not_writable
from commlog.messages import mark, translate
from commlog.output.formats import require_format
from commlog.values import Fields

CALENDAR = "ics"
FORMATS = ("csv", "jsonl", CALENDAR)
_UTF_8 = "utf-8"


output_format_argument: Any = typer.Argument(
    ...,
    metavar="csv|jsonl|ics",
    help=mark(
        "CSV: a column for each field. JSON Lines: every field, to be imported again. ics: pending follow-ups for a calendar program."
    ),
)
output_option: Any = typer.Option(
    "",
    "--output",
    "-o",
    metavar="FILE",
    show_default=False,
    help=mark("Write to a new file instead of stdout; a calendar written before is replaced."),
)
file_encoding_option: Any = typer.Option(
    _UTF_8, "--encoding", metavar="NAME", help=mark("Of the file: utf-8, utf-8-sig (for Excel), gb18030.")
)
columns_option: Any = typer.Option(
    "",
    "--columns",
    metavar="A,B",
    show_default=False,
    help=mark("CSV only: the fields to write, by dotted key or label."),
)
reveal_option: Any = typer.Option(False, "--reveal", help=mark("Write personal data in full."))
shape_option: Any = typer.Option(
    "",
    "--as",
    metavar="todo|event|both",
    show_default=False,
    help=mark(
        "ics only: follow-ups as to-dos (without this option), as half hours that end when they are due, or both."
    ),
)
care_option: Any = typer.Option(
    False, "--care", help=mark("ics only: also birthdays and anniversaries of the customers that match.")
)


@command(mark("Records as CSV or JSON Lines, follow-ups as a calendar; personal data is masked unless --reveal."))
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
            raise UsageError(mark("--columns and --encoding are not for ics: a calendar has its own fields, in UTF-8"))
        from commlog.exchange.commands.cli_export_ics import TODO, CalendarWish, export_calendar

        return export_calendar(session, CalendarWish(words, shape or TODO, care, reveal, output))
    if shape or care:
        raise UsageError(mark("--as and --care are for ics"))
    if columns and output_format != "csv":
        raise UsageError(mark("--columns is for CSV: JSON Lines hold every field"))
    workspace = session.workspace
    selection = select_records(workspace, words)
    records = iter_revealed(workspace, selection) if reveal else iter_fields(workspace, selection)
    if output_format == "csv":
        lines = _csv_lines(records, columns, [workspace.catalog.get(name) for name in selection.templates])
    else:
        lines = (format_object(fields) + "\n" for fields in records)
    if output:
        _write(output, lines, encoding)
        warn(translate("{count} records in {file}").format(count=len(selection.paths), file=output))
    else:
        for line in lines:
            typer.echo(line, nl=False)
    return finish(session)


def _csv_lines(records: Iterable[Fields], columns: str, templates: list[Template]) -> Iterator[str]:
    names = choose_columns(columns, templates)
    return format_rows(row for rows in ([names], (cells_of(fields, names) for fields in records)) for row in rows)


def _write(output: str, lines: Iterable[str], encoding: str) -> None:
    try:
        write_new(Path(output), "".join(lines).encode(encoding))
    except LookupError:
        raise UsageError(
            mark("there is no encoding '{value}'"),
            value=encoding,
            remedy=mark("use e.g. utf-8, gb18030, big5 or utf-16"),
        ) from None
    except UnicodeEncodeError as fault:
        raise UsageError(
            mark("{encoding} has no character '{value}'"),
            encoding=encoding,
            value=fault.object[fault.start],
            remedy=mark("write utf-8, utf-8-sig or gb18030"),
        ) from None
    except FileExistsError:
        raise ConflictError(
            mark("exists already"), file=output, remedy=mark("choose another name, or move the file away")
        ) from None
    except OSError as fault:
        raise not_writable(output, fault) from None
