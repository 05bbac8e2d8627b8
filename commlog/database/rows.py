"""From a record's fields to the rows of the tables; never stumbles over a wrong type."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from commlog.database.content import content_of
from commlog.followups.rules.follow_up import FollowUp, read_follow_up, read_follow_ups
from commlog.issues.rules.issue import answers_of_rounds
from commlog.issues.rules.resolution import Round, rounds_of_follow_up, rounds_of_issue
from commlog.records.rules.consistency import fold_text, phone_digits
from commlog.values import (
    CUSTOMER,
    DAY_FIELDS,
    DEFAULT_LINK_TYPE,
    HEADLINES,
    ISSUE,
    Data,
    Fields,
    Record,
    instant_of,
    mappings_of,
    stored_date,
    text_of,
    texts_of,
)
from commlog.worktime.calendar import WorkCalendar
from commlog.worktime.moment import due_instant

Row = tuple[Data, ...]
Rows = dict[str, list[Row]]

_ISSUE_DONE: Final = "closed"
_MAY_CONTACT: Final = (None, False)
_YEARLY_DAY: Final = re.compile(r"([0-9]{4}-)?[0-9]{2}-[0-9]{2}")
_LUNAR_DAY: Final = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|30)")


def rows_of(record: Record, calendar: WorkCalendar, choices: frozenset[str]) -> Rows:
    """The rows of one record by table, without the leading record number."""
    fields = record.fields
    rows: Rows = {
        "records": [_record_row(record, calendar)],
        "follow_ups": [_follow_up_row(record.id, item, calendar) for item in read_follow_ups(fields)],
        "links": list(_link_rows(fields)),
        "tags": [(tag,) for tag in texts_of(fields, "tags")],
        "contents": [content_of(fields, choices)],
    }
    if record.kind == ISSUE:
        rows["issue_rounds"] = list(_issue_round_rows(fields, calendar))
    if record.kind == CUSTOMER:
        rows["customers"] = [_customer_row(record.id, fields)]
        rows["customer_dates"] = list(_customer_date_rows(record.id, fields))
        rows["customer_names"] = [(record.id, name) for name in sorted(customer_names(record.id, fields))]
    return rows


def seconds_of(value: Data) -> int | None:
    """Seconds since 1970 UTC of a stored instant, or None when it is none."""
    instant = instant_of(value)
    return None if instant is None else int(instant.timestamp())


def _record_row(record: Record, calendar: WorkCalendar) -> Row:
    fields = record.fields
    kind = record.kind
    party = fields.get("party")
    reached = fields.get("reached", True)
    started = instant_of(fields.get("started_at"))
    return (
        record.id,
        record.path,
        kind,
        record.template,
        record.id if kind == CUSTOMER else text_of(fields, "customer"),
        text_of(party, "name") if isinstance(party, dict) else None,
        text_of(fields, "agent"),
        text_of(fields, "owner"),
        text_of(fields, "branch"),
        text_of(fields, "direction"),
        int(reached) if isinstance(reached, bool) else None,
        text_of(fields, "channel"),
        text_of(fields, HEADLINES[kind]),
        _day_of(record, started, calendar),
        None if started is None else int(started.timestamp()),
        seconds_of(fields.get("ended_at")),
        seconds_of(fields.get("received_at")),
        seconds_of(fields.get("recorded_at")),
        text_of(fields, "status"),
        text_of(fields, "priority"),
        text_of(fields, "mood"),
        text_of(fields, "outcome"),
        text_of(fields, "satisfaction"),
        text_of(fields, "category") or text_of(fields, "need_type") or text_of(fields, "scenario"),
        _issue_closed_at(fields, calendar) if kind == ISSUE else None,
        text_of(fields, "closed_reason"),
        sum(1 for agreement in mappings_of(fields, "agreements") if agreement.get("by") == "us"),
    )


def _issue_closed_at(fields: Fields, calendar: WorkCalendar) -> int | None:
    if text_of(fields, "status") != _ISSUE_DONE:
        return None
    return _due_seconds(text_of(fields, "closed_on"), calendar)


def _day_of(record: Record, started: datetime | None, calendar: WorkCalendar) -> str | None:
    if started is not None:
        return started.astimezone(calendar.zone).date().isoformat()
    told = text_of(record.fields, DAY_FIELDS[record.kind]) or ""
    digits = record.id[:8]
    return next(filter(None, map(_readable_day, (told[:10], f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"))), None)


def _readable_day(text: str) -> str | None:
    day = stored_date(text)
    return day.isoformat() if day else None


def _issue_round_rows(fields: Fields, calendar: WorkCalendar) -> Iterable[Row]:
    """The rounds an issue's history tells; of one without any, the day it was closed."""
    history = read_follow_up(fields, 1).history
    rounds = rounds_of_issue(history, calendar)
    for number, (one, answer) in enumerate(
        zip(rounds, answers_of_rounds(fields, history, rounds), strict=True), start=1
    ):
        times = _seconds(one.closed_at), _seconds(one.reopened_at)
        yield number, _seconds(one.resolved_at), one.seconds, *times, answer
    if not history:
        closed = _issue_closed_at(fields, calendar)
        resolved = _due_seconds(text_of(fields, "completed_on"), calendar) or closed
        if resolved is not None:
            confirmation = fields.get("confirmation")
            answer = text_of(confirmation, "result") if isinstance(confirmation, dict) else None
            yield 1, resolved, None, closed, None, answer


