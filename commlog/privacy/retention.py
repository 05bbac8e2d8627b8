"""What has been kept as long as the settings let it: customers to forget, and single records to delete."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from commlog.customers.rules.customer import chain_of, is_circle
from commlog.output.listing import Listing, mask_listing
from commlog.privacy.queries import kept_records
from commlog.privacy.rules.forgetting import PSEUDONYM, RULE_KINDS, RetentionRules
from commlog.records.queries import merge_pointers, read_customers
from commlog.values import ANONYMOUS, ANSWER, CUSTOMER
from commlog.workspace import Workspace

FORGET: Final = "forget"
DELETE: Final = "delete"
COLUMN_NAMES = (
    "action",
    "id",
    "customer",
    "customer_name",
    "last_contact",
    "rule",
    "due_on",
    "records",
    "pending",
    "path",
)
SHOWN = ("action", "id", "customer_name", "last_contact", "rule", "due_on", "records", "pending")


@dataclass(frozen=True, slots=True)
class _Kept:
    """A record that is kept: its place, its day, its rule, and the day from which it is due (None: for ever)."""

    id: str
    path: str
    day: str
    rule: str
    due_on: date | None
    pending: int
    party: str


@dataclass(slots=True)
class _Person:
    """Everything of one customer: the profile, when there is one, and the records."""

    profile: _Kept | None = None
    records: list[_Kept] = field(default_factory=list)


def list_retention(workspace: Workspace, *, reveal: bool = False) -> Listing:
    """What is due to go today: a customer all of whose records are, else each record that is; the longest due first.

    A customer without records is kept as the rule of customers says, from the day they were recorded. Nothing is
    deleted. Names are masked as in any listing unless revealed.
    """
    rules, today = RetentionRules(workspace.log.settings.retention), workspace.now.date()
    names = {one.id: one.name for one in read_customers(workspace.index)}
    rows: list[tuple[object, ...]] = []
    for customer, person in sorted(_people(workspace, rules).items()):
        name = names.get(customer)
        if customer != ANONYMOUS and _is_due(person, today):
            rows.append(_forget_row(customer, name, person))
        else:
            rows += [_delete_row(customer, name or one.party, one) for one in person.records if _has_passed(one, today)]
    rows.sort(key=lambda row: (str(row[6]), str(row[1])))
    listing = Listing(COLUMN_NAMES, tuple(rows), SHOWN, "id")
    return listing if reveal else mask_listing(listing, workspace.log.settings.mask)


def unknown_rules(workspace: Workspace) -> tuple[str, ...]:
    """The names in the settings that are no kind and no template: their rules hold for nothing."""
    known = {ANONYMOUS, *RULE_KINDS.values(), *workspace.catalog.names()}
    return tuple(name for name in workspace.log.settings.retention if name not in known)


def _people(workspace: Workspace, rules: RetentionRules) -> dict[str, _Person]:
    """Everyone with what is kept of them; the merged count as who they are now, the forgotten not at all."""
    pointers = merge_pointers(workspace.index)
    found: dict[str, _Person] = {}
    for record_id, path, kind, template, customer, day, pending, party in kept_records(workspace.index):
        if customer is None or customer.startswith(PSEUDONYM) or kind == ANSWER:
            continue
        chain = chain_of(pointers, customer)
        person = found.setdefault(customer if is_circle(chain) else chain[-1], _Person())
        rule = rules.rule_for(kind, template, is_anonymous=customer == ANONYMOUS)
        one = _Kept(record_id, path, day or "", rule, _due_on(rules, rule, day), pending, party or "")
        if kind != CUSTOMER:
            person.records.append(one)
        elif len(chain) == 1:
            person.profile = one
    return found


def _due_on(rules: RetentionRules, rule: str, day: str | None) -> date | None:
    try:
        return rules.due_on(rule, date.fromisoformat(day or ""))
    except ValueError:
        return None


def _has_passed(one: _Kept, today: date) -> bool:
    return one.due_on is not None and one.due_on <= today


def _is_due(person: _Person, today: date) -> bool:
    """Whether nothing of a customer is to be kept any longer."""
    if person.profile is None:
        return False
    kept = person.records or [person.profile]
    return all(_has_passed(one, today) for one in kept)


def _forget_row(customer: str, name: str | None, person: _Person) -> tuple[object, ...]:
    decisive = max(person.records or _profiles(person), key=lambda one: (one.due_on or date.min, one.day))
    last = max((one.day for one in person.records), default=None)
    assert person.profile is not None
    return (
        FORGET,
        customer,
        customer,
        name,
        last,
        decisive.rule,
        decisive.due_on and decisive.due_on.isoformat(),
        len(person.records),
        sum(one.pending for one in person.records),
        person.profile.path,
    )


def _profiles(person: _Person) -> Iterable[_Kept]:
    return [person.profile] if person.profile else []


def _delete_row(customer: str, name: str | None, one: _Kept) -> tuple[object, ...]:
    due = one.due_on and one.due_on.isoformat()
    return (DELETE, one.id, customer, name, one.day, one.rule, due, 1, one.pending, one.path)
