"""Changing one record: read under the lock, change the values, check, write only what differs."""

from collections.abc import Callable

from commlog.errors import ConflictError, InvalidError
from commlog.messages import mark
from commlog.model.problem import Problem
from commlog.model.record import Fields, Record
from commlog.services.find_record import get_record
from commlog.services.workspace import Workspace
from commlog.store.yaml_edit import edit
from commlog.store.yaml_text import YamlError

Change = Callable[[Fields], Fields]

_ATTEMPTS = 5


def change_record(workspace: Workspace, path: str, change: Change) -> Record:
    """The record after a change of its fields; comments, order and layout of all else in its file stay.

    `change` gets the fields and gives new ones; it may be called again when somebody else wrote meanwhile.

    Raises:
        InvalidError: the change breaks a rule that was not broken before; nothing was written.
        ConflictError: the file holds merge markers, or others keep changing it.
        NotWritableError: the disk does not take it.
    """
    with workspace.log.lock():
        for attempt in range(_ATTEMPTS):
            try:
                return _change_once(workspace, path, change)
            except ConflictError as fault:
                # An editor does not take the lock: start again from what it wrote.
                if attempt == _ATTEMPTS - 1 or not fault.file:
                    raise
    raise AssertionError(path)


def _change_once(workspace: Workspace, path: str, change: Change) -> Record:
    reading = workspace.reader.read(path)
    record = get_record(reading)
    fields = change(record.fields)
    if fields == record.fields:
        return record
    template = workspace.catalog.get(record.template)
    try:
        text = edit(reading.text, workspace.stored(template.name, fields, record.sealed), order=template.order)
    except YamlError as fault:
        raise InvalidError(
            mark("the change does not fit into the file's layout: {reason}"),
            file=path,
            reason=fault.code,
            remedy=mark("change it by hand: commlog edit {id}"),
            id=record.id,
        ) from None
    changed = workspace.reader.read_raw(path, text.encode("utf-8"))
    refuse_new_problems(changed.problems, reading.problems, text)
    keep_policies(workspace, get_record(changed), record.fields)
    workspace.log.replace_file(path, text.encode("utf-8"), reading.raw)
    return get_record(changed)


def keep_policies(workspace: Workspace, record: Record, before: Fields | None = None) -> None:
    """Refuse a record that breaks a policy of the log which it did not break before.

    Raises:
        InvalidError: with the breaches.
    """
    if workspace.log.settings.policies is not None:
        # Few logs have any: the others do not load them.
        from commlog.services.check.policies import refuse_breaches

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
