"""What was dropped, as reminders tell it: once to whoever is to pick it up, for some weeks, and what `check` shows."""

import json
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from commlog.followups.dropped import find_dropped_balls
from commlog.messages import use_language
from commlog.reminders.plan import TOLD_WITHIN, plan_reminders
from commlog.reminders.rules.digest import Item, Urgency
from commlog.reminders.send import lines_by_address, plan_deliveries, send_digests

TUESDAY = "2026-03-10T10:00:00+08:00"
WEDNESDAY = "2026-03-11T10:00:00+08:00"
MONDAY = "2026-03-16T10:00:00+08:00"
WANG, LI, ZHOU = "mailto:wang@example.com", "mailto:li@example.com", "mailto:zhou@example.com"

SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, notify: "mailto:wang@example.com", deputy: li, away: [{from: 2026-03-17, to: 2026-03-18}]}
  - {id: li, name: 李静, notify: "mailto:li@example.com", away: [{from: 2026-03-18, to: 2026-03-18}]}
  - {id: zhou, name: 周敏, role: lead, notify: "mailto:zhou@example.com"}
calendar:
  hours:
    mon-fri: ["09:00-12:00", "13:30-18:00"]
"""
BETA = "id: beta\ntemplate: customer\nname: 贝塔\ntype: company\nstage: active\n"


@dataclass
class Memory:
    """A ledger that is gone with the test."""

    entries: list[Any] = field(default_factory=list)

    def has(self, key: Any, to: str) -> bool:
        return (key, to) in self.entries

    def add(self, keys: Any, to: str, at: Any) -> None:
        self.entries += [(key, to) for key in keys]


@pytest.fixture
def team(log: Any) -> Any:
    """A log with two agents, each away for a while, and a lead."""
    log.write("commlog.yaml", SETTINGS)
    return log


def run(log: Any, now: str, ledger: Memory) -> dict[str, list[str]]:
    """What each address is told by one run: the addresses of items."""
    workspace = log.at(now).workspace()
    parcels, _ = lines_by_address(plan_reminders(workspace), workspace.log.settings.members, workspace.now.date())
    planned = plan_deliveries(parcels, ledger, workspace.now)
    list(send_digests(planned, ledger, lambda address, digest: None))
    return {one.address: [line.item.address for line in one.digest.lines] for one in planned}


def items_of(log: Any, now: str = MONDAY) -> list[Item]:
    """What is dropped, as items."""
    return [item for item in plan_reminders(log.at(now).workspace()) if item.is_dropped]


def dissatisfied(log: Any, *assignments: str) -> Any:
    """A conversation of Tuesday that left a customer dissatisfied, with nothing to be done."""
    return log.at(TUESDAY).create("service", f"started_at={TUESDAY}", "satisfaction=dissatisfied", *assignments)


def called_back(log: Any, count: int = 1) -> Any:
    """A record of Tuesday with follow-ups that promised calls; the first is done on Wednesday."""
    follow_ups = [f"action=回电 {number}; owner=li; due=2026-06-30" for number in range(count)]
    record = log.at(TUESDAY).create(
        "service", f"started_at={TUESDAY}", "outcome=follow_up", "agent=wang", follow_ups=follow_ups
    )
    log.at(WEDNESDAY).move("done", f"{record.id}/1", result="已告知")
    return record


def edited(log: Any, record: Any, old: str, new: str) -> None:
    """Change a record's file by hand."""
    path = log.root / record.path
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_what_is_dropped_is_told_once_however_often_it_runs(team: Any) -> None:
    """The owner is told at the first run at which it is dropped, and never again; nobody else is told."""
    record = dissatisfied(team)
    ledger = Memory()
    assert run(team, "2026-03-11T18:00:00+08:00", ledger) == {}
    assert run(team, "2026-03-12T08:45:00+08:00", ledger) == {}
    assert run(team, "2026-03-12T09:00:00+08:00", ledger) == {WANG: [record.id]}
    for day in range(12, 17):
        for hour in range(9, 20, 5):
            assert run(team, f"2026-03-{day:02}T{hour:02}:00:00+08:00", ledger) == {}
    assert run(team, "2026-04-08T10:00:00+08:00", ledger) == {}
    assert ledger.entries == [((record.id, "low-score-without-follow-up", "", "dropped"), WANG)]


