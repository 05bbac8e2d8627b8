"""The door through which every new record comes in: complete, convert, validate, the team's policies, seal, write."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from commlog.errors import CommlogError, ConflictError, InvalidError, ProblemLike
from commlog.forms.catalog import Template
from commlog.log.names import is_customer_id, is_record_id, new_id, record_path
from commlog.messages import mark
from commlog.problems import Problem
from commlog.records.change import keep_policies
from commlog.records.complete import NOT_VALID, Completion, Lookup
from commlog.records.find import get_record
from commlog.values import CUSTOMER, DAY_FIELDS, Data, Fields, Record
from commlog.workspace import Workspace, schema_comment
from commlog.yamltext.format import format_document
from commlog.yamltext.scalars import YamlError

_ID_ATTEMPTS: Final = 20


def _first(choices: str) -> str:
    return choices[0]


@dataclass(frozen=True, slots=True)
class RecordRequest:
    """What somebody wants recorded: the fields so far, links and follow-ups apart, and how an id is drawn.

    `links` are pairs of prior and type as typed; `follow_ups` mappings whose dues are still as typed. `customer` is
    a new customer's file that is written with the record. What did not happen just now is not `is_now`.
    """

    template: str
    fields: Fields
    links: Sequence[tuple[str, str]] = ()
    follow_ups: Sequence[Fields] = ()
    new_customer: str | None = None
    choose: Callable[[str], str] = _first
    customer: "RecordDraft | None" = None
    is_now: bool = True


@dataclass(frozen=True, slots=True)
class RecordDraft:
    """A complete record that is not written yet: its path, its text, and the customer file that comes with it."""

    record: Record
    text: str
    customer: "RecordDraft | None" = None


@dataclass(frozen=True, slots=True)
class Completed:
    """The fields of a new record, complete but perhaps for the id, and the day that an id begins with."""

    template: Template
    fields: Fields
    day: date
    customer: RecordDraft | None = None


def create_record(workspace: Workspace, request: RecordRequest) -> Record:
    """The record, written to a new file.

    Raises:
        As `draft_record`; ConflictError when a record of this id exists; NotWritableError.
    """
    draft = draft_record(workspace, request)
    if draft.customer is not None:
        # First, so that the record never points to nobody.
        _write(workspace, draft.customer)
    for _ in range(_ID_ATTEMPTS):
        try:
            return _write(workspace, draft)
        except ConflictError:
            # Two clones never meet in an id by more than chance; two commands on one log might.
            if request.fields.get("id") or draft.record.kind == CUSTOMER:
                raise
            draft = draft_record(workspace, request)
    raise AssertionError(request.template)


def _write(workspace: Workspace, draft: RecordDraft) -> Record:
    workspace.log.create_file(draft.record.path, draft.text.encode("utf-8"))
    return draft.record


def draft_record(workspace: Workspace, request: RecordRequest) -> RecordDraft:
    """The record that would be written.

    Raises:
        InvalidError: it breaks a rule or a policy; carries every problem.
        NotFoundError, AmbiguousError: the customer or a linked record is not known.
        UsageError: nobody is known who records it, or a due is not understood.
    """
    completed = complete_request(workspace, request, Lookup(workspace))
    record_id = completed.fields.get("id") or new_id(completed.day, request.choose)
    return check_record(workspace, completed, record_id)


def complete_request(workspace: Workspace, request: RecordRequest, lookup: Lookup) -> Completed:
    """The fields that would be written, complete but for the id of what is no customer.

    Raises:
        As `draft_record`, for what cannot be completed; whatever else is wrong is then said with it.
    """
    template = workspace.catalog.get(request.template)
    customer, fields = request.customer, request.fields
    if request.new_customer:
        customer = draft_record(
            workspace, RecordRequest(CUSTOMER, {"name": request.new_customer}, choose=request.choose)
        )
    completion = Completion(workspace, template, lookup, request.is_now)
    if customer is not None:
        fields = {key: value for key, value in fields.items() if key != "customer"}
    fields = completion.complete(fields, request.links, request.follow_ups)
    if customer is not None:
        fields["customer"] = customer.record.id
    day = workspace.now.date()
    if not fields.get("id"):
        try:
            day = completion.day_of(fields)
        except InvalidError as fault:
            completion.faults.append((DAY_FIELDS[template.kind], fault))
    completed = Completed(template, fields, day, customer)
    if completion.faults:
        raise _joined_fault(workspace, completed, completion.faults)
    return completed


def check_record(workspace: Workspace, completed: Completed, record_id: Data) -> RecordDraft:
    """The record of complete fields with an id, in the template's order, as its file would be read again.

    Raises:
        InvalidError: it breaks a rule or a policy; carries every problem.
    """
    template = completed.template
    fields = {**completed.fields, "id": record_id, "template": template.name}
    ordered = {key: fields[key] for key in (*template.order, *fields) if key in fields}
    path = _path_of(template, str(record_id))
    stored = workspace.stored(template.name, ordered)
    try:
        text = format_document(stored, schema_comment(workspace, template.name, path))
        raw = text.encode("utf-8")
    except YamlError as fault:
        raise InvalidError(NOT_VALID, problems=(Problem(fault.code, facts=tuple(fault.facts.items())),)) from None
    except UnicodeEncodeError as fault:
        raise InvalidError(mark("cannot be written as YAML: {reason}"), reason=fault.reason) from None
    reading = workspace.reader.read_raw(path, raw)
    errors = [replace(item, path="", line=0, column=0) for item in reading.problems if item.severity == "error"]
    if errors:
        raise InvalidError(NOT_VALID, problems=errors)
    record = get_record(reading)
    keep_policies(workspace, record)
    return RecordDraft(record, text, completed.customer)


def _path_of(template: Template, record_id: str) -> str:
    """Where the record of an id lies; an id leads to no other folder.

    Raises:
        InvalidError: it is no id of this kind of record.
    """
    is_customer = template.kind == CUSTOMER
    if not (is_customer_id if is_customer else is_record_id)(record_id):
        expected = "a-z 0-9 . _ -, 中文; at most 64" if is_customer else "20260314-k7q3mx"
        facts = (("value", record_id), ("expected", expected))
        raise InvalidError(NOT_VALID, problems=(Problem("wrong-pattern", field="id", facts=facts),))
    return record_path(template.kind, record_id)


def _joined_fault(
    workspace: Workspace, completed: Completed, faults: Sequence[tuple[str, CommlogError]]
) -> CommlogError:
    """The error for some faults and for whatever else is wrong with the record; the fault itself when it is alone."""
    others: list[ProblemLike] = []
    try:
        check_record(workspace, completed, completed.fields.get("id") or new_id(workspace.now.date(), _first))
    except InvalidError as fault:
        named = {key for key, _ in faults}
        others = [
            item
            for item in fault.problems
            # What was left as it was typed is told already.
            if not (isinstance(item, Problem) and re.split(r"[.\[]", item.field)[0] in named)
        ]
    if len(faults) == 1 and not others:
        return faults[0][1]
    told = [finding for _, fault in faults for finding in fault.problems or (fault,)]
    return InvalidError(NOT_VALID, problems=[*told, *others])
