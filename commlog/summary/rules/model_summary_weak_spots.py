"""When a group is a weak spot: clearly worse than everything together, by one figure at a time."""

from typing import Final

from commlog.summary.rules.summary import Measure

# Ten percentage points of a share, a quarter of a median.
MARGIN_PERCENT: Final = 10
LONGER_PERCENT: Final = 25


def is_weak(group: Measure, whole: Measure) -> bool:
    """Whether a share lies at least ten percentage points above the whole's, or a median at least a quarter above it."""
    if group.spread and whole.spread:
        return group.spread.median * 100 >= whole.spread.median * (100 + LONGER_PERCENT) > 0
    if not group.denominator or not whole.denominator:
        return False
    difference = group.numerator * whole.denominator - whole.numerator * group.denominator
    return difference * 100 >= MARGIN_PERCENT * group.denominator * whole.denominator
