"""The command `commlog list`."""

import typer

from commlog.cli.cli_as_of import as_of_option, go_back
from commlog.cli.options import (
    NO_LIMIT,
    answer_listing,
    columns_option,
    format_option,
    limit_option,
    query_argument,
    reveal_option,
    sort_option,
)
from commlog.cli.terminal import command, session_of
from commlog.messages import mark
from commlog.output.formats import named_columns
from commlog.output.listing import Page
from commlog.records.list import COLUMN_NAMES, SHOWN, list_records


@command(mark("List records, the newest first."))
def list_command(
    context: typer.Context,
    query: list[str] = query_argument,
    columns: str = columns_option,
    sort: str = sort_option,
    limit: int = limit_option,
    output_format: str = format_option,
    reveal: bool = reveal_option,
    as_of: str = as_of_option,
) -> int:
    session = session_of(context)
    go_back(session, as_of)
    names = named_columns(COLUMN_NAMES, SHOWN, columns, output_format)
    # Ids alone are all that a script asks for: nothing else is held.
    page = Page(sort, limit or NO_LIMIT, ("id",) if output_format == "ids" else names)
    listing = list_records(session.workspace, " ".join(query or ()), (), page, reveal=reveal)
    return answer_listing(session, listing, "", output_format)
