"""What a generated log holds, decided from a seed: customers, conversations, follow-ups and their states."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import isqrt

from deadlines import ZONE, due_after
from vocabulary import (
    CHANNELS,
    DEPARTMENTS,
    GIVEN_NAMES,
    HISTORY_NOTES,
    MEMBERS,
    MODELS,
    SURNAMES,
    TOPICS,
    WAITING_NOTES,
    Topic,
)

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=ZONE)
FIRST_DAY = date(2023, 1, 2)
LAST_DAY = NOW.date() - timedelta(days=1)
TEMPLATES = ("service", "member", "relationship", "visit")
SEED = 20260316
_LIMITS = {"urgent": "24h", "important": "3wd", "routine": "7wd", "high": "3wd", "medium": "eom", "low": "none"}
_PRIORITIES = ("important", "important", "routine", "routine", "urgent")
_ID_CHARACTERS = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer the conversations are with."""

    number: int
    id: str
    name: str
    company: str
    phone: str
    owner: str
    since: date


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a follow-up's history."""

    at: datetime
    by: str
    status: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One thing promised, with what became of it until NOW."""

    action: str
    owner: str
    priority: str
    due: datetime | None
    due_rule: str
    status: str
    history: tuple[Step, ...]
    result: str = ""

    @property
    def is_overdue(self) -> bool:
        """Whether it is late at NOW: open or in progress, and past due."""
        return self.status in {"open", "in_progress"} and self.due is not None and self.due < NOW


@dataclass(frozen=True, slots=True)
class Conversation:
    """One interaction record; `variety` decides what does not matter to its follow-ups."""

    id: str
    template: str
    customer: Customer
    agent: str
    channel: str
    started_at: datetime
    ended_at: datetime
    recorded_at: datetime
    topic: Topic
    model: str
    prior: str
    followups: tuple[FollowUp, ...]
    variety: int


def customer_count(records: int) -> int:
    """How many customers a log of so many records has: some hundred at 10,000, a thousand at most."""
    return min(1000, max(20, 3 * isqrt(records)))


def plan_customers(records: int, seed: int = SEED) -> list[Customer]:
    """Plan the customers of a log, the same for the same arguments."""
    dice = random.Random(f"customers-{seed}")
    return [_plan_customer(number, dice) for number in range(customer_count(records))]


def _plan_customer(number: int, dice: random.Random) -> Customer:
    surname, given = dice.choice(SURNAMES), dice.choice(GIVEN_NAMES)
    company = f"{dice.choice('恒瑞嘉宏')}{dice.choice('通达源信')}商贸{number}号有限公司"
    return Customer(
        number=number,
        id=f"{surname[0]}-{given[0]}-{number:04d}",
        name=surname[1] + given[1],
        company="" if number % 5 else company,
        phone=f"139{number:08d}",
        owner=dice.choice(MEMBERS)[0],
        since=FIRST_DAY - timedelta(days=dice.randrange(800)),
    )


def iter_conversations(records: int, seed: int = SEED) -> Iterator[Conversation]:
    """Plan the conversations of a log in time order by day, the same for the same arguments."""
    dice = random.Random(f"conversations-{seed}")
    customers = plan_customers(records, seed)
    days = (LAST_DAY - FIRST_DAY).days + 1
    used: set[str] = set()
    latest: dict[int, tuple[datetime, str]] = {}
    for number in range(records):
        day = FIRST_DAY + timedelta(days=number * days // records)
        # A few customers call often, most seldom.
        customer = customers[int(len(customers) * dice.random() ** 2)]
        started_at = datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(minutes=dice.randrange(540, 1140))
        earlier = latest.get(customer.number)
        prior = earlier[1] if earlier and earlier[0] < started_at and dice.random() < 0.4 else ""
        record_id = _new_id(day, used, dice)
        if not earlier or earlier[0] < started_at:
            latest[customer.number] = (started_at, record_id)
        yield _plan_conversation((record_id, prior), customer, started_at, dice)


def _new_id(day: date, used: set[str], dice: random.Random) -> str:
    while True:
        number = dice.getrandbits(30)
        tail = "".join(_ID_CHARACTERS[number >> shift & 31] for shift in (25, 20, 15, 10, 5, 0))
        if tail not in used:
            used.add(tail)
            return f"{day:%Y%m%d}-{tail}"


def _plan_conversation(
    ids: tuple[str, str], customer: Customer, started_at: datetime, dice: random.Random
) -> Conversation:
    ended_at = started_at + timedelta(minutes=dice.randrange(2, 40))
    recorded_at = ended_at + timedelta(minutes=dice.randrange(2, 25))
    template, topic, agent = dice.choice(TEMPLATES), dice.choice(TOPICS), dice.choice(MEMBERS)[0]
    model = dice.choice(MODELS)
    order = f"{started_at:%Y%m%d}{dice.randrange(10**5):05d}"
    opened = Step(recorded_at, agent, "open")
    actions = (
        topic.first_action.format(model=model, order=order),
        topic.second_action.format(model=model, order=order),
    )
    return Conversation(
        id=ids[0],
        template=template,
        customer=customer,
        agent=agent,
        channel=dice.choice(CHANNELS),
        started_at=started_at,
        ended_at=ended_at,
        recorded_at=recorded_at,
        topic=topic,
        model=model,
        prior=ids[1],
        followups=tuple(
            _plan_followup(action, (template, place), (ended_at, opened, topic), dice)
            for place, action in enumerate(actions)
        ),
        variety=dice.getrandbits(40),
    )


def _plan_followup(
    action: str, kind: tuple[str, int], origin: tuple[datetime, Step, Topic], dice: random.Random
) -> FollowUp:
    (template, place), (ended_at, opened, topic) = kind, origin
    if template == "relationship":
        priority = dice.choice(("high", "medium", "medium", "low") if place else ("high", "medium"))
    else:
        priority = dice.choice(_PRIORITIES)
    due_rule = _LIMITS[priority]
    due = due_after(due_rule, ended_at)
    owner = dice.choice(DEPARTMENTS) if dice.random() < 0.25 else dice.choice(MEMBERS)[0]
    history = _plan_history(opened, due, dice)
    status = history[-1].status
    result = topic.result if status in {"done", "closed"} else ""
    return FollowUp(action, owner, priority, due, due_rule, status, history, result)


def _plan_history(opened: Step, due: datetime | None, dice: random.Random) -> tuple[Step, ...]:
    """Plan the steps of a follow-up: nearly all are finished; about one in seventy stays late."""
    who = dice.choice(MEMBERS)[0]
    goal = due or opened.at + timedelta(days=20)
    stretch = dice.uniform(1.0, 1.4) if dice.random() < 0.08 else dice.uniform(0.1, 0.95)
    done_at = opened.at + timedelta(minutes=max(3, int((goal - opened.at).total_seconds() / 60 * stretch)))
    begun = Step(_between(opened.at, done_at, dice), who, "in_progress", dice.choice(HISTORY_NOTES))
    chance = dice.random()
    late = 0.06 if NOW - goal < timedelta(days=90) else 0.011
    if chance < late or done_at >= NOW:
        is_begun = chance % 0.01 < 0.005 and begun.at < NOW
        return (opened, begun) if is_begun else (opened,)
    if chance < late + 0.006:
        waits = Step(done_at, who, "awaiting_customer", dice.choice(WAITING_NOTES))
        return opened, begun, waits
    done = Step(done_at, who, "done")
    closed = Step(done_at + timedelta(hours=20), opened.by, "closed")
    steps = (opened, done) if dice.random() < 0.9 else (opened, begun, done)
    return (*steps, closed) if dice.random() < 0.1 and closed.at < NOW else steps


def _between(start: datetime, end: datetime, dice: random.Random) -> datetime:
    return start + timedelta(minutes=int((end - start).total_seconds() / 60 * dice.uniform(0.1, 0.9)))
