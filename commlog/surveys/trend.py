"""How satisfied customers are over time: the surveys of the copy as figures, and as a list."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from commlog.database.content import values_in
from commlog.database.query.order import order_by
from commlog.database.query.select import Domain
from commlog.forms.fields import find_field
from commlog.output.listing import Listing, mask_listing
from commlog.records.find import find_customer
from commlog.records.question import CUSTOMER_NAME, OptionTerm, condition_of, filter_of
from commlog.surveys.rules import HIGHEST, LOWEST, Survey, Trend, trend_of
from commlog.values import SURVEY, Data
from commlog.workspace import Workspace
from commlog.worktime.periods import PeriodKind

# Every column of a listing and what it is in the copy.
_COLUMNS: Final = {
    "id": "r.id",
    "customer": "r.customer",
    "customer_name": CUSTOMER_NAME,
    "period": "r.subject",
    "requested_on": "field(c.content, 'requested_on')",
    "assessed_on": "field(c.content, 'assessed_on')",
    "entered_by": "field(c.content, 'entered_by')",
    "overall": "NULL",
    "lowest": "NULL",
    "answered": "instr(c.content, char(30) || 'SCORES.') > 0",
    "pending": "(SELECT count(*) FROM follow_ups f WHERE f.record = r.record AND f.is_pending = 1)",
    "path": "r.path",
}
COLUMN_NAMES: Final = tuple(_COLUMNS)
SHOWN: Final = (
    "id",
    "customer_name",
    "period",
    "requested_on",
    "assessed_on",
    "entered_by",
    "overall",
    "lowest",
    "pending",
)
_SORTS: Final = {
    **{name: (name,) for name in COLUMN_NAMES if name not in {"overall", "lowest"}},
    "date": ("r.day",),
    "subject": ("period",),
}
# A day of the last year there is belongs to periods that end after time.
_LAST_YEAR: Final = date.max.year


@dataclass(frozen=True, slots=True)
class TrendView:
    """Which surveys the figures are of, and by which periods; no customer means all."""

    by: PeriodKind = "quarter"
    customer: str = ""


def survey_trend(workspace: Workspace, view: TrendView) -> Trend:
    """The figures of all surveys, or of one customer's, by period.

    Raises:
        NotFoundError, AmbiguousError: the customer is not known.
    """
    terms: list[OptionTerm] = [("customer", [find_customer(workspace, view.customer)])] if view.customer else []
    return trend_of(read_surveys(workspace, terms), view.by, dimensions_of(workspace))


def dimensions_of(workspace: Workspace) -> tuple[str, ...]:
    """The keys of the dimensions that the log's form has, in its order."""
    field = find_field(workspace.catalog.get(SURVEY), "scores")
    return tuple(child.key for child in field.fields) if field else ()


def read_surveys(workspace: Workspace, terms: list[OptionTerm]) -> tuple[Survey, ...]:
    """The surveys that some terms ask for, as the figures see them.

    A request counts as answered when it has scores itself, or when another survey of this customer and period has.
    """
    condition = condition_of(workspace, filter_of(workspace, "", [("kind", [SURVEY]), *terms]), Domain.RECORDS)
    dimensions = dimensions_of(workspace)
    rows = workspace.index.rows(
        "SELECT r.customer, fold(r.subject), r.id, field(c.content, 'requested_on'), field(c.content, 'assessed_on'),"
        f" field(c.content, 'entered_by'), {_COLUMNS['answered']}, c.content"
        f" FROM records r JOIN contents c USING (record) WHERE {condition.sql} ORDER BY r.id",
        tuple(condition.parameters),
    )
    answered = {(row[0], row[1]) for row in rows if row[6]}
    return tuple(
        Survey(
            row[0] or "",
            _day(row[3]),
            (_day(row[4]) or _day(row[3]) or _day(row[2][:8])) if row[6] else None,
            row[5],
            _scores_in(row[7], dimensions),
            (row[0], row[1]) in answered,
        )
        for row in rows
    )


def list_surveys(
    workspace: Workspace, query: str, terms: list[OptionTerm], page: tuple[str, int, bool], *, reveal: bool = False
) -> Listing:
    """Surveys that match, the newest first; `page` is the sort, the limit, and whether only unanswered ones are wanted.

    Names are masked where the settings hide them, unless revealed.

    Raises:
        UsageError: the query or the sort is not understood.
    """
    sort, limit, is_unanswered = page
    condition = condition_of(workspace, filter_of(workspace, query, [("kind", [SURVEY]), *terms]), Domain.RECORDS)
    only = f" AND NOT ({_COLUMNS['answered']})" if is_unanswered else ""
    dimensions = dimensions_of(workspace)
    rows = workspace.index.rows(
        f"SELECT {', '.join(f'{sql} AS {name}' for name, sql in _COLUMNS.items())}, c.content"
        f" FROM records r JOIN contents c USING (record) WHERE ({condition.sql}){only}"
        f" ORDER BY {order_by(sort or '-date,-period', _SORTS, Domain.RECORDS)}, r.subject DESC, r.id LIMIT ?",
        (*condition.parameters, limit),
    )
    listing = Listing(COLUMN_NAMES, tuple(_told(row, dimensions) for row in rows), SHOWN, "id")
    return listing if reveal else mask_listing(listing, workspace.log.settings.mask)


def _told(row: tuple[Data, ...], dimensions: tuple[str, ...]) -> tuple[Data, ...]:
    """The row of a listing with the scores in it; its last value is the record's content."""
    values = dict(zip(COLUMN_NAMES, row, strict=False))
    scores = _scores_in(row[-1], dimensions)
    values["lowest"] = min(scores.values(), default=None)
    values["overall"] = scores.get("overall")
    values["answered"] = bool(values["answered"])
    return tuple(values.values())


def _scores_in(content: str, dimensions: tuple[str, ...]) -> dict[str, int]:
    """The scores in a record's content; what is not one whole number from 1 to 5 is left out."""
    known = {str(score): score for score in range(LOWEST, HIGHEST + 1)}
    told = {key: values_in(content, f"scores.{key}") for key in dimensions}
    return {key: known[texts[0]] for key, texts in told.items() if len(texts) == 1 and texts[0] in known}


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if day.year < _LAST_YEAR else None
