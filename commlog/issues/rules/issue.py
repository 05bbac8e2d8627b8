"""An issue: its states, the verbs that move it, the rounds it goes through, and what its history keeps."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from commlog.errors import ConflictError, UsageError
from commlog.followups.rules.follow_up import Transition
from commlog.issues.rules.resolution import Round
from commlog.messages import mark
from commlog.values import Data, Fields, instant_of, mappings_of, text_of
from commlog.worktime.calendar import to_utc

OPEN: Final = "open"
IN_PROGRESS: Final = "in_progress"
FIXED: Final = "fixed"
AWAITING_CUSTOMER: Final = "awaiting_customer"
CLOSED: Final = "closed"

STATUSES: Final = (OPEN, IN_PROGRESS, FIXED, AWAITING_CUSTOMER, CLOSED)

SATISFIED: Final = "satisfied"
NEEDS_IMPROVEMENT: Final = "needs_improvement"
NO_ANSWER: Final = "no_answer"

RESULTS: Final = (SATISFIED, NEEDS_IMPROVEMENT, NO_ANSWER)
SCORES: Final = range(1, 6)

# What the next round starts without: the history keeps it.
_OF_ONE_ROUND: Final = ("completed_on", "confirmation", "score", "closed_on", "closed_reason")


class IssueVerb(NamedTuple):
    """What a verb does: the states it starts from, and the state it leads to."""

    sources: frozenset[str]
    target: str


VERBS: Final[Mapping[str, IssueVerb]] = {
    "start": IssueVerb(frozenset({OPEN, FIXED, AWAITING_CUSTOMER}), IN_PROGRESS),
    "fix": IssueVerb(frozenset({OPEN, IN_PROGRESS, AWAITING_CUSTOMER}), FIXED),
    "wait": IssueVerb(frozenset({OPEN, IN_PROGRESS, FIXED}), AWAITING_CUSTOMER),
    "close": IssueVerb(frozenset({OPEN, IN_PROGRESS, FIXED, AWAITING_CUSTOMER}), CLOSED),
    "reopen": IssueVerb(frozenset({FIXED, AWAITING_CUSTOMER, CLOSED}), OPEN),
}
# From where a confirmation may come, by what it says: a closed issue is not asked about again.
CONFIRMED_FROM: Final[Mapping[str, frozenset[str]]] = {
    SATISFIED: frozenset({FIXED, AWAITING_CUSTOMER, CLOSED}),
    NEEDS_IMPROVEMENT: frozenset({FIXED, AWAITING_CUSTOMER, CLOSED}),
    NO_ANSWER: frozenset({FIXED, AWAITING_CUSTOMER}),
}


class IssueStep(NamedTuple):
    """When something is done to an issue and by whom: an instant as stored, a member's id, a remark."""

    at: str
    by: str
    note: str = ""

    @property
    def day(self) -> str:
        """The day of the instant, in the log's zone."""
        return self.at[:10]


class Confirmation(NamedTuple):
    """The customer's reply: one of RESULTS, who gave it and how, and the score, if any."""

    result: str
    by: str = ""
    how: str = ""
    score: int | None = None


def status_of(fields: Mapping[str, Data]) -> str:
    """The issue's state; `open` when the file names none there is."""
    status = text_of(fields, "status")
    return status if status in STATUSES else OPEN


def enter(fields: Fields, step: IssueStep, verb: str) -> Fields:
    """The issue in the state that `start` or `wait` leads to.

    Raises:
        ConflictError: it is closed, or in this state already.
    """
    _require(fields, verb)
    return _entered(fields, step, VERBS[verb].target)


def fix(fields: Fields, step: IssueStep, solution: str) -> Fields:
    """The issue fixed on the step's day; a solution that another one takes the place of is kept in the history.

    Raises:
        ConflictError: it is fixed or closed already.
        UsageError: no solution of this round is known.
    """
    _require(fields, "fix")
    known = text_of(fields, "solution")
    if not solution and (known is None or _is_of_an_earlier_round(fields)):
        raise UsageError(mark("'fix' needs a solution"), remedy=mark("give the solution: --solution …"))
    changed = {**fields, "completed_on": step.day}
    if not solution or solution == known:
        return _entered(changed, step, FIXED)
    kept = history_note(fields, ["solution"]) if known else ""
    return _entered({**changed, "solution": solution}, step, FIXED, kept)


