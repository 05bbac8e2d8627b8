"""Lists of customers: those that match, and those who may be one because they share a phone, an e-mail address or a name."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from commlog.customers.queries import ListedCustomer, listed_customers, names_of_unmerged, record_counts
from commlog.database.query.filter import Term
from commlog.database.query.order import order_by
from commlog.database.query.select import ListedRows
from commlog.output.listing import Listing, mask_listing
from commlog.privacy.rules.masking import mask_name, mask_value
from commlog.records.queries import read_customers
from commlog.records.question import OptionTerm, condition_of, filter_of, has_term
from commlog.records.rules.consistency import SHORTEST_PHONE, fold_text, name_key
from commlog.values import Data
from commlog.workspace import Workspace

PHONE: Final = "phone"
EMAIL: Final = "email"
NAME: Final = "name"
# The surest first.
_FACTS: Final = (PHONE, EMAIL, NAME)
COLUMN_NAMES: Final = ListedCustomer._fields
SHOWN: Final = ("id", "name", "level", "stage", "owner", "last_contact", "pending")
_SORTS: Final = {name: (name,) for name in SHOWN}
_MERGED: Final = "merged_into"
PAIR_COLUMNS: Final = ("customer", "name", "other", "other_name", "shared", "value", "facts")
_PAIR_SHOWN: Final = PAIR_COLUMNS[:-1]
# Among so many of one switchboard, every one is paired with the first alone.
_PAIRED_AMONG_ALL: Final = 4


@dataclass(frozen=True, slots=True)
class SharedDetail:
    """Two customers who share something: by its surest kind, as it is compared, and how many kinds they share."""

    customer: str
    other: str
    shared: str
    value: str
    facts: int

    @property
    def shown(self) -> str:
        """The value as it may be shown to everybody."""
        return self.value if self.shared == NAME else mask_value(self.value)


def list_customers(  # noqa: PLR0913 - the flags are named
    workspace: Workspace,
    query: str,
    terms: Sequence[OptionTerm],
    sort: str,
    limit: int,
    *,
    with_merged: bool = False,
    reveal: bool = False,
) -> Listing:
    """Customers that match, by id unless sorted otherwise; those of merged customers count for the one to keep.

    Those who were merged are left out unless `with_merged`, or the query asks for them. Names are masked where the
    settings hide them, unless revealed.

    Raises:
        UsageError: the query or the sort is not understood.
    """
    question = filter_of(workspace, query, terms)
    condition = condition_of(workspace, question, ListedRows.RECORDS)
    is_shown = with_merged or has_term(question, _asks_for_merged)
    order = order_by(sort or "id", _SORTS, ListedRows.RECORDS)
    rows = listed_customers(workspace.index, condition, order, limit, with_merged=is_shown)
    listing = Listing(COLUMN_NAMES, tuple(rows), (*SHOWN, _MERGED) if is_shown else SHOWN, "id")
    return listing if reveal else mask_listing(listing, workspace.log.settings.mask)


def _asks_for_merged(term: Term) -> bool:
    return term.field.name == _MERGED or (term.field.name == "has" and _MERGED in term.values)


def find_duplicates(workspace: Workspace, limit: int = -1, *, reveal: bool = False) -> Listing:
    """Pairs of customers who may be one, the surest first; `customer` is the one to merge into `other`.

    `other` has more records, or else is there longer. Names are masked where the settings hide them, unless revealed;
    numbers and addresses are masked always.
    """
    names, holders_of = _read_holders(workspace)
    ranks = _ranks(workspace)
    found = _shared(holders_of, lambda holders: _pairs(sorted(holders, key=ranks.__getitem__)))
    rules = workspace.log.settings.mask
    is_hidden = rules.names and not reveal
    rows: list[tuple[Data, ...]] = []
    for one in found[: limit if limit >= 0 else None]:
        value = mask_name(one.value) if is_hidden and one.shared == NAME else one.shown
        customer, other = names[one.customer], names[one.other]
        rows.append((one.customer, customer, one.other, other, one.shared, value, one.facts))
    listing = Listing(PAIR_COLUMNS, tuple(rows), _PAIR_SHOWN, "customer", {"shared": "duplicate"})
    return listing if reveal else mask_listing(listing, rules)


def find_similar(workspace: Workspace, customer: str) -> list[SharedDetail]:
    """Every customer who shares something with this one, the surest first."""

    def pairs(holders: list[str]) -> Iterator[tuple[str, str]]:
        return ((customer, other) for other in holders if other != customer and customer in holders)

    return _shared(_read_holders(workspace)[1], pairs)


def _shared(
    holders_of: Mapping[tuple[str, str], list[str]], pairs: Callable[[list[str]], Iterator[tuple[str, str]]]
) -> list[SharedDetail]:
    """What pairs of customers share, the surest first; `pairs` are those of the holders of one fact."""
    shared: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for (kind, value), holders in holders_of.items():
        for pair in pairs(holders):
            shared[pair].setdefault(kind, value)
    found = []
    for pair, facts in shared.items():
        surest = next(kind for kind in _FACTS if kind in facts)
        found.append(SharedDetail(*pair, surest, facts[surest], len(facts)))
    return sorted(found, key=lambda one: (-one.facts, _FACTS.index(one.shared), one.other, one.customer))


def _read_holders(workspace: Workspace) -> tuple[dict[str, str], defaultdict[tuple[str, str], list[str]]]:
    """The names of all customers who were not merged, and the customers who have each fact."""
    names: dict[str, str] = {}
    holders: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for customer, name, known in names_of_unmerged(workspace.index):
        facts = [] if customer in names else [(NAME, name_key(name))]
        names.setdefault(customer, name)
        # The id is made of the name, and says nothing more.
        for fact in [*facts, _fact_of(known)] if known != fold_text(customer) else facts:
            if fact[1] and customer not in holders[fact][-1:]:
                holders[fact].append(customer)
    return names, holders


def _fact_of(known: str) -> tuple[str, str]:
    """What a folded name is: a phone, an e-mail address, or a name as duplicates are looked for."""
    if "@" in known or known.startswith("email#"):
        return EMAIL, known
    if known.startswith("phone#"):
        # A sealed one, as key holders find it: equal hashes are equal phones.
        return PHONE, known
    if known.isdecimal():
        # 000000000 was typed where a number was asked for and none was known.
        return (PHONE, known) if len(known) >= SHORTEST_PHONE and len(set(known)) > 1 else (PHONE, "")
    return NAME, name_key(known)


def _ranks(workspace: Workspace) -> dict[str, tuple[int, int, str]]:
    """Who would be kept, by id, the lowest first: with the most records, then with the oldest file."""
    counts = record_counts(workspace.index)
    return {one.id: (-counts.get(one.id, 0), one.recorded_at or 0, one.id) for one in read_customers(workspace.index)}


def _pairs(holders: list[str]) -> Iterator[tuple[str, str]]:
    """The duplicates, each with the customer to keep; among many each with the first alone."""
    if len(holders) <= _PAIRED_AMONG_ALL:
        yield from ((customer, other) for other, customer in combinations(holders, 2))
    else:
        yield from ((customer, holders[0]) for customer in holders[1:])
