"""The command `commlog survey`."""

import shlex
from typing import Any, Literal

import typer

from commlog.cli import options
from commlog.cli.session import Session, choose_random
from commlog.cli.terminal import advise, ask, command, finish, is_interactive, say, session_of, warn
from commlog.errors import UsageError
from commlog.forms.fields import Field, find_field, hint, label
from commlog.messages import current_language, mark, translate
from commlog.records.commands.records import make_edit, make_show
from commlog.records.find import find_customer
from commlog.records.question import OptionTerm
from commlog.surveys import record as survey_records
from commlog.surveys.rules import is_score_text
from commlog.surveys.text import format_trend, format_trend_json
from commlog.surveys.trend import dimensions_of, list_surveys, survey_trend
from commlog.values import SURVEY, Data, Fields

target_argument: Any = options.argument(
    "ID|CUSTOMER", mark("The survey that is answered, or the customer who answers.")
)
period_option: Any = options.text_option(
    "--period", "PERIOD", mark("What it is about, e.g. 2026-Q1 (default: this quarter).")
)
contact_option: Any = options.text_option("--contact", "NAME", mark("The person who is asked."))
score_option: Any = options.text_option(
    "--score", "DIMENSION=1-5", mark("A score by dimension, by key or label: overall=4. Repeatable."), default=[]
)
entered_by_option: Any = options.text_option(
    "--entered-by", "customer|staff", mark("Who filled it in: the customer, or staff for them."), default="staff"
)
again_option: Any = options.flag(
    "--again", mark("Record another survey, even if the customer has already answered for this period.")
)
unanswered_option: Any = options.flag("--unanswered", mark("Only those not answered yet."))
by_option: Any = options.text_option(
    "--by", "quarter|month", mark("The periods; an answer counts on the day it was given."), default="quarter"
)
trend_format_option: Any = options.format_choice("table", "json", metavar="table|json")


@command(mark("Record that a customer was asked; prints the survey's id."))
def survey_request_command(
    context: typer.Context,
    customer: str = options.customer_argument,
    period: str = period_option,
    contact: str = contact_option,
) -> None:
    session = session_of(context)
    given = {key: value.strip() for key, value in (("period", period), ("contact", contact)) if value.strip()}
    record = survey_records.request_survey(session.workspace, customer, given, choose_random)
    say(record.id)
    warn(translate("wrote {path}").format(path=record.path))


@command(mark("Record a customer's scores; a low score opens a follow-up."))
def survey_record_command(
    context: typer.Context,
    target: str = target_argument,
    scores: list[str] = score_option,
    assignments: list[str] = options.set_option,
    entered_by: str = entered_by_option,
    period: str = period_option,
    again: bool = again_option,
) -> None:
    session = session_of(context)
    workspace = session.workspace
    survey = survey_records.find_survey(workspace, target, period.strip() or None)
    known: Fields = {"entered_by": survey_records.entered_by_of(workspace, entered_by)}
    if period.strip():
        known["period"] = period.strip()
    if survey is None:
        known["customer"] = find_customer(workspace, target)
    given = survey_records.answers_of(workspace, known, scores, assignments)
    # Before anything is asked: a second one is seldom what is meant.
    earlier = survey_records.earlier_answers(workspace, given, again=again) if survey is None else ()
    if not given.get("scores") and is_interactive():
        call = [target, "--entered-by", entered_by, *(["--again"] if again else [])]
        call += ["--period", period] if period.strip() else []
        call += [word for text in assignments for word in ("--set", text)]
        given = {**given, **_ask_or_tell(session, given, call)}
    _tell(session, survey_records.record_answers(workspace, survey, given, choose_random, again=again))
    if earlier:
        words = translate("there is already a survey of this period: {ids}; to correct it: commlog survey edit {id}")
        warn(words.format(ids=", ".join(earlier), id=earlier[-1]))


def _ask_or_tell(session: Session, given: Fields, call: list[str]) -> Fields:
    """The answers somebody gives; whoever stops is told the call, made longer by those given so far, that records them."""
    told: Fields = {}
    try:
        _ask_answers(session, given, told)
    except (typer.Abort, KeyboardInterrupt):
        if told:
            words = ["commlog", "survey", "record", *call]
            words += [word for key, score in told["scores"].items() for word in ("--score", f"{key}={score}")]
            words += [word for key in told if key != "scores" for word in ("--set", f"{key}={told[key]}")]
            words += ["--log", session.folder] if session.folder else []
            warn(translate("continue with: {command}").format(command=shlex.join(words)))
        raise
    return told


