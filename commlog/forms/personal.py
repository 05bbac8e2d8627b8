"""Personal data in a record, found by what its template marks with `x-personal`."""

from collections.abc import Callable, Mapping
from typing import Final

from commlog.forms.fields import Data, Field, HasFields, free_field
from commlog.privacy.rules.masking import HIDDEN, mask_text, mask_value

# What a field is called whose numbers are ours, or point to something: orders, records, files.
_OURS: Final = frozenset({"id", "to", "ref", "by", "location", "import_key"})
_OUR_NUMBERS: Final = "_no"
# What names a record, a member or a file: no words about a customer.
_NO_WORDS: Final = frozenset(
    {"id", "template", "customer", "merged_into", "agent", "owner", "by", "to", "ref", "location", "import_key"}
)


def mask_marked_fields(owner: HasFields, fields: Mapping[str, Data]) -> dict[str, Data]:
    """A copy of a record's fields with every personal value masked, at any depth; free text is as it was."""
    return _mask_below(owner, fields, str)


def mask_fields(owner: HasFields, fields: Mapping[str, Data]) -> dict[str, Data]:
    """A copy of a record's fields with every personal value masked, at any depth; so are numbers and addresses in text.

    The rest is as it was.
    """
    return _mask_below(owner, fields, mask_text)


def personal_keys(owner: HasFields, above: str = "") -> frozenset[str]:
    """The dotted keys of all fields that hold personal data, without the places of lists: `contacts.phone`."""
    found: set[str] = set()
    for field in owner.fields:
        key = f"{above}{field.key}" if field.key else above.rstrip(".")
        if field.personal:
            found.add(key)
        found |= personal_keys(field, f"{key}.")
        if field.item is not None:
            found |= personal_keys(field.item, f"{key}.")
            if field.item.personal:
                found.add(key)
    return frozenset(found)


def rewrite_words(owner: HasFields, fields: Mapping[str, Data], rewrite: Callable[[str], str]) -> dict[str, Data]:
    """A copy of a record's fields with every text that people wrote rewritten; ids, choices, dates and marked fields stay."""
    known = {field.key: field for field in owner.fields}
    return {key: _rewrite(known.get(key) or free_field(key), value, rewrite) for key, value in fields.items()}


def remove_personal(owner: HasFields, fields: Mapping[str, Data], placeholder: str) -> dict[str, Data]:
    """A copy of a record's fields without those that hold personal data; where one is required, the placeholder."""
    known = {field.key: field for field in owner.fields}
    kept: dict[str, Data] = {}
    for key, value in fields.items():
        field = known.get(key) or free_field(key)
        if field.personal:
            if field.required:
                kept[key] = placeholder
        elif isinstance(value, dict):
            kept[key] = remove_personal(field, value, placeholder)
        elif isinstance(value, list) and field.item is not None:
            item = field.item
            kept[key] = [remove_personal(item, one, placeholder) if isinstance(one, dict) else one for one in value]
        else:
            kept[key] = value
    return kept


def is_number_of_ours(key: str) -> bool:
    """Whether a dotted key is that of an order's, a record's or a file's number, which is no telephone."""
    name = key.rpartition(".")[2]
    return name in _OURS or name.endswith(_OUR_NUMBERS)


def _mask_below(owner: HasFields, fields: Mapping[str, Data], cover: Callable[[str], str]) -> dict[str, Data]:
    known = {field.key: field for field in owner.fields}
    return {key: _mask(known.get(key) or free_field(key), value, cover) for key, value in fields.items()}


def _mask(field: Field, value: Data, cover: Callable[[str], str]) -> Data:
    if field.personal:
        return _hide(value)
    if isinstance(value, dict):
        return _mask_below(field, value, cover)
    if isinstance(value, list):
        return [_mask(field.item or field, item, cover) for item in value]
    if isinstance(value, str) and not (field.enum or field.format or is_number_of_ours(field.key)):
        return cover(value)
    return value


def _rewrite(field: Field, value: Data, rewrite: Callable[[str], str]) -> Data:
    if field.personal:
        return value
    if isinstance(value, dict):
        return rewrite_words(field, value, rewrite)
    if isinstance(value, list):
        return [_rewrite(field.item or field, item, rewrite) for item in value]
    is_fixed = field.enum or field.format or field.key in _NO_WORDS
    return rewrite(value) if isinstance(value, str) and not is_fixed else value


def _hide(value: Data) -> Data:
    """Every leaf of a value masked; its shape stays, so that a list of three is still a list of three."""
    if isinstance(value, dict):
        return {key: _hide(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_hide(item) for item in value]
    if value is None:
        return None
    return mask_value(value) if isinstance(value, str) else HIDDEN
