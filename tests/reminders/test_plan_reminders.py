"""What is told to whom, and that each thing is told once: on a log on disk, and over any run of instants."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.customers.rules.care import CareItem
from commlog.errors import CommlogError
from commlog.log.members import Absence, Member
from commlog.reminders.plan import plan_reminders, print_digest
from commlog.reminders.rules.digest import Item, Urgency
from commlog.reminders.rules.stages import (
    EscalationStep,
    PendingDue,
    ReminderRules,
    calendar_instant,
    escalation_stage,
    escalation_steps,
    stages_of,
)
from commlog.reminders.send import lines_by_address, plan_deliveries, route_escalation, route_owner, send_digests
from commlog.worktime.calendar import WorkCalendar, parse_hours
from commlog.worktime.limits import parse_limit
from tests.build import SHANGHAI

CALENDAR = WorkCalendar(SHANGHAI, parse_hours({"mon-fri": ["09:00-12:00", "13:30-18:00"]}))
TODAY = date(2026, 3, 16)
AWAY = (Absence(TODAY, TODAY + timedelta(days=1), "training"),)
WANG = Member("wang", "王芳", aliases=("小王",), notify=("mailto:wang@example.com",), deputy="li")
LI = Member("li", "李静", notify=("mailto:li@example.com",), deputy="sun")
SUN = Member("sun", "孙悦", notify=("mailto:sun@example.com",), deputy="wang")
ZHOU = Member("zhou", "周敏", notify=("mailto:zhou@example.com",), role="lead", deputy="li")
TEAM = (WANG, LI, SUN, ZHOU)

SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, notify: "mailto:wang@example.com"}
  - {id: zhou, name: 周敏, role: lead, notify: "mailto:zhou@example.com"}
calendar:
  hours:
    mon-fri: ["09:00-12:00", "13:30-18:00"]
remind:
  repeat: 1wd
"""


@dataclass
class Memory:
    """A ledger that is gone with the test; `entries` has every (key, recipient) as it was added."""

    entries: list = field(default_factory=list)

    def has(self, key, to):
        return (key, to) in self.entries

    def add(self, keys, to, at):
        self.entries += [(key, to) for key in keys]


def without(member, **changes):
    """A member with some facts changed."""
    return replace(member, **changes)


def routed(owner, *team):
    """Who is told of what an owner owes, by id, and why."""
    route = route_owner(owner, team, TODAY)
    return [member.id for member in route.members], [reason.message for reason in route.reasons]


def test_an_owner_who_is_there_is_told():
    """A member with an address gets what is theirs, under whichever of their names it is written."""
    assert routed("wang", *TEAM) == (["wang"], [])
    assert routed("小王", *TEAM) == (["wang"], [])


def test_the_deputy_of_one_who_is_away_is_told_why():
    """While the owner is away the deputy is told, and reads until when and why."""
    assert routed("wang", without(WANG, away=AWAY), LI, SUN, ZHOU) == (
        ["li"],
        ["away until 2026-03-17: training", "deputy: 李静"],
    )


def test_deputies_are_followed_until_somebody_is_there():
    """A deputy who is away has a deputy too."""
    team = (without(WANG, away=AWAY), without(LI, away=AWAY), SUN, ZHOU)
    assert routed("wang", *team)[0] == ["sun"]


@pytest.mark.parametrize(
    "team",
    [
        (without(WANG, away=AWAY), without(LI, away=AWAY), without(SUN, away=AWAY), ZHOU),
        (without(WANG, away=AWAY, deputy=None), LI, ZHOU),
        (without(WANG, away=AWAY, deputy="gone"), LI, ZHOU),
        (without(WANG, away=AWAY, deputy="wang"), LI, ZHOU),
    ],
    ids=["a circle", "no deputy", "a deputy who left", "their own deputy"],
)
def test_where_nobody_stands_in_the_leads_are_told(team):
    """A chain of deputies that ends nowhere, or in a circle, ends with the leads."""
    assert routed("wang", *team) == (["zhou"], ["away until 2026-03-17: training", "no deputy"])


