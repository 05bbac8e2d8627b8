"""Editing a record: by assignments, or by the text an editor gives back."""

from collections.abc import Mapping, Sequence
from typing import Final

from commlog.errors import ConflictError, InvalidError, UsageError
from commlog.forms.catalog import Template
from commlog.messages import mark
from commlog.records.change import change_record, keep_policies, refuse_new_problems
from commlog.records.draft import assign_all, converter_of, parse_input, unset
from commlog.records.find import find_customer, find_path, get_record, read_record
from commlog.records.write import with_member_ids
from commlog.values import ANSWER, CUSTOMER, ISSUE, SURVEY, Fields, Record
from commlog.workspace import Workspace
from commlog.yamltext.edit import edit


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
        return _with_ids(workspace, template, fields, changed)

    return change_record(workspace, path, change)


def _with_ids(workspace: Workspace, template: Template, before: Fields, fields: Fields) -> Fields:
    """The fields with the ids of a customer and of members who were named anew, as create stores them."""
    changed = with_member_ids(workspace, fields, before)
    customer = fields.get("customer")
    if template.kind == CUSTOMER or not isinstance(customer, str) or customer == before.get("customer"):
        return changed
    return {**changed, "customer": find_customer(workspace, customer)}


def text_to_edit(workspace: Workspace, path: str, raw: bytes) -> str:
    """A record's text as it is given into an editor: as it is, but what is sealed stands open for who holds a key."""
    if workspace.reader.is_sealing:
        from commlog.database.sealed import opened_text

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
    if template is not None:
        known = before.record.fields if before.record is not None else {}
        translated = with_member_ids(workspace, converter_of(workspace).translate_data(template, fields), known)
        sealed = before.record.sealed if before.record else ()
        stored = workspace.stored(template.name, translated, sealed)
        if stored != fields:
            text = edit(text, stored, order=template.order)
        if sealed:
            from commlog.database.sealed import like_before

            text = like_before(text, before.text, sealed)
    raw = text.encode("utf-8")
    after = workspace.reader.read_raw(path, raw)
    if after.record is None:
        raise InvalidError(
            mark("the record would not be valid; nothing was written"), problems=after.problems, source=text
        )
    refuse_new_problems(after.problems, before.problems, text)
    keep_policies(workspace, after.record, before.record.fields if before.record else None)
    if before.record is not None and before.record.id != after.record.id:
        raise ConflictError(
            mark("a record's id does not change"),
            file=path,
            remedy=mark("create a new record, and link it to this one"),
        )
    with workspace.log.lock():
        workspace.log.replace_file(path, raw, expected)
    return get_record(after)


_REFUSALS: Final[Mapping[str, str]] = {
    ISSUE: mark("{id} is not an issue but a record of the template '{template}'"),
    SURVEY: mark("{id} is not a survey but a record of the template '{template}'"),
    ANSWER: mark("{id} is not an answer but a record of the template '{template}'"),
}


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
