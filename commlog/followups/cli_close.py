"""The command `commlog close`."""

import typer

from commlog.cli.options import address_argument, by_option, note_option
from commlog.cli.terminal import command, session_of
from commlog.followups.change import Details, move_follow_up
from commlog.followups.cli_follow_up import tell
from commlog.messages import mark


@command(mark("Close a follow-up that is done; one that is not done is cancelled and needs --note."))
def close_command(
    context: typer.Context, address: str = address_argument, note: str = note_option, by: str = by_option
) -> None:
    session = session_of(context)
    tell(session, move_follow_up(session.workspace, address, "close", Details(by=by or None, note=note or None)))
