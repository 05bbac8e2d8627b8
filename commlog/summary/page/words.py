"""The words of a report: its lists, classes of age, days on an axis, and how a figure changed."""

from collections.abc import Mapping, Sequence
from typing import Final

from commlog.messages import mark, translate
from commlog.output.blocks import Table
from commlog.output.labels import Labels, cell
from commlog.summary.rules.report import AgeGroup, TimeBucket, TimeStep
from commlog.summary.rules.summary import Measure, PointedRecords, SummaryLine
from commlog.summary.text import words
from commlog.values import Data

LIST_LABELS: Final[Mapping[str, str]] = {
    "overdue_follow_ups": mark("Overdue follow-ups"),
    "dropped_balls": mark("Dropped: a customer is waiting, and nobody plans to act"),
    "low_scores": mark("Low scores"),
}
# The headings of the figures, by the number of the metric.
GROUPS: Final[tuple[tuple[str, tuple[int, ...]], ...]] = (
    (mark("Conversations"), (1, 2, 3)),
    (mark("Follow-ups"), (4, 5, 6)),
    (mark("Issues"), (7, 8, 9, 10)),
    (mark("Satisfaction and moods"), (11, 14)),
    (mark("Problems"), (12, 13)),
    (mark("Customers"), (15, 16)),
    (mark("Opened and finished"), (17,)),
)
# Columns whose word elsewhere would not do here.
_HEADINGS: Final = {
    "text": mark("In their words"),
    "late": mark("Working days late"),
    "dropped": mark("What was dropped"),
}
_SIDES: Final = {
    "late": (mark("today, late"), mark("{days} days late"), mark("more than {days} days late")),
    "left": (mark("today, on time"), mark("{days} days left"), mark("more than {days} days left")),
}
_OTHERS: Final = {"no_due": mark("no due time"), "paused": mark("waiting for the customer")}
_STEPS: Final[Mapping[TimeStep, str]] = {
    "day": mark("Day"),
    "week": mark("Week from"),
    "month": mark("Month"),
    "year": mark("Year"),
}


def list_label(name: str) -> str:
    """The heading of a list."""
    return translate(LIST_LABELS.get(name) or words.ATTENTION_LABELS.get(name, name))


def heading(column: str, labels: Labels) -> str:
    """The heading of a column of a list."""
    return translate(_HEADINGS[column]) if column in _HEADINGS else words.column_label(column, labels)


def step_label(step: TimeStep) -> str:
    """The heading of a column of days, weeks, months or years."""
    return translate(_STEPS[step])


def bucket_label(bucket: TimeBucket, step: TimeStep) -> str:
    """A stretch of the axis by its first day, a month as 2026-03, a year as 2026."""
    return bucket.start.isoformat()[: {"month": 7, "year": 4}.get(step, 10)]


def age_label(age: AgeGroup) -> str:
    """A class of age in words: `3–5 days late`, `waiting for the customer`."""
    if age.side in _OTHERS:
        return translate(_OTHERS[age.side])
    today, some, more = _SIDES[age.side]
    if age.high is None:
        return translate(more).format(days=age.low - 1)
    if age.high == 0:
        return translate(today)
    return translate(some).format(days=f"{age.low}–{age.high}")


def format_change(line: SummaryLine) -> str:
    """What became of a share or a count: points of percent where both periods have enough, else the difference in number."""
    now, before = share_value(line.now), share_value(line.before)
    if now is not None and before is not None:
        points = round(100 * now) - round(100 * before)
        return translate("{change} pp").format(change=_signed(points))
    return _signed(line.now.numerator - line.before.numerator)


def share_value(measure: Measure) -> float | None:
    """The share from 0 to 1 of a measure that is one, None when it is of fewer than five."""
    return measure.value if measure.kind == "share" else None


def _signed(number: int) -> str:
    if number == 0:
        return "±0"
    return f"+{number}" if number > 0 else f"−{-number}"


_NUMBERS: Final = frozenset({"lag", "late", "commitments", "followups", "value", "whole", "n"})
_WEAK_SPOT: Final = ("dimension", "group", "figure", "value", "whole", "n")
# Figures of weak spots that are working time; all others are shares.
_DURATIONS: Final = frozenset({"resolution"})


def list_table(attention: PointedRecords, labels: Labels) -> Table:
    """A list of a report, and how many more there are."""
    listing = attention.listing
    rows = tuple(
        _weak_spot(row, labels)
        if listing.columns == _WEAK_SPOT
        else tuple(
            _cell(listing.words.get(column, column), value, labels)
            for column, value in zip(listing.columns, row, strict=True)
        )
        for row in listing.rows
    )
    headings = tuple(heading(column, labels) for column in listing.columns)
    texts = frozenset(place for place, column in enumerate(listing.columns) if column not in _NUMBERS)
    rest = translate("… and {count} more").format(count=attention.rest) if attention.rest else ""
    return Table(list_label(attention.name), headings, rows, texts, rest)


def _weak_spot(row: Sequence[Data], labels: Labels) -> tuple[str, ...]:
    dimension, group, figure, value, whole, number = row
    write = words.format_working_time if figure in _DURATIONS else "{:.0%}".format
    return (
        words.column_label(dimension, labels),
        words.group_label(dimension, group, labels),
        translate(words.FIGURE_LABELS.get(figure, figure)),
        write(value),
        write(whole),
        str(number),
    )


def _cell(column: str, value: Data, labels: Labels) -> str:
    if column == "lag" and isinstance(value, int | float):
        return words.format_duration(value)
    if isinstance(value, list | tuple):
        word = "mood" if column == "moods" else column
        return " → ".join(labels.value(word, str(item)) for item in value)
    return cell(column, value, labels)
