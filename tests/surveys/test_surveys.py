"""Surveys in a log: sent out, answered, imported, followed up when low, and their figures."""

import json
import secrets
from datetime import date

import pytest

from commlog.errors import AmbiguousError, ConflictError, InvalidError, NotFoundError, UsageError
from commlog.exchange.import_records import ImportOptions
from commlog.exchange.import_surveys import columns_like_scores, import_surveys
from commlog.exchange.incoming import Incoming, Row
from commlog.surveys.record import answers_of, find_survey, open_requests, record_answers, request_survey
from commlog.surveys.rules import quarter_of
from commlog.surveys.trend import COLUMN_NAMES, list_surveys, survey_trend


def request(log, customer="acme", **given):
    """A survey sent out."""
    return request_survey(log.workspace(), customer, given, secrets.choice)


def answer(log, target, *scores, again=False, **given):
    """Answers written down, as the command does it."""
    workspace = log.workspace()
    survey = find_survey(workspace, target, given.get("period"))
    known = given if survey else {"customer": target, **given}
    return record_answers(workspace, survey, answers_of(workspace, known, scores, ()), secrets.choice, again=again)


def incoming(line, key, **fields):
    """A row as the map makes it."""
    customer = fields.pop("customer", "acme")
    given = {"period": "2026-Q1", "entered_by": "customer", "assessed_on": "2026-03-10", **fields}
    return Incoming(Row(line, {}, []), "survey", given, customer, key=key)


def test_a_request_is_stored_without_scores(log):
    """The customer by any name, this quarter, today, who asked; it is valid, and waits."""
    record = request(log, "Acme Ltd", contact="陈经理")
    assert {key: record.fields[key] for key in ("customer", "period", "requested_on", "contact", "agent")} == {
        "customer": "acme",
        "period": "2026-Q1",
        "requested_on": "2026-03-16",
        "contact": "陈经理",
        "agent": "wang",
    }
    assert open_requests(log.workspace(), "acme") == [(record.id, "2026-q1")]


def test_nobody_is_asked_twice_about_a_period(log):
    """The second request is refused by the first one's id; another period may be asked about, and again when it is answered."""
    first = request(log)
    with pytest.raises(ConflictError) as caught:
        request(log, period="2026-q1")
    assert first.id in caught.value.message
    request(log, period="2026-Q2")
    answer(log, first.id, "overall=4")
    assert request(log).id != first.id


def test_an_answer_goes_into_the_survey_that_was_sent_out(log):
    """Named by its customer: the same file, with the request's day kept and the scores in the form's order."""
    sent = request(log)
    recorded = answer(log.at("2026-03-20T10:00:00+08:00"), "acme", "总体满意度=4", "product_quality=5")
    fields = recorded.record.fields
    assert recorded.record.id == sent.id
    assert (fields["requested_on"], fields["assessed_on"], fields["entered_by"]) == (
        "2026-03-16",
        "2026-03-20",
        "staff",
    )
    assert list(fields["scores"].items()) == [("product_quality", 5), ("overall", 4)]
    assert recorded.low == {}
    assert "followups" not in fields


def test_an_answer_nobody_asked_for_is_a_new_survey(log):
    """It has no day of a request: it counts in no response rate."""
    recorded = answer(log, "acme", "overall=4", period="2026-Q1")
    assert "requested_on" not in recorded.record.fields
    assert survey_trend(log.workspace()).responses[0].requested == 0


def test_an_answered_survey_is_not_answered_again(log):
    """By its id it is refused; the file stays as it is."""
    sent = request(log)
    answer(log, sent.id, "overall=4")
    before = log.text_of(log.read(sent.id))
    with pytest.raises(ConflictError):
        answer(log, sent.id, "overall=5")
    assert log.text_of(log.read(sent.id)) == before


