"""Dropped balls as what reminders tell: those of the last weeks, each with whoever is to pick it up."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from commlog.database.connection import Row
from commlog.followups.dropped import find_dropped_balls
from commlog.followups.rules.dropped import DroppedBall
from commlog.records.question import CUSTOMER_NAME
from commlog.reminders.rules.digest import Item, Urgency
from commlog.reminders.rules.stages import DROPPED, opening_time
from commlog.workspace import Workspace
from commlog.worktime.calendar import to_utc

# What has lain longer is the business of `check` and `brief`: a first run on an old log must not bury what is new. Not more
# days than the ledger remembers at least, so that nothing is told a second time.
TOLD_WITHIN: Final = 30  # days, today included

_BATCH: Final = 500
# Whose it is: the record's owner (an issue has one), else who spoke to the customer, else who looks after them.
_CUSTOMER_OWNER: Final = """coalesce(
    (SELECT min(s.owner) FROM customers c JOIN customers s ON s.id = c.merged_into WHERE c.id = r.customer),
    (SELECT min(c.owner) FROM customers c WHERE c.id = r.customer), '')"""
_FACTS: Final = f"""
SELECT r.id, r.path, coalesce(nullif(trim(r.owner), ''), nullif(trim(r.agent), ''), {_CUSTOMER_OWNER}),
       coalesce(r.customer, ''), coalesce({CUSTOMER_NAME}, ''),
       EXISTS (SELECT 1 FROM customers c WHERE c.id = r.customer AND c.type = 'company')
FROM records r WHERE r.id IN ({{marks}})
"""


def dropped_items(workspace: Workspace) -> Iterator[Item]:
    """What was dropped within the last weeks and before today, the most pressing rule first.

    Today somebody may still be at it: a promise is often written down before its follow-up.

    Its opening is the rule, so that one record dropped under two rules is told twice, and under one rule once for good.
    """
    today, calendar = workspace.now.date(), workspace.log.settings.calendar
    # A day begins when it opens: nobody is told at midnight that another one has passed.
    has_opened = to_utc(workspace.now) >= to_utc(opening_time(today, calendar))
    begun = today if has_opened else today - timedelta(days=1)
    balls = find_dropped_balls(workspace, since=today - timedelta(days=TOLD_WITHIN - 1), today=begun)
    balls = tuple(ball for ball in balls if ball.since < begun.isoformat())
    facts = {(row[0], row[1]): row[2:] for row in _facts_of(workspace, {ball.record_id for ball in balls})}
    for ball in balls:
        yield _item_of(workspace, ball, facts[ball.record_id, ball.path])


def _facts_of(workspace: Workspace, ids: Iterable[str]) -> Iterator[Row]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _BATCH):
        part = ordered[start : start + _BATCH]
        yield from workspace.index.rows(_FACTS.format(marks=", ".join("?" * len(part))), part)


def _item_of(workspace: Workspace, ball: DroppedBall, facts: Row) -> Item:
    owner, customer, name, is_company = facts
    return Item(
        address=ball.address,
        kind=DROPPED,
        opened_at=ball.rule,
        due="",
        owner=workspace.log.settings.member_id(owner.strip()),
        text=ball.text,
        customer=customer,
        customer_name=name,
        is_company=bool(is_company),
        stages=(DROPPED,),
        day=date.fromisoformat(ball.since),
        urgency=Urgency.DROPPED,
        suggestion=ball.suggestion,
    )
