"""A timeline: every event of a customer, newest first, with conversations, links and follow-ups."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commlog.customers.timeline import Timeline, letters_of, list_timeline
from commlog.errors import NotFoundError, UsageError


def at(day: int) -> str:
    """The instant of a morning in March."""
    return f"2026-03-{day:02}T09:00:00+08:00"


def call(log: Any, day: int, *assignments: str, **more: Any) -> Any:
    """A conversation of a morning in March."""
    return log.at(at(day)).create("service", f"started_at={at(day)}", *assignments, **more)


def timeline(log: Any, **more: Any) -> Timeline:
    """What happened with the one customer of the log."""
    return list_timeline(log.workspace(), "acme", **more)


def test_the_newest_comes_first_whatever_it_is(log: Any) -> None:
    """Conversations, surveys and every step of an issue are in one order of time."""
    first = call(log, 2)
    survey = log.at(at(4)).create("survey", "requested_on=2026-03-04", "scores.response_speed=2")
    issue = log.at(at(3)).create("issue", "reported_on=2026-03-03", "status=in_progress")
    path = log.root / issue.path
    text = path.read_text(encoding="utf-8").replace("status: in_progress", "status: closed")
    path.write_text(
        text + "closed_on: 2026-03-06\nclosed_reason: 客户搬走\nreopened:\n"
        "  - {at: 2026-03-05T10:00:00+08:00, by: li, reason: 又响了，Big}\n",
        encoding="utf-8",
    )
    events = timeline(log).events
    assert [(event.time, event.event, event.id) for event in events] == [
        ("2026-03-06", "issue_closed", issue.id),
        ("2026-03-05 10:00", "issue_reopened", issue.id),
        ("2026-03-04", "survey", survey.id),
        ("2026-03-03", "issue_reported", issue.id),
        ("2026-03-02 09:00", "interaction", first.id),
    ]
    assert [event.note for event in events] == ["客户搬走", "又响了，Big", "2–4", None, None]


def test_an_issue_reported_and_closed_on_one_day_is_closed_last(log: Any) -> None:
    """Of one day's events of an issue the closing is the newest, the report the oldest, though only their day is known."""
    issue = log.at(at(3)).create("issue", "reported_on=2026-03-03", "status=in_progress")
    path = log.root / issue.path
    text = path.read_text(encoding="utf-8").replace("status: in_progress", "status: closed")
    again = "reopened:\n  - {at: 2026-03-03T10:00:00+08:00, by: li, reason: 又响了}\n"
    path.write_text(f"{text}closed_on: 2026-03-03\nclosed_reason: 客户搬走\n{again}", encoding="utf-8")
    assert [event.event for event in timeline(log).events] == ["issue_closed", "issue_reopened", "issue_reported"]


def test_records_of_one_conversation_share_a_letter(log: Any) -> None:
    """Linked records have the same letter, the newest conversation the first; a record alone has none."""
    first = call(log, 2)
    call(log, 3)
    call(log, 4, links=[(first.id, "follows")])
    third = call(log, 5)
    call(log, 6, links=[(third.id, "answers")])
    assert [event.thread for event in timeline(log).events] == ["A", "A", "B", "", "B"]


def test_a_number_from_outside_joins_no_conversation(log: Any) -> None:
    """Two records that quote the same outside number are not one conversation; the link is still shown."""
    for day in (2, 3):
        call(log, day, links=[("ref:JS-1", "relates")])
    assert {(event.thread, event.links) for event in timeline(log).events} == {("", (("ref:JS-1", "relates"),))}


def test_follow_ups_stand_in_their_record(log: Any) -> None:
    """Each follow-up has its address, its state and when it was done."""
    record = call(
        log,
        2,
        "outcome=follow_up",
        follow_ups=["action=寄样品; owner=li; due=2026-03-10", "action=问13812345678; owner=li; due=2026-03-30"],
    )
    log.at(at(5)).move("done", f"{record.id}/1", result="已寄")
    (event,) = timeline(log).events
    assert [(step.address, step.is_pending, step.is_overdue, step.done) for step in event.steps] == [
        (f"{record.id}/1", False, False, "2026-03-05 09:00"),
        (f"{record.id}/2", True, False, None),
    ]
    assert event.steps[1].action == "问138****5678"
    assert timeline(log, reveal=True).events[0].steps[1].action == "问13812345678"


def test_a_limit_says_what_it_leaves_out(log: Any) -> None:
    """The newest stay, and the rest is counted."""
    records = [call(log, day) for day in (2, 3, 4)]
    cut = timeline(log, limit=1)
    assert [event.id for event in cut.events] == [records[-1].id]
    assert cut.left_out == 2


@pytest.mark.parametrize(
    ("since", "days"), [("2026-03", 3), ("2026-03-03", 2), ("1w", 0), ("13d", 2), ("上月", 3), ("2027", 0), ("", 3)]
)
def test_since_is_a_period_or_a_distance(log: Any, since: str, days: int) -> None:
    """It bounds the timeline by the first day of a period, or by days back from today."""
    for day in (2, 3, 4):
        call(log, day)
    assert len(timeline(log, since=since).events) == days


def test_since_that_is_neither_is_refused(log: Any) -> None:
    """The refusal shows how to write it."""
    with pytest.raises(UsageError) as caught:
        timeline(log, since="someday")
    assert "2026-Q1" in caught.value.remedy


def test_records_of_the_merged_are_in_it(log: Any) -> None:
    """What is recorded under a duplicate's id happened with who stays."""
    log.write("records/customers/beta.yaml", "id: beta\ntemplate: customer\nname: 贝塔\ntype: company\nstage: active\n")
    record = call(log, 2, "customer=beta")
    path = log.root / "records/customers/beta.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "merged_into: acme\n", encoding="utf-8")
    found = list_timeline(log.workspace(), "beta")
    assert (found.customer, found.merged, [event.id for event in found.events]) == ("acme", ("beta",), [record.id])


def test_nobody_has_no_timeline(log: Any) -> None:
    """An unknown customer is not found."""
    with pytest.raises(NotFoundError):
        list_timeline(log.workspace(), "nobody")


@given(st.integers(min_value=0, max_value=10_000))
def test_letters_are_all_different(number: int) -> None:
    """No two conversations have the same letters, and fewer letters come first."""
    assert letters_of(number) != letters_of(number + 1)
    assert len(letters_of(number)) <= len(letters_of(number + 1))


def test_letters_run_on_after_z() -> None:
    """After Z comes AA."""
    assert [letters_of(number) for number in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
