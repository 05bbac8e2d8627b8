"""What a merge is made of: values that may be missing, sameness, and a value as each side would have it."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from commlog.team.rules.merge_sequence import CONFLICT, THEIRS, find_regions, merge_order
from commlog.values import DEFAULT_LINK_TYPE, Data, Fields, ValuePath


class Missing:
    """The one value that means a key or an item that is not there."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


class ThreeValues(NamedTuple):
    """A value in the common ancestor and on both sides; MISSING where it is not."""

    base: Data
    ours: Data
    theirs: Data


class MergedSides(NamedTuple):
    """A merged value, each conflict in it decided for ours and for theirs; both are the same without a conflict."""

    ours: Data
    theirs: Data
    conflicts: tuple[ValuePath, ...] = ()


# How the value at a path is merged.
MergeValue = Callable[[ThreeValues, ValuePath], MergedSides]


def agreed(value: Data) -> MergedSides:
    """A merged value without a conflict."""
    return MergedSides(value, value)


def is_same(one: Data, other: Data) -> bool:
    """Whether two values are equal, types included (1, 1.0 and true differ), in any order of keys."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other) or (one != one and other != other)  # noqa: PLR0124 - not a number is the same as itself here


def fingerprint(value: Data) -> str:
    """Text that is equal for the same values and no others."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def numbered(keys: list[str]) -> list[str]:
    """The keys made different where they repeat: with a count of its occurrences."""
    seen: dict[str, int] = {}
    different = []
    for key in keys:
        seen[key] = seen.get(key, 0) + 1
        different.append(f"{key} {seen[key]}")
    return different


def list_of(value: Data) -> list[Data]:
    """The items of a list; none for anything else."""
    return value if isinstance(value, list) else []


def fields_of(value: Data) -> dict[str, Data]:
    """The entries of a mapping; none for anything else."""
    return value if isinstance(value, dict) else {}


# What an item is known by, the first that is different for all items of a list; lists with a name of their own first.
_IDENTITIES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "links": (("to", "type"),),
    "contacts": (("name",), ("phone",), ("email",)),
}
_USUAL_IDENTITIES: Final = (("id",), ("n",), ("name",), ("date",), ("at",))
_DEFAULTS: Final[Mapping[str, str]] = {"type": DEFAULT_LINK_TYPE}


def merge_list(three: ThreeValues, path: ValuePath, merge_value: MergeValue) -> MergedSides:
    """A list both sides changed.

    Plain values are a set that keeps its order: what either side took away is gone, ours come before theirs.
    Mappings go by what names them (id, n, name, date, at; links by `to` and `type`, contacts by name or phone); where
    nothing names them, by their place, and two additions at one place both stay. A list both sides put into
    another order is a conflict.
    """
    lists = ThreeValues(*map(list_of, three))
    keys = keys_of(lists, str(path[-1]))
    return merge_by_place(lists, path, merge_value) if keys is None else merge_keyed(lists, keys, path, merge_value)


def keys_of(lists: ThreeValues, name: str) -> ThreeValues | None:
    """What each item of the three lists is known by; None when nothing identifies them."""
    items = [item for one in lists for item in one]
    if not any(isinstance(item, (dict, list)) for item in items):
        return ThreeValues(*(numbered([*map(fingerprint, one)]) for one in lists))
    for identity in _IDENTITIES.get(name, _USUAL_IDENTITIES):
        if all(_is_named(item, identity) for item in items):
            named = [[fingerprint([_part(item, key) for key in identity]) for item in one] for one in lists]
            if all(len(set(one)) == len(one) for one in named):
                return ThreeValues(*named)
    return None


def merge_keyed(
    lists: ThreeValues, keys: ThreeValues, path: ValuePath, merge_value: MergeValue, *, order: list[str] | None = None
) -> MergedSides:
    """Lists whose items are known by keys: each item merged by itself, in this order or in that of both sides."""
    order = order or merge_order(keys.base, keys.ours, keys.theirs)
    if order is None:
        return MergedSides(lists.ours, lists.theirs, (path,))
    by_key = [dict(zip(names, items, strict=True)) for names, items in zip(keys, lists, strict=True)]
    places = {key: place for names in (keys.theirs, keys.ours) for place, key in enumerate(names)}
    return _join(
        merge_value(ThreeValues(*(items.get(key, MISSING) for items in by_key)), (*path, places[key])) for key in order
    )


def merge_by_place(lists: ThreeValues, path: ValuePath, merge_value: MergeValue) -> MergedSides:
    """Lists whose items nothing names: what one side changed counts, stretch by stretch."""
    merged: list[MergedSides] = []
    for region in find_regions(*([*map(fingerprint, one)] for one in lists)):
        base, ours, theirs = lists.base[region.base], lists.ours[region.ours], lists.theirs[region.theirs]
        if region.winner != CONFLICT:
            merged += map(agreed, theirs if region.winner == THEIRS else ours)
        elif not base:
            known = set(map(fingerprint, ours))
            merged += map(agreed, [*ours, *(item for item in theirs if fingerprint(item) not in known)])
        elif len(base) == len(ours) == len(theirs) and all(map(_is_the_same, base, ours, theirs)):
            start = region.ours.start
            merged += [
                merge_value(ThreeValues(*items), (*path, start + place))
                for place, items in enumerate(zip(base, ours, theirs, strict=True))
            ]
        else:
            merged += [MergedSides(item, MISSING) for item in ours]
            merged += [MergedSides(MISSING, item) for item in theirs]
            merged.append(MergedSides(MISSING, MISSING, (path,)))
    return _join(merged)


def _is_the_same(base: Data, ours: Data, theirs: Data) -> bool:
    """Whether both sides left more than half of an item as it was, so that it is still the same one."""
    if not (isinstance(base, dict) and isinstance(ours, dict) and isinstance(theirs, dict)):
        return False
    kept = [sum(key in side and is_same(side[key], value) for key, value in base.items()) for side in (ours, theirs)]
    return min(kept) * 2 > len(base)


def _join(merged: Iterable[MergedSides]) -> MergedSides:
    sides = list(merged)
    return MergedSides(
        [item.ours for item in sides if item.ours is not MISSING],
        [item.theirs for item in sides if item.theirs is not MISSING],
        tuple(conflict for item in sides for conflict in item.conflicts),
    )


def _is_named(item: Data, identity: tuple[str, ...]) -> bool:
    return isinstance(item, dict) and all(
        isinstance(_part(item, key), (str, int, dict)) and _part(item, key) != "" for key in identity
    )


def _part(item: Fields, key: str) -> Data:
    return item.get(key, _DEFAULTS.get(key))
