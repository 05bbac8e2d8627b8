"""Rules of check about the team's policies (`policies` in the settings): who broke one, and which policy cannot hold."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Final

from commlog.check import queries
from commlog.check.context import CheckContext, FileSelection, PossibleProblem
from commlog.database.content import leaves_of, values_in
from commlog.log.names import RECORDS
from commlog.log.settings import SETTINGS_FILE
from commlog.messages import mark
from commlog.records.policies import form_keys, record_limit
from commlog.records.rules import policy as policy_rules
from commlog.records.rules.consistency import fold_text
from commlog.workspace import Workspace
from commlog.worktime.limits import Limit, due_after
from commlog.worktime.moment import format_instant

# Eleven digits, near each other: fewer are no number that is looked for.
_LONG_NUMBER: Final = re.compile(r"[0-9](?:[ -]?[0-9]){10}")


def find_wrong_policies(context: CheckContext) -> Iterator[PossibleProblem]:
    """Fields and outcomes that no form has: a policy that asks for them would never hold."""
    policies, catalog = context.workspace.log.settings.policies, context.workspace.catalog
    if policies is None or not context.selection.has(SETTINGS_FILE):
        return
    keys: set[str] = set()
    outcomes: set[str] = set()
    for template in catalog.names():
        form = form_keys(context.workspace, template)
        keys |= form.keys if form is not None else frozenset()
        found = catalog.find(template) if form is not None else None
        if found is not None:
            outcomes.update(str(one) for item in found.fields if item.key == "outcome" for one in item.enum)
    wrong = [
        (policy_rules.CLOSING_REQUIRES, name, mark("a field of a follow-up"))
        for name in policies.closing_requires
        if f"followups.{name}" not in keys
    ]
    for outcome, names in policies.outcome_requires.items():
        if outcome not in outcomes:
            wrong.append((policy_rules.OUTCOME_REQUIRES, outcome, mark("an outcome of any form")))
        wrong += [
            (policy_rules.OUTCOME_REQUIRES, name, mark("a field of any form")) for name in names if name not in keys
        ]
    for policy, name, expected in wrong:
        yield PossibleProblem("bad-setting", SETTINGS_FILE, ("policies", policy), {"value": name, "expected": expected})


def find_breaking(context: CheckContext) -> Iterator[PossibleProblem]:
    """What in one record breaks a policy."""
    policies = context.workspace.log.settings.policies
    if policies is None:
        return
    forms: dict[str, policy_rules.FormKeys | None] = {}
    for path, template in sorted(_suspects(context.workspace, policies, context.selection)):
        form = forms.setdefault(template, form_keys(context.workspace, template))
        data = context.locate(path).data
        if form is not None and isinstance(data, dict):
            for one in policy_rules.find_violations(policies, data, form):
                yield PossibleProblem(one.code, path, one.place, dict(one.facts))


def _suspects(workspace: Workspace, policies: policy_rules.Policies, selection: FileSelection) -> set[tuple[str, str]]:
    """Chosen records that may break a policy, as (path, template): more than do, never fewer."""
    found: set[tuple[str, str]] = set()
    if policies.has(policy_rules.CLOSING_REQUIRES):
        found |= _with_closed(workspace, policies.closing_requires)
    if policies.has(policy_rules.OUTCOME_REQUIRES):
        rows = queries.places_of_outcomes(workspace.index, tuple(policies.outcome_requires))
        found |= {(row.path, row.template) for row in rows}
    if policies.has(policy_rules.NO_PERSONAL_NUMBERS):
        found |= _with_numbers(workspace, selection)
    return {item for item in found if selection.has(item[0])}


def _with_closed(workspace: Workspace, names: Sequence[str]) -> set[tuple[str, str]]:
    """Records of which some follow-up is done, and not every follow-up has all the fields asked for."""
    return {
        (row.path, row.template)
        for row in queries.texts_with_done(workspace.index)
        if any(len(values_in(row.content, f"followups.{name}")) != row.follow_ups for name in names)
    }


def _with_numbers(workspace: Workspace, selection: FileSelection) -> set[tuple[str, str]]:
    """Records with a long number in words that people wrote; read a batch at a time."""
    found: set[tuple[str, str]] = set()
    forms: dict[str, policy_rules.FormKeys | None] = {}
    for row in queries.iter_record_texts(workspace.index):
        if not _LONG_NUMBER.search(row.folded) or not selection.has(row.path):
            continue
        form = forms.setdefault(row.template, form_keys(workspace, row.template))
        if form is not None and _has_number(row.content, form):
            found.add((row.path, row.template))
    return found


def _has_number(content: str, form: policy_rules.FormKeys) -> bool:
    texts = ((key, fold_text(text)) for key, text in leaves_of(content))
    return any(
        _LONG_NUMBER.search(text) and not form.is_exempt(key) and policy_rules.find_numbers(text) for key, text in texts
    )


def find_late(context: CheckContext) -> Iterator[PossibleProblem]:
    """Conversations that were written down later than their template's limit after the end."""
    workspace, settings = context.workspace, context.workspace.log.settings
    if settings.policies is None or not settings.policies.has(policy_rules.RECORD_LATE):
        return
    limits: dict[str, Limit] = {}
    for path, template, ended, recorded in queries.conversations_written_after_end(workspace.index):
        limit = limits.setdefault(template, record_limit(workspace, template))
        due = due_after(limit, datetime.fromtimestamp(ended, UTC).astimezone(settings.zone), settings.calendar)
        if due is not None and recorded > due.timestamp():
            facts = {"value": _shown(context, recorded), "ended": _shown(context, ended), "expected": str(limit)}
            facts["severity"] = settings.policies.severities[policy_rules.RECORD_LATE]
            yield PossibleProblem("recorded-late", path, ("recorded_at",), facts)


def find_backdated(context: CheckContext) -> Iterator[PossibleProblem]:
    """Records that claim to have been written long before they were committed; what is not committed yet counts as of now."""
    from commlog.git.history import first_commit_times

    workspace, policies = context.workspace, context.workspace.log.settings.policies
    if policies is None or not policies.has(policy_rules.BACKDATED):
        return
    limit = policies.backdated
    longest = timedelta(**{{"m": "minutes", "h": "hours", "d": "days"}[limit.unit]: limit.amount}).total_seconds()
    times = first_commit_times(workspace.log.root, RECORDS)
    if times is None:
        return
    now = int(workspace.now.timestamp())
    for path, claimed in queries.recorded_times(workspace.index).items():
        committed = times.get(PurePosixPath(path).stem, now)
        if committed is not None and committed - claimed > longest:
            facts = {"value": _shown(context, claimed), "committed": _shown(context, committed), "expected": str(limit)}
            facts["severity"] = policies.severities[policy_rules.BACKDATED]
            yield PossibleProblem("backdated", path, ("recorded_at",), facts)


def _shown(context: CheckContext, seconds: float) -> str:
    """An instant of the index as people read it."""
    return format_instant(datetime.fromtimestamp(seconds, UTC).astimezone(context.workspace.log.settings.zone))
