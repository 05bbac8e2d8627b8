"""Satisfaction surveys and moods: scores by what was asked, answers to requests, reactions to low scores, moods that worsen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from commlog.database.content import leaves_of
from commlog.output.listing import Listing
from commlog.summary.figures.scope import SummaryScope
from commlog.summary.figures.threads import survivors_of
from commlog.summary.rules.figures import LEFT_OUT, NO, YES, FigureCase, Judgement, measure_share
from commlog.summary.rules.summary import LAST_RECORDS, WEIGHTS, MeasureKey, PointedRecords, Reading, has_worsened
from commlog.values import stored_date
from commlog.worktime.calendar import wall_instant

HIGH: Final = 4
LOW: Final = 2
_LOWEST: Final = 1
_HIGHEST: Final = 5
_REACTION: Final = timedelta(hours=24)
_SCORES: Final = "scores."
_SURVEYS: Final = """
SELECT r.record, r.customer, r.recorded_at, c.content FROM records r JOIN contents c USING (record)
WHERE r.kind = 'survey' ORDER BY r.record
"""
_REACTIONS: Final = """
SELECT (SELECT count(*) FROM records r WHERE r.customer = ? AND r.kind = 'interaction'
        AND (r.direction = 'outbound' OR r.reached = 1) AND r.started_at > ? AND r.started_at <= ?)
     + (SELECT count(*) FROM records r JOIN follow_ups f USING (record) WHERE r.customer = ?
        AND f.opened_at > ? AND f.opened_at <= ?)
"""


@dataclass(frozen=True, slots=True)
class _Survey:
    """One survey: the days it was requested and answered, when it was written down, and its scores by what was asked."""

    record: int
    customer: str | None
    requested: date | None
    assessed: date | None
    recorded_at: int | None
    is_staff: bool
    scores: dict[str, int]


def cases_of_surveys(scope: SummaryScope) -> dict[str, list[FigureCase]]:
    """The scores given in the period, customers' own and those staff entered apart; requests answered; low scores followed up."""
    surveys = scope.once("surveys", lambda: _read_surveys(scope))
    cases: dict[str, list[FigureCase]] = {f"{who}_scores{part}": [] for who in ("customer", "staff") for part in _PARTS}
    answers: list[FigureCase] = []
    reactions: list[FigureCase] = []
    today = scope.workspace.now.date()
    for survey in surveys:
        if survey.requested and _is_within(scope, survey.requested):
            is_answered = bool(survey.scores) and survey.assessed is not None and survey.assessed <= today
            answers.append(FigureCase(survey.record, YES if is_answered else NO))
        if survey.assessed is None or survey.assessed > today or not _is_within(scope, survey.assessed):
            continue
        who = "staff" if survey.is_staff else "customer"
        for name, score in survey.scores.items():
            for part, counts in zip(_PARTS, (True, score >= HIGH, score <= LOW), strict=True):
                verdict = YES if counts else NO
                cases[f"{who}_scores{part}"].append(
                    FigureCase(survey.record, verdict, value=score, name=name, group=name)
                )
        if any(score <= LOW for score in survey.scores.values()):
            reactions.append(_reaction(scope, survey))
    return {**cases, "survey_responses": answers, "low_scores_followed_up": reactions}


_PARTS: Final = ("", "_high", "_low")


def _reaction(scope: SummaryScope, survey: _Survey) -> FigureCase:
    """Whether a follow-up was opened or a contact made within 24 hours; on that day or the next when only the day is known."""
    zone = scope.workspace.log.settings.zone
    assessed = survey.assessed or date.min
    begin = wall_instant(datetime.combine(assessed, datetime.min.time()), zone).timestamp() - 1
    end = begin + 2 * _REACTION.total_seconds()
    if survey.recorded_at is not None and datetime.fromtimestamp(survey.recorded_at, zone).date() == assessed:
        begin, end = survey.recorded_at, survey.recorded_at + _REACTION.total_seconds()
    now = scope.workspace.now.timestamp()
    bounds = (survey.customer, int(begin), int(min(end, now)))
    if survey.customer in {None, "anonymous"}:
        return FigureCase(survey.record, LEFT_OUT, "without_customer")
    if scope.workspace.index.rows(_REACTIONS, (*bounds, *bounds))[0][0]:
        return FigureCase(survey.record, YES)
    return FigureCase(survey.record, LEFT_OUT, "window_open") if end > now else FigureCase(survey.record, NO)


