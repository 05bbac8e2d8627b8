"""Frequent problems: what conversations and issues are about, and contacts that come back."""

from collections import Counter
from datetime import timedelta
from typing import Final

from commlog.errors import CommlogError
from commlog.model.summary import Group, Key, Reading
from commlog.model.summary_customers import REPEAT_SECONDS, Contact, count_repeats
from commlog.model.summary_figures import States, distribution_of, measure_complaints, share_of
from commlog.services.summarize.scope import RECORDS, Scope, Source, count_states
from commlog.services.workspace import Workspace

# The fields the copy's column `category` is read from, in its order of preference.
CATEGORY_FIELDS: Final = ("category", "need_type", "scenario")
_ISSUES_OF_PERIOD: Final = "r.kind = 'issue' AND r.day >= '{first}' AND r.day < '{after}'"
_CONTACTS: Final = """
SELECT r.customer, r.category, r.started_at FROM records r
WHERE r.kind = 'interaction' AND r.direction = 'inbound' AND r.day >= '{earliest_day}' AND r.day < '{{after}}'
AND r.started_at >= {earliest} ORDER BY r.started_at
"""


def measure_problems(scope: Scope, conversations: States) -> Reading:
    """Complaints among conversations, what conversations and issues are about, and repeat contacts.

    `conversations` are counted by category, and that by template.
    """
    issues = count_states(scope, Source(RECORDS, _ISSUES_OF_PERIOD, "r.category", {}))
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
    earliest = scope.period.start - timedelta(seconds=REPEAT_SECONDS)
    day = earliest.date() - timedelta(days=1)
    rows = scope.rows(_CONTACTS.format(earliest=int(earliest.timestamp()), earliest_day=day.isoformat()))
    contacts = [Contact(*row) for row in rows if row[0] not in {None, "anonymous"} and row[1] is not None]
    repeats = count_repeats(contacts, start)
    unclear = sum(row[2] >= start for row in rows) - sum(contact.at >= start for contact in contacts)
    return {Key("repeat_contacts"): share_of(repeats.repeated, repeats.pairs, without_customer_or_category=unclear)}
