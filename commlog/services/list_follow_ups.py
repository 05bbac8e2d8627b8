"""Pending follow-ups: what is owed to customers, the most overdue first."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final

from commlog.model.calendar import WorkCalendar
from commlog.model.listing import Listing, Page
from commlog.model.moment import format_instant
from commlog.model.record import Data
from commlog.query.filter import every
from commlog.query.order import COLUMNS, order_by
from commlog.query.select import Domain, is_overdue
from commlog.services.question import CUSTOMER_NAME, OptionTerm, condition_of, filter_of, mentions
from commlog.services.workspace import Workspace

# Every column and what it is in the copy; what is NULL here is worked out from the due instant.
_COLUMNS: Final = {
    "address": "f.address",
    "id": "r.id",
    "n": "f.n",
    "customer": "r.customer",
    "customer_name": CUSTOMER_NAME,
    "subject": "r.subject",
    "action": "f.action",
    "method": "f.method",
    "owner": "f.owner",
    "priority": "f.priority",
    "due": "f.due",
    "due_at": "f.due_at",
    "due_rule": "f.due_rule",
    "status": "f.status",
    "is_overdue": "coalesce({is_overdue}, 0)",
    "late": "NULL",
    "agreed_with_customer": "f.agreed_with_customer",
    "channel": "r.channel",
    "path": "r.path",
}
COLUMN_NAMES = tuple(_COLUMNS)
SHOWN = ("address", "due", "late", "status", "priority", "owner", "customer_name", "action")
_WORDS = {"status": "followups.status", "priority": "followups.priority"}
_STATUS = frozenset({"status"})
# Columns whose values SQL cannot give as they are told.
_WORKED_OUT = frozenset({"due_at", "is_overdue", "late", "agreed_with_customer"})
_SQL: Final = (
    "SELECT {columns} FROM follow_ups f JOIN records r USING (record) WHERE {condition} ORDER BY {order} LIMIT ?"
)


def list_follow_ups(workspace: Workspace, query: str, terms: Sequence[OptionTerm], page: Page) -> Listing:
    """Follow-ups that match; without a term on their status, those that are pending.

    Raises:
        UsageError: the query or the sort is not understood.
    """
    question = filter_of(workspace, query, terms)
    if not mentions(question, _STATUS):
        question = every([filter_of(workspace, "", [("status", ["pending"])]), question])
    condition = condition_of(workspace, question, Domain.FOLLOW_UPS)
    order = order_by(page.sort or "due", COLUMNS[Domain.FOLLOW_UPS], Domain.FOLLOW_UPS)
    names = page.columns if page.columns and _WORKED_OUT.isdisjoint(page.columns) else COLUMN_NAMES
    columns = ", ".join(_COLUMNS[name] for name in names).format(is_overdue=is_overdue(workspace.now))
    sql = _SQL.format(columns=columns, condition=condition.sql, order=order)
    rows = workspace.index.rows(sql, (*condition.parameters, page.limit))
    if names is COLUMN_NAMES:
        lateness = _Lateness(workspace.now, workspace.log.settings.calendar)
        rows = [_row(row, lateness) for row in rows]
    return Listing(names, tuple(rows), SHOWN, "address", _WORDS)


def _row(row: tuple[Data, ...], lateness: "_Lateness") -> tuple[Data, ...]:
    values = dict(zip(COLUMN_NAMES, row, strict=True))
    seconds, due, agreed = values["due_at"], values["due"], values["agreed_with_customer"]
    values["is_overdue"] = bool(values["is_overdue"])
    values["late"] = lateness.working_days(seconds) if values["is_overdue"] else None
    # A stored instant is what it says; a date is the closing time of its day.
    values["due_at"] = due if due and "T" in due else lateness.instant(seconds)
    values["agreed_with_customer"] = None if agreed is None else bool(agreed)
    return tuple(values.values())


class _Lateness:
    """How late things are at one instant; a day's distance is counted once."""

    def __init__(self, now: datetime, calendar: WorkCalendar) -> None:
        self.now = now
        self.calendar = calendar
        self.reached = now.date().toordinal()
        self.counted: dict[int, int] = {self.reached: 0}

    def instant(self, due_at: int | None) -> str | None:
        """The due instant as text in the log's zone."""
        return (
            None
            if due_at is None
            else format_instant(datetime.fromtimestamp(due_at, UTC).astimezone(self.calendar.zone))
        )

    def working_days(self, due_at: int) -> int:
        """Working days that began after the due day, today included."""
        day = datetime.fromtimestamp(due_at, UTC).astimezone(self.calendar.zone).date().toordinal()
        # Counted backwards from today, each day once: `counted` holds, by day, the working days after it.
        while self.reached > day:
            after = self.counted[self.reached] + self.calendar.is_working_day(date.fromordinal(self.reached))
            self.reached -= 1
            self.counted[self.reached] = after
        return self.counted.get(day, 0)
