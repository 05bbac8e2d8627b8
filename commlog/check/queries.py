"""Questions of the check over the whole log: narrow rows, never whole records."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from commlog.database.connection import Index
from commlog.database.query.conditions import SqlCondition, is_one_of
from commlog.records.queries import RecordPlace, RecordText, places_matching, record_texts

# Records whose whole texts are looked at are read so many at a time, so that memory does not grow with the log.
_BATCH: Final = 2000


class StoredProblem(NamedTuple):
    """What was wrong with a file when it was read; `facts` are JSON."""

    path: str
    code: str
    line: int
    column: int
    field: str
    facts: str


class NamedCustomer(NamedTuple):
    """A customer who is named by a field of a file."""

    path: str
    field: str
    customer: str


class AgentUse(NamedTuple):
    """How many records name an agent, and the first of them by path."""

    agent: str
    path: str
    records: int


class Pointer(NamedTuple):
    """A pointer from one id to another, and the file that has it."""

    source: str
    target: str
    path: str


class LastDay(NamedTuple):
    """The last day on which an answer holds."""

    path: str
    day: str


class RecordWithDone(NamedTuple):
    """A record of which some follow-up is done: its searchable content, and how many follow-ups it has."""

    path: str
    template: str
    content: str
    follow_ups: int


class RecordTimes(NamedTuple):
    """When a conversation ended and when its record was written, in seconds since 1970."""

    path: str
    template: str
    ended_at: int
    recorded_at: int


_POINTER: Final = "SELECT r.id, l.target, r.path FROM links l JOIN records r USING (record)"


def stored_problems(index: Index) -> list[StoredProblem]:
    """The problems of each file that the index knows."""
    sql = 'SELECT f.path, p.code, p.line, p."column", p.field, p.facts FROM problems p JOIN files f USING (file)'
    return index.read(StoredProblem, sql)


def places_of_shared_ids(index: Index) -> list[RecordPlace]:
    """The files whose id another file claims, too."""
    return places_matching(index, SqlCondition("r.id IN (SELECT id FROM records GROUP BY id HAVING count(*) > 1)"))


def customers_without_file(index: Index) -> list[NamedCustomer]:
    """The customers whom a record or a merged customer names and who have no file, by path."""
    sql = """SELECT path, 'customer', customer FROM records WHERE kind <> 'customer' AND customer <> 'anonymous'
        AND customer NOT IN (SELECT id FROM customers)
        UNION ALL SELECT r.path, 'merged_into', c.merged_into FROM customers c JOIN records r USING (record)
        WHERE c.merged_into NOT IN (SELECT id FROM customers) ORDER BY 1"""
    return index.read(NamedCustomer, sql)


def agents_in_use(index: Index) -> list[AgentUse]:
    """Everybody whom a record names as its agent, by the first of their records."""
    sql = "SELECT agent, min(path), count(*) FROM records WHERE agent IS NOT NULL GROUP BY agent ORDER BY 2"
    return index.read(AgentUse, sql)


def merged_customers(index: Index) -> list[Pointer]:
    """Every customer who was merged, and into whom; of two files with one id both."""
    sql = "SELECT c.id, c.merged_into, r.path FROM customers c JOIN records r USING (record) WHERE c.merged_into IS NOT NULL"
    return index.read(Pointer, sql)


def links_that_follow(index: Index) -> list[Pointer]:
    """Every link that says a record follows another."""
    return index.read(Pointer, f"{_POINTER} WHERE l.type = 'follows'")


def dangling_links(index: Index) -> list[Pointer]:
    """The links to records that are not there; numbers from outside are none."""
    sql = f"{_POINTER} WHERE l.target NOT LIKE 'ref:%' AND NOT EXISTS (SELECT 1 FROM records t WHERE t.id = l.target)"
    return index.read(Pointer, sql)


def links_to_later(index: Index) -> list[Pointer]:
    """The links to records that began after the one that points to them."""
    sql = f"""{_POINTER} JOIN records t ON t.id = l.target WHERE CASE WHEN r.started_at IS NULL OR t.started_at IS NULL
        THEN t.day > r.day ELSE t.started_at > r.started_at END"""
    return index.read(Pointer, sql)


def ids_like(index: Index, day: str, random_part: str) -> list[str]:
    """The ids of records that begin with a day, or end with a random part."""
    return index.texts(
        "SELECT id FROM records WHERE (id >= ? AND id < ?) OR substr(id, 10) = ?", (day, f"{day}~", random_part)
    )


def answers_valid_before(index: Index, day: str) -> list[LastDay]:
    """The standard answers whose last day is before one."""
    sql = """SELECT path, valid_until FROM (SELECT r.path, field(c.content, 'valid_until') AS valid_until
        FROM records r JOIN contents c USING (record) WHERE r.kind = 'answer') WHERE valid_until < ?"""
    return index.read(LastDay, sql, (day,))


def places_of_outcomes(index: Index, outcomes: Sequence[str]) -> list[RecordPlace]:
    """The records with one of some outcomes."""
    return places_matching(index, is_one_of("r.outcome", outcomes))


def texts_with_done(index: Index) -> list[RecordWithDone]:
    """The records of which some follow-up is done."""
    sql = """SELECT r.path, r.template, c.content, count(*) FROM follow_ups f JOIN records r USING (record)
        JOIN contents c USING (record) GROUP BY r.record HAVING sum(f.status IN ('done', 'closed')) > 0"""
    return index.read(RecordWithDone, sql)


def iter_record_texts(index: Index) -> Iterator[RecordText]:
    """What all records say, read a batch at a time."""
    last = -1
    while rows := record_texts(index, SqlCondition("r.record > ?", (last,)), "r.record", _BATCH):
        last = rows[-1].record
        yield from rows


def conversations_written_after_end(index: Index) -> list[RecordTimes]:
    """The conversations that were written down after they had ended."""
    ended = "coalesce(ended_at, started_at)"
    sql = (
        f"SELECT path, template, {ended}, recorded_at FROM records WHERE kind = 'interaction' AND recorded_at > {ended}"
    )
    return index.read(RecordTimes, sql)


def recorded_times(index: Index) -> dict[str, int]:
    """When each record was written, in seconds since 1970, by file, as far as it says so."""
    return dict(index.rows("SELECT path, recorded_at FROM records WHERE recorded_at IS NOT NULL"))
