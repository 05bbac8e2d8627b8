"""The door through which every record changes: read under the lock, change, check, policies, seal, write what differs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from commlog.database.reader import ParsedFile
from commlog.errors import ConflictError, InvalidError
from commlog.followups.rules.new_follow_up import Opening, complete_follow_ups
from commlog.forms.catalog import Template
from commlog.forms.conversion import DURATION
from commlog.messages import mark
from commlog.problems import Problem
from commlog.records.complete import terms_of, with_end_of, with_linked_ids, with_member_ids
from commlog.records.draft import assign_all, converter_of, parse_input, unset
from commlog.records.find import find_customer, find_path, get_record
from commlog.values import CUSTOMER, Fields, Record
from commlog.workspace import Workspace
from commlog.yamltext.edit import edit
from commlog.yamltext.scalars import YamlError

Change = Callable[[Fields], Fields]
T = TypeVar("T")

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class PreparedChange:
    """A record's file as it is to be written: what it was made from, its text, and the record it then holds."""

    reading: ParsedFile
    text: str
    record: Record


def change_record(workspace: Workspace, path: str, change: Change) -> Record:
    """The record after a change of its fields; comments, order and layout of the rest of the file are kept.

    `change` gets the fields and gives new ones; it may be called again when somebody else wrote meanwhile.

    Raises:
        InvalidError: the change breaks a rule that was not broken before; nothing was written.
        ConflictError: the file holds merge markers, or others keep changing it.
        NotWritableError: the disk does not take it.
    """

    def change_once() -> Record:
        reading = workspace.reader.read(path)
        prepared = prepare_change(workspace, reading, change(get_record(reading).fields))
        write_prepared(workspace, prepared)
        return prepared.record

    return retry_locked(workspace, change_once)


def retry_locked(workspace: Workspace, write: Callable[[], T]) -> T:
    """What `write` gives under the log's lock; it is called again when somebody without the lock wrote meanwhile.

    Raises:
        ConflictError: others keep changing the files.
    """
    with workspace.log.lock():
        return retry_write(write)


