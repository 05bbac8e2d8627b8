"""The care that is due: yearly dates, visits, silences and checks of customers, found in the index without reading a record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Final

from commlog.customers.queries import care_entries, last_contacts_of_merged
from commlog.customers.rules import care as care_rules
from commlog.database.queries import customer_dates
from commlog.database.query.order import sort_rows
from commlog.database.query.select import ListedRows
from commlog.output.listing import Listing, mask_listing
from commlog.records.mask import mask_name_of
from commlog.records.question import OptionTerm, condition_of, filter_of
from commlog.values import CUSTOMER, Data, stored_date
from commlog.workspace import Workspace
from commlog.worktime.periods import Interval, interval_after

COLUMN_NAMES: Final = ("day", "days", "kind", "customer", "customer_name", "occasion", "level", "owner", "last_contact")
SHOWN: Final = ("day", "kind", "customer_name", "occasion", "level", "owner", "last_contact")
# Other names of columns.
_MEANT: Final = {"date": "day"}
_WORDS: Final = {"kind": "care"}
# The fields of a customer that care takes as the index has them.
_AS_STORED: Final = ("id", "owner", "level", "stage", "visit_every", "consent", "record")
_A_WEEK: Final = Interval(1, "w")


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
    left_out: tuple[care_rules.ExcludedCustomer, ...]


def list_care(workspace: Workspace, query: str, terms: Sequence[OptionTerm], view: CareView) -> CareListing:
    """What is due or past, and what falls within the view's interval from today, by day unless sorted otherwise.

    Raises:
        UsageError: the query or the sort is not understood.
    """
    today = workspace.now.date()
    last = interval_after(view.within, today)
    kinds = view.kinds or care_rules.KINDS
    items: list[care_rules.CareItem] = []
    left_out: list[care_rules.ExcludedCustomer] = []
    for customer in iter_care_customers(workspace, query, terms):
        found = [
            item
            for item in care_rules.care_of(customer, workspace.log.settings.care, today)
            if item.day <= last and item.kind in kinds
        ]
        reason = care_rules.reason_to_leave_out(customer) if found else None
        if reason:
            left_out.append(care_rules.ExcludedCustomer(customer.id, customer.name, reason))
        else:
            items += found
    rows = sort_rows([_row(item) for item in sorted(items, key=_place)], view.sort, COLUMN_NAMES, _MEANT)
    listing = Listing(COLUMN_NAMES, tuple(rows if view.limit < 0 else rows[: view.limit]), SHOWN, "customer", _WORDS)
    silent = tuple(sorted(left_out, key=attrgetter("customer")))
    if view.reveal:
        return CareListing(listing, silent)
    shown = tuple(replace(one, customer_name=mask_name_of(workspace, one.customer_name)) for one in silent)
    return CareListing(mask_listing(listing, workspace.log.settings.mask), shown)


def care_for_reminders(workspace: Workspace) -> tuple[care_rules.CareItem, ...]:
    """The customer care to remind of at the workspace's instant, by day; without customers who must not be contacted.

    What is due only because nobody knows what to count from is left out: it would be reminded of every day.
    """
    settings = workspace.log.settings
    items = (
        item
        for customer in iter_care_customers(workspace)
        if care_rules.reason_to_leave_out(customer) is None
        for item in care_rules.care_of(customer, settings.care, workspace.now.date())
        if care_rules.is_reminder_due(item, settings.care.before, settings.calendar)
    )
    return tuple(sorted(items, key=_place))


def yearly_dates(workspace: Workspace) -> tuple[tuple[care_rules.CareCustomer, care_rules.CareDate], ...]:
    """The birthdays and anniversaries of all customers who may be contacted, by customer; without the years."""
    return tuple(
        (replace(customer, dates=()), replace(yearly, since=None))
        for customer in sorted(iter_care_customers(workspace), key=attrgetter("id"))
        if care_rules.reason_to_leave_out(customer) is None
        for yearly in customer.dates
    )


def iter_care_customers(
    workspace: Workspace, query: str = "", terms: Sequence[OptionTerm] = ()
) -> Iterator[care_rules.CareCustomer]:
    """Customers that match and were not merged into another.

    Raises:
        UsageError: the query is not understood.
    """
    question = filter_of(workspace, query, [("kind", [CUSTOMER]), *terms])
    condition = condition_of(workspace, question, ListedRows.RECORDS)
    today, zone = workspace.now.date(), workspace.log.settings.zone
    dates: dict[int, list[care_rules.CareDate]] = {}
    for date_row in workspace.open_dates(customer_dates(workspace.index)):
        dates.setdefault(date_row.record, []).append(
            care_rules.read_care_date(
                date_row.kind, date_row.date, date_row.name or "", is_lunar=bool(date_row.is_lunar)
            )
        )
    of_merged = last_contacts_of_merged(workspace.index, today)
    for row in care_entries(workspace.index, condition, today):
        recorded = None if row.recorded_at is None else datetime.fromtimestamp(row.recorded_at, UTC).astimezone(zone)
        yield care_rules.CareCustomer(
            name=row.name or row.id,
            verified_on=stored_date(row.verified_on),
            added_on=stored_date(row.cooperation_since) if recorded is None else recorded.date(),
            last_contact=stored_date(max(row.last_contact or "", of_merged.get(row.id, ""))),
            dates=tuple(dates.get(row.record, ())),
            do_not_contact=bool(row.do_not_contact),
            **{key: getattr(row, key) for key in _AS_STORED},
        )


def _place(item: care_rules.CareItem) -> tuple[date, int, str, str]:
    return item.day, care_rules.KINDS.index(item.kind), item.customer, item.label


def _row(item: care_rules.CareItem) -> tuple[Data, ...]:
    day, last = item.day.isoformat(), item.last_contact and item.last_contact.isoformat()
    return (
        day,
        item.days,
        item.kind,
        item.customer,
        item.customer_name,
        item.label or None,
        item.level,
        item.owner,
        last,
    )
