"""A log's settings, `commlog.yaml` and `calendar.yaml`: read, checked, with their defaults."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from commlog.errors import InvalidError
from commlog.messages import mark
from commlog.model.calendar import AfterHours, DatedDay, WorkCalendar, parse_hours, parse_spans
from commlog.model.limit import Limit, parse_limit
from commlog.model.record import Data, ValuePath
from commlog.store.settings_file import Section

if TYPE_CHECKING:
    from commlog.model.problem import Problem

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
    "notify",
)
_NO_LIMIT: Final = Limit(0, "none")
MEMBER_KEYS: Final = ("id", "name", "aliases", "email", "role", "notify", "deputy", "away")


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the team, by id; `aliases` are other names people type, `email` the address git knows."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    email: str = ""
    notify: tuple[str, ...] = ()
    deputy: str | None = None


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

    def find_member(self, name: str) -> Member | None:
        """The member with this id, name, alias or address; None when there is none."""
        wanted = name.casefold()
        for member in self.members:
            names = (member.id, member.name, member.email, *member.aliases)
            if wanted in {known.casefold() for known in names}:
                return member
        return None


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
    names, labels = _read_priorities(chosen)
    return Settings(
        zone=zone,
        language=chosen.choice(("language",), ("zh", "en", "auto"), "auto"),
        members=_read_members(chosen),
        calendar=WorkCalendar(zone, weekdays, _read_dated_days(dated), after_hours),
        priorities=names,
        default_priority=chosen.choice(("default_priority",), tuple(names), "routine"),
        record_within={
            template: chosen.convert(
                ("record_within", template), parse_limit, parse_limit("24h"), mark("a limit such as 30m or 24h")
            )
            for template in chosen.mapping("record_within")
        },
        priority_labels=labels,
        branches=tuple(str(item) for item in chosen.items("branches")),
    )


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


def _read_members(chosen: Section) -> tuple[Member, ...]:
    members: list[Member] = []
    taken: set[str] = set()
    for number, item in enumerate(chosen.items("members")):
        path: ValuePath = ("members", number)
        if not isinstance(item, dict):
            chosen.report("bad-setting", path, value=str(item), expected=mark("a mapping with `id:` and `name:`"))
            continue
        chosen.refuse_unknown(path, item, MEMBER_KEYS)
        chosen.require((*path, "id"))
        member_id = chosen.convert((*path, "id"), _text, "", mark("a short name"))
        member = Member(
            member_id,
            str(item.get("name") or member_id),
            _texts(item.get("aliases")),
            str(item.get("email") or ""),
            _texts(item.get("notify")),
            chosen.convert((*path, "deputy"), _text, "", mark("a member's id")) or None,
        )
        for name in {member.id, *member.aliases}:
            if name.casefold() in taken:
                chosen.report("duplicate-member", path, value=name)
            taken.add(name.casefold())
        members.append(member)
    return tuple(members)


def _read_dated_days(dated: Section) -> dict[date, DatedDay]:
    dated.refuse_unknown((), dated.fields, ("off", "work"))
    days: dict[date, DatedDay] = {}
    for kind in ("off", "work"):
        for step, text, entry in _iter_dates(dated, kind):
            path: ValuePath = (kind, step)
            day = dated.attempt(path, partial(_date, text), date.min, mark("a date such as 2026-10-01"))
            details = entry if isinstance(entry, dict) else {"name": entry}
            dated.refuse_unknown(path, details, ("name", "hours"))
            spans = (
                dated.convert((*path, "hours"), parse_spans, None, mark("hours such as ['09:00-12:00']"))
                if "hours" in details
                else None
            )
            days[day] = DatedDay(day, kind, str(details.get("name") or ""), spans)
    return days


def _iter_dates(dated: Section, kind: str) -> Iterator[tuple[str | int, Data, Data]]:
    """The dates below `off` or `work`, a mapping or a list: where each stands, the date, and what is said of it."""
    entries = dated.fields.get(kind)
    if isinstance(entries, dict):
        yield from ((text, text, entry) for text, entry in entries.items())
    else:
        for place, item in enumerate(dated.items(kind)):
            details = dict(item) if isinstance(item, dict) else {}
            yield place, details.pop("date", None) if details else item, details or ""


def _date(value: Data) -> date:
    return date.fromisoformat(_text(value))


def _text(value: Data) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value


def _texts(value: Data) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    return (str(value),) if value else ()
