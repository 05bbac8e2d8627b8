"""What a log's settings, `commlog.yaml` and `calendar.yaml`, are: plain values with their defaults, made of data without faults."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

from commlog.customers.rules.care import DORMANT_AFTER, VISIT_EVERY, CareRules
from commlog.log.members import Absence, Member, find_member
from commlog.privacy.rules.masking import MaskRules
from commlog.reminders.rules.stages import LEAD, EscalationStep, ReminderRules
from commlog.values import Data, Fields
from commlog.worktime.calendar import AfterHours, DatedDay, WorkCalendar, parse_hours, parse_spans
from commlog.worktime.limits import Limit, parse_limit
from commlog.worktime.periods import Interval, parse_interval
from commlog.yamltext.parse import decode, parse_yaml

if TYPE_CHECKING:
    from commlog.privacy.rules.sealing import SealRules
    from commlog.records.rules.policy import Policies

SETTINGS_FILE: Final = "commlog.yaml"
CALENDAR_FILE: Final = "calendar.yaml"
DATED_KINDS: Final[tuple[Literal["off"], Literal["work"]]] = ("off", "work")

DEFAULT_PRIORITIES: Final = {
    "urgent": "24h",
    "important": "3wd",
    "routine": "7wd",
    "high": "3wd",
    "medium": "eom",
    "low": "none",
    "follow_up_3_days": "3d",
}


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
    notify: Mapping[str, Any] = field(default_factory=dict)
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


def data_of(raw: bytes) -> Data:
    """The data in the bytes of a file; a file of comments alone has none, and means the same as an empty one."""
    data = parse_yaml(decode(raw)) if raw.strip() else None
    return {} if data is None else data


def build_settings(chosen: Fields, dated: Fields) -> Settings:
    """The settings in the data of both files, which has no faults."""
    week: Fields = chosen.get("calendar", {})
    after_hours: AfterHours = week.get("after_hours", "next_day")
    given = chosen.get("priorities", {})
    zone = ZoneInfo(chosen["timezone"])
    return Settings(
        zone=zone,
        language=chosen.get("language", "auto"),
        members=tuple(map(_build_member, chosen.get("members", ()))),
        calendar=WorkCalendar(
            zone,
            _convert(week, "hours", parse_hours, parse_hours()),
            build_dated_days(dated),
            after_hours,
            week.get("country"),
        ),
        priorities={name: parse_limit(_limit_of(value)) for name, value in {**DEFAULT_PRIORITIES, **given}.items()},
        default_priority=chosen.get("default_priority", "routine"),
        record_within={name: parse_limit(text) for name, text in chosen.get("record_within", {}).items()},
        priority_labels={
            name: value["label"] for name, value in given.items() if isinstance(value, dict) and "label" in value
        },
        branches=tuple(chosen.get("branches", ())),
        remind=_build_reminder_rules(chosen.get("remind", {})),
        care=_build_care_rules(chosen),
        notify=chosen.get("notify", {}),
        mask=MaskRules(**chosen.get("mask", {})),
        retention=_intervals(chosen, "retention", {}),
        seal=_build_seal_rules(chosen["seal"]) if "seal" in chosen else None,
        policies=_build_policies(chosen["policies"]) if "policies" in chosen else None,
    )


def _convert(fields: Fields, key: str, parse_value: Callable[[Data], Data], default: Data) -> Data:
    return parse_value(fields[key]) if key in fields else default


def _limit_of(value: Data) -> str:
    """The limit of a priority, which stands alone or beside a label."""
    return str(value["limit"] if isinstance(value, dict) else value)


def _build_member(fields: Fields) -> Member:
    addresses = fields.get("notify", ())
    return Member(
        fields["id"],
        fields.get("name") or fields["id"],
        tuple(fields.get("aliases", ())),
        fields.get("email", ""),
        # A bare mail address is one for mail.
        tuple(
            text if ":" in text else f"mailto:{text}"
            for text in ([addresses] if isinstance(addresses, str) else addresses)
        ),
        fields.get("deputy"),
        fields.get("role", "agent"),
        tuple(
            Absence(date.fromisoformat(item["from"]), date.fromisoformat(item["to"]), item.get("note", ""))
            for item in fields.get("away", ())
        ),
    )


def _build_reminder_rules(fields: Fields) -> ReminderRules:
    usual = ReminderRules()
    return ReminderRules(
        _convert(fields, "before", parse_limit, usual.before),
        _convert(fields, "repeat", parse_limit, usual.repeat),
        tuple(EscalationStep(parse_limit(step["overdue"]), step.get("to", LEAD)) for step in fields["ladder"])
        if "ladder" in fields
        else usual.ladder,
    )


def _build_care_rules(chosen: Fields) -> CareRules:
    fields, usual = chosen.get("care", {}), CareRules()
    return CareRules(
        _intervals(chosen, "visit_every", VISIT_EVERY),
        _intervals(chosen, "dormant_after", DORMANT_AFTER),
        fields.get("leap_day", usual.leap_day),
        _convert(fields, "verify_after", parse_interval, usual.verify_after),
        _convert(fields, "before", parse_interval, usual.before),
    )


def _intervals(chosen: Fields, key: str, usual: Mapping[str, Interval | None]) -> Mapping[str, Interval | None]:
    return {**usual, **{name: parse_interval(text) for name, text in chosen.get(key, {}).items()}}


def _build_seal_rules(fields: Fields) -> "SealRules":
    # Few logs seal anything: the others do not load it.
    from commlog.privacy.rules.sealing import SealRules

    keys = fields.get("fields")
    return SealRules(
        tuple(dict.fromkeys(fields["recipients"])),
        tuple(keys) if isinstance(keys, list) else None,
        fields.get("per_customer", False),
    )


def _build_policies(fields: Fields) -> "Policies":
    # Loaded by the logs that have some.
    from commlog.records.rules.policy import build_policies

    return build_policies(fields)


def build_dated_days(fields: Fields) -> dict[date, DatedDay]:
    """The days of a calendar file by date, from its data, which has no faults."""
    days: dict[date, DatedDay] = {}
    for kind in DATED_KINDS:
        for _, text, details in iter_dates(fields, kind):
            day = date.fromisoformat(text)
            days[day] = DatedDay(day, kind, details.get("name", ""), _convert(details, "hours", parse_spans, None))
    return days


def iter_dates(fields: Fields, kind: str) -> Iterator[tuple[str | int, str, Fields]]:
    """The dates below `off` or `work`, a mapping or a list: where each stands, the date, and what is said of it."""
    entries = fields.get(kind) or ()
    for step, entry in entries.items() if isinstance(entries, dict) else enumerate(entries):
        if isinstance(step, str):
            yield step, step, entry if isinstance(entry, dict) else {"name": entry or ""}
        else:
            yield step, *((entry["date"], entry) if isinstance(entry, dict) else (entry, {}))
