"""The command `commlog show`."""

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from commlog.cli.options import id_argument, reveal_option
from commlog.cli.terminal import command, say, session_of, warn_of_sealed
from commlog.messages import mark
from commlog.output.render_formats import require_format
from commlog.records.find import find_path, get_record
from commlog.records.mask import shown_record
from commlog.records.text import FORMATS, HTML, format_record, shown_fields
from commlog.values import CUSTOMER

if TYPE_CHECKING:
    from commlog.database.index_entries import Reading
    from commlog.workspace import Workspace


@command(mark("Show one record for reading."))
def show_command(
    context: typer.Context,
    record: str = id_argument,
    output_format: str = typer.Option(
        "text", "--format", metavar="FORMAT", help=mark("text, json, yaml, or html: the paper form, to be printed.")
    ),
    reveal: bool = reveal_option,
) -> None:
    workspace = session_of(context).workspace
    require_format(output_format, FORMATS)
    reading = workspace.reader.read(find_path(workspace, record))
    found = get_record(reading)
    warn_of_sealed(found)
    if output_format == HTML:
        say(_page(workspace, reading, reveal=reveal))
        return
    shown = shown_record(workspace, found, reveal=reveal)
    say(format_record(shown, workspace.catalog.get(found.template), output_format))


def _page(workspace: "Workspace", reading: "Reading", *, reveal: bool) -> str:
    from commlog.records.page import Surroundings, format_record_page

    record = get_record(reading)
    customer = record.id if record.kind == CUSTOMER else record.fields.get("customer")
    rows = workspace.index.rows(
        "SELECT name, type FROM customers WHERE id = ? ORDER BY record LIMIT 1",
        (customer if isinstance(customer, str) else "",),
    )
    name, kind = rows[0] if rows else (None, None)
    people = {member.id: member.name for member in workspace.log.settings.members}
    around = Surroundings(people, name or "", reading.problems, is_company=kind == "company", is_revealed=reveal)
    return format_record_page(
        replace(record, fields=shown_fields(record)), workspace.catalog.get(record.template), around
    )
