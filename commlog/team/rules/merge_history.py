"""Three-way merge of follow-ups and histories, and of the values that the entries of a history explain."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from commlog.followups.rules.follow_up import CLOSED, DONE, PENDING
from commlog.team.rules import merge_values
from commlog.team.rules.merge_sequence import merge_order
from commlog.values import Data, Fields, ValuePath, instant_of
from commlog.worktime.calendar import to_utc

HISTORY: Final = "history"
_IDENTITY: Final = ("at", "by", "status")
_NO_DUE: Final = "none"


def merge_history(
    three: merge_values.ThreeValues, path: ValuePath, merge_value: merge_values.MergeValue
) -> merge_values.MergedSides:
    """A history both sides changed: the entries of both, known by (at, by, status), in the order of their instants.

    Where an instant cannot be read, or a side is not in the order of time, entries go behind their neighbours.
    """
    lists = merge_values.ThreeValues(*map(merge_values.list_of, three))
    keys = _keys_of(lists)
    instants = [[instant_of(merge_values.fields_of(entry).get("at")) for entry in one] for one in lists]
    order = merge_order(keys.base, keys.ours, keys.theirs)
    if order is None or not all(map(_is_in_order, instants)):
        return merge_values.merge_keyed(lists, keys, path, merge_value)
    ranks: dict[str, tuple[datetime, int, str]] = {}
    for names, times in zip(keys, instants, strict=True):
        for place, (key, instant) in enumerate(zip(names, times, strict=True)):
            if instant is not None:
                # Entries of one instant stay in the order they were written in.
                ranks.setdefault(key, (to_utc(instant), times[:place].count(instant), key))
    order.sort(key=ranks.__getitem__)
    return merge_values.merge_keyed(lists, keys, path, merge_value, order=order)


def merge_history_values(
    three: merge_values.ThreeValues, merged: Mapping[str, merge_values.MergedSides], path: ValuePath
) -> dict[str, merge_values.MergedSides]:
    """What the merged history of a follow-up or issue says of its other values, where both sides added entries.

    The status is that of the latest step. A step holds when who took it saw the state it now comes after, or both
    states are pending, or a done one is closed; otherwise the status is a conflict. An entry that only repeated
    the status of its side (a new owner, a new due) repeats the one it now comes after. Owner and due that both
    sides changed are those of the latest entry that names one, if each side's own history explains its value;
    `due_rule` and `priority` go with the due.
    """
    history = merged.get(HISTORY)
    sides = merge_values.ThreeValues(*(merge_values.fields_of(value) for value in three))
    lists = merge_values.ThreeValues(*(merge_values.list_of(value.get(HISTORY)) for value in sides))
    if history is None or history.conflicts or not history.ours or not _is_dated(lists):
        return {}
    keys = _keys_of(lists)
    if not (set(keys.ours) - set(keys.base) and set(keys.theirs) - set(keys.base)):
        return {}
    line = _Line(lists, keys, history.ours)
    return {**_settle_status(sides, line, path), **_settle_named(sides, line, merged)}


class _Line:
    """A merged history with what each side's own one said."""

    def __init__(self, lists: merge_values.ThreeValues, keys: merge_values.ThreeValues, entries: list[Fields]) -> None:
        self.lists = lists
        self.base = set(keys.base)
        self.entries = entries
        self.keys = merge_values.numbered([_key_of(entry) for entry in entries])
        self.ours = set(keys.ours)
        self.before: dict[str, Data] = {}
        for names, one in ((keys.theirs, lists.theirs), (keys.ours, lists.ours)):
            previous = None
            for key, entry in zip(names, one, strict=True):
                self.before[key] = previous
                previous = entry.get("status", previous)

    def walk(self) -> tuple[list[Fields], Data] | None:
        """The entries, repeated statuses set right, and the last status; None when a step does not hold."""
        current: Data = None
        walked: list[Fields] = []
        for key, entry in zip(self.keys, self.entries, strict=True):
            status, seen = entry.get("status"), self.before.get(key)
            if status is None:
                walked.append(entry)
                continue
            if key not in self.base and status == seen and current is not None:
                walked.append({**entry, "status": current})
                continue
            if key not in self.base and not _holds(current, seen, status):
                return None
            walked.append(entry)
            current = status
        return walked, current

    def latest(self, name: str) -> tuple[Data, bool]:
        """What the latest entry that names an owner or a due says, and whether ours has it."""
        for key, entry in zip(reversed(self.keys), reversed(self.entries), strict=True):
            if name in entry:
                return entry[name], key in self.ours
        return merge_values.MISSING, True


