"""The command `commlog assign`."""

import typer

from commlog.cli.options import address_argument, by_option, note_option
from commlog.cli.terminal import command, session_of
from commlog.followups.change import Details, assign_follow_up
from commlog.followups.cli_follow_up import tell
from commlog.messages import mark


@command(mark("Give a follow-up to another member or department."))
def assign_command(
    context: typer.Context,
    address: str = address_argument,
    to: str = typer.Option("", "--to", metavar="OWNER", show_default=False, help=mark("Who takes it over (required).")),
    note: str = note_option,
    by: str = by_option,
) -> None:
    session = session_of(context)
    tell(
        session,
        assign_follow_up(session.workspace, address, Details(by=by or None, note=note or None, owner=to or None)),
    )
