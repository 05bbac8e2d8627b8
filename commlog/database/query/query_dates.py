"""What a date in a query means at the moment of asking: a stretch of time, open at either side."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from commlog.database.query.filter import Term
from commlog.database.query.query_faults import fault, shown
from commlog.messages import mark
from commlog.worktime.calendar import WorkCalendar


@dataclass(frozen=True, slots=True)
class Frame:
    """When and where a question is asked: `now` is aware, `zone` and `calendar` are the log's."""

    now: datetime
    zone: ZoneInfo
    calendar: WorkCalendar


class Stretch(NamedTuple):
    """From `start` up to, not including, `end`; None is open."""

    start: datetime | None
    end: datetime | None

    def days(self) -> tuple[str | None, str | None]:
        """Give the first day and the day after the last one that the stretch touches, as `YYYY-MM-DD`."""
        # The midnight that ends a day belongs to the day before, also where the clock skips midnight.
        last = None if self.end is None else (self.end - timedelta(seconds=1)).date()
        return (
            None if self.start is None else self.start.date().isoformat(),
            None if last is None else (last + timedelta(days=1)).isoformat(),
        )

    def seconds(self) -> tuple[int | None, int | None]:
        """Give the same as whole seconds since 1970 UTC."""
        return (
            None if self.start is None else int(self.start.timestamp()),
            None if self.end is None else int(self.end.timestamp()),
        )


def stretch_of(term: Term, value: str, frame: Frame) -> Stretch:
    """Give the stretch of time that one value of a term (for `..`: both) asks for.

    Raises:
        UsageError: the value is not a date, or the range ends before it starts.

    """
    if term.operator == "..":
        first, last = term.values
        start = _period(term, first, frame).start if first else None
        end = _period(term, last, frame).end if last else None
        if start and end and start >= end:
            raise fault(
                mark("{field}: the range {first}..{last} ends before it starts"),
                term.spot,
                mark("turn it round"),
                field=term.field.name,
                first=shown(first),
                last=shown(last),
            )
        return Stretch(start, end)
    whole = _period(term, value, frame)
    match term.operator:
        case "<":
            return Stretch(None, whole.start)
        case "<=":
            return Stretch(None, whole.end)
        case ">":
            return Stretch(whole.end, None)
        case ">=":
            return Stretch(whole.start, None)
    return whole


def _period(term: Term, text: str, frame: Frame) -> Stretch:
    """Give a named period, a day, or the second of an instant."""
    from commlog.worktime.moment import parse_moment
    from commlog.worktime.periods import parse_period

    now = frame.now.astimezone(frame.zone)
    try:
        period = parse_period(text, now)
    except (ValueError, OverflowError):
        pass
    else:
        return Stretch(period.start, period.end)
    try:
        moment = parse_moment(text, now, frame.calendar)
        if isinstance(moment, datetime):
            second = moment.astimezone(frame.zone).replace(microsecond=0)
            return Stretch(second, second + timedelta(seconds=1))
        return _day(moment, now)
    except (ValueError, OverflowError) as error:
        raise fault(
            mark("{field}: '{value}' is not a date or a period"),
            term.spot,
            mark("write e.g. 2026-03-14, 2026-03, 2026-Q1, last-month, tomorrow, +3d or 2026-03..2026-05"),
            field=term.field.name,
            value=shown(text),
        ) from error


def _day(day: date, now: datetime) -> Stretch:
    from commlog.worktime.periods import parse_period

    period = parse_period(day.isoformat(), now)
    return Stretch(period.start, period.end)
