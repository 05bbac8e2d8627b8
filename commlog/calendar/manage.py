"""The log's calendar: its days in a period, and a country's holidays taken into it as data."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from commlog.errors import InvalidError, NotFoundError, UsageError
from commlog.log.settings import CALENDAR_FILE
from commlog.messages import mark
from commlog.output.listing import Listing
from commlog.values import Data
from commlog.workspace import Workspace
from commlog.worktime.calendar import WEEKDAYS, DatedDay, WorkCalendar, format_span
from commlog.worktime.periods import Period, parse_period

Source = Callable[[str, int], tuple[DatedDay, ...]]
"""Gives the public holidays of a country in a year, none when it does not know them."""

COLUMN_NAMES: Final = ("date", "weekday", "kind", "hours", "name")
# More days than this in one answer are a slip of the finger.
_MOST_DAYS: Final = 36_525
_DECEMBER: Final = 12
_NEW_FILE: Final = "# yaml-language-server: $schema=schemas/settings/calendar.json\n"
_CHINESE_NOTICE: Final = mark(
    "the State Council publishes a year's holidays in the November before: then `pip install -U commlog` and run this "
    "again, or write the days into calendar.yaml by hand"
)


@dataclass(frozen=True, slots=True)
class CalendarView:
    """The days of a period, what they sum up to, and the years in it whose holidays are not known yet."""

    listing: Listing
    period: str
    working_days: int
    working_seconds: int
    provisional: tuple[int, ...]
    is_weekly_only: bool


@dataclass(frozen=True, slots=True)
class ImportedDays:
    """What an import put into the calendar, and where the team says something else: its own day, the country's day."""

    added: tuple[DatedDay, ...]
    kept: tuple[tuple[DatedDay, DatedDay], ...]
    is_country_set: bool


def show_calendar(workspace: Workspace, words: str, *, every_day: bool) -> CalendarView:
    """The dated days of a period (`2026-10`, `last-month`; this year when no words are given), or every day of it.

    Raises:
        UsageError: the words are no period, or one of more than a century.
    """
    calendar = workspace.log.settings.calendar
    period = _period_of(words, workspace)
    days = list(_days_of(period))
    told = [day for day in days if every_day or day in calendar.dated]
    rows = tuple(_row(day, calendar) for day in told)
    words_of = {"kind": "calendar.kind", "weekday": "calendar.weekday"}
    return CalendarView(
        Listing(COLUMN_NAMES, rows, COLUMN_NAMES, "date", words_of),
        period.name,
        sum(map(calendar.is_working_day, days)),
        calendar.working_seconds(period.start, period.end),
        tuple(year for year in sorted({day.year for day in days}) if calendar.is_provisional(year)),
        not calendar.dated and calendar.country is None,
    )


def _period_of(words: str, workspace: Workspace) -> Period:
    try:
        period = parse_period(words or str(workspace.now.year), workspace.now)
    except ValueError:
        raise UsageError(
            mark("'{value}' is not a period"),
            value=words,
            remedy=mark("write e.g. 2026-03, 2026-Q1, 2026-H1, 2026-W12, 2026, last-month, 上月 or 2026-01..2026-02"),
        ) from None
    if (period.end.date() - period.start.date()).days > _MOST_DAYS:
        raise UsageError(mark("'{value}' is more than a century"), value=words, remedy=mark("name a shorter period"))
    return period


def _days_of(period: Period) -> Iterator[date]:
    return map(date.fromordinal, range(period.start.date().toordinal(), period.end.date().toordinal()))


def _row(day: date, calendar: WorkCalendar) -> tuple[Data, ...]:
    dated = calendar.dated.get(day)
    spans = calendar.spans_on(day)
    kind = dated.kind if dated else "working" if spans else "weekend"
    hours = ", ".join(map(format_span, spans)) or None
    return day.isoformat(), WEEKDAYS[day.weekday()], kind, hours, (dated.name or None) if dated else None


def import_days(
    workspace: Workspace, country: str, years: Sequence[int], source: Source, *, dry_run: bool = False
) -> ImportedDays:
    """What a country's days of some years add to calendar.yaml, written there unless it is a rehearsal.

    A date that the team has already stays as it is.

    Raises:
        NotFoundError: the country or its days of a year are not known.
        InvalidError: the file cannot be changed in place.
        ConflictError, NotWritableError: it changed meanwhile, or cannot be written.
    """
    # Every year is known before anything is written.
    theirs = [day for year in years for day in require_year(country, year, source)]
    with workspace.log.lock():
        added, kept = _compare(theirs, workspace.log.settings.calendar)
        if added and not dry_run:
            _write(workspace, added)
    return ImportedDays(added, kept, workspace.log.settings.calendar.country is not None)


def require_year(country: str, year: int, source: Source) -> tuple[DatedDay, ...]:
    """A country's days of a year; for China with those of the December before, which the same notice announces.

    Raises:
        NotFoundError: the country or its days of the year are not known.
    """
    days = source(country, year)
    if not days:
        raise _unknown_year(country, year)
    if country != "CN":
        return days
    return (*(day for day in source(country, year - 1) if day.date.month == _DECEMBER), *days)


def _unknown_year(country: str, year: int) -> NotFoundError:
    from commlog.calendar.holidays import shipped_countries, shipped_years

    known = shipped_years(country) if country in shipped_countries() else range(1)
    remedy = mark("write the days into calendar.yaml by hand")
    if country == "CN":
        remedy = _CHINESE_NOTICE if year > known[-1] else mark("they are known from {first} to {last}")
    return NotFoundError(
        mark("no holidays of {country} are known for {year}"),
        country=country,
        year=year,
        first=known[0],
        last=known[-1],
        remedy=remedy,
    )


def _compare(
    theirs: Iterable[DatedDay], own: WorkCalendar
) -> tuple[tuple[DatedDay, ...], tuple[tuple[DatedDay, DatedDay], ...]]:
    """The days that are not there yet, and those that are there as something else."""
    days = {day.date: day for day in theirs}
    added = tuple(days[when] for when in sorted(days) if when not in own.dated)
    pairs = [(own.dated[when], days[when]) for when in sorted(days) if when in own.dated]
    kept = tuple((mine, other) for mine, other in pairs if replace(mine, name="") != replace(other, name=""))
    return added, kept


def _write(workspace: Workspace, days: Sequence[DatedDay]) -> None:
    from commlog.calendar.file import insert_days
    from commlog.yamltext.parse import decode
    from commlog.yamltext.store_yaml_error import YamlError

    log = workspace.log
    is_there = (log.root / CALENDAR_FILE).exists()
    raw = log.read_bytes(CALENDAR_FILE) if is_there else b""
    try:
        text = insert_days(decode(raw) if raw.strip() else _NEW_FILE, days)
    except YamlError:
        raise InvalidError(
            mark("cannot be changed in place"),
            file=CALENDAR_FILE,
            remedy=mark("write `off:` and `work:` with one date a line, and run this again"),
        ) from None
    if is_there:
        log.replace_file(CALENDAR_FILE, text.encode("utf-8"), raw)
    else:
        log.create_file(CALENDAR_FILE, text.encode("utf-8"))
