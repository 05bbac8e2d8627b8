"""The figures a summary has, how each counts things by their state or case by case, and when a group is a weak spot."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from commlog.summary.rules.summary import DurationSpread, Group, Measure, MeasureKey, Reading, SummaryLine, Unit

# How many there are in each state; the state is a slug, or None where there is none.
Counts = Mapping[Group, int]


class FigureDefinition(NamedTuple):
    """A figure's number among the metrics and the dimensions it is always shown by.

    The groups of a distribution share one total: each is a part of it.
    """

    metric: int
    dimensions: tuple[str, ...] = ()
    is_distribution: bool = False


FIGURES: Final[Mapping[str, FigureDefinition]] = {
    "interactions": FigureDefinition(1, ("template", "channel", "direction", "agent", "level", "tag")),
    "reached": FigureDefinition(1),
    "recorded_in_time": FigureDefinition(2, ("template",)),
    "recording_lag": FigureDefinition(2),
    "first_response": FigureDefinition(3),
    "unanswered_age": FigureDefinition(3),
    "follow_ups_on_time": FigureDefinition(4, ("priority", "owner")),
    "pending": FigureDefinition(5, ("owner",)),
    "overdue": FigureDefinition(5, ("owner",)),
    "overdue_age": FigureDefinition(5, ("owner",)),
    "limit_kept": FigureDefinition(6, ("priority",)),
    "first_resolution": FigureDefinition(7),
    "resolution": FigureDefinition(7, ("owner", "category")),
    "issue_first_resolution": FigureDefinition(7),
    "issue_resolution": FigureDefinition(7),
    "reopened": FigureDefinition(8, ("category", "owner")),
    "confirmed_closing": FigureDefinition(9),
    "first_contact_resolution": FigureDefinition(10),
    "satisfaction": FigureDefinition(11),
    "satisfied": FigureDefinition(11),
    "dissatisfied": FigureDefinition(11),
    "satisfaction_answers": FigureDefinition(11, ("satisfaction",), is_distribution=True),
    "customer_scores": FigureDefinition(11, ("score",)),
    "customer_scores_high": FigureDefinition(11, ("score",)),
    "customer_scores_low": FigureDefinition(11, ("score",)),
    "staff_scores": FigureDefinition(11, ("score",)),
    "staff_scores_high": FigureDefinition(11, ("score",)),
    "staff_scores_low": FigureDefinition(11, ("score",)),
    "survey_responses": FigureDefinition(11),
    "low_scores_followed_up": FigureDefinition(11),
    "complaints": FigureDefinition(12),
    "problems": FigureDefinition(12, ("scenario", "need_type", "category", "tag"), is_distribution=True),
    "repeat_contacts": FigureDefinition(12),
    "breached": FigureDefinition(13, ("category", "owner")),
    "low_scores": FigureDefinition(13, ("category", "owner")),
    "moods": FigureDefinition(14, ("mood",), is_distribution=True),
    "worsened_customers": FigureDefinition(14),
    "care_served": FigureDefinition(15, ("care",)),
    "dormant": FigureDefinition(16, ("level",)),
    "reactivated": FigureDefinition(16),
    "follow_ups_opened": FigureDefinition(17),
    "follow_ups_finished": FigureDefinition(17),
    "follow_ups_net": FigureDefinition(17),
    "issues_opened": FigureDefinition(17),
    "issues_closed": FigureDefinition(17),
    "issues_net": FigureDefinition(17),
    "without_owner": FigureDefinition(17),
    "issues_without_next_action": FigureDefinition(17),
    "commitments_without_follow_up": FigureDefinition(17),
}

# The five-step answers; `not_rated` is no answer.
STEPS: Final[Mapping[str, int]] = {
    "very_satisfied": 5,
    "satisfied": 4,
    "fair": 3,
    "dissatisfied": 2,
    "very_dissatisfied": 1,
}


@dataclass(frozen=True, slots=True)
class States:
    """How many things are in each state: all together, and by the groups of some dimensions."""

    whole: Counts
    groups: Mapping[str, Mapping[Group, Counts]] = field(default_factory=dict)

    def judged(self, by: str, *figures: str) -> Reading:
        """Figures that are shares of things in some state, as `measured`."""
        return {
            key: measure
            for figure in figures
            for key, measure in self.measured(figure, JUDGEMENTS[figure].measure, by).items()
        }

    def measured(self, figure: str, measure: Callable[[Counts], Measure], by: str = "") -> Reading:
        """A figure of everything, and of each group of its own dimensions and of `by`."""
        reading = {MeasureKey(figure): measure(self.whole)}
        for dimension in dict.fromkeys((*FIGURES[figure].dimensions, by)):
            for group, counts in self.groups.get(dimension, {}).items():
                reading[MeasureKey(figure, dimension, group)] = measure(counts)
        return reading


def count_of(number: int, **left_out: int) -> Measure:
    """A plain number."""
    return Measure("count", number, left_out=_told(left_out))


def share_of(part: int, whole: int, **left_out: int) -> Measure:
    """A part of a whole."""
    return Measure("share", part, whole, _told(left_out))


def mean_of(total: int, number: int, **left_out: int) -> Measure:
    """The mean of `number` values that add up to `total`; never used for durations."""
    return Measure("mean", total, number, _told(left_out))


def spread_of(values: Iterable[int], unit: Unit, **left_out: int) -> Measure:
    """How durations lie: the median (of an even number, halfway between the middle two), the nearest-rank 90 % and the longest."""
    ordered = sorted(values)
    number = len(ordered)
    spread = None
    if ordered:
        median = (ordered[(number - 1) // 2] + ordered[number // 2]) / 2
        spread = DurationSpread(median, ordered[(9 * number + 9) // 10 - 1], ordered[-1], unit)
    return Measure("spread", number, left_out=_told(left_out), spread=spread)


def distribution_of(figure: str, dimension: str, counts: Counts, whole: int) -> Reading:
    """Each group's part of a whole; things without a value are no group."""
    return {
        MeasureKey(figure, dimension, group): share_of(count, whole)
        for group, count in counts.items()
        if group is not None
    }