def _ask_answers(session: Session, given: Fields, told: Fields) -> None:
    """Ask for the scores dimension by dimension, then for the words that go with them; an empty answer passes over.

    What is answered goes into `told` at once.
    """
    template = session.workspace.catalog.get(SURVEY)
    field = find_field(template, "scores")
    assert field is not None
    advise("  " + translate("1 is lowest, 5 is highest; press Enter to skip what was not rated."))
    for child in field.fields:
        score = _ask_score(child)
        if score is not None:
            told.setdefault("scores", {})[child.key] = score
    for key in ("comment", "suggestions"):
        text_field = find_field(template, key)
        if told and text_field is not None and key not in given:
            advise(f"  {hint(text_field, current_language())}")
            text = ask(f"{label(text_field, current_language())}: ").strip()
            if text:
                told[key] = text


def _ask_score(field: Field) -> int | None:
    """One dimension's score, asked for until it is one; None when it was passed over."""
    while True:
        answer = ask(f"{label(field, current_language())} [1-5]: ").strip()
        if not answer:
            return None
        if is_score_text(answer):
            return int(answer)
        typer.echo("  " + translate("give a whole number from 1 (lowest) to 5 (highest)"), err=True)


def _tell(session: Session, recorded: survey_records.RecordedSurvey) -> None:
    """The id on stdout; on stderr the file, and what a low score has opened."""
    say(recorded.record.id)
    warn(translate("wrote {path}").format(path=recorded.record.path))
    if not recorded.low:
        return
    names = dimensions_of(session.workspace)
    low = ", ".join(f"{names.get(key, key)} {score}" for key, score in recorded.low.items())
    if recorded.follow_up is None:
        words = (
            translate("low: {scores}; no follow-up, the answer is older than 30 days")
            if recorded.is_old
            else translate("low: {scores}; no follow-up could be opened in this survey")
        )
        warn(words.format(scores=low))
        return
    owner = next(item["owner"] for item in reversed(recorded.record.fields["followups"]))
    warn(
        translate("low: {scores}; {owner} will ask what went wrong: {address}").format(
            scores=low, owner=options.labels_of(session).value("owner", owner), address=recorded.follow_up
        )
    )


@command(mark("List surveys, the newest first."))
def survey_list_command(
    context: typer.Context,
    query: list[str] = options.query_argument,
    customer: str = options.customer_option,
    unanswered: bool = unanswered_option,
    columns: str = options.columns_option,
    sort: str = options.sort_option,
    limit: int = options.limit_option,
    output_format: str = options.format_option,
    reveal: bool = options.reveal_option,
) -> int:
    session = session_of(context)
    terms: list[OptionTerm] = [("customer", [find_customer(session.workspace, customer)])] if customer else []
    page = (sort, limit or options.NO_LIMIT, unanswered)
    listing = list_surveys(session.workspace, " ".join(query or ()), terms, page, reveal=reveal)
    return options.answer_listing(session, listing, columns, output_format)


@command(mark("Show the scores by period: mean, high and low shares, response rate."))
def survey_trend_command(
    context: typer.Context,
    by: str = by_option,
    customer: str = options.customer_option,
    output_format: str = trend_format_option,
) -> int:
    session = session_of(context)
    kind = _period_kind(by)
    found = survey_trend(session.workspace, kind, customer)
    if output_format == "json":
        customer_id = find_customer(session.workspace, customer) if customer else None
        say(format_trend_json(found, kind, customer_id))
    elif text := format_trend(found, dimensions_of(session.workspace), options.labels_of(session)):
        say(text)
    else:
        warn(translate("nothing found"))
    return finish(session)


def _period_kind(words: str) -> Literal["quarter", "month"]:
    """The periods --by names.

    Raises:
        UsageError: there are no such periods.
    """
    kinds: dict[str, Data] = {"quarter": "quarter", "month": "month", "季度": "quarter", "月": "month", "月份": "month"}
    found: Literal["quarter", "month"] | None = kinds.get(words.strip().lower())
    if found is None:
        raise UsageError.of_choice(
            mark("invalid value for --by: '{value}' is not quarter or month"), ("quarter", "month"), value=words
        )
    return found


survey_show_command = command(mark("Show a survey."))(make_show(SURVEY))
survey_edit_command = command(mark("Change a survey, with --set or in $EDITOR."))(make_edit(SURVEY))
