"""The SQL that several questions share: each concept of the domain is written once, here or in `select`.

The tables are called `r` (records), `f` (follow-ups), `c` (contents, or customers inside a subquery).
"""

from collections.abc import Iterable
from typing import Any, Final

# A follow-up that is still to be done. Written out like this: only then is the index of pending follow-ups used.
IS_PENDING: Final = "f.is_pending = 1"
OF_RECORD: Final = "SELECT {columns} FROM follow_ups f WHERE f.record = r.record"
HAS_FOLLOW_UP: Final = f"EXISTS ({OF_RECORD.format(columns=1)})"
HAS_PENDING: Final = f"EXISTS ({OF_RECORD.format(columns=1)} AND {IS_PENDING})"
PENDING_COUNT: Final = f"({OF_RECORD.format(columns='count(*)')} AND {IS_PENDING})"
# An issue that was not closed, as a condition on `records r`.
IS_OPEN_ISSUE: Final = "r.kind = 'issue' AND coalesce(r.status, '') <> 'closed'"
# A survey that was answered, as a condition on `contents c`.
HAS_SCORES: Final = "has_field(c.content, 'scores')"
IS_COMPANY: Final = "EXISTS (SELECT 1 FROM customers c WHERE c.id = r.customer AND c.type = 'company')"

# Everyone who was merged, with all they lead to on the way; a circle ends where it began.
MERGED: Final = """WITH RECURSIVE merged (id, survivor) AS (
    SELECT id, merged_into FROM customers WHERE merged_into IS NOT NULL
    UNION SELECT m.id, c.merged_into FROM merged m JOIN customers c ON c.id = m.survivor WHERE c.merged_into IS NOT NULL
)"""
# Who a customer `c` was merged into in the end, by name; nobody for a circle.
_SURVIVOR_NAME: Final = (
    "(WITH RECURSIVE chain (id) AS (SELECT c.merged_into UNION SELECT n.merged_into FROM chain JOIN customers n"
    " ON n.id = chain.id WHERE n.merged_into IS NOT NULL)"
    " SELECT min(s.name) FROM chain JOIN customers s ON s.id = chain.id WHERE s.merged_into IS NULL)"
)
# A record's customer by name, as a column of `records r`; with two files of one id, the same one every time.
CUSTOMER_NAME: Final = (
    f"coalesce((SELECT min(CASE WHEN c.merged_into IS NULL THEN c.name ELSE coalesce({_SURVIVOR_NAME}, c.name) END)"
    " FROM customers c WHERE c.id = r.customer), r.party, r.customer)"
)


def is_conversation(record: str) -> str:
    """A conversation, as a condition on the records called so.

    The plus keeps the index by kind out of it: the customer or the day that is asked for as well has fewer rows.
    """
    return f"+{record}.kind = 'interaction'"


def is_contact(record: str, *, of_one: bool = False) -> str:
    """A two-way contact: a conversation that reached somebody, whoever began it.

    With `of_one` customer at a time the index of contacts is used.
    """
    kind = is_conversation(record)
    return f"{kind.removeprefix('+') if of_one else kind} AND {record}.reached = 1"


def columns_of(row: Any, names: Iterable[str] = ()) -> str:
    """The columns to select for the rows of a class, or those of them that are named.

    What a field is in the index is written beside its type: `name: Annotated[type, "SQL"]`; the column is called like the field.
    """
    return ", ".join(f"{row.__annotations__[name].__metadata__[0]} AS {name}" for name in names or row._fields)