Verdict = Literal["yes", "no", "left_out"]
YES: Final[Verdict] = "yes"
NO: Final[Verdict] = "no"
LEFT_OUT: Final[Verdict] = "left_out"
Judgement = tuple[Verdict, str]


class Judgements(NamedTuple):
    """How things count by their state, and how those in any other state do; their reasons are reported in this order."""

    of_states: Mapping[Group, Judgement]
    others: Judgement = (NO, "")

    def of(self, state: Group) -> Judgement:
        """How a thing in this state counts."""
        return self.of_states.get(state, self.others)

    def measure(self, counts: Counts) -> Measure:
        """The share of what counts among all that is not left out."""
        judged = dict.fromkeys((*self.of_states.values(), self.others), 0)
        for state, count in counts.items():
            judged[self.of(state)] += count
        return share_of_judged(judged)


def share_of_judged(judged: Mapping[Judgement, int]) -> Measure:
    """What counts over all that is not left out, with the reasons in the order given."""
    numbers: Counter[Verdict] = Counter()
    reasons: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for (verdict, why), count in judged.items():
        numbers[verdict] += count
        if why and count:
            reasons[verdict == LEFT_OUT][why] += count
    return Measure("share", numbers[YES], numbers[YES] + numbers[NO], dict(reasons[True]), dict(reasons[False]))


def judge_steps(steps: Container[int]) -> Judgements:
    """How answers count: yes for those of some of the five steps."""
    answers: dict[Group, Judgement] = {answer: (YES if step in steps else NO, "") for answer, step in STEPS.items()}
    return Judgements({**answers, "not_rated": (LEFT_OUT, "not_rated")}, (LEFT_OUT, "without_answer"))


