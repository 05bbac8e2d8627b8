"""Surveys: sent out, answered, and a low score never left without somebody who asks why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from commlog.errors import AmbiguousError, ConflictError, NotFoundError, UsageError
from commlog.followups.rules.follow_up import next_number, read_follow_ups
from commlog.followups.rules.new_follow_up import Opening, complete_follow_up
from commlog.forms.catalog import Template
from commlog.forms.fields import find_child, find_field, find_value, label
from commlog.messages import current_language, mark
from commlog.records.change import change_record
from commlog.records.complete import Lookup, follow_up_of_low_scores, is_fresh_answer, terms_of, with_member_ids
from commlog.records.draft import assign_all
from commlog.records.find import customer_family, find_customer, read_of_kind
from commlog.records.rules.consistency import fold_text
from commlog.records.write import RecordRequest, create_record
from commlog.surveys.queries import SurveyPeriod, surveys_of
from commlog.surveys.rules import low_scores, quarter_of
from commlog.values import ANONYMOUS, SURVEY, Fields, Record, text_of
from commlog.workspace import Workspace

Choose = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class RecordedSurvey:
    """A survey as it was written: its low scores by dimension, and the address of the follow-up they opened, if any.

    `is_old` says why there is none: the answer is history.
    """

    record: Record
    low: dict[str, int]
    follow_up: str | None
    is_old: bool


def request_survey(workspace: Workspace, customer: str, given: Fields, choose: Choose) -> Record:
    """A survey that was sent out today and is not answered yet.

    Raises:
        NotFoundError, AmbiguousError: the customer is not known.
        ConflictError: one for this customer and period is out already.
        InvalidError: a field does not fit.
    """
    customer_id = find_customer(workspace, customer)
    today = workspace.now.date()
    fields: Fields = {"customer": customer_id, "period": quarter_of(today), "requested_on": today.isoformat(), **given}
    waiting = [one for one in open_requests(workspace, customer_id) if one[1] == fold_text(str(fields["period"]))]
    if waiting:
        raise ConflictError(
            mark("{id} already asks {customer} about {period}"),
            id=waiting[0][0],
            customer=customer_id,
            period=fields["period"],
            remedy=mark("when it is answered: commlog survey record {id} --score …"),
        )
    return create_record(workspace, RecordRequest(SURVEY, fields, choose=choose))


def find_survey(workspace: Workspace, text: str, period: str | None = None) -> Record | None:
    """The survey that an id means, or the one a customer has not answered yet; None when a new one is to be made.

    Raises:
        AmbiguousError: the customer has several that are not answered; lists them.
        NotFoundError: there is neither such a survey nor such a customer.
    """
    try:
        customer = find_customer(workspace, text)
    except AmbiguousError:
        raise
    except NotFoundError as fault:
        try:
            return read_of_kind(workspace, text, SURVEY)
        except NotFoundError:
            raise fault from None
    found = [
        record_id
        for record_id, told in open_requests(workspace, customer)
        if period is None or told == fold_text(period)
    ]
    if len(found) > 1:
        raise AmbiguousError(
            mark("'{name}' has several unanswered surveys: {candidates}"),
            name=text,
            candidates=", ".join(found),
            remedy=mark("give one of them, or its period: --period"),
        )
    return read_of_kind(workspace, found[0], SURVEY) if found else None


def open_requests(workspace: Workspace, customer: str) -> list[SurveyPeriod]:
    """The surveys of a customer that were sent out and have no scores, with the period as it is compared."""
    return surveys_of(workspace.index, [customer], is_answered=False)


def earlier_answers(workspace: Workspace, given: Fields, *, again: bool = False) -> tuple[str, ...]:
    """The ids of the surveys in which the customer of a new one has answered about its period already.

    Whoever gave no name is nobody's second time.

    Raises:
        ConflictError: there are some, and another one is not wanted `again`.
        NotFoundError, AmbiguousError: the customer is not known.
    """
    customer = find_customer(workspace, str(given["customer"])) if given.get("customer") else ANONYMOUS
    if customer == ANONYMOUS:
        return ()
    period = str(given.get("period") or quarter_of(workspace.now.date()))
    family = customer_family(workspace, customer)
    found = tuple(
        one.id for one in surveys_of(workspace.index, family, is_answered=True) if one.period == fold_text(period)
    )
    if found and not again:
        raise ConflictError(
            mark("{customer} has already answered about {period}: {ids}"),
            customer=customer,
            period=period,
            ids=", ".join(found),
            id=found[-1],
            remedy=mark(
                "to correct it: commlog survey edit {id} --set scores.overall=4; to record another one: --again"
            ),
        )
    return found


def record_answers(
    workspace: Workspace, survey: Record | None, given: Fields, choose: Choose, *, again: bool = False
) -> RecordedSurvey:
    """The survey with its answers: the one that was sent out, or a new one; a low score opens a follow-up in it.

    `given` are the answers and, for a new one, its customer and period; `again` lets it be another one of the period.

    Raises:
        ConflictError: it is answered already, or the customer has answered about the period in another one.
        UsageError: there is no score among the answers.
        InvalidError: a score is out of range, or a field does not fit.
    """
    if not given.get("scores"):
        raise UsageError(
            mark("there is no score"),
            remedy=mark("give at least one: --score overall=4; see commlog template show survey"),
        )
    today = workspace.now.date()
    answers: Fields = {"assessed_on": today.isoformat(), "entered_by": "staff", **given}
    if survey is None:
        fields = {"period": quarter_of(today), **answers}
        earlier_answers(workspace, fields, again=again)
        return _recorded(workspace, create_record(workspace, RecordRequest(SURVEY, fields, choose=choose)))

    def change(fields: Fields) -> Fields:
        if fields.get("scores"):
            raise ConflictError(
                mark("{id} is already answered"),
                id=fields.get("id", ""),
                remedy=mark(
                    "to correct it: commlog survey edit {id} --set scores.overall=4; to record another one: give the customer, and --again"
                ),
            )
        writer = answers.get("agent") or workspace.member or fields.get("agent")
        changed = {**fields, **answers, "recorded_at": workspace.stamp, **({"agent": writer} if writer else {})}
        return with_follow_up(workspace, with_member_ids(workspace, changed, fields))

    return _recorded(workspace, change_record(workspace, survey.path, change))


def answers_of(workspace: Workspace, fields: Fields, scores: Sequence[str], assignments: Sequence[str]) -> Fields:
    """The fields with scores (`overall=4`, by key or label) and other assignments as somebody typed them.

    Raises:
        InvalidError: one does not fit the form.
        UsageError: one is no assignment, or names no dimension; names all there are.
    """
    template = workspace.catalog.get(SURVEY)
    named = [_score_assignment(template, text) for text in scores]
    given = assign_all(workspace, template, fields, [*named, *assignments])
    whole = find_field(template, "scores")
    if whole is not None and isinstance(given.get("scores"), dict):
        order = [child.key for child in whole.fields if child.key in given["scores"]]
        given["scores"] = {key: given["scores"][key] for key in dict.fromkeys([*order, *given["scores"]])}
    return given


def _score_assignment(template: Template, text: str) -> str:
    name, equals, value = (part.strip() for part in text.replace("＝", "=").partition("="))
    whole = find_field(template, "scores")
    found = find_child(whole, name.removeprefix("scores.")) if whole and equals else None
    if found is None:
        known = whole.fields if whole else ()
        raise UsageError(
            mark("'{text}' is not a score"),
            text=text,
            remedy=mark("write dimension=score; dimensions: {known}"),
            known=", ".join(f"{child.key} ({label(child, current_language())})" for child in known),
        )
    return f"scores.{found.key}={value}"


def entered_by_of(workspace: Workspace, words: str) -> str:
    """Who gave the scores: customer or staff, by slug or label.

    Raises:
        UsageError: it is neither.
    """
    field = find_field(workspace.catalog.get(SURVEY), "entered_by")
    found = find_value(field, words) if field else None
    if found is None:
        raise UsageError.of_choice(
            mark("invalid value for --entered-by: '{value}' is not customer or staff"),
            ("customer", "staff"),
            value=words,
        )
    return found


def with_follow_up(workspace: Workspace, fields: Fields) -> Fields:
    """The fields of an answered survey, with a follow-up where a low score asks for one."""
    wanted = follow_up_of_low_scores(workspace, fields, Lookup(workspace))
    if wanted is None:
        return fields
    items = fields.get("followups")
    opening = Opening(workspace.stamp, workspace.stamp, text_of(fields, "agent") or wanted["owner"])
    item = complete_follow_up(terms_of(workspace), wanted, next_number(fields), opening)
    return {**fields, "followups": [*(items if isinstance(items, list) else []), item]}


def _recorded(workspace: Workspace, record: Record) -> RecordedSurvey:
    pending = [item for item in read_follow_ups(record.fields) if item.is_pending]
    low = low_scores(record.fields.get("scores"))
    address = f"{record.id}/{pending[-1].n}" if pending and low else None
    return RecordedSurvey(record, low, address, not is_fresh_answer(workspace, record.fields))
