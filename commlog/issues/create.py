"""An issue from an interaction: what the conversation told already is not typed twice."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from commlog.errors import UsageError
from commlog.followups.rules.follow_up import read_follow_ups
from commlog.issues.queries import issues_linked_to
from commlog.messages import mark
from commlog.records.find import read_record
from commlog.values import INTERACTION, Fields, Record, instant_of, text_of
from commlog.workspace import Workspace

# The category that a form's own classification stands for; what is not here is asked.
CATEGORIES: Final[Mapping[tuple[str, str], str]] = {
    ("scenario", "order_progress"): "logistics",
    ("scenario", "after_sales"): "product",
    ("scenario", "member_benefits"): "service",
    ("need_type", "product_inquiry"): "product",
    ("need_type", "feature_request"): "product",
    ("need_type", "service_complaint"): "service",
}
_DESCRIPTIONS: Final = ("problem", "core_request", "summary")


def issue_fields(workspace: Workspace, text: str) -> Fields:
    """What an interaction tells of an issue: customer, title, description, day, agent, and what can be told from its form.

    Raises:
        UsageError: it is no interaction.
        NotFoundError, AmbiguousError: there is no such record.
    """
    record = read_record(workspace, text)
    if record.kind != INTERACTION:
        raise UsageError(
            mark("{id} is not a conversation but a record of the template '{template}'"),
            id=record.id,
            template=record.template,
            remedy=mark("give the conversation in which the problem was reported, or leave out --from"),
        )
    told = record.fields
    given: Fields = {"customer": told.get("customer"), "reported_on": _day_of(workspace, told)}
    given["title"] = text_of(told, "subject")
    given["description"] = next(filter(None, (text_of(told, key) for key in _DESCRIPTIONS)), None)
    given["category"] = guess_category(told)
    given["agent"] = workspace.member or text_of(told, "agent")
    given["priority"] = _priority_of(workspace, record)
    given["tags"] = told.get("tags")
    return {key: value for key, value in given.items() if value}


def guess_category(told: Mapping[str, object]) -> str | None:
    """The category that an interaction's scenario or need stands for; None when it stands for none."""
    return next((category for (key, slug), category in CATEGORIES.items() if told.get(key) == slug), None)


def issues_from(workspace: Workspace, record_id: str) -> tuple[str, ...]:
    """The ids of the issues that are linked to a record already."""
    return tuple(issues_linked_to(workspace.index, record_id))


def _day_of(workspace: Workspace, told: Fields) -> str | None:
    """The day the customer told it: when they first reached out, else when the conversation began."""
    instant = instant_of(told.get("received_at")) or instant_of(told.get("started_at"))
    if instant is None:
        return None
    day: date = instant.astimezone(workspace.log.settings.zone).date()
    return day.isoformat()


def _priority_of(workspace: Workspace, record: Record) -> str | None:
    """The priority the form itself names, else that of the first pending follow-up."""
    known = workspace.log.settings.priorities
    template = workspace.catalog.get(record.template)
    named = [text_of(record.fields, key) for key in template.priority_from]
    named += [item.priority for item in read_follow_ups(record.fields) if item.is_pending]
    return next((name for name in named if name in known), None)
