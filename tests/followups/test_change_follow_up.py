"""A follow-up's life: its limit, its verbs in every state, and what its history tells."""

import itertools

import pytest

from commlog.errors import ConflictError, InvalidError, NotFoundError, UsageError
from commlog.followups.change import FollowUpDetails, reschedule_follow_up
from commlog.followups.rules.follow_up import STATUSES, VERBS, next_number, read_follow_up
from commlog.messages import use_language

START = "started_at=2026-03-16 09:10"


# Limits


@pytest.mark.parametrize(
    ("priority", "due", "rule"),
    [
        ("urgent", "2026-03-17T09:10:00+08:00", "24h"),
        ("important", "2026-03-19T18:00:00+08:00", "3wd"),
        ("routine", "2026-03-25T18:00:00+08:00", "7wd"),
        ("紧急", "2026-03-17T09:10:00+08:00", "24h"),
    ],
)
def test_the_limit_of_a_follow_up_counts_from_the_start(log, priority, due, rule):
    """Made with the record, a follow-up's limit counts from the start of a conversation whose end is not told."""
    record = log.create("member", START, follow_ups=[f"action=call; priority={priority}"])
    follow_up = record.fields["followups"][0]
    assert (follow_up["due"], follow_up["due_rule"]) == (due, rule)


def test_the_limit_counts_from_the_end_when_it_is_told(log):
    """With an end, 24 hours count from it, not from the start or from the time of recording."""
    record = log.create("member", START, "ended_at=2026-03-16 09:40", follow_ups=["call; priority=urgent"])
    assert record.fields["followups"][0]["due"] == "2026-03-17T09:40:00+08:00"


def test_the_limit_of_a_follow_up_added_later_counts_from_then(log):
    """A follow-up added two days later has its 24 hours from the moment it is added."""
    record = log.create("member", START)
    added = log.at("2026-03-18T11:20:00+08:00").add(record.id, "call; priority=urgent")
    assert added["due"] == "2026-03-19T11:20:00+08:00"
    assert added["history"] == [{"at": "2026-03-18T11:20:00+08:00", "by": "wang", "status": "open"}]


def test_after_closing_time_the_next_working_day_is_the_start_day(log):
    """A call on Friday at 19:00 starts on Monday: three working days end on Thursday."""
    record = log.create("member", "started_at=2026-03-13 19:00", follow_ups=["call; priority=important"])
    assert record.fields["followups"][0]["due"] == "2026-03-19T18:00:00+08:00"


def test_without_a_priority_the_default_one_sets_the_limit(log):
    """A follow-up with neither due nor priority has the log's default priority, and says so."""
    follow_up = log.create("member", START, follow_ups=["call"]).fields["followups"][0]
    assert (follow_up["priority"], follow_up["due_rule"]) == ("routine", "7wd")


@pytest.mark.parametrize(
    ("text", "due", "rule"),
    [
        ("3wd", "2026-03-19T18:00:00+08:00", "3wd"),
        ("+2d", None, None),
        ("2026-03-20", "2026-03-20", "given"),
        ("2026-03-20 17:00", "2026-03-20T17:00:00+08:00", "given"),
        ("周五", "2026-03-20", "given"),
        ("明天17点", "2026-03-17T17:00:00+08:00", "given"),
        ("none", None, "none"),
    ],
)
def test_a_due_that_is_given_wins_over_the_priority(log, text, due, rule):
    """An explicit due is stored as given, a limit as what it comes to; `none` clears it."""
    follow_up = log.create("member", START, follow_ups=[f"call; priority=urgent; due={text}"]).fields["followups"][0]
    if rule is None:
        assert follow_up["due"].startswith("2026-03-18")
    else:
        assert (follow_up.get("due"), follow_up["due_rule"]) == (due, rule)
    assert follow_up["priority"] == "urgent"


@pytest.mark.parametrize("text", ["call; due=someday", "call; priority=soonish", "call; colour=red", "call; 17:00"])
def test_a_follow_up_that_is_not_understood_is_refused(log, text):
    """A due, priority or key nobody knows is an error, and nothing is written."""
    before = log.files()
    with pytest.raises((UsageError, InvalidError)):
        log.create("member", follow_ups=[text])
    assert log.files() == before


