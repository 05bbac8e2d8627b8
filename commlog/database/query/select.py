"""From a filter to SQL: the condition on `records r`, or on `follow_ups f JOIN records r USING (record)`."""

from datetime import datetime
from enum import Enum
from typing import Final

from commlog.database.query import conditions
from commlog.database.query import contents as content_sql
from commlog.database.query.fields import BUILT_IN, NONE, OVERDUE, PENDING
from commlog.database.query.filter import All, And, Filter, Not, Or, Term, TextTerm, ValueType
from commlog.database.query.values import QueryContext, instant_range
from commlog.records.rules.consistency import fold_text


class ListedRows(Enum):
    """What a listing has a row for."""

    RECORDS = "records"
    FOLLOW_UPS = "follow_ups"


_COLUMNS: Final = {"date": "r.day", "recorded": "r.recorded_at"}
# The columns of follow-ups by the names of their fields.
FOLLOW_UP_COLUMNS: Final = {
    "owner": "f.owner",
    "priority": "f.priority",
    "status": "f.status",
    "due": "f.due_at",
    "action": "f.action",
    "n": "f.n",
}
# The follow-up fields that a record may have itself as well.
_OWN: Final = frozenset({"owner", "priority", "status"})
_FOLLOW_UPS: Final = "SELECT record FROM follow_ups f"
_ROWS: Final = {"tag": "SELECT record FROM tags", "link": "SELECT record FROM links", "followup": _FOLLOW_UPS}
_CUSTOMERS: Final = "SELECT id FROM customers"
_CUSTOMER_NAMES: Final = "SELECT customer FROM customer_names"
# Compared to the letter: ids, where an index counts, and slugs.
_EXACT: Final = frozenset({"id", "customer"})

# When a follow-up that is no longer pending ended; one opened again and then cancelled was done in an earlier round.
FINISHED: Final = "CASE WHEN f.is_cancelled = 1 THEN f.closed_at ELSE coalesce(f.done_at, f.closed_at) END"


def is_overdue(now: datetime) -> str:
    """Give the SQL for a follow-up `f` that is past its due instant while the clock is running.

    `is_pending = 1` is written out: only then is the index of pending follow-ups used.
    """
    return f"(f.is_pending = 1 AND f.due_at < {int(now.timestamp())} AND f.status <> 'awaiting_customer')"


def select(question: Filter, domain: ListedRows, frame: QueryContext) -> conditions.SqlCondition:
    """Give the SQL condition of a filter, never empty; the tables are called `r` and `f`.

    Uses the SQL functions `fold`, `field` and `field_has`.

    Raises:
        UsageError: a date of the filter is none.

    """
    return _Selection(domain, frame).condition(question, is_negated=False)


