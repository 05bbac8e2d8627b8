"""`why`: a follow-up's due explained, as text and as JSON."""

import json

import pytest

from commlog.errors import NotFoundError, UnreadableError, UsageError
from commlog.followups.text import format_deadline
from commlog.followups.why import explain_due
from commlog.output.labels import Labels

START = "started_at=2026-03-13 19:00"
LABELS = Labels(
    lambda column: {"followups.priority": {"important": "Important"}, "owner": {"wang": "王芳"}}.get(column, {})
)


def made(log, text="action=确认到货日期; priority=important", *assignments):
    return f"{log.create('member', START, *assignments, follow_ups=[text]).id}/1"


def text_of(log, address, output_format="text"):
    return format_deadline(explain_due(log.workspace(), address), output_format, LABELS)


def lines_of(log, address):
    return text_of(log, address).splitlines()


def test_an_explanation_reads_day_by_day(log):
    """Rule, priority and start, then one aligned line a day with days off together, then how late it is."""
    address = made(log)
    assert lines_of(log.at("2026-03-20T10:00:00+08:00"), address) == [
        f"{address}  确认到货日期",
        "due 2026-03-19 18:00 = 3wd (working days, Important), counted from 2026-03-13 19:00: the start of the conversation",
        "  Fri 2026-03-13          -  after closing time",
        "  Sat 2026-03-14 – 03-15  -  weekly day off",
        "  Mon 2026-03-16          0  start day",
        "  Tue 2026-03-17          1",
        "  Wed 2026-03-18          2",
        "  Thu 2026-03-19          3  until 18:00",
        "overdue by 1 h of working time (working days: 1)",
    ]


def test_dated_days_are_told_by_their_name(log):
    """Days off and make-up days of the calendar stand with the name the team gave them."""
    log.write(
        "calendar.yaml", "off:\n  2026-03-16: 店庆\n  2026-03-17: ''\nwork:\n  2026-03-15: 补班\n  2026-03-14: ''\n"
    )
    days = lines_of(log, made(log))[2:8]
    assert [line.split(maxsplit=2)[2] for line in days] == [
        "-  after closing time",
        "0  start day, make-up working day",
        "1  补班",
        "-  店庆",
        "-  day off",
        "2",
    ]


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("24h", ["  nights, weekends and holidays count"]),
        ("8wh", ["  Fri 2026-03-13                   -",
                 "  Sat 2026-03-14 – 03-15           -  weekly day off",
                 "  Mon 2026-03-16          7 h 30 min",
                 "  Tue 2026-03-17              30 min  until 09:30"]),
        ("1d", ["  Fri 2026-03-13  0", "  Sat 2026-03-14  1  weekly day off", "  Sun 2026-03-15  -  weekly day off",
                "  Mon 2026-03-16  -  the next working day, until 18:00"]),
        ("eow", ["  the week is 2026-03-16 – 2026-03-22; the previous period had already ended",
                 "  Fri 2026-03-20          until 18:00", "  Sat 2026-03-21 – 03-22  weekly day off"]),
    ],
)  # fmt: skip
def test_every_kind_of_limit_tells_what_it_counted(log, due, expected):
    """Elapsed time says that it ran on, working hours how many each day gave, the others which day they came to."""
    lines = lines_of(log, made(log, f"call; due={due}"))
    assert lines[2:-1] == expected


def test_a_given_due_says_so(log):
    """A due given by hand has no days to tell; a date tells when its day closes."""
    assert lines_of(log, made(log, "call; due=2026-03-20"))[1] == "due 2026-03-20 (closes 18:00): set by hand"
    promised = made(log, "call; due=2026-03-20 17:00; agreed_with_customer=yes")
    assert lines_of(log, promised)[1] == "due 2026-03-20 17:00: set by hand, and promised to the customer"
    assert lines_of(log, made(log, "call; due=none"))[1:] == ["no due time: it has no time limit"]


def test_waiting_is_told_while_it_lasts_and_afterwards(log):
    """A pause that runs stops the clock and tells the due it would come to; one that is over tells what it put back."""
    address = made(log)
    log.at("2026-03-17T10:00:00+08:00").move("wait", address)
    waiting = lines_of(log.at("2026-03-18T10:30:00+08:00"), address)
    assert waiting[-2:] == [
        "waiting for the customer since 2026-03-17 10:00: the time limit is paused, 8 h of working time so far",
        "if work continued now, it would be due 2026-03-23 09:30",
    ]
    later = log.at("2026-03-18T10:30:00+08:00")
    later.move("start", address, note="她回了")
    assert lines_of(later, address)[-3:] == [
        "waited for the customer 2026-03-17 10:00 – 2026-03-18 10:30: due time extended by 8 h of working time",
        "due changed 2026-03-18 10:30 by 王芳: 2026-03-23 09:30  她回了",
        "21 h 30 min of working time left (working days: 3)",
    ]


