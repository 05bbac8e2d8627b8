"""The command `commlog issue`."""

from dataclasses import replace
from typing import Any

import typer

from commlog.cli import options
from commlog.cli.editor import create_in_editor
from commlog.cli.options import NO_LIMIT, answer_listing, flag, format_choice, labels_of, text_option
from commlog.cli.prompts import Answers, ask_fields, keeping_answers
from commlog.cli.session import Session, choose_random
from commlog.cli.terminal import ask, command, finish, is_interactive, say, session_of, warn
from commlog.errors import UsageError
from commlog.issues.create import issue_fields, issues_from
from commlog.issues.list import IssueView, list_issues, read_issues
from commlog.issues.rules.issue import OPEN
from commlog.issues.text import format_issue_form
from commlog.messages import mark, translate
from commlog.output.formats import LISTING_FORMATS
from commlog.output.listing import Listing
from commlog.records.commands.records import make_edit, make_show
from commlog.records.draft import assign_all
from commlog.records.find import read_record
from commlog.records.rules.consistency import split_names
from commlog.records.typed_follow_ups import parse_follow_up
from commlog.records.write import RecordRequest, create_record
from commlog.values import ISSUE, Record
from commlog.worktime.limits import Limit, parse_limit
from commlog.worktime.periods import Interval, parse_interval

_FORM = "form"

source_option: Any = text_option("--from", "ID", mark("Copy what this conversation already contains, and link to it."))
owner_option: Any = text_option("--owner", "MEMBER", mark("The person who has to solve it."))
department_option: Any = text_option("--department", "NAME", mark("The department that has to solve it."))
owners_option: Any = text_option("--owner", "A,B", mark("Only those a member has to solve."))
departments_option: Any = text_option("--department", "A,B", mark("Only those of a department."))
categories_option: Any = text_option("--category", "A,B", mark("Only product, service, price, logistics or other."))
statuses_option: Any = text_option("--status", "A,B", mark("Only those with this status: open, in_progress, fixed, …"))
older_option: Any = text_option(
    "--older-than", "AGE", mark("Only those reported at least this long ago: 30d, 2w, 3m; or 10wd in working days.")
)
group_option: Any = text_option("--by", "owner|department|category|age", mark("Group by a column."))
all_option: Any = flag("--all", mark("Also list closed ones."), "-a")
list_format_option: Any = format_choice(
    *LISTING_FORMATS, help_text=mark("{formats}; form is the tracking form as on paper."), more=(_FORM,)
)


@command(mark("Create an issue, from a conversation or on its own. Prints its id."))
def issue_create_command(
    context: typer.Context,
    source: str = source_option,
    assignments: list[str] = options.set_option,
    owner: str = owner_option,
    department: str = department_option,
    follow_ups: list[str] = options.follow_ups_option,
    edit_form: bool = options.edit_option,
) -> None:
    session = session_of(context)
    workspace = session.workspace
    form = workspace.catalog.get(ISSUE)
    prior = read_record(workspace, source).id if source else ""
    known = issue_fields(workspace, prior) if prior else {}
    known |= {key: value for key, value in (("owner", owner), ("department", department)) if value}
    fields = assign_all(workspace, form, known, assignments)
    links = [(prior, "relates")] if prior else []
    texts = [parse_follow_up(workspace, text, ISSUE) for text in follow_ups]
    request = RecordRequest(ISSUE, fields, links, texts, choose=choose_random)
    earlier = issues_from(workspace, prior) if prior else ()
    if edit_form:
        record = create_in_editor(session, form, request)
    else:
        if is_interactive():
            request = replace(request, fields={"status": OPEN, **request.fields})
        with keeping_answers(session, request) as answers:
            if is_interactive():
                _ask_missing(session, answers)
            record = create_record(workspace, answers.request)
    _tell_created(session, record, known.get("category"), earlier)


def _ask_missing(session: Session, answers: Answers) -> None:
    """Ask for what is still missing."""
    template = session.workspace.catalog.get(ISSUE)
    filled_in = {"id", "template", "reported_on"}
    if any(field.required and field.key not in {*answers.request.fields, *filled_in} for field in template.fields):
        ask_fields(session, template, answers)
    if "owner" not in answers.request.fields and "department" not in answers.request.fields:
        name = ask(translate("Who has to solve it? A member, or a department") + ": ").strip()
        is_member = session.workspace.log.settings.find_member(name) is not None
        if name:
            answers.keep("owner" if is_member else "department", name)


def _tell_created(session: Session, record: Record, guessed: str | None, earlier: tuple[str, ...]) -> None:
    """The id on stdout; on stderr the file, what was guessed, and issues that may be the same."""
    say(record.id)
    if guessed and record.fields.get("category") == guessed:
        category = labels_of(session).value("category", guessed)
        warn(translate("category: {category}, by the conversation's form").format(category=category))
    if earlier:
        warn(translate("issues already created from this conversation: {ids}").format(ids=", ".join(earlier)))
    warn(translate("wrote {path}").format(path=record.path))


@command(mark("List issues that are not closed, the oldest first."))
def issue_list_command(
    context: typer.Context,
    query: list[str] = options.query_argument,
    owner: str = owners_option,
    department: str = departments_option,
    category: str = categories_option,
    status: str = statuses_option,
    older_than: str = older_option,
    by: str = group_option,
    is_all: bool = all_option,
    columns: str = options.columns_option,
    sort: str = options.sort_option,
    limit: int = options.limit_option,
    output_format: str = list_format_option,
    reveal: bool = options.reveal_option,
) -> int:
    session = session_of(context)
    view = IssueView(
        split_names(owner),
        split_names(department),
        split_names(category),
        split_names(status),
        _age_of(older_than) if older_than else None,
        is_all,
        by.strip(),
        sort,
        limit or NO_LIMIT,
        reveal,
    )
    listing = list_issues(session.workspace, " ".join(query or ()), view)
    if output_format == _FORM:
        return _answer_form(session, listing, reveal=reveal)
    return answer_listing(session, listing, columns, output_format)


def _answer_form(session: Session, listing: Listing, *, reveal: bool) -> int:
    workspace = session.workspace
    issues = read_issues(workspace, listing, reveal=reveal)
    names = {row[0]: str(row[1] or "") for row in listing.narrowed(("id", "customer_name")).rows}
    say(format_issue_form(issues, workspace.catalog.get(ISSUE), names, labels_of(session)))
    return finish(session)


def _age_of(text: str) -> Interval | Limit:
    """The age --older-than names.

    Raises:
        UsageError: it names none.
    """
    plain = text.strip().lower()
    try:
        age = parse_limit(plain) if plain.endswith("wd") else parse_interval(plain)
    except ValueError:
        age = None
    if age is None:
        raise UsageError(
            mark("invalid value for --older-than: '{value}' is not a length of time"),
            value=text,
            remedy=mark("write 30d, 2w, 3m or 1y, or 10wd in working days"),
        )
    return age


issue_show_command = command(mark("Show an issue."))(make_show(ISSUE))
issue_edit_command = command(mark("Change an issue, with --set or in $EDITOR."))(make_edit(ISSUE))
