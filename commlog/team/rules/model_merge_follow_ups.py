"""Three-way merge of follow-ups: which are the same obligation, and a number of its own for each."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from commlog.team.rules.merge_values import MISSING, MergeValue, Sides, Three, fields_of, fingerprint, list_of
from commlog.team.rules.model_merge_lists import merge_keyed
from commlog.values import Data, Fields, ValuePath


class Renumbering(NamedTuple):
    """A follow-up of theirs that got another number, because ours had given its number to another one."""

    old: int
    new: int


def merge_follow_ups(
    three: Three, path: ValuePath, merge_value: MergeValue
) -> tuple[Sides, tuple[Renumbering, ...]] | None:
    """Follow-ups both sides changed, each merged by itself, and what was numbered anew; None when one is no mapping.

    Two are the same obligation when they were opened by the same person at the same instant for the same action,
    or have the same number and one of both in common. Of two that were added apart under one number, theirs gets
    the next number that was never given. A number given so in an earlier merge is kept.
    """
    lists = Three(*map(list_of, three))
    if any(not isinstance(item, dict) for one in lists for item in one):
        return None
    tokens = _tokens_of(lists)
    renumbered: list[Renumbering] = []
    settled = _with_numbers(lists, tokens, renumbered)
    merged = merge_keyed(settled, tokens, path, merge_value)
    return merged, tuple(renumbered)


def _tokens_of(lists: Three) -> Three:
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
    return Three(base, ours, theirs)


def _pair(old: list[Fields], new: list[Fields], *, is_strict: bool = False) -> dict[int, int]:
    """The place in the old list of each item of the new one that is the same obligation; surest first."""
    pairs: dict[int, int] = {}
    for key_of in _SURE if is_strict else (*_SURE, *_LIKELY):
        left = _unique(old, key_of, set(range(len(old))) - set(pairs.values()))
        right = _unique(new, key_of, set(range(len(new))) - set(pairs))
        pairs |= {right[key]: left[key] for key in right if key in left}
    return pairs


def _unique(items: list[Fields], key_of: Callable[[Fields], str | None], places: set[int]) -> dict[str, int]:
    found: dict[str, list[int]] = {}
    for place in sorted(places):
        key = key_of(items[place])
        if key is not None:
            found.setdefault(key, []).append(place)
    return {key: where[0] for key, where in found.items() if len(where) == 1}


def _opening(item: Fields) -> Data:
    first = fields_of(next(iter(list_of(item.get("history"))), None))
    return [first.get("at"), first.get("by")]


def _by_all(item: Fields) -> str | None:
    return fingerprint([item.get("n"), _opening(item), item.get("action")])


def _by_opening(item: Fields) -> str | None:
    return fingerprint([_opening(item), item.get("action")])


def _by_number_and_opening(item: Fields) -> str | None:
    opening = _opening(item)
    return None if opening == [None, None] else fingerprint([item.get("n"), opening])


def _by_number_and_action(item: Fields) -> str | None:
    return fingerprint([item.get("n"), item.get("action")])


def _by_number(item: Fields) -> str | None:
    return fingerprint(item["n"]) if "n" in item else None


_SURE = (_by_all, _by_opening)
_LIKELY = (_by_number_and_opening, _by_number_and_action, _by_number)


def _with_numbers(lists: Three, tokens: Three, renumbered: list[Renumbering]) -> Three:
    """The lists with one number for each obligation on all sides, none given twice."""
    items = [dict(zip(names, one, strict=True)) for names, one in zip(tokens, lists, strict=True)]
    numbers = {key: _number_of(*(side.get(key, {}).get("n") for side in items)) for key in _all_keys(tokens)}
    highest = max((n for one in lists for n in map(_whole_number, one) if n is not None), default=0)
    taken: set[int] = set()
    # Who has a number already keeps it: the base's first, then ours.
    for key in [*tokens.ours, *(key for key in tokens.theirs if key not in items[1])]:
        number = numbers[key]
        if not isinstance(number, int) or isinstance(number, bool):
            continue
        if number in taken and key not in items[1]:
            highest += 1
            numbers[key] = highest
            if key not in items[0]:
                renumbered.append(Renumbering(number, highest))
        taken.add(numbers[key])
    return Three(
        *(
            [
                {**item, "n": numbers[key]} if "n" in item and numbers[key] is not None else item
                for key, item in zip(names, one, strict=True)
            ]
            for names, one in zip(tokens, lists, strict=True)
        )
    )


def _number_of(base: Data, ours: Data, theirs: Data) -> Data:
    """The number of one obligation: the one a side gave it anew, ours before theirs."""
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    return theirs if base == ours else ours


def _all_keys(tokens: Three) -> Iterator[str]:
    return iter(dict.fromkeys(key for names in tokens for key in names))


def _whole_number(item: Fields) -> int | None:
    n = item.get("n", MISSING)
    return n if isinstance(n, int) and not isinstance(n, bool) else None
