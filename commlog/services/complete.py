"""What a word of a call may become: follow-ups, records, customers, members, templates and tags that begin so."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from commlog.model.masked_listing import mask_words
from commlog.services.question import CUSTOMER_NAME
from commlog.services.workspace import Workspace

_MOST: Final = 200
_ADDRESSES: Final = f"""
SELECT f.address, f.action, coalesce({CUSTOMER_NAME}, '') FROM follow_ups f JOIN records r USING (record)
WHERE f.is_pending = 1 AND substr(f.address, 1, ?) = ? ORDER BY f.due_at IS NULL, f.due_at, f.address LIMIT {_MOST}
"""
_RECORDS: Final = f"""
SELECT r.id, coalesce(r.subject, ''), coalesce({CUSTOMER_NAME}, '') FROM records r
WHERE r.kind <> 'customer' AND substr(r.id, 1, ?) = ? ORDER BY r.day DESC, r.id DESC LIMIT {_MOST}
"""
_CUSTOMERS: Final = f"""
SELECT id, name FROM customers WHERE merged_into IS NULL AND (substr(id, 1, ?) = ? OR substr(name, 1, ?) = ?)
ORDER BY id LIMIT {_MOST}
"""
_TAGS: Final = f"""
SELECT tag, '' FROM tags WHERE substr(tag, 1, ?) = ? GROUP BY tag ORDER BY count(*) DESC, tag LIMIT {_MOST}
"""
# What is sealed stands in the copy as it is in the file.
_SEALED: Final = ("age:", "age+json:", "age@", "age+json@", "[sealed")


class Candidate(NamedTuple):
    """A word that may stand there, and what is said beside it."""

    word: str
    told: str = ""


def pending_addresses(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The pending follow-ups whose address begins so, the most pressing first, each with what is to be done."""
    return _told(workspace, _ADDRESSES, begin)


def record_ids(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The records but customers whose id begins so, the newest first, each with its headline."""
    return _told(workspace, _RECORDS, begin)


def customers(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The customers whose id or name begins so, by whichever does; no names where the settings hide them."""
    hides = workspace.log.settings.mask.names
    for customer, name in workspace.index.rows(_CUSTOMERS, (len(begin), begin) * 2):
        is_named = bool(name) and not hides and not name.startswith(_SEALED)
        if customer.startswith(begin) and (customer.isascii() or not hides):
            yield Candidate(customer, name if is_named else "")
        if is_named and name.startswith(begin) and name != customer:
            yield Candidate(name, customer)


def members(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The members whose id begins so, with their names."""
    for member in workspace.log.settings.members:
        if member.id.startswith(begin):
            yield Candidate(member.id, member.name)


def templates(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The templates whose name begins so."""
    return (Candidate(name) for name in workspace.catalog.names() if name.startswith(begin))


def tags(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The tags in use that begin so, the most frequent first."""
    return (Candidate(str(tag)) for tag, _ in workspace.index.rows(_TAGS, (len(begin), begin)))


def words_of_query(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """What a word of a query may become: a field, or a value of `customer:`, `owner:`, `agent:`, `tag:`, `template:`."""
    field, colon, value = begin.partition(":")
    if not colon:
        from commlog.query.fields import BUILT_IN

        yield from (Candidate(f"{name}:") for name in BUILT_IN if name.startswith(begin))
        return
    listed, comma, last = value.rpartition(",")
    finder = _VALUES.get(field)
    for candidate in finder(workspace, last) if finder else ():
        # A value with a space would be two words of the query.
        if " " not in candidate.word:
            yield candidate._replace(word=f"{field}:{listed}{comma}{candidate.word}")


_VALUES: Final = {"customer": customers, "owner": members, "agent": members, "tag": tags, "template": templates}


def _told(workspace: Workspace, sql: str, begin: str) -> Iterator[Candidate]:
    rules = workspace.log.settings.mask
    rows: Sequence[tuple[str, str, str]] = workspace.index.rows(sql, (len(begin), begin))
    return (Candidate(word, mask_words(text, name, rules)) for word, text, name in rows)
