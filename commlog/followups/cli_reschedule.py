"""The command `commlog reschedule`."""

import typer

from commlog.cli.options import address_argument, by_option, due_option, note_option
from commlog.cli.terminal import command, session_of
from commlog.followups.change import Details, reschedule_follow_up
from commlog.followups.cli_follow_up import tell
from commlog.messages import mark


@command(mark("Give a follow-up another due time, or another priority from which it is computed."))
def reschedule_command(
    context: typer.Context,
    address: str = address_argument,
    due: str = due_option,
    priority: str = typer.Option(
        "",
        "--priority",
        metavar="NAME",
        show_default=False,
        help=mark("Another priority; the due time is computed anew."),
    ),
    note: str = note_option,
    by: str = by_option,
) -> None:
    session = session_of(context)
    details = Details(by=by or None, note=note or None, due=due or None, priority=priority or None)
    tell(session, reschedule_follow_up(session.workspace, address, details))
