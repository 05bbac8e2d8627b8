"""The log's calendar: shown, filled with a country's holidays, compared with them."""

from __future__ import annotations

import sys
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commlog.calendar.file import insert_days, lines_of_days
from commlog.calendar.holidays import public_holidays, read_public_holidays
from commlog.calendar.manage import check_calendar, import_days, show_calendar, years_in_use
from commlog.errors import ConflictError, InvalidError, NotFoundError, UsageError
from commlog.log.settings import build_dated_days
from commlog.log.settings_faults import parse_settings
from commlog.workspace import Workspace
from commlog.yamltext.parse import parse_yaml

CHINESE = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, email: wang@example.com}
calendar:
  country: CN
  hours:
    mon-fri: ["09:00-12:00", "13:30-18:00"]
"""
OWN = """\
# Ours
off:
  # 2026
  2026-01-02: 元旦  # as in the notice
  2026-08-08: 店庆
work:
  2026-02-15: 值班
"""


def chinese(log) -> Workspace:
    """Open the log as one in China."""
    log.write("commlog.yaml", CHINESE)
    return log.workspace()


def text_of(log) -> str:
    return (log.root / "calendar.yaml").read_bytes().decode()


def codes(found) -> list[tuple[str, str]]:
    return [(finding.severity, finding.code) for finding in found]


def test_the_dated_days_of_a_period_are_shown(log):
    """Each dated day has its weekday, its kind, the hours that are worked and its name; the total counts all days."""
    log.write(
        "calendar.yaml", "off:\n  2026-03-10: x\n  2026-03-11: {name: y, hours: ['12:00-24:00']}\nwork: [2026-03-14]\n"
    )
    view = show_calendar(log.workspace(), "2026-03", every_day=False)
    assert view.listing.rows == (
        ("2026-03-10", "tue", "off", None, "x"),
        ("2026-03-11", "wed", "off", "09:00-12:00", "y"),
        ("2026-03-14", "sat", "work", "09:00-12:00, 13:30-18:00", None),
    )
    assert (view.working_days, view.working_seconds / 3600) == (22, 21 * 7.5 + 3)
    assert (view.period, view.provisional, view.is_weekly_only) == ("2026-03", (), False)


def test_every_day_is_shown_when_asked_for(log):
    """All days of a period have a row, working days and weekends named as such."""
    view = show_calendar(log.workspace(), "2026-03-13..2026-03-14", every_day=True)
    assert [row[:3] for row in view.listing.rows] == [
        ("2026-03-13", "fri", "working"),
        ("2026-03-14", "sat", "weekend"),
    ]
    assert view.is_weekly_only


def test_this_year_is_shown_when_nothing_is_said(log):
    """Without words the period is the year of now, and a year without data in it is provisional."""
    log.write("calendar.yaml", "off:\n  2025-10-01: x\n")
    view = show_calendar(log.workspace(), "", every_day=False)
    assert (view.period, view.provisional, view.listing.rows) == ("2026", (2026,), ())


@pytest.mark.parametrize("words", ["foo", "2026-03..2026-01", "1900..2026"])
def test_what_is_no_period_is_refused(log, words):
    """Words that are no period, and more than a century, are a usage error."""
    with pytest.raises(UsageError):
        show_calendar(log.workspace(), words, every_day=True)


def test_an_import_writes_the_days_of_a_year(log):
    """Every day of the notice is in the calendar afterwards; a second import adds nothing and leaves every byte."""
    done = import_days(chinese(log), "CN", [2026])
    assert done.added == read_public_holidays("CN", 2026)
    assert log.workspace().log.settings.calendar.dated == {day.date: day for day in done.added}
    text = text_of(log)
    again = import_days(log.workspace(), "CN", [2026])
    assert (again.added, again.kept, text_of(log)) == ((), (), text)


def test_a_year_brings_its_days_of_the_december_before(log):
    """The notice for 2019 also moves the end of 2018; these days come along, and make 2018 no known year."""
    done = import_days(chinese(log), "CN", [2019])
    assert [day.date.isoformat() for day in done.added][:3] == ["2018-12-29", "2018-12-30", "2018-12-31"]


def test_the_teams_own_days_stay(log):
    """A date that the team has stays as written and is named when the country says otherwise; comments stay too."""
    log.write("calendar.yaml", OWN)
    done = import_days(chinese(log), "CN", [2026, 2025])
    assert [(own.name, other.name) for own, other in done.kept] == [("值班", "春节")]
    lines = text_of(log).splitlines()
    assert [line for line in lines if line in OWN.splitlines()] == OWN.splitlines()
    assert lines[:3] == ["# Ours", "off:", "  2025-01-01: 元旦"]
    assert lines.index("  2026-08-08: 店庆") < lines.index("  2026-09-25: 中秋节")
    assert lines.index("  2026-02-14: 春节调休上班") < lines.index("  2026-02-15: 值班")


def test_a_rehearsal_writes_nothing(log):
    """--dry-run tells what would be added, and the file is not even made."""
    done = import_days(chinese(log), "CN", [2026], dry_run=True)
    assert len(done.added) == 39
    assert not (log.root / "calendar.yaml").exists()


@pytest.mark.parametrize(("year", "said"), [(2027, "November"), (2003, "2004")])
def test_an_unknown_year_is_said_before_anything_is_written(log, year, said):
    """A year without data is an error that says when it is known; the other years are not written either."""
    with pytest.raises(NotFoundError) as caught:
        import_days(chinese(log), "CN", [2026, year])
    assert str(year) in caught.value.message
    assert said in caught.value.remedy
    assert not (log.root / "calendar.yaml").exists()


def test_other_countries_come_from_the_package(log):
    """A country or a part of one that is not shipped is taken from `holidays`, substitute working days included."""
    done = import_days(log.workspace(), "US-CA", [2026])
    assert ("2026-07-03", "off") in [(day.date.isoformat(), day.kind) for day in done.added]
    assert not done.is_country_set
    hungary = {day.date.isoformat(): day.kind for day in public_holidays("HU", 2022)}
    assert (hungary["2022-03-14"], hungary["2022-03-26"]) == ("off", "work")
    assert public_holidays("DE", 3000) == ()


@pytest.mark.parametrize(("country", "near"), [("Germany", "DE"), ("GXB", "GB"), ("US-XX", "US-"), ("DEX", "DE")])
def test_an_unknown_country_names_near_ones(country, near):
    """A country nobody knows is an error with codes that are near."""
    with pytest.raises(NotFoundError) as caught:
        public_holidays(country, 2026)
    assert near in caught.value.remedy


def test_a_file_that_cannot_be_changed_in_place_is_left_alone(log):
    """A calendar that changed since it was read is a conflict or a mistake, never overwritten."""
    workspace = chinese(log)
    log.write("calendar.yaml", "off:\n  2026-01-01: x\n  2026-01-01: y\n")
    with pytest.raises((InvalidError, ConflictError)):
        import_days(workspace, "CN", [2026])
    assert text_of(log) == "off:\n  2026-01-01: x\n  2026-01-01: y\n"


DAYS = st.dates(date(2024, 6, 1), date(2026, 12, 31))


@st.composite
def calendars(draw) -> str:
    """Draw a calendar file as a team may write it: in any order, as mapping or list, with comments."""
    dates = draw(st.lists(DAYS, unique=True, max_size=12))
    cut = draw(st.integers(0, len(dates)))
    lines = draw(st.lists(st.just("# heading"), max_size=1))
    for kind, days in draw(st.permutations([("off", dates[:cut]), ("work", dates[cut:])])):
        if not days and draw(st.booleans()):
            continue
        lines.append(f"{kind}:" if days else f"{kind}: {{}}")
        is_list = draw(st.booleans())
        for day in days:
            name = draw(st.sampled_from(["店庆", "x y", '"a: b"', "{name: z, hours: ['09:00-12:00']}", "x  # why"]))
            plain = f"  - {day}" if is_list else f"  {day}: {name}"
            lines += draw(st.sampled_from([[plain], ["  # note", plain], ["", plain]]))
    return "\n".join(lines) + draw(st.sampled_from(["\n", ""])) if lines else ""


@pytest.mark.slow
@given(calendars(), st.sampled_from([2024, 2025, 2026]))
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_an_import_keeps_every_line_of_the_team(text, year):
    """Whatever the team wrote is there afterwards, line by line and in order; the days say what both say."""
    own = build_dated_days(parse_yaml(text) or {})
    added = [day for day in read_public_holidays("CN", year) if day.date not in own]
    written = insert_days(text, added)
    left = iter(written.splitlines())
    kept = [line for line in text.splitlines() if not line.endswith(": {}")]
    assert all(any(line == other for other in left) for line in kept)
    found = parse_settings({"commlog.yaml": b"timezone: UTC\n", "calendar.yaml": written.encode()})
    assert found.calendar.dated == {**own, **{day.date: day for day in added}}
    assert insert_days(written, []) == written
    lines = written.splitlines()
    assert all(day.isoformat() in lines[number - 1] for day, number in lines_of_days(written).items())


def test_a_calendar_without_its_years_is_an_error(log):
    """A year in use without the days of the log's country is an error that names the import."""
    found = check_calendar(chinese(log))
    assert codes(found) == [("error", "missing-days")]
    assert "missing days of CN (39)" in found[0].message
    assert found[0].remedy == "run: commlog calendar import CN 2026"


