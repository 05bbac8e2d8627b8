"""Frequent problems: what conversations and issues are about, and contacts that come back."""

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
from commlog.summary.rules.figures import (
    FIGURES,
    LEFT_OUT,
    NO,
    STEPS,
    YES,
    FigureCase,
    States,
    distribution_of,
    is_weak,
    measure_complaints,
    measure_dissatisfied,
    share_of,
)
from commlog.summary.rules.summary import (
    REPEAT_DAYS,
    REPEAT_SECONDS,
    SMALLEST_SHARED,
    CustomerInquiry,
    Group,
    MeasureKey,
    PointedRecords,
    Reading,
    count_repeats,
    repeated_pairs,
)
from commlog.workspace import Workspace

# The fields the copy's column `category` is read from, in its order of preference.
CATEGORY_FIELDS: Final = ("category", "need_type", "scenario")
ISSUES_OF_PERIOD: Final = "r.kind = 'issue' AND r.day >= '{first}' AND r.day < '{after}'"
_NOBODY: Final = frozenset({None, "anonymous"})
_CONTACTS: Final = """
SELECT {columns} FROM records r
WHERE r.kind = 'interaction' AND r.direction = 'inbound' AND r.day >= '{earliest_day}' AND r.day < '{until}'
AND r.started_at >= {earliest}
"""


def measure_problems(scope: SummaryScope, conversations: States) -> Reading:
    """Complaints among conversations, what conversations and issues are about, and repeat contacts.

    `conversations` are counted by category, and that by template.
    """
    issues = count_states(scope, CountSource(RECORDS, ISSUES_OF_PERIOD, "r.category", {}))
    by_field: dict[str, Counter[Group]] = {"category": Counter(issues.whole)}
    for template, counts in conversations.groups["template"].items():
        by_field.setdefault(_field_of(scope.workspace, template), Counter()).update(counts)
    reading = conversations.measured("complaints", measure_complaints, scope.by)
    for name in reversed(CATEGORY_FIELDS):
        counts = by_field.get(name, Counter())
        reading |= distribution_of("problems", name, counts, sum(counts.values()) - counts[None])
    return reading | _measure_repeats(scope)


def _field_of(workspace: Workspace, template: Group) -> str:
    """The field in which a template says what a conversation is about."""
    try:
        found = workspace.catalog.find(template) if template else None
    except CommlogError:
        found = None
    keys = {field.key for field in found.fields} if found else set()
    return next((name for name in CATEGORY_FIELDS if name in keys), "category")


def _measure_repeats(scope: SummaryScope) -> Reading:
    """Customers who turned to us about the same thing again within 30 days; nobody knows that of anonymous ones."""
    start = int(scope.period.start.timestamp())
    earliest = start - REPEAT_SECONDS
    walked = dated_conversations_of(scope).rows("direction", "started_at", "customer", "category")
    inbound = [row[1:] for row in walked if row[0] == "inbound" and row[1] >= earliest]
    inbound += scope.rows(_contacts_sql(scope, "r.started_at, r.customer, r.category", "first"))
    survivors = survivors_of(scope)
    clear = [
        (at, survivors.get(customer, customer), category)
        for at, customer, category in inbound
        if customer not in _NOBODY and category is not None
    ]
    clear.sort(key=itemgetter(0))
    repeats = count_repeats([(customer, category, at) for at, customer, category in clear], start)
    unclear = sum(row[0] >= start for row in inbound) - sum(row[0] >= start for row in clear)
    return {
        MeasureKey("repeat_contacts"): share_of(repeats.repeated, repeats.pairs, without_customer_or_category=unclear)
    }


def list_repeats(scope: SummaryScope) -> list[FigureCase]:
    """The pairs of customer and category, each by its last contact of the period, and the contacts of nobody known."""
    start = int(scope.period.start.timestamp())
    rows = _read_contacts(scope)
    last = {row[:2]: row[3] for row in rows if _is_clear(row) and row[2] >= start}
    repeated = repeated_pairs(CustomerInquiry(*row[:3]) for row in rows if _is_clear(row))
    came_back = {pair for pair, at in repeated if at >= start}
    unclear = [row[3] for row in rows if not _is_clear(row) and row[2] >= start]
    return [
        *(FigureCase(record, YES if pair in came_back else NO, name=pair[1]) for pair, record in last.items()),
        *(FigureCase(record, LEFT_OUT, "without_customer_or_category") for record in unclear),
    ]


def _read_contacts(scope: SummaryScope) -> list[tuple[Any, ...]]:
    """The inbound contacts of the period and of the 30 days before it, in order of time: customer, category, instant and record.

    Those of a merged customer are the survivor's.
    """
    sql = _contacts_sql(scope, "r.customer, r.category, r.started_at, r.record", "after")
    survivors = survivors_of(scope)
    return [(survivors.get(row[0], row[0]), *row[1:]) for row in scope.rows(f"{sql} ORDER BY r.started_at")]


def _contacts_sql(scope: SummaryScope, columns: str, until: str) -> str:
    """The question for inbound contacts from 30 days before the period on, up to the day a bound of the period names."""
    earliest = int(scope.period.start.timestamp()) - REPEAT_SECONDS
    # A day to spare for the time zone; a period may begin with the first day there is.
    day = date.fromordinal(max(1, scope.period.start.toordinal() - REPEAT_DAYS - 1))
    return _CONTACTS.format(columns=columns, earliest=earliest, earliest_day=day.isoformat(), until=f"{{{until}}}")


def _is_clear(row: tuple[Any, ...]) -> bool:
    return row[0] not in _NOBODY and row[1] is not None


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


def issue_scores(scope: SummaryScope) -> list[tuple[Any, ...]]:
    """The record, category, owner and score, if there is one, of each issue closed in the period."""
    closed = closed_issues(scope)
    return scope.rows(_ISSUE_SCORES.format(numbers=", ".join(map(str, closed)))) if closed else []


def measure_low_scores(scope: SummaryScope, answers: States) -> Reading:
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


def find_weak_spots(scope: SummaryScope, reading: Reading) -> PointedRecords:
    """The groups of five or more that are worse than everything together by the margin, the largest first in each dimension."""
    rows = [
        (key.dimension, key.group, key.figure, measure.value, reading[MeasureKey(key.figure)].value, measure.size)
        for key, measure in reading.items()
        if key.figure in WEAKNESSES
        and key.dimension in DIMENSIONS
        and key.group is not None
        and measure.size >= SMALLEST_SHARED
        and is_weak(measure, reading[MeasureKey(key.figure)])
    ]
    order = list(FIGURES)
    rows.sort(key=lambda row: (DIMENSIONS.index(row[0]), order.index(row[2]), -row[5], row[1] or ""))
    listed = rows if scope.limit < 0 else rows[: scope.limit]
    return PointedRecords("weak_spots", Listing(COLUMNS, tuple(listed), COLUMNS, "group"), len(rows) - len(listed))
