"""A thread for reading: one block a record in time order, open follow-ups marked."""

import json
from collections.abc import Sequence
from typing import Final

from commlog.followups.rules.follow_up import FollowUp
from commlog.messages import translate
from commlog.output.labels import Labels
from commlog.output.render_follow_up import format_due
from commlog.output.text import harmless, wrap
from commlog.records.rules.model_thread import ThreadEntry
from commlog.values import DAY_FIELDS, HEADLINES, text_of

THREAD_FORMATS: Final = ("text", "json", "ids")
_OPEN: Final = "○"
_CLOSED: Final = "●"
_WIDTH: Final = 96


def format_thread(entries: Sequence[ThreadEntry], output_format: str, labels: Labels) -> str:
    """The thread in one of THREAD_FORMATS, the oldest record first."""
    if output_format == "ids":
        return "\n".join(entry.record.id for entry in entries)
    if output_format == "json":
        return json.dumps([_object(entry) for entry in entries], ensure_ascii=False, indent=2)
    blocks = [_block(entry, labels) for entry in entries]
    pending = sum(follow_up.is_pending for entry in entries for follow_up in entry.follow_ups)
    summary = translate("records: {records}, open follow-ups: {pending}").format(records=len(entries), pending=pending)
    return "\n\n".join((*blocks, summary))


def _block(entry: ThreadEntry, labels: Labels) -> str:
    fields = entry.record.fields
    when = text_of(fields, DAY_FIELDS[entry.record.kind]) or ""
    words = [
        format_due(when) if when else "",
        entry.record.id,
        labels.value("channel", text_of(fields, "channel") or "") or labels.value("template", entry.record.template),
        labels.value("direction", text_of(fields, "direction") or ""),
        entry.customer_name,
        labels.value("agent", text_of(fields, "agent") or ""),
    ]
    head = "  ".join(harmless(word) for word in words if word)
    lines = [f"{'▶ ' if entry.is_asked else '  '}{head}"]
    lines.append("    " + harmless(text_of(fields, HEADLINES[entry.record.kind]) or ""))
    for key in ("problem", "summary", "description"):
        text = text_of(fields, key)
        if text:
            lines += ["    " + harmless(line) for line in wrap(" ".join(text.split()), _WIDTH)]
            break
    if fields.get("outcome"):
        lines.append(
            "    " + translate("outcome: {outcome}").format(outcome=labels.value("outcome", str(fields["outcome"])))
        )
    lines += [f"    ↑ {labels.value('links.type', kind)} {harmless(target)}" for target, kind in entry.links]
    lines += [_follow_up_line(entry.record.id, follow_up, labels) for follow_up in entry.follow_ups]
    return "\n".join(lines)


def _follow_up_line(record_id: str, follow_up: FollowUp, labels: Labels) -> str:
    mark = _OPEN if follow_up.is_pending else _CLOSED
    status = labels.value("followups.status", follow_up.status)
    told = follow_up.result or ""
    due = translate("due {due}").format(due=format_due(follow_up.due)) if follow_up.is_pending else told
    words = [f"{record_id}/{follow_up.n}", status, labels.value("owner", follow_up.owner or "-"), follow_up.action, due]
    return "    " + harmless(f"{mark} " + "  ".join(word for word in words if word))


def _object(entry: ThreadEntry) -> dict[str, object]:
    fields = entry.record.fields
    return {
        "id": entry.record.id,
        "kind": entry.record.kind,
        "template": entry.record.template,
        "path": entry.record.path,
        "time": fields.get(DAY_FIELDS[entry.record.kind]),
        "customer": fields.get("customer"),
        "customer_name": entry.customer_name,
        "channel": fields.get("channel"),
        "direction": fields.get("direction"),
        "agent": fields.get("agent"),
        "subject": fields.get(HEADLINES[entry.record.kind]),
        "outcome": fields.get("outcome"),
        "links": [{"to": target, "type": kind} for target, kind in entry.links],
        "followups": [
            {
                "address": f"{entry.record.id}/{item.n}",
                "action": item.action,
                "owner": item.owner,
                "priority": item.priority,
                "due": item.due,
                "status": item.status,
                "result": item.result,
            }
            for item in entry.follow_ups
        ],
    }