@pytest.mark.parametrize(
    ("owner", "reason"), [("物流部", "物流部 is not a member"), ("", "no owner is set"), ("  ", "no owner is set")]
)
def test_what_belongs_to_no_member_goes_to_the_leads(owner, reason):
    """A department, an unknown name and no name at all are the leads' business."""
    assert routed(owner, *TEAM) == (["zhou"], [reason])


def test_an_owner_or_deputy_without_an_address_is_replaced_by_the_leads():
    """Without an address nobody can be told; the leads read whose it is."""
    assert routed("wang", without(WANG, notify=()), ZHOU) == (["zhou"], ["王芳 has no address for reminders"])
    assert routed("wang", without(WANG, away=AWAY), without(LI, notify=()), ZHOU)[0] == ["zhou"]


def test_a_lead_who_is_away_is_replaced_by_the_deputy_or_told_all_the_same():
    """The deputy of a lead is told; a lead for whom no deputy is told rather than nobody."""
    away = without(ZHOU, away=AWAY)
    assert routed("物流部", WANG, LI, away) == (["li"], ["物流部 is not a member", "李静 is the deputy of 周敏"])
    assert routed("物流部", WANG, without(away, deputy=None))[0] == ["zhou"]


def test_without_a_lead_who_can_be_reached_nobody_is_told():
    """No lead, or none with an address: the route is empty and says why."""
    assert routed("物流部", WANG) == ([], ["物流部 is not a member", "the team has no lead"])
    assert routed("物流部", WANG, without(ZHOU, notify=())) == (
        [],
        ["物流部 is not a member", "周敏 has no address for reminders"],
    )


def test_a_step_of_the_ladder_is_routed_like_an_owner():
    """The member a step names, their deputy, or all leads."""
    second = Member("qian", "钱进", notify=("mailto:qian@example.com",), role="lead")
    assert [member.id for member in route_escalation("lead", (*TEAM, second), TODAY).members] == ["zhou", "qian"]
    assert [member.id for member in route_escalation("sun", TEAM, TODAY).members] == ["sun"]
    team = (WANG, LI, without(SUN, away=AWAY), ZHOU)
    route = route_escalation("sun", team, TODAY)
    assert [member.id for member in route.members] == ["wang"]
    assert [reason.message for reason in route.reasons] == ["王芳 is the deputy of 孙悦"]


def item_of(number, owner="wang", stages=("overdue",), escalations=(), **more):
    """A follow-up as the plan gives it."""
    facts = {
        "address": f"20260310-{number:06d}/1", "kind": "follow_up", "opened_at": "o", "due": "d", "owner": owner,
        "text": "call back", "customer": "acme", "customer_name": "艾克米公司", "is_company": True, "stages": stages,
        "escalations": escalations, "due_at": datetime(2026, 3, 13, 18, tzinfo=SHANGHAI), "urgency": Urgency.OVERDUE,
    }  # fmt: skip
    return Item(**{**facts, **more})


def test_whoever_has_it_as_owner_is_not_told_by_the_ladder():
    """A lead's own item, and one that falls to the lead, come once and without the ladder's stage."""
    ladder = (("escalated/1wd/lead", "lead"),)
    parcels, lost = lines_by_address(
        [
            item_of(1, "zhou", escalations=ladder),
            item_of(2, "物流部", escalations=ladder),
            item_of(3, escalations=ladder),
        ],
        TEAM,
        TODAY,
    )
    boxes = {parcel.address: [line.stages for line in parcel.lines] for parcel in parcels}
    assert boxes == {
        "mailto:wang@example.com": [("overdue",)],
        "mailto:zhou@example.com": [("overdue",), ("overdue",), ("escalated/1wd/lead",)],
    }
    assert lost == ()


def test_an_address_that_two_members_share_gets_one_digest():
    """A group's address is one recipient, whoever reads there."""
    group = ("wecom:$TEAM",)
    team = (without(WANG, notify=group), without(LI, notify=group), ZHOU)
    parcels, _ = lines_by_address([item_of(1), item_of(2, "li")], team, TODAY)
    assert [(parcel.address, len(parcel.lines)) for parcel in parcels] == [("wecom:$TEAM", 2)]


