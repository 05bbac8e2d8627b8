"""Field changes: what differs between two versions of a record, and one version after the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final

from commlog.team.rules.merge_values import fingerprint
from commlog.values import Data, Fields, ValuePath, instant_of
from commlog.worktime.calendar import to_utc

# What became of the record in a revision.
CREATED: Final = "created"
CHANGED: Final = "changed"
MOVED: Final = "moved"
DELETED: Final = "deleted"
UNREADABLE: Final = "unreadable"
# The oldest commit of a shallow clone: what was before is not there.
CUT: Final = "cut"
# What became of an item of a list.
ADDED: Final = "added"
REMOVED: Final = "removed"

FOLLOW_UPS: Final = "followups"
# Lists that are only ever added to; an entry's `at` is when its writer says it happened.
_DIARIES: Final = frozenset({"history", "reopened"})
# More than this between what a record claims and its commit is worth saying.
_TOLERANCE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that changed: None before or after is a value that was not there.

    In `path`, follow-ups stand under their own number, other items of lists under their place, counted from 1.
    `claimed_at` is when the record itself says that it happened.
    """

    kind: str
    path: ValuePath
    before: Data = None
    after: Data = None
    claimed_at: str | None = None

    @property
    def field(self) -> str:
        """The dotted name of the field, without places: `followups.due`."""
        return ".".join(step for step in self.path if isinstance(step, str))

    @property
    def follow_up(self) -> int | None:
        """The number of the follow-up it belongs to."""
        if len(self.path) > 1 and self.path[0] == FOLLOW_UPS and isinstance(self.path[1], int):
            return self.path[1]
        return None

    @property
    def is_entry(self) -> bool:
        """Whether it is a new entry in a diary, which is about other changes."""
        return self.kind == ADDED and len(self.path) > 1 and self.path[-2] in _DIARIES


@dataclass(frozen=True, slots=True)
class Revision:
    """What one commit, or nobody's commit yet, did to one record.

    `at` (author's time) and `committed_at` are aware, in the log's zone, None when it is not committed. `by` is a
    member's id, None when git's author is no member. `problem` says why the version cannot be read; the changes are
    those since the last version that could be.
    """

    kind: str
    record: str
    path: str
    former: str = ""
    template: str = ""
    customer: str | None = None
    at: datetime | None = None
    committed_at: datetime | None = None
    commit: str = ""
    by: str | None = None
    author: str = ""
    subject: str = ""
    problem: str = ""
    claimed_at: str | None = None
    changes: tuple[FieldChange, ...] = ()

    def is_note(self, change: FieldChange) -> bool:
        """Whether a change is an entry in the diary of a follow-up or record that has other changes, shown with them."""
        return change.is_entry and any(one.follow_up == change.follow_up and not one.is_entry for one in self.changes)


@dataclass(frozen=True, slots=True)
class History:
    """The revisions of one record, the newest first; `is_cut` when the clone does not hold all of them."""

    record: str
    path: str
    template: str
    revisions: tuple[Revision, ...]
    is_cut: bool = False


def find_changes(before: Fields, after: Fields) -> tuple[FieldChange, ...]:
    """Every value that differs, in the order of the newer version; an item that is new or gone counts as one.

    What a diary's new entry says of its time is the claim of all changes beside it.
    """
    return tuple(_with_claims(list(_differences((), before, after))))


def spread(change: FieldChange) -> tuple[FieldChange, ...]:
    """The single values of an item that is new or gone; any other change itself."""
    if not isinstance(change.before, dict) and not isinstance(change.after, dict):
        return (change,)
    is_gone = change.after is None
    kind, value = (REMOVED, change.before) if is_gone else (ADDED, change.after)
    return _leaf_changes(kind, change.path, value, change.claimed_at)


def spread_fields(fields: Fields, kind: str, claimed_at: str | None = None) -> tuple[FieldChange, ...]:
    """Every single value of a record, as changes that made it (ADDED) or took it away (REMOVED)."""
    return _leaf_changes(kind, (), fields, claimed_at)


def _leaf_changes(kind: str, path: ValuePath, value: Data, claimed_at: str | None) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(kind, place, leaf if kind == REMOVED else None, None if kind == REMOVED else leaf, claimed_at)
        for place, leaf in _leaves(path, value)
    )


