"""Each figure of a summary, over a handful of records counted by hand."""

import json
from datetime import datetime

import pytest

from commlog.errors import UsageError
from commlog.log.log import open_log
from commlog.summary.rules.summary import MeasureKey
from commlog.summary.summarize import SummaryRequest, summarize
from commlog.workspace import make_workspace
from tests.build import NOW

# A Monday; no day of this log is dated.
SETTINGS = "timezone: Asia/Shanghai\nlanguage: en\n"


class SmallLog:
    """Records written as files, and a summary of them."""

    def __init__(self, root, settings=SETTINGS):
        self.root = root
        self.number = 0
        (root / "commlog.yaml").write_text(settings, encoding="utf-8")

    def write(self, folder, fields):
        path = self.root / "records" / folder / f"{fields['id']}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(fields, ensure_ascii=False), encoding="utf-8")

    def talk(self, started, **fields):
        """A conversation; its id is given."""
        self.number += 1
        at = f"{started}:00+08:00"
        record = {
            "id": f"{started[:10].replace('-', '')}-aaa{self.number:03}",
            "template": "service",
            "customer": "acme",
            "agent": "wang",
            "direction": "inbound",
            "channel": "phone",
            "started_at": at,
            "recorded_at": at,
            "subject": "s",
            "summary": "s",
            "scenario": "after_sales",
            "problem": "p",
            "request": "r",
            "outcome": "resolved",
        }
        if fields.get("template", "service") != "service":
            for key in ("scenario", "problem", "request", "outcome"):
                del record[key]
        record = {key: value for key, value in {**record, **fields}.items() if value is not None}
        self.write(f"interactions/{record['id'][:4]}/{record['id'][4:6]}", record)
        return record["id"]

    def issue(self, reported, **fields):
        """An issue; its id is given."""
        self.number += 1
        record = {
            "id": f"{reported.replace('-', '')}-bbb{self.number:03}",
            "template": "issue",
            "title": "t",
            "description": "d",
            "reported_on": reported,
            "category": "product",
            "customer": "acme",
            "owner": "li",
            "status": "open",
            **fields,
        }
        self.write(f"issues/{record['id'][:4]}", {key: value for key, value in record.items() if value is not None})
        return record["id"]

    def summary(self, period="2026-03", **request):
        workspace = make_workspace(open_log(self.root, str(self.root)), datetime.fromisoformat(NOW), None)
        try:
            return summarize(workspace, SummaryRequest(period, **request))
        finally:
            workspace.index.close()


def follow_up(due, status="open", *history, **fields):
    """A follow-up of wang's; each entry of its history is (instant, status), the first its opening."""
    entries = [{"at": f"{at}:00+08:00", "by": "wang", "status": state} for at, state in history]
    item = {
        "n": 1,
        "action": "a",
        "owner": "wang",
        "priority": "urgent",
        "due": due,
        "status": status,
        "history": entries,
        **({"result": "r"} if status in {"done", "closed"} else {}),
        **fields,
    }
    return {key: value for key, value in item.items() if value is not None}


def at(text):
    """A minute as a stored instant."""
    return f"{text}:00+08:00"


def fraction(summary, figure, dimension="", group=None):
    """Numerator and denominator of a figure now."""
    line = next(line for line in summary.lines if line.key == MeasureKey(figure, dimension, group))
    return line.now.numerator, line.now.denominator


def counts(summary, figure, dimension):
    """The numerators of a figure by group, without those that are 0."""
    return {line.key.group: line.now.numerator for line in summary.groups(figure, dimension) if line.now.numerator}


@pytest.fixture
def log(tmp_path):
    """An empty log."""
    return SmallLog(tmp_path)


def test_interactions_are_counted_by_each_dimension(log):
    """Metric 1: three conversations of March are counted by template, channel, direction, agent, level and tag; others are not."""
    log.write(
        "customers",
        {"id": "acme", "template": "customer", "name": "A", "type": "company", "stage": "active", "level": "vip"},
    )
    log.talk("2026-03-01T00:00", tags=["a", "b"])
    log.talk(
        "2026-03-02T09:00",
        template="visit",
        visit_kind="care",
        direction="outbound",
        channel="email",
        agent="li",
        tags=["a"],
    )
    log.talk("2026-03-31T23:59", customer="none-such")
    log.talk("2026-04-01T00:00")
    log.talk("2026-02-28T23:59")
    log.issue("2026-03-03")
    summary = log.summary()
    assert summary.total("interactions").now.numerator == 3
    assert summary.total("interactions").before.numerator == 1
    assert counts(summary, "interactions", "template") == {"service": 2, "visit": 1}
    assert counts(summary, "interactions", "channel") == {"phone": 2, "email": 1}
    assert counts(summary, "interactions", "direction") == {"inbound": 2, "outbound": 1}
    assert counts(summary, "interactions", "agent") == {"wang": 2, "li": 1}
    assert counts(summary, "interactions", "level") == {"vip": 2, None: 1}
    assert counts(summary, "interactions", "tag") == {"a": 2, "b": 1, None: 1}


