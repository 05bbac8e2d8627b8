"""The team's policies (`policies` in the settings) at the door: what in one record breaks them, and how soon one is due."""

from typing import Final

from commlog.errors import CommlogError, InvalidError
from commlog.forms.fields import walk_fields
from commlog.forms.personal import is_number_of_ours
from commlog.messages import mark
from commlog.problems import ERROR, Problem
from commlog.records.rules.policy import FormKeys, PolicyViolation, find_violations
from commlog.values import Fields, ValuePath, show_path
from commlog.workspace import Workspace
from commlog.worktime.limits import Limit, parse_limit

# The usual limit for writing down a conversation.
_USUAL: Final = Limit(24, "h")
_NO_WORDS: Final = frozenset({"id", "template", "customer", "agent", "owner", "merged_into", "links", "due"})


def refuse_violations(workspace: Workspace, fields: Fields, template: str, before: Fields | None = None) -> None:
    """Refuse what breaks a policy of severity error, unless the record broke it before.

    Raises:
        InvalidError: with the problems; nothing is written.
    """
    policies = workspace.log.settings.policies
    form = None if policies is None else form_keys(workspace, template)
    if policies is None or form is None:
        return
    known = {_kind_of(one) for one in find_violations(policies, before or {}, form)}
    new = [
        Problem(one.code, field=show_path(one.place), facts=one.facts)
        for one in find_violations(policies, fields, form)
        if _kind_of(one) not in known
    ]
    errors = tuple(problem for problem in new if problem.severity == ERROR)
    if errors:
        raise InvalidError(mark("the record would break a policy of this log; nothing was written"), problems=errors)


def _kind_of(breach: PolicyViolation) -> tuple[str, ValuePath, tuple[tuple[str, str], ...]]:
    """What a breach is, wherever in a list its entry stands: the same one elsewhere is no new one."""
    return breach.code, tuple(step for step in breach.place if isinstance(step, str)), breach.facts


def form_keys(workspace: Workspace, template: str) -> FormKeys | None:
    """What policies need of a template; None for one that is broken or gone."""
    try:
        form = workspace.catalog.find(template)
    except CommlogError:
        return None
    if form is None:
        return None
    fields = list(walk_fields(form))
    exempt = _NO_WORDS | {key for key, field in fields if field.personal or field.enum or field.format}
    return FormKeys(frozenset(key for key, _ in fields), lambda key: key in exempt or is_number_of_ours(key))


def record_limit(workspace: Workspace, template: str) -> Limit:
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
