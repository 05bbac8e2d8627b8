"""Timely recording: how long after a conversation its record was written, and which were written too late."""

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from commlog.errors import CommlogError
from commlog.model.limit import Limit, due_after, parse_limit
from commlog.model.listing import Listing
from commlog.model.moment import format_instant
from commlog.model.summary import Attention, Group, Key, Reading
from commlog.model.summary_figures import Counts, States, share_of, spread_of
from commlog.services.summarize.dimensions import OF_INTERACTIONS, TAG
from commlog.services.summarize.scope import INTERACTIONS_OF_PERIOD, Scope
from commlog.services.workspace import Workspace

_SQL: Final = "SELECT r.record, r.template, {by}, coalesce(r.ended_at, r.started_at), r.recorded_at FROM records r {tags} WHERE "
_NAMES: Final = "SELECT id, agent, channel, path FROM records WHERE record = ?"
_NO_LIMIT: Final = Limit(0, "none")
_ELAPSED: Final = {"m": 60, "h": 3600}
COLUMNS: Final = ("id", "template", "agent", "channel", "ended_at", "recorded_at", "lag_seconds", "limit", "path")
_SHOWN: Final = COLUMNS[:-1]


@dataclass(slots=True)
class _Lag:
    """A record's way from the end of its conversation to its writing, in seconds since 1970."""

    record: int
    template: str
    ended: int
    recorded: int

    @property
    def seconds(self) -> int:
        return self.recorded - self.ended


@dataclass(slots=True)
class _Lags:
    """What a reading of lags collects: states and lags by template or by another dimension, and the late ones."""

    states: dict[Group, Counter[Group]]
    lags: dict[Group, list[int]]
    late: list[_Lag]


def measure_recording(scope: Scope) -> tuple[Reading, Attention]:
    """The share recorded within the template's limit, the lag between end and record, and the latest ones."""
    limits = _Limits(scope.workspace)
    found = _collect(scope, "template", limits)
    states = {"template": found.states}
    reading: Reading = {}
    if scope.by in OF_INTERACTIONS and scope.by != "template":
        grouped = _collect(scope, scope.by, limits)
        states[scope.by] = grouped.states
        reading = {Key("recording_lag", scope.by, group): spread_of(lags, "seconds") for group, lags in grouped.lags.items()}
    whole = sum(found.states.values(), Counter[Group]())
    reading |= States(whole, states).measured("recorded_in_time", _measure, scope.by)
    reading[Key("recording_lag")] = spread_of(
        (lag for lags in found.lags.values() for lag in lags), "seconds", without_recorded_at=whole["unknown"],
    )
    return reading, _list_late(scope, found.late, limits)


def _measure(counts: Counts) -> "Measure":
    in_time = counts.get("in_time", 0)
    return share_of(
        in_time, in_time + counts.get("late", 0), without_limit=counts.get("no_limit", 0), without_recorded_at=counts.get("unknown", 0),
    )
