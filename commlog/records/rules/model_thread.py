"""A thread: the records that links join, as they are told one after another."""

from dataclasses import dataclass

from commlog.followups.rules.follow_up import FollowUp
from commlog.values import Record


@dataclass(frozen=True, slots=True)
class ThreadEntry:
    """One record of a thread, its customer's name, its follow-ups and what it points to (target, type)."""

    record: Record
    customer_name: str
    follow_ups: tuple[FollowUp, ...]
    links: tuple[tuple[str, str], ...]
    is_asked: bool
