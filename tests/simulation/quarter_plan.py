"""A team and the lives of its follow-ups over some weeks, drawn at random, and the files that tell of them at an instant.

Standard library only; nothing of the program is used, so that what is written and what is expected have another source.
All moments are of the log's own zone, which knows no summer time, and whole minutes.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from dropped_plan import Matter, customer_files, draw_matters, write_matter

OFFSET = "+08:00"
PENDING = ("open", "in_progress", "awaiting_customer")
# The working hours of every weekday, in minutes from midnight.
HOURS = ((540, 720), (810, 1080))
HOLIDAYS = (date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3), *(date(2026, 2, day) for day in range(15, 24)))
MAKE_UP_DAYS = (date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28))


@dataclass(frozen=True)
class Person:
    """A member: who stands in, where reminders go, and the first and last days of absences."""

    id: str
    name: str
    notify: tuple[str, ...] = ()
    role: str = "agent"
    deputy: str = ""
    away: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True)
class Rules:
    """The section `remind` of the settings, as texts."""

    before: str = "4wh"
    repeat: str = "1wd"
    ladder: tuple[tuple[str, str], ...] = (("1wd", "lead"), ("3wd", "ma"))


# Two who stand in for each other, a lead with a deputy, one without an address, one with two.
TEAM = (
    Person("zhou", "周敏", ("mailto:zhou@example.com",), "lead", "chen", ((date(2026, 2, 12), date(2026, 2, 13)), (date(2026, 3, 9), date(2026, 3, 11)))),
    Person("chen", "陈浩", ("mailto:chen@example.com", "feishu:$CHEN_TOKEN/$CHEN_SECRET"), away=((date(2026, 2, 13), date(2026, 2, 13)), (date(2026, 3, 10), date(2026, 3, 10)))),
    Person("wang", "王芳", ("webhook:$WANG_HOOK",), deputy="sun", away=((date(2026, 1, 12), date(2026, 1, 16)), (date(2026, 2, 24), date(2026, 2, 24)))),
    Person("sun", "孙悦", ("slack:$SUN_HOOK",), deputy="wang", away=((date(2026, 1, 14), date(2026, 1, 15)), (date(2026, 2, 14), date(2026, 2, 24)))),
    Person("zhao", "赵磊", ("wecom:$ZHAO_KEY",), deputy="li", away=((date(2026, 2, 12), date(2026, 2, 14)), (date(2026, 3, 2), date(2026, 3, 20)))),
    Person("li", "李静", ("dingtalk:$LI_TOKEN/$LI_SECRET",), deputy="chen", away=((date(2026, 2, 13), date(2026, 2, 13)), (date(2026, 3, 16), date(2026, 3, 18)))),
    Person("he", "何平"),
    Person("ma", "马琳", ("mailto:ma@example.com",), deputy="he", away=((date(2026, 1, 26), date(2026, 1, 28)),)),
)  # fmt: skip
OWNERS = ("zhou", "chen", "wang", "wang", "sun", "zhao", "li", "he", "ma", "王芳", "赵磊", "物流部", "技术部", "")


@dataclass(frozen=True)
class State:
    """What a follow-up is from a moment on; `due` is as it stands in the file, empty for none."""

    at: datetime
    status: str
    due: str
    owner: str
    is_agreed: bool
    opened_at: datetime


@dataclass
class Life:
    """A follow-up from its creation on."""

    address: str
    states: list[State] = field(default_factory=list)

    def at(self, moment: datetime) -> State | None:
        """How it stands at a moment; None before it was created."""
        return next((state for state in reversed(self.states) if state.at <= moment), None)


@dataclass(frozen=True)
class Plan:
    """Everything that happens, and the moments at which the reminder runs."""

    lives: tuple[Life, ...]
    runs: tuple[datetime, ...]
    rules: Rules
    team: tuple[Person, ...] = TEAM
    matters: tuple[Matter, ...] = ()


def make_plan(seed: int, first: date, last: date, count: int, *, rules: Rules | None = None, minutes: int = 15) -> Plan:
    """Draw the lives of `count` follow-ups between two days, both included, and run every so many minutes from 07:45 to 19:00.

    Beside them there are half as many matters that somebody may leave lying.
    """
    dice = random.Random(seed)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    lives: list[Life] = []
    while len(lives) < count:
        day = dice.choice(days)
        record = f"{day:%Y%m%d}-{len(lives):06}"
        numbers = range(1, min(dice.choice((1, 1, 1, 2, 3)), count - len(lives)) + 1)
        lives += [_draw_life(dice, f"{record}/{number}", day, last) for number in numbers]
    runs = [_moment(day, minute) for day in days for minute in range(465, 1141, minutes)]
    # Dice of their own: the lives of a seed stay what they are.
    matters = draw_matters(random.Random(f"dropped {seed}"), days, count // 2)
    return Plan(tuple(lives), tuple(runs), rules or Rules(), matters=matters)


def _moment(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(minutes=minute)


def _draw_life(dice: random.Random, address: str, day: date, last: date) -> Life:
    # Some moments are those of a run, to the minute.
    at = _moment(day, dice.choice((dice.randint(480, 1110), dice.randrange(480, 1110, 15))))
    state = State(at, "open", _draw_due(dice, at), dice.choice(OWNERS), dice.random() < 0.3, at)
    life = Life(address, [state])
    is_forgotten = dice.random() < 0.1
    while not is_forgotten and len(life.states) < 12:
        at += timedelta(minutes=dice.choice((dice.randint(1, 240), dice.randint(240, 2880), dice.randint(2880, 10080))))
        if at.date() > last:
            break
        state = _draw_next(dice, state, at)
        life.states.append(state)
        if state.status == "closed" and dice.random() < 0.8:
            break
    return life


def _draw_next(dice: random.Random, state: State, at: datetime) -> State:
    kind = dice.choice(("move", "move", "move", "reschedule", "assign", "finish"))
    status, due, owner, is_agreed, opened = state.status, state.due, state.owner, state.is_agreed, state.opened_at
    if status not in PENDING:
        status, opened = ("open", at) if status == "closed" or dice.random() < 0.5 else ("closed", opened)
        if status == "open" and dice.random() < 0.7:
            due = _draw_due(dice, at)
    elif kind == "finish":
        status = dice.choice(("done", "done", "done", "closed"))
    elif kind == "reschedule":
        due, is_agreed = _draw_due(dice, at), dice.random() < 0.4
    elif kind == "assign":
        owner = dice.choice(OWNERS)
    elif status == "awaiting_customer":
        status = "in_progress"
        due = _draw_due(dice, at) if dice.random() < 0.7 else due
    else:
        status = dice.choice(("in_progress", "awaiting_customer")) if status == "open" else "awaiting_customer"
        is_agreed = dice.random() < 0.5 if status == "awaiting_customer" else is_agreed
    return State(at, status, due, owner, is_agreed, opened)


def _draw_due(dice: random.Random, at: datetime) -> str:
    """A due time as people and programs write it: an instant, in the log's offset or another, or a date, or none."""
    day = at.date() + timedelta(days=dice.choice((0, 0, 1, 1, 2, 3, 5, 9)))
    kind = dice.random()
    if kind < 0.05:
        return ""
    if kind < 0.25:
        return day.isoformat()
    usual = (540, 600, 720, 765, 810, 1020, 1080, 1440)
    minute = dice.choice((dice.choice(usual), dice.choice(usual), dice.randint(1, 1439), dice.randrange(465, 1141, 15)))
    due = _moment(day, minute)
    if kind < 0.35:
        return f"{due - timedelta(hours=8):%Y-%m-%dT%H:%M:%SZ}"
    return f"{due:%Y-%m-%dT%H:%M:%S}{OFFSET}"