def shared_changes(by_parent: Sequence[Sequence[FieldChange]]) -> tuple[FieldChange, ...]:
    """What a merge changed of its own: values that are as in none of its parents; before is the first parent's."""
    others = [{(change.path, fingerprint(change.after)) for change in changes} for changes in by_parent[1:]]
    return tuple(
        change for change in by_parent[0] if all((change.path, fingerprint(change.after)) in known for known in others)
    )


def is_far(claimed: str | None, committed: datetime | None) -> bool:
    """Whether what a record claims and when it was committed are more than a day apart."""
    instant = instant_of(claimed)
    if instant is None or committed is None:
        return False
    return abs(to_utc(instant) - to_utc(committed)) > _TOLERANCE


def _differences(path: ValuePath, before: Data, after: Data) -> Iterator[FieldChange]:
    if fingerprint(before) == fingerprint(after):
        return
    if _is_kind(dict, before, after):
        old, new = before or {}, after or {}
        for key in (*new, *(key for key in old if key not in new)):
            yield from _differences((*path, key), old.get(key), new.get(key))
    elif _is_kind(list, before, after) and _has_mappings(before, after):
        for place, old, new in _pairs(path, before or [], after or []):
            if (old is None) != (new is None):
                yield FieldChange(REMOVED if new is None else ADDED, (*path, place), old, new)
            else:
                yield from _differences((*path, place), old, new)
    else:
        yield FieldChange(CHANGED, path, before, after)


def _is_kind(kind: type, before: Data, after: Data) -> bool:
    return all(value is None or isinstance(value, kind) for value in (before, after))


def _has_mappings(*lists: Data) -> bool:
    return any(isinstance(item, dict) for values in lists for item in values or ())


def _pairs(path: ValuePath, before: list[Data], after: list[Data]) -> Iterator[tuple[int, Data, Data]]:
    """Items that belong together, under the number that names them."""
    old, new = _numbered(before), _numbered(after)
    if path == (FOLLOW_UPS,) and old is not None and new is not None:
        for number in (*new, *(number for number in old if number not in new)):
            yield number, old.get(number), new.get(number)
        return
    # Loaded here: most versions differ in no list but the follow-ups.
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, [*map(fingerprint, before)], [*map(fingerprint, after)], autojunk=False)
    for _, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        for left, right in zip_longest(range(old_start, old_end), range(new_start, new_end)):
            place = (left if right is None else right) or 0
            yield place + 1, None if left is None else before[left], None if right is None else after[right]


def _numbered(items: Sequence[Data]) -> Mapping[int, Data] | None:
    """The items by their numbers; None when some have none, or two have one."""
    numbers = [item.get("n") if isinstance(item, dict) else None for item in items]
    if not all(type(number) is int for number in numbers) or len(set(numbers)) != len(numbers):
        return None
    return {number: item for number, item in zip(numbers, items, strict=True) if isinstance(number, int)}


def _leaves(path: ValuePath, value: Data) -> Iterator[tuple[ValuePath, Data]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves((*path, key), item)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        numbers = _numbered(value) if path == (FOLLOW_UPS,) else None
        for place, item in zip(numbers or range(1, len(value) + 1), value, strict=True):
            yield from _leaves((*path, place), item)
    elif value is not None:
        yield path, value


def _with_claims(changes: list[FieldChange]) -> Iterator[FieldChange]:
    """The changes with what the new entries of diaries say of their time."""
    claims: dict[ValuePath, str] = {}
    for change in changes:
        if change.is_entry:
            claims[_owner_of(change.path)] = _time_of(change.after) or ""
    for change in changes:
        own = _first_entry(change.after) if change.kind == ADDED and not change.is_entry else None
        claim = own or claims.get(_owner_of(change.path))
        yield replace(change, claimed_at=claim) if claim else change


def _owner_of(path: ValuePath) -> ValuePath:
    """What a diary belongs to: a follow-up, or the record itself."""
    return path[:2] if len(path) > 1 and path[0] == FOLLOW_UPS else ()


def _first_entry(item: Data) -> str | None:
    entries = item.get("history") if isinstance(item, dict) else None
    return _time_of(entries[0]) if isinstance(entries, list) and entries else None


def _time_of(entry: Data) -> str | None:
    at = entry.get("at") if isinstance(entry, dict) else None
    return at if isinstance(at, str) else None
