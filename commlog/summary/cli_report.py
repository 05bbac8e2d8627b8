"""The command `commlog report`."""

import typer

from commlog.cli.cli_own_file import write_own
from commlog.cli.options import labels_of, reveal_option
from commlog.cli.terminal import command, finish, say, session_of, warn
from commlog.errors import UsageError
from commlog.messages import mark, translate
from commlog.output.formats import require_format
from commlog.summary.page.page import FORMATS, format_report, is_our_report
from commlog.summary.report import REPORT_ROWS, ReportRequest, build_report

STDOUT = "-"


@command(mark("Write a period's figures and charts as one page that opens anywhere, with the period before beside."))
def report_command(
    context: typer.Context,
    period: str = typer.Argument(
        "",
        metavar="[PERIOD]",
        show_default=False,
        help=mark("2026-03, 2026-Q1, 2026-H1, 2026-W12, 2026, last-month, 上月 or A..B (default: this month)."),
    ),
    output: str = typer.Option(
        "",
        "--output",
        metavar="FILE",
        show_default=False,
        help=mark("Write into this file; - prints. A report that is there is replaced, nothing else."),
    ),
    output_format: str = typer.Option(
        "html", "--format", metavar="FORMAT", help=mark("html, or markdown: the tables without charts.")
    ),
    compare: str = typer.Option(
        "",
        "--compare",
        metavar="PERIOD",
        show_default=False,
        help=mark("Compare with this period instead of the one before."),
    ),
    limit: int = typer.Option(
        REPORT_ROWS, "--limit", metavar="N", help=mark("At most so many rows a list; 0 lists all.")
    ),
    reveal: bool = reveal_option,
) -> int:
    require_format(output_format, FORMATS)
    if not output and output_format == "html":
        raise UsageError(
            mark("where is the page to go?"), remedy=mark("name a file: --output report.html; or print it: --output -")
        )
    session = session_of(context)
    request = ReportRequest(period, compare, limit if limit > 0 else -1, reveal)
    _hand_over(format_report(build_report(session.workspace, request), output_format, labels_of(session)), output)
    return finish(session)


def _require_place(output: str, output_format: str) -> None:
    if not output and output_format == "html":
        raise UsageError(
            mark("where is the page to go?"), remedy=mark("name a file: --output report.html; or print it: --output -")
        )


def _hand_over(text: str, output: str) -> None:
    if output in {"", STDOUT}:
        say(text)
    else:
        write_own(
            output,
            text.encode("utf-8", "replace"),
            is_our_report,
            mark("exists already, and is no report that commlog wrote"),
        )
        warn(translate("written: {file}").format(file=output))