@pytest.mark.parametrize(
    ("urgency", "due", "rule"),
    [
        ("high", "2026-03-19T18:00:00+08:00", "3wd"),
        ("medium", "2026-03-31T18:00:00+08:00", "eom"),
        ("low", None, "none"),
    ],
)
def test_the_urgency_of_a_relationship_form_sets_the_limit(log, urgency, due, rule):
    """High is three working days, medium the end of the month, low has no limit."""
    follow_up = log.create("relationship", START, f"urgency={urgency}", follow_ups=["call"]).fields["followups"][0]
    assert (follow_up["priority"], follow_up.get("due"), follow_up["due_rule"]) == (urgency, due, rule)


def test_the_next_step_of_a_call_back_sets_the_limit(log):
    """`follow_up_3_days` is three calendar days; steps that are no priority leave the default."""
    first = log.create("visit", START, "next_step=follow_up_3_days", follow_ups=["call"]).fields["followups"][0]
    assert (first["priority"], first["due"], first["due_rule"]) == (
        "follow_up_3_days",
        "2026-03-19T18:00:00+08:00",
        "3d",
    )
    assert (
        log.create("visit", START, "next_step=transfer", follow_ups=["call"]).fields["followups"][0]["priority"]
        == "routine"
    )


def test_a_follow_ups_own_priority_wins_over_the_forms(log):
    """The form's urgency is only a default."""
    follow_up = log.create("relationship", START, "urgency=low", follow_ups=["call; priority=urgent"]).fields[
        "followups"
    ][0]
    assert follow_up["due"] == "2026-03-17T09:10:00+08:00"


# What a follow-up says


@pytest.mark.parametrize(
    "text",
    [
        "action=call the customer; owner=li; priority=urgent; method=phone; agreed_with_customer=yes",
        "action＝call the customer；owner＝李静；priority＝紧急；method＝phone；agreed_with_customer＝是",
        "跟进事项=call the customer; 责任人/部门=li; 优先级=紧急; 跟进方式=phone; 已与客户约定=是",
        "事项=call the customer; 责任人=li; 优先级=紧急; 跟进方式=phone; 已与客户约定=是; 期限=24h",
        '{"action": "call the customer", "owner": "li", "priority": "urgent", "method": "phone", "agreed_with_customer": true}',
        "{action: call the customer, owner: li, priority: urgent, method: phone, agreed_with_customer: true}",
        "call the customer; owner=li; priority=urgent; method=phone; agreed_with_customer=true",
    ],
)
def test_a_follow_up_may_be_written_in_several_ways(log, text):
    """Pairs, labels, full-width signs, JSON and YAML come to the same follow-up."""
    assert log.create("member", START, follow_ups=[text]).fields["followups"] == [
        {
            "n": 1,
            "action": "call the customer",
            "method": "phone",
            "owner": "li",
            "priority": "urgent",
            "due": "2026-03-17T09:10:00+08:00",
            "due_rule": "24h",
            "status": "open",
            "agreed_with_customer": True,
            "history": [{"at": "2026-03-16T10:00:00+08:00", "by": "wang", "status": "open"}],
        }
    ]


def test_the_owner_is_whoever_records_unless_told(log):
    """Without an owner the agent has it; a department that is no member stays as it is written."""
    first, second = log.create("member", follow_ups=["call", "send; owner=物流部"]).fields["followups"]
    assert (first["owner"], second["owner"]) == ("wang", "物流部")


def test_numbers_are_never_reused(log):
    """After the last follow-up is taken out by hand, the next one does not get a number that was given before."""
    record = log.create("member", follow_ups=["first", "second"])
    assert [item["n"] for item in record.fields["followups"]] == [1, 2]
    log.edit(record.id, unset=("followups.0",))
    assert log.add(record.id, "third")["n"] == 3


@pytest.mark.parametrize("numbers", [[], [1], [1, 2], [2], [7, 3], ["x"], [None, 4]])
def test_the_next_number_is_above_all_others(numbers):
    """The next number is one above the highest, in whatever order they stand."""
    fields = {"followups": [{"n": n, "action": "a"} for n in numbers]}
    taken = [item.n for item in (read_follow_up(f, place) for place, f in enumerate(fields["followups"], 1))]
    assert next_number(fields) == max(taken, default=0) + 1


