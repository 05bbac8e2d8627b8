"""The command `commlog unlink`."""

import typer

from commlog.cli.options import id_argument
from commlog.cli.terminal import command, say, session_of
from commlog.messages import mark
from commlog.records.link import unlink_records


@command(mark("Take away a record's link to another."))
def unlink_command(
    context: typer.Context,
    record: str = id_argument,
    prior: str = typer.Argument(..., metavar="PRIOR", help=mark("The record it points to.")),
    link_type: str = typer.Option(
        "", "--type", metavar="TYPE", show_default=False, help=mark("Only a link of this type.")
    ),
) -> None:
    say(unlink_records(session_of(context).workspace, record, prior, link_type or None).id)