def test_the_deputy_is_told_and_then_the_leads(team: Any) -> None:
    """Whoever is away is stood in for as with everything else; where no deputy, the leads are told."""
    record = dissatisfied(team)
    assert run(team, "2026-03-17T10:00:00+08:00", Memory()) == {LI: [record.id]}
    assert run(team, "2026-03-18T10:00:00+08:00", Memory()) == {ZHOU: [record.id]}


def test_it_is_the_issues_owners_then_the_agents_then_the_customers(team: Any) -> None:
    """Who is asked: the owner of the issue, else who wrote the record, else who looks after the customer, else nobody."""
    issue = team.at(TUESDAY).create("issue", "reported_on=2026-03-10", "status=open", "owner=李静", "agent=wang")
    assert [item.owner for item in items_of(team)] == ["li"]
    edited(team, issue, "owner: li\n", "")
    assert [item.owner for item in items_of(team)] == ["wang"]
    edited(team, issue, "agent: wang\n", "")
    assert [item.owner for item in items_of(team)] == [""]
    assert run(team, MONDAY, Memory()) == {ZHOU: [issue.id]}
    path = team.root / "records/customers/acme.yaml"
    acme = path.read_text(encoding="utf-8")
    path.write_text(acme + "owner: 王芳\n", encoding="utf-8")
    assert [item.owner for item in items_of(team)] == ["wang"]
    team.write("records/customers/beta.yaml", BETA + "owner: li\n")
    path.write_text(acme + "owner: 王芳\nmerged_into: beta\n", encoding="utf-8")
    assert [item.owner for item in items_of(team)] == ["li"]


def test_what_has_lain_for_longer_is_not_told(team: Any) -> None:
    """A first run on an old log tells of the last weeks alone; the rest stays in `check`."""
    record = dissatisfied(team)
    last = date(2026, 3, 10) + timedelta(days=TOLD_WITHIN - 1)
    assert [item.address for item in items_of(team, f"{last}T23:00:00+08:00")] == [record.id]
    after = f"{last + timedelta(days=1)}T10:00:00+08:00"
    assert items_of(team, after) == []
    assert len(find_dropped_balls(team.at(after).workspace())) == 1


def test_a_call_back_counts_from_the_day_it_was_called_done(team: Any) -> None:
    """The record may be old: what counts is when somebody said that the customer was called."""
    record = called_back(team)
    (item,) = items_of(team)
    assert (item.address, item.day, item.owner) == (f"{record.id}/1", date(2026, 3, 11), "wang")
    last = date(2026, 3, 11) + timedelta(days=TOLD_WITHIN - 1)
    assert items_of(team, f"{last}T10:00:00+08:00")
    assert not items_of(team, f"{last + timedelta(days=1)}T10:00:00+08:00")


def test_each_call_back_of_a_record_is_told(team: Any) -> None:
    """A second promise of the same record that is not kept is another thing, and told when it is dropped."""
    record = called_back(team, 2)
    ledger = Memory()
    assert run(team, "2026-03-13T10:00:00+08:00", ledger) == {WANG: [f"{record.id}/1"]}
    team.at("2026-03-13T11:00:00+08:00").move("done", f"{record.id}/2", result="已告知")
    assert run(team, "2026-03-13T18:00:00+08:00", ledger) == {}
    assert run(team, "2026-03-17T10:00:00+08:00", ledger)[LI] == [f"{record.id}/1", f"{record.id}/2"]
    assert run(team, "2026-03-19T10:00:00+08:00", ledger) == {WANG: [f"{record.id}/2"]}