def _seconds(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.timestamp())


def _follow_up_row(record_id: str, item: FollowUp, calendar: WorkCalendar) -> Row:
    rounds = [one for one in rounds_of_follow_up(item.history, calendar) if one.resolved_at]
    first: Round | None = rounds[0] if rounds else None
    is_resolved = bool(rounds) and not item.is_pending and not item.is_cancelled
    return (
        item.n,
        f"{record_id}/{item.n}",
        item.action,
        item.method,
        item.owner,
        item.priority,
        item.due,
        _due_seconds(item.due, calendar),
        item.due_rule,
        item.status,
        item.result,
        None if item.agreed_with_customer is None else int(item.agreed_with_customer),
        seconds_of(item.opened_at),
        seconds_of(item.done_at),
        seconds_of(item.closed_at),
        int(item.is_cancelled),
        int(item.is_pending),
        _seconds(first.resolved_at) if first else None,
        first.seconds if first else None,
        rounds[-1].seconds if is_resolved else None,
    )


def _due_seconds(due: str | None, calendar: WorkCalendar) -> int | None:
    if due is None:
        return None
    instant = instant_of(due)
    if instant is None:
        try:
            instant = due_instant(due, calendar)
        except ValueError:
            return None
    return int(instant.timestamp())


def _link_rows(fields: Fields) -> Iterable[Row]:
    for link in mappings_of(fields, "links"):
        target = text_of(link, "to")
        if target:
            yield target, text_of(link, "type") or DEFAULT_LINK_TYPE, text_of(link, "note")


def _customer_row(record_id: str, fields: Fields) -> Row:
    consent = fields.get("consent")
    return (
        record_id,
        text_of(fields, "name"),
        text_of(fields, "type"),
        text_of(fields, "company"),
        text_of(fields, "level"),
        text_of(fields, "stage"),
        text_of(fields, "owner"),
        text_of(fields, "merged_into"),
        _readable_day(text_of(fields, "cooperation_since") or ""),
        text_of(fields, "visit_every"),
        _readable_day(text_of(fields, "verified_on") or ""),
        # Whoever wrote a wrong value here meant something by it: the customer is left alone until it is corrected.
        int(fields.get("do_not_contact") not in _MAY_CONTACT),
        text_of(consent, "status") if isinstance(consent, dict) else text_of(fields, "consent"),
    )


def _customer_date_rows(record_id: str, fields: Fields) -> Iterable[Row]:
    """The birthday and the anniversaries that name a day there is."""
    told: list[tuple[str, Data, str | None]] = [("birthday", fields.get("birthday"), None)]
    told += [("anniversary", item.get("date"), text_of(item, "name")) for item in mappings_of(fields, "anniversaries")]
    for kind, value, name in told:
        day = yearly_day(value)
        if day is not None:
            yield record_id, kind, *day, name


def yearly_day(value: Data) -> tuple[str, int] | None:
    """A yearly date's text, and 1 when it is lunar; None when it names no day there is."""
    is_lunar = isinstance(value, dict)
    text = value.get("lunar") if isinstance(value, dict) else value
    is_day = isinstance(text, str) and (_LUNAR_DAY.fullmatch(text) if is_lunar else _is_yearly_day(text))
    return (text, int(is_lunar)) if is_day and isinstance(text, str) else None


def _is_yearly_day(text: str) -> bool:
    """Whether the text is a day, or a month and a day, 29 February among them."""
    return bool(_YEARLY_DAY.fullmatch(text)) and _readable_day(text if len(text) > 5 else f"2024-{text}") is not None


def customer_names(record_id: str, fields: Fields) -> set[str]:
    """Every name a customer may be called on the command line: id, name, aliases, phones, e-mails; folded."""
    names = {fold_text(record_id), *(fold_text(alias) for alias in texts_of(fields, "aliases"))}
    names.update(fold_text(text) for text in (text_of(fields, "name"), text_of(fields, "email")) if text)
    for person in (fields, *mappings_of(fields, "contacts")):
        phone, email = text_of(person, "phone"), text_of(person, "email")
        names.update(filter(None, (phone_digits(phone) if phone else "", fold_text(email) if email else "")))
    return names
