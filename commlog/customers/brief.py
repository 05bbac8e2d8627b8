"""The brief of a customer for the member who talks to them next, and what is known of a caller who is no customer."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import Final

from commlog.answers.queries import has_answers
from commlog.customers import queries
from commlog.customers.care import CareView, list_care
from commlog.customers.rules import brief as rules
from commlog.errors import CommlogError, NotFoundError
from commlog.followups.dropped import find_dropped_balls
from commlog.followups.queries import pending_of
from commlog.followups.rules.dropped import CALL_BACK, IDLE_ISSUE, LOW_SCORE, PROMISE, UNANSWERED
from commlog.issues.queries import open_issues
from commlog.log.names import record_path
from commlog.messages import mark
from commlog.output.listing import mask_id, mask_listing_words
from commlog.privacy.rules.masking import MaskRules
from commlog.records.find import customer_family, find_customer, get_record, has_customer_file
from commlog.records.mask import mask_as_asked, mask_name_of, names_of
from commlog.records.queries import count_conversations_after, last_conversation
from commlog.records.rules.consistency import fold_text, phone_digits
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
_ASKED_IN: Final = ("subject", "request", "core_request", "problem", "summary")
# What a customer wants, by the first of these fields a conversation has.
_REQUESTS: Final = ("core_request", "request", "subject")
_LAST_TEXTS: Final = ("agent", "channel", "direction", "mood", "satisfaction", "outcome")
_REPEATED: Final = 5
# The field that `category` is in the index, by template.
_CATEGORY_FIELDS: Final = {"service": "scenario", "relationship": "need_type"}
# At most so many conversations are read for what was agreed in them.
_READ: Final = 10
# Fewer digits are found in order numbers and dates by chance.
_SHORTEST_NUMBER: Final = 7
_MOBILE: Final = 11
# At most so many records that mention an unknown caller are shown.
_MENTIONS: Final = 20
# What is done to people's free text before it is shown.
Cover = Callable[[str], str]


def brief_customer(workspace: Workspace, text: str, *, reveal: bool = False) -> rules.Brief | rules.UnknownCaller:
    """What a member needs to know of the customer that an id, name, alias, phone or e-mail names.

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
            raise  # they were merged into a customer without a file
        mentions = _find_mentions(workspace, text, reveal=reveal)
        if not mentions:
            raise _not_known(workspace, text, unknown) from None
        return rules.UnknownCaller(text.strip(), mentions)
    if customer == ANONYMOUS:
        raise NotFoundError(
            mark("'{name}' is used for every customer who gave no name"),
            name=text,
            remedy=mark("search for what you know of them: commlog search …"),
        )
    return _brief(workspace, customer, reveal=reveal)


def _brief(workspace: Workspace, customer: str, *, reveal: bool) -> rules.Brief:
    family = customer_family(workspace, customer)
    cover = cover_of(workspace, family, reveal=reveal)
    mask = MaskRules(names=False, text=False) if reveal else workspace.log.settings.mask
    fields = read_fields(workspace, record_path(CUSTOMER, customer))
    if not reveal:
        fields = mask_as_asked(workspace.catalog.get(CUSTOMER), fields, names_of(workspace, family), mask)
    profile = rules.mask_profile(rules.read_profile(mask_id(customer, mask), fields, is_masked=not reveal), cover)
    today = workspace.now.date()
    since = (today - _RECENT).isoformat()
    verify_after = workspace.log.settings.care.verify_after
    last, words = _find_last_contact(workspace, family, cover)
    return rules.Brief(
        day=today.isoformat(),
        profile=profile,
        merged=tuple(mask_id(one, mask) for one in family if one != customer),
        last_contact=last,
        follow_ups=_find_owed(workspace, family, cover),
        promises=_find_promises(workspace, family, since, cover),
        issues=_find_issues(workspace, family, cover),
        dropped_balls=find_dropped_balls(workspace, customer, _RULES),
        repeated=_find_repeated(workspace, family, since),
        moods=tuple(reversed(queries.last_noted(workspace.index, family, "mood", _TREND))),
        satisfaction=tuple(reversed(queries.last_noted(workspace.index, family, "satisfaction", _TREND))),
        surveys=tuple(reversed(queries.overall_points(workspace.index, family, _TREND))),
        care=_care_of(workspace, customer),
        to_ask=rules.missing_details(profile, interval_before(verify_after, today) if verify_after else None),
        answer=_answer_to(workspace, last, words),
    )


