"""Figures of conversations: whether they were recorded in time, answered and rated, and which were recorded too late."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Final

from commlog.output.listing import Listing
from commlog.records.policies import record_limit
from commlog.summary.figures import conversations as conversation_figures
from commlog.summary.figures import scope as scopes
from commlog.summary.rules import figures as rules
from commlog.summary.rules.summary import Group, MeasureKey, PointedRecords, Reading
from commlog.worktime.calendar import WorkCalendar
from commlog.worktime.limits import Limit, due_after
from commlog.worktime.moment import format_instant

COLUMNS: Final = ("id", "template", "agent", "channel", "ended_at", "recorded_at", "lag", "limit", "path")
_SHOWN: Final = ("id", "template", "agent", "ended_at", "recorded_at", "lag", "limit")
_NAMES: Final = "SELECT id, template, agent, channel, path FROM records WHERE record = ?"
# Limits that are plain time; the others ask the calendar.
_SECONDS: Final = {"m": 60, "h": 3600}


def measure_recording(scope: scopes.SummaryScope) -> tuple[Reading, PointedRecords]:
    """The share recorded within the template's limit, the lag between end and record, and the latest ones."""
    walked, lags = conversation_figures.dated_conversations_of(scope), list_lags(scope)
    states = scopes.states_of([state for _, state, _ in lags], {"template": walked["template"]})
    reading: Reading = {}
    if scope.by in scope.columns_of(scopes.OF_INTERACTIONS):
        counted: defaultdict[Group, Counter[Group]] = defaultdict(Counter)
        lagged: defaultdict[Group, list[int]] = defaultdict(list)
        for place, group in _groups(scope):
            _, state, lag = lags[place]
            counted[group][state] += 1
            lagged[group] += [] if lag is None else [lag]
        states = rules.States(states.whole, {**states.groups, scope.by: counted})
        reading = {
            MeasureKey("recording_lag", scope.by, group): rules.spread_of(some, "seconds")
            for group, some in lagged.items()
            if some
        }
    reading |= states.judged(scope.by, "recorded_in_time")
    known = [lag for _, _, lag in lags if lag is not None]
    without = len(lags) - len(known)
    reading[MeasureKey("recording_lag")] = rules.spread_of(known, "seconds", without_recorded_at=without)
    ends = walked.rows("ended_at", "recorded_at")
    late = [(lag or 0, record, *at) for (record, state, lag), at in zip(lags, ends, strict=True) if state == "late"]
    return reading, _list_late(scope, late)


def list_lags(scope: scopes.SummaryScope) -> list[tuple[int, str, int | None]]:
    """Each conversation of the period: its record, whether it was written in time, and how many seconds after its end."""
    calendar = scope.workspace.log.settings.calendar
    limit_of = cache(lambda template: record_limit(scope.workspace, template))
    return [
        (record, "unknown", None)
        if recorded is None
        else (record, _state(limit_of(template), ended, recorded, calendar), recorded - ended)
        for record, template, ended, recorded in conversation_figures.dated_conversations_of(scope).rows(
            "record", "template", "ended_at", "recorded_at"
        )
    ]


def _state(limit: Limit, ended: int, recorded: int, calendar: WorkCalendar) -> str:
    """Whether a record was written in time; `ended` and `recorded` are seconds since 1970."""
    if limit.unit == "none":
        return "no_limit"
    if limit.unit in _SECONDS:
        is_late = recorded - ended > limit.amount * _SECONDS[limit.unit]
    else:
        due = due_after(limit, datetime.fromtimestamp(ended, UTC).astimezone(calendar.zone), calendar)
        is_late = due is not None and recorded > due.timestamp()
    return "late" if is_late else "in_time"


