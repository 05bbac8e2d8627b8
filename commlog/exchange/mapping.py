"""Rows to fields: each row becomes the fields of a record as the map says, or gets the reason why it cannot."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from commlog.errors import CommlogError
from commlog.exchange import import_map as maps
from commlog.exchange.incoming import IMPORT_KEY, Incoming, Row, Sheet
from commlog.forms.catalog import Catalog
from commlog.forms.conversion import ConversionError, Converter, placed
from commlog.forms.fields import LIST, Finding
from commlog.messages import translate
from commlog.problems import Problem
from commlog.values import CUSTOMER, Data, Fields, ValuePath, path_of

_EXTRA: Final = "extra"
_KEY_BYTES: Final = 16


# Called with a field and the file's word that the map leaves out.
LeaveOut = Callable[[str, str], None]


def iter_incoming(sheet: Sheet, import_map: maps.ImportMap, leave_out: LeaveOut | None = None) -> Iterator[Incoming]:
    """Every row of a sheet as the map makes it, in the file's order; `leave_out` is called with each word that has null."""
    columns = tuple(column for column in sheet.columns if column not in maps.OWN_COLUMNS)
    identities = RowKeys(import_map.template.name, import_map.identity or columns)
    rest = other_columns(import_map, columns) if import_map.keeps_others else ()
    for row in sheet.rows:
        if row.fault:
            yield Incoming(row, fault=row.fault)
        else:
            key, fault = identities.key_of(row)
            yield (
                _incoming(_Filler(import_map, row.cells, leave_out), row, rest, key)
                if not fault
                else Incoming(row, fault=fault)
            )


class RowKeys:
    """The keys of a file's rows: a digest of the template's name, the identity's cells, and which occurrence it is.

    The very same row a second time is a contact of its own and gets the key of a second occurrence. Two rows
    that differ, yet not in the columns of the identity, contradict the map: the later one is refused.
    """

    def __init__(self, template: str, columns: Iterable[str] = ()) -> None:
        """Without columns, all that a row has make its identity."""
        self.template = template
        self.columns = tuple(sorted(columns))
        self._seen: dict[bytes, tuple[int, bytes, int]] = {}

    def key_of(self, row: Row) -> tuple[str, str]:
        """The key of a row, and a fault when it has the identity of another row but is not the same."""
        cells = {column: text.strip() for column, text in sorted(row.cells.items()) if column not in maps.OWN_COLUMNS}
        identity = _digest([self.template, [[column, cells.get(column, "")] for column in self.columns or cells]])
        whole = _digest(cells)
        count, first, line = self._seen.get(identity, (0, whole, row.line))
        if first != whole:
            return "", translate("has the identity of line {line}, but other values").format(line=line)
        self._seen[identity] = (count + 1, first, line)
        return _digest([identity.hex(), count + 1]).hex(), ""


def _digest(value: Data) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).digest()


def other_columns(import_map: maps.ImportMap, columns: Iterable[str]) -> tuple[str, ...]:
    """The columns whose cells are in no field: conditions and follow-ups only ask for them."""
    # A phone number belongs in the customer's file, where it is marked personal, not in every record.
    personal = (target for target in import_map.new_customer if target.field.personal)
    texts = (text for target in (*import_map.targets, *personal) for text in target.source.texts)
    used = {piece.text for text in texts for piece in text if piece.is_column} | maps.OWN_COLUMNS | {IMPORT_KEY}
    return tuple(column for column in columns if column not in used)


def _incoming(filler: "_Filler", row: Row, rest: tuple[str, ...], key: str) -> Incoming:
    import_map = filler.import_map
    fields: Fields = {}
    for name, value in import_map.constants.items():
        fields = placed(fields, filler.place_of(fields, path_of(name)), value)
    fields = filler.fill(fields, import_map.targets)
    others = {column: row.cells[column] for column in rest if row.cells.get(column, "").strip()}
    if others:
        fields[_EXTRA] = {**fields.get(_EXTRA, {}), **others}
    items = [filler.fill({}, rule.targets) for rule in import_map.follow_ups if _applies(rule, row.cells)]
    if items:
        fields["followups"] = items
    customer = fields.pop("customer", "") if import_map.template.kind != CUSTOMER else ""
    new_customer = filler.fill({}, import_map.new_customer)
    return Incoming(row, import_map.template.name, fields, str(customer), new_customer, key, "; ".join(filler.faults))


