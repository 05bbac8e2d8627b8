"""Weak spots: low scores by category and owner, and the groups that are clearly worse than the whole log."""

from collections import Counter
from typing import Any, Final

from commlog.output.listing import Listing
from commlog.summary.figures.scope import Scope
from commlog.summary.figures.services_summarize_issues import closed_issues
from commlog.summary.rules.figures import FIGURES, STEPS, States, measure_dissatisfied
from commlog.summary.rules.model_summary_weak_spots import is_weak
from commlog.summary.rules.summary import SMALLEST_SHARED, Attention, Group, Key, Reading

COLUMNS: Final = ("dimension", "group", "figure", "value", "whole", "n")
# What is looked at by category and by owner; every one of them is worse the higher it is.
WEAKNESSES: Final = ("breached", "reopened", "low_scores", "resolution")
DIMENSIONS: Final = ("category", "owner")
_ISSUE_SCORES: Final = """
SELECT r.record, r.category, coalesce(r.owner, r.agent), field(c.content, 'score')
FROM records r JOIN contents c USING (record) WHERE r.record IN ({numbers}) ORDER BY r.record
"""
_ANSWERS: Final = {str(step): answer for answer, step in STEPS.items()}


def answer_of(score: str | None) -> Group:
    """The five-step answer an issue's score stands for."""
    return _ANSWERS.get(score or "")


def issue_scores(scope: Scope) -> list[tuple[Any, ...]]:
    """The record, category, owner and score, if there is one, of each issue closed in the period."""
    closed = closed_issues(scope)
    return scope.rows(_ISSUE_SCORES.format(numbers=", ".join(map(str, closed)))) if closed else []


def measure_low_scores(scope: Scope, answers: States) -> Reading:
    """Low answers of conversations and low scores of issues closed in the period, over all that were given."""
    whole = Counter(answers.whole)
    groups = {
        dimension: {group: Counter(counts) for group, counts in found.items()}
        for dimension, found in answers.groups.items()
    }
    for _, category, owner, score in issue_scores(scope):
        state = answer_of(score)
        whole[state] += 1
        for dimension, group in zip(DIMENSIONS, (category, owner), strict=True):
            groups[dimension].setdefault(group, Counter())[state] += 1
    return States(whole, groups).measured("low_scores", measure_dissatisfied)


def find_weak_spots(scope: Scope, reading: Reading) -> Attention:
    """The groups of five or more that are worse than everything together by the margin, the largest first in each dimension."""
    rows = [
        (key.dimension, key.group, key.figure, measure.value, reading[Key(key.figure)].value, measure.size)
        for key, measure in reading.items()
        if key.figure in WEAKNESSES
        and key.dimension in DIMENSIONS
        and key.group is not None
        and measure.size >= SMALLEST_SHARED
        and is_weak(measure, reading[Key(key.figure)])
    ]
    order = list(FIGURES)
    rows.sort(key=lambda row: (DIMENSIONS.index(row[0]), order.index(row[2]), -row[5], row[1] or ""))
    listed = rows if scope.limit < 0 else rows[: scope.limit]
    return Attention("weak_spots", Listing(COLUMNS, tuple(listed), COLUMNS, "group"), len(rows) - len(listed))
