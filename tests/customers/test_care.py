"""Care: what customers call for, and on which day."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.customers.rules.care import (
    CareCustomer,
    CareDate,
    CareRules,
    care_of,
    is_reminder_due,
    next_day,
    read_care_date,
    reason_to_leave_out,
)
from commlog.worktime.calendar import DatedDay, WorkCalendar, parse_hours
from commlog.worktime.periods import Interval, parse_interval

TODAY = date(2026, 3, 16)
CUSTOMER = CareCustomer("acme", "艾克米公司", "wang", "key", "active", added_on=date(2026, 3, 1))


def items(customer=CUSTOMER, rules=None, today=TODAY):
    return {item.kind: item for item in care_of(customer, rules or CareRules(), today)}


def days(customer=CUSTOMER, rules=None, today=TODAY):
    return {kind: item.day.isoformat() for kind, item in items(customer, rules, today).items()}


def birthday(text, *, is_lunar=False):
    return read_care_date("birthday", text, "", is_lunar=is_lunar)


def next_of(text, today, leap_day="feb_28", *, is_lunar=False):
    found = next_day(birthday(text, is_lunar=is_lunar), date.fromisoformat(today), leap_day)
    return found and found.isoformat()


# Yearly dates


@pytest.mark.parametrize(
    ("text", "today", "expected"),
    [
        ("1990-03-16", "2026-03-16", "2026-03-16"),
        ("03-16", "2026-03-17", "2027-03-16"),
        ("01-02", "2026-12-31", "2027-01-02"),
        ("12-31", "2026-01-01", "2026-12-31"),
        # What has not been yet does not come back before it was.
        ("2028-05-01", "2026-03-16", "2028-05-01"),
    ],
)
def test_a_yearly_date_comes_next_today_or_later(text, today, expected):
    """The next day is today at the earliest, over the end of the year, and not before the date itself."""
    assert next_of(text, today) == expected


@pytest.mark.parametrize(
    ("today", "leap_day", "expected"),
    [
        ("2026-02-01", "feb_28", "2026-02-28"),
        ("2026-02-01", "mar_1", "2026-03-01"),
        ("2026-03-01", "feb_28", "2027-02-28"),
        ("2026-03-01", "mar_1", "2026-03-01"),
        ("2027-03-02", "mar_1", "2028-02-29"),
        ("2028-02-01", "feb_28", "2028-02-29"),
        ("2028-02-01", "mar_1", "2028-02-29"),
        ("2099-12-31", "feb_28", "2100-02-28"),
    ],
)
def test_the_29th_of_february_is_kept_every_year(today, leap_day, expected):
    """In leap years on its day, else on the day the team chose."""
    assert next_of("1996-02-29", today, leap_day) == expected


@pytest.mark.parametrize(
    ("text", "today", "expected"),
    [
        ("08-15", "2026-03-16", "2026-09-25"),
        ("08-15", "2026-09-26", "2027-09-15"),
        ("12-30", "2026-01-10", "2026-02-16"),
        ("12-30", "2026-02-17", "2027-02-05"),
        # 2023 has no eighth of the twelfth month: after that of 2022 comes the one of 2024.
        ("12-08", "2022-12-31", "2024-01-18"),
        ("08-15", "2100-03-01", None),
    ],
)
def test_a_lunar_birthday_follows_the_moon(text, today, expected):
    """A lunar date comes on its day of each lunar year, New Year's Eve on the last; outside the table on none."""
    assert next_of(text, today, is_lunar=True) == expected


