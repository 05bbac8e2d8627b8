"""What a report shows beside the summary: series over time, ages, lists, and what stays hidden."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.errors import UsageError
from commlog.summary.report import LOW_SCORES, OVERDUE, REPORT_ROWS, build_report
from commlog.summary.report_series import ANSWERS, OTHERS, STAFF
from commlog.summary.rules.report import MOST_BUCKETS, buckets_between, place_of, step_for
from commlog.summary.summarize import SummaryRequest

ACME = "id: acme\ntemplate: customer\nname: 艾克米公司\ntype: company\nstage: active\n"
PERSON = "id: li-na\ntemplate: customer\nname: 李娜娜\ntype: person\nstage: active\n"


@pytest.fixture
def small(log):
    """The small log with a person as a second customer."""
    log.write("records/customers/li-na.yaml", PERSON)
    return log


def report_of(log, period="2026-03", **request):
    return build_report(log.workspace(), SummaryRequest(period, **{"limit": REPORT_ROWS, **request}))


def one(report, name):
    return next(item for item in report.lists if item.name == name)


def talk(log, day, number, **fields):
    """A conversation at nine on a day; fields are whole lines of YAML."""
    words = {
        "template": "service",
        "customer": "acme",
        "agent": "wang",
        "direction": "inbound",
        "channel": "phone",
        "subject": "s",
        "summary": "s",
        "scenario": "complaint",
        "problem": "p",
        "request": "r",
        "outcome": "resolved",
        **fields,
    }
    record_id = f"{day.replace('-', '')}-aaa{number:03}"
    lines = "".join(f"{key}: {value}\n" for key, value in words.items())
    stamp = f"{day}T09:00:00+08:00"
    log.write(
        f"records/interactions/{day[:4]}/{day[5:7]}/{record_id}.yaml",
        f"id: {record_id}\nstarted_at: {stamp}\nrecorded_at: {stamp}\n{lines}",
    )
    return record_id


def survey(log, day, number, entered_by, comment="c", **scores):
    record_id = f"{day.replace('-', '')}-sss{number:03}"
    told = "".join(f"  {key}: {value}\n" for key, value in scores.items())
    log.write(
        f"records/surveys/{day[:4]}/{record_id}.yaml",
        f"id: {record_id}\ntemplate: survey\ncustomer: li-na\nperiod: p\nrequested_on: {day}\nassessed_on: {day}\n"
        f"entered_by: {entered_by}\nagent: wang\nrecorded_at: {day}T10:00:00+08:00\nscores:\n{told}comment: {comment}\n",
    )


def follow_up(due, status="open", done=""):
    """One follow-up as flow YAML, opened on the first of March."""
    history = '{at: "2026-03-01T09:00:00+08:00", by: wang, status: open}'
    result = ""
    if done:
        history += f', {{at: "{done}", by: wang, status: done}}'
        result = ", result: r"
    when = f', due: "{due}"' if due else ""
    return f"[{{n: 1, action: a, owner: wang, priority: urgent{when}, status: {status}{result}, history: [{history}]}}]"


def test_conversations_are_counted_by_day_and_channel(small):
    """Two calls and a mail of one day are two marks of that day; those of other months are none."""
    talk(small, "2026-03-02", 1)
    talk(small, "2026-03-02", 2)
    talk(small, "2026-03-02", 3, channel="email")
    talk(small, "2026-02-28", 4)
    volume = report_of(small).volume
    assert (volume.step, len(volume.buckets), volume.groups) == ("day", 31, ("phone", "email"))
    assert {key: measure.numerator for key, measure in volume.measures.items()} == {(1, "phone"): 2, (1, "email"): 1}


def test_rare_channels_are_gathered(small):
    """Of nine channels the seven commonest are told, and the others together, so that nothing is lost."""
    channels = ["phone", "email", "sms", "wecom", "online_chat", "store", "visit", "app", "video"]
    for number, channel in enumerate(channels):
        for again in range(len(channels) - number):
            talk(small, "2026-03-03", number * 20 + again, channel=channel)
    volume = report_of(small).volume
    assert volume.groups == (*channels[:7], OTHERS)
    assert sum(measure.numerator for measure in volume.measures.values()) == 45
    assert volume.measure(2, OTHERS).numerator == 3


def test_follow_ups_in_time_are_told_by_week_in_both_periods(small):
    """Done in time, done late and still open past due are told in the week they were due; not yet due is left out."""
    talk(small, "2026-03-02", 1, followups=follow_up("2026-03-04T18:00:00+08:00", "done", "2026-03-04T12:00:00+08:00"))
    talk(small, "2026-03-02", 2, followups=follow_up("2026-03-05T18:00:00+08:00", "done", "2026-03-09T12:00:00+08:00"))
    talk(small, "2026-03-02", 3, followups=follow_up("2026-03-10T18:00:00+08:00"))
    talk(small, "2026-03-02", 4, followups=follow_up("2026-03-25T18:00:00+08:00"))
    talk(small, "2026-02-02", 5, followups=follow_up("2026-02-03T18:00:00+08:00", "done", "2026-02-03T12:00:00+08:00"))
    series = report_of(small).on_time
    told = {
        series.buckets[place].start.isoformat(): (measure.numerator, measure.denominator, dict(measure.left_out))
        for (place, _), measure in series.measures.items()
    }
    assert told == {
        "2026-02-02": (1, 1, {}),
        "2026-03-02": (1, 2, {}),
        "2026-03-09": (0, 1, {}),
        "2026-03-23": (0, 0, {"not_yet_due": 1}),
    }
    assert next(bucket.start.isoformat() for bucket in series.buckets if not bucket.is_previous) == "2026-03-01"


def test_pending_follow_ups_are_told_by_age(small):
    """Ages are working days: since Friday one is late by one day on Monday, till Wednesday there are two."""
    talk(small, "2026-03-02", 1, followups=follow_up("2026-03-13T18:00:00+08:00"))
    talk(small, "2026-03-02", 2, followups=follow_up("2026-03-16T09:30:00+08:00"))
    talk(small, "2026-03-02", 3, followups=follow_up("2026-03-16T18:00:00+08:00"))
    talk(small, "2026-03-02", 4, followups=follow_up("2026-03-18T18:00:00+08:00"))
    talk(small, "2026-03-02", 5, followups=follow_up("2027-03-18T18:00:00+08:00"))
    talk(small, "2026-03-02", 6, followups=follow_up(""))
    talk(small, "2026-03-02", 7, followups=follow_up("2026-03-13T18:00:00+08:00", "awaiting_customer"))
    talk(small, "2026-03-02", 8, followups=follow_up("2026-03-13T18:00:00+08:00", "done", "2026-03-13T12:00:00+08:00"))
    ages = {(age.side, age.low): age.now for age in report_of(small).ages if age.now}
    assert ages == {
        ("late", 1): 1,
        ("late", 0): 1,
        ("left", 0): 1,
        ("left", 1): 1,
        ("left", 11): 1,
        ("no_due", 0): 1,
        ("paused", 0): 1,
    }


def test_the_ages_of_the_period_before_stand_beside(small):
    """What is overdue now and was open at the end of February had time left then."""
    talk(
        small,
        "2026-02-02",
        1,
        followups=follow_up("2026-03-03T18:00:00+08:00").replace("2026-03-01T09", "2026-02-02T09"),
    )
    ages = {(age.side, age.low): (age.now, age.before) for age in report_of(small).ages if age.now or age.before}
    assert ages == {("late", 6): (1, 0), ("left", 1): (0, 1)}


def test_what_customers_and_staff_scored_is_kept_apart(small):
    """A survey the customer filled in, one that staff did, and a conversation's answer are three series."""
    survey(small, "2026-03-03", 1, "customer", overall=5)
    survey(small, "2026-03-04", 2, "customer", overall=2)
    survey(small, "2026-03-04", 3, "staff", overall=1)
    talk(small, "2026-03-05", 4, satisfaction="fair")
    series = report_of(small).satisfaction
    assert series.groups == (ANSWERS, "overall", STAFF + "overall")
    values = {group: (measure.value, measure.size) for (_, group), measure in series.measures.items()}
    assert values == {"overall": (3.5, 2), STAFF + "overall": (1.0, 1), ANSWERS: (3.0, 1)}


