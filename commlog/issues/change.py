"""An issue from a conversation, and its life: start, fix, wait, confirm, close, reopen, assign."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from commlog.errors import ConflictError, UsageError
from commlog.followups.change import say_status
from commlog.followups.rules.follow_up import read_follow_ups
from commlog.issues.queries import issues_linked_to
from commlog.issues.rules import issue
from commlog.messages import mark
from commlog.records.change import change_record
from commlog.records.find import read_of_kind, read_record
from commlog.values import INTERACTION, ISSUE, Fields, Record, instant_of, text_of
from commlog.workspace import Workspace

# The category that a form's own classification stands for; what is not here is asked.
CATEGORIES: Final[Mapping[tuple[str, str], str]] = {
    ("scenario", "order_progress"): "logistics",
    ("scenario", "after_sales"): "product",
    ("scenario", "member_benefits"): "service",
    ("need_type", "product_inquiry"): "product",
    ("need_type", "feature_request"): "product",
    ("need_type", "service_complaint"): "service",
}
_DESCRIPTIONS: Final = ("problem", "core_request", "summary")
_Move = Callable[[Fields, issue.IssueStep], Fields]


@dataclass(frozen=True, slots=True)
class IssueDetails:
    """What may be said with an issue's verb; empty is unsaid. `by` is the member who does it."""

    by: str = ""
    note: str = ""
    solution: str = ""
    reason: str = ""
    owner: str = ""
    department: str = ""


def move_issue(workspace: Workspace, text: str, verb: str, told: IssueDetails) -> Record:
    """The issue after one of the verbs start, fix, wait, close, reopen, assign.

    Raises:
        ConflictError: the verb does not apply in its state.
        UsageError: it is no issue, something the verb needs is missing, or nobody is known who does it.
    """
    owner = told.owner and workspace.log.settings.member_id(told.owner)
    moves: dict[str, _Move] = {
        "fix": lambda fields, step: issue.fix(fields, step, told.solution),
        "close": lambda fields, step: issue.close(fields, step, told.reason),
        "reopen": lambda fields, step: issue.reopen(fields, step, told.reason),
        "assign": lambda fields, step: issue.assign(fields, step, owner, told.department),
    }
    return _changed(workspace, text, told, moves.get(verb, lambda fields, step: issue.enter(fields, step, verb)))


def confirm_issue(
    workspace: Workspace, text: str, told: IssueDetails, given: issue.Confirmation, *, keeps_open: bool = False
) -> Record:
    """The issue after the customer's answer: closed, in a second round, or still waiting.

    Raises:
        ConflictError, UsageError: as for any verb; the result or the score is none there is.
    """
    return _changed(
        workspace, text, told, lambda fields, step: issue.confirm(fields, step, given, keeps_open=keeps_open)
    )


def pending_of_issue(record: Record) -> tuple[str, ...]:
    """The addresses of the issue's follow-ups that are still to be done."""
    return tuple(f"{record.id}/{item.n}" for item in read_follow_ups(record.fields) if item.is_pending)


def _changed(workspace: Workspace, text: str, told: IssueDetails, move: _Move) -> Record:
    found = read_of_kind(workspace, text, ISSUE)
    step = issue.IssueStep(workspace.stamp, workspace.require_member(told.by), told.note)
    try:
        return change_record(workspace, found.path, lambda fields: move(fields, step))
    except ConflictError as fault:
        say_status(workspace, fault, found.template, "status")
        raise


def issue_fields(workspace: Workspace, text: str) -> Fields:
    """The fields of an issue taken from a conversation: customer, title, description, day, agent, and what its form determines.

    Raises:
        UsageError: it is no interaction.
        NotFoundError, AmbiguousError: there is no such record.
    """
    record = read_record(workspace, text)
    if record.kind != INTERACTION:
        raise UsageError(
            mark("{id} is not a conversation but a record of the template '{template}'"),
            id=record.id,
            template=record.template,
            remedy=mark("give the conversation in which the problem was reported, or leave out --from"),
        )
    told = record.fields
    given: Fields = {"customer": told.get("customer"), "reported_on": _day_of(workspace, told)}
    given["title"] = text_of(told, "subject")
    given["description"] = next(filter(None, (text_of(told, key) for key in _DESCRIPTIONS)), None)
    given["category"] = guess_category(told)
    given["agent"] = workspace.member or text_of(told, "agent")
    given["priority"] = _priority_of(workspace, record)
    given["tags"] = told.get("tags")
    return {key: value for key, value in given.items() if value}


def guess_category(told: Mapping[str, object]) -> str | None:
    """The issue category that corresponds to a conversation's scenario or need; None when there is none."""
    return next((category for (key, slug), category in CATEGORIES.items() if told.get(key) == slug), None)


def issues_from(workspace: Workspace, record_id: str) -> tuple[str, ...]:
    """The ids of the issues that are linked to a record already."""
    return tuple(issues_linked_to(workspace.index, record_id))


def _day_of(workspace: Workspace, told: Fields) -> str | None:
    """The day the customer told it: when they first reached out, else when the conversation began."""
    instant = instant_of(told.get("received_at")) or instant_of(told.get("started_at"))
    if instant is None:
        return None
    day: date = instant.astimezone(workspace.log.settings.zone).date()
    return day.isoformat()


def _priority_of(workspace: Workspace, record: Record) -> str | None:
    """The priority the form itself names, else that of the first pending follow-up."""
    known = workspace.log.settings.priorities
    template = workspace.catalog.get(record.template)
    named = [text_of(record.fields, key) for key in template.priority_from]
    named += [item.priority for item in read_follow_ups(record.fields) if item.is_pending]
    return next((name for name in named if name in known), None)
