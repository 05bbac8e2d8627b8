"""Threads of records joined by links, the contacts in them, and what a period opened and finished."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from operator import itemgetter
from typing import Final

from commlog.customers.rules.customer import chain_of, is_circle
from commlog.database.query.select import FINISHED
from commlog.records.queries import merge_pointers
from commlog.summary.figures import scope as scopes
from commlog.summary.figures.conversations import dated_conversations_of
from commlog.summary.rules.figures import LEFT_OUT, NO, YES, FigureCase

_LINKS = """
SELECT l.record, coalesce(q.record, l.target) FROM links l LEFT JOIN records q ON q.id = l.target
WHERE l.target NOT LIKE 'ref:%'
"""
_CONTACTS = """
SELECT r.record, r.started_at, coalesce(r.reached = 1, 0), coalesce(r.direction = 'outbound', 0) FROM records r
WHERE r.record IN ({numbers}) AND +r.kind = 'interaction' AND r.started_at IS NOT NULL AND r.started_at <= {now}
"""
# A conversation or an attempt at one: the record, the instant in seconds since 1970, whether two-way, whether outbound.
Contact = tuple[int, int, bool, bool]


class Threads:
    """Records by the thread they belong to; one without links is a thread of its own."""

    def __init__(self, links: Iterable[tuple[int, int | str]]) -> None:
        above: dict[int | str, int | str] = {}
        for record, other in links:
            one, two = _top(above, record), _top(above, other)
            if one != two:
                above[one] = two
        self._names = {node: _top(above, node) for node in above if isinstance(node, int)}
        self._members: dict[int | str, list[int]] = {}
        for node, name in self._names.items():
            self._members.setdefault(name, []).append(node)

    def name_of(self, record: int) -> int | str:
        """What all records of a thread share."""
        return self._names.get(record, record)

    def members(self, record: int) -> list[int]:
        """All records of a record's thread, itself included."""
        return self._members.get(self._names.get(record, record), [record])


def _top(above: dict[int | str, int | str], node: int | str) -> int | str:
    """The node a thread is named by; the way there is made shorter."""
    over = above.setdefault(node, node)
    while over != node:
        higher = above[over]
        above[node] = higher
        node, over = over, higher
    return node


def threads_of(scope: scopes.SummaryScope) -> Threads:
    """The threads of the log, found once for both periods."""
    return scope.once("threads", lambda: Threads(scope.workspace.index.rows(_LINKS)))


def contacts_of(scope: scopes.SummaryScope, threads: Threads, records: Iterable[int]) -> dict[int | str, list[Contact]]:
    """The contacts up to now in the threads of some records, by the thread's name, the earliest first; of single ones none."""
    wanted: dict[int | str, list[int]] = {}
    for record in records:
        members = threads.members(record)
        if len(members) > 1:
            wanted.setdefault(threads.name_of(record), members)
    known = _known_contacts(scope, [member for members in wanted.values() for member in members])
    contacts: dict[int | str, list[Contact]] = {}
    for name, members in wanted.items():
        found = [contact for member in members if (contact := known[member]) is not None]
        if found:
            contacts[name] = sorted(found, key=itemgetter(1, 0))
    return contacts


def _known_contacts(scope: scopes.SummaryScope, records: Iterable[int]) -> Mapping[int, Contact | None]:
    """The contact each of some records stands for, None of one that stands for none; asked for once."""
    known = scope.once("contacts", dict[int, Contact | None])
    known.update(scope.once_a_period("contacts_of_period", lambda: _contacts_of_period(scope)))
    asked = [record for record in records if record not in known]
    if asked:
        known.update(dict.fromkeys(asked))
        known.update((row[0], row) for row in scope.rows_of(_CONTACTS, asked))
    return known


def _contacts_of_period(scope: scopes.SummaryScope) -> dict[int, Contact | None]:
    now = scope.workspace.now.timestamp()
    rows = dated_conversations_of(scope).rows("record", "started_at", "is_two_way", "is_outbound")
    return {row[0]: row if row[1] <= now else None for row in rows}


def survivors_of(scope: scopes.SummaryScope) -> Mapping[str, str]:
    """Who each merged customer is now, read once for both periods; others are not in it. A circle ends where it closes."""
    return scope.once("survivors", lambda: _read_survivors(scope))


def _read_survivors(scope: scopes.SummaryScope) -> dict[str, str]:
    pointers = merge_pointers(scope.workspace.index)
    chains = {customer: chain_of(pointers, customer) for customer in pointers}
    return {customer: chain[-2] if is_circle(chain) else chain[-1] for customer, chain in chains.items()}


