"""What differs between two values: sameness with types, and which items of two lists belong together."""

import json
from collections.abc import Iterator
from itertools import zip_longest

from commlog.values import Data

# An old and a new index that belong together; None on one side is an item removed or added.
Pair = tuple[int | None, int | None]


def is_same(one: Data, other: Data) -> bool:
    """Tell whether two values are equal, types included (1, 1.0 and true differ), in any order of keys."""
    return _fingerprint(one) == _fingerprint(other)


def pair_items(old: list[Data], new: list[Data]) -> Iterator[Pair]:
    """Pair the items of two lists so that equal ones stay together, in the order of the text."""
    # Imported here: most edits never touch a list.
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, [*map(_fingerprint, old)], [*map(_fingerprint, new)], autojunk=False)
    for _, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        yield from zip_longest(range(old_start, old_end), range(new_start, new_end))


def _fingerprint(value: Data) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