def test_reached_counts_outbound_contacts_only(log):
    """Metric 1: of three outbound contacts two were answered; an inbound one does not count."""
    log.talk("2026-03-02T09:00", direction="outbound")
    log.talk("2026-03-03T09:00", direction="outbound", reached=True)
    log.talk("2026-03-04T09:00", direction="outbound", reached=False)
    log.talk("2026-03-05T09:00")
    assert fraction(log.summary(), "reached") == (2, 3)


def test_recorded_in_time_measures_from_the_end(log):
    """Metric 2: limits are 30 minutes for service and 24 hours for others, to the second, from the end or else the start."""
    log.talk("2026-03-02T09:00", ended_at=at("2026-03-02T09:20"), recorded_at=at("2026-03-02T09:50"))  # 30 min: in time
    late = log.talk("2026-03-02T10:00", recorded_at="2026-03-02T10:30:01+08:00")  # 30 min 1 s: late
    log.talk(
        "2026-03-02T11:00", template="visit", visit_kind="care", recorded_at=at("2026-03-03T11:00")
    )  # 24 h: in time
    later = log.talk(
        "2026-03-02T12:00", template="member", core_request="c", recorded_at=at("2026-03-03T12:01")
    )  # late
    summary = log.summary()
    assert fraction(summary, "recorded_in_time") == (2, 4)
    assert fraction(summary, "recorded_in_time", "template", "service") == (1, 2)
    # 1800, 1801, 86400 and 86460 seconds: halfway between the middle two.
    assert summary.total("recording_lag").now.spread.median == (1801 + 86400) / 2
    listed = summary.attention[0]
    assert [row[0] for row in listed.listing.rows] == [later, late]
    assert listed.rest == 0


def test_late_records_are_listed_up_to_the_limit(log):
    """Metric 2: the worst are listed, and the rest is counted."""
    ids = [log.talk("2026-03-02T09:00", recorded_at=at(f"2026-03-02T1{hour}:00")) for hour in range(4)]
    listed = log.summary(limit=1).attention[0]
    assert [row[0] for row in listed.listing.rows] == [ids[3]]
    assert listed.rest == 3
    assert len(log.summary(limit=-1).attention[0].listing.rows) == 4


def test_settings_change_by_when_a_record_is_due(tmp_path):
    """Metric 2: `record_within` of the settings wins, counts working time where it says so, and `none` leaves out."""
    log = SmallLog(tmp_path, SETTINGS + "record_within: {service: 1wd, visit: none}\n")
    log.talk("2026-03-06T15:00", recorded_at=at("2026-03-09T18:00"))  # Friday; by Monday's close
    log.talk("2026-03-06T15:00", recorded_at=at("2026-03-09T18:01"))
    log.talk("2026-03-06T15:00", template="visit", visit_kind="care", recorded_at=at("2026-03-20T18:01"))
    line = log.summary().total("recorded_in_time")
    assert (line.now.numerator, line.now.denominator, line.now.left_out) == (1, 2, {"without_limit": 1})


def write_due_follow_ups(log):
    """Seven follow-ups due in March: on time to the second, a minute late, cancelled, breached, waiting, not yet due, done at an unknown time."""
    opened = ("2026-03-02T09:00", "open")
    due = at("2026-03-10T12:00")
    log.talk(
        "2026-03-02T09:00",
        channel="phone",
        followups=[
            follow_up(due, "done", opened, ("2026-03-10T12:00", "done"), n=1),
            follow_up(
                due, "closed", opened, ("2026-03-10T12:01", "done"), ("2026-03-10T13:00", "closed"), n=2, owner="li"
            ),
            follow_up(due, "closed", opened, ("2026-03-05T12:00", "closed"), n=3),
            follow_up(due, "in_progress", opened, n=4, priority="important"),
        ],
    )
    log.talk(
        "2026-03-02T10:00",
        channel="email",
        followups=[
            follow_up(due, "awaiting_customer", opened, n=1),
            follow_up("2026-03-17", "open", opened, n=2),
            follow_up(due, "done", n=3, history=None),
            follow_up(None, "open", opened, n=4, due_rule="none"),
            follow_up(at("2026-02-27T12:00"), "open", ("2026-02-20T09:00", "open"), n=5),
        ],
    )


