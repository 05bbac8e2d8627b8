"""Frequent problems: what conversations and issues are about, and contacts that come back."""

from collections import Counter
from datetime import date
from operator import itemgetter
from typing import Any, Final

from commlog.errors import CommlogError
from commlog.summary.figures.conversations import dated_conversations_of
from commlog.summary.figures.scope import RECORDS, Scope, Source, count_states
from commlog.summary.figures.services_summarize_survivors import survivors_of
from commlog.summary.rules.figures import States, distribution_of, measure_complaints, share_of
from commlog.summary.rules.model_summary_cases import LEFT_OUT, NO, YES, Case
from commlog.summary.rules.model_summary_customers import (
    REPEAT_DAYS,
    REPEAT_SECONDS,
    Contact,
    count_repeats,
    repeated_pairs,
)
from commlog.summary.rules.summary import Group, Key, Reading
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


def measure_problems(scope: Scope, conversations: States) -> Reading:
    """Complaints among conversations, what conversations and issues are about, and repeat contacts.

    `conversations` are counted by category, and that by template.
    """
    issues = count_states(scope, Source(RECORDS, ISSUES_OF_PERIOD, "r.category", {}))
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


def _measure_repeats(scope: Scope) -> Reading:
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
    return {Key("repeat_contacts"): share_of(repeats.repeated, repeats.pairs, without_customer_or_category=unclear)}


def list_repeats(scope: Scope) -> list[Case]:
    """The pairs of customer and category, each by its last contact of the period, and the contacts of nobody known."""
    start = int(scope.period.start.timestamp())
    rows = _read_contacts(scope)
    last = {row[:2]: row[3] for row in rows if _is_clear(row) and row[2] >= start}
    repeated = repeated_pairs(Contact(*row[:3]) for row in rows if _is_clear(row))
    came_back = {pair for pair, at in repeated if at >= start}
    unclear = [row[3] for row in rows if not _is_clear(row) and row[2] >= start]
    return [
        *(Case(record, YES if pair in came_back else NO, name=pair[1]) for pair, record in last.items()),
        *(Case(record, LEFT_OUT, "without_customer_or_category") for record in unclear),
    ]


def _read_contacts(scope: Scope) -> list[tuple[Any, ...]]:
    """The inbound contacts of the period and of the 30 days before it, in order of time: customer, category, instant and record.

    Those of a merged customer are the survivor's.
    """
    sql = _contacts_sql(scope, "r.customer, r.category, r.started_at, r.record", "after")
    survivors = survivors_of(scope)
    return [(survivors.get(row[0], row[0]), *row[1:]) for row in scope.rows(f"{sql} ORDER BY r.started_at")]


def _contacts_sql(scope: Scope, columns: str, until: str) -> str:
    """The question for inbound contacts from 30 days before the period on, up to the day a bound of the period names."""
    earliest = int(scope.period.start.timestamp()) - REPEAT_SECONDS
    # A day to spare for the time zone; a period may begin with the first day there is.
    day = date.fromordinal(max(1, scope.period.start.toordinal() - REPEAT_DAYS - 1))
    return _CONTACTS.format(columns=columns, earliest=earliest, earliest_day=day.isoformat(), until=f"{{{until}}}")


def _is_clear(row: tuple[Any, ...]) -> bool:
    return row[0] not in _NOBODY and row[1] is not None
