"""The command `commlog sql`."""

import typer

from commlog.cli.options import answer_listing, columns_option, format_option, reveal_option
from commlog.cli.terminal import command, session_of
from commlog.messages import mark
from commlog.setup.index import ask_sql


@command(mark("Ask the copy in SQL, reading only; the tables are described in docs/SQL.md."))
def sql_command(
    context: typer.Context,
    query: str = typer.Argument(..., metavar="SELECT", help=mark("One SQL query that reads.")),
    columns: str = columns_option,
    output_format: str = format_option,
    reveal: bool = reveal_option,
) -> int:
    session = session_of(context)
    return answer_listing(session, ask_sql(session.workspace, query, reveal=reveal), columns, output_format)
