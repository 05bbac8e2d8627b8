"""Threads of the whole log: which records are joined by links, and the contacts in them."""

from collections.abc import Iterable, Mapping
from operator import itemgetter

from commlog.summary.figures.conversations import dated_conversations_of
from commlog.summary.figures.scope import Scope

_LINKS = """
SELECT l.record, coalesce(q.record, l.target) FROM links l LEFT JOIN records q ON q.id = l.target
WHERE l.target NOT LIKE 'ref:%'
"""
_CONTACTS = """
SELECT r.record, r.started_at, coalesce(r.reached = 1, 0), coalesce(r.direction = 'outbound', 0) FROM records r
WHERE r.record IN ({numbers}) AND +r.kind = 'interaction' AND r.started_at IS NOT NULL AND r.started_at <= {{now}}
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


def threads_of(scope: Scope) -> Threads:
    """The threads of the log, found once for both periods."""
    return scope.once("threads", lambda: Threads(scope.workspace.index.rows(_LINKS)))


def contacts_of(scope: Scope, threads: Threads, records: Iterable[int]) -> dict[int | str, list[Contact]]:
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


def _known_contacts(scope: Scope, records: Iterable[int]) -> Mapping[int, Contact | None]:
    """The contact each of some records stands for, None of one that stands for none; asked for once."""
    known = scope.once("contacts", dict[int, Contact | None])
    known.update(scope.once_a_period("contacts_of_period", lambda: _contacts_of_period(scope)))
    asked = [record for record in records if record not in known]
    if asked:
        found = scope.rows(_CONTACTS.format(numbers=", ".join(map(str, asked))))
        known.update(dict.fromkeys(asked))
        known.update((row[0], row) for row in found)
    return known


def _contacts_of_period(scope: Scope) -> dict[int, Contact | None]:
    now = scope.workspace.now.timestamp()
    rows = dated_conversations_of(scope).rows("record", "started_at", "is_two_way", "is_outbound")
    return {row[0]: row if row[1] <= now else None for row in rows}