def test_follow_ups_done_on_time(log):
    """Metric 4: one of five on time; the cancelled one and the one done at an unknown time are left out."""
    write_due_follow_ups(log)
    summary = log.summary()
    now = summary.total("follow_ups_on_time").now
    assert (now.numerator, now.denominator) == (1, 5)
    assert now.left_out == {"cancelled": 1, "finished_at_unknown_time": 1}
    assert now.included == {"not_yet_due": 1, "awaiting_customer": 1}
    assert fraction(summary, "follow_ups_on_time", "priority", "important") == (0, 1)
    assert fraction(summary, "follow_ups_on_time", "owner", "li") == (0, 1)
    assert fraction(summary, "follow_ups_on_time", "owner", "wang") == (1, 4)


def test_limits_kept(log):
    """Metric 6: one met, one late and one open past due; not yet due, waiting and cancelled ones are left out and counted."""
    write_due_follow_ups(log)
    summary = log.summary()
    now = summary.total("limit_kept").now
    assert (now.numerator, now.denominator) == (1, 3)
    assert now.left_out == {"not_yet_due": 1, "awaiting_customer": 1, "cancelled": 1, "finished_at_unknown_time": 1}
    assert fraction(summary, "limit_kept", "priority", "urgent") == (1, 2)


def test_overdue_now_and_at_the_beginning_of_the_period(log):
    """Metric 5: two of five pending ones are overdue, aged 4 and 11 working days; on 1 March one of one was."""
    write_due_follow_ups(log)
    summary = log.summary()
    line = summary.total("overdue")
    assert (line.now.numerator, line.now.denominator) == (2, 5)
    assert line.now.included == {"awaiting_customer": 1, "without_due": 1}
    assert (line.before.numerator, line.before.denominator) == (1, 1)
    # From Tuesday 10 March: 11, 12, 13, 16. From Friday 27 February: ten more days in March.
    spread = summary.total("overdue_age").now.spread
    assert (spread.median, spread.longest, spread.unit) == (7.5, 11, "working_days")


def test_by_channel_gives_the_follow_ups_of_each_channel(log):
    """Asked by channel, interactions, pending, overdue and on-time follow-ups are told for each channel."""
    write_due_follow_ups(log)
    summary = log.summary(by="渠道")
    assert summary.by == "channel"
    assert counts(summary, "interactions", "channel") == {"phone": 1, "email": 1}
    assert counts(summary, "pending", "channel") == {"phone": 1, "email": 4}
    assert counts(summary, "overdue", "channel") == {"phone": 1, "email": 1}
    assert fraction(summary, "follow_ups_on_time", "channel", "phone") == (1, 3)
    assert fraction(summary, "follow_ups_on_time", "channel", "email") == (0, 2)
    assert (
        next(line for line in summary.groups("overdue_age", "channel") if line.key.group == "phone").now.spread.median
        == 4
    )


def test_satisfaction_of_conversations(log):
    """Metric 11: answers 5, 4, 3, 2 and 1 have mean 3, two of five are satisfied; not rated and unanswered are left out."""
    for answer in ("very_satisfied", "satisfied", "fair", "dissatisfied", "very_dissatisfied", "not_rated", None):
        log.talk("2026-03-02T09:00", satisfaction=answer)
    summary = log.summary()
    now = summary.total("satisfaction").now
    assert (now.numerator, now.denominator, now.value) == (15, 5, 3)
    assert now.left_out == {"not_rated": 1, "without_answer": 1}
    assert fraction(summary, "satisfied") == (2, 5)
    assert fraction(summary, "dissatisfied") == (2, 5)
    assert fraction(summary, "satisfaction_answers", "satisfaction", "fair") == (1, 5)


