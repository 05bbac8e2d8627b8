"""The command `commlog audit`."""

import sys
from typing import Any

import typer

from commlog.cli.options import (
    NO_LIMIT,
    columns_option,
    format_option,
    labels_of,
    limit_option,
    query_argument,
    reveal_option,
    sort_option,
    terminal_width,
)
from commlog.cli.terminal import command, say_pieces, session_of, warn
from commlog.messages import mark, translate
from commlog.output.formats import FORMATS, choose_columns, iter_listing, require_format
from commlog.output.listing import Page
from commlog.team.audit import Scope, audit_log
from commlog.team.text import FieldWords, flat_listing, words_of_listing

_FOR_PEOPLE = frozenset({"table", "markdown"})
_FLAT = frozenset({"csv", "tsv"})


since_option: Any = typer.Option(
    "",
    "--since",
    metavar="PERIOD",
    show_default=False,
    help=mark("Only what was committed from then on: 2026-03-10, 2026-03, last-month, 上月, or 30d back from today."),
)
author_option: Any = typer.Option(
    "", "--by", metavar="MEMBER", show_default=False, help=mark("Only commits of a member, or of an author's name.")
)
field_option: Any = typer.Option(
    "",
    "--field",
    metavar="A,B",
    show_default=False,
    help=mark("Only changes of these fields: keys or labels, e.g. due,owner or 期限."),
)


@command(mark("List who changed which fields of many records and when, from git, the newest first."))
def audit_command(
    context: typer.Context,
    query: list[str] = query_argument,
    since: str = since_option,
    by: str = author_option,
    field: str = field_option,
    columns: str = columns_option,
    sort: str = sort_option,
    limit: int = limit_option,
    output_format: str = format_option,
    reveal: bool = reveal_option,
) -> None:
    session = session_of(context)
    require_format(output_format, FORMATS)
    workspace = session.workspace
    scope = Scope(since, by, field)
    page = Page(sort, limit or NO_LIMIT)
    found = audit_log(workspace, " ".join(query or ()), scope, page, reveal=reveal)
    if found.is_cut:
        warn(translate("this clone is shallow: older changes are not in it; git fetch --unshallow brings them"))
    labels, listing = labels_of(session), found.listing
    if output_format in _FOR_PEOPLE:
        listing = words_of_listing(listing, FieldWords(workspace.catalog, labels))
    elif output_format in _FLAT:
        listing = flat_listing(listing)
    listing = choose_columns(listing, columns or None, output_format)
    pieces = iter_listing(listing, output_format, labels, terminal_width())
    if not say_pieces(pieces) and output_format == "table" and sys.stdout.isatty():
        warn(translate("nothing found"))
