"""Questions about records: where they lie, whose they are, which match a query, and who their customers are."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final, NamedTuple

from commlog.database.connection import Index
from commlog.database.content import leaves_of
from commlog.database.query.conditions import ALWAYS, SqlCondition, all_of, is_one_of, opposite_of, thread_ids
from commlog.database.query.fragments import CUSTOMER_NAME, PENDING_COUNT, columns_of, is_contact, is_conversation

# The instant with its offset stands in the record's content; the index's columns have seconds, and SQLite no time zones.
_STARTED: Final = "field((SELECT content FROM contents c WHERE c.record = r.record), 'started_at')"
# How many words the completion of a call offers at most.
MOST_SUGGESTED: Final = 200


class RecordPlace(NamedTuple):
    """Where a record lies and what it is."""

    path: str
    id: str
    kind: str
    template: str


class NamedPlace(NamedTuple):
    """Where a record lies, with its customer by name as people read it."""

    path: str
    id: str
    customer_name: str | None


class RecordText(NamedTuple):
    """The content of a record as JSON, and its folded text."""

    record: int
    path: str
    id: str
    template: str
    content: str
    folded: str


class CustomerEntry(NamedTuple):
    """What is asked most of a customer's profile; `recorded_at` are seconds since 1970."""

    id: str
    name: str | None
    type: str | None
    owner: str | None
    recorded_at: int | None


class KnownName(NamedTuple):
    """A folded name, alias, phone or e-mail address and whose it is; a hash stands for a sealed one."""

    customer: str
    name: str


class PastConversation(NamedTuple):
    """A conversation with a customer; `started_at` are seconds since 1970."""

    path: str
    id: str
    day: str
    started_at: int


class DaySpan(NamedTuple):
    """The first and the last day of the log's records, and how many are of the days asked for."""

    first: str | None
    last: str | None
    in_days: int


class Suggestion(NamedTuple):
    """What a word may become, with a text about it and the name of its customer."""

    word: str
    text: str
    customer_name: str


class ListedRecord(NamedTuple):
    """A row of the listing of records."""

    id: Annotated[str, "r.id"]
    kind: Annotated[str, "r.kind"]
    template: Annotated[str, "r.template"]
    day: Annotated[str | None, "r.day"]
    time: Annotated[str | None, f"coalesce({_STARTED}, r.day)"]
    started_at: Annotated[str | None, _STARTED]
    customer: Annotated[str | None, "r.customer"]
    customer_name: Annotated[str | None, CUSTOMER_NAME]
    channel: Annotated[str | None, "r.channel"]
    direction: Annotated[str | None, "r.direction"]
    agent: Annotated[str | None, "r.agent"]
    owner: Annotated[str | None, "r.owner"]
    subject: Annotated[str | None, "r.subject"]
    status: Annotated[str | None, "r.status"]
    priority: Annotated[str | None, "r.priority"]
    mood: Annotated[str | None, "r.mood"]
    outcome: Annotated[str | None, "r.outcome"]
    satisfaction: Annotated[str | None, "r.satisfaction"]
    pending: Annotated[int, PENDING_COUNT]
    path: Annotated[str, "r.path"]


class FoundRecord(NamedTuple):
    """A row of the listing of a search; `text` and `folded` are the whole content of the record."""

    id: Annotated[str, "r.id"]
    kind: Annotated[str, "r.kind"]
    template: Annotated[str, "r.template"]
    day: Annotated[str | None, "r.day"]
    customer: Annotated[str | None, "r.customer"]
    customer_name: Annotated[str | None, CUSTOMER_NAME]
    subject: Annotated[str | None, "r.subject"]
    text: Annotated[str, "t.content"]
    path: Annotated[str, "r.path"]
    folded: Annotated[str, "t.folded"]


def without_kinds(condition: SqlCondition, kinds: Sequence[str]) -> SqlCondition:
    """A condition on records `r` that leaves some kinds out."""
    return all_of((condition, opposite_of(is_one_of("r.kind", kinds))))


def places_matching(index: Index, condition: SqlCondition, order: str = "r.path", limit: int = -1) -> list[RecordPlace]:
    """The records `r` that a condition holds for, in an order, at most `limit` of them (-1: all)."""
    sql = f"SELECT r.path, r.id, r.kind, r.template FROM records r WHERE {condition.sql} ORDER BY {order} LIMIT ?"
    return index.read(RecordPlace, sql, (*condition.parameters, limit))


