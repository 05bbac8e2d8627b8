"""The command `commlog answer`."""

import json
from dataclasses import asdict
from typing import Any, Final

import typer

from commlog.answers.list import AnswerMatch, find_answers, list_answers
from commlog.cli import options
from commlog.cli.editor import create_in_editor
from commlog.cli.prompts import ask_fields, keeping_answers
from commlog.cli.session import choose_random
from commlog.cli.terminal import command, finish, is_interactive, say, session_of, warn
from commlog.errors import UsageError
from commlog.messages import mark, translate
from commlog.output.labels import Labels
from commlog.output.text import harmless
from commlog.records.commands.records import make_edit, make_show
from commlog.records.draft import assign_all
from commlog.records.write import RecordRequest, create_record
from commlog.values import ANSWER, Data

_AUDIENCES: Final = ("internal", "customer")

words_argument: Any = options.argument("WORDS", mark("The customer's question, in any words; several are joined."))
audience_option: Any = options.text_option(
    "--audience",
    "internal|customer",
    mark("customer: only answers that may be given to customers unchanged."),
    default="internal",
)
find_format_option: Any = options.format_choice("text", "json", "ids")


@command(mark("Create a standard answer; prints its id."))
def answer_create_command(
    context: typer.Context, assignments: list[str] = options.set_option, edit_form: bool = options.edit_option
) -> None:
    session = session_of(context)
    form = session.workspace.catalog.get(ANSWER)
    fields = assign_all(session.workspace, form, {}, assignments)
    request = RecordRequest(ANSWER, fields, choose=choose_random)
    if edit_form:
        say(create_in_editor(session, form, request).id)
        return
    with keeping_answers(session, request) as answers:
        if not fields and is_interactive():
            ask_fields(session, form, answers)
        record = create_record(session.workspace, answers.request)
    say(record.id)
    warn(translate("wrote {path}").format(path=record.path))


@command(mark("List standard answers."))
def answer_list_command(
    context: typer.Context,
    query: list[str] = options.query_argument,
    columns: str = options.columns_option,
    sort: str = options.sort_option,
    limit: int = options.limit_option,
    output_format: str = options.format_option,
) -> int:
    session = session_of(context)
    listing = list_answers(session.workspace, " ".join(query or ()), (), (sort, limit or options.NO_LIMIT))
    return options.answer_listing(session, listing, columns, output_format)


@command(mark("Find a standard answer by keywords in the customer's question. The longest keyword comes first."))
def answer_find_command(
    context: typer.Context,
    words: list[str] = words_argument,
    audience: str = audience_option,
    limit: int = options.limit_option,
    output_format: str = find_format_option,
) -> int:
    if audience not in _AUDIENCES:
        raise UsageError.of_choice(
            mark("invalid value for --audience: '{value}' is not internal or customer"), _AUDIENCES, value=audience
        )
    session = session_of(context)
    found = find_answers(session.workspace, " ".join(words), "customer" if audience == "customer" else "internal")
    matches = found.matches[:limit] if limit > 0 else found.matches
    if output_format == "json":
        say(json.dumps([_data(match) for match in matches], ensure_ascii=False, indent=2))
    elif matches:
        texts = (match.id if output_format == "ids" else _text(match, options.labels_of(session)) for match in matches)
        say(("\n" if output_format == "ids" else "\n\n").join(texts))
    else:
        warn(translate("no answer matches"))
    for match in found.expired:
        warn(
            translate("left out, valid until {day}: {id} {question}").format(
                day=match.valid_until, id=match.id, question=match.question.strip()
            )
        )
    return finish(session)


def _text(match: AnswerMatch, labels: Labels) -> str:
    """An answer for reading: its question, what may be said, and where it stands."""
    about = [match.id, labels.value("audience", match.audience)]
    if match.keyword:
        about.append(translate("keyword: {keyword}").format(keyword=match.keyword))
    if match.valid_until:
        about.append(translate("valid until {day}").format(day=match.valid_until))
    answer = "\n".join(f"  {line}" for line in harmless(match.answer.strip(), keep_lines=True).split("\n"))
    return f"{harmless(match.question.strip())}\n{answer}\n  ({harmless(', '.join(about))})"


def _data(match: AnswerMatch) -> dict[str, Data]:
    last_day = match.valid_until.isoformat() if match.valid_until else None
    return asdict(match) | {"keyword": match.keyword or None, "valid_until": last_day}


answer_show_command = command(mark("Show a standard answer."))(make_show(ANSWER))
answer_edit_command = command(mark("Change a standard answer, with --set or in $EDITOR."))(make_edit(ANSWER))