# Verbs and states

RESULT = {"done": {"result": "said yes"}, "close": {"note": "not needed"}, "reopen": {"note": "still broken"}}
ALLOWED = {
    ("start", "open"): "in_progress",
    ("start", "awaiting_customer"): "in_progress",
    ("wait", "open"): "awaiting_customer",
    ("wait", "in_progress"): "awaiting_customer",
    ("done", "open"): "done",
    ("done", "in_progress"): "done",
    ("done", "awaiting_customer"): "done",
    ("close", "open"): "closed",
    ("close", "in_progress"): "closed",
    ("close", "awaiting_customer"): "closed",
    ("close", "done"): "closed",
    ("reopen", "done"): "open",
    ("reopen", "closed"): "open",
}


def bring_to(log, status):
    """A record whose only follow-up is in a state, and the follow-up's address."""
    record = log.create("member", START, follow_ups=["call; priority=important"])
    address = f"{record.id}/1"
    path = {"open": [], "in_progress": ["start"], "awaiting_customer": ["wait"], "done": ["done"], "closed": ["close"]}[
        status
    ]
    for verb in path:
        log.move(verb, address, **RESULT.get(verb, {}))
    return address


@pytest.mark.parametrize(("verb", "status"), list(itertools.product(VERBS, STATUSES)))
def test_every_verb_in_every_state(log, verb, status):
    """A verb leads to one state and is told in the history, or is refused and changes nothing."""
    address = bring_to(log, status)
    before = log.follow_up(address)
    later = log.at("2026-03-17T15:00:00+08:00").asked_by("li")
    if (verb, status) not in ALLOWED:
        with pytest.raises(ConflictError):
            later.move(verb, address, **RESULT.get(verb, {}))
        assert log.follow_up(address) == before
        return
    after = later.move(verb, address, **RESULT.get(verb, {}))
    assert after["status"] == ALLOWED[verb, status]
    *earlier, last = after["history"]
    assert earlier == before["history"]
    assert (last["at"], last["by"], last["status"]) == ("2026-03-17T15:00:00+08:00", "li", after["status"])
    assert (after["owner"], after["priority"], after["due_rule"]) == (
        before["owner"],
        before["priority"],
        before["due_rule"],
    )
    is_moved = verb == "reopen" or (status == "awaiting_customer" and verb != "wait")
    assert (after["due"] != before["due"], last.get("due", before["due"])) == (is_moved, after["due"])


@pytest.mark.parametrize("status", ["open", "in_progress", "awaiting_customer"])
def test_done_needs_a_result(log, status):
    """A follow-up is not done without saying what came of it; the result is kept."""
    address = bring_to(log, status)
    with pytest.raises(UsageError, match="result"):
        log.move("done", address)
    assert log.move("done", address, result="said yes")["result"] == "said yes"


def test_a_result_that_is_there_will_do(log):
    """When the record has the result already, done asks for none."""
    address = bring_to(log, "open")
    log.edit(address.partition("/")[0], "followups.0.result=said yes")
    assert log.move("done", address)["status"] == "done"


@pytest.mark.parametrize("status", ["open", "in_progress", "awaiting_customer"])
def test_closing_what_is_not_done_needs_a_reason(log, status):
    """A follow-up that was not done is cancelled, which needs a note; one that is done needs none."""
    address = bring_to(log, status)
    with pytest.raises(UsageError, match="reason"):
        log.move("close", address)
    assert log.move("close", address, note="customer left")["history"][-1]["note"] == "customer left"
    done = bring_to(log, "done")
    assert log.move("close", done)["status"] == "closed"


@pytest.mark.parametrize("status", ["done", "closed"])
def test_reopening_needs_a_reason(log, status):
    """What was done or closed is opened again with a note."""
    address = bring_to(log, status)
    with pytest.raises(UsageError, match="reason"):
        log.move("reopen", address)
    assert log.move("reopen", address, note="again")["status"] == "open"