def test_an_imported_calendar_is_right(log):
    """After the import there is nothing to say."""
    import_days(chinese(log), "CN", [2026])
    assert check_calendar(log.workspace()) == ()


def test_one_missing_make_up_day_is_an_error(log):
    """A single day that changes the working time counts; a weekend day that is off anyway is only remarked on."""
    import_days(chinese(log), "CN", [2026])
    whole = text_of(log)
    log.write("calendar.yaml", whole.replace("  2026-10-10: 国庆节调休上班\n", ""))
    assert codes(check_calendar(log.workspace())) == [("error", "missing-days")]
    log.write("calendar.yaml", whole.replace("  2026-10-04: 国庆节\n", ""))
    assert codes(check_calendar(log.workspace())) == [("remark", "missing-days-off")]


def test_what_the_team_says_otherwise_is_remarked_on(log):
    """Days of the team's own, days it has otherwise, and days that change nothing are told with their lines."""
    import_days(chinese(log), "CN", [2026])
    text = text_of(log).replace("  2026-02-14: 春节调休上班\n", "").replace("work:\n", "work:\n  2026-03-11: 盘点\n", 1)
    log.write("calendar.yaml", text.replace("off:\n", "off:\n  2026-02-14: 团建\n  2026-08-07: 店庆\n", 1))
    found = check_calendar(log.workspace())
    assert codes(found) == [("remark", "different"), ("remark", "own-days"), ("remark", "no-effect")]
    assert [(one.date, one.line > 0) for one in found if one.date] == [("2026-02-14", True), ("2026-03-11", True)]
    assert "团建: day off here, working day in CN" in found[0].message


