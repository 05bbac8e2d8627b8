"""Customers with what a list of them should tell: level, owner, last contact, what is pending."""

from collections.abc import Sequence
from typing import Final

from commlog.database.query.filter import Term
from commlog.database.query.order import order_by
from commlog.database.query.select import Domain
from commlog.output.listing import Listing, mask_listing
from commlog.records.question import OptionTerm, condition_of, filter_of, has_term
from commlog.workspace import Workspace

COLUMN_NAMES = (
    "id",
    "name",
    "type",
    "company",
    "level",
    "stage",
    "owner",
    "last_contact",
    "pending",
    "merged_into",
    "path",
)
SHOWN = ("id", "name", "level", "stage", "owner", "last_contact", "pending")
_SORTS = {
    "id": ("c.id",),
    "name": ("c.name",),
    "level": ("c.level",),
    "stage": ("c.stage",),
    "owner": ("c.owner",),
    "last_contact": ("last_contact",),
    "pending": ("pending",),
}
# Everyone who was merged, with all they lead to on the way; a circle ends where it began.
_SQL: Final = """
WITH RECURSIVE merged (id, survivor) AS (
    SELECT id, merged_into FROM customers WHERE merged_into IS NOT NULL
    UNION SELECT m.id, c.merged_into FROM merged m JOIN customers c ON c.id = m.survivor WHERE c.merged_into IS NOT NULL
), of_merged AS (
    SELECT m.survivor,
           max(CASE WHEN i.kind = 'interaction' AND i.reached = 1 THEN i.day END) AS day,
           sum((SELECT count(*) FROM follow_ups f WHERE f.record = i.record AND f.is_pending = 1)) AS pending
    FROM merged m JOIN records i ON i.customer = m.id WHERE m.survivor <> m.id GROUP BY m.survivor
), gone AS (
    SELECT m.id FROM merged m JOIN customers s ON s.id = m.survivor WHERE s.merged_into IS NULL
)
SELECT c.id, c.name, c.type, c.company, c.level, c.stage, c.owner,
       nullif(max(coalesce((SELECT max(day) FROM records i WHERE i.customer = c.id AND i.kind = 'interaction'
                            AND i.reached = 1), ''), coalesce(o.day, '')), '') AS last_contact,
       (SELECT count(*) FROM records i JOIN follow_ups f USING (record) WHERE i.customer = c.id AND f.is_pending = 1)
       + coalesce(o.pending, 0) AS pending,
       c.merged_into, r.path
FROM customers c JOIN records r USING (record) LEFT JOIN of_merged o ON o.survivor = c.id
WHERE {condition} AND {left_out} ORDER BY {order} LIMIT ?
"""
_MERGED: Final = "merged_into"


def list_customers(  # noqa: PLR0913 - the flags are told by their names
    workspace: Workspace,
    query: str,
    terms: Sequence[OptionTerm],
    sort: str,
    limit: int,
    *,
    with_merged: bool = False,
    reveal: bool = False,
) -> Listing:
    """Customers that match, by id unless sorted otherwise; contacts and follow-ups of the merged count for who stays.

    Those who were merged are left out unless `with_merged`, or the query asks for them. Names are masked where the
    settings hide them, unless revealed.

    Raises:
        UsageError: the query or the sort is not understood.
    """
    question = filter_of(workspace, query, terms)
    condition = condition_of(workspace, question, Domain.RECORDS)
    is_shown = with_merged or has_term(question, _asks_for_merged)
    left_out = "1" if is_shown else "c.id NOT IN (SELECT id FROM gone)"
    sql = _SQL.format(condition=condition.sql, left_out=left_out, order=order_by(sort or "id", _SORTS, Domain.RECORDS))
    rows = workspace.index.rows(sql, (*condition.parameters, limit))
    listing = Listing(COLUMN_NAMES, tuple(rows), (*SHOWN, _MERGED) if is_shown else SHOWN, "id")
    return listing if reveal else mask_listing(listing, workspace.log.settings.mask)


def _asks_for_merged(term: Term) -> bool:
    return term.field.name == _MERGED or (term.field.name == "has" and _MERGED in term.values)
