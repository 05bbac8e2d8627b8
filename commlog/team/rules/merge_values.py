"""What a merge is made of: values that may be missing, sameness, and a value as each side would have it."""

import json
from collections.abc import Callable
from typing import Final, NamedTuple

from commlog.values import Data, ValuePath


class Missing:
    """The one value that stands for a key or an item that is not there."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


class Three(NamedTuple):
    """A value in the common ancestor and on both sides; MISSING where it is not."""

    base: Data
    ours: Data
    theirs: Data


class Sides(NamedTuple):
    """A merged value, each conflict in it decided for ours and for theirs; both are the same without a conflict."""

    ours: Data
    theirs: Data
    conflicts: tuple[ValuePath, ...] = ()


# How the value at a path is merged.
MergeValue = Callable[[Three, ValuePath], Sides]


def agreed(value: Data) -> Sides:
    """A merged value without a conflict."""
    return Sides(value, value)


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
    """The keys made different where they repeat: each tells how often it came before."""
    seen: dict[str, int] = {}
    told = []
    for key in keys:
        seen[key] = seen.get(key, 0) + 1
        told.append(f"{key} {seen[key]}")
    return told


def list_of(value: Data) -> list[Data]:
    """The items of a list; none for anything else."""
    return value if isinstance(value, list) else []


def fields_of(value: Data) -> dict[str, Data]:
    """The entries of a mapping; none for anything else."""
    return value if isinstance(value, dict) else {}
