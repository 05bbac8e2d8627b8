"""The command `commlog pending`, and what is due today."""

from dataclasses import replace
from typing import Any

import typer

from commlog.cli import options
from commlog.cli.session import Session
from commlog.cli.terminal import command, finish, say, session_of, warn
from commlog.errors import ExitCode
from commlog.followups.pending import list_follow_ups, provisional_years
from commlog.messages import mark, translate
from commlog.output.formats import choose_columns, format_listing
from commlog.output.listing import Listing, Page
from commlog.records.list import list_records

owner_option: Any = options.text_option("--owner", "MEMBER", mark("Only those of a member or department."))
overdue_option: Any = options.flag("--overdue", mark("Only those past their due time."))
due_within_option: Any = options.text_option(
    "--due-within", "LIMIT", mark("Only those due by this time, including overdue ones: 2d, 3wd, 周五.")
)
priority_option: Any = options.text_option("--priority", "A,B", mark("Only those of these priorities."))
customer_option: Any = options.text_option("--customer", "CUSTOMER", mark("Only those of a customer."))
group_option: Any = options.text_option("--by", "owner", mark("Group by a column, e.g. owner."))


@command(mark("List follow-ups that are not done or closed, the most overdue first."))
def pending_command(
    context: typer.Context,
    query: list[str] = options.query_argument,
    owner: str = owner_option,
    overdue: bool = overdue_option,
    due_within: str = due_within_option,
    priority: str = priority_option,
    customer: str = customer_option,
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
    options.go_back(session, as_of)
    given = {"owner": owner, "priority": priority, "customer": customer}
    terms = [(name, value.split(",")) for name, value in given.items() if value]
    if overdue:
        terms.append(("due", ["overdue"]))
    words = " ".join(query or ())
    if due_within:
        terms.append(("due<=", [due_within]))
    # Ids alone are all that a script asks for: nothing else is looked up.
    only = ("address",) if output_format == "ids" and not columns else ()
    page = Page(",".join(filter(None, (by, sort))), limit or options.NO_LIMIT, only)
    listing = list_follow_ups(session.workspace, words, terms, page, reveal=reveal)
    code = options.answer_listing(session, listing, columns, output_format)
    for year, count in provisional_years(listing, session.workspace.log.settings.calendar).items():
        told = translate("provisional due times in {year}: {count}; its holidays are not in calendar.yaml yet")
        warn(told.format(count=count, year=year))
    return ExitCode.FOUND if exit_code and listing.rows and not code else code


def show_today(session: Session) -> int:
    """Today: overdue and due follow-ups of the member, and what was recorded since yesterday."""
    workspace = session.workspace
    member = workspace.member
    owner = [("owner", [workspace.require_member(member)])] if member else []
    late = list_follow_ups(workspace, "", [*owner, ("due", ["overdue"])], Page())
    due = list_follow_ups(workspace, "", [*owner, ("due..", ["today", "tomorrow"])], Page())
    # What was due this morning is overdue already, and told once.
    due = replace(due, rows=tuple(row for row in due.rows if row not in late.rows))
    recorded = list_records(workspace, "", [("recorded..", ["yesterday", "today"])], Page("", 20))
    sections = {
        translate("Overdue"): late,
        translate("Due today and tomorrow"): due,
        translate("Recorded since yesterday"): recorded,
    }
    head = translate("{day}, {member}").format(
        day=workspace.now.strftime("%Y-%m-%d %H:%M"), member=member or translate("everybody")
    )
    blocks = [_section(session, title, listing) for title, listing in sections.items() if listing.rows]
    say("\n\n".join([head, *(blocks or [translate("Nothing is overdue, nothing is due.")])]))
    return finish(session)


def _section(session: Session, title: str, listing: Listing) -> str:
    """A titled table of a listing that has rows."""
    table = format_listing(
        choose_columns(listing, None, "table"), "table", options.labels_of(session), options.terminal_width()
    )
    return f"{title} ({len(listing.rows)})\n\n{table}"