def test_a_year_nobody_knows_is_a_remark(log):
    """From November on the next year is looked at; until the notice is out that is no mistake."""
    import_days(chinese(log), "CN", [2026])
    november = log.at("2026-11-03T10:00:00+08:00").workspace()
    assert years_in_use(november) == (2026, 2027)
    found = check_calendar(november)
    assert codes(found) == [("remark", "provisional")]
    assert "import CN 2027" in found[0].remedy


def test_the_years_of_pending_dues_matter(log):
    """A follow-up due in a year makes that year one in use."""
    chinese(log)
    log.create("service", follow_ups=["Call; due=2028-01-05"])
    assert years_in_use(log.workspace()) == (2026, 2028)


def test_without_a_country_nothing_is_compared(log):
    """A log that works by its week alone is told so, and has no provisional years; one with own days has."""
    found = check_calendar(log.workspace())
    assert codes(found) == [("remark", "no-country")]
    log.write("calendar.yaml", "off:\n  2025-05-01: x\n  2026-03-14: sat\n")
    assert codes(check_calendar(log.workspace())) == [("remark", "no-country"), ("remark", "no-effect")]
    log.write("calendar.yaml", "off:\n  2025-05-01: x\n")
    assert codes(check_calendar(log.workspace())) == [("remark", "no-country"), ("remark", "provisional")]


def test_a_country_nobody_knows_is_an_error(log, monkeypatch):
    """A mistyped country cannot be compared, and is a mistake of the settings; a package that is missing is not."""
    log.write("commlog.yaml", CHINESE.replace("CN", "XX"))
    assert codes(check_calendar(log.workspace())) == [("error", "unknown-country")]
    monkeypatch.setitem(sys.modules, "holidays", None)
    assert codes(check_calendar(log.workspace())) == [("remark", "no-package")]


def test_long_ranges_of_own_days_are_shortened(log):
    """Only the first few days are named."""
    days = [date(2026, 7, 1) + timedelta(days=step) for step in range(5)]
    import_days(chinese(log), "CN", [2026])
    added = "".join(f"  {day}: 盘点\n" for day in days)
    log.write("calendar.yaml", text_of(log).replace("off:\n", f"off:\n{added}", 1))
    found = check_calendar(log.workspace())
    assert found[0].message.endswith("2026-07-01 盘点, 2026-07-02 盘点, 2026-07-03 盘点, …")
    assert parse_yaml(text_of(log))
