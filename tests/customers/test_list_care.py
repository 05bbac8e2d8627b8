"""Care of a whole log: what is listed, what reminders tell, and who is left alone."""

import pytest

from commlog.customers.care import CareView, care_for_reminders, list_care, yearly_dates
from commlog.errors import UsageError
from commlog.worktime.periods import parse_interval

FIELDS = "type: individual\nstage: active\nverified_on: 2026-03-01\n"


@pytest.fixture
def add(log):
    """Write a customer's file: id, name and more lines."""

    def write(customer, *lines, stage="active"):
        head = f"id: {customer}\ntemplate: customer\nname: {customer.title()}\n"
        text = head + FIELDS.replace("active", stage) + "".join(f"{line}\n" for line in lines)
        return log.write(f"records/customers/{customer}.yaml", text)

    return write


@pytest.fixture(autouse=True)
def _quiet(log):
    """Nothing calls for anything but what a test writes."""
    (log.root / "records/customers/acme.yaml").unlink()


def view(within="1w", *kinds, sort="", limit=-1):
    return CareView(parse_interval(within), kinds, sort, limit)


def listed(log, within="1w", query="", terms=(), **more):
    listing = list_care(log.workspace(), query, terms, view(within, *more.pop("kinds", ()), **more)).listing
    names = ("day", "kind", "customer")
    places = [listing.columns.index(name) for name in names]
    return [" ".join(row[place] for place in places) for row in listing.rows]


def call(log, customer, day, *assignments):
    """Log a call."""
    return log.create("member", f"customer={customer}", f"started_at={day} 09:00", *assignments)


def test_what_falls_within_a_week_is_listed_with_all_that_is_past(log, add):
    """Yearly dates from today, visits past and near, by day; more with a wider interval."""
    add("ann", 'birthday: "03-16"', "recorded_at: 2026-03-10T09:00:00+08:00")
    add("bob", 'birthday: "03-23"', 'anniversaries: [{name: wedding, date: 2001-03-24}, {name: firm, date: "03-15"}]')
    add("cat", "level: key", "recorded_at: 2025-12-01T09:00:00+08:00")
    assert listed(log) == ["2026-03-01 visit cat", "2026-03-16 birthday ann", "2026-03-23 birthday bob"]
    assert listed(log, "8d")[3:] == ["2026-03-24 anniversary bob"]
    assert listed(log, "1y")[-2:] == ["2027-03-01 verify cat", "2027-03-15 anniversary bob"]


def test_a_row_tells_whose_it_is_and_what_for(log, add):
    """Every column of an anniversary, the owner and the last contact among them; no year of it."""
    add("bob", "level: vip", "owner: li", "anniversaries: [{name: 结婚纪念日, date: 2001-03-18}]")
    call(log, "bob", "2026-03-11")
    listing = list_care(log.workspace(), "", (), view()).listing
    assert dict(zip(listing.columns, listing.rows[0], strict=True)) == {
        "day": "2026-03-18",
        "days": 2,
        "kind": "anniversary",
        "customer": "bob",
        "customer_name": "Bob",
        "occasion": "结婚纪念日",
        "level": "vip",
        "owner": "li",
        "last_contact": "2026-03-11",
    }


def test_logging_a_call_moves_the_visit(log, add):
    """A visit that was overdue is due an interval after the call, whoever called."""
    add("cat", "level: vip", "recorded_at: 2025-12-31T09:00:00+08:00")
    assert listed(log, kinds=["visit"]) == ["2026-01-31 visit cat"]
    call(log, "cat", "2026-01-31", "direction=inbound")
    assert listed(log, kinds=["visit"]) == ["2026-02-28 visit cat"]
    call(log, "cat", "2026-03-13", "direction=outbound")
    assert listed(log, kinds=["visit"]) == []
    assert listed(log, "1m", kinds=["visit"]) == ["2026-04-13 visit cat"]


def test_an_attempt_that_reached_nobody_moves_nothing(log, add):
    """Neither a call that was not answered nor a date in the future is a contact."""
    add("cat", "level: vip", "recorded_at: 2025-12-31T09:00:00+08:00")
    call(log, "cat", "2026-03-12", "direction=outbound", "reached=no")
    path = call(log, "cat", "2026-03-13").path
    text = (log.root / path).read_text(encoding="utf-8")
    (log.root / path).write_text(text.replace("2026-03-13T", "2062-03-13T"), encoding="utf-8")
    assert listed(log, kinds=["visit"]) == ["2026-01-31 visit cat"]


