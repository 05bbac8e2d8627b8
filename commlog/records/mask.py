"""One record as it may be shown: personal fields masked, and what people wrote as the log's settings ask."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from commlog.forms.catalog import Template
from commlog.forms.personal import mask_fields, mask_marked_fields
from commlog.output.listing import WORDS, Listing, mask_id, mask_listing, mask_listing_words
from commlog.privacy.rules.masking import MaskRules, mask_name
from commlog.records.queries import names_by_record, read_customers
from commlog.values import CUSTOMER, Data, Fields, Record, text_of
from commlog.workspace import Workspace

# Columns that say which record a row is of, the first of them that a listing has.
_NAMING: Final = ("address", "id", "item", "record")
_KEPT: Final = frozenset({"id", "template", "customer", "agent", "links"})


def shown_record(workspace: Workspace, record: Record, *, reveal: bool, names: Sequence[str] | None = None) -> Record:
    """A record for reading: as it is when revealed, else masked with the names its customer has, unless `names` are given."""
    if reveal:
        return record
    rules = workspace.log.settings.mask
    if names is None:
        names = names_in(workspace, record) if rules.names else ()
    template = workspace.catalog.get(record.template)
    return replace(record, fields=mask_as_asked(template, record.fields, names, rules))


def names_in(workspace: Workspace, record: Record) -> tuple[str, ...]:
    """What a record's customer is called, in their file and in the record."""
    party = record.fields.get("party")
    own = text_of(party, "name") if isinstance(party, dict) else None
    customer = record.id if record.kind == CUSTOMER else text_of(record.fields, "customer") or ""
    return (*names_of(workspace, [customer]), *([own] if own else []))


def mask_as_asked(template: Template, fields: Mapping[str, Data], names: Sequence[str], rules: MaskRules) -> Fields:
    """A record's fields with what its template marks masked, and the rest as the rules ask: numbers in text, customers' names."""
    masked = (mask_fields if rules.text else mask_marked_fields)(template, fields)
    if not rules.names:
        return masked
    # A customer's own file names them, whoever they were merged into.
    own = [str(fields.get("name") or "")] if template.kind == CUSTOMER else []
    cover = mask_listing_words([*names, *own], rules)
    customer = masked.get("customer")
    if isinstance(customer, str):
        masked["customer"] = mask_id(customer, rules)
    return {key: value if key in _KEPT else each_text(value, cover) for key, value in masked.items()}


def each_text(value: Data, cover: Callable[[str], str]) -> Data:
    """A value with every text in it covered, at any depth."""
    if isinstance(value, dict):
        return {key: each_text(item, cover) for key, item in value.items()}
    if isinstance(value, list):
        return [each_text(item, cover) for item in value]
    return cover(value) if isinstance(value, str) else value


def names_of(workspace: Workspace, customers: Sequence[str]) -> tuple[str, ...]:
    """The names in the files of some customers, by their ids."""
    names = (one.name for one in read_customers(workspace.index, customers) if one.name)
    return tuple(dict.fromkeys(names))


def mask_rows(workspace: Workspace, listing: Listing) -> Listing:
    """A listing masked as the settings ask, also where its rows name a record and not its customer."""
    rules = workspace.log.settings.mask
    masked = mask_listing(listing, rules)
    places = [listing.columns.index(name) for name in _NAMING if name in listing.columns]
    if not rules.names or not places:
        return masked
    ids = [str(row[places[0]]).partition("/")[0] for row in listing.rows]
    names = {row.id: row.customer_name for row in names_by_record(workspace.index, ids)}
    covers = [mask_listing_words([names.get(one) or ""], rules) for one in ids]
    told = tuple(
        tuple(
            cover(cell) if column in WORDS and isinstance(cell, str) else cell
            for column, cell in zip(listing.columns, row, strict=True)
        )
        for cover, row in zip(covers, masked.rows, strict=True)
    )
    return replace(masked, rows=told)


def mask_name_of(workspace: Workspace, name: str) -> str:
    """A customer's name as the log's settings let it be shown."""
    rules = workspace.log.settings.mask
    return mask_name(name) if rules.names and name else mask_listing_words((), rules)(name)
