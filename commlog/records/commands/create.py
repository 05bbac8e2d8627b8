"""The command `commlog create`: from options, a file, questions or the editor."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from commlog.cli import options
from commlog.cli.session import Session, choose_random
from commlog.cli.terminal import command, confirm, is_interactive, read_stdin, say, session_of, warn
from commlog.errors import InvalidError, NotFoundError, UsageError
from commlog.forms.catalog import Template
from commlog.log.log import not_readable
from commlog.log.names import record_path
from commlog.messages import mark, translate
from commlog.records.draft import assign_all, converter_of, parse_follow_up, parse_input
from commlog.records.write import RecordRequest, create_record, draft_record
from commlog.values import CUSTOMER, Fields, Record
from commlog.workspace import Workspace

template_argument: Any = options.argument(
    "TEMPLATE", mark("member, service, relationship, visit, issue, survey, customer, answer, or one of the team's own.")
)
source_option: Any = options.text_option(
    "--from", "FILE", mark("Read the fields from a YAML or JSON file, or from stdin with -.")
)
links_option: Any = options.text_option(
    "--link", "PRIOR[:TYPE]", mark("Link to an earlier record. Repeatable."), "-l", default=[]
)
new_customer_option: Any = options.text_option(
    "--new-customer", "NAME", mark("Also create a customer who is not known yet.")
)
dry_run_option: Any = options.flag("--dry-run", mark("Show what would be written; write nothing."))


@command(mark("Create a record from a template; prints its id."))
def create_command(
    context: typer.Context,
    template: str = template_argument,
    assignments: list[str] = options.set_option,
    source: str = source_option,
    edit: bool = options.edit_option,
    links: list[str] = links_option,
    follow_ups: list[str] = options.follow_ups_option,
    new_customer: str = new_customer_option,
    dry_run: bool = dry_run_option,
) -> None:
    session = session_of(context)
    workspace = session.workspace
    form = workspace.catalog.get(template)
    fields = _read_source(session, form, source) if source else {}
    fields = assign_all(workspace, form, fields, assignments)
    request = RecordRequest(
        form.name,
        fields,
        [_split_link(link) for link in links],
        [parse_follow_up(workspace, text, form.name) for text in follow_ups],
        new_customer or None,
        choose_random,
    )
    if edit:
        from commlog.cli.editor import create_in_editor

        say(create_in_editor(session, form, request, _draft_of(workspace, source)).id)
    elif not (source or assignments) and is_interactive():
        _create_by_asking(session, form, request, is_dry=dry_run)
    elif dry_run:
        _show_draft(workspace, request)
    else:
        draft = _draft_of(workspace, source)
        record = create_record(workspace, request)
        if draft is not None:
            # Its content is in a record now; a draft that cannot be removed stays.
            with suppress(OSError):
                draft.unlink()
        _tell(record, is_new_customer=bool(request.new_customer))


def _draft_of(workspace: Workspace, source: str) -> Path | None:
    """The draft of this log that the fields are read from; None for any other source."""
    if source in {"", "-"}:
        return None
    from commlog.cli.editor import find_draft

    return find_draft(workspace, source)


def _create_by_asking(session: Session, form: Template, request: RecordRequest, *, is_dry: bool) -> None:
    """Write what somebody answers; what is refused is put right in the editor: answers are not typed twice."""
    from commlog.cli.editor import create_in_editor
    from commlog.cli.faults import show_fault
    from commlog.cli.prompts import ask_record, keeping_answers

    with keeping_answers(session, request) as answers:
        asked = ask_record(session, form, answers)
        if is_dry:
            _show_draft(session.workspace, asked)
            return
        try:
            record = create_record(session.workspace, asked)
        except InvalidError as fault:
            show_fault(fault)
            if not confirm(translate("Correct it in the editor?"), default=True):
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


def _show_draft(workspace: Workspace, request: RecordRequest) -> None:
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
            raise not_readable(source, fault) from None
    if not raw.strip():
        raise UsageError(mark("{name} is empty"), name=name)
    fields = parse_input(raw, name)
    named = fields.get("template", form.name)
    if named != form.name:
        raise UsageError(
            mark("{name} is for the template '{found}', not '{wanted}'"),
            name=name,
            found=named,
            wanted=form.name,
            remedy=mark("run: commlog create {found} --from {name}"),
        )
    return converter_of(session.workspace).translate_data(form, fields)
