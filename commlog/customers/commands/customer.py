"""The command `commlog customer`."""

import typer

from commlog.cli.cli_kept_answers import keeping_answers
from commlog.cli.editor import create_in_editor, edit_in_editor
from commlog.cli.options import (
    NO_LIMIT,
    answer_listing,
    columns_option,
    customer_argument,
    edit_option,
    format_option,
    limit_option,
    query_argument,
    record_format_option,
    reveal_option,
    set_option,
    sort_option,
    unset_option,
)
from commlog.cli.prompts import ask_fields
from commlog.cli.session import choose_random
from commlog.cli.terminal import command, is_interactive, say, session_of, warn, warn_of_sealed
from commlog.customers.commands.cli_customer_merge import warn_of_likeness
from commlog.customers.list import list_customers
from commlog.log.names import record_path
from commlog.messages import mark, translate
from commlog.records.draft import assign_all
from commlog.records.edit import edit_record
from commlog.records.find import find_customer, has_customer_file, read_record
from commlog.records.mask import shown_record
from commlog.records.text import format_record
from commlog.records.write import Request, create_record
from commlog.values import CUSTOMER
from commlog.workspace import Workspace


@command(mark("Write a customer's file; prints the id."))
def customer_create_command(
    context: typer.Context,
    name: str = typer.Argument(
        "",
        metavar="[NAME]",
        show_default=False,
        help=mark("The customer's name; the id is made from it unless --set id=…"),
    ),
    assignments: list[str] = set_option,
    edit_form: bool = edit_option,
) -> None:
    session = session_of(context)
    form = session.workspace.catalog.get(CUSTOMER)
    fields = assign_all(session.workspace, form, {"name": name} if name else {}, assignments)
    request = Request(CUSTOMER, fields, choose=choose_random)
    if edit_form:
        created = create_in_editor(session, form, request)
    else:
        with keeping_answers(session, request) as answers:
            if not fields and is_interactive():
                ask_fields(session, form, answers)
            created = create_record(session.workspace, answers.request)
    say(created.id)
    warn_of_likeness(session.workspace, created.id)


@command(mark("List customers."))
def customer_list_command(
    context: typer.Context,
    query: list[str] = query_argument,
    columns: str = columns_option,
    sort: str = sort_option,
    limit: int = limit_option,
    output_format: str = format_option,
    with_merged: bool = typer.Option(False, "--all", help=mark("Those who were merged into another, too.")),
    reveal: bool = reveal_option,
) -> int:
    session = session_of(context)
    listing = list_customers(
        session.workspace,
        " ".join(query or ()),
        [("kind", [CUSTOMER])],
        sort,
        limit or NO_LIMIT,
        with_merged=with_merged,
        reveal=reveal,
    )
    return answer_listing(session, listing, columns, output_format)


@command(mark("Show a customer."))
def customer_show_command(
    context: typer.Context,
    customer: str = customer_argument,
    output_format: str = record_format_option,
    reveal: bool = reveal_option,
) -> None:
    workspace = session_of(context).workspace
    found = read_record(workspace, _find_and_tell(workspace, customer))
    warn_of_sealed(found)
    shown = shown_record(workspace, found, reveal=reveal)
    say(format_record(shown, workspace.catalog.get(found.template), output_format))


@command(mark("Change a customer, by assignments or in $EDITOR."))
def customer_edit_command(
    context: typer.Context,
    customer: str = customer_argument,
    assignments: list[str] = set_option,
    unset: list[str] = unset_option,
) -> None:
    session = session_of(context)
    customer_id = _find_and_tell(session.workspace, customer)
    if assignments or unset:
        say(edit_record(session.workspace, customer_id, assignments, unset).id)
    else:
        say(edit_in_editor(session, record_path(CUSTOMER, customer_id)).id)


def _find_and_tell(workspace: Workspace, customer: str) -> str:
    """The id of the customer who is meant; a remark when an id was given that went into another."""
    found, named = find_customer(workspace, customer), customer.strip()
    if named != found and has_customer_file(workspace, named):
        warn(
            translate("{customer} is merged into {survivor}; its own file: commlog show {customer}").format(
                customer=named, survivor=found
            )
        )
    return found
