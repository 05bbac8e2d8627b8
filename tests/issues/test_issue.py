"""An issue's verbs: from which states they start, what they need, and what the history keeps."""

import itertools

import pytest

from commlog.errors import ConflictError, UsageError
from commlog.issues.rules import issue
from commlog.issues.rules.issue import (
    NEEDS_IMPROVEMENT,
    NO_ANSWER,
    RESULTS,
    SATISFIED,
    STATUSES,
    Confirmation,
    IssueStep,
)

STEP = IssueStep("2026-03-16T10:00:00+08:00", "wang")
LATER = IssueStep("2026-03-20T09:00:00+08:00", "li")
MOVES = {
    "start": lambda fields: issue.enter(fields, STEP, "start"),
    "wait": lambda fields: issue.enter(fields, STEP, "wait"),
    "fix": lambda fields: issue.fix(fields, STEP, "new belt"),
    "close": lambda fields: issue.close(fields, STEP, "withdrawn"),
    "reopen": lambda fields: issue.reopen(fields, STEP, "again"),
}
ALLOWED = {
    "start": {"open", "fixed", "awaiting_customer"},
    "wait": {"open", "in_progress", "fixed"},
    "fix": {"open", "in_progress", "awaiting_customer"},
    "close": {"open", "in_progress", "fixed", "awaiting_customer"},
    "reopen": {"fixed", "awaiting_customer", "closed"},
}
TARGETS = {"start": "in_progress", "wait": "awaiting_customer", "fix": "fixed", "close": "closed", "reopen": "open"}


@pytest.mark.parametrize(("verb", "status"), list(itertools.product(MOVES, STATUSES)))
def test_a_verb_applies_in_its_states_and_no_others(verb, status):
    """Each verb leads to its state from those it starts from; anywhere else it is refused with a remedy."""
    if status in ALLOWED[verb]:
        assert MOVES[verb]({"id": "i", "status": status})["status"] == TARGETS[verb]
    else:
        with pytest.raises(ConflictError) as caught:
            MOVES[verb]({"id": "i", "status": status})
        assert status in caught.value.message
        assert caught.value.remedy


def test_every_move_adds_one_entry_and_changes_no_other():
    """The history grows by who, when and the new state; earlier entries stay as they are."""
    fields = issue.enter({"status": "open", "history": [{"at": "x", "by": "y", "status": "open"}]}, STEP, "start")
    assert fields["history"] == [
        {"at": "x", "by": "y", "status": "open"},
        {"at": STEP.at, "by": "wang", "status": "in_progress"},
    ]


def test_fixing_dates_it_and_needs_a_solution():
    """Fixed means what was done and on which day; a solution that stands there already will do."""
    with pytest.raises(UsageError):
        issue.fix({"status": "open"}, STEP, "")
    assert issue.fix({"status": "open", "solution": "s"}, STEP, "")["completed_on"] == "2026-03-16"


def test_a_solution_that_is_replaced_is_kept_in_the_history():
    """The former words stand in the entry's note, on one line."""
    fields = issue.fix({"status": "open", "solution": "wait\nfor parts"}, STEP, "replaced")
    assert fields["solution"] == "replaced"
    assert fields["history"][-1]["note"] == "solution=wait / for parts"


@pytest.mark.parametrize(("result", "status"), list(itertools.product(RESULTS, STATUSES)))
def test_an_answer_comes_when_there_is_something_to_answer(result, status):
    """Before a fix no answer is taken; on a closed issue only one that the customer gave."""
    taken = status in {"fixed", "awaiting_customer"} or (status == "closed" and result != NO_ANSWER)
    fields = {"id": "i", "status": status}
    step = STEP._replace(note="louder than before")
    if taken:
        expected = {SATISFIED: "closed", NEEDS_IMPROVEMENT: "open", NO_ANSWER: "awaiting_customer"}[result]
        assert issue.confirm(fields, step, Confirmation(result))["status"] == expected
    else:
        with pytest.raises(ConflictError):
            issue.confirm(fields, step, Confirmation(result))


def test_a_satisfied_customer_closes_the_issue():
    """Who said it, when, how and the score are kept, and the day it was closed."""
    fields = issue.confirm({"status": "fixed"}, STEP, Confirmation(SATISFIED, "Chen", "phone", 5))
    assert fields["confirmation"] == {"result": "satisfied", "by": "Chen", "at": STEP.at, "how": "phone"}
    assert (fields["status"], fields["closed_on"], fields["score"]) == ("closed", "2026-03-16", 5)
    assert fields["history"][-1]["note"] == "confirmation=satisfied (Chen, phone); score=5"


