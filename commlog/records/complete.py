"""Completing a record on its way in: what the tool knows stands in for what nobody typed, the same at every door."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from commlog.errors import CommlogError, InvalidError, NotFoundError, UsageError
from commlog.followups.rules.follow_up import history_entry
from commlog.followups.rules.new_follow_up import Opening, Terms, complete_follow_ups
from commlog.forms.catalog import Template
from commlog.forms.conversion import DURATION
from commlog.forms.fields import find_field, label
from commlog.issues.rules.issue import OPEN
from commlog.log.names import customer_id_for
from commlog.messages import current_language, mark, translate
from commlog.problems import Problem
from commlog.records.find import customer_family, find_customer, read_record
from commlog.records.queries import last_contact_text, read_customers
from commlog.surveys.rules import is_fresh, low_scores
from commlog.values import (
    ANONYMOUS,
    ANSWER,
    CUSTOMER,
    DAY_FIELDS,
    INTERACTION,
    ISSUE,
    SURVEY,
    Data,
    Fields,
    instant_of,
    text_of,
)
from commlog.workspace import Workspace
from commlog.worktime.moment import format_instant

LINK_TYPES: Final = ("follows", "answers", "duplicates", "escalates", "relates")
OUTSIDE: Final = "ref:"
NOT_VALID: Final = mark("the record is not valid yet; nothing was written")
# Where a form names a person of the team, beside its follow-ups; a department may stand there, too.
_MEMBER_FIELDS: Final = ("agent", "owner")
# What a low score asks for: the priority of this name, where the log has one.
_IMPORTANT: Final = "important"


class Lookup:
    """Who and what the log's index knows while a record is completed."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def customer_of(self, name: str) -> str:
        """The id of the customer people mean.

        Raises:
            NotFoundError, AmbiguousError, InvalidError: as `find_customer`.
        """
        return find_customer(self.workspace, name)

    def last_contact(self, customer: str, before: datetime) -> str | None:
        """When a customer, or who was merged into them, was last spoken to before an instant, as stored."""
        family = customer_family(self.workspace, customer)
        return last_contact_text(self.workspace.index, family, int(before.timestamp()))

    def owner_of(self, customer: str) -> str | None:
        """The member who looks after a customer; None when nobody does."""
        return next((one.owner for one in read_customers(self.workspace.index, [customer]) if one.owner), None)


