"""Full-text search: records of every kind that hold all the words, with a piece of the text around them."""

from commlog.errors import UsageError
from commlog.index.content import BEFORE_KEY, BEFORE_VALUE
from commlog.messages import mark
from commlog.model.listing import Listing
from commlog.query.filter import And, Filter, Or, Words
from commlog.query.order import COLUMNS, order_by
from commlog.query.select import Domain
from commlog.services.question import CUSTOMER_NAME, condition_of, filter_of
from commlog.services.workspace import Workspace

COLUMN_NAMES = ("id", "kind", "template", "day", "customer", "customer_name", "subject", "text", "path")
SHOWN = ("id", "day", "customer_name", "subject", "text")
_AROUND = 24
_SQL = """
SELECT r.id, r.kind, r.template, r.day, r.customer,
       {customer_name}, r.subject, t.content, r.path
FROM records r JOIN contents t USING (record) WHERE {condition} ORDER BY {order} LIMIT ?
"""


def search_records(workspace: Workspace, query: str, sort: str, limit: int) -> Listing:
    """Records that match the words (and whatever else the query asks), the newest first.

    Raises:
        UsageError: there are no words, or the query is not understood.
    """
    if not query.strip():
        raise UsageError(
            mark("search for what? there are no words"),
            remedy=mark("commlog search 漏水, or: commlog search refund customer:acme"),
        )
    question = filter_of(workspace, query)
    condition = condition_of(workspace, question, Domain.RECORDS)
    order = order_by(sort or "-date", COLUMNS[Domain.RECORDS], Domain.RECORDS)
    rows = workspace.index.rows(
        _SQL.format(customer_name=CUSTOMER_NAME, condition=condition.sql, order=order), (*condition.parameters, limit)
    )
    words = list(_words_in(question))
    return Listing(COLUMN_NAMES, tuple((*row[:7], _piece(row[7], words), row[8]) for row in rows), SHOWN, "id")


def _words_in(question: Filter) -> list[str]:
    match question:
        case Words(text):
            return [text]
        case And(parts) | Or(parts):
            return [word for part in parts for word in _words_in(part)]
        case _:
            return []


def _piece(content: str, words: list[str]) -> str:
    """The text around the first word that is found, without the names of fields."""
    from commlog.model.folding import fold

    for word in map(fold, words):
        place = content.find(word)
        if place >= 0:
            begin = content.rfind(BEFORE_VALUE, 0, place) + 1
            end = content.find(BEFORE_KEY, place)
            start = max(begin, place - _AROUND)
            stop = min(end, place + len(word) + _AROUND)
            piece = " ".join(content[start:stop].split())
            return f"{'…' if start > begin else ''}{piece}{'…' if stop < end else ''}"
    return ""