def places_to_export(index: Index, condition: SqlCondition) -> list[RecordPlace]:
    """The records `r` that a condition holds for, customers first, then by day."""
    return places_matching(index, condition, "r.kind <> 'customer', r.day, r.id, r.path")


def places_of_id(index: Index, record_id: str) -> list[RecordPlace]:
    """The files that claim an id: one, unless something is wrong."""
    return places_matching(index, is_one_of("r.id", (record_id,)))


def places_starting(index: Index, start: str, limit: int) -> list[RecordPlace]:
    """The records but customers whose id, or its random part, starts so."""
    size = len(start)
    condition = SqlCondition(
        "(substr(r.id, 1, ?) = ? OR substr(r.id, 10, ?) = ?) AND r.kind <> 'customer'", (size, start, size, start)
    )
    return places_matching(index, condition, "r.id, r.path", limit)


def places_of_customers(index: Index, customers: Sequence[str]) -> list[RecordPlace]:
    """The profiles and the records of some customers, by day."""
    return places_matching(index, is_one_of("r.customer", customers), "r.day, r.started_at, r.id, r.path")


def places_of_thread(index: Index, record_id: str) -> list[NamedPlace]:
    """The records that links join to one, itself included, the oldest first."""
    thread = thread_ids(record_id)
    condition = SqlCondition(f"r.id IN ({thread.sql})", thread.parameters)
    return _named_places(index, condition, "r.day, coalesce(r.started_at, 0), r.id, r.path")


def names_by_record(index: Index, ids: Sequence[str] | None = None) -> list[NamedPlace]:
    """The records of these ids, or all, with their customers by name."""
    return _named_places(index, ALWAYS if ids is None else is_one_of("r.id", ids), "r.path")


def _named_places(index: Index, condition: SqlCondition, order: str) -> list[NamedPlace]:
    sql = f"SELECT r.path, r.id, {CUSTOMER_NAME} FROM records r WHERE {condition.sql} ORDER BY {order}"
    return index.read(NamedPlace, sql, condition.parameters)


def record_texts(index: Index, condition: SqlCondition, order: str = "r.path", limit: int = -1) -> list[RecordText]:
    """What the records `r` say that a condition holds for, in an order, at most `limit` of them (-1: all)."""
    sql = f"""SELECT r.record, r.path, r.id, r.template, c.content, c.folded FROM records r JOIN contents c USING (record)
        WHERE {condition.sql} ORDER BY {order} LIMIT ?"""
    return index.read(RecordText, sql, (*condition.parameters, limit))


def iter_listed(index: Index, condition: SqlCondition, order: str, limit: int) -> Iterator[ListedRecord]:
    """The rows of a listing one by one: of a big log no more is held than is asked for."""
    sql = f"SELECT {columns_of(ListedRecord)} FROM records r WHERE {condition.sql} ORDER BY {order} LIMIT ?"
    return index.iter_read(ListedRecord, sql, (*condition.parameters, limit))


def found_records(index: Index, condition: SqlCondition, order: str, limit: int) -> list[FoundRecord]:
    """The rows of a search."""
    sql = f"""SELECT {columns_of(FoundRecord)} FROM records r JOIN contents t USING (record)
        WHERE {condition.sql} ORDER BY {order} LIMIT ?"""
    return index.read(FoundRecord, sql, (*condition.parameters, limit))


def day_span(index: Index, first: str, after: str) -> DaySpan:
    """The span of all conversations, issues and surveys; customers and answers are of no day that says when something happened."""
    sql = """SELECT min(day), max(day), coalesce(sum(day >= ? AND day < ?), 0) FROM records
        WHERE day IS NOT NULL AND kind NOT IN ('customer', 'answer')"""
    return index.read(DaySpan, sql, (first, after))[0]


def records_starting(index: Index, begin: str) -> list[Suggestion]:
    """The records but customers whose id begins so, the newest first, each with its headline."""
    sql = f"""SELECT r.id, coalesce(r.subject, ''), coalesce({CUSTOMER_NAME}, '') FROM records r
        WHERE r.kind <> 'customer' AND substr(r.id, 1, ?) = ? ORDER BY r.day DESC, r.id DESC LIMIT ?"""
    return index.read(Suggestion, sql, (len(begin), begin, MOST_SUGGESTED))


