"""Records for reading: one with every field under its label, a whole thread, and what a history keeps, in words."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from commlog.followups.rules.follow_up import FollowUp
from commlog.forms.catalog import Template
from commlog.forms.fields import Field, HasFields, find_child, free_field, label, value_label
from commlog.issues.rules.issue import FIXED
from commlog.messages import current_language, translate
from commlog.output.labels import Labels
from commlog.output.text import format_due, harmless, pad, width_of, wrap
from commlog.records.link import ThreadEntry
from commlog.values import DAY_FIELDS, HEADLINES, Data, Fields, Record, instant_of, text_of
from commlog.yamltext.format import format_document

# A page needs more than the record: `commlog.records.page` makes it.
HTML: Final = "html"
_LABEL_WIDTH: Final = 18
# A longer label keeps the value beside it to itself.
_WIDEST_LABEL: Final = 26
_WIDTH: Final = 100


def shown_fields(record: Record) -> Fields:
    """The fields of a record as people may see them: a word stands for every sealed value that nobody here can read."""
    if not record.sealed:
        return record.fields
    from commlog.privacy.rules.sealing import hide_unreadable

    return hide_unreadable(record.fields, record.sealed)


def format_record(record: Record, template: Template, output_format: str) -> str:
    """The record as text, json or yaml, as it comes: whoever asks has masked it."""
    fields = shown_fields(record)
    if output_format == "json":
        return json.dumps(fields, ensure_ascii=False, indent=2)
    if output_format == "yaml":
        return format_document(fields)
    fields = with_kept_in_words(template, fields)
    language = current_language()
    title = template.labels.get(language, template.name)
    lines = [f"{title}  {harmless(record.id)}", ""]
    known = {field.key: field for field in template.fields}
    for key in (*template.order, *(key for key in fields if key not in template.order)):
        if key in fields and key not in {"id", "template"}:
            lines += _lines(known.get(key) or free_field(key), fields[key], 0)
            if key == "ended_at":
                lines += _duration_lines(fields)
    return "\n".join(lines)


def _duration_lines(fields: Mapping[str, Data]) -> list[str]:
    started, ended = instant_of(fields.get("started_at")), instant_of(fields.get("ended_at"))
    if not started or not ended:
        return []
    minutes = int((ended - started).total_seconds() // 60)
    return [pad(translate("Duration"), _LABEL_WIDTH) + "  " + translate("{minutes} min").format(minutes=minutes)]


def _lines(field: Field, value: Data, depth: int, width: int = _LABEL_WIDTH) -> list[str]:
    """The lines of a field; `width` columns are for the label, or as many as it needs."""
    heading = _heading(field, depth)
    if isinstance(value, dict):
        return [heading, *_mapping_lines(field, value, depth + 1, _width_within(field, value, depth + 1))]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [heading, *(line for item in value for line in _item_lines(field, item, depth + 1))]
    if isinstance(value, list):
        item = field.item or field
        text = translate(", ").join(shown_value(item, entry) for entry in value)
    else:
        text = shown_value(field, value)
    indent = max(width, width_of(heading)) + 2
    first, *more = wrap(text, _WIDTH - indent)
    return [pad(heading, indent) + first, *(" " * indent + line for line in more if line)]


def _heading(field: Field, depth: int) -> str:
    return "  " * depth + label(field, current_language())


def _width_within(field: Field, value: Mapping[str, Data], depth: int) -> int:
    """The columns for the labels of a mapping, so that its values stand under each other, yet not far off for one of them."""
    known = {child.key: child for child in field.fields}
    needed = (width_of(_heading(known.get(key) or free_field(key), depth)) for key in value)
    return max((_LABEL_WIDTH, *(one for one in needed if one <= _WIDEST_LABEL)))


def _mapping_lines(field: Field, value: Mapping[str, Data], depth: int, width: int = _LABEL_WIDTH) -> list[str]:
    known = {child.key: child for child in field.fields}
    return [
        line for key, item in value.items() for line in _lines(known.get(key) or free_field(key), item, depth, width)
    ]


def _item_lines(field: Field, item: Data, depth: int) -> list[str]:
    inner = field.item or field
    if not isinstance(item, dict):
        return ["  " * depth + "- " + shown_value(inner, item)]
    if all(not isinstance(value, dict | list) for value in item.values()):
        known = {child.key: child for child in inner.fields}
        parts = [shown_value(known.get(key) or free_field(key), value) for key, value in item.items()]
        first, *more = wrap("  ".join(parts), _WIDTH - 2 * depth - 2)
        return ["  " * depth + "- " + first, *("  " * depth + "  " + line for line in more)]
    lines = _mapping_lines(inner, item, depth + 1)
    return ["  " * depth + "- " + lines[0].lstrip(), *lines[1:]] if lines else []


def shown_value(field: Field, value: Data) -> str:
    """A plain value as people read it: the word of a choice, yes or no, an instant to the minute."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return translate("yes") if value else translate("no")
    text = str(value)
    if len(text) >= 16 and text[4:5] == "-" and text[10:11] == "T":
        return f"{text[:10]} {text[11:16]}"
    shown = value_label(field, value, current_language()) if field.enum or field.enum_labels else text
    return harmless(shown.rstrip("\n"), keep_lines=True)


_OPEN: Final = "○"
_CLOSED: Final = "●"
_THREAD_WIDTH: Final = 96
_OF_FOLLOW_UP: Final = ("action", "owner", "priority", "due", "status", "result")


