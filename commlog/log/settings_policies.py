"""The key `policies` of a log's settings: the team's own rules on records, read and checked."""

from collections.abc import Mapping
from typing import Final

from commlog.log.settings_file import Section, text_of
from commlog.messages import mark
from commlog.problems import ERROR, WARNING
from commlog.records.rules.policy import (
    BACKDATED,
    CLOSING_REQUIRES,
    NO_PERSONAL_NUMBERS,
    ONE_DAY,
    OUTCOME_REQUIRES,
    POLICIES,
    RECORD_LATE,
    SEVERITIES,
    Policies,
)
from commlog.values import Data, ValuePath
from commlog.worktime.limits import Limit, parse_limit

_OFF: Final = "off"
_SEVERITY: Final = "severity"
# Elapsed time: a commit does not wait for working hours.
_UNITS: Final = frozenset({"m", "h", "d"})


def read_policies(chosen: Section) -> Policies:
    """The key `policies`; what is not named there is off."""
    fields = chosen.mapping("policies")
    chosen.refuse_unknown(("policies",), fields, POLICIES)
    severities = {
        CLOSING_REQUIRES: _severity_beside(chosen, CLOSING_REQUIRES, ERROR),
        OUTCOME_REQUIRES: _severity_beside(chosen, OUTCOME_REQUIRES, ERROR),
        NO_PERSONAL_NUMBERS: _severity(chosen, ("policies", NO_PERSONAL_NUMBERS)),
        RECORD_LATE: _severity(chosen, ("policies", RECORD_LATE)),
        BACKDATED: _severity_beside(chosen, BACKDATED, WARNING),
    }
    return Policies(
        {name: severity for name, severity in severities.items() if severity != _OFF and fields.get(name) is not None},
        _read_names(chosen, _inside(chosen, CLOSING_REQUIRES, "fields")),
        _read_outcomes(chosen),
        chosen.convert(
            _inside(chosen, BACKDATED, "after"), _elapsed, ONE_DAY, mark("a length of time such as 30m, 24h or 1d")
        ),
    )


def _inside(chosen: Section, name: str, key: str) -> ValuePath:
    """Where the value of a policy stands: alone, or under a key beside its severity."""
    path: ValuePath = ("policies", name)
    value = chosen.find(path)
    if not isinstance(value, dict):
        return path
    chosen.refuse_unknown(path, value, (key, _SEVERITY))
    chosen.require((*path, key))
    return (*path, key)


def _severity_beside(chosen: Section, name: str, default: str) -> str:
    path: ValuePath = ("policies", name, _SEVERITY)
    value = chosen.find(path[:-1])
    return chosen.choice(path, (*SEVERITIES, _OFF), default) if isinstance(value, dict) else default


def _severity(chosen: Section, path: ValuePath) -> str:
    return chosen.choice(path, (*SEVERITIES, _OFF), _OFF)


def _read_names(chosen: Section, path: ValuePath) -> tuple[str, ...]:
    return chosen.convert(path, _names, (), mark("a list of fields"))


def _read_outcomes(chosen: Section) -> Mapping[str, tuple[str, ...]]:
    path: ValuePath = ("policies", OUTCOME_REQUIRES)
    value = chosen.find(path)
    if value is not None and not isinstance(value, dict):
        chosen.report("bad-setting", path, value=str(value), expected=mark("a mapping"))
    outcomes = value if isinstance(value, dict) else {}
    return {str(name): _read_names(chosen, (*path, name)) for name in outcomes if name != _SEVERITY}


def _names(value: Data) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(value)
    return tuple(text_of(item) for item in value)


def _elapsed(value: Data) -> Limit:
    limit = parse_limit(text_of(value))
    if limit.unit not in _UNITS:
        raise ValueError(value)
    return limit
