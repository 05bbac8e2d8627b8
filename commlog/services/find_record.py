"""From what people type to the one thing meant: a record, a follow-up, a customer."""

from dataclasses import dataclass

from commlog.errors import AmbiguousError, ConflictError, NotFoundError, UnreadableError, UsageError
from commlog.index.entries import Reading
from commlog.messages import mark
from commlog.model.folding import fold, phone_digits
from commlog.model.record import Record
from commlog.services.workspace import Workspace
from commlog.store.names import RECORDS, SUFFIX, candidate_paths

ANONYMOUS = "anonymous"
_SHOWN_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class Address:
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
    if (
        text.startswith(f"{RECORDS}/")
        and text.endswith(SUFFIX)
        and ".." not in text
        and (workspace.log.root / text).is_file()
    ):
        return text
    wanted = text.strip()
    index = workspace.index
    rows = index.rows("SELECT path, id FROM records WHERE id = ? ORDER BY path", (wanted,))
    if not rows and wanted:
        prefix = wanted.lower()
        rows = index.rows(
            "SELECT path, id FROM records WHERE (substr(id, 1, ?) = ? OR substr(id, 10, ?) = ?) AND kind <> 'customer' ORDER BY id, path LIMIT ?",
            (len(prefix), prefix, len(prefix), prefix, _SHOWN_CANDIDATES + 1),
        )
    if not rows:
        _raise_unreadable(workspace, wanted)
        raise NotFoundError(
            mark("there is no record '{id}'"),
            id=text,
            remedy=mark("see commlog list, or search for its words: commlog search"),
        )
    if len(rows) > 1:
        shown = ", ".join(f"{row[1]} ({row[0]})" for row in rows[:_SHOWN_CANDIDATES])
        raise AmbiguousError(
            mark("'{id}' could be several records: {candidates}"),
            id=text,
            candidates=shown,
            remedy=mark("give more of the id"),
        )
    return str(rows[0][0])


def _raise_unreadable(workspace: Workspace, wanted: str) -> None:
    for path in workspace.unreadable_files():
        if wanted and path.endswith(f"{wanted}.yaml"):
            get_record(workspace.reader.read(path))


def get_record(reading: Reading) -> Record:
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


def find_address(workspace: Workspace, text: str) -> Address:
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
            mark("'{text}' names no follow-up"),
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
    return Address(record.path, record.id, int(number))


def find_customer(workspace: Workspace, text: str) -> str:
    """The id of the customer people mean by an id, or by a unique name, alias, phone or e-mail.

    Raises:
        NotFoundError: nobody is called so; names the nearest.
        AmbiguousError: several customers are.
    """
    wanted = text.strip()
    if wanted == ANONYMOUS or _is_customer(workspace, wanted):
        return wanted
    names = {fold(wanted), phone_digits(wanted)} - {""}
    rows = workspace.index.rows(
        f"SELECT DISTINCT customer FROM customer_names WHERE name IN ({', '.join('?' * len(names))}) ORDER BY customer",
        sorted(names),
    )
    if len(rows) > 1:
        shown = ", ".join(row[0] for row in rows)
        raise AmbiguousError(
            mark("'{name}' could be several customers: {candidates}"),
            name=text,
            candidates=shown,
            remedy=mark("give the id"),
        )
    if not rows:
        near = nearest_customers(workspace, wanted)
        remedy = (
            mark("did you mean {near}? a new one: commlog customer create, or create … --new-customer NAME")
            if near
            else mark("a new one: commlog customer create, or create … --new-customer NAME")
        )
        raise NotFoundError(mark("there is no customer '{name}'"), name=text, near=near, remedy=remedy)
    return str(rows[0][0])


def _is_customer(workspace: Workspace, text: str) -> bool:
    paths = candidate_paths(text)
    return any(path.startswith("records/customers/") and (workspace.log.root / path).is_file() for path in paths)


def nearest_customers(workspace: Workspace, text: str) -> str:
    """Names like this one, joined for a message; empty when nothing is near."""
    from difflib import get_close_matches

    names = {row[0]: row[1] for row in workspace.index.rows("SELECT name, customer FROM customer_names")}
    wanted = fold(text)
    near = get_close_matches(wanted, names, 3, 0.5)
    near += [name for name in names if wanted and (wanted in name or name in wanted)][:3]
    return ", ".join(dict.fromkeys(names[name] for name in near))
