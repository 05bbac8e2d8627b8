"""Every figure of the summary equals the one computed from the YAML files alone: of the example log, of imported complaints, of a generated log."""

import csv
import itertools
import os
import random
import re
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml

from commlog.log.log import open_log
from commlog.summary.summarize import SummaryRequest, summarize
from commlog.workspace import make_workspace
from tests.build import ROOT
from tests.metrics_reference import PENDING, Log, Metrics

PUBLIC = ROOT.parent / "shared" / "data" / "consumer_complaints.csv"
COMPLAINTS = PUBLIC if PUBLIC.is_file() else ROOT / "tests" / "data" / "complaints.csv"
DEMO_NOW = "2026-03-16T10:00:00+08:00"
DEMO_PERIODS = ("2026-03", "2026-02", "2026-01", "2025-12", "2025", "2026-Q1")
IMPORTED_AT = "2018-01-02T12:00:00-05:00"
COMPLAINTS_NOW = "2018-03-05T11:00:00-05:00"
COMPLAINTS_PERIODS = ("2013", "2016-01", "2016-02", "2017", "2018-01", "2018-02")
MADE_NOW = "2026-04-15T14:20:00+08:00"
# What is of an instant, not of a period: beside it stands how it was when the period before ended.
STATES = {"pending", "overdue", "overdue_age", "dormant", "without_owner", "issues_without_next_action"}
MADE_PERIODS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-Q1", "2025")