def test_a_satisfaction_goes_with_done(log):
    """How satisfied the customer is may be said with done; another word is refused."""
    address = bring_to(log, "open")
    with pytest.raises(InvalidError):
        log.move("done", address, result="ok", satisfaction="thrilled")
    assert log.move("done", address, result="ok", satisfaction="satisfied")["customer_satisfaction"] == "satisfied"


def test_a_satisfaction_may_be_given_by_its_label(log):
    """Input accepts labels: 满意 is stored as `satisfied`."""
    address = bring_to(log, "open")
    assert log.move("done", address, result="ok", satisfaction="满意")["customer_satisfaction"] == "satisfied"


@pytest.mark.parametrize("status", STATUSES)
def test_assigning_is_told_in_the_history(log, status):
    """Another owner, by any of their names, and who gave it to them, are appended; the state stays."""
    address = bring_to(log, status)
    before = log.follow_up(address)
    after = log.move("assign", address, owner="李静", note="on leave")
    assert after["owner"] == "li"
    assert after["status"] == status
    assert after["history"] == [
        *before["history"],
        {"at": log.now, "by": "wang", "status": status, "owner": "li", "note": "on leave"},
    ]


def test_assigning_needs_an_owner(log):
    """Assign without an owner is a mistake of use."""
    with pytest.raises(UsageError, match="owner"):
        log.move("assign", bring_to(log, "open"))


@pytest.mark.parametrize("status", ["done", "closed"])
def test_what_is_over_is_not_rescheduled(log, status):
    """Another due for what is done or closed is refused: it would change whether it was in time."""
    with pytest.raises(ConflictError, match="reschedule"):
        log.move("reschedule", bring_to(log, status), due="2026-03-27")


@pytest.mark.parametrize("status", [status for status in STATUSES if status not in {"done", "closed"}])
def test_rescheduling_is_told_in_the_history(log, status):
    """Another due stands in the follow-up and in the history; the state stays."""
    address = bring_to(log, status)
    before = log.follow_up(address)
    after = log.move("reschedule", address, due="2026-03-27", note="parts late")
    assert (after["due"], after["due_rule"], after["status"]) == ("2026-03-27", "given", status)
    assert after["history"] == [
        *before["history"],
        {"at": log.now, "by": "wang", "status": status, "note": "parts late", "due": "2026-03-27"},
    ]


def test_a_due_can_be_cleared(log):
    """`none` takes the due away and the history says so."""
    after = log.move("reschedule", bring_to(log, "open"), due="none")
    assert "due" not in after
    assert after["due_rule"] == "none"
    assert after["history"][-1]["due"] == "none"


def test_another_priority_counts_from_where_it_began(log):
    """Three days later, urgent still means 24 hours from the conversation."""
    address = bring_to(log, "open")
    after = log.at("2026-03-18T11:00:00+08:00").move("reschedule", address, priority="urgent")
    assert (after["priority"], after["due"], after["due_rule"]) == ("urgent", "2026-03-17T09:10:00+08:00", "24h")


def test_rescheduling_needs_a_due_or_a_priority(log):
    """Reschedule without either is a mistake of use; a priority this log has not is one too."""
    address = bring_to(log, "open")
    with pytest.raises(UsageError):
        log.move("reschedule", address)
    with pytest.raises(UsageError, match="soonish"):
        log.move("reschedule", address, priority="soonish")


def test_a_verb_may_reschedule_as_well(log):
    """Start with a due gives one history entry with both."""
    after = log.move("start", bring_to(log, "open"), due="3wd", note="called")
    assert after["history"][-1] == {
        "at": log.now,
        "by": "wang",
        "status": "in_progress",
        "note": "called",
        "due": "2026-03-19T18:00:00+08:00",
    }
    assert after["due_rule"] == "3wd"


# Addresses


def test_a_record_with_one_follow_up_may_be_named_alone(log):
    """The number may be left out where there is only one; otherwise it is asked for, with the choices."""
    one = log.create("member", follow_ups=["call"])
    assert log.move("start", one.id)["status"] == "in_progress"
    two = log.create("member", follow_ups=["call", "write"])
    with pytest.raises(UsageError) as caught:
        log.move("start", two.id)
    assert f"{two.id}/1, {two.id}/2" in caught.value.remedy


