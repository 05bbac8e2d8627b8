"""Questions about customers: who is listed, who may be one, what they came with, what happened with them."""

from collections.abc import Sequence
from datetime import date
from operator import attrgetter
from typing import Annotated, Final, Literal, NamedTuple

from commlog.customers.rules.brief import CallerMention, RepeatedMatter, TrendPoint
from commlog.database.connection import Index
from commlog.database.query import fragments
from commlog.database.query.conditions import SqlCondition, any_of, is_one_of
from commlog.privacy.rules.sealing import SHUT
from commlog.records.queries import MOST_SUGGESTED, CustomerEntry, PastConversation, read_customers

# Contacts and pending follow-ups of merged customers, by the customer to keep; and who was merged into a customer with a file.
_LISTED: Final = f"""{fragments.MERGED}, of_merged AS (
    SELECT m.survivor, max(CASE WHEN {fragments.is_contact("r")} THEN r.day END) AS day, sum({fragments.PENDING_COUNT}) AS pending
    FROM merged m JOIN records r ON r.customer = m.id WHERE m.survivor <> m.id GROUP BY m.survivor
), gone AS (
    SELECT m.id FROM merged m JOIN customers s ON s.id = m.survivor WHERE s.merged_into IS NULL
)"""
_LAST_DAY: Final = (
    f"(SELECT max(i.day) FROM records i WHERE i.customer = c.id AND {fragments.is_contact('i', of_one=True)}{{until}})"
)


class ListedCustomer(NamedTuple):
    """A row of the listing of customers."""

    id: Annotated[str, "c.id"]
    name: Annotated[str | None, "c.name"]
    type: Annotated[str | None, "c.type"]
    company: Annotated[str | None, "c.company"]
    level: Annotated[str | None, "c.level"]
    stage: Annotated[str | None, "c.stage"]
    owner: Annotated[str | None, "c.owner"]
    last_contact: Annotated[
        str | None, f"nullif(max(coalesce({_LAST_DAY.format(until='')}, ''), coalesce(o.day, '')), '')"
    ]
    pending: Annotated[
        int,
        "(SELECT count(*) FROM records i JOIN follow_ups f USING (record)"
        f" WHERE i.customer = c.id AND {fragments.IS_PENDING}) + coalesce(o.pending, 0)",
    ]
    merged_into: Annotated[str | None, "c.merged_into"]
    path: Annotated[str, "r.path"]


class CareEntry(NamedTuple):
    """What a customer's care is worked out from; `recorded_at` are seconds since 1970."""

    record: Annotated[int, "c.record"]
    id: Annotated[str, "c.id"]
    name: Annotated[str | None, "c.name"]
    owner: Annotated[str | None, "c.owner"]
    level: Annotated[str | None, "c.level"]
    stage: Annotated[str | None, "c.stage"]
    visit_every: Annotated[str | None, "c.visit_every"]
    verified_on: Annotated[str | None, "c.verified_on"]
    cooperation_since: Annotated[str | None, "c.cooperation_since"]
    recorded_at: Annotated[int | None, "r.recorded_at"]
    last_contact: Annotated[str | None, _LAST_DAY.format(until=" AND i.day <= ?")]
    do_not_contact: Annotated[int | None, "c.do_not_contact"]
    consent: Annotated[str | None, "c.consent"]


class NameOfCustomer(NamedTuple):
    """A customer with one of the folded names they are found by."""

    id: str
    name: str
    known_as: str


class TimelineEntry(NamedTuple):
    """What a timeline shows of a conversation, an issue or a survey; `content` is that of the latter two. Times are in seconds."""

    record: Annotated[int, "r.record"]
    id: Annotated[str, "r.id"]
    path: Annotated[str, "r.path"]
    kind: Annotated[str, "r.kind"]
    template: Annotated[str, "r.template"]
    customer: Annotated[str, "r.customer"]
    day: Annotated[str | None, "r.day"]
    started_at: Annotated[int | None, "r.started_at"]
    channel: Annotated[str | None, "r.channel"]
    direction: Annotated[str | None, "r.direction"]
    reached: Annotated[int | None, "r.reached"]
    person: Annotated[str | None, "coalesce(r.agent, r.owner)"]
    subject: Annotated[str, "coalesce(r.subject, '')"]
    mood: Annotated[str | None, "r.mood"]
    satisfaction: Annotated[str | None, "r.satisfaction"]
    outcome: Annotated[str | None, "r.outcome"]
    closed_at: Annotated[int | None, "r.closed_at"]
    closed_reason: Annotated[str | None, "r.closed_reason"]
    content: Annotated[str | None, "CASE WHEN r.kind <> 'interaction' THEN c.content END"]


