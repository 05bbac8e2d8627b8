"""The command `commlog search`."""

import typer

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
from commlog.records.search import search_records


@command(mark("Find records by their words, down to a single Chinese character; shows where they stand."))
def search_command(
    context: typer.Context,
    query: list[str] = query_argument,
    columns: str = columns_option,
    sort: str = sort_option,
    limit: int = limit_option,
    output_format: str = format_option,
    reveal: bool = reveal_option,
) -> int:
    session = session_of(context)
    listing = search_records(session.workspace, " ".join(query or ()), sort, limit or NO_LIMIT, reveal=reveal)
    return answer_listing(session, listing, columns, output_format)
