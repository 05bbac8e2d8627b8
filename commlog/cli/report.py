"""The command `commlog report`."""

from pathlib import Path

import typer

from commlog.cli.options import labels_of
from commlog.cli.terminal import finish, say, session_of, warn
from commlog.errors import ConflictError, UsageError
from commlog.messages import mark, translate
from commlog.render.formats import require_format
from commlog.render.report.page import FORMATS, format_report, is_our_report
from commlog.services.report.report import LISTED, ReportRequest, build_report
from commlog.store.files import ChangedMeanwhile, replace_file, write_new
from commlog.store.log import not_writable

HELP = mark("Write a period's figures and charts as one page that opens anywhere, with the period before beside.")
STDOUT = "-"


def command(
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
    limit: int = typer.Option(LISTED, "--limit", metavar="N", help=mark("At most so many rows a list; 0 lists all.")),
    reveal: bool = typer.Option(False, "--reveal", help=mark("Show personal data in full.")),
) -> int:
    """Report."""
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
        _write(output, text.encode("utf-8", "replace"))
        warn(translate("written: {file}").format(file=output))


def _write(output: str, data: bytes) -> None:
    """Write the file; one that is there is replaced when it is a report of ours."""
    path = Path(output)
    try:
        there = path.read_bytes() if path.exists() else None
        if there is None:
            write_new(path, data)
        elif not is_our_report(there):
            raise _taken(output)
        elif there != data:
            replace_file(path, data, expected=there)
    except FileExistsError:
        raise _taken(output) from None
    except ChangedMeanwhile:
        raise ConflictError(
            mark("was changed by someone else meanwhile; nothing was written"),
            file=output,
            remedy=mark("run the command again"),
        ) from None
    except OSError as fault:
        raise not_writable(output, fault) from None


def _taken(output: str) -> ConflictError:
    return ConflictError(
        mark("exists already, and is no report that commlog wrote"),
        file=output,
        remedy=mark("choose another name, or move the file away"),
    )
