"""The rules by which counts become figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commlog.summary.rules.figures import (
    States,
    count_of,
    distribution_of,
    mean_of,
    measure_all,
    measure_satisfaction,
    pair,
    share_of,
    spread_of,
)
from commlog.summary.rules.summary import CustomerInquiry, MeasureKey, has_worsened, repeated_pairs

DAY = 86_400


def test_a_share_of_fewer_than_five_has_no_value():
    """Four of four is no percentage, five of five is one; the raw numbers stay."""
    assert share_of(4, 4).value is None
    assert share_of(5, 5).value == 1
    assert (share_of(4, 4).numerator, share_of(4, 4).denominator) == (4, 4)


def test_a_mean_needs_one_value():
    """The mean of nothing is nothing, of one value that value."""
    assert mean_of(0, 0).value is None
    assert mean_of(4, 1).value == 4


def test_a_spread_by_hand():
    """Of 1 to 10 the median is 5.5, the ninth is the 90 %, and the longest is 10."""
    spread = spread_of(range(10, 0, -1), "seconds").spread
    assert (spread.median, spread.ninetieth, spread.longest) == (5.5, 9, 10)


def test_a_spread_of_nothing_has_no_value():
    """No durations, no median."""
    assert spread_of([], "seconds").value is None


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=40))
def test_nine_of_ten_do_not_exceed_the_ninetieth(values):
    """The 90 % is one of the values; at least nine tenths are at most it, and fewer than nine tenths lie below it."""
    spread = spread_of(values, "seconds").spread
    assert spread.ninetieth in values
    assert sum(value <= spread.ninetieth for value in values) * 10 >= 9 * len(values)
    assert sum(value < spread.ninetieth for value in values) * 10 < 9 * len(values)
    assert min(values) <= spread.median <= spread.longest == max(values)


def test_what_is_left_out_is_told_only_when_there_is_some():
    """A reason that applies to nothing is not named."""
    assert count_of(3, cancelled=0, unclear=2).left_out == {"unclear": 2}


def test_an_unknown_answer_is_no_answer():
    """An answer a team's own template adds has no step and counts as none."""
    measure = measure_satisfaction({"satisfied": 2, "delighted": 1, None: 3})
    assert (measure.numerator, measure.denominator, measure.left_out) == (8, 2, {"without_answer": 4})


@pytest.mark.parametrize(
    ("moods", "worse"),
    [
        (["satisfied", "calm", "angry"], True),
        (["calm", "calm", "neutral"], True),
        (["calm", "angry", "dissatisfied"], False),
        (["angry", "angry", "angry"], False),
        (["anxious", "impatient", "dissatisfied"], False),
        (["calm", "angry"], False),
        (["angry", "satisfied", "calm", "neutral"], True),
        (["calm", "other", "angry"], False),
    ],
)
def test_a_mood_worsens_step_by_step(moods, worse):
    """The last three never get better and end worse; moods of one weight are equal, `other` says nothing."""
    assert has_worsened(moods) is worse


def test_a_contact_repeats_within_thirty_days():
    """The second contact after exactly 30 days repeats, a second later it does not; the first alone never does."""
    first = CustomerInquiry("a", "c", 0, 1)
    again = CustomerInquiry("a", "c", 30 * DAY, 2)
    assert list(repeated_pairs([first, again])) == [(("a", "c"), 30 * DAY)]
    assert not list(repeated_pairs([first, again._replace(at=30 * DAY + 1)]))
    assert not list(repeated_pairs([first, again._replace(category="d")]))
    assert not list(repeated_pairs([first]))


def test_a_group_that_a_period_lacks_is_paired_with_nothing():
    """A part that did not occur is 0 of that period's whole; a count that did not is 0."""
    now = distribution_of("problems", "tag", {"a": 2}, 6) | {MeasureKey("interactions"): count_of(6)}
    before = distribution_of("problems", "tag", {"b": 1}, 4) | {MeasureKey("interactions"): count_of(4)}
    lines = {line.key: line for line in pair(now, before)}
    assert (lines["problems", "tag", "a"].before.numerator, lines["problems", "tag", "a"].before.denominator) == (0, 4)
    assert (lines["problems", "tag", "b"].now.numerator, lines["problems", "tag", "b"].now.denominator) == (0, 6)


def test_totals_come_first_and_groups_by_size():
    """A figure's total stands before its groups, the largest group first, what has no value last."""
    states = States({None: 6}, {"agent": {None: {None: 3}, "li": {None: 1}, "wang": {None: 2}}})
    keys = [line.key.group for line in pair(states.measured("interactions", measure_all), {})]
    assert keys == [None, "wang", "li", None]
