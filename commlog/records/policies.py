"""Rules a team sets itself (`policies` in the settings): which records may break them, and what in them does."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Final

from commlog.check.inspection import Selection, Suspicion
from commlog.database.content import BEFORE_KEY, BEFORE_VALUE, values_in
from commlog.errors import CommlogError, InvalidError
from commlog.forms.fields import Field, HasFields
from commlog.forms.personal import is_number_of_ours
from commlog.log.names import RECORDS
from commlog.log.settings import SETTINGS_FILE
from commlog.messages import mark
from commlog.privacy.rules.masking import mask_text
from commlog.problems import ERROR, Problem
from commlog.records.rules.policy import (
    BACKDATED,
    CLOSING_REQUIRES,
    NO_PERSONAL_NUMBERS,
    OUTCOME_REQUIRES,
    RECORD_LATE,
    FormKeys,
    Policies,
    find_breaches,
    find_numbers,
)
from commlog.values import INTERACTION, Fields, show_path
from commlog.workspace import Workspace
from commlog.worktime.limits import Limit, due_after, parse_limit
from commlog.worktime.moment import format_instant
from commlog.yamltext.parse import Located

# The problem whose line must not be repeated.
PERSONAL: Final = "personal-number"
# Eleven digits, near each other: fewer are no number that is looked for.
_LONG_NUMBER: Final = re.compile(r"[0-9](?:[ -]?[0-9]){10}")
_BATCH: Final = 2000
# The usual limit for writing down a conversation.
_USUAL: Final = Limit(24, "h")
_NO_WORDS: Final = frozenset({"id", "template", "customer", "agent", "owner", "merged_into", "links", "due"})


def check_policies(workspace: Workspace, selection: Selection, locate: Callable[[str], Located]) -> Iterator[Problem]:
    """What in the chosen records breaks a policy; `locate` gives a file as it is checked."""
    policies = workspace.log.settings.policies
    if policies is None:
        return
    if selection.has(SETTINGS_FILE):
        yield from _find_wrong_names(workspace, policies, locate)
    forms: dict[str, FormKeys | None] = {}
    for path, template in sorted(_suspects(workspace, policies, selection)):
        form = forms.setdefault(template, form_keys(workspace, template))
        located = locate(path)
        if form is not None and isinstance(located.data, dict):
            yield from _problems_of(policies, path, located, form)
    if policies.has(RECORD_LATE):
        yield from _as_problems(find_late(workspace, policies), selection, locate)
    if policies.has(BACKDATED):
        yield from _as_problems(find_backdated(workspace, policies), selection, locate)


def _find_wrong_names(workspace: Workspace, policies: Policies, locate: Callable[[str], Located]) -> Iterator[Problem]:
    """Fields and outcomes that no form has: a policy that asks for them would never hold."""
    keys: set[str] = set()
    outcomes: set[str] = set()
    for template in workspace.catalog.names():
        form = form_keys(workspace, template)
        keys |= form.keys if form is not None else frozenset()
        found = workspace.catalog.find(template) if form is not None else None
        if found is not None:
            outcomes.update(str(one) for item in found.fields if item.key == "outcome" for one in item.enum)
    wrong = [
        (CLOSING_REQUIRES, name, mark("a field of a follow-up"))
        for name in policies.closing_requires
        if f"followups.{name}" not in keys
    ]
    for outcome, names in policies.outcome_requires.items():
        if outcome not in outcomes:
            wrong.append((OUTCOME_REQUIRES, outcome, mark("an outcome of any form")))
        wrong += [(OUTCOME_REQUIRES, name, mark("a field of any form")) for name in names if name not in keys]
    for policy, name, expected in wrong:
        place = ("policies", policy)
        facts = (("value", name), ("expected", expected))
        position = locate(SETTINGS_FILE).position(place)
        yield Problem("bad-setting", SETTINGS_FILE, *position, show_path(place), facts)


def refuse_breaches(workspace: Workspace, fields: Fields, template: str, before: Fields | None = None) -> None:
    """Refuse what breaks a policy of severity error, unless the record broke it before.

    Raises:
        InvalidError: with the problems; nothing is written.
    """
    policies = workspace.log.settings.policies
    form = None if policies is None else form_keys(workspace, template)
    if policies is None or form is None:
        return
    known = {(one.code, one.place) for one in find_breaches(policies, before or {}, form)}
    new = [
        Problem(one.code, field=show_path(one.place), facts=one.facts)
        for one in find_breaches(policies, fields, form)
        if (one.code, one.place) not in known
    ]
    errors = tuple(problem for problem in new if problem.severity == ERROR)
    if errors:
        raise InvalidError(mark("the record would break a policy of this log; nothing was written"), problems=errors)


def _problems_of(policies: Policies, path: str, located: Located, form: FormKeys) -> Iterator[Problem]:
    for one in find_breaches(policies, located.data, form):
        yield Problem(one.code, path, *located.position(one.place), show_path(one.place), one.facts)


def _as_problems(
    found: Iterator[Suspicion], selection: Selection, locate: Callable[[str], Located]
) -> Iterator[Problem]:
    for one in found:
        if selection.has(one.path):
            yield one.as_problem(locate(one.path))


def form_keys(workspace: Workspace, template: str) -> FormKeys | None:
    """What policies need of a template; None for one that is broken or gone."""
    try:
        form = workspace.catalog.find(template)
    except CommlogError:
        return None
    if form is None:
        return None
    keys: set[str] = set()
    exempt: set[str] = set(_NO_WORDS)
    _collect(form, "", keys, exempt)
    return FormKeys(frozenset(keys), lambda key: key in exempt or is_number_of_ours(key))


def _collect(owner: HasFields, above: str, keys: set[str], exempt: set[str]) -> None:
    """Gather the dotted keys of a form, and those whose texts are no free words or are marked as personal."""
    for field in owner.fields:
        _collect_one(field, f"{above}{field.key}", keys, exempt)


def _collect_one(field: Field, key: str, keys: set[str], exempt: set[str]) -> None:
    keys.add(key)
    if field.personal or field.enum or field.format:
        exempt.add(key)
    _collect(field, f"{key}.", keys, exempt)
    if field.item is not None:
        _collect_one(field.item, key, keys, exempt)


def _suspects(workspace: Workspace, policies: Policies, selection: Selection) -> set[tuple[str, str]]:
    """Chosen records that may break a policy, as (path, template): more than do, never fewer."""
    found: set[tuple[str, str]] = set()
    if policies.has(CLOSING_REQUIRES):
        found |= _with_closed(workspace, policies.closing_requires)
    if policies.has(OUTCOME_REQUIRES):
        marks = ", ".join("?" * len(policies.outcome_requires))
        sql = f"SELECT path, template FROM records WHERE outcome IN ({marks})"
        rows = workspace.index.rows(sql, tuple(policies.outcome_requires))
        found |= {(row[0], row[1]) for row in rows if selection.has(row[0])}
    if policies.has(NO_PERSONAL_NUMBERS):
        found |= _with_numbers(workspace, selection)
    return {item for item in found if selection.has(item[0])}


def _with_closed(workspace: Workspace, names: Sequence[str]) -> set[tuple[str, str]]:
    """Records of which some follow-up is done, and not every follow-up has all the fields asked for."""
    rows = workspace.index.rows(
        "SELECT r.path, r.template, c.content, count(*) FROM follow_ups f JOIN records r USING (record)"
        " JOIN contents c USING (record) GROUP BY record HAVING sum(f.status IN ('done', 'closed')) > 0"
    )
    return {
        (path, template)
        for path, template, content, count in rows
        if any(len(values_in(content, f"followups.{name}")) != count for name in names)
    }


def _with_numbers(workspace: Workspace, selection: Selection) -> set[tuple[str, str]]:
    """Records with a long number in words that people wrote; read a batch at a time."""
    found: set[tuple[str, str]] = set()
    forms: dict[str, FormKeys | None] = {}
    last = -1
    while rows := workspace.index.rows(
        "SELECT record, r.path, r.template, c.content FROM contents c JOIN records r USING (record)"
        f" WHERE record > ? ORDER BY record LIMIT {_BATCH}",
        (last,),
    ):
        last = rows[-1][0]
        for _, path, template, content in rows:
            if not _LONG_NUMBER.search(content) or not selection.has(path):
                continue
            form = forms.setdefault(template, form_keys(workspace, template))
            if form is not None and _has_number(content, form):
                found.add((path, template))
    return found


def _has_number(content: str, form: FormKeys) -> bool:
    pairs = (part.partition(BEFORE_VALUE) for part in content.split(BEFORE_KEY))
    return any(
        _LONG_NUMBER.search(text) and not form.is_exempt(key.lower()) and find_numbers(text) for key, _, text in pairs
    )


def find_late(workspace: Workspace, policies: Policies) -> Iterator[Suspicion]:
    """Conversations that were written down later than their template's limit after the end."""
    settings = workspace.log.settings
    severity = policies.severities[RECORD_LATE]
    limits: dict[str, Limit] = {}
    rows = workspace.index.rows(
        "SELECT path, template, coalesce(ended_at, started_at), recorded_at FROM records"
        " WHERE kind = ? AND recorded_at > coalesce(ended_at, started_at)",
        (INTERACTION,),
    )
    for path, template, ended, recorded in rows:
        limit = limits.setdefault(template, _limit_of(workspace, template))
        end = datetime.fromtimestamp(ended, UTC).astimezone(settings.zone)
        due = due_after(limit, end, settings.calendar)
        if due is not None and recorded > due.timestamp():
            written = format_instant(datetime.fromtimestamp(recorded, UTC).astimezone(settings.zone))
            facts = {"value": written, "ended": format_instant(end), "expected": str(limit), "severity": severity}
            yield Suspicion("recorded-late", path, ("recorded_at",), facts)


