"""The schema files of a few folders: found by name, read, and kept from pointing outside."""

import os
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from commlog.errors import InvalidError, NotFoundError, UnreadableError
from commlog.forms.fields import LIST, MAPPING, TEXT, Field
from commlog.messages import mark
from commlog.values import fingerprint_of

Schema = dict[str, Any]

SUFFIX: Final = ".schema.json"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
MAX_BYTES: Final = 1_000_000

# "$dynamicRef" is followed like "$ref": both could name a place outside.
_REFERENCES: Final = ("$ref", "$dynamicRef")
_REPAIR: Final = mark("correct the template, or remove it to use the shipped one")


def shipped_folder() -> Path:
    """The folder of the templates that come with commlog: in the wheel, else in the repository."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "schemas"
    return inside if inside.is_dir() else package.parent / "schemas"


def settings_version() -> bytes:
    """A hash that changes with the shipped schemas of a log's own files."""
    folder = shipped_folder()
    names = ("settings/commlog.json", "settings/calendar.json", "parts/values.json")
    return fingerprint_of(_read_bytes(folder / name) for name in names)


class SchemaFiles:
    """Schema files by their name relative to a folder; the first folder that has the name wins."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)
        self._read: dict[str, Schema] = {}
        self._referred: dict[str, frozenset[str]] = {}

    def names(self) -> tuple[str, ...]:
        """The names of all templates, sorted; a broken one is among them."""
        files = (path for folder in self.folders for path in folder.glob("*" + SUFFIX))
        return tuple(sorted({path.name.removesuffix(SUFFIX) for path in files}))

    def locate(self, relative: str) -> Path | None:
        """The file that has this name, in the first folder that holds one."""
        candidates = (folder / relative for folder in self.folders)
        return next((path for path in candidates if path.is_file()), None)

    def read(self, relative: str) -> Schema:
        """One schema file as data, its own `$id` left out: files refer to each other by name.

        Raises: NotFoundError, UnreadableError, InvalidError (not JSON, not a schema; with the line).
        """
        if relative not in self._read:
            path = self.locate(relative)
            if path is None:
                raise NotFoundError(mark("there is no schema file '{name}'"), name=relative)
            self._read[relative] = _parse_schema(_read_text(path), path)
        return self._read[relative]

    def closure(self, relative: str) -> Mapping[str, Schema]:
        """The file and every file it refers to, by name.

        Raises: NotFoundError, UnreadableError, InvalidError (a reference outside, or to nothing).
        """
        documents: dict[str, Schema] = {}
        waiting = {relative}
        while waiting:
            name = waiting.pop()
            documents[name] = self.read(name)
            waiting |= self._targets(name) - documents.keys()
        return documents

    def fingerprint(self) -> str:
        """A hash that changes when any template, or any part of one, changes."""
        parts: list[bytes] = []
        for number, folder in enumerate(self.folders):
            for inner, ending in (("", SUFFIX), ("parts/", ".json")):
                for name in _names_in(folder / inner, ending):
                    parts += (
                        f"{number}:{inner}{name}".encode("utf-8", "surrogateescape"),
                        _read_bytes(folder / inner / name),
                    )
        return fingerprint_of(parts).hex()

    def _targets(self, name: str) -> frozenset[str]:
        """The files one file refers to."""
        if name not in self._referred:
            targets = set()
            for reference in set(_iter_references(self.read(name))):
                target = split_reference(reference, name)[0]
                if target is None or (target != name and self.locate(target) is None):
                    path = self.locate(name) or Path(name)
                    message = mark("the template refers to '{value}', which is not among the templates")
                    raise _broken(path, message, line=_line_of(path, reference), value=reference)
                targets.add(target)
            self._referred[name] = frozenset(targets)
        return self._referred[name]


def _names_in(folder: Path, ending: str) -> list[str]:
    """The files of a folder whose names end so, sorted; none when there is no such folder."""
    try:
        return sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(ending))
    except OSError:
        return []


def split_reference(reference: str, document: str) -> tuple[str | None, str]:
    """The file a `$ref` in `document` means (None: outside the folder), and the place in it."""
    from urllib.parse import unquote

    name, _, fragment = reference.partition("#")
    if not name:
        return document, unquote(fragment)
    if ":" in name or name.startswith(("/", "\\")) or "?" in name:
        return None, ""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(document), unquote(name)))
    return (None if target.startswith("..") else target), unquote(fragment)


def find_place(schema: Schema, pointer: str) -> Any:
    """What is at a JSON pointer, None when nothing does."""
    place: Any = schema
    for raw in pointer.split("/")[1:] if pointer else ():
        key = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(place, list) and re.fullmatch("[0-9]{1,6}", key):
            place = place[int(key)] if int(key) < len(place) else None
        else:
            place = place.get(key) if isinstance(place, dict) else None
    return place


def _iter_references(schema: Schema) -> Iterator[str]:
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield from (node[key] for key in _REFERENCES if isinstance(node.get(key), str))
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(
            mark("cannot read the template: {reason}"), file=str(path), reason=error.strerror
        ) from error


def _read_text(path: Path) -> str:
    raw = _read_bytes(path)
    if len(raw) > MAX_BYTES:
        raise _broken(path, mark("the template is too large: {value} bytes"), value=str(len(raw)))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _broken(
            path, mark("the template is not UTF-8 text"), line=raw.count(b"\n", 0, error.start) + 1
        ) from error


def _parse_schema(text: str, path: Path) -> Schema:
    import json

    try:
        schema = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise _broken(
            path, mark("the template is not JSON: {reason}"), line=error.lineno, column=error.colno, reason=error.msg
        ) from error
    except RecursionError as error:
        raise _broken(path, mark("the template is nested too deeply"), line=1) from error
    except _TwiceError as error:
        key = error.args[0]
        raise _broken(
            path, mark("the template has the key '{value}' twice"), line=_line_of(path, f'"{key}"'), value=key
        ) from error
    if not isinstance(schema, dict):
        raise _broken(path, mark("the template is not a JSON object"), line=1)
    dialect = schema.get("$schema", DIALECT)
    if str(dialect).rstrip("#") != DIALECT:
        raise _broken(
            path,
            mark("the template is written in '{value}'; commlog reads JSON Schema draft 2020-12"),
            line=_line_of(path, '"$schema"'),
            value=str(dialect),
        )
    return {key: value for key, value in schema.items() if key != "$id"}


class _TwiceError(Exception):
    """A key occurs twice in one JSON object."""


def _unique(pairs: list[tuple[str, Any]]) -> Schema:
    keys: set[str] = set()
    for key, _ in pairs:
        if key in keys:
            raise _TwiceError(key)
        keys.add(key)
    return dict(pairs)


def _line_of(path: Path, words: str) -> int:
    lines = _read_bytes(path).decode("utf-8", errors="replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if words in line), 1)


def _broken(path: Path, message: str, *, line: int = 0, column: int = 0, **facts: str) -> InvalidError:
    value, reason = facts.get("value", ""), facts.get("reason", "")
    return InvalidError(message, remedy=_REPAIR, file=str(path), line=line, column=column, value=value, reason=reason)


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
class FlatSchema:
    """A schema with everything it refers to laid on top of each other."""

    values: Schema = field(default_factory=dict)
    properties: dict[str, list[Place]] = field(default_factory=dict)
    items: list[Place] = field(default_factory=list)
    required: set[str] = field(default_factory=set)


class Resolver:
    """Builds fields out of the schema files of one template."""

    def __init__(self, documents: Mapping[str, Schema]) -> None:
        self._documents = documents

    def flatten(self, root: str) -> FlatSchema:
        """The schema file `root` with all it takes in, its own words winning."""
        return self._flatten([Place(self._documents[root], root)])

    def build_fields(self, flat: FlatSchema, order: tuple[str, ...]) -> tuple[Field, ...]:
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

    def _flatten(self, places: list[Place]) -> FlatSchema:
        flat = FlatSchema()
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

    def _lay(self, flat: FlatSchema, part: Place) -> None:
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

    def _lay_sometimes(self, flat: FlatSchema, part: Place) -> None:
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