@pytest.mark.parametrize("number", ["3", "0", "99999999999999999999"])
def test_a_number_that_is_not_there_lists_those_that_are(log, number):
    """A wrong number names the right ones."""
    record = log.create("member", follow_ups=["call", "write"])
    with pytest.raises(NotFoundError) as caught:
        log.move("start", f"{record.id}/{number}")
    assert f"{record.id}/1" in caught.value.remedy


@pytest.mark.parametrize("number", ["", "x", "-1", "²"])
def test_what_is_no_number_is_a_mistake_of_use(log, number):
    """What stands after the slash is a number."""
    record = log.create("member", follow_ups=["call", "write"])
    with pytest.raises(UsageError):
        log.move("start", f"{record.id}/{number}")


def test_a_follow_up_is_addressed_by_its_number_not_its_place(log):
    """After the first is gone, /2 still means the second."""
    record = log.create("member", follow_ups=["first", "second", "third"])
    log.edit(record.id, unset=("followups.0",))
    assert log.move("start", f"{record.id}/2")["action"] == "second"


def test_nobody_asking_is_an_error(log):
    """Who moves a follow-up must be known, for the history."""
    address = bring_to(log, "open")
    with pytest.raises(UsageError, match="it is unknown which member you are"):
        log.asked_by(None).move("start", address)
    assert log.asked_by(None).move("start", address, by="小王")["history"][-1]["by"] == "wang"


# Time waited for the customer


def test_time_waited_is_put_back(log):
    """A follow-up that waited two working days for the customer is due two working days later, and the history says so."""
    address = bring_to(log, "open")
    log.at("2026-03-17T10:00:00+08:00").move("wait", address)
    after = log.at("2026-03-19T10:00:00+08:00").move("start", address)
    assert (after["due"], after["due_rule"]) == ("2026-03-23T18:00:00+08:00", "3wd")
    assert after["history"][-1]["due"] == after["due"]


def test_only_working_time_is_put_back(log):
    """Waiting over a weekend moves the due by the working hours of the wait, not by the days."""
    address = bring_to(log, "open")
    log.at("2026-03-20T17:00:00+08:00").move("wait", address)
    after = log.at("2026-03-23T09:30:00+08:00").move("start", address)
    assert after["due"] == "2026-03-20T10:30:00+08:00"


def test_a_time_promised_to_the_customer_is_kept(log):
    """What was agreed with the customer does not move because they were slow to answer."""
    address = bring_to(log, "open")
    log.edit(address.partition("/")[0], "followups.0.agreed_with_customer=yes")
    log.at("2026-03-17T10:00:00+08:00").move("wait", address)
    after = log.at("2026-03-19T10:00:00+08:00").move("start", address)
    assert after["due"] == "2026-03-19T18:00:00+08:00"


def test_a_due_given_with_start_wins_over_the_time_waited(log):
    """An explicit due is the due."""
    address = bring_to(log, "awaiting_customer")
    assert log.at("2026-03-19T10:00:00+08:00").move("start", address, due="2026-03-20")["due"] == "2026-03-20"


def test_no_limit_stays_none_after_waiting(log):
    """A follow-up without a due has none afterwards either; one whose due is no date is left as it is."""
    address = bring_to(log, "open")
    log.move("reschedule", address, due="none")
    log.move("wait", address)
    assert "due" not in log.at("2026-03-19T10:00:00+08:00").move("start", address)
    path = "records/interactions/2026/03/20260310-aaaaaa.yaml"
    log.write(
        path,
        LAYOUT.replace("due: 2026-03-20", "due: whenever")
        .replace("        status: open", "        status: awaiting_customer")
        .replace("status:  open", "status: awaiting_customer"),
    )
    assert log.move("start", "20260310-aaaaaa/2")["due"] == "whenever"


def test_another_priority_keeps_the_time_waited(log):
    """A changed priority counts from the original start, the time waited for the customer added."""
    address = bring_to(log, "open")
    log.at("2026-03-16T14:00:00+08:00").move("wait", address)
    log.at("2026-03-18T14:00:00+08:00").move("start", address)
    after = log.at("2026-03-18T15:00:00+08:00").move("reschedule", address, priority="urgent")
    assert after["due"] == "2026-03-19T09:10:00+08:00"