def _answer_to(workspace: Workspace, last: rules.LastContact | None, fields: Fields) -> rules.StandardAnswer | None:
    """The standard answer that fits best what the customer asked when it was left open."""
    asked = [text_of(fields, key) or "" for key in _ASKED_IN]
    if last is None or last.outcome in _SETTLED or not has_answers(workspace.index):
        return None
    from commlog.answers.list import match_answers

    found = match_answers(workspace, "\n".join(asked), "internal")
    if not found:
        return None
    return rules.StandardAnswer(found[0].id, found[0].question, " ".join(found[0].answer.split()), found[0].audience)


def _care_of(workspace: Workspace, customer: str) -> tuple[rules.CareOccasion, ...]:
    """Birthdays, anniversaries, visits and silences of a customer that are past or come within a week."""
    care = list_care(workspace, "", [("id", [customer])], CareView(kinds=_CARE_KINDS)).listing
    rows = (dict(zip(care.columns, row, strict=True)) for row in care.rows)
    return tuple(rules.CareOccasion(row["kind"], row["day"], row["days"], row["occasion"] or "") for row in rows)


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
    mask = workspace.log.settings.mask
    return mask_listing_words(names_of(workspace, customers) if mask.names else (), mask)


def _find_last_contact(
    workspace: Workspace, customers: tuple[str, ...], cover: Cover
) -> tuple[rules.LastContact | None, Fields]:
    """The last two-way contact up to now with its fields; None and no fields when there was none."""
    today = workspace.now.date()
    last = last_conversation(workspace.index, customers, today.isoformat())
    if last is None:
        return None, {}
    fields = read_fields(workspace, last.path)
    attempts = count_conversations_after(workspace.index, customers, last.day, last.started_at, is_reached=False)
    request = next((text_of(fields, key) for key in _REQUESTS if text_of(fields, key)), None)
    note, contact = text_of(fields, "mood_note"), text_of(fields, "contact")
    found = rules.LastContact(
        id=last.id,
        time=text_of(fields, "started_at") or last.day,
        days_ago=(today - date.fromisoformat(last.day)).days,
        contact=contact and cover(contact),
        request=request and cover(request),
        mood_note=note and cover(note),
        attempts=attempts,
        **{key: text_of(fields, key) for key in _LAST_TEXTS},
    )
    return found, fields


def _find_repeated(workspace: Workspace, customers: tuple[str, ...], since: str) -> tuple[rules.RepeatedMatter, ...]:
    """What the customer came with at least twice since a day, the most frequent first: kinds of request, and tags."""
    return tuple(
        one if one.field == "tags" else replace(one, field=_CATEGORY_FIELDS.get(one.field, "category"))
        for one in queries.repeated_requests(workspace.index, customers, since)[:_REPEATED]
    )


