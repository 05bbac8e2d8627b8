"""From what people type to the one thing meant: a record, a follow-up, a customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from commlog.customers.rules.customer import chain_of, family_of, is_circle, meant_of
from commlog.database.reader import ParsedFile
from commlog.errors import AmbiguousError, ConflictError, InvalidError, NotFoundError, UnreadableError, UsageError
from commlog.log.names import RECORDS, SUFFIX, candidate_paths, record_path
from commlog.messages import mark
from commlog.records import queries
from commlog.records.rules.consistency import fold_text, near_names
from commlog.values import ANONYMOUS, ANSWER, CUSTOMER, ISSUE, SURVEY, Record
from commlog.workspace import Workspace

_SHOWN_CANDIDATES = 10

_REFUSALS: Final[Mapping[str, str]] = {
    ISSUE: mark("{id} is not an issue but a record of the template '{template}'"),
    SURVEY: mark("{id} is not a survey but a record of the template '{template}'"),
    ANSWER: mark("{id} is not an answer but a record of the template '{template}'"),
}


@dataclass(frozen=True, slots=True)
class FollowUpAddress:
    """A follow-up's address: the record's file, its id, and the number."""

    path: str
    record_id: str
    n: int

    def __str__(self) -> str:
        return f"{self.record_id}/{self.n}"


def find_path(workspace: Workspace, text: str) -> str:
    """The log-relative path of the record with this id, or with an id (or random part) that starts so.

    Raises:
        NotFoundError: there is none.
        AmbiguousError: there are several, none of them exactly this; lists them.
    """
    exact = [path for path in candidate_paths(text) if (workspace.log.root / path).is_file()]
    if len(exact) == 1:
        return exact[0]
    is_path = text.startswith(f"{RECORDS}/") and text.endswith(SUFFIX) and ".." not in text
    if is_path and (workspace.log.root / text).is_file():
        return text
    wanted = text.strip()
    rows = queries.places_of_id(workspace.index, wanted)
    if not rows and wanted:
        rows = queries.places_starting(workspace.index, wanted.lower(), _SHOWN_CANDIDATES + 1)
    if not rows:
        _raise_unreadable(workspace, wanted)
        raise NotFoundError(
            mark("there is no record '{id}'"),
            id=text,
            remedy=mark("see commlog list, or search for its words: commlog search"),
        )
    if len(rows) > 1:
        shown = ", ".join(f"{row.id} ({row.path})" for row in rows[:_SHOWN_CANDIDATES])
        raise AmbiguousError(
            mark("'{id}' matches several records: {candidates}"),
            id=text,
            candidates=shown,
            remedy=mark("give more characters of the id"),
        )
    return rows[0].path


def _raise_unreadable(workspace: Workspace, wanted: str) -> None:
    for path in workspace.unreadable_files():
        if wanted and path.endswith(f"{wanted}.yaml"):
            get_record(workspace.reader.read(path))


def get_record(reading: ParsedFile) -> Record:
    """The record that was read.

    Raises:
        ConflictError: the file holds the markers of a merge.
        UnreadableError: the file is no record.
    """
    if reading.record is not None:
        return reading.record
    code = reading.problems[0].code if reading.problems else ""
    error = ConflictError if code == "merge-markers" else UnreadableError
    raise error(mark("the record cannot be read"), problems=reading.problems)


def read_record(workspace: Workspace, text: str) -> Record:
    """The record people mean by an id or prefix.

    Raises:
        NotFoundError, AmbiguousError, UnreadableError, ConflictError: as for finding and reading.
    """
    return get_record(workspace.reader.read(find_path(workspace, text)))


def read_of_kind(workspace: Workspace, text: str, kind: str) -> Record:
    """The record of a kind that people mean by an id or prefix.

    Raises:
        UsageError: it is of another kind.
        NotFoundError, AmbiguousError, UnreadableError, ConflictError: as for finding and reading.
    """
    record = read_record(workspace, text)
    if record.kind != kind:
        raise UsageError(
            _REFUSALS[kind], id=record.id, template=record.template, noun=kind, remedy=mark("see commlog {noun} list")
        )
    return record


def find_address(workspace: Workspace, text: str) -> FollowUpAddress:
    """The follow-up people mean by `ID/n`; a record with one follow-up may be named alone.

    Raises:
        UsageError: the text has no number where one is needed.
        NotFoundError: there is no such record or follow-up.
    """
    record_text, _, number = text.rpartition("/") if "/" in text else (text, "", "")
    record = read_record(workspace, record_text)
    follow_ups = record.fields.get("followups") or []
    numbers = [item.get("n", place) for place, item in enumerate(follow_ups, start=1) if isinstance(item, dict)]
    if not number and len(numbers) == 1:
        number = str(numbers[0])
    if not number.isdecimal():
        raise UsageError(
            mark("'{text}' is not the number of a follow-up"),
            text=text,
            remedy=mark("write ID/n; this record has: {numbers}"),
            numbers=", ".join(f"{record.id}/{n}" for n in numbers) or "-",
        )
    if int(number) not in numbers:
        raise NotFoundError(
            mark("the record {id} has no follow-up {n}"),
            id=record.id,
            n=number,
            remedy=mark("it has: {numbers}"),
            numbers=", ".join(f"{record.id}/{n}" for n in numbers) or "-",
        )
    return FollowUpAddress(record.path, record.id, int(number))


def find_customer(workspace: Workspace, text: str) -> str:
    """The id of the customer people mean by an id, or by a unique name, alias, phone or e-mail.

    Whoever was merged into another is that other one.

    Raises:
        NotFoundError: nobody is called so; names the nearest. Or who they were merged into is not there.
        AmbiguousError: several customers are.
        InvalidError: they were merged in a circle.
    """
    wanted = text.strip()
    if wanted == ANONYMOUS:
        return wanted
    if has_customer_file(workspace, wanted):
        return wanted if not _may_be_merged(workspace, wanted) else survivor_of(workspace, wanted)
    found = customers_called(workspace, wanted)
    if len(found) > 1:
        raise AmbiguousError(
            mark("'{name}' matches several customers: {candidates}"),
            name=text,
            candidates=", ".join(found),
            remedy=mark(
                "give the id; to merge two that are the same customer: commlog customer merge DUPLICATE SURVIVOR"
            ),
        )
    if not found:
        near = nearest_customers(workspace, wanted)
        remedy = (
            mark("did you mean {near}? to create a customer: commlog customer create, or create … --new-customer NAME")
            if near
            else mark("to create a customer: commlog customer create, or create … --new-customer NAME")
        )
        if workspace.is_shut and ("@" in wanted or any(map(str.isdigit, wanted))):
            remedy = mark(
                "phones and e-mail addresses are sealed: set $COMMLOG_AGE_KEY_FILE to your key file, or give a name"
            )
        raise NotFoundError(mark("there is no customer '{name}'"), name=text, near=near, remedy=remedy)
    return survivor_of(workspace, found[0])


def customers_called(workspace: Workspace, text: str) -> tuple[str, ...]:
    """The ids of all customers with this name, alias, phone or e-mail, sorted; a merged customer counts as the one it was merged into.

    Which of them a text means, `meant_of` decides. Whoever was merged in a circle, or into nobody, counts as themselves.
    """
    wanted = text.strip()
    called = queries.customers_named(workspace.index, workspace.names_of(text))
    profiles = queries.read_customers(workspace.index, called) if len(called) > 1 else []
    named = {one.id for one in profiles if fold_text((one.name or "").strip()) == fold_text(wanted)}
    meant = meant_of(wanted, called, named)
    pointers = queries.merge_pointers(workspace.index) if meant else {}
    chains = ((customer, chain_of(pointers, customer)) for customer in meant)
    return tuple(sorted({chain[-1] if _is_sound(workspace, chain) else customer for customer, chain in chains}))


def survivor_of(workspace: Workspace, customer: str) -> str:
    """The id of who a customer is now: their own, unless they were merged into another.

    Raises:
        InvalidError: they were merged in a circle.
        NotFoundError: who they were merged into is not there.
    """
    chain = chain_of(queries.merge_pointers(workspace.index), customer)
    if len(chain) == 1:
        return customer
    shown = " → ".join(chain)
    if is_circle(chain):
        raise InvalidError(
            mark("merged_into forms a cycle: {chain}"),
            chain=shown,
            file=record_path(CUSTOMER, chain[-1]),
            id=chain[-1],
            remedy=mark("remove it from the customer to keep: commlog edit {id} --unset merged_into"),
        )
    if not has_customer_file(workspace, chain[-1]):
        raise NotFoundError(
            mark("'{customer}' was merged into a customer who has no file: {chain}"),
            customer=customer,
            chain=shown,
            file=record_path(CUSTOMER, chain[-2]),
            id=chain[-2],
            remedy=mark("remove `merged_into`: commlog edit {id} --unset merged_into"),
        )
    return chain[-1]


def customer_family(workspace: Workspace, customer: str) -> tuple[str, ...]:
    """The ids under which a customer's records are found: their own, and those of all who were merged into them."""
    return family_of(queries.merge_pointers(workspace.index), customer)