def test_a_second_round_is_measured_from_its_own_opening(log):
    """After a reopening another priority counts from the reopening, and the waits of the first round are over."""
    address = bring_to(log, "awaiting_customer")
    log.at("2026-03-18T14:00:00+08:00").move("start", address)
    log.at("2026-03-18T15:00:00+08:00").move("done", address, result="ok")
    log.at("2026-03-19T11:00:00+08:00").move("reopen", address, note="no")
    after = log.at("2026-03-19T12:00:00+08:00").move("reschedule", address, priority="urgent")
    assert after["due"] == "2026-03-20T11:00:00+08:00"


@pytest.mark.parametrize(("verb", "more"), [("done", {"result": "yes"}), ("close", {"note": "no need"})])
def test_time_waited_is_put_back_at_the_end_as_well(log, verb, more):
    """What ends while it waits for the customer is measured without the time waited, and the history says so."""
    address = bring_to(log, "open")
    log.at("2026-03-17T10:00:00+08:00").move("wait", address)
    after = log.at("2026-03-23T10:00:00+08:00").move(verb, address, **more)
    assert after["due"] == after["history"][-1]["due"] == "2026-03-25T18:00:00+08:00"


def test_a_pause_is_put_back_once(log):
    """After another priority while it waits, going on puts back the whole wait, and not twice."""
    address = bring_to(log, "open")
    log.at("2026-03-17T10:00:00+08:00").move("wait", address)
    during = log.at("2026-03-18T10:00:00+08:00").move("reschedule", address, priority="routine")
    assert during["due"] == "2026-03-25T18:00:00+08:00"
    after = log.at("2026-03-19T10:00:00+08:00").move("start", address)
    assert after["due"] == "2026-03-27T18:00:00+08:00"
    again = log.at("2026-03-19T11:00:00+08:00").move("reschedule", address, priority="routine")
    assert again["due"] == "2026-03-27T18:00:00+08:00"


@pytest.mark.parametrize(
    ("due", "before", "expected"),
    [
        ("2026-03-27 18:00", "2026-03-27T18:00:00+08:00", "2026-03-30T18:00:00+08:00"),
        ("3wd", "2026-03-23T18:00:00+08:00", "2026-03-24T18:00:00+08:00"),
    ],
)
def test_a_due_set_while_it_waits_knew_of_the_wait_so_far(log, due, before, expected):
    """Of a wait in which the due was set anew only the time after that is put back."""
    address = bring_to(log, "open")
    log.at("2026-03-17T10:00:00+08:00").move("wait", address)
    assert log.at("2026-03-18T10:00:00+08:00").move("reschedule", address, due=due)["due"] == before
    assert log.at("2026-03-19T10:00:00+08:00").move("start", address)["due"] == expected


def test_an_earlier_pause_is_not_put_back_again(log):
    """A state set to waiting by hand tells no pause; going on from it moves nothing."""
    address = bring_to(log, "open")
    log.at("2026-03-17T10:00:00+08:00").move("wait", address)
    resumed = log.at("2026-03-18T10:00:00+08:00").move("start", address)
    path = log.root / log.read(address.partition("/")[0]).path
    path.write_text(path.read_text("utf-8").replace("status: in_progress\n", "status: awaiting_customer\n", 1), "utf-8")
    assert log.follow_up(address)["status"] == "awaiting_customer"
    assert log.at("2026-03-20T10:00:00+08:00").move("start", address)["due"] == resumed["due"]


def test_a_reopening_gives_a_new_due(log):
    """A second round has its limit from the reopening on, so that it is not overdue at once; the history says so."""
    address = bring_to(log, "done")
    after = log.at("2026-03-25T11:00:00+08:00").move("reopen", address, note="broken again")
    assert (after["due"], after["due_rule"]) == ("2026-03-30T18:00:00+08:00", "3wd")
    assert after["history"][-1]["due"] == after["due"]