def test_complaints_and_frequent_problems(log):
    """Metric 12: complaints by form, categories as parts of those that have one, tags as parts of all conversations."""
    log.talk("2026-03-02T09:00", scenario="complaint", tags=["late"])
    log.talk("2026-03-02T10:00", tags=["late", "van"])
    log.talk("2026-03-02T11:00", template="relationship", need_type="service_complaint")
    log.talk("2026-03-02T12:00", template="visit", visit_kind="care")
    log.talk("2026-02-02T12:00", scenario="complaint")
    log.issue("2026-03-03", category="logistics")
    summary = log.summary()
    assert fraction(summary, "complaints") == (2, 4)
    assert fraction(summary, "problems", "scenario", "complaint") == (1, 2)
    assert fraction(summary, "problems", "need_type", "service_complaint") == (1, 1)
    assert fraction(summary, "problems", "category", "logistics") == (1, 1)
    assert fraction(summary, "problems", "tag", "late") == (2, 4)
    before = next(
        line.before for line in summary.lines if line.key == MeasureKey("problems", "scenario", "after_sales")
    )
    assert (before.numerator, before.denominator) == (0, 1)


def test_repeat_contacts_look_back_over_the_beginning_of_the_period(log):
    """Metric 12: one pair came back after 30 days, one after longer, one once; anonymous contacts are left out."""
    log.talk("2026-02-10T09:00", customer="a")
    log.talk("2026-03-12T09:00", customer="a")  # 30 days to the minute
    log.talk("2026-02-10T09:00", customer="b")
    log.talk("2026-03-12T09:01", customer="b")
    log.talk("2026-03-12T09:00", customer="c")
    log.talk("2026-03-13T09:00", customer="c", scenario="complaint")
    log.talk("2026-03-13T09:00", customer="c", direction="outbound")
    log.talk("2026-03-12T09:00", customer="anonymous")
    line = log.summary().total("repeat_contacts")
    assert (line.now.numerator, line.now.denominator) == (1, 4)
    assert line.now.left_out == {"without_customer_or_category": 1}


def test_moods_and_customers_whose_mood_worsened(log):
    """Metric 14: moods of the period are parts of those named; a customer's last three moods may begin before it."""
    for customer, moods in {
        "a": ["satisfied", "calm", "angry"],
        "b": ["angry", "calm", "calm"],
        "c": ["calm", "angry"],
    }.items():
        for month, mood in zip(("01", "02", "03"), moods, strict=False):
            log.talk(f"2026-{month}-05T09:00", customer=customer, mood=mood)
    log.talk("2026-03-06T09:00", customer="c")
    log.talk("2026-03-06T10:00", customer="c", mood="angry")
    summary = log.summary()
    now = summary.total("moods").now
    assert (now.numerator, now.left_out) == (3, {"without_mood": 1})
    assert counts(summary, "moods", "mood") == {"angry": 2, "calm": 1}
    assert fraction(summary, "worsened_customers") == (2, 3)
    assert [row[:2] for row in summary.attention[1].listing.rows] == [
        ("a", ["satisfied", "calm", "angry"]),
        ("c", ["calm", "angry", "angry"]),
    ]


def test_flow_of_follow_ups_and_issues(log):
    """Metric 17: opened less finished, in the period by its own instants."""
    log.talk(
        "2026-02-25T09:00",
        followups=[
            follow_up("2026-03-10", "done", ("2026-02-25T09:00", "open"), ("2026-03-02T09:00", "done")),
            follow_up("2026-03-20", "open", ("2026-03-03T09:00", "open"), n=2),
            follow_up("2026-03-20", "closed", ("2026-03-03T09:00", "open"), ("2026-03-04T09:00", "closed"), n=3),
        ],
    )
    log.issue("2026-03-02")
    log.issue("2026-02-02", status="closed", closed_on="2026-03-04")
    log.issue("2026-02-02", status="closed", closed_on="2026-02-04")
    summary = log.summary()
    figures = (
        "follow_ups_opened",
        "follow_ups_finished",
        "follow_ups_net",
        "issues_opened",
        "issues_closed",
        "issues_net",
    )
    assert [summary.total(figure).now.numerator for figure in figures] == [2, 2, 0, 1, 1, 0]
    assert [summary.total(figure).before.numerator for figure in figures] == [1, 0, 1, 2, 1, 1]


