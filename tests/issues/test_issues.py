"""Issues in a log: made from conversations, moved, and listed."""

import secrets

import pytest

from commlog.errors import ConflictError, NotFoundError, UsageError
from commlog.forms.fields import find_field, value_label
from commlog.issues.change import (
    CATEGORIES,
    IssueDetails,
    confirm_issue,
    issue_fields,
    issues_from,
    move_issue,
    pending_of_issue,
)
from commlog.issues.list import COLUMN_NAMES, IssueView, list_issues, read_issues
from commlog.issues.rules.issue import Confirmation
from commlog.messages import use_language
from commlog.records.draft import assign_all
from commlog.records.write import RecordRequest, create_record
from commlog.worktime.limits import Limit
from commlog.worktime.periods import Interval


def make(log, prior, *assignments):
    """An issue from a conversation, as the command makes it."""
    workspace = log.workspace()
    known = issue_fields(workspace, prior)
    fields = assign_all(workspace, workspace.catalog.get("issue"), known, assignments)
    return create_record(workspace, RecordRequest("issue", fields, [(prior, "relates")], choose=secrets.choice))


def rows(log, query="", **view):
    """The rows of a listing by column."""
    listing = list_issues(log.workspace(), query, IssueView(**view))
    return [dict(zip(COLUMN_NAMES, row, strict=True)) for row in listing.rows]


def titles(log, query="", **view):
    """The titles of a listing, in its order."""
    return [row["title"] for row in rows(log, query, **view)]


# From a conversation


def test_what_the_conversation_told_is_not_typed_twice(log):
    """Customer, title, problem, day, category, tags, link and the first entry of the history come of themselves."""
    prior = log.create(
        "service", "scenario=after_sales", "problem=it squeaks", "tags+=bike", "started_at=2026-03-13 16:00"
    )
    fields = make(log, prior.id, "owner=李静").fields
    told = ("customer", "title", "description", "reported_on", "category", "agent", "owner", "status", "tags")
    assert [fields[key] for key in told] == [
        "acme", "s", "it squeaks", "2026-03-13", "product", "wang", "li", "open", ["bike"],
    ]  # fmt: skip
    assert fields["links"] == [{"to": prior.id, "type": "relates"}]
    assert fields["history"] == [{"at": log.now, "by": "wang", "status": "open"}]
    assert issues_from(log.workspace(), prior.id) == (fields["id"],)


def test_the_day_is_when_the_customer_first_reached_out(log):
    """A mail of Friday night that was answered on Monday is reported on Friday, in the log's zone."""
    prior = log.create("member", "started_at=2026-03-16 09:00", "received_at=2026-03-13 23:30")
    assert issue_fields(log.workspace(), prior.id)["reported_on"] == "2026-03-13"


@pytest.mark.parametrize(("field", "slug"), sorted(CATEGORIES))
def test_a_category_is_guessed_only_from_the_table(log, field, slug):
    """Each scenario and need of the table stands for a category that the form has."""
    prior = log.create("service" if field == "scenario" else "relationship", f"{field}={slug}")
    assert make(log, prior.id, "owner=li").fields["category"] == CATEGORIES[field, slug]


def test_a_category_that_no_form_tells_is_not_made_up(log):
    """A complaint may be about anything: the category stays open."""
    assert "category" not in issue_fields(log.workspace(), log.create("service", "scenario=complaint").id)


def test_the_urgency_becomes_the_priority(log):
    """What the form itself names, else what the first follow-up still to be done has."""
    urgent = log.create("relationship", "urgency=high")
    assert issue_fields(log.workspace(), urgent.id)["priority"] == "high"
    followed = log.create("member", follow_ups=["call; priority=urgent"])
    assert issue_fields(log.workspace(), followed.id)["priority"] == "urgent"


def test_an_issue_comes_from_a_conversation_alone(log):
    """Another issue is refused, and so is what is not there."""
    issue = log.create("issue")
    with pytest.raises(UsageError):
        issue_fields(log.workspace(), issue.id)
    with pytest.raises(NotFoundError):
        issue_fields(log.workspace(), "20200101-zzzzzz")


