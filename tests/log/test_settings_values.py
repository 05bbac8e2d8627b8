"""Settings of any shape: built with their defaults, or refused with a line; the schema decides, in every place."""

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import referencing
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from commlog.errors import InvalidError
from commlog.forms.formats import CHECKS
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE, Settings
from commlog.log.settings_faults import parse_settings
from commlog.problems import Problem

SCHEMAS = Path(__file__).parents[2] / "schemas"
PROPERTIES = json.loads((SCHEMAS / "settings/commlog.json").read_text(encoding="utf-8"))["properties"]
# Every key of the schemas with a value of each form it may have.
FULL: dict[str, Any] = {
    "timezone": "Asia/Shanghai",
    "language": "zh",
    "members": [
        {
            "id": "wang",
            "name": "王芳",
            "aliases": ["小王"],
            "email": "wang@example.com",
            "role": "lead",
            "notify": "mailto:wang@example.com",
            "deputy": "zhao",
            "away": [{"from": "2026-03-16", "to": "2026-03-17", "note": "培训"}],
        },
        {"id": "zhao", "notify": ["zhao@example.com", "dingtalk:$TOKEN/$SECRET"]},
    ],
    "branches": ["徐汇店"],
    "calendar": {"hours": {"mon-fri": ["09:00-12:00"], "sat": []}, "after_hours": "same_day", "country": "CN"},
    "priorities": {"urgent": "24h", "rush": {"limit": "4wh", "label": {"zh": "加急", "en": "Rush"}}},
    "default_priority": "rush",
    "record_within": {"service": "30m"},
    "response_within": [{"channel": "phone", "scenario": "complaint", "limit": "2h"}],
    "visit_every": {"vip": "1m"},
    "dormant_after": {"vip": "none"},
    "care": {"leap_day": "mar_1", "verify_after": "1y", "before": "none"},
    "remind": {"before": "4wh", "repeat": "none", "ladder": [{"overdue": "1wd", "to": "wang"}, {"overdue": "2d"}]},
    "mask": {"names": True, "text": False},
    "retention": {"interactions": "3y", "anonymous": "none"},
    "seal": {"recipients": ["age1" + "q" * 58], "fields": ["contacts.phone"], "per_customer": True},
    "policies": {
        "closing_requires": {"fields": ["result"], "severity": "warning"},
        "outcome_requires": {"resolved": ["solution"], "severity": "off"},
        "no_personal_numbers": "error",
        "record_late": "warning",
        "backdated": {"after": "24h", "severity": "error"},
    },
    "notify": {
        "from": "a@b.c",
        "timeout": 10,
        "smtp": "$SMTP",
        **dict.fromkeys(("wecom", "dingtalk", "feishu", "slack"), "$X"),
    },
}
DATED: dict[str, Any] = {
    "off": {"2026-10-01": "国庆", "2026-10-02": None, "2026-10-03": {"name": "x", "hours": ["12:00-24:00"]}},
    "work": ["2026-10-10", {"date": "2026-10-11", "name": "调休", "hours": ["09:00-12:00"]}],
}
OTHERS: tuple[Any, ...] = (
    None,
    True,
    5,
    -1,
    2.5,
    "",
    "x",
    "a\nb",
    "2026-02-30",
    [],
    [[]],
    [1],
    {},
    {"x": 1},
    {"": "x"},
    2**70,
)

BEYOND_THE_SCHEMA = {"bad-setting", "no-working-time", "duplicate-member"}


