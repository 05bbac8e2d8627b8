"""An issue's life: start, fix, wait, confirm, close, reopen, assign."""

from collections.abc import Callable
from dataclasses import dataclass

from commlog.errors import ConflictError
from commlog.followups.change import say_status
from commlog.followups.rules.follow_up import read_follow_ups
from commlog.issues.rules import issue
from commlog.records.change import change_record
from commlog.records.find import read_of_kind
from commlog.values import ISSUE, Fields, Record
from commlog.workspace import Workspace

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
