"""Showing the log's calendar, importing a country's holidays into it, and comparing the two."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal

from commlog.calendar.file import insert_days, lines_of_days
from commlog.calendar.holidays import public_holidays, shipped_countries, shipped_years
from commlog.errors import CommlogError, InvalidError, NotFoundError, UsageError
from commlog.followups.pending import list_follow_ups
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE
from commlog.messages import mark, translate
from commlog.output.listing import Listing, Page
from commlog.values import Data
from commlog.workspace import Workspace
from commlog.worktime.calendar import WEEKDAYS, DatedDay, WorkCalendar, format_span
from commlog.worktime.periods import Period, parse_period
from commlog.yamltext.parse import decode
from commlog.yamltext.scalars import YamlError

COLUMN_NAMES: Final = ("date", "weekday", "kind", "hours", "name")
# More days than this in one answer are a slip of the finger.
_MOST_DAYS: Final = 36_525
_NOVEMBER: Final = 11
_DECEMBER: Final = 12
# So many days are named in a message.
_NAMED: Final = 3
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
    days = list(map(date.fromordinal, range(period.start.date().toordinal(), period.end.date().toordinal())))
    rows = tuple(_row(day, calendar) for day in days if every_day or day in calendar.dated)
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
        raise UsageError(mark("'{value}' is more than a century"), value=words, remedy=mark("give a shorter period"))
    return period


def _row(day: date, calendar: WorkCalendar) -> tuple[Data, ...]:
    dated = calendar.dated.get(day)
    spans = calendar.spans_on(day)
    kind = dated.kind if dated else "working" if spans else "weekend"
    hours = ", ".join(map(format_span, spans)) or None
    return day.isoformat(), WEEKDAYS[day.weekday()], kind, hours, (dated.name or None) if dated else None


def import_days(workspace: Workspace, country: str, years: Sequence[int], *, dry_run: bool = False) -> ImportedDays:
    """What a country's days of some years add to calendar.yaml, written there unless it is a dry run.

    A date that the team has already stays as it is.

    Raises:
        NotFoundError: the country or its days of a year are not known.
        InvalidError: the file cannot be changed in place.
        ConflictError, NotWritableError: it changed meanwhile, or cannot be written.
    """
    # Every year is known before anything is written.
    theirs = [day for year in years for day in _require_year(country, year)]
    with workspace.log.lock():
        added, kept = _compare(theirs, workspace.log.settings.calendar)
        if added and not dry_run:
            _write(workspace, added)
    return ImportedDays(added, kept, workspace.log.settings.calendar.country is not None)


def _require_year(country: str, year: int) -> tuple[DatedDay, ...]:
    """A country's days of a year; for China with those of the December before, which the same notice announces.

    Raises:
        NotFoundError: the country or its days of the year are not known.
    """
    days = public_holidays(country, year)
    if not days:
        raise _unknown_year(country, year)
    if country != "CN":
        return days
    return (*(day for day in public_holidays(country, year - 1) if day.date.month == _DECEMBER), *days)


def _unknown_year(country: str, year: int) -> NotFoundError:
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


@dataclass(frozen=True, slots=True)
class CalendarFinding:
    """One thing about the calendar: an `error` is to be fixed before limits are right, a `remark` is good to know.

    `code` is a slug; `date` is empty for a finding on a whole year, `year` 0 for one on the calendar; line 0 is unknown.
    """

    severity: Literal["error", "remark"]
    code: str
    message: str
    remedy: str = ""
    year: int = 0
    date: str = ""
    file: str = CALENDAR_FILE
    line: int = 0


def check_calendar(workspace: Workspace) -> tuple[CalendarFinding, ...]:
    """What is to be said of the calendar, year by year: of this year, of the next from November on, of pending dues."""
    calendar = workspace.log.settings.calendar
    country = calendar.country
    found: list[CalendarFinding] = []
    if country is None:
        found.append(_no_country(calendar, workspace.now.year))
    lines = _lines(workspace)
    for year in years_in_use(workspace):
        own = [day for when, day in sorted(calendar.dated.items()) if when.year == year]
        try:
            theirs = {day.date: day for day in public_holidays(country, year)} if country else {}
        except (NotFoundError, UsageError) as fault:
            return (*found, _without_source(fault))
        if country and theirs:
            found += _compare_days(year, calendar, theirs, lines)
        elif calendar.is_provisional(year):
            found.append(_provisional(year, country))
        found += _without_effect(calendar, (day for day in own if day.date not in theirs), lines)
    return tuple(found)


def years_in_use(workspace: Workspace) -> tuple[int, ...]:
    """The year it is, the next one from November on, and the years in which pending follow-ups are due; in order."""
    now = workspace.now
    years = {now.year, now.year + 1 if now.month >= _NOVEMBER else now.year}
    dues = list_follow_ups(workspace, "", (), Page(columns=("due",))).rows
    years.update(int(row[0][:4]) for row in dues if isinstance(row[0], str) and row[0][:4].isdecimal())
    return tuple(sorted(years))


def _lines(workspace: Workspace) -> Mapping[date, int]:
    if not (workspace.log.root / CALENDAR_FILE).exists():
        return {}
    return lines_of_days(workspace.log.read_bytes(CALENDAR_FILE).decode("utf-8"))


def _compare_days(
    year: int, calendar: WorkCalendar, theirs: Mapping[date, DatedDay], lines: Mapping[date, int]
) -> Iterator[CalendarFinding]:
    """How the team's days of a year differ from its country's."""
    official = WorkCalendar(calendar.zone, calendar.weekdays, theirs)
    absent = [day for when, day in sorted(theirs.items()) if when not in calendar.dated]
    missing = [day for day in absent if calendar.spans_on(day.date) != official.spans_on(day.date)]
    if missing or absent:
        yield _missing(year, calendar.country or "", missing, absent)
    for when, day in sorted(theirs.items()):
        own = calendar.dated.get(when)
        if own and own.kind != day.kind:
            yield _different(own, day, calendar.country or "", lines)
    extra = [day for when, day in sorted(calendar.dated.items()) if when.year == year and when not in theirs]
    if extra:
        message = translate("{year}: days set by the team ({count}): {days}")
        yield CalendarFinding(
            "remark", "own-days", message.format(year=year, count=len(extra), days=_named(extra)), year=year
        )


def _missing(year: int, country: str, missing: list[DatedDay], absent: list[DatedDay]) -> CalendarFinding:
    remedy = translate("run: commlog calendar import {country} {year}").format(country=country, year=year)
    message = (
        translate("{year}: missing days of {country} ({count}): {days}")
        if missing
        else translate("{year}: missing days of {country} that are weekly days off anyway ({count}): {days}")
    ).format(year=year, count=len(absent), country=country, days=_named(missing or absent))
    if missing:
        return CalendarFinding("error", "missing-days", message, remedy, year)
    return CalendarFinding("remark", "missing-days-off", message, remedy, year)


def _different(own: DatedDay, other: DatedDay, country: str, lines: Mapping[date, int]) -> CalendarFinding:
    message = (
        translate("{date} {name}: day off here, working day in {country}")
        if own.kind == "off"
        else translate("{date} {name}: working day here, day off in {country}")
    )
    message = message.format(date=own.date, name=own.name or other.name, country=country)
    remedy = translate("correct it in calendar.yaml, unless your team wants it so")
    return _remark_on_day("different", message, remedy, own.date, lines)


def _remark_on_day(code: str, message: str, remedy: str, day: date, lines: Mapping[date, int]) -> CalendarFinding:
    return CalendarFinding("remark", code, message, remedy, day.year, day.isoformat(), line=lines.get(day, 0))


def _without_effect(
    calendar: WorkCalendar, days: Iterable[DatedDay], lines: Mapping[date, int]
) -> Iterator[CalendarFinding]:
    for day in days:
        if calendar.spans_on(day.date) == calendar.weekdays[day.date.weekday()] and not _is_in_a_stretch(day, calendar):
            message = translate("{date} {name}: has no effect, the weekly working hours are the same")
            remedy = translate("remove the line, or correct the date")
            yield _remark_on_day("no-effect", message.format(date=day.date, name=day.name), remedy, day.date, lines)


def _is_in_a_stretch(day: DatedDay, calendar: WorkCalendar) -> bool:
    """Whether a day off is next to another one: holidays are written with the weekend days inside them."""
    beside = (calendar.dated.get(day.date + timedelta(days=step)) for step in (-1, 1))
    return day.kind == "off" and any(other is not None and other.kind == "off" for other in beside)


def _provisional(year: int, country: str | None) -> CalendarFinding:
    message = translate("{year}: its holidays are not known yet; time limits use only the weekly working hours")
    remedy = (
        translate(
            "after the notice of November {before}: pip install -U commlog, then commlog calendar import CN {year}"
        )
        if country == "CN"
        else translate("run: commlog calendar import {country} {year}")
    ).format(before=year - 1, country=country or "COUNTRY", year=year)
    return CalendarFinding("remark", "provisional", message.format(year=year), remedy, year)


def _no_country(calendar: WorkCalendar, year: int) -> CalendarFinding:
    message = (
        translate("no country is set: its holidays cannot be compared")
        if calendar.dated
        else translate("neither a country nor a date is set: every time limit uses only the weekly working hours")
    )
    remedy = translate("write `country: CN` under `calendar:` in commlog.yaml, then commlog calendar import CN {year}")
    return CalendarFinding("remark", "no-country", message, remedy.format(year=year), file=SETTINGS_FILE)


def _without_source(fault: CommlogError) -> CalendarFinding:
    """A country that nobody knows is a mistake; a package that is not there only means nothing can be compared."""
    if isinstance(fault, NotFoundError):
        return CalendarFinding("error", "unknown-country", fault.message, fault.remedy, file=SETTINGS_FILE)
    return CalendarFinding("remark", "no-package", fault.message, fault.remedy, file=SETTINGS_FILE)


def _named(days: list[DatedDay]) -> str:
    """The first of some days by date and name."""
    shown = ", ".join(f"{day.date} {day.name}".strip() for day in days[:_NAMED])
    return f"{shown}, …" if len(days) > _NAMED else shown