def bounds(period):
    """The first day of a period written as a year, a month or a quarter, and the day after its last."""
    year, _, part = period.partition("-")
    month, months = (1, 12) if not part else (int(part), 1) if part.isdecimal() else (3 * int(part[1]) - 2, 3)
    after = int(year) * 12 + month - 1 + months
    return date(int(year), month, 1), date(after // 12, after % 12 + 1, 1)


def told(summary, side):
    """What a summary says of its period (`now`) or the one before, as the reference says it; without groups of nothing."""
    figures = {}
    for line in summary.lines:
        measure = getattr(line, side)
        value = (measure.numerator, measure.denominator)
        if measure.spread:
            value += (measure.spread.median, measure.spread.ninetieth)
        figures[tuple(line.key)] = value
    return without_nothing(figures)


def before(summary, log):
    """The figures of the period before by the product and by the reference, without those that are states of that time."""
    metrics = Metrics(log, summary.previous.start.date(), summary.previous.end.date())
    sides = told(summary, "before"), without_nothing(metrics.figures)
    return ({key: value for key, value in side.items() if key[0] not in STATES} for side in sides)


def without_nothing(figures):
    """Figures without the groups that stand for nothing."""
    return {key: value for key, value in figures.items() if not key[1] or is_something(key[0], value)}


def is_something(figure, value):
    """Whether a group's value tells of anything: a part of a distribution when it is not 0, else when it has an N."""
    is_part = figure in {"problems", "moods", "satisfaction_answers"}
    return bool(value[0] or (value[1] and not is_part))


def listed(summary):
    """What a summary lists, by what tells the rows apart."""
    found = {}
    for one in summary.attention:
        place = one.listing.columns.index("customer" if one.name == "worsened_customers" else one.listing.columns[0])
        rows = one.listing.rows
        found[one.name] = {row[:3] if one.name == "weak_spots" else row[place] for row in rows}
    return found


def compare(root, now, periods):
    """The figures and lists of some periods by the product and by the reference, side by side, as {period: (product, reference)}."""
    instant = datetime.fromisoformat(now)
    workspace = make_workspace(open_log(root, str(root)), instant, None)
    log = Log(root, instant)
    found = {}
    for period in periods:
        summary = summarize(workspace, SummaryRequest(period, limit=-1, reveal=True))
        assert summary.unreadable_files == 0
        metrics = Metrics(log, *bounds(period))
        product = {"figures": told(summary, "now"), "lists": listed(summary)}
        reference = {"figures": without_nothing(metrics.figures), "lists": metrics.lists}
        product["before"], reference["before"] = before(summary, log)
        found[period] = product, reference
    return found


@pytest.fixture(scope="module")
def demo():
    """The example log, compared."""
    return compare(ROOT, DEMO_NOW, DEMO_PERIODS)


def differences(product, reference):
    """What two mappings do not tell alike, the product's value first."""
    return {
        key: (product.get(key), reference.get(key))
        for key in {**product, **reference}
        if product.get(key) != reference.get(key)
    }


def assert_same(pair):
    """Both sides tell the same figures and list the same."""
    product, reference = pair
    assert differences(product["figures"], reference["figures"]) == {}
    assert differences(product["lists"], reference["lists"]) == {}
    assert differences(product["before"], reference["before"]) == {}


@pytest.mark.parametrize("period", DEMO_PERIODS)
def test_example_log(demo, period):
    """Every figure, group and list of the example log is that of its files."""
    assert_same(demo[period])


def finish_some(folder, chance):
    """Write into some of the imported files how their follow-ups went on: done at once or late, cancelled, waiting, opened again."""
    moment = datetime.fromisoformat(IMPORTED_AT)
    for file in sorted((folder / "records" / "interactions").rglob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        steps = chance.choice(
            [
                [],
                [("done", 3)],
                [("awaiting_customer", 2), ("done", 400)],
                [("awaiting_customer", 30)],
                [("in_progress", 1), ("done", 200), ("closed", 20)],
                [("closed", 500)],
                [("done", 100), ("open", 300), ("done", 200)],
            ]
        )
        if "\nfollowups:" not in text or not steps:
            continue
        at, lines = moment, ""
        for status, hours in steps:
            at += timedelta(hours=hours, minutes=chance.randrange(60))
            lines += f"      - {{at: {at.isoformat()}, by: complaints-desk, status: {status}, note: n}}\n"
        text = re.sub(r"(?m)^    status: open$", f"    status: {steps[-1][0]}", text)
        file.write_text(re.sub(r"(?m)(^      - \{at: .*status: open\}\n)", rf"\1{lines}", text), encoding="utf-8")


def complaint_rows():
    """The heading of the complaints and every third of them."""
    with COMPLAINTS.open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file)
    return [heading, *rows[::3]]


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """A log of public complaints: received on one day, passed on at another, their follow-ups gone on in the files; compared."""
    folder = tmp_path_factory.mktemp("complaints")
    hours = 'calendar:\n  hours:\n    mon-thu: ["08:30-12:15", "13:00-17:30"]\n    fri: ["08:30-13:00"]\n'
    (folder / "commlog.yaml").write_text(f"timezone: America/New_York\nlanguage: en\n{hours}", encoding="utf-8")
    days = 'off: [2016-01-18, 2016-02-15, "2018-01-15", 2018-02-19]\n'
    (folder / "calendar.yaml").write_text(f"{days}work: [2016-01-30, 2018-01-20]\n", encoding="utf-8")
    chart = yaml.safe_load((ROOT / "examples" / "consumer-complaints.map.yaml").read_text(encoding="utf-8"))
    chart["fields"] |= {"received_at": "Date received", "started_at": "Date sent to company"}
    (folder / "map.yaml").write_text(yaml.safe_dump(chart, sort_keys=False), encoding="utf-8")
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(complaint_rows())
    words = ["import", "csv", str(folder / "rows.csv"), "--map", str(folder / "map.yaml"), "--log", str(folder)]
    ended = subprocess.run(
        [sys.executable, "-m", "commlog", *words, "--now", IMPORTED_AT],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert ended.returncode == 0, ended.stderr
    finish_some(folder, random.Random(2016))
    return folder, compare(folder, COMPLAINTS_NOW, COMPLAINTS_PERIODS)


@pytest.mark.parametrize("period", COMPLAINTS_PERIODS)
def test_imported_complaints(complaints, period):
    """Every figure, group and list of the imported complaints is that of the files written for them."""
    assert_same(complaints[1][period])


def test_imported_complaints_are_all_compared(complaints):
    """The log of complaints has a conversation for every row, and first answers, overdue ones and resolutions to compare."""
    folder, compared = complaints
    files = list((folder / "records" / "interactions").rglob("*.yaml"))
    assert len(files) == len(complaint_rows()) - 1
    for figure in ("interactions", "first_response", "breached", "overdue", "first_resolution", "repeat_contacts"):
        assert any(pair[1]["figures"][figure, "", None][0] for pair in compared.values()), figure


class Plain(yaml.SafeDumper):
    """YAML without anchors."""

    def ignore_aliases(self, data):
        """Write everything out."""
        return True


class Maker:
    """Invented records of half a year, written as YAML files; the same ones for the same seed."""

    def __init__(self, root, seed):
        self.root, self.chance = root, random.Random(seed)
        self.now = datetime.fromisoformat(MADE_NOW)
        self.zone = ZoneInfo("Asia/Shanghai")
        self.ids, self.talked, self.begun = set(), [], []

    def write(self, folder, record):
        """Put a record into its file."""
        file = self.root / "records" / folder / f"{record['id']}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        told = {key: value for key, value in record.items() if value not in (None, [])}
        file.write_text(yaml.dump(told, Dumper=Plain, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def name(self, day):
        """An id not given before."""
        while True:
            letters = "".join(self.chance.choices("0123456789abcdefghjkmnpqrstvwxyz", k=6))
            if letters not in self.ids:
                self.ids.add(letters)
                return f"{day:%Y%m%d}-{letters}"

    def moment(self, first=date(2025, 10, 20), days=177):
        """An instant, of the day more often than of the night."""
        day = first + timedelta(days=self.chance.randrange(days))
        hour = self.chance.choice([7, 9, 9, 10, 11, 12, 14, 15, 16, 17, 18, 22])
        return min(datetime.combine(day, time(hour, self.chance.randrange(60)), self.zone), self.now)

    def history(self, begun, states):
        """A history through some states, up to now, and the state it ends in."""
        entries, at = [], begun
        for state in states:
            if at > self.now:
                break
            entries.append(
                {"at": at.isoformat(), "by": self.chance.choice(["wang", "li"]), "status": state, "note": "n"}
            )
            at += timedelta(minutes=self.chance.choice([20, 90, 400, 1500, 5000, 16000, 40000]))
        return entries, entries[-1]["status"]

    def follow_up(self, number, begun):
        """A follow-up with a life behind it."""
        lives = [
            ["open"],
            ["open", "in_progress"],
            ["open", "awaiting_customer"],
            ["open", "done"],
            ["open", "in_progress", "done", "closed"],
            ["open", "closed"],
            ["open", "awaiting_customer", "in_progress", "awaiting_customer", "done"],
            ["open", "done", "open", "in_progress", "done", "closed"],
            ["open", "done", "closed", "open", "awaiting_customer", "done"],
            ["open", "done", "open", "closed"],
            ["open", "done", "open"],
        ]
        history, status = self.history(begun, self.chance.choice(lives))
        due = begun + timedelta(hours=self.chance.choice([4, 24, 72, 200, 600]))
        day = self.chance.random() < 0.2
        return {
            "n": number,
            "action": "a",
            "owner": self.chance.choice(["wang", "wang", "li", "zhao"]),
            "priority": self.chance.choice(["urgent", "important", "routine"]),
            "due": due.date().isoformat() if day else due.isoformat(),
            "status": status,
            "result": "r",
            "history": history,
        }

    def customers(self):
        """Customers of every level: with lunar and leap dates, silent ones, merged, without consent, not to be contacted."""
        dates = [
            "1990-02-03",
            "12-31",
            "03-10",
            {"lunar": "01-01"},
            {"lunar": "12-30"},
            {"lunar": "02-15"},
            "1992-02-29",
        ]
        for place in range(24):
            added = self.moment(date(2024, 9, 1), 500)
            one = {
                "id": f"c{place}",
                "template": "customer",
                "recorded_at": None if place == 5 else added.isoformat(),
                "name": f"Customer {place}",
                "type": "individual",
                "stage": ["active", "active", "potential", "dormant", "active", "lost", "active"][place % 7],
                "level": ["vip", "key", "regular", "potential", None][place % 5],
                "birthday": dates[place % 7] if place % 4 else None,
                "anniversaries": [{"name": "n", "date": dates[(place + 3) % 7]}] * (place % 3 == 0),
                "visit_every": {7: "none", 8: "3w", 9: "10d", 12: "1m"}.get(place),
                "cooperation_since": "2025-03-01" if place == 5 else None,
                "consent": {"status": "withdrawn" if place % 9 == 4 else "granted"} if place % 8 else None,
                "do_not_contact": True if place % 11 == 6 else None,
                "merged_into": {20: "c1", 21: "c20"}.get(place),
            }
            self.write("customers", one)

    def talk(self, place, begun=None, customer=None):
        """A conversation, often linked with an earlier one."""
        begun = begun or self.moment()
        ended = begun + timedelta(minutes=self.chance.randrange(1, 40))
        wrote = ended + timedelta(minutes=self.chance.choice([3, 20, 29, 30, 31, 90, 1440, 1500]))
        template = ["service", "relationship", "visit", "member"][place % 4]
        inbound = self.chance.random() < 0.6
        arrived = begun - timedelta(minutes=self.chance.choice([0, 5, 60, 900, 4000, -30]))
        customer = customer or self.chance.choice([f"c{number}" for number in (*range(14), *range(6), 20, 21, 23)])
        record = {
            "id": self.name(begun),
            "template": template,
            "customer": customer,
            "agent": self.chance.choice(["wang", "li", "zhao"]),
            "direction": "inbound" if inbound else "outbound",
            "reached": None if self.chance.random() < 0.75 else self.chance.random() < 0.3,
            "channel": self.chance.choice(["phone", "wecom", "email"]),
            "received_at": arrived.isoformat() if inbound and self.chance.random() < 0.6 else None,
            "started_at": begun.isoformat(),
            "ended_at": ended.isoformat() if self.chance.random() < 0.7 else None,
            "recorded_at": wrote.isoformat(),
            "subject": "s",
            "summary": "s",
            "scenario": self.chance.choice(["complaint", "consultation", "after_sales"])
            if template == "service"
            else None,
            "need_type": self.chance.choice(["service_complaint", "product_inquiry", "other"])
            if template == "relationship"
            else None,
            "mood": self.chance.choice([None, "calm", "neutral", "satisfied", "anxious", "angry", "other"]),
            "satisfaction": self.chance.choice(
                [None, "very_satisfied", "satisfied", "fair", "dissatisfied", "very_dissatisfied", "not_rated"]
            ),
            "outcome": self.chance.choice(["resolved", "resolved", "follow_up", None]),
            "tags": self.chance.sample(["a", "b", "c"], self.chance.choice([0, 0, 1, 2])),
            "agreements": [{"by": self.chance.choice(["us", "us", "customer"]), "what": "w"}]
            * self.chance.choice([0, 0, 1, 2]),
            "links": self.links() if self.chance.random() < 0.4 else [],
            "followups": [self.follow_up(n, ended) for n in range(1, self.chance.choice([1, 1, 2, 3]))],
        }
        self.talked.append(record["id"])
        self.begun.append((record["id"], begun, customer, place))
        self.write(f"interactions/{begun:%Y/%m}", record)

    def return_to(self, earlier):
        """A conversation some time after an earlier one with the same customer, about the limits of a week and of 30 days."""
        linked, begun, customer, place = earlier
        gap = self.chance.choice(
            [{"hours": 5}, {"days": 6, "hours": 12}, {"days": 7, "hours": 1}, {"days": 29, "hours": 9}]
        )
        self.talked = [linked]
        self.talk(place, min(begun + timedelta(**gap), self.now - timedelta(hours=1)), customer)

    def links(self):
        """Links to one or two earlier conversations, or to something outside."""
        known = self.talked[-12:]
        told = self.chance.sample(known, min(len(known), self.chance.choice([1, 1, 2]))) or ["ref:order 7"]
        return [{"to": one, "type": "relates"} for one in told]

    def issue(self, place):
        """An issue that was fixed, closed, opened again, or is still on the way."""
        begun = self.moment()
        lives = [
            ["open", "in_progress", "fixed", "awaiting_customer", "closed"],
            ["open", "awaiting_customer", "in_progress", "fixed", "closed"],
            ["open", "closed"],
            ["open", "fixed", "closed", "open", "in_progress", "fixed", "closed"],
            ["open", "fixed", "in_progress", "fixed", "closed", "open"],
            ["open", "in_progress"],
            ["open", "fixed"],
        ]
        history, status = self.history(begun, self.chance.choice(lives))
        result = self.chance.choice([None, "satisfied", "satisfied", "no_answer"])
        is_closed = status == "closed"
        record = {
            "id": self.name(begun),
            "template": "issue",
            "customer": f"c{place % 12}",
            "agent": self.chance.choice(["wang", "li"]),
            "reported_on": begun.date().isoformat(),
            "recorded_at": begun.isoformat(),
            "title": "t",
            "description": "d",
            "category": self.chance.choice(["product", "product", "service", "logistics"]),
            "owner": self.chance.choice(["wang", "li", None]),
            "department": self.chance.choice(["d", None]),
            "status": status,
            "confirmation": {"result": result} if is_closed and result else None,
            "score": self.chance.choice([None, 1, 2, 4, 5]) if is_closed else None,
            "closed_on": history[-1]["at"][:10] if is_closed else None,
            "closed_reason": "r" if is_closed and result != "satisfied" else None,
            "links": self.links() if self.chance.random() < 0.5 else [],
            "followups": [self.follow_up(1, begun)] if self.chance.random() < 0.2 else [],
            "history": history,
        }
        self.write(f"issues/{begun:%Y}", record)

    def survey(self, place):
        """A survey, answered or not, written down on the day or later."""
        asked = self.moment(days=170)
        told = asked + timedelta(days=self.chance.choice([0, 1, 6, 30]))
        wrote = told + timedelta(days=self.chance.choice([0, 0, 1, 3]), minutes=5)
        is_answered = told <= self.now and self.chance.random() < 0.8
        names = ["product_quality", "response_speed", "communication", "overall"]
        record = {
            "id": self.name(asked),
            "template": "survey",
            "customer": f"c{place % 14}",
            "period": "2026-Q1",
            "requested_on": asked.date().isoformat() if place % 6 else None,
            "assessed_on": told.date().isoformat() if is_answered else None,
            "entered_by": self.chance.choice(["customer", "customer", "staff"]),
            "agent": "li",
            "recorded_at": (wrote if is_answered else asked).isoformat(),
            "scores": {name: self.chance.choice([1, 2, 3, 4, 5, 5]) for name in names if self.chance.random() < 0.8},
        }
        if not is_answered:
            del record["scores"]
        self.write(f"surveys/{asked:%Y}", record)
        if is_answered and self.chance.random() < 0.4:
            later = wrote + timedelta(hours=self.chance.choice([1, 20, 30]))
            self.talk(place, min(later, self.now - timedelta(hours=1)), record["customer"])


SETTINGS = """\
timezone: Asia/Shanghai
language: en
members: [{id: wang, name: Wang}, {id: li, name: Li}, {id: zhao, name: Zhao}]
calendar:
  hours:
    mon-fri: ["09:00-12:00", "13:30-18:00"]
    sat: ["10:00-12:00"]
record_within: {relationship: 12h}
visit_every: {vip: 1m, key: 6w, regular: 3m}
dormant_after: {vip: 1m, key: 45d, regular: 3m, potential: 4m}
"""
DAYS = """\
off: [2026-01-01, 2026-02-16, 2026-02-17, 2026-02-18, 2026-02-19, 2026-02-20, 2026-04-06]
work: [2026-02-15, 2026-02-22]
"""


@pytest.fixture(scope="module", params=[7, 26])
def made(request, tmp_path_factory):
    """A generated log, compared; a hundred and fifty records and more of half a year."""
    root = tmp_path_factory.mktemp("made")
    (root / "commlog.yaml").write_text(SETTINGS, encoding="utf-8")
    (root / "calendar.yaml").write_text(DAYS, encoding="utf-8")
    maker = Maker(root, request.param)
    maker.customers()
    for place in range(120):
        maker.talk(place)
    for place in range(40):
        maker.issue(place)
    for place in range(30):
        maker.survey(place)
    for earlier in maker.begun[:90:2]:
        maker.return_to(earlier)
    return root, compare(root, MADE_NOW, MADE_PERIODS)


@pytest.mark.slow
@pytest.mark.parametrize("period", MADE_PERIODS)
def test_generated_log(made, period):
    """Every figure, group and list of a generated log is that of its files."""
    assert_same(made[1][period])


def test_generated_log_has_everything(made):
    """The generated log leaves no figure, no list and no weak spot without anything to compare."""
    root, compared = made
    seen = {key[0] for _, reference in compared.values() for key, value in reference["figures"].items() if value[0]}
    named = {key[0] for product, _ in compared.values() for key in product["figures"]}
    assert named - seen == set()
    assert all(
        any(reference["lists"][name] for _, reference in compared.values()) for name in compared["2026-Q1"][1]["lists"]
    )
    items = [item for item, _ in Log(root, datetime.fromisoformat(MADE_NOW)).follow_ups]
    again = [item for item in items if [entry["status"] for entry in item["history"]].count("open") > 1]
    assert any(item["status"] in PENDING for item in again)
    assert any(item["status"] == "closed" for item in again)


def test_cancelled_after_a_second_opening(tmp_path):
    """A follow-up done in January, opened again in February and cancelled in March is opened once and finished in March."""
    (tmp_path / "commlog.yaml").write_text(SETTINGS, encoding="utf-8")
    steps = [("01-05", "open"), ("01-08", "done"), ("02-03", "open"), ("03-04", "closed")]
    entries = [{"at": f"2026-{day}T10:00:00+08:00", "by": "li", "status": status} for day, status in steps]
    item = {"n": 1, "action": "a", "owner": "li", "status": "closed", "result": "r", "history": entries}
    day = {"started_at": "2026-01-05T09:50:00+08:00", "recorded_at": "2026-01-05T10:00:00+08:00"}
    talk = {"id": "20260105-aaaaaa", "template": "member", "customer": "anonymous", "direction": "inbound", **day}
    Maker(tmp_path, 1).write("interactions/2026/01", {**talk, "followups": [item]})
    workspace = make_workspace(open_log(tmp_path, str(tmp_path)), datetime.fromisoformat(MADE_NOW), None)
    found = {}
    for period in ("2026-01", "2026-02", "2026-03"):
        summary = summarize(workspace, SummaryRequest(period, limit=-1))
        found[period] = [summary.total(f"follow_ups_{name}").now.numerator for name in ("opened", "finished", "net")]
    assert found == {"2026-01": [0, 0, 0], "2026-02": [1, 0, 1], "2026-03": [0, 1, -1]}
    # When February ended it was still pending.
    assert summary.total("pending").before.numerator == 1


class Relived(Maker):
    """Records of the same kind with more that came back: issues whose earlier rounds keep their answers, customers in chains of merges."""

    def history(self, begun, states):
        """A history in which whoever opens an issue again keeps what the customer had said, as the program writes it."""
        entries, status = super().history(begun, states)
        for before, entry in itertools.pairwise(entries):
            if before["status"] == "closed" and entry["status"] == "open":
                answer = self.chance.choice(["satisfied", "satisfied", "no_answer", "needs_improvement", None])
                kept = [f"confirmation={answer} (Li, phone)"] if answer else []
                entry["note"] = "\n".join(["n", "; ".join(["completed_on=2026-01-01", *kept, "closed_on=2026-01-02"])])
        return entries, status

    def customers(self):
        """Half of the customers who speak are older ids of others, some over two steps, one of somebody who is not there."""
        super().customers()
        into = {"c7": "c2", "c8": "c7", "c9": "c2", "c10": "c3", "c11": "nobody", "c12": "c5", "c13": "c12"}
        for customer, survivor in into.items():
            file = self.root / "records" / "customers" / f"{customer}.yaml"
            file.write_text(f"{file.read_text(encoding='utf-8')}merged_into: {survivor}\n", encoding="utf-8")


@pytest.fixture(scope="module", params=[3, 11])
def relived(request, tmp_path_factory):
    """A generated log in which much came back, compared."""
    root = tmp_path_factory.mktemp("relived")
    (root / "commlog.yaml").write_text(SETTINGS, encoding="utf-8")
    (root / "calendar.yaml").write_text(DAYS, encoding="utf-8")
    maker = Relived(root, request.param)
    maker.customers()
    for place in range(90):
        maker.talk(place)
    for place in range(60):
        maker.issue(place)
    for earlier in maker.begun[:60:2]:
        maker.return_to(earlier)
    return compare(root, MADE_NOW, MADE_PERIODS)


@pytest.mark.slow
@pytest.mark.parametrize("period", MADE_PERIODS)
def test_what_came_back_counts_for_whom_and_when_it_was(relived, period):
    """Every figure is that of the files where issues were opened again with their answers kept, and customers merged into others."""
    assert_same(relived[period])


def write_reopened_issue(folder, number, *, first, second):
    """An issue closed in January and again in March, with what the customer said of each round, if anything."""
    at = [f"2026-{day}T10:00:00+08:00" for day in ("01-05", "01-08", "02-03", "03-04")]
    history = [
        {"at": instant, "by": "li", "status": status}
        for instant, status in zip(at, ("open", "closed", "open", "closed"), strict=True)
    ]
    history[2]["note"] = f"again\nconfirmation={first} (Li, phone); closed_on=2026-01-08" if first else "again"
    issue = {
        "id": f"20260105-aaaaa{number}",
        "template": "issue",
        "customer": "anonymous",
        "reported_on": "2026-01-05",
        "recorded_at": at[0],
        "title": "t",
        "description": "d",
        "category": "product",
        "owner": "li",
        "status": "closed",
        "closed_on": "2026-03-04",
        "history": history,
        "confirmation": {"result": second, "at": at[3]} if second else None,
    }
    Maker(folder, 1).write("issues/2026", issue)


def test_a_closing_is_confirmed_by_the_answer_of_its_own_round(tmp_path):
    """Of two issues closed in January and March, each confirmed once, one closing counts in either month."""
    (tmp_path / "commlog.yaml").write_text(SETTINGS, encoding="utf-8")
    write_reopened_issue(tmp_path, 1, first="satisfied", second="no_answer")
    write_reopened_issue(tmp_path, 2, first=None, second="satisfied")
    workspace = make_workspace(open_log(tmp_path, str(tmp_path)), datetime.fromisoformat(MADE_NOW), None)
    found = {}
    for period in ("2026-01", "2026-03"):
        measure = summarize(workspace, SummaryRequest(period)).total("confirmed_closing").now
        found[period] = measure.numerator, measure.denominator, measure.included
    assert found == {"2026-01": (1, 2, {}), "2026-03": (1, 2, {"confirmation_no_answer": 1})}


def test_merged_customers_come_back_and_grow_angry_as_one(tmp_path):
    """Three talks under three ids of one person are one repeat contact and one worsening mood, told under the id that stayed."""
    (tmp_path / "commlog.yaml").write_text(SETTINGS, encoding="utf-8")
    maker = Maker(tmp_path, 1)
    into = {"li-na": None, "li-nuo": "li-na", "lina": "li-nuo"}
    for customer, survivor in into.items():
        about = {"template": "customer", "name": customer, "type": "individual", "stage": "active"}
        maker.write("customers", {"id": customer, **about, "merged_into": survivor})
    for day, customer, mood in (("02-10", "lina", "calm"), ("03-02", "li-na", "anxious"), ("03-20", "li-nuo", "angry")):
        talk = {
            "id": f"2026{day.replace('-', '')}-aaaaaa",
            "template": "service",
            "customer": customer,
            "agent": "li",
            "direction": "inbound",
            "channel": "phone",
            "started_at": f"2026-{day}T10:00:00+08:00",
            "recorded_at": f"2026-{day}T10:10:00+08:00",
            "subject": "s",
            "scenario": "complaint",
            "mood": mood,
        }
        maker.write(f"interactions/2026/{day[:2]}", talk)
    workspace = make_workspace(open_log(tmp_path, str(tmp_path)), datetime.fromisoformat(MADE_NOW), None)
    summary = summarize(workspace, SummaryRequest("2026-03", limit=-1))
    repeats, worse = (summary.total(name).now for name in ("repeat_contacts", "worsened_customers"))
    assert (repeats.numerator, repeats.denominator) == (1, 1)
    assert (worse.numerator, worse.denominator) == (1, 1)
    (one,) = (one for one in summary.attention if one.name == "worsened_customers")
    assert [row[:2] for row in one.listing.rows] == [("li-na", ["calm", "anxious", "angry"])]
