"""Importing survey answers: columns by label or key without a map file; a row answers the survey that was sent, else it is a new one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from commlog.customers.book import CustomerBook
from commlog.errors import AmbiguousError, CommlogError, InvalidError, NotWritableError
from commlog.exchange.import_map import OWN_COLUMNS, DateReader, ImportMap, Target, TextPart, ValueSource
from commlog.exchange.import_records import ImportOptions, import_records
from commlog.exchange.incoming import IMPORT_KEY, ImportResult, Incoming, Row, Sheet
from commlog.exchange.map_reader import MapContext
from commlog.exchange.queries import import_keys
from commlog.forms.fields import Field, find_child, find_field, nearest
from commlog.messages import mark, translate
from commlog.records.change import change_record
from commlog.records.complete import follow_up_of_low_scores, with_member_ids
from commlog.records.find import read_record
from commlog.records.rules.consistency import fold_text
from commlog.surveys.record import open_requests, with_follow_up
from commlog.surveys.rules import is_score_text
from commlog.values import SURVEY, Fields
from commlog.workspace import Workspace

_SCORES: Final = "scores"
_CUSTOMER: Final = "customer"
# What such files call the customer, beside the form's own label: it contains a name or a phone number.
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


def import_surveys(workspace: Workspace, items: Iterable[Incoming], choices: ImportOptions) -> tuple[ImportResult, int]:
    """What became of every row, as `import_records`, with answered requests among the created; and the follow-ups opened.

    Raises:
        NotWritableError: the log does not take a file; what was written before stays.
    """
    answers = _Answers(workspace, is_dry=choices.is_dry)
    result = import_records(workspace, answers.others(items), choices)
    opened = answers.low - {item.row.line for item in result.rejected}
    return replace(result, rows=result.rows + answers.count, created=result.created + answers.count), len(opened)


def columns_like_scores(workspace: Workspace, columns: Sequence[str], rows: Iterable[Row]) -> dict[str, Field | None]:
    """Of columns that no field is called like, those that look like a score, and the dimension called most alike.

    A header may be near a dimension's label or key, or every cell that is not empty a whole number from 1 to 5.
    """
    whole = find_field(workspace.catalog.get(SURVEY), "scores")
    if whole is None:
        return {}
    filled: set[str] = set()
    others: set[str] = set()
    for row in rows:
        for column in columns:
            cell = row.cells.get(column, "").strip()
            if cell:
                (filled if is_score_text(cell) else others).add(column)
    near = {column: find_child(whole, nearest(column, whole)) for column in columns}
    return {column: near[column] for column in columns if near[column] or column in filled - others}


class _Answers:
    """Takes the rows that answer a survey which was sent out; `count` says how many."""

    def __init__(self, workspace: Workspace, *, is_dry: bool) -> None:
        self.workspace = workspace
        self.is_dry = is_dry
        self.count = 0
        self.taken: set[str] = set()
        # The lines of rows that are new and open a follow-up, unless they are rejected.
        self.low: set[int] = set()
        self.known = set(import_keys(workspace.index, SURVEY).values())
        self.book = CustomerBook(workspace)

    def others(self, items: Iterable[Incoming]) -> Iterator[Incoming]:
        """The rows that answer none, on their way to a new survey; without its customer a row is refused."""
        for item in items:
            if item.fault or item.key in self.known:
                yield item
                continue
            try:
                customer = self.book.find(item.customer) if item.customer else None
            except AmbiguousError as fault:
                yield replace(item, fault=fault.message)
                continue
            if customer is None:
                unknown = translate("there is no customer '{name}'").format(name=item.customer)
                yield replace(item, fault=unknown if item.customer else translate("has no customer"))
                continue
            if follow_up_of_low_scores(self.workspace, {**item.fields, "customer": customer}, self.book) is not None:
                self.low.add(item.row.line)
            if not item.fields.get("scores") or not self._answers(item, customer):
                yield item

    def _answers(self, item: Incoming, customer: str) -> bool:
        """Whether a row was written into the survey it answers."""
        period = fold_text(str(item.fields.get("period") or ""))
        requests = open_requests(self.workspace, customer)
        found = next((one for one, asked in requests if asked == period and one not in self.taken), None)
        if found is None:
            return False
        try:
            if not self.is_dry:
                self._write(found, item)
        except NotWritableError:
            raise
        except CommlogError:
            # What does not fit does not fit as a new survey either, and is rejected there with its reason.
            return False
        self.taken.add(found)
        self.count += 1
        return True

    def _write(self, record_id: str, item: Incoming) -> None:
        extra = {**(item.fields.get("extra") or {}), IMPORT_KEY: item.key}
        today = self.workspace.now.date().isoformat()

        def change(fields: Fields) -> Fields:
            given = {key: value for key, value in item.fields.items() if key not in {"customer", "followups"}}
            changed = {**fields, "assessed_on": today, **given, "customer": fields["customer"]}
            changed = with_member_ids(self.workspace, changed, fields)
            changed["extra"] = {**(fields.get("extra") or {}), **extra}
            return with_follow_up(self.workspace, {**changed, "requested_on": fields["requested_on"]})

        change_record(self.workspace, read_record(self.workspace, record_id).path, change)
