"""The report of a period: its summary, the series of its charts, and the lists behind them; personal data masked unless revealed."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from commlog.database.query.fragments import CUSTOMER_NAME
from commlog.followups.dropped import find_dropped_balls
from commlog.followups.rules.dropped import CALL_BACK, LOW_SCORE, UNANSWERED
from commlog.messages import translate
from commlog.output.listing import Listing
from commlog.privacy.rules.masking import mask_name, mask_text
from commlog.summary import report_series as series
from commlog.summary.figures.scope import INTERACTIONS_OF_PERIOD, SummaryScope
from commlog.summary.rules.report import Report
from commlog.summary.rules.summary import PointedRecords, Summary
from commlog.summary.summarize import SummaryRequest, summarize
from commlog.values import Data, text_of
from commlog.workspace import Workspace
from commlog.worktime.limits import working_days_since

REPORT_ROWS: Final = 20
DROPPED: Final = "dropped_balls"
OVERDUE: Final = "overdue_follow_ups"
LOW_SCORES: Final = "low_scores"
_COMPANY: Final = "company"
_NAME: Final = "customer_name"
# What people wrote in their own words.
_FREE: Final = frozenset({"subject", "action", "text", "title", "note", "comment", "result", "problem", "commitment"})
_TYPE: Final = "(SELECT min(type) FROM customers c WHERE c.id = r.customer)"
_OVERDUE: Final = f"""
SELECT f.address, f.due, f.due_at, f.priority, f.owner, {CUSTOMER_NAME}, f.action, {_TYPE}
FROM follow_ups f JOIN records r USING (record)
WHERE f.is_pending = 1 AND f.status <> 'awaiting_customer' AND f.due_at < ? ORDER BY f.due_at, f.address LIMIT ?
"""
_OVERDUE_COLUMNS: Final = ("address", "due", "late", "priority", "owner", _NAME, "action")
_DISSATISFIED: Final = f"""
SELECT r.id, r.day, r.template, {CUSTOMER_NAME}, r.satisfaction, r.subject, r.agent, {_TYPE}, r.path
FROM records r WHERE {INTERACTIONS_OF_PERIOD} AND r.satisfaction IN ('dissatisfied', 'very_dissatisfied')
"""
_SURVEYS: Final = """
SELECT r.id, coalesce(field(c.content, 'assessed_on'), r.day) AS given, r.template, {name}, NULL, NULL,
       field(c.content, 'agent'), {type}, r.path, {scores}
FROM records r JOIN contents c USING (record)
WHERE r.kind = 'survey' AND given >= '{{first}}' AND given < '{{after}}'
"""
# Promises and issues without a next step have lists of their own.
_DROPPED_RULES: Final = (UNANSWERED, CALL_BACK, LOW_SCORE)
_DROPPED_COLUMNS: Final = ("id", "day", _NAME, "dropped")
_LOW_COLUMNS: Final = ("id", "day", "template", _NAME, "satisfaction", "text", "agent")
_LOW: Final = frozenset({"1", "2"})


def build_report(workspace: Workspace, request: SummaryRequest) -> Report:
    """Measure a period for a report; personal data is masked unless it is to be revealed.

    Raises:
        UsageError: a period is none.
    """
    summary = summarize(workspace, request)
    now = SummaryScope(workspace, summary.period, workspace.now, "", request.limit)
    before = SummaryScope(workspace, summary.previous, summary.before_at, "", 0)
    curtain = ListMask(is_revealed=request.reveal)
    return Report(
        summary,
        series.measure_volume(now),
        series.on_time_by_step(now, summary.previous),
        series.measure_satisfaction_over_time(now, summary.previous),
        series.measure_ages(now, before),
        (
            list_overdue(now, curtain),
            list_dropped_balls(now, curtain),
            *cover_lists(workspace, summary, curtain),
            list_low_scores(now, curtain),
        ),
        request.reveal,
    )


class ListMask:
    """What hides personal data of a report's lists, or lets it through."""

    def __init__(self, *, is_revealed: bool) -> None:
        self.is_revealed = is_revealed

    def name(self, name: str | None, kind: str | None) -> str | None:
        """A customer's name; `kind` is the customer's type."""
        if self.is_revealed or not name:
            return name
        return mask_name(name, is_company=kind == _COMPANY)

    def text(self, text: str | None, name: str | None, kind: str | None) -> str | None:
        """Free text in which the customer may be mentioned."""
        if self.is_revealed or not text:
            return text
        return mask_text(text, name or "", is_company=kind == _COMPANY)


def list_overdue(scope: SummaryScope, curtain: ListMask) -> PointedRecords:
    """The follow-ups that are overdue now, the oldest first."""
    workspace = scope.workspace
    calendar = workspace.log.settings.calendar
    now = int(workspace.now.timestamp())
    rows = workspace.index.rows(_OVERDUE, (now, scope.limit))
    days = {row[2]: datetime.fromtimestamp(row[2], UTC).astimezone(calendar.zone).date() for row in rows}
    late = working_days_since(days.values(), workspace.now.date(), calendar)
    told = tuple(
        (address, due, late[days[due_at]], priority, owner, curtain.name(name, kind), curtain.text(action, name, kind))
        for address, due, due_at, priority, owner, name, action, kind in rows
    )
    count = "SELECT count(*) FROM follow_ups WHERE is_pending = 1 AND status <> 'awaiting_customer' AND due_at < ?"
    number = workspace.index.rows(count, (now,))[0][0]
    words = {"priority": "followups.priority"}
    listing = Listing(_OVERDUE_COLUMNS, told, _OVERDUE_COLUMNS, "address", words)
    return PointedRecords(OVERDUE, listing, number - len(told))


