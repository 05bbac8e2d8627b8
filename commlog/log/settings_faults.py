"""What is wrong with a log's settings: what their schema refuses, and the few rules no schema can say."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from commlog.errors import InvalidError
from commlog.forms.fields import Finding
from commlog.forms.validation import shipped_validator
from commlog.log.settings import (
    CALENDAR_FILE,
    DEFAULT_PRIORITIES,
    SETTINGS_FILE,
    Settings,
    build_settings,
    data_of,
    iter_dates,
)
from commlog.messages import mark
from commlog.problems import Problem
from commlog.reminders.rules.stages import LEAD
from commlog.values import Data, Fields, ValuePath, show_path
from commlog.worktime.calendar import parse_hours, parse_spans
from commlog.yamltext.parse import Located, decode, parse_located
from commlog.yamltext.scalars import YamlError

# What the findings of forms are called in settings.
_CODES: Final = {"unknown-field": "unknown-setting", "wrong-pattern": "bad-setting"}


def parse_settings(raws: Mapping[str, bytes]) -> Settings:
    """The settings in the bytes of both files, by name; an empty file leaves everything at its default.

    Raises:
        InvalidError: one or both break a rule; carries every problem with its line.
    """
    faults: list[Problem] = []
    fields = [_check(name, raw, faults) for name, raw in raws.items()]
    if faults:
        raise InvalidError(
            mark("the settings of this log have mistakes"),
            problems=faults,
            remedy=mark("correct them; every command needs the settings"),
        )
    return build_settings(*fields)


def _check(name: str, raw: bytes, faults: list[Problem]) -> Fields:
    try:
        fields: Fields = data_of(raw)
    except YamlError as fault:
        faults.append(Problem(fault.code, name, fault.line, fault.column, "", tuple(fault.facts.items())))
        return {}
    found = find_faults(name, fields)
    located = parse_located(decode(raw)) if found and raw.strip() else Located({}, {}, {})
    faults += [
        Problem(one.code, name, *located.position(one.path), show_path(one.path), tuple(one.facts.items()))
        for one in found
    ]
    return fields


def find_faults(name: str, data: Data) -> tuple[Finding, ...]:
    """Everything that is wrong with the data of a settings file, by the file's name.

    The rules beyond the schema are only asked about the keys that fit the schema.
    """
    if not isinstance(data, dict):
        return (Finding("not-a-mapping"),)
    findings = shipped_validator().explain_settings(name.removesuffix(".yaml"), data)
    found = [Finding(_CODES.get(one.code, one.code), one.path, one.facts) for one in findings]
    wrong = {one.path[0] for one in found if one.path}
    for keys, rule in _RULES[name].items():
        if wrong.isdisjoint(keys):
            found += rule(data)
    return tuple(found)


def _bad(path: ValuePath, value: Data, expected: str) -> Finding:
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return Finding("bad-setting", path, {"value": shown, "expected": expected})


def _check_zone(chosen: Fields) -> Iterator[Finding]:
    try:
        ZoneInfo(chosen["timezone"])
    except (ValueError, OSError, KeyError):
        yield _bad(("timezone",), chosen["timezone"], mark("a time zone's IANA name such as Asia/Shanghai"))


def _check_hours(chosen: Fields) -> Iterator[Finding]:
    path = ("calendar", "hours")
    hours = chosen.get("calendar", {}).get("hours", {"mon": ["09:00-18:00"]})
    try:
        if not any(parse_hours(hours)):
            yield Finding("no-working-time", path)
    except ValueError:
        yield _bad(path, hours, mark("hours by weekday, e.g. mon-fri: ['09:00-18:00']"))


def _check_members(chosen: Fields) -> Iterator[Finding]:
    taken: set[str] = set()
    for number, member in enumerate(chosen.get("members", ())):
        names = {name.casefold(): name for name in (member["id"], *member.get("aliases", ()))}
        for folded, name in names.items():
            if folded in taken:
                yield Finding("duplicate-member", ("members", number), {"value": name})
        taken |= names.keys()
        for place, absence in enumerate(member.get("away", ())):
            if absence["to"] < absence["from"]:
                yield _bad(("members", number, "away", place, "to"), absence["to"], mark("a day not before `from`"))


def _check_default_priority(chosen: Fields) -> Iterator[Finding]:
    names = dict.fromkeys((*DEFAULT_PRIORITIES, *chosen.get("priorities", ())))
    if chosen.get("default_priority", "routine") not in names:
        yield _bad(("default_priority",), chosen["default_priority"], " | ".join(names))


def _check_ladder(chosen: Fields) -> Iterator[Finding]:
    known = {LEAD, *(member["id"] for member in chosen.get("members", ()))}
    for number, step in enumerate(chosen.get("remind", {}).get("ladder", ())):
        if step.get("to", LEAD) not in known:
            yield _bad(("remind", "ladder", number, "to"), step["to"], mark("lead, or a member's id"))


def _check_sealed(chosen: Fields) -> Iterator[Finding]:
    if "seal" not in chosen:
        return
    from commlog.privacy.rules.sealing import NEVER_SEALED

    keys = chosen["seal"].get("fields", ())
    for number, key in enumerate(keys if isinstance(keys, list) else ()):
        steps = key.split(".")
        if steps[0] in NEVER_SEALED or not all(step and not step.isdigit() for step in steps):
            expected = mark("the word personal, or a list of keys such as contacts.phone that nothing else depends on")
            yield _bad(("seal", "fields", number), key, expected)


def _check_dates(dated: Fields) -> Iterator[Finding]:
    off = {date for _, date, _ in iter_dates(dated, "off")}
    for kind in ("off", "work"):
        for step, date, details in iter_dates(dated, kind):
            if kind == "work" and date in off:
                yield _bad((kind, step), date, mark("a date of its own: it is under `off:` as well"))
            try:
                parse_spans(details.get("hours", ()))
            except ValueError:
                yield _bad((kind, step, "hours"), details["hours"], mark("hours such as ['09:00-12:00']"))


Rule = Callable[[Fields], Iterator[Finding]]
# Each with the keys it reads.
_RULES: Final[Mapping[str, Mapping[tuple[str, ...], Rule]]] = {
    SETTINGS_FILE: {
        ("timezone",): _check_zone,
        ("members",): _check_members,
        ("calendar",): _check_hours,
        ("priorities", "default_priority"): _check_default_priority,
        ("remind", "members"): _check_ladder,
        ("seal",): _check_sealed,
    },
    CALENDAR_FILE: {("off", "work"): _check_dates},
}
