"""The command `commlog issue`: create, list, show, edit, and the verbs that move an issue through its states."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import typer

from commlog.cli import options
from commlog.cli.editor import create_in_editor
from commlog.cli.prompts import Answers, ask_fields, keeping_answers
from commlog.cli.session import Session, choose_random
from commlog.cli.terminal import ask, command, finish, is_interactive, say, session_of, warn
from commlog.errors import UsageError
from commlog.forms.fields import find_field, find_value
from commlog.issues.change import IssueDetails, confirm_issue, issue_fields, issues_from, move_issue, pending_of_issue
from commlog.issues.list import IssueView, list_issues, read_issues
from commlog.issues.rules.issue import CLOSED, OPEN, RESULTS, Confirmation
from commlog.issues.text import format_issue_form
from commlog.messages import mark, translate
from commlog.output.formats import LISTING_FORMATS
from commlog.output.listing import Listing
from commlog.records.commands.records import make_edit, make_show
from commlog.records.draft import assign_all, parse_follow_up
from commlog.records.find import read_record
from commlog.records.rules.consistency import split_names
from commlog.records.write import RecordRequest, create_record
from commlog.values import ISSUE, Record, text_of
from commlog.worktime.limits import Limit, parse_limit
from commlog.worktime.periods import Interval, parse_interval

_FORM = "form"

source_option: Any = options.text_option(
    "--from", "ID", mark("Copy what this conversation already contains, and link to it.")
)
owner_option: Any = options.text_option("--owner", "MEMBER", mark("The person who has to solve it."))
department_option: Any = options.text_option("--department", "NAME", mark("The department that has to solve it."))
owners_option: Any = options.text_option("--owner", "A,B", mark("Only those a member has to solve."))
departments_option: Any = options.text_option("--department", "A,B", mark("Only those of a department."))
categories_option: Any = options.text_option(
    "--category", "A,B", mark("Only product, service, price, logistics or other.")
)
statuses_option: Any = options.text_option(
    "--status", "A,B", mark("Only those with this status: open, in_progress, fixed, …")
)
older_option: Any = options.text_option(
    "--older-than", "AGE", mark("Only those reported at least this long ago: 30d, 2w, 3m; or 10wd in working days.")
)
group_option: Any = options.text_option("--by", "owner|department|category|age", mark("Group by a column."))
all_option: Any = options.flag("--all", mark("Also list closed ones."), "-a")
list_format_option: Any = options.format_choice(
    *LISTING_FORMATS, help_text=mark("{formats}; form is the tracking form as on paper."), more=(_FORM,)
)
solution_option: Any = options.text_option(
    "--solution", "SOLUTION", mark("The cause found and what was done (required unless the record has it).")
)
close_reason_option: Any = options.text_option(
    "--reason", "REASON", mark("Why there is no confirmation by the customer.")
)
reopen_reason_option: Any = options.text_option(
    "--reason", "REASON", mark("What the customer was not satisfied with (required).")
)
to_option: Any = options.text_option("--to", "MEMBER", mark("Who takes it over."))
new_department_option: Any = options.text_option("--department", "NAME", mark("The department that takes it over."))
result_option: Any = options.text_option(
    "--result",
    "satisfied|needs_improvement|no_answer",
    mark("What the customer said; satisfied closes the issue, needs_improvement opens it again."),
    default=...,
)
confirmer_option: Any = options.text_option("--confirmed-by", "WHO", mark("Who confirmed it on the customer's side."))
how_option: Any = options.text_option("--how", "CHANNEL", mark("How it reached us: by phone, WeChat, e-mail…"))
score_option: Any = options.text_option("--score", "1-5", mark("The score the customer gave, 5 is best."))
keep_open_option: Any = options.flag("--keep-open", mark("Do not close the issue even if the customer is satisfied."))
improvement_option: Any = options.text_option(
    "--note", "NOTE", mark("A note; with needs_improvement, what to improve (required).")
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
        category = options.labels_of(session).value("category", guessed)
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
        limit or options.NO_LIMIT,
        reveal,
    )
    listing = list_issues(session.workspace, " ".join(query or ()), view)
    if output_format == _FORM:
        return _answer_form(session, listing, reveal=reveal)
    return options.answer_listing(session, listing, columns, output_format)


def _answer_form(session: Session, listing: Listing, *, reveal: bool) -> int:
    workspace = session.workspace
    issues = read_issues(workspace, listing, reveal=reveal)
    names = {row[0]: str(row[1] or "") for row in listing.narrowed(("id", "customer_name")).rows}
    say(format_issue_form(issues, workspace.catalog.get(ISSUE), names, options.labels_of(session)))
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


def _make_move(verb: str) -> Callable[..., None]:
    """The command of a verb that takes a remark alone."""

    def move(
        context: typer.Context,
        issue: str = options.id_argument,
        note: str = options.note_option,
        by: str = options.by_option,
    ) -> None:
        _move(context, issue, verb, note=note, by=by)

    return move


def _move(context: typer.Context, issue: str, verb: str, **details: str) -> IssueDetails:
    """Move an issue by a verb and tell its new state; gives what was said with the verb, without blanks around it."""
    session = session_of(context)
    told = IssueDetails(**{key: text if key in {"by", "note"} else text.strip() for key, text in details.items()})
    _tell_moved(session, move_issue(session.workspace, issue, verb, told))
    return told


@command(mark("Mark an issue as fixed, with its solution."))
def issue_fix_command(
    context: typer.Context,
    issue: str = options.id_argument,
    solution: str = solution_option,
    note: str = options.note_option,
    by: str = options.by_option,
) -> None:
    _move(context, issue, "fix", solution=solution, note=note, by=by)


@command(mark("Record whether the customer is satisfied. Closes the issue, or opens it again."))
def issue_confirm_command(
    context: typer.Context,
    issue: str = options.id_argument,
    result: str = result_option,
    confirmed_by: str = confirmer_option,
    how: str = how_option,
    score: str = score_option,
    keep_open: bool = keep_open_option,
    note: str = improvement_option,
    by: str = options.by_option,
) -> None:
    session = session_of(context)
    given = Confirmation(_result_of(session, result), confirmed_by.strip(), how.strip(), _score_of(score))
    told = IssueDetails(by=by, note=note.strip())
    _tell_moved(session, confirm_issue(session.workspace, issue, told, given, keeps_open=keep_open))


@command(mark("Close an issue. Without the customer's confirmation, --reason is needed."))
def issue_close_command(
    context: typer.Context,
    issue: str = options.id_argument,
    reason: str = close_reason_option,
    note: str = options.note_option,
    by: str = options.by_option,
) -> None:
    _move(context, issue, "close", reason=reason, note=note, by=by)


@command(mark("Open an issue again: a new round begins."))
def issue_reopen_command(
    context: typer.Context,
    issue: str = options.id_argument,
    reason: str = reopen_reason_option,
    by: str = options.by_option,
) -> None:
    _move(context, issue, "reopen", reason=reason, by=by)


@command(mark("Assign an issue to another member or department."))
def issue_assign_command(
    context: typer.Context,
    issue: str = options.id_argument,
    to: str = to_option,
    department: str = new_department_option,
    note: str = options.note_option,
    by: str = options.by_option,
) -> None:
    told = _move(context, issue, "assign", owner=to, department=department, note=note, by=by)
    settings = session_of(context).workspace.log.settings
    if told.owner and settings.members and settings.find_member(told.owner) is None:
        warn(translate("'{name}' is not a member: treated as a department").format(name=told.owner))


def _score_of(text: str) -> int | None:
    """The score somebody typed; None when they typed none.

    Raises:
        UsageError: it is no whole number.
    """
    plain = text.strip()
    if not plain:
        return None
    if not plain.removeprefix("-").isdecimal() or len(plain) > 9:
        raise UsageError(
            mark("the score '{value}' is not a number"),
            value=text,
            remedy=mark("give a whole number from 1 (lowest) to 5 (highest)"),
        )
    return int(plain)


def _result_of(session: Session, words: str) -> str:
    """The result that words mean, by slug or label."""
    field = find_field(session.workspace.catalog.get(ISSUE), "confirmation.result")
    return words if words in RESULTS or field is None else find_value(field, words) or words


def _tell_moved(session: Session, issue: Record) -> None:
    """Print the id on stdout, for scripts, and how the issue stands on stderr, for people."""
    labels = options.labels_of(session)
    say(issue.id)
    owner = text_of(issue.fields, "owner")
    warn(
        translate("{id} is {status}; owner: {owner}").format(
            id=issue.id,
            status=labels.value("status", str(issue.fields.get("status"))),
            owner=labels.value("owner", owner) if owner else text_of(issue.fields, "department") or "-",
        )
    )
    pending = pending_of_issue(issue)
    if issue.fields.get("status") == CLOSED and pending:
        warn(
            translate("closed, but these follow-ups are still pending: {addresses}").format(
                addresses=", ".join(pending)
            )
        )


issue_show_command = command(mark("Show an issue."))(make_show(ISSUE))
issue_edit_command = command(mark("Change an issue, with --set or in $EDITOR."))(make_edit(ISSUE))
issue_start_command = command(mark("Mark an issue as being worked on."))(_make_move("start"))
issue_wait_command = command(mark("Mark an issue as waiting for the customer."))(_make_move("wait"))
