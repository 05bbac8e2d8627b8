"""Reminders: which follow-ups are to be told of at an instant, at which stage, to whom."""

from typing import Final, NamedTuple

from commlog.worktime.limits import Limit

LEAD: Final = "lead"


class Rung(NamedTuple):
    """A step of the ladder: after `overdue`, those named by `to` (`lead`, or a member's id) are told as well."""

    overdue: Limit
    to: str


class ReminderRules(NamedTuple):
    """What a team chose: how long before a due time it is told, after how long it is told again, and who is told later."""

    before: Limit = Limit(4, "wh")
    repeat: Limit = Limit(0, "none")
    ladder: tuple[Rung, ...] = (Rung(Limit(1, "wd"), LEAD),)
