"""The commands `commlog calendar …`."""

import json
from dataclasses import asdict, replace

import typer

from commlog.calendar.manage import check_calendar, import_days, show_calendar, years_in_use
from commlog.calendar.moved_follow_ups import apply_moved, list_moved
from commlog.cli import options
from commlog.cli.session import Session
from commlog.cli.terminal import command, finish, say, session_of, warn
from commlog.errors import ExitCode, UsageError
from commlog.messages import mark, translate
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
    period: str = options.argument(
        "[PERIOD]", mark("2026, 2026-Q1, 2026-03, last-month, 2026-01..2026-02 (default: this year)."), ""
    ),
    every_day: bool = options.flag("--all", mark("Show every day, not only those set by date.")),
    columns: str = options.columns_option,
    output_format: str = options.format_option,
) -> None:
    view = show_calendar(session_of(context).workspace, period, every_day=every_day)
    labels = Labels(lambda field: {slug: translate(word) for slug, word in _WORDS.get(field, {}).items()})
    options.say_listing(view.listing, columns, output_format, labels)
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
        text = translate("{year} is provisional: its holidays are not known here; see commlog calendar check")
        warn(text.format(year=year))


@command(mark("Add a country's holidays to calendar.yaml."))
def calendar_import_command(
    context: typer.Context,
    country: str = options.argument("COUNTRY", mark("The country's code: CN, DE; for a part of a country: US-CA.")),
    year: list[str] = options.argument("YEAR...", mark("The years, e.g. 2026 2027.")),
    dry_run: bool = options.flag("--dry-run", mark("Only show what would be added.")),
) -> int:
    session = session_of(context)
    code = country.strip().upper()
    code = _ALIASES.get(code, code)
    done = import_days(session.workspace, code, _years_of(year), dry_run=dry_run)
    for day in done.added:
        say(f"{day.date} {_kind_of(day)} {day.name}")
    for own, other in done.kept:
        text = translate("kept: {date} is {own} here, {other} in {country}")
        warn(text.format(date=own.date, own=_described(own), other=_described(other), country=code))
    text = (
        translate("calendar.yaml already has all of these days")
        if not done.added
        else translate("days to add to calendar.yaml: {count}; nothing is written")
        if dry_run
        else translate("days added to calendar.yaml: {count}")
    )
    warn(text.format(count=len(done.added)))
    if not done.is_country_set:
        warn(translate("commlog.yaml has no `country: {country}` under `calendar:` yet").format(country=code))
    if done.added and not dry_run:
        _warn_of_moved(session)
    return ExitCode.DONE


@command(mark("List follow-ups whose due time differs by the changed calendar."))
def calendar_diff_command(
    context: typer.Context,
    apply: bool = options.flag("--apply", mark("Change the due times, and note it in their history.")),
    exit_code: bool = options.exit_code_option,
    by: str = options.by_option,
    columns: str = options.columns_option,
    output_format: str = options.format_option,
) -> int:
    session = session_of(context)
    listing = list_moved(session.workspace)
    code = options.answer_listing(session, listing, columns, output_format)
    if apply and listing.rows:
        moved = apply_moved(session.workspace, by or None)
        warn(translate("follow-ups rescheduled: {count}").format(count=len(moved)))
    elif listing.rows:
        text = translate("follow-ups whose due time differs by this calendar: {count}; to change it: --apply")
        warn(text.format(count=len(listing.rows)))
    else:
        warn(translate("no due time changes with the calendar"))
    return ExitCode.FOUND if exit_code and listing.rows and not code else code


@command(mark("Compare the calendar with its country's holidays."))
def calendar_check_command(context: typer.Context, output_format: str = options.format_choice("text", "json")) -> int:
    session = session_of(context)
    found = check_calendar(session.workspace)
    if output_format == "json":
        say(json.dumps(list(map(asdict, found)), ensure_ascii=False, indent=2))
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


def _years_of(words: list[str]) -> list[int]:
    for word in words:
        if not (word.isascii() and word.isdecimal() and len(word) == len("2026") and int(word)):
            raise UsageError(
                mark("'{value}' is not a year"), value=word, remedy=mark("write it with four digits, e.g. 2026")
            )
    return sorted({int(word) for word in words})


def _warn_of_moved(session: Session) -> None:
    """Say how many pending follow-ups the calendar as it is now moves."""
    moved = len(list_moved(replace(session, _workspace=None).workspace).rows)
    if moved:
        text = translate("pending follow-ups whose due time would change: {count}; see commlog calendar diff")
        warn(text.format(count=moved))
    else:
        warn(translate("the due time of no pending follow-up changes (commlog calendar diff)"))


def _described(day: DatedDay) -> str:
    return f"{_kind_of(day)} ({day.name})" if day.name else _kind_of(day)


def _kind_of(day: DatedDay) -> str:
    kinds = _WORDS["calendar.kind"]
    return translate(kinds[day.kind])