def test_a_silent_customer_is_listed_a_week_before_they_count_as_dormant(log, add):
    """Four months for a key customer; not yet eight days before, still long after."""
    add("cat", "level: key", "visit_every: none")
    call(log, "cat", "2025-11-23")
    assert listed(log.at("2026-03-15T10:00:00+08:00")) == []
    assert listed(log) == ["2026-03-23 dormant cat"]
    assert listed(log.at("2026-12-01T10:00:00+08:00"), kinds=["dormant"]) == ["2026-03-23 dormant cat"]


def test_contacts_of_merged_customers_count_for_the_one_who_stays(log, add):
    """Over several steps; who was merged is not listed, not even with a birthday of their own."""
    add("new", "level: vip", "recorded_at: 2025-01-01T09:00:00+08:00")
    add("old", "level: vip", "merged_into: new", 'birthday: "03-17"')
    add("older", "merged_into: old")
    call(log, "new", "2026-01-05")
    assert listed(log, kinds=["visit"]) == ["2026-02-05 visit new"]
    call(log, "older", "2026-03-10")
    assert listed(log, kinds=["visit", "birthday"]) == []
    assert listed(log, "1m", kinds=["visit"]) == ["2026-04-10 visit new"]


def test_customers_merged_in_a_circle_do_not_hang_the_answer(log, add):
    """Two files that name each other are `check`'s to tell; care answers without them."""
    add("one", "level: vip", "merged_into: two")
    add("two", "level: vip", "merged_into: one")
    add("self", "level: vip", "merged_into: self")
    assert listed(log, "1y") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("do_not_contact: true", "do_not_contact"),
        ("do_not_contact: yes", "do_not_contact"),
        ("consent: {status: withdrawn}", "consent_withdrawn"),
    ],
)
def test_who_said_no_is_left_out_and_named(log, add, line, reason):
    """Neither listed nor reminded of nor exported; the answer names them with the reason, also for a value hardly understood."""
    add("ann", 'birthday: "03-17"', line)
    add("bob", 'birthday: "03-17"', "consent: {status: granted}", "do_not_contact: false")
    care = list_care(log.workspace(), "", (), view())
    assert [row[3] for row in care.listing.rows] == ["bob"]
    assert [(one.customer, one.customer_name, one.reason) for one in care.left_out] == [("ann", "Ann", reason)]
    assert {item.customer for item in care_for_reminders(log.workspace())} == {"bob"}
    assert {customer.id for customer, _ in yearly_dates(log.workspace())} == {"bob"}
    # Who would not be in the answer anyway is not named.
    assert list_care(log.workspace(), "", (), view("1w", "visit")).left_out == ()


def test_a_query_an_owner_and_kinds_narrow_the_list(log, add):
    """Customers are chosen as in every listing, members by any of their names."""
    add("ann", 'birthday: "03-17"', "owner: li", "level: vip", "recorded_at: 2026-02-01T09:00:00+08:00")
    add("bob", 'birthday: "03-18"', "owner: wang")
    assert listed(log) == ["2026-03-01 visit ann", "2026-03-17 birthday ann", "2026-03-18 birthday bob"]
    assert listed(log, query="level:vip", kinds=["visit"]) == ["2026-03-01 visit ann"]
    assert listed(log, terms=[("owner", ["小王"])]) == ["2026-03-18 birthday bob"]
    assert listed(log, kinds=["birthday", "visit"], terms=[("owner", ["li"])]) == listed(log)[:2]


def test_the_list_can_be_sorted_and_cut(log, add):
    """`-` turns a column round, missing values come last either way, and the limit cuts after sorting."""
    for name, more in (("ann", "owner: li"), ("bob", "owner: wang"), ("cat", "source: x")):
        add(name, 'birthday: "03-17"', more)
    assert [row[-3:] for row in listed(log, sort="owner")] == ["ann", "bob", "cat"]
    assert [row[-3:] for row in listed(log, sort="-owner")] == ["bob", "ann", "cat"]
    assert [row[-3:] for row in listed(log, sort="date,-customer", limit=2)] == ["cat", "bob"]


