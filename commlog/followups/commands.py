"""The command `commlog pending`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import typer

from commlog.cli import options
from commlog.cli.options import (
    NO_LIMIT,
    answer_listing,
    argument,
    flag,
    go_back,
    labels_of,
    terminal_width,
    text_option,
)
from commlog.cli.session import Session
from commlog.cli.terminal import command, finish, say, session_of, warn
from commlog.errors import ExitCode, UsageError
from commlog.followups.change import (
    FollowUpDetails,
    add_follow_up,
    assign_follow_up,
    move_follow_up,
    reschedule_follow_up,
)
from commlog.followups.pending import list_follow_ups, provisional_years
from commlog.followups.rules.follow_up import FollowUp
from commlog.followups.text import format_deadline
from commlog.followups.why import explain_due
from commlog.messages import mark, translate
from commlog.output.formats import choose_columns, format_listing
from commlog.output.listing import Page
from commlog.output.text import format_due
from commlog.records.find import FollowUpAddress, read_record
from commlog.records.list import list_records
from commlog.records.typed_follow_ups import parse_follow_up

owner_option: Any = text_option("--owner", "MEMBER", mark("Only those of a member or department."))
overdue_option: Any = flag("--overdue", mark("Only those past their due time."))
due_within_option: Any = text_option(
    "--due-within", "LIMIT", mark("Only those due by this time, including overdue ones: 2d, 3wd, 周五.")
)
priority_option: Any = text_option("--priority", "A,B", mark("Only those of these priorities."))
group_option: Any = text_option("--by", "owner", mark("Group by a column, e.g. owner."))


@command(mark("List follow-ups that are not done or closed, the most overdue first."))
def pending_command(
    context: typer.Context,
    query: list[str] = options.query_argument,
    owner: str = owner_option,
    overdue: bool = overdue_option,
    due_within: str = due_within_option,
    priority: str = priority_option,
    customer: str = options.customer_option,
    by: str = group_option,
    exit_code: bool = options.exit_code_option,
    columns: str = options.columns_option,
    sort: str = options.sort_option,
    limit: int = options.limit_option,
    output_format: str = options.format_option,
    reveal: bool = options.reveal_option,
    as_of: str = options.as_of_option,
) -> int:
    session = session_of(context)
    go_back(session, as_of)
    given = {"owner": owner, "priority": priority, "customer": customer}
    terms = [(name, value.split(",")) for name, value in given.items() if value]
    if overdue:
        terms.append(("due", ["overdue"]))
    words = " ".join(query or ())
    if due_within:
        terms.append(("due<=", [due_within]))
    # Ids alone are all that a script asks for: nothing else is looked up.
    only = ("address",) if output_format == "ids" and not columns else ()
    page = Page(",".join(filter(None, (by, sort))), limit or NO_LIMIT, only)
    listing = list_follow_ups(session.workspace, words, terms, page, reveal=reveal)
    code = answer_listing(session, listing, columns, output_format)
    for year, count in provisional_years(listing, session.workspace.log.settings.calendar).items():
        told = translate("provisional due times in {year}: {count}; its holidays are not in calendar.yaml yet")
        warn(told.format(count=count, year=year))
    return ExitCode.FOUND if exit_code and listing.rows and not code else code


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


def show_today(session: Session) -> int:
    """Today: overdue and due follow-ups of the member, and what was recorded since yesterday."""
    workspace = session.workspace
    member = workspace.member
    owner = [("owner", [workspace.require_member(member)])] if member else []
    late = list_follow_ups(workspace, "", [*owner, ("due", ["overdue"])], Page())
    due = list_follow_ups(workspace, "", [*owner, ("due..", ["today", "tomorrow"])], Page())
    sections = (
        (translate("Overdue"), late),
        # What was due this morning is overdue already, and told once.
        (
            translate("Due today and tomorrow"),
            replace(due, rows=tuple(row for row in due.rows if row not in late.rows)),
        ),
        (
            translate("Recorded since yesterday"),
            list_records(workspace, "", [("recorded..", ["yesterday", "today"])], Page("", 20)),
        ),
    )
    head = translate("{day}, {member}").format(
        day=workspace.now.strftime("%Y-%m-%d %H:%M"), member=member or translate("everybody")
    )
    blocks = [head]
    for title, listing in sections:
        if listing.rows:
            table = format_listing(
                choose_columns(listing, None, "table"), "table", labels_of(session), terminal_width()
            )
            blocks.append(f"{title} ({len(listing.rows)})\n\n{table}")
    if len(blocks) == 1:
        blocks.append(translate("Nothing is overdue, nothing is due."))
    say("\n\n".join(blocks))
    return finish(session)


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