def test_what_nobody_owns_or_goes_on_with(log):
    """Metric 17: an issue may be a department's, and its next step may stand in a conversation linked with it."""
    step = follow_up("2026-03-20", "open", ("2026-03-03T09:00", "open"))
    log.issue("2026-03-02", owner=None, department="技术部", followups=[step])
    talk = log.talk("2026-03-03T09:00", followups=[step])
    log.issue("2026-03-03", links=[{"to": talk, "type": "relates"}])
    idle = log.issue("2026-03-04", owner=None)
    log.talk("2026-03-05T09:00", links=[{"to": idle, "type": "relates"}])
    log.issue("2026-03-04", owner=None, status="closed", closed_on="2026-03-05")
    summary = log.summary()
    assert fraction(summary, "issues_without_next_action") == (1, 3)
    assert [row[0] for row in summary.attention[2].listing.rows] == [idle]
    assert fraction(summary, "without_owner") == (1, 5)


def test_commitments_without_a_follow_up(log):
    """Metric 17: of three promises of ours two have no follow-up; the customer's own promises do not count."""
    ours, theirs = {"by": "us", "what": "w"}, {"by": "customer", "what": "w"}
    step = follow_up("2026-03-20", "open", ("2026-03-03T09:00", "open"))
    log.talk(
        "2026-03-03T09:00", template="relationship", need_type="other", agreements=[ours, theirs], followups=[step]
    )
    loose = log.talk("2026-03-04T09:00", template="relationship", need_type="other", agreements=[ours, ours])
    summary = log.summary()
    assert fraction(summary, "commitments_without_follow_up") == (2, 3)
    assert [row[0] for row in summary.attention[3].listing.rows] == [loose]


def test_tags_of_follow_ups_count_each_tag_but_the_whole_once(log):
    """Asked by tag, a follow-up of a conversation with two tags stands under both and once in the whole."""
    step = follow_up("2026-03-20", "open", ("2026-03-03T09:00", "open"))
    log.talk("2026-03-03T09:00", tags=["a", "b"], followups=[step])
    summary = log.summary(by="tag")
    assert counts(summary, "pending", "tag") == {"a": 1, "b": 1}
    assert summary.total("pending").now.numerator == 1
    assert fraction(summary, "recorded_in_time", "tag", "b") == (1, 1)


def test_an_unreadable_file_is_counted(log):
    """A file that cannot be read is in no figure, and the summary says that there is one."""
    log.talk("2026-03-03T09:00")
    (log.root / "records/interactions/2026/03/broken.yaml").write_text("a: [", encoding="utf-8")
    summary = log.summary()
    assert summary.unreadable_files == 1
    assert summary.total("interactions").now.numerator == 1


def test_this_month_is_the_usual_period_and_another_may_be_compared(log):
    """Without a period it is the month of now; --compare replaces the one before."""
    log.talk("2025-03-03T09:00")
    summary = log.summary("", compare="2025-03")
    assert (summary.period.name, summary.previous.name) == ("2026-03", "2025-03")
    assert summary.total("interactions").before.numerator == 1


@pytest.mark.parametrize("request_", [{"period": "2026-13"}, {"compare": "soon"}, {"by": "colour"}])
def test_what_is_not_understood_is_a_usage_error(log, request_):
    """A period or column nobody knows is refused."""
    with pytest.raises(UsageError):
        log.summary(**request_)


def spread_now(summary, figure):
    """The median, the number and what was left out of a figure of durations."""
    now = summary.total(figure).now
    return now.spread and now.spread.median, now.numerator, dict(now.left_out)


def test_first_response_counts_working_time_on_the_thread(log):
    """Metric 3: answered after 30 min, after a night of no working time (15 min), and on the thread after 2 h; one waits 3 h."""
    hour = 3600
    log.talk("2026-03-02T09:30", received_at=at("2026-03-02T09:00"))
    log.talk("2026-03-04T09:15", received_at=at("2026-03-03T20:00"))  # Tuesday evening to Wednesday 09:15
    missed = log.talk("2026-03-05T10:00", received_at=at("2026-03-05T10:00"), reached=False)
    log.talk("2026-03-05T12:00", direction="outbound", reached=False, links=[{"to": missed, "type": "follows"}])
    log.talk("2026-03-05T16:00", links=[{"to": missed, "type": "follows"}])
    log.talk("2026-03-13T16:00", received_at=at("2026-03-13T16:00"), reached=False)  # Friday 16-18, Monday 9-10
    log.talk("2026-03-02T09:30", received_at=at("2026-02-28T09:00"))
    summary = log.summary()
    assert spread_now(summary, "first_response") == (hour / 2, 3, {"unanswered": 1})
    assert summary.total("first_response").now.spread.longest == 2 * hour
    assert spread_now(summary, "unanswered_age") == (3 * hour, 1, {})


