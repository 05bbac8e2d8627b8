"""The command `commlog customer`."""

import typer

from commlog.cli.customer_merge import duplicates, merge, verify, warn_of_likeness
from commlog.cli.customer_privacy import consent, export, forget
from commlog.cli.editor import create_in_editor, edit_in_editor
from commlog.cli.kept_answers import keeping_answers
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
from commlog.cli.prompts import ask_fields
from commlog.cli.session import choose_random
from commlog.cli.terminal import is_interactive, say, session_of, warn, warn_of_sealed
from commlog.messages import mark, translate
from commlog.model.record import CUSTOMER
from commlog.render.record import format_record
from commlog.services.create_record import Request, create_record
from commlog.services.draft import assign_all
from commlog.services.edit_record import edit_record
from commlog.services.find_record import find_customer, has_customer_file, read_record
from commlog.services.list_customers import list_customers
from commlog.services.mask_record import shown_record
from commlog.services.workspace import Workspace
from commlog.store.names import record_path

HELP = mark("Customers: create, list, show, edit, merge, verify, consent, export, forget.")

customer_argument = typer.Argument(
    ..., metavar="CUSTOMER", help=mark("The customer: id, name, alias, phone or e-mail.")
)
set_option = typer.Option(
    [],
    "--set",
    "-s",
    metavar="KEY=VALUE",
    show_default=False,
    help=mark("A field by key or label; dots go deeper, += adds to a list. Repeatable."),
)


def create(
    context: typer.Context,
    name: str = typer.Argument(
        "",
        metavar="[NAME]",
        show_default=False,
        help=mark("The customer's name; the id is made from it unless --set id=…"),
    ),
    assignments: list[str] = set_option,
    edit_form: bool = typer.Option(False, "--edit", "-e", help=mark("Fill in the form in $EDITOR.")),
) -> None:
    """Create a customer."""
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


def list_all(
    context: typer.Context,
    query: list[str] = query_argument,
    columns: str = columns_option,
    sort: str = sort_option,
    limit: int = limit_option,
    output_format: str = format_option,
    with_merged: bool = typer.Option(False, "--all", help=mark("Those who were merged into another, too.")),
    reveal: bool = reveal_option,
) -> int:
    """List customers."""
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


def show(
    context: typer.Context,
    customer: str = customer_argument,
    output_format: str = typer.Option("text", "--format", metavar="FORMAT", help=mark("text, json or yaml.")),
    reveal: bool = reveal_option,
) -> None:
    """Show a customer."""
    workspace = session_of(context).workspace
    found = read_record(workspace, _find_and_tell(workspace, customer))
    warn_of_sealed(found)
    shown = shown_record(workspace, found, reveal=reveal)
    say(format_record(shown, workspace.catalog.get(found.template), output_format))


def edit(
    context: typer.Context,
    customer: str = customer_argument,
    assignments: list[str] = set_option,
    unset: list[str] = typer.Option(
        [], "--unset", metavar="KEY", show_default=False, help=mark("Take a field away. Repeatable.")
    ),
) -> None:
    """Edit a customer."""
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


COMMANDS = {
    "create": create,
    "list": list_all,
    "show": show,
    "edit": edit,
    "duplicates": duplicates,
    "merge": merge,
    "verify": verify,
    "consent": consent,
    "export": export,
    "forget": forget,
}
HELPS = {
    "create": mark("Write a customer's file; prints the id."),
    "list": mark("List customers."),
    "show": mark("Show a customer."),
    "edit": mark("Change a customer, by assignments or in $EDITOR."),
    "duplicates": mark("List customers who share a phone, an e-mail address or a name."),
    "merge": mark("Make two customers one; the duplicate's records follow."),
    "verify": mark("Note that a customer's details were checked with them."),
    "consent": mark("Note what a customer agreed to or took back; the history stays."),
    "export": mark("Everything about one person, in full, for their own request."),
    "forget": mark("Take a person out of every record; shows what would change unless --yes."),
}
