"""A summary for programs: one JSON object with stable keys, or one row a figure."""

import json
from dataclasses import asdict

from commlog.output.listing import Listing
from commlog.summary.rules.figures import FIGURES
from commlog.summary.rules.summary import Measure, Summary, SummaryLine
from commlog.values import Data
from commlog.worktime.moment import format_instant
from commlog.worktime.periods import Period

_NUMBERS = ("numerator", "denominator", "value", "median", "ninetieth", "longest")
COLUMNS = (
    *("figure", "metric", "dimension", "group", "kind", *_NUMBERS, "unit", "left_out"),
    *(f"previous_{name}" for name in (*_NUMBERS, "left_out")),
)
_DIGITS = 6


def format_summary_json(summary: Summary) -> str:
    """The summary as one JSON object; docs/summary.schema.json describes it."""
    figures = {}
    for name, figure in FIGURES.items():
        total = summary.total(name)
        dimensions = dict.fromkeys(
            line.key.dimension for line in summary.lines if line.key.figure == name and line.key.dimension
        )
        figures[name] = {
            "metric": figure.metric,
            "total": _pair(total) if total else None,
            "by": {
                dimension: [{"group": line.key.group, **_pair(line)} for line in summary.groups(name, dimension)]
                for dimension in dimensions
            },
        }
    answer = {
        "period": _period(summary.period),
        "previous": _period(summary.previous),
        "now": format_instant(summary.now),
        "previous_state_at": format_instant(summary.before_at),
        "by": summary.by or None,
        "unreadable_files": summary.unreadable_files,
        "figures": figures,
        "attention": {
            one.name: {
                "rows": [dict(zip(one.listing.columns, row, strict=True)) for row in one.listing.rows],
                "rest": one.rest,
            }
            for one in summary.attention
        },
    }
    return json.dumps(answer, ensure_ascii=False, indent=2)


def list_figures(summary: Summary) -> Listing:
    """One row a figure and group, with the figure of the period before in the same row."""
    return Listing(COLUMNS, tuple(_row(line) for line in summary.lines), COLUMNS, "figure")


def _row(line: SummaryLine) -> tuple[Data, ...]:
    key, now, before = line.key, line.now, line.before
    unit = next((one.spread.unit for one in (now, before) if one.spread), None)
    return (
        key.figure,
        FIGURES[key.figure].metric,
        key.dimension or None,
        key.group,
        now.kind,
        *_numbers(now),
        unit,
        sum(now.left_out.values()),
        *_numbers(before),
        sum(before.left_out.values()),
    )


def _numbers(measure: Measure) -> tuple[Data, ...]:
    spread = measure.spread
    return (
        measure.numerator,
        measure.denominator,
        _rounded(measure.value),
        *((_rounded(spread.median), spread.ninetieth, spread.longest) if spread else (None, None, None)),
    )


def _period(period: Period) -> dict[str, Data]:
    return {"name": period.name, "start": format_instant(period.start), "end": format_instant(period.end)}


def _pair(line: SummaryLine) -> dict[str, Data]:
    return {**_object(line.now), "previous": _object(line.before)}


def _object(measure: Measure) -> dict[str, Data]:
    spread = measure.spread
    values: dict[str, Data] = {
        "kind": measure.kind,
        "value": _rounded(measure.value),
        "numerator": measure.numerator,
        "denominator": measure.denominator,
        "left_out": dict(measure.left_out),
        "included": dict(measure.included),
    }
    if measure.kind == "spread":
        values["spread"] = {**asdict(spread), "median": _rounded(spread.median)} if spread else None
    return values


def _rounded(value: float | None) -> float | None:
    """Whole numbers as they are; others to six digits, so that the same files give the same bytes."""
    if value is None or value == int(value):
        return None if value is None else int(value)
    return round(value, _DIGITS)
