"""The words a query may use for fields and values: slugs and labels of every template, names of people."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from commlog.database.query import fields as form_fields
from commlog.database.query.filter import QueryField, ValueType
from commlog.errors import CommlogError
from commlog.forms.catalog import Catalog, Template
from commlog.forms.fields import Field

Labels = Mapping[str, str]
Resolve = Callable[[str], tuple[str, ...]]

_FORMATS = frozenset({"date", "date-time", "date-or-date-time"})
_TYPES: Mapping[str, ValueType] = MappingProxyType(
    {"boolean": ValueType.FLAG, "integer": ValueType.NUMBER, "number": ValueType.NUMBER}
)
# No value of these is kept in the index: not worth finding.
_LEFT_OUT = frozenset({"history", "followups.history"})


def _nobody(_name: str) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What names mean; without templates the built-in fields alone are known, by slug and label.

    `fields`: plain name or label → the fields of templates it means. `values`: field name → plain value or
    label → slug; a choice with no entry takes any slug. `members`: folded name → member id. `customers` and
    `records`: folded name or prefix → ids, none when it is not known.
    """

    fields: Mapping[str, tuple[QueryField, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    customers: Resolve = _nobody
    records: Resolve = _nobody

    def find(self, name: str) -> tuple[QueryField, ...]:
        """Give the fields a name or label means; several when templates share it, none when it is unknown."""
        built_in = form_fields.find_built_in(name)
        if built_in:
            return (built_in,)
        key, dot, rest = name.lower().partition(".")
        if key == "extra" and dot and rest:
            return (QueryField(f"extra.{rest}", ValueType.TEXT, is_content=True),)
        return self.fields.get(form_fields.plain_name(name), ())

    def names(self) -> tuple[str, ...]:
        """Give every name and label a field may be asked for by, sorted."""
        return tuple(sorted({*form_fields.built_in_names(), *self.fields}))


@dataclass(frozen=True, slots=True)
class VocabularyEntry:
    """A template's field for the builder: dotted key, the labels of each step, type, labels of values."""

    key: str
    labels: tuple[Labels, ...]
    type: ValueType
    values: Mapping[str, Labels] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class People:
    """The names of members, and how customers and record ids are looked up as they are typed."""

    members: Mapping[str, str] = field(default_factory=dict)
    customers: Resolve = _nobody
    records: Resolve = _nobody


def build_vocabulary(catalog: Catalog, people: People, priorities: Sequence[str] = ()) -> Vocabulary:
    """Give the vocabulary of a log's templates; a broken template adds nothing.

    `priorities` are the names of time limits the settings know.
    """
    entries: list[VocabularyEntry] = []
    templates: dict[str, Labels] = {}
    for name in catalog.names():
        try:
            template = catalog.get(name)
            entries.extend(_entries_of(template))
        except CommlogError:
            # The command that reads the records says what is wrong with it.
            templates[name] = {}
            continue
        templates[name] = template.labels
    extra = {
        "template": {key: slug for slug, labels in templates.items() for key in _words(slug, labels)},
        "priority": {form_fields.plain_name(name): name for name in priorities},
    }
    return vocabulary_of(entries, people, extra)


def vocabulary_of(
    entries: Sequence[VocabularyEntry], people: People, extra: Mapping[str, Mapping[str, str]] = MappingProxyType({})
) -> Vocabulary:
    """Give the vocabulary of some entries; `extra` adds values: field → plain value → slug."""
    return Vocabulary(
        fields=_names_of(entries),
        values=_values_of(entries, extra),
        members=people.members,
        customers=people.customers,
        records=people.records,
    )


def _names_of(entries: Sequence[VocabularyEntry]) -> Mapping[str, tuple[QueryField, ...]]:
    by_slug: dict[str, dict[QueryField, None]] = {}
    by_label: dict[str, dict[QueryField, None]] = {}
    for entry in entries:
        found = _field_of(entry)
        steps = entry.key.split(".")
        for last in range(1, len(steps) + 1):
            # `background.order_no` is meant by itself, by its end, and, like all inside it, by `background`.
            for first in range(last):
                by_slug.setdefault(form_fields.plain_name(".".join(steps[first:last])), {})[found] = None
                for language in ("zh", "en"):
                    labels = [step.get(language, "") for step in entry.labels[first:last]]
                    if all(labels):
                        by_label.setdefault(form_fields.plain_name(".".join(labels)), {})[found] = None
    # A slug means itself even where it is another field's label.
    return {name: tuple(found) for name, found in {**by_label, **by_slug}.items()}


def _field_of(entry: VocabularyEntry) -> QueryField:
    column = form_fields.COLUMN_PATHS.get(entry.key)
    return form_fields.BUILT_IN[column] if column else QueryField(entry.key, entry.type, is_content=True)


def _values_of(
    entries: Sequence[VocabularyEntry], extra: Mapping[str, Mapping[str, str]]
) -> Mapping[str, Mapping[str, str]]:
    values: dict[str, dict[str, str]] = {name: dict(known) for name, known in extra.items() if known}
    for entry in entries:
        names = {entry.key, form_fields.COLUMN_PATHS.get(entry.key, entry.key)}
        if entry.key in form_fields.CATEGORY_PATHS:
            names.add("category")
        for name in names:
            for slug, labels in entry.values.items():
                for word in _words(slug, labels):
                    values.setdefault(name, {}).setdefault(word, slug)
    return values


def _words(slug: str, labels: Labels) -> Iterator[str]:
    yield form_fields.plain_name(slug)
    for label in labels.values():
        yield form_fields.plain_name(label)


def _entries_of(template: Template) -> Iterator[VocabularyEntry]:
    for one in template.fields:
        yield from _entries_at(one, "", ())


def _entries_at(one: Field, before: str, labels: tuple[Labels, ...]) -> Iterator[VocabularyEntry]:
    key = f"{before}{one.key}"
    path = (*labels, one.labels)
    if key in _LEFT_OUT:
        return
    item = one.item or one
    for inner in item.fields:
        yield from _entries_at(inner, f"{key}.", path)
    # A birthday is a date or a mapping: it can be asked for as both.
    if item.type != "mapping":
        yield VocabularyEntry(key, path, _type_of(item), item.enum_labels or one.enum_labels)


def _type_of(item: Field) -> ValueType:
    if item.enum:
        return ValueType.CHOICE
    if item.format in _FORMATS:
        return ValueType.MOMENT
    return _TYPES.get(item.type, ValueType.TEXT)
