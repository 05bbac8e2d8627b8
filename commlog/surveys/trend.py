"""How satisfied customers are over time: the surveys of the index as figures, and as a list."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from commlog.database.content import values_in
from commlog.database.query.order import order_by
from commlog.database.query.select import ListedRows
from commlog.forms.fields import find_field, label
from commlog.messages import current_language
from commlog.output.listing import Listing, mask_listing
from commlog.records.find import find_customer
from commlog.records.question import OptionTerm, condition_of, filter_of
from commlog.records.rules.consistency import fold_text
from commlog.surveys.queries import ListedSurvey, listed_surveys
from commlog.surveys.rules import HIGHEST, LOWEST, Survey, Trend, survey_trend_of
from commlog.values import SURVEY, Data, stored_date
from commlog.workspace import Workspace
from commlog.worktime.periods import PeriodKind

# The last field is what the scores are read from.
COLUMN_NAMES: Final = ListedSurvey._fields[:-1]
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


def survey_trend(workspace: Workspace, by: PeriodKind = "quarter", customer: str = "") -> Trend:
    """The figures of all surveys, or of one customer's, by period.

    Raises:
        NotFoundError, AmbiguousError: the customer is not known.
    """
    terms: list[OptionTerm] = [("customer", [find_customer(workspace, customer)])] if customer else []
    return survey_trend_of(read_surveys(workspace, terms), by, tuple(dimensions_of(workspace)))


def dimensions_of(workspace: Workspace) -> dict[str, str]:
    """The dimensions that the log's form has, in its order: their words by key."""
    field = find_field(workspace.catalog.get(SURVEY), "scores")
    return {child.key: label(child, current_language()) for child in field.fields} if field else {}


def read_surveys(workspace: Workspace, terms: list[OptionTerm]) -> tuple[Survey, ...]:
    """The surveys that some terms ask for, as the figures see them.

    A request counts as answered when it has scores itself, or when another survey of this customer and period has.
    """
    condition = condition_of(workspace, filter_of(workspace, "", [("kind", [SURVEY]), *terms]), ListedRows.RECORDS)
    dimensions = dimensions_of(workspace)
    rows = listed_surveys(workspace.index, condition)
    answered = {(row.customer, fold_text(row.period or "")) for row in rows if row.answered}
    return tuple(
        Survey(
            row.customer or "",
            _day(row.requested_on),
            (_day(row.assessed_on) or _day(row.requested_on) or _day(row.id[:8])) if row.answered else None,
            row.entered_by,
            _scores_in(row.content, dimensions),
            (row.customer, fold_text(row.period or "")) in answered,
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
    condition = condition_of(workspace, filter_of(workspace, query, [("kind", [SURVEY]), *terms]), ListedRows.RECORDS)
    dimensions = dimensions_of(workspace)
    order = f"{order_by(sort or '-date,-period', _SORTS, ListedRows.RECORDS)}, r.subject DESC, r.id"
    rows = listed_surveys(workspace.index, condition, order, limit, is_unanswered=is_unanswered)
    listing = Listing(COLUMN_NAMES, tuple(_told(row, dimensions) for row in rows), SHOWN, "id")
    return listing if reveal else mask_listing(listing, workspace.log.settings.mask)


def _told(row: ListedSurvey, dimensions: Iterable[str]) -> tuple[Data, ...]:
    """The row of a listing with the scores in it."""
    scores = _scores_in(row.content, dimensions)
    lowest, overall = min(scores.values(), default=None), scores.get("overall")
    return row._replace(lowest=lowest, overall=overall, answered=bool(row.answered))[:-1]


def _scores_in(content: str, dimensions: Iterable[str]) -> dict[str, int]:
    """The scores in a record's content; what is not one whole number from 1 to 5 is left out."""
    known = {str(score): score for score in range(LOWEST, HIGHEST + 1)}
    told = {key: values_in(content, f"scores.{key}") for key in dimensions}
    return {key: known[texts[0]] for key, texts in told.items() if len(texts) == 1 and texts[0] in known}


def _day(text: str | None) -> date | None:
    day = stored_date(text)
    return day if day and day.year < _LAST_YEAR else None
