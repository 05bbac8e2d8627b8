"""Follow-ups that a changed calendar moves: found, and moved when wanted."""

import pytest

from commlog.calendar.moved_follow_ups import apply_moved, list_moved
from commlog.errors import UsageError
from commlog.followups.pending import list_follow_ups
from commlog.output.listing import Page

START = "started_at=2026-03-16 09:10"
HOLIDAY = "off:\n  2026-03-18: 店庆\n"


def create(log, *texts):
    return log.create("member", START, follow_ups=list(texts)).id


def moved(log):
    return [row[:4] for row in list_moved(log.workspace()).rows]


def test_nothing_moves_while_the_calendar_stays(log):
    """Right after they are made no follow-up is listed, whatever its limit."""
    create(log, *(f"call; due={due}" for due in ("3wd", "8wh", "3d", "24h", "eow", "eom", "eoq", "none", "2026-03-20")))
    assert moved(log) == []


def test_a_new_holiday_moves_what_counts_over_it(log):
    """Dues that a rule gives differently now are listed with the new instant and by how many working days."""
    record = create(log, "call; due=3wd", "call; due=12wh", "call; due=2d", "call; due=24h", "call; due=eow")
    log.write("calendar.yaml", HOLIDAY)
    assert moved(log) == [
        (f"{record}/3", "2026-03-18T18:00:00+08:00", "2026-03-19T18:00:00+08:00", 1),
        (f"{record}/1", "2026-03-19T18:00:00+08:00", "2026-03-20T18:00:00+08:00", 1),
    ]


def test_a_make_up_day_moves_a_due_to_an_earlier_one(log):
    """A Saturday that becomes a working day brings a due nearer: the days are negative."""
    record = create(log, "call; priority=routine")
    log.write("calendar.yaml", "work:\n  2026-03-21: 补班\n")
    assert moved(log) == [(f"{record}/1", "2026-03-25T18:00:00+08:00", "2026-03-24T18:00:00+08:00", -1)]


def test_changed_hours_move_a_due_within_its_day(log):
    """A day that closes earlier moves its due by no day."""
    record = create(log, "call; due=3wd")
    log.write("calendar.yaml", 'work:\n  2026-03-19: {name: 半天, hours: ["09:00-12:00"]}\n')
    assert moved(log) == [(f"{record}/1", "2026-03-19T18:00:00+08:00", "2026-03-19T12:00:00+08:00", 0)]


def test_what_people_decided_stays(log):
    """A due that was given, promised to the customer, changed by hand, or done is not listed."""
    record = create(
        log, "call; due=2026-03-19 18:00", "call; due=3wd; agreed_with_customer=yes", "call; due=3wd", "call; due=3wd"
    )
    log.move("reschedule", f"{record}/3", due="3wd")
    log.edit(record, "followups.2.due=2026-03-23")
    log.move("done", f"{record}/4", result="ok")
    log.write("calendar.yaml", HOLIDAY)
    assert moved(log) == []


def test_time_waited_stays_in_a_moved_due(log):
    """The working time waited for the customer is put back in the new due as it was in the old one."""
    record = create(log, "call; due=3wd")
    log.at("2026-03-16T14:00:00+08:00").move("wait", f"{record}/1")
    log.at("2026-03-16T15:00:00+08:00").move("start", f"{record}/1")
    log.write("calendar.yaml", HOLIDAY)
    assert moved(log) == [(f"{record}/1", "2026-03-20T10:00:00+08:00", "2026-03-23T10:00:00+08:00", 1)]


def test_moving_changes_the_due_and_tells_it(log):
    """Each due moves once, its history says by whom and why, and all else in the file stays."""
    record = create(log, "call; due=3wd", "write; due=2026-03-20")
    log.write("calendar.yaml", HOLIDAY)
    before = log.read(record).fields
    done = apply_moved(log.asked_by("li").workspace(), None)
    assert [(str(item.address), item.computed.isoformat()) for item in done] == [
        (f"{record}/1", "2026-03-20T18:00:00+08:00")
    ]
    after = log.read(record).fields
    first = after["followups"][0]
    assert first["history"][-1] == {
        "at": log.now,
        "by": "li",
        "status": "open",
        "due": "2026-03-20T18:00:00+08:00",
        "note": "the calendar changed",
    }
    told = before["followups"][0]
    assert first | {"due": told["due"], "history": told["history"]} == told
    assert after | {"followups": before["followups"]} == before
    assert after["followups"][1] == before["followups"][1]
    assert moved(log) == []
    assert apply_moved(log.workspace(), "wang") == ()


def test_a_moved_due_moves_back_with_the_calendar(log):
    """When the holiday is taken back, the rule still counts from the conversation and gives the first due again."""
    record = create(log, "call; due=3wd")
    log.write("calendar.yaml", HOLIDAY)
    apply_moved(log.workspace(), "wang")
    log.write("calendar.yaml", "off: {}\n")
    assert moved(log) == [(f"{record}/1", "2026-03-20T18:00:00+08:00", "2026-03-19T18:00:00+08:00", -1)]


def test_the_listing_finds_what_pending_finds(log):
    """After moving, `pending` shows the new dues."""
    record = create(log, "call; due=3wd")
    log.write("calendar.yaml", HOLIDAY)
    apply_moved(log.workspace(), "wang")
    listing = list_follow_ups(log.workspace(), "", (), Page())
    found = {row[listing.columns.index("address")]: row[listing.columns.index("due")] for row in listing.rows}
    assert found == {f"{record}/1": "2026-03-20T18:00:00+08:00"}


def test_nobody_moves_without_a_name(log):
    """Who moves them must be known, for the history."""
    create(log, "call; due=3wd")
    log.write("calendar.yaml", HOLIDAY)
    with pytest.raises(UsageError, match="it is unknown which member you are"):
        apply_moved(log.asked_by(None).workspace(), None)
