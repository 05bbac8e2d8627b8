"""The command `commlog add-follow-up`."""

import typer

from commlog.cli.options import by_option, due_option, id_argument
from commlog.cli.terminal import command, session_of
from commlog.followups.change import add_follow_up
from commlog.followups.cli_follow_up import tell
from commlog.messages import mark
from commlog.records.find import read_record
from commlog.records.typed_follow_ups import parse_follow_up


@command(mark("Add a follow-up to an existing record; its limit counts from now."))
def add_follow_up_command(
    context: typer.Context,
    record: str = id_argument,
    what: str = typer.Argument(
        ..., metavar="ACTION", help=mark("What is to be done: words, or action=…; owner=…; priority=…; due=….")
    ),
    owner: str = typer.Option(
        "", "--to", metavar="OWNER", show_default=False, help=mark("Who does it (default: you).")
    ),
    priority: str = typer.Option(
        "", "--priority", metavar="NAME", show_default=False, help=mark("A priority of this log, e.g. urgent.")
    ),
    due: str = due_option,
    by: str = by_option,
) -> None:
    session = session_of(context)
    found = read_record(session.workspace, record)
    wanted = parse_follow_up(session.workspace, what, found.template)
    wanted |= {key: value for key, value in {"owner": owner, "priority": priority, "due": due}.items() if value}
    tell(session, add_follow_up(session.workspace, found.id, wanted, by or None))