def settings_text(plan: Plan) -> str:
    """The file `commlog.yaml`."""
    members = [
        {
            "id": person.id,
            "name": person.name,
            "role": person.role,
            **({"notify": list(person.notify)} if person.notify else {}),
            **({"deputy": person.deputy} if person.deputy else {}),
            "away": [
                {"from": first.isoformat(), "to": last.isoformat(), "note": "年假"} for first, last in person.away
            ],
        }
        for person in plan.team
    ]
    rules = plan.rules
    return "\n".join((
        "timezone: Asia/Shanghai",
        "language: en",
        f"members: {json.dumps(members, ensure_ascii=False)}",
        'calendar: {hours: {mon-fri: ["09:00-12:00", "13:30-18:00"]}}',
        "care: {verify_after: none}",
        f"remind: {json.dumps({'before': rules.before, 'repeat': rules.repeat, 'ladder': [{'overdue': limit, 'to': to} for limit, to in rules.ladder]})}",
        "notify: {wecom: $ROBOTS, dingtalk: $ROBOTS, feishu: $ROBOTS, slack: $ROBOTS, from: commlog@example.com}",
        "",
    ))  # fmt: skip


def calendar_text() -> str:
    """The file `calendar.yaml`."""
    lines = ["off:", *(f"  {day.isoformat()}: 放假" for day in HOLIDAYS), "work:"]
    return "\n".join([*lines, *(f"  {day.isoformat()}: 调休上班" for day in MAKE_UP_DAYS), ""])


