"""What is to be told at an instant: pending follow-ups that are due or near, what was dropped, and days of care."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from commlog.customers.rules.care import CareItem
from commlog.followups.dropped import find_dropped_balls
from commlog.followups.rules.dropped import DroppedBall
from commlog.log.settings import Settings
from commlog.records.queries import read_customers
from commlog.reminders.queries import PromisedFollowUp, RecordOwner, owners_of_records, promises_before
from commlog.reminders.rules import stages as rules
from commlog.reminders.rules.digest import Digest, DigestLine, Item, Reason, Urgency, digest_of
from commlog.reminders.send import absence_of
from commlog.workspace import Workspace
from commlog.worktime.calendar import to_utc

FOLLOW_UP: Final = "follow_up"


def plan_reminders(workspace: Workspace, care: Sequence[CareItem] = ()) -> tuple[Item, ...]:
    """Everything that holds at the workspace's instant, whether it was told before or not; the most urgent first.

    Raises:
        CalendarError: the calendar has no working time.
    """
    settings = workspace.log.settings
    bound = int(rules.horizon(settings.remind, workspace.now, settings.calendar).timestamp())
    rows = promises_before(workspace.index, bound)
    dues = {row.due_at: datetime.fromtimestamp(row.due_at, UTC).astimezone(settings.zone) for row in rows}
    present = rules.calendar_instant(workspace.now, settings.calendar, {due.date() for due in dues.values()})
    owners = {owner: settings.member_id(owner.strip()) for owner in {row.owner for row in rows}}
    items = (_item_of(row._replace(owner=owners[row.owner]), dues[row.due_at], settings, present) for row in rows)
    every = (*filter(None, items), *dropped_items(workspace), *_care_items(workspace, care))
    return tuple(sorted(every, key=lambda item: item.rank))


def print_digest(workspace: Workspace, items: Iterable[Item]) -> Digest:
    """The digest printed at the terminal: every item with all of its stages, by owner, with the deputies of today."""
    team, today = workspace.log.settings.members, workspace.now.date()
    reasons: dict[str, tuple[Reason, ...]] = {}
    lines = []
    for item in items:
        if item.owner not in reasons:
            reasons[item.owner] = absence_of(item.owner, team, today)
        lines.append(DigestLine(item, item.all_stages, reasons[item.owner]))
    return digest_of(workspace.now, lines, tuple(workspace.unreadable_files()))


def _item_of(
    row: PromisedFollowUp, due_at: datetime, settings: Settings, present: rules.CalendarInstant
) -> Item | None:
    promise = rules.PendingDue(due_at, bool(row.is_paused), bool(row.is_agreed))
    stages = rules.stages_of(promise, settings.remind, present)
    if not stages:
        return None
    urgency = _urgency_of(stages, promise)
    is_late = urgency <= Urgency.OVERDUE
    steps = rules.escalation_steps(promise, settings.remind, present)
    return Item(
        address=row.address,
        kind=FOLLOW_UP,
        opened_at=row.opened_at,
        due=row.due,
        owner=row.owner,
        text=row.action,
        customer=row.customer,
        customer_name=row.customer_name,
        is_company=bool(row.is_company),
        stages=stages,
        escalations=tuple((rules.escalation_stage(rung), rung.to) for rung in steps),
        due_at=due_at,
        is_agreed=promise.is_agreed,
        urgency=urgency,
        late=present.late[due_at.date()] if is_late else 0,
        left=0 if is_late else settings.calendar.working_seconds(present.now, due_at),
    )


def _urgency_of(stages: tuple[str, ...], promise: rules.PendingDue) -> Urgency:
    if stages[0].startswith((rules.OVERDUE, rules.CALL_BACK)):
        return Urgency.PROMISE_BROKEN if promise.is_agreed else Urgency.OVERDUE
    return Urgency.TODAY if stages[0] == rules.TODAY else Urgency.SOON


def _care_items(workspace: Workspace, care: Sequence[CareItem]) -> Iterable[Item]:
    if not care:
        return
    companies = {one.id for one in read_customers(workspace.index) if one.type == "company"}
    for entry in care:
        yield Item(
            address=f"customer:{entry.customer}",
            kind=entry.kind,
            opened_at=f"{entry.kind}{entry.label}",
            due=entry.day.isoformat(),
            owner=workspace.log.settings.member_id((entry.owner or "").strip()),
            text=entry.label,
            customer=entry.customer,
            customer_name=entry.customer_name,
            is_company=entry.customer in companies,
            stages=(rules.CARE,),
            day=entry.day,
        )


# What has lain longer is the business of `check` and `brief`: a first run on an old log must not bury what is new. Not more
# days than the ledger remembers at least, so that nothing is sent a second time.
TOLD_WITHIN: Final = 30  # days, today included


def dropped_items(workspace: Workspace) -> Iterator[Item]:
    """What was dropped within the last weeks and before today, the most pressing rule first.

    Today somebody may still be at it: a promise is often written down before its follow-up.

    Its opening is the rule, so that one record dropped under two rules is told twice, and under one rule once for good.
    """
    today, calendar = workspace.now.date(), workspace.log.settings.calendar
    # A day begins when it opens: nobody is reminded at midnight that another one has passed.
    has_opened = to_utc(workspace.now) >= to_utc(rules.opening_time(today, calendar))
    begun = today if has_opened else today - timedelta(days=1)
    balls = find_dropped_balls(workspace, since=today - timedelta(days=TOLD_WITHIN - 1), today=begun)
    balls = tuple(ball for ball in balls if ball.since < begun.isoformat())
    rows = owners_of_records(workspace.index, {ball.record_id for ball in balls})
    facts = {(row.id, row.path): row for row in rows}
    for ball in balls:
        yield _item_of_dropped(workspace, ball, facts[ball.record_id, ball.path])


def _item_of_dropped(workspace: Workspace, ball: DroppedBall, facts: RecordOwner) -> Item:
    return Item(
        address=ball.address,
        kind=rules.DROPPED,
        opened_at=ball.rule,
        due="",
        owner=workspace.log.settings.member_id(facts.owner.strip()),
        text=ball.text,
        customer=facts.customer,
        customer_name=facts.customer_name,
        is_company=bool(facts.is_company),
        stages=(rules.DROPPED,),
        day=date.fromisoformat(ball.since),
        urgency=Urgency.DROPPED,
        suggestion=ball.suggestion,
    )
