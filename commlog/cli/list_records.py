"""The command `commlog list`."""

import typer

from commlog.cli.as_of import as_of_option, go_back
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
from commlog.cli.terminal import session_of
from commlog.messages import mark
from commlog.services.list_records import list_records

HELP = mark("List records, the newest first.")


def command(
    context: typer.Context,
    query: list[str] = query_argument,
    columns: str = columns_option,
    sort: str = sort_option,
    limit: int = limit_option,
    output_format: str = format_option,
    reveal: bool = reveal_option,
    as_of: str = as_of_option,
) -> int:
    """List records."""
    session = session_of(context)
    go_back(session, as_of)
    listing = list_records(session.workspace, " ".join(query or ()), (), sort, limit or NO_LIMIT, reveal=reveal)
    return answer_listing(session, listing, columns, output_format)
