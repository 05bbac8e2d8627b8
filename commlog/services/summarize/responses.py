"""Answers to customers: how long they waited for the first one, and what one conversation settled."""

from datetime import UTC, datetime
from typing import Final

from commlog.model.summary_cases import LEFT_OUT, NO, YES, Case
from commlog.services.summarize.scope import INTERACTIONS_OF_PERIOD, Scope
from commlog.services.summarize.threads import Contact, contacts_of, threads_of

SETTLED_SECONDS: Final = 7 * 86_400
_RECEIVED: Final = """
SELECT r.record, r.received_at, r.started_at, r.reached, r.direction FROM records r
WHERE +r.kind = 'interaction' AND r.direction = 'inbound' AND r.received_at >= {start} AND r.received_at < {end}
"""
_RESOLVED: Final = f"""
SELECT r.record, r.started_at, r.reached, r.direction FROM records r
WHERE {INTERACTIONS_OF_PERIOD} AND r.outcome = 'resolved' ORDER BY r.started_at, r.record
"""


def cases_of_responses(scope: Scope) -> dict[str, list[Case]]:
    """Working seconds from each arrival of the period to the first answer on its thread, and the age of what has none by now."""
    received = [row for row in scope.rows(_RECEIVED) if row[1] <= scope.workspace.now.timestamp()]
    threads = threads_of(scope)
    contacts = contacts_of(scope, threads, [row[0] for row in received])
    answered: list[Case] = []
    waiting: list[Case] = []
    for record, arrived, started, reached, direction in received:
        own = [Contact(record, started, reached == 1, direction == "outbound")] if started is not None else []
        known = contacts.get(threads.name_of(record), own)
        first = min(
            (one.at for one in known if one.at >= arrived and (one.is_outbound or one.is_two_way)), default=None
        )
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
    firsts: dict[int | str, Contact] = {}
    for record, started, reached, direction in scope.rows(_RESOLVED):
        firsts.setdefault(threads.name_of(record), Contact(record, started, reached == 1, direction == "outbound"))
    contacts = contacts_of(scope, threads, [first.record for first in firsts.values()])
    now = scope.workspace.now.timestamp()
    cases = []
    for name, first in firsts.items():
        others = (one for one in contacts.get(name, ()) if one.record != first.record and one.is_two_way)
        again = any(one.at <= first.at + SETTLED_SECONDS for one in others)
        is_recent = first.at + SETTLED_SECONDS > now
        counts = first.is_two_way and not again
        cases.append(Case(first.record, YES if counts else NO, "may_come_back" if counts and is_recent else ""))
    return {"first_contact_resolution": cases}


def _worked(scope: Scope, begin: int, end: int) -> int:
    """Working seconds between two instants in seconds since 1970."""
    calendar = scope.workspace.log.settings.calendar
    return calendar.working_seconds(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC))
