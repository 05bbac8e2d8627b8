"""Merging a customer who has two files: what only the duplicate's file has is added to the customer to keep."""

from dataclasses import dataclass

from commlog.customers.rules.customer import FieldValue, MergedCustomer, merge_facts
from commlog.errors import AmbiguousError, ConflictError, NotFoundError
from commlog.log.names import record_path
from commlog.messages import mark
from commlog.records import find as finding
from commlog.records.change import PreparedChange, prepare_change, retry_locked, write_prepared
from commlog.records.queries import places_of_customers
from commlog.values import ANONYMOUS, CUSTOMER, Fields, text_of
from commlog.workspace import Workspace

_POINTER = "merged_into"


@dataclass(frozen=True, slots=True)
class MergeResult:
    """Who was merged into whom, what was added to the customer to keep, and where the two files differ.

    `named` is the customer who was named to keep: another one when they were merged themselves. `records` counts those
    that name the duplicate, and are now found under the customer to keep.
    """

    duplicate: str
    survivor: str
    named: str
    records: int
    added: tuple[FieldValue, ...]
    differing: tuple[FieldValue, ...]


def merge_customers(workspace: Workspace, duplicate: str, survivor: str, *, is_dry: bool = False) -> MergeResult:
    """The result of merging two customers who are one; nothing is written when `is_dry`.

    The duplicate's file keeps all its fields and gets a pointer; records stay as they are and follow it. The customer to
    keep is written first: when the pointer cannot be written, nothing is lost, and a second call completes it.

    Raises:
        NotFoundError, AmbiguousError: a customer is not known.
        ConflictError: the two are one already, the duplicate was merged before, or others keep changing the files.
        InvalidError, UnreadableError: a file cannot be read, or what it would hold breaks a rule; nothing was written.
        NotWritableError: the disk does not take it.
    """
    stays = _find_survivor(workspace, survivor, duplicate.strip())
    _refuse_anonymous(stays)
    named = survivor.strip() if finding.has_customer_file(workspace, survivor.strip()) else stays
    goes = _find_duplicate(workspace, duplicate, stays, named)
    places = places_of_customers(workspace.index, finding.customer_family(workspace, goes))
    if is_dry:
        with workspace.trial():
            merged, _ = _prepare(workspace, goes, stays)
    else:

        def merge() -> MergedCustomer:
            merged, files = _prepare(workspace, goes, stays)
            for file in files:
                write_prepared(workspace, file)
            return merged

        merged = retry_locked(workspace, merge)
    records = sum(one.kind != CUSTOMER for one in places)
    return MergeResult(goes, stays, named, records, merged.added, merged.differing)


def _find_survivor(workspace: Workspace, text: str, duplicate: str) -> str:
    """The customer to keep; a name of both means the other one when the duplicate is named by id."""
    if not finding.has_customer_file(workspace, text.strip()):
        others = [customer for customer in finding.customers_called(workspace, text) if customer != duplicate]
        if len(others) == 1:
            return finding.find_customer(workspace, others[0])
    return finding.find_customer(workspace, text)


def _find_duplicate(workspace: Workspace, text: str, survivor: str, named: str) -> str:
    """The duplicate: by id any customer, by another name the one who has it besides the customer to keep."""
    wanted = text.strip()
    _refuse_anonymous(wanted)
    if finding.has_customer_file(workspace, wanted):
        if wanted == survivor:
            raise _itself(wanted, named)
        # Refuses a circle, and a pointer to nobody.
        finding.survivor_of(workspace, wanted)
        return wanted
    called = finding.customers_called(workspace, wanted)
    others = [customer for customer in called if customer != survivor]
    if len(others) > 1:
        raise AmbiguousError(
            mark("'{name}' matches several customers: {candidates}"),
            name=text,
            candidates=", ".join(others),
            remedy=mark("give the id"),
        )
    if others:
        return others[0]
    if called:
        raise ConflictError(
            mark("'{name}' and '{survivor}' are already one customer"),
            name=text,
            survivor=survivor,
            remedy=mark("to merge another one, give the id: commlog customer duplicates"),
        )
    near = finding.nearest_customers(workspace, wanted)
    raise NotFoundError(
        mark("there is no customer '{name}'"),
        name=text,
        near=near,
        remedy=mark("did you mean {near}?") if near else mark("see commlog customer list"),
    )


def _itself(customer: str, named: str) -> ConflictError:
    if customer == named:
        return ConflictError(
            mark("'{customer}' cannot be merged into itself"),
            customer=customer,
            remedy=mark("give the duplicate first, then the customer to keep"),
        )
    return ConflictError(
        mark("'{named}' is already merged into '{customer}'"),
        named=named,
        customer=customer,
        remedy=mark("to merge the other way round, first undo that: commlog edit {named} --unset merged_into"),
    )


def _refuse_anonymous(customer: str) -> None:
    if customer == ANONYMOUS:
        raise ConflictError(
            mark("'anonymous' is used for every customer who gave no name; it cannot be merged"),
            remedy=mark("give the record its customer: commlog edit ID --set customer=NAME"),
        )


def _prepare(
    workspace: Workspace, goes: str, stays: str
) -> tuple[MergedCustomer, tuple[PreparedChange, PreparedChange]]:
    """What the merge makes of the two, and both files, checked before the first of them is written."""
    ours, theirs = (workspace.reader.read(record_path(CUSTOMER, one)) for one in (stays, goes))
    duplicate, survivor = finding.get_record(theirs).fields, finding.get_record(ours).fields
    _refuse_merged(goes, stays, duplicate)
    # Somebody may have merged this one since it was looked up.
    _refuse_merged(stays, goes, survivor)
    merged = merge_facts(survivor, duplicate)
    kept = prepare_change(workspace, ours, merged.fields)
    return merged, (kept, prepare_change(workspace, theirs, {**duplicate, _POINTER: stays}))


def _refuse_merged(customer: str, other: str, fields: Fields) -> None:
    into = text_of(fields, _POINTER)
    if into is None:
        return
    remedy = (
        mark("nothing needs to be done; to undo the merge: commlog edit {customer} --unset merged_into")
        if into == other
        else mark(
            "if {into} and {other} are the same customer too: commlog customer merge {into} {other}; to undo the merge: commlog edit {customer} --unset merged_into"
        )
    )
    raise ConflictError(
        mark("'{customer}' is already merged into '{into}'"), customer=customer, into=into, other=other, remedy=remedy
    )
