"""The templates of a log: which there are, and what each says of its fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from commlog.errors import InvalidError, NotFoundError
from commlog.forms.fields import Field
from commlog.forms.schemas import SUFFIX, FlatSchema, Resolver, Schema, SchemaFiles, shipped_folder
from commlog.messages import mark
from commlog.records.rules.consistency import near_names

KINDS: Final = ("interaction", "issue", "survey", "customer", "answer", "settings")

# In an order, this means the fields a template adds to the part it is based on.
_OWN_FIELDS: Final = "*"


@dataclass(frozen=True, slots=True)
class Template:
    """One template: its words, its fields in the form's order, and its own schema file.

    `documents` are the schema file and all it refers to, by name; `root` is its own name there.
    """

    name: str
    kind: str
    file: Path
    schema: Schema
    labels: Mapping[str, str]
    order: tuple[str, ...]
    record_within: str
    priority_from: tuple[str, ...]
    fields: tuple[Field, ...]
    root: str
    documents: Mapping[str, Schema]


class Catalog:
    """The templates of some folders, in order of precedence: the log's own, then the shipped ones."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._files = SchemaFiles(folders or (shipped_folder(),))
        # Settings are commlog's own: a log's folder cannot change what they mean.
        self._shipped = SchemaFiles((shipped_folder(),))
        self._templates: dict[str, Template] = {}

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders looked in, in order of precedence."""
        return self._files.folders

    def names(self) -> tuple[str, ...]:
        """The names of all templates, sorted."""
        return self._files.names()

    def find(self, name: str) -> Template | None:
        """The template of this name, None when there is none.

        Raises: InvalidError (it is there but broken), UnreadableError.
        """
        if name not in self._templates:
            if name not in self.names():
                return None
            self._templates[name] = _build_template(self._files, name, name + SUFFIX)
        return self._templates[name]

    def get(self, name: str) -> Template:
        """The template of this name.

        Raises: NotFoundError with the nearest names, InvalidError (broken), UnreadableError.
        """
        found = self.find(name)
        if found is None:
            names = self.names()
            near = near_names(name, names, 3, 0.5) or list(names)
            raise NotFoundError(
                mark("there is no template '{name}'"),
                remedy=mark("use one of: {expected}"),
                name=name,
                expected=", ".join(near),
            )
        return found

    def get_settings(self, name: str) -> Template:
        """The schema of a log's own file: `commlog` for its settings, `calendar` for its dates.

        Raises: NotFoundError.
        """
        key = f"settings/{name}"
        if key not in self._templates:
            self._templates[key] = _build_template(self._shipped, key, key + ".json")
        return self._templates[key]

    def fingerprint(self) -> str:
        """A hash that changes when any template, or any part of one, changes."""
        return self._files.fingerprint()


def _build_template(files: SchemaFiles, name: str, root: str) -> Template:
    file = files.locate(root) or Path(root)
    documents = files.closure(root)
    resolver = Resolver(documents)
    flat = resolver.flatten(root)
    order = _order_of(flat, documents[root])
    kind = flat.values.get("x-kind")
    if kind not in KINDS:
        raise InvalidError(
            mark("the template's x-kind is {value}, not one of: {expected}"),
            remedy=mark('add "x-kind": "interaction", or what it is'),
            file=str(file),
            line=1,
            value=repr(kind),
            expected=", ".join(KINDS),
        )
    words = flat.values.get("x-label")
    return Template(
        name=name,
        kind=kind,
        file=file,
        schema=documents[root],
        labels=dict(words) if isinstance(words, dict) else {},
        order=order,
        record_within=str(flat.values.get("x-record-within", "none")),
        priority_from=tuple(_texts(flat.values.get("x-priority-from"))),
        fields=resolver.build_fields(flat, order),
        root=root,
        documents=documents,
    )


def _order_of(flat: FlatSchema, own: Schema) -> tuple[str, ...]:
    """Every top-level key in the order of the file; a template without an order takes its part's."""
    named = _texts(flat.values.get("x-order"))
    fields = own.get("properties")
    added = [key for key in fields if key not in named] if isinstance(fields, dict) else []
    place = named.index(_OWN_FIELDS) if _OWN_FIELDS in named else len(named)
    order = (*named[:place], *added, *(key for key in named[place:] if key != _OWN_FIELDS))
    return (*order, *(key for key in flat.properties if key not in order))


def _texts(value: Any) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
