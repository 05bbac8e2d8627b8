"""The sections of a report in reading order: each with its texts, its chart and the same numbers as a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from commlog.messages import mark, translate
from commlog.output.blocks import Table
from commlog.output.labels import Labels
from commlog.summary.page import charts
from commlog.summary.page import words as page_words
from commlog.summary.rules.report import Report, Series
from commlog.summary.rules.summary import Measure, SummaryLine
from commlog.summary.text import words
from commlog.summary.text.summary import figure_table, nothing_happened, period_line

# Shown large at the top, as far as the summary has them.
_HEADLINES: Final = (
    "interactions",
    "first_response",
    "follow_ups_on_time",
    "overdue",
    "satisfaction",
    "complaints",
    "worsened_customers",
    "issues_opened",
)
_PROBLEMS: Final = ("scenario", "need_type", "category")
_MOST_PROBLEMS: Final = 8
_STAFF: Final = "+staff."
_YEAR: Final = len("2026-")


@dataclass(frozen=True, slots=True)
class FigureCard:
    """A figure told large, with the one of the period before."""

    label: str
    value: str
    before: str


@dataclass(frozen=True, slots=True)
class ReportSection:
    """One part of a report; without a chart there is nothing to draw, without a row nothing to tell."""

    name: str
    title: str
    note: str
    table: Table
    chart: charts.Chart | None = None


class Sections:
    """What people see of one report."""

    def __init__(self, report: Report, labels: Labels) -> None:
        self.report = report
        self.summary = report.summary
        self.labels = labels

    def title(self) -> str:
        """The heading of the whole."""
        return translate("Customer communication, {period}").format(period=self.summary.period.name)

    def subtitle(self) -> str:
        """The days it covers, the instant it is of, and what it is compared with."""
        return period_line(self.summary, translate("{first} to {last}, as of {now}, compared with {previous}"))

    def remarks(self) -> Iterator[str]:
        """What is to be known before anything is read: nothing happened, files are missing."""
        yield from filter(None, [nothing_happened(self.summary)])
        if self.summary.unreadable_files:
            yield translate("files that cannot be read and are in no figure: {count}; see commlog check").format(
                count=self.summary.unreadable_files
            )

    def cards(self) -> tuple[FigureCard, ...]:
        """The figures a team lead asks for first."""
        lines = [line for figure in _HEADLINES if (line := self.summary.total(figure))]
        return tuple(
            FigureCard(
                translate(words.FIGURE_LABELS[line.key.figure]), _large(line.now), words.format_median(line.before)
            )
            for line in lines
        )

    def charts(self) -> list[ReportSection]:
        """The charts, each over its numbers."""
        return [
            self._volume(),
            self._on_time(),
            self._ages(),
            *self._problems(),
            self._satisfaction(),
            self._distribution("moods", "mood", translate("Moods"), ""),
        ]

    def figures(self) -> list[Table]:
        """Every figure of the summary, by what it is about."""
        tables = [figure_table(self.summary, translate(title), metrics) for title, metrics in page_words.GROUPS]
        return [table for table in tables if table.rows]

    def lists(self) -> list[ReportSection]:
        """What to look at, most pressing first."""
        return [
            ReportSection(
                one.name.replace("_", "-"), page_words.list_label(one.name), "", page_words.list_table(one, self.labels)
            )
            for one in self.report.lists
        ]

    def _volume(self) -> ReportSection:
        series = self.report.volume
        colours = dict(zip(series.groups, charts.SERIES, strict=False))
        names = {
            group: series.names.get(group) or words.group_label("channel", group, self.labels)
            for group in series.groups
        }
        places = [page_words.bucket_label(bucket, series.step) for bucket in series.buckets]
        data = [
            charts.ChartMark(
                places[place], measure.numerator, f"{places[place]} {names[group]}: {measure.numerator}", colours[group]
            )
            for place in range(len(places))
            for group in series.groups
            if (measure := series.measure(place, group))
        ]
        title = self._by_step(mark("Conversations by {step} and channel"), series)
        rows = self._series_rows(series, places)
        table = Table(title, (page_words.step_label(series.step), *names.values()), rows)
        legend = tuple((colours[group], names[group], "bar") for group in series.groups)
        chart = charts.Chart(charts.stack(data, places, skip=_skipped(series)), title, legend) if data else None
        line = self.summary.total("interactions")
        note = self._compared(line) if line else ""
        return ReportSection("volume", title, note, table, chart)

    def _on_time(self) -> ReportSection:
        series = self.report.on_time
        places = [page_words.bucket_label(bucket, series.step) for bucket in series.buckets]
        data, rows = [], []
        for place, bucket in enumerate(series.buckets):
            measure = series.measure(place, None)
            if measure is None:
                continue
            rows.append((places[place], words.format_measure(measure), words.format_remarks(measure)))
            share = page_words.share_value(measure)
            if share is not None:
                text = f"{places[place]}: {words.format_measure(measure)}"
                data.append(
                    charts.ChartMark(places[place], share, text, charts.BEFORE if bucket.is_previous else charts.NOW)
                )
        title = self._by_step(mark("Follow-ups done in time, by {step} they were due"), series)
        note = translate("Those not due yet are not counted; below five there is no percentage.")
        headings = (page_words.step_label(series.step), translate("In time"), translate("Remarks"))
        spec = charts.share_columns(data, places, skip=_skipped(series))
        chart = charts.Chart(spec, title, self._periods("bar")) if data else None
        return ReportSection("on-time", title, note, Table(title, headings, tuple(rows), frozenset({2})), chart)

    def _ages(self) -> ReportSection:
        ages = self.report.ages
        colours = {"late": charts.LATE, "left": charts.NOW}
        data = [
            charts.ChartMark(
                page_words.age_label(age),
                age.now,
                f"{page_words.age_label(age)}: {age.now}",
                colours.get(age.side, charts.IDLE),
            )
            for age in ages
        ]
        ticks = [
            charts.ChartMark(
                page_words.age_label(age), age.before, f"{page_words.age_label(age)}: {age.before}", "var(--tick)"
            )
            for age in ages
            if age.before
        ]
        title = translate("Pending follow-ups by working days late or left")
        instant = f"{self.summary.before_at:%Y-%m-%d %H:%M}"
        headings = (translate("Working days"), f"{self.summary.now:%Y-%m-%d %H:%M}", instant)
        is_drawn = any(age.now or age.before for age in ages)
        rows = tuple((page_words.age_label(age), str(age.now), str(age.before)) for age in ages) if is_drawn else ()
        legend = (
            (charts.LATE, translate("late"), "bar"),
            (charts.NOW, translate("time left"), "bar"),
            (charts.IDLE, translate("time limit paused, or none"), "bar"),
            *((("var(--tick)", translate("as of {instant}").format(instant=instant), "tick"),) if ticks else ()),
        )
        chart = charts.Chart(charts.bars(data, ticks), title, legend) if is_drawn else None
        return ReportSection("ageing", title, "", Table(title, headings, rows), chart)

    def _problems(self) -> list[ReportSection]:
        found = [name for name in _PROBLEMS if self.summary.groups("problems", name)]
        title = translate("Frequent problems: {column}")
        return [
            self._distribution(
                "problems",
                name,
                title.format(column=words.column_label(name, self.labels)),
                f"{name.replace('_', '-')}-",
            )
            for name in found or _PROBLEMS[-1:]
        ]

    def _distribution(self, figure: str, dimension: str, title: str, prefix: str) -> ReportSection:
        """The parts of a whole with those of the period before: as shares where there are enough, else as numbers."""
        lines = [line for line in self.summary.groups(figure, dimension) if line.now.size or line.before.size]
        shown = lines[:_MOST_PROBLEMS]
        is_share = all(line.now.value is not None for line in shown)
        has_before = is_share and all(line.before.value is not None for line in shown)
        names = {line.key.group: words.group_label(dimension, line.key.group, self.labels) for line in lines}
        data = [
            charts.ChartMark(
                names[line.key.group],
                (line.now.value or 0) if is_share else line.now.numerator,
                f"{names[line.key.group]}: {words.format_measure(line.now)}",
            )
            for line in shown
        ]
        ticks = [
            charts.ChartMark(
                names[line.key.group],
                (line.before.value or 0) if is_share else line.before.numerator,
                f"{names[line.key.group]}, {self.summary.previous.name}: {words.format_measure(line.before)}",
                "var(--tick)",
            )
            for line in shown
            if has_before or (not is_share and line.before.numerator)
        ]
        rows = tuple(
            (names[line.key.group], *map(words.format_measure, (line.now, line.before)), page_words.format_change(line))
            for line in lines
        )
        periods = (self.summary.period.name, self.summary.previous.name)
        table = Table(title, (words.column_label(dimension, self.labels), *periods, translate("Change")), rows)
        legend = self._periods("tick" if ticks else "")
        chart = charts.Chart(charts.bars(data, ticks, is_share=is_share), title, legend) if shown else None
        rest = len(lines) - len(shown)
        note = translate("The {count} most frequent; all are in the table.").format(count=len(shown)) if rest else ""
        return ReportSection(f"{prefix}{figure}", title, note, table, chart)

    def _satisfaction(self) -> ReportSection:
        series = self.report.satisfaction
        places = [page_words.bucket_label(bucket, series.step) for bucket in series.buckets]
        drawn = [group for group in series.groups if not str(group).startswith(_STAFF)]
        colours = dict(zip(drawn, charts.SERIES, strict=False))
        data = [
            charts.ChartMark(
                places[place],
                measure.value or 0,
                f"{places[place]} {series.names[group]}: {words.format_measure(measure)}",
                colours[group],
            )
            for group in drawn
            if group in colours
            for place in range(len(places))
            if (measure := series.measure(place, group))
        ]
        title = self._by_step(mark("Satisfaction by {step}, 1 to 5"), series)
        headings = (page_words.step_label(series.step), *(series.names[group] for group in series.groups))
        table = Table(title, headings, self._series_rows(series, places))
        legend = tuple((colours[group], series.names[group], "point") for group in colours)
        chart = charts.Chart(charts.score_lines(data, places, skip=_skipped(series)), title, legend) if data else None
        note = translate("Mean scores that customers gave; scores entered by staff are only in the table.")
        return ReportSection("satisfaction", title, note, table, chart)

    def _series_rows(self, series: Series, places: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """A row for each stretch of time in which anything happened."""
        rows = []
        for place, name in enumerate(places):
            measures = [series.measure(place, group) for group in series.groups]
            if any(measures):
                rows.append((name, *(words.format_measure(measure) if measure else "" for measure in measures)))
        return tuple(rows)

    def _by_step(self, title: str, series: Series) -> str:
        steps = {"day": mark("day"), "week": mark("week"), "month": mark("month"), "year": mark("year")}
        return translate(title).format(step=translate(steps[series.step]))

    def _periods(self, shape: str) -> tuple[tuple[str, str, str], ...]:
        now = (charts.NOW, self.summary.period.name, "bar")
        if not shape:
            return (now,)
        return now, (charts.BEFORE if shape == "bar" else "var(--tick)", self.summary.previous.name, shape)

    def _compared(self, line: SummaryLine) -> str:
        return translate("{now} in {period}, {before} in {previous}").format(
            now=words.format_measure(line.now),
            before=words.format_measure(line.before),
            period=self.summary.period.name,
            previous=self.summary.previous.name,
        )


def _large(measure: Measure) -> str:
    """A measure in as few characters as tell it."""
    if measure.kind == "count" or measure.size == 0 or measure.value is None:
        return words.format_measure(measure)
    if measure.kind == "mean":
        return f"{measure.value:.1f}"
    if measure.kind == "spread" and measure.spread:
        writers = {"seconds": words.format_duration, "working_seconds": words.format_working_time}
        return writers.get(measure.spread.unit, "{:g}".format)(measure.spread.median)
    return f"{measure.value:.0%}"


def _skipped(series: Series) -> int:
    """How many letters of a day may be left away on the axis: the year, where there is only one."""
    years = {bucket.start.year for bucket in series.buckets}
    return _YEAR if series.step in {"day", "week"} and len(years) < 3 else 0
