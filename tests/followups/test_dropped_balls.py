"""Dropped balls: each rule finds what it is for, and keeps quiet where somebody looks after the customer."""

from typing import Any

import pytest

from commlog.check.context import WHOLE_LOG
from commlog.check.inspect import inspect_log
from commlog.followups.dropped import find_dropped_balls
from commlog.followups.rules.dropped import TEXTS, find_earlier_contact, promises_contact
from commlog.problems import KINDS, WARNING

TUESDAY = "2026-03-10T10:00:00+08:00"
WEDNESDAY = "2026-03-11T10:00:00+08:00"
THURSDAY = "2026-03-12T10:00:00+08:00"
BETA = "id: beta\ntemplate: customer\nname: 贝塔\ntype: company\nstage: active\n"


def told(log: Any, customer: str | None = None) -> list[tuple[str, str]]:
    """The rule and the record of everything that is dropped."""
    return [(ball.rule, ball.record_id) for ball in find_dropped_balls(log.workspace(), customer)]


def begun(instant: str) -> str:
    """An assignment that puts a conversation at an instant."""
    return f"started_at={instant}"


def test_a_contact_whose_work_was_cancelled_is_unanswered(log: Any) -> None:
    """An inbound call left open is told once its only follow-up was closed undone and nobody called since."""
    then = log.at(TUESDAY)
    record = then.create(
        "member", begun(TUESDAY), "outcome=follow_up", follow_ups=["action=寄样品; owner=li; due=2026-03-12"]
    )
    assert told(log) == []
    then.move("close", f"{record.id}/1", note="缺货")
    assert told(log) == [("unanswered-contact", record.id)]


def test_a_young_contact_is_not_unanswered_yet(log: Any) -> None:
    """What came on the working day before is not told: a whole working day has to lie between."""
    friday = log.at("2026-03-13T10:00:00+08:00")
    record = friday.create("member", "outcome=follow_up", follow_ups=["action=寄样品; owner=li; due=2026-03-17"])
    friday.move("close", f"{record.id}/1", note="缺货")
    assert told(log) == []
    assert told(log.at("2026-03-17T10:00:00+08:00")) == [("unanswered-contact", record.id)]


@pytest.mark.parametrize("assignment", ["direction=outbound", "direction=inbound"])
def test_a_later_conversation_is_an_answer(log: Any, assignment: str) -> None:
    """Somebody who was spoken to since is not unanswered, whoever called."""
    then = log.at(TUESDAY)
    record = then.create(
        "member", begun(TUESDAY), "outcome=follow_up", follow_ups=["action=寄样品; owner=li; due=2026-03-12"]
    )
    then.move("close", f"{record.id}/1", note="缺货")
    log.at(WEDNESDAY).create("member", begun(WEDNESDAY), assignment)
    assert told(log) == []


def test_an_attempt_that_reached_nobody_is_no_answer(log: Any) -> None:
    """Ringing without being heard leaves a contact unanswered."""
    then = log.at(TUESDAY)
    record = then.create(
        "member", begun(TUESDAY), "outcome=follow_up", follow_ups=["action=寄样品; owner=li; due=2026-03-12"]
    )
    then.move("close", f"{record.id}/1", note="缺货")
    log.at(WEDNESDAY).create("member", begun(WEDNESDAY), "direction=outbound", "reached=false")
    assert told(log) == [("unanswered-contact", record.id)]


def test_a_resolved_contact_needs_no_answer(log: Any) -> None:
    """What the record itself calls resolved is not told."""
    log.at(TUESDAY).create("service", begun(TUESDAY))
    assert told(log) == []


def test_a_call_back_that_was_never_recorded_is_told(log: Any) -> None:
    """A follow-up that promises a call is done, and no conversation came after."""
    then = log.at(TUESDAY)
    record = then.create("service", "outcome=follow_up", follow_ups=["action=回电告知到货日; owner=li; due=2026-03-11"])
    log.at(WEDNESDAY).move("done", f"{record.id}/1", result="已告知")
    assert told(log.at(WEDNESDAY)) == []
    assert told(log) == [("call-back-not-recorded", record.id)]


