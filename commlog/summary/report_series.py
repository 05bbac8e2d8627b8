"""The numbers behind a report's charts: conversations, follow-ups kept and satisfaction over time; the ages of what is pending."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from commlog.errors import CommlogError
from commlog.forms.fields import find_field, label
from commlog.messages import current_language, mark, translate
from commlog.summary.figures.follow_ups import DUE
from commlog.summary.figures.scope import INTERACTIONS_OF_PERIOD, SummaryScope
from commlog.summary.rules import report as report_rules
from commlog.summary.rules.figures import JUDGEMENTS, STEPS, count_of, mean_of, measure_satisfaction
from commlog.summary.rules.summary import Group, Measure, last_day
from commlog.workspace import Workspace
from commlog.worktime.calendar import WorkCalendar, wall_instant
from commlog.worktime.limits import working_days_since
from commlog.worktime.periods import Period

# The group that gathers the rarer channels; no channel is called so.
OTHERS: Final = "+others"
# What conversations say, beside the scores of surveys.
ANSWERS: Final = "+answers"
# Before the key of a score that staff filled in for the customer.
STAFF: Final = "+staff."
_MOST_CHANNELS: Final = 7
_VOLUME: Final = f"SELECT r.day, r.channel, count(*) FROM records r WHERE {INTERACTIONS_OF_PERIOD} GROUP BY 1, 2"
_ANSWERED: Final = (
    f"SELECT r.day, r.satisfaction, count(*) FROM records r WHERE {INTERACTIONS_OF_PERIOD} "
    f"AND r.satisfaction IN ({', '.join(repr(step) for step in STEPS)}) GROUP BY 1, 2"
)
_SURVEYED: Final = (
    "SELECT coalesce(field(c.content, 'assessed_on'), r.day), field(c.content, 'entered_by'), {scores} "
    "FROM records r JOIN contents c USING (record) WHERE r.kind = 'survey' "
    "AND coalesce(field(c.content, 'assessed_on'), r.day) >= '{{first}}' "
    "AND coalesce(field(c.content, 'assessed_on'), r.day) < '{{after}}'"
)
_Measures = dict[tuple[int, Group], Measure]


def measure_volume(scope: SummaryScope) -> report_rules.Series:
    """Conversations by day (of a long period by week, month or year) and channel, the commonest channels first."""
    first, after = days_of(scope.period)
    step = report_rules.step_for((after - first).days, "day")
    rows = scope.rows(_VOLUME)
    totals: Counter[Group] = Counter()
    for _, channel, count in rows:
        totals[channel] += count
    common = sorted(totals, key=lambda channel: (-totals[channel], channel or ""))
    kept = common if len(common) <= _MOST_CHANNELS + 1 else common[:_MOST_CHANNELS]
    buckets = _fitting(_run(first, after, step), (row[0] for row in rows))
    counts: Counter[tuple[int, Group]] = Counter()
    for day, channel, count in rows:
        place = report_rules.place_of(date.fromisoformat(day), buckets)
        if place is not None:
            counts[place, channel if channel in kept else OTHERS] += count
    groups = (*kept, *((OTHERS,) if len(kept) < len(common) else ()))
    names: dict[Group, str] = {OTHERS: translate("other channels")}
    return report_rules.Series(step, buckets, groups, {key: count_of(count) for key, count in counts.items()}, names)


def on_time_by_step(scope: SummaryScope, previous: Period) -> report_rules.Series:
    """The share of follow-ups done by their due time, by the week (or month, year) they were due in; both periods."""
    step, buckets = _both(scope, previous, "week")
    zone = scope.workspace.log.settings.zone
    due = scope.workspace.index.rows(
        "SELECT DISTINCT due_at / 86400 FROM follow_ups WHERE due_at >= ? AND due_at < ?",
        (int(previous.start.timestamp()), int(scope.period.end.timestamp())),
    )
    near = ((date(1970, 1, 1) + timedelta(days=day + shift)).isoformat() for (day,) in due for shift in (-1, 0, 1))
    buckets = _fitting(buckets, near)
    bounds = [
        [int(wall_instant(datetime.combine(day, time()), zone).timestamp()) for day in (bucket.start, bucket.end)]
        for bucket in buckets
    ]
    first, last = (bounds[0][0], max(end for _, end in bounds)) if bounds else (0, 0)
    sql = f"SELECT f.due_at, {DUE.state}, count(*) FROM follow_ups f WHERE f.due_at BETWEEN {first} AND {last} - 1 GROUP BY 1, 2"
    rows = scope.rows(sql) if bounds else []
    measures: _Measures = {}
    for place, (start, end) in enumerate(bounds):
        kept: Counter[Group] = Counter()
        # A bucket of the earlier period may reach into the later one: each is counted by itself.
        for _, state, count in rows[bisect_left(rows, (start,)) : bisect_left(rows, (end,))]:
            kept[state] += count
        measure = JUDGEMENTS["limit_kept"].measure(kept)
        if measure.size or measure.left_out:
            measures[place, None] = measure
    return report_rules.Series(step, buckets, (None,), measures, {})


def measure_satisfaction_over_time(scope: SummaryScope, previous: Period) -> report_rules.Series:
    """The mean of each score customers gave, of those staff filled in, and of conversations' answers; both periods."""
    finest: report_rules.TimeStep = "week" if (scope.period.end - scope.period.start).days <= 45 else "month"
    step, buckets = _both(scope, previous, finest)
    names = score_names(scope.workspace)
    whole = SummaryScope(scope.workspace, Period(previous.start, scope.period.end, ""), scope.at, "", 0)
    if scope.period.start < previous.start:
        whole = SummaryScope(scope.workspace, Period(scope.period.start, previous.end, ""), scope.at, "", 0)
    scores = ", ".join(f"field(c.content, 'scores.{key}')" for key in names)
    surveys = whole.rows(_SURVEYED.format(scores=scores)) if names else []
    answers = whole.rows(_ANSWERED)
    buckets = _fitting(buckets, (row[0] for row in (*surveys, *answers)))
    given: defaultdict[tuple[int, Group], list[int]] = defaultdict(list)
    for day, entered_by, *given_scores in surveys:
        place = _place(day, buckets)
        for key, score in zip(names, given_scores, strict=True):
            if place is not None and is_stored_score(score):
                given[place, key if entered_by != "staff" else STAFF + key].append(int(score))
    measures: _Measures = {key: mean_of(sum(some), len(some)) for key, some in given.items()}
    measures |= _measure_answers(answers, buckets)
    known = {group for _, group in measures}
    order = (ANSWERS, *names, *(STAFF + key for key in names))
    return report_rules.Series(step, buckets, tuple(key for key in order if key in known), measures, _words(names))


