"""Satisfaction surveys: scores by what was asked, answers to requests, and whether somebody reacted to low scores."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from commlog.database.content import BEFORE_KEY, BEFORE_VALUE
from commlog.summary.figures.scope import Scope
from commlog.summary.rules.model_summary_cases import LEFT_OUT, NO, YES, Case
from commlog.worktime.calendar import wall_instant

HIGH: Final = 4
LOW: Final = 2
_LOWEST: Final = 1
_HIGHEST: Final = 5
_REACTION: Final = timedelta(hours=24)
_SCORES: Final = "SCORES."
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


def cases_of_surveys(scope: Scope) -> dict[str, list[Case]]:
    """The scores given in the period, customers' own and those staff entered apart; requests answered; low scores followed up."""
    surveys = scope.once("surveys", lambda: _read_surveys(scope))
    cases: dict[str, list[Case]] = {f"{who}_scores{part}": [] for who in ("customer", "staff") for part in _PARTS}
    answers: list[Case] = []
    reactions: list[Case] = []
    today = scope.workspace.now.date()
    for survey in surveys:
        if survey.requested and _is_within(scope, survey.requested):
            is_answered = bool(survey.scores) and survey.assessed is not None and survey.assessed <= today
            answers.append(Case(survey.record, YES if is_answered else NO))
        if survey.assessed is None or survey.assessed > today or not _is_within(scope, survey.assessed):
            continue
        who = "staff" if survey.is_staff else "customer"
        for name, score in survey.scores.items():
            for part, counts in zip(_PARTS, (True, score >= HIGH, score <= LOW), strict=True):
                verdict = YES if counts else NO
                cases[f"{who}_scores{part}"].append(Case(survey.record, verdict, value=score, name=name, group=name))
        if any(score <= LOW for score in survey.scores.values()):
            reactions.append(_reaction(scope, survey))
    return {**cases, "survey_responses": answers, "low_scores_followed_up": reactions}


_PARTS: Final = ("", "_high", "_low")


def _reaction(scope: Scope, survey: _Survey) -> Case:
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
        return Case(survey.record, LEFT_OUT, "without_customer")
    if scope.workspace.index.rows(_REACTIONS, (*bounds, *bounds))[0][0]:
        return Case(survey.record, YES)
    return Case(survey.record, LEFT_OUT, "window_open") if end > now else Case(survey.record, NO)


def _read_surveys(scope: Scope) -> list[_Survey]:
    zone = scope.workspace.log.settings.zone
    surveys = []
    for record, customer, recorded, content in scope.workspace.index.rows(_SURVEYS):
        parts = (part.partition(BEFORE_VALUE) for part in content.split(BEFORE_KEY))
        values = {key: value for key, mark, value in parts if mark}
        written = datetime.fromtimestamp(recorded, zone).date() if recorded is not None else None
        scores = {
            key.removeprefix(_SCORES).lower(): int(value)
            for key, value in values.items()
            if key.startswith(_SCORES) and value.isdecimal() and _LOWEST <= int(value) <= _HIGHEST
        }
        requested = _day(values.get("REQUESTED_ON"))
        # Somebody who wrote scores down had them by then.
        assessed = _day(values.get("ASSESSED_ON")) or ((written or requested) if scores else None)
        is_staff = values.get("ENTERED_BY", "").lower() == "staff"
        surveys.append(_Survey(record, customer, requested, assessed, recorded, is_staff, scores))
    return surveys


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _is_within(scope: Scope, day: date) -> bool:
    return scope.period.start.date() <= day <= (scope.period.end - timedelta(seconds=1)).date()