def _settle_status(
    sides: merge_values.ThreeValues, line: _Line, path: ValuePath
) -> dict[str, merge_values.MergedSides]:
    ours, theirs = sides.ours.get("status", merge_values.MISSING), sides.theirs.get("status", merge_values.MISSING)
    last = [_last_value(one, "status") for one in (line.lists.ours, line.lists.theirs)]
    if not (merge_values.is_same(ours, last[0]) and merge_values.is_same(theirs, last[1])):
        return {}
    walked = line.walk()
    if walked is None:
        return (
            {}
            if merge_values.is_same(ours, theirs)
            else {"status": merge_values.MergedSides(ours, theirs, ((*path, "status"),))}
        )
    entries, status = walked
    return {HISTORY: merge_values.agreed(entries), "status": merge_values.agreed(status)}


def _settle_named(
    sides: merge_values.ThreeValues, line: _Line, merged: Mapping[str, merge_values.MergedSides]
) -> dict[str, merge_values.MergedSides]:
    settled: dict[str, merge_values.MergedSides] = {}

    def is_open(key: str) -> bool:
        return key in merged and bool(merged[key].conflicts)

    if is_open("owner") and _explains(sides, line, "owner"):
        settled["owner"] = merge_values.agreed(line.latest("owner")[0])
    if any(map(is_open, ("due", "due_rule", "priority"))) and _explains(sides, line, "due"):
        due, is_ours = line.latest("due")
        if due is not merge_values.MISSING:
            winner = sides.ours if is_ours else sides.theirs
            together = ("due", "due_rule") if is_open("due") else ()
            for key in {*together, *filter(is_open, ("due_rule", "priority"))}:
                settled[key] = merge_values.agreed(winner.get(key, merge_values.MISSING))
    return settled


def _explains(sides: merge_values.ThreeValues, line: _Line, name: str) -> bool:
    """Whether on both sides the value is the one the side's own history named last."""
    missing = _NO_DUE if name == "due" else merge_values.MISSING
    both = ((sides.ours, line.lists.ours), (sides.theirs, line.lists.theirs))
    return all(merge_values.is_same(_last_value(one, name), side.get(name, missing)) for side, one in both)


def _holds(current: Data, seen: Data, status: Data) -> bool:
    return (
        current in (None, seen, status)
        or (current in PENDING and seen in PENDING)
        or (current == DONE and status == CLOSED)
    )


def _last_value(entries: list[Fields], name: str) -> Data:
    return next((entry[name] for entry in reversed(entries) if name in entry), merge_values.MISSING)


def _is_dated(lists: merge_values.ThreeValues) -> bool:
    return all(isinstance(entry, dict) and instant_of(entry.get("at")) is not None for one in lists for entry in one)


def _is_in_order(instants: list[datetime | None]) -> bool:
    known = [to_utc(instant) for instant in instants if instant is not None]
    return len(known) == len(instants) and known == sorted(known)


def _keys_of(lists: merge_values.ThreeValues) -> merge_values.ThreeValues:
    return merge_values.ThreeValues(*(merge_values.numbered([_key_of(entry) for entry in one]) for one in lists))


def _key_of(entry: Data) -> str:
    if not isinstance(entry, dict):
        return merge_values.fingerprint(entry)
    return merge_values.fingerprint([entry.get(key) for key in _IDENTITY])


class Renumbering(NamedTuple):
    """A follow-up of theirs that got another number, because ours had given its number to another one."""

    old: int
    new: int


def merge_follow_ups(
    three: merge_values.ThreeValues, path: ValuePath, merge_value: merge_values.MergeValue
) -> tuple[merge_values.MergedSides, tuple[Renumbering, ...]] | None:
    """Follow-ups both sides changed, each merged by itself, and what got a new number; None when one is no mapping.

    Two are the same obligation when they were opened by the same person at the same instant for the same action,
    or have the same number and one of both in common. Of two that were added apart under one number, theirs gets
    the next number that was never given. A number given so in an earlier merge is kept.
    """
    lists = merge_values.ThreeValues(*map(merge_values.list_of, three))
    if any(not isinstance(item, dict) for one in lists for item in one):
        return None
    tokens = _tokens_of(lists)
    renumbered: list[Renumbering] = []
    numbered_lists = _with_numbers(lists, tokens, renumbered)
    return merge_values.merge_keyed(numbered_lists, tokens, path, merge_value), tuple(renumbered)