def test_a_recorded_call_back_is_not_told(log: Any) -> None:
    """The call that keeps the promise may be recorded before the follow-up is called done."""
    record = log.at(TUESDAY).create(
        "service", "outcome=follow_up", follow_ups=["action=回电; owner=li; due=2026-03-11"]
    )
    log.at(WEDNESDAY).create("service", begun("2026-03-11T09:00:00+08:00"), "direction=outbound")
    log.at(WEDNESDAY).move("done", f"{record.id}/1", result="已告知")
    assert told(log) == []


def test_inside_work_that_is_done_promises_no_call(log: Any) -> None:
    """A follow-up that speaks of no contact and was agreed with nobody is done when it is done."""
    record = log.at(TUESDAY).create(
        "service", "outcome=follow_up", follow_ups=["action=查同批次中轴; owner=li; due=2026-03-11"]
    )
    log.at(WEDNESDAY).move("done", f"{record.id}/1", result="没有问题")
    assert told(log) == []


def test_a_time_agreed_with_the_customer_is_a_promise(log: Any) -> None:
    """Whatever a follow-up says, agreed with the customer it promises a contact."""
    record = log.at(TUESDAY).create(
        "service",
        "outcome=follow_up",
        follow_ups=["action=给出方案; owner=li; due=2026-03-11; agreed_with_customer=true"],
    )
    log.at(WEDNESDAY).move("done", f"{record.id}/1", result="方案已定")
    assert told(log) == [("call-back-not-recorded", record.id)]


def test_a_contact_with_a_merged_customer_counts(log: Any) -> None:
    """A conversation recorded under the duplicate's id answers the customer who stays, and the other way round."""
    log.write("records/customers/beta.yaml", BETA + "merged_into: acme\n")
    record = log.at(TUESDAY).create(
        "service", "outcome=follow_up", follow_ups=["action=回电; owner=li; due=2026-03-11"]
    )
    log.at(WEDNESDAY).move("done", f"{record.id}/1", result="已告知")
    assert told(log) == [("call-back-not-recorded", record.id)]
    later = log.at(WEDNESDAY).create("service", begun(WEDNESDAY), "direction=outbound")
    path = log.root / later.path
    path.write_text(path.read_text(encoding="utf-8").replace("customer: acme", "customer: beta"), encoding="utf-8")
    assert told(log) == told(log, "acme") == told(log, "beta") == []


def test_a_summary_that_speaks_of_an_earlier_call_wants_a_link(log: Any) -> None:
    """Speaking of an earlier contact without a link is told with the record that is probably meant."""
    first = log.at(TUESDAY).create("service", begun(TUESDAY))
    second = log.at(WEDNESDAY).create("service", begun(WEDNESDAY), "summary=客户再次来电，要求换机")
    (ball,) = find_dropped_balls(log.workspace())
    assert (ball.rule, ball.record_id) == ("missing-link", second.id)
    assert dict(ball.facts) == {"words": "再次来电", "suggestion": first.id}


def test_nothing_is_missing_with_a_link_or_without_an_earlier_record(log: Any) -> None:
    """A linked record is not told, nor one of a customer with nothing to link to."""
    first = log.at(TUESDAY).create("service", begun(TUESDAY), "summary=客户再次来电，要求换机")
    log.at(WEDNESDAY).create("service", begun(WEDNESDAY), "summary=客户再次来电", links=[(first.id, "follows")])
    assert told(log) == []


@pytest.mark.parametrize(
    "text",
    [
        "第二次来电：仍不制冷",
        "上次答应的回电没有等到",
        "之前反映过",
        "as i said last time",
        "she called again about it",
        "see my earlier mail",
    ],
)
def test_words_for_an_earlier_contact(text: str) -> None:
    """Each of these speaks of an earlier contact."""
    assert find_earlier_contact(text)


@pytest.mark.parametrize(
    "text", ["上次保养是去年", "再次购买", "客户又说要两台", "try again later", "the second room", "before noon"]
)
def test_words_that_only_look_like_an_earlier_contact(text: str) -> None:
    """Repeating something that is no contact is none of our business."""
    assert not find_earlier_contact(text)


