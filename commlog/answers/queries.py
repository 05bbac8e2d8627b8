"""Questions about standard answers: which match, and what they say."""

from datetime import date
from typing import Annotated, NamedTuple

from commlog.database.connection import Index
from commlog.database.query.conditions import SqlCondition, is_one_of
from commlog.database.query.fragments import columns_of
from commlog.records.queries import RecordText, record_texts


class ListedAnswer(NamedTuple):
    """A row of the listing of standard answers."""

    id: Annotated[str, "r.id"]
    question: Annotated[str | None, "r.subject"]
    category: Annotated[str | None, "r.category"]
    audience: Annotated[str, "coalesce(field(c.content, 'audience'), 'internal')"]
    valid_until: Annotated[str | None, "field(c.content, 'valid_until')"]
    expired: Annotated[int, "coalesce(field(c.content, 'valid_until') < '{today}', 0)"]
    approved_on: Annotated[str | None, "field(c.content, 'approved_on')"]
    agent: Annotated[str | None, "r.agent"]
    path: Annotated[str, "r.path"]


def listed_answers(index: Index, condition: SqlCondition, order: str, limit: int, today: date) -> list[ListedAnswer]:
    """The rows of a listing; an answer is expired after its last day."""
    sql = f"""SELECT {columns_of(ListedAnswer).format(today=today.isoformat())} FROM records r JOIN contents c USING (record)
        WHERE {condition.sql} ORDER BY {order}, r.id LIMIT ?"""
    return index.read(ListedAnswer, sql, (*condition.parameters, limit))


def answer_texts(index: Index) -> list[RecordText]:
    """What all standard answers say."""
    return record_texts(index, is_one_of("r.kind", ("answer",)))


def has_answers(index: Index) -> bool:
    """Whether the log has any standard answer."""
    return bool(index.rows("SELECT 1 FROM records WHERE kind = 'answer' LIMIT 1"))
