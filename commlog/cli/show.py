"""The command `commlog show`."""

import typer

from commlog.cli.options import id_argument
from commlog.cli.terminal import say, session_of
from commlog.messages import mark
from commlog.render.formats import require_format
from commlog.render.record import FORMATS, format_record
from commlog.services.find_record import read_record

HELP = mark("Show one record for reading.")


def command(
    context: typer.Context,
    record: str = id_argument,
    output_format: str = typer.Option("text", "--format", metavar="FORMAT", help=mark("text, json or yaml.")),
    reveal: bool = typer.Option(False, "--reveal", help=mark("Show personal data in full.")),
) -> None:
    """Show."""
    workspace = session_of(context).workspace
    require_format(output_format, FORMATS)
    found = read_record(workspace, record)
    say(format_record(found, workspace.catalog.get(found.template), output_format, reveal=reveal))