CUSTOMER_TEXT = "id: acme\ntemplate: customer\nname: Acme\ntype: company\nstage: active\n"


def write_beginning(plan: Plan, root: Path) -> None:
    """Write the files that do not change."""
    for path, text in {
        "commlog.yaml": settings_text(plan),
        "calendar.yaml": calendar_text(),
        "records/customers/acme.yaml": CUSTOMER_TEXT,
        **dict(customer_files(plan.matters)),
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


class Scribe:
    """Writes the files as the plan has them at ever later moments; a file is touched when something in it changes."""

    def __init__(self, plan: Plan, root: Path) -> None:
        self._root = root
        self._records: dict[str, list[Life]] = {}
        self._matters = {matter.record: matter for matter in plan.matters}
        changes = [(at, matter.record) for matter in plan.matters for at in matter.moments]
        for life in plan.lives:
            record = life.address.partition("/")[0]
            self._records.setdefault(record, []).append(life)
            changes += [(state.at, record) for state in life.states]
        self._changes = sorted(changes, reverse=True)

    def write_until(self, moment: datetime) -> int:
        """Write what has changed up to a moment, itself included; how many files that were."""
        changed = set()
        while self._changes and self._changes[-1][0] <= moment:
            changed.add(self._changes.pop()[1])
        for record in changed:
            if matter := self._matters.get(record):
                write_matter(matter, self._root, moment, OFFSET)
                continue
            path = self._root / f"records/interactions/{record[:4]}/{record[4:6]}/{record}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(_lines_of(record, self._records[record], moment)) + "\n", encoding="utf-8")
        return len(changed)


def _lines_of(record: str, lives: list[Life], moment: datetime) -> Iterator[str]:
    day = f"{record[:4]}-{record[4:6]}-{record[6:8]}"
    yield from (
        f"id: {record}",
        "template: member",
        "customer: acme",
        "agent: wang",
        "direction: inbound",
        "channel: phone",
        f"started_at: {day}T07:00:00{OFFSET}",
        f"recorded_at: {day}T07:10:00{OFFSET}",
        "subject: s",
        "core_request: c",
        "summary: s",
        "followups:",
    )
    for life in lives:
        known = [state for state in life.states if state.at <= moment]
        if not known:
            continue
        last = known[-1]
        history = [
            {"at": f"{state.at:%Y-%m-%dT%H:%M:%S}{OFFSET}", "by": "wang", "status": state.status} for state in known
        ]
        fields = {
            "n": int(life.address.partition("/")[2]),
            "action": f"answer {life.address.replace('/', ' no. ')}",
            **({"owner": last.owner} if last.owner else {}),
            **({"due": last.due} if last.due else {"due_rule": "none"}),
            "status": last.status,
            "agreed_with_customer": last.is_agreed,
            **({"result": "r"} if last.status == "done" else {}),
            "history": history,
        }
        yield f"  - {json.dumps(fields, ensure_ascii=False)}"
