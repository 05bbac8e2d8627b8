"""Customers with what a list of them should tell: level, owner, last contact, what is pending."""

from collections.abc import Sequence

from commlog.model.listing import Listing
from commlog.query.order import order_by
from commlog.query.select import Domain
from commlog.services.question import OptionTerm, condition_of, filter_of
from commlog.services.workspace import Workspace

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
_SQL = """
SELECT c.id, c.name, c.type, c.company, c.level, c.stage, c.owner,
       (SELECT max(day) FROM records i WHERE i.customer = c.id AND i.kind = 'interaction' AND i.reached = 1) AS last_contact,
       (SELECT count(*) FROM records i JOIN follow_ups f USING (record) WHERE i.customer = c.id AND f.is_pending = 1) AS pending,
       c.merged_into, r.path
FROM customers c JOIN records r USING (record) WHERE {condition} ORDER BY {order} LIMIT ?
"""


def list_customers(workspace: Workspace, query: str, terms: Sequence[OptionTerm], sort: str, limit: int) -> Listing:
    """Customers that match, by id unless sorted otherwise.

    Raises:
        UsageError: the query or the sort is not understood.
    """
    condition = condition_of(workspace, filter_of(workspace, query, terms), Domain.RECORDS)
    order = order_by(sort or "id", _SORTS, Domain.RECORDS)
    rows = workspace.index.rows(_SQL.format(condition=condition.sql, order=order), (*condition.parameters, limit))
    return Listing(COLUMN_NAMES, tuple(rows), SHOWN, "id")
