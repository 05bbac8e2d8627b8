"""A team's rules for care: how often customers are visited, and when they count as dormant."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from commlog.worktime.periods import Interval

LeapDay = Literal["feb_28", "mar_1"]

VISIT_EVERY: Final[Mapping[str, Interval | None]] = MappingProxyType(
    {"vip": Interval(1, "m"), "key": Interval(3, "m"), "regular": Interval(6, "m")}
)
DORMANT_AFTER: Final[Mapping[str, Interval | None]] = MappingProxyType(
    {"vip": Interval(2, "m"), "key": Interval(4, "m"), "regular": Interval(8, "m"), "potential": Interval(8, "m")}
)


class CareRules(NamedTuple):
    """What a team chose; None switches a rule off.

    `visit_every` and `dormant_after` are by customer level, counted from the last two-way contact; `leap_day` is the day on
    which 29 February is kept in other years; `verify_after` is how long a customer's information counts as checked; `before`
    is how long ahead a birthday or anniversary is announced by reminders.
    """

    visit_every: Mapping[str, Interval | None] = VISIT_EVERY
    dormant_after: Mapping[str, Interval | None] = DORMANT_AFTER
    leap_day: LeapDay = "feb_28"
    verify_after: Interval | None = Interval(1, "y")
    before: Interval | None = Interval(3, "d")