def test_a_second_answer_about_a_period_has_to_be_wanted(log):
    """It is refused by the first one's id, however the period is written and whoever they were merged from; another period is free."""
    first = answer(log, "acme", "overall=4", period="2026-q1").record.id
    before = log.files()
    with pytest.raises(ConflictError) as caught:
        answer(log, "acme", "overall=2")
    assert first in caught.value.message
    assert f"survey edit {first}" in caught.value.remedy
    assert "--again" in caught.value.remedy
    assert log.files() == before
    assert answer(log, "acme", "overall=2", again=True).record.id != first
    assert answer(log, "acme", "overall=5", period="2026-Q2").record.id != first
    merged = "id: old\ntemplate: customer\nname: 旧\ntype: company\nstage: active\n"
    log.write("records/customers/old.yaml", merged)
    answer(log, "old", "overall=3", period="2025-H1")
    log.write("records/customers/old.yaml", merged + "merged_into: acme\n")
    with pytest.raises(ConflictError):
        answer(log, "acme", "overall=3", period="2025-H1")


def test_whoever_gave_no_name_is_somebody_else_each_time(log):
    """Two anonymous answers about one period are two people's."""
    first = answer(log, "anonymous", "overall=4").record.id
    assert answer(log, "anonymous", "overall=5").record.id != first


def test_columns_that_look_like_scores_are_found(log):
    """By a header near a dimension's, or by cells that are all scores, the empty ones aside; others are left alone."""
    cells = [
        {"产品质量评分": "很好", "nps": "5", "数量": "3", "备注": "", "空": ""},
        {"产品质量评分": "", "nps": "", "数量": "12", "备注": "4 分", "空": ""},
    ]
    rows = [Row(line, one, []) for line, one in enumerate(cells, 2)]
    found = columns_like_scores(log.workspace(), list(cells[0]), rows)
    assert {column: near and near.key for column, near in found.items()} == {
        "产品质量评分": "product_quality",
        "nps": None,
    }


def test_an_imported_answer_names_its_member_by_id(log):
    """Whether it is a survey of its own or goes into the one that was sent out."""
    sent = request(log)
    rows = [
        incoming(2, "1" * 32, agent="李静", scores={"overall": 4}),
        incoming(3, "2" * 32, agent="李静", scores={"overall": 4}, period="2025-H2"),
    ]
    result, _ = import_surveys(log.workspace(), rows, ImportOptions())
    assert result.created == 2
    agents = {
        path: log.read(path.rpartition("/")[2].removesuffix(".yaml")).fields["agent"]
        for path in log.files()
        if "surveys" in path
    }
    assert len(agents) == 2
    assert set(agents.values()) == {"li"}
    assert any(sent.id in path for path in agents)


def test_which_survey_is_meant_has_to_be_told(log):
    """Two that wait are listed; the period tells them apart; a conversation is none; a name nobody has is refused."""
    first, second = request(log), request(log, period="2026-Q2")
    with pytest.raises(AmbiguousError) as caught:
        answer(log, "acme", "overall=4")
    assert first.id in caught.value.message
    assert answer(log, "acme", "overall=4", period="2026-Q2").record.id == second.id
    with pytest.raises(UsageError):
        answer(log, log.create("member").id, "overall=4")
    with pytest.raises(NotFoundError):
        answer(log, "nobody", "overall=4")


@pytest.mark.parametrize("text", ["overall=0", "overall=6", "overall=-1", "overall=4.5", "overall=four", "overall="])
def test_a_score_out_of_range_is_refused(log, text):
    """Nothing is written, neither a new survey nor into one that waits."""
    with pytest.raises(InvalidError):
        answer(log, "acme", text)
    sent = request(log)
    with pytest.raises(InvalidError):
        answer(log, "acme", text)
    assert open_requests(log.workspace(), "acme") == [(sent.id, "2026-q1")]


@pytest.mark.parametrize("text", ["overall", "=4", "weather=4", ""])
def test_a_dimension_that_is_none_is_refused(log, text):
    """The dimensions there are are named."""
    with pytest.raises(UsageError) as caught:
        answer(log, "acme", text)
    assert "problem_solving" in caught.value.remedy


def test_no_score_is_no_answer(log):
    """A survey is not answered by a comment alone."""
    with pytest.raises(UsageError):
        answer(log, "acme", comment="fine")


# A low score


