"""Dropped items: customers who wait for something that nobody plans to do, found in the index."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final

from commlog.customers.rules.customer import family_of
from commlog.followups import queries
from commlog.followups.rules import dropped as dropped_rules
from commlog.records.queries import count_conversations_after, last_conversation, merge_pointers
from commlog.records.rules.consistency import fold_text
from commlog.values import INTERACTION, SURVEY, ValuePath
from commlog.workspace import Workspace
from commlog.worktime.calendar import WorkCalendar, wall_instant

# Before whatever has an instant, in seconds.
_EVER: Final = -(2**62)
_LONGEST_HOLIDAY: Final = 60
_STILL_OPEN: Final = frozenset({"follow_up", "transferred"})

# A missing link is told for a year: nobody looks for the beginning of an older conversation.
_LINKED_WITHIN: Final = timedelta(days=365)


@dataclass
class QuietFilter:
    """Where to look: the ids of one customer, or none for the whole log; what is of `cutoff` or later is too young.

    `families` are the ids of every customer who has several. What was dropped before `since` need not be looked for;
    empty for everything. Both are days, YYYY-MM-DD in the log's zone.
    """

    workspace: Workspace
    customers: tuple[str, ...]
    cutoff: str
    families: Mapping[str, tuple[str, ...]]
    since: str = ""

    @cached_property
    def quiet(self) -> list[queries.QuietRecord]:
        """Records since which nobody spoke to the customer, as far as their days tell."""
        return queries.quiet_records(self.workspace.index, self.customers, self.since, self.since_seconds)

    @property
    def since_seconds(self) -> int:
        """The instant from which on what is dropped is looked for, in seconds since 1970."""
        return self.seconds_of(self.since) if self.since else _EVER

    def family(self, customer: str) -> tuple[str, ...]:
        """All ids of a customer."""
        return self.families.get(customer, (customer,))

    def seconds_of(self, day: str) -> int:
        """The midnight a day begins with, in seconds since 1970."""
        midnight = datetime.combine(date.fromisoformat(day), time())
        return int(wall_instant(midnight, self.workspace.log.settings.zone).timestamp())

    def day_of(self, seconds: int) -> str:
        """The day an instant is of, in the log's zone."""
        return datetime.fromtimestamp(seconds, UTC).astimezone(self.workspace.log.settings.zone).date().isoformat()


def find_dropped_balls(
    workspace: Workspace,
    customer: str | None = None,
    rules: tuple[str, ...] = (),
    *,
    since: date | None = None,
    today: date | None = None,
) -> tuple[dropped_rules.DroppedBall, ...]:
    """What is dropped in the log, or of one customer and those merged with them, the most pressing first.

    `rules` narrows it to some of them, `since` to what was dropped on that day of the log's zone or later; then only
    records and follow-ups of these days are looked at. `today` is the day up to which waiting counts: now's unless named.
    """
    pointers = merge_pointers(workspace.index)
    families = {one: family_of(pointers, one) for one in {*pointers, *pointers.values()}}
    cutoff = _previous_working_day(today or workspace.now.date(), workspace.log.settings.calendar)
    customers = families.get(customer, (customer,)) if customer else ()
    scope = QuietFilter(workspace, customers, cutoff, families, since.isoformat() if since else "")
    found = (ball for rule, find in _RULES.items() if not rules or rule in rules for ball in find(scope))
    return dropped_rules.in_order(ball for ball in found if ball.since >= scope.since)


def _previous_working_day(today: date, calendar: WorkCalendar) -> str:
    """The last working day before today: what is of an earlier day has waited for longer than a working day."""
    days = (today - timedelta(days=back) for back in range(1, _LONGEST_HOLIDAY))
    return next(filter(calendar.is_working_day, days), today - timedelta(days=1)).isoformat()


def _find_unanswered(scope: QuietFilter) -> Iterator[dropped_rules.DroppedBall]:
    """Inbound contacts whose outcome is still open; nothing was done, nothing is planned, nobody spoke to them since."""
    for record in scope.quiet:
        if (
            record.kind == INTERACTION
            and record.direction == "inbound"
            and record.reached
            and record.outcome in _STILL_OPEN
            and not record.has_follow_up
            and record.day < scope.cutoff
            and record.is_last
            and _is_left(scope, record)
        ):
            yield _ball(dropped_rules.UNANSWERED, record, ("outcome",))


def _find_call_backs(scope: QuietFilter) -> Iterator[dropped_rules.DroppedBall]:
    """Follow-ups done for a day that promised the customer a contact, with no contact after the record they are in."""
    quiet = {record.record: record for record in scope.quiet}
    between = (scope.since_seconds, scope.seconds_of(scope.cutoff))
    for done in queries.done_between(scope.workspace.index, list(quiet), between, scope.workspace.now):
        record = quiet[done.record]
        since = (record.at if record.kind == INTERACTION else done.opened_at) or record.at or 0
        if (
            (done.is_agreed or dropped_rules.promises_contact(fold_text(done.action)))
            and since >= record.spoken_at
            and not _is_spoken_to(scope, record.customer, record.day, since)
        ):
            ball = _ball(dropped_rules.CALL_BACK, record, ("followups", done.place, "status"), address=done.address)
            yield replace(ball, since=scope.day_of(done.finished_at or 0))


