"""Whom a reminder tells what at which run, worked out from a plan by counting minutes and days.

It knows the rules as they are written down for people, and nothing of the program: standard library only. `python
reference.py SEED FIRST LAST COUNT` prints the notices of a plan, one a line: run, address, follow-up, stage.
"""

import re
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

from dropped_plan import CALL_BACK, IDLE_ISSUE, PROMISE, Matter
from quarter_plan import HOLIDAYS, HOURS, MAKE_UP_DAYS, PENDING, Life, Person, Plan, State, make_plan

ORIGIN = datetime(2025, 12, 1)
DAYS = 200

Notice = tuple[datetime, str, str, str]
"""The run, the address, the item, the stage."""

Key = tuple[str, ...]
"""What makes a stage a new one: the opening and the due time of a follow-up, the rule of what was dropped."""

DROPPED_WITHIN = 30  # days, today included


class Year:
    """The working time around the plan: for each minute since ORIGIN how much of it has passed, and the days that are worked."""

    def __init__(self, holidays: tuple[date, ...] = HOLIDAYS, make_up_days: tuple[date, ...] = MAKE_UP_DAYS) -> None:
        self.worked = [0]
        self.working_days: set[date] = set()
        for number in range(DAYS):
            day = ORIGIN.date() + timedelta(days=number)
            is_worked = (day.weekday() < 5 and day not in holidays) or day in make_up_days
            if is_worked:
                self.working_days.add(day)
            for minute in range(1440):
                is_open = is_worked and any(start <= minute < end for start, end in HOURS)
                self.worked.append(self.worked[-1] + is_open)

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """The working minutes from one moment to a later one."""
        return (
            self.worked[int((end - ORIGIN).total_seconds()) // 60]
            - self.worked[int((start - ORIGIN).total_seconds()) // 60]
        )

    def days_between(self, first: date, last: date) -> Iterator[date]:
        """The working days after the first day, up to the last one."""
        day = first
        while day < last:
            day += timedelta(days=1)
            if day in self.working_days:
                yield day


OPENING = timedelta(minutes=HOURS[0][0])
CLOSING = timedelta(minutes=HOURS[-1][1])


def due_of(text: str) -> datetime | None:
    """The moment a due time means, in the log's zone."""
    if not text:
        return None
    if len(text) == 10:
        return datetime.fromisoformat(text) + CLOSING
    moment = datetime.fromisoformat(text[:19])
    return moment + timedelta(hours=8) if text.endswith("Z") else moment


def day_of(due: datetime) -> date:
    """The day a due time belongs to: midnight to the day that ends with it."""
    return (due - timedelta(minutes=1)).date()


def how_often(limit: str, due: datetime, now: datetime, year: Year) -> int:
    """How many times a limit has gone by since a due time."""
    if limit == "none":
        return 0
    amount, unit = re.fullmatch(r"(\d+)([a-z]+)", limit).groups()
    if unit == "wh":
        passed = year.minutes_between(due, now) // 60
    elif unit == "h":
        passed = (now - due) // timedelta(hours=1)
    elif unit == "wd":
        # A working day counts from the moment it opens.
        passed = sum(
            datetime.combine(day, datetime.min.time()) + OPENING <= now
            for day in year.days_between(day_of(due), now.date())
        )
    else:
        passed = sum(
            datetime.combine(day_of(due) + timedelta(days=number), datetime.min.time()) + OPENING <= now
            for number in range(1, (now.date() - day_of(due)).days + 1)
        )
    return passed // int(amount)


def is_near(limit: str, due: datetime, now: datetime, year: Year) -> bool:
    """Whether a due time to come is no further away than a limit."""
    if limit == "none":
        return False
    amount, unit = re.fullmatch(r"(\d+)([a-z]+)", limit).groups()
    if unit == "wh":
        left = year.minutes_between(now, due) / 60
    elif unit == "h":
        left = (due - now) / timedelta(hours=1)
    elif unit == "wd":
        left = len(list(year.days_between(now.date(), day_of(due))))
    else:
        left = (day_of(due) - now.date()).days
    return left <= int(amount)


def stages_of(state: State, now: datetime, plan: Plan, year: Year) -> tuple[list[str], list[tuple[str, str]]]:
    """What is to be said to the owner, and to whom else: stage and whom a step of the ladder names."""
    due = due_of(state.due)
    is_waiting = state.status == "awaiting_customer"
    if due is None or state.status not in PENDING or (is_waiting and not state.is_agreed):
        return [], []
    if now > due:
        again = how_often(plan.rules.repeat, due, now, year)
        stage = ("call_back" if is_waiting else "overdue") + (f"+{again}" if again else "")
        passed = [(limit, to) for limit, to in plan.rules.ladder if how_often(limit, due, now, year)]
        return [stage], [] if is_waiting else [(f"escalated/{limit}/{to}", to) for limit, to in passed]
    stages = []
    if now < due and day_of(due) == now.date() and now.time() >= (datetime.min + OPENING).time():
        stages.append("today")
    if now < due and is_near(plan.rules.before, due, now, year):
        stages.append("soon")
    return stages, []


class Team:
    """Who is told of what somebody owes, on one day."""

    def __init__(self, people: tuple[Person, ...], today: date) -> None:
        self.people = {person.id: person for person in people}
        self.ids = {person.name: person.id for person in people} | {person.id: person.id for person in people}
        self.today = today

    def who_is_there(self, person: Person) -> Person | None:
        """The person, or who stands in, or who is the deputy of those."""
        asked: list[str] = []
        while any(first <= self.today <= last for first, last in person.away):
            asked.append(person.id)
            if not person.deputy or person.deputy in asked:
                return None
            person = self.people[person.deputy]
        return person

    def addresses(self, owner: str) -> set[str]:
        """Where an owner, or whoever is told instead, is told."""
        if owner in self.ids:
            there = self.who_is_there(self.people[self.ids[owner]])
            if there and there.notify:
                return set(there.notify)
        return self.lead_addresses()

    def lead_addresses(self) -> set[str]:
        """Where the leads are told; those who are away rather than nobody."""
        leads = [person for person in self.people.values() if person.role == "lead"]
        there = [found for lead in leads if (found := self.who_is_there(lead)) and found.notify]
        return {address for person in there or leads for address in person.notify}


def dropped_of(matter: Matter, now: datetime, cutoff: date) -> Iterator[tuple[str, date]]:
    """What is dropped of a matter: the item, and since which day. What is of `cutoff` or later is too young."""
    if now < matter.at:
        return
    day = matter.at.date()
    begun = [work for work in matter.works if work.opened <= now]
    is_heard = matter.contact is not None and matter.contact <= now and matter.is_reached
    if matter.rule == PROMISE:
        # One follow-up is enough, whatever becomes of it.
        if not begun:
            yield matter.record, day
    elif matter.rule == CALL_BACK:
        for work in begun:
            if work.is_ended(now) and work.how == "done" and work.ended.date() < cutoff and not is_heard:
                yield f"{matter.record}/{work.n}", work.ended.date()
    elif day >= cutoff:
        return
    elif matter.rule == IDLE_ISSUE:
        is_closed = matter.closed is not None and matter.closed <= now
        if not is_closed and all(work.is_ended(now) for work in begun):
            yield matter.record, max([day, *(work.ended.date() for work in begun)])
    elif not is_heard and all(work.is_ended(now) and work.how == "closed" for work in begun):
        # What was closed undone is no answer.
        yield matter.record, day


def unkept(plan: Plan, now: datetime, cutoff: date) -> Iterator[tuple[str, date]]:
    """Follow-ups agreed with the customer that are done, while no conversation came after the record they are in."""
    records: dict[str, list[Life]] = {}
    for life in plan.lives:
        if life.at(now) is not None:
            records.setdefault(life.address.partition("/")[0], []).append(life)
    # All of them are of one customer, each at the same hour of its day.
    last = max((record[:8] for record in records), default="")
    for record, lives in records.items():
        for life in lives if record[:8] == last else ():
            known = [state for state in life.states if state.at <= now]
            done = [state.at for state in known if state.status == "done"]
            pairs = pairwise(known)
            opened = [state.at for old, state in pairs if state.status == "open" and old.status in ENDED]
            is_undone = bool(opened) and bool(done) and max(opened) > max(done)
            if (
                known[-1].status in ENDED
                and known[-1].is_agreed
                and done
                and not is_undone
                and max(done).date() < cutoff
            ):
                yield life.address, max(done).date()


ENDED = ("done", "closed")


def dropped(plan: Plan, now: datetime, year: Year) -> Iterator[tuple[str, str, str]]:
    """What was dropped within the last weeks: the item, the rule, and whose it is."""
    # A day counts from the moment it opens.
    begun = now.date() if now.time() >= (datetime.min + OPENING).time() else now.date() - timedelta(days=1)
    cutoff = max(day for day in year.working_days if day < begun)
    first = now.date() - timedelta(days=DROPPED_WITHIN - 1)
    for matter in plan.matters:
        owner = matter.owner or matter.agent or matter.keeper
        for item, since in dropped_of(matter, now, cutoff):
            if first <= since < begun:
                yield item, matter.rule, owner
    for item, since in unkept(plan, now, cutoff):
        if first <= since < begun:
            yield item, CALL_BACK, "wang"


def holding(plan: Plan, now: datetime, year: Year) -> dict[tuple[str, str], list[tuple[str, Key]]]:
    """Everything that is true at a moment: for each address and item its stages, told before or not."""
    team = Team(plan.team, now.date())
    found: dict[tuple[str, str], list[tuple[str, Key]]] = {}
    for life in plan.lives:
        state = life.at(now)
        if state is None:
            continue
        stages, others = stages_of(state, now, plan, year)
        if not stages:
            continue
        owners = team.addresses(state.owner)
        key = (f"{state.opened_at}", state.due)
        for address in owners:
            found[address, life.address] = [(stage, key) for stage in stages]
        for stage, to in others:
            for address in (team.lead_addresses() if to == "lead" else team.addresses(to)) - owners:
                found.setdefault((address, life.address), []).append((stage, key))
    for item, rule, owner in dropped(plan, now, year):
        for address in team.addresses(owner):
            found.setdefault((address, item), []).append(("dropped", (rule,)))
    return found


def notices(plan: Plan, year: Year | None = None) -> Iterator[Notice]:
    """Every notice, at the run that is the first to tell it."""
    year = year or Year()
    said = set()
    for now in plan.runs:
        for (address, item), stages in sorted(holding(plan, now, year).items(), key=lambda entry: entry[0]):
            for stage, key in stages:
                if (address, item, stage, *key) not in said:
                    said.add((address, item, stage, *key))
                    yield now, address, item, stage


if __name__ == "__main__":
    seed, first, last, count = sys.argv[1:]
    for now, address, item, stage in notices(
        make_plan(int(seed), date.fromisoformat(first), date.fromisoformat(last), int(count))
    ):
        print(f"{now:%Y-%m-%dT%H:%M}", address, item, stage)
