"""The commands that work on any record: show, edit, list, search, link, unlink, thread."""

from collections.abc import Callable
from dataclasses import replace

import typer

from commlog.cli import options
from commlog.cli.editor import edit_in_editor
from commlog.cli.terminal import command, finish, say, session_of, warn_of_sealed
from commlog.database.reader import ParsedFile
from commlog.messages import mark
from commlog.output.formats import named_columns
from commlog.output.listing import Page
from commlog.records.change import edit_record
from commlog.records.find import find_path, get_record, read_of_kind
from commlog.records.link import link_records, read_thread, unlink_records
from commlog.records.list import COLUMN_NAMES, SHOWN, list_records
from commlog.records.mask import shown_record
from commlog.records.queries import read_customers
from commlog.records.search import search_records
from commlog.records.text import HTML, format_record, format_thread, shown_fields
from commlog.values import CUSTOMER, Record
from commlog.workspace import Workspace


@command(mark("Link a record to an earlier one."))
def link_command(
    context: typer.Context,
    record: str = options.id_argument,
    prior: str = options.argument("PRIOR", mark("The earlier record's id, or ref:… for a number of another system.")),
    link_type: str = options.text_option(
        "--type", "TYPE", mark("follows, answers, duplicates, escalates or relates."), default="follows"
    ),
    note: str = options.note_option,
) -> None:
    say(link_records(session_of(context).workspace, record, prior, link_type, note or None).id)


@command(mark("List records, the newest first."))
def list_command(
    context: typer.Context,
    query: list[str] = options.query_argument,
    columns: str = options.columns_option,
    sort: str = options.sort_option,
    limit: int = options.limit_option,
    output_format: str = options.format_option,
    reveal: bool = options.reveal_option,
    as_of: str = options.as_of_option,
) -> int:
    session = session_of(context)
    options.go_back(session, as_of)
    names = named_columns(COLUMN_NAMES, SHOWN, columns, output_format)
    # Ids alone are all that a script asks for: nothing else is held.
    page = Page(sort, limit or options.NO_LIMIT, ("id",) if output_format == "ids" else names)
    listing = list_records(session.workspace, " ".join(query or ()), (), page, reveal=reveal)
    return options.answer_listing(session, listing, "", output_format)


def make_show(kind: str) -> Callable[..., None]:
    """The command that shows one record of a kind."""

    def show(
        context: typer.Context,
        record: str = options.id_argument,
        output_format: str = options.record_format_option,
        reveal: bool = options.reveal_option,
    ) -> None:
        workspace = session_of(context).workspace
        say_record(workspace, read_of_kind(workspace, record, kind), output_format, reveal=reveal)

    return show


def say_record(workspace: Workspace, record: Record, output_format: str, *, reveal: bool) -> None:
    """Print a record as text, json or yaml; personal data masked unless revealed."""
    shown = shown_record(workspace, record, reveal=reveal)
    say(format_record(shown, workspace.catalog.get(record.template), output_format))


def make_edit(kind: str = "") -> Callable[..., None]:
    """The command that changes one record, of a kind or of any."""

    def edit(
        context: typer.Context,
        record: str = options.id_argument,
        assignments: list[str] = options.set_option,
        unset: list[str] = options.unset_option,
    ) -> None:
        session = session_of(context)
        path = read_of_kind(session.workspace, record, kind).path if kind else find_path(session.workspace, record)
        if assignments or unset:
            say(edit_record(session.workspace, path, assignments, unset).id)
        else:
            say(edit_in_editor(session, path).id)

    return edit


edit_command = command(mark("Change a record, with --set or in $EDITOR. Only what differs is rewritten."))(make_edit())


@command(mark("Find records by words, even by one Chinese character. Shows where they occur."))
def search_command(
    context: typer.Context,
    query: list[str] = options.query_argument,
    columns: str = options.columns_option,
    sort: str = options.sort_option,
    limit: int = options.limit_option,
    output_format: str = options.format_option,
    reveal: bool = options.reveal_option,
) -> int:
    session = session_of(context)
    listing = search_records(session.workspace, " ".join(query or ()), sort, limit or options.NO_LIMIT, reveal=reveal)
    return options.answer_listing(session, listing, columns, output_format)


@command(mark("Show one record for reading."))
def show_command(
    context: typer.Context,
    record: str = options.id_argument,
    output_format: str = options.format_choice(
        "text", "json", "yaml", HTML, help_text=mark("text, json, yaml, or html: the paper form, to be printed.")
    ),
    reveal: bool = options.reveal_option,
) -> None:
    workspace = session_of(context).workspace
    reading = workspace.reader.read(find_path(workspace, record))
    found = get_record(reading)
    warn_of_sealed(found)
    if output_format == HTML:
        say(_page(workspace, reading, reveal=reveal))
    else:
        say_record(workspace, found, output_format, reveal=reveal)


def _page(workspace: Workspace, reading: ParsedFile, *, reveal: bool) -> str:
    from commlog.records.page import RecordContext, format_record_page

    record = get_record(reading)
    customer = record.id if record.kind == CUSTOMER else record.fields.get("customer")
    named = read_customers(workspace.index, [customer] if isinstance(customer, str) else [])
    name, kind = (named[0].name, named[0].type) if named else (None, None)
    people = {member.id: member.name for member in workspace.log.settings.members}
    around = RecordContext(people, name or "", reading.problems, is_company=kind == "company", is_revealed=reveal)
    return format_record_page(
        replace(record, fields=shown_fields(record)), workspace.catalog.get(record.template), around
    )


@command(mark("Show the whole conversation a record belongs to, across channels, in time order."))
def thread_command(
    context: typer.Context,
    record: str = options.id_argument,
    output_format: str = options.format_choice("text", "json", "ids"),
    reveal: bool = options.reveal_option,
) -> int:
    session = session_of(context)
    entries = read_thread(session.workspace, record, reveal=reveal)
    say(format_thread(entries, output_format, options.labels_of(session)))
    return finish(session)


@command(mark("Remove a record's link to another record."))
def unlink_command(
    context: typer.Context,
    record: str = options.id_argument,
    prior: str = options.argument("PRIOR", mark("The record it points to.")),
    link_type: str = options.text_option("--type", "TYPE", mark("Remove only a link of this type.")),
) -> None:
    say(unlink_records(session_of(context).workspace, record, prior, link_type or None).id)
