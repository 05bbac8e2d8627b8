"""The fields of a template as people know them: keys, labels, hints, and ways to name them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from commlog.messages import current_language
from commlog.records.rules.consistency import near_names

Data = Any
Path = tuple[str | int, ...]
Labels = Mapping[str, str]

TEXT: Final = "text"
LIST: Final = "list"
MAPPING: Final = "mapping"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; `item` is what a list holds, `fields` what a mapping holds.

    `type` is text, integer, number, boolean, list or mapping (the first, when several are allowed);
    `free` says that a mapping takes any key.
    """

    key: str
    type: str
    labels: Labels
    hints: Labels
    enum_labels: Mapping[str, Labels]
    enum: tuple[Data, ...] = ()
    format: str = ""
    personal: bool = False
    required: bool = False
    read_only: bool = False
    multiline: bool = False
    free: bool = False
    default: Data = None
    item: "Field | None" = None
    fields: tuple["Field", ...] = ()


class HasFields(Protocol):
    """A template, or a field that is a mapping."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields one level below, in the form's order."""


def walk_fields(owner: HasFields, above: str = "") -> Iterator[tuple[str, Field]]:
    """Every field at any depth with its dotted key; what a list holds comes under the key of the list."""
    for item in owner.fields:
        key = f"{above}{item.key}"
        for one in filter(None, (item, item.item)):
            yield key, one
            yield from walk_fields(one, f"{key}.")


def label(field: Field, language: str) -> str:
    """The word people see for the field, in `zh` or `en`; its key when it has none."""
    return field.labels.get(language) or field.key


def value_label(field: Field, value: Data, language: str) -> str:
    """The word people see for one of the field's choices; the value itself when it has none."""
    return _labels_of(field, value).get(language) or str(value)


def hint(field: Field, language: str) -> str:
    """What a colleague would advise while the field is filled in; empty when there is nothing."""
    return field.hints.get(language, "")


def find_value(field: Field, words: str) -> str | None:
    """The choice that is written like this: its slug, its label in either language, or the beginning of one only."""
    wanted = fold_label(words)
    names = {choice: _value_names(field, choice) for choice in _choices(field)}
    exact = [choice for choice in names if wanted in names[choice]]
    begun = [choice for choice in names if wanted and any(name.startswith(wanted) for name in names[choice])]
    return exact[0] if exact else begun[0] if len(begun) == 1 else None


def shown_choice(field: Field | None, value: Data) -> str:
    """A choice as it is offered: the slug, and the word people see where that differs."""
    words = value_label(field, value, current_language()) if field is not None else str(value)
    plain = str(value)
    return plain if words.casefold().replace(" ", "_") == plain else f"{plain} ({words})"


def find_child(owner: HasFields, words: str) -> Field | None:
    """The field one level below that is written like this: its key, or its label in either language."""
    for one in owner.fields:
        if one.key == words:
            return one
    wanted = fold_label(words)
    matching = [one for one in owner.fields if wanted in _names_of(one)]
    return matching[0] if len(matching) == 1 else None


def guess_child(owner: HasFields, words: str) -> Field | None:
    """The field one level below that somebody means who types its key, its label, or the end of one label only."""
    found = find_child(owner, words)
    wanted = fold_label(words)
    if found is not None or len(wanted) < 2:
        return found
    # 渠道 for 沟通渠道: what stands before the last word of a label says little.
    ending = [
        field for field in owner.fields if any(fold_label(name).endswith(wanted) for name in field.labels.values())
    ]
    return ending[0] if len(ending) == 1 else None


def find_field(template: HasFields, dotted: str) -> Field | None:
    """The field a dotted name means (`followups.0.due`, `沟通渠道`, `party.姓名`), if there is one."""
    steps = split_dotted(dotted)
    owner: HasFields | None = template
    field: Field | None = None
    for step in steps:
        field, owner = _step(field, owner, step)
        if field is None:
            return None
    return field


def canonical_path(template: HasFields, dotted: str) -> Path:
    """The path of a dotted name inside a record, every label replaced by its key.

    Raises: KeyError with the step that is not known, as written.
    """
    path: list[str | int] = []
    owner: HasFields | None = template
    field: Field | None = None
    for step in split_dotted(dotted):
        is_index = field is not None and field.item is not None and _is_index(step)
        field, owner = _step(field, owner, step)
        if field is None:
            raise KeyError(step)
        path.append(int(step) if is_index else field.key)
    return tuple(path)


def split_dotted(dotted: str) -> list[str]:
    """The steps of a dotted name; `followups[0].due` and `followups.0.due` are the same."""
    return re.sub(r"\[([0-9]+)\]", r".\1", dotted).strip().split(".")


def nearest(words: str, owner: HasFields) -> str:
    """The key of the field whose key or label is written most like this; empty when none is near."""
    names = {name: field.key for field in owner.fields for name in _names_of(field)}
    return names.get(closest(fold_label(words), names), "")


def nearest_value(field: Field, words: str) -> str:
    """The choice whose slug or label is written most like this; empty when none is near."""
    names: dict[str, str] = {}
    for choice in _choices(field):
        names.update(dict.fromkeys(_value_names(field, choice), choice))
    return names.get(closest(fold_label(words), names), "")


def closest(words: str, names: Mapping[str, str]) -> str:
    """The name most like the words, or one that holds them whole; empty when none is near."""
    if near := near_names(words, names, 1):
        return near[0]
    # Two Chinese characters out of four are under any sensible cutoff, yet plainly meant.
    held = [name for name in names if len(words) > 1 and words in name]
    return held[0] if len(held) == 1 else ""


def fold_label(words: str) -> str:
    """The words as they are compared: case, blanks, `_` and `-` do not matter, nor full-width brackets."""
    plain = words.casefold().replace("（", "(").replace("）", ")")
    return re.sub(r"[\s_\-]+", "", plain)


def _names_of(field: Field) -> set[str]:
    return {fold_label(field.key), *map(fold_label, field.labels.values())}


def _choices(field: Field) -> list[str]:
    """The choices that are words: those a list allows, and those that merely have a label."""
    return [choice for choice in dict.fromkeys((*field.enum, *field.enum_labels)) if isinstance(choice, str)]


def _value_names(field: Field, choice: str) -> set[str]:
    return {fold_label(choice), *map(fold_label, _labels_of(field, choice).values())}


def _labels_of(field: Field, value: Data) -> Labels:
    return field.enum_labels.get(value, {}) if isinstance(value, str) else {}


def _step(field: Field | None, owner: HasFields | None, step: str) -> tuple[Field | None, HasFields | None]:
    """The field one step further down, and what its own steps are looked up in."""
    if field is not None and field.item is not None and _is_index(step):
        return field.item, field.item
    found = guess_child(owner, step) if owner is not None and step else None
    if found is None and field is not None and field.free and step:
        found = free_field(step)
    return found, found


def _is_index(step: str) -> bool:
    return step.isascii() and step.isdigit()


def free_field(key: str) -> Field:
    """The field that stands for a key no form foresees, as under `extra`."""
    return Field(key=key, type=TEXT, labels={}, hints={}, enum_labels={}, free=True)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit: `code` is a kind of problem, `path` where it is in the data.

    `facts` are what the problem's words name: field, value, expected, suggestion, reason.
    """

    code: str
    path: tuple[str | int, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
