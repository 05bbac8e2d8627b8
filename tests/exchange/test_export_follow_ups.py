"""Which follow-ups and care dates go into a calendar, and what of them is masked."""

from datetime import UTC, date, datetime

import pytest

from commlog.errors import UsageError
from commlog.exchange.export import select_care_days, select_follow_ups
from commlog.exchange.ics_file import CalendarHead, EntryTexts, format_calendar
from commlog.worktime.lunar import lunar_dates_in

PERSON = """\
id: li-na
template: customer
recorded_at: 2026-02-26T15:10:00+08:00
name: 李娜
type: individual
stage: active
owner: wang
birthday: 1991-11-02
anniversaries:
  - {name: 李娜开店, date: 2020-02-29}
  - {name: 农历新年, date: {lunar: 01-01}}
"""
LATER = "2026-03-16T11:00:00+08:00"


def tasks(log, query="", reveal=False):
    return select_follow_ups(log.workspace(), query, reveal=reveal)


def days(log, query="", reveal=False):
    return select_care_days(log.workspace(), query, reveal=reveal)


def actions(log, query=""):
    return [task.follow_up.action for task in tasks(log, query)]


def calendar(log, query=""):
    entries = [(task, EntryTexts(task.follow_up.action)) for task in tasks(log, query)]
    return format_calendar(CalendarHead("log", "Asia/Shanghai"), entries, entries)


@pytest.fixture
def record(log):
    """A record with three follow-ups: urgent, without a due, done."""
    made = log.create(
        "member",
        follow_ups=["action=call; priority=urgent", "action=think; due=none; owner=li", "action=send; due=2026-03-20"],
    )
    log.move("done", f"{made.id}/3", result="sent")
    return made


# Which


def test_pending_follow_ups_are_exported(log, record):
    """Without a word on the state those that are done stay out; with one they are found."""
    assert actions(log) == ["call", "think"]
    assert actions(log, "status:done") == ["send"]
    assert actions(log, "status:open,done") == ["call", "think", "send"]
    assert actions(log, "owner:li") == ["think"]


def test_a_query_that_is_not_understood_is_a_mistake(log, record):
    """As for every listing."""
    with pytest.raises(UsageError):
        tasks(log, "colour:red")
    with pytest.raises(UsageError):
        days(log, "colour:red")


def test_dues_are_instants(log, record):
    """A date alone is the closing time of its day; no due is none."""
    dues = {task.follow_up.action: task.due for task in tasks(log, "status:open,done")}
    assert dues == {
        "call": datetime(2026, 3, 17, 2, tzinfo=UTC),
        "think": None,
        "send": datetime(2026, 3, 20, 10, tzinfo=UTC),
    }


def test_a_due_outside_all_calendars_is_none(log):
    """The first and the last day of all are no times a calendar program could draw."""
    for due in ("0001-01-01T00:00:00+08:00", "9999-12-31T23:59:00-08:00", "some day"):
        path = log.create("member", follow_ups=["action=a; due=2026-03-20"]).path
        log.write(path, (log.root / path).read_text("utf-8").replace("due: 2026-03-20", f'due: "{due}"'))
    assert [task.due for task in tasks(log)] == [None, None, None]


def test_a_follow_up_without_history_is_dated_by_its_record(log, record):
    """And one in a record without an instant by a fixed day: no clock is asked."""
    text = (log.root / record.path).read_text("utf-8")
    fields = log.read(record.id).fields
    head = text[: text.index("followups:")]
    log.write(record.path, head + "followups:\n  - {n: 1, action: a, status: done}\n")
    (task,) = tasks(log, "status:done")
    recorded = datetime.fromisoformat(fields["recorded_at"]).astimezone(UTC)
    assert (task.created, task.changed, task.finished) == (recorded, recorded, recorded)
    log.write(record.path, log.text_of(record).replace(f"recorded_at: {fields['recorded_at']}\n", ""))
    (task,) = tasks(log, "status:done")
    assert task.changed == datetime(2000, 1, 1, tzinfo=UTC)


def test_numbers_given_twice_lose_nothing(log, record):
    """Two follow-ups of one number are both exported, under different identities."""
    log.write(record.path, log.text_of(record).replace("n: 2", "n: 1"))
    assert actions(log) == ["call", "think"]
    lines = calendar(log).split(b"\r\n")
    uids = [line for line in lines if line.startswith(b"UID:")]
    assert len(uids) == len(set(uids)) == 3


# Again and again


def test_the_same_files_give_the_same_bytes(log, record):
    """Whenever it is asked: the instant it is stands nowhere in a calendar."""
    assert calendar(log) == calendar(log.at("2031-01-01T00:00:00+08:00"))


