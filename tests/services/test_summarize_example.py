"""The summary of the example log equals figures computed from its files by other means."""

from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import median

import pytest
import yaml

from commlog.log.log import open_log
from commlog.summary.summarize import SummaryRequest, summarize
from commlog.workspace import make_workspace

ROOT = Path(__file__).parents[2]
NOW = datetime.fromisoformat("2026-03-16T10:00:00+08:00")
PERIODS = {"2026-03": ("2026-03-01", "2026-04-01"), "2025": ("2025-01-01", "2026-01-01")}
PENDING = {"open", "in_progress", "awaiting_customer"}
LIMITS = {"service": timedelta(minutes=30)}


@cache
def records():
    """Every record as plain text values."""
    paths = sorted((ROOT / "records").rglob("*.yaml"))
    return [yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) for path in paths]


def instant(text):
    """The instant a stored text means; a date means the closing time of that day."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T18:00:00+08:00")


def is_within(text, period):
    """Whether a stored instant or date lies in a period."""
    first, after = (datetime.fromisoformat(f"{day}T00:00:00+08:00") for day in PERIODS[period])
    return first <= instant(text) < after


def talks(period):
    """The conversations begun in a period."""
    return [record for record in records() if "started_at" in record and is_within(record["started_at"], period)]


def steps():
    """Every follow-up of every record."""
    return [item for record in records() for item in record.get("followups", [])]


def last(item, status):
    """The instant of the last entry with a status, or None."""
    return next(
        (instant(entry["at"]) for entry in reversed(item.get("history", [])) if entry["status"] == status), None
    )


def last_opening(item):
    """When the current round of a follow-up began: its first entry, or its last reopening."""
    states = [entry["status"] for entry in item["history"]]
    ends = [
        place for place, state in enumerate(states[:-1]) if state in {"done", "closed"} and states[place + 1] == "open"
    ]
    return item["history"][ends[-1] + 1 if ends else 0]["at"]


def done_at(item):
    """When a follow-up was last done, if it is done or closed after that."""
    return last(item, "done") if item["status"] in {"done", "closed"} else None


@pytest.fixture(scope="module")
def summaries():
    """The summary of each period."""
    workspace = make_workspace(open_log(ROOT, str(ROOT)), NOW, None)
    return {period: summarize(workspace, SummaryRequest(period)) for period in PERIODS}


@pytest.fixture(params=list(PERIODS))
def period(request):
    """Each period by name."""
    return request.param


def fraction(summary, figure):
    """Numerator and denominator of a figure."""
    now = summary.total(figure).now
    return now.numerator, now.denominator


def counts(summary, figure, dimension):
    """The numerators of a figure by group, without those that are 0."""
    return {line.key.group: line.now.numerator for line in summary.groups(figure, dimension) if line.now.numerator}


def test_interactions(summaries, period):
    """Metric 1, over the files."""
    expected = talks(period)
    summary = summaries[period]
    levels = {record["id"]: record.get("level") for record in records() if record["template"] == "customer"}
    assert summary.total("interactions").now.numerator == len(expected)
    for dimension in ("template", "channel", "direction", "agent"):
        assert counts(summary, "interactions", dimension) == Counter(record[dimension] for record in expected)
    assert counts(summary, "interactions", "level") == Counter(levels.get(record["customer"]) for record in expected)
    tags = Counter(tag for record in expected for tag in record.get("tags", [None]))
    assert counts(summary, "interactions", "tag") == tags
    outbound = [record for record in expected if record["direction"] == "outbound"]
    assert fraction(summary, "reached") == (
        sum(record.get("reached", "true") == "true" for record in outbound),
        len(outbound),
    )


def test_timely_recording(summaries, period):
    """Metric 2, over the files."""
    lags = [
        (instant(record["recorded_at"]) - instant(record.get("ended_at", record["started_at"])), record["template"])
        for record in talks(period)
    ]
    in_time = sum(lag <= LIMITS.get(template, timedelta(hours=24)) for lag, template in lags)
    summary = summaries[period]
    assert fraction(summary, "recorded_in_time") == (in_time, len(lags))
    assert summary.total("recording_lag").now.spread.median == median(lag.total_seconds() for lag, _ in lags)
    assert len(summary.attention[0].listing.rows) + summary.attention[0].rest == len(lags) - in_time


def test_follow_ups_on_time(summaries, period):
    """Metric 4, over the files."""
    due = [item for item in steps() if "due" in item and is_within(item["due"], period)]
    counted = [item for item in due if item["status"] != "closed" or done_at(item)]
    on_time = [item for item in counted if done_at(item) and done_at(item) <= instant(item["due"])]
    summary = summaries[period]
    assert fraction(summary, "follow_ups_on_time") == (len(on_time), len(counted))
    for dimension in ("priority", "owner"):
        assert counts(summary, "follow_ups_on_time", dimension) == Counter(item.get(dimension) for item in on_time)


def test_overdue(summaries, period):
    """Metric 5, over the files; the demo instant is five overdue of those pending, whatever the period."""
    pending = [item for item in steps() if item["status"] in PENDING]
    overdue = [
        item
        for item in pending
        if item["status"] != "awaiting_customer" and "due" in item and instant(item["due"]) < NOW
    ]
    assert fraction(summaries[period], "overdue") == (len(overdue), len(pending))
    assert len(overdue) == 5
    assert counts(summaries[period], "overdue", "owner") == Counter(item["owner"] for item in overdue)


def test_frequent_problems(summaries, period):
    """Metric 12, over the files."""
    expected = talks(period)
    summary = summaries[period]
    complaints = [
        record
        for record in expected
        if record.get("scenario") == "complaint" or record.get("need_type") == "service_complaint"
    ]
    assert fraction(summary, "complaints") == (len(complaints), len(expected))
    for field in ("scenario", "need_type"):
        assert counts(summary, "problems", field) == Counter(record[field] for record in expected if field in record)
    issues = [
        record for record in records() if record["template"] == "issue" and is_within(record["reported_on"], period)
    ]
    assert counts(summary, "problems", "category") == Counter(record["category"] for record in issues)
    assert fraction(summary, "repeat_contacts") == repeats(period)


def repeats(period):
    """How many pairs of customer and category came back within 30 days, of how many."""
    pairs, again = set(), set()
    inbound = [
        (record["customer"], record.get("need_type") or record.get("scenario"), instant(record["started_at"]))
        for record in records()
        if record.get("direction") == "inbound" and record["customer"] != "anonymous"
    ]
    for customer, category, start in inbound:
        if category and is_within(start.isoformat(), period):
            pairs.add((customer, category))
            if any(
                (customer, category) == (other, kind) and timedelta() < start - earlier <= timedelta(days=30)
                for other, kind, earlier in inbound
            ):
                again.add((customer, category))
    return len(again), len(pairs)


def test_flow(summaries, period):
    """Metric 17, over the files."""
    summary = summaries[period]
    opened = [item for item in steps() if is_within(last_opening(item), period)]
    finished = [(done_at(item) or last(item, "closed")) for item in steps() if item["status"] not in PENDING]
    assert summary.total("follow_ups_opened").now.numerator == len(opened)
    assert summary.total("follow_ups_finished").now.numerator == sum(
        is_within(end.isoformat(), period) for end in finished
    )
    issues = [record for record in records() if record["template"] == "issue"]
    assert summary.total("issues_opened").now.numerator == sum(
        is_within(issue["reported_on"], period) for issue in issues
    )
    assert summary.total("issues_closed").now.numerator == sum(
        is_within(issue["closed_on"], period) for issue in issues if issue["status"] == "closed"
    )
    promises = sum(agreement["by"] == "us" for record in talks(period) for agreement in record.get("agreements", []))
    assert fraction(summary, "commitments_without_follow_up")[1] == promises
    still_open = [issue for issue in issues if issue["status"] != "closed"]
    assert fraction(summary, "issues_without_next_action") == (2, len(still_open))
