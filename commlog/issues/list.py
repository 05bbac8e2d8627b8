"""Issues with what a lead asks of them: whose, how far, how old, and what happens next."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from commlog.database.query.order import order_by
from commlog.database.query.select import ListedRows
from commlog.errors import UsageError
from commlog.forms.fields import find_field, find_value
from commlog.issues.queries import ListedIssue, listed_issues
from commlog.messages import mark
from commlog.output.listing import Listing, mask_listing
from commlog.records.find import get_record
from commlog.records.mask import shown_record
from commlog.records.question import condition_of, filter_of, mentions
from commlog.records.rules.consistency import fold_text
from commlog.values import ISSUE, Data, Record, stored_date
from commlog.workspace import Workspace
from commlog.worktime.calendar import MEASURED_DAYS
from commlog.worktime.limits import Limit, working_days_since
from commlog.worktime.periods import Interval, interval_before

COLUMN_NAMES: Final = ListedIssue._fields
SHOWN: Final = (
    "id",
    "title",
    "customer_name",
    "category",
    "department",
    "owner",
    "priority",
    "status",
    "reported_on",
    "age",
    "next",
    "next_due",
)
# By what a listing is grouped: the columns it is sorted by first.
GROUPS: Final = ("owner", "department", "category", "age")
_SORTS: Final = {
    **{name: (name,) for name in COLUMN_NAMES if name not in {"age", "closed_on"}},
    "subject": ("title",),
    "date": ("reported_on",),
    "due": ("next_due",),
    # The longest open first comes from the day reported: working days follow it.
    "age": ("reported_on",),
}
_STATUS: Final = frozenset({"status"})


@dataclass(frozen=True, slots=True)
class IssueView:
    """Which issues are wanted, by any of several names each, and how they are told; nothing means any.

    `older_than` is an interval, or working days; without `is_all` and any word on the status, closed ones are left out.
    """

    owners: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    older_than: Interval | Limit | None = None
    is_all: bool = False
    by: str = ""
    sort: str = ""
    limit: int = -1
    reveal: bool = False


def list_issues(workspace: Workspace, query: str, view: IssueView) -> Listing:
    """Issues that match, the ones reported first at the top unless sorted otherwise.

    Raises:
        UsageError: the query, the sort, the grouping, a category or a status is not understood.
    """
    question = filter_of(workspace, query, [("kind", [ISSUE])])
    condition = condition_of(workspace, question, ListedRows.RECORDS)
    is_asked = view.is_all or view.statuses or mentions(question, _STATUS)
    found = listed_issues(workspace.index, condition, _order_of(view), is_open=not is_asked)
    rows: list[dict[str, Data]] = [row._asdict() for row in found]
    kept = [row for row in _chosen(workspace, rows, view) if _is_old(workspace, row, view.older_than)]
    kept = kept if view.limit < 0 else kept[: view.limit]
    _with_spelling(workspace, kept)
    listing = Listing(COLUMN_NAMES, tuple(tuple(row.values()) for row in kept), SHOWN, "id")
    return listing if view.reveal else mask_listing(listing, workspace.log.settings.mask)


def read_issues(workspace: Workspace, listing: Listing, *, reveal: bool = False) -> tuple[Record, ...]:
    """The records of a listing of issues, in its order; personal data masked unless revealed."""
    place = COLUMN_NAMES.index("path")
    records = [get_record(workspace.reader.read(str(row[place]))) for row in listing.rows]
    if reveal:
        return tuple(records)
    return tuple(shown_record(workspace, one, reveal=False) for one in records)


def _order_of(view: IssueView) -> str:
    if view.by and view.by not in GROUPS:
        raise UsageError.of_choice(
            mark("invalid value for --by: issues cannot be grouped by '{value}'"), GROUPS, value=view.by
        )
    # Old issues are those that were reported early: -age is the youngest first, age the oldest first.
    return order_by(",".join(filter(None, (view.by, view.sort or "reported_on"))), _SORTS, ListedRows.RECORDS)


def _chosen(workspace: Workspace, rows: list[dict[str, Data]], view: IssueView) -> list[dict[str, Data]]:
    """The rows of the owners, departments, categories and states that are wanted, with their age."""
    members = workspace.log.settings.find_member
    wanted = {
        "owner": {fold_text(found.id if (found := members(name)) else name) for name in view.owners},
        "department": {fold_text(name) for name in view.departments},
        "category": {_choice(workspace, "category", name) for name in view.categories},
        "status": {_choice(workspace, "status", name) for name in view.statuses},
    }
    kept = [row for row in rows if all(not names or fold_text(str(row[key])) in names for key, names in wanted.items())]
    today = workspace.now.date()
    days = {key: _days_of(kept, key, today) for key in ("reported_on", "closed_on")}
    counted = {*days["reported_on"].values(), *days["closed_on"].values()}
    since = working_days_since(counted, today, workspace.log.settings.calendar)
    for row in kept:
        reported, closed = days["reported_on"].get(row["reported_on"]), days["closed_on"].get(row["closed_on"])
        row["age"] = None if reported is None else max(0, since[reported] - (since[closed] if closed else 0))
    return kept


def _days_of(rows: list[dict[str, Data]], key: str, today: date) -> dict[Data, date]:
    """The days in a column by their text; what is no day is left out, and nothing is older than can be counted."""
    oldest = today - timedelta(days=MEASURED_DAYS)
    days = {row[key]: stored_date(row[key]) for row in rows}
    return {text: min(max(day, oldest), today) for text, day in days.items() if day is not None}


def _is_old(workspace: Workspace, row: dict[str, Data], age: Interval | Limit | None) -> bool:
    """Whether an issue was reported at least so long ago; in working days, whether it took or takes so long."""
    if age is None:
        return True
    if isinstance(age, Limit):
        return row["age"] is not None and row["age"] >= age.amount
    return row["reported_on"] is not None and row["reported_on"] <= str(interval_before(age, workspace.now.date()))


def _choice(workspace: Workspace, key: str, words: str) -> str:
    """The slug that words mean in a field of the form.

    Raises:
        UsageError: there is no such choice; names all there are.
    """
    field = find_field(workspace.catalog.get(ISSUE), key)
    found = find_value(field, words) if field else None
    if field is None or found is None:
        known = map(str, field.enum) if field else ()
        raise UsageError.of_choice(mark("{field_name}: there is no '{value}'"), known, field_name=key, value=words)

    return found


def _with_spelling(workspace: Workspace, rows: list[dict[str, Data]]) -> None:
    """Put back the departments, which the index keeps folded, as the first file that has one writes it."""
    written: dict[str, Data] = {}
    for row in sorted(rows, key=lambda row: str(row["path"])):
        text = row["department"]
        if text and text not in written:
            written[text] = get_record(workspace.reader.read(str(row["path"]))).fields.get("department")
        row["department"] = written.get(text) if text else None
