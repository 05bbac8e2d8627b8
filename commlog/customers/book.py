"""The customers an import meets: found by name among those of the log, known from then on when they are new."""

from datetime import datetime

from commlog.customers.rules.customer import chain_of, is_circle, meant_of, reached_by
from commlog.errors import AmbiguousError, ConflictError, NotFoundError
from commlog.log.names import customer_id_for, record_path
from commlog.messages import mark
from commlog.privacy.rules.masking import mask_value
from commlog.records.complete import Lookup
from commlog.records.find import get_record
from commlog.records.queries import known_names, merge_pointers, read_customers
from commlog.records.rules.consistency import fold_text
from commlog.records.write import RecordDraft
from commlog.values import ANONYMOUS, CUSTOMER, INTERACTION, Data, Fields, Record, instant_of, text_of
from commlog.workspace import Workspace

_LONGEST_STEM = 58


class CustomerBook(Lookup):
    """Every customer by name, read once from the index; those an import adds are known from then on.

    Customers with different names are different customers, even when one id could be made of both names: the later gets a number.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._names: dict[str, set[str]] = {}
        self._other_names: dict[str, set[str]] = {}
        self._ids: set[str] = set()
        self._owners: dict[str, str] = {}
        # Conversations written since the index was read, by customer: when each began, and as stored.
        self._talks: dict[str, list[tuple[datetime, str]]] = {}
        self._merged = merge_pointers(workspace.index)
        for entry in read_customers(workspace.index):
            self._ids.add(entry.id)
            self._owners |= {entry.id: entry.owner} if entry.owner else {}
            if entry.name:
                self._names.setdefault(fold_text(entry.name.strip()), set()).add(entry.id)
        for known in known_names(workspace.index):
            self._other_names.setdefault(known.name, set()).add(known.customer)

    def find(self, name: str) -> str | None:
        """The id of the customer people mean by an id, name, alias, phone or e-mail; None when there is none.

        Raises:
            AmbiguousError: several customers are called so.
        """
        wanted = name.strip()
        if wanted == ANONYMOUS:
            return wanted
        named = self._names.get(fold_text(wanted), set())
        called = named | ({wanted} & self._ids) | self._by_other_name(wanted)
        ids = sorted({self._now(customer) for customer in meant_of(wanted, called, named)})
        if len(ids) > 1:
            raise AmbiguousError(
                mark("'{name}' matches several customers: {candidates}"), name=wanted, candidates=", ".join(ids)
            )
        return ids[0] if ids else None

    def customer_of(self, name: str) -> str:
        """The id of the customer a text names, as `find`.

        Raises:
            NotFoundError: there is none.
            AmbiguousError: several customers are called so.
        """
        found = self.find(name)
        if found is None:
            raise NotFoundError(
                mark("there is no customer '{name}' (`customers: {{unknown: create}}` in the map creates one)"),
                name=name,
            )
        return found

    def last_contact(self, customer: str, before: datetime) -> str | None:
        """When a customer was last spoken to before an instant, as stored; with what this import wrote."""
        known = super().last_contact(customer, before)
        talks = [talk for talk in self._talks.get(customer, ()) if talk[0] < before]
        instant = instant_of(known)
        return max([*talks, *([(instant, known)] if instant and known else [])], default=(None, known))[1]

    def owner_of(self, customer: str) -> str | None:
        """The member who looks after a customer; None when nobody does."""
        return self._owners.get(customer)

    def find_same(self, name: str, fields: Fields) -> str | None:
        """The id of the customer that a file's row of customers already is; None for one who is new.

        A row is there when its name, and every phone and e-mail address it has, are those of one customer.

        Raises:
            ConflictError: it shares a phone or an e-mail address with a customer of another name, or brings one that
                the customer of this name does not have; either is for a person to decide.
            AmbiguousError: several customers are called so.
        """
        ways = reached_by(fields)
        holders = {way: {self._now(one) for one in self._reached_by(way)} for way in ways}
        named = self.find(name)
        for way, found in holders.items():
            others = sorted(found - {named})
            if len(others) > 1 and named not in found:
                merges = (f"commlog customer merge {other} {others[0]}" for other in others[1:])
                raise ConflictError(
                    mark(
                        "{value} belongs to several customers: {customers}; if they are the same customer: {commands}"
                    ),
                    value=mask_value(way),
                    customers=", ".join(others),
                    commands="; ".join(merges),
                )
            if others and named not in found:
                raise ConflictError(
                    mark(
                        "{value} belongs to the customer {customer}; if it is the same customer: commlog customer edit {customer}"
                    ),
                    value=mask_value(way),
                    customer=others[0],
                )
        missing = [way for way, found in holders.items() if named not in found]
        if named is not None and missing:
            raise ConflictError(
                mark(
                    "{customer} is a customer of this name, but without {value}; add it: commlog customer edit {customer}; for somebody else, give the row an id"
                ),
                customer=named,
                value=", ".join(map(mask_value, missing)),
            )
        return named

    def has(self, customer: str) -> bool:
        """Whether there is a customer with exactly this id."""
        return customer == ANONYMOUS or customer in self._ids

    def free_id(self, name: str, chosen: Data = None) -> str:
        """The id that is chosen, else made of a name; with a number behind it when another customer has it.

        Raises:
            InvalidError: no id can be made of the name.
            UnreadableError, ConflictError: the file of a customer who may be this one cannot be read.
        """
        stem = str(chosen or customer_id_for(name))
        number, customer = 1, stem
        while customer in self._ids or customer == ANONYMOUS or self._is_taken(customer):
            number += 1
            customer = f"{stem[:_LONGEST_STEM]}-{number}"
        return customer

    def write(self, draft: RecordDraft) -> bool:
        """Write a new customer's file; False when another process wrote this customer meanwhile.

        Raises:
            ConflictError: another customer took the id meanwhile; draft again.
            NotWritableError: the disk does not take it.
        """
        record = draft.record
        try:
            self.workspace.log.create_file(record.path, draft.text.encode("utf-8"))
        except ConflictError:
            other = get_record(self.workspace.reader.read(record.path)).fields.get("name")
            self.add(record.id, {"name": str(other)})
            if fold_text(str(other).strip()) != fold_text(record.fields["name"]):
                raise
            return False
        self.add(record.id, record.fields)
        return True

    def note(self, record: Record) -> None:
        """Know of a conversation that was written, for the customer's next one."""
        started = instant_of(record.fields.get("started_at"))
        if record.kind == INTERACTION and started and record.fields.get("reached") is not False:
            self._talks.setdefault(str(record.fields.get("customer")), []).append(
                (started, record.fields["started_at"])
            )

    def add(self, customer: str, fields: Fields) -> None:
        """Know a customer from now on, with their phones and e-mail addresses."""
        self._ids.add(customer)
        self._names.setdefault(fold_text(str(fields.get("name")).strip()), set()).add(customer)
        if owner := text_of(fields, "owner"):
            self._owners[customer] = owner
        for way in reached_by(fields):
            self._other_names.setdefault(way, set()).add(customer)

    def _now(self, customer: str) -> str:
        """Who a customer is after all merges; themselves when a pointer is wrong."""
        chain = chain_of(self._merged, customer)
        return customer if is_circle(chain) or chain[-1] not in self._ids else chain[-1]

    def _by_other_name(self, wanted: str) -> set[str]:
        return {customer for name in self.workspace.names_of(wanted) for customer in self._other_names.get(name, ())}

    def _reached_by(self, way: str) -> set[str]:
        return {one for name in self.workspace.as_copied((way,)) for one in self._other_names.get(name, ())}

    def _is_taken(self, customer: str) -> bool:
        """Whether a file has this id although the index has no such customer: it is new, or cannot be read."""
        path = record_path(CUSTOMER, customer)
        if not (self.workspace.log.root / path).exists():
            return False
        get_record(self.workspace.reader.read(path))
        return True
