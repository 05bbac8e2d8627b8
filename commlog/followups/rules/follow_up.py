"""A follow-up: its states, the verbs that move it, and what its history tells."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from commlog.errors import ConflictError, NotFoundError, UsageError
from commlog.messages import mark
from commlog.values import Data, Fields, instant_of, mappings_of, text_of
from commlog.worktime.calendar import WorkCalendar, to_utc

OPEN: Final = "open"
IN_PROGRESS: Final = "in_progress"
AWAITING_CUSTOMER: Final = "awaiting_customer"
DONE: Final = "done"
CLOSED: Final = "closed"

STATUSES: Final = (OPEN, IN_PROGRESS, AWAITING_CUSTOMER, DONE, CLOSED)
PENDING: Final = frozenset({OPEN, IN_PROGRESS, AWAITING_CUSTOMER})
# Waiting for the customer stops the clock: such a follow-up is pending but never overdue.
PAUSED: Final = AWAITING_CUSTOMER


class FollowUpVerb(NamedTuple):
    """What a verb does: the states it starts from, the state it leads to, the text it asks for."""

    sources: frozenset[str]
    target: str
    needs: str = ""


VERBS: Final[Mapping[str, FollowUpVerb]] = {
    "start": FollowUpVerb(frozenset({OPEN, AWAITING_CUSTOMER}), IN_PROGRESS),
    "wait": FollowUpVerb(frozenset({OPEN, IN_PROGRESS}), AWAITING_CUSTOMER),
    "done": FollowUpVerb(PENDING, DONE, needs="result"),
    "close": FollowUpVerb(frozenset({*PENDING, DONE}), CLOSED),
    "reopen": FollowUpVerb(frozenset({DONE, CLOSED}), OPEN, needs="note"),
}


@dataclass(frozen=True, slots=True)
class Transition:
    """One entry of a follow-up's history; `at` is the stored instant, absent texts are empty.

    `due` is the due this entry set (`none` when it was cleared), `owner` the owner it gave.
    """

    at: str
    by: str
    status: str
    note: str = ""
    due: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """An obligation inside a record, as read; absent texts are None."""

    n: int
    action: str
    method: str | None
    owner: str | None
    priority: str | None
    due: str | None
    due_rule: str | None
    status: str
    result: str | None
    agreed_with_customer: bool | None
    history: tuple[Transition, ...]

    @property
    def is_pending(self) -> bool:
        """Something is still to be done, by us or by the customer."""
        return self.status in PENDING

    @property
    def opened_at(self) -> str | None:
        """The instant of the last opening: the first entry, or the last reopening."""
        opened = None
        previous = ""
        for entry in self.history:
            if opened is None or (entry.status == OPEN and previous in {DONE, CLOSED}):
                opened = entry.at or opened
            previous = entry.status
        return opened

    @property
    def done_at(self) -> str | None:
        """The instant it was last done, when it is done or closed after that."""
        return self._last(DONE) if self.status in {DONE, CLOSED} else None

    @property
    def closed_at(self) -> str | None:
        """The instant it was last closed, when it is closed."""
        return self._last(CLOSED) if self.status == CLOSED else None

    @property
    def is_cancelled(self) -> bool:
        """Closed without having been done since it was last opened."""
        if self.status != CLOSED:
            return False
        for entry in reversed(self.history):
            if entry.status == DONE:
                return False
            if entry.status == OPEN:
                return True
        return True

    def _last(self, status: str) -> str | None:
        return next((entry.at for entry in reversed(self.history) if entry.status == status), None)


def read_follow_up(fields: Mapping[str, Data], number: int) -> FollowUp:
    """The follow-up in a mapping, whatever else the mapping holds; `number` serves when `n` is missing."""
    n = fields.get("n")
    agreed = fields.get("agreed_with_customer")
    status = text_of(fields, "status") or OPEN
    return FollowUp(
        n=n if isinstance(n, int) and not isinstance(n, bool) else number,
        action=text_of(fields, "action") or "",
        method=text_of(fields, "method"),
        owner=text_of(fields, "owner"),
        priority=text_of(fields, "priority"),
        due=text_of(fields, "due"),
        due_rule=text_of(fields, "due_rule"),
        status=status if status in STATUSES else OPEN,
        result=text_of(fields, "result"),
        agreed_with_customer=agreed if isinstance(agreed, bool) else None,
        history=tuple(
            Transition(*(text_of(entry, key) or "" for key in ("at", "by", "status", "note", "due", "owner")))
            for entry in mappings_of(fields, "history")
        ),
    )


def read_follow_ups(fields: Mapping[str, Data]) -> tuple[FollowUp, ...]:
    """All follow-ups of a record's fields, in the file's order."""
    return tuple(read_follow_up(item, number) for number, item in enumerate(mappings_of(fields, "followups"), start=1))


def get_follow_up(fields: Fields, number: int) -> FollowUp:
    """The follow-up of a number among a record's fields.

    Raises:
        NotFoundError: there is none.
    """
    found = next((one for one in read_follow_ups(fields) if one.n == number), None)
    if found is None:
        raise NotFoundError(mark("the record {id} has no follow-up {n}"), id=fields.get("id", ""), n=number)
    return found


def next_number(fields: Mapping[str, Data]) -> int:
    """The number of the next follow-up of a record: one above the highest ever given, never reused."""
    return max((follow_up.n for follow_up in read_follow_ups(fields)), default=0) + 1


def history_entry(at: str, by: str, status: str, **more: str | None) -> Fields:
    """A history entry; what is None is left out."""
    return {"at": at, "by": by, "status": status, **{key: value for key, value in more.items() if value}}


def advance(fields: Fields, verb_name: str, entry: Fields, *, result: str | None = None) -> Fields:
    """The follow-up's mapping after a verb, its history longer by `entry` (at, by, note; status is set here).

    Raises:
        ConflictError: the verb does not apply in the follow-up's state; who knows the `address` puts it into the facts.
        UsageError: the verb needs a result or a note and there is none.
    """
    verb = VERBS[verb_name]
    current = read_follow_up(fields, 1)
    if current.status not in verb.sources:
        raise ConflictError(
            mark("follow-up {n} is {status}: '{verb}' cannot be used"),
            n=current.n,
            status=current.status,
            verb=verb_name,
            address="ID/n",
            remedy=_REMEDIES.get(current.status, ""),
        )
    if verb.needs == "result" and not (result or current.result):
        raise UsageError(mark("'{verb}' needs a result"), verb=verb_name, remedy=mark("give the result: --result …"))
    is_cancelling = verb_name == "close" and current.status != DONE
    if (verb.needs == "note" or is_cancelling) and not entry.get("note"):
        raise UsageError(mark("'{verb}' needs a reason"), verb=verb_name, remedy=mark("give the reason: --note …"))
    told = {"at": entry["at"], "by": entry["by"], "status": verb.target}
    told |= {key: value for key, value in entry.items() if key not in told}
    # As on the form: the result after the state, the history last.
    changed = {key: value for key, value in fields.items() if key != "history"} | {"status": verb.target}
    if result:
        changed["result"] = result
    return changed | {"history": [*fields.get("history", []), told]}


_REMEDIES: Final = {
    **dict.fromkeys((DONE, CLOSED), mark("reopen it first: commlog reopen {address} --reason …")),
    **dict.fromkeys(PENDING, mark("see commlog show for its history")),
}


@dataclass(frozen=True, slots=True)
class Pause:
    """A spell of waiting; `end` is None while it runs.

    `entry` is the number, from 1, of the entry of the history that ended it, or began the one that runs; `by` who
    made that entry, `status` what it led to, and `moved` whether it told another due.
    """

    begin: datetime
    end: datetime | None
    entry: int
    by: str
    status: str
    moved: bool = False


def pauses_of(history: Sequence[Transition]) -> tuple[Pause, ...]:
    """The pauses a history tells, the oldest first; what has no readable instant is passed over."""
    pauses: list[Pause] = []
    begun: tuple[int, Transition] | None = None
    for number, entry in enumerate(history, start=1):
        if entry.status == PAUSED:
            begun = begun or (number, entry)
        elif begun:
            begin, end = instant_of(begun[1].at), instant_of(entry.at)
            if begin and end:
                pauses.append(Pause(begin, end, number, entry.by, entry.status, bool(entry.due)))
            begun = None
    begin = instant_of(begun[1].at) if begun else None
    if begun and begin:
        pauses.append(Pause(begin, None, begun[0], begun[1].by, PAUSED))
    return tuple(pauses)


def waited_minutes(pause: Pause, until: datetime, calendar: WorkCalendar, since: datetime | None = None) -> int:
    """The whole working minutes of a pause, of one that runs those up to `until`; nothing before `since` counts."""
    begin, end = pause.begin, pause.end or until
    if since is not None and to_utc(since) > to_utc(begin):
        begin = since
    return max(0, calendar.working_seconds(begin, end)) // 60


def extend_due(
    due: datetime, pauses: Iterable[Pause], calendar: WorkCalendar, since: datetime | None = None
) -> datetime:
    """The due time extended by the working time of finished pauses, each in whole minutes; nothing before `since` counts.

    Raises:
        CalendarError: the working time runs out.
    """
    minutes = sum(waited_minutes(pause, pause.end, calendar, since) for pause in pauses if pause.end)
    return calendar.add_working_time(due, minutes) if minutes else due
