"""A digest for programs: JSON with stable keys, every stage of every item."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from commlog.log.members import Member
from commlog.privacy.rules.masking import mask_text
from commlog.reminders.rules.digest import Digest, Line, Urgency
from commlog.reminders.text import Reading, format_subject
from commlog.worktime.moment import format_instant


def format_items(digest: Digest, reading: Reading) -> str:
    """The items of a digest as a JSON list, the most urgent first."""
    lines = sorted(digest.lines, key=lambda line: line.item.rank)
    return _dump([_item(line, reading) for line in lines])


def format_deliveries(deliveries: Iterable[tuple[str, Sequence[Member], Digest]], reading: Reading) -> str:
    """What would go to each address as a JSON list; addresses are masked."""
    return _dump(
        [
            {
                "to": mask_text(address),
                "members": [member.id for member in members],
                "subject": format_subject(digest),
                "items": [
                    {**_item(line, reading), "reasons": [reason.message for reason in line.reasons]}
                    for line in digest.lines
                ],
            }
            for address, members, digest in deliveries
        ]
    )


def _item(line: Line, reading: Reading) -> dict[str, Any]:
    item = line.item
    return {
        "kind": item.kind,
        "address": item.address,
        "owner": item.owner or None,
        "customer": item.customer or None,
        "customer_name": reading.customer(item),
        "action": reading.text(item),
        "opened_at": None if item.is_care or item.is_dropped else item.opened_at or None,
        "due": item.due or None,
        "due_at": item.due_at and format_instant(item.due_at),
        "is_overdue": item.urgency <= Urgency.OVERDUE,
        "late": item.late if item.urgency <= Urgency.OVERDUE else None,
        "agreed_with_customer": item.is_agreed,
        "rule": item.opened_at if item.is_dropped else None,
        "since": item.day.isoformat() if item.is_dropped and item.day else None,
        "stages": list(line.stages),
    }


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
