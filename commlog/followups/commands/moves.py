"""The commands of a follow-up's life, and why it is due when it is."""

from collections.abc import Callable

import typer

from commlog.cli import options
from commlog.cli.session import Session
from commlog.cli.terminal import command, say, session_of, warn
from commlog.errors import UsageError
from commlog.followups import change as changing
from commlog.followups.rules.follow_up import FollowUp
from commlog.followups.text import format_deadline
from commlog.followups.why import explain_due
from commlog.messages import mark, translate
from commlog.output.text import format_due
from commlog.records.draft import parse_follow_up
from commlog.records.find import FollowUpAddress, read_record


def tell(session: Session, changed: tuple[FollowUpAddress, FollowUp]) -> None:
    """Print the address on stdout, for scripts, and the new state of the follow-up on stderr, for people."""
    address, follow_up = changed
    labels = options.labels_of(session)
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
        _move(context, address, verb, by=by, note=note, due=due)

    return move


def _move(context: typer.Context, address: str, verb: str, **details: str) -> None:
    session = session_of(context)
    tell(session, changing.move_follow_up(session.workspace, address, verb, changing.FollowUpDetails(**details)))


@command(mark("Add a follow-up to an existing record; its limit counts from now."))
def add_follow_up_command(
    context: typer.Context,
    record: str = options.id_argument,
    what: str = options.argument(
        "ACTION", mark("What is to be done: a text, or action=…; owner=…; priority=…; due=….")
    ),
    owner: str = options.text_option("--to", "OWNER", mark("Who does it (default: you).")),
    priority: str = options.text_option("--priority", "NAME", mark("A priority of this log, e.g. urgent.")),
    due: str = options.due_option,
    by: str = options.by_option,
) -> None:
    session = session_of(context)
    found = read_record(session.workspace, record)
    wanted = parse_follow_up(session.workspace, what, found.template)
    wanted |= {key: value for key, value in {"owner": owner, "priority": priority, "due": due}.items() if value}
    tell(session, changing.add_follow_up(session.workspace, found.id, wanted, by))


@command(mark("Assign a follow-up to another member or department."))
def assign_command(
    context: typer.Context,
    address: str = options.address_argument,
    to: str = options.text_option("--to", "OWNER", mark("Who takes it over (required).")),
    note: str = options.note_option,
    by: str = options.by_option,
) -> None:
    session = session_of(context)
    tell(
        session,
        changing.assign_follow_up(session.workspace, address, changing.FollowUpDetails(by=by, note=note, owner=to)),
    )


@command(mark("Close a follow-up that is done; one that is not done is cancelled and needs --note."))
def close_command(
    context: typer.Context,
    address: str = options.address_argument,
    note: str = options.note_option,
    by: str = options.by_option,
) -> None:
    _move(context, address, "close", by=by, note=note)


@command(mark("Mark a follow-up as done, with its result."))
def done_command(
    context: typer.Context,
    address: str = options.address_argument,
    result: str = options.text_option("--result", "RESULT", mark("The result (required unless the record has one).")),
    satisfaction: str = options.text_option(
        "--satisfaction", "LEVEL", mark("How satisfied the customer is: very_satisfied … very_dissatisfied.")
    ),
    note: str = options.note_option,
    by: str = options.by_option,
) -> None:
    _move(context, address, "done", by=by, note=note, result=result, satisfaction=satisfaction)


@command(mark("Open a done or closed follow-up again. Give the reason with --reason."))
def reopen_command(
    context: typer.Context,
    address: str = options.address_argument,
    reason: str = options.text_option("--reason", "REASON", mark("Why it is opened again (required).")),
    due: str = options.due_option,
    by: str = options.by_option,
) -> None:
    if not reason.strip():
        raise UsageError(mark("'{verb}' needs a reason"), verb="reopen", remedy=mark("give the reason: --reason …"))
    _move(context, address, "reopen", by=by, note=reason.strip(), due=due)


@command(mark("Change a follow-up's due time, or the priority it is calculated from."))
def reschedule_command(
    context: typer.Context,
    address: str = options.address_argument,
    due: str = options.due_option,
    priority: str = options.text_option(
        "--priority", "NAME", mark("Set another priority; the due time is calculated again.")
    ),
    note: str = options.note_option,
    by: str = options.by_option,
) -> None:
    session = session_of(context)
    details = changing.FollowUpDetails(by=by, note=note, due=due, priority=priority)
    tell(session, changing.reschedule_follow_up(session.workspace, address, details))


start_command = command(mark("Mark a follow-up as started, or as continued after waiting."))(make_move("start"))


wait_command = command(mark("Mark a follow-up as waiting for the customer. Its time limit is paused."))(
    make_move("wait")
)


@command(mark("Explain a follow-up's due time. Shows its rule, the days counted, pauses and changes."))
def why_command(
    context: typer.Context,
    address: str = options.address_argument,
    output_format: str = options.format_choice("text", "json"),
    reveal: bool = options.reveal_option,
) -> None:
    session = session_of(context)
    say(
        format_deadline(
            explain_due(session.workspace, address, reveal=reveal), output_format, options.labels_of(session)
        )
    )
