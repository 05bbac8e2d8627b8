"""The command `commlog wait`."""

import typer

from commlog.cli.follow_up import tell
from commlog.cli.options import address_argument, by_option, due_option, note_option
from commlog.cli.terminal import session_of
from commlog.messages import mark
from commlog.services.change_follow_up import Details, move_follow_up

HELP = mark("Say that a follow-up waits for the customer; its clock stops.")


def command(
    context: typer.Context,
    address: str = address_argument,
    note: str = note_option,
    due: str = due_option,
    by: str = by_option,
) -> None:
    """Wait."""
    tell(
        session_of(context),
        move_follow_up(
            session_of(context).workspace, address, "wait", Details(by=by or None, note=note or None, due=due or None)
        ),
    )
