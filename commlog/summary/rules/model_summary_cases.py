"""One thing a figure counts, leaves out or sets beside: the case, and the figures made of many."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from commlog.summary.rules.figures import count_of, mean_of, share_of, spread_of
from commlog.summary.rules.summary import Group, Key, Measure, Reading, Unit

Verdict = Literal["yes", "no", "left_out"]
YES: Final[Verdict] = "yes"
NO: Final[Verdict] = "no"
LEFT_OUT: Final[Verdict] = "left_out"
Judgement = tuple[Verdict, str]


@dataclass(frozen=True, slots=True)
class Case:
    """A record, follow-up or customer behind a figure.

    `counted`: yes in the numerator (of a spread or a mean: among the values), no in the denominator alone, left out of
    both; `why` is the reason for what is left out, or a remark on what is counted although it may surprise. `record` is its
    number in the copy, `name` what tells it from others of the same record, `value` a duration, a score or a count.
    """

    record: int
    counted: Verdict
    why: str = ""
    value: int | None = None
    name: str = ""
    group: Group = None


def measure_share(cases: Iterable[Case]) -> Measure:
    """Those that count over all that are not left out."""
    told = list(cases)
    part = sum(case.counted == YES for case in told)
    whole = part + sum(case.counted == NO for case in told)
    measure = share_of(part, whole, **_reasons(told, {LEFT_OUT}))
    return Measure(measure.kind, part, whole, measure.left_out, _reasons(told, {YES, NO}))


def measure_count(cases: Iterable[Case]) -> Measure:
    """How many count; a value of -1 counts down."""
    told = list(cases)
    total = sum(1 if case.value is None else case.value for case in told if case.counted == YES)
    return count_of(total, **_reasons(told, {LEFT_OUT}))


def measure_mean(cases: Iterable[Case]) -> Measure:
    """The mean of the values that count."""
    told = list(cases)
    values = [case.value for case in told if case.counted == YES and case.value is not None]
    return mean_of(sum(values), len(values), **_reasons(told, {LEFT_OUT}))


def measure_spread(unit: Unit) -> Callable[[Iterable[Case]], Measure]:
    """How the durations that count lie."""

    def measure(cases: Iterable[Case]) -> Measure:
        told = list(cases)
        values = (case.value for case in told if case.counted == YES and case.value is not None)
        return spread_of(values, unit, **_reasons(told, {LEFT_OUT}))

    return measure


def measure_cases(
    figure: str,
    cases: Sequence[Case],
    measure: Callable[[Iterable[Case]], Measure],
    groups: Mapping[str, Callable[[Case], Iterable[Group]]],
) -> Reading:
    """A figure of all cases, and of each group of some dimensions; a case may stand in several groups."""
    reading: Reading = {Key(figure): measure(cases)}
    for dimension, groups_of in groups.items():
        grouped: dict[Group, list[Case]] = {}
        for case in cases:
            for group in groups_of(case):
                grouped.setdefault(group, []).append(case)
        reading |= {Key(figure, dimension, group): measure(some) for group, some in grouped.items()}
    return reading


def _reasons(cases: Iterable[Case], counted: set[Verdict]) -> dict[str, int]:
    reasons: dict[str, int] = {}
    for case in cases:
        if case.why and case.counted in counted:
            reasons[case.why] = reasons.get(case.why, 0) + 1
    return reasons
