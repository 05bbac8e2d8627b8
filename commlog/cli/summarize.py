"""The command `commlog summarize`."""

import typer

from commlog.cli.options import labels_of
from commlog.cli.terminal import finish, say, session_of
from commlog.messages import mark
from commlog.render.summary import format_summary
from commlog.services.summarize.summary import LISTED, SummaryRequest, summarize

HELP = mark("Say what a period was like in figures, with the period before beside each.")


def command(
    context: typer.Context,
    period: str = typer.Argument(
        "",
        metavar="[PERIOD]",
        show_default=False,
        help=mark("2026-03, 2026-Q1, 2026-H1, 2026-W12, 2026, last-month, 上月 or A..B (default: this month)."),
    ),
    by: str = typer.Option(
        "",
        "--by",
        metavar="COLUMN",
        show_default=False,
        help=mark("Group the figures by a column: channel, agent, branch, customer, level, tag, owner …"),
    ),
    compare: str = typer.Option(
        "",
        "--compare",
        metavar="PERIOD",
        show_default=False,
        help=mark("Compare with this period instead of the one before."),
    ),
    limit: int = typer.Option(
        LISTED, "--limit", metavar="N", help=mark("List at most so many groups and records; 0 lists all.")
    ),
    output_format: str = typer.Option(
        "text", "--format", metavar="FORMAT", help=mark("text, json, jsonl, csv, tsv or markdown.")
    ),
) -> int:
    """Summarize a period."""
    session = session_of(context)
    listed = limit if limit > 0 else -1
    summary = summarize(session.workspace, SummaryRequest(period, compare, by, listed))
    say(format_summary(summary, output_format, labels_of(session), listed))
    return finish(session)
