"""The built-in map for files of survey answers: columns by label or key, without a map file."""

from typing import Final

from commlog.errors import InvalidError
from commlog.exchange.csv_file import Sheet
from commlog.exchange.import_map import OWN_COLUMNS, DateReader, ImportMap, Target, TextPart, ValueSource
from commlog.exchange.map_reader import MapContext
from commlog.forms.fields import Field, find_child, find_field
from commlog.messages import mark
from commlog.values import SURVEY, Fields

_SCORES: Final = "scores"
_CUSTOMER: Final = "customer"
# What such files call the customer, beside the form's own label: a name or a phone number stands there.
_CUSTOMER_COLUMNS: Final = (
    "客户名称",
    "客户姓名",
    "姓名",
    "手机号",
    "电话",
    "联系电话",
    "name",
    "phone",
    "customer name",
)
# How spreadsheets write days.
_DATES: Final = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y年%m月%d日",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d %H:%M",
)
_NEVER: Final = frozenset({"id", "template", "recorded_at", "followups", "links", "extra"})


def survey_map(sheet: Sheet, ground: MapContext, constants: Fields) -> ImportMap:
    """The map of a sheet: a column for the customer, for scores those of the form's dimensions, the rest under extra.

    `constants` are for fields that no column or no cell gives.

    Raises:
        InvalidError: no column names the customer, or none a dimension.
    """
    template = ground.catalog.get(SURVEY)
    scores = find_field(template, _SCORES)
    targets: dict[str, Target] = {}
    for column in sheet.columns:
        found = _find(column, template.fields, scores) if column not in OWN_COLUMNS else None
        if found is not None:
            name, field = found
            source = ValueSource(((TextPart(column, is_column=True),),))
            targets.setdefault(name, Target(name, field, tuple(name.split(".")), source))
    missing = [] if _CUSTOMER in targets else [mark("no column contains the customer")]
    if not any(name.startswith(f"{_SCORES}.") for name in targets):
        missing.append(mark("no column has the name of a dimension of the form"))
    if missing:
        raise InvalidError(
            missing[0],
            remedy=mark("name the columns as in the form: {known}; or use commlog import csv FILE --map MAP"),
            known=", ".join([_CUSTOMER, *(child.key for child in scores.fields)] if scores else [_CUSTOMER]),
        )
    return ImportMap(
        name="",
        template=template,
        dates=DateReader(_DATES, ground.zone, ground.zone),
        converter=ground.converter,
        constants=constants,
        targets=tuple(targets.values()),
    )


def _find(column: str, fields: tuple[Field, ...], scores: Field | None) -> tuple[str, Field] | None:
    """The dotted name of the field that a column is called after, and the field; a dimension may stand alone."""
    plain = column.strip()
    dimension = find_child(scores, plain.split(".")[-1]) if scores else None
    if dimension is not None:
        return f"{_SCORES}.{dimension.key}", dimension
    named = [field for field in fields if field.key not in _NEVER]
    if plain.casefold() in _CUSTOMER_COLUMNS:
        return _CUSTOMER, next(field for field in named if field.key == _CUSTOMER)
    found = next((field for field in named if plain == field.key or plain in field.labels.values()), None)
    return (found.key, found) if found is not None and found.type == "text" else None