# Moves


def test_a_round_trip_leaves_the_rest_of_the_file_alone(log):
    """Comments and order of a file written by hand survive fix, confirm and reopen; the record stays valid."""
    path = log.create("issue", "owner=li").path
    text = (log.root / path).read_text("utf-8").replace("title: t\n", "title: t  # as on paper\n")
    log.write(path, text)
    record_id = path.rpartition("/")[2].removesuffix(".yaml")
    move_issue(log.workspace(), record_id, "fix", IssueDetails(solution="换新"))
    confirm_issue(log.workspace(), record_id, IssueDetails(), Confirmation("satisfied", "陈经理", "电话", 4))
    closed = log.read(record_id).fields
    assert (closed["status"], closed["closed_on"], closed["score"]) == ("closed", "2026-03-16", 4)
    move_issue(log.workspace(), record_id, "reopen", IssueDetails(by="小王", reason="又坏了"))
    again = log.read(record_id)
    assert "title: t  # as on paper\n" in log.text_of(again)
    assert again.fields["reopened"] == [{"at": log.now, "by": "wang", "reason": "又坏了"}]
    assert "confirmation=satisfied (陈经理, 电话); score=4" in again.fields["history"][-1]["note"]


def test_only_an_issue_has_these_verbs(log):
    """A conversation is refused by its template; an unknown id by what there is."""
    with pytest.raises(UsageError) as caught:
        move_issue(log.workspace(), log.create("member").id, "start", IssueDetails())
    assert "member" in caught.value.message


def test_somebody_has_to_do_it(log):
    """Nobody known is asked for, before the issue's state is looked at."""
    record = log.create("issue")
    with pytest.raises(UsageError):
        move_issue(log.asked_by(None).workspace(), record.id, "start", IssueDetails())


def test_a_member_is_named_in_any_way(log):
    """An owner by alias is stored by id; a department as it is written."""
    record = log.create("issue")
    changed = move_issue(log.workspace(), record.id, "assign", IssueDetails(owner="小王", department="R&D|二部"))
    assert (changed.fields["owner"], changed.fields["department"]) == ("wang", "R&D|二部")


def test_what_is_still_to_be_done_is_known_when_it_closes(log):
    """Follow-ups that are done are not named."""
    record = log.create("issue", follow_ups=["call; owner=li", "write; owner=li"])
    log.move("done", f"{record.id}/1", result="told")
    assert pending_of_issue(log.read(record.id)) == (f"{record.id}/2",)


def test_a_verb_that_does_not_apply_writes_nothing(log):
    """The file is the same byte for byte."""
    record = log.create("issue")
    before = log.text_of(record)
    with pytest.raises(ConflictError):
        confirm_issue(log.workspace(), record.id, IssueDetails(), Confirmation("satisfied"))
    assert log.text_of(record) == before


def test_a_state_is_told_in_the_words_of_the_form(log):
    """What a verb says of the state it does not apply in is the form's word, in the language in use."""
    record = log.create("issue")
    move_issue(log.workspace(), record.id, "close", IssueDetails(reason="r"))
    use_language("zh")
    try:
        with pytest.raises(ConflictError) as caught:
            move_issue(log.workspace(), record.id, "start", IssueDetails())
        words = caught.value.message
    finally:
        use_language("en")
    assert "已关闭" in words
    assert "closed" not in words


def test_the_history_speaks_as_the_state_does(log):
    """Every state of an issue has one word, whether it is told of now or of then."""
    form = log.workspace().catalog.get("issue")
    status, entry = find_field(form, "status"), find_field(form, "history.0.status")
    for slug in status.enum:
        for language in ("zh", "en"):
            assert value_label(entry, slug, language) == value_label(status, slug, language)


# The list