def test_each_address_of_a_member_is_a_recipient_of_its_own():
    """Two addresses get the same, and a failure of one is retried there alone."""
    two = ("mailto:wang@example.com", "wecom:$WANG")
    parcels, _ = lines_by_address([item_of(1)], (without(WANG, notify=two),), TODAY)
    ledger = Memory()

    def broken(address, digest):
        if address.startswith("wecom"):
            raise CommlogError("no network")

    went = list(send_digests(plan_deliveries(parcels, ledger, AT), ledger, broken))
    assert [(one.address, one.fault is None) for one in went] == [(two[0], True), (two[1], False)]
    assert [one.address for one in plan_deliveries(parcels, ledger, AT)] == [two[1]]


def test_what_reaches_nobody_is_counted_by_owner():
    """Items that no address gets are lost, with the number and the reasons."""
    _, lost = lines_by_address([item_of(1, "物流部"), item_of(2, "物流部"), item_of(3)], (WANG,), TODAY)
    assert [(one.owner, one.number) for one in lost] == [("物流部", 2)]


def test_a_ladder_that_ends_at_a_lead_without_an_address_is_said():
    """A team that has leads learns that none can be reached; a team without any is left in peace."""
    late = [item_of(1, escalations=(("escalated/1wd/lead", "lead"),))]
    assert lines_by_address(late, (WANG,), TODAY)[1] == ()
    assert [one.owner for one in lines_by_address(late, (WANG, without(ZHOU, notify=())), TODAY)[1]] == ["lead"]


def test_files_that_cannot_be_read_are_told_to_the_lead_or_the_first():
    """The leads read of them; where none is told anything, the first recipient does."""
    parcels, _ = lines_by_address([item_of(1), item_of(2, "物流部")], TEAM, TODAY)
    told = plan_deliveries(parcels, Memory(), AT, ("records/x.yaml",))
    assert {one.address: one.digest.unreadable for one in told} == {
        "mailto:wang@example.com": (),
        "mailto:zhou@example.com": ("records/x.yaml",),
    }
    parcels, _ = lines_by_address([item_of(1), item_of(2, "li")], TEAM, TODAY)
    told = plan_deliveries(parcels, Memory(), AT, ("records/x.yaml",))
    assert [one.digest.unreadable for one in told] == [("records/x.yaml",), ()]


def test_a_thousand_overdue_items_are_one_digest():
    """One message an address, however much there is; all of it counts as told."""
    ledger = Memory()
    parcels, _ = lines_by_address([item_of(number) for number in range(1000)], TEAM, TODAY)
    sent = []
    list(send_digests(plan_deliveries(parcels, ledger, AT), ledger, lambda address, digest: sent.append(digest)))
    assert [len(digest.lines) for digest in sent] == [1000]
    assert plan_deliveries(parcels, ledger, AT) == ()


# On a log on disk.

AT = datetime(2026, 3, 16, 10, tzinfo=SHANGHAI)


@pytest.fixture
def team_log(log):
    """A log with an agent and a lead, and one important follow-up, due on Thursday 2026-03-19 18:00."""
    log.write("commlog.yaml", SETTINGS)
    log.create("service", "id=20260316-7f3kq2", follow_ups=["action=Call back; owner=wang; priority=important"])
    return log


ADDRESS = "20260316-7f3kq2/1"


def run(log, now, ledger):
    """The stages each address is told by one run, by address."""
    workspace = log.at(now).workspace()
    parcels, _ = lines_by_address(plan_reminders(workspace), workspace.log.settings.members, workspace.now.date())
    planned = plan_deliveries(parcels, ledger, workspace.now)
    list(send_digests(planned, ledger, lambda address, digest: None))
    return {one.address: [stage for line in one.digest.lines for stage in line.stages] for one in planned}


