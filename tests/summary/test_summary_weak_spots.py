"""When a group is a weak spot."""

import pytest

from commlog.summary.rules.figures import is_weak, share_of, spread_of


@pytest.mark.parametrize(
    ("group", "whole", "weak"),
    [((6, 10), (5, 10), True), ((59, 100), (50, 100), False), ((4, 10), (5, 10), False), ((0, 0), (5, 10), False)],
)
def test_a_share_is_weak_ten_points_above_the_whole(group, whole, weak):
    """60 % of 50 % is weak, 59 % is not, and nothing is never weak."""
    assert is_weak(share_of(*group), share_of(*whole)) is weak


@pytest.mark.parametrize(("median", "weak"), [(125, True), (124, False), (80, False)])
def test_a_median_is_weak_a_quarter_above_the_whole(median, weak):
    """A median of 125 against 100 is weak, one of 124 is not."""
    assert is_weak(spread_of([median], "working_seconds"), spread_of([100], "working_seconds")) is weak