def score_names(workspace: Workspace) -> Mapping[str, str]:
    """The scores a survey asks for, with their labels in the language in use."""
    try:
        survey = workspace.catalog.find("survey")
    except CommlogError:
        return {}
    field = find_field(survey, "scores") if survey else None
    # A team's own key goes into a question to the index as it is: only plain ones do.
    return {
        child.key: label(child, current_language())
        for child in (field.fields if field else ())
        if child.key.replace("_", "").isalnum() and child.key.isascii()
    }


def is_stored_score(text: str | None) -> bool:
    """Whether the text is one of the five steps."""
    return text in {"1", "2", "3", "4", "5"}


def days_of(period: Period) -> tuple[date, date]:
    """A period's first day, and the day after its last."""
    return period.start.date(), last_day(period) + timedelta(days=1)


def _measure_answers(rows: Iterable[tuple[str, str, int]], buckets: tuple[report_rules.TimeBucket, ...]) -> _Measures:
    answers: defaultdict[int, Counter[Group]] = defaultdict(Counter)
    for day, answer, count in rows:
        place = _place(day, buckets)
        if place is not None:
            answers[place][answer] += count
    return {(place, ANSWERS): measure_satisfaction(counts) for place, counts in answers.items()}


def _words(names: Mapping[str, str]) -> dict[Group, str]:
    staff = translate(mark("{name}, filled in by staff"))
    words: dict[Group, str] = {ANSWERS: translate("Answers in conversations")}
    for key, name in names.items():
        words[key] = name
        words[STAFF + key] = staff.format(name=name)
    return words