def list_dropped_balls(scope: SummaryScope, curtain: ListMask) -> PointedRecords:
    """Customers who wait for something now that nobody is going to do, the most pressing first."""
    balls = find_dropped_balls(scope.workspace, rules=_DROPPED_RULES)
    listed = balls if scope.limit < 0 else balls[: scope.limit]
    customers = _customers_of_records(scope.workspace, {ball.record_id for ball in listed})
    rows = []
    for ball in listed:
        name, kind = customers.get(ball.record_id, (None, None))
        rows.append((ball.record_id, ball.day, curtain.name(name, kind), curtain.text(ball.text, name, kind)))
    listing = Listing(_DROPPED_COLUMNS, tuple(rows), _DROPPED_COLUMNS, "id")
    return PointedRecords(DROPPED, listing, len(balls) - len(listed))


def list_low_scores(scope: SummaryScope, curtain: ListMask) -> PointedRecords:
    """Conversations and surveys of the period with an answer or a score of 1 or 2, the newest first."""
    names = series.score_names(scope.workspace)
    found = [(row, "") for row in scope.rows(_DISSATISFIED)]
    if names:
        scores = ", ".join(f"field(c.content, 'scores.{key}')" for key in names)
        for *row, given in _split(scope.rows(_SURVEYS.format(name=CUSTOMER_NAME, type=_TYPE, scores=scores))):
            low = [
                translate("{label}: {value}").format(label=label, value=score)
                for label, score in zip(names.values(), given, strict=True)
                if series.is_stored_score(score) and score in _LOW
            ]
            if low:
                found.append((tuple(row), translate(", ").join(low)))
    found.sort(key=lambda item: (item[0][1] or "", item[0][0]), reverse=True)
    listed = found if scope.limit < 0 else found[: scope.limit]
    rows = tuple(_low_row(scope.workspace, row, low, curtain) for row, low in listed)
    listing = Listing(_LOW_COLUMNS, rows, _LOW_COLUMNS, "id")
    return PointedRecords(LOW_SCORES, listing, len(found) - len(listed))


def _split(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    """Rows of a survey with its scores as one value at the end."""
    return ((*row[:9], row[9:]) for row in rows)


def _low_row(workspace: Workspace, row: tuple[Any, ...], low: str, curtain: ListMask) -> tuple[Data, ...]:
    record_id, day, template, name, answer, subject, agent, kind, path = row
    if low:
        # The file has the comment as it was written.
        record = workspace.reader.read(path).record
        subject = record and text_of(record.fields, "comment")
        agent = record and text_of(record.fields, "agent")
    text = curtain.text(subject, name, kind)
    return record_id, day, template, curtain.name(name, kind), low or answer, text and " ".join(text.split()), agent


def cover_lists(workspace: Workspace, summary: Summary, curtain: ListMask) -> tuple[PointedRecords, ...]:
    """The lists of a summary with customers under their names, which are masked as free text is."""
    return tuple(
        PointedRecords(one.name, _covered(workspace, one.listing, curtain), one.rest) for one in summary.attention
    )


def _covered(workspace: Workspace, listing: Listing, curtain: ListMask) -> Listing:
    listing = listing.narrowed(listing.shown)
    columns = listing.columns
    if "customer" in columns:
        customers = _customers(workspace, {str(row[columns.index("customer")]) for row in listing.rows})
    elif "id" in columns:
        customers = _customers_of_records(workspace, {str(row[columns.index("id")]) for row in listing.rows})
    else:
        customers = {}
    key = "customer" if "customer" in columns else "id" if "id" in columns else ""
    rows = []
    for row in listing.rows:
        owner = str(row[columns.index(key)]) if key else ""
        name, kind = customers.get(owner, (owner if key == "customer" else None, None))
        rows.append(
            tuple(
                curtain.name(name, kind)
                if column == "customer"
                else curtain.name(value, kind)
                if column == _NAME
                else curtain.text(value, name, kind)
                if column in _FREE and isinstance(value, str)
                else value
                for column, value in zip(columns, row, strict=True)
            )
        )
    shown = tuple(_NAME if column == "customer" else column for column in columns)
    return Listing(shown, tuple(rows), shown, listing.id_column, listing.words)


_Customers = dict[str, tuple[str | None, str | None]]


def _customers(workspace: Workspace, ids: set[str]) -> _Customers:
    sql = "SELECT id, min(coalesce(name, id)), min(type) FROM customers WHERE id IN ({marks}) GROUP BY id"
    return _named(workspace, sql, ids)


def _customers_of_records(workspace: Workspace, ids: set[str]) -> _Customers:
    sql = f"SELECT r.id, min({CUSTOMER_NAME}), min({_TYPE}) FROM records r WHERE r.id IN ({{marks}}) GROUP BY r.id"
    return _named(workspace, sql, ids)


def _named(workspace: Workspace, sql: str, ids: set[str]) -> _Customers:
    found: _Customers = {}
    ordered = sorted(ids)
    for start in range(0, len(ordered), 500):
        part = ordered[start : start + 500]
        rows = workspace.index.rows(sql.format(marks=", ".join("?" * len(part))), part)
        found.update({row[0]: (row[1], row[2]) for row in rows})
    return found
