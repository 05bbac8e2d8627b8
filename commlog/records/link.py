"""Links: from a record to an earlier one, made and taken away, and the thread of all records they join."""

from dataclasses import dataclass

from commlog.errors import ConflictError, NotFoundError, UsageError
from commlog.followups.rules.follow_up import FollowUp, read_follow_ups
from commlog.messages import mark
from commlog.records.change import change_record
from commlog.records.complete import link_of
from commlog.records.find import find_path, read_record
from commlog.records.mask import mask_name_of, shown_record
from commlog.records.queries import followed_from, places_of_thread
from commlog.values import DEFAULT_LINK_TYPE, Data, Fields, Record, mappings_of
from commlog.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ThreadEntry:
    """One record of a thread, its customer's name, its follow-ups and what it points to (target, type)."""

    record: Record
    customer_name: str
    follow_ups: tuple[FollowUp, ...]
    links: tuple[tuple[str, str], ...]
    is_asked: bool


def link_records(workspace: Workspace, text: str, prior: str, link_type: str, note: str | None = None) -> Record:
    """The record with a link to an earlier one; the same link twice is one link.

    Raises:
        UsageError: the link would point to the record itself, or its type is not known.
        ConflictError: the link would close a circle of `follows`.
        NotFoundError, AmbiguousError: one of them is not there.
    """
    path = find_path(workspace, text)
    record_id = read_record(workspace, text).id
    link = link_of(workspace, prior, link_type)
    if link["to"] == record_id:
        raise UsageError(mark("a record is not linked to itself"), remedy=mark("give an earlier record"))
    if link_type == "follows" and record_id in followed_from(workspace.index, link["to"]):
        raise ConflictError(
            mark("{prior} already follows {id}: the link would form a cycle"),
            prior=link["to"],
            id=record_id,
            remedy=mark("link the later record to the earlier one"),
        )
    if note:
        link["note"] = note

    def change(fields: Fields) -> Fields:
        links = fields.get("links") or []
        if any(_is_same(item, link["to"], link_type) for item in links):
            return fields
        return {**fields, "links": [*links, link]}

    return change_record(workspace, path, change)


def unlink_records(workspace: Workspace, text: str, prior: str, link_type: str | None) -> Record:
    """The record without its links to another, of one type or of any.

    Raises:
        NotFoundError: there is no such link; lists those there are.
    """
    path = find_path(workspace, text)
    target = _target_in(workspace, read_record(workspace, text).fields, prior)

    def change(fields: Fields) -> Fields:
        links = fields.get("links") or []
        kept = [item for item in links if not _is_same(item, target, link_type)]
        if len(kept) == len(links):
            known = ", ".join(f"{item.get('to')} ({item.get('type')})" for item in mappings_of(fields, "links"))
            raise NotFoundError(
                mark("there is no link to '{prior}'"),
                prior=prior,
                remedy=mark("available: {known}"),
                known=known or "-",
            )
        rest = {key: value for key, value in fields.items() if key != "links"}
        return {**fields, "links": kept} if kept else rest

    return change_record(workspace, path, change)


def _is_same(item: Data, target: str, link_type: str | None) -> bool:
    return isinstance(item, dict) and item.get("to") == target and link_type in {None, item.get("type")}


def _target_in(workspace: Workspace, fields: Fields, prior: str) -> str:
    """The target people mean among the record's own links; a dangling one can be taken away too."""
    targets = [str(item.get("to")) for item in mappings_of(fields, "links")]
    meant = [
        target
        for target in targets
        if prior in {target, target[9:]} or target.startswith(prior) or target[9:].startswith(prior)
    ]
    return meant[0] if len(set(meant)) == 1 else read_record(workspace, prior).id


def read_thread(workspace: Workspace, text: str, *, reveal: bool = False) -> tuple[ThreadEntry, ...]:
    """The thread a record belongs to, the oldest first; personal data masked unless revealed.

    Raises:
        NotFoundError, AmbiguousError, UnreadableError: the record is not there or cannot be read.
    """
    asked = read_record(workspace, text)
    entries = []
    for place in places_of_thread(workspace.index, asked.id):
        record, name = workspace.reader.read(place.path).record, place.customer_name or ""
        if record is not None:
            links = tuple(
                (str(link.get("to")), str(link.get("type", DEFAULT_LINK_TYPE)))
                for link in record.fields.get("links") or ()
                if isinstance(link, dict)
            )
            shown = shown_record(workspace, record, reveal=reveal, names=[name])
            hidden = name if reveal else mask_name_of(workspace, name)
            entries.append(ThreadEntry(shown, hidden, read_follow_ups(shown.fields), links, record.id == asked.id))
    return tuple(entries)