def test_resolution_takes_pauses_out_and_tells_first_and_final_apart(log):
    """Metric 7: of 9 h from Monday 9:00 to 18:00 two were waiting; done again on Tuesday at 12:00 it took 10 h in all."""
    hour = 3600
    day = "2026-03-02T"
    done_twice = follow_up(
        "2026-03-10",
        "done",
        (f"{day}09:00", "open"),
        (f"{day}10:00", "awaiting_customer"),
        (f"{day}12:00", "in_progress"),
        (f"{day}18:00", "done"),
        ("2026-03-03T09:00", "open"),
        ("2026-03-03T12:00", "done"),
    )
    cancelled = follow_up("2026-03-10", "closed", (f"{day}09:00", "open"), (f"{day}10:00", "closed"), n=2)
    unknown = follow_up("2026-03-10", "done", ("", "open"), (f"{day}10:00", "done"), n=3)
    unknown["history"][0]["at"] = ""
    log.talk("2026-03-02T09:00", followups=[done_twice, cancelled, unknown])
    summary = log.summary()
    assert spread_now(summary, "first_resolution") == (7 * hour, 1, {"opened_at_unknown_time": 1})
    assert spread_now(summary, "resolution") == (10 * hour, 1, {"opened_at_unknown_time": 1})


def test_no_working_time_at_all_is_known_by_tag_as_well(log):
    """A follow-up that is done on the Sunday it was opened took no working time; that is an answer, by tag as in all."""
    done = follow_up("2026-03-10", "done", ("2026-03-01T10:00", "open"), ("2026-03-01T12:00", "done"))
    log.talk("2026-03-01T09:00", tags=["a"], followups=[done])
    by_tag = next(iter(log.summary(by="tag").groups("resolution", "tag"))).now
    assert by_tag == log.summary().total("resolution").now
    assert (by_tag.size, by_tag.value, by_tag.left_out) == (1, 0, {})


def told(*entries):
    """A history of instants and states."""
    return [{"at": at(instant), "by": "wang", "status": status} for instant, status in entries]


def write_closed_issues(log):
    """Three issues closed in March: one confirmed, one opened again and solved anew, one without an answer; one closed before."""
    log.issue(
        "2026-03-02",
        status="closed",
        closed_on="2026-03-04",
        confirmation={"result": "satisfied"},
        score=5,
        history=told(("2026-03-02T09:00", "open"), ("2026-03-02T11:00", "fixed"), ("2026-03-04T09:00", "closed")),
    )
    log.issue(
        "2026-03-02",
        status="fixed",
        category="logistics",
        score=2,
        history=told(
            ("2026-03-02T09:00", "open"),
            ("2026-03-02T10:00", "closed"),
            ("2026-03-03T09:00", "in_progress"),
            ("2026-03-03T10:00", "fixed"),
        ),
    )
    log.issue("2026-03-02", status="closed", closed_on="2026-03-05", confirmation={"result": "no_answer"})
    log.issue("2026-02-02", status="closed", closed_on="2026-02-04", confirmation={"result": "satisfied"})


def test_issues_resolved_reopened_and_confirmed(log):
    """Metrics 7 to 9: first solved after 2 h and 1 h, finally after 2 h and 10 h; one of three came back, one was confirmed."""
    write_closed_issues(log)
    summary = log.summary()
    assert spread_now(summary, "issue_first_resolution") == (5400, 2, {"opened_at_unknown_time": 1})
    assert spread_now(summary, "issue_resolution") == (6 * 3600, 2, {"opened_at_unknown_time": 1})
    assert fraction(summary, "reopened") == (1, 3)
    assert fraction(summary, "reopened", "category", "logistics") == (1, 1)
    assert fraction(summary, "confirmed_closing") == (1, 3)
    assert summary.total("confirmed_closing").now.included == {"confirmation_no_answer": 1}
    assert summary.total("confirmed_closing").before.numerator == 1


def test_first_contact_resolution_looks_at_the_thread_and_seven_days_on(log):
    """Metric 10: settled at once alone and with a talk after eight days; not with one before, one after seven days, or unreached."""
    for customer, other in (
        ("a", None),
        ("b", "2026-03-10T09:00"),
        ("c", "2026-03-09T09:00"),
        ("d", "2026-02-27T09:00"),
    ):
        first = log.talk("2026-03-02T09:00", customer=customer)
        if other:
            log.talk(other, customer=customer, outcome=None, template="visit", links=[{"to": first, "type": "follows"}])
    log.talk("2026-03-02T09:00", customer="e", reached=False)
    log.talk("2026-03-15T09:00", customer="f")
    log.talk("2026-03-02T09:00", customer="g", outcome="unresolvable")
    summary = log.summary()
    assert fraction(summary, "first_contact_resolution") == (3, 6)
    assert summary.total("first_contact_resolution").now.included == {"may_come_back": 1}


