"""Customers with what a list of them should tell: level, owner, last contact, what is pending."""

from collections.abc import Sequence
from typing import Final

from commlog.customers.queries import ListedCustomer, listed_customers
from commlog.database.query.filter import Term
from commlog.database.query.order import order_by
from commlog.database.query.select import ListedRows
from commlog.output.listing import Listing, mask_listing
from commlog.records.question import OptionTerm, condition_of, filter_of, has_term
from commlog.workspace import Workspace

COLUMN_NAMES = ListedCustomer._fields
SHOWN = ("id", "name", "level", "stage", "owner", "last_contact", "pending")
_SORTS = {name: (name,) for name in SHOWN}
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
    condition = condition_of(workspace, question, ListedRows.RECORDS)
    is_shown = with_merged or has_term(question, _asks_for_merged)
    order = order_by(sort or "id", _SORTS, ListedRows.RECORDS)
    rows = listed_customers(workspace.index, condition, order, limit, with_merged=is_shown)
    listing = Listing(COLUMN_NAMES, tuple(rows), (*SHOWN, _MERGED) if is_shown else SHOWN, "id")
    return listing if reveal else mask_listing(listing, workspace.log.settings.mask)


def _asks_for_merged(term: Term) -> bool:
    return term.field.name == _MERGED or (term.field.name == "has" and _MERGED in term.values)