def tags_starting(index: Index, begin: str) -> list[str]:
    """The tags in use that begin so, the most frequent first."""
    sql = "SELECT tag FROM tags WHERE substr(tag, 1, ?) = ? GROUP BY tag ORDER BY count(*) DESC, tag LIMIT ?"
    return index.texts(sql, (len(begin), begin, MOST_SUGGESTED))


def followed_from(index: Index, record_id: str) -> set[str]:
    """Every record that can be reached from one by `follows`."""
    sql = """WITH RECURSIVE followed (id) AS (SELECT ? UNION SELECT l.target FROM followed
        JOIN records r ON r.id = followed.id JOIN links l ON l.record = r.record AND l.type = 'follows')
        SELECT id FROM followed"""
    return set(index.texts(sql, (record_id,)))


def last_conversation(
    index: Index, customers: Sequence[str], day: str, before: int | None = None, *, is_any: bool = False
) -> PastConversation | None:
    """The last two-way contact with some customers up to a day, or the last try when `is_any`; `before` an instant in seconds."""
    whose = is_one_of("r.customer", customers)
    kind = is_conversation("r") if is_any else is_contact("r")
    sql = f"""SELECT r.path, r.id, r.day, r.started_at FROM records r WHERE {whose.sql} AND {kind}
        AND r.day <= ? AND {"1" if before is None else f"r.started_at < {before}"}
        ORDER BY r.day DESC, r.started_at DESC, r.id DESC LIMIT 1"""
    return next(iter(index.read(PastConversation, sql, (*whose.parameters, day))), None)


def last_contact_text(index: Index, customers: Sequence[str], before: int) -> str | None:
    """The beginning of the last two-way contact before an instant, as its record writes it; None when there was none."""
    whose = is_one_of("r.customer", customers)
    sql = f"""SELECT r.record FROM records r WHERE {whose.sql} AND {is_contact("r")} AND r.started_at < ?
        ORDER BY r.started_at DESC LIMIT 1"""
    found = index.texts(f"SELECT {_STARTED} FROM ({sql}) r", (*whose.parameters, before))
    return found[0].upper() if found and found[0] else None


def count_conversations_after(
    index: Index, customers: Sequence[str], day: str, at: int, *, is_reached: bool = True
) -> int:
    """How many conversations began after an instant of a day, and reached the customers or did not."""
    whose = is_one_of("r.customer", customers)
    sql = f"""SELECT count(*) FROM records r WHERE {whose.sql} AND {is_conversation("r")}
        AND r.reached = {int(is_reached)} AND r.day >= ? AND r.started_at > ?"""
    return index.count(sql, (*whose.parameters, day, at))


def read_customers(
    index: Index, ids: Sequence[str] | None = None, condition: SqlCondition = ALWAYS
) -> list[CustomerEntry]:
    """The customers `c` of these ids, or all, that a condition on `r` and `c` holds for; of two files with one id both."""
    which = all_of((condition, ALWAYS if ids is None else is_one_of("c.id", ids)))
    sql = f"""SELECT c.id, c.name, c.type, c.owner, r.recorded_at FROM customers c JOIN records r USING (record)
        WHERE {which.sql} ORDER BY record"""
    return index.read(CustomerEntry, sql, which.parameters)


def known_names(index: Index) -> list[KnownName]:
    """Everything that any customer can be found by."""
    return index.read(KnownName, "SELECT customer, name FROM customer_names")


def customers_named(index: Index, names: Sequence[str]) -> list[str]:
    """The ids of the customers who can be found by one of these folded names."""
    which = is_one_of("name", names)
    return index.texts(f"SELECT DISTINCT customer FROM customer_names WHERE {which.sql}", which.parameters)


def merge_pointers(index: Index) -> dict[str, str]:
    """Every customer who was merged, and into whom."""
    sql = "SELECT id, merged_into FROM customers JOIN records USING (record, id) WHERE merged_into IS NOT NULL ORDER BY path"
    return dict(index.rows(sql))


def points_in(content: str) -> list[int]:
    """The points of all scores in a survey's content; what is no whole number is left out."""
    return [int(text) for key, text in leaves_of(content) if key.startswith("scores.") and text.isdecimal()]
