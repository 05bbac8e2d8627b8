"""The command `commlog create`."""

from pathlib import Path
from typing import Any

import typer

from commlog.cli.cli_drafts import drop_draft, find_draft
from commlog.cli.cli_kept_answers import keeping_answers
from commlog.cli.editor import create_in_editor
from commlog.cli.faults import show_fault
from commlog.cli.options import edit_option
from commlog.cli.prompts import ask_record
from commlog.cli.session import Session, choose_random
from commlog.cli.terminal import command, confirm, is_interactive, read_stdin, say, session_of, warn
from commlog.errors import InvalidError, NotFoundError, UnreadableError, UsageError
from commlog.forms.catalog import Template
from commlog.log.names import record_path
from commlog.messages import mark, translate
from commlog.records.draft import assign_all, converter_of, parse_input
from commlog.records.typed_follow_ups import parse_follow_up
from commlog.records.write import Request, create_record, draft_record
from commlog.values import CUSTOMER, Fields, Record
from commlog.workspace import Workspace

template_argument: Any = typer.Argument(
    ...,
    metavar="TEMPLATE",
    help=mark("member, service, relationship, visit, issue, survey, customer, answer, or one of the team's own."),
)
assignments_option: Any = typer.Option(
    [],
    "--set",
    "-s",
    metavar="KEY=VALUE",
    show_default=False,
    help=mark("A field by key or label; dots go deeper, += adds to a list. Repeatable."),
)
source_option: Any = typer.Option(
    "",
    "--from",
    metavar="FILE",
    show_default=False,
    help=mark("Take the fields from a YAML or JSON file, or from stdin with -."),
)
links_option: Any = typer.Option(
    [], "--link", "-l", metavar="PRIOR[:TYPE]", show_default=False, help=mark("Link to an earlier record. Repeatable.")
)
follow_ups_option: Any = typer.Option(
    [],
    "--follow-up",
    "-f",
    metavar="TEXT",
    show_default=False,
    help=mark("What is to be done: action=…; owner=…; priority=…; due=…. Repeatable."),
)
new_customer_option: Any = typer.Option(
    "",
    "--new-customer",
    metavar="NAME",
    show_default=False,
    help=mark("Also write a file for a customer who is not known yet."),
)
dry_run_option: Any = typer.Option(False, "--dry-run", help=mark("Print what would be written, and write nothing."))


@command(mark("Write a new record of a template; prints its id."))
def create_command(
    context: typer.Context,
    template: str = template_argument,
    assignments: list[str] = assignments_option,
    source: str = source_option,
    edit: bool = edit_option,
    links: list[str] = links_option,
    follow_ups: list[str] = follow_ups_option,
    new_customer: str = new_customer_option,
    dry_run: bool = dry_run_option,
) -> None:
    session = session_of(context)
    workspace = session.workspace
    form = workspace.catalog.get(template)
    fields = _read_source(session, form, source) if source else {}
    fields = assign_all(workspace, form, fields, assignments)
    request = Request(
        form.name,
        fields,
        [_split_link(link) for link in links],
        [parse_follow_up(workspace, text, form.name) for text in follow_ups],
        new_customer or None,
        choose_random,
    )
    draft = find_draft(workspace, source) if source not in {"", "-"} else None
    if edit:
        say(create_in_editor(session, form, request, draft).id)
        return
    if not (source or assignments) and is_interactive():
        _create_by_asking(session, form, request, is_dry=dry_run)
    elif dry_run:
        _show_draft(workspace, request)
    else:
        record = create_record(workspace, request)
        drop_draft(draft)
        _tell(record, is_new_customer=bool(request.new_customer))


def _create_by_asking(session: Session, form: Template, request: Request, *, is_dry: bool) -> None:
    """Write what somebody answers; what is refused is put right in the editor: answers are not typed twice."""
    with keeping_answers(session, request) as answers:
        asked = ask_record(session, form, answers)
        if is_dry:
            _show_draft(session.workspace, asked)
            return
        try:
            record = create_record(session.workspace, asked)
        except InvalidError as fault:
            show_fault(fault)
            if not confirm(translate("Put it right in the editor?"), default=True):
                raise typer.Exit(int(fault.exit_code)) from None
        else:
            _tell(record, is_new_customer=bool(asked.new_customer))
            return
    _tell(create_in_editor(session, form, asked), is_new_customer=bool(asked.new_customer))


def _tell(record: Record, *, is_new_customer: bool) -> None:
    """The id on stdout, for scripts; the files on stderr, for people."""
    say(record.id)
    if is_new_customer:
        warn(translate("wrote {path}").format(path=record_path(CUSTOMER, str(record.fields["customer"]))))
    warn(translate("wrote {path}").format(path=record.path))


def _show_draft(workspace: Workspace, request: Request) -> None:
    with workspace.trial():
        draft = draft_record(workspace, request)
    if draft.customer is not None:
        say(draft.customer.text)
        say("---")
    say(draft.text)


def _split_link(text: str) -> tuple[str, str]:
    if text.startswith("ref:"):
        return text, "relates"
    prior, _, link_type = text.partition(":")
    return prior, link_type or "follows"


def _read_source(session: Session, form: Template, source: str) -> Fields:
    if source == "-":
        raw, name = read_stdin(), "<stdin>"
    else:
        name = source
        try:
            raw = Path(source).read_bytes()
        except FileNotFoundError:
            raise NotFoundError(mark("there is no such file"), file=source) from None
        except OSError as fault:
            raise UnreadableError(
                mark("cannot be read: {reason}"), file=source, reason=fault.strerror or str(fault)
            ) from None
    if not raw.strip():
        raise UsageError(mark("there is nothing in {name}"), name=name)
    fields = parse_input(raw, name)
    named = fields.get("template", form.name)
    if named != form.name:
        raise UsageError(
            mark("{name} is for the template '{found}', not '{wanted}'"),
            name=name,
            found=named,
            wanted=form.name,
            remedy=mark("commlog create {found} --from {name}"),
        )
    return converter_of(session.workspace).translate_data(form, fields)