def test_a_satisfied_customer_may_leave_it_open():
    """With keeps_open the state stays, and closing later needs no reason."""
    fields = issue.confirm({"status": "fixed"}, STEP, Confirmation(SATISFIED), keeps_open=True)
    assert fields["status"] == "fixed"
    assert "closed_on" not in fields
    assert issue.close(fields, LATER, "")["closed_on"] == "2026-03-20"


def test_what_is_to_be_improved_starts_a_second_round():
    """The round's days, answer and score move into the history; the reason is listed; the solution stays to be read."""
    fixed = {"status": "fixed", "solution": "new belt", "completed_on": "2026-03-12"}
    fields = issue.confirm(fixed, STEP._replace(note="slips"), Confirmation(NEEDS_IMPROVEMENT, "Chen", "", 2))
    assert fields["reopened"] == [{"at": STEP.at, "by": "wang", "reason": "slips"}]
    assert not {"confirmation", "score", "completed_on", "closed_on"} & set(fields)
    assert fields["history"][-1] == {
        "at": STEP.at,
        "by": "wang",
        "status": "open",
        "note": "slips\ncompleted_on=2026-03-12; confirmation=needs_improvement (Chen); score=2",
    }
    with pytest.raises(UsageError):
        issue.confirm(fixed, STEP, Confirmation(NEEDS_IMPROVEMENT))


def test_a_second_round_needs_a_solution_of_its_own():
    """What the customer was not satisfied with does not count as the new solution."""
    fields = issue.fix({"status": "open"}, STEP, "new belt")
    fields = issue.reopen(fields, STEP, "slips")
    with pytest.raises(UsageError):
        issue.fix(fields, LATER, "")
    assert issue.fix(fields, LATER, "new motor")["history"][-1]["note"] == "solution=new belt"


def test_reopening_keeps_what_a_hand_wrote():
    """A confirmation that no entry of the history tells is kept with its instant."""
    told = {"result": "satisfied", "by": "Chen", "at": "2026-03-10", "how": "phone"}
    fields = issue.reopen({"status": "closed", "confirmation": told, "closed_on": "2026-03-10"}, STEP, "again")
    assert fields["history"][-1]["note"] == (
        "again\nconfirmation=satisfied (Chen, 2026-03-10, phone); closed_on=2026-03-10"
    )


@pytest.mark.parametrize("value", ["satisfied", ["x"], {}, {"by": 3}, None])
def test_a_confirmation_that_is_none_does_no_harm(value):
    """Whatever stands in its place, the issue can be opened again."""
    assert issue.reopen({"status": "closed", "confirmation": value}, STEP, "again")["status"] == "open"


@pytest.mark.parametrize("confirmation", [None, {"result": "no_answer"}, {"result": "needs_improvement"}])
def test_closing_without_the_customer_needs_a_reason(confirmation):
    """No answer is no confirmation; with a reason the issue closes, and the reason stands in it."""
    fields = {"id": "i", "status": "awaiting_customer"} | ({"confirmation": confirmation} if confirmation else {})
    with pytest.raises(UsageError):
        issue.close(fields, STEP, "")
    closed = issue.close(fields, STEP, "called three times")
    assert (closed["closed_reason"], closed["closed_on"]) == ("called three times", "2026-03-16")


@pytest.mark.parametrize("score", [0, 6, -1, 99])
def test_a_score_is_one_to_five(score):
    """Any other number is refused with the range."""
    with pytest.raises(UsageError) as caught:
        issue.confirm({"status": "fixed"}, STEP, Confirmation(SATISFIED, score=score))
    assert "1" in caught.value.remedy
    assert "5" in caught.value.remedy


def test_handing_over_tells_whose_it_was():
    """The entry names the new owner, its note the former one; the same owner again changes nothing."""
    fields = issue.assign({"status": "open", "owner": "zhao"}, STEP, "li", "R&D")
    assert (fields["owner"], fields["department"], fields["status"]) == ("li", "R&D", "open")
    assert fields["history"][-1] == {"at": STEP.at, "by": "wang", "status": "open", "owner": "li", "note": "owner=zhao"}
    assert issue.assign(fields, LATER, "li", "") is fields
    with pytest.raises(UsageError):
        issue.assign(fields, STEP, "", "")
