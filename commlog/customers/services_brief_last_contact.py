"""The last conversation with a customer, in words, and how they felt from one to the next."""

from datetime import date

from commlog.customers.rules.brief import LastContact, Reading, Repeated
from commlog.customers.services_brief_read_words import Cover, marks_of, read_fields
from commlog.values import Fields, text_of
from commlog.workspace import Workspace

# What a customer wants, by the first of these fields a conversation has.
_REQUESTS = ("core_request", "request", "subject")
_TREND = 5
_REPEATED = 5
_NO_OPINION = "not_rated"
# The field that `category` is in the copy, by template.
_CATEGORY_FIELDS = {"service": "scenario", "relationship": "need_type"}


def find_last_contact(
    workspace: Workspace, customers: tuple[str, ...], cover: Cover
) -> tuple[LastContact | None, Fields]:
    """The last two-way contact up to now with its fields; None and no fields when there was none."""
    today = workspace.now.date()
    rows = workspace.index.rows(
        f"SELECT path, id, day, started_at FROM records WHERE customer IN ({marks_of(customers)}) "
        "AND +kind = 'interaction' AND reached = 1 AND day <= ? ORDER BY day DESC, started_at DESC, id DESC LIMIT 1",
        (*customers, today.isoformat()),
    )
    if not rows:
        return None, {}
    path, record_id, day, at = rows[0]
    fields = read_fields(workspace, path)
    attempts = workspace.index.rows(
        f"SELECT count(*) FROM records WHERE customer IN ({marks_of(customers)}) "
        "AND +kind = 'interaction' AND reached = 0 AND day >= ? AND started_at > ?",
        (*customers, day, at),
    )
    request = next((text_of(fields, key) for key in _REQUESTS if text_of(fields, key)), None)
    note, contact = text_of(fields, "mood_note"), text_of(fields, "contact")
    found = LastContact(
        id=record_id,
        time=text_of(fields, "started_at") or day,
        days_ago=(today - date.fromisoformat(day)).days,
        agent=text_of(fields, "agent"),
        contact=contact and cover(contact),
        channel=text_of(fields, "channel"),
        direction=text_of(fields, "direction"),
        request=request and cover(request),
        mood=text_of(fields, "mood"),
        mood_note=note and cover(note),
        satisfaction=text_of(fields, "satisfaction"),
        outcome=text_of(fields, "outcome"),
        attempts=attempts[0][0],
    )
    return found, fields


def trend_of(workspace: Workspace, customers: tuple[str, ...], column: str) -> tuple[Reading, ...]:
    """The last five values of `mood` or `satisfaction`, the oldest first."""
    rows = workspace.index.rows(
        f"SELECT day, {column} FROM records WHERE customer IN ({marks_of(customers)}) AND +kind = 'interaction' "
        f"AND {column} IS NOT NULL AND {column} <> '{_NO_OPINION}' ORDER BY day DESC, started_at DESC LIMIT {_TREND}",
        customers,
    )
    return tuple(Reading(day, value) for day, value in reversed(rows))


def survey_trend(workspace: Workspace, customers: tuple[str, ...]) -> tuple[Reading, ...]:
    """The overall points of the last five surveys, the oldest first."""
    rows = workspace.index.rows(
        "SELECT r.day, field(c.content, 'scores.overall') FROM records r JOIN contents c USING (record) "
        f"WHERE r.kind = 'survey' AND +r.customer IN ({marks_of(customers)}) "
        f"AND field(c.content, 'scores.overall') IS NOT NULL ORDER BY r.day DESC LIMIT {_TREND}",
        customers,
    )
    return tuple(Reading(day, value) for day, value in reversed(rows))


def find_repeated(workspace: Workspace, customers: tuple[str, ...], since: str) -> tuple[Repeated, ...]:
    """What the customer came with at least twice since a day, the most frequent first: kinds of request, and tags."""
    asked = f"customer IN ({marks_of(customers)}) AND +kind = 'interaction' AND direction = 'inbound' AND day >= ?"
    rows = workspace.index.rows(
        f"SELECT template, category, count(*) FROM records WHERE {asked} AND category <> 'other' "
        "GROUP BY template, category HAVING count(*) > 1 UNION ALL "
        f"SELECT 'tags', tag, count(*) FROM tags JOIN records USING (record) WHERE {asked} "
        "GROUP BY tag HAVING count(*) > 1 ORDER BY 3 DESC, 1, 2",
        (*customers, since, *customers, since),
    )
    repeated = (
        Repeated(template if template == "tags" else _CATEGORY_FIELDS.get(template, "category"), value, count)
        for template, value, count in rows
    )
    return tuple(repeated)[:_REPEATED]