class _Selection:
    """A translation into one domain at one moment."""

    def __init__(self, domain: ListedRows, frame: QueryContext) -> None:
        self.domain = domain
        self.frame = frame

    def condition(self, question: Filter, *, is_negated: bool) -> conditions.SqlCondition:
        """Give the condition; `not` is pushed down to the terms, which keeps the SQL flat."""
        match question:
            case Not(part):
                return self.condition(part, is_negated=not is_negated)
            case And(parts) | Or(parts):
                join = conditions.all_of if isinstance(question, And) != is_negated else conditions.any_of
                return join(self.condition(part, is_negated=is_negated) for part in parts)
            case All():
                found = conditions.ALWAYS
            case TextTerm(text):
                found = content_sql.holds_words(text)
            case Term():
                found = self._term(question)
        return conditions.opposite_of(found) if is_negated else found

    def _term(self, term: Term) -> conditions.SqlCondition:
        if term.field.is_content:
            return content_sql.content_condition(term, self.frame)
        name = term.field.name
        if name == "has":
            return conditions.any_of(self._has(value) for value in term.values)
        if name == "thread":
            found = [conditions.thread_ids(value) for value in term.values]
            return conditions.any_of(conditions.SqlCondition(f"r.id IN ({one.sql})", one.parameters) for one in found)
        if name == "link":
            return conditions.any_of(conditions.neighbours(value) for value in term.values)
        if name == "tag":
            return conditions.is_among("r.record", _ROWS["tag"], _compared("tag", term))
        if name in {"level", "stage"}:
            return conditions.is_among("r.customer", _CUSTOMERS, _compared(name, term))
        if name == "customer" and term.operator == "prefix":
            return _customer_starts(term)
        if name in FOLLOW_UP_COLUMNS:
            return self._of_follow_up(term)
        return self._of_column(_COLUMNS.get(name, f"r.{name}"), term)

    def _of_follow_up(self, term: Term) -> conditions.SqlCondition:
        name = term.field.name
        inner = conditions.any_of(self._follow_up_conditions(term))
        if self.domain is ListedRows.FOLLOW_UPS:
            return inner
        found = conditions.is_among("r.record", _FOLLOW_UPS, inner)
        if name == "status" and PENDING not in term.values:
            # A record with a status of its own (an issue) is asked for that, not for its follow-ups'.
            found = conditions.all_of((conditions.SqlCondition("r.status IS NULL"), found))
        return conditions.any_of((self._of_column(f"r.{name}", term), found)) if name in _OWN else found

    def _follow_up_conditions(self, term: Term) -> list[conditions.SqlCondition]:
        name, special = term.field.name, []
        plain = list(term.values)
        if name == "status" and term.operator == "=" and PENDING in plain:
            plain.remove(PENDING)
            special.append(conditions.SqlCondition("f.is_pending = 1"))
        if name == "due" and term.operator == "=":
            if OVERDUE in plain:
                plain.remove(OVERDUE)
                special.append(conditions.SqlCondition(is_overdue(self.frame.now)))
            if NONE in plain:
                plain.remove(NONE)
                special.append(conditions.SqlCondition("f.due_at IS NULL"))
        if not plain:
            return special
        rest = Term(term.field, term.operator, tuple(plain), term.spot)
        return [*special, self._of_column(FOLLOW_UP_COLUMNS[name], rest)]

    def _of_column(self, column: str, term: Term) -> conditions.SqlCondition:
        if term.field.type is ValueType.MOMENT:
            values = term.values[:1] if term.operator == ".." else term.values
            return conditions.any_of(self._moment(column, term, value) for value in values)
        if term.field.type is ValueType.NUMBER:
            return content_sql.number_condition(column, term)
        if term.field.type is ValueType.FLAG:
            return conditions.is_one_of(column, [int(value == "true") for value in term.values])
        return _compared(column, term)

    def _moment(self, column: str, term: Term, value: str) -> conditions.SqlCondition:
        stretch = instant_range(term, value, self.frame)
        start, end = stretch.days() if term.field.name == "date" else stretch.seconds()
        return conditions.is_between(column, start, end)

    def _has(self, name: str) -> conditions.SqlCondition:
        if name in _ROWS:
            return conditions.is_among("r.record", _ROWS[name], conditions.ALWAYS)
        if name == "customer":
            return conditions.SqlCondition("r.customer <> 'anonymous'")
        if name == "result" or name in FOLLOW_UP_COLUMNS:
            column = FOLLOW_UP_COLUMNS.get(name, f"f.{name}")
            present = conditions.SqlCondition(f"{column} IS NOT NULL")
            if self.domain is ListedRows.FOLLOW_UPS:
                return present
            found = conditions.is_among("r.record", _FOLLOW_UPS, present)
            return (
                conditions.any_of((conditions.SqlCondition(f"r.{name} IS NOT NULL"), found)) if name in _OWN else found
            )
        if name in {"level", "stage"}:
            return conditions.is_among("r.customer", _CUSTOMERS, conditions.SqlCondition(f"{name} IS NOT NULL"))
        if name in BUILT_IN and name not in {"thread", "has"}:
            return conditions.SqlCondition(f"{_COLUMNS.get(name, f'r.{name}')} IS NOT NULL")
        return content_sql.holds_key(name)


def _compared(column: str, term: Term) -> conditions.SqlCondition:
    """Give a column of text against the term's values, as the field's type wants it."""
    if term.field.type is ValueType.TEXT:
        folded = [fold_text(value) for value in term.values]
        if term.operator == "prefix":
            starts = [(f"substr(fold({column}), 1, {len(text)}) = ?", text) for text in folded]
            return conditions.any_of(conditions.SqlCondition(sql, (text,)) for sql, text in starts)
        return conditions.any_of(conditions.SqlCondition(f"instr(fold({column}), ?) > 0", (text,)) for text in folded)
    if term.operator == "prefix":
        return conditions.starts_with(column, term.values)
    if term.field.type is ValueType.CHOICE or term.field.name in _EXACT:
        return conditions.is_one_of(column, term.values)
    return conditions.is_named(column, term.values)


def _customer_starts(term: Term) -> conditions.SqlCondition:
    names = conditions.starts_with("name", [fold_text(value) for value in term.values])
    return conditions.any_of(
        (conditions.starts_with("r.customer", term.values), conditions.is_among("r.customer", _CUSTOMER_NAMES, names))
    )
