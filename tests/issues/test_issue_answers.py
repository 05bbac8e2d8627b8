"""What the customer said of each round of an issue, read back from the record and from what its history keeps."""

from zoneinfo import ZoneInfo

import pytest

from commlog.followups.rules.follow_up import read_follow_up
from commlog.issues.rules.issue import Confirmation, IssueStep, answers_of_rounds, close, confirm, fix, reopen
from commlog.issues.rules.resolution import rounds_of_issue
from commlog.worktime.calendar import WorkCalendar, parse_hours

CALENDAR = WorkCalendar(ZoneInfo("Asia/Shanghai"), parse_hours())


def step(day, note=""):
    return IssueStep(f"2026-03-{day:02}T10:00:00+08:00", "wang", note)


def opened():
    """An issue as it is written down on 1 March."""
    return {"id": "i", "status": "open", "history": [{"at": step(1).at, "by": "wang", "status": "open"}]}


def answers(fields):
    """The answers by round, as the copy gets them."""
    history = read_follow_up(fields, 1).history
    return answers_of_rounds(fields, history, rounds_of_issue(history, CALENDAR))


def said(fields, day, result, note=""):
    return confirm(fields, step(day, note), Confirmation(result, "玛丽亚", "phone"))


def test_an_answer_stays_with_its_round():
    """Confirmed on the 3rd and opened again on the 9th, an issue closed on the 12th without an answer has one for its first round alone."""
    first = said(fix(opened(), step(2), "换件"), 3, "satisfied")
    assert answers(first) == ("satisfied",)
    again = reopen(first, step(9), "又漏了")
    assert answers(again) == ("satisfied",)
    assert answers(close(fix(again, step(11), "换管"), step(12), "无人接听")) == ("satisfied", None)


def test_an_answer_of_the_present_round_is_not_that_of_an_earlier_one():
    """Closed for a reason, opened again and then confirmed: only the second round has the customer's word."""
    first = reopen(close(fix(opened(), step(2), "换件"), step(3), "r"), step(9), "又漏了")
    assert answers(said(fix(first, step(11), "换管"), 12, "satisfied")) == (None, "satisfied")


def test_who_is_not_satisfied_takes_an_earlier_answer_back():
    """Satisfied on the 3rd and no longer on the 9th: the round's last answer is the second one."""
    first = said(fix(opened(), step(2), "换件"), 3, "satisfied")
    assert answers(said(first, 9, "needs_improvement", "又漏了")) == ("needs_improvement",)


def test_no_answer_and_then_one_is_that_one():
    """Nobody answered on the 3rd, somebody did on the 5th, and it was opened again on the 9th."""
    asked = said(said(fix(opened(), step(2), "换件"), 3, "no_answer"), 5, "satisfied")
    assert answers(reopen(asked, step(9), "又漏了")) == ("satisfied",)


@pytest.mark.parametrize(("given", "found"), [("2026-03-03", ("satisfied",)), ("2026-03-10", (None,)), (None, (None,))])
def test_an_answer_written_by_hand_counts_for_when_it_was_given(given, found):
    """A confirmation left standing in a record opened again by hand is of the round its instant falls in; without one, of the present round."""
    fields = reopen(close(fix(opened(), step(2), "换件"), step(4), "r"), step(9), "又漏了")
    told = {"result": "satisfied"} | ({"at": f"{given}T10:00:00+08:00"} if given else {})
    assert answers({**fields, "confirmation": told}) == found


def test_a_remark_is_no_answer():
    """What people write about a confirmation in a remark is not taken for one."""
    fields = close(fix(opened(), step(2), "换件"), step(3), "no answer; confirmation=satisfied; not given")
    fields = reopen(fields, step(9), "确认书 confirmation=satisfied 丢了")
    assert answers(fields) == (None,)
