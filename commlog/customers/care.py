"""What customers call for: yearly dates, visits, silences and checks, from the copy, without reading a record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from commlog.customers.rules.care import (
    KINDS,
    CareCustomer,
    CareDate,
    CareItem,
    LeftOut,
    YearlyDate,
    care_of,
    is_to_be_told,
    read_care_date,
    reason_to_leave_out,
)
from commlog.database.query.fields import find_built_in, plain_name
from commlog.database.query.filter import Spot, fault, shown
from commlog.database.query.select import Domain
from commlog.messages import mark
from commlog.output.listing import Listing, mask_listing
from commlog.records.mask import mask_name_of
from commlog.records.question import OptionTerm, condition_of, filter_of
from commlog.values import CUSTOMER, Data
from commlog.workspace import Workspace
from commlog.worktime.periods import Interval, interval_after

COLUMN_NAMES: Final = ("day", "days", "kind", "customer", "customer_name", "occasion", "level", "owner", "last_contact")
SHOWN: Final = ("day", "kind", "customer_name", "occasion", "level", "owner", "last_contact")
# What is not a name of a column, but means one.
_MEANT: Final = {"date": "day"}
_WORDS: Final = {"kind": "care"}
_A_WEEK: Final = Interval(1, "w")

# A two-way contact up to today: an interaction that reached somebody, whoever began it.
# The plus keeps the index by kind out of it: a customer's own records are few.
_CONTACTS: Final = "+i.kind = 'interaction' AND i.reached = 1 AND i.day <= ?"
_CUSTOMERS: Final = f"""
SELECT c.record, c.id, c.name, c.owner, c.level, c.stage, c.visit_every, c.verified_on, c.cooperation_since, r.recorded_at,
       (SELECT i.day FROM records i WHERE i.customer = c.id AND {_CONTACTS} ORDER BY i.day DESC LIMIT 1),
       c.do_not_contact, c.consent