@pytest.mark.parametrize(
    ("due", "expected", "rule"),
    [
        ("2026-03-27", "2026-03-27", "given"),
        ("2026-03-20", "2026-03-30T18:00:00+08:00", "3wd"),
        ("24h", "2026-03-26T11:00:00+08:00", "24h"),
        ("none", None, "none"),
    ],
)
def test_a_reopening_keeps_what_was_given_and_is_still_ahead(log, due, expected, rule):
    """A given moment is kept while it is ahead and gives way to the priority's limit when it is over; no limit stays none."""
    address = bring_to(log, "open")
    log.move("reschedule", address, due=due)
    log.move("done", address, result="ok")
    after = log.at("2026-03-25T11:00:00+08:00").move("reopen", address, note="again")
    assert (after.get("due"), after["due_rule"]) == (expected, rule)


@pytest.mark.parametrize(
    ("at", "expected", "agreed"),
    [
        ("2026-03-18T11:00:00+08:00", "2026-03-19T18:00:00+08:00", True),
        ("2026-03-20T11:00:00+08:00", "2026-03-25T18:00:00+08:00", False),
    ],
)
def test_a_reopening_keeps_a_promise_that_is_still_ahead(log, at, expected, agreed):
    """What was agreed with the customer holds in the second round until it is over; a due computed then is no promise."""
    address = bring_to(log, "open")
    log.edit(address.partition("/")[0], "followups.0.agreed_with_customer=yes")
    log.move("done", address, result="ok")
    after = log.at(at).move("reopen", address, note="again")
    assert (after["due"], after["agreed_with_customer"]) == (expected, agreed)


def test_a_due_given_with_reopening_wins(log):
    """An explicit due is the due of the second round."""
    after = log.at("2026-03-25T11:00:00+08:00").move("reopen", bring_to(log, "closed"), note="again", due="2wd")
    assert (after["due"], after["due_rule"]) == ("2026-03-27T18:00:00+08:00", "2wd")


def test_reopening_does_not_ask_for_a_priority_the_log_knows(log):
    """A given due that is over, with a priority this log no longer has, gets the limit of the default priority."""
    path = "records/interactions/2026/03/20260310-aaaaaa.yaml"
    done = LAYOUT.replace("priority: urgent", "priority: gone").replace("due_rule: 24h", "due_rule: given")
    log.write(path, done.replace("    status: open\n", "    status: done\n    result: ok\n", 1))
    assert log.move("reopen", "20260310-aaaaaa/1", note="again")["due_rule"] == "7wd"


def test_a_priority_may_be_given_by_its_label(log):
    """Reschedule and add-follow-up take 紧急 for urgent."""
    record = log.create("member", START, follow_ups=["call"])
    assert log.move("reschedule", f"{record.id}/1", priority="紧急")["priority"] == "urgent"
    assert log.add(record.id, "call; priority=紧急")["priority"] == "urgent"


# The file

LAYOUT = """\
# A record somebody takes good care of by hand
template:   service      # the desk's form
id: 20260310-aaaaaa
"customer": acme
agent: 'wang'
direction: inbound

channel: phone
started_at: 2026-03-10T09:00:00+08:00
recorded_at: 2026-03-10T09:30:00+08:00
tags:
    - one
    - "two"
subject: "Leaking tap"
summary: >-
  folded
  text
scenario: complaint
problem: |
  first line

  third line   # no comment
request: r
outcome: follow_up
followups:
  # the first was easy
  - n: 1
    action: send a plumber   # at once
    owner: wang
    priority: urgent
    due: 2026-03-11T09:00:00+08:00
    due_rule: 24h
    status: open
    history:
      - {at: 2026-03-10T09:30:00+08:00, by: wang, status: open}
  # >>> the second
  - action: 'call back'
    n: 2
    status:  open      # as of today
    owner: li
    due_rule: given
    due: 2026-03-20
    history:
      - at: 2026-03-10T09:30:00+08:00
        by: wang
        status: open
  # <<< the second
  - {n: 3, action: write, owner: li, due_rule: none, status: open, history: [{at: 2026-03-10T09:30:00+08:00, by: wang, status: open}]}
# after the list
extra: {a: 1,   b: [x,y]}
# the end
"""
VERB_DETAILS = {
    "start": {},
    "wait": {"note": "asked"},
    "done": {"result": "two\nlines: of # result"},
    "close": {"note": "gone"},
    "assign": {"owner": "wang"},
    "reschedule": {"due": "2026-04-01 17:00"},
}