def _limit_of(workspace: Workspace, template: str) -> Limit:
    """How soon a conversation must be written down: the settings' word, else the template's own, else a day."""
    named = workspace.log.settings.record_within.get(template)
    if named is not None:
        return named
    try:
        found = workspace.catalog.find(template)
        limit = parse_limit(found.record_within) if found else _USUAL
    except (CommlogError, ValueError):
        return _USUAL
    return _USUAL if limit.unit == "none" else limit


def find_backdated(workspace: Workspace, policies: Policies) -> Iterator[Suspicion]:
    """Records that claim to have been written long before they were committed; what is not committed yet counts as of now."""
    from commlog.git.objects import first_commit_times

    settings = workspace.log.settings
    limit = policies.backdated
    longest = timedelta(**{{"m": "minutes", "h": "hours", "d": "days"}[limit.unit]: limit.amount}).total_seconds()
    times = first_commit_times(workspace.log.root, RECORDS)
    if times is None:
        return
    now = int(workspace.now.timestamp())
    for path, claimed in workspace.index.rows("SELECT path, recorded_at FROM records WHERE recorded_at IS NOT NULL"):
        committed = times.get(PurePosixPath(path).stem, now)
        if committed is not None and committed - claimed > longest:
            shown = [
                format_instant(datetime.fromtimestamp(seconds, UTC).astimezone(settings.zone))
                for seconds in (claimed, committed)
            ]
            facts = {"value": shown[0], "committed": shown[1], "expected": str(limit)}
            facts["severity"] = policies.severities[BACKDATED]
            yield Suspicion("backdated", path, ("recorded_at",), facts)


def hide_numbers(line: str) -> str:
    """A line that a problem is shown with, its numbers masked."""
    return mask_text(line)
