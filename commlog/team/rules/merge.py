"""Three-way merge of a record's data: nothing either side changed is lost without being called a conflict.

A mapping is merged key by key, a list item by item, a history entry by entry. What one side changed counts; what
both changed in the same way is no conflict; what both changed differently is one, and so is a value that one side
changed and the other took away. `merge_lists`, `merge_follow_ups` and `merge_history` say what an item is known by.
"""

from dataclasses import dataclass
from typing import Final

from commlog.team.rules.merge_history import HISTORY, Renumbering, merge_follow_ups, merge_history, merge_history_values
from commlog.team.rules.merge_sequence import insert_missing
from commlog.team.rules.merge_values import MISSING, MergedSides, ThreeValues, agreed, fields_of, is_same, merge_list
from commlog.values import Fields, ValuePath

_FOLLOW_UPS: Final = "followups"
# The hours of a day belong together: of two changed sets none is right.
_WHOLE: Final = "hours"


@dataclass(frozen=True, slots=True)
class MergedFields:
    """Merged data, each conflict decided for ours and for theirs; without conflicts both are the same."""

    ours: Fields
    theirs: Fields
    conflicts: tuple[ValuePath, ...] = ()
    renumbered: tuple[Renumbering, ...] = ()


def merge_fields(base: Fields, ours: Fields, theirs: Fields) -> MergedFields:
    """The data of two sides that went apart from a common base, merged; an empty base is for files added apart."""
    merger = _Merger()
    merged = merger.merge_value(ThreeValues(base, ours, theirs), ())
    conflicts = tuple(dict.fromkeys(merged.conflicts))
    return MergedFields(merged.ours, merged.theirs, conflicts, tuple(merger.renumbered))


class _Merger:
    """One merge; collects the follow-ups that got a new number."""

    def __init__(self) -> None:
        self.renumbered: list[Renumbering] = []

    def merge_value(self, three: ThreeValues, path: ValuePath) -> MergedSides:
        base, ours, theirs = three
        if is_same(ours, theirs) or is_same(base, theirs):
            return agreed(ours)
        if is_same(base, ours):
            return agreed(theirs)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            return self._merge_mapping(three, path)
        if isinstance(ours, list) and isinstance(theirs, list) and _WHOLE not in path:
            return self._merge_items(three, path)
        return MergedSides(ours, theirs, (path,))

    def _merge_items(self, three: ThreeValues, path: ValuePath) -> MergedSides:
        if path[-1] == HISTORY:
            return merge_history(three, path, self.merge_value)
        if path[-1] == _FOLLOW_UPS:
            found = merge_follow_ups(three, path, self.merge_value)
            if found is not None:
                self.renumbered += found[1]
                return found[0]
        return merge_list(three, path, self.merge_value)

    def _merge_mapping(self, three: ThreeValues, path: ValuePath) -> MergedSides:
        sides = ThreeValues(*map(fields_of, three))
        merged = {
            key: self.merge_value(ThreeValues(*(side.get(key, MISSING) for side in sides)), (*path, key))
            for key in insert_missing(list(sides.ours), list(sides.theirs))
        }
        merged |= merge_history_values(sides, merged, path)
        return MergedSides(
            _without_missing({key: item.ours for key, item in merged.items()}),
            _without_missing({key: item.theirs for key, item in merged.items()}),
            tuple(conflict for item in merged.values() for conflict in item.conflicts),
        )


def _without_missing(fields: Fields) -> Fields:
    return {key: value for key, value in fields.items() if value is not MISSING}


def keep_conflicting(merged: MergedFields, ours: Fields, theirs: Fields, keys: frozenset[str]) -> MergedFields:
    """The merge with some top-level keys left as each side has them, as conflicts.

    For values that a rule forbids beside each other although no side broke it.
    """

    def choose(fields: Fields, side: Fields) -> Fields:
        chosen = {key: side.get(key, MISSING) if key in keys else value for key, value in fields.items()}
        chosen |= {key: side[key] for key in side if key in keys}
        return _without_missing(chosen)

    apart: tuple[ValuePath, ...] = tuple((key,) for key in sorted(keys))
    kept = tuple(path for path in merged.conflicts if path[0] not in keys)
    renumbered = () if _FOLLOW_UPS in keys else merged.renumbered
    return MergedFields(choose(merged.ours, ours), choose(merged.theirs, theirs), (*kept, *apart), renumbered)


def differing_keys(ours: Fields, theirs: Fields) -> frozenset[str]:
    """The top-level keys whose values differ between two sides."""
    return frozenset(key for key in {**ours, **theirs} if not is_same(ours.get(key, MISSING), theirs.get(key, MISSING)))
