"""From a schema, its parts and references to the fields of a form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from commlog.forms.fields import LIST, MAPPING, TEXT, Field
from commlog.forms.schemas import Schema, find_place, split_reference

_TYPES: Final = {
    "string": TEXT,
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "array": LIST,
    "object": MAPPING,
}
# No form is nested deeper; a schema that contains itself ends here.
_MAX_DEPTH: Final = 12


@dataclass(frozen=True, slots=True)
class Place:
    """A schema and the file it stands in, which its references start from."""

    schema: Schema
    document: str


@dataclass(slots=True)
class Flat:
    """A schema with everything it refers to laid on top of each other."""

    values: Schema = field(default_factory=dict)
    properties: dict[str, list[Place]] = field(default_factory=dict)
    items: list[Place] = field(default_factory=list)
    required: set[str] = field(default_factory=set)


class Resolver:
    """Builds fields out of the schema files of one template."""

    def __init__(self, documents: Mapping[str, Schema]) -> None:
        self._documents = documents

    def flatten(self, root: str) -> Flat:
        """The schema file `root` with all it takes in, its own words winning."""
        return self._flatten([Place(self._documents[root], root)])

    def build_fields(self, flat: Flat, order: tuple[str, ...]) -> tuple[Field, ...]:
        """The fields of a form in its order."""
        return tuple(
            self._build(key, flat.properties[key], depth=0, required=key in flat.required)
            for key in order
            if key in flat.properties
        )

    def _build(self, key: str, places: list[Place], *, depth: int, required: bool) -> Field:
        flat = self._flatten(places)
        values = flat.values
        children: tuple[Field, ...] = ()
        item = None
        if depth < _MAX_DEPTH:
            children = tuple(
                self._build(name, inner, depth=depth + 1, required=name in flat.required)
                for name, inner in flat.properties.items()
            )
            item = self._build("", flat.items, depth=depth + 1, required=False) if flat.items else None
        kind = _type_of(values, has_fields=bool(children), has_items=item is not None)
        return Field(
            key=key,
            type=kind,
            labels=_words(values.get("x-label")),
            hints=_words(values.get("x-hint")),
            enum=tuple(_list(values.get("enum"))),
            enum_labels=_choices(values.get("x-enum-labels")),
            format=str(values.get("format", "")),
            required=required,
            personal=values.get("x-personal") is True,
            read_only=values.get("readOnly") is True,
            multiline=values.get("x-multiline") is True,
            free=kind == MAPPING and values.get("additionalProperties", True) is not False and not children,
            default=values.get("default"),
            item=item,
            fields=children,
        )

    def _flatten(self, places: list[Place]) -> Flat:
        flat = Flat()
        for place in places:
            for part in self._iter_parts(place, frozenset()):
                self._lay(flat, part)
        for place in places:
            for part in self._iter_parts(place, frozenset()):
                self._lay_sometimes(flat, part)
        return flat

    def _iter_parts(self, place: Place, seen: frozenset[tuple[str, str]]) -> Iterator[Place]:
        """The schemas that always apply at this place, the most distant first."""
        reference = place.schema.get("$ref")
        if isinstance(reference, str):
            document, pointer = split_reference(reference, place.document)
            if document is not None and (document, pointer) not in seen:
                target = find_place(self._documents.get(document, {}), pointer)
                if isinstance(target, dict):
                    yield from self._iter_parts(Place(target, document), seen | {(document, pointer)})
        for inner in _list(place.schema.get("allOf")):
            if isinstance(inner, dict):
                yield from self._iter_parts(Place(inner, place.document), seen)
        yield place

    def _lay(self, flat: Flat, part: Place) -> None:
        for key, value in part.schema.items():
            if key == "properties" and isinstance(value, dict):
                for name, schema in value.items():
                    if isinstance(schema, dict):
                        flat.properties.setdefault(name, []).append(Place(schema, part.document))
            elif key == "items" and isinstance(value, dict):
                flat.items.append(Place(value, part.document))
            elif key == "required":
                flat.required.update(str(name) for name in _list(value))
            else:
                flat.values[key] = value

    def _lay_sometimes(self, flat: Flat, part: Place) -> None:
        for branch in _iter_branches(part.schema):
            names = branch.get("properties")
            for name, schema in names.items() if isinstance(names, dict) else ():
                if isinstance(schema, dict) and name not in flat.properties:
                    flat.properties[name] = [Place(schema, part.document)]


def _iter_branches(schema: Schema) -> Iterator[Schema]:
    """The schemas inside this one that apply only sometimes."""
    dependent = schema.get("dependentSchemas")
    branches = [
        schema.get("then"),
        schema.get("else"),
        *_list(schema.get("anyOf")),
        *_list(schema.get("oneOf")),
        *(dependent.values() if isinstance(dependent, dict) else ()),
    ]
    yield from (branch for branch in branches if isinstance(branch, dict))


def _type_of(values: Schema, *, has_fields: bool, has_items: bool) -> str:
    named = values.get("type")
    for name in named if isinstance(named, list) else [named]:
        if isinstance(name, str) and name in _TYPES:
            return _TYPES[name]
    if has_fields:
        return MAPPING
    return LIST if has_items else TEXT


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _words(value: Any) -> Mapping[str, str]:
    words = value if isinstance(value, dict) else {}
    return MappingProxyType({str(language): str(text) for language, text in words.items()})


def _choices(value: Any) -> Mapping[str, Mapping[str, str]]:
    choices = value if isinstance(value, dict) else {}
    return MappingProxyType({str(slug): _words(words) for slug, words in choices.items()})
