"""What a record's own values must say together, where a schema cannot say it."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from commlog.followups.rules.follow_up import PENDING, read_follow_up
from commlog.values import Fields, ValuePath, instant_of, mappings_of, text_of


class Inconsistency(NamedTuple):
    """A problem's code, where it is, and its facts."""

    code: str
    path: ValuePath
    facts: dict[str, str]


def _times_in_order(fields: Fields) -> Iterator[Inconsistency]:
    started = instant_of(fields.get("started_at"))
    ended = instant_of(fields.get("ended_at"))
    recorded = instant_of(fields.get("recorded_at"))
    if started and ended and ended < started:
        yield Inconsistency(
            "end-before-start", ("ended_at",), {"value": fields["ended_at"], "expected": fields["started_at"]}
        )
    end_key = "ended_at" if ended else "started_at"
    end = ended or started
    # A record is stamped to the second, a conversation to the minute: within one minute they are the same.
    if recorded and end and recorded.timestamp() < end.timestamp() - 60:
        yield Inconsistency(
            "recorded-before-end", ("recorded_at",), {"value": fields["recorded_at"], "expected": fields[end_key]}
        )


def _follow_ups_told(fields: Fields) -> Iterator[Inconsistency]:
    numbers: set[int] = set()
    for place, item in enumerate(mappings_of(fields, "followups")):
        follow_up = read_follow_up(item, place + 1)
        where: ValuePath = ("followups", place)
        if follow_up.n in numbers:
            yield Inconsistency("follow-up-number", (*where, "n"), {"value": str(follow_up.n)})
        numbers.add(follow_up.n)
        told = follow_up.history[-1].status if follow_up.history else ""
        if told != follow_up.status:
            yield Inconsistency(
                "status-without-history",
                (*where, "status"),
                {"value": str(follow_up.n), "status": follow_up.status, "expected": told or "-"},
            )
        if follow_up.due is None and follow_up.due_rule != "none" and follow_up.status in PENDING:
            address = f"{text_of(fields, 'id') or 'ID'}/{follow_up.n}"
            yield Inconsistency("no-due", where, {"value": str(follow_up.n), "address": address})


def _no_link_to_itself(fields: Fields) -> Iterator[Inconsistency]:
    for place, link in enumerate(mappings_of(fields, "links")):
        if link.get("to") == fields.get("id"):
            yield Inconsistency("self-link", ("links", place, "to"), {})


RULES: Final[tuple[Callable[[Fields], Iterator[Inconsistency]], ...]] = (
    _times_in_order,
    _follow_ups_told,
    _no_link_to_itself,
)


def find_inconsistencies(fields: Fields) -> list[Inconsistency]:
    """Everything that does not fit together within one record's fields."""
    return [found for rule in RULES for found in rule(fields)]