def places_of(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in some data, the whole left out."""
    items = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    for step, inner in items:
        yield (*above, step)
        yield from places_of(inner, (*above, step))


def changed(data: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A copy of the data with another value at a place."""
    copy = deepcopy(data)
    owner = copy
    for step in place[:-1]:
        owner = owner[step]
    owner[place[-1]] = value
    return copy


def read(chosen: dict[str, Any], dated: dict[str, Any]) -> Settings:
    """The settings with this data in their files."""
    texts = {SETTINGS_FILE: json.dumps(chosen, indent=1), CALENDAR_FILE: json.dumps(dated, indent=1)}
    return parse_settings({name: text.encode() for name, text in texts.items()})


@cache
def plain_validator(name: str) -> Draft202012Validator:
    """The schema of a settings file in jsonschema's own hands, with the formats of ours."""
    checker = FormatChecker(formats=())
    for word, check in CHECKS.items():
        checker.checks(word)(lambda value, check=check: not isinstance(value, str) or check(value))
    documents = {
        f"https://s.invalid/{path.relative_to(SCHEMAS)}": json.loads(path.read_text())
        for path in SCHEMAS.rglob("*.json")
    }
    registry = referencing.Registry().with_contents(documents.items())
    return Draft202012Validator(
        {"$ref": f"https://s.invalid/settings/{name}.json"}, registry=registry, format_checker=checker
    )


def refusal(chosen: dict[str, Any], dated: dict[str, Any]) -> tuple[Problem, ...]:
    """What is wrong with settings, each problem at its line and in words; nothing when they are built."""
    try:
        assert isinstance(read(chosen, dated), Settings)
    except InvalidError as fault:
        assert fault.problems
        for problem in fault.problems:
            assert isinstance(problem, Problem)
            assert problem.path in {SETTINGS_FILE, CALENDAR_FILE}
            assert problem.line > 0
            assert problem.message
            assert problem.remedy or problem.code == "unknown-setting"
        return tuple(problem for problem in fault.problems if isinstance(problem, Problem))
    return ()


def test_the_full_settings_have_every_key_and_are_built():
    """The settings that are changed below leave no key of the schema out, and are good."""
    assert set(FULL) == set(PROPERTIES)
    built = read(FULL, DATED)
    assert built.members[1].notify == ("mailto:zhao@example.com", "dingtalk:$TOKEN/$SECRET")
    assert built.priority_labels == {"rush": {"zh": "加急", "en": "Rush"}}
    assert built.policies is not None
    assert dict(built.policies.severities) == {
        "closing_requires": "warning",
        "no_personal_numbers": "error",
        "record_late": "warning",
        "backdated": "error",
    }
    assert len(built.calendar.dated) == 5


@pytest.mark.parametrize("key", FULL)
def test_another_value_is_refused_exactly_where_the_schema_refuses_it(key):
    """Whatever stands in a place of the settings: refused when the schema refuses it, built when nothing does."""
    for place in places_of({key: FULL[key]}):
        for value in OTHERS:
            chosen = changed(FULL, place, value)
            found = refusal(chosen, {})
            if plain_validator("commlog").is_valid(chosen):
                assert {problem.code for problem in found} <= BEYOND_THE_SCHEMA, (place, value)
            else:
                assert any(problem.field.startswith(key) for problem in found), (place, value, found)


@pytest.mark.parametrize("key", DATED)
def test_another_value_in_the_calendar_is_refused_exactly_where_the_schema_refuses_it(key):
    """The same holds for the calendar's own file."""
    for place in places_of({key: DATED[key]}):
        for value in OTHERS:
            dated = changed(DATED, place, value)
            found = refusal({"timezone": "UTC"}, dated)
            assert bool(found) == (not plain_validator("calendar").is_valid(dated)), (place, value, found)


def test_a_key_nobody_knows_is_refused_where_the_schema_lists_the_keys():
    """An unknown key in any mapping of the settings is taken or refused as the schema says."""
    for place in [(), *places_of(FULL)]:
        owner: Any = FULL
        for step in place:
            owner = owner[step]
        if isinstance(owner, dict):
            chosen = changed(FULL, (*place, "x"), "24h")
            assert bool(refusal(chosen, {})) == (not plain_validator("commlog").is_valid(chosen)), place


@pytest.mark.parametrize(
    "span",
    ["9-18", "09:00", "18:00-09:00", "09:00-09:00", "09:00-24:01", "09:60-10:00", "25:00-26:00", "", "a-b",
     "09:00-12:00,11:00-13:00", "９:00-10:00", None, 9, {"from": "09:00"}],
)  # fmt: skip
def test_wrong_spans_are_refused(span):
    """A span that is no span, empty, backwards or past midnight is refused, in the week and on a day of its own."""
    assert refusal({"timezone": "UTC", "calendar": {"hours": {"mon-fri": [span]}}}, {})
    assert refusal({"timezone": "UTC"}, {"work": {"2026-10-10": {"hours": [span]}}})


@pytest.mark.parametrize(
    "hours",
    [None, 9, [9], "09:00-18:00", {"mon": "09:00-18:00"}, {"weekday": []}, {"mon-wed-fri": []}, {"": []}, {"Monday": []},
     {"mon-wed": ["09:00-10:00"], "tue-fri": []}, {"mon": ["09:00-12:00", "11:00-13:00"]}, {}],
)  # fmt: skip
def test_a_wrong_week_is_refused(hours):
    """A key that names no day, ranges that share one, spans that overlap and hours of another type are refused."""
    (problem, *_) = refusal({"timezone": "UTC", "calendar": {"hours": hours}}, {})
    assert problem.field.startswith("calendar.hours")


TEXTS = (
    "Asia/Shanghai",
    "",
    "..",
    "../../etc/passwd",
    "24h",
    "3wd",
    "mon-fri",
    "09:00-12:00",
    "wang",
    "一",
    "a\nb",
    "2026-01-01",
)
KEYS = (
    "id",
    "name",
    "aliases",
    "hours",
    "limit",
    "label",
    "notify",
    "mon",
    "sat",
    "mon-fri",
    "urgent",
    "deputy",
    "2026-01-01",
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(TEXTS)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(sorted(PROPERTIES)), values, max_size=4),
    st.dictionaries(st.sampled_from(("off", "work", "on")), values, max_size=2),
)
@settings(max_examples=200, deadline=None)
def test_any_value_is_taken_or_refused_at_its_line(chosen: dict[str, Any], dated: dict[str, Any]) -> None:
    """Whatever stands under a setting, it is built or named with file, line and words."""
    refusal({"timezone": "UTC", **chosen}, dated)
