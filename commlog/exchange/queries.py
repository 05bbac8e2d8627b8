"""Questions of what goes in and out: which rows were imported before, which follow-ups go into a calendar."""

from typing import NamedTuple

from commlog.database.connection import Index
from commlog.database.query.conditions import SqlCondition
from commlog.database.query.fragments import CUSTOMER_NAME, IS_COMPANY
from commlog.exchange.incoming import IMPORT_KEY


class FollowUpEntry(NamedTuple):
    """A follow-up by file and number with what its file does not tell; `recorded_at` are seconds since 1970."""

    path: str
    n: int
    customer_name: str | None
    recorded_at: int | None
    is_company: int


def import_keys(index: Index, kind: str | None = None) -> dict[str, str | None]:
    """The key of the row that each record was imported from, by id, None for others; of one kind or of all."""
    which = "1" if kind is None else "kind = ?"
    sql = f"SELECT id, field(content, 'extra.{IMPORT_KEY}') FROM records JOIN contents USING (record) WHERE {which}"
    return dict(index.rows(sql, () if kind is None else (kind,)))


def follow_ups_to_export(index: Index, condition: SqlCondition) -> list[FollowUpEntry]:
    """The follow-ups that a condition holds for, by record and number."""
    sql = f"""SELECT r.path, f.n, {CUSTOMER_NAME}, r.recorded_at, {IS_COMPANY} FROM follow_ups f JOIN records r USING (record)
        WHERE {condition.sql} ORDER BY r.id, r.path, f.n"""
    return index.read(FollowUpEntry, sql, condition.parameters)