def test_a_low_score_opens_a_follow_up(log):
    """The customer's owner is to ask what went wrong, within three working days, by the scores that are low."""
    log.edit("acme", "owner=li")
    recorded = answer(log, "acme", "overall=2", "communication=3", "response_speed=1")
    (item,) = recorded.record.fields["followups"]
    assert (item["owner"], item["priority"], item["due"]) == ("li", "important", "2026-03-19T18:00:00+08:00")
    assert item["action"] == "Ask what went wrong: Speed of response 1, Overall 2"
    assert recorded.follow_up == f"{recorded.record.id}/1"
    assert recorded.low == {"response_speed": 1, "overall": 2}


def test_without_an_owner_who_wrote_it_down_follows_it_up(log):
    """The agent of the survey asks."""
    recorded = answer(log.asked_by("li"), "acme", "overall=1")
    assert recorded.record.fields["followups"][0]["owner"] == "li"


def test_an_old_answer_is_not_followed_up(log):
    """An answer of a month and a day ago that is written down now is history."""
    recorded = answer(log, "acme", "overall=1", assessed_on="2026-02-13")
    assert recorded.low == {"overall": 1}
    assert recorded.follow_up is None
    assert recorded.is_old
    assert answer(log, "acme", "overall=1", assessed_on="2026-02-14", again=True).follow_up


def test_a_form_of_the_log_without_follow_ups_still_takes_the_answer(log):
    """A low score is written although nothing can follow it there."""
    schema = log.workspace().catalog.get("survey").schema
    own = {**schema, "properties": {key: value for key, value in schema["properties"].items() if key != "followups"}}
    log.write("schemas/survey.schema.json", json.dumps(own))
    recorded = answer(log, "acme", "overall=1")
    assert (recorded.follow_up, recorded.is_old) == (None, False)


# Import


def test_every_row_is_accounted_for(log):
    """Answered, created, rejected with its reason; the second time nothing is new."""
    sent = request(log)
    items = [
        incoming(2, "a", scores={"overall": 4}),
        incoming(3, "b", scores={"overall": 1}),
        incoming(4, "c", scores={"overall": 7}),
        incoming(5, "d"),
        incoming(6, "e", customer="nobody", scores={"overall": 1}),
        incoming(7, "f", customer="", scores={"overall": 1}),
    ]
    result, opened = import_surveys(log.workspace(), items, ImportOptions())
    assert (result.rows, result.created, result.present) == (6, 2, 0)
    assert [item.row.line for item in result.rejected] == [4, 5, 6, 7]
    assert opened == 1
    assert log.read(sent.id).fields["scores"] == {"overall": 4}
    assert log.read(sent.id).fields["requested_on"] == "2026-03-16"
    again, opened = import_surveys(log.workspace(), items, ImportOptions())
    assert (again.created, again.present, len(again.rejected), opened) == (0, 2, 4, 0)


def test_a_dry_run_counts_and_writes_nothing(log):
    """The counts are those of the run to come."""
    request(log)
    before = log.files()
    items = [incoming(2, "a", scores={"overall": 4}), incoming(3, "b", scores={"overall": 4})]
    result, _ = import_surveys(log.workspace(), items, ImportOptions(is_dry=True))
    assert result.created == 2
    assert log.files() == before
    assert open_requests(log.workspace(), "acme")


def test_a_low_score_of_a_row_is_followed_up(log):
    """As one that is typed: important, three working days from the import."""
    import_surveys(log.workspace(), [incoming(2, "a", agent="li", scores={"overall": 2})], ImportOptions())
    (row,) = list_surveys(log.workspace(), "", [], ("", -1, False)).rows
    item = log.follow_up(f"{row[0]}/1")
    assert (item["owner"], item["due"], item["due_rule"]) == ("li", "2026-03-19T18:00:00+08:00", "3wd")


# Figures and the list