@pytest.mark.parametrize("sort", ["colour", "day,,owner", "-"])
def test_an_unknown_column_of_care_cannot_sort(log, sort):
    """A column that is not there, or has no name, is a mistake of the caller."""
    with pytest.raises(UsageError, match="to sort by"):
        listed(log, sort=sort)


@pytest.mark.parametrize(
    "line",
    [
        "birthday: 17",
        "birthday: [03-17]",
        'birthday: "02-30"',
        "birthday: 1990-02-29",
        "birthday: {lunar: 8}",
        'birthday: {lunar: "13-01"}',
        "anniversaries: 03-17",
        "anniversaries: [{name: 5, date: {}}, x]",
        "visit_every: 5",
        "verified_on: never",
        "consent: [withdrawn]",
        "cooperation_since: 2020",
    ],
)
def test_wrong_values_are_checked_elsewhere_and_stop_nothing(log, add, line):
    """A customer with a value that is none is in the answer with all that can be read."""
    add("ann", line)
    add("bob", 'birthday: "03-17"')
    assert "2026-03-17 birthday bob" in listed(log)
    assert [customer.id for customer, _ in yearly_dates(log.workspace())] == ["bob"]


def test_reminders_tell_what_stands_at_this_instant(log, add):
    """A birthday three days ahead, a visit that is due and a silence a week ahead; nothing that is only near."""
    add("ann", 'birthday: "03-19"')
    add("bob", 'birthday: "03-20"')
    add("cat", "level: vip", "recorded_at: 2026-02-16T09:00:00+08:00")
    add("dan", "level: vip", "recorded_at: 2026-02-17T09:00:00+08:00")
    add("eve", "level: key", "recorded_at: 2025-11-20T09:00:00+08:00", "visit_every: none", "owner: li")
    told = [(item.kind, item.customer, item.owner, item.days) for item in care_for_reminders(log.workspace())]
    assert told == [("visit", "cat", None, 0), ("birthday", "ann", None, 3), ("dormant", "eve", "li", 4)]


def test_reminders_do_not_repeat_what_has_no_day(log, add):
    """A customer of whom no day is known is listed as due today, and is not told anew every day."""
    add("ann", "level: vip")
    assert listed(log, kinds=["visit"]) == ["2026-03-16 visit ann"]
    assert care_for_reminders(log.workspace()) == ()


def test_yearly_dates_have_month_and_day_alone(log, add):
    """Month, day and whether they are lunar, for every customer; no year."""
    add("ann", "owner: li", "birthday: 1990-03-08", 'anniversaries: [{name: wedding, date: {lunar: "08-15"}}]')
    found = yearly_dates(log.workspace())
    assert [(customer.id, one.kind, one.label, one.month, one.day, one.is_lunar) for customer, one in found] == [
        ("ann", "birthday", "", 3, 8, False),
        ("ann", "anniversary", "wedding", 8, 15, True),
    ]
    assert "1990" not in repr(found)


def test_the_leap_day_is_the_teams_choice(log, add):
    """`care.leap_day` of the settings decides when 29 February is kept."""
    add("ann", 'birthday: "02-29"')
    assert listed(log.at("2026-02-25T10:00:00+08:00")) == ["2026-02-28 birthday ann"]
    settings = log.root / "commlog.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + "care: {leap_day: mar_1}\n", encoding="utf-8")
    assert listed(log.at("2026-02-25T10:00:00+08:00")) == ["2026-03-01 birthday ann"]


def test_lunar_new_years_eve_is_listed_on_its_day(log, add):
    """The 30th of the twelfth month is the last day of the lunar year, also when that has 29 days."""
    add("ann", 'birthday: {lunar: "12-30"}')
    assert listed(log.at("2026-02-12T10:00:00+08:00")) == ["2026-02-16 birthday ann"]


def test_a_day_is_the_logs_day(log, add):
    """Late in the evening of another zone it is the next day already where the log is kept."""
    add("ann", 'birthday: "03-17"')
    add("bob", 'birthday: "03-16"')
    assert listed(log.at("2026-03-16T20:00:00+00:00")) == ["2026-03-17 birthday ann"]
