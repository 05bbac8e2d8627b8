"""The figures of the summary equal those computed from the files themselves by other means."""

import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import pytest
import yaml

from commlog.log.log import open_log
from commlog.summary.summarize import SummaryRequest, summarize
from commlog.workspace import make_workspace

ROOT = Path(__file__).parents[2]
NOW = datetime.fromisoformat("2026-03-16T10:00:00+08:00")
ZONE = ZoneInfo("Asia/Shanghai")
PERIODS = {
    "2026-03": (date(2026, 3, 1), date(2026, 4, 1)),
    "2026-02": (date(2026, 2, 1), date(2026, 3, 1)),
    "2025": (date(2025, 1, 1), date(2026, 1, 1)),
}
COMPLAINTS_NOW = datetime.fromisoformat("2018-01-02T12:00:00-05:00")
MONTHS = {"1m": 1, "2m": 2, "3m": 3, "4m": 4, "6m": 6, "8m": 8, "1y": 12}


def load(path):
    """A file as plain text values."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


@cache
def records(root=ROOT):
    """Every record of a log."""
    return [load(path) for path in sorted((root / "records").rglob("*.yaml"))]


@cache
def calendar():
    """The dated days of the example log."""
    return load(ROOT / "calendar.yaml")


@cache
def is_worked(day):
    """Whether a day has working hours."""
    text = day.isoformat()
    return text in calendar()["work"] or (day.weekday() < 5 and text not in calendar()["off"])


def worked(begin, end):
    """Working seconds between two instants, from the hours 9-12 and 13:30-18."""
    total, day = 0, begin.astimezone(ZONE).date()
    while day <= end.astimezone(ZONE).date():
        if is_worked(day):
            for opens, closes in (("09:00", "12:00"), ("13:30", "18:00")):
                first = datetime.fromisoformat(f"{day}T{opens}:00+08:00")
                last = datetime.fromisoformat(f"{day}T{closes}:00+08:00")
                total += max(0, int((min(last, end) - max(first, begin)).total_seconds()))
        day += timedelta(days=1)
    return total


def instant(text):
    """The instant a stored text means; a date means closing time."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T18:00:00+08:00")


def is_within(text, period):
    """Whether an instant or a day lies in a period."""
    first, after = PERIODS[period]
    return first <= instant(text).astimezone(ZONE).date() < after


@cache
def thread(record_id):
    """The ids of a record's thread."""
    found, edge = {record_id}, {record_id}
    while edge:
        edge = {
            other
            for record in records()
            for link in record.get("links", [])
            if not link["to"].startswith("ref:")
            for pair in ((record["id"], link["to"]), (link["to"], record["id"]))
            if pair[0] in found
            for other in pair[1:]
        } - found
        found |= edge
    return frozenset(found)


def talks():
    """Every conversation, the earliest first."""
    return sorted((one for one in records() if "started_at" in one), key=lambda one: instant(one["started_at"]))


def reached(record):
    """Whether a conversation took place."""
    return record.get("reached", "true") == "true"


def net(history, until):
    """Working seconds from the first entry of a history to an instant, less the spells of waiting."""
    total = worked(instant(history[0]["at"]), until)
    for entry, following in zip(history, [*history[1:], None], strict=True):
        if entry["status"] == "awaiting_customer":
            end = min(until, instant(following["at"])) if following else until
            total -= worked(min(instant(entry["at"]), end), end)
    return total


@pytest.fixture(scope="module")
def summaries():
    """The summary of each period of the example log."""
    workspace = make_workspace(open_log(ROOT, str(ROOT)), NOW, None)
    return {period: summarize(workspace, SummaryRequest(period)) for period in PERIODS}


@pytest.fixture(params=list(PERIODS))
def period(request):
    """Each period by name."""
    return request.param


def spread(summary, figure):
    """The number and the median of a figure of durations."""
    now = summary.total(figure).now
    return now.numerator, now.spread and now.spread.median


def expected(values):
    """The number and the median of some durations."""
    return len(values), median(values) if values else None


def fraction(summary, figure):
    """Numerator and denominator of a figure."""
    now = summary.total(figure).now
    return now.numerator, now.denominator


def test_first_response(summaries, period):
    """Metric 3, over the files."""
    waits, open_ones = [], 0
    for one in talks():
        if one["direction"] == "inbound" and "received_at" in one and is_within(one["received_at"], period):
            arrived = instant(one["received_at"])
            answers = [
                instant(other["started_at"])
                for other in talks()
                if other["id"] in thread(one["id"])
                and (reached(other) or other["direction"] == "outbound")
                and arrived <= instant(other["started_at"]) <= NOW
            ]
            waits += [worked(arrived, min(answers))] if answers else []
            open_ones += not answers
    assert spread(summaries[period], "first_response") == expected(waits)
    assert summaries[period].total("unanswered_age").now.numerator == open_ones


