"""Importing: every row is created, found present, or rejected with its reason; a second run creates nothing."""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Final

from commlog.customers.book import CustomerBook
from commlog.errors import CommlogError, ConflictError, InvalidError, NotFoundError, NotWritableError
from commlog.exchange.incoming import IMPORT_KEY, ImportResult, Incoming, Rejected
from commlog.forms.catalog import Template
from commlog.log.log import Staging
from commlog.log.names import ALPHABET, RANDOM_LENGTH, is_customer_id, is_record_id, record_path
from commlog.messages import mark
from commlog.records.find import get_record
from commlog.records.import_draft import Draft, check_draft, complete_customer, complete_fields, day_of, reasons_of
from commlog.values import CUSTOMER, Fields
from commlog.workspace import Workspace

_EXTRA: Final = "extra"
_BITS: Final = 5 * RANDOM_LENGTH
_CANDIDATES: Final = 100
_ATTEMPTS: Final = 3


def _no_progress(rows: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Choices:
    """How an import runs: whether unknown customers are created, whether anything is written.

    `on_row` hears each count of rows; `batch` is how many records go to the disk together.
    """

    creates_customers: bool = False
    is_dry: bool = False
    on_row: Callable[[int], None] = field(default=_no_progress)
    batch: int = 256


def import_records(workspace: Workspace, items: Iterable[Incoming], choices: Choices) -> ImportResult:
    """What became of every row; rows that are no record are rejected, never an end of the import.

    Raises:
        NotWritableError: the log does not take a file; what was written before stays, and a second run goes on.
    """
    trial = workspace.trial() if choices.is_dry else nullcontext()
    with trial, Staging(workspace.log, choices.batch) as staging:
        importer = _Importer(workspace, choices, staging)
        for count, item in enumerate(items, start=1):
            importer.take(item)
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

    def __init__(self, workspace: Workspace, choices: Choices, staging: Staging) -> None:
        self.workspace = workspace
        self.choices = choices
        self.staging = staging
        self.staged: dict[str, tuple[str, Incoming]] = {}
        self.book = CustomerBook(workspace)
        sql = f"SELECT id, field(content, '{_EXTRA}.{IMPORT_KEY}') FROM records JOIN contents USING (record)"
        self.key_by_id: dict[str, str | None] = dict(workspace.index.rows(sql))
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
            self.rejected.append(Rejected(item.row, reasons_of(fault)))
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
        fields: Fields = {**item.fields, _EXTRA: {**(item.fields.get(_EXTRA) or {}), IMPORT_KEY: item.key}}
        fields = complete_fields(self.workspace, template, fields)
        newcomer = None
        if item.customer:
            found = self.book.find(item.customer)
            newcomer = self._newcomer(item) if found is None else None
            fields["customer"] = newcomer.record.id if newcomer else found
        day = f"{day_of(self.workspace, template, fields):%Y%m%d}"
        for attempt in range(_CANDIDATES):
            record_id = candidate_id(day, item.key, attempt)
            holder = self._holder(template, record_id, item.key)
            if holder == item.key:
                return False
            if holder is None:
                draft = check_draft(self.workspace, template.name, {**fields, "id": record_id})
                self._write(draft, newcomer, item)
                return self._note(record_id, item.key)
        raise AssertionError(item.key)

    def _create_whole(self, template: Template, item: Incoming) -> bool:
        fields = item.fields
        record_id = str(fields.get("id"))
        if not (is_customer_id if template.kind == CUSTOMER else is_record_id)(record_id):
            raise InvalidError(mark("id: '{value}' is no id of this kind of record"), value=record_id)
        if self._holder(template, record_id, "") is not None:
            return False
        customer = fields.get("customer")
        if isinstance(customer, str) and not self.book.has(customer):
            raise NotFoundError(mark("there is no customer '{name}'"), name=customer)
        draft = check_draft(self.workspace, template.name, fields)
        if template.kind == CUSTOMER:
            self.book.add(record_id, fields)
        self._write(draft, None, item)
        return self._note(record_id, "")

    def _create_customer(self, item: Incoming) -> bool:
        fields = complete_customer(item.fields)
        name = str(fields.get("name") or "")
        chosen = fields.get("id")
        if self.book.has(str(chosen)) if chosen else self.book.find_same(name, fields) is not None:
            return False
        extra = {**(fields.get(_EXTRA) or {}), IMPORT_KEY: item.key}
        draft = self.book.draft(name, {**fields, _EXTRA: extra})
        self._write_customer(draft)
        return self._note(draft.record.id, item.key)

    def _newcomer(self, item: Incoming) -> Draft:
        if not self.choices.creates_customers:
            raise NotFoundError(
                mark("there is no customer '{name}' (`customers: {{unknown: create}}` in the map makes one)"),
                name=item.customer,
            )
        return self.book.draft(item.customer, item.new_customer)

    def _holder(self, template: Template, record_id: str, key: str) -> str | None:
        """The key of whoever has the id: None when it is free, `key` when it is this row's or tells no row."""
        if record_id in self.key_by_id:
            return self.key_by_id[record_id] or key
        path = record_path(template.kind, record_id)
        if not (self.workspace.log.root / path).exists():
            return None
        # Not in the copy: written by somebody else just now, or not readable, which stops this row.
        extra = get_record(self.workspace.reader.read(path)).fields.get(_EXTRA)
        return str(extra.get(IMPORT_KEY) or key) if isinstance(extra, dict) else key

    def _write(self, draft: Draft, newcomer: Draft | None, item: Incoming) -> None:
        if newcomer is not None:
            # At once, so that no record on the disk names nobody.
            self._write_customer(newcomer)
        if not self.choices.is_dry:
            if self.staging.is_full:
                self._flush()
            self.staging.add(draft.record.path, draft.text.encode("utf-8"))
            self.staged[draft.record.path] = (draft.record.id, item)

    def _write_customer(self, draft: Draft) -> None:
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
