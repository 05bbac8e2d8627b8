"""Care: the dates and visits of a period that were kept, and the customers who fell silent or came back."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter
from typing import Final

from commlog.customers.care import iter_care_customers
from commlog.customers.rules.care import DO_NOT_CONTACT, LOST, SILENT_STAGES, VISIT, CareDate, next_day, visit_interval
from commlog.summary.figures.scope import SummaryScope
from commlog.summary.figures.threads import survivors_of
from commlog.summary.rules.figures import LEFT_OUT, NO, YES, FigureCase, Judgement
from commlog.worktime.periods import Interval, interval_after

# A birthday or an anniversary is kept within so many days around it, a visit up to so many days after it was due.
AROUND: Final = timedelta(days=3)
AFTERWARDS: Final = timedelta(days=7)
# The days of all two-way contacts of a customer in one text: a tenth of the time of a row each.
_CONTACTS: Final = """
SELECT customer, group_concat(day) FROM records INDEXED BY records_contacts
WHERE kind = 'interaction' AND reached = 1 GROUP BY customer
"""


@dataclass(frozen=True, slots=True)
class _Customer:
    """A customer who was not merged into another; `contacts` are the days of two-way contacts, the earliest first."""

    record: int
    id: str
    level: str
    stage: str | None
    visit_every: Interval | None
    added: date | None
    silence: str
    contacts: list[str]
    dates: tuple[CareDate, ...]

    @property
    def begun(self) -> date | None:
        """The day of the first contact or the day they became a customer, whichever came first."""
        first = [date.fromisoformat(day) for day in self.contacts[:1]]
        return min((*first, *([self.added] if self.added else [])), default=None)

    def last_before(self, day: date) -> date | None:
        """The last contact before a day, else the day they became a customer when that was before it."""
        place = bisect_left(self.contacts, day.isoformat())
        if place:
            return date.fromisoformat(self.contacts[place - 1])
        return self.added if self.added is not None and self.added < day else None

    def contacts_between(self, first: date, last: date) -> list[date]:
        """The days of contacts from one day to another, both included."""
        begin, end = bisect_left(self.contacts, first.isoformat()), bisect_right(self.contacts, last.isoformat())
        return [date.fromisoformat(day) for day in self.contacts[begin:end]]


def cases_of_care(scope: SummaryScope) -> dict[str, list[FigureCase]]:
    """Each birthday, anniversary and visit due in the period: kept within its window, missed, or left out."""
    customers = scope.once("care_customers", lambda: list(_read_customers(scope)))
    today = scope.workspace.now.date()
    first, after = scope.first, scope.day_after
    cases = []
    for customer in customers:
        for yearly in customer.dates:
            for day in _days_between(scope, yearly, first, after):
                kept = bool(customer.contacts_between(day - AROUND, min(day + AROUND, today)))
                judged = _judge(customer, is_kept=kept, is_over=day + AROUND < today)
                if customer.begun is not None and day < customer.begun:
                    judged = LEFT_OUT, "not_yet_customer"
                cases.append(FigureCase(customer.record, *judged, name=f"{yearly.kind} {day}", group=yearly.kind))
        for day, is_kept in _visits(customer, first, after, today):
            judged = _judge(customer, is_kept=is_kept, is_over=day + AFTERWARDS < today)
            cases.append(FigureCase(customer.record, *judged, name=f"{VISIT} {day}", group=VISIT))
    return {"care_served": cases}


def cases_of_silence(scope: SummaryScope) -> dict[str, list[FigureCase]]:
    """Customers silent for longer than their level allows, over all active ones; of those silent when the period began, who came back."""
    customers = scope.once("care_customers", lambda: list(_read_customers(scope)))
    limits = scope.workspace.log.settings.care.dormant_after
    first, after = scope.first, scope.day_after
    at = scope.at.date()
    # A contact of today counts today; the period before ended with the day before its end.
    until = at if scope.is_past else at + timedelta(days=1)
    dormant, returned = [], []
    for customer in customers:
        limit = limits.get(customer.level)
        if customer.stage not in SILENT_STAGES:
            case = _silence(customer, limit, until, at)
            dormant += [case] if case else []
        last = customer.last_before(first)
        # Who will be silent when a period begins that is still to come, nobody knows.
        if (
            first <= scope.workspace.now.date()
            and customer.stage != LOST
            and limit
            and last
            and interval_after(limit, last) <= first
        ):
            came = customer.contacts_between(first, after - timedelta(days=1))
            returned.append(FigureCase(customer.record, YES if came else NO))
    return {"dormant": dormant, "reactivated": returned}


def _silence(customer: _Customer, limit: Interval | None, until: date, at: date) -> FigureCase | None:
    last = customer.last_before(until)
    if last is None:
        is_later = bool(customer.contacts) or customer.added is not None
        return None if is_later else FigureCase(customer.record, LEFT_OUT, "without_contact")
    if limit is None:
        return FigureCase(customer.record, LEFT_OUT, "without_limit")
    return FigureCase(customer.record, YES if interval_after(limit, last) <= at else NO)


def _judge(customer: _Customer, *, is_kept: bool, is_over: bool) -> Judgement:
    if customer.silence:
        return LEFT_OUT, customer.silence
    if is_kept:
        return YES, ""
    return (NO, "") if is_over else (LEFT_OUT, "window_open")


def _days_between(scope: SummaryScope, yearly: CareDate, first: date, after: date) -> Iterator[date]:
    day = next_day(yearly, first, scope.workspace.log.settings.care.leap_day)
    while day is not None and day < after:
        yield day
        day = next_day(yearly, day + timedelta(days=1), scope.workspace.log.settings.care.leap_day)


def _visits(customer: _Customer, first: date, after: date, today: date) -> Iterator[tuple[date, bool]]:
    """The visits that fell due from `first` up to `after`, and whether each was kept.

    A visit is due an interval after the last contact as it was known when the one before was settled; any contact from
    then up to a week after the due day keeps it, and the last of these is what the next one is counted from.
    """
    last = customer.last_before(first)
    if last is None:
        last = customer.begun
    while customer.visit_every is not None and last is not None and customer.stage != LOST:
        due = interval_after(customer.visit_every, last)
        if due >= after:
            return
        latest = due + AFTERWARDS
        kept = customer.contacts_between(last + timedelta(days=1), min(latest, today))
        if due >= first:
            yield due, bool(kept)
        later = customer.contacts_between(latest + timedelta(days=1), today)
        last = kept[-1] if kept else next(iter(later), None)


def _read_customers(scope: SummaryScope) -> Iterator[_Customer]:
    contacts = _read_contacts(scope)
    for one in sorted(iter_care_customers(scope.workspace), key=attrgetter("id")):
        yield _Customer(
            record=one.record,
            id=one.id,
            level=one.level or "",
            stage=one.stage,
            visit_every=visit_interval(one, scope.workspace.log.settings.care),
            added=one.added_on,
            silence=DO_NOT_CONTACT if one.do_not_contact else "" if one.consent == "granted" else "without_consent",
            contacts=contacts.get(one.id, []),
            dates=one.dates,
        )


def _read_contacts(scope: SummaryScope) -> Mapping[str, list[str]]:
    """The days of two-way contacts by customer; those of merged customers are their survivor's."""
    index = scope.workspace.index
    survivors = survivors_of(scope)
    contacts: dict[str, list[str]] = {}
    today = scope.workspace.now.date().isoformat()
    for customer, days in index.rows(_CONTACTS):
        if customer is None or days is None:
            continue
        contacts.setdefault(survivors.get(customer, customer), []).extend(days.split(","))
    for told in contacts.values():
        told.sort()
        # Nobody has spoken with anybody tomorrow.
        del told[bisect_right(told, today) :]
    return contacts


def _day_after(scope: SummaryScope) -> date:
    return (scope.period.end - timedelta(seconds=1)).date() + timedelta(days=1)
