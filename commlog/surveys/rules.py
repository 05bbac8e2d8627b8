"""Surveys: what counts as a low or a high score, and the figures of many answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from commlog.values import Data
from commlog.worktime.periods import PeriodKind, period_bounds

LOWEST: Final = 1
HIGHEST: Final = 5
LOW: Final = 2
HIGH: Final = 4
# With fewer answers a percentage says more than is known.
ENOUGH: Final = 5
# An answer older than this is history: nobody is asked what went wrong.
FRESH: Final = timedelta(days=30)

ENTERED_BY: Final = ("customer", "staff")


@dataclass(frozen=True, slots=True)
class Survey:
    """One survey as the figures see it: days as days, only scores that are whole numbers from 1 to 5.

    `is_answered` says that it has scores, or that another survey of the same customer and period has.
    """

    customer: str
    requested_on: date | None
    answered_on: date | None
    entered_by: str | None
    scores: Mapping[str, int]
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class SurveyScore:
    """One dimension in one period, given by the customers or entered by staff; `n` answers, never none.

    `high` are those of at least 4, `low` those of at most 2.
    """

    period: str
    entered_by: str
    dimension: str
    n: int
    mean: float
    high: int
    low: int

    @property
    def high_share(self) -> float | None:
        """High ones over all, from 0 to 1; None when there are too few for a share."""
        return share(self.high, self.n)

    @property
    def low_share(self) -> float | None:
        """Low ones over all, from 0 to 1; None when there are too few for a share."""
        return share(self.low, self.n)


@dataclass(frozen=True, slots=True)
class Response:
    """Of one period: how many surveys were requested in it, and how many of them are answered by now."""

    period: str
    start: date
    end: date
    requested: int
    answered: int

    @property
    def rate(self) -> float | None:
        """Answered over requested, from 0 to 1; None when there are too few for a share."""
        return share(self.answered, self.requested)


@dataclass(frozen=True, slots=True)
class Trend:
    """The figures by period, the oldest first; `left_out` counts surveys whose scores tell nothing."""

    responses: tuple[Response, ...]
    figures: tuple[SurveyScore, ...]
    left_out: int


def share(part: int, whole: int) -> float | None:
    """A part of a whole, from 0 to 1; None when the whole is too small for one."""
    return part / whole if whole >= ENOUGH else None


def is_score(value: Data) -> bool:
    """Whether a value is a score: a whole number from 1 to 5."""
    return isinstance(value, int) and not isinstance(value, bool) and LOWEST <= value <= HIGHEST


def is_score_text(text: str) -> bool:
    """Whether a text is a score: one digit from 1 to 5, in any script."""
    return len(text) == 1 and text.isdecimal() and is_score(int(text))


def low_scores(scores: Data) -> dict[str, int]:
    """The scores of at most 2, by dimension; none of what is no score."""
    if not isinstance(scores, dict):
        return {}
    return {key: value for key, value in scores.items() if is_score(value) and value <= LOW}


def is_fresh(answered_on: date, today: date) -> bool:
    """Whether an answer is new enough to be followed up."""
    return today - answered_on <= FRESH


def survey_trend_of(surveys: Iterable[Survey], kind: PeriodKind, dimensions: Sequence[str]) -> Trend:
    """The figures of some surveys by month or quarter, dimensions in the order given.

    An answer counts in the period of the day it was given, a request in that of the day it was sent.
    """
    surveys = tuple(surveys)
    groups: dict[tuple[date, int, int], list[int]] = {}
    starts: set[date] = set()
    left_out = 0
    for survey in surveys:
        if survey.requested_on is not None:
            starts.add(period_bounds(kind, survey.requested_on)[0])
        if survey.answered_on is None:
            continue
        known = {key: value for key, value in survey.scores.items() if key in dimensions}
        if not known or survey.entered_by not in ENTERED_BY:
            left_out += 1
            continue
        first = period_bounds(kind, survey.answered_on)[0]
        starts.add(first)
        for key, value in known.items():
            place = (first, ENTERED_BY.index(survey.entered_by), dimensions.index(key))
            groups.setdefault(place, []).append(value)
    figures = (_figure(place, groups[place], kind, dimensions) for place in sorted(groups))
    responses = (_response(first, kind, surveys) for first in sorted(starts))
    return Trend(tuple(responses), tuple(figures), left_out)


def _figure(
    place: tuple[date, int, int], scores: Sequence[int], kind: PeriodKind, dimensions: Sequence[str]
) -> SurveyScore:
    first, who, dimension = place
    return SurveyScore(
        _name_of(kind, first),
        ENTERED_BY[who],
        dimensions[dimension],
        len(scores),
        sum(scores) / len(scores),
        sum(score >= HIGH for score in scores),
        sum(score <= LOW for score in scores),
    )


def _response(first: date, kind: PeriodKind, surveys: Iterable[Survey]) -> Response:
    end = period_bounds(kind, first)[1]
    sent = [one for one in surveys if one.requested_on is not None and first <= one.requested_on < end]
    return Response(_name_of(kind, first), first, end, len(sent), sum(one.is_answered for one in sent))


def quarter_of(day: date) -> str:
    """The quarter a day is in, as a survey's period names it: 2026-Q1."""
    return f"{day.year:04}-Q{(day.month + 2) // 3}"


def _name_of(kind: PeriodKind, first: date) -> str:
    return quarter_of(first) if kind == "quarter" else f"{first:%Y-%m}"
