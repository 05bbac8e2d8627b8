"""Answers given at the prompts: kept as a draft when somebody stops half-way, or when what they make is refused."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import typer

from commlog.cli.cli_drafts import write_draft
from commlog.cli.session import Session
from commlog.cli.terminal import warn
from commlog.errors import CommlogError
from commlog.messages import translate
from commlog.records.write import Request
from commlog.values import Data, Fields


@dataclass(slots=True)
class Answers:
    """What is known so far of a record that is being asked for; it grows with every answer."""

    request: Request

    def keep(self, key: str, value: Data) -> None:
        """Add the answer for a field."""
        self.request = replace(self.request, fields={**self.request.fields, key: value})

    def keep_follow_up(self, follow_up: Fields) -> None:
        """Add a follow-up, its due as typed."""
        self.request = replace(self.request, follow_ups=[*self.request.follow_ups, follow_up])

    def keep_new_customer(self, name: str) -> None:
        """Add the name of a customer who is not known yet."""
        self.request = replace(self.request, new_customer=name)


@contextmanager
def keeping_answers(session: Session, request: Request) -> Iterator[Answers]:
    """Answers that are not lost: whoever stops, or is refused, is told where they are and which command goes on."""
    answers = Answers(request)
    try:
        yield answers
    except (typer.Abort, typer.Exit, KeyboardInterrupt, CommlogError):
        if answers.request != request:
            _keep(session, answers.request)
        raise


def _keep(session: Session, request: Request) -> None:
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
    warn(translate("go on from there with: {command}").format(command=shlex.join(words)))