def test_resolution_of_follow_ups(summaries, period):
    """Metric 7, over the follow-ups of the files."""
    firsts, lasts = [], []
    for item in (item for record in records() for item in record.get("followups", [])):
        history = item.get("history", [])
        done = [entry["at"] for entry in history if entry["status"] == "done"]
        if done and is_within(done[0], period):
            firsts.append(net(history, instant(done[0])))
        if done and item["status"] in {"done", "closed"} and is_within(done[-1], period):
            lasts.append(net(history, instant(done[-1])))
    assert spread(summaries[period], "first_resolution") == expected(firsts)
    assert spread(summaries[period], "resolution") == expected(lasts)


def test_issues(summaries, period):
    """Metrics 7 to 9, over the issues of the files."""
    solved, closed, again, confirmed = [], 0, 0, 0
    for issue in (one for one in records() if one["template"] == "issue"):
        history = issue["history"]
        ends = [entry["at"] for entry in history if entry["status"] in {"fixed", "closed"}]
        if ends and is_within(ends[0], period):
            solved.append(net(history, instant(ends[0])))
        closings = [place for place, entry in enumerate(history) if entry["status"] == "closed"]
        if any(is_within(history[place]["at"], period) for place in closings):
            closed += 1
            confirmed += issue.get("confirmation", {}).get("result") == "satisfied"
            again += any(entry["status"] == "open" for entry in history[closings[0] + 1 :])
    assert spread(summaries[period], "issue_first_resolution") == expected(solved)
    assert fraction(summaries[period], "reopened") == (again, closed)
    assert fraction(summaries[period], "confirmed_closing") == (confirmed, closed)


def test_first_contact_resolution(summaries, period):
    """Metric 10, over the files."""
    seen, settled = set(), 0
    for one in talks():
        if one.get("outcome") == "resolved" and is_within(one["started_at"], period) and thread(one["id"]) not in seen:
            seen.add(thread(one["id"]))
            last = instant(one["started_at"]) + timedelta(days=7)
            others = [
                other
                for other in talks()
                if other is not one
                and other["id"] in thread(one["id"])
                and reached(other)
                and instant(other["started_at"]) <= last
            ]
            settled += reached(one) and not others
    assert fraction(summaries[period], "first_contact_resolution") == (settled, len(seen))


def test_surveys(summaries, period):
    """Metric 11, over the surveys of the files."""
    surveys = [one for one in records() if one["template"] == "survey"]
    for who in ("customer", "staff"):
        scores = {}
        for one in surveys:
            if one["entered_by"] == who and is_within(one["assessed_on"], period):
                for name, score in one["scores"].items():
                    scores.setdefault(name, []).append(int(score))
        found = {
            line.key.group: (line.now.numerator, line.now.denominator)
            for line in summaries[period].groups(f"{who}_scores", "score")
        }
        assert {name: told for name, told in found.items() if told[1]} == {
            name: (sum(values), len(values)) for name, values in scores.items()
        }
        flat = [value for values in scores.values() for value in values]
        assert fraction(summaries[period], f"{who}_scores_high") == (sum(value >= 4 for value in flat), len(flat))
        assert fraction(summaries[period], f"{who}_scores_low") == (sum(value <= 2 for value in flat), len(flat))
    asked = [one for one in surveys if is_within(one["requested_on"], period)]
    assert fraction(summaries[period], "survey_responses") == (len(asked), len(asked))


def test_breached_by_owner(summaries, period):
    """Metric 13, over the follow-ups of the files."""
    breached, judged = 0, 0
    for item in (item for record in records() for item in record.get("followups", [])):
        if "due" not in item or not is_within(item["due"], period):
            continue
        done = [instant(entry["at"]) for entry in item["history"] if entry["status"] == "done"]
        is_open = item["status"] in {"open", "in_progress"}
        if done and item["status"] in {"done", "closed"}:
            judged, breached = judged + 1, breached + (done[-1] > instant(item["due"]))
        elif is_open and instant(item["due"]) < NOW:
            judged, breached = judged + 1, breached + 1
    assert fraction(summaries[period], "breached") == (breached, judged)