def has_customer_file(workspace: Workspace, text: str) -> bool:
    """Whether a customer has exactly this id."""
    paths = candidate_paths(text)
    return any(path.startswith("records/customers/") and (workspace.log.root / path).is_file() for path in paths)


def _is_sound(workspace: Workspace, chain: Sequence[str]) -> bool:
    return len(chain) == 1 or (not is_circle(chain) and has_customer_file(workspace, chain[-1]))


def _may_be_merged(workspace: Workspace, customer: str) -> bool:
    """Whether a file speaks of a merge at all: asking the index takes longer than looking."""
    try:
        return b"merged_into" in workspace.log.read_bytes(record_path(CUSTOMER, customer))
    except (NotFoundError, UnreadableError):
        return False


def nearest_customers(workspace: Workspace, text: str) -> str:
    """Names like this one, joined for a message; empty when nothing is near."""
    # Not the hashes that stand for sealed ones.
    known = (one for one in queries.known_names(workspace.index) if not one.name.startswith(("phone#", "email#")))
    names = {one.name: one.customer for one in known}
    wanted = fold_text(text)
    near = near_names(wanted, names, 3, 0.5)
    near += [name for name in names if wanted and (wanted in name or name in wanted)][:3]
    return ", ".join(dict.fromkeys(names[name] for name in near))