def _find_promises(scope: QuietFilter) -> Iterator[dropped_rules.DroppedBall]:
    """Agreements on our side with no follow-up, neither in the record nor in one that links to it."""
    for record in queries.commitments_without_follow_up(scope.workspace.index, scope.customers, scope.since):
        yield _ball(dropped_rules.PROMISE, record, ("agreements",))


def _find_idle_issues(scope: QuietFilter) -> Iterator[dropped_rules.DroppedBall]:
    """Open issues of an earlier day with no pending follow-up in their conversation."""
    for record in queries.open_issues_without_pending(scope.workspace.index, scope.customers, scope.cutoff):
        since = max(record.day, scope.day_of(record.at)) if record.at else record.day
        if since >= scope.since and not queries.has_pending_in_thread(scope.workspace.index, record.id):
            yield replace(_ball(dropped_rules.IDLE_ISSUE, record, ("status",)), since=since)


def _find_low_scores(scope: QuietFilter) -> Iterator[dropped_rules.DroppedBall]:
    """Low satisfaction and low survey scores with no follow-up in their conversation and no contact since."""
    for record in scope.quiet:
        if record.has_follow_up or record.day >= scope.cutoff or not record.is_last:
            continue
        place, score = "satisfaction", record.satisfaction
        if record.kind == SURVEY:
            place, score = "scores", _lowest_score(scope, record.record)
        elif record.kind != INTERACTION or score not in dropped_rules.LOW_STEPS:
            continue
        if score and _is_left(scope, record):
            yield _ball(dropped_rules.LOW_SCORE, record, (place,), score=score)


def _find_missing_links(scope: QuietFilter) -> Iterator[dropped_rules.DroppedBall]:
    """Conversations of the last year that speak of an earlier one, of customers who have one, and link to none."""
    first_day = max((scope.workspace.now.date() - _LINKED_WITHIN).isoformat(), scope.since)
    for record in queries.iter_unlinked(scope.workspace.index, scope.customers, first_day, is_short=bool(scope.since)):
        # The folded text has every value: most conversations mention nothing, and their summaries need not be read.
        if not dropped_rules.find_earlier_contact(record.folded):
            continue
        texts = map(fold_text, (queries.summary_of(scope.workspace.index, record.row), record.subject or ""))
        words = next(filter(None, map(dropped_rules.find_earlier_contact, texts)), "")
        if words and record.at is not None:
            family = scope.family(record.customer)
            earlier = last_conversation(scope.workspace.index, family, record.day, record.at, is_any=True)
            if earlier:
                yield _ball(dropped_rules.MISSING_LINK, record, ("summary",), words=words, suggestion=earlier.id)


def _lowest_score(scope: QuietFilter, record: int) -> str:
    """The lowest point of a survey when it is low; empty when none is."""
    lowest = min(queries.points_of(scope.workspace.index, record), default=dropped_rules.LOW_POINTS + 1)
    return str(lowest) if lowest <= dropped_rules.LOW_POINTS else ""


def _is_left(scope: QuietFilter, record: queries.QuietRecord) -> bool:
    """Whether nobody spoke to the customer after a record, and nothing is still to be done in its thread."""
    is_spoken_to = _is_spoken_to(scope, record.customer, record.day, record.at)
    return not is_spoken_to and not queries.has_pending_in_thread(scope.workspace.index, record.id)


def _is_spoken_to(scope: QuietFilter, customer: str, day: str, since: int | None) -> bool:
    """Whether somebody spoke to the customer after an instant under another of their ids."""
    others = [one for one in scope.family(customer) if one != customer]
    return bool(others) and count_conversations_after(scope.workspace.index, others, day, since or 0) > 0


def _ball(
    rule: str, record: queries.QuietRecord | queries.DroppedRecord, place: ValuePath, **facts: str
) -> dropped_rules.DroppedBall:
    return dropped_rules.DroppedBall(
        rule, record.id, record.path, record.day, record.customer, tuple(facts.items()), place, record.day
    )


_RULES: Final[dict[str, Callable[[QuietFilter], Iterator[dropped_rules.DroppedBall]]]] = {
    dropped_rules.UNANSWERED: _find_unanswered,
    dropped_rules.CALL_BACK: _find_call_backs,
    dropped_rules.PROMISE: _find_promises,
    dropped_rules.IDLE_ISSUE: _find_idle_issues,
    dropped_rules.LOW_SCORE: _find_low_scores,
    dropped_rules.MISSING_LINK: _find_missing_links,
}
