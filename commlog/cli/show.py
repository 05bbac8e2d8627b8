"""The command `commlog show`."""

import typer

from commlog.cli.options import id_argument
from commlog.cli.terminal import say, session_of
from commlog.errors import UsageError
from commlog.messages import mark
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
    if output_format not in FORMATS:
        raise UsageError(
            mark("there is no format '{value}'"),
            value=output_format,
            remedy=mark("use one of: {formats}"),
            formats=", ".join(FORMATS),
        )
    found = read_record(workspace, record)
    say(format_record(found, workspace.catalog.get(found.template), output_format, reveal=reveal))
