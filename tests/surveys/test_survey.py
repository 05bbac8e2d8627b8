"""The figures of surveys, counted by hand."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.surveys.rules import Survey, is_fresh, low_scores, share, survey_trend_of

DIMENSIONS = ("speed", "overall")


def answer(day, score, entered_by="customer", **more):
    """An answered survey with one score."""
    scores = more.pop("scores", {"overall": score})
    return Survey("acme", more.pop("requested_on", None), day, entered_by, scores, True)


def test_mean_high_and_low_are_those_on_paper():
    """5, 4, 4, 2, 3 are five answers: mean 18/5 = 3.6, three of at least 4, one of at most 2."""
    surveys = [answer(date(2026, 1, 10 + place), score) for place, score in enumerate([5, 4, 4, 2, 3])]
    (figure,) = survey_trend_of(surveys, "quarter", DIMENSIONS).figures
    assert (figure.period, figure.n, figure.high, figure.low) == ("2026-Q1", 5, 3, 1)
    assert figure.mean == pytest.approx(3.6)
    assert (figure.high_share, figure.low_share) == (0.6, 0.2)


def test_four_answers_have_no_share():
    """With four answers there are counts and a mean, and no percentage."""
    surveys = [answer(date(2026, 1, 10), score) for score in (5, 5, 1, 1)]
    (figure,) = survey_trend_of(surveys, "quarter", DIMENSIONS).figures
    assert (figure.mean, figure.high, figure.low) == (3.0, 2, 2)
    assert figure.high_share is None
    assert figure.low_share is None


def test_customers_and_staff_are_told_apart():
    """What staff entered is never in the customers' mean."""
    figures = survey_trend_of(
        [answer(date(2026, 1, 1), 5), answer(date(2026, 1, 2), 1, "staff")], "month", DIMENSIONS
    ).figures
    assert [(one.entered_by, one.mean) for one in figures] == [("customer", 5.0), ("staff", 1.0)]


def test_an_answer_counts_when_it_was_given():
    """The last day of a quarter and the first of the next are in two periods."""
    figures = survey_trend_of(
        [answer(date(2026, 3, 31), 5), answer(date(2026, 4, 1), 1)], "quarter", DIMENSIONS
    ).figures
    assert [(one.period, one.mean) for one in figures] == [("2026-Q1", 5.0), ("2026-Q2", 1.0)]
    months = survey_trend_of([answer(date(2026, 3, 31), 5), answer(date(2026, 4, 1), 1)], "month", DIMENSIONS).figures
    assert [one.period for one in months] == ["2026-03", "2026-04"]


def test_the_response_rate_counts_requests_in_their_period():
    """Six sent in the quarter, four of them answered, one as late as the next quarter; what nobody asked for is no response."""
    sent = date(2026, 2, 1)
    surveys = [answer(date(2026, 2, 5), 4, requested_on=sent) for _ in range(3)]
    surveys += [answer(date(2026, 4, 5), 4, requested_on=sent), answer(date(2026, 2, 9), 4)]
    surveys += [Survey("acme", sent, None, None, {}) for _ in range(2)]
    first, second = survey_trend_of(surveys, "quarter", DIMENSIONS).responses
    assert (first.requested, first.answered) == (6, 4)
    assert first.rate == pytest.approx(2 / 3)
    assert (second.requested, second.rate) == (0, None)


def test_scores_that_tell_nothing_are_counted_as_left_out():
    """No score of the form, or nobody named who gave it: not in a figure, and said."""
    surveys = [answer(date(2026, 1, 1), 4, None), answer(date(2026, 1, 1), 4, scores={"gone": 3})]
    trend = survey_trend_of(surveys, "month", DIMENSIONS)
    assert trend.figures == ()
    assert trend.left_out == 2


@pytest.mark.parametrize("scores", [None, [], "2", {"overall": "2"}, {"overall": True}, {"overall": 0}, {"overall": 3}])
def test_only_a_score_is_low(scores):
    """Text, yes and no, numbers out of range and scores from 3 on ask for nobody."""
    assert low_scores(scores) == {}


def test_low_scores_are_one_and_two():
    """The limit itself is low."""
    assert low_scores({"a": 1, "b": 2, "c": 3}) == {"a": 1, "b": 2}


def test_a_month_is_fresh():
    """Thirty days are followed up, thirty-one are history."""
    assert is_fresh(date(2026, 3, 1), date(2026, 3, 31))
    assert not is_fresh(date(2026, 3, 1), date(2026, 4, 1))


@settings(deadline=None)
@given(st.lists(st.tuples(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 5)), max_size=40))
def test_no_answer_is_lost_or_counted_twice(answers):
    """The answers of all periods are all answers, and their sum is the sum of all scores."""
    figures = survey_trend_of([answer(day, score) for day, score in answers], "month", DIMENSIONS).figures
    assert sum(one.n for one in figures) == len(answers)
    assert sum(one.mean * one.n for one in figures) == pytest.approx(sum(score for _, score in answers))
    assert all(one.high + one.low <= one.n for one in figures)


def test_a_share_needs_five():
    """Four of four is no percentage, five of five is all."""
    assert share(4, 4) is None
    assert share(5, 5) == 1.0