@dataclass(slots=True)
class _Filler:
    """Fills fields from one row; what does not fit is added to `faults`."""

    import_map: maps.ImportMap
    cells: Mapping[str, str]
    leave_out: LeaveOut | None = None
    faults: list[str] = field(default_factory=list)
    places: dict[ValuePath, int] = field(default_factory=dict)

    def fill(self, fields: Fields, targets: Iterable[maps.Target]) -> Fields:
        """The fields with every target that the row has a value for."""
        self.places = self.places if fields else {}
        for target in targets:
            try:
                value = self._value(target)
                fields = fields if value is None else placed(fields, self.place_of(fields, target.path), value)
            except ConversionError as fault:
                facts = tuple((name, text) for name, text in fault.facts.items() if name != "field")
                self.faults.append(Problem(fault.code, field=target.name, facts=facts).message)
        return fields

    def place_of(self, data: Data, path: ValuePath) -> ValuePath:
        """The path with the places that entries of lists have in this row: those whose cells are empty leave no gap."""
        found: list[str | int] = []
        for depth, step in enumerate(path):
            if isinstance(step, int):
                size = len(data) if isinstance(data, list) else 0
                taken = [place for above, place in self.places.items() if above[:-1] == path[:depth]]
                free = step if step <= size and step not in taken else size
                step = self.places.setdefault(path[: depth + 1], free)  # noqa: PLW2901 - the step is replaced
                data = data[step] if isinstance(data, list) and step < size else None
            else:
                data = data.get(step) if isinstance(data, dict) else None
            found.append(step)
        return tuple(found)

    def _value(self, target: maps.Target) -> Data:
        """The value of a field in this row; None when the row has none for it."""
        source = target.source
        if not _applies(source, self.cells):
            return None
        text = _text(source, self.cells)
        if not text:
            return source.default
        if source.split and target.field.type == LIST:
            parts = [part.strip() for part in text.split(source.split)]
            item = target.field.item or target.field
            return [self._translate(replace(target, field=item), part) for part in parts if part]
        return self._translate(target, text)

    def _translate(self, target: maps.Target, text: str) -> Data:
        form, source = target.field, target.source
        folded = maps.fold_cell(text)
        if folded in source.values:
            if source.values[folded] is None and self.leave_out is not None:
                self.leave_out(target.name, text)
            return source.values[folded]
        if form.format in maps.MOMENT_FORMATS:
            return self._moment(target, text)
        if source.longest and len(text) > source.longest:
            text = " ".join(text.split())
            text = text if len(text) <= source.longest else text[: source.longest - 1].rstrip() + "…"
        if form.free or target.path == ("customer",):
            # Customers are found when the record is made.
            return text
        return self.import_map.converter.convert(form, text)

    def _moment(self, target: maps.Target, text: str) -> Data:
        dates = self.import_map.dates
        stored = dates.read(text, target.field.format)
        if stored is not None:
            return stored
        if target.path == ("due",):
            # Counted when the record is made: it may be a limit such as 3wd.
            return text
        if not dates.formats:
            return self.import_map.converter.convert(target.field, text)
        raise ConversionError(
            Finding("wrong-format", (), {"value": text, "expected": translate("a date in the map's format")})
        )


def _applies(rule: maps.FollowUpRule | maps.ValueSource, cells: Mapping[str, str]) -> bool:
    return (rule.when is None or rule.when.holds(cells)) and not (rule.unless is not None and rule.unless.holds(cells))


def _text(source: maps.ValueSource, cells: Mapping[str, str]) -> str:
    made = (_filled(pieces, cells) for pieces in source.texts)
    return source.join.join(text for text in made if text).strip()


def _filled(pieces: tuple[maps.TextPart, ...], cells: Mapping[str, str]) -> str:
    """A text with its cells in place; empty when one of them is."""
    parts = [cells.get(piece.text, "").strip() if piece.is_column else piece.text for piece in pieces]
    return "" if "" in parts else "".join(parts)


_TEMPLATE_NAMES = ("template", "模板")


def iter_records(rows: Iterable[Row], catalog: Catalog, converter: Converter) -> Iterator[Incoming]:
    """Every object as the record it contains: those of customers first, else in the file's order."""
    identities: dict[str, RowKeys] = {}
    read = [_read_record(row, catalog, converter, identities) for row in rows]
    names = {item.template for item in read} - {""}
    customers = {name for name in names if catalog.get(name).kind == CUSTOMER}
    yield from sorted(read, key=lambda item: item.template not in customers)


def _read_record(row: Row, catalog: Catalog, converter: Converter, identities: dict[str, RowKeys]) -> Incoming:
    """The record in an object; with a fault when it names no template that works."""
    if row.fault:
        return Incoming(row, fault=row.fault)
    name = next((row.original[key] for key in _TEMPLATE_NAMES if key in row.original), None)
    if not isinstance(name, str):
        return Incoming(row, fault=translate('has no template: add "template": "…", or give a map'))
    try:
        template = catalog.get(name)
    except CommlogError as fault:
        return Incoming(row, fault=fault.message)
    data = {key: value for key, value in row.original.items() if key not in maps.OWN_COLUMNS and value is not None}
    fields = converter.translate_data(template, data)
    if fields.get("id"):
        return Incoming(row, template.name, fields)
    # Nothing but the whole object identifies it.
    key, _ = identities.setdefault(template.name, RowKeys(template.name)).key_of(row)
    customer = fields.pop("customer", "") if template.kind != CUSTOMER else ""
    return Incoming(row, template.name, fields, str(customer), {}, key)