def test_an_issue_counts_from_the_end_of_its_last_follow_up(team: Any) -> None:
    """An old issue whose work ended lately was dropped lately."""
    issue = team.at("2026-01-05T10:00:00+08:00").create("issue", "reported_on=2026-01-05", "status=open", "owner=wang")
    assert items_of(team) == []
    team.at("2026-01-05T10:00:00+08:00").add(issue.id, "action=查原因; owner=li; due=none")
    team.at(WEDNESDAY).move("done", f"{issue.id}/1", result="已查")
    (item,) = items_of(team)
    assert (item.address, item.day, item.owner) == (issue.id, date(2026, 3, 11), "wang")


def test_what_was_picked_up_and_dropped_again_is_not_told_twice(team: Any) -> None:
    """Under the same rule the same record is told once for good; under another one it is told."""
    issue = team.at(TUESDAY).create("issue", "reported_on=2026-03-10", "status=open", "owner=li")
    ledger = Memory()
    assert run(team, "2026-03-12T10:00:00+08:00", ledger) == {LI: [issue.id]}
    team.at("2026-03-12T11:00:00+08:00").add(issue.id, "action=回电; owner=li; due=none; agreed_with_customer=true")
    assert items_of(team, "2026-03-12T12:00:00+08:00") == []
    team.at("2026-03-12T13:00:00+08:00").move("done", f"{issue.id}/1", result="已回电")
    assert items_of(team, "2026-03-12T14:00:00+08:00") == []
    assert [item.opened_at for item in items_of(team, "2026-03-13T09:30:00+08:00")] == ["issue-without-next-action"]
    assert run(team, "2026-03-12T14:00:00+08:00", ledger) == {}
    # A working day later the call that nobody recorded is missed as well: another rule.
    assert run(team, "2026-03-16T10:00:00+08:00", ledger) == {LI: [f"{issue.id}/1"]}


@pytest.mark.parametrize(("language", "words"), [("en", "low score"), ("zh", "dissatisfied")])
def test_the_words_are_those_of_the_language(team: Any, language: str, words: str) -> None:
    """An item says what is dropped in the language in use, as the brief does."""
    dissatisfied(team)
    use_language(language)
    try:
        (item,) = items_of(team)
        (ball,) = find_dropped_balls(team.workspace())
        assert item.text == ball.text
        assert words in item.text
    finally:
        use_language("en")


def test_it_comes_after_what_is_due_and_before_care(team: Any) -> None:
    """An item has no due time, one stage, no ladder, and says since when it is dropped."""
    record = dissatisfied(team)
    team.create("service", "id=20260316-7f3kq2", follow_ups=["action=Call; owner=wang; due=2026-03-16 12:00"])
    team.write("records/customers/beta.yaml", BETA)
    edited(team, record, "customer: acme", "customer: beta")
    first, second = plan_reminders(team.workspace())
    assert (first.urgency, second.urgency) == (Urgency.TODAY, Urgency.DROPPED)
    assert (second.kind, second.due, second.due_at, second.stages) == ("dropped", "", None, ("dropped",))
    assert (second.escalations, second.day, second.customer_name) == ((), date(2026, 3, 10), "贝塔")
    assert Urgency.SOON < Urgency.DROPPED < Urgency.CARE


def test_a_missing_link_names_the_record_that_is_probably_meant(team: Any) -> None:
    """The item carries the earlier record, for the command that links to it."""
    first = team.at(TUESDAY).create("service", f"started_at={TUESDAY}")
    second = team.at(WEDNESDAY).create("service", f"started_at={WEDNESDAY}", "summary=客户再次来电，要求换机")
    (item,) = items_of(team)
    assert (item.address, item.suggestion) == (second.id, first.id)


