"""The command `commlog why`."""

import typer

from commlog.cli.options import address_argument, labels_of, reveal_option
from commlog.cli.terminal import command, say, session_of
from commlog.followups.text import FORMATS, format_deadline
from commlog.followups.why import explain_due
from commlog.messages import mark
from commlog.output.formats import require_format


@command(mark("Show why a follow-up is due when it is: its rule, the days that counted, pauses and changes."))
def why_command(
    context: typer.Context,
    address: str = address_argument,
    output_format: str = typer.Option("text", "--format", metavar="FORMAT", help=mark("text or json.")),
    reveal: bool = reveal_option,
) -> None:
    session = session_of(context)
    require_format(output_format, FORMATS)
    say(format_deadline(explain_due(session.workspace, address, reveal=reveal), output_format, labels_of(session)))
