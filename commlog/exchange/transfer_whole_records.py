"""Objects that are whole records already: keys and choices by label too, the customers before those who name them."""

from collections.abc import Iterable, Iterator

from commlog.errors import CommlogError
from commlog.exchange.import_map import OWN_COLUMNS
from commlog.exchange.incoming import Incoming, Row
from commlog.exchange.mapping import Identities
from commlog.forms.catalog import Catalog, Template
from commlog.forms.conversion import Converter
from commlog.messages import translate
from commlog.values import CUSTOMER

_TEMPLATE_NAMES = ("template", "模板")


def iter_records(rows: Iterable[Row], catalog: Catalog, converter: Converter) -> Iterator[Incoming]:
    """Every object as the record it holds: those of customers first, else in the file's order."""
    reader = _RecordReader(catalog, converter)
    read = [reader.read(row) for row in rows]
    customers = {name for name in catalog.names() if reader.kind_of(name) == CUSTOMER}
    yield from (item for item in read if item.template in customers)
    yield from (item for item in read if item.template not in customers)


class _RecordReader:
    """Turns objects into fields by the template each names."""

    def __init__(self, catalog: Catalog, converter: Converter) -> None:
        self.catalog = catalog
        self.converter = converter
        self.identities: dict[str, Identities] = {}

    def kind_of(self, name: str) -> str:
        """The kind of records a template makes; nothing for a broken one."""
        try:
            return self.catalog.get(name).kind
        except CommlogError:
            return ""

    def read(self, row: Row) -> Incoming:
        """The record in an object; with a fault when it names no template that works."""
        if row.fault:
            return Incoming(row, fault=row.fault)
        name = next((row.original[key] for key in _TEMPLATE_NAMES if key in row.original), None)
        try:
            template = self.catalog.get(name) if isinstance(name, str) else None
        except CommlogError as fault:
            return Incoming(row, fault=fault.message)
        if template is None:
            return Incoming(row, fault=translate('names no template: add "template": "…", or give a map'))
        return self._read_as(row, template)

    def _read_as(self, row: Row, template: Template) -> Incoming:
        data = {key: value for key, value in row.original.items() if key not in OWN_COLUMNS and value is not None}
        fields = self.converter.translate_data(template, data)
        if fields.get("id"):
            return Incoming(row, template.name, fields)
        # Nothing but the whole object tells it from another one.
        key, _ = self.identities.setdefault(template.name, Identities(template.name)).key_of(row)
        customer = fields.pop("customer", "") if template.kind != CUSTOMER else ""
        return Incoming(row, template.name, fields, str(customer), {}, key)