def _groups(scope: scopes.SummaryScope) -> Iterable[tuple[int, Group]]:
    """The place of each conversation with its group of `scope.by`; under each of its tags, without any under None."""
    walked = conversation_figures.dated_conversations_of(scope)
    if scope.by != scopes.TAG:
        return enumerate(walked.grouped(scope.by))
    places = {record: place for place, record in enumerate(walked["record"])}
    tagged = [(places[record], tag) for record, tag in scope.rows(conversation_figures.TAGS) if record in places]
    with_tag = {place for place, _ in tagged}
    return [*tagged, *((place, None) for place in places.values() if place not in with_tag)]


def _list_late(scope: scopes.SummaryScope, late: list[tuple[int, int, int, int]]) -> PointedRecords:
    """The records written the longest after their conversation, the worst first."""
    listed = heapq.nlargest(len(late) if scope.limit < 0 else scope.limit, late)
    index = scope.workspace.index
    zone = scope.workspace.log.settings.zone
    rows = []
    for lag, record, ended, recorded in listed:
        record_id, template, agent, channel, path = index.rows(_NAMES, (record,))[0]
        instants = (format_instant(datetime.fromtimestamp(at, UTC).astimezone(zone)) for at in (ended, recorded))
        rows.append(
            (record_id, template, agent, channel, *instants, lag, str(record_limit(scope.workspace, template)), path)
        )
    return PointedRecords("late_records", Listing(COLUMNS, tuple(rows), _SHOWN, "id"), len(late) - len(listed))


CONTACTS: Final = scopes.CountSource(
    scopes.RECORDS, conversation_figures.OF_THE_DAYS, conversation_figures.CONTACT, scopes.OF_INTERACTIONS
)
ANSWERS: Final = scopes.CountSource(scopes.RECORDS, scopes.INTERACTIONS_OF_PERIOD, "r.satisfaction", scopes.OF_RECORDS)


def measure_interactions(scope: scopes.SummaryScope) -> Reading:
    """Conversations begun in the period, the share of our own that were answered, and the tags they carry."""
    known = scope.columns_of(scopes.OF_INTERACTIONS)
    names = [
        name for name in (*rules.FIGURES["interactions"].dimensions, scope.by) if name in known and name != scopes.TAG
    ]
    walked = conversation_figures.conversations_of(scope).states("contact", names)
    by_tag = conversation_figures.count_tags(scope)
    states = rules.States(walked.whole, {**walked.groups, scopes.TAG: by_tag})
    reading = states.measured("interactions", rules.measure_conversations, scope.by) | states.judged(
        scope.by, "reached"
    )
    tags = {tag: rules.measure_conversations(counts).numerator for tag, counts in by_tag.items()}
    return reading | rules.distribution_of("problems", scopes.TAG, tags, reading[MeasureKey("interactions")].numerator)


def measure_feelings(scope: scopes.SummaryScope) -> tuple[Reading, rules.States, rules.States]:
    """The five-step answers and the moods of the period's conversations.

    With how many gave which answer by category and by who was in charge; and what they were about, by template.
    """
    columns = scope.columns_of(scopes.OF_RECORDS)
    own = [scope.by] if scope.by in columns and scope.by != scopes.TAG else []
    conversations = conversation_figures.dated_conversations_of(scope)
    answers = conversations.states("satisfaction", ("category", "owner", *own))
    categories = conversations.states("category", ("template", *own))
    if scope.by == scopes.TAG:
        tagged = (ANSWERS, replace(ANSWERS, state="r.category"))
        by_tag = [
            scopes.count_states(scope, replace(one, columns={scopes.TAG: columns[scopes.TAG]})).groups for one in tagged
        ]
        answers = rules.States(answers.whole, {**answers.groups, **by_tag[0]})
        categories = rules.States(categories.whole, {**categories.groups, **by_tag[1]})
    reading = {
        **answers.measured("satisfaction", rules.measure_satisfaction, scope.by),
        **answers.judged(scope.by, "satisfied", "dissatisfied"),
        **rules.measure_answers(answers.whole),
        **rules.measure_moods(Counter(conversations["mood"])),
    }
    return reading, answers, categories