def _read_surveys(scope: SummaryScope) -> list[_Survey]:
    zone = scope.workspace.log.settings.zone
    surveys = []
    for record, customer, recorded, content in scope.workspace.index.rows(_SURVEYS):
        values = dict(leaves_of(content))
        written = datetime.fromtimestamp(recorded, zone).date() if recorded is not None else None
        scores = {
            key.removeprefix(_SCORES): int(value)
            for key, value in values.items()
            if key.startswith(_SCORES) and value.isdecimal() and _LOWEST <= int(value) <= _HIGHEST
        }
        requested = _day(values.get("requested_on"))
        # Somebody who wrote scores down had them by then.
        assessed = _day(values.get("assessed_on")) or ((written or requested) if scores else None)
        is_staff = values.get("entered_by") == "staff"
        surveys.append(_Survey(record, customer, requested, assessed, recorded, is_staff, scores))
    return surveys


def _day(text: str | None) -> date | None:
    return stored_date((text or "")[:10])


def _is_within(scope: SummaryScope, day: date) -> bool:
    return scope.first <= day < scope.day_after


COLUMNS: Final = ("customer", "moods", "last_record", "day", "agent")
_MOODS: Final = ", ".join(f"'{mood}'" for mood in WEIGHTS)
# Only customers with a mood in the period: an old quarrel is not told again every month. Those who are one person were
# merged: each of their ids is asked, for the last three moods may stand under several.
# CROSS JOIN and + keep SQLite from walking all records for each customer.
_SQL: Final = f"""
WITH spoken AS (
    SELECT DISTINCT customer FROM records
    WHERE kind = 'interaction' AND day >= '{{first}}' AND day < '{{after}}' AND started_at IS NOT NULL AND mood IN ({_MOODS})
    AND customer <> 'anonymous'
), merged AS (
    SELECT id FROM customers WHERE merged_into IS NOT NULL UNION SELECT merged_into FROM customers WHERE merged_into IS NOT NULL
), seen AS (
    SELECT customer, 1 AS is_spoken FROM spoken
    UNION ALL SELECT id, 0 FROM merged WHERE id NOT IN (SELECT customer FROM spoken)
)
SELECT s.customer, r.mood, r.id, r.day, r.agent, r.record, r.started_at, s.is_spoken
FROM seen s CROSS JOIN records r ON r.record IN (
    SELECT x.record FROM records x
    WHERE x.customer = s.customer AND x.day < '{{after}}' AND +x.kind = 'interaction' AND x.started_at IS NOT NULL
    AND x.mood IN ({_MOODS}) ORDER BY x.day DESC, x.started_at DESC, x.id DESC LIMIT {LAST_RECORDS}
) ORDER BY s.customer, r.started_at, r.id
"""
# Behind what is listed: the record, its instant, and whether the customer had a mood in the period under this id.
_RECORD, _AT, _IS_SPOKEN = 5, 6, 7


def measure_worsening(scope: SummaryScope) -> tuple[Reading, PointedRecords]:
    """Customers of the period whose last three moods up to its end never get better and end worse, the worst first."""
    customers = _last_moods(scope)
    worse = [rows for rows in customers if has_worsened([row[1] for row in rows])]
    worse.sort(key=lambda rows: (-WEIGHTS[rows[-1][1]], WEIGHTS[rows[0][1]], rows[-1][0]))
    lines = tuple((rows[-1][0], [row[1] for row in rows], *rows[-1][2:_RECORD]) for rows in worse)
    attention = scope.point_at("worsened_customers", Listing(COLUMNS, lines, COLUMNS, "customer"))
    return {MeasureKey("worsened_customers"): measure_share(_mood_cases(customers))}, attention


def list_moods(scope: SummaryScope) -> list[FigureCase]:
    """The customers of the period by their last record with a mood."""
    return _mood_cases(_last_moods(scope))


def _mood_cases(customers: Iterable[list[tuple[Any, ...]]]) -> list[FigureCase]:
    cases = []
    for rows in customers:
        moods = [row[1] for row in rows]
        judged: Judgement = (YES, "") if has_worsened(moods) else (NO, "")
        if len(rows) < LAST_RECORDS:
            judged = LEFT_OUT, "fewer_than_three_records"
        cases.append(FigureCase(rows[-1][_RECORD], *judged, name=" → ".join(moods)))
    return cases


def _last_moods(scope: SummaryScope) -> list[list[tuple[Any, ...]]]:
    """The last records with a mood of each customer of the period, the earliest first; of merged ones under the survivor."""
    survivors = survivors_of(scope)
    found = [list(rows) for _, rows in groupby(scope.rows(_SQL), key=itemgetter(0))]
    if not survivors:
        return found
    people: dict[str, list[tuple[Any, ...]]] = {}
    for rows in found:
        person = survivors.get(rows[0][0], rows[0][0])
        people.setdefault(person, []).extend((person, *row[1:]) for row in rows)
    spoken = [rows for rows in people.values() if any(row[_IS_SPOKEN] for row in rows)]
    return [sorted(rows, key=itemgetter(_AT, 2))[-LAST_RECORDS:] for rows in spoken]