def test_a_follow_up_is_told_once_a_stage(team_log):
    """Near, today, overdue, overdue again and to the lead: each once, however often it runs."""
    ledger = Memory()
    wang, zhou = "mailto:wang@example.com", "mailto:zhou@example.com"
    assert run(team_log, "2026-03-18T17:00:00+08:00", ledger) == {}
    assert run(team_log, "2026-03-19T09:00:00+08:00", ledger) == {wang: ["today"]}
    assert run(team_log, "2026-03-19T09:15:00+08:00", ledger) == {}
    assert run(team_log, "2026-03-19T15:00:00+08:00", ledger) == {wang: ["today", "soon"]}
    assert run(team_log, "2026-03-19T18:15:00+08:00", ledger) == {wang: ["overdue"]}
    assert run(team_log, "2026-03-20T09:00:00+08:00", ledger) == {wang: ["overdue+1"], zhou: ["escalated/1wd/lead"]}
    assert run(team_log, "2026-03-20T17:00:00+08:00", ledger) == {}
    assert run(team_log, "2026-03-23T09:00:00+08:00", ledger) == {wang: ["overdue+2"]}
    assert len(ledger.entries) == len(set(ledger.entries))


def test_days_that_were_missed_are_caught_up_with_the_present_stage(team_log):
    """After a week without a run there is one digest, and it says how things stand now."""
    assert run(team_log, "2026-03-26T10:00:00+08:00", Memory()) == {
        "mailto:wang@example.com": ["overdue+5"],
        "mailto:zhou@example.com": ["escalated/1wd/lead"],
    }


def test_a_clock_that_was_put_back_tells_nothing_twice(team_log):
    """Running again at instants that have been is silent."""
    ledger = Memory()
    times = ["2026-03-19T09:00:00+08:00", "2026-03-19T18:15:00+08:00", "2026-03-20T09:00:00+08:00"]
    assert all(run(team_log, now, ledger) for now in times)
    assert [run(team_log, now, ledger) for now in reversed(times)] == [{}, {}, {}]


def test_what_is_opened_again_is_told_anew(team_log):
    """A second round has its own reminders, though address and stage are the same."""
    ledger = Memory()
    run(team_log, "2026-03-20T10:00:00+08:00", ledger)
    team_log.at("2026-03-20T11:00:00+08:00").move("done", ADDRESS, result="called")
    assert run(team_log, "2026-03-20T11:30:00+08:00", ledger) == {}
    later = team_log.at("2026-03-20T12:00:00+08:00")
    later.move("reopen", ADDRESS, note="not solved", due="2026-03-19 18:00")
    assert run(team_log, "2026-03-20T14:00:00+08:00", ledger)["mailto:wang@example.com"] == ["overdue+1"]


def test_a_due_time_that_was_moved_is_told_anew(team_log):
    """The new due time has stages of its own."""
    ledger = Memory()
    run(team_log, "2026-03-19T10:00:00+08:00", ledger)
    team_log.at("2026-03-19T11:00:00+08:00").move("reschedule", ADDRESS, due="2026-03-20 18:00")
    assert run(team_log, "2026-03-19T11:30:00+08:00", ledger) == {}
    assert run(team_log, "2026-03-20T09:30:00+08:00", ledger) == {"mailto:wang@example.com": ["today"]}


def test_a_follow_up_that_waits_is_silent_unless_its_time_was_promised(team_log):
    """Waiting for the customer is told to nobody; with an agreed time it calls back."""
    team_log.move("wait", ADDRESS)
    workspace = team_log.at("2026-03-30T10:00:00+08:00").workspace()
    assert plan_reminders(workspace) == ()
    team_log.edit("20260316-7f3kq2", "followups.0.agreed_with_customer=true")
    (item,) = plan_reminders(team_log.at("2026-03-30T10:00:00+08:00").workspace())
    assert item.stages == ("call_back+7",)
    assert item.escalations == ()
    assert item.urgency is Urgency.PROMISE_BROKEN


def test_a_follow_up_without_a_due_time_is_never_told(team_log):
    """Nothing is said of what has no due time."""
    team_log.move("reschedule", ADDRESS, due="none")
    assert plan_reminders(team_log.at("2027-03-30T10:00:00+08:00").workspace()) == ()


CARE = CareItem("birthday", "acme", "艾克米公司", None, None, date(2026, 3, 18), "", 0, None)


