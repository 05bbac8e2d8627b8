"""Records that match a query, newest first."""

from collections.abc import Sequence
from datetime import date

from commlog.database.query.order import COLUMNS, order_by
from commlog.database.query.select import ListedRows
from commlog.errors import UsageError
from commlog.messages import mark
from commlog.output.listing import Listing, Page, narrow, row_mask
from commlog.records.queries import ListedRecord, iter_listed, without_kinds
from commlog.records.question import NAMING_KINDS, OptionTerm, condition_of, filter_of, mentions
from commlog.values import ANSWER, CUSTOMER
from commlog.workspace import Workspace
from commlog.worktime.periods import interval_before, parse_interval, parse_period

COLUMN_NAMES = ListedRecord._fields
SHOWN = ("id", "time", "customer_name", "channel", "agent", "subject", "outcome", "pending")
_SHOWN_BY_KIND = {
    "issue": ("id", "day", "customer_name", "subject", "owner", "priority", "status", "pending"),
    "survey": ("id", "day", "customer_name", "subject"),
    "answer": ("id", "day", "subject"),
}


def list_records(
    workspace: Workspace, query: str, terms: Sequence[OptionTerm], page: Page, *, reveal: bool = False
) -> Listing:
    """Records that match, the newest first; customers and answers only when the query names their kind or template.

    Numbers and addresses in people's words are masked unless revealed.

    Raises:
        UsageError: the query or the sort is not understood.
    """
    question = filter_of(workspace, query, terms)
    condition = condition_of(workspace, question, ListedRows.RECORDS)
    kinds = [values[0] for name, values in terms if name == "kind"]
    if not mentions(question, NAMING_KINDS):
        condition = without_kinds(condition, (CUSTOMER, ANSWER))
    order = order_by(page.sort or "-date", COLUMNS[ListedRows.RECORDS], ListedRows.RECORDS)
    found = iter_listed(workspace.index, condition, order, page.limit)
    rows = found if reveal else map(row_mask(COLUMN_NAMES, workspace.log.settings.mask), found)
    shown = _SHOWN_BY_KIND.get(kinds[0] if kinds else "", SHOWN)
    names = page.columns or COLUMN_NAMES
    return Listing(names, tuple(narrow(rows, COLUMN_NAMES, names)), page.columns or shown, "id")


def since_day(workspace: Workspace, text: str) -> date:
    """The first day of a period, or the day an interval back from today, in the log's zone.

    Raises:
        UsageError: the words are neither.
    """
    try:
        interval = parse_interval(text.strip())
    except ValueError:
        interval = None
    if interval is not None:
        return interval_before(interval, workspace.now.date())
    try:
        return parse_period(text, workspace.now).start.date()
    except (ValueError, OverflowError):
        raise UsageError(
            mark("invalid value for --since: '{value}' is neither a period nor a length of time"),
            value=text,
            remedy=mark("write 2026-03, 2026-Q1, last-month, 上月, a day, or 30d, 3m, 1y"),
        ) from None