def survey(log, day, scores, **fields):
    """A survey of acme."""
    log.number += 1
    record = {
        "id": f"{day.replace('-', '')}-ccc{log.number:03}",
        "template": "survey",
        "customer": "acme",
        "period": "2026-Q1",
        "requested_on": day,
        "assessed_on": day,
        "entered_by": "customer",
        "recorded_at": at(f"{day}T10:00"),
        "scores": scores,
        **fields,
    }
    log.write(f"surveys/{day[:4]}", {key: value for key, value in record.items() if value is not None})


def test_surveys_tell_customers_and_staff_apart(log):
    """Metric 11: overall 5, 2 by customers have mean 3.5, one of two is high; staff's 1 stands apart; 3 of 3 requests are answered."""
    survey(log, "2026-03-02", {"overall": 5, "communication": 4})
    survey(log, "2026-03-03", {"overall": 2})
    survey(log, "2026-03-04", {"overall": 1}, entered_by="staff")
    survey(log, "2026-02-04", {"overall": 3})
    summary = log.summary()
    assert fraction(summary, "customer_scores", "score", "overall") == (7, 2)
    assert fraction(summary, "customer_scores_high", "score", "overall") == (1, 2)
    assert fraction(summary, "customer_scores_low", "score", "overall") == (1, 2)
    assert fraction(summary, "staff_scores", "score", "overall") == (1, 1)
    assert fraction(summary, "staff_scores_low") == (1, 1)
    assert fraction(summary, "survey_responses") == (3, 3)
    assert summary.total("customer_scores").before.numerator == 3


def test_low_scores_are_followed_up_within_a_day(log):
    """Metric 11: a call after 24 h follows up, one a minute later does not; a score of today still has time."""
    survey(log, "2026-03-02", {"overall": 2})
    log.talk("2026-03-03T10:00", direction="outbound")
    survey(log, "2026-03-05", {"overall": 1})
    log.talk("2026-03-06T10:01", direction="outbound")
    survey(log, "2026-03-16", {"overall": 1}, recorded_at=at("2026-03-16T09:00"))
    line = log.summary().total("low_scores_followed_up").now
    assert (line.numerator, line.denominator, line.left_out) == (1, 2, {"window_open": 1})


def test_weak_spots_are_flagged_from_five_on_by_the_margin(log):
    """Metric 13: of 64 % breached together li's 80 % of five are a weak spot, wang's 20 % are none, and zhao's 4 of 4 are too few."""
    due, opened = at("2026-03-10T12:00"), ("2026-03-02T09:00", "open")
    kept = [opened, ("2026-03-10T12:00", "done")]
    late = [opened, ("2026-03-10T12:01", "done")]
    plan = {"li": [late] * 4 + [kept], "wang": [late] + [kept] * 4, "zhao": [late] * 4}
    items = [
        follow_up(due, "done", *history, n=n, owner=owner)
        for n, (owner, history) in enumerate(((owner, one) for owner, some in plan.items() for one in some), start=1)
    ]
    log.talk("2026-03-02T09:00", followups=items)
    summary = log.summary()
    assert fraction(summary, "breached") == (9, 14)
    assert fraction(summary, "breached", "owner", "li") == (4, 5)
    spots = next(one for one in summary.attention if one.name == "weak_spots").listing.rows
    assert [row[:3] + row[5:] for row in spots if row[0] == "owner"] == [("owner", "li", "breached", 5)]


def test_low_scores_join_answers_and_scores_of_issues(log):
    """Metric 13: a dissatisfied answer and a score of 2 are low, a 5 is not, an issue without a score is left out."""
    write_closed_issues(log)
    log.talk("2026-03-02T09:00", satisfaction="dissatisfied")
    line = log.summary().total("low_scores").now
    assert (line.numerator, line.denominator, line.left_out) == (2, 3, {"without_answer": 1})
    assert fraction(log.summary(), "low_scores", "owner", "wang") == (1, 1)