@settings(deadline=None)
@given(
    st.dates(date(2024, 1, 1), date(2024, 12, 31)),
    st.booleans(),
    st.dates(date(1950, 1, 1), date(2090, 12, 31)),
    st.sampled_from(["feb_28", "mar_1"]),
)
def test_a_yearly_date_is_never_missed_and_never_comes_early(day, is_lunar, today, leap_day):
    """From any day on the next one is not past, at most 400 days off, and stays the next one until it has come."""
    yearly = CareDate("birthday", "", day.month, min(day.day, 30) if is_lunar else day.day, is_lunar)
    found = next_day(yearly, today, leap_day)
    assert today <= found <= today + timedelta(days=400)
    for between in (today + (found - today) // 2, found):
        assert next_day(yearly, between, leap_day) == found
    assert next_day(yearly, found + timedelta(days=1), leap_day) > found


def test_no_year_of_birth_is_told():
    """An item of a birthday has its day and nothing by which an age could be reckoned."""
    item = items(replace(CUSTOMER, dates=(birthday("1988-03-18"),)))["birthday"]
    assert (item.day, item.label, item.days) == (date(2026, 3, 18), "", 2)
    assert "1988" not in repr(item)


# Visits, silence, checks


def test_a_visit_is_counted_from_the_last_contact():
    """Three months for a key customer; a later contact moves it."""
    assert days(replace(CUSTOMER, last_contact=date(2025, 12, 10)))["visit"] == "2026-03-10"
    assert days(replace(CUSTOMER, last_contact=date(2026, 3, 16)))["visit"] == "2026-06-16"


@pytest.mark.parametrize(
    ("last_contact", "every", "expected"),
    [
        ("2026-01-31", "1m", "2026-02-28"),
        ("2024-01-31", "1m", "2024-02-29"),
        ("2025-08-31", "6m", "2026-02-28"),
        ("2026-01-31", "2m", "2026-03-31"),
        ("2024-02-29", "1y", "2025-02-28"),
        ("2026-03-10", "30d", "2026-04-09"),
        ("2026-03-10", "2w", "2026-03-24"),
    ],
)
def test_months_from_the_31st_end_on_the_last_day(last_contact, every, expected):
    """A month that has no such day gives its last one; days and weeks are counted."""
    customer = replace(CUSTOMER, last_contact=date.fromisoformat(last_contact), visit_every=every)
    assert days(customer)["visit"] == expected


def test_a_customers_own_interval_wins_over_that_of_the_level():
    """`visit_every` of the customer counts, `none` switches visits off, a wrong value leaves the level's."""
    contacted = replace(CUSTOMER, last_contact=date(2026, 3, 1))
    assert days(replace(contacted, visit_every="1y"))["visit"] == "2027-03-01"
    assert "visit" not in days(replace(contacted, visit_every="none"))
    assert days(replace(contacted, visit_every="often"))["visit"] == "2026-06-01"
    assert "visit" not in days(replace(contacted, level=None))


def test_whoever_was_never_contacted_counts_from_the_day_they_were_added():
    """Visit, silence and check are counted from the day the customer was added."""
    assert days() == {"visit": "2026-06-01", "dormant": "2026-07-01", "verify": "2027-03-01"}


def test_without_any_day_a_visit_and_a_check_are_due_today():
    """Nobody knows since when: what should be done is due, on whatever day one looks; silence is not claimed."""
    found = items(replace(CUSTOMER, added_on=None))
    assert {kind: (item.day, item.is_undated) for kind, item in found.items()} == {
        "visit": (TODAY, True),
        "verify": (TODAY, True),
    }


@pytest.mark.parametrize(
    ("stage", "kinds"),
    [
        ("enquiry", {"visit", "dormant", "verify"}),
        ("trial", {"visit", "dormant", "verify"}),
        ("active", {"visit", "dormant", "verify"}),
        ("dormant", {"visit", "verify"}),
        ("lost", {"verify"}),
    ],
)
def test_stages_that_say_it_already_are_not_told_again(stage, kinds):
    """Who is dormant or lost does not become dormant; who is lost is not visited."""
    assert set(days(replace(CUSTOMER, stage=stage))) == kinds


def test_a_check_is_due_a_year_after_the_last():
    """`verified_on` counts, whatever was said since."""
    customer = replace(CUSTOMER, verified_on=date(2025, 3, 10), last_contact=TODAY)
    assert days(customer)["verify"] == "2026-03-10"
    assert items(customer)["verify"].is_due


def test_rules_can_be_switched_off():
    """A team that switched everything off is told of nothing but the dates."""
    rules = CareRules(visit_every={}, dormant_after={"key": None}, verify_after=None)
    assert days(replace(CUSTOMER, dates=(birthday("03-20"),)), rules) == {"birthday": "2026-03-20"}


def test_an_interval_beyond_the_last_year_is_never_due():
    """9999 years from now is the last day there is, not a fault."""
    assert days(replace(CUSTOMER, visit_every="9999y"))["visit"] == "9999-12-31"
    assert next_of("03-01", "9999-12-31") is None


@pytest.mark.parametrize(
    ("is_silent", "consent", "reason"),
    [
        (True, "granted", "do_not_contact"),
        (False, "withdrawn", "consent_withdrawn"),
        (True, "withdrawn", "do_not_contact"),
        (False, "granted", None),
        (False, "not_asked", None),
        (False, None, None),
    ],
)
def test_who_said_no_is_left_alone(is_silent, consent, reason):
    """A customer who asked not to be contacted, or withdrew consent, is left out for that reason."""
    assert reason_to_leave_out(replace(CUSTOMER, do_not_contact=is_silent, consent=consent)) == reason


# What a reminder tells

CALENDAR = WorkCalendar(
    ZoneInfo("Asia/Shanghai"),
    parse_hours(),
    {date(2026, 10, 1) + timedelta(days=n): DatedDay(date(2026, 10, 1), "off", "国庆节") for n in range(7)},
)


def told_on(text, before):
    """The days of a year on which a birthday is told."""
    customer = replace(CUSTOMER, dates=(birthday(text),))
    today, found = date(2026, 1, 1), []
    while today.year == 2026:
        item = items(customer, today=today)["birthday"]
        if is_reminder_due(item, parse_interval(before), CALENDAR):
            found.append(today.isoformat())
        today += timedelta(days=1)
    return found


def test_a_birthday_is_told_from_some_days_ahead_until_it_has_come():
    """`before: 3d` tells on the three days before and on the day."""
    assert told_on("03-18", "3d") == ["2026-03-15", "2026-03-16", "2026-03-17", "2026-03-18"]


def test_a_birthday_on_a_day_not_worked_is_told_on_the_working_day_before():
    """A Sunday is told on Friday, a day of a holiday week on the last day before the week."""
    assert told_on("03-22", "1d")[0] == "2026-03-20"
    assert told_on("10-05", "3d")[0] == "2026-09-30"
    assert told_on("03-23", "1d") == ["2026-03-22", "2026-03-23"]


def test_without_an_interval_no_birthday_is_told():
    """`before: none` switches reminders of yearly dates off."""
    assert told_on("03-18", "none") == []


def test_a_silence_is_told_a_week_ahead_and_a_visit_when_it_is_due():
    """Dormant from seven days before; visits and checks from their day on; nothing that has no day to count from."""

    def is_told(item):
        return is_reminder_due(item, Interval(3, "d"), CALENDAR)

    found = items()
    for kind, ahead in (("visit", 0), ("dormant", 7), ("verify", 0)):
        item = found[kind]
        assert [is_told(replace(item, days=n)) for n in (ahead + 1, ahead, -30)] == [False, True, True]
    assert not any(map(is_told, items(replace(CUSTOMER, added_on=None)).values()))