def test_a_due_that_is_not_what_the_rule_gives_is_doubted(log):
    """A calendar that changed since, and a due changed by hand, are told with what the rule gives now."""
    address = made(log)
    log.write("calendar.yaml", "off:\n  2026-03-18: 店庆\n")
    assert lines_of(log, address)[-2] == (
        "! calculated again today, the rule gives 2026-03-20 18:00: the calendar changed since, or the due time was written by hand"
    )
    log.move("reschedule", address, priority="important")
    log.edit(address.partition("/")[0], "followups.0.due=2026-03-23")
    told = lines_of(log, address)
    assert "! the due time was changed by hand: its history gives 2026-03-20 18:00" in told
    assert "! calculated again today, the rule gives 2026-03-20 18:00" in told


def test_a_year_without_its_holidays_is_provisional(log):
    """A due that reaches into a year the calendar does not know yet says that it may still move."""
    log.write("calendar.yaml", "off:\n  2025-01-01: 元旦\n")
    assert any("holidays of 2026 are not in the calendar yet" in line for line in lines_of(log, made(log)))


def test_what_is_done_tells_how_it_ended(log):
    """A follow-up that is done was in time, or late by so much working time."""
    address = made(log)
    log.at("2026-03-19T17:00:00+08:00").move("done", address, result="ok")
    assert lines_of(log, address)[-1] == "done 2026-03-19 17:00, in time: 1 h of working time left"
    late = made(log)
    log.at("2026-03-20T10:00:00+08:00").move("done", late, result="ok")
    assert lines_of(log, late)[-1] == "done 2026-03-20 10:00, late by 1 h of working time (working days: 1)"


def test_many_days_are_cut_in_the_middle(log):
    """Of a long stretch thirty lines and the last ten are shown, and how many days lie between."""
    lines = lines_of(log, made(log, "call; due=200wd"))
    days = [line for line in lines if line.startswith("  ")]
    assert len(days) == 41
    assert days[30].startswith("  … ")
    listed = json.loads(text_of(log, made(log, "call; due=200wd"), "json"))["days"]
    shown = sum(1 if " – " not in line else 2 for line in days if "…" not in line)
    assert int(days[30].split()[-1]) == len(listed) - shown


def test_control_characters_do_not_reach_the_terminal(log):
    """What people wrote is shown harmless."""
    address = made(log)
    log.move("reschedule", address, due="2026-03-20", note="a\u202eb")
    assert "\\u202e" in text_of(log, address)
    assert "\u202e" not in text_of(log, address)


def test_json_has_every_key(log):
    """For programs the same keys are always there, empty where there is nothing."""
    keys = set(json.loads(text_of(log, made(log), "json")))
    none = json.loads(text_of(log, made(log, "call; due=none"), "json"))
    assert set(none) == keys
    assert (none["due"], none["start"], none["days"], none["lateness"]) == (None, None, [], None)
    told = json.loads(text_of(log, made(log), "json"))
    assert told["start"] == {"at": "2026-03-13T19:00:00+08:00", "origin": "conversation_start", "entry": None}
    assert (told["start_day"], told["start_day_because"]) == ("2026-03-16", "after_hours")
    assert told["days"][2] == {
        "date": "2026-03-15", "weekday": 7, "counted": None, "kind": "weekly_off", "name": None, "hours": [],
        "minutes": None,
    }  # fmt: skip


def test_a_follow_up_that_is_not_there(log):
    """A wrong number, a missing one among several, and a record that cannot be read are told as elsewhere."""
    address = made(log)
    with pytest.raises(NotFoundError):
        explain_due(log.workspace(), f"{address[:-1]}7")
    two = log.create("member", follow_ups=["call", "write"])
    with pytest.raises(UsageError, match="is not the number of a follow-up"):
        explain_due(log.workspace(), two.id)
    log.write(two.path, "a: [")
    with pytest.raises(UnreadableError):
        explain_due(log.workspace(), f"{two.id}/1")
