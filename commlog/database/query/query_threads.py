"""Conversations: the records joined by links, directly or through others."""

from typing import Final

from commlog.database.query.query_conditions import Condition

# A number from outside (`ref:…`) is no record: two conversations that quote it stay two.
_THREAD: Final = """\
WITH RECURSIVE thread (id) AS (
    VALUES (?)
    UNION
    SELECT links.target FROM thread
        JOIN records ON records.id = thread.id
        JOIN links ON links.record = records.record
        WHERE links.target NOT LIKE 'ref:%'
    UNION
    SELECT records.id FROM thread
        JOIN links ON links.target = thread.id
        JOIN records ON records.record = links.record
)
SELECT id FROM thread"""


def thread_ids(record_id: str) -> Condition:
    """Give the SQL of the ids of all records in a record's thread, itself and dangling targets included."""
    return Condition(_THREAD, (record_id,))


def neighbours(record_id: str) -> Condition:
    """Ask whether the row of `records r` points to this record, or this record to it."""
    return Condition(
        "(r.record IN (SELECT record FROM links WHERE target = ?)"
        " OR r.id IN (SELECT target FROM records JOIN links USING (record) WHERE records.id = ?))",
        (record_id, record_id),
    )
