"""Timely recording: how long after a conversation its record was written, and which were written too late."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from commlog.output.listing import Listing
from commlog.records.policies import record_limit
from commlog.summary.figures.conversations import (
    CONTACT,
    OF_THE_DAYS,
    conversations_of,
    count_tags,
    dated_conversations_of,
)
from commlog.summary.figures.scope import (
    INTERACTIONS_OF_PERIOD,
    OF_INTERACTIONS,
    OF_RECORDS,
    RECORDS,
    TAG,
    CountSource,
    SummaryScope,
    count_states,
)
from commlog.summary.rules import figures as rules
from commlog.summary.rules.summary import Group, MeasureKey, PointedRecords, Reading
from commlog.workspace import Workspace
from commlog.worktime.limits import Limit, due_after
from commlog.worktime.moment import format_instant

COLUMNS: Final = ("id", "template", "agent", "channel", "ended_at", "recorded_at", "lag", "limit", "path")
_SHOWN: Final = ("id", "template", "agent", "ended_at", "recorded_at", "lag", "limit")
_NAMES: Final = "SELECT id, template, agent, channel, path FROM records WHERE record = ?"
# Limits that are plain time; the others ask the calendar.
_SECONDS: Final = {"m": 60, "h": 3600}


@dataclass(slots=True)
class _Lags:
    """What is collected by group: states, lags in seconds, and the late records as (lag, record, ended, recorded)."""

    states: defaultdict[Group, Counter[Group]] = field(default_factory=lambda: defaultdict(Counter))
    lags: defaultdict[Group, list[int]] = field(default_factory=lambda: defaultdict(list))
    late: list[tuple[int, int, int, int]] = field(default_factory=list)


class _Limits:
    """By when a record of a template must be written: the settings' word, else the template's own, else within a day."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._calendar = workspace.log.settings.calendar
        self._known: dict[str, Limit] = {}

    def of(self, template: str) -> Limit:
        """The template's limit; `none` only when the settings say so."""
        if template not in self._known:
            self._known[template] = record_limit(self._workspace, template)
        return self._known[template]

    def seconds(self, template: str) -> int | None:
        """The template's limit in seconds; None when it takes the calendar to tell, or there is none."""
        limit = self.of(template)
        return limit.amount * _SECONDS[limit.unit] if limit.unit in _SECONDS else None

    def state(self, template: str, ended: int, recorded: int) -> str:
        """Whether a record was written in time; `ended` and `recorded` are seconds since 1970."""
        limit = self.of(template)
        if limit.unit == "none":
            return "no_limit"
        if limit.unit in _SECONDS:
            is_late = recorded - ended > limit.amount * _SECONDS[limit.unit]
        else:
            due = due_after(limit, datetime.fromtimestamp(ended, UTC).astimezone(self._calendar.zone), self._calendar)
            is_late = due is not None and recorded > due.timestamp()
        return "late" if is_late else "in_time"


def measure_recording(scope: SummaryScope) -> tuple[Reading, PointedRecords]:
    """The share recorded within the template's limit, the lag between end and record, and the latest ones."""
    limits = _Limits(scope.workspace)
    found = _collect(scope, "template", limits)
    states: dict[str, Mapping[Group, rules.Counts]] = {"template": found.states}
    reading: Reading = {}
    if scope.by in scope.columns_of(OF_INTERACTIONS):
        grouped = found if scope.by == "template" else _collect(scope, scope.by, limits)
        states[scope.by] = grouped.states
        reading = {
            MeasureKey("recording_lag", scope.by, group): rules.spread_of(lags, "seconds")
            for group, lags in grouped.lags.items()
        }
    whole = sum(found.states.values(), Counter[Group]())
    reading |= rules.States(whole, states).judged(scope.by, "recorded_in_time")
    lags = (lag for group in found.lags.values() for lag in group)
    reading[MeasureKey("recording_lag")] = rules.spread_of(lags, "seconds", without_recorded_at=whole["unknown"])
    return reading, _list_late(scope, found.late, limits)


def list_lags(scope: SummaryScope) -> list[tuple[int, str, int | None]]:
    """Each conversation of the period: its record, whether it was written in time, and how many seconds after its end."""
    limits = _Limits(scope.workspace)
    return [
        (record, "unknown", None)
        if recorded is None
        else (record, limits.state(template, ended, recorded), recorded - ended)
        for record, template, _, ended, recorded in _walk(scope, "template")
    ]


