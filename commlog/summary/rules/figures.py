"""The figures a summary has, and how each is made from counts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
# Forms in which this choice says that the conversation was a complaint.
COMPLAINTS: Final = frozenset({"complaint", "service_complaint"})


@dataclass(frozen=True, slots=True)
class States:
    """How many things are in each state: all together, and by the groups of some dimensions."""

    whole: Counts
    groups: Mapping[str, Mapping[Group, Counts]] = field(default_factory=dict)

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


def measure_all(counts: Counts) -> Measure:
    """How many there are in any state."""
    return count_of(sum(counts.values()))


def measure_conversations(counts: Counts) -> Measure:
    """Conversations, less those that do not say when they began."""
    undated = counts.get("undated", 0)
    return count_of(sum(counts.values()) - undated, without_start=undated)


def measure_reached(counts: Counts) -> Measure:
    """Outbound contacts that were answered, over all outbound ones."""
    reached, missed = counts.get("outbound_reached", 0), counts.get("outbound_missed", 0)
    return share_of(reached, reached + missed, unclear=counts.get("outbound_unclear", 0))


def measure_on_time(counts: Counts) -> Measure:
    """Done by the due time, over all that fell due in the period and were not cancelled; those still open count as not done."""
    left_out = {"cancelled": counts.get("cancelled", 0), "finished_at_unknown_time": counts.get("unknown", 0)}
    included = {"not_yet_due": counts.get("not_due", 0), "awaiting_customer": counts.get("paused", 0)}
    whole = sum(counts.values()) - sum(left_out.values())
    return Measure("share", counts.get("on_time", 0), whole, _told(left_out), _told(included))


def measure_limit_kept(counts: Counts) -> Measure:
    """Met over met and breached: open past due is breached, open and not yet due is left out."""
    met = counts.get("on_time", 0)
    return share_of(
        met,
        met + counts.get("late", 0) + counts.get("breached", 0),
        not_yet_due=counts.get("not_due", 0),
        awaiting_customer=counts.get("paused", 0),
        cancelled=counts.get("cancelled", 0),
        finished_at_unknown_time=counts.get("unknown", 0),
    )


def measure_breached(counts: Counts) -> Measure:
    """The rest of `measure_limit_kept`: done late or open past due, over those and the ones done in time."""
    kept = measure_limit_kept(counts)
    return Measure("share", kept.size - kept.numerator, kept.size, kept.left_out)


def measure_overdue(counts: Counts) -> Measure:
    """Open, not paused and past due, over all that is open."""
    included = {"awaiting_customer": counts.get("paused", 0), "without_due": counts.get("no_due", 0)}
    return Measure("share", counts.get("overdue", 0), sum(counts.values()), included=_told(included))


def measure_satisfaction(answers: Counts) -> Measure:
    """The mean of the five steps, 5 the best, over the conversations that have an answer."""
    rated = _rated(answers)
    total = sum(step * answers.get(answer, 0) for answer, step in STEPS.items())
    return mean_of(total, sum(rated.values()), **_unrated(answers))


def measure_satisfied(answers: Counts) -> Measure:
    """Answers of 4 or 5 over all answers."""
    return _share_of_steps(answers, {4, 5})


def measure_dissatisfied(answers: Counts) -> Measure:
    """Answers of 1 or 2 over all answers."""
    return _share_of_steps(answers, {1, 2})


def measure_answers(answers: Counts) -> Reading:
    """Each of the five answers as a part of all of them."""
    rated = _rated(answers)
    return {
        MeasureKey("satisfaction_answers"): count_of(sum(rated.values()), **_unrated(answers)),
        **distribution_of("satisfaction_answers", "satisfaction", rated, sum(rated.values())),
    }


def measure_moods(moods: Counts) -> Reading:
    """Each mood as a part of the conversations that name one."""
    named: Counts = {mood: count for mood, count in moods.items() if mood is not None}
    whole = sum(named.values())
    return {
        MeasureKey("moods"): count_of(whole, without_mood=moods.get(None, 0)),
        **distribution_of("moods", "mood", named, whole),
    }


def measure_complaints(categories: Counts) -> Measure:
    """Conversations whose form calls them a complaint, over all."""
    return share_of(sum(categories.get(slug, 0) for slug in COMPLAINTS), sum(categories.values()))


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


def _share_of_steps(answers: Counts, steps: set[int]) -> Measure:
    rated = _rated(answers)
    part = sum(answers.get(answer, 0) for answer, step in STEPS.items() if step in steps)
    return share_of(part, sum(rated.values()), **_unrated(answers))


def _rated(answers: Counts) -> dict[Group, int]:
    return {answer: answers[answer] for answer in STEPS if answer in answers}


def _unrated(answers: Counts) -> dict[str, int]:
    unrated = {"not_rated": answers.get("not_rated", 0)}
    unrated["without_answer"] = sum(answers.values()) - sum(_rated(answers).values()) - unrated["not_rated"]
    return unrated


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


Verdict = Literal["yes", "no", "left_out"]
YES: Final[Verdict] = "yes"
NO: Final[Verdict] = "no"
LEFT_OUT: Final[Verdict] = "left_out"
Judgement = tuple[Verdict, str]


@dataclass(frozen=True, slots=True)
class FigureCase:
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


def measure_share(cases: Iterable[FigureCase]) -> Measure:
    """Those that count over all that are not left out."""
    told = list(cases)
    part = sum(case.counted == YES for case in told)
    whole = part + sum(case.counted == NO for case in told)
    measure = share_of(part, whole, **_reasons(told, {LEFT_OUT}))
    return Measure(measure.kind, part, whole, measure.left_out, _reasons(told, {YES, NO}))


def measure_count(cases: Iterable[FigureCase]) -> Measure:
    """How many count; a value of -1 counts down."""
    told = list(cases)
    total = sum(1 if case.value is None else case.value for case in told if case.counted == YES)
    return count_of(total, **_reasons(told, {LEFT_OUT}))


def measure_mean(cases: Iterable[FigureCase]) -> Measure:
    """The mean of the values that count."""
    told = list(cases)
    values = [case.value for case in told if case.counted == YES and case.value is not None]
    return mean_of(sum(values), len(values), **_reasons(told, {LEFT_OUT}))


def measure_spread(unit: Unit) -> Callable[[Iterable[FigureCase]], Measure]:
    """How the durations that count lie."""

    def measure(cases: Iterable[FigureCase]) -> Measure:
        told = list(cases)
        values = (case.value for case in told if case.counted == YES and case.value is not None)
        return spread_of(values, unit, **_reasons(told, {LEFT_OUT}))

    return measure


def measure_cases(
    figure: str,
    cases: Sequence[FigureCase],
    measure: Callable[[Iterable[FigureCase]], Measure],
    groups: Mapping[str, Callable[[FigureCase], Iterable[Group]]],
) -> Reading:
    """A figure of all cases, and of each group of some dimensions; a case may stand in several groups."""
    reading: Reading = {MeasureKey(figure): measure(cases)}
    for dimension, groups_of in groups.items():
        grouped: dict[Group, list[FigureCase]] = {}
        for case in cases:
            for group in groups_of(case):
                grouped.setdefault(group, []).append(case)
        reading |= {MeasureKey(figure, dimension, group): measure(some) for group, some in grouped.items()}
    return reading


def _reasons(cases: Iterable[FigureCase], counted: set[Verdict]) -> dict[str, int]:
    reasons: dict[str, int] = {}
    for case in cases:
        if case.why and case.counted in counted:
            reasons[case.why] = reasons.get(case.why, 0) + 1
    return reasons