def test_low_scores_are_listed_as_they_were_written(small):
    """A survey with a 2 and an unhappy conversation are listed, the newest first; a comment keeps its capitals."""
    survey(small, "2026-03-03", 1, "customer", comment="Never AGAIN", overall=2, communication=5)
    talk(small, "2026-03-05", 2, satisfaction="very_dissatisfied", subject="Broken")
    talk(small, "2026-03-05", 3, satisfaction="satisfied")
    rows = one(report_of(small), LOW_SCORES).listing.rows
    assert [(row[0], row[4], row[5]) for row in rows] == [
        ("20260305-aaa002", "very_dissatisfied", "Broken"),
        ("20260303-sss001", "Overall: 2", "Never AGAIN"),
    ]


def test_personal_data_is_masked_unless_revealed(small):
    """Names of customers, and names and numbers inside free text, are masked; --reveal shows them."""
    text = "李娜娜 13912345678 complains"
    talk(small, "2026-03-05", 2, customer="li-na", satisfaction="dissatisfied", subject=text)
    talk(
        small,
        "2026-03-06",
        3,
        customer="li-na",
        followups=follow_up("2026-03-09T18:00:00+08:00").replace("action: a", "action: 给李娜娜回电13912345678"),
    )
    told = str([item.listing.rows for item in report_of(small).lists])
    assert "李娜娜" not in told
    assert "13912345678" not in told
    shown = str([item.listing.rows for item in report_of(small, reveal=True).lists])
    assert shown.count("李娜娜") == 4
    assert shown.count("13912345678") == 2