# What happened in the period: it came, it went, both, neither, or it went at a time nobody knows.
_TURN: Final = """
CASE WHEN {untold} THEN 'untold'
     WHEN {came} THEN CASE WHEN {went} THEN 'both' ELSE 'came' END
     WHEN {went} THEN 'went' END
"""
_FOLLOW_UP_TURN: Final = _TURN.format(
    untold=f"f.is_pending = 0 AND {FINISHED} IS NULL",
    came=f"{scopes.OPENED} BETWEEN {{start}} AND {{end}} - 1",
    went=f"f.is_pending = 0 AND {FINISHED} BETWEEN {{start}} AND {{end}} - 1",
)
# Cheap to ask, and true of every follow-up that turned in the period or at a time nobody knows.
_MAY_HAVE_TURNED: Final = (
    "(f.opened_at >= {start} OR f.opened_at IS NULL OR f.done_at >= {start} OR f.closed_at >= {start}"
    f" OR (f.is_pending = 0 AND {FINISHED} IS NULL))"
)
_ISSUE_TURN: Final = _TURN.format(
    untold="r.status = 'closed' AND r.closed_at IS NULL",
    came="r.day >= '{first}' AND r.day < '{after}'",
    went="r.closed_at >= {start} AND r.closed_at < {end}",
)
FOLLOW_UPS_TURNED: Final = scopes.CountSource(
    scopes.FOLLOW_UPS, _MAY_HAVE_TURNED, _FOLLOW_UP_TURN, scopes.OF_FOLLOW_UPS
)
ISSUES_TURNED: Final = scopes.CountSource(scopes.RECORDS, "r.kind = 'issue'", _ISSUE_TURN, scopes.OF_ISSUES)


SETTLED_SECONDS: Final = 7 * 86_400
_RECEIVED: Final = """
SELECT r.record, r.received_at, r.started_at, coalesce(r.reached = 1, 0), coalesce(r.direction = 'outbound', 0)
FROM records r
WHERE +r.kind = 'interaction' AND r.direction = 'inbound' AND r.received_at >= {start} AND r.received_at < {end}
"""
_RESOLVED: Final = "resolved"


def cases_of_responses(scope: scopes.SummaryScope) -> dict[str, list[FigureCase]]:
    """Working seconds from each arrival of the period to the first answer on its thread, and the age of what has none by now."""
    received = [row for row in scope.rows(_RECEIVED) if row[1] <= scope.workspace.now.timestamp()]
    threads = threads_of(scope)
    contacts = contacts_of(scope, threads, [row[0] for row in received])
    answered: list[FigureCase] = []
    waiting: list[FigureCase] = []
    for record, arrived, started, *own in received:
        alone: list[Contact] = [(record, started, *own)] if started is not None else []
        known = contacts.get(threads.name_of(record), alone)
        first = min((at for _, at, *answers in known if at >= arrived and any(answers)), default=None)
        if first is None or first > scope.workspace.now.timestamp():
            answered.append(FigureCase(record, LEFT_OUT, "unanswered"))
            age = _worked(scope, arrived, int(scope.workspace.now.timestamp()))
            waiting.append(FigureCase(record, YES, value=age))
        else:
            answered.append(FigureCase(record, YES, value=_worked(scope, arrived, first)))
    return {"first_response": answered, "unanswered_age": waiting}


def cases_of_first_contacts(scope: scopes.SummaryScope) -> dict[str, list[FigureCase]]:
    """Each thread resolved in the period, by its first conversation there that resolved it.

    It was settled at once when no two-way conversation came before that one, nor within seven days after it.
    """
    threads = threads_of(scope)
    walked = dated_conversations_of(scope).rows("outcome", "started_at", "record", "is_two_way")
    firsts: dict[int | str, tuple[int, int, bool]] = {}
    for at, record, is_two_way in sorted(row[1:] for row in walked if row[0] == _RESOLVED):
        firsts.setdefault(threads.name_of(record), (at, record, is_two_way))
    contacts = contacts_of(scope, threads, [record for _, record, _ in firsts.values()])
    now = scope.workspace.now.timestamp()
    cases = []
    for name, (at, record, is_two_way) in firsts.items():
        latest = at + SETTLED_SECONDS
        counts = is_two_way and not any(
            other != record and both and then <= latest for other, then, both, _ in contacts.get(name, ())
        )
        cases.append(FigureCase(record, YES if counts else NO, "may_come_back" if counts and latest > now else ""))
    return {"first_contact_resolution": cases}


def _worked(scope: scopes.SummaryScope, begin: int, end: int) -> int:
    """Working seconds between two instants in seconds since 1970."""
    calendar = scope.workspace.log.settings.calendar
    return calendar.working_seconds(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC))
