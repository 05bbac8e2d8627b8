"""Questions about issues: which match, which are open, which came of a record."""

from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple

from commlog.database.connection import Index
from commlog.database.query import fragments
from commlog.database.query.conditions import SqlCondition, is_one_of

_NEXT: Final = f"({fragments.OF_RECORD} AND {fragments.IS_PENDING} ORDER BY f.due_at IS NULL, f.due_at, f.n LIMIT 1)"


class ListedIssue(NamedTuple):
    """A row of the listing of issues; `age` is worked out, and a department is folded."""

    id: Annotated[str, "r.id"]
    title: Annotated[str | None, "r.subject"]
    customer: Annotated[str | None, "r.customer"]
    customer_name: Annotated[str | None, fragments.CUSTOMER_NAME]
    category: Annotated[str | None, "r.category"]
    department: Annotated[str | None, "field(c.content, 'department')"]
    owner: Annotated[str | None, "r.owner"]
    priority: Annotated[str | None, "r.priority"]
    status: Annotated[str | None, "r.status"]
    reported_on: Annotated[str | None, "r.day"]
    closed_on: Annotated[
        str | None, "CASE WHEN r.status = 'closed' THEN substr(field(c.content, 'closed_on'), 1, 10) END"
    ]
    age: Annotated[int | None, "NULL"]
    next: Annotated[str | None, _NEXT.format(columns="f.action")]
    next_due: Annotated[str | None, _NEXT.format(columns="f.due")]
    pending: Annotated[int, fragments.PENDING_COUNT]
    path: Annotated[str, "r.path"]


def listed_issues(index: Index, condition: SqlCondition, order: str, *, is_open: bool) -> list[ListedIssue]:
    """The rows of a listing, without those that are closed when only `is_open` ones are wanted."""
    sql = f"""SELECT {fragments.columns_of(ListedIssue)} FROM records r JOIN contents c USING (record)
        WHERE ({condition.sql}) AND {fragments.IS_OPEN_ISSUE if is_open else "1"} ORDER BY {order}, r.id"""
    return index.read(ListedIssue, sql, condition.parameters)


def open_issues(index: Index, customers: Sequence[str]) -> list[ListedIssue]:
    """The issues of some customers that are not closed, the oldest first."""
    return listed_issues(index, is_one_of("+r.customer", customers), "r.day", is_open=True)


def issues_linked_to(index: Index, record_id: str) -> list[str]:
    """The ids of the issues that are linked to a record."""
    sql = """SELECT DISTINCT r.id FROM records r JOIN links l USING (record)
        WHERE r.kind = 'issue' AND l.target = ? ORDER BY r.id"""
    return index.texts(sql, (record_id,))