def confirm(fields: Fields, step: IssueStep, given: Confirmation, *, keeps_open: bool = False) -> Fields:
    """The issue after the customer's answer: closed when satisfied, opened again when not, waiting when there is none.

    `keeps_open` leaves a satisfied one as it is. The step's remark is the reason for a second round.

    Raises:
        ConflictError: nothing is there to be confirmed yet, or it is confirmed and closed.
        UsageError: the score is none, or what is to be improved is not told.
    """
    _require_answer(fields, given)
    confirmation: Fields = {"result": given.result}
    confirmation |= {key: value for key, value in (("by", given.by), ("at", step.at), ("how", given.how)) if value}
    told = {**fields, "confirmation": confirmation} | ({"score": given.score} if given.score else {})
    replaced = _replaced(fields)
    if given.result == NEEDS_IMPROVEMENT:
        if not step.note:
            raise UsageError(
                mark("no reason is given; what does the customer want improved?"), remedy=mark("give it: --note …")
            )
        return _second_round(told, step, before=replaced)
    status = status_of(fields)
    said = history_note(told, ["confirmation", "score"] if given.score else ["confirmation"], {step.at})
    said = "\n".join(filter(None, (replaced, said)))
    if given.result == NO_ANSWER:
        return _entered(told, step, AWAITING_CUSTOMER, said)
    if keeps_open or status == CLOSED:
        return _entered(told, step, status, said)
    return _entered({**told, "closed_on": step.day}, step, CLOSED, said)


def close(fields: Fields, step: IssueStep, reason: str) -> Fields:
    """The issue closed on the step's day, by the customer's confirmation or for a stated reason.

    Raises:
        ConflictError: it is closed already.
        UsageError: the customer has not confirmed it, and no reason is given.
    """
    _require(fields, "close")
    if not reason and _result_of(fields) != SATISFIED:
        raise UsageError(
            mark("the customer has not confirmed it: closing needs a reason"),
            id=fields.get("id", ""),
            remedy=mark(
                "ask the customer, then commlog issue confirm {id} --result …; or give the reason why there is no confirmation: --reason …"
            ),
        )
    changed = {**fields, "closed_on": step.day} | ({"closed_reason": reason} if reason else {})
    return _entered(changed, step, CLOSED)


def reopen(fields: Fields, step: IssueStep, reason: str) -> Fields:
    """The issue in another round; what was said and dated in the last one is kept in the history.

    Raises:
        ConflictError: it is open or in work.
        UsageError: no reason is given.
    """
    _require(fields, "reopen")
    if not reason:
        raise UsageError(mark("'{verb}' needs a reason"), verb="reopen", remedy=mark("give the reason: --reason …"))
    return _second_round(fields, step._replace(note=reason), before="")


def assign(fields: Fields, step: IssueStep, owner: str, department: str) -> Fields:
    """The issue with another owner or department; whose it was is kept in the history.

    Raises:
        UsageError: neither is given.
    """
    if not owner and not department:
        raise UsageError(mark("no new owner is given"), remedy=mark("add --to MEMBER or --department NAME"))
    given = {key: value for key, value in (("owner", owner), ("department", department)) if value}
    moved = [key for key, value in given.items() if fields.get(key) != value]
    if not moved:
        return fields
    kept = history_note(fields, moved)
    entry = {"owner": given["owner"]} if "owner" in moved else {}
    return _entered({**fields, **given}, step, status_of(fields), kept, **entry)


def history_note(fields: Mapping[str, Data], keys: Iterable[str], known: Container[str] = ()) -> str:
    """Some fields on one line, `key=value`, for the history; missing ones are left out.

    A confirmation is told as `confirmation=satisfied (by, at, how)`, without an instant that is `known` already.
    """
    parts = []
    for key in keys:
        value = fields.get(key)
        if isinstance(value, dict):
            result = _plain(value.get("result"))
            told = [_plain(value[name]) for name in ("by", "at", "how") if name in value]
            details = [detail for detail in told if detail not in known]
            parts.append(f"{key}={result} ({', '.join(details)})" if details else f"{key}={result}")
        elif value is not None:
            parts.append(f"{key}={_plain(value)}")
    return "; ".join(parts)


def _plain(value: Data) -> str:
    return " / ".join(str(value).split("\n")).strip(" /")


def _entered(fields: Fields, step: IssueStep, status: str, kept: str = "", **more: str) -> Fields:
    """The fields in a state, with an entry in the history: the remark first, then what the history keeps."""
    entry: Fields = {"at": step.at, "by": step.by, "status": status, **more}
    note = "\n".join(filter(None, (step.note, kept)))
    if note:
        entry["note"] = note
    history = fields.get("history")
    return {**fields, "status": status, "history": [*(history if isinstance(history, list) else []), entry]}


def _second_round(fields: Fields, step: IssueStep, *, before: str) -> Fields:
    kept = "\n".join(filter(None, (before, history_note(fields, _OF_ONE_ROUND, {step.at, *_instants(fields)}))))
    changed = {key: value for key, value in fields.items() if key not in _OF_ONE_ROUND}
    earlier = fields.get("reopened")
    again = {"at": step.at, "by": step.by, "reason": step.note}
    changed["reopened"] = [*(earlier if isinstance(earlier, list) else []), again]
    return _entered(changed, step, OPEN, kept)