class RecordLink(NamedTuple):
    """A link of a record, by the number of its row."""

    record: int
    target: str
    type: str


class ThreadEdge(NamedTuple):
    """Two records that a link joins."""

    id: str
    target: str


def listed_customers(
    index: Index, condition: SqlCondition, order: str, limit: int, *, with_merged: bool
) -> list[ListedCustomer]:
    """The rows of a listing; merged customers count for the one to keep, and are left out unless `with_merged`."""
    sql = f"""{_LISTED} SELECT {fragments.columns_of(ListedCustomer)} FROM customers c JOIN records r USING (record)
        LEFT JOIN of_merged o ON o.survivor = c.id WHERE {condition.sql}
        AND {"1" if with_merged else "c.id NOT IN (SELECT id FROM gone)"} ORDER BY {order} LIMIT ?"""
    return index.read(ListedCustomer, sql, (*condition.parameters, limit))


def customers_starting(index: Index, begin: str) -> list[CustomerEntry]:
    """The customers who were not merged and whose id or name begins so."""
    starts = SqlCondition(
        "c.merged_into IS NULL AND (substr(c.id, 1, ?) = ? OR substr(c.name, 1, ?) = ?)", (len(begin), begin) * 2
    )
    return sorted(read_customers(index, condition=starts), key=attrgetter("id"))[:MOST_SUGGESTED]


def care_entries(index: Index, condition: SqlCondition, today: date) -> list[CareEntry]:
    """The customers who match and were not merged, with their own last contact up to today."""
    sql = f"""SELECT {fragments.columns_of(CareEntry)} FROM customers c JOIN records r USING (record)
        WHERE c.merged_into IS NULL AND {condition.sql}"""
    return index.read(CareEntry, sql, (today.isoformat(), *condition.parameters))


def last_contacts_of_merged(index: Index, today: date) -> dict[str, str]:
    """The last contact up to today with those who were merged, by every customer they were merged into on the way."""
    sql = f"""{fragments.MERGED} SELECT m.survivor, max(i.day) FROM merged m JOIN records i ON i.customer = m.id
        WHERE {fragments.is_contact("i", of_one=True)} AND i.day <= ? GROUP BY m.survivor"""
    return dict(index.rows(sql, (today.isoformat(),)))


def names_of_unmerged(index: Index) -> list[NameOfCustomer]:
    """Every customer who was not merged with everything they are found by, by id."""
    sql = """SELECT c.id, coalesce(c.name, c.id), n.name FROM customers c JOIN customer_names n USING (record)
        WHERE c.merged_into IS NULL ORDER BY c.id"""
    return index.read(NameOfCustomer, sql)


def record_counts(index: Index) -> dict[str, int]:
    """How many records there are of every customer, profiles included."""
    return dict(index.rows("SELECT customer, count(*) FROM records WHERE customer IS NOT NULL GROUP BY customer"))


def last_noted(
    index: Index, customers: Sequence[str], column: Literal["mood", "satisfaction"], limit: int
) -> list[TrendPoint]:
    """What the last conversations with some customers noted, without those that nobody rated, the newest first."""
    whose = is_one_of("r.customer", customers)
    sql = f"""SELECT r.day, r.{column} FROM records r WHERE {whose.sql} AND {fragments.is_conversation("r")}
        AND r.{column} <> 'not_rated' ORDER BY r.day DESC, r.started_at DESC LIMIT ?"""
    return index.read(TrendPoint, sql, (*whose.parameters, limit))


def overall_points(index: Index, customers: Sequence[str], limit: int) -> list[TrendPoint]:
    """The overall points of the last surveys of some customers, the newest first."""
    whose = is_one_of("+r.customer", customers)
    sql = f"""SELECT r.day, field(c.content, 'scores.overall') FROM records r JOIN contents c USING (record)
        WHERE r.kind = 'survey' AND {whose.sql}
        AND field(c.content, 'scores.overall') IS NOT NULL ORDER BY r.day DESC LIMIT ?"""
    return index.read(TrendPoint, sql, (*whose.parameters, limit))


