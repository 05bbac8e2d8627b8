"""Questions on a terminal: a template field by field, choices by number or label, advice beside the question."""

import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import typer

from commlog.cli.editor import write_draft
from commlog.cli.faults import show_fault
from commlog.cli.session import Session
from commlog.cli.terminal import advise, ask, confirm, warn
from commlog.errors import AmbiguousError, CommlogError, NotFoundError, UsageError
from commlog.followups.rules.new_follow_up import Opening, complete_follow_up
from commlog.forms.catalog import Template
from commlog.forms.conversion import ConversionError
from commlog.forms.fields import LIST, MAPPING, Field, hint, label, value_label
from commlog.messages import current_language, translate
from commlog.records.complete import terms_of
from commlog.records.draft import converter_of, parse_follow_up
from commlog.records.find import find_customer
from commlog.records.write import RecordRequest
from commlog.values import Data, Fields


@dataclass(slots=True)
class Answers:
    """What is known so far of a record that is being asked for; it grows with every answer."""

    request: RecordRequest

    def keep(self, key: str, value: Data) -> None:
        """Add the answer for a field."""
        self.request = replace(self.request, fields={**self.request.fields, key: value})


@contextmanager
def keeping_answers(session: Session, request: RecordRequest) -> Iterator[Answers]:
    """Answers that are not lost: when somebody stops, or is refused, they read where the answers are and which command goes on."""
    answers = Answers(request)
    try:
        yield answers
    except (typer.Abort, typer.Exit, KeyboardInterrupt, CommlogError):
        if answers.request != request:
            _keep(session, answers.request)
        raise


def _keep(session: Session, request: RecordRequest) -> None:
    from commlog.yamltext.format import format_document

    fields: Fields = {"template": request.template, **request.fields}
    if request.follow_ups:
        given = fields.get("followups")
        fields["followups"] = [*(given if isinstance(given, list) else []), *request.follow_ups]
    draft = write_draft(session.workspace, request.template, format_document(fields))
    warn(translate("your answers are kept in {file}").format(file=draft))
    words = ["commlog", "create", request.template, "--from", str(draft), "--edit"]
    words += ["--new-customer", request.new_customer] if request.new_customer else []
    words += [word for prior, kind in request.links for word in ("--link", f"{prior}:{kind}")]
    words += ["--log", session.folder] if session.folder else []
    warn(translate("continue with: {command}").format(command=shlex.join(words)))


# Filled in by the tool, or asked for in another way.
_NOT_ASKED: Final = frozenset(
    {"id", "template", "recorded_at", "history", "links", "followups", "extra", "agent", "party", "last_contact_at"}
)
# Outcomes that promise something: the promise is asked for.
_PROMISING: Final = frozenset({"follow_up", "transferred"})
# A phone number as people type it, which is nobody's name.
_NUMBER: Final = re.compile(r"[+＋]?[0-9０-９ ()（）./-]{3,}")
# Filled in when they stay empty: the time of the conversation is now.
_HAVE_DEFAULT: Final = frozenset({"started_at", "reported_on"})
_ONLY_WHEN: Final = {"channel_detail": ("channel", "other")}


def ask_record(session: Session, template: Template, answers: Answers) -> RecordRequest:
    """The request completed with the user's answers: a customer, who may be new, the fields, and the follow-ups the outcome needs."""
    _introduce()
    customer = next((field for field in template.fields if field.key == "customer" and field.required), None)
    if customer is not None and "customer" not in answers.request.fields and not answers.request.new_customer:
        _ask_customer(session, customer, answers)
    fields = _ask_form(session, template, answers)
    if fields.get("outcome") in _PROMISING and not answers.request.follow_ups:
        _ask_follow_ups(session, template, answers)
    return answers.request


def _introduce() -> None:
    typer.echo(
        translate("Press Enter to skip an optional field; Ctrl-C stops and keeps your answers as a draft."), err=True
    )


def _ask_customer(session: Session, field: Field, answers: Answers) -> None:
    """Ask for a customer who is known, or for the name of a new one."""
    language = current_language()
    advise(
        "  " + translate("an id, a name, a phone number or an e-mail address; anonymous for somebody who gave no name")
    )
    while True:
        answer = ask(f"{label(field, language)}: ").strip()
        if not answer:
            typer.echo("  " + translate("this is required"), err=True)
            continue
        try:
            found = find_customer(session.workspace, answer)
        except AmbiguousError as fault:
            show_fault(fault)
        except NotFoundError as fault:
            show_fault(fault)
            name = _ask_new_name(answer)
            if name:
                answers.request = replace(answers.request, new_customer=name)
                return
        else:
            answers.keep("customer", found)
            return


