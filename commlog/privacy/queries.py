"""Questions of privacy: what is kept since when, who was forgotten, and which records speak of somebody."""

from collections.abc import Sequence
from typing import NamedTuple

from commlog.database.connection import Index
from commlog.database.query.conditions import SqlCondition, is_one_of, opposite_of
from commlog.database.query.fragments import PENDING_COUNT
from commlog.records.queries import RecordPlace, RecordText, places_matching, record_texts


class KeptRecord(NamedTuple):
    """A record with the day it is kept from, and how many of its follow-ups are pending."""

    id: str
    path: str
    kind: str
    template: str
    customer: str | None
    day: str | None
    pending: int
    party: str | None


def kept_records(index: Index) -> list[KeptRecord]:
    """Every record but answers, by file; the day is that of the record, else when it was written, else that of its id."""
    return index.read(
        KeptRecord,
        "SELECT r.id, r.path, r.kind, r.template, r.customer, coalesce(r.day, substr(field(c.content, 'recorded_at'), 1, 10),"
        " substr(r.id, 1, 4) || '-' || substr(r.id, 5, 2) || '-' || substr(r.id, 7, 2)),"
        f" {PENDING_COUNT}, r.party FROM records r LEFT JOIN contents c USING (record) WHERE r.kind <> 'answer' ORDER BY r.path",
    )


def profiles_starting(index: Index, start: str) -> list[RecordPlace]:
    """The profiles of the customers whose id starts so."""
    return places_matching(index, SqlCondition("r.kind = 'customer' AND r.id GLOB ?", (f"{start}*",)))


def customers_in_use(index: Index) -> set[str]:
    """The ids of all customers whom a record names."""
    return set(index.texts("SELECT DISTINCT customer FROM records WHERE customer IS NOT NULL"))


def texts_of_others(index: Index, customers: Sequence[str]) -> list[RecordText]:
    """What all records say but those of some customers, by day."""
    return record_texts(index, opposite_of(is_one_of("r.customer", customers)), "r.day, r.id")
