"""Dates and times as a file writes them, to the instants and days a record stores."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Final

from commlog.worktime.calendar import wall_instant
from commlog.worktime.moment import format_instant

# The formats of a template's fields that are moments.
MOMENT_FORMATS: Final = frozenset({"date", "date-time", "date-or-date-time"})
_WORDS: Final = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}
_WORD: Final = re.compile(r"[A-Za-z]+")
# What is read when a map names no format: the forms of ISO 8601.
_ISO: Final = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%z",
)
_CLOCK: Final = re.compile(r"%[HIXcT]")


@dataclass(frozen=True, slots=True)
class DateReader:
    """How a file writes dates: formats in order of preference (none: ISO 8601), the zone of its clocks, the time of a bare day.

    `zone` is the file's, `log_zone` that of the log in which instants are stored.
    """

    formats: tuple[str, ...]
    zone: tzinfo
    log_zone: tzinfo
    clock: time = time(0, 0)

    def read(self, text: str, field_format: str) -> str | None:
        """The stored form of a date or time for a field of this format; None when no format of the file fits."""
        for pattern in self.formats or _ISO:
            try:
                moment = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is added below
                return self._store(moment, field_format, has_clock=_CLOCK.search(pattern) is not None)
            except (ValueError, OverflowError):
                continue
        return None

    def _store(self, moment: datetime, field_format: str, *, has_clock: bool) -> str:
        if field_format == "date" or (field_format == "date-or-date-time" and not has_clock):
            return date.isoformat(moment.date())
        if not has_clock:
            moment = datetime.combine(moment.date(), self.clock, moment.tzinfo)
        aware = moment if moment.tzinfo else wall_instant(moment, self.zone)
        return format_instant(aware.astimezone(self.log_zone))


def parse_format(text: str) -> str:
    """The strptime pattern of a format written in words (`month/day/year hour:minute`) or as a pattern already.

    Raises:
        ValueError: it names something else, or no year, month and day.
    """
    if "%" in text:
        datetime.strptime(datetime(2026, 3, 14).strftime(text), text)  # noqa: DTZ001, DTZ007 - only tried out
        return text
    pattern = _WORD.sub(lambda found: _WORDS[found[0]] if found[0] in _WORDS else _refuse(text), text)
    if not all(part in pattern for part in ("%Y", "%m", "%d")):
        _refuse(text)
    return pattern


def parse_time(text: str) -> time:
    """A time of day such as 09:00.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(r"[0-2][0-9]:[0-5][0-9]", text):
        _refuse(text)
    return time.fromisoformat(text)


def _refuse(text: str) -> str:
    raise ValueError(text)
