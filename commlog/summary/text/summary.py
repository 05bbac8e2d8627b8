"""A summary as text or Markdown for people, and as JSON, JSON Lines, CSV or TSV for programs."""

from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from commlog.messages import mark, translate
from commlog.output.blocks import Block, Table, format_markdown, format_text
from commlog.output.formats import TEXT_FORMATS, format_listing, is_for_people, require_format
from commlog.output.labels import Labels
from commlog.summary.page.words import list_table
from commlog.summary.rules.figures import FIGURES
from commlog.summary.rules.summary import Group, PointedRecords, Summary, SummaryLine, last_day
from commlog.summary.text import words
from commlog.summary.text.data import format_summary_json, list_figures
from commlog.worktime.calendar import to_utc

# The figures have no ids.
FORMATS: Final = tuple(name for name in TEXT_FORMATS if name != "ids")
# Each dimension with the figures people see by it; programs get all.
_TABLES: Final = (
    ("template", ("interactions", "recorded_in_time")),
    ("channel", ("interactions",)),
    ("direction", ("interactions",)),
    ("agent", ("interactions",)),
    ("level", ("interactions", "dormant")),
    ("priority", ("follow_ups_on_time", "limit_kept")),
    ("owner", ("follow_ups_on_time", "pending", "overdue")),
    ("scenario", ("problems",)),
    ("need_type", ("problems",)),
    ("category", ("problems",)),
    ("tag", ("problems",)),
    ("satisfaction", ("satisfaction_answers",)),
    ("score", ("customer_scores", "customer_scores_high", "customer_scores_low")),
    ("score", ("staff_scores", "staff_scores_high", "staff_scores_low")),
    ("mood", ("moods",)),
    ("care", ("care_served",)),
)
# The totals people see, in tables of their own: the metrics each is about.
_SECTIONS: Final = (
    ("", (1, 2, 3)),
    (mark("Follow-ups and issues"), (4, 5, 6, 7, 8, 9, 10)),
    (mark("Satisfaction, problems and moods"), (11, 12, 14)),
    (mark("Care and dormancy"), (15, 16)),
    (mark("Flow"), (17,)),
)
_WEAK: Final = ("breached", "reopened", "low_scores", "resolution")
# The figures side by side when people ask for one column.
_BY: Final = (
    "interactions",
    "reached",
    "recorded_in_time",
    "complaints",
    "satisfied",
    "first_contact_resolution",
    "issues_opened",
    "pending",
    "overdue",
    "follow_ups_on_time",
    "limit_kept",
)
_COUNTS: Final = frozenset({"interactions", "issues_opened", "pending"})
_TITLES: Final = {
    "scenario": mark("Frequent problems: scenario"),
    "need_type": mark("Frequent problems: need"),
    "category": mark("Frequent problems: category of issues"),
    "tag": mark("Frequent problems: tag"),
}


def format_summary(summary: Summary, output_format: str, labels: Labels, limit: int) -> str:
    """The summary in one of FORMATS (`table` is `text`); tables for people have at most `limit` groups, -1 all.

    Raises:
        UsageError: there is no such format.
    """
    if output_format == "json":
        return format_summary_json(summary)
    if not is_for_people(output_format):
        require_format(output_format, FORMATS)
        return format_listing(list_figures(summary), output_format, labels)
    blocks = _Page(summary, labels, limit).blocks()
    return format_markdown(blocks) if output_format == "markdown" else format_text(blocks)


# A group with its line of each figure asked for.
_GroupLines = tuple[Group, list[SummaryLine | None]]


