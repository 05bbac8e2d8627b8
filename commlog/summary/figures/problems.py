"""Frequent problems and weak spots: what conversations and issues are about, contacts that come back, groups that do worse."""

from collections import Counter
from datetime import date
from operator import itemgetter
from typing import Any, Final

from commlog.errors import CommlogError
from commlog.output.listing import Listing
from commlog.summary.figures.conversations import dated_conversations_of
from commlog.summary.figures.issues import closed_issues
from commlog.summary.figures.scope import RECORDS, CountSource, SummaryScope, count_states
from commlog.summary.figures.threads import survivors_of
from commlog.summary.rules import figures as rules
from commlog.summary.rules import summary as summary_rules
from commlog.workspace import Workspace

# The fields the index's column `category` is read from, in its order of preference.
CATEGORY_FIELDS: Final = ("category", "need_type", "scenario")
ISSUES_OF_PERIOD: Final = "r.kind = 'issue' AND r.day >= '{first}' AND r.day < '{after}'"
_NOBODY: Final = frozenset({None, "anonymous"})
_CONTACTS_BEFORE: Final = """
SELECT r.customer, r.category, r.started_at, r.record FROM records r
WHERE r.kind = 'interaction' AND r.direction = 'inbound' AND r.day >= '{earliest_day}' AND r.day < '{{first}}'
AND r.started_at >= {earliest}
"""


def measure_problems(scope: SummaryScope, conversations: rules.States) -> summary_rules.Reading:
    """Complaints among conversations, what conversations and issues are about, and repeat contacts.

    `conversations` are counted by category, and that by template.
    """
    issues = count_states(scope, CountSource(RECORDS, ISSUES_OF_PERIOD, "r.category", {}))
    by_field: dict[str, Counter[summary_rules.Group]] = {"category": Counter(issues.whole)}
    for template, counts in conversations.groups["template"].items():
        by_field.setdefault(_field_of(scope.workspace, template), Counter()).update(counts)
    reading = conversations.judged(scope.by, "complaints")
    for name in reversed(CATEGORY_FIELDS):
        counts = by_field.get(name, Counter())
        reading |= rules.distribution_of("problems", name, counts, sum(counts.values()) - counts[None])
    return {**reading, summary_rules.MeasureKey("repeat_contacts"): rules.measure_share(list_repeats(scope))}


def _field_of(workspace: Workspace, template: summary_rules.Group) -> str:
    """The field in which a template says what a conversation is about."""
    try:
        found = workspace.catalog.find(template) if template else None
    except CommlogError:
        found = None
    keys = {field.key for field in found.fields} if found else set()
    return next((name for name in CATEGORY_FIELDS if name in keys), "category")


def list_repeats(scope: SummaryScope) -> list[rules.FigureCase]:
    """Customers who turned to us about the same thing again within 30 days.

    Each pair of customer and category is there with its last contact of the period, and each contact that names none.
    """
    start = int(scope.period.start.timestamp())
    contacts = _read_contacts(scope, start - summary_rules.REPEAT_SECONDS)
    clear = [one for one in contacts if one.customer not in _NOBODY and one.category is not None]
    last = {one[:2]: one.record for one in clear if one.at >= start}
    came_back = {pair for pair, at in summary_rules.repeated_pairs(clear) if at >= start}
    unclear = [one.record for one in contacts if one.at >= start and (one.customer in _NOBODY or one.category is None)]
    return [
        *(
            rules.FigureCase(record, rules.YES if pair in came_back else rules.NO, name=pair[1] or "")
            for pair, record in last.items()
        ),
        *(rules.FigureCase(record, rules.LEFT_OUT, "without_customer_or_category") for record in unclear),
    ]


def _read_contacts(scope: SummaryScope, earliest: int) -> list[summary_rules.CustomerInquiry]:
    """The inbound contacts of the period and, since an instant, of the 30 days before it, in order of time.

    Those of a merged customer are the survivor's.
    """
    columns = ("customer", "category", "started_at", "record")
    walked = dated_conversations_of(scope).rows("direction", *columns)
    # A day to spare for the time zone; a period may begin with the first day there is.
    day = date.fromordinal(max(1, scope.period.start.toordinal() - summary_rules.REPEAT_DAYS - 1))
    before = scope.rows(_CONTACTS_BEFORE.format(earliest=earliest, earliest_day=day.isoformat()))
    rows = [*before, *(row[1:] for row in walked if row[0] == "inbound" and row[3] >= earliest)]
    survivors = survivors_of(scope)
    found = [summary_rules.CustomerInquiry(survivors.get(customer, customer), *rest) for customer, *rest in rows]
    return sorted(found, key=itemgetter(2, 3))


COLUMNS: Final = ("dimension", "group", "figure", "value", "whole", "n")
# What is looked at by category and by owner; every one of them is worse the higher it is.
WEAKNESSES: Final = ("breached", "reopened", "low_scores", "resolution")
DIMENSIONS: Final = ("category", "owner")
_ISSUE_SCORES: Final = """
SELECT r.record, r.category, coalesce(r.owner, r.agent), field(c.content, 'score')
FROM records r JOIN contents c USING (record) WHERE r.record IN ({numbers}) ORDER BY r.record
"""
_ANSWERS: Final = {str(step): answer for answer, step in rules.STEPS.items()}


def answer_of(score: str | None) -> summary_rules.Group:
    """The five-step answer an issue's score stands for."""
    return _ANSWERS.get(score or "")


def issue_scores(scope: SummaryScope) -> list[tuple[Any, ...]]:
    """The record, category, owner and score, if there is one, of each issue closed in the period."""
    return scope.rows_of(_ISSUE_SCORES, closed_issues(scope))


def measure_low_scores(scope: SummaryScope, answers: rules.States) -> summary_rules.Reading:
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
    return rules.States(whole, groups).judged("", "low_scores")


def find_weak_spots(scope: SummaryScope, reading: summary_rules.Reading) -> summary_rules.PointedRecords:
    """The groups of five or more that are worse than everything together by the margin, the largest first in each dimension."""
    rows = [
        (
            key.dimension,
            key.group,
            key.figure,
            measure.value,
            reading[summary_rules.MeasureKey(key.figure)].value,
            measure.size,
        )
        for key, measure in reading.items()
        if key.figure in WEAKNESSES
        and key.dimension in DIMENSIONS
        and key.group is not None
        and measure.size >= summary_rules.SMALLEST_SHARED
        and rules.is_weak(measure, reading[summary_rules.MeasureKey(key.figure)])
    ]
    order = list(rules.FIGURES)
    rows.sort(key=lambda row: (DIMENSIONS.index(row[0]), order.index(row[2]), -row[5], row[1] or ""))
    return scope.point_at("weak_spots", Listing(COLUMNS, tuple(rows), COLUMNS, "group"))
