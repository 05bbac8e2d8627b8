"""Dates and instants as text: the stored forms, and the values of what people type for them."""

import re
from datetime import date, datetime, timedelta, timezone, tzinfo

from commlog.worktime.calendar import WorkCalendar, wall_instant
from commlog.worktime.limits import due_after

# The phrases are imported by the functions that read them: most commands only read stored forms.
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_INSTANT = _DATE + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"


def format_instant(instant: datetime) -> str:
    """Write an aware instant in its own zone, as `2026-03-10T14:30:00+08:00`.

    Raises:
        ValueError: the instant has no time zone.

    """
    offset = instant.utcoffset()
    if offset is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    if offset.seconds % 60:
        # Before about 1900 offsets have seconds, which the stored form cannot hold.
        instant = instant.astimezone(timezone(timedelta(minutes=offset // timedelta(minutes=1))))
    return instant.replace(microsecond=0).isoformat()


def parse_instant(text: str, zone: tzinfo) -> datetime:
    """Read a stored instant into `zone`, to the second; one without an offset is the wall clock of `zone`.

    Raises:
        ValueError: the text is not an instant.

    """
    if not re.fullmatch(_INSTANT, text):
        raise ValueError(f"{text!r} is not an instant such as '2026-03-10T14:30:00+08:00'")
    instant = datetime.fromisoformat(text).replace(microsecond=0)
    if instant.tzinfo is None:
        return wall_instant(instant, zone)
    try:
        return instant.astimezone(zone)
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range") from error


def due_instant(due_text: str, calendar: WorkCalendar) -> datetime:
    """Give the instant a stored due means, in the zone of the log; a date means the closing time of that day.

    Raises:
        ValueError: the text is neither a date nor an instant.
        CalendarError: the calendar has no hours at all.

    """
    if re.fullmatch(_DATE, due_text):
        return calendar.closing_time(date.fromisoformat(due_text))
    return parse_instant(due_text, calendar.zone)


def parse_moment(text: str, now: datetime, calendar: WorkCalendar) -> date | datetime:
    """Read a date, or an instant in the zone of the log, as people type it; `now` is aware.

    Days, weeks and months from now are dates, ends of periods and limits in working time are instants.
    A bare weekday is the next one, today included; a day without its year or month is the nearest one.

    Raises:
        ValueError: the text is neither a date nor an instant.
        CalendarError: the calendar has no working time.

    """
    return _parse(text, now, calendar, None)


def parse_due(text: str, start: datetime, now: datetime, calendar: WorkCalendar) -> tuple[str | None, str]:
    """Read a due time as people type it, into the text to store (None for no due time) and its rule.

    A limit counts from the aware `start` and is its own rule; every other moment is read at the aware `now`,
    as a date or an instant, and its rule is `given`. A day without its year or month is the first one from
    `start` on.

    Raises:
        ValueError: the text is neither a limit nor a date nor an instant.
        CalendarError: the calendar has no working time.

    """
    from commlog.worktime.phrases import find_limit

    limit = find_limit(text)
    if limit is not None:
        due = due_after(limit, start, calendar)
        return None if due is None else format_instant(due), str(limit)
    moment = _parse(text, now, calendar, start.astimezone(calendar.zone).date())
    return format_instant(moment) if isinstance(moment, datetime) else moment.isoformat(), "given"


def _parse(text: str, now: datetime, calendar: WorkCalendar, since: date | None) -> date | datetime:
    from commlog.worktime.phrases import PhraseContext, find_moment

    stored = text.strip().upper()
    if re.fullmatch(_INSTANT, stored):
        return parse_instant(stored, calendar.zone)
    try:
        moment = find_moment(text, PhraseContext(now.astimezone(calendar.zone), calendar, since))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a date or a time: {error}") from error
    if moment is None:
        raise ValueError(f"{text!r} is not a date or a time")
    return moment