def _ask_new_name(answer: str) -> str:
    """What a new customer is called: as was typed, unless that is a number or an address; empty when nobody new is wanted."""
    if "@" not in answer and not _NUMBER.fullmatch(answer):
        return (
            answer if confirm(translate("A new customer called '{name}'?").format(name=answer), default=False) else ""
        )
    return ask(translate("The name of the new customer, or Enter for none") + ": ").strip()


def _ask_follow_ups(session: Session, template: Template, answers: Answers) -> None:
    """Ask for follow-ups in the words of `--follow-up`, until Enter; one that is not understood is asked for again."""
    workspace = session.workspace
    opening = Opening(workspace.stamp, workspace.stamp, workspace.member or "")
    advise("  " + translate("what is to be done, e.g. Ring back; owner=li; due=3wd; press Enter to finish"))
    while answer := ask(translate("Follow-up") + ": ").strip():
        try:
            wanted = parse_follow_up(workspace, answer, template.name)
            complete_follow_up(terms_of(workspace), {key: wanted[key] for key in ("due",) if key in wanted}, 1, opening)
        except UsageError as fault:
            show_fault(fault)
        else:
            answers.request = replace(answers.request, follow_ups=[*answers.request.follow_ups, wanted])


def ask_fields(session: Session, template: Template, answers: Answers) -> Fields:
    """The fields somebody gives when asked; an empty answer passes over what is not required.

    Required fields come first come in the form's order; then those that are optional, if more is wanted.
    """
    _introduce()
    return _ask_form(session, template, answers)


def _ask_form(session: Session, template: Template, answers: Answers) -> Fields:
    request = answers.request
    asked = [
        field
        for field in template.fields
        if field.key not in _NOT_ASKED
        and field.key not in request.fields
        and not field.read_only
        and not (field.key == "customer" and request.new_customer)
    ]
    first = [field for field in asked if field.required]
    first += [field for field in asked if field.key in _ONLY_WHEN]
    _ask_all(session, first, answers)
    rest = [field for field in asked if field not in first and field.type != MAPPING]
    if rest and confirm(translate("More fields?"), default=False):
        _ask_all(session, rest, answers)
    return answers.request.fields


def _ask_all(session: Session, asked: Sequence[Field], answers: Answers) -> None:
    for field in asked:
        needed = _ONLY_WHEN.get(field.key)
        if needed and answers.request.fields.get(needed[0]) != needed[1]:
            continue
        value = _ask(session, field)
        if value is not None:
            answers.keep(field.key, value)


def _ask(session: Session, field: Field) -> Data:
    """One field's value, asked for until it fits; None when it was passed over."""
    language = current_language()
    advice = hint(field, language)
    if advice:
        advise(f"  {advice}")
    choices = list(field.enum)
    for number, choice in enumerate(choices, start=1):
        typer.echo(f"  {number}. {value_label(field, choice, language)}", err=True)
    default = _in_words(field, language)
    while True:
        answer = (
            ask(f"{label(field, language)} [{default}]: " if default else f"{label(field, language)}: ").strip()
            or default
        )
        if not answer:
            if not field.required or field.key in _HAVE_DEFAULT:
                return None
            typer.echo("  " + translate("this is required"), err=True)
            continue
        if choices and answer.isdecimal() and 0 < int(answer) <= len(choices):
            return choices[int(answer) - 1]
        try:
            return _convert(session, field, answer)
        except ConversionError as fault:
            expected = fault.facts.get("expected", "")
            typer.echo(
                "  "
                + translate("'{value}' is not valid; expected: {expected}").format(value=answer, expected=expected),
                err=True,
            )
        except NotFoundError as fault:
            show_fault(fault)


def _in_words(field: Field, language: str) -> str:
    """The field's default as somebody would type it; empty when it has none."""
    if isinstance(field.default, bool):
        return translate("yes") if field.default else translate("no")
    return value_label(field, field.default, language) if field.default is not None else ""


def _convert(session: Session, field: Field, answer: str) -> Data:
    if field.key == "customer":
        return find_customer(session.workspace, answer)
    converter = converter_of(session.workspace)
    if field.type == LIST and not answer.startswith("[") and field.item is not None and field.item.fields:
        text_key = next((child.key for child in field.item.fields if child.required), field.item.fields[0].key)
        return [{text_key: answer}]
    return converter.convert(field, answer)
