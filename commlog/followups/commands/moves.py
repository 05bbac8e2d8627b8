"""The commands that change a follow-up, and why it is due when it is."""

from collections.abc import Callable

import typer

from commlog.cli import options
from commlog.cli.options import argument, labels_of, text_option
from commlog.cli.session import Session
from commlog.cli.terminal import command, say, session_of, warn
from commlog.errors import UsageError
from commlog.followups.change import (
    FollowUpDetails,
    add_follow_up,
    assign_follow_up,
    move_follow_up,
    reschedule_follow_up,
)
from commlog.followups.rules.follow_up import FollowUp
from commlog.followups.text import format_deadline
from commlog.followups.why import explain_due
from commlog.messages import mark, translate
from commlog.output.text import format_due
from commlog.records.find import FollowUpAddress, read_record
from commlog.records.typed_follow_ups import parse_follow_up


def tell(session: Session, changed: tuple[FollowUpAddress, FollowUp]) -> None:
    """Print the address on stdout, for scripts, and how the follow-up stands on stderr, for people."""
    address, follow_up = changed
    labels = labels_of(session)
    say(str(address))
    warn(
        translate("{address} is {status}; owner: {owner}, due: {due}").format(
            address=address,
            status=labels.value("followups.status", follow_up.status),
            owner=labels.value("owner", follow_up.owner or "-"),
            due=format_due(follow_up.due),
        )
    )


def make_move(verb: str) -> Callable[..., None]:
    """The command of a verb that takes a remark and, if wanted, another due time."""

    def move(
        context: typer.Context,
        address: str = options.address_argument,
        note: str = options.note_option,
        due: str = options.due_option,
        by: str = options.by_option,
    ) -> None:
        session = session_of(context)
        details = FollowUpDetails(by=by or None, note=note or None, due=due or None)
        tell(session, move_follow_up(session.workspace, address, verb, details))

    return move


@command(mark("Add a follow-up to an existing record; its limit counts from now."))
def add_follow_up_command(
    context: typer.Context,
    record: str = options.id_argument,
    what: str = argument("ACTION", mark("What is to be done: a text, or action=…; owner=…; priority=…; due=….")),
    owner: str = text_option("--to", "OWNER", mark("Who does it (default: you).")),
    priority: str = text_option("--priority", "NAME", mark("A priority of this log, e.g. urgent.")),
    due: str = options.due_option,
    by: str = options.by_option,
) -> None:
    session = session_of(context)
    found = read_record(session.workspace, record)
    wanted = parse_follow_up(session.workspace, what, found.template)
    wanted |= {key: value for key, value in {"owner": owner, "priority": priority, "due": due}.items() if value}
    tell(session, add_follow_up(session.workspace, found.id, wanted, by or None))


@command(mark("Assign a follow-up to another member or department."))
def assign_command(
    context: typer.Context,
    address: str = options.address_argument,
    to: str = text_option("--to", "OWNER", mark("Who takes it over (required).")),
    note: str = options.note_option,
    by: str = options.by_option,
) -> None:
    session = session_of(context)
    tell(
        session,
        assign_follow_up(
            session.workspace, address, FollowUpDetails(by=by or None, note=note or None, owner=to or None)
        ),
    )


@command(mark("Close a follow-up that is done; one that is not done is cancelled and needs --note."))
def close_command(
    context: typer.Context,
    address: str = options.address_argument,
    note: str = options.note_option,
    by: str = options.by_option,
) -> None:
    session = session_of(context)
    tell(
        session, move_follow_up(session.workspace, address, "close", FollowUpDetails(by=by or None, note=note or None))
    )


@command(mark("Mark a follow-up as done, with its result."))
def done_command(
    context: typer.Context,
    address: str = options.address_argument,
    result: str = text_option("--result", "RESULT", mark("The result (required unless the record has one).")),
    satisfaction: str = text_option(
        "--satisfaction", "LEVEL", mark("How satisfied the customer is: very_satisfied … very_dissatisfied.")
    ),
    note: str = options.note_option,
    by: str = options.by_option,
) -> None:
    session = session_of(context)
    details = FollowUpDetails(
        by=by or None, note=note or None, result=result or None, satisfaction=satisfaction or None
    )
    tell(session, move_follow_up(session.workspace, address, "done", details))


@command(mark("Open a done or closed follow-up again. Give the reason with --reason."))
def reopen_command(
    context: typer.Context,
    address: str = options.address_argument,
    reason: str = text_option("--reason", "REASON", mark("Why it is opened again (required).")),
    due: str = options.due_option,
    by: str = options.by_option,
) -> None:
    if not reason.strip():
        raise UsageError(mark("'{verb}' needs a reason"), verb="reopen", remedy=mark("give the reason: --reason …"))
    session = session_of(context)
    details = FollowUpDetails(by=by or None, note=reason.strip(), due=due or None)
    tell(session, move_follow_up(session.workspace, address, "reopen", details))


@command(mark("Change a follow-up's due time, or the priority it is calculated from."))
def reschedule_command(
    context: typer.Context,
    address: str = options.address_argument,
    due: str = options.due_option,
    priority: str = text_option("--priority", "NAME", mark("Set another priority; the due time is calculated again.")),
    note: str = options.note_option,
    by: str = options.by_option,
) -> None:
    session = session_of(context)
    details = FollowUpDetails(by=by or None, note=note or None, due=due or None, priority=priority or None)
    tell(session, reschedule_follow_up(session.workspace, address, details))


start_command = command(mark("Mark a follow-up as started, or as continued after waiting."))(make_move("start"))


wait_command = command(mark("Mark a follow-up as waiting for the customer. Its time limit is paused."))(
    make_move("wait")
)


@command(mark("Explain a follow-up's due time. Shows its rule, the days counted, pauses and changes."))
def why_command(
    context: typer.Context,
    address: str = options.address_argument,
    output_format: str = options.text_format_option,
    reveal: bool = options.reveal_option,
) -> None:
    session = session_of(context)
    say(format_deadline(explain_due(session.workspace, address, reveal=reveal), output_format, labels_of(session)))
