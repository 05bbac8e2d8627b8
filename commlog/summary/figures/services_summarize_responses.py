"""Answers to customers: how long they waited for the first one, and what one conversation settled."""

from datetime import UTC, datetime
from typing import Final

from commlog.summary.figures.conversations import dated_conversations_of
from commlog.summary.figures.scope import Scope
from commlog.summary.figures.threads import Contact, contacts_of, threads_of
from commlog.summary.rules.model_summary_cases import LEFT_OUT, NO, YES, Case

SETTLED_SECONDS: Final = 7 * 86_400
_RECEIVED: Final = """
SELECT r.record, r.received_at, r.started_at, coalesce(r.reached = 1, 0), coalesce(r.direction = 'outbound', 0)
FROM records r
WHERE +r.kind = 'interaction' AND r.direction = 'inbound' AND r.received_at >= {start} AND r.received_at < {end}
"""
_RESOLVED: Final = "resolved"


def cases_of_responses(scope: Scope) -> dict[str, list[Case]]:
    """Working seconds from each arrival of the period to the first answer on its thread, and the age of what has none by now."""
    received = [row for row in scope.rows(_RECEIVED) if row[1] <= scope.workspace.now.timestamp()]
    threads = threads_of(scope)
    contacts = contacts_of(scope, threads, [row[0] for row in received])
    answered: list[Case] = []
    waiting: list[Case] = []
    for record, arrived, started, *own in received:
        alone: list[Contact] = [(record, started, *own)] if started is not None else []
        known = contacts.get(threads.name_of(record), alone)
        first = min((at for _, at, *answers in known if at >= arrived and any(answers)), default=None)
        if first is None or first > scope.workspace.now.timestamp():
            answered.append(Case(record, LEFT_OUT, "unanswered"))
            age = _worked(scope, arrived, int(scope.workspace.now.timestamp()))
            waiting.append(Case(record, YES, value=age))
        else:
            answered.append(Case(record, YES, value=_worked(scope, arrived, first)))
    return {"first_response": answered, "unanswered_age": waiting}


def cases_of_first_contacts(scope: Scope) -> dict[str, list[Case]]:
    """Each thread resolved in the period, by its first conversation there that resolved it.

    It was settled at once when no two-way conversation came before that one, nor within seven days after it.
    """
    threads = threads_of(scope)
    walked = dated_conversations_of(scope).rows("outcome", "started_at", "record", "is_two_way")
    firsts: dict[int | str, tuple[int, int, bool]] = {}
    for at, record, is_two_way in sorted(row[1:] for row in walked if row[0] == _RESOLVED):
        firsts.setdefault(threads.name_of(record), (at, record, is_two_way))
    contacts = contacts_of(scope, threads, [record for _, record, _ in firsts.values()])
    now = scope.workspace.now.timestamp()
    cases = []
    for name, (at, record, is_two_way) in firsts.items():
        latest = at + SETTLED_SECONDS
        counts = is_two_way and not any(
            other != record and both and then <= latest for other, then, both, _ in contacts.get(name, ())
        )
        cases.append(Case(record, YES if counts else NO, "may_come_back" if counts and latest > now else ""))
    return {"first_contact_resolution": cases}


def _worked(scope: Scope, begin: int, end: int) -> int:
    """Working seconds between two instants in seconds since 1970."""
    calendar = scope.workspace.log.settings.calendar
    return calendar.working_seconds(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC))