@pytest.mark.parametrize("verb", VERB_DETAILS)
def test_the_rest_of_the_file_survives_byte_for_byte(log, verb):
    """A verb changes nothing outside its follow-up: comments, quotes, order, spacing stay as they were."""
    path = "records/interactions/2026/03/20260310-aaaaaa.yaml"
    log.write(path, LAYOUT)
    log.move(verb, "20260310-aaaaaa/2", **VERB_DETAILS[verb])
    after = (log.root / path).read_text(encoding="utf-8")
    begin, end = LAYOUT.index("  - action: 'call back'"), LAYOUT.index("  # <<< the second")
    assert after.startswith(LAYOUT[:begin])
    assert after.endswith(LAYOUT[end:])
    inside = after[begin : len(after) - len(LAYOUT[end:])]
    kept = [
        "  - action: 'call back'\n    n: 2\n",
        "      - at: 2026-03-10T09:30:00+08:00\n        by: wang\n        status: open\n",
    ]
    assert all(piece in inside for piece in kept)
    if verb in {"start", "wait", "done", "close"}:
        assert "      # as of today" in inside


@pytest.mark.parametrize("verb", VERB_DETAILS)
def test_a_follow_up_on_one_line_can_be_moved_too(log, verb):
    """A follow-up written in braces is changed in its own lines only."""
    path = "records/interactions/2026/03/20260310-aaaaaa.yaml"
    log.write(path, LAYOUT)
    log.move(verb, "20260310-aaaaaa/3", **VERB_DETAILS[verb])
    after = (log.root / path).read_text(encoding="utf-8")
    begin, end = LAYOUT.index("  - {n: 3"), LAYOUT.index("# after the list")
    assert after.startswith(LAYOUT[:begin])
    assert after.endswith(LAYOUT[end:])


def test_adding_and_reopening_keep_the_file_too(log):
    """A new follow-up stands after the last one, and what was reopened keeps its first round."""
    path = "records/interactions/2026/03/20260310-aaaaaa.yaml"
    log.write(path, LAYOUT)
    log.add("20260310-aaaaaa", "one more")
    after = (log.root / path).read_text(encoding="utf-8")
    begin = LAYOUT.index("# after the list")
    assert after.startswith(LAYOUT[:begin])
    assert after.endswith(LAYOUT[begin:])
    log.move("done", "20260310-aaaaaa/4", result="ok")
    log.move("reopen", "20260310-aaaaaa/4", note="no")
    statuses = [entry["status"] for entry in log.follow_up("20260310-aaaaaa/4")["history"]]
    assert statuses == ["open", "done", "open"]


def test_an_old_mistake_does_not_stop_a_verb(log):
    """A record that was invalid before may still have its follow-up done; new mistakes are refused."""
    path = "records/interactions/2026/03/20260310-aaaaaa.yaml"
    log.write(path, LAYOUT.replace("scenario: complaint", "scenario: nonsense"))
    assert log.move("done", "20260310-aaaaaa/2", result="ok")["status"] == "done"
    before = (log.root / path).read_text(encoding="utf-8")
    with pytest.raises(InvalidError):
        log.move("done", "20260310-aaaaaa/1", result="ok", satisfaction="nonsense")
    assert (log.root / path).read_text(encoding="utf-8") == before


def test_a_state_that_does_not_fit_is_told_as_the_form_calls_it(log):
    """The refusal names the state in the language in use, and the call that goes on names the follow-up itself."""
    address = f"{log.create('member', follow_ups=['call']).id}/1"
    log.move("close", address, note="n")
    use_language("zh")
    try:
        with pytest.raises(ConflictError) as caught:
            log.move("start", address)
        told = (caught.value.message, caught.value.remedy)
        with pytest.raises(ConflictError) as caught:
            reschedule_follow_up(log.workspace(), address, FollowUpDetails(due="3wd"))
    finally:
        use_language("en")
    assert "已关闭" in told[0]
    assert "closed" not in told[0]
    assert f"commlog reopen {address} --reason" in told[1]
    assert f"commlog reopen {address} --reason" in caught.value.remedy
