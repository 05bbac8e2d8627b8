"""Matters that somebody may leave lying, drawn at random, and the files that tell of them at an instant.

Standard library only; nothing of the program is used. All moments are of the log's own zone, in whole minutes.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

UNANSWERED = "unanswered-contact"
PROMISE = "promise-without-follow-up"
CALL_BACK = "call-back-not-recorded"
IDLE_ISSUE = "issue-without-next-action"
LOW_SCORE = "low-score-without-follow-up"
RULES = (UNANSWERED, PROMISE, CALL_BACK, IDLE_ISSUE, LOW_SCORE)
NAMES = ("zhou", "chen", "wang", "sun", "zhao", "li", "he", "ma", "王芳", "物流部", "")


@dataclass(frozen=True)
class Work:
    """A follow-up without a due time: when it was opened, and when and how it ended (done, closed), if it did."""

    n: int
    opened: datetime
    ended: datetime | None = None
    how: str = "done"

    def is_ended(self, moment: datetime) -> bool:
        """Whether it has ended by then."""
        return self.ended is not None and self.ended <= moment


@dataclass(frozen=True)
class Matter:
    """A record that falls under one rule when nobody cares for it, and what is done about it.

    `agent` wrote the record, `owner` is that of an issue, `keeper` the customer's; each may be nobody. `contact` is a later
    conversation with the customer, which reached them or not. `closed` is when an issue is closed.
    """

    rule: str
    number: int
    at: datetime
    agent: str
    owner: str
    keeper: str
    works: tuple[Work, ...] = ()
    contact: datetime | None = None
    is_reached: bool = True
    closed: datetime | None = None

    @property
    def record(self) -> str:
        """The record's id."""
        return f"{self.at:%Y%m%d}-m{self.number:05}"

    @property
    def customer(self) -> str:
        """The customer's id; each matter has its own."""
        return f"m{self.number:05}"

    @property
    def moments(self) -> Iterator[datetime]:
        """When something about it changes."""
        yield self.at
        for work in self.works:
            yield work.opened
            if work.ended:
                yield work.ended
        yield from filter(None, (self.contact, self.closed))


def draw_matters(dice: random.Random, days: list[date], count: int) -> tuple[Matter, ...]:
    """So many matters on some of the days."""
    return tuple(_draw(dice, RULES[number % len(RULES)], number, dice.choice(days)) for number in range(count))


def _later(dice: random.Random, at: datetime) -> datetime:
    minutes = dice.choice((dice.randint(1, 600), dice.randint(600, 7200), dice.randint(7200, 60000)))
    return at + timedelta(minutes=minutes)


def _draw(dice: random.Random, rule: str, number: int, day: date) -> Matter:
    at = datetime(day.year, day.month, day.day) + timedelta(minutes=dice.randint(480, 1100))
    issue = rule == IDLE_ISSUE
    works: list[Work] = []
    most = {PROMISE: (0, 0, 1), IDLE_ISSUE: (0, 1, 2, 3), CALL_BACK: (1, 2)}.get(rule, (0, 0, 1))
    opened = at
    for n in range(1, dice.choice(most) + 1):
        opened = opened if rule == CALL_BACK else _later(dice, opened)
        ended = _later(dice, opened) if dice.random() < 0.85 else None
        works.append(Work(n, opened, ended, dice.choice(("done", "done", "closed"))))
        opened = ended or opened
    return Matter(
        rule,
        number,
        at,
        dice.choice(NAMES),
        dice.choice(NAMES) if issue else "",
        dice.choice(NAMES),
        tuple(works),
        _later(dice, at) if dice.random() < 0.5 else None,
        dice.random() < 0.7,
        _later(dice, at) if issue and dice.random() < 0.3 else None,
    )


def customer_files(matters: tuple[Matter, ...]) -> Iterator[tuple[str, str]]:
    """The customers' files, which do not change: path and text."""
    for matter in matters:
        fields = {
            "id": matter.customer,
            "template": "customer",
            "name": f"Firm {matter.number}",
            "type": "company",
            "stage": "active",
            **({"owner": matter.keeper} if matter.keeper else {}),
        }
        yield f"records/customers/{matter.customer}.yaml", _text_of(fields)


def write_matter(matter: Matter, root: Path, moment: datetime, offset: str) -> None:
    """Write the files of a matter as they are at a moment."""
    record = matter.record
    folder = "issues" if matter.rule == IDLE_ISSUE else "interactions"
    path = f"records/{folder}/{record[:4]}/" + ("" if folder == "issues" else f"{record[4:6]}/")
    _write(root / f"{path}{record}.yaml", _text_of(_fields_of(matter, moment, offset)))
    if matter.contact and matter.contact <= moment:
        contact = f"{matter.contact:%Y%m%d}-k{matter.number:05}"
        fields = _conversation(contact, matter, matter.contact, offset)
        fields |= {"direction": "outbound", "reached": matter.is_reached, "agent": "wang"}
        _write(root / f"records/interactions/{contact[:4]}/{contact[4:6]}/{contact}.yaml", _text_of(fields))


def _fields_of(matter: Matter, moment: datetime, offset: str) -> dict[str, object]:
    if matter.rule == IDLE_ISSUE:
        fields = {
            "id": matter.record,
            "template": "issue",
            "customer": matter.customer,
            "reported_on": f"{matter.at:%Y-%m-%d}",
            "recorded_at": f"{matter.at:%Y-%m-%dT%H:%M:%S}{offset}",
            "title": "t",
            "description": "d",
            "category": "product",
            "status": "closed" if matter.closed and matter.closed <= moment else "open",
            **({"owner": matter.owner} if matter.owner else {}),
        }
    else:
        fields = _conversation(matter.record, matter, matter.at, offset)
    fields |= {"agent": matter.agent} if matter.agent else {}
    if matter.rule == UNANSWERED:
        fields["outcome"] = ("follow_up", "transferred")[matter.number % 2]
    if matter.rule == LOW_SCORE:
        fields["satisfaction"] = ("dissatisfied", "very_dissatisfied")[matter.number % 2]
    if matter.rule == PROMISE:
        fields["agreements"] = [{"by": "us", "what": "send the list"}]
    fields["followups"] = [_follow_up(matter, work, moment, offset) for work in matter.works if work.opened <= moment]
    return fields


def _conversation(record: str, matter: Matter, at: datetime, offset: str) -> dict[str, object]:
    return {
        "id": record,
        "template": "relationship" if matter.rule == PROMISE else "member",
        "customer": matter.customer,
        "direction": "inbound",
        "channel": "phone",
        "started_at": f"{at:%Y-%m-%dT%H:%M:%S}{offset}",
        "recorded_at": f"{at:%Y-%m-%dT%H:%M:%S}{offset}",
        "subject": "s",
        "core_request": "c",
        "summary": "s",
    }


def _follow_up(matter: Matter, work: Work, moment: datetime, offset: str) -> dict[str, object]:
    steps = [(work.opened, "open")]
    if work.is_ended(moment):
        steps.append((work.ended, work.how))
    return {
        "n": work.n,
        "action": "call back with an answer" if matter.rule == CALL_BACK else "look into it",
        "owner": "wang",
        "due_rule": "none",
        "status": steps[-1][1],
        "result": "r",
        "history": [{"at": f"{at:%Y-%m-%dT%H:%M:%S}{offset}", "by": "wang", "status": status} for at, status in steps],
    }


def _text_of(fields: dict[str, object]) -> str:
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
