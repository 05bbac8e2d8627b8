"""The brief of a customer before somebody talks to them, and what is known of a caller who is no customer."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from commlog.answers.queries import has_answers
from commlog.customers.care import CareView, list_care
from commlog.customers.queries import last_noted, overall_points, repeated_requests, unsettled_conversations
from commlog.customers.rules.brief import (
    Brief,
    CareOccasion,
    LastContact,
    OpenIssue,
    OpenPromise,
    OwedFollowUp,
    RepeatedMatter,
    StandardAnswer,
    UnknownCaller,
    mask_profile,
    missing_details,
    read_profile,
)
from commlog.errors import NotFoundError
from commlog.followups.dropped import find_dropped_balls
from commlog.followups.queries import pending_of
from commlog.followups.rules.dropped import CALL_BACK, IDLE_ISSUE, LOW_SCORE, PROMISE, UNANSWERED
from commlog.issues.queries import open_issues
from commlog.log.names import record_path
from commlog.messages import mark
from commlog.output.listing import mask_id, mask_listing_words
from commlog.privacy.rules.masking import MaskRules
from commlog.records.find import customer_family, find_customer, get_record, has_customer_file
from commlog.records.mask import mask_as_asked, names_of
from commlog.records.queries import count_conversations_after, last_conversation
from commlog.values import ANONYMOUS, CUSTOMER, Fields, mappings_of, text_of, texts_of
from commlog.workspace import Workspace
from commlog.worktime.limits import working_days_since
from commlog.worktime.periods import interval_before
from commlog.yamltext.parse import decode, parse_yaml
from commlog.yamltext.scalars import YamlError

# How many points a trend has.
_TREND: Final = 5
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
            mark("'{name}' is used for every customer who gave no name"),
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
    profile = mask_profile(read_profile(mask_id(customer, rules), fields, is_masked=not reveal), cover)
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
        moods=tuple(reversed(last_noted(workspace.index, family, "mood", _TREND))),
        satisfaction=tuple(reversed(last_noted(workspace.index, family, "satisfaction", _TREND))),
        surveys=tuple(reversed(overall_points(workspace.index, family, _TREND))),
        care=_care_of(workspace, customer),
        to_ask=missing_details(profile, interval_before(verify_after, today) if verify_after else None),
        answer=_answer_to(workspace, last, words),
    )


def _answer_to(workspace: Workspace, last: LastContact | None, fields: Fields) -> StandardAnswer | None:
    """The standard answer that fits best what the customer asked when it was left open."""
    asked = [text_of(fields, key) or "" for key in _TOLD_BY]
    if last is None or last.outcome in _SETTLED or not has_answers(workspace.index):
        return None
    from commlog.answers.list import match_answers

    found = match_answers(workspace, "\n".join(asked), "internal")
    if not found:
        return None
    return StandardAnswer(found[0].id, found[0].question, " ".join(found[0].answer.split()), found[0].audience)


def _care_of(workspace: Workspace, customer: str) -> tuple[CareOccasion, ...]:
    """Birthdays, anniversaries, visits and silences of a customer that are past or come within a week."""
    care = list_care(workspace, "", [("id", [customer])], CareView(kinds=_CARE_KINDS)).listing
    rows = (dict(zip(care.columns, row, strict=True)) for row in care.rows)
    return tuple(CareOccasion(row["kind"], row["day"], row["days"], row["occasion"] or "") for row in rows)


# What is done to people's free text before it is shown.
Cover = Callable[[str], str]


def read_fields(workspace: Workspace, path: str) -> Fields:
    """The fields of a record's file.

    Raises:
        ConflictError: it holds the markers of a merge.
        NotFoundError, UnreadableError: it is gone or no record.
    """
    if workspace.reader.is_sealing:
        from commlog.privacy.rules.sealing import hide_unreadable

        record = get_record(workspace.reader.read(path))
        return hide_unreadable(record.fields, record.sealed)
    try:
        data = parse_yaml(decode(workspace.log.read_bytes(path)))
    except YamlError:
        data = None
    return data if isinstance(data, dict) else get_record(workspace.reader.read(path)).fields


def cover_of(workspace: Workspace, customers: Sequence[str], *, reveal: bool) -> Cover:
    """What masks free text of some customers' records as the log's settings ask; what leaves it as it is when it is to be shown."""
    if reveal:
        return str
    rules = workspace.log.settings.mask
    return mask_listing_words(names_of(workspace, customers) if rules.names else (), rules)


# What a customer wants, by the first of these fields a conversation has.
_REQUESTS = ("core_request", "request", "subject")
_REPEATED = 5
# The field that `category` is in the copy, by template.
_CATEGORY_FIELDS = {"service": "scenario", "relationship": "need_type"}


def find_last_contact(
    workspace: Workspace, customers: tuple[str, ...], cover: Cover
) -> tuple[LastContact | None, Fields]:
    """The last two-way contact up to now with its fields; None and no fields when there was none."""
    today = workspace.now.date()
    last = last_conversation(workspace.index, customers, today.isoformat())
    if last is None:
        return None, {}
    fields = read_fields(workspace, last.path)
    attempts = count_conversations_after(workspace.index, customers, last.day, last.started_at, is_reached=False)
    request = next((text_of(fields, key) for key in _REQUESTS if text_of(fields, key)), None)
    note, contact = text_of(fields, "mood_note"), text_of(fields, "contact")
    found = LastContact(
        id=last.id,
        time=text_of(fields, "started_at") or last.day,
        days_ago=(today - date.fromisoformat(last.day)).days,
        agent=text_of(fields, "agent"),
        contact=contact and cover(contact),
        channel=text_of(fields, "channel"),
        direction=text_of(fields, "direction"),
        request=request and cover(request),
        mood=text_of(fields, "mood"),
        mood_note=note and cover(note),
        satisfaction=text_of(fields, "satisfaction"),
        outcome=text_of(fields, "outcome"),
        attempts=attempts,
    )
    return found, fields


def find_repeated(workspace: Workspace, customers: tuple[str, ...], since: str) -> tuple[RepeatedMatter, ...]:
    """What the customer came with at least twice since a day, the most frequent first: kinds of request, and tags."""
    return tuple(
        one if one.field == "tags" else replace(one, field=_CATEGORY_FIELDS.get(one.field, "category"))
        for one in repeated_requests(workspace.index, customers, since)[:_REPEATED]
    )


# At most so many conversations are read for what was agreed in them.
_READ = 10


def find_owed(workspace: Workspace, customers: tuple[str, ...], cover: Cover) -> tuple[OwedFollowUp, ...]:
    """The pending follow-ups of a customer, those due first first."""
    rows = pending_of(workspace.index, customers, workspace.now)
    calendar = workspace.log.settings.calendar
    late = (row.due_at for row in rows if row.due_at is not None and row.is_overdue)
    days = {at: datetime.fromtimestamp(at, UTC).astimezone(calendar.zone).date() for at in late}
    late_by = working_days_since(days.values(), workspace.now.date(), calendar)
    return tuple(
        OwedFollowUp(
            address=row.address,
            action=cover(row.action),
            owner=row.owner,
            due=row.due,
            status=row.status,
            late=late_by[days[row.due_at]] if row.due_at is not None and row.is_overdue else None,
            is_overdue=bool(row.is_overdue),
            agreed_with_customer=bool(row.is_agreed),
        )
        for row in rows
    )


def find_promises(
    workspace: Workspace, customers: tuple[str, ...], since: str, cover: Cover
) -> tuple[OpenPromise, ...]:
    """What we agreed to and what was left open since a day, the newest conversation first.

    A conversation counts while one of its follow-ups is pending; without follow-ups, until a later one links to it.
    """
    promises: list[OpenPromise] = []
    for path, record_id, day, _ in unsettled_conversations(workspace.index, customers, since, _READ):
        fields = read_fields(workspace, path)
        promises += [
            OpenPromise(record_id, day, cover(text_of(item, "what") or ""), text_of(item, "due"), is_open_point=False)
            for item in mappings_of(fields, "agreements")
            if item.get("by") == "us"
        ]
        promises += [
            OpenPromise(record_id, day, cover(text), None, is_open_point=True)
            for text in texts_of(fields, "open_points")
        ]
    return tuple(sorted(promises, key=lambda promise: promise.is_open_point))


def find_issues(workspace: Workspace, customers: tuple[str, ...], cover: Cover) -> tuple[OpenIssue, ...]:
    """The issues that are not closed, the oldest first."""
    today = workspace.now.date()
    return tuple(
        OpenIssue(
            row.id, cover(row.title or ""), row.status, row.owner, row.reported_on or "", _age(row.reported_on, today)
        )
        for row in open_issues(workspace.index, customers)
    )


def _age(day: str | None, today: date) -> int:
    return (today - date.fromisoformat(day)).days if day else 0
