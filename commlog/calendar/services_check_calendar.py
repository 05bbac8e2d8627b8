"""The log's calendar against the public holidays of its country, for every year that matters."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Final, Literal

from commlog.calendar.manage import Source
from commlog.errors import CommlogError, NotFoundError, UsageError
from commlog.followups.pending import list_follow_ups
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE
from commlog.messages import translate
from commlog.output.listing import Page
from commlog.workspace import Workspace
from commlog.worktime.calendar import DatedDay, WorkCalendar

_NOVEMBER: Final = 11
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class CalendarFinding:
    """One thing about the calendar: an `error` is to be mended before limits are right, a `remark` is to be known.

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

    def as_mapping(self) -> dict[str, str | int]:
        """The same as a mapping, for JSON."""
        return asdict(self)


def check_calendar(workspace: Workspace, source: Source) -> tuple[CalendarFinding, ...]:
    """What is to be said of the calendar, year by year: of this year, of the next from November on, of pending dues."""
    calendar = workspace.log.settings.calendar
    country = calendar.country
    found: list[CalendarFinding] = []
    if country is None:
        found.append(_no_country(calendar, workspace.now.year))
    lines = _lines(workspace)
    for year in years_in_use(workspace):
        own = {day: dated for day, dated in calendar.dated.items() if day.year == year}
        try:
            theirs = {day.date: day for day in source(country, year)} if country else {}
        except (NotFoundError, UsageError) as fault:
            return (*found, _without_source(fault))
        if country and theirs:
            found += _compare(year, calendar, theirs, lines)
        elif calendar.is_provisional(year):
            found.append(_provisional(year, country))
        found += _without_effect(calendar, (day for when, day in own.items() if when not in theirs), lines)
    return tuple(found)


def years_in_use(workspace: Workspace) -> tuple[int, ...]:
    """The year it is, the next one from November on, and the years in which pending follow-ups are due; in order."""
    now = workspace.now
    years = {now.year, now.year + 1 if now.month >= _NOVEMBER else now.year}
    dues = list_follow_ups(workspace, "", (), Page(columns=("due",))).rows
    years.update(int(row[0][:4]) for row in dues if isinstance(row[0], str) and row[0][:4].isdecimal())
    return tuple(sorted(years))


def _lines(workspace: Workspace) -> Mapping[date, int]:
    from commlog.calendar.file import lines_of_days

    if not (workspace.log.root / CALENDAR_FILE).exists():
        return {}
    return lines_of_days(workspace.log.read_bytes(CALENDAR_FILE).decode("utf-8"))


def _compare(
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
        message = translate("{year}: {count} days of the team's own: {days}")
        yield CalendarFinding(
            "remark", "own-days", message.format(year=year, count=len(extra), days=_named(extra)), year=year
        )


def _missing(year: int, country: str, missing: list[DatedDay], absent: list[DatedDay]) -> CalendarFinding:
    remedy = translate("commlog calendar import {country} {year}").format(country=country, year=year)
    if missing:
        message = translate("{year}: {count} days of {country} are missing: {days}")
        told = message.format(year=year, count=len(absent), country=country, days=_named(missing))
        return CalendarFinding("error", "missing-days", told, remedy, year)
    message = translate("{year}: {count} days of {country} are missing, which the week has off anyway: {days}")
    told = message.format(year=year, count=len(absent), country=country, days=_named(absent))
    return CalendarFinding("remark", "missing-days-off", told, remedy, year)


def _different(own: DatedDay, other: DatedDay, country: str, lines: Mapping[date, int]) -> CalendarFinding:
    message = (
        translate("{date} {name}: off here, worked in {country}")
        if own.kind == "off"
        else translate("{date} {name}: worked here, off in {country}")
    )
    when = own.date.isoformat()
    told = message.format(date=when, name=own.name or other.name, country=country)
    remedy = translate("correct it in calendar.yaml, unless the team means it")
    return CalendarFinding("remark", "different", told, remedy, own.date.year, when, line=lines.get(own.date, 0))


def _without_effect(
    calendar: WorkCalendar, days: Iterable[DatedDay], lines: Mapping[date, int]
) -> Iterator[CalendarFinding]:
    for day in sorted(days, key=lambda one: one.date):
        if calendar.spans_on(day.date) == calendar.weekdays[day.date.weekday()] and not _is_in_a_stretch(day, calendar):
            when = day.date.isoformat()
            told = translate("{date} {name}: changes nothing, the week says the same").format(date=when, name=day.name)
            remedy = translate("take the line away, or correct the date")
            yield CalendarFinding("remark", "no-effect", told, remedy, day.date.year, when, line=lines.get(day.date, 0))


def _is_in_a_stretch(day: DatedDay, calendar: WorkCalendar) -> bool:
    """Whether a day off stands beside another one: holidays are written with the weekend days inside them."""
    beside = (calendar.dated.get(day.date + timedelta(days=step)) for step in (-1, 1))
    return day.kind == "off" and any(other is not None and other.kind == "off" for other in beside)


def _provisional(year: int, country: str | None) -> CalendarFinding:
    told = translate("{year}: its holidays are not known yet; limits count by the weekly hours alone").format(year=year)
    if country == "CN":
        remedy = translate(
            "after the notice of November {before}: pip install -U commlog, then commlog calendar import CN {year}"
        ).format(before=year - 1, year=year)
    else:
        remedy = translate("commlog calendar import {country} {year}").format(country=country or "COUNTRY", year=year)
    return CalendarFinding("remark", "provisional", told, remedy, year)


def _no_country(calendar: WorkCalendar, year: int) -> CalendarFinding:
    told = (
        translate("no country is set: its holidays cannot be compared")
        if calendar.dated
        else translate("neither a country nor a dated day is set: every limit counts by the weekly hours alone")
    )
    remedy = translate("write `country: CN` under `calendar:` in commlog.yaml, then commlog calendar import CN {year}")
    return CalendarFinding("remark", "no-country", told, remedy.format(year=year), file=SETTINGS_FILE)


def _without_source(fault: CommlogError) -> CalendarFinding:
    """A country that nobody knows is a mistake; a package that is not there only means nothing can be compared."""
    if isinstance(fault, NotFoundError):
        return CalendarFinding("error", "unknown-country", fault.message, fault.remedy, file=SETTINGS_FILE)
    return CalendarFinding("remark", "no-package", fault.message, fault.remedy, file=SETTINGS_FILE)


def _named(days: list[DatedDay]) -> str:
    """The first of some days by date and name."""
    shown = ", ".join(f"{day.date} {day.name}".strip() for day in days[:_NAMED])
    return f"{shown}, …" if len(days) > _NAMED else shown
