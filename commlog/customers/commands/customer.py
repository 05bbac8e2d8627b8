"""The commands `commlog customer …`."""

from typing import Any

import typer

from commlog.cli import options
from commlog.cli.editor import create_in_editor, edit_in_editor
from commlog.cli.prompts import ask_fields, keeping_answers
from commlog.cli.session import choose_random
from commlog.cli.terminal import command, is_interactive, say, session_of, warn, warn_of_sealed
from commlog.customers.list import EMAIL, NAME, PHONE, find_duplicates, find_similar, list_customers
from commlog.log.names import record_path
from commlog.messages import mark, translate
from commlog.output.text import shell_word
from commlog.records.change import edit_record
from commlog.records.draft import assign_all
from commlog.records.find import find_customer, has_customer_file, read_record
from commlog.records.mask import shown_record
from commlog.records.text import format_record
from commlog.records.write import RecordRequest, create_record
from commlog.values import CUSTOMER
from commlog.workspace import Workspace


@command(mark("Create a customer; prints the id."))
def customer_create_command(
    context: typer.Context,
    name: str = options.argument("[NAME]", mark("The customer's name; the id is made from it unless --set id=…"), ""),
    assignments: list[str] = options.set_option,
    edit_form: bool = options.edit_option,
) -> None:
    session = session_of(context)
    form = session.workspace.catalog.get(CUSTOMER)
    fields = assign_all(session.workspace, form, {"name": name} if name else {}, assignments)
    request = RecordRequest(CUSTOMER, fields, choose=choose_random)
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
    query: list[str] = options.query_argument,
    columns: str = options.columns_option,
    sort: str = options.sort_option,
    limit: int = options.limit_option,
    output_format: str = options.format_option,
    with_merged: bool = options.flag("--all", mark("Also list customers merged into another one.")),
    reveal: bool = options.reveal_option,
) -> int:
    session = session_of(context)
    listing = list_customers(
        session.workspace,
        " ".join(query or ()),
        [("kind", [CUSTOMER])],
        sort,
        limit or options.NO_LIMIT,
        with_merged=with_merged,
        reveal=reveal,
    )
    return options.answer_listing(session, listing, columns, output_format)


@command(mark("Show a customer."))
def customer_show_command(
    context: typer.Context,
    customer: str = options.customer_argument,
    output_format: str = options.format_choice("text", "json", "yaml"),
    reveal: bool = options.reveal_option,
) -> None:
    workspace = session_of(context).workspace
    found = read_record(workspace, _find_and_tell(workspace, customer))
    warn_of_sealed(found)
    shown = shown_record(workspace, found, reveal=reveal)
    say(format_record(shown, workspace.catalog.get(found.template), output_format))


@command(mark("Change a customer, with --set or in $EDITOR."))
def customer_edit_command(
    context: typer.Context,
    customer: str = options.customer_argument,
    assignments: list[str] = options.set_option,
    unset: list[str] = options.unset_option,
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
    if has_customer_file(workspace, named):
        _warn_of_merged(named, found)
    return found


def _warn_of_merged(named: str, survivor: str) -> None:
    """Say that a customer who was named is another one now."""
    if named != survivor:
        text = translate("{customer} is merged into {survivor}; its own file: commlog show {customer}")
        warn(text.format(customer=named, survivor=survivor))


_NAMED_LIKE = 3
_SHARED = {PHONE: mark("the phone {value}"), EMAIL: mark("the e-mail address {value}"), NAME: mark("the name {value}")}
# What a shell would not take as it is.
_FOR_SHELLS = frozenset(" '\"$&;()<>|*?[]{}#~`\\!")

duplicate_argument: Any = options.argument(
    "DUPLICATE", mark("The customer to be merged: id, name, alias, phone or e-mail.")
)
survivor_argument: Any = options.argument("SURVIVOR", mark("The customer to keep."))
on_option: Any = options.text_option("--on", "DATE", mark("The day they were checked (default: today)."))


@command(mark("Merge two customers into one. The duplicate's records move to the customer that is kept."))
def customer_merge_command(
    context: typer.Context,
    duplicate: str = duplicate_argument,
    survivor: str = survivor_argument,
    dry_run: bool = options.flag("--dry-run", mark("Show what would happen; write nothing.")),
    reveal: bool = options.reveal_option,
) -> None:
    from commlog.customers.merge import merge_customers
    from commlog.customers.text.merge import format_merge

    workspace = session_of(context).workspace
    result = merge_customers(workspace, duplicate, survivor, is_dry=dry_run)
    say(result.survivor)
    _warn_of_merged(result.named, result.survivor)
    words = (
        translate("{duplicate} would be merged into {survivor}; records to move: {count}")
        if dry_run
        else translate("{duplicate} is merged into {survivor}; records moved: {count}")
    )
    warn(words.format(duplicate=result.duplicate, survivor=result.survivor, count=result.records))
    for line in format_merge(workspace.catalog.get(CUSTOMER), result, reveal=reveal):
        typer.echo(f"  {line}", err=True)


@command(mark("List customers who share a phone, an e-mail address or a name."))
def customer_duplicates_command(
    context: typer.Context,
    columns: str = options.columns_option,
    limit: int = options.limit_option,
    output_format: str = options.format_option,
    reveal: bool = options.reveal_option,
) -> int:
    session = session_of(context)
    listing = find_duplicates(session.workspace, limit or options.NO_LIMIT, reveal=reveal)
    code = options.answer_listing(session, listing, columns, output_format)
    if listing.rows:
        customer, other = (listing.rows[0][listing.columns.index(name)] for name in ("customer", "other"))
        text = translate("if they are the same customer: commlog customer merge {customer} {other}")
        warn(text.format(customer=_quoted(customer), other=_quoted(other)))
    return code


@command(mark("Record that a customer's details were checked."))
def customer_verify_command(
    context: typer.Context,
    customer: str = options.customer_argument,
    on: str = on_option,
    assignments: list[str] = options.set_option,
) -> None:
    from commlog.customers.consent import verify_customer

    checked = verify_customer(session_of(context).workspace, customer, on, assignments)
    say(checked.customer)
    words = (
        translate("{customer}: details checked on {day}")
        if checked.stays is None
        else translate(
            "{customer}: details were checked later, on {stays}, and that day is kept; if it is wrong: commlog customer edit {customer} --set verified_on={day}"
        )
    )
    warn(words.format(customer=_quoted(checked.customer), day=checked.day, stays=checked.stays))


def warn_of_likeness(workspace: Workspace, customer: str) -> None:
    """Say whom a new customer shares something with, and how to make them one."""
    found = find_similar(workspace, customer)
    text = translate(
        "{other} also has {shared}; if they are the same customer: commlog customer merge {customer} {other}"
    )
    for one in found[:_NAMED_LIKE]:
        shared = translate(_SHARED[one.shared]).format(value=one.shown)
        warn(text.format(other=_quoted(one.other), shared=shared, customer=_quoted(customer)))
    if len(found) > _NAMED_LIKE:
        warn(translate("… and {count} more").format(count=len(found) - _NAMED_LIKE))


def _quoted(customer: str) -> str:
    """An id as a shell takes it."""
    return shell_word(customer) if _FOR_SHELLS & set(customer) else customer