def _walk(scope: SummaryScope, dimension: str) -> Iterable[tuple[Any, ...]]:
    """The conversations of the period: record, template, group, end, and when it was written down."""
    if dimension != TAG:
        walked = dated_conversations_of(scope)
        columns = walked["record"], walked["template"], walked.grouped(dimension)
        return zip(*columns, walked["ended_at"], walked["recorded_at"], strict=True)
    # Constants of this package only; the bounds are filled in as numbers and dates.
    return scope.rows(
        "SELECT r.record, r.template, t.tag, coalesce(r.ended_at, r.started_at), r.recorded_at "
        f"FROM records r LEFT JOIN tags t ON t.record = r.record WHERE {INTERACTIONS_OF_PERIOD}"
    )


def _collect(scope: SummaryScope, dimension: str, limits: _Limits) -> _Lags:
    found = _Lags()
    told: defaultdict[tuple[Group, str], int] = defaultdict(int)
    # Most limits are plain time: looked up once a template, not once a record.
    plain: dict[str, int | None] = {}
    for record, template, group, ended, recorded in _walk(scope, dimension):
        if recorded is None:
            found.states[group]["unknown"] += 1
            continue
        lag = recorded - ended
        seconds = plain[template] if template in plain else plain.setdefault(template, limits.seconds(template))
        if seconds is None:
            state = limits.state(template, ended, recorded)
            is_late = state == "late"
        else:
            is_late = lag > seconds
            state = "late" if is_late else "in_time"
        told[group, state] += 1
        found.lags[group].append(lag)
        if is_late:
            found.late.append((lag, record, ended, recorded))
    for (group, state), count in told.items():
        found.states[group][state] += count
    return found


def _list_late(scope: SummaryScope, late: list[tuple[int, int, int, int]], limits: _Limits) -> PointedRecords:
    """The records written the longest after their conversation, the worst first."""
    listed = heapq.nlargest(len(late) if scope.limit < 0 else scope.limit, late)
    index = scope.workspace.index
    zone = scope.workspace.log.settings.zone
    rows = []
    for lag, record, ended, recorded in listed:
        record_id, template, agent, channel, path = index.rows(_NAMES, (record,))[0]
        instants = (format_instant(datetime.fromtimestamp(at, UTC).astimezone(zone)) for at in (ended, recorded))
        rows.append((record_id, template, agent, channel, *instants, lag, str(limits.of(template)), path))
    return PointedRecords("late_records", Listing(COLUMNS, tuple(rows), _SHOWN, "id"), len(late) - len(listed))


CONTACTS: Final = CountSource(RECORDS, OF_THE_DAYS, CONTACT, OF_INTERACTIONS)
ANSWERS: Final = CountSource(RECORDS, INTERACTIONS_OF_PERIOD, "r.satisfaction", OF_RECORDS)


def measure_interactions(scope: SummaryScope) -> Reading:
    """Conversations begun in the period, the share of our own that were answered, and the tags they carry."""
    known = scope.columns_of(OF_INTERACTIONS)
    names = [name for name in (*rules.FIGURES["interactions"].dimensions, scope.by) if name in known and name != TAG]
    walked = conversations_of(scope).states("contact", names)
    by_tag = count_tags(scope)
    states = rules.States(walked.whole, {**walked.groups, TAG: by_tag})
    reading = states.measured("interactions", rules.measure_conversations, scope.by) | states.judged(
        scope.by, "reached"
    )
    tags = {tag: rules.measure_conversations(counts).numerator for tag, counts in by_tag.items()}
    return reading | rules.distribution_of("problems", TAG, tags, reading[MeasureKey("interactions")].numerator)


def measure_feelings(scope: SummaryScope) -> tuple[Reading, rules.States, rules.States]:
    """The five-step answers and the moods of the period's conversations.

    With how many gave which answer by category and by who was in charge; and what they were about, by template.
    """
    columns = scope.columns_of(OF_RECORDS)
    own = [scope.by] if scope.by in columns and scope.by != TAG else []
    conversations = dated_conversations_of(scope)
    answers = conversations.states("satisfaction", ("category", "owner", *own))
    categories = conversations.states("category", ("template", *own))
    if scope.by == TAG:
        tagged = (ANSWERS, replace(ANSWERS, state="r.category"))
        by_tag = [count_states(scope, replace(one, columns={TAG: columns[TAG]})).groups for one in tagged]
        answers = rules.States(answers.whole, {**answers.groups, **by_tag[0]})
        categories = rules.States(categories.whole, {**categories.groups, **by_tag[1]})
    reading = {
        **answers.measured("satisfaction", rules.measure_satisfaction, scope.by),
        **answers.judged(scope.by, "satisfied", "dissatisfied"),
        **rules.measure_answers(answers.whole),
        **rules.measure_moods(Counter(conversations["mood"])),
    }
    return reading, answers, categories