def draw_log(team: Any, dice: random.Random) -> None:
    """Some dozens of records of a dozen customers, two of whom are one, over the last four months."""
    team.write("records/customers/beta.yaml", BETA + "merged_into: acme\n")
    names = ["acme", "beta", *(f"c{number}" for number in range(10))]
    for name in names[2:]:
        team.write(f"records/customers/{name}.yaml", BETA.replace("beta", name))
    for number in range(60):
        day = date(2026, 3, 16) - timedelta(days=dice.choice((dice.randrange(12), dice.randrange(120))))
        kind = dice.choice(("member", "member", "service", "relationship", "issue", "survey"))
        instant = f"{day}T{dice.randrange(24):02}:{dice.randrange(60):02}:00+08:00"
        fields: dict[str, Any] = {
            "id": f"{day:%Y%m%d}-{number:06}",
            "template": kind,
            "customer": dice.choice((*names, "anonymous")),
            "summary": dice.choice(("s", "客户再次来电")),
            "recorded_at": f"{day + timedelta(days=dice.randrange(3))}T12:00:00+08:00",
        }
        if kind in {"issue", "survey"}:
            fields |= {"status": dice.choice(("open", "closed")), "scores": {"overall": dice.randint(1, 5)}}
        else:
            fields |= {"direction": dice.choice(("inbound", "inbound", "outbound")), "reached": dice.random() < 0.6}
            fields |= {"outcome": dice.choice(("follow_up", "transferred", "resolved"))}
            fields |= {"satisfaction": dice.choice(("dissatisfied", "fair"))}
        if kind in {"member", "service", "relationship"} and dice.random() < 0.95:
            fields["started_at"] = instant
        if dice.random() < 0.3:
            fields["agreements"] = [{"by": "us", "what": "w"}]
        fields["followups"] = [_draw_work(dice, n, day) for n in range(1, dice.choice((0, 0, 1, 2)) + 1)]
        folder = {"issue": "issues", "survey": "surveys"}.get(kind, "interactions")
        text = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items())
        team.write(f"records/{folder}/{fields['id']}.yaml", text)


def _draw_work(dice: random.Random, n: int, day: date) -> dict[str, Any]:
    status = dice.choice(("open", "done", "done", "done", "closed"))
    steps = [(day, "open")]
    if status != "open":
        steps.append((day + timedelta(days=dice.choice((0, 1, 3, 20, 60))), status))
    history = [{"at": f"{at}T{dice.randrange(24):02}:00:00+08:00", "status": name} for at, name in steps]
    return {"n": n, "action": dice.choice(("回电", "look")), "status": status, "history": history}


@pytest.mark.parametrize("seed", range(4))
def test_a_look_at_some_days_finds_what_a_look_at_all_of_them_finds(team: Any, seed: int) -> None:
    """Asked for since a day, the search gives exactly what is dropped since then, as `check` has it, in its order."""
    draw_log(team, random.Random(seed))
    workspace = team.workspace()
    every = find_dropped_balls(workspace)
    assert len({ball.rule for ball in every}) >= 4
    for back in (-1, 0, 1, 2, 3, 5, 8, 11, 12, 29, 30, 60, 119, 200):
        day = date(2026, 3, 16) - timedelta(days=back)
        told = tuple(ball for ball in every if ball.since >= day.isoformat())
        assert find_dropped_balls(workspace, since=day) == told, day
        for customer in ("acme", "c3"):
            whole = find_dropped_balls(workspace, customer)
            part = find_dropped_balls(workspace, customer, since=day)
            assert part == tuple(ball for ball in whole if ball.since >= day.isoformat())


@pytest.mark.parametrize("seed", range(2))
def test_reminders_tell_what_check_shows(team: Any, seed: int) -> None:
    """Each item is a warning of `check`: the same rule about the same record, none is left out of the last weeks but what is of today."""
    draw_log(team, random.Random(f"items {seed}"))
    first = (date(2026, 3, 16) - timedelta(days=TOLD_WITHIN - 1)).isoformat()
    expected = sorted(
        (ball.address, ball.rule) for ball in find_dropped_balls(team.workspace()) if first <= ball.since < "2026-03-16"
    )
    assert sorted((item.address, item.opened_at) for item in items_of(team)) == expected
    assert expected
