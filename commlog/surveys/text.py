"""The trend of surveys as tables for people or JSON for programs."""

import json
from collections.abc import Mapping
from typing import Final

from commlog.messages import mark, translate
from commlog.output.labels import Labels
from commlog.output.text import column_lines
from commlog.surveys.rules import Response, SurveyScore, Trend

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


def format_trend(trend: Trend, dimensions: Mapping[str, str], labels: Labels) -> str:
    """The figures, then the response, by period; a share is a percentage only of at least five. `dimensions` are their words by key."""
    parts = []
    if trend.figures:
        headings = [translate(heading) for heading in _FIGURE_HEADINGS]
        parts += ["\n".join(column_lines(headings, [_figure_cells(one, dimensions, labels) for one in trend.figures]))]
    asked = [one for one in trend.responses if one.requested]
    if asked:
        headings = [translate(heading) for heading in _RESPONSE_HEADINGS]
        parts += ["\n".join(column_lines(headings, [_response_cells(one) for one in asked]))]
    if trend.left_out:
        parts.append(
            translate("left out, without a score from 1 to 5 or unknown who entered it: {count}").format(
                count=trend.left_out
            )
        )
    return "\n\n".join(parts)


def format_trend_json(trend: Trend, kind: str, customer: str | None) -> str:
    """The same with stable keys: numerators, denominators, and shares from 0 to 1 or null."""
    figures = [
        {
            "period": one.period,
            "entered_by": one.entered_by,
            "dimension": one.dimension,
            "n": one.n,
            "mean": round(one.mean, 4),
            "high": one.high,
            "high_share": _rounded(one.high_share),
            "low": one.low,
            "low_share": _rounded(one.low_share),
        }
        for one in trend.figures
    ]
    responses = [
        {
            "period": one.period,
            "start": one.start.isoformat(),
            "end": one.end.isoformat(),
            "requested": one.requested,
            "answered": one.answered,
            "rate": _rounded(one.rate),
        }
        for one in trend.responses
    ]
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


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