def test_the_trend_is_that_on_paper(log):
    """Two customers' answers 5 and 2, mean 3.5; one of staff apart; two sent, one answered by another survey of its period."""
    request(log, period="2026-02")
    request(log, period="2026-03")
    log.create(
        "survey",
        "period=2026-02",
        "entered_by=customer",
        "scores.overall=5",
        "assessed_on=2026-02-27",
        "requested_on=2026-02-01",
    )
    log.create("survey", "entered_by=customer", "scores.overall=2", "assessed_on=2026-03-02", "requested_on=2026-02-01")
    answer(log, "acme", "overall=4", period="2025-H2")
    trend = survey_trend(log.workspace())
    assert [(one.entered_by, one.n, one.mean, one.high, one.low) for one in trend.figures] == [
        ("customer", 2, 3.5, 1, 1),
        ("staff", 1, 4.0, 1, 0),
    ]
    (response,) = trend.responses
    assert (response.period, response.requested, response.answered, response.rate) == ("2026-Q1", 4, 3, None)
    months = survey_trend(log.workspace(), "month").responses
    assert [(one.period, one.requested, one.answered) for one in months] == [("2026-02", 2, 2), ("2026-03", 2, 1)]


def test_the_trend_of_one_customer(log):
    """Others do not count; an unknown customer is refused."""
    log.write(
        "records/customers/other.yaml", "id: other\ntemplate: customer\nname: 别家\ntype: company\nstage: active\n"
    )
    answer(log, "other", "overall=1")
    answer(log, "acme", "overall=5")
    assert [one.mean for one in survey_trend(log.workspace(), "month", "别家").figures] == [1.0]
    with pytest.raises(NotFoundError):
        survey_trend(log.workspace(), "month", "nobody")


@pytest.mark.parametrize("value", ["6", "four", "4.5", "[1, 2]", "{a: 1}", "yes", "''"])
def test_a_score_that_a_hand_wrote_wrong_is_left_out_and_said(log, value):
    """It is in no mean; the figures say that something is missing."""
    record = log.create("survey", "scores.overall=3")
    log.write(record.path, log.text_of(record).replace("overall: 3", f"overall: {value}"))
    trend = survey_trend(log.workspace())
    assert trend.figures == ()
    assert trend.left_out == 1


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "soon"])
def test_a_day_out_of_this_world_does_not_stop_the_figures(log, day):
    """The trend answers whatever day a file names."""
    record = log.create("survey", "requested_on=2026-03-01")
    log.write(record.path, log.text_of(record).replace("requested_on: 2026-03-01", f"requested_on: {day}"))
    assert survey_trend(log.workspace()).figures


def test_the_list_tells_what_waits(log):
    """The newest first with the lowest score; --unanswered leaves the answered ones out."""
    sent = request(log)
    answer(log, "acme", "overall=4", "communication=2", period="2025-H2")
    # The request about this quarter is another one: it still waits.
    listing = list_surveys(log.workspace(), "", [], ("", -1, False))
    found = [dict(zip(COLUMN_NAMES, row, strict=True)) for row in listing.rows]
    told = {row["answered"]: (row["overall"], row["lowest"], row["pending"]) for row in found}
    assert told == {False: (None, None, 0), True: (4, 2, 1)}
    only = list_surveys(log.workspace(), "", [], ("", -1, True))
    assert [row[0] for row in only.rows] == [sent.id]


def test_a_dimension_of_a_teams_own_form_counts(log):
    """A dimension added to the log's schema is asked, listed and in the figures, whatever its key is called."""
    schema = json.loads(json.dumps(log.workspace().catalog.get("survey").schema))
    score = schema["properties"]["scores"]["properties"]["overall"]
    schema["properties"]["scores"]["properties"]["it's"] = {**score, "x-label": {"zh": "价格", "en": "Price"}}
    log.write("schemas/survey.schema.json", json.dumps(schema))
    answer(log, "acme", "价格=5")
    (figure,) = survey_trend(log.workspace()).figures
    assert (figure.dimension, figure.mean) == ("it's", 5.0)


def test_a_quarter_by_its_day():
    """March is the first quarter, April the second."""
    assert [quarter_of(date(2026, month, 1)) for month in (1, 3, 4, 12)] == ["2026-Q1", "2026-Q1", "2026-Q2", "2026-Q4"]