def _both(
    scope: SummaryScope, previous: Period, finest: report_rules.TimeStep
) -> tuple[report_rules.TimeStep, tuple[report_rules.TimeBucket, ...]]:
    """The buckets of the period compared with and of the period itself, in order of time."""
    first, after = days_of(scope.period)
    step = report_rules.step_for((after - first).days, finest)
    earlier = [
        bucket for bucket in _run(*days_of(previous), step, is_previous=True) if not first <= bucket.start < after
    ]
    return step, tuple(sorted((*earlier, *_run(first, after, step))))


def _run(
    first: date, after: date, step: report_rules.TimeStep, *, is_previous: bool = False
) -> tuple[report_rules.TimeBucket, ...]:
    return tuple(report_rules.buckets_between(first, after, step, is_previous=is_previous))


def _fitting(buckets: tuple[report_rules.TimeBucket, ...], days: Iterable[str]) -> tuple[report_rules.TimeBucket, ...]:
    """The buckets, or when they are too many for one picture the last of those in which something happened."""
    if len(buckets) <= report_rules.MOST_BUCKETS:
        return buckets
    held = {place for day in set(days) if (place := _place(day, buckets)) is not None}
    return tuple(buckets[place] for place in sorted(held)[-report_rules.MOST_BUCKETS :])


def _place(day: str, buckets: tuple[report_rules.TimeBucket, ...]) -> int | None:
    try:
        return report_rules.place_of(date.fromisoformat(day), buckets)
    except ValueError:
        return None


# From the latest to what has the most time left.
CLASSES: Final[tuple[tuple[report_rules.Side, int, int | None], ...]] = (
    ("late", 21, None),
    ("late", 11, 20),
    ("late", 6, 10),
    ("late", 3, 5),
    ("late", 1, 2),
    ("late", 0, 0),
    ("left", 0, 0),
    ("left", 1, 2),
    ("left", 3, 5),
    ("left", 6, 10),
    ("left", 11, None),
    ("no_due", 0, None),
    ("paused", 0, None),
)
_MOST_LEFT: Final = 11
_DUE: Final = (
    "SELECT f.due_at, f.status = 'awaiting_customer', count(*) FROM follow_ups f WHERE {pending} GROUP BY 1, 2"
)


def measure_ages(now: SummaryScope, before: SummaryScope) -> tuple[report_rules.AgeGroup, ...]:
    """Every class of age with how many are in it at the instants of two scopes."""
    counts, earlier = _count(now), _count(before)
    return tuple(
        report_rules.AgeGroup(side, low, high, counts[side, low], earlier[side, low])  # type: ignore[misc, arg-type, unused-ignore]
        for side, low, high in CLASSES
    )


def _count(scope: SummaryScope) -> Counter[tuple[report_rules.Side, int]]:
    calendar = scope.workspace.log.settings.calendar
    at = scope.at.timestamp()
    today = scope.at.astimezone(calendar.zone).date()
    counts: Counter[tuple[report_rules.Side, int]] = Counter()
    late: Counter[date] = Counter()
    left: Counter[date] = Counter()
    for due, is_paused, count in scope.rows(_DUE.format(pending=scope.pending)):
        if is_paused:
            counts["paused", 0] += count
        elif due is None:
            counts["no_due", 0] += count
        else:
            day = datetime.fromtimestamp(due, UTC).astimezone(calendar.zone).date()
            (late if due < at else left)[day] += count
    for day, days in working_days_since(late, today, calendar).items():
        counts[_class("late", days)] += late[day]
    remaining = _days_left(today, calendar)
    for day, count in left.items():
        counts[_class("left", remaining.get(day, _MOST_LEFT))] += count
    return counts


def _class(side: report_rules.Side, days: int) -> tuple[report_rules.Side, int]:
    return next(
        (one, low) for one, low, high in CLASSES if one == side and low <= days and (high is None or days <= high)
    )


def _days_left(today: date, calendar: WorkCalendar) -> dict[date, int]:
    """How many working days lie after today up to each coming day, until there are more than make a difference."""
    left = {today: 0}
    day, days = today, 0
    while days < _MOST_LEFT:
        try:
            day += timedelta(days=1)
        except OverflowError:
            break
        days += calendar.is_working_day(day)
        left[day] = days
    return left
