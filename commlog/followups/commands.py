"""The command `commlog pending`."""

from typing import Any

import typer

from commlog.cli.cli_as_of import as_of_option, go_back
from commlog.cli.options import (
    NO_LIMIT,
    answer_listing,
    columns_option,
    exit_code_option,
    format_option,
    limit_option,
    query_argument,
    reveal_option,
    sort_option,
)
from commlog.cli.terminal import command, session_of, warn
from commlog.errors import ExitCode
from commlog.followups.pending import list_follow_ups, provisional_years
from commlog.messages import mark, translate
from commlog.output.listing import Page

owner_option: Any = typer.Option(
    "", "--owner", metavar="MEMBER", show_default=False, help=mark("Only those of a member or department.")
)
overdue_option: Any = typer.Option(False, "--overdue", help=mark("Only those past their due time."))
due_within_option: Any = typer.Option(
    "",
    "--due-within",
    metavar="LIMIT",
    show_default=False,
    help=mark("Only those due by then, overdue ones included: 2d, 3wd, 周五."),
)
priority_option: Any = typer.Option(
    "", "--priority", metavar="A,B", show_default=False, help=mark("Only those of these priorities.")
)
customer_option: Any = typer.Option(
    "", "--customer", metavar="CUSTOMER", show_default=False, help=mark("Only those of a customer.")
)
group_option: Any = typer.Option(
    "", "--by", metavar="owner", show_default=False, help=mark("Group by a column, e.g. owner.")
)


@command(mark("List follow-ups that are not done or closed, the most overdue first."))
def pending_command(
    context: typer.Context,
    query: list[str] = query_argument,
    owner: str = owner_option,
    overdue: bool = overdue_option,
    due_within: str = due_within_option,
    priority: str = priority_option,
    customer: str = customer_option,
    by: str = group_option,
    exit_code: bool = exit_code_option,
    columns: str = columns_option,
    sort: str = sort_option,
    limit: int = limit_option,
    output_format: str = format_option,
    reveal: bool = reveal_option,
    as_of: str = as_of_option,
) -> int:
    session = session_of(context)
    go_back(session, as_of)
    options = {"owner": owner, "priority": priority, "customer": customer}
    terms = [(name, value.split(",")) for name, value in options.items() if value]
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
        told = translate("{count} due times in {year} are provisional: its holidays are not in calendar.yaml yet")
        warn(told.format(count=count, year=year))
    return ExitCode.FOUND if exit_code and listing.rows and not code else code
