"""Follow-ups to look at: those that are pending, the most overdue first."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from commlog.database.query.conditions import SqlCondition
from commlog.database.query.filter import every
from commlog.database.query.order import COLUMNS, order_by
from commlog.database.query.select import ListedRows
from commlog.followups.queries import ListedFollowUp, listed_follow_ups
from commlog.output.listing import Listing, Page, mask_listing
from commlog.records.question import OptionTerm, condition_of, filter_of, mentions
from commlog.values import Data
from commlog.workspace import Workspace
from commlog.worktime.calendar import WorkCalendar
from commlog.worktime.limits import working_days_since
from commlog.worktime.moment import format_instant

COLUMN_NAMES = ListedFollowUp._fields
SHOWN = ("address", "due", "late", "status", "priority", "owner", "customer_name", "action")
_WORDS = {"status": "followups.status", "priority": "followups.priority"}
_STATUS = frozenset({"status"})
# Columns whose values SQL cannot give as they are told.
_WORKED_OUT = frozenset({"due_at", "is_overdue", "late", "agreed_with_customer"})


def list_follow_ups(
    workspace: Workspace, query: str, terms: Sequence[OptionTerm], page: Page, *, reveal: bool = False
) -> Listing:
    """Follow-ups that match; without a term on their status, those that are pending.

    Numbers and addresses in people's words are masked unless revealed.

    Raises:
        UsageError: the query or the sort is not understood.
    """
    condition = pending_unless_named(workspace, query, terms)
    order = order_by(page.sort or "due", COLUMNS[ListedRows.FOLLOW_UPS], ListedRows.FOLLOW_UPS)
    names = page.columns if page.columns and _WORKED_OUT.isdisjoint(page.columns) else COLUMN_NAMES
    rows = listed_follow_ups(workspace.index, names, condition, (order, page.limit), workspace.now)
    if names is COLUMN_NAMES:
        rows = _told(rows, workspace)
    listing = Listing(names, tuple(rows), SHOWN, "address", _WORDS)
    return listing if reveal else mask_listing(listing, workspace.log.settings.mask)


def pending_unless_named(workspace: Workspace, query: str, terms: Sequence[OptionTerm] = ()) -> SqlCondition:
    """The condition on follow-ups that a query and terms ask for; without a term on their status, those that are pending.

    Raises:
        UsageError: the query is not understood.
    """
    question = filter_of(workspace, query, terms)
    if not mentions(question, _STATUS):
        question = every([filter_of(workspace, "", [("status", ["pending"])]), question])
    return condition_of(workspace, question, ListedRows.FOLLOW_UPS)


def provisional_years(listing: Listing, calendar: WorkCalendar) -> dict[int, int]:
    """How many of the listed follow-ups are due in each year whose holidays are still missing."""
    if "due" not in listing.columns:
        return {}
    place = listing.columns.index("due")
    years = Counter(int(str(row[place])[:4]) for row in listing.rows if row[place] and str(row[place])[:4].isdecimal())
    return {year: count for year, count in sorted(years.items()) if calendar.is_provisional(year)}


def _told(rows: list[tuple[Data, ...]], workspace: Workspace) -> list[tuple[Data, ...]]:
    """The rows with what is worked out from the due instant: the instant itself, and working days late."""
    calendar = workspace.log.settings.calendar
    told = [dict(zip(COLUMN_NAMES, row, strict=True)) for row in rows]
    dues = {seconds: _instant(seconds, calendar) for seconds in {values["due_at"] for values in told} - {None}}
    days = {instant.date() for instant in dues.values()}
    late = working_days_since(days, workspace.now.date(), calendar)
    for values in told:
        instant, due, agreed = dues.get(values["due_at"]), values["due"], values["agreed_with_customer"]
        values["is_overdue"] = bool(values["is_overdue"])
        values["late"] = late[instant.date()] if values["is_overdue"] and instant else None
        # A stored instant is what it says; a date is the closing time of its day.
        values["due_at"] = due if due and "T" in due else instant and format_instant(instant)
        values["agreed_with_customer"] = None if agreed is None else bool(agreed)
    return [tuple(values.values()) for values in told]


def _instant(seconds: int, calendar: WorkCalendar) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone(calendar.zone)
