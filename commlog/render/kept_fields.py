"""What an issue's history keeps of its fields, `key=value` in a remark, as people read it: labels and choices in words."""

import re
from collections.abc import Mapping
from typing import Final

from commlog.messages import current_language, translate
from commlog.model.record import Data
from commlog.templates.fields import HasFields, find_child, label, value_label

_HISTORY: Final = "history"
_NOTE: Final = "note"
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
    """A copy of a record's fields, what its history keeps put in words; a record without such is as it was."""
    history = fields.get(_HISTORY)
    if not isinstance(history, list):
        return dict(fields)
    told = [
        {**entry, _NOTE: kept_in_words(form, entry[_NOTE])}
        if isinstance(entry, dict) and isinstance(entry.get(_NOTE), str)
        else entry
        for entry in history
    ]
    return {**fields, _HISTORY: told}


def kept_in_words(form: HasFields, note: str) -> str:
    """A remark of a history with each line that keeps fields in words; what people wrote stays as it is."""
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
