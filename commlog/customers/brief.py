"""The brief of a customer before somebody talks to them, and what is known of a caller who is no customer."""

from datetime import timedelta
from typing import Final

from commlog.customers.care import CareView, list_care
from commlog.customers.rules.brief import (
    Brief,
    LastContact,
    Occasion,
    StandardAnswer,
    UnknownCaller,
    cover_profile,
    gaps_of,
    read_profile,
)
from commlog.customers.services_brief_last_contact import find_last_contact, find_repeated, survey_trend, trend_of
from commlog.customers.services_brief_open_matters import find_issues, find_owed, find_promises
from commlog.customers.services_brief_read_words import cover_of, read_fields
from commlog.errors import NotFoundError
from commlog.followups.dropped import find_dropped_balls
from commlog.followups.rules.dropped import CALL_BACK, IDLE_ISSUE, LOW_SCORE, PROMISE, UNANSWERED
from commlog.log.names import record_path
from commlog.messages import mark
from commlog.output.listing import mask_id
from commlog.privacy.rules.masking import MaskRules
from commlog.records.find import customer_family, find_customer, has_customer_file
from commlog.records.mask import mask_as_asked, names_of
from commlog.values import ANONYMOUS, ANSWER, CUSTOMER, Fields, text_of
from commlog.workspace import Workspace
from commlog.worktime.periods import interval_before

# How far back what was asked and agreed counts.
_RECENT: Final = timedelta(days=180)
_CARE_KINDS: Final = ("birthday", "anniversary", "visit", "dormant")
# What matters on the telephone: a link that is missing does not.
_RULES: Final = (UNANSWERED, CALL_BACK, PROMISE, IDLE_ISSUE, LOW_SCORE)
_SETTLED: Final = frozenset({"resolved", "unresolvable"})
_TOLD_BY: Final = ("subject", "request", "core_request", "problem", "summary")


def brief_customer(workspace: Workspace, text: str, *, reveal: bool = False) -> Brief | UnknownCaller:
    """What somebody needs to know of the customer people mean by an id, name, alias, phone or e-mail.

    Records of all who were merged into them count. Personal data are masked unless revealed. Of a caller who is no
    customer, the records that name them.

    Raises:
        NotFoundError: nobody is called so, and no record names them.
        AmbiguousError: several customers are.
        UnreadableError, ConflictError: the customer's file cannot be read.
    """
    try:
        customer = find_customer(workspace, text)
    except NotFoundError as unknown:
        if has_customer_file(workspace, text.strip()):
            raise  # they were merged into somebody who is not there
        # Loaded for the caller nobody knows.
        from commlog.customers.unknown_caller import find_mentions, not_known

        mentions = find_mentions(workspace, text, reveal=reveal)
        if not mentions:
            raise not_known(workspace, text, unknown) from None
        return UnknownCaller(text.strip(), mentions)
    if customer == ANONYMOUS:
        raise NotFoundError(
            mark("'{name}' is everybody who gave no name"),
            name=text,
            remedy=mark("search for what you know of them: commlog search …"),
        )
    return _brief(workspace, customer, reveal=reveal)


def _brief(workspace: Workspace, customer: str, *, reveal: bool) -> Brief:
    family = customer_family(workspace, customer)
    cover = cover_of(workspace, family, reveal=reveal)
    rules = MaskRules(names=False, text=False) if reveal else workspace.log.settings.mask
    fields = read_fields(workspace, record_path(CUSTOMER, customer))
    if not reveal:
        fields = mask_as_asked(workspace.catalog.get(CUSTOMER), fields, names_of(workspace, family), rules)
    profile = cover_profile(read_profile(mask_id(customer, rules), fields, is_masked=not reveal), cover)
    today = workspace.now.date()
    since = (today - _RECENT).isoformat()
    verify_after = workspace.log.settings.care.verify_after
    last, words = find_last_contact(workspace, family, cover)
    return Brief(
        day=today.isoformat(),
        profile=profile,
        merged=tuple(mask_id(one, rules) for one in family if one != customer),
        last_contact=last,
        follow_ups=find_owed(workspace, family, cover),
        promises=find_promises(workspace, family, since, cover),
        issues=find_issues(workspace, family, cover),
        dropped_balls=find_dropped_balls(workspace, customer, _RULES),
        repeated=find_repeated(workspace, family, since),
        moods=trend_of(workspace, family, "mood"),
        satisfaction=trend_of(workspace, family, "satisfaction"),
        surveys=survey_trend(workspace, family),
        care=_care_of(workspace, customer),
        to_ask=gaps_of(profile, interval_before(verify_after, today) if verify_after else None),
        answer=_answer_to(workspace, last, words),
    )


def _answer_to(workspace: Workspace, last: LastContact | None, fields: Fields) -> StandardAnswer | None:
    """The standard answer that fits best what the customer asked when it was left open."""
    asked = [text_of(fields, key) or "" for key in _TOLD_BY]
    if last is None or last.outcome in _SETTLED or not _has_answers(workspace):
        return None
    from commlog.answers.list import match_answers

    found = match_answers(workspace, "\n".join(asked), "internal")
    if not found:
        return None
    return StandardAnswer(found[0].id, found[0].question, " ".join(found[0].answer.split()), found[0].audience)


def _has_answers(workspace: Workspace) -> bool:
    return bool(workspace.index.rows("SELECT 1 FROM records WHERE kind = ? LIMIT 1", (ANSWER,)))


def _care_of(workspace: Workspace, customer: str) -> tuple[Occasion, ...]:
    """Birthdays, anniversaries, visits and silences of a customer that are past or come within a week."""
    care = list_care(workspace, "", [("id", [customer])], CareView(kinds=_CARE_KINDS)).listing
    rows = (dict(zip(care.columns, row, strict=True)) for row in care.rows)
    return tuple(Occasion(row["kind"], row["day"], row["days"], row["occasion"] or "") for row in rows)