_YES: Final[Judgement] = (YES, "")
_NO: Final[Judgement] = (NO, "")
_CANCELLED: Final[Judgement] = (LEFT_OUT, "cancelled")
_UNKNOWN: Final[Judgement] = (LEFT_OUT, "finished_at_unknown_time")
_LIMITS: Final[Mapping[Group, Judgement]] = {
    "on_time": _YES,
    "not_due": (LEFT_OUT, "not_yet_due"),
    "paused": (LEFT_OUT, "awaiting_customer"),
    "cancelled": _CANCELLED,
    "unknown": _UNKNOWN,
}
# The figures that are shares of things in some state.
JUDGEMENTS: Final[Mapping[str, Judgements]] = {
    # Outbound contacts that were answered, over all outbound ones.
    "reached": Judgements(
        {"outbound_reached": _YES, "outbound_missed": _NO, "outbound_unclear": (LEFT_OUT, "unclear")}, (LEFT_OUT, "")
    ),
    # Records written within the limit of their template.
    "recorded_in_time": Judgements(
        {
            "in_time": _YES,
            "late": _NO,
            "no_limit": (LEFT_OUT, "without_limit"),
            "unknown": (LEFT_OUT, "without_recorded_at"),
        }
    ),
    # Done by the due time, over all that fell due in the period and were not cancelled; those still open count as not done.
    "follow_ups_on_time": Judgements(
        {
            "cancelled": _CANCELLED,
            "unknown": _UNKNOWN,
            "on_time": _YES,
            "not_due": (NO, "not_yet_due"),
            "paused": (NO, "awaiting_customer"),
        }
    ),
    # Met over met and breached: open past due is breached, open and not yet due is left out.
    "limit_kept": Judgements(_LIMITS),
    # The rest of them: done late or open past due.
    "breached": Judgements({**_LIMITS, "on_time": _NO}, _YES),
    # Open, not paused and past due, over all that is open; the state of an overdue one is the second it fell due.
    "overdue": Judgements({"paused": (NO, "awaiting_customer"), "no_due": (NO, "without_due"), "running": _NO}, _YES),
    "satisfaction": judge_steps(STEPS.values()),
    "satisfied": judge_steps({4, 5}),
    "dissatisfied": judge_steps({1, 2}),
    "low_scores": judge_steps({1, 2}),
    # Conversations whose form calls them a complaint.
    "complaints": Judgements({"complaint": _YES, "service_complaint": _YES}),
}
# What a turn in the period means for what was opened, for what was finished, and for the difference: how it counts, and as how many.
TURNS: Final[Sequence[Mapping[Group, tuple[Verdict, str, int]]]] = (
    {"came": (YES, "", 1), "both": (YES, "", 1)},
    {"went": (YES, "", 1), "both": (YES, "", 1), "untold": (*_UNKNOWN, 1)},
    {"came": (YES, "", 1), "went": (YES, "", -1)},
)


def measure_turns(figures: Sequence[str], states: States, by: str) -> Reading:
    """The figures of what was opened, of what was finished, and of the difference."""
    reading: Reading = {}
    for figure, turns in zip(figures, TURNS, strict=True):

        def measure(counts: Counts, turns: Mapping[Group, tuple[Verdict, str, int]] = turns) -> Measure:
            told = [(*judged, counts.get(state, 0)) for state, judged in turns.items()]
            left_out = {why: count for verdict, why, _, count in told if verdict == LEFT_OUT}
            return count_of(sum(value * count for verdict, _, value, count in told if verdict == YES), **left_out)

        reading |= states.measured(figure, measure, by)
    return reading


def measure_all(counts: Counts) -> Measure:
    """How many there are in any state."""
    return count_of(sum(counts.values()))


def measure_conversations(counts: Counts) -> Measure:
    """Conversations, less those that do not say when they began."""
    undated = counts.get("undated", 0)
    return count_of(sum(counts.values()) - undated, without_start=undated)


def measure_satisfaction(answers: Counts) -> Measure:
    """The mean of the five steps, 5 the best, over the conversations that have an answer."""
    rated = JUDGEMENTS["satisfaction"].measure(answers)
    return mean_of(sum(step * answers.get(answer, 0) for answer, step in STEPS.items()), rated.size, **rated.left_out)


def measure_answers(answers: Counts) -> Reading:
    """Each of the five answers as a part of all of them."""
    rated = JUDGEMENTS["satisfaction"].measure(answers)
    given: Counts = {answer: answers[answer] for answer in STEPS if answer in answers}
    return {
        MeasureKey("satisfaction_answers"): count_of(rated.size, **rated.left_out),
        **distribution_of("satisfaction_answers", "satisfaction", given, rated.size),
    }