def test_days_of_care_follow_what_is_due(team_log):
    """Care comes last, with a key of its own, and goes to the leads when nobody looks after the customer."""
    workspace = team_log.at("2026-03-19T10:00:00+08:00").workspace()
    items = plan_reminders(workspace, [CARE, replace(CARE, owner="王芳", kind="visit")])
    assert [(item.kind, item.owner) for item in items] == [("follow_up", "wang"), ("birthday", ""), ("visit", "wang")]
    assert items[1].key("care") == ("customer:acme", "birthday", "2026-03-18", "care")
    parcels, _ = lines_by_address(items, workspace.log.settings.members, TODAY)
    assert {parcel.address: len(parcel.lines) for parcel in parcels} == {
        "mailto:wang@example.com": 2,
        "mailto:zhou@example.com": 1,
    }


def test_the_printed_digest_groups_by_owner_with_the_most_urgent_first(team_log):
    """Each owner has one section; the owner of the most urgent item comes first."""
    for number, (owner, due) in enumerate(
        [("zhou", "2026-03-16 17:00"), ("wang", "2026-03-13"), ("zhou", "2026-03-16 16:00")]
    ):
        team_log.add("20260316-7f3kq2", f"action=step {number}; owner={owner}; due={due}")
    workspace = team_log.workspace()
    digest = print_digest(workspace, plan_reminders(workspace))
    told = [(section.owner, [line.item.text for line in section.lines]) for section in digest.sections]
    assert told == [("wang", ["step 1"]), ("zhou", ["step 2", "step 0"])]


# Over any run of instants.

LIMITS = st.sampled_from(["none", "1h", "4wh", "1d", "1wd", "2wd"]).map(parse_limit)
RULES = st.builds(
    ReminderRules,
    LIMITS,
    LIMITS,
    st.lists(st.builds(EscalationStep, LIMITS, st.sampled_from(["lead", "sun"])), max_size=2).map(tuple),
)
START = datetime(2026, 3, 12, 8, tzinfo=SHANGHAI)
OFFSETS = st.integers(0, 6 * 24 * 4)
PROMISES = st.lists(
    st.tuples(OFFSETS, st.booleans(), st.booleans(), st.sampled_from(["wang", "zhou", "物流部"])),
    min_size=1,
    max_size=3,
)


def instant(quarters):
    """An instant so many quarters of an hour after the start."""
    return START + timedelta(minutes=15 * quarters)


def items_at(now, promises, rules):
    """What the rules say of some promises at an instant."""
    dues = [instant(due) for due, *_ in promises]
    present = calendar_instant(now, CALENDAR, {due.date() for due in dues})
    for number, (due, (_, paused, agreed, owner)) in enumerate(zip(dues, promises, strict=True)):
        promise = PendingDue(due, paused, agreed)
        stages = stages_of(promise, rules, present)
        if stages:
            steps = tuple((escalation_stage(rung), rung.to) for rung in escalation_steps(promise, rules, present))
            yield item_of(number, owner, stages, steps, due=due.isoformat(), due_at=due)


def tell(now, promises, rules, ledger):
    """One run; the keys that hold for each address."""
    parcels, _ = lines_by_address(items_at(now, promises, rules), TEAM, now.date())
    list(send_digests(plan_deliveries(parcels, ledger, now), ledger, lambda address, digest: None))
    return {(key, parcel.address) for parcel in parcels for line in parcel.lines for key in line.keys}


@settings(deadline=None, max_examples=60)
@given(PROMISES, RULES, st.lists(OFFSETS, min_size=1, max_size=25))
def test_nothing_is_told_twice_whenever_it_runs(promises, rules, offsets):
    """Any instants in any order tell each stage to each recipient once, and all that holds at them."""
    ledger = Memory()
    held = set()
    for offset in offsets:
        held |= tell(instant(offset), promises, rules, ledger)
    assert len(ledger.entries) == len(set(ledger.entries))
    assert set(ledger.entries) == held


@settings(deadline=None, max_examples=5)
@given(PROMISES, RULES)
def test_a_run_each_quarter_tells_what_any_run_in_between_would(promises, rules):
    """Runs at every fifteen minutes tell the union of what holds, and a second pass over them tells nothing."""
    ledger = Memory()
    held = set()
    for offset in range(4 * 24 * 4):
        held |= tell(instant(offset), promises, rules, ledger)
    assert set(ledger.entries) == held
    count = len(ledger.entries)
    for offset in range(0, 4 * 24 * 4, 7):
        tell(instant(offset), promises, rules, ledger)
    assert len(ledger.entries) == count