@dataclass(slots=True)
class Completion:
    """Completes the fields of one new record.

    Without `is_now` nothing is taken to have happened just now: a conversation without a time stays without one.
    `faults` are what could not be understood, each with the key of the field it speaks of.
    """

    workspace: Workspace
    template: Template
    lookup: Lookup
    is_now: bool = True
    faults: list[tuple[str, CommlogError]] = field(default_factory=list)

    def complete(self, given: Fields, links: Sequence[tuple[str, str]], follow_ups: Sequence[Fields]) -> Fields:
        """The fields with everything filled in but the id; links and follow-ups are added to those given.

        Raises:
            UsageError: nobody is known who records it.
        """
        fields: Fields = {**given, "template": self.template.name}
        fields = self._tried("customer", self._with_customer, fields)
        for item in self.template.fields:
            if item.required and item.default is not None:
                fields.setdefault(item.key, item.default)
        is_written_by_somebody = self.template.kind == INTERACTION or bool(self.workspace.member)
        if "agent" in self.template.order and not fields.get("agent") and is_written_by_somebody:
            fields["agent"] = self.workspace.require_member(None)
        if self.template.kind == CUSTOMER:
            fields = self._tried("id", _complete_customer, fields)
        elif self.template.kind == INTERACTION:
            fields = self._tried(DURATION.key, self._with_times, fields)
        else:
            self._fill_in_day(fields)
        if "recorded_at" in self.template.order:
            fields.setdefault("recorded_at", self.workspace.stamp)
        self._fill_in_last_contact(fields)
        fields = with_member_ids(self.workspace, fields)
        fields = self._tried("links", lambda known: self._with_links(known, links), fields)
        fields = self._tried("followups", lambda known: self._with_follow_ups(known, follow_ups), fields)
        return self._with_history(fields) if self.template.kind == ISSUE else fields

    def _with_history(self, fields: Fields) -> Fields:
        """The issue with a first entry in its history; as it is when it has one, or nobody is known who wrote it."""
        by, status = text_of(fields, "agent") or self.workspace.member, text_of(fields, "status") or OPEN
        field = find_field(self.template, "status")
        # A status that is no choice of the form is one mistake, and not a second one in the history.
        if fields.get("history") or not by or (field and field.enum and status not in field.enum):
            return fields
        at = text_of(fields, "recorded_at") or self.workspace.stamp
        return {**fields, "history": [history_entry(at, by, status)]}

    def day_of(self, fields: Fields) -> date:
        """The day a record's id begins with, in the log's zone; today when no day is told.

        Raises:
            InvalidError: it is no date.
        """
        key = DAY_FIELDS[self.template.kind]
        text = fields.get(key)
        instant = instant_of(text)
        if instant is not None:
            return instant.astimezone(self.workspace.log.settings.zone).date()
        if not isinstance(text, str):
            return self.workspace.now.date()
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            facts = (("value", text), ("expected", "2026-03-14"))
            raise InvalidError(NOT_VALID, problems=(Problem("wrong-format", field=key, facts=facts),)) from None

    def _tried(self, key: str, step: Callable[[Fields], Fields], fields: Fields) -> Fields:
        """The fields after a step; as they are when it fails, the fault then added under the key of its field."""
        try:
            return step(fields)
        except (InvalidError, NotFoundError, UsageError) as fault:
            self.faults.append((key, fault))
            return fields

    def _with_customer(self, fields: Fields) -> Fields:
        name = text_of(fields, "customer") or ""
        is_named = self.template.kind != CUSTOMER and name.strip()
        return {**fields, "customer": self.lookup.customer_of(name)} if is_named else fields

    def _with_times(self, fields: Fields) -> Fields:
        """Start and end to the minute: told, or counted by the duration; a duration alone ends now."""
        now = self.workspace.now.replace(second=0) if self.is_now else None
        timed = with_end_of(fields, now)
        start = timed.get("ended_at") or (format_instant(now) if now else None)
        return {"started_at": start, **timed} if start else timed

    def _fill_in_day(self, fields: Fields) -> None:
        key = DAY_FIELDS[self.template.kind]
        # An answer is approved, and a survey requested, by somebody: not by being written down.
        if self.is_now and key in self.template.order and self.template.kind not in {ANSWER, SURVEY}:
            fields.setdefault(key, self.workspace.now.date().isoformat())

    def _fill_in_last_contact(self, fields: Fields) -> None:
        customer, started = fields.get("customer"), instant_of(fields.get("started_at"))
        if "last_contact_at" not in self.template.order or "last_contact_at" in fields:
            return
        if isinstance(customer, str) and customer != ANONYMOUS and started is not None:
            last = self.lookup.last_contact(customer, started)
            fields |= {"last_contact_at": last} if last else {}

    def _with_links(self, fields: Fields, added: Sequence[tuple[str, str]]) -> Fields:
        fields = with_linked_ids(self.workspace, self.template, fields)
        given = fields.get("links")
        made = [link_of(self.workspace, prior, kind) for prior, kind in added]
        return {**fields, "links": [*(given if isinstance(given, list) else []), *made]} if made else fields

    def _with_follow_ups(self, fields: Fields, added: Sequence[Fields]) -> Fields:
        given = fields.get("followups")
        if given is not None and not isinstance(given, list):
            # No list: left as it was given, for the template to refuse.
            return fields
        items = [*(given or []), *added]
        if not items and self.template.kind == SURVEY:
            wanted = follow_up_of_low_scores(self.workspace, fields, self.lookup)
            items = [wanted] if wanted else []
        if not items:
            return fields
        terms = terms_of(self.workspace)
        at = str(fields.get("recorded_at") or self.workspace.stamp)
        by = fields.get("agent") or fields.get("owner") or self.workspace.require_member(None)
        named = (fields.get(key) for key in self.template.priority_from)
        own = next((name for name in named if isinstance(name, str) and name in terms.priorities), None)
        start = fields.get("ended_at") or fields.get("started_at") or at
        return {**fields, "followups": complete_follow_ups(terms, items, Opening(at, str(start), str(by), own))}


def _complete_customer(given: Fields) -> Fields:
    """A customer's fields: the id from the name, a contact without a name is the customer, one without anything is none.

    Whoever has a company of their own name, or a trade, is a company unless the fields say otherwise; else the company
    is where a person works.
    """
    fields, name = {**given}, given.get("name")
    contacts = fields.pop("contacts", None)
    if isinstance(contacts, list):
        named = {"name": name} if name else {}
        filled = [{**named, **item} if isinstance(item, dict) else item for item in contacts if item]
        fields |= {"contacts": filled} if filled else {}
    elif contacts is not None:
        fields["contacts"] = contacts
    is_company = fields.get("industry") or (name and fields.get("company") == name)
    fields.setdefault("type", "company" if is_company else "individual")
    fields.setdefault("stage", "active")
    if not fields.get("id") and isinstance(name, str):
        fields["id"] = customer_id_for(name)
    return fields


