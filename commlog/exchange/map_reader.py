"""Reading a map: YAML to a checked `ImportMap`, every mistake with its line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

from commlog.errors import InvalidError
from commlog.exchange.csv_file import CUSTOMER_GIVEN
from commlog.exchange.import_map import (
    ColumnReference,
    DateReader,
    FollowUpRule,
    ImportMap,
    Target,
    parse_format,
    parse_time,
)
from commlog.exchange.map_section import SettingsSection
from commlog.exchange.source_reader import SourceReader
from commlog.forms.catalog import Catalog, Template
from commlog.forms.conversion import Converter, find_duration, unknown_field
from commlog.forms.fields import Field, HasFields, canonical_path, find_child, find_field
from commlog.messages import mark
from commlog.problems import Problem
from commlog.values import CUSTOMER, Data, Fields, ValuePath, path_of, show_path
from commlog.yamltext.parse import decode, parse_located
from commlog.yamltext.scalars import YamlError

MAP_KEYS: Final = (
    "template",
    "encoding",
    "delimiter",
    "dates",
    "identity",
    "customers",
    "constants",
    "fields",
    "followups",
    "others",
)
_DELIMITERS: Final = {",": ",", ";": ";", "|": "|", "tab": "\t", "\t": "\t"}
# Required, yet filled in by the import itself.
_GIVEN: Final = frozenset({"id", "template", "agent", "recorded_at"})


@dataclass(frozen=True, slots=True)
class MapContext:
    """What a map is read against: the log's templates, its zone, and how typed text becomes values in it."""

    catalog: Catalog
    converter: Converter
    zone: ZoneInfo


def read_map(raw: bytes, name: str, ground: MapContext) -> ImportMap:
    """The map in the bytes of a file.

    Raises:
        InvalidError: it is no YAML, or has mistakes; carries all of them.
        NotFoundError: it names a template that is not there.
    """
    faults: list[Problem] = []
    text = ""
    try:
        text = decode(raw)
        section = SettingsSection(name, text, faults)
    except YamlError as fault:
        problem = Problem(fault.code, name, fault.line, fault.column, "", tuple(fault.facts.items()))
        raise InvalidError(mark("the map is not readable"), problems=(problem,), source=text) from None
    section.refuse_unknown((), section.fields, MAP_KEYS)
    section.require(("template",))
    made = None
    if isinstance(section.fields.get("template"), str):
        made = _Reader(section, ground.catalog.get(section.fields["template"]), ground).read()
    if faults or made is None:
        raise InvalidError(
            mark("the map has mistakes"),
            problems=faults,
            source=text,
            remedy=mark("a map's keys are: {keys}"),
            keys=", ".join(MAP_KEYS),
        )
    return made


