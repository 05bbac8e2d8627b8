"""Care: which birthdays, anniversaries, visits, silences and unchecked details of customers need attention, and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from commlog.worktime.calendar import WorkCalendar
from commlog.worktime.periods import Interval, interval_after, interval_before, parse_interval

LeapDay = Literal["feb_28", "mar_1"]

VISIT_EVERY: Final[Mapping[str, Interval | None]] = MappingProxyType(
    {"vip": Interval(1, "m"), "key": Interval(3, "m"), "regular": Interval(6, "m")}
)
DORMANT_AFTER: Final[Mapping[str, Interval | None]] = MappingProxyType(
    {"vip": Interval(2, "m"), "key": Interval(4, "m"), "regular": Interval(8, "m"), "potential": Interval(8, "m")}
)


class CareRules(NamedTuple):
    """What a team chose; None switches a rule off.

    `visit_every` and `dormant_after` are by customer level, counted from the last two-way contact; `leap_day` is the day on
    which 29 February is kept in other years; `verify_after` is how long a customer's information counts as checked; `before`
    is how long ahead a birthday or anniversary is announced by reminders.
    """

    visit_every: Mapping[str, Interval | None] = VISIT_EVERY
    dormant_after: Mapping[str, Interval | None] = DORMANT_AFTER
    leap_day: LeapDay = "feb_28"
    verify_after: Interval | None = Interval(1, "y")
    before: Interval | None = Interval(3, "d")


BIRTHDAY: Final = "birthday"
ANNIVERSARY: Final = "anniversary"
VISIT: Final = "visit"
DORMANT: Final = "dormant"
VERIFY: Final = "verify"
# In the order in which those of one day are listed.
KINDS: Final = (BIRTHDAY, ANNIVERSARY, VISIT, DORMANT, VERIFY)
YEARLY: Final = frozenset({BIRTHDAY, ANNIVERSARY})

DO_NOT_CONTACT: Final = "do_not_contact"
CONSENT_WITHDRAWN: Final = "consent_withdrawn"

# How long before a customer becomes dormant a reminder is sent.
DORMANT_WARNING: Final = timedelta(days=7)
LOST: Final = "lost"
# Stages that say already what silence would say.
SILENT_STAGES: Final = frozenset({"dormant", LOST})
_LEAP_DAY: Final = (2, 29)
# A lunar date of the last days of a year may skip one year of the common calendar.
_YEARS_AHEAD: Final = 3


@dataclass(frozen=True, slots=True)
class CareDate:
    """A day that comes back every year; `since` is the day it first was, when its year is known: nobody is shown that."""

    kind: str
    label: str
    month: int
    day: int
    is_lunar: bool = False
    since: date | None = None


@dataclass(frozen=True, slots=True)
class CareCustomer:
    """What care needs to know of a customer who was not merged into another; `record` is the number of their row in the index.

    `last_contact` is the day of the last two-way contact with them or with those merged into them; `added_on` the day
    their file was written, or they became a customer.
    """

    id: str
    name: str
    owner: str | None = None
    level: str | None = None
    stage: str | None = None
    visit_every: str | None = None
    verified_on: date | None = None
    added_on: date | None = None
    last_contact: date | None = None
    dates: tuple[CareDate, ...] = ()
    do_not_contact: bool = False
    consent: str | None = None
    record: int = 0


@dataclass(frozen=True, slots=True)
class CareItem:
    """One thing to do for a customer: `day` is when it falls or is due, `days` how far off that is, negative when past.

    `is_undated` when nobody knows what to count from: it is due on any day it is asked for.
    """

    kind: str
    customer: str
    customer_name: str
    owner: str | None
    level: str | None
    day: date
    label: str
    days: int
    last_contact: date | None
    is_undated: bool = False

    @property
    def is_due(self) -> bool:
        """Whether its day has come."""
        return self.days <= 0


@dataclass(frozen=True, slots=True)
class ExcludedCustomer:
    """A customer who is in no answer about care, and why: DO_NOT_CONTACT or CONSENT_WITHDRAWN."""

    customer: str
    customer_name: str
    reason: str


def read_care_date(kind: str, text: str, label: str, *, is_lunar: bool) -> CareDate:
    """The yearly date a stored text names: 1990-03-08, 03-08, or a lunar 08-15.

    Raises:
        ValueError: it names none.
    """
    month, day = int(text[-5:-3]), int(text[-2:])
    since = date.fromisoformat(text) if len(text) > len("03-08") else None
    return CareDate(kind, label, month, day, is_lunar, since)


def reason_to_leave_out(customer: CareCustomer) -> str | None:
    """Why a customer is left alone; None when they are not."""
    if customer.do_not_contact:
        return DO_NOT_CONTACT
    return CONSENT_WITHDRAWN if customer.consent == "withdrawn" else None


def care_of(customer: CareCustomer, rules: CareRules, today: date) -> Iterator[CareItem]:
    """Everything that is due for a customer: the next of each yearly date, and the day of each rule, past or to come."""
    for yearly in customer.dates:
        day = next_day(yearly, today, rules.leap_day)
        if day is not None:
            yield _item(customer, (yearly.kind, yearly.label), day, today)
    spoken = customer.last_contact or customer.added_on
    if customer.stage != LOST:
        yield from _counted(customer, VISIT, (visit_interval(customer, rules), spoken), today)
    # Without a day to count from nobody can be said to have fallen silent.
    if customer.stage not in SILENT_STAGES and spoken is not None:
        limit = rules.dormant_after.get(customer.level or "")
        yield from _counted(customer, DORMANT, (limit, spoken), today)
    verified = customer.verified_on or customer.added_on
    yield from _counted(customer, VERIFY, (rules.verify_after, verified), today)


def next_day(yearly: CareDate, today: date, leap_day: LeapDay) -> date | None:
    """The next day from today on that a yearly date falls on, not before it first was; None when it is not known."""
    first = max(today, yearly.since or today)
    for year in range(first.year, min(first.year + _YEARS_AHEAD, MAXYEAR + 1)):
        for day in _days_in(year, yearly, leap_day):
            if day >= first:
                return day
    return None


def is_reminder_due(item: CareItem, before: Interval | None, calendar: WorkCalendar) -> bool:
    """Whether it is reminded of today.

    A birthday or anniversary from `before` ahead until its day, and at the latest on the last working day before one
    that is not worked; with None never. A silence from a week before; a visit and a check when they are due.
    """
    if item.kind not in YEARLY:
        ahead = DORMANT_WARNING if item.kind == DORMANT else timedelta()
        return not item.is_undated and timedelta(days=item.days) <= ahead
    if before is None:
        return False
    today = item.day - timedelta(days=item.days)
    to_come = (today + timedelta(days=ahead) for ahead in range(1, item.days + 1))
    return interval_before(before, item.day) <= today or not any(map(calendar.is_working_day, to_come))


def _days_in(year: int, yearly: CareDate, leap_day: LeapDay) -> tuple[date, ...]:
    if yearly.is_lunar:
        # Loaded with the first lunar date: most logs have none.
        from commlog.worktime.lunar import lunar_dates_in

        return lunar_dates_in(year, yearly.month, yearly.day)
    try:
        return (date(year, yearly.month, yearly.day),)
    except ValueError:
        if (yearly.month, yearly.day) != _LEAP_DAY:
            return ()
        return (date(year, 2, 28) if leap_day == "feb_28" else date(year, 3, 1),)


def visit_interval(customer: CareCustomer, rules: CareRules) -> Interval | None:
    """How often a customer is visited: by their own interval, else by that of their level; None for never."""
    if customer.visit_every:
        try:
            return parse_interval(customer.visit_every)
        except ValueError:
            pass  # `check` says what is wrong with it
    return rules.visit_every.get(customer.level or "")


def _counted(
    customer: CareCustomer, kind: str, span: tuple[Interval | None, date | None], today: date
) -> Iterator[CareItem]:
    """What is due an interval after a day: nothing without an interval, today without the day."""
    interval, since = span
    if interval is not None:
        day = today if since is None else interval_after(interval, since)
        yield _item(customer, (kind, ""), day, today, is_undated=since is None)


def _item(one: CareCustomer, what: tuple[str, str], day: date, today: date, *, is_undated: bool = False) -> CareItem:
    kind, label = what
    days, last = (day - today).days, one.last_contact
    return CareItem(kind, one.id, one.name, one.owner, one.level, day, label, days, last, is_undated)
