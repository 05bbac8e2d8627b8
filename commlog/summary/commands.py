"""The commands `commlog summarize` and `commlog report`."""

from typing import Any

import typer

from commlog.cli import options
from commlog.cli.editor import write_own
from commlog.cli.session import Session
from commlog.cli.terminal import command, finish, say, session_of, warn
from commlog.errors import UsageError
from commlog.messages import mark, translate
from commlog.output.formats import is_for_people
from commlog.output.labels import Labels
from commlog.records.queries import day_span
from commlog.summary.page.page import PAGE_FORMATS, format_report, is_our_report
from commlog.summary.report import REPORT_ROWS, build_report
from commlog.summary.rules.summary import Summary
from commlog.summary.summarize import SUMMARY_ROWS, SummaryRequest, list_counted, summarize
from commlog.summary.text.summary import FORMATS, format_empty_period, format_summary, has_happened
from commlog.summary.text.words import figure_called, words_of_counted
from commlog.values import stored_date

period_argument: Any = options.argument(
    "[PERIOD]", mark("2026-03, 2026-Q1, 2026-H1, 2026-W12, 2026, last-month, 上月 or A..B (default: this month)."), ""
)
compare_option: Any = options.text_option(
    "--compare", "PERIOD", mark("Compare with this period instead of the one before.")
)


@command(mark("Summarize a period, compared with the period before."))
def summarize_command(
    context: typer.Context,
    period: str = period_argument,
    by: str = options.text_option(
        "--by",
        "FIELD",
        mark("Group the figures by a column or any field: channel, agent, level, tag, owner, extra.x …"),
    ),
    compare: str = compare_option,
    records: str = options.text_option(
        "--records", "FIGURE", mark("List the records behind a figure, by its name (overdue) or its metric number (4).")
    ),
    limit: int | None = options.text_option(
        "--limit",
        "N",
        mark("Maximum number of groups and records (default: 10; with --records all); 0 means all."),
        default=None,
    ),
    output_format: str = options.format_choice(
        *FORMATS, help_text=mark("{formats}; with --records also ids."), more=("ids", "table")
    ),
    as_of: str = options.as_of_option,
    reveal: bool = options.reveal_option,
) -> int:
    session = session_of(context)
    options.go_back(session, as_of)
    if records:
        request = SummaryRequest(period, by=by, limit=limit or options.NO_LIMIT, reveal=reveal)
        return _list_counted(session, request, records, output_format)
    listed = SUMMARY_ROWS if limit is None else limit if limit > 0 else options.NO_LIMIT
    summary = summarize(session.workspace, SummaryRequest(period, compare, by, listed, reveal))
    text = format_summary(summary, output_format, options.labels_of(session), listed)
    say((_nothing_told(session, summary) if is_for_people(output_format) and not compare else "") or text)
    return finish(session)


def _nothing_told(session: Session, summary: Summary) -> str:
    """The sentence for a period in which nothing was recorded; empty when there is something."""
    if has_happened(summary):
        return ""
    days = (summary.period.start.date().isoformat(), summary.period.end.date().isoformat())
    span = day_span(session.workspace.index, *days)
    if span.in_days:
        return ""
    return format_empty_period(summary.period.name, stored_date(span.first), stored_date(span.last))


def _list_counted(session: Session, request: SummaryRequest, figure: str, output_format: str) -> int:
    """Print what is behind a figure."""
    labels = options.labels_of(session)
    words = Labels(lambda column: words_of_counted(column) or labels.find_words(column))
    table = "table" if output_format == "text" else output_format
    options.say_listing(list_counted(session.workspace, request, figure_called(figure)), "", table, words)
    return finish(session)


STDOUT = "-"


@command(
    mark(
        "Write a period's figures and charts as one page. It shows the period before beside them, and opens in any browser."
    )
)
def report_command(
    context: typer.Context,
    period: str = period_argument,
    output: str = options.text_option(
        "--output",
        "FILE",
        mark("Write to this file; - prints to stdout. Only an earlier report is replaced, no other file."),
    ),
    output_format: str = options.format_choice(
        *PAGE_FORMATS, help_text=mark("html, or markdown: the tables without charts.")
    ),
    compare: str = compare_option,
    limit: int = options.text_option(
        "--limit", "N", mark("Maximum number of rows per list; 0 means all."), default=REPORT_ROWS
    ),
    reveal: bool = options.reveal_option,
) -> int:
    if not output and output_format == "html":
        raise UsageError(
            mark("no output file is given"), remedy=mark("give a file: --output report.html; or print it: --output -")
        )
    session = session_of(context)
    request = SummaryRequest(period, compare, limit=limit if limit > 0 else options.NO_LIMIT, reveal=reveal)
    _hand_over(
        format_report(build_report(session.workspace, request), output_format, options.labels_of(session)), output
    )
    return finish(session)


def _hand_over(text: str, output: str) -> None:
    if output in {"", STDOUT}:
        say(text)
    else:
        write_own(
            output,
            text.encode("utf-8", "replace"),
            is_our_report,
            mark("already exists, and is not a report written by commlog"),
        )
        warn(translate("written: {file}").format(file=output))