FROM customers c JOIN records r USING (record) WHERE c.merged_into IS NULL AND {{condition}}
"""
_DATES: Final = "SELECT record, kind, date, lunar, name FROM customer_dates"
# Every customer who was merged, with whoever they ended up in on the way; a circle ends where it began.
_OF_MERGED: Final = f"""
WITH RECURSIVE merged (id, survivor) AS (
    SELECT id, merged_into FROM customers WHERE merged_into IS NOT NULL
    UNION SELECT m.id, c.merged_into FROM merged m JOIN customers c ON c.id = m.survivor WHERE c.merged_into IS NOT NULL
)
SELECT m.survivor, max(i.day) FROM merged m JOIN records i ON i.customer = m.id WHERE {_CONTACTS} GROUP BY m.survivor
"""


@dataclass(frozen=True, slots=True)
class CareView:
    """What of the care is wanted: how far ahead, which kinds (none: all), how sorted, at most how many rows (-1: all).

    With `reveal` names and words are as they are, else as the log's settings mask them.
    """

    within: Interval = _A_WEEK
    kinds: tuple[str, ...] = ()
    sort: str = ""
    limit: int = -1
    reveal: bool = False


@dataclass(frozen=True, slots=True)
class CareListing:
    """What is to be done, and the customers who would be in it if they wanted to be contacted."""

    listing: Listing
    left_out: tuple[LeftOut, ...]


def list_care(workspace: Workspace, query: str, terms: Sequence[OptionTerm], view: CareView) -> CareListing:
    """What is due or past, and what falls within the view's interval from today, by day unless sorted otherwise.

    Raises:
        UsageError: the query or the sort is not understood.
    """
    today = workspace.now.date()
    last = interval_after(view.within, today)
    kinds = view.kinds or KINDS
    items: list[CareItem] = []
    left_out: list[LeftOut] = []
    for customer in _iter_customers(workspace, query, terms):
        found = [
            item
            for item in care_of(customer, workspace.log.settings.care, today)
            if item.day <= last and item.kind in kinds
        ]
        reason = reason_to_leave_out(customer) if found else None
        if reason:
            left_out.append(LeftOut(customer.id, customer.name, reason))
        else:
            items += found
    rows = _in_order([_row(item) for item in sorted(items, key=_place)], view.sort)
    listing = Listing(COLUMN_NAMES, tuple(rows if view.limit < 0 else rows[: view.limit]), SHOWN, "customer", _WORDS)
    silent = tuple(sorted(left_out, key=lambda one: one.customer))
    if view.reveal:
        return CareListing(listing, silent)
    shown = tuple(replace(one, customer_name=mask_name_of(workspace, one.customer_name)) for one in silent)
    return CareListing(mask_listing(listing, workspace.log.settings.mask), shown)


def care_for_reminders(workspace: Workspace) -> tuple[CareItem, ...]:
    """What a reminder tells at the workspace's instant, by day; nothing of customers who are left alone.

    What is due only because nobody knows what to count from is not told: it would be told anew every day.
    """
    settings = workspace.log.settings
    items = (
        item
        for customer in _iter_customers(workspace)
        if reason_to_leave_out(customer) is None
        for item in care_of(customer, settings.care, workspace.now.date())
        if is_to_be_told(item, settings.care.before, settings.calendar)
    )
    return tuple(sorted(items, key=_place))


def yearly_dates(workspace: Workspace) -> tuple[YearlyDate, ...]:
    """The birthdays and anniversaries of all customers who are not left alone, by customer."""
    return tuple(
        YearlyDate(
            customer.id,
            customer.name,
            customer.owner,
            yearly.kind,
            yearly.label,
            yearly.month,
            yearly.day,
            yearly.is_lunar,
        )
        for customer in sorted(_iter_customers(workspace), key=lambda one: one.id)
        if reason_to_leave_out(customer) is None
        for yearly in customer.dates
    )


def _iter_customers(workspace: Workspace, query: str = "", terms: Sequence[OptionTerm] = ()) -> Iterator[CareCustomer]:
    """Customers that match and were not merged into another."""
    question = filter_of(workspace, query, [("kind", [CUSTOMER]), *terms])
    condition = condition_of(workspace, question, Domain.RECORDS)
    today = workspace.now.date().isoformat()
    dates = _read_dates(workspace)
    of_merged: dict[str, str] = dict(workspace.index.rows(_OF_MERGED, (today,)))
    zone = workspace.log.settings.zone
    for row in workspace.index.rows(_CUSTOMERS.format(condition=condition.sql), (today, *condition.parameters)):
        record, customer, name, owner, level, stage, every, verified, since, recorded, contact, silent, consent = row
        added = datetime.fromtimestamp(recorded, UTC).astimezone(zone).date() if recorded is not None else _day(since)
        yield CareCustomer(
            id=customer,
            name=name or customer,
            owner=owner,
            level=level,
            stage=stage,
            visit_every=every,
            verified_on=_day(verified),
            added_on=added,
            last_contact=_day(max(contact or "", of_merged.get(customer) or "")),
            dates=tuple(dates.get(record, ())),
            do_not_contact=bool(silent),
            consent=consent,
        )


def _read_dates(workspace: Workspace) -> dict[int, list[CareDate]]:
    """The yearly dates by the customer's record."""
    dates: dict[int, list[CareDate]] = {}
    for record, kind, text, is_lunar, name in workspace.open_dates(workspace.index.rows(_DATES)):
        dates.setdefault(record, []).append(read_care_date(kind, text, name or "", is_lunar=bool(is_lunar)))
    return dates


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _place(item: CareItem) -> tuple[date, int, str, str]:
    return item.day, KINDS.index(item.kind), item.customer, item.label


def _row(item: CareItem) -> tuple[Data, ...]:
    return (
        item.day.isoformat(),
        item.days,
        item.kind,
        item.customer,
        item.customer_name,
        item.label or None,
        item.level,
        item.owner,
        item.last_contact and item.last_contact.isoformat(),
    )


def _in_order(rows: list[tuple[Data, ...]], sort: str) -> list[tuple[Data, ...]]:
    """The rows by the columns named, `-` turns one round, missing values last; else as they are.

    Raises:
        UsageError: a column is unknown or named without a name.
    """
    order = []
    place = 0
    for part in sort.replace("，", ",").split(",") if sort.strip() else ():
        name = part.strip().lstrip("-－")
        column = _column_of(name)
        if column not in COLUMN_NAMES:
            spot = Spot(sort, place + 1 + len(part) - len(part.lstrip()))
            raise fault(
                mark("'{column_name}' is not a column to sort by"),
                spot,
                mark("use some of: {known}"),
                column_name=shown(part.strip()),
                known=", ".join(COLUMN_NAMES),
            )
        order.append((COLUMN_NAMES.index(column), part.strip() != name))
        place += len(part) + 1
    for column_place, is_reversed in reversed(order):
        told = [row for row in rows if row[column_place] is not None]
        told.sort(key=lambda row, at=column_place: row[at], reverse=is_reversed)  # type: ignore[misc]
        rows = told + [row for row in rows if row[column_place] is None]
    return rows


def _column_of(name: str) -> str:
    built_in = find_built_in(name)
    plain = built_in.name if built_in else plain_name(name)
    return _MEANT.get(plain, plain)
