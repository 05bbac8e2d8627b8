"""Questions about surveys: which match, which were answered, what points they give."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from commlog.database.connection import Index
from commlog.database.query.conditions import SqlCondition, is_one_of
from commlog.database.query.fragments import CUSTOMER_NAME, HAS_SCORES, PENDING_COUNT, columns_of


class ListedSurvey(NamedTuple):
    """A row of the listing of surveys; the scores are worked out from the `content`, which is not listed."""

    id: Annotated[str, "r.id"]
    customer: Annotated[str | None, "r.customer"]
    customer_name: Annotated[str | None, CUSTOMER_NAME]
    period: Annotated[str | None, "r.subject"]
    requested_on: Annotated[str | None, "field(c.content, 'requested_on')"]
    assessed_on: Annotated[str | None, "field(c.content, 'assessed_on')"]
    entered_by: Annotated[str | None, "field(c.content, 'entered_by')"]
    overall: Annotated[int | None, "NULL"]
    lowest: Annotated[int | None, "NULL"]
    answered: Annotated[int, HAS_SCORES]
    pending: Annotated[int, PENDING_COUNT]
    path: Annotated[str, "r.path"]
    content: Annotated[str, "c.content"]


class SurveyPeriod(NamedTuple):
    """A survey and its period, folded."""

    id: str
    period: str


def listed_surveys(
    index: Index, condition: SqlCondition, order: str = "r.id", limit: int = -1, *, is_unanswered: bool = False
) -> list[ListedSurvey]:
    """The rows of a listing, only the unanswered ones when those are wanted."""
    sql = f"""SELECT {columns_of(ListedSurvey)} FROM records r JOIN contents c USING (record)
        WHERE ({condition.sql}) AND {f"NOT ({HAS_SCORES})" if is_unanswered else "1"} ORDER BY {order} LIMIT ?"""
    return index.read(ListedSurvey, sql, (*condition.parameters, limit))


def surveys_of(index: Index, customers: Sequence[str], *, is_answered: bool) -> list[SurveyPeriod]:
    """The surveys of some customers that were answered, or that were sent out and were not, by day."""
    whose = is_one_of("r.customer", customers)
    state = HAS_SCORES if is_answered else f"field(c.content, 'requested_on') IS NOT NULL AND NOT ({HAS_SCORES})"
    sql = f"""SELECT r.id, coalesce(fold(r.subject), '') FROM records r JOIN contents c USING (record)
        WHERE r.kind = 'survey' AND {whose.sql} AND {state} ORDER BY r.day, r.subject, r.id"""
    return index.read(SurveyPeriod, sql, whose.parameters)
