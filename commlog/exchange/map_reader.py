"""Reading an import map: YAML to a checked `ImportMap`, every mistake with its line and column."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from itertools import count
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from commlog.errors import InvalidError
from commlog.exchange import import_map
from commlog.forms.catalog import Catalog, Template
from commlog.forms.conversion import ConversionError, Converter, find_duration, unknown_field
from commlog.forms.fields import Field, HasFields, canonical_path, find_child, find_field
from commlog.messages import mark, translate
from commlog.output.listing import cell_of
from commlog.problems import Problem
from commlog.records.rules.consistency import near_names
from commlog.values import CUSTOMER, Data, Fields, ValuePath, path_of, show_path
from commlog.yamltext.parse import decode, parse_located, parse_yaml
from commlog.yamltext.scalars import YamlError

MAP_KEYS: Final = (
    *("template", "encoding", "delimiter", "dates", "identity"),
    *("customers", "constants", "fields", "followups", "others"),
)
SOURCE_KEYS: Final = ("column", "columns", "text", "join", "values", "default", "when", "unless", "split", "longest")
_DELIMITERS: Final = {",": ",", ";": ";", "|": "|", "tab": "\t", "\t": "\t"}
_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")
_LONGEST: Final = 100_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MapContext:
    """What a map is read with: the log's templates, its time zone, and how typed text becomes values."""

    catalog: Catalog
    converter: Converter
    zone: ZoneInfo


def read_map(raw: bytes, name: str, ground: MapContext) -> import_map.ImportMap:
    """The map in the bytes of a file.

    Raises:
        InvalidError: it is not YAML, or has mistakes; carries all of them.
        NotFoundError: it names a template that does not exist.
    """
    text = ""
    try:
        text = decode(raw)
        reader = _MapReader(name, text, ground)
    except YamlError as fault:
        problem = Problem(fault.code, name, fault.line, fault.column, "", tuple(fault.facts.items()))
        raise InvalidError(mark("the map is not readable"), problems=(problem,), source=text) from None
    made = reader.read()
    if reader.faults or made is None:
        raise InvalidError(
            mark("the map has mistakes"),
            problems=reader.faults,
            source=text,
            remedy=mark("a map's keys are: {keys}"),
            keys=", ".join(MAP_KEYS),
        )
    return made


