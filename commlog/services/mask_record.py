"""One record as it may be shown: personal fields masked, and what people wrote as the log's settings ask."""

from dataclasses import replace

from commlog.model.masked_listing import mask_words
from commlog.model.masking import mask_name
from commlog.model.record import Data, Record
from commlog.services.workspace import Workspace
from commlog.templates.personal import mask_fields, mask_marked_fields


def mask_record(workspace: Workspace, record: Record, customer_name: str) -> Record:
    """The record with personal data masked; the customer's name in its text, too, when the settings hide names."""
    rules = workspace.log.settings.mask
    template = workspace.catalog.get(record.template)
    fields = (mask_fields if rules.text else mask_marked_fields)(template, record.fields)
    if not rules.names:
        return replace(record, fields=fields)
    customer = fields.get("customer")
    if isinstance(customer, str) and not customer.isascii():
        fields["customer"] = mask_name(customer)

    def hide(value: Data) -> Data:
        if isinstance(value, dict):
            return {key: hide(item) for key, item in value.items()}
        if isinstance(value, list):
            return [hide(item) for item in value]
        return mask_words(value, customer_name, rules) if isinstance(value, str) else value

    kept = {"id", "template", "customer", "agent", "links"}
    return replace(record, fields={key: value if key in kept else hide(value) for key, value in fields.items()})


def mask_name_of(workspace: Workspace, name: str) -> str:
    """A customer's name as the log's settings let it be shown."""
    rules = workspace.log.settings.mask
    return mask_name(name) if rules.names and name else mask_words(name, "", rules)
