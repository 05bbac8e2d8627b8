"""The trend of surveys as tables for people or JSON for programs."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Final

from commlog.messages import mark, translate
from commlog.output.labels import Labels
from commlog.output.text import column_lines
from commlog.surveys.rules import Response, SurveyScore, Trend
from commlog.values import Data

_FIGURE_HEADINGS: Final = (
    mark("Period"),
    mark("Entered by"),
    mark("Dimension"),
    mark("N"),
    mark("Mean"),
    mark("4 or 5"),
    mark("1 or 2"),
)
_RESPONSE_HEADINGS: Final = (mark("Period"), mark("Requested"), mark("Answered"), mark("Response rate"))

_FIGURE_KEYS: Final = ("period", "entered_by", "dimension", "n", "mean", "high", "high_share", "low", "low_share")
_RESPONSE_KEYS: Final = ("period", "start", "end", "requested", "answered", "rate")


def format_trend(trend: Trend, dimensions: Mapping[str, str], labels: Labels) -> str:
    """The figures, then the response, by period; a share is a percentage only of at least five. `dimensions` are their words by key."""
    figures = [_figure_cells(one, dimensions, labels) for one in trend.figures]
    responses = [_response_cells(one) for one in trend.responses if one.requested]
    tables = ((_FIGURE_HEADINGS, figures), (_RESPONSE_HEADINGS, responses))
    parts = ["\n".join(column_lines(list(map(translate, heads)), rows)) for heads, rows in tables if rows]
    if trend.left_out:
        parts.append(
            translate("left out, without a score from 1 to 5 or unknown who entered it: {count}").format(
                count=trend.left_out
            )
        )
    return "\n\n".join(parts)


def format_trend_json(trend: Trend, kind: str, customer: str | None) -> str:
    """The same with stable keys: numerators, denominators, and shares from 0 to 1 or null."""
    figures = [_object(one, _FIGURE_KEYS) for one in trend.figures]
    responses = [_object(one, _RESPONSE_KEYS) for one in trend.responses]
    told = {"by": kind, "customer": customer, "figures": figures, "responses": responses, "left_out": trend.left_out}
    return json.dumps(told, ensure_ascii=False, indent=2)


def _figure_cells(one: SurveyScore, dimensions: Mapping[str, str], labels: Labels) -> list[str]:
    return [
        one.period,
        labels.value("entered_by", one.entered_by),
        dimensions.get(one.dimension, one.dimension),
        str(one.n),
        f"{one.mean:.2f}",
        _share(one.high, one.n, one.high_share),
        _share(one.low, one.n, one.low_share),
    ]


def _response_cells(one: Response) -> list[str]:
    return [one.period, str(one.requested), str(one.answered), _share(one.answered, one.requested, one.rate)]


def _share(part: int, whole: int, share: float | None) -> str:
    return f"{part}/{whole}" if share is None else f"{share:.0%} ({part}/{whole})"


def _object(one: SurveyScore | Response, keys: tuple[str, ...]) -> dict[str, Data]:
    """Some attributes by name: shares and means rounded, days as text."""
    values = {key: getattr(one, key) for key in keys}
    return {
        key: round(value, 4) if isinstance(value, float) else value.isoformat() if isinstance(value, date) else value
        for key, value in values.items()
    }
