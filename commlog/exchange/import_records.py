"""Importing: every row is created, found present, or rejected with its reason; a second run creates nothing."""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from commlog.customers.book import CustomerBook
from commlog.errors import CommlogError, ConflictError, InvalidError, NotFoundError, NotWritableError
from commlog.exchange.incoming import IMPORT_KEY, ImportResult, Incoming, Rejected
from commlog.exchange.queries import import_keys
from commlog.forms.catalog import Template
from commlog.log.log import Staging
from commlog.log.names import ALPHABET, RANDOM_LENGTH, is_customer_id, is_record_id, record_path
from commlog.messages import mark, translate
from commlog.problems import Problem
from commlog.records.complete import NOT_VALID, with_member_ids
from commlog.records.find import get_record
from commlog.records.write import Completed, RecordDraft, RecordRequest, check_record, complete_request
from commlog.values import CUSTOMER, Fields
from commlog.workspace import Workspace

_EXTRA: Final = "extra"
_BITS: Final = 5 * RANDOM_LENGTH
_CANDIDATES: Final = 100
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How an import runs: whether unknown customers are created, whether anything is written.

    `on_row` hears each count of rows; `batch` is how many records go to the disk together.
    """

    creates_customers: bool = False
    is_dry: bool = False
    on_row: Callable[[int], None] | None = None
    batch: int = 256


def import_records(workspace: Workspace, items: Iterable[Incoming], choices: ImportOptions) -> ImportResult:
    """What became of every row; rows that are no record are rejected, never an end of the import.

    Raises:
        NotWritableError: the log does not take a file; what was written before stays, and a second run goes on.
    """
    trial = workspace.trial() if choices.is_dry else nullcontext()
    with trial, Staging(workspace.log, choices.batch) as staging:
        importer = _Importer(workspace, choices, staging)
        for count, item in enumerate(items, start=1):
            importer.take(item)
            if choices.on_row is not None:
                choices.on_row(count)
        return importer.finish()


def candidate_id(day: str, key: str, attempt: int) -> str:
    """The id of a row: its day (`YYYYMMDD`) and the first 30 bits of its key; the next one when another row has it."""
    if attempt:
        key = hashlib.blake2b(f"{key}:{attempt}".encode(), digest_size=16).hexdigest()
    number = int(key[:8], 16) >> (32 - _BITS)
    letters = (ALPHABET[number >> shift & 31] for shift in range(_BITS - 5, -1, -5))
    return f"{day}-{''.join(letters)}"


class _Importer:
    """One import: what the log holds, read once, and what was added since."""

    def __init__(self, workspace: Workspace, choices: ImportOptions, staging: Staging) -> None:
        self.workspace = workspace
        self.choices = choices
        self.staging = staging
        self.staged: dict[str, tuple[str, Incoming]] = {}
        self.book = CustomerBook(workspace)
        self.key_by_id = import_keys(workspace.index)
        self.keys = {key for key in self.key_by_id.values() if key}
        self.rejected: list[Rejected] = []
        self.created = self.present = self.customers = 0

    def take(self, item: Incoming) -> None:
        """Create the record of a row, or note what kept it from being created."""
        if item.fault:
            self.rejected.append(Rejected(item.row, item.fault))
            return
        try:
            is_new = item.key not in self.keys and self._create_again(item)
        except NotWritableError:
            raise
        except InvalidError as fault:
            reasons = "; ".join(problem.message for problem in fault.problems) or fault.message
            self.rejected.append(Rejected(item.row, reasons))
        except CommlogError as fault:
            self.rejected.append(Rejected(item.row, f"{fault.file}: {fault.message}" if fault.file else fault.message))
        else:
            self.created += is_new
            self.present += not is_new

    def finish(self) -> ImportResult:
        """Put what is left on the disk, and count."""
        while self.staged:
            self._flush()
        rows = self.created + self.present + len(self.rejected)
        return ImportResult(rows, self.created, self.present, self.customers, tuple(self.rejected))

    def _flush(self) -> None:
        staged, self.staged = self.staged, {}
        for path in self.staging.flush():
            # Another import was quicker with this id: take the row as if it came now.
            record_id, item = staged[path]
            self.created -= 1
            self.keys.discard(item.key)
            del self.key_by_id[record_id]
            self.take(item)

    def _create_again(self, item: Incoming) -> bool:
        """Create, and once more when another import of the same log was quicker with an id."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._create(item)
            except ConflictError:
                continue
        return self._create(item)

    def _create(self, item: Incoming) -> bool:
        """Whether a new record was made of a row; False when the log has it already."""
        template = self.workspace.catalog.get(item.template)
        if not item.key:
            return self._create_whole(template, item)
        if template.kind == CUSTOMER:
            return self._create_customer(item)
        fields = _with_key(item)
        newcomer = None
        if item.customer:
            fields["customer"] = item.customer
            if self.choices.creates_customers and self.book.find(item.customer) is None:
                newcomer = self._draft_customer(item.customer.strip(), item.new_customer)
        request = RecordRequest(template.name, fields, customer=newcomer, is_now=False)
        completed = complete_request(self.workspace, request, self.book)
        for attempt in range(_CANDIDATES):
            record_id = candidate_id(f"{completed.day:%Y%m%d}", item.key, attempt)
            holder = self._holder(template, record_id, item.key)
            if holder == item.key:
                return False
            if holder is None:
                self._write(check_record(self.workspace, completed, record_id), item)
                return self._note(record_id, item.key)
        raise AssertionError(item.key)

    def _create_whole(self, template: Template, item: Incoming) -> bool:
        fields = with_member_ids(self.workspace, item.fields)
        record_id = str(fields.get("id"))
        if not (is_customer_id if template.kind == CUSTOMER else is_record_id)(record_id):
            raise InvalidError(mark("id: '{value}' is not a valid id for this kind of record"), value=record_id)
        if self._holder(template, record_id, "") is not None:
            return False
        customer = fields.get("customer")
        if isinstance(customer, str) and not self.book.has(customer):
            raise NotFoundError(mark("there is no customer '{name}'"), name=customer)
        # Recorded before, in this log or another: it is taken as it is.
        completed = Completed(template, fields, self.workspace.now.date())
        self._write(check_record(self.workspace, completed, record_id), item)
        if template.kind == CUSTOMER:
            self.book.add(record_id, fields)
        return self._note(record_id, "")

    def _create_customer(self, item: Incoming) -> bool:
        fields = _with_key(item)
        name, chosen = str(fields.get("name") or "").strip(), fields.get("id")
        if self.book.has(str(chosen)) if chosen else self.book.find_same(name, fields) is not None:
            return False
        draft = self._draft_customer(name, fields)
        self._write_customer(draft)
        return self._note(draft.record.id, item.key)

    def _draft_customer(self, name: str, given: Fields) -> RecordDraft:
        """A file for a new customer of this name, with the other fields that are given."""
        fields = {**given}
        if name and isinstance(given.get("name", ""), str):
            fields["name"] = name
        if name or given.get("id"):
            fields["id"] = self.book.free_id(name, given.get("id"))
        completed = complete_request(self.workspace, RecordRequest(CUSTOMER, fields, is_now=False), self.book)
        # Without a name there is no id either, and the name is what is missed.
        return check_record(self.workspace, completed, completed.fields.get("id") or "unnamed")

    def _holder(self, template: Template, record_id: str, key: str) -> str | None:
        """The key of the record that has the id: None when the id is free, `key` when it is this row's or no row's."""
        if record_id in self.key_by_id:
            return self.key_by_id[record_id] or key
        path = record_path(template.kind, record_id)
        if not (self.workspace.log.root / path).exists():
            return None
        # Not in the index: written by another process just now, or not readable, which stops this row.
        extra = get_record(self.workspace.reader.read(path)).fields.get(_EXTRA)
        return str(extra.get(IMPORT_KEY) or key) if isinstance(extra, dict) else key

    def _write(self, draft: RecordDraft, item: Incoming) -> None:
        if draft.customer is not None:
            # At once, so that no record on the disk names nobody.
            self._write_customer(draft.customer)
        self.book.note(draft.record)
        if not self.choices.is_dry:
            if self.staging.is_full:
                self._flush()
            self.staging.add(draft.record.path, draft.text.encode("utf-8"))
            self.staged[draft.record.path] = (draft.record.id, item)

    def _write_customer(self, draft: RecordDraft) -> None:
        if self.choices.is_dry:
            self.book.add(draft.record.id, draft.record.fields)
            self.customers += 1
        else:
            self.customers += self.book.write(draft)

    def _note(self, record_id: str, key: str) -> bool:
        self.key_by_id[record_id] = key or None
        if key:
            self.keys.add(key)
        return True


def _with_key(item: Incoming) -> Fields:
    """A row's fields with its key.

    Raises:
        InvalidError: what the row has in the key's place is no mapping.
    """
    extra = item.fields.get(_EXTRA) or {}
    if not isinstance(extra, dict):
        facts = (("value", str(extra)), ("expected", translate("a mapping, e.g. {name: value}")))
        raise InvalidError(NOT_VALID, problems=(Problem("wrong-type", field=_EXTRA, facts=facts),))
    return {**item.fields, _EXTRA: {**extra, IMPORT_KEY: item.key}}
