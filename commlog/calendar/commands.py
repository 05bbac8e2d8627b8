"""The command `commlog calendar`."""

import json
from dataclasses import replace

import typer

from commlog.cli import options
from commlog.cli.options import argument, flag, say_listing
from commlog.cli.session import Session
from commlog.cli.terminal import command, finish, say, session_of, warn
from commlog.errors import ExitCode, UsageError
from commlog.messages import current_language, mark, translate
from commlog.output.labels import Labels
from commlog.worktime.calendar import DatedDay

_WORDS = {
    "calendar.kind": {
        "off": mark("day off"),
        "work": mark("make-up working day"),
        "working": mark("working day"),
        "weekend": mark("weekend"),
    },
    "calendar.weekday": {
        "mon": mark("Mon"),
        "tue": mark("Tue"),
        "wed": mark("Wed"),
        "thu": mark("Thu"),
        "fri": mark("Fri"),
        "sat": mark("Sat"),
        "sun": mark("Sun"),
    },
}
_ALIASES = {"CHN": "CN"}


@command(mark("Show the days off and make-up days of a period."))
def calendar_show_command(
    context: typer.Context,
    period: str = argument(
        "[PERIOD]", mark("2026, 2026-Q1, 2026-03, last-month, 2026-01..2026-02 (default: this year)."), ""
    ),
    every_day: bool = flag("--all", mark("Show every day, not only those set by date.")),
    columns: str = options.columns_option,
    output_format: str = options.format_option,
) -> None:
    from commlog.calendar.manage import show_calendar

    view = show_calendar(session_of(context).workspace, period, every_day=every_day)
    labels = Labels(lambda field: {slug: translate(word) for slug, word in _WORDS.get(field, {}).items()})
    say_listing(view.listing, columns, output_format, labels)
    hours = f"{view.working_seconds / 3600:,.2f}".rstrip("0").rstrip(".")
    total = translate("{period}: working days: {days}, working hours: {hours}")
    warn(total.format(period=view.period, days=f"{view.working_days:,}", hours=hours))
    if view.is_weekly_only:
        warn(
            translate(
                "neither a country nor a date is set: every time limit uses only the weekly working hours; see commlog calendar import"
            )
        )
    for year in view.provisional:
        warn(
            translate("{year} is provisional: its holidays are not known here; see commlog calendar check").format(
                year=year
            )
        )


@command(mark("Add a country's holidays to calendar.yaml."))
def calendar_import_command(
    context: typer.Context,
    country: str = argument("COUNTRY", mark("The country's code: CN, DE; for a part of a country: US-CA.")),
    year: list[str] = argument("YEAR...", mark("The years, e.g. 2026 2027.")),
    dry_run: bool = flag("--dry-run", mark("Only show what would be added.")),
) -> int:
    from commlog.calendar.manage import import_days

    session = session_of(context)
    code = _code_of(country)
    done = import_days(session.workspace, code, _years_of(year), days_of_country, dry_run=dry_run)
    for day in done.added:
        say(f"{day.date} {_word('calendar.kind', day.kind)} {day.name}")
    for own, other in done.kept:
        text = translate("kept: {date} is {own} here, {other} in {country}")
        warn(text.format(date=own.date, own=_told(own), other=_told(other), country=code))
    told = (
        translate("calendar.yaml already has all of these days")
        if not done.added
        else translate("days to add to calendar.yaml: {count}; nothing is written")
        if dry_run
        else translate("days added to calendar.yaml: {count}")
    )
    warn(told.format(count=len(done.added)))
    if not done.is_country_set:
        warn(translate("commlog.yaml has no `country: {country}` under `calendar:` yet").format(country=code))
    if done.added and not dry_run:
        _warn_of_moved(session)
    return ExitCode.DONE


@command(mark("List follow-ups whose due time differs by the changed calendar."))
def calendar_diff_command(
    context: typer.Context,
    apply: bool = flag("--apply", mark("Change the due times, and note it in their history.")),
    exit_code: bool = options.exit_code_option,
    by: str = options.by_option,
    columns: str = options.columns_option,
    output_format: str = options.format_option,
) -> int:
    from commlog.calendar.moved_follow_ups import apply_moved, list_moved
    from commlog.cli.options import answer_listing

    session = session_of(context)
    listing = list_moved(session.workspace)
    code = answer_listing(session, listing, columns, output_format)
    if apply and listing.rows:
        moved = apply_moved(session.workspace, by or None)
        warn(translate("follow-ups rescheduled: {count}").format(count=len(moved)))
    elif listing.rows:
        warn(
            translate("follow-ups whose due time differs by this calendar: {count}; to change it: --apply").format(
                count=len(listing.rows)
            )
        )
    else:
        warn(translate("no due time changes with the calendar"))
    return ExitCode.FOUND if exit_code and listing.rows and not code else code


@command(mark("Compare the calendar with its country's holidays."))
def calendar_check_command(context: typer.Context, output_format: str = options.text_format_option) -> int:
    from commlog.calendar.manage import check_calendar, years_in_use

    session = session_of(context)
    found = check_calendar(session.workspace, days_of_country)
    if output_format == "json":
        say(json.dumps([finding.as_mapping() for finding in found], ensure_ascii=False, indent=2))
    severities = {"error": translate("error"), "remark": translate("remark")}
    for finding in found if output_format == "text" else ():
        place = f"{finding.file}:{finding.line}" if finding.line else finding.file
        remedy = f"\n  {finding.remedy}" if finding.remedy else ""
        say(f"{place}: {severities[finding.severity]}: {finding.message}{remedy}")
    errors = sum(finding.severity == "error" for finding in found)
    years = ", ".join(map(str, years_in_use(session.workspace)))
    total = translate("checked {years}; errors: {errors}, remarks: {remarks}")
    warn(total.format(years=years, errors=errors, remarks=len(found) - errors))
    return ExitCode.INVALID if errors else finish(session)


def days_of_country(country: str, year: int) -> tuple[DatedDay, ...]:
    """The public holidays of a country in a year: the shipped ones, else those of the package `holidays`."""
    from commlog.calendar.holidays import read_public_holidays, shipped_countries

    code = _code_of(country)
    if code in shipped_countries():
        return read_public_holidays(code, year)
    from commlog.calendar.holidays import public_holidays

    return public_holidays(code, year, current_language())


def _code_of(country: str) -> str:
    code = country.strip().upper()
    return _ALIASES.get(code, code)


def _years_of(words: list[str]) -> list[int]:
    for word in words:
        if not (word.isascii() and word.isdecimal() and len(word) == len("2026") and int(word)):
            raise UsageError(
                mark("'{value}' is not a year"), value=word, remedy=mark("write it with four digits, e.g. 2026")
            )
    return sorted({int(word) for word in words})


def _warn_of_moved(session: Session) -> None:
    """Say how many pending follow-ups the calendar as it is now moves."""
    from commlog.calendar.moved_follow_ups import list_moved

    moved = len(list_moved(replace(session, _workspace=None).workspace).rows)
    if moved:
        text = translate("pending follow-ups whose due time would change: {count}; see commlog calendar diff")
        warn(text.format(count=moved))
    else:
        warn(translate("the due time of no pending follow-up changes (commlog calendar diff)"))


def _told(day: DatedDay) -> str:
    word = _word("calendar.kind", day.kind)
    return f"{word} ({day.name})" if day.name else word


def _word(field: str, slug: str) -> str:
    return translate(_WORDS[field][slug])