def measure_moods(moods: Counts) -> Reading:
    """Each mood as a part of the conversations that name one."""
    without = moods.get(None, 0)
    whole = sum(moods.values()) - without
    return {
        MeasureKey("moods"): count_of(whole, without_mood=without),
        **distribution_of("moods", "mood", moods, whole),
    }


def pair(now: Reading, before: Reading) -> tuple[SummaryLine, ...]:
    """Every figure with the earlier one beside it: in the order of FIGURES, each dimension's largest groups first."""
    lines = [
        SummaryLine(
            key, now.get(key) or _nothing(key, now, before[key]), before.get(key) or _nothing(key, before, now[key])
        )
        for key in {**now, **before}
    ]
    order = {figure: place for place, figure in enumerate(FIGURES)}
    dimensions = {key.dimension: None for key in now} | {key.dimension: None for key in before}
    places = {dimension: place for place, dimension in enumerate(dimensions)}
    return tuple(
        sorted(
            lines,
            key=lambda line: (
                order[line.key.figure],
                line.key.dimension != "",
                places[line.key.dimension],
                line.key.group is None,
                -line.now.size,
                -line.now.numerator,
                -line.before.size,
                -line.before.numerator,
                line.key.group or "",
            ),
        )
    )


def _nothing(key: MeasureKey, reading: Reading, other: Measure) -> Measure:
    """The measure of a group that a period does not have."""
    whole = None if other.denominator is None else 0
    if FIGURES[key.figure].is_distribution:
        parts = (measure.denominator for one, measure in reading.items() if one[:2] == key[:2])
        whole = next(parts, whole)
    return Measure(other.kind, 0, whole)


def _told(counts: Mapping[str, int]) -> dict[str, int]:
    return {reason: count for reason, count in counts.items() if count}


# Ten percentage points of a share, a quarter of a median.
MARGIN_PERCENT: Final = 10
LONGER_PERCENT: Final = 25


def is_weak(group: Measure, whole: Measure) -> bool:
    """Whether a share lies at least ten percentage points above the whole's, or a median at least a quarter above it."""
    if group.spread and whole.spread:
        return group.spread.median * 100 >= whole.spread.median * (100 + LONGER_PERCENT) > 0
    if not group.denominator or not whole.denominator:
        return False
    difference = group.numerator * whole.denominator - whole.numerator * group.denominator
    return difference * 100 >= MARGIN_PERCENT * group.denominator * whole.denominator


@dataclass(frozen=True, slots=True)
class FigureCase:
    """A record, follow-up or customer behind a figure.

    `counted`: yes in the numerator (of a spread or a mean: among the values), no in the denominator alone, left out of
    both; `why` is the reason for what is left out, or a remark on what is counted although it may surprise. `record` is its
    number in the index, `name` what tells it from others of the same record, `value` a duration, a score or a count.
    """

    record: int
    counted: Verdict
    why: str = ""
    value: int | None = None
    name: str = ""
    group: Group = None


def case_of(figure: str, record: int, state: Group, *, value: int | None = None, name: str = "") -> FigureCase:
    """A thing in some state as a figure counts it."""
    return FigureCase(record, *JUDGEMENTS[figure].of(state), value=value, name=name)


def valued_case(record: int, value: int | None, why: str, name: str = "") -> FigureCase:
    """A thing with a value; left out for a reason when it has none."""
    return FigureCase(record, LEFT_OUT if value is None else YES, why if value is None else "", value, name)


def measure_share(cases: Iterable[FigureCase]) -> Measure:
    """Those that count over all that are not left out."""
    return share_of_judged(Counter((case.counted, case.why) for case in cases))


def measure_mean(cases: Sequence[FigureCase]) -> Measure:
    """The mean of the values that count."""
    values = _values(cases)
    return mean_of(sum(values), len(values), **measure_share(cases).left_out)


def measure_worked(cases: Sequence[FigureCase]) -> Measure:
    """How the durations that count are distributed, in working time."""
    return spread_of(_values(cases), "working_seconds", **measure_share(cases).left_out)


def _values(cases: Iterable[FigureCase]) -> list[int]:
    return [case.value for case in cases if case.counted == YES and case.value is not None]
