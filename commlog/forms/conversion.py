"""From what people type to the values of a template: labels to slugs, words to numbers and times."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from commlog.forms import fields as form_fields
from commlog.forms.formats import CHECKS
from commlog.messages import mark, translate
from commlog.values import show_path
from commlog.worktime.limits import parse_limit

_TRUE: Final = frozenset({"true", "yes", "y", "1", "是", "对", "有", "on"})
_FALSE: Final = frozenset({"false", "no", "n", "0", "否", "不", "无", "没有", "off"})
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
# Full-width forms Chinese keyboards give for digits and signs.
_NARROW: Final = str.maketrans("０１２３４５６７８９＋－．", "0123456789+-.")
_SEPARATORS: Final = re.compile(r"[,，、]")

# Minutes of a conversation: told instead of its end, never stored, so no form has it.
DURATION: Final = form_fields.Field("duration", "integer", {}, {}, {})
_DURATION_NAMES: Final = frozenset({"duration", "时长", "沟通时长"})
_MOMENT_WORDS: Final = {
    "date": mark("a date, e.g. 2026-03-10"),
    "date-time": mark("a moment, e.g. 2026-03-10 14:30"),
    "date-or-date-time": mark("a date or a moment, e.g. 2026-03-10 or 2026-03-10 14:30"),
}


class ConversionError(ValueError):
    """Typed words that do not fit the field; `finding` says why."""

    def __init__(self, finding: form_fields.Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding
        self.code = finding.code
        self.facts = finding.facts


@dataclass(frozen=True, slots=True)
class Converter:
    """Turns typed text into values.

    `parse_flow` reads YAML or JSON text; `parse_moment` reads a date or an instant as people type
    them. Both raise ValueError for what they cannot read; instants come with their zone.
    """

    parse_flow: Callable[[str], form_fields.Data]
    parse_moment: Callable[[str], date | datetime]

    def convert(self, field: form_fields.Field, text: str) -> form_fields.Data:
        """The value of one field from the text typed for it.

        Raises: ConversionError.
        """
        return self._convert(field, text, (field.key,))

    def convert_entry(self, field: form_fields.Field, text: str) -> form_fields.Data:
        """One entry for a list field, taken whole: commas in it separate nothing.

        Raises: ConversionError.
        """
        item = field.item or field
        if item.fields and text.strip().startswith("{"):
            value = self._parse(text.strip(), item, (field.key,))
            if isinstance(value, dict):
                return self._translate_entry(field, item, value)
        return self._convert(item, text, (field.key,))

    def translate_data(
        self, owner: form_fields.HasFields, data: Mapping[str, form_fields.Data]
    ) -> dict[str, form_fields.Data]:
        """The same data with labels replaced by keys and slugs, and times by their stored form.

        Keys no form knows, and values of another type, are left as they are: validation names them.
        """
        translated: dict[str, form_fields.Data] = {}
        for key, value in data.items():
            field = _child(owner, key)
            # Two names of one field: the second stays as it is, and validation names it; neither is lost.
            known = field is not None and (field.key == key or field.key not in data) and field.key not in translated
            translated[field.key if field and known else key] = self._translate(field, value) if field else value
        return translated

    def _translate(self, field: form_fields.Field, value: form_fields.Data) -> form_fields.Data:
        if isinstance(value, dict) and field.fields:
            return self.translate_data(field, value)
        if isinstance(value, list) and field.item is not None:
            return [self._translate_entry(field, field.item, entry) for entry in value]
        if isinstance(value, str) and (field.enum or field.enum_labels):
            return form_fields.find_value(field, value) or value
        if isinstance(value, str) and field.format in _MOMENT_WORDS:
            return self._find_moment(field, value) or value
        if isinstance(value, str) and field is DURATION and _WHOLE.fullmatch(value.strip().translate(_NARROW)):
            return int(value.strip().translate(_NARROW))
        return value

    def _translate_entry(
        self, field: form_fields.Field, item: form_fields.Field, entry: form_fields.Data
    ) -> form_fields.Data:
        """One entry of a list; a limit as the due of a follow-up that is new stays, it is counted when that is made."""
        translated = self._translate(item, entry)
        if field.key == "followups" and isinstance(entry, dict) and "n" not in entry:
            due = next(
                (typed for key, typed in entry.items() if (child := _child(item, key)) and child.key == "due"), None
            )
            return translated | ({"due": due} if isinstance(due, str) and _is_limit(due) else {})
        return translated

    def _convert(self, field: form_fields.Field, text: str, path: form_fields.Path) -> form_fields.Data:
        stripped = text.strip()
        if field.type == form_fields.LIST:
            return self._convert_list(field, stripped, path)
        if (field.type == form_fields.MAPPING or field.fields) and (
            field.type == form_fields.MAPPING or stripped.startswith("{")
        ):
            return self._convert_mapping(field, stripped, path)
        if field.enum or field.enum_labels:
            return _convert_choice(field, stripped, path)
        if field.format in _MOMENT_WORDS:
            return self._convert_moment(field, stripped, path)
        if field.type == form_fields.TEXT:
            return text if field.multiline else stripped
        return _convert_plain(field, stripped, path)

    def _convert_list(self, field: form_fields.Field, text: str, path: form_fields.Path) -> list[form_fields.Data]:
        item = field.item
        if text.startswith("[") or (item is not None and item.fields):
            value = self._parse(text, field, path)
            entries = value if isinstance(value, list) else [value]
            return [self._translate_entry(field, item, entry) if item else entry for entry in entries]
        if item is None or item.multiline:
            # Sentences hold commas of their own: one text is one entry.
            return [text] if text else []
        parts = [part.strip() for part in _SEPARATORS.split(text)]
        return [self._convert(item, part, (*path, number)) for number, part in enumerate(filter(None, parts))]

    def _convert_mapping(self, field: form_fields.Field, text: str, path: form_fields.Path) -> form_fields.Data:
        value = self._parse(text, field, path)
        if not isinstance(value, dict):
            raise _refused("wrong-type", path, text, translate(mark("a mapping, e.g. {name: value}")))
        return self.translate_data(field, value) if field.fields else value

    def _parse(self, text: str, field: form_fields.Field, path: form_fields.Path) -> form_fields.Data:
        try:
            return self.parse_flow(text)
        except ValueError as error:
            is_list = field.type == form_fields.LIST
            words = mark("a list, e.g. [a, b]") if is_list else mark("a mapping, e.g. {name: value}")
            raise _refused("wrong-type", path, text, translate(words)) from error

    def _convert_moment(self, field: form_fields.Field, text: str, path: form_fields.Path) -> str:
        found = self._find_moment(field, text)
        if found is None:
            raise _refused("wrong-format", path, text, translate(_MOMENT_WORDS[field.format]))
        return found

    def _find_moment(self, field: form_fields.Field, text: str) -> str | None:
        """The stored form of a date or an instant, None when the text is neither or the wrong one."""
        if CHECKS[field.format](text):
            return text
        try:
            moment = self.parse_moment(text)
        except ValueError:
            return None
        if isinstance(moment, datetime):
            is_date = field.format == "date"
            return moment.date().isoformat() if is_date else moment.isoformat(timespec="seconds")
        return None if field.format == "date-time" else moment.isoformat()


def _child(owner: form_fields.HasFields, key: form_fields.Data) -> form_fields.Field | None:
    return (form_fields.find_child(owner, key) or find_duration(owner, key)) if isinstance(key, str) else None


def _is_limit(text: str) -> bool:
    try:
        parse_limit(text.strip())
    except ValueError:
        return False
    return True


def find_duration(owner: form_fields.HasFields, words: str) -> form_fields.Field | None:
    """The duration, when words mean it and the form is one of conversations, which end; else None."""
    is_meant = words.strip() in _DURATION_NAMES and any(field.key == "ended_at" for field in owner.fields)
    return DURATION if is_meant else None


def placed(
    data: form_fields.Data, path: form_fields.Path, value: form_fields.Data, *, is_addition: bool = False
) -> form_fields.Data:
    """The data with a value at a path; mappings and lists on the way are made as needed, a list one entry longer at most.

    Raises:
        ConversionError: the path leads past the end of a list, or into a value that is sealed.
    """
    if isinstance(data, str) and (path or is_addition):
        _refuse_sealed(data, path)
    if not path:
        return [*(data if isinstance(data, list) else []), value] if is_addition else value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(data) if isinstance(data, list) else []
        if step > len(items):
            facts = {"field": show_path(path), "value": str(step), "expected": f"0–{len(items)}"}
            raise ConversionError(form_fields.Finding("out-of-range", path, facts))
        inner = items[step] if step < len(items) else None
        items[step : step + 1] = [placed(inner, rest, value, is_addition=is_addition)]
        return items
    mapping = dict(data) if isinstance(data, dict) else {}
    return {**mapping, step: placed(mapping.get(step), rest, value, is_addition=is_addition)}


def _refuse_sealed(data: str, path: form_fields.Path) -> None:
    """Refuse to add to what nobody here can read: it would take the place of all that is sealed.

    Raises:
        ConversionError: the data is a sealed value.
    """
    # Logs that seal nothing do not load it.
    from commlog.privacy.rules.sealing import is_sealed

    if is_sealed(data):
        raise ConversionError(form_fields.Finding("sealed-shut", path, {}))


def unknown_field(owner: form_fields.HasFields, words: str) -> form_fields.Finding:
    """The finding for a name no form knows, with the nearest key when there is one."""
    near = form_fields.nearest(words, owner)
    facts = {"field": words, "value": words} | ({"suggestion": near} if near else {})
    return form_fields.Finding("unknown-field", (words,), facts)


def _convert_choice(field: form_fields.Field, text: str, path: form_fields.Path) -> str:
    found = form_fields.find_value(field, text)
    if found is not None:
        return found
    if not field.enum:
        # The labels only name the usual ones; a team may have its own.
        return text
    near = form_fields.nearest_value(field, text)
    facts = {"suggestion": near} if near else {}
    raise _refused(
        "not-in-list", path, text, ", ".join(form_fields.shown_choice(field, value) for value in field.enum), **facts
    )


def _convert_plain(field: form_fields.Field, text: str, path: form_fields.Path) -> bool | int | float:
    narrow = text.translate(_NARROW)
    if field.type == "boolean":
        if narrow.casefold() in _TRUE | _FALSE:
            return narrow.casefold() in _TRUE
        raise _refused("wrong-type", path, text, translate(mark("yes or no")))
    if field.type == "integer" and _WHOLE.fullmatch(narrow):
        return int(narrow)
    if field.type == "number" and _NUMBER.fullmatch(narrow):
        return float(narrow) if "." in narrow else int(narrow)
    words = mark("a whole number") if field.type == "integer" else mark("a number")
    raise _refused("wrong-type", path, text, translate(words))


def _refused(code: str, path: form_fields.Path, value: str, expected: str, **facts: str) -> ConversionError:
    return ConversionError(
        form_fields.Finding(code, path, {"field": show_path(path), "value": value, "expected": expected, **facts})
    )