def customer(log, name, **fields):
    """A customer added in 2025 who gave consent."""
    record = {
        "id": name,
        "template": "customer",
        "name": name,
        "type": "company",
        "stage": "active",
        "level": "regular",
        "recorded_at": at("2025-01-02T09:00"),
        "consent": {"status": "granted"},
        **fields,
    }
    log.write("customers", {key: value for key, value in record.items() if value is not None})


def test_care_dates_are_kept_within_their_window(log):
    """Metric 15: a call 3 days before a birthday keeps it, 4 days do not; no consent, no contact and time left are left out."""
    for name, born, fields in (
        ("a", "1990-03-05", {}),
        ("b", "03-06", {}),
        ("c", "03-05", {"consent": {"status": "not_asked"}}),
        ("d", "03-05", {"do_not_contact": True}),
        ("e", "03-14", {}),
    ):
        customer(log, name, birthday=born, level=None, **fields)
    log.talk("2026-03-02T09:00", customer="a")
    log.talk("2026-03-02T09:00", customer="b")
    summary = log.summary()
    line = summary.total("care_served").now
    assert (line.numerator, line.denominator) == (1, 2)
    assert line.left_out == {"without_consent": 1, "do_not_contact": 1, "window_open": 1}
    assert fraction(summary, "care_served", "care", "birthday") == (1, 2)


def test_visits_are_kept_by_a_week_after_they_were_due(log):
    """Metric 15: due on 3 March a month after the last talk, kept on the 10th by one, missed on the 11th by the other."""
    for name, day in (("a", "10"), ("b", "11")):
        customer(log, name, visit_every="1m")
        log.talk("2026-02-03T09:00", customer=name)
        log.talk(f"2026-03-{day}T09:00", customer=name)
    assert fraction(log.summary(), "care_served", "care", "visit") == (1, 2)


def test_dormant_customers_and_those_who_came_back(log):
    """Metric 16: silent for 8 months to the day is dormant; of two dormant when March began one had a talk in it."""
    for name in ("a", "b", "c", "d"):
        customer(log, name, stage="lost" if name == "d" else "active")
    log.talk("2025-07-16T09:00", customer="a")  # eight months before 16 March
    log.talk("2025-06-30T09:00", customer="b")
    log.talk("2026-03-05T09:00", customer="b")
    log.talk("2025-06-30T09:00", customer="c")
    summary = log.summary()
    assert fraction(summary, "dormant") == (2, 3)
    assert fraction(summary, "dormant", "level", "regular") == (2, 3)
    assert summary.total("dormant").before.numerator == 2
    assert fraction(summary, "reactivated") == (1, 2)


def test_any_field_of_a_template_groups_the_figures(log):
    """Asked by a field inside another, by its label or by one of the log's own, figures are told by its values."""
    log.talk("2026-03-02T09:00", background={"product_model": "KFR-35"}, extra={"Region's {x}": "north"})
    log.talk("2026-03-03T09:00")
    summary = log.summary(by="background.product_model")
    assert counts(summary, "interactions", "background.product_model") == {"KFR-35": 1, None: 1}
    assert counts(summary, "first_contact_resolution", "background.product_model") == {"KFR-35": 1, None: 1}
    assert counts(log.summary(by="scenario"), "interactions", "scenario") == {"after_sales": 2}
    own = log.summary(by="extra.region's {x}")
    assert counts(own, "interactions", "extra.region's {x}") == {"north": 1, None: 1}


@pytest.mark.parametrize("period", ["2031", "2001-02"])
def test_a_period_without_anything_has_zeros(log, period):
    """A period to come, or long past, is no error: nothing counts in it."""
    log.talk("2026-03-02T09:00", received_at=at("2026-03-02T08:00"))
    customer(log, "acme", birthday="03-05")
    summary = log.summary(period)
    events = (
        "interactions",
        "first_response",
        "resolution",
        "first_contact_resolution",
        "reactivated",
        "survey_responses",
    )
    assert [summary.total(figure).now.size for figure in events] == [0] * len(events)
    assert summary.total("care_served").now.size == 0


def test_a_period_that_ends_before_it_starts_is_refused(log):
    """A reversed period is a usage error."""
    with pytest.raises(UsageError):
        log.summary("2026-03..2026-01")


def test_groups_of_a_field_are_named_as_the_file_has_them(log):
    """The values of a field without a column of its own keep their case and width."""
    log.talk("2026-03-02T09:00", extra={"Agency": "Ｎorth，Ltd"})
    assert counts(log.summary(by="extra.agency"), "interactions", "extra.agency") == {"Ｎorth，Ltd": 1}
