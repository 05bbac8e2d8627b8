"""The command `commlog link`."""

import typer

from commlog.cli.options import id_argument, note_option
from commlog.cli.terminal import command, say, session_of
from commlog.messages import mark
from commlog.records.link import link_records


@command(mark("Link a record to an earlier one."))
def link_command(
    context: typer.Context,
    record: str = id_argument,
    prior: str = typer.Argument(
        ..., metavar="PRIOR", help=mark("The earlier record's id, or ref:… for a number from outside.")
    ),
    link_type: str = typer.Option(
        "follows", "--type", metavar="TYPE", help=mark("follows, answers, duplicates, escalates or relates.")
    ),
    note: str = note_option,
) -> None:
    say(link_records(session_of(context).workspace, record, prior, link_type, note or None).id)