def months_later(day, months):
    """The same day some months later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + month // 11, month % 11 + 1 if month == 11 else month + 2, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def test_dormancy(summaries, period):
    """Metric 16, over the customers of the files."""
    limits = load(ROOT / "commlog.yaml")["dormant_after"]
    first, after = PERIODS[period]
    dormant = active = came = silent = 0
    for one in (one for one in records() if one["template"] == "customer" and "merged_into" not in one):
        days = sorted(
            instant(talk["started_at"]).date() for talk in talks() if talk["customer"] == one["id"] and reached(talk)
        )
        added = instant(one["recorded_at"]).date()
        limit = MONTHS.get(limits.get(one.get("level", ""), ""))
        before = [day for day in days if day < first] or [added] * (added < first)
        last = (days or [added])[-1]
        if one["stage"] not in {"dormant", "lost"} and limit:
            active, dormant = active + 1, dormant + (months_later(last, limit) <= NOW.date())
        if one["stage"] != "lost" and limit and before and months_later(before[-1], limit) <= first:
            silent, came = silent + 1, came + any(first <= day < after for day in days)
    assert fraction(summaries[period], "dormant") == (dormant, active)
    assert fraction(summaries[period], "reactivated") == (came, silent)


def test_yearly_care_dates(summaries, period):
    """Metric 15, over the birthdays and anniversaries of the files that are no lunar dates."""
    first, after = PERIODS[period]
    for kind in ("birthday", "anniversary"):
        kept = missed = 0
        for one in (one for one in records() if one["template"] == "customer"):
            told = (
                [one.get("birthday")] if kind == "birthday" else [each["date"] for each in one.get("anniversaries", [])]
            )
            days = [
                instant(talk["started_at"]).date()
                for talk in talks()
                if talk["customer"] == one["id"] and reached(talk)
            ]
            begun = min([*days, instant(one["recorded_at"]).date()])
            if one.get("consent", {}).get("status") != "granted" or one.get("do_not_contact") == "true":
                continue
            for text in (text for text in told if isinstance(text, str)):
                for year in range(first.year, after.year + 1):
                    month, number = int(text[-5:-3]), int(text[-2:])
                    day = date(year, month, number - ((month, number) == (2, 29) and year % 4 != 0))
                    if not first <= day < after or day < begun or (len(text) > 5 and day < date.fromisoformat(text)):
                        continue
                    is_kept = any(abs((talk - day).days) <= 3 for talk in days)
                    kept += is_kept
                    missed += not is_kept and day + timedelta(days=3) < NOW.date()
        groups = {line.key.group: line.now for line in summaries[period].groups("care_served", "care")}
        found = groups.get(kind)
        assert (found.numerator, found.denominator) == (kept, kept + missed) if found else not kept + missed


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """A log with sixty complaints of a public file, imported."""
    folder = tmp_path_factory.mktemp("complaints")
    (folder / "commlog.yaml").write_text("timezone: America/New_York\nlanguage: en\n", encoding="utf-8")
    words = [
        "import",
        "csv",
        str(ROOT / "tests/data/complaints.csv"),
        "--map",
        str(ROOT / "examples/consumer-complaints.map.yaml"),
    ]
    call = [sys.executable, "-m", "commlog", *words, "--log", str(folder), "--now", COMPLAINTS_NOW.isoformat()]
    ended = subprocess.run(
        call, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    return folder


def test_complaints(complaints):
    """The figures of the imported complaints, over their files: conversations, problems, returns, resolution, dormancy."""
    workspace = make_workspace(open_log(complaints, str(complaints)), COMPLAINTS_NOW, None)
    found = [one for one in records(complaints) if "started_at" in one]
    for year in ("2013", "2016", "2017"):
        summary = summarize(workspace, SummaryRequest(year))
        told = [one for one in found if one["started_at"].startswith(year)]
        assert summary.total("interactions").now.numerator == len(told)
        assert fraction(summary, "complaints") == (sum(one.get("scenario") == "complaint" for one in told), len(told))
        resolved = [one for one in told if one.get("outcome") == "resolved"]
        assert fraction(summary, "first_contact_resolution") == (len(resolved), len(resolved))
        again = set()
        for one in told:
            for other in found:
                gap = datetime.fromisoformat(one["started_at"]) - datetime.fromisoformat(other["started_at"])
                if (
                    other["customer"] == one["customer"]
                    and other is not one
                    and timedelta() <= gap <= timedelta(days=30)
                ):
                    again.add(one["customer"])
        assert fraction(summary, "repeat_contacts") == (len(again), len({one["customer"] for one in told}))
        assert summary.total("first_response").now.numerator == sum("received_at" in one for one in told)
        assert fraction(summary, "customer_scores") == (0, 0)