def test_words_that_promise_a_contact() -> None:
    """A call back is a promise in both languages; a report to a colleague is none."""
    assert promises_contact("三天内回电") and promises_contact("call back with a date")
    assert not promises_contact("把建议提交运营部评估") and not promises_contact("recall the batch")


def test_an_open_issue_without_a_next_action_is_told(log: Any) -> None:
    """An issue nobody has anything to do for is told until somebody has, or it is closed."""
    issue = log.at(TUESDAY).create("issue", "reported_on=2026-03-10", "status=open")
    assert told(log) == [("issue-without-next-action", issue.id)]
    log.add(issue.id, "action=查原因; owner=li; due=2026-03-20")
    assert told(log) == []


def test_a_conversation_of_the_issue_may_hold_its_next_action(log: Any) -> None:
    """A pending follow-up anywhere in the issue's conversation is a next action."""
    record = log.at(TUESDAY).create(
        "service", "outcome=follow_up", follow_ups=["action=上门; owner=li; due=2026-03-20"]
    )
    log.at(TUESDAY).create("issue", "reported_on=2026-03-10", "status=open", links=[(record.id, "relates")])
    assert told(log) == []


@pytest.mark.parametrize("step", ["dissatisfied", "very_dissatisfied"])
def test_dissatisfaction_without_a_follow_up_is_told(log: Any, step: str) -> None:
    """A dissatisfied customer whom nobody is going to call is told."""
    record = log.at(TUESDAY).create("service", begun(TUESDAY), f"satisfaction={step}")
    assert told(log) == [("low-score-without-follow-up", record.id)]


def test_satisfaction_with_a_follow_up_or_a_later_call_is_not_told(log: Any) -> None:
    """Fair is no low score, and a later conversation looks after an earlier low one."""
    log.at(TUESDAY).create("service", begun(TUESDAY), "satisfaction=dissatisfied")
    log.at(WEDNESDAY).create("service", begun(WEDNESDAY), "satisfaction=fair", "direction=outbound")
    assert told(log) == []


def test_one_low_dimension_of_a_survey_is_enough(log: Any) -> None:
    """Two of five points in any dimension are told; three are not."""
    low = log.at(TUESDAY).create("survey", "requested_on=2026-03-10", "scores.response_speed=2")
    log.at(TUESDAY).edit(low.id, unset=("followups",))
    log.at(TUESDAY).create("survey", "requested_on=2026-03-10", "scores.response_speed=3")
    assert told(log) == [("low-score-without-follow-up", low.id)]


def test_one_customer_is_asked_for_alone(log: Any) -> None:
    """What is dropped of one customer is not told of another."""
    log.write("records/customers/beta.yaml", BETA)
    log.at(TUESDAY).create("service", begun(TUESDAY), "satisfaction=dissatisfied")
    assert len(told(log, "acme")) == 1
    assert told(log, "beta") == []


def test_a_promise_without_a_follow_up_is_among_them(log: Any) -> None:
    """What we agreed to and nobody keeps is a dropped ball, too."""
    record = log.create("relationship", fields={"agreements": [{"by": "us", "what": "给出清单"}]})
    assert told(log, "acme") == [("promise-without-follow-up", record.id)]


def test_check_warns_of_each_with_its_line(log: Any) -> None:
    """Every rule is a warning of `check`, at the line of what gives it away, with something to do."""
    record = log.at(TUESDAY).create(
        "service", "outcome=follow_up", follow_ups=["action=回电; owner=li; due=2026-03-11"]
    )
    log.at(WEDNESDAY).move("done", f"{record.id}/1", result="已告知")
    inspection = inspect_log(log.workspace(), WHOLE_LOG)
    (problem,) = inspection.problems
    assert (problem.code, problem.severity) == ("call-back-not-recorded", WARNING)
    assert inspection.errors == 0
    assert inspection.lines[problem.path, problem.line].strip() == "status: done"
    assert f"{record.id}/1" in problem.message and problem.remedy
    assert all(KINDS[rule].severity == WARNING for rule in TEXTS)
