"""The shipped holidays of China: against the notices of the State Council, and against two packages day by day."""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from commlog.calendar.holidays import country_of_zone, read_public_holidays, shipped_countries, shipped_years
from commlog.errors import InvalidError
from commlog.log.settings import build_dated_days
from commlog.log.settings_faults import parse_settings
from commlog.worktime.calendar import DatedDay, WorkCalendar, parse_hours
from commlog.yamltext.parse import parse_yaml

# What the notices say, as `first-last` of days off and days worked in return.
NOTICES = {
    # With the extension of 26 January 2020: off until 2 February.
    2020: (
        "01-01 01-24..02-02 04-04..04-06 05-01..05-05 06-25..06-27 10-01..10-08",
        "01-19 04-26 05-09 06-28 09-27 10-10",
    ),
    2024: (
        "01-01 02-10..02-17 04-04..04-06 05-01..05-05 06-10 09-15..09-17 10-01..10-07",
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    2025: ("01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08", "01-26 02-08 04-27 09-28 10-11"),
    2026: (
        "01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 09-25..09-27 10-01..10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
}
# The notice for the New Year of 2006 moved this Saturday's rest to 3 January; chinesecalendar has it as a weekend.
ONLY_DIFFERENCE = date(2005, 12, 31)


def days_in(year: int, text: str) -> list[date]:
    """Give the days of ranges such as `10-01..10-07`."""
    found = []
    for part in text.split():
        first, _, last = part.partition("..")
        day, end = (date.fromisoformat(f"{year}-{one}") for one in (first, last or first))
        while day <= end:
            found.append(day)
            day += timedelta(days=1)
    return found


def chinese_calendar() -> WorkCalendar:
    """Give the working week of China with every shipped day."""
    days = [day for year in shipped_years("CN") for day in read_public_holidays("CN", year)]
    return WorkCalendar(ZoneInfo("Asia/Shanghai"), parse_hours(), {day.date: day for day in days}, country="CN")


@pytest.mark.parametrize("year", NOTICES)
def test_a_year_is_as_its_notice_says(year):
    """The days off and the days worked in return are those of the State Council's notice, and no others."""
    shipped = read_public_holidays("CN", year)
    off, work = NOTICES[year]
    assert [day.date for day in shipped if day.kind == "off"] == days_in(year, off)
    assert [day.date for day in shipped if day.kind == "work"] == days_in(year, work)


def test_the_late_change_of_2020_is_in():
    """1 February 2020 was to be worked and then was not; the three added days say why they are off."""
    days = {day.date: day for day in read_public_holidays("CN", 2020)}
    added = [days[date(2020, 1, 31)], days[date(2020, 2, 1)], days[date(2020, 2, 2)]]
    assert {(day.kind, day.name) for day in added} == {("off", "春节延长假期")}


@pytest.mark.parametrize(
    ("day", "kind", "name"),
    [
        ("2015-09-03", "off", "抗战胜利70周年"),
        ("2015-09-05", "off", "抗战胜利70周年"),
        ("2015-09-06", "work", "抗战胜利70周年调休上班"),
        ("2005-12-31", "work", "元旦调休上班"),
        ("2007-12-31", "off", "元旦"),
        ("2018-12-29", "work", "元旦调休上班"),
        ("2025-10-06", "off", "国庆节、中秋节"),
        ("2023-09-29", "off", "中秋节、国庆节"),
        ("2026-02-16", "off", "春节"),
    ],
)
def test_names(day, kind, name):
    """A day has the name of its festival, also when it is a bridging day or belongs to the year after."""
    when = date.fromisoformat(day)
    assert [(one.kind, one.name) for one in read_public_holidays("CN", when.year) if one.date == when] == [(kind, name)]


def test_every_day_agrees_with_chinesecalendar():
    """Each day from 2004 to 2026 is worked or not as that package says, but for one it has wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import chinese_calendar as package

    ours = chinese_calendar()
    days = [date(2004, 1, 1) + timedelta(days=step) for step in range((date(2027, 1, 1) - date(2004, 1, 1)).days)]
    assert [day for day in days if ours.is_working_day(day) != package.is_workday(day)] == [ONLY_DIFFERENCE]


def test_every_day_agrees_with_holidays():
    """Each day from 2004 to 2026 is worked or not as the package says that the file is made from."""
    import holidays

    theirs = holidays.country_holidays("CN", years=range(2004, 2027))
    ours = chinese_calendar()
    days = [date(2004, 1, 1) + timedelta(days=step) for step in range((date(2027, 1, 1) - date(2004, 1, 1)).days)]
    assert [day for day in days if ours.is_working_day(day) != theirs.is_working_day(day)] == []


def test_no_shipped_year_is_provisional():
    """Every shipped year has make-up days, so that none looks like a guess; the year after has nothing."""
    ours = chinese_calendar()
    assert shipped_years("CN") == range(2004, 2027)
    assert not [year for year in shipped_years("CN") if ours.is_provisional(year)]
    assert ours.is_provisional(2027)
    assert read_public_holidays("CN", 2027) == ()


def test_only_whole_countries_are_shipped():
    """China is, and a country that is not raises."""
    assert shipped_countries() == ("CN",)
    with pytest.raises(KeyError):
        read_public_holidays("DE", 2026)


@pytest.mark.parametrize(("zone", "country"), [("Asia/Shanghai", "CN"), ("PRC", "CN"), ("Asia/Taipei", None)])
def test_the_country_of_a_zone(zone, country):
    """China's zones mean China; others mean nothing."""
    assert country_of_zone(zone) == country


@pytest.mark.parametrize(
    ("calendar", "line"),
    [
        ("off:\n  2026-05-01: x\nwork:\n  2026-05-02: y\n  2026-05-01: z\n", 5),
        ("off: [2026-05-01]\nwork:\n  - 2026-05-02\n  - {date: 2026-05-01, name: z}\n", 4),
        ("off:\n  - '20260501'\n", 2),
        ("off:\n  2026-02-30: x\n", 2),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(calendar, line):
    """A date that is both off and worked, and one that is no date, is a mistake with its line."""
    with pytest.raises(InvalidError) as raised:
        parse_settings({"commlog.yaml": b"timezone: UTC\n", "calendar.yaml": calendar.encode()})
    (problem,) = raised.value.problems
    assert (problem.path, problem.line) == ("calendar.yaml", line)
    assert problem.message


def test_hours_belong_to_days_off_too():
    """A day off with hours is off for these alone."""
    days = build_dated_days(parse_yaml("off:\n  2026-05-04: {name: x, hours: ['13:00-24:00']}\n"))
    day = DatedDay(date(2026, 5, 4), "off", "x", ((780, 1440),))
    assert days == {day.date: day}