class _Page:
    """What people see of one summary."""

    def __init__(self, summary: Summary, labels: Labels, limit: int) -> None:
        self.summary = summary
        self.labels = labels
        self.limit = limit

    def blocks(self) -> list[Block]:
        """Everything, in reading order."""
        by = self.summary.by
        tables = self._by_tables(by) if by else [self._table(dimension, figures) for dimension, figures in _TABLES]
        if not by:
            tables += [self._weak_table(dimension) for dimension in ("category", "owner")]
        attention = [self._attention(one) for one in self.summary.attention if one.listing.rows]
        return [
            period_line(self.summary, translate("{period} ({first} to {last}), as of {now}, compared with {previous}")),
            *filter(None, [nothing_happened(self.summary)]),
            *self._totals(),
            *attention,
            *(table for table in tables if table.rows),
        ]

    def _totals(self) -> list[Table]:
        remark = translate(
            "Pending, overdue, dormant, without owner and open issues are counted as of now; the column beside them as of {instant}."
        ).format(instant=f"{self.summary.before_at:%Y-%m-%d %H:%M}")
        tables = [
            figure_table(self.summary, translate(title) if title else "", metrics, says_something)
            for title, metrics in _SECTIONS
        ]
        shown = [table for table in tables if table.rows]
        return [*shown[:-1], replace(shown[-1], remark=remark)] if shown else []

    def _weak_table(self, dimension: str) -> Table:
        """What is looked at for weak spots, by the groups of a dimension."""
        rows = [(group, lines) for group, lines in self._rows(dimension, _WEAK) if any(map(_has_now, lines))]
        title = translate("Weak spots by {column}").format(column=words.column_label(dimension, self.labels))
        return self._group_table(
            title,
            dimension,
            _labels(_WEAK),
            rows,
            lambda lines: [words.format_median(line.now) if line and line.now.size else "–" for line in lines],
        )

    def _table(self, dimension: str, figures: Sequence[str]) -> Table:
        """Figures by the groups of a dimension, each with the one of the period before beside it."""
        headings = [heading for name in _labels(figures) for heading in (name, self.summary.previous.name)]
        title = translate(_TITLES[dimension]) if dimension in _TITLES else self._by_title(dimension)
        rows = self._rows(dimension, figures)
        return self._group_table(
            title, dimension, headings, rows, lambda lines: [cell for line in lines for cell in _both(line)]
        )

    def _by_tables(self, dimension: str) -> list[Table]:
        """All figures by the groups of one dimension: the period, then the one before."""
        figures = [figure for figure in _BY if self.summary.groups(figure, dimension)]
        rows = self._rows(dimension, figures)
        return [
            self._group_table(
                f"{period.name}: {self._by_title(dimension)}",
                dimension,
                _labels(figures),
                rows,
                lambda lines, is_now=is_now: [  # type: ignore[misc]
                    _shown(line, figure, is_now=is_now) for line, figure in zip(lines, figures, strict=True)
                ],
            )
            for period, is_now in ((self.summary.period, True), (self.summary.previous, False))
        ]

    def _group_table(
        self,
        title: str,
        dimension: str,
        headings: Sequence[str],
        rows: Sequence[_GroupLines],
        cells: Callable[[list[SummaryLine | None]], list[str]],
    ) -> Table:
        """The first groups of a dimension with some cells each, and how many more groups there are."""
        shown = rows if self.limit < 0 else rows[: self.limit]
        rest = len(rows) - len(shown)
        return Table(
            title,
            (words.column_label(dimension, self.labels), *headings),
            tuple((words.group_label(dimension, group, self.labels), *cells(lines)) for group, lines in shown),
            remark=translate("… and {count} more").format(count=rest) if rest else "",
        )

    def _by_title(self, dimension: str) -> str:
        return translate("By {column}").format(column=words.column_label(dimension, self.labels))

    def _rows(self, dimension: str, figures: Sequence[str]) -> list[_GroupLines]:
        found = [{line.key.group: line for line in self.summary.groups(figure, dimension)} for figure in figures]
        groups = dict.fromkeys(group for lines in found for group in lines)
        ordered = sorted(groups, key=lambda group: group is None)
        return [(group, [lines.get(group) for lines in found]) for group in ordered]

    def _attention(self, attention: PointedRecords) -> Table:
        listing = attention.listing
        return list_table(replace(attention, listing=listing.narrowed(listing.shown)), self.labels)


def _shown(line: SummaryLine | None, figure: str, *, is_now: bool) -> str:
    """A figure of a group; a group that only other figures have counts nothing."""
    if line is None:
        return "0" if figure in _COUNTS else "–"
    return words.format_measure(line.now if is_now else line.before)


def says_something(line: SummaryLine) -> bool:
    """Whether a total is worth a row: a share, mean or spread of nothing in either period is not."""
    return line.now.kind == "count" or any(one.size or one.left_out for one in (line.now, line.before))


def period_line(summary: Summary, text: str) -> str:
    """The days a summary covers, the instant it is of, and what it is compared with, in a translated text."""
    return text.format(
        period=summary.period.name,
        first=summary.period.start.date(),
        last=last_day(summary.period),
        now=f"{summary.now:%Y-%m-%d %H:%M}",
        previous=summary.previous.name,
    )


def nothing_happened(summary: Summary) -> str:
    """The sentence for a period in which nothing happened; empty for any other."""
    if any(line.now.size for line in summary.lines if line.key.figure in HAPPENING):
        return ""
    text = translate(
        "Nothing happened in {period}: no conversation, no issue, and no follow-up opened, due or finished."
    )
    return text.format(period=summary.period.name)


def figure_table(
    summary: Summary, title: str, metrics: Container[int], is_shown: Callable[[SummaryLine], bool] = bool
) -> Table:
    """The totals of some metrics with those of the period before, as far as they are shown."""
    lines = (summary.total(figure) for figure, definition in FIGURES.items() if definition.metric in metrics)
    rows = tuple(
        (
            translate(words.FIGURE_LABELS[line.key.figure]),
            words.format_measure(line.now),
            words.format_measure(line.before),
            words.format_remarks(line.now),
        )
        for line in lines
        if line and is_shown(line)
    )
    headings = (translate("Figure"), summary.period.name, summary.previous.name, translate("Remarks"))
    return Table(title, headings, rows, frozenset({3}))


def _has_now(line: SummaryLine | None) -> bool:
    return line is not None and line.now.size > 0


def _both(line: SummaryLine | None) -> tuple[str, str]:
    return (words.format_measure(line.now), words.format_measure(line.before)) if line else ("–", "–")


def _labels(figures: Sequence[str]) -> list[str]:
    return [translate(words.FIGURE_LABELS[figure]) for figure in figures]


# Figures of what happens in a period; the others are states, or about these.
HAPPENING: Final = (
    "interactions",
    "follow_ups_on_time",
    "follow_ups_opened",
    "follow_ups_finished",
    "issues_opened",
    "issues_closed",
)


def has_happened(summary: Summary) -> bool:
    """Whether a period has anything to tell: something happened in it, or it is not over and something is open."""
    is_going_on = to_utc(summary.period.start) <= to_utc(summary.now) < to_utc(summary.period.end)
    lines = summary.lines if is_going_on else [line for line in summary.lines if line.key.figure in HAPPENING]
    return any(line.now.size for line in lines)


def format_empty_period(period: str, first: date | None, last: date | None) -> str:
    """One sentence: that nothing was recorded in a period, and of which days the log's first and last record are."""
    if first is None or last is None:
        text = translate("Nothing was recorded in {period}; the log contains no conversation, issue or survey yet.")
        return text.format(period=period)
    text = translate("Nothing was recorded in {period}; the log's first record is from {first}, its last from {last}.")
    return text.format(period=period, first=first, last=last)
