"""The fields of changes as templates know them: which ones somebody means, and what is personal in them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from commlog.database.query.fields import find_built_in
from commlog.errors import CommlogError, UsageError
from commlog.forms.catalog import Catalog, Template
from commlog.forms.fields import Field, find_field, fold_label, walk_fields
from commlog.forms.personal import mask_marked_fields
from commlog.messages import mark
from commlog.output.listing import mask_id, mask_listing_words
from commlog.privacy.rules.masking import MaskRules, mask_value
from commlog.privacy.rules.sealing import SHUT, contains_sealed
from commlog.records.mask import each_text
from commlog.records.queries import read_customers
from commlog.records.rules.consistency import near_names, split_names
from commlog.team.rules.field_change import CUT, UNREADABLE, FieldChange, Revision, spread
from commlog.values import CUSTOMER, Data
from commlog.workspace import Workspace

_DIARY: Final = ".history."
_CHOICE_FORMATS: Final = frozenset({"date", "date-time", "date-or-date-time"})


def fields_named(catalog: Catalog, words: str) -> frozenset[str]:
    """The dotted names of the fields that a list of keys and labels, joined by commas, means; none for no words.

    Raises:
        UsageError: a word is no field of any template; names the nearest.
    """
    found: set[str] = set()
    for word in split_names(words):
        keys = {key for key, item in _all_fields(catalog) if _means(key, item, word)}
        if not keys and word.startswith("extra."):
            keys = {word}
        if not keys:
            near = near_names(word, [key.rpartition(".")[2] for key, _ in _all_fields(catalog)], 1)
            raise UsageError(
                mark("there is no field '{name}'"),
                name=word,
                near=", ".join(near),
                remedy=mark("did you mean {near}?") if near else mark("see the fields: commlog template show NAME"),
            )
        found |= keys
    return frozenset(found)


def narrowed(revision: Revision, wanted: frozenset[str]) -> Revision | None:
    """The revision with the changes of the wanted fields alone, items taken apart; as it is when none is wanted.

    None when there are no such changes and nothing is hidden by that.
    """
    if not wanted:
        return revision
    parts = (part for one in revision.changes for part in (spread(one) if one.field not in wanted else (one,)))
    changes = tuple(part for part in parts if _is_wanted(part.field, wanted))
    if not changes and revision.kind not in {UNREADABLE, CUT}:
        return None
    return replace(revision, changes=changes)


@dataclass(slots=True)
class RevisionMask:
    """Masks personal data in revisions as the templates mark it; all text of an unknown template is masked.

    In other text it covers what the rules ask; `names` are those of customers by id, where these are hidden.
    With `is_revealed`, only values that are sealed, and stay so, are replaced by the word for them.
    """

    catalog: Catalog
    is_revealed: bool = False
    rules: MaskRules = field(default_factory=MaskRules)
    names: Mapping[str, str] = field(default_factory=dict)
    _cover: Callable[[str], str] = str
    _templates: dict[str, Template | None] = field(default_factory=dict)
    _fields: dict[tuple[str, str], Field | None] = field(default_factory=dict)

    def cover(self, revision: Revision) -> Revision:
        """The revision with personal data masked, also phone numbers, addresses and names in free text."""
        template = self._template(revision.template)
        self._cover = mask_listing_words(self._names_in(revision), self.rules)
        changes = tuple(
            replace(
                change,
                before=self._covered(template, change, change.before),
                after=self._covered(template, change, change.after),
            )
            for change in revision.changes
        )
        if self.is_revealed:
            return replace(revision, changes=changes)
        customer = revision.customer and mask_id(revision.customer, self.rules)
        return replace(revision, changes=changes, subject=self._cover(revision.subject), customer=customer)

    def _names_in(self, revision: Revision) -> Iterator[str]:
        """What the customer of a revision is called, in it and today."""
        for customer in {revision.customer, revision.record if revision.template == CUSTOMER else None} - {None}:
            yield self.names.get(str(customer), "")
        for change in revision.changes:
            if revision.template == CUSTOMER and change.field == "name":
                yield from (str(value) for value in (change.before, change.after) if value)

    def _template(self, name: str) -> Template | None:
        if name not in self._templates:
            try:
                self._templates[name] = self.catalog.find(name)
            except CommlogError:
                self._templates[name] = None
        return self._templates[name]

    def _covered(self, template: Template | None, change: FieldChange, value: Data) -> Data:
        if contains_sealed(value):
            value = each_text(value, lambda text: SHUT if contains_sealed(text) else text)
        return value if self.is_revealed or value == SHUT else self._masked(template, change, value)

    def _masked(self, template: Template | None, change: FieldChange, value: Data) -> Data:
        if value is None or isinstance(value, bool | int | float):
            return value if template is not None else (None if value is None else mask_value(str(value)))
        if template is None:
            return each_text(value, mask_value)
        key = (template.name, change.field)
        if key not in self._fields:
            self._fields[key] = _field_at(template, change)
        found = self._fields[key]
        if found is None:
            return each_text(value, self._cover)
        if found.enum or found.enum_labels or found.format in _CHOICE_FORMATS:
            return value
        if change.field == "customer" and isinstance(value, str):
            return mask_id(value, self.rules)
        # The field alone, as if it were the only one of a form.
        form = replace(found, fields=(replace(found, key="value"),))
        masked = mask_marked_fields(form, {"value": value})["value"]
        return masked if found.personal else each_text(masked, self._cover)


def mask_of(workspace: Workspace, *, reveal: bool) -> RevisionMask:
    """The mask of a log's revisions; names are read only where the settings hide them."""
    rules = workspace.log.settings.mask
    customers = read_customers(workspace.index) if rules.names and not reveal else []
    return RevisionMask(workspace.catalog, reveal, rules, {one.id: one.name for one in customers if one.name})


def _field_at(template: Template, change: FieldChange) -> Field | None:
    """The field of a change; personal when anything it stands in is."""
    steps = [str(step) for step in change.path]
    found = find_field(template, ".".join(steps))
    above = (find_field(template, ".".join(steps[:end])) for end in range(1, len(steps)))
    if any(one is not None and one.personal for one in above):
        return replace(found, personal=True) if found else Field("", "text", {}, {}, {}, personal=True)
    return found


def _all_fields(catalog: Catalog) -> Iterator[tuple[str, Field]]:
    """Every field of every template that can be read."""
    for name in catalog.names():
        with suppress(CommlogError):
            yield from walk_fields(catalog.get(name))


def _means(key: str, item: Field, word: str) -> bool:
    if _DIARY in f".{key}" and _DIARY.strip(".") not in word:
        return False  # a diary repeats what became of other fields
    built_in = find_built_in(word)
    names = {word, built_in.name} if built_in else {word}
    if any(key == name or key.endswith(f".{name}") for name in names):
        return True
    return fold_label(word) in {fold_label(label) for label in item.labels.values()}


def _is_wanted(key: str, wanted: frozenset[str]) -> bool:
    return any(key == name or key.startswith(f"{name}.") for name in wanted)