class _Reader:
    """One map while it is read."""

    def __init__(self, section: SettingsSection, template: Template, ground: MapContext) -> None:
        self.section = section
        self.template = template
        self.ground = ground
        self.sources = SourceReader(section, ground.converter)
        self.assigned = {"template"} if template.kind == CUSTOMER else {"id", "template"}

    def read(self) -> ImportMap:
        section = self.section
        identity = tuple(str(column) for column in section.items("identity"))
        self.sources.refer(((column, ("identity", place)) for place, column in enumerate(identity)))
        customers = section.mapping("customers")
        section.refuse_unknown(("customers",), customers, ("unknown", "fields"))
        customer = self.ground.catalog.get(CUSTOMER)
        made = ImportMap(
            section.name,
            self.template,
            self._dates(),
            self.ground.converter,
            encoding=str(section.fields.get("encoding") or ""),
            delimiter=section.convert(("delimiter",), lambda value: _DELIMITERS[value], "", ", | ; | '|' | tab"),
            identity=identity,
            creates_customers=section.choice(("customers", "unknown"), ("create", "reject"), "reject") == "create",
            new_customer=self._targets(customer, ("customers", "fields"), customers.get("fields"), texts=True),
            constants=self._constants(),
            targets=self._targets(self.template, ("fields",), section.mapping("fields")),
            follow_ups=self._follow_ups(),
            keeps_others=section.choice(("others",), ("extra", "ignore"), "extra") == "extra",
            text=section.text,
        )
        self._require_fields(made)
        constants = [(name, path_of(name)) for name in made.constants]
        fields = [(target.name, target.path) for target in made.targets]
        self._refuse_gaps(("constants",), constants, fields)
        self._refuse_gaps(("fields",), fields, constants)
        newcomer = [(target.name, target.path) for target in made.new_customer]
        self._refuse_gaps(("customers", "fields"), newcomer, [])
        return self._with_references(made)

    def _dates(self) -> DateReader:
        section = self.section
        dates = section.mapping("dates")
        section.refuse_unknown(("dates",), dates, ("format", "zone", "time"))
        chosen = dates.get("format")
        formats = chosen if isinstance(chosen, list) else [chosen] if chosen is not None else []
        expected = mark("a format such as month/day/year or year-month-day hour:minute")
        patterns = [section.attempt(("dates", "format"), partial(parse_format, text), "", expected) for text in formats]
        zone = section.convert(
            ("dates", "zone"), ZoneInfo, self.ground.zone, mark("a time zone's IANA name such as Asia/Shanghai")
        )
        clock = section.convert(
            ("dates", "time"), parse_time, parse_time("00:00"), mark('a time such as "09:00", in quotes')
        )
        return DateReader(tuple(filter(None, patterns)), zone, self.ground.zone, clock)

    def _constants(self) -> Fields:
        found: Fields = {}
        for key, value in self.section.mapping("constants").items():
            field, path = self._field(self.template, key, ("constants", key))
            if field is not None:
                found[show_path(path)] = self.sources.convert_constant(field, value, ("constants", key))
        return found

    def _targets(self, owner: HasFields, above: ValuePath, given: Data, *, texts: bool = False) -> tuple[Target, ...]:
        """The fields that a mapping of the map fills; bare words are columns, or (`texts`) texts."""
        targets = []
        for key, value in (given if isinstance(given, dict) else {}).items():
            field, path = self._field(owner, key, (*above, key))
            source = self.sources.read(field, value, (*above, key), is_text=texts) if field is not None else None
            if field is not None and source is not None:
                targets.append(Target(key, field, path, source))
        return tuple(targets)

    def _field(self, owner: HasFields, key: str, where: ValuePath) -> tuple[Field | None, ValuePath]:
        field = find_field(owner, key)
        if field is None and owner is self.template and (duration := find_duration(owner, key)):
            return duration, (duration.key,)
        if field is not None and owner is self.template and field.key in self.assigned:
            self.section.report(
                "bad-setting",
                where,
                value=key,
                expected=mark("a field that people fill in; this one is set by commlog"),
            )
            return None, ()
        if field is None:
            facts = dict(unknown_field(owner, key).facts)
            self.section.report(
                "unknown-field", where, **({"suggestion": facts["suggestion"]} if "suggestion" in facts else {})
            )
            return None, ()
        return field, canonical_path(owner, key)

    def _follow_ups(self) -> tuple[FollowUpRule, ...]:
        section = self.section
        form = find_child(self.template, "followups")
        items = section.items("followups")
        if items and (form is None or form.item is None):
            section.report("unknown-field", ("followups",))
            return ()
        rules = []
        for place, item in enumerate(items):
            where: ValuePath = ("followups", place)
            if not isinstance(item, dict) or not {"action"} <= set(item):
                section.report(
                    "bad-setting",
                    where,
                    value=str(item)[:60],
                    expected=mark(
                        "a mapping with `action:` and, where it has them, `when`, `owner`, `priority`, `due`"
                    ),
                )
                continue
            given = {key: value for key, value in item.items() if key not in {"when", "unless"}}
            assert form is not None
            assert form.item is not None
            rules.append(
                FollowUpRule(
                    self._targets(form.item, where, given, texts=True),
                    self.sources.read_condition(item.get("when"), (*where, "when")),
                    self.sources.read_condition(item.get("unless"), (*where, "unless")),
                )
            )
        return tuple(rules)

    def _require_fields(self, made: ImportMap) -> None:
        """Refuse a map that leaves a required field of the template without any source."""
        filled = {target.path[0] for target in made.targets} | {
            name.split(".")[0].split("[")[0] for name in made.constants
        }
        for field in self.template.fields:
            is_given = (
                field.key in _GIVEN
                or field.default is not None
                or (field.key in CUSTOMER_GIVEN and self.template.kind == CUSTOMER)
            )
            if field.required and not is_given and field.key not in filled:
                self.section.report("missing-field", ("fields",), field=f"fields.{field.key}")

    def _refuse_gaps(
        self, above: ValuePath, named: Sequence[tuple[str, ValuePath]], others: Sequence[tuple[str, ValuePath]]
    ) -> None:
        """Refuse an entry of a list whose place comes after one that nothing fills."""
        known = {path[:end] for _, path in [*named, *others] for end in range(1, len(path) + 1)}
        for name, path in named:
            for depth, step in enumerate(path):
                if isinstance(step, int):
                    free = next(place for place in count() if (*path[:depth], place) not in known)
                    if step > free:
                        expected = f"0–{free}"
                        self.section.report("out-of-range", (*above, name), value=str(step), expected=expected)

    def _with_references(self, made: ImportMap) -> ImportMap:
        located = parse_located(self.section.text)
        references = tuple(
            ColumnReference(column, Problem("bad-setting", made.name, *located.position(path), show_path(path)))
            for column, path in self.sources.references
        )
        fields: Iterable[str] = made.__dataclass_fields__
        return ImportMap(**{**{name: getattr(made, name) for name in fields}, "references": references})