def repeated_requests(index: Index, customers: Sequence[str], since: str) -> list[RepeatedMatter]:
    """What some customers came with at least twice since a day, the most frequent first: by category, the field is the template, or by tag."""
    whose = is_one_of("r.customer", customers)
    asked = f"{whose.sql} AND {fragments.is_conversation('r')} AND r.direction = 'inbound' AND r.day >= ?"
    sql = f"""SELECT r.template, r.category, count(*) FROM records r WHERE {asked} AND r.category <> 'other'
        GROUP BY r.template, r.category HAVING count(*) > 1 UNION ALL
        SELECT 'tags', t.tag, count(*) FROM tags t JOIN records r USING (record) WHERE {asked}
        GROUP BY t.tag HAVING count(*) > 1 ORDER BY 3 DESC, 1, 2"""
    return index.read(RepeatedMatter, sql, (*whose.parameters, since) * 2)


def unsettled_conversations(index: Index, customers: Sequence[str], since: str, limit: int) -> list[PastConversation]:
    """Conversations since a day with agreements or open points that are not settled, the newest first.

    One counts while a follow-up of it is pending; without follow-ups, until a later record links to it.
    """
    whose = is_one_of("r.customer", customers)
    sql = f"""SELECT r.path, r.id, r.day, r.started_at FROM records r JOIN contents c USING (record)
        WHERE {whose.sql} AND {fragments.is_conversation("r")} AND r.day >= ? AND ({fragments.HAS_PENDING} OR NOT ({fragments.HAS_FOLLOW_UP}
        OR EXISTS (SELECT 1 FROM links l WHERE l.target = r.id AND l.type <> 'relates')))
        AND (r.commitments > 0 OR field(c.content, 'open_points') IS NOT NULL)
        ORDER BY r.day DESC, r.started_at DESC LIMIT ?"""
    return index.read(PastConversation, sql, (*whose.parameters, since, limit))


def mentions_of(index: Index, spellings: Sequence[str], name: str, customer: str, limit: int) -> list[CallerMention]:
    """The records that mention a caller, the newest first.

    With spellings of a number or an address, those whose text has one of them; else those of a party of this folded name
    or of this customer.
    """
    condition = any_of(SqlCondition("instr(c.folded, ?) > 0", (one,)) for one in spellings)
    if not spellings:
        condition = SqlCondition("(fold(r.party) = ? OR r.customer = ?)", (name, customer))
    sql = f"""SELECT r.id, coalesce(r.day, ''), r.kind, r.customer, r.party, r.channel, coalesce(r.subject, ''),
        {fragments.PENDING_COUNT} FROM records r JOIN contents c USING (record) WHERE {condition.sql}
        ORDER BY r.day DESC, coalesce(r.started_at, 0) DESC, r.id LIMIT ?"""
    return index.read(CallerMention, sql, (*condition.parameters, limit))


def count_shut_customers(index: Index) -> int:
    """How many customers have sealed values that cannot be read here."""
    sql = "SELECT count(*) FROM records r JOIN contents c USING (record) WHERE r.kind = 'customer' AND instr(c.content, ?)"
    return index.count(sql, (SHUT,))


def timeline_entries(index: Index, customers: Sequence[str]) -> list[TimelineEntry]:
    """Every conversation, issue and survey of some customers."""
    whose = is_one_of("r.customer", customers)
    sql = f"""SELECT {fragments.columns_of(TimelineEntry)} FROM records r LEFT JOIN contents c ON c.record = r.record
        WHERE {whose.sql} AND +r.kind IN ('interaction', 'issue', 'survey')"""
    return index.read(TimelineEntry, sql, whose.parameters)


def links_of(index: Index, records: Sequence[int]) -> list[RecordLink]:
    """The links of some records, by the number of their rows, in the order of the files."""
    sql = f"SELECT record, target, type FROM links WHERE record IN ({', '.join(map(str, records))}) ORDER BY rowid"
    return index.read(RecordLink, sql)


def thread_edges(index: Index, customers: Sequence[str]) -> list[ThreadEdge]:
    """The records of some customers with those they link to, and those that link to them; numbers from outside are none."""
    whose = is_one_of("r.customer", customers)
    sql = f"""SELECT r.id, l.target FROM records r JOIN links l ON l.record = r.record
        WHERE {whose.sql} AND l.target NOT LIKE 'ref:%'
        UNION SELECT t.id, l.target FROM records r JOIN links l ON l.target = r.id
        JOIN records t ON t.record = l.record WHERE {whose.sql}"""
    return index.read(ThreadEdge, sql, whose.parameters * 2)