def _tokens_of(lists: merge_values.ThreeValues) -> merge_values.ThreeValues:
    """A key for each item, the same for the same obligation on all sides."""
    base = [f"base {place}" for place in range(len(lists.base))]
    named: list[list[str]] = []
    for side, one in (("ours", lists.ours), ("theirs", lists.theirs)):
        pairs = _pair(lists.base, one)
        named.append([base[pairs[place]] if place in pairs else f"{side} {place}" for place in range(len(one))])
    ours, theirs = named
    new_ours = [place for place, token in enumerate(ours) if token.startswith("ours")]
    new_theirs = [place for place, token in enumerate(theirs) if token.startswith("theirs")]
    added = _pair(
        [lists.ours[place] for place in new_ours], [lists.theirs[place] for place in new_theirs], is_strict=True
    )
    for theirs_place, ours_place in added.items():
        theirs[new_theirs[theirs_place]] = ours[new_ours[ours_place]]
    return merge_values.ThreeValues(base, ours, theirs)


def _pair(old: list[Fields], new: list[Fields], *, is_strict: bool = False) -> dict[int, int]:
    """The place in the old list of each item of the new one that is the same obligation; surest first."""
    pairs: dict[int, int] = {}
    for parts in _SURE if is_strict else (*_SURE, *_LIKELY):
        left = _unique(old, parts, set(range(len(old))) - set(pairs.values()))
        right = _unique(new, parts, set(range(len(new))) - set(pairs))
        pairs |= {right[key]: left[key] for key in right if key in left}
    return pairs


def _unique(items: list[Fields], parts: tuple[str, ...], places: set[int]) -> dict[str, int]:
    found: dict[str, list[int]] = {}
    for place in sorted(places):
        key = _identity(items[place], parts)
        if key is not None:
            found.setdefault(key, []).append(place)
    return {key: where[0] for key, where in found.items() if len(where) == 1}


# By what two follow-ups are the same obligation: who opened it and when, for which action, under which number.
_SURE = (("n", "opening", "action"), ("opening", "action"))
_LIKELY = (("n", "opening"), ("n", "action"), ("n",))


def _identity(item: Fields, parts: tuple[str, ...]) -> str | None:
    """Some of what a follow-up is known by, as one text; None when it has nothing of the kind."""
    first = merge_values.fields_of(next(iter(merge_values.list_of(item.get("history"))), None))
    opening = [first.get("at"), first.get("by")]
    if (parts == ("n",) and "n" not in item) or (parts == ("n", "opening") and opening == [None, None]):
        return None
    return merge_values.fingerprint([opening if part == "opening" else item.get(part) for part in parts])


def _with_numbers(
    lists: merge_values.ThreeValues, tokens: merge_values.ThreeValues, renumbered: list[Renumbering]
) -> merge_values.ThreeValues:
    """The lists with one number for each obligation on all sides, none given twice."""
    items = [dict(zip(names, one, strict=True)) for names, one in zip(tokens, lists, strict=True)]
    numbers = {key: _number_of(*(side.get(key, {}).get("n") for side in items)) for names in tokens for key in names}
    highest = max((item["n"] for one in lists for item in one if _is_number(item.get("n"))), default=0)
    taken: set[int] = set()
    # What has a number already keeps it: the base's first, then ours.
    for key in [*tokens.ours, *(key for key in tokens.theirs if key not in items[1])]:
        number = numbers[key]
        if not _is_number(number):
            continue
        if number in taken and key not in items[1]:
            highest += 1
            numbers[key] = highest
            if key not in items[0]:
                renumbered.append(Renumbering(number, highest))
        taken.add(numbers[key])
    return merge_values.ThreeValues(
        *(
            [
                {**item, "n": numbers[key]} if "n" in item and numbers[key] is not None else item
                for key, item in zip(names, one, strict=True)
            ]
            for names, one in zip(tokens, lists, strict=True)
        )
    )


def _number_of(base: Data, ours: Data, theirs: Data) -> Data:
    """The number of one obligation: the one a side changed it to, ours before theirs."""
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    return theirs if base == ours else ours


def _is_number(value: Data) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
