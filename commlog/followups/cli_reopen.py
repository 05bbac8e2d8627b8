"""The command `commlog reopen`."""

import typer

from commlog.cli.options import address_argument, by_option, due_option
from commlog.cli.terminal import command, session_of
from commlog.errors import UsageError
from commlog.followups.change import Details, move_follow_up
from commlog.followups.cli_follow_up import tell
from commlog.messages import mark


@command(mark("Open a follow-up again that was done or closed; say why with --reason."))
def reopen_command(
    context: typer.Context,
    address: str = address_argument,
    reason: str = typer.Option("", "--reason", show_default=False, help=mark("Why it is opened again (required).")),
    due: str = due_option,
    by: str = by_option,
) -> None:
    if not reason.strip():
        raise UsageError(mark("'{verb}' needs a reason"), verb="reopen", remedy=mark("say why: --reason …"))
    session = session_of(context)
    details = Details(by=by or None, note=reason.strip(), due=due or None)
    tell(session, move_follow_up(session.workspace, address, "reopen", details))