def test_customers_whose_mood_worsened_stand_under_masked_names(small):
    """The list of worsened moods names nobody by id, which may be a name."""
    for day, mood in (("2026-03-01", "calm"), ("2026-03-02", "neutral"), ("2026-03-03", "angry")):
        talk(small, day, int(day[-2:]), customer="li-na", mood=mood)
    (row,) = one(report_of(small), "worsened_customers").listing.rows
    assert row[0] == "李*"
    assert "li-na" not in row


def test_lists_are_capped_with_a_count(small):
    """Of three overdue follow-ups two are listed, the oldest first, and one more is counted."""
    for day in (4, 5, 6):
        talk(small, "2026-03-02", day, followups=follow_up(f"2026-03-0{day}T18:00:00+08:00"))
    overdue = one(report_of(small, limit=2), OVERDUE)
    assert [row[1][:10] for row in overdue.listing.rows] == ["2026-03-04", "2026-03-05"]
    assert overdue.rest == 1
    assert one(report_of(small, limit=-1), OVERDUE).rest == 0


@pytest.mark.parametrize("period", ["2026-03", "2031-01", "1990", "2020-01..2026-12", "5001-01..9990-12"])
def test_an_empty_log_has_a_report_of_any_period(log, period):
    """Past, future and endless periods without a record give series without a measure, few enough to draw."""
    report = report_of(log, period)
    for series in (report.volume, report.on_time, report.satisfaction):
        assert not series.measures
        assert len(series.buckets) <= 3 * MOST_BUCKETS
    assert not any(age.now for age in report.ages)


def test_a_period_that_ends_before_it_starts_is_refused(log):
    """A reversed period is a usage error, as it is for a summary."""
    with pytest.raises(UsageError):
        report_of(log, "2026-03..2026-01")


def test_a_later_period_may_be_compared_with(small):
    """Comparing with a period after the one asked for keeps both in order of time."""
    talk(small, "2026-01-05", 1, satisfaction="fair")
    talk(small, "2026-03-05", 2, satisfaction="satisfied")
    report = report_of(small, "2026-01", compare="2026-03")
    assert list(report.satisfaction.buckets) == sorted(report.satisfaction.buckets)
    assert len(report.satisfaction.measures) == 2


@settings(deadline=None, max_examples=60)
@given(
    st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    st.integers(1, 900),
    st.sampled_from(["day", "week", "month", "year"]),
    st.data(),
)
def test_every_day_of_a_period_is_in_one_bucket(first, days, step, data):
    """Buckets cover a period without gap or overlap, and each day is found in its own."""
    after = first + timedelta(days=days)
    buckets = tuple(buckets_between(first, after, step))
    assert (buckets[0].start, buckets[-1].end) == (first, after)
    assert all(left.end == right.start for left, right in itertools.pairwise(buckets))
    day = first + timedelta(days=data.draw(st.integers(0, days - 1)))
    found = buckets[place_of(day, buckets)]
    assert found.start <= day < found.end
    assert place_of(after, buckets) is None


@pytest.mark.parametrize(
    ("days", "finest", "step"),
    [
        (1, "day", "day"),
        (92, "day", "day"),
        (366, "day", "week"),
        (730, "day", "month"),
        (3000, "day", "year"),
        (31, "month", "month"),
    ],
)
def test_long_periods_are_told_in_longer_steps(days, finest, step):
    """A quarter is told by day, a year by week, two years by month, more by year."""
    assert step_for(days, finest) == step
