"""Personal data in a record, found by what its template marks with `x-personal`."""

from collections.abc import Mapping

from commlog.model.masking import HIDDEN, mask_value
from commlog.templates.fields import Data, Field, HasFields


def has_personal(owner: HasFields) -> bool:
    """Whether any field of a template, at any depth, holds personal data."""
    return any(_is_or_has_personal(field) for field in owner.fields)


def mask_fields(owner: HasFields, fields: Mapping[str, Data]) -> dict[str, Data]:
    """A copy of a record's fields with every personal value masked, at any depth; the rest is as it was."""
    known = {field.key: field for field in owner.fields}
    return {key: _mask(known[key], value) if key in known else value for key, value in fields.items()}


def _mask(field: Field, value: Data) -> Data:
    if field.personal:
        return _hide(value)
    if isinstance(value, dict) and field.fields:
        return mask_fields(field, value)
    if isinstance(value, list) and field.item is not None:
        return [_mask(field.item, item) for item in value]
    return value


def _hide(value: Data) -> Data:
    """Every leaf of a value masked; its shape stays, so that a list of three is still a list of three."""
    if isinstance(value, dict):
        return {key: _hide(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_hide(item) for item in value]
    if value is None:
        return None
    return mask_value(value) if isinstance(value, str) else HIDDEN


def _is_or_has_personal(field: Field) -> bool:
    inner = (*field.fields, *((field.item,) if field.item else ()))
    return field.personal or any(_is_or_has_personal(item) for item in inner)
