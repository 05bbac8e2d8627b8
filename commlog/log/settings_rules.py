"""The rules a log's settings give for reminders, care and delivery: read and checked."""

from collections.abc import Mapping
from typing import Final

from commlog.customers.rules.care import DORMANT_AFTER, VISIT_EVERY, CareRules
from commlog.log.settings_file import Section, text_of
from commlog.messages import mark
from commlog.reminders.rules.stages import LEAD, ReminderRules, Rung
from commlog.values import ValuePath
from commlog.worktime.limits import Limit, parse_limit
from commlog.worktime.periods import Interval, parse_interval

_MEASURED: Final = frozenset({"m", "h", "wh", "d", "wd"})
_NOTIFY_KEYS: Final = ("from", "timeout", "smtp", "wecom", "dingtalk", "feishu", "slack")


def read_reminder_rules(chosen: Section, members: frozenset[str]) -> ReminderRules:
    """The key `remind`; whoever a rung names is a member or `lead`."""
    fields = chosen.mapping("remind")
    chosen.refuse_unknown(("remind",), fields, ("before", "repeat", "ladder"))
    usual = ReminderRules()
    return ReminderRules(
        _read_length(chosen, ("remind", "before"), usual.before),
        _read_length(chosen, ("remind", "repeat"), usual.repeat),
        usual.ladder if fields.get("ladder") is None else _read_ladder(chosen, members),
    )


def read_care_rules(chosen: Section) -> CareRules:
    """The keys `visit_every`, `dormant_after` and `care`."""
    fields = chosen.mapping("care")
    chosen.refuse_unknown(("care",), fields, ("leap_day", "verify_after", "before"))
    usual = CareRules()
    leap_day = chosen.choice(("care", "leap_day"), ("feb_28", "mar_1"), usual.leap_day)
    return CareRules(
        _read_by_level(chosen, "visit_every", VISIT_EVERY),
        _read_by_level(chosen, "dormant_after", DORMANT_AFTER),
        "mar_1" if leap_day == "mar_1" else "feb_28",
        _read_interval(chosen, ("care", "verify_after"), usual.verify_after),
        _read_interval(chosen, ("care", "before"), usual.before),
    )


def read_delivery(chosen: Section) -> Mapping[str, str]:
    """The key `notify`: from whom mail comes, how many seconds are waited, and which servers are used, as `$NAME`."""
    fields = chosen.mapping("notify")
    chosen.refuse_unknown(("notify",), fields, _NOTIFY_KEYS)
    texts = {key: chosen.convert(("notify", key), _word, "", mark("a text on one line")) for key in fields}
    for key, text in texts.items():
        if key not in {"from", "timeout"} and text and not text.startswith("$"):
            chosen.report("bad-setting", ("notify", key), value=text, expected=mark("the name of a variable, as $NAME"))
    return {key: text for key, text in texts.items() if text}


def _word(value: object) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text_of(value)


def _read_length(chosen: Section, path: ValuePath, default: Limit) -> Limit:
    return chosen.convert(path, _length, default, mark("a length of time such as 4wh, 1wd, 24h or none"))


def _length(value: object) -> Limit:
    limit = parse_limit(text_of(value))
    if limit.unit not in _MEASURED and limit.unit != "none":
        raise ValueError(value)
    return limit


def _read_ladder(chosen: Section, members: frozenset[str]) -> tuple[Rung, ...]:
    entries = chosen.find(("remind", "ladder"))
    if not isinstance(entries, list):
        chosen.report("bad-setting", ("remind", "ladder"), value=str(entries), expected=mark("a list"))
        return ()
    rungs = []
    for number, entry in enumerate(entries):
        path: ValuePath = ("remind", "ladder", number)
        fields = entry if isinstance(entry, dict) else {}
        chosen.refuse_unknown(path, fields, ("overdue", "to"))
        chosen.require((*path, "overdue"))
        overdue = _read_length(chosen, (*path, "overdue"), Limit(1, "wd"))
        to = chosen.convert((*path, "to"), text_of, LEAD, mark("lead, or a member's id"))
        if to != LEAD and to not in members:
            chosen.report("bad-setting", (*path, "to"), value=to, expected=mark("lead, or a member's id"))
        rungs.append(Rung(overdue, to))
    return tuple(rungs)


def _read_by_level(chosen: Section, key: str, defaults: Mapping[str, Interval | None]) -> Mapping[str, Interval | None]:
    levels = chosen.mapping(key)
    return {**defaults, **{level: _read_interval(chosen, (key, level), defaults.get(level)) for level in levels}}


def _read_interval(chosen: Section, path: ValuePath, default: Interval | None) -> Interval | None:
    return chosen.convert(
        path, lambda value: parse_interval(text_of(value)), default, mark("an interval such as 30d, 3m, 1y or none")
    )