def _find_owed(workspace: Workspace, customers: tuple[str, ...], cover: Cover) -> tuple[rules.OwedFollowUp, ...]:
    """The pending follow-ups of a customer, those due first first."""
    rows = pending_of(workspace.index, customers, workspace.now)
    calendar = workspace.log.settings.calendar
    late = (row.due_at for row in rows if row.due_at is not None and row.is_overdue)
    days = {at: datetime.fromtimestamp(at, UTC).astimezone(calendar.zone).date() for at in late}
    late_by = working_days_since(days.values(), workspace.now.date(), calendar)
    return tuple(
        rules.OwedFollowUp(
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


def _find_promises(
    workspace: Workspace, customers: tuple[str, ...], since: str, cover: Cover
) -> tuple[rules.OpenPromise, ...]:
    """What we agreed to and what was left open since a day, the newest conversation first.

    A conversation counts while one of its follow-ups is pending; without follow-ups, until a later one links to it.
    """
    promises: list[rules.OpenPromise] = []
    for path, record_id, day, _ in queries.unsettled_conversations(workspace.index, customers, since, _READ):
        fields = read_fields(workspace, path)
        agreed = [item for item in mappings_of(fields, "agreements") if item.get("by") == "us"]
        found = [(text_of(item, "what") or "", text_of(item, "due"), False) for item in agreed]
        found += [(text, None, True) for text in texts_of(fields, "open_points")]
        promises += [rules.OpenPromise(record_id, day, cover(text), due, is_open) for text, due, is_open in found]
    return tuple(sorted(promises, key=attrgetter("is_open_point")))


def _find_issues(workspace: Workspace, customers: tuple[str, ...], cover: Cover) -> tuple[rules.OpenIssue, ...]:
    """The issues that are not closed, the oldest first."""
    today = workspace.now.date()
    issues: list[rules.OpenIssue] = []
    for row in open_issues(workspace.index, customers):
        days = (today - date.fromisoformat(row.reported_on)).days if row.reported_on else 0
        issues.append(
            rules.OpenIssue(row.id, cover(row.title or ""), row.status, row.owner, row.reported_on or "", days)
        )
    return tuple(issues)


def _find_mentions(workspace: Workspace, text: str, *, reveal: bool) -> tuple[rules.CallerMention, ...]:
    """The records that name a caller, the newest first: by number or address anywhere, by name or customer id alone."""
    wanted, name = text.strip(), fold_text(text.strip())
    found = queries.mentions_of(workspace.index, _spellings(text), name, wanted, _MENTIONS)
    return tuple(found if reveal else (_mask_mention(workspace, mention) for mention in found))


def _mask_mention(workspace: Workspace, mention: rules.CallerMention) -> rules.CallerMention:
    mask = workspace.log.settings.mask
    known = names_of(workspace, [mention.customer or ""]) if mask.names else ()
    cover = mask_listing_words((*known, mention.party or ""), mask)
    return replace(
        mention,
        customer=mention.customer and mask_id(mention.customer, mask),
        party=mention.party and mask_name_of(workspace, mention.party),
        subject=cover(mention.subject),
    )


def _not_known(workspace: Workspace, text: str, fault: NotFoundError) -> CommlogError:
    """The error for a caller of whom nothing is known; for a name, the one that names the nearest customers.

    A sealed number may belong to a customer all the same: the error says so, lest a second file is created for them.
    """
    if not _spellings(text):
        return fault
    sealed = queries.count_shut_customers(workspace.index)
    if sealed:
        return NotFoundError(
            mark("'{name}' may be an existing customer: customers whose sealed values cannot be read here: {count}"),
            name=text.strip(),
            count=sealed,
            remedy=mark("set $COMMLOG_AGE_KEY_FILE to your key file and search again, or search by name"),
        )
    return NotFoundError(
        mark("unknown caller: '{name}' does not belong to any customer, and no record mentions it"),
        name=text.strip(),
        remedy=mark("create the customer while you talk: commlog customer create, or create … --new-customer NAME"),
    )


def _spellings(text: str) -> list[str]:
    """How a number or address may be written in a record, folded; none for a name."""
    wanted = fold_text(text.strip())
    if "@" in wanted:
        return [wanted]
    digits = phone_digits(wanted)
    if len(digits) < _SHORTEST_NUMBER or any(character.isalpha() for character in wanted):
        return []
    spellings = [wanted, digits]
    if len(digits) == _MOBILE:
        parts = (digits[:3], digits[3:7], digits[7:])
        spellings += ["-".join(parts), " ".join(parts)]
    return list(dict.fromkeys(spellings))