def _replaced(fields: Fields) -> str:
    """An answer that a later one takes the place of, unless the history has an entry of its instant."""
    confirmation = fields.get("confirmation")
    is_told = isinstance(confirmation, dict) and confirmation.get("at") in _instants(fields)
    return "" if is_told else history_note(fields, ["confirmation", "score"])


def _instants(fields: Fields) -> set[str]:
    return {text_of(entry, "at") or "" for entry in mappings_of(fields, "history")} - {""}


def _is_of_an_earlier_round(fields: Fields) -> bool:
    """Whether the solution that stands there is what the customer was not satisfied with."""
    statuses = [entry.get("status") for entry in mappings_of(fields, "history")]
    if not fields.get("reopened") or FIXED not in statuses:
        return False
    last_fixed = len(statuses) - 1 - statuses[::-1].index(FIXED)
    return OPEN in statuses[last_fixed:]


def _result_of(fields: Mapping[str, Data]) -> str | None:
    confirmation = fields.get("confirmation")
    return text_of(confirmation, "result") if isinstance(confirmation, dict) else None


def _require(fields: Fields, verb: str) -> None:
    """Refuse a verb that does not apply in the issue's state."""
    status = status_of(fields)
    if status not in VERBS[verb].sources:
        raise _does_not_apply(fields, verb, _REMEDIES.get((status, verb)) or _REMEDIES.get((status, ""), ""))


def _require_answer(fields: Fields, given: Confirmation) -> None:
    """Refuse an answer that is none, or that comes too early or too late."""
    if given.result not in RESULTS:
        raise UsageError.of_choice(mark("'{value}' is not a result"), RESULTS, value=given.result)
    if given.score is not None and given.score not in SCORES:
        raise UsageError(
            mark("the score {value} is out of range"),
            value=given.score,
            remedy=mark("give a whole number from 1 (lowest) to 5 (highest)"),
        )
    status = status_of(fields)
    if status in {OPEN, IN_PROGRESS}:
        raise _does_not_apply(fields, "confirm", mark("first give the solution: commlog issue fix {id} --solution …"))
    is_settled = status == CLOSED and given.result == SATISFIED and _result_of(fields) == SATISFIED
    if is_settled or status not in CONFIRMED_FROM[given.result]:
        raise _does_not_apply(fields, "confirm", _REMEDIES[CLOSED, ""])


def _does_not_apply(fields: Fields, verb: str, remedy: str) -> ConflictError:
    return ConflictError(
        mark("the issue {id} is {status}: '{verb}' cannot be used"),
        id=fields.get("id", ""),
        status=status_of(fields),
        verb=verb,
        remedy=remedy,
    )


_REMEDIES: Final[Mapping[tuple[str, str], str]] = {
    (CLOSED, ""): mark("reopen it first: commlog issue reopen {id} --reason …"),
    (OPEN, "reopen"): mark("it is already open; see commlog issue show {id}"),
    (IN_PROGRESS, ""): mark("somebody works on it already; see commlog issue show {id}"),
    (FIXED, ""): mark("ask the customer, then: commlog issue confirm {id} --result …"),
    (AWAITING_CUSTOMER, ""): mark(
        "it is already waiting for the customer; to record the answer: commlog issue confirm {id} --result …"
    ),
}


# As `history_note` writes it: the first on its line, or behind the day of completion; what people wrote comes later.
_KEPT: Final = r"(?m)^(?:completed_on=[^;\n]*; )?confirmation=([a-z_]+)(?= \(|;|$)"


def answers_of_rounds(fields: Fields, history: Sequence[Transition], rounds: Sequence[Round]) -> tuple[str | None, ...]:
    """For each round of an issue's history its last answer, None without one: satisfied, needs_improvement, no_answer.

    The answer in the record is of the round in which it says it was given; when it does not say, of the present one.
    """
    bounds = [one.reopened_at for one in rounds if one.reopened_at is not None]
    answers: dict[int, str] = {}
    for entry in history:
        at = instant_of(entry.at)
        if at is not None and (kept := re.findall(_KEPT, entry.note)):
            # The entry that opens a round keeps what was said in the one before.
            answers[_round_at(at, bounds)] = kept[-1]
    confirmation = fields.get("confirmation")
    if isinstance(confirmation, dict) and (result := text_of(confirmation, "result")) is not None:
        given = instant_of(confirmation.get("at"))
        answers[len(bounds) if given is None else _round_at(given, bounds)] = result
    return tuple(answers.get(number) for number in range(len(rounds)))


def _round_at(at: datetime, bounds: Sequence[datetime]) -> int:
    """The place of the round that an instant falls in; the instant of a reopening is the end of the round before."""
    return sum(to_utc(bound) < to_utc(at) for bound in bounds)
