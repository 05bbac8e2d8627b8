"""The lists of a report as tables: every value in the words people use for it."""

from collections.abc import Sequence
from typing import Final

from commlog.messages import translate
from commlog.output.labels import Labels
from commlog.summary.page.words import heading, list_label
from commlog.summary.rules.summary import Attention
from commlog.summary.text.render_summary_blocks import Table
from commlog.summary.text.words import FIGURE_LABELS, column_label, format_duration, format_working_time, group_label
from commlog.values import Data

_NUMBERS: Final = frozenset({"lag", "late", "commitments", "followups", "value", "whole", "n"})
_WEAK_SPOT: Final = ("dimension", "group", "figure", "value", "whole", "n")
# Figures of weak spots that are working time; all others are shares.
_DURATIONS: Final = frozenset({"resolution"})


def list_table(attention: Attention, labels: Labels) -> Table:
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
    words = frozenset(place for place, column in enumerate(listing.columns) if column not in _NUMBERS)
    rest = translate("… and {count} more").format(count=attention.rest) if attention.rest else ""
    return Table(list_label(attention.name), headings, rows, words, rest)


def _weak_spot(row: Sequence[Data], labels: Labels) -> tuple[str, ...]:
    dimension, group, figure, value, whole, number = row
    write = format_working_time if figure in _DURATIONS else "{:.0%}".format
    return (
        column_label(dimension, labels),
        group_label(dimension, group, labels),
        translate(FIGURE_LABELS.get(figure, figure)),
        write(value),
        write(whole),
        str(number),
    )


def _cell(column: str, value: Data, labels: Labels) -> str:
    if value is None:
        return ""
    if column == "lag" and isinstance(value, int | float):
        return format_duration(value)
    if isinstance(value, list | tuple):
        word = "mood" if column == "moods" else column
        return " → ".join(labels.value(word, str(item)) for item in value)
    if isinstance(value, bool):
        return translate("yes") if value else translate("no")
    text = str(value)
    if text[:4].isdecimal() and text[10:11] == "T":
        return f"{text[:10]} {text[11:16]}"
    return labels.value(column, text)
