"""The SQL of reminders: the follow-ups that are nearly due, the owners of dropped records, the items the ledger may still name."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from commlog.database.connection import Index
from commlog.database.query.conditions import is_one_of
from commlog.database.query.fragments import CUSTOMER_NAME, IS_COMPANY, IS_OPEN_ISSUE, IS_PENDING

_BATCH: Final = 500
# Whose a record is: its owner (an issue has one), else who spoke to the customer, else who looks after them.
_OWNER: Final = """coalesce(nullif(trim(r.owner), ''), nullif(trim(r.agent), ''),
    (SELECT min(s.owner) FROM customers c JOIN customers s ON s.id = c.merged_into WHERE c.id = r.customer),
    (SELECT min(c.owner) FROM customers c WHERE c.id = r.customer), '')"""
_CUSTOMER: Final = f"coalesce(r.customer, ''), coalesce({CUSTOMER_NAME}, ''), {IS_COMPANY}"


class PromisedFollowUp(NamedTuple):
    """A pending follow-up with a due instant, in seconds since 1970; what is not known is empty."""

    address: str
    opened_at: str
    due: str
    due_at: int
    is_paused: int
    is_agreed: int
    owner: str
    action: str
    customer: str
    customer_name: str
    is_company: int


class RecordOwner(NamedTuple):
    """Whose a record is; what is not known is empty."""

    id: str
    path: str
    owner: str
    customer: str
    customer_name: str
    is_company: int


def promises_before(index: Index, bound: int) -> list[PromisedFollowUp]:
    """The pending follow-ups that are due before an instant in seconds, the most pressing first.

    What waits for the customer is silent, unless its time was promised.
    """
    sql = f"""SELECT f.address, coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', f.opened_at, 'unixepoch'), ''), f.due, f.due_at,
        f.status = 'awaiting_customer', coalesce(f.agreed_with_customer, 0), coalesce(f.owner, ''), f.action,
        {_CUSTOMER} FROM follow_ups f JOIN records r USING (record)
        WHERE {IS_PENDING} AND f.due_at < ? AND (f.status <> 'awaiting_customer' OR f.agreed_with_customer = 1)
        ORDER BY f.due_at, r.id, f.n, r.path"""
    return index.read(PromisedFollowUp, sql, (bound,))


def owners_of_records(index: Index, ids: Iterable[str]) -> list[RecordOwner]:
    """Whose the records of some ids are."""
    found: list[RecordOwner] = []
    ordered = sorted(ids)
    for start in range(0, len(ordered), _BATCH):
        which = is_one_of("r.id", ordered[start : start + _BATCH])
        sql = f"SELECT r.id, r.path, {_OWNER}, {_CUSTOMER} FROM records r WHERE {which.sql}"
        found += index.read(RecordOwner, sql, which.parameters)
    return found


def open_items(index: Index) -> set[str]:
    """What a reminder may still speak of: pending follow-ups, customers and open issues, as the ledger calls them."""
    return set(
        index.texts(
            f"SELECT f.address FROM follow_ups f WHERE {IS_PENDING} UNION SELECT 'customer:' || id FROM customers"
            f" UNION SELECT r.id FROM records r WHERE {IS_OPEN_ISSUE}"
        )
    )