@pytest.mark.parametrize(
    ("verb", "details"),
    [
        ("reschedule", {"due": "2026-03-25"}),
        ("assign", {"owner": "li"}),
        ("start", {}),
        ("wait", {}),
        ("done", {"result": "r"}),
    ],
)
def test_a_change_keeps_the_identity_and_counts(log, record, verb, details):
    """The UID stays, SEQUENCE grows and LAST-MODIFIED is the instant of the change, so that programs take it over."""
    address = f"{record.id}/1"
    before = format_calendar(CalendarHead("log", "UTC"), [(tasks(log)[0], EntryTexts("s"))]).split(b"\r\n")
    log.at(LATER).move(verb, address, **details)
    changed = tasks(log, f"status:open,in_progress,awaiting_customer,done id:{record.id}")[0]
    after = format_calendar(CalendarHead("log", "UTC"), [(changed, EntryTexts("s"))]).split(b"\r\n")
    uid = f"UID:{record.id}-1@commlog".encode()
    assert uid in before
    assert uid in after
    assert b"SEQUENCE:1" in before
    assert b"SEQUENCE:2" in after
    assert b"LAST-MODIFIED:20260316T030000Z" in after
    assert b"LAST-MODIFIED:20260316T020000Z" in before


def test_a_done_follow_up_was_finished_then(log, record):
    """By the entry that says done, also when it was closed later; one that is open again is not finished."""
    finished = datetime(2026, 3, 16, 2, tzinfo=UTC)
    assert [task.finished for task in tasks(log, "status:done")] == [finished]
    log.at(LATER).move("close", f"{record.id}/3")
    assert [task.finished for task in tasks(log, "status:closed")] == [finished]
    log.at(LATER).move("reopen", f"{record.id}/3", note="again")
    assert {task.finished for task in tasks(log)} == {None}


# Masking


def test_personal_data_is_masked(log):
    """The customer's name wherever it stands, and numbers in free text, unless somebody asks for all of it."""
    log.write("records/customers/li-na.yaml", PERSON)
    log.create("member", "customer=li-na", follow_ups=["给李娜回电 13800000001"])
    (masked,), (full,) = tasks(log), tasks(log, reveal=True)
    assert (masked.follow_up.action, masked.customer_name) == ("给李*回电 138****0001", "李*")
    assert (full.follow_up.action, full.customer_name) == ("给李娜回电 13800000001", "李娜")


def test_results_are_masked(log):
    """What came of it is free text as well."""
    log.write("records/customers/li-na.yaml", PERSON)
    made = log.create("member", "customer=li-na", follow_ups=["call"])
    log.move("done", f"{made.id}/1", result="李娜: 13800000001")
    assert [task.follow_up.result for task in tasks(log, "status:done")] == ["李*: 138****0001"]


def test_who_gave_no_name_has_none(log):
    """`anonymous` is nobody's name."""
    log.create("member", "customer=anonymous", "party.contact=-", follow_ups=["call"])
    assert [task.customer_name for task in tasks(log)] == [""]


# Care


def test_care_dates_are_those_of_the_customers_that_match(log):
    """All of them without a query."""
    log.write("records/customers/li-na.yaml", PERSON)
    kinds = ["birthday", "anniversary", "anniversary"]
    assert [day.kind for day in days(log)] == kinds
    assert [day.kind for day in days(log, "customer:li-na")] == kinds
    assert [day.kind for day in days(log, "owner:wang")] == kinds
    assert days(log, "customer:acme") == ()


def test_names_in_care_dates_are_masked(log):
    """In the name of an anniversary too."""
    log.write("records/customers/li-na.yaml", PERSON)
    assert [(day.customer_name, day.label) for day in days(log)][:2] == [("李*", ""), ("李*", "李*开店")]
    assert [(day.customer_name, day.label) for day in days(log, reveal=True)][:2] == [
        ("李娜", ""),
        ("李娜", "李娜开店"),
    ]


def test_an_id_that_is_a_name_is_not_told(log):
    """Masked, neither the identity nor anything else in the calendar holds it; in full, the id is there."""
    log.write("records/customers/李娜.yaml", PERSON.replace("li-na", "李娜"))
    assert "李娜" not in str(days(log))
    assert {day.customer_id for day in days(log)} == {""}
    assert {day.customer_id for day in days(log, reveal=True)} == {"李娜"}
    assert [day.key for day in days(log)] == [day.key for day in days(log, reveal=True)]


def test_a_care_date_keeps_its_identity(log):
    """Corrected, masked or not, asked for next year: the key is the same, and different for every date."""
    log.write("records/customers/li-na.yaml", PERSON)
    keys = [day.key for day in days(log)]
    assert keys[0] == "li-na-birthday"
    assert len(set(keys)) == 3
    log.write("records/customers/li-na.yaml", PERSON.replace("11-02", "11-03").replace("02-29", "03-02"))
    assert [day.key for day in days(log.at("2027-05-01T00:00:00+08:00"), reveal=True)] == keys


def test_lunar_dates_are_given_for_five_years(log):
    """Those of this year and the next four, from any day of the year; other dates have a rule instead."""
    log.write("records/customers/li-na.yaml", PERSON)
    expected = tuple(day for year in range(2026, 2031) for day in lunar_dates_in(year, 1, 1))
    assert expected[0] == date(2026, 2, 17)
    for instant in ("2026-01-01T00:00:00+08:00", "2026-12-31T00:00:00+08:00"):
        assert [day.dates for day in days(log.at(instant))] == [None, None, expected]


def test_lunar_dates_beyond_the_known_years_are_none(log):
    """They are left out; no rule of the common calendar takes their place."""
    log.write("records/customers/li-na.yaml", PERSON)
    assert days(log.at("2150-01-01T00:00:00+08:00"))[2].dates == ()