def format_thread(entries: Sequence[ThreadEntry], output_format: str, labels: Labels) -> str:
    """The thread as text, json or ids, the oldest record first."""
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
            lines += ["    " + harmless(line) for line in wrap(" ".join(text.split()), _THREAD_WIDTH)]
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
        **{key: getattr(entry.record, key) for key in ("id", "kind", "template", "path")},
        "time": fields.get(DAY_FIELDS[entry.record.kind]),
        "customer": fields.get("customer"),
        "customer_name": entry.customer_name,
        **{key: fields.get(key) for key in ("channel", "direction", "agent")},
        "subject": fields.get(HEADLINES[entry.record.kind]),
        "outcome": fields.get("outcome"),
        "links": [{"to": target, "type": kind} for target, kind in entry.links],
        "followups": [
            {"address": f"{entry.record.id}/{item.n}", **{key: getattr(item, key) for key in _OF_FOLLOW_UP}}
            for item in entry.follow_ups
        ],
    }


_HISTORY: Final = "history"
_NOTE: Final = "note"
_SOLUTION: Final = "solution"
_KEPT: Final = f"{_SOLUTION}="
# What the entry itself took the place of; everything else is what was true of the round it closes, or what it adds.
_REPLACED: Final = frozenset({"solution", "owner", "department"})
# The fields that stand in one line together, in their order; the last one may hold anything.
_TOGETHER: Final = (
    ("completed_on", "confirmation", "score", "closed_on", "closed_reason"),
    ("solution",),
    ("owner", "department"),
)
_CHOICE: Final = re.compile(r"(?P<choice>[a-z_]+)(?: \((?P<more>.*)\))?", re.DOTALL)


def _line_of(keys: tuple[str, ...]) -> re.Pattern[str]:
    parts = [f"(?:{key}=(?P<{key}>.*?)(?:; |$))?" for key in keys[:-1]]
    return re.compile("".join(parts) + f"(?:{keys[-1]}=(?P<{keys[-1]}>.*))?")


_LINES: Final = tuple(_line_of(keys) for keys in _TOGETHER)


def with_kept_in_words(form: HasFields, fields: Mapping[str, Data]) -> dict[str, Data]:
    """A copy of a record's fields, what its history keeps put in words; a record without such is as it was.

    A fix keeps the solution it took the place of: where one did, each is told beside the fix that gave it, one that no fix gave beside
    the first.
    """
    history = fields.get(_HISTORY)
    if not isinstance(history, list):
        return dict(fields)
    last = fields.get(_SOLUTION)
    solution = " / ".join(last.split("\n")).strip(" /") if isinstance(last, str) else ""
    is_replaced = _replaces_solutions(history)
    told: list[Data] = []
    for place in range(len(history) - 1, -1, -1):
        entry = history[place]
        note = entry.get(_NOTE) if isinstance(entry, dict) else None
        lines = note.split("\n") if isinstance(note, str) else []
        if is_replaced and _is_fix(history, place):
            given, solution = solution, lines[-1].removeprefix(_KEPT) if _replaces(lines) else solution
            if any(_is_fix(history, earlier) for earlier in range(place)) and _replaces(lines):
                # It is told beside the fix that gave it; what stood there before any fix is told here.
                lines.pop()
            words = translate("{label}: {value}").format(label=_label_of(form, _SOLUTION), value=given)
            lines = [*(_told(form, line) for line in lines), *([words] if given else [])]
            entry = {**entry, _NOTE: "\n".join(lines)} if lines else entry
        elif lines:
            entry = {**entry, _NOTE: kept_in_words(form, "\n".join(lines))}
        told.insert(0, entry)
    return {**fields, _HISTORY: told}


def _replaces_solutions(history: list[Data]) -> bool:
    notes = (entry.get(_NOTE) for entry in history if isinstance(entry, dict))
    return any(_replaces(note.split("\n")) for note in notes if isinstance(note, str))


def _replaces(lines: list[str]) -> bool:
    """Whether a remark ends with a solution that another one took the place of."""
    return bool(lines) and lines[-1].startswith(_KEPT)


def _is_fix(history: list[Data], place: int) -> bool:
    """Whether the issue became fixed there: what is told of a fixed one is no other fix."""
    here, before = (
        one.get("status") if isinstance(one, dict) else None for one in (history[place], history[place - 1])
    )
    return here == FIXED and (place == 0 or before != FIXED)


def _label_of(form: HasFields, key: str) -> str:
    field = find_child(form, key)
    return label(field, current_language()) if field is not None else key


def kept_in_words(form: HasFields, note: str) -> str:
    """A note of a history in which each line of kept fields is replaced by words; what people wrote is unchanged."""
    return "\n".join(_told(form, line) for line in note.split("\n"))


def _told(form: HasFields, line: str) -> str:
    for pattern in _LINES:
        found = pattern.fullmatch(line)
        kept = {key: text for key, text in found.groupdict().items() if text} if found else {}
        if kept:
            parts = [_field_in_words(form, key, text) for key, text in kept.items()]
            return translate("; ").join(parts)
    return line


def _field_in_words(form: HasFields, key: str, text: str) -> str:
    field = find_child(form, key)
    if field is None:
        return f"{key}={text}"
    result = find_child(field, "result") if field.fields else None
    found = _CHOICE.fullmatch(text) if result is not None else None
    if result is not None and found is not None:
        text = value_label(result, found["choice"], current_language())
        if found["more"]:
            text = translate("{result} ({details})").format(
                result=text, details=found["more"].replace(", ", translate(", "))
            )
    words = translate("{label} before: {value}") if key in _REPLACED else translate("{label}: {value}")
    return words.format(label=label(field, current_language()), value=text)
