"""Changing one record: read under the lock, change the values, check, write only what differs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from commlog.database.reader import Reading
from commlog.errors import ConflictError, InvalidError
from commlog.messages import mark
from commlog.problems import Problem
from commlog.records.find import get_record
from commlog.values import Fields, Record
from commlog.workspace import Workspace
from commlog.yamltext.edit import edit
from commlog.yamltext.parse import YamlError

Change = Callable[[Fields], Fields]
T = TypeVar("T")

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record's file as it is to be written: what it was made from, its text, and the record it then holds."""

    reading: Reading
    text: str
    record: Record


def change_record(workspace: Workspace, path: str, change: Change) -> Record:
    """The record after a change of its fields; comments, order and layout of all else in its file stay.

    `change` gets the fields and gives new ones; it may be called again when somebody else wrote meanwhile.

    Raises:
        InvalidError: the change breaks a rule that was not broken before; nothing was written.
        ConflictError: the file holds merge markers, or others keep changing it.
        NotWritableError: the disk does not take it.
    """
    return write_again(workspace, lambda: _change_once(workspace, path, change))


def write_again(workspace: Workspace, write: Callable[[], T]) -> T:
    """What `write` gives under the log's lock; it is called again when somebody without the lock wrote meanwhile.

    Raises:
        ConflictError: others keep changing the files.
    """
    with workspace.log.lock():
        return again(write)


def again(write: Callable[[], T]) -> T:
    """What `write` gives to whoever holds the log's lock; as `write_again`.

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


def prepare_change(workspace: Workspace, reading: Reading, fields: Fields) -> Prepared:
    """A record's file with other fields, checked; nothing is written.

    Raises:
        InvalidError: they do not fit into the file's layout, or break a rule that was not broken before.
    """
    record = get_record(reading)
    if fields == record.fields:
        return Prepared(reading, reading.text, record)
    text = edited_text(workspace, reading.text, record, fields)
    changed = workspace.reader.read_raw(record.path, text.encode("utf-8"))
    refuse_new_problems(changed.problems, reading.problems, text)
    return Prepared(reading, text, get_record(changed))


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
            mark("the change does not fit into the file's layout: {reason}"),
            file=record.path,
            reason=fault.code,
            remedy=mark("change it by hand: commlog edit {id}"),
            id=record.id,
        ) from None


def write_change(workspace: Workspace, prepared: Prepared) -> None:
    """Write a prepared file if it says anything new.

    Raises:
        ConflictError: somebody changed the file meanwhile.
        NotWritableError: the disk does not take it.
    """
    if prepared.text != prepared.reading.text:
        workspace.log.replace_file(prepared.record.path, prepared.text.encode("utf-8"), prepared.reading.raw)


def _change_once(workspace: Workspace, path: str, change: Change) -> Record:
    reading = workspace.reader.read(path)
    before = get_record(reading).fields
    fields = change(before)
    if fields == before:
        return get_record(reading)
    prepared = prepare_change(workspace, reading, fields)
    keep_policies(workspace, prepared.record, before)
    write_change(workspace, prepared)
    return prepared.record


def keep_policies(workspace: Workspace, record: Record, before: Fields | None = None) -> None:
    """Refuse a record that breaks a policy of the log which it did not break before.

    Raises:
        InvalidError: with the breaches.
    """
    if workspace.log.settings.policies is not None:
        # Few logs have any: the others do not load them.
        from commlog.records.policies import refuse_breaches

        refuse_breaches(workspace, record.fields, record.template, before)


def refuse_new_problems(problems: tuple[Problem, ...], known: tuple[Problem, ...], text: str) -> None:
    """Refuse errors that were not there before; old ones must not stop a colleague from closing a follow-up.

    Raises:
        InvalidError: with the new problems and the text they are in.
    """
    old = {(problem.code, problem.field) for problem in known}
    new = [item for item in problems if item.severity == "error" and (item.code, item.field) not in old]
    if new:
        raise InvalidError(mark("the record would not be valid; nothing was written"), problems=new, source=text)