@pytest.fixture
def issues(log):
    """Four issues: three open at several ages, one closed on Wednesday that was reported on Monday."""
    log.create("issue", "title=old", "reported_on=2026-02-02", "department=R&D", "category=price", "owner=wang")
    log.create("issue", "title=week", "reported_on=2026-03-09", "department=r&d", follow_ups=["b; due=2026-03-20"])
    log.create("issue", "title=today", follow_ups=["late; due=2026-03-30", "soon; due=2026-03-18", "none; due=none"])
    log.create(
        "issue", "title=shut", "reported_on=2026-03-02", "status=closed", "closed_on=2026-03-04", "closed_reason=x"
    )
    return log


def test_closed_ones_are_left_out_unless_asked_for(issues):
    """The oldest first; --all, a state, or a word of the query on the state brings the closed ones back."""
    assert titles(issues) == ["old", "week", "today"]
    assert titles(issues, is_all=True) == ["old", "shut", "week", "today"]
    assert titles(issues, statuses=("已关闭",)) == ["shut"]
    assert titles(issues, "status:closed") == ["shut"]
    assert titles(issues, "-status:open") == ["shut"]


def test_age_is_in_working_days(issues):
    """From Monday 9 to Monday 16 March five days began; a closed issue is as old as it became: two."""
    ages = {row["title"]: row["age"] for row in rows(issues, is_all=True)}
    assert ages == {"old": 30, "week": 5, "today": 0, "shut": 2}


def test_what_happens_next_is_the_follow_up_due_first(issues):
    """The soonest pending one with its due; one without a due only when there is no other."""
    found = {row["title"]: (row["next"], row["next_due"], row["pending"]) for row in rows(issues)}
    assert found == {"old": (None, None, 0), "week": ("b", "2026-03-20", 1), "today": ("soon", "2026-03-18", 3)}


def test_names_narrow_the_list(issues):
    """An owner by any name, a department whatever its case, a category by its label, several at once."""
    assert titles(issues, owners=("王芳",)) == ["old"]
    assert titles(issues, owners=("wang", "李静")) == ["old", "week", "today"]
    assert titles(issues, departments=("R&D",)) == ["old", "week"]
    assert titles(issues, categories=("价格",)) == ["old"]
    for view in ({"categories": ("colour",)}, {"statuses": ("asleep",)}, {"by": "weather"}, {"sort": "weather"}):
        with pytest.raises(UsageError):
            titles(issues, **view)


def test_old_ones_by_days_or_working_days(issues):
    """Seven days ago is old enough for 7d; five working days for 5wd, six are more than it has."""
    assert titles(issues, older_than=Interval(7, "d")) == ["old", "week"]
    assert titles(issues, older_than=Interval(8, "d")) == ["old"]
    assert titles(issues, older_than=Limit(5, "wd")) == ["old", "week"]
    assert titles(issues, older_than=Limit(6, "wd")) == ["old"]


def test_grouping_sorts_by_the_column_first(issues):
    """By category, then by day; -age turns the list round; the limit cuts what is left."""
    assert titles(issues, by="category") == ["old", "week", "today"]
    assert titles(issues, by="owner") == ["week", "today", "old"]
    assert titles(issues, sort="-age") == ["today", "week", "old"]
    assert titles(issues, older_than=Limit(1, "wd"), limit=1) == ["old"]


def test_the_records_come_in_the_order_of_the_list(issues):
    """What the form shows is read from the files, in the listing's order."""
    workspace = issues.workspace()
    found = read_issues(workspace, list_issues(workspace, "", IssueView(sort="-reported_on")))
    assert [record.fields["title"] for record in found] == ["today", "week", "old"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-13-45", "yesterday"])
def test_a_day_that_is_none_does_not_stop_the_list(issues, day):
    """Days out of this world, and texts that are no day, are listed as far as they tell anything."""
    record = issues.create("issue", "title=odd")
    issues.write(record.path, issues.text_of(record).replace("reported_on: 2026-03-16", f"reported_on: {day}"))
    assert "odd" in titles(issues)
