"""The command `commlog timeline`."""

import typer

from commlog.cli.options import NO_LIMIT, labels_of, limit_option, reveal_option, terminal_width
from commlog.cli.terminal import command, finish, say, session_of
from commlog.customers.text.timeline import TIMELINE_FORMATS, format_timeline
from commlog.customers.timeline import list_timeline
from commlog.messages import mark
from commlog.output.formats import require_format


@command(mark("Show everything that happened with a customer, the newest first."))
def timeline_command(
    context: typer.Context,
    customer: list[str] = typer.Argument(
        ..., metavar="CUSTOMER", help=mark("The customer's id, name, alias, phone or e-mail.")
    ),
    since: str = typer.Option(
        "",
        "--since",
        metavar="PERIOD",
        show_default=False,
        help=mark("Only from then on: 2026-03, 2026-Q1, last-month, 上月, or 30d, 3m back from today."),
    ),
    limit: int = limit_option,
    output_format: str = typer.Option(
        "text", "--format", metavar="FORMAT", help=mark("text, json, jsonl, csv, tsv, markdown or ids.")
    ),
    reveal: bool = reveal_option,
) -> int:
    session = session_of(context)
    require_format(output_format, TIMELINE_FORMATS)
    timeline = list_timeline(session.workspace, " ".join(customer), since, limit or NO_LIMIT, reveal=reveal)
    text = format_timeline(timeline, output_format, labels_of(session), terminal_width())
    if text:
        say(text)
    return finish(session)
