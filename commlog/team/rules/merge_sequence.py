"""Three-way merge of sequences: which stretches each side changed, and in which order items go."""

from collections.abc import Collection, Hashable, Sequence
from typing import Final, NamedTuple

OURS: Final = "ours"
THEIRS: Final = "theirs"
CONFLICT: Final = "conflict"

# A stretch that was changed: from and to in the base, and by how much it became longer.
_Change = tuple[int, int, int]


class MergeRegion(NamedTuple):
    """A stretch of the three sequences, as slices, and whose version of it counts; CONFLICT when both changed it."""

    base: slice
    ours: slice
    theirs: slice
    winner: str


def find_regions(base: Sequence[Hashable], ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> list[MergeRegion]:
    """The whole of three sequences in stretches: unchanged, changed by one side, or by both.

    Changes that touch but do not overlap stay apart; two insertions at one place are one stretch.
    """
    of_ours, of_theirs = _changes(base, ours), _changes(base, theirs)
    regions: list[MergeRegion] = []
    at = ours_at = theirs_at = 0
    while of_ours or of_theirs:
        first = min([*of_ours[:1], *of_theirs[:1]], key=lambda change: change[:2])
        regions.append(_unchanged(first[0] - at, at, ours_at, theirs_at))
        ours_at, theirs_at, at = ours_at + first[0] - at, theirs_at + first[0] - at, first[0]
        end, grown_ours, grown_theirs = _take_group(first, of_ours, of_theirs)
        ours_end = ours_at + end - at + sum(grown_ours)
        theirs_end = theirs_at + end - at + sum(grown_theirs)
        same = ours[ours_at:ours_end] == theirs[theirs_at:theirs_end]
        winner = OURS if same or not grown_theirs else THEIRS if not grown_ours else CONFLICT
        regions.append(MergeRegion(slice(at, end), slice(ours_at, ours_end), slice(theirs_at, theirs_end), winner))
        at, ours_at, theirs_at = end, ours_end, theirs_end
    regions.append(_unchanged(len(base) - at, at, ours_at, theirs_at))
    return [region for region in regions if any(part.start != part.stop for part in region[:3])]


def merge_order(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> list[str] | None:
    """All keys of ours and theirs in one order; None when both sides moved the same keys about differently.

    The side that moved keys gives the order; what only the other has comes behind its neighbour there, ours first.
    """
    everywhere = set(base) & set(ours) & set(theirs)
    both = set(ours) & set(theirs)
    old = [key for key in base if key in everywhere]
    is_ours_old = [key for key in ours if key in everywhere] == old
    is_theirs_old = [key for key in theirs if key in everywhere] == old
    if is_theirs_old or [key for key in ours if key in both] == [key for key in theirs if key in both]:
        return insert_missing(list(ours), theirs, set(ours) - both)
    return insert_missing(list(theirs), ours) if is_ours_old else None


def insert_missing(order: list[str], other: Sequence[str], behind: Collection[str] = ()) -> list[str]:
    """The order with the keys only the other has, each after its predecessor there, and after keys in `behind` that follow it."""
    known = set(order)
    place = 0
    for key in other:
        if key in known:
            place = order.index(key) + 1
            continue
        while place < len(order) and order[place] in behind:
            place += 1
        order.insert(place, key)
        place += 1
    return order


def _changes(base: Sequence[Hashable], side: Sequence[Hashable]) -> list[_Change]:
    # Imported here: most merges never compare a sequence.
    from difflib import SequenceMatcher

    front = 0
    while front < min(len(base), len(side)) and base[front] == side[front]:
        front += 1
    back = 0
    while back < min(len(base), len(side)) - front and base[-1 - back] == side[-1 - back]:
        back += 1
    inner, other = base[front : len(base) - back], side[front : len(side) - back]
    matcher = SequenceMatcher(None, inner, other, autojunk=False)
    return [
        (front + start, front + end, (to - since) - (end - start))
        for tag, start, end, since, to in matcher.get_opcodes()
        if tag != "equal"
    ]


def _take_group(first: _Change, of_ours: list[_Change], of_theirs: list[_Change]) -> tuple[int, list[int], list[int]]:
    """Take the changes that overlap the first one, and each other, off both lists: where they end, and how each side grew."""
    start, end, _ = first
    grown: tuple[list[int], list[int]] = ([], [])
    found = True
    while found:
        found = False
        for changes, growth in ((of_ours, grown[0]), (of_theirs, grown[1])):
            while changes and _overlaps(changes[0], start, end):
                change = changes.pop(0)
                end = max(end, change[1])
                growth.append(change[2])
                found = True
    return end, *grown


def _overlaps(change: _Change, start: int, end: int) -> bool:
    return (
        (change[0] < end and start < change[1])
        or change[0] == change[1] == start == end
        or (change[0] == start and change[1] == end)
    )


def _unchanged(length: int, at: int, ours_at: int, theirs_at: int) -> MergeRegion:
    return MergeRegion(
        slice(at, at + length), slice(ours_at, ours_at + length), slice(theirs_at, theirs_at + length), OURS
    )
