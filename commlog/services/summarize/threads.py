"""Threads of the whole log: which records are joined by links, and the contacts in them."""

from collections.abc import Iterable
from typing import NamedTuple

from commlog.services.summarize.scope import Scope

_LINKS = """
SELECT l.record, coalesce(q.record, l.target) FROM links l LEFT JOIN records q ON q.id = l.target
WHERE l.target NOT LIKE 'ref:%'
"""
_CONTACTS = """
SELECT r.record, r.started_at, r.reached, r.direction FROM records r
WHERE r.record IN ({numbers}) AND r.kind = 'interaction' AND r.started_at IS NOT NULL AND r.started_at <= {{now}}
"""


class Contact(NamedTuple):
    """A conversation or an attempt at one; `at` in seconds since 1970."""

    record: int
    at: int
    is_two_way: bool
    is_outbound: bool


class Threads:
    """Records by the thread they belong to; one without links is a thread of its own."""

    def __init__(self, links: Iterable[tuple[int, int | str]]) -> None:
        self._above: dict[int | str, int | str] = {}
        for record, other in links:
            self._above[self._find(record)] = self._find(other)
        self._members: dict[int | str, list[int]] = {}
        for node in list(self._above):
            if isinstance(node, int):
                self._members.setdefault(self._find(node), []).append(node)

    def name_of(self, record: int) -> int | str:
        """What all records of a thread share."""
        return self._find(record) if record in self._above else record

    def members(self, record: int) -> list[int]:
        """All records of a record's thread, itself included."""
        return self._members[self._find(record)] if record in self._above else [record]

    def _find(self, node: int | str) -> int | str:
        above = self._above
        if node not in above:
            above[node] = node
            return node
        while above[node] != node:
            above[node] = above[above[node]]
            node = above[node]
        return node


def threads_of(scope: Scope) -> Threads:
    """The threads of the log, found once for both periods."""
    return scope.once("threads", lambda: Threads(scope.rows(_LINKS.replace("{", "{{").replace("}", "}}"))))


def contacts_of(scope: Scope, threads: Threads, records: Iterable[int]) -> dict[int | str, list[Contact]]:
    """The contacts up to now in the threads of some records, by the thread's name, the earliest first; of single ones none."""
    wanted: dict[int | str, list[int]] = {}
    for record in records:
        members = threads.members(record)
        if len(members) > 1:
            wanted.setdefault(threads.name_of(record), members)
    numbers = ", ".join(str(member) for members in wanted.values() for member in members)
    contacts: dict[int | str, list[Contact]] = {}
    for record, at, reached, direction in scope.rows(_CONTACTS.format(numbers=numbers)) if numbers else ():
        contact = Contact(record, at, reached == 1, direction == "outbound")
        contacts.setdefault(threads.name_of(record), []).append(contact)
    for found in contacts.values():
        found.sort(key=lambda contact: (contact.at, contact.record))
    return contacts
