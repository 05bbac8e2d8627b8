"""The command `commlog brief`."""

import typer

from commlog.cli.cli_as_of import as_of_option, go_back
from commlog.cli.options import labels_of, reveal_option
from commlog.cli.terminal import command, finish, say, session_of
from commlog.customers.brief import brief_customer
from commlog.customers.text.brief import BRIEF_FORMATS, format_brief
from commlog.messages import mark
from commlog.output.formats import require_format


@command(mark("Show on one screen what to know before talking to a customer."))
def brief_command(
    context: typer.Context,
    customer: list[str] = typer.Argument(
        ...,
        metavar="CUSTOMER",
        help=mark("The customer's id, name, alias, phone or e-mail; also a number that is ringing."),
    ),
    output_format: str = typer.Option("text", "--format", metavar="FORMAT", help=mark("text, json or markdown.")),
    reveal: bool = reveal_option,
    as_of: str = as_of_option,
) -> int:
    session = session_of(context)
    go_back(session, as_of)
    require_format(output_format, BRIEF_FORMATS)
    brief = brief_customer(session.workspace, " ".join(customer), reveal=reveal)
    say(format_brief(brief, output_format, labels_of(session)))
    return finish(session)