def with_end_of(given: Fields, now: datetime | None = None) -> Fields:
    """The fields with start and end by a duration in minutes, which is taken out; `now` is the end nobody told.

    Raises:
        InvalidError: the duration is no whole number of minutes, or longer than any calendar.
    """
    fields = {**given}
    minutes = fields.pop(DURATION.key, None)
    if minutes is None:
        return fields
    if not isinstance(minutes, int) or isinstance(minutes, bool):
        raise _wrong_duration(minutes)
    started, ended = instant_of(fields.get("started_at")), instant_of(fields.get("ended_at"))
    try:
        length = timedelta(minutes=minutes)
        if started is None and (ended := ended or now) is not None:
            fields.setdefault("started_at", format_instant(ended - length))
            fields["ended_at"] = format_instant(ended)
        elif started is not None and ended is None:
            fields["ended_at"] = format_instant(started + length)
    except OverflowError:
        raise _wrong_duration(minutes) from None
    return fields


def _wrong_duration(minutes: Data) -> InvalidError:
    facts = (("value", str(minutes)), ("expected", translate("a whole number")))
    return InvalidError(NOT_VALID, problems=(Problem("wrong-type", field=DURATION.key, facts=facts),))


def with_member_ids(workspace: Workspace, fields: Fields, before: Mapping[str, Data] | None = None) -> Fields:
    """The fields with the ids of members for whatever they are called; a department stays, and what stood there `before`."""
    known = before or {}
    named = {
        key: workspace.log.settings.member_id(name)
        for key in _MEMBER_FIELDS
        if isinstance(name := fields.get(key), str) and name != known.get(key)
    }
    return {**fields, **named}


def link_of(workspace: Workspace, prior: str, link_type: str) -> Fields:
    """The mapping of a link to an earlier record (by id or prefix), or to a number from outside (`ref:…`).

    Raises:
        UsageError: there is no such type.
        NotFoundError, AmbiguousError: there is no such record.
    """
    if link_type not in LINK_TYPES:
        raise UsageError.of_choice(mark("there is no link type '{type}'"), LINK_TYPES, type=link_type)
    return {"to": _target_of(workspace, prior), "type": link_type}


def with_linked_ids(
    workspace: Workspace, template: Template, fields: Fields, before: Mapping[str, Data] = {}
) -> Fields:
    """The fields with the ids of the records that their links name by id or prefix; links that stood there `before` stay.

    What is no link stays, too, for the template to refuse.

    Raises:
        NotFoundError, AmbiguousError: there is no such record.
    """
    links, known = fields.get("links"), before.get("links") or ()
    if "links" not in template.order or not isinstance(links, list):
        return fields
    return {**fields, "links": [link if link in known else _looked_up(workspace, link) for link in links]}


def _looked_up(workspace: Workspace, link: Data) -> Data:
    target = text_of(link, "to") if isinstance(link, dict) else None
    return {**link, "to": _target_of(workspace, target)} if target else link


def _target_of(workspace: Workspace, prior: str) -> str:
    """What a link points to: an earlier record's id, or a number from outside as it is."""
    return prior if prior.startswith(OUTSIDE) else read_record(workspace, prior).id


def terms_of(workspace: Workspace) -> Terms:
    """What the follow-ups of a log are made by, now."""
    settings = workspace.log.settings
    return Terms(settings.priorities, settings.default_priority, settings.calendar, workspace.now, settings.member_id)


def follow_up_of_low_scores(workspace: Workspace, fields: Fields, lookup: Lookup) -> Fields | None:
    """What a low score asks for: somebody who asks what went wrong; None without one, and when the answer is history."""
    form = workspace.catalog.get(SURVEY)
    low = low_scores(fields.get("scores"))
    # A log may have a form of its own that takes none.
    if not low or find_field(form, "followups") is None or not is_fresh_answer(workspace, fields):
        return None
    owner = lookup.owner_of(str(fields.get("customer"))) or text_of(fields, "agent") or workspace.member
    if owner is None:
        return None
    language = current_language()
    named = ((find_field(form, f"scores.{key}"), key, score) for key, score in low.items())
    shown = ", ".join(f"{label(item, language) if item else key} {score}" for item, key, score in named)
    wanted = {"action": translate("Ask what went wrong: {scores}").format(scores=shown), "owner": owner}
    return wanted | ({"priority": _IMPORTANT} if _IMPORTANT in workspace.log.settings.priorities else {})


def is_fresh_answer(workspace: Workspace, fields: Fields) -> bool:
    """Whether a survey was answered recently enough to be followed up; one without a day was."""
    try:
        answered = date.fromisoformat(text_of(fields, "assessed_on") or "")
    except ValueError:
        return True
    return is_fresh(answered, workspace.now.date())