def retry_write(write: Callable[[], T]) -> T:
    """The result of `write`, tried again when another process changed the file; for callers that already hold the log's lock.

    Raises:
        ConflictError: others keep changing the files.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return write()
        except ConflictError as fault:
            # An editor does not take the lock: start again from what it wrote.
            if attempt == _ATTEMPTS - 1 or not fault.file:
                raise
    raise AssertionError(write)


def prepare_change(workspace: Workspace, reading: ParsedFile, fields: Fields) -> PreparedChange:
    """A record's file with other fields, checked; nothing is written.

    Raises:
        InvalidError: they do not fit into the file's layout, or break a rule or policy that was not broken before.
    """
    record = get_record(reading)
    if fields == record.fields:
        return PreparedChange(reading, reading.text, record)
    text = edited_text(workspace, reading.text, record, fields)
    changed = workspace.reader.read_raw(record.path, text.encode("utf-8"))
    refuse_new_problems(changed.problems, reading.problems, text)
    after = get_record(changed)
    keep_policies(workspace, after, record.fields)
    return PreparedChange(reading, text, after)


def edited_text(workspace: Workspace, text: str, record: Record, fields: Fields) -> str:
    """The text of a record's file with other fields, sealed where the settings say so; its layout stays.

    Raises:
        InvalidError: they do not fit into the file's layout.
        NotWritableError: a value cannot be sealed here.
    """
    template = workspace.catalog.get(record.template)
    try:
        return edit(text, workspace.stored(template.name, fields, record.sealed), order=template.order)
    except YamlError as fault:
        raise InvalidError(
            mark("the change cannot be made in the file's present layout: {reason}"),
            file=record.path,
            reason=fault.code,
            remedy=mark("change it by hand: commlog edit {id}"),
            id=record.id,
        ) from None


def write_prepared(workspace: Workspace, prepared: PreparedChange) -> None:
    """Write a prepared file if it says anything new.

    Raises:
        ConflictError: somebody changed the file meanwhile.
        NotWritableError: the disk does not take it.
    """
    if prepared.text != prepared.reading.text:
        workspace.log.replace_file(prepared.record.path, prepared.text.encode("utf-8"), prepared.reading.raw)


def keep_policies(workspace: Workspace, record: Record, before: Fields | None = None) -> None:
    """Refuse a record that breaks a policy of the log which it did not break before.

    Raises:
        InvalidError: with the breaches.
    """
    if workspace.log.settings.policies is not None:
        # Few logs have any: the others do not load them.
        from commlog.records.policies import refuse_violations

        refuse_violations(workspace, record.fields, record.template, before)


def refuse_new_problems(problems: tuple[Problem, ...], known: tuple[Problem, ...], text: str) -> None:
    """Refuse errors that were not there before; old ones must not stop a colleague from closing a follow-up.

    Raises:
        InvalidError: with the new problems and the text they are in.
    """
    old = {(problem.code, problem.field) for problem in known}
    new = [item for item in problems if item.severity == "error" and (item.code, item.field) not in old]
    if new:
        raise InvalidError(mark("the record would not be valid; nothing was written"), problems=new, source=text)


def edit_record(workspace: Workspace, text: str, assignments: Sequence[str], unset_keys: Sequence[str]) -> Record:
    """The record after some assignments (`key=value`, `key+=item`) and removals.

    Raises:
        InvalidError: an assignment does not fit, or the record would not be valid; nothing was written.
        NotFoundError, AmbiguousError, ConflictError, NotWritableError: as for any change.
    """
    path = find_path(workspace, text)

    def change(fields: Fields) -> Fields:
        template = workspace.catalog.get(str(fields["template"]))
        changed = assign_all(workspace, template, fields, assignments)
        for key in unset_keys:
            changed = unset(template, changed, key)
        if DURATION.key in changed:
            changed = with_end_of({key: value for key, value in changed.items() if key != "ended_at"})
        return _with_ids(workspace, template, fields, _with_new_follow_ups(workspace, changed))

    return change_record(workspace, path, change)


def _with_new_follow_ups(workspace: Workspace, fields: Fields) -> Fields:
    """The fields with every follow-up that has no number yet completed; its limit counts from now."""
    items = fields.get("followups")
    if not isinstance(items, list) or all(not isinstance(item, dict) or "n" in item for item in items):
        return fields
    opening = Opening(workspace.stamp, workspace.stamp, workspace.require_member(None))
    return {**fields, "followups": complete_follow_ups(terms_of(workspace), items, opening, only_new=True)}


def _with_ids(workspace: Workspace, template: Template, before: Fields, fields: Fields) -> Fields:
    """The fields with the ids of the customer, members and linked records that are named now, as create stores them."""
    changed = with_linked_ids(workspace, template, with_member_ids(workspace, fields, before), before)
    customer = fields.get("customer")
    if template.kind == CUSTOMER or not isinstance(customer, str) or customer == before.get("customer"):
        return changed
    return {**changed, "customer": find_customer(workspace, customer)}


def text_to_edit(workspace: Workspace, path: str, raw: bytes) -> str:
    """A record's text as it is given into an editor: as it is, but what is sealed stands open for who holds a key."""
    if workspace.reader.is_sealing:
        from commlog.database.seal_fields import opened_text

        reading = workspace.reader.read_raw(path, raw)
        if reading.record is not None:
            return opened_text(reading)
    return raw.decode("utf-8", "surrogateescape")


def save_text(workspace: Workspace, path: str, text: str, expected: bytes) -> Record:
    """The record that an edited text holds, written as it is; choices by label become slugs, members' names ids.

    Raises:
        InvalidError: the text is no valid record; carries every new problem at its line.
        ConflictError: somebody else changed the file since `expected` was read.
    """
    before = workspace.reader.read_raw(path, expected)
    fields = parse_input(text.encode("utf-8"), path)
    template = workspace.catalog.find(str(fields.get("template", "")))
    known = before.record.fields if before.record is not None else {}
    if template is not None:
        translated = _with_ids(workspace, template, known, converter_of(workspace).translate_data(template, fields))
        sealed = before.record.sealed if before.record else ()
        stored = workspace.stored(template.name, translated, sealed)
        if stored != fields:
            text = edit(text, stored, order=template.order)
        if sealed:
            from commlog.database.seal_fields import like_before

            text = like_before(text, before.text, sealed)
    raw = text.encode("utf-8")
    after = workspace.reader.read_raw(path, raw)
    if after.record is None:
        raise InvalidError(
            mark("the record would not be valid; nothing was written"), problems=after.problems, source=text
        )
    refuse_new_problems(after.problems, before.problems, text)
    keep_policies(workspace, after.record, known)
    if before.record is not None and before.record.id != after.record.id:
        raise ConflictError(
            mark("a record's id does not change"),
            file=path,
            remedy=mark("create a new record, and link it to this one"),
        )
    with workspace.log.lock():
        workspace.log.replace_file(path, raw, expected)
    return get_record(after)
