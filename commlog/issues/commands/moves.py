"""The verbs of `commlog issue` that move one through its states."""

from collections.abc import Callable
from typing import Any

import typer

from commlog.cli.options import by_option, flag, id_argument, labels_of, note_option, text_option
from commlog.cli.session import Session
from commlog.cli.terminal import command, say, session_of, warn
from commlog.errors import UsageError
from commlog.forms.fields import find_field, find_value
from commlog.issues.change import IssueDetails, confirm_issue, move_issue, pending_of_issue
from commlog.issues.rules.issue import CLOSED, RESULTS, Confirmation
from commlog.messages import mark, translate
from commlog.values import ISSUE, Record, text_of

solution_option: Any = text_option(
    "--solution", "SOLUTION", mark("The cause found and what was done (required unless the record has it).")
)
close_reason_option: Any = text_option("--reason", "REASON", mark("Why there is no confirmation by the customer."))
reopen_reason_option: Any = text_option(
    "--reason", "REASON", mark("What the customer was not satisfied with (required).")
)
to_option: Any = text_option("--to", "MEMBER", mark("Who takes it over."))
new_department_option: Any = text_option("--department", "NAME", mark("The department that takes it over."))
result_option: Any = text_option(
    "--result",
    "satisfied|needs_improvement|no_answer",
    mark("What the customer said; satisfied closes the issue, needs_improvement opens it again."),
    default=...,
)
confirmer_option: Any = text_option("--confirmed-by", "WHO", mark("Who confirmed it on the customer's side."))
how_option: Any = text_option("--how", "CHANNEL", mark("How it reached us: by phone, WeChat, e-mail…"))
score_option: Any = text_option("--score", "1-5", mark("The score the customer gave, 5 is best."))
keep_open_option: Any = flag("--keep-open", mark("Do not close the issue even if the customer is satisfied."))
improvement_option: Any = text_option(
    "--note", "NOTE", mark("A note; with needs_improvement, what to improve (required).")
)


def _make_move(verb: str) -> Callable[..., None]:
    """The command of a verb that takes a remark alone."""

    def move(context: typer.Context, issue: str = id_argument, note: str = note_option, by: str = by_option) -> None:
        session = session_of(context)
        tell_issue(session, move_issue(session.workspace, issue, verb, IssueDetails(by=by or None, note=note or None)))

    return move


@command(mark("Mark an issue as fixed, with its solution."))
def issue_fix_command(
    context: typer.Context,
    issue: str = id_argument,
    solution: str = solution_option,
    note: str = note_option,
    by: str = by_option,
) -> None:
    session = session_of(context)
    told = IssueDetails(by=by or None, note=note or None, solution=solution.strip() or None)
    tell_issue(session, move_issue(session.workspace, issue, "fix", told))


@command(mark("Record whether the customer is satisfied. Closes the issue, or opens it again."))
def issue_confirm_command(
    context: typer.Context,
    issue: str = id_argument,
    result: str = result_option,
    confirmed_by: str = confirmer_option,
    how: str = how_option,
    score: str = score_option,
    keep_open: bool = keep_open_option,
    note: str = improvement_option,
    by: str = by_option,
) -> None:
    session = session_of(context)
    given = Confirmation(_result_of(session, result), confirmed_by.strip(), how.strip(), score_of(score))
    told = IssueDetails(by=by or None, note=note.strip() or None)
    tell_issue(session, confirm_issue(session.workspace, issue, told, given, keeps_open=keep_open))


@command(mark("Close an issue. Without the customer's confirmation, --reason is needed."))
def issue_close_command(
    context: typer.Context,
    issue: str = id_argument,
    reason: str = close_reason_option,
    note: str = note_option,
    by: str = by_option,
) -> None:
    session = session_of(context)
    told = IssueDetails(by=by or None, note=note or None, reason=reason.strip() or None)
    tell_issue(session, move_issue(session.workspace, issue, "close", told))


@command(mark("Open an issue again: a new round begins."))
def issue_reopen_command(
    context: typer.Context, issue: str = id_argument, reason: str = reopen_reason_option, by: str = by_option
) -> None:
    session = session_of(context)
    tell_issue(
        session,
        move_issue(session.workspace, issue, "reopen", IssueDetails(by=by or None, reason=reason.strip() or None)),
    )


@command(mark("Assign an issue to another member or department."))
def issue_assign_command(
    context: typer.Context,
    issue: str = id_argument,
    to: str = to_option,
    department: str = new_department_option,
    note: str = note_option,
    by: str = by_option,
) -> None:
    session = session_of(context)
    told = IssueDetails(
        by=by or None, note=note or None, owner=to.strip() or None, department=department.strip() or None
    )
    tell_issue(session, move_issue(session.workspace, issue, "assign", told))
    settings = session.workspace.log.settings
    if told.owner and settings.members and settings.find_member(told.owner) is None:
        warn(translate("'{name}' is not a member: treated as a department").format(name=told.owner))


def score_of(text: str) -> int | None:
    """The score somebody typed; None when they typed none.

    Raises:
        UsageError: it is no whole number.
    """
    plain = text.strip()
    if not plain:
        return None
    if not plain.removeprefix("-").isdecimal() or len(plain) > 9:
        raise UsageError(
            mark("the score '{value}' is not a number"),
            value=text,
            remedy=mark("give a whole number from 1 (lowest) to 5 (highest)"),
        )
    return int(plain)


def _result_of(session: Session, words: str) -> str:
    """The result that words mean, by slug or label."""
    field = find_field(session.workspace.catalog.get(ISSUE), "confirmation.result")
    return words if words in RESULTS or field is None else find_value(field, words) or words


def tell_issue(session: Session, issue: Record) -> None:
    """Print the id on stdout, for scripts, and how the issue stands on stderr, for people."""
    labels = labels_of(session)
    say(issue.id)
    owner = text_of(issue.fields, "owner")
    warn(
        translate("{id} is {status}; owner: {owner}").format(
            id=issue.id,
            status=labels.value("status", str(issue.fields.get("status"))),
            owner=labels.value("owner", owner) if owner else text_of(issue.fields, "department") or "-",
        )
    )
    pending = pending_of_issue(issue)
    if issue.fields.get("status") == CLOSED and pending:
        warn(
            translate("closed, but these follow-ups are still pending: {addresses}").format(
                addresses=", ".join(pending)
            )
        )


issue_start_command = command(mark("Mark an issue as being worked on."))(_make_move("start"))
issue_wait_command = command(mark("Mark an issue as waiting for the customer."))(_make_move("wait"))
