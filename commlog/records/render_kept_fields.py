"""What an issue's history keeps of its fields, `key=value` in a remark, as people read it: labels and choices in words."""

import re
from collections.abc import Mapping
from typing import Final

from commlog.forms.fields import HasFields, find_child, label, value_label
from commlog.issues.rules.issue import FIXED
from commlog.messages import current_language, translate
from commlog.values import Data

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
