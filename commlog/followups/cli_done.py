"""The command `commlog done`."""

import typer

from commlog.cli.options import address_argument, by_option, note_option
from commlog.cli.terminal import command, session_of
from commlog.followups.change import Details, move_follow_up
from commlog.followups.cli_follow_up import tell
from commlog.messages import mark


@command(mark("Say that a follow-up is done, and what came of it."))
def done_command(
    context: typer.Context,
    address: str = address_argument,
    result: str = typer.Option(
        "", "--result", show_default=False, help=mark("What came of it (required unless the record has it).")
    ),
    satisfaction: str = typer.Option(
        "",
        "--satisfaction",
        show_default=False,
        help=mark("How satisfied the customer is: very_satisfied … very_dissatisfied."),
    ),
    note: str = note_option,
    by: str = by_option,
) -> None:
    session = session_of(context)
    details = Details(by=by or None, note=note or None, result=result or None, satisfaction=satisfaction or None)
    tell(session, move_follow_up(session.workspace, address, "done", details))
