"""Charts: plain descriptions in Vega-Lite, drawn as SVG that takes its colours and letters from the page."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final, NamedTuple

from commlog.output.page import missing_package
from commlog.output.text import harmless, shorten, width_of

FONT: Final = (
    'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", '
    "sans-serif"
)
# Colours have names here; the page says what they are, by day and by night.
SERIES: Final = tuple(f"var(--s{number})" for number in range(1, 9))
NOW: Final = "var(--s1)"
BEFORE: Final = "var(--before)"
LATE: Final = "var(--late)"
IDLE: Final = "var(--idle)"
_WIDTH: Final = 500
_HEIGHT: Final = 230
_ROW_HEIGHT: Final = 24
# A word beside a bar: its width in columns, and the pixels a column takes at most.
_LETTERS: Final = 24
_LETTER: Final = 8
_MOST_TICKS: Final = 7
_STEPS_OF_SCORE: Final = (1, 2, 3, 4, 5)
_CONFIG: Final[dict[str, Any]] = {
    "font": FONT,
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "aria": False,
        "labelColor": "var(--ink)",
        "labelFontSize": 13,
        "gridColor": "var(--grid)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "title": None,
    },
    "legend": {"disable": True},
}
_OPENING: Final = re.compile(r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>")
_POINT: Final = re.compile(r'<path aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="[^"]*"([^>]*?)/>')
_SPOKEN: Final = re.compile(r' (?:role|aria-[a-z]+|class)="[^"]*"')
_ID: Final = re.compile(r'(\bid="|url\(#)([^")]+)')
# Told apart from the marks people look for: the line that joins points.
_JOINING: Final = "line mark"


class ChartMark(NamedTuple):
    """One mark of a chart: its place on the axis, its size, its text, its colour."""

    place: str
    value: float
    words: str
    colour: str = NOW


@dataclass(frozen=True, slots=True)
class Chart:
    """A description to draw, what it shows in one sentence, and what its colours mean: (colour, words, shape)."""

    spec: Mapping[str, Any]
    label: str
    legend: tuple[tuple[str, str, str], ...] = ()


def stack(data: Sequence[ChartMark], places: Sequence[str], *, skip: int = 0) -> dict[str, Any]:
    """Columns of parts upon each other along an axis of `places`, of which the first `skip` letters are left away."""
    sums: Counter[str] = Counter()
    for one in data:
        sums[one.place] += round(one.value)
    encoding = {
        "x": _places_axis(places, skip),
        "y": {"field": "value", "type": "quantitative", "stack": True, **_whole_numbers(max(sums.values(), default=0))},
        **_MARKED,
        "order": {"field": "order", "type": "quantitative"},
    }
    return _upright(data, [{"mark": {"type": "bar"}, "encoding": encoding}])


def share_columns(data: Sequence[ChartMark], places: Sequence[str], *, skip: int = 0) -> dict[str, Any]:
    """A column of 0 to 100 % at each place that has one."""
    axis = {"format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1], "title": None}
    encoding = {
        "x": _places_axis(places, skip),
        "y": {"field": "value", "type": "quantitative", "scale": {"domain": [0, 1]}, "axis": axis},
        **_MARKED,
    }
    return _upright(data, [{"mark": {"type": "bar"}, "encoding": encoding}])


def score_lines(data: Sequence[ChartMark], places: Sequence[str], *, skip: int = 0) -> dict[str, Any]:
    """Points from 1 to 5, those of one colour joined."""
    axis = {"values": list(_STEPS_OF_SCORE), "format": "d", "title": None}
    x = {**_places_axis(places, skip), "scale": {"domain": list(places), "type": "point", "padding": 0.5}}
    y = {"field": "value", "type": "quantitative", "scale": {"domain": [1, 5]}, "axis": axis}
    line = {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"x": x, "y": y, "stroke": _MARKED["fill"]}}
    points = {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "strokeWidth": 0},
        "encoding": {"x": x, "y": y, **_MARKED},
    }
    return _upright(data, [line, points])


def bars(data: Sequence[ChartMark], ticks: Sequence[ChartMark] = (), *, is_share: bool = False) -> dict[str, Any]:
    """Bars side by side, downwards, with a tick at the earlier value."""
    places = list(dict.fromkeys(one.place for one in data))
    most = max((one.value for one in (*data, *ticks)), default=0)
    x = {"field": "value", "type": "quantitative", **(_shares(most) if is_share else _whole_numbers(most))}
    # The room for the words is reserved by their letters: the fonts of the reader are not known here.
    room = max((width_of(_cut(place)) for place in places), default=0) * _LETTER
    y = {
        "field": "place",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": [_cut(place) for place in places]},
        "axis": {
            "title": None,
            "labelLimit": 0,
            "minExtent": room,
            "maxExtent": room,
            "ticks": False,
            "domain": False,
            "labelPadding": 8,
            "grid": False,
        },
    }
    data, ticks = ([one._replace(place=_cut(one.place)) for one in some] for some in (data, ticks))
    layers = [{"mark": {"type": "bar", "height": {"band": 0.7}}, "encoding": {"x": x, "y": y, **_MARKED}}]
    if ticks:
        mark = {"type": "tick", "thickness": 3, "opacity": 1, "height": {"band": 0.95}}
        layers.append({"data": {"values": _rows(ticks)}, "mark": mark, "encoding": {"x": x, "y": y, **_MARKED}})
    return {**_base(data), "height": len(places) * _ROW_HEIGHT + 40, "layer": layers}


def draw_chart(chart: Chart, name: str) -> str:
    """A chart as SVG for a page; `name` tells its inner names from those of the page's other charts.

    Raises:
        UsageError: the package that draws is missing.
    """
    try:
        from vl_convert import vegalite_to_svg
    except ModuleNotFoundError:
        raise missing_package("vl-convert-python") from None
    # No address is allowed: what a chart shows is all inside its description.
    drawn = vegalite_to_svg(dict(chart.spec), allowed_base_urls=[])
    return _adopt(drawn, name, chart.label)


def _adopt(svg: str, name: str, label: str) -> str:
    """The drawing as a part of the page: as wide as there is room, one picture for those who listen, a hint on each mark."""
    opening = _OPENING.match(svg)
    assert opening is not None
    hints: list[str] = []

    def keep(found: re.Match[str]) -> str:
        if _JOINING in found[0]:
            return f"<path{found[2]}/>"
        hints.append(f"<path\x00{found[2]}><title>{found[1]}</title></path>")
        return f"\x01{len(hints) - 1}\x02"

    body = _SPOKEN.sub("", _POINT.sub(keep, svg[opening.end() :]))
    body = re.sub("\x01([0-9]+)\x02", lambda found: hints[int(found[1])].replace("\x00", ' class="mark"'), body)
    body = _ID.sub(lambda found: f"{found[1]}{name}-{found[2]}", body)
    spoken = escape(harmless(label))
    return f'<svg class="chart" viewBox="{opening[1]}" role="img" aria-label="{spoken}">{body}'


_MARKED: Final[dict[str, Any]] = {
    "fill": {"field": "colour", "type": "nominal", "scale": None},
    "description": {"field": "words", "type": "nominal"},
}


def _base(data: Sequence[ChartMark]) -> dict[str, Any]:
    return {
        "data": {"values": _rows(data)},
        "width": _WIDTH,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 2,
        "config": _CONFIG,
    }


def _upright(data: Sequence[ChartMark], layers: list[dict[str, Any]]) -> dict[str, Any]:
    return {**_base(data), "height": _HEIGHT, "layer": layers}


def _rows(data: Sequence[ChartMark]) -> list[dict[str, Any]]:
    return [
        {
            "place": harmless(one.place),
            "value": one.value,
            "words": harmless(one.words),
            "colour": one.colour,
            "order": order,
        }
        for order, one in enumerate(data)
    ]


def _places_axis(places: Sequence[str], skip: int) -> dict[str, Any]:
    every = -(-len(places) // _MOST_TICKS)
    axis = {
        "title": None,
        "grid": False,
        "labelAngle": 0,
        "values": list(places)[::every],
        "labelExpr": f"slice(datum.value, {skip})",
    }
    return {"field": "place", "type": "ordinal", "sort": None, "scale": {"domain": list(places)}, "axis": axis}


def _whole_numbers(most: float) -> dict[str, Any]:
    """An axis from 0 to the first round number that is no smaller, with at most six ticks."""
    step = next(step for power in range(16) for base in (1, 2, 5) if (step := base * 10**power) * 5 >= most)
    end = max(1, -(-round(most) // step)) * step
    axis = {"format": "d", "values": list(range(0, end + 1, step)), "title": None}
    return {"axis": axis, "scale": {"domain": [0, end]}}


def _shares(most: float) -> dict[str, Any]:
    """An axis of percent, from 0 to the first tick that is no smaller."""
    percent = math.ceil(round(100 * most, 6))
    step = next(step for step in (1, 2, 5, 10, 20) if step * 5 >= percent)
    end = max(1, -(-percent // step)) * step
    axis = {"format": ".0%", "values": [tick / 100 for tick in range(0, end + 1, step)], "title": None}
    return {"axis": axis, "scale": {"domain": [0, end / 100]}}


def _cut(place: str) -> str:
    return shorten(harmless(place), _LETTERS)
