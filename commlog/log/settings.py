"""A log's settings, `commlog.yaml` and `calendar.yaml`: read, checked, with their defaults."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from commlog.customers.rules.care import CareRules
from commlog.errors import InvalidError
from commlog.log.dated_days import read_dated_days
from commlog.log.members import Member, find_member
from commlog.log.settings_file import Section, text_of
from commlog.log.settings_members import read_members
from commlog.log.settings_privacy import read_mask_rules, read_retention
from commlog.log.settings_rules import read_care_rules, read_delivery, read_reminder_rules
from commlog.messages import mark
from commlog.privacy.rules.masking import MaskRules
from commlog.reminders.rules.stages import LEAD, ReminderRules
from commlog.values import Data, ValuePath
from commlog.worktime.calendar import AfterHours, WorkCalendar, parse_hours
from commlog.worktime.limits import Limit, parse_limit
from commlog.worktime.periods import Interval

if TYPE_CHECKING:
    from commlog.privacy.rules.sealing import SealRules
    from commlog.problems import Problem
    from commlog.records.rules.policy import Policies

SETTINGS_FILE: Final = "commlog.yaml"
CALENDAR_FILE: Final = "calendar.yaml"

DEFAULT_PRIORITIES: Final = {
    "urgent": "24h",
    "important": "3wd",
    "routine": "7wd",
    "high": "3wd",
    "medium": "eom",
    "low": "none",
    "follow_up_3_days": "3d",
}
KNOWN_KEYS: Final = (
    "timezone",
    "language",
    "members",
    "calendar",
    "priorities",
    "default_priority",
    "record_within",
    "branches",
    "visit_every",
    "dormant_after",
    "response_within",
    "care",
    "remind",
    "mask",
    "retention",
    "notify",
    "seal",
    "policies",
)
_NO_LIMIT: Final = Limit(0, "none")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a team chose in `commlog.yaml`, defaults filled in."""

    zone: ZoneInfo
    language: str
    members: tuple[Member, ...]
    calendar: WorkCalendar
    priorities: Mapping[str, Limit]
    default_priority: str
    record_within: Mapping[str, Limit]
    priority_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    branches: tuple[str, ...] = ()
    remind: ReminderRules = field(default_factory=ReminderRules)
    care: CareRules = field(default_factory=CareRules)
    notify: Mapping[str, str] = field(default_factory=dict)
    mask: MaskRules = field(default_factory=MaskRules)
    retention: Mapping[str, Interval | None] = field(default_factory=dict)
    seal: "SealRules | None" = None
    policies: "Policies | None" = None

    @property
    def leads(self) -> tuple[Member, ...]:
        """The members who lead the team."""
        return tuple(member for member in self.members if member.role == LEAD)

    def find_member(self, name: str) -> Member | None:
        """The member with this id, name, alias or address; None when there is none, and for no name."""
        return find_member(self.members, name)

    def member_id(self, name: str) -> str:
        """A member's id for any of their names; any other text (a department, nothing) as it is."""
        member = self.find_member(name)
        return member.id if member else name


def read_settings(root: Path) -> Settings:
    """The settings of the log at a folder.

    Raises:
        InvalidError: one or both files break a rule; carries every problem with its line.
        UnreadableError: a file cannot be read.
    """
    faults: list[Problem] = []
    chosen = Section.load(root, SETTINGS_FILE, faults)
    dated = Section.load(root, CALENDAR_FILE, faults)
    settings = _read(chosen, dated)
    if faults:
        raise InvalidError(
            mark("the settings of this log have mistakes"),
            problems=faults,
            remedy=mark("correct them; every command needs the settings"),
        )
    return settings


def _read(chosen: Section, dated: Section) -> Settings:
    chosen.refuse_unknown((), chosen.fields, KNOWN_KEYS)
    hours = chosen.mapping("calendar")
    chosen.refuse_unknown(("calendar",), hours, ("hours", "after_hours", "country"))
    chosen.require(("timezone",))
    zone = chosen.convert(
        ("timezone",), ZoneInfo, ZoneInfo("UTC"), mark("a time zone's IANA name such as Asia/Shanghai")
    )
    weekdays = chosen.convert(
        ("calendar", "hours"), parse_hours, parse_hours(), mark("hours by weekday, e.g. mon-fri: ['09:00-18:00']")
    )
    if not any(weekdays):
        chosen.report("no-working-time", ("calendar", "hours"))
    after_hours: AfterHours = (
        "same_day"
        if chosen.choice(("calendar", "after_hours"), ("next_day", "same_day"), "next_day") == "same_day"
        else "next_day"
    )
    country = chosen.convert(("calendar", "country"), _country, None, mark("a country code such as CN"))
    names, labels = _read_priorities(chosen)
    members = read_members(chosen)
    return Settings(
        zone=zone,
        language=chosen.choice(("language",), ("zh", "en", "auto"), "auto"),
        members=members,
        calendar=WorkCalendar(zone, weekdays, read_dated_days(dated), after_hours, country),
        priorities=names,
        default_priority=chosen.choice(("default_priority",), tuple(names), "routine"),
        record_within=_read_record_within(chosen),
        priority_labels=labels,
        branches=tuple(str(item) for item in chosen.items("branches")),
        remind=read_reminder_rules(chosen, frozenset(member.id for member in members)),
        care=read_care_rules(chosen),
        notify=read_delivery(chosen),
        mask=read_mask_rules(chosen),
        retention=read_retention(chosen),
        seal=_read_seal(chosen),
        policies=_read_policies(chosen),
    )


def _read_policies(chosen: Section) -> "Policies | None":
    if "policies" not in chosen.fields:
        return None
    # Loaded by the logs that have some.
    from commlog.log.settings_policies import read_policies

    return read_policies(chosen)


def _read_seal(chosen: Section) -> "SealRules | None":
    if "seal" not in chosen.fields:
        return None
    # Few logs seal anything: the others do not load it.
    from commlog.log.settings_seal import read_seal_rules

    return read_seal_rules(chosen)


def _read_record_within(chosen: Section) -> dict[str, Limit]:
    return {
        template: chosen.convert(
            ("record_within", template), parse_limit, parse_limit("24h"), mark("a limit such as 30m or 24h")
        )
        for template in chosen.mapping("record_within")
    }


def _read_priorities(chosen: Section) -> tuple[dict[str, Limit], dict[str, Mapping[str, str]]]:
    limits = {name: parse_limit(text) for name, text in DEFAULT_PRIORITIES.items()}
    labels: dict[str, Mapping[str, str]] = {}
    for name, value in chosen.mapping("priorities").items():
        path: ValuePath = ("priorities", name)
        if isinstance(value, dict):
            chosen.refuse_unknown(path, value, ("limit", "label"))
            path = (*path, "limit")
            label = value.get("label")
            labels[name] = label if isinstance(label, dict) else {"zh": str(label), "en": str(label)}
        chosen.require(path)
        limits[name] = chosen.convert(
            path, parse_limit, limits.get(name, _NO_LIMIT), mark("a limit such as 24h, 3wd, 8wh, 2d, eom or none")
        )
    return limits, labels


def _country(value: Data) -> str | None:
    code = text_of(value)
    if not re.fullmatch("[A-Z]{2}(-[A-Z0-9]{1,3})?", code):
        raise ValueError(value)
    return code
