"""What has been kept as long as the settings let it: customers to forget, and single records to delete."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from commlog.customers.rules.customer import chain_of, is_circle
from commlog.output.listing import Listing, mask_listing
from commlog.privacy.queries import KeptRecord, kept_records
from commlog.privacy.rules.forgetting import PSEUDONYM, RULE_KINDS, RetentionRules
from commlog.records.queries import merge_pointers, read_customers
from commlog.values import ANONYMOUS, CUSTOMER
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


class _Kept(NamedTuple):
    """A record that is kept: its rule, and the day from which it is due to go (None: never)."""

    record: KeptRecord
    rule: str
    due_on: date | None

    def is_due(self, today: date) -> bool:
        """Whether it is to go today."""
        return self.due_on is not None and self.due_on <= today


@dataclass(slots=True)
class _Person:
    """Everything of one customer: the profile, when there is one, and the records."""

    profile: _Kept | None = None
    records: list[_Kept] = field(default_factory=list)

    def is_due(self, today: date) -> bool:
        """Whether nothing of them is to be kept any longer; without a profile there is nobody to forget."""
        return self.profile is not None and all(one.is_due(today) for one in self.records or [self.profile])


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
        if customer != ANONYMOUS and person.is_due(today):
            rows.append(_forget_row(customer, name, person))
        else:
            rows += [_delete_row(customer, name, one) for one in person.records if one.is_due(today)]
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
    for record in kept_records(workspace.index):
        if record.customer is None or record.customer.startswith(PSEUDONYM):
            continue
        chain = chain_of(pointers, record.customer)
        person = found.setdefault(record.customer if is_circle(chain) else chain[-1], _Person())
        rule = rules.rule_for(record.kind, record.template, is_anonymous=record.customer == ANONYMOUS)
        one = _Kept(record, rule, _due_on(rules, rule, record.day))
        if record.kind != CUSTOMER:
            person.records.append(one)
        elif len(chain) == 1:
            person.profile = one
    return found


def _due_on(rules: RetentionRules, rule: str, day: str | None) -> date | None:
    try:
        return rules.due_on(rule, date.fromisoformat(day or ""))
    except ValueError:
        return None


def _forget_row(customer: str, name: str | None, person: _Person) -> tuple[object, ...]:
    assert person.profile is not None
    last = max(person.records or [person.profile], key=lambda one: (one.due_on or date.min, one.record.day or ""))
    return (
        FORGET,
        customer,
        customer,
        name,
        max((one.record.day or "" for one in person.records), default=None),
        last.rule,
        last.due_on and last.due_on.isoformat(),
        len(person.records),
        sum(one.record.pending for one in person.records),
        person.profile.record.path,
    )


def _delete_row(customer: str, name: str | None, one: _Kept) -> tuple[object, ...]:
    record, due = one.record, one.due_on and one.due_on.isoformat()
    shown = name or record.party or ""
    return (DELETE, record.id, customer, shown, record.day or "", one.rule, due, 1, record.pending, record.path)
