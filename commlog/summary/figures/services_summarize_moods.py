"""Customers whose mood grows worse from record to record."""

from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from commlog.output.listing import Listing
from commlog.summary.figures.scope import Scope
from commlog.summary.figures.services_summarize_survivors import survivors_of
from commlog.summary.rules.figures import share_of
from commlog.summary.rules.model_summary_cases import LEFT_OUT, NO, YES, Case, Judgement
from commlog.summary.rules.model_summary_customers import LAST_RECORDS, WEIGHTS, has_worsened
from commlog.summary.rules.summary import Attention, Key, Reading

COLUMNS: Final = ("customer", "moods", "last_record", "day", "agent")
_MOODS: Final = ", ".join(f"'{mood}'" for mood in WEIGHTS)
# Only customers with a mood in the period: an old quarrel is not told again every month. Those who are one person were
# merged: each of their ids is asked, for the last three moods may stand under several.
# CROSS JOIN and + keep SQLite from walking all records for each customer.
_SQL: Final = f"""
WITH spoken AS (
    SELECT DISTINCT customer FROM records
    WHERE kind = 'interaction' AND day >= '{{first}}' AND day < '{{after}}' AND started_at IS NOT NULL AND mood IN ({_MOODS})
    AND customer <> 'anonymous'
), merged AS (
    SELECT id FROM customers WHERE merged_into IS NOT NULL UNION SELECT merged_into FROM customers WHERE merged_into IS NOT NULL
), seen AS (
    SELECT customer, 1 AS is_spoken FROM spoken
    UNION ALL SELECT id, 0 FROM merged WHERE id NOT IN (SELECT customer FROM spoken)
)
SELECT s.customer, r.mood, r.id, r.day, r.agent, r.record, r.started_at, s.is_spoken
FROM seen s CROSS JOIN records r ON r.record IN (
    SELECT x.record FROM records x
    WHERE x.customer = s.customer AND x.day < '{{after}}' AND +x.kind = 'interaction' AND x.started_at IS NOT NULL
    AND x.mood IN ({_MOODS}) ORDER BY x.day DESC, x.started_at DESC, x.id DESC LIMIT {LAST_RECORDS}
) ORDER BY s.customer, r.started_at, r.id
"""
# Behind what is listed: the record, its instant, and whether the customer had a mood in the period under this id.
_RECORD, _AT, _IS_SPOKEN = 5, 6, 7


def measure_worsening(scope: Scope) -> tuple[Reading, Attention]:
    """Customers of the period whose last three moods up to its end never get better and end worse, the worst first."""
    customers = _last_moods(scope)
    complete = [rows for rows in customers if len(rows) == LAST_RECORDS]
    worse = [rows for rows in complete if has_worsened([row[1] for row in rows])]
    worse.sort(key=lambda rows: (-WEIGHTS[rows[-1][1]], WEIGHTS[rows[0][1]], rows[-1][0]))
    listed = worse if scope.limit < 0 else worse[: scope.limit]
    lines = tuple((rows[-1][0], [row[1] for row in rows], *rows[-1][2:_RECORD]) for rows in listed)
    share = share_of(len(worse), len(complete), fewer_than_three_records=len(customers) - len(complete))
    attention = Attention("worsened_customers", Listing(COLUMNS, lines, COLUMNS, "customer"), len(worse) - len(listed))
    return {Key("worsened_customers"): share}, attention


def list_moods(scope: Scope) -> list[Case]:
    """The customers of the period by their last record with a mood."""
    cases = []
    for rows in _last_moods(scope):
        moods = [row[1] for row in rows]
        judged: Judgement = (YES, "") if has_worsened(moods) else (NO, "")
        if len(rows) < LAST_RECORDS:
            judged = LEFT_OUT, "fewer_than_three_records"
        cases.append(Case(rows[-1][_RECORD], *judged, name=" → ".join(moods)))
    return cases


def _last_moods(scope: Scope) -> list[list[tuple[Any, ...]]]:
    """The last records with a mood of each customer of the period, the earliest first; of merged ones under the survivor."""
    survivors = survivors_of(scope)
    found = [list(rows) for _, rows in groupby(scope.rows(_SQL), key=itemgetter(0))]
    if not survivors:
        return found
    people: dict[str, list[tuple[Any, ...]]] = {}
    for rows in found:
        person = survivors.get(rows[0][0], rows[0][0])
        people.setdefault(person, []).extend((person, *row[1:]) for row in rows)
    spoken = [rows for rows in people.values() if any(row[_IS_SPOKEN] for row in rows)]
    return [sorted(rows, key=itemgetter(_AT, 2))[-LAST_RECORDS:] for rows in spoken]
