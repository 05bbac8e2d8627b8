"""A brief: what a member needs to know before talking to a customer, as values without labels."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from commlog.followups.rules.dropped import DroppedBall
from commlog.values import Fields, mappings_of, text_of, texts_of

# The texts of a customer's file that the profile has as they are, and those of a contact person.
_TEXTS: Final = ("type", "level", "stage", "owner", "company", "preferred_time", "verified_on", "notes")
_CONTACT_TEXTS: Final = ("role", "phone", "email", "wecom", "preferred_channel", "preferred_time")


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """One person at a customer; absent texts are None, personal ones masked unless revealed."""

    name: str
    role: str | None
    phone: str | None
    email: str | None
    wecom: str | None
    preferred_channel: str | None
    preferred_time: str | None


@dataclass(frozen=True, slots=True)
class Profile:
    """Who a customer is, by their file; `taboos` are None when there are some that are not to be shown."""

    id: str
    name: str
    type: str | None
    level: str | None
    stage: str | None
    owner: str | None
    company: str | None
    labels: tuple[str, ...]
    do_not_contact: bool
    consent: str | None
    consent_on: str | None
    preferred_time: str | None
    preferences: tuple[str, ...]
    taboos: tuple[str, ...] | None
    taboo_count: int
    delivery_notes: tuple[str, ...]
    contacts: tuple[ContactPerson, ...]
    verified_on: str | None
    notes: str | None

    @property
    def is_blocked(self) -> bool:
        """Whether the customer asked not to be contacted."""
        return self.do_not_contact or self.consent == "withdrawn"


@dataclass(frozen=True, slots=True)
class LastContact:
    """The last conversation with a customer; `time` is as stored, `attempts` were made since and reached nobody."""

    id: str
    time: str
    days_ago: int
    agent: str | None
    contact: str | None
    channel: str | None
    direction: str | None
    request: str | None
    mood: str | None
    mood_note: str | None
    satisfaction: str | None
    outcome: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class OwedFollowUp:
    """A pending follow-up; `late` are working days, None when it is not overdue."""

    address: str
    action: str
    owner: str | None
    due: str | None
    status: str
    late: int | None
    is_overdue: bool
    agreed_with_customer: bool


@dataclass(frozen=True, slots=True)
class OpenPromise:
    """Something we agreed to (`open_point` is False), or a point left open, that nobody has settled."""

    record: str
    day: str
    text: str
    due: str | None
    is_open_point: bool


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """An issue that is not closed."""

    id: str
    title: str
    status: str | None
    owner: str | None
    day: str
    days: int


@dataclass(frozen=True, slots=True)
class RepeatedMatter:
    """What a customer came with more than once: the `field` that names it, its value, and how often."""

    field: str
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One point of a trend: a day, and a slug or a number."""

    day: str
    value: str


@dataclass(frozen=True, slots=True)
class CareOccasion:
    """A care date within the next days, or past: `kind` is one of care, `days` how far off, negative when past."""

    kind: str
    day: str
    days: int
    label: str


@dataclass(frozen=True, slots=True)
class StandardAnswer:
    """An approved answer that fits what the customer asked; `text` is its beginning, `audience` who may hear it."""

    id: str
    question: str
    text: str
    audience: str | None


@dataclass(frozen=True, slots=True)
class MissingDetail:
    """What to ask for: `no_phone`, `no_preferred_time`, `no_consent`, or `not_verified` with the day it was last checked."""

    kind: str
    day: str | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything of one customer on a day (YYYY-MM-DD), the most pressing first in each list.

    `merged` are other ids of the same customer.
    """

    day: str
    profile: Profile
    merged: tuple[str, ...]
    last_contact: LastContact | None
    follow_ups: tuple[OwedFollowUp, ...]
    promises: tuple[OpenPromise, ...]
    issues: tuple[OpenIssue, ...]
    dropped_balls: tuple[DroppedBall, ...]
    repeated: tuple[RepeatedMatter, ...]
    moods: tuple[TrendPoint, ...]
    satisfaction: tuple[TrendPoint, ...]
    surveys: tuple[TrendPoint, ...]
    care: tuple[CareOccasion, ...]
    to_ask: tuple[MissingDetail, ...]
    answer: StandardAnswer | None


@dataclass(frozen=True, slots=True)
class CallerMention:
    """A record in which an unknown caller is named."""

    id: str
    day: str
    kind: str
    customer: str | None
    party: str | None
    channel: str | None
    subject: str
    pending: int


@dataclass(frozen=True, slots=True)
class UnknownCaller:
    """A number, address or name that no customer has, and the records that name it, the newest first."""

    text: str
    mentions: tuple[CallerMention, ...]


def read_profile(customer: str, fields: Fields, *, is_masked: bool) -> Profile:
    """The profile in a customer's fields, personal values masked already when it is said so."""
    taboos = tuple(texts_of(fields, "taboos"))
    consent = fields.get("consent")
    consent = consent if isinstance(consent, dict) else {}
    return Profile(
        id=customer,
        name=text_of(fields, "name") or customer,
        labels=tuple(texts_of(fields, "labels")),
        # A wrong value means something too: the customer is left alone until it is corrected.
        do_not_contact=fields.get("do_not_contact") not in (None, False),
        consent=text_of(consent, "status"),
        consent_on=text_of(consent, "on"),
        preferences=tuple(texts_of(fields, "preferences")),
        taboos=None if taboos and is_masked else taboos,
        taboo_count=len(taboos),
        delivery_notes=tuple(
            filter(None, (text_of(item, "delivery_note") for item in mappings_of(fields, "addresses")))
        ),
        contacts=tuple(
            ContactPerson(text_of(item, "name") or "", *(text_of(item, key) for key in _CONTACT_TEXTS))
            for item in mappings_of(fields, "contacts")
        ),
        **{key: text_of(fields, key) for key in _TEXTS},
    )


def mask_profile(profile: Profile, cover: Callable[[str], str]) -> Profile:
    """The profile with its free text covered."""
    return replace(
        profile,
        preferences=tuple(map(cover, profile.preferences)),
        delivery_notes=tuple(map(cover, profile.delivery_notes)),
        notes=profile.notes and cover(profile.notes),
    )


def missing_details(profile: Profile, verified_before: date | None) -> tuple[MissingDetail, ...]:
    """What to ask a customer for; what was last checked before a day counts as old."""
    gaps = []
    if not any(contact.phone for contact in profile.contacts):
        gaps.append(MissingDetail("no_phone"))
    if not profile.preferred_time and not any(contact.preferred_time for contact in profile.contacts):
        gaps.append(MissingDetail("no_preferred_time"))
    if profile.consent in {None, "not_asked"}:
        gaps.append(MissingDetail("no_consent"))
    if verified_before and (profile.verified_on or "") < verified_before.isoformat():
        gaps.append(MissingDetail("not_verified", profile.verified_on))
    return tuple(gaps)
