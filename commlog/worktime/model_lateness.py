"""How late things are, counted in working days."""

from collections.abc import Iterable
from datetime import date

from commlog.worktime.calendar import WorkCalendar


def working_days_since(days: Iterable[date], today: date, calendar: WorkCalendar) -> dict[date, int]:
    """The working days that began after each day, today included; every day between is looked at once."""
    wanted = set(days)
    counted: dict[date, int] = {}
    working = 0
    for ordinal in range(
        today.toordinal(), min((day.toordinal() for day in wanted), default=today.toordinal()) - 1, -1
    ):
        day = date.fromordinal(ordinal)
        if day in wanted:
            counted[day] = working
        working += calendar.is_working_day(day)
    return {day: counted.get(day, 0) for day in wanted}