class _MapText:
    """The YAML text of a map, its data, and the mistakes found in it so far (`faults`)."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.faults: list[Problem] = []
        data = parse_yaml(text) if text.strip() else {}
        self.fields: Fields = data if isinstance(data, dict) else {}
        if not isinstance(data, dict) and data is not None:
            self.report("not-a-mapping", ())

    def problem(self, code: str, path: ValuePath, **facts: str) -> Problem:
        """A mistake at a path, with its line and column."""
        line, column = parse_located(self.text).position(path) if self.text.strip() else (1, 1)
        return Problem(code, self.name, line, column, show_path(path), tuple(facts.items()))

    def report(self, code: str, path: ValuePath, **facts: str) -> None:
        """Note a mistake at a path; what is expected there may be a marked text."""
        expected = facts.pop("expected", "")
        more = {"expected": translate(expected)} if expected else {}
        self.faults.append(self.problem(code, path, **facts, **more))

    def refuse(self, path: ValuePath, value: str, expected: str) -> None:
        """Note that a value is not what is expected there (a marked text)."""
        self.report("bad-setting", path, value=value, expected=expected)

    def refuse_unknown(self, path: ValuePath, fields: Fields, known: Sequence[str]) -> None:
        """Note every key that is not known, with the nearest one that is."""
        for key in fields:
            if key not in known:
                near = near_names(key, known, 1)
                self.report("unknown-setting", (*path, key), **({"suggestion": near[0]} if near else {}))

    def mapping(self, key: str) -> Fields:
        """The mapping under a key; anything else is reported and counts as empty."""
        return self._of_kind(key, dict, mark("a mapping")) or {}

    def items(self, key: str) -> list[Data]:
        """The list under a key; anything else is reported and counts as empty."""
        return self._of_kind(key, list, mark("a list")) or []

    def _of_kind(self, key: str, kind: type[T], expected: str) -> T | None:
        value = self.fields.get(key)
        if value is None or isinstance(value, kind):
            return value
        self.refuse((key,), _shown(value), expected)
        return None

    def is_chosen(self, path: ValuePath, value: Data, choices: tuple[str, str], default: str) -> bool:
        """Whether a value, or else its default, is the first of two words; any other value is reported."""
        if value not in (None, *choices):
            self.refuse(path, _shown(value), " | ".join(choices))
        return (value or default) == choices[0]

    def convert(self, path: ValuePath, value: Data, parse: Callable[[Data], T], expected: str) -> T | None:
        """The value as `parse` takes it; None when there is none, or (reported) a wrong one."""
        try:
            return None if value is None else parse(value)
        except (ValueError, TypeError, KeyError, OSError):
            self.refuse(path, _shown(value), expected)
            return None


def _shown(value: Data) -> str:
    """A value as a person would write it on one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class _MapReader(_MapText):
    """Reads one map; `references` are the columns it names, each with its place in the map."""

    template: Template

    def __init__(self, name: str, text: str, ground: MapContext) -> None:
        super().__init__(name, text)
        self.ground = ground
        self.references: list[tuple[str, ValuePath]] = []

    def read(self) -> import_map.ImportMap | None:
        """The map, which is of use only without faults; None when it names no template."""
        self.refuse_unknown((), self.fields, MAP_KEYS)
        name = self.fields.get("template")
        if name is None:
            self.report("missing-field", ("template",))
        if not isinstance(name, str):
            return None
        self.template = self.ground.catalog.get(name)
        identity = tuple(str(column) for column in self.items("identity"))
        self.references += ((column, ("identity", place)) for place, column in enumerate(identity))
        customers = self.mapping("customers")
        self.refuse_unknown(("customers",), customers, ("unknown", "fields"))
        delimiter = self.fields.get("delimiter")
        unknown = customers.get("unknown")
        customer = self.ground.catalog.get(CUSTOMER)
        made = import_map.ImportMap(
            self.name,
            self.template,
            self._dates(),
            self.ground.converter,
            encoding=str(self.fields.get("encoding") or ""),
            delimiter=self.convert(("delimiter",), delimiter, _DELIMITERS.__getitem__, ", | ; | '|' | tab") or "",
            identity=identity,
            creates_customers=self.is_chosen(("customers", "unknown"), unknown, ("create", "reject"), "reject"),
            new_customer=self._targets(customer, ("customers", "fields"), customers.get("fields"), texts=True),
            constants=self._constants(),
            targets=self._targets(self.template, ("fields",), self.mapping("fields")),
            follow_ups=self._follow_ups(),
            keeps_others=self.is_chosen(("others",), self.fields.get("others"), ("extra", "ignore"), "extra"),
            text=self.text,
        )
        self._require_fields(made)
        constants = [(name, path_of(name)) for name in made.constants]
        fields = [(target.name, target.path) for target in made.targets]
        self._refuse_gaps(("constants",), constants, fields)
        self._refuse_gaps(("fields",), fields, constants)
        self._refuse_gaps(("customers", "fields"), [(target.name, target.path) for target in made.new_customer], [])
        references = tuple((column, self.problem("bad-setting", path)) for column, path in self.references)
        return replace(made, references=references)

    def _dates(self) -> import_map.DateReader:
        dates = self.mapping("dates")
        self.refuse_unknown(("dates",), dates, ("format", "zone", "time"))
        format_hint = mark("a format such as month/day/year or year-month-day hour:minute")
        zone_hint = mark("a time zone's IANA name such as Asia/Shanghai")
        time_hint = mark('a time such as "09:00", in quotes')
        log_zone = self.ground.zone
        return import_map.DateReader(
            self.convert(("dates", "format"), dates.get("format"), _parse_formats, format_hint) or (),
            self.convert(("dates", "zone"), dates.get("zone"), ZoneInfo, zone_hint) or log_zone,
            log_zone,
            self.convert(("dates", "time"), dates.get("time"), import_map.parse_time, time_hint) or time(0, 0),
        )

    def _constants(self) -> Fields:
        found: Fields = {}
        for key, value in self.mapping("constants").items():
            field, path = self._field(self.template, key, ("constants", key))
            if field is not None:
                found[show_path(path)] = self._constant(field, value, ("constants", key))
        return found

    def _targets(
        self, owner: HasFields, above: ValuePath, given: Data, *, texts: bool = False
    ) -> tuple[import_map.Target, ...]:
        """The fields that a mapping of the map fills; bare words are columns, or (`texts`) texts."""
        targets = []
        for key, value in (given if isinstance(given, dict) else {}).items():
            field, path = self._field(owner, key, (*above, key))
            source = self._source(field, value, (*above, key), is_text=texts) if field is not None else None
            if field is not None and source is not None:
                targets.append(import_map.Target(key, field, path, source))
        return tuple(targets)

    def _field(self, owner: HasFields, key: str, where: ValuePath) -> tuple[Field | None, ValuePath]:
        field = find_field(owner, key)
        if field is None and owner is self.template and (duration := find_duration(owner, key)):
            return duration, (duration.key,)
        if field is None:
            suggestion = {name: text for name, text in unknown_field(owner, key).facts.items() if name == "suggestion"}
            self.report("unknown-field", where, **suggestion)
            return None, ()
        own = {"template"} if self.template.kind == CUSTOMER else {"id", "template"}
        if owner is self.template and field.key in own:
            self.refuse(where, key, mark("a field that people fill in; this one is set by commlog"))
            return None, ()
        return field, canonical_path(owner, key)

    def _follow_ups(self) -> tuple[import_map.FollowUpRule, ...]:
        form = find_child(self.template, "followups")
        items = self.items("followups")
        if items and (form is None or form.item is None):
            self.report("unknown-field", ("followups",))
            return ()
        rules = []
        for place, item in enumerate(items):
            where: ValuePath = ("followups", place)
            if not isinstance(item, dict) or "action" not in item:
                expected = mark("a mapping with `action:` and, where it has them, `when`, `owner`, `priority`, `due`")
                self.refuse(where, str(item)[:60], expected)
                continue
            assert form is not None
            assert form.item is not None
            given = {key: value for key, value in item.items() if key not in {"when", "unless"}}
            rules.append(
                import_map.FollowUpRule(
                    self._targets(form.item, where, given, texts=True), *self._conditions(item, where)
                )
            )
        return tuple(rules)

    def _source(self, field: Field, given: Data, where: ValuePath, *, is_text: bool) -> import_map.ValueSource | None:
        """The source that a value of the map describes: a bare word is a column, or a text when `is_text`."""
        if isinstance(given, dict):
            return self._described_source(field, given, where)
        if isinstance(given, str) and not is_text:
            return import_map.ValueSource((self._column(given, where),))
        if is_text and given is not None and not isinstance(given, list):
            return import_map.ValueSource((self._pieces(cell_of(given), where),))
        self.refuse(where, str(given), mark("the name of a column, or a mapping with `column:` or `text:`"))
        return None

    def _described_source(
        self, field: Field, given: Mapping[str, Data], where: ValuePath
    ) -> import_map.ValueSource | None:
        self.refuse_unknown(where, dict(given), SOURCE_KEYS)
        texts = self._texts(given, where)
        values = given.get("values")
        if values is not None and not isinstance(values, dict):
            expected = mark("a mapping from the file's words to the values of this log")
            self.refuse((*where, "values"), str(values), expected)
            values = None
        longest = given.get("longest", 0)
        if not isinstance(longest, int) or not 0 <= longest <= _LONGEST:
            self.refuse((*where, "longest"), str(longest), mark("a number of characters"))
        item = field.item if given.get("split") and field.item is not None else field
        if texts is None:
            return None
        default = given.get("default")
        return import_map.ValueSource(
            texts,
            str(given.get("join", "\n")),
            {
                import_map.fold_cell(cell_of(key)): value
                if value is None
                else self._constant(item, value, (*where, "values", key))
                for key, value in (values or {}).items()
            },
            None if default is None else self._constant(field, default, (*where, "default")),
            *self._conditions(given, where),
            str(given.get("split") or ""),
            longest,
        )

    def _conditions(
        self, given: Mapping[str, Data], where: ValuePath
    ) -> tuple[import_map.RowCondition | None, import_map.RowCondition | None]:
        """The conditions in `when:` and `unless:`; None for one that is not there."""
        return self._condition(given.get("when"), (*where, "when")), self._condition(
            given.get("unless"), (*where, "unless")
        )

    def _condition(self, given: Data, where: ValuePath) -> import_map.RowCondition | None:
        if given is None:
            return None
        found = []
        for alternative in _listed(given):
            if not isinstance(alternative, dict) or not alternative:
                expected = mark("columns with the texts they must have, e.g. {Status: [open, waiting]}")
                self.refuse(where, str(alternative), expected)
                continue
            self.references += ((column, where) for column in alternative)
            found.append(
                {
                    column: frozenset(import_map.fold_cell(cell_of(text)) for text in _listed(wanted))
                    for column, wanted in alternative.items()
                }
            )
        return import_map.RowCondition(tuple(found))

    def _constant(self, field: Field, value: Data, where: ValuePath) -> Data:
        """A value the map itself gives for a field: choices by slug or label, dates as people type them."""
        converter = self.ground.converter
        if not isinstance(value, str):
            return converter.translate_data(replace(self.template, fields=(field,)), {field.key: value})[field.key]
        try:
            return value if field.free else converter.convert(field, value)
        except ConversionError as fault:
            facts = {key: text for key, text in fault.facts.items() if key != "field"}
            self.report(fault.code, where, **facts)
            return value

    def _texts(self, given: Mapping[str, Data], where: ValuePath) -> tuple[tuple[import_map.TextPart, ...], ...] | None:
        named = [key for key in ("column", "columns", "text") if key in given]
        if len(named) != 1:
            self.refuse(where, ", ".join(given), mark("a mapping with one of `column:`, `columns:` and `text:`"))
            return None
        read = self._pieces if named[0] == "text" else self._column
        return tuple(read(cell_of(item), (*where, named[0])) for item in _listed(given[named[0]]))

    def _column(self, name: str, where: ValuePath) -> tuple[import_map.TextPart, ...]:
        self.references.append((name, where))
        return (import_map.TextPart(name, is_column=True),)

    def _pieces(self, text: str, where: ValuePath) -> tuple[import_map.TextPart, ...]:
        """A text cut at its `{Column}`s."""
        parts = _PLACEHOLDER.split(text)
        pieces = [import_map.TextPart(part, is_column=place % 2 == 1) for place, part in enumerate(parts) if part]
        self.references += ((piece.text, where) for piece in pieces if piece.is_column)
        return tuple(pieces)

    def _require_fields(self, made: import_map.ImportMap) -> None:
        """Refuse a map that leaves a required field of the template without any source."""
        filled = {target.path[0] for target in made.targets} | {path_of(name)[0] for name in made.constants}
        for field in import_map.unfilled_fields(self.template, filled):
            self.report("missing-field", ("fields",), field=f"fields.{field.key}")

    def _refuse_gaps(
        self, above: ValuePath, named: Sequence[tuple[str, ValuePath]], others: Iterable[tuple[str, ValuePath]]
    ) -> None:
        """Refuse an entry of a list whose place comes after one that nothing fills."""
        known = {path[:end] for _, path in [*named, *others] for end in range(1, len(path) + 1)}
        for name, path in named:
            for depth, step in enumerate(path):
                if isinstance(step, int):
                    free = next(place for place in count() if (*path[:depth], place) not in known)
                    if step > free:
                        self.report("out-of-range", (*above, name), value=str(step), expected=f"0–{free}")


def _listed(value: Data) -> list[Data]:
    """The items of a list; any other value as its only item."""
    return value if isinstance(value, list) else [value]


def _parse_formats(given: Data) -> tuple[str, ...]:
    return tuple(map(import_map.parse_format, _listed(given)))
