"""Weeks of a team in quarters of an hour: what arrives is what a script that knows the rules alone expects, to the run."""

import os
from collections import Counter, defaultdict
from datetime import date

import pytest
from arrivals import check_digest, remembered
from quarter_plan import Rules
from reference import Year, notices

IS_LONG = os.environ.get("COMMLOG_TORTURE") == "1"
# Around the Spring Festival of 2026: a make-up Saturday and nine days off.
HOLIDAYS = date(2026, 2, 11), date(2026, 2, 25)
QUARTER = date(2026, 1, 5), date(2026, 3, 31)
OTHERS = (
    Rules("2h", "2d", (("3wh", "lead"), ("30h", "ma"))),
    Rules("1wd", "5wh", (("2d", "zhao"),)),
    Rules("1d", "none", ()),
    Rules("none", "36h", (("1wd", "lead"), ("2wd", "lead"), ("1wd", "he"))),
)
REAL_EVERY = 30  # every so many runs one is a process of its own, started as cron does
CASES = (
    [(1, *QUARTER, 500, 15, Rules()), *((seed, *QUARTER, 120, 45, rules) for seed, rules in enumerate(OTHERS, 2))]
    if IS_LONG
    else [(1, *HOLIDAYS, 60, 75, Rules()), *((seed, *HOLIDAYS, 20, 225, rules) for seed, rules in enumerate(OTHERS, 2))]
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[5].before}-{case[5].repeat}")
def test_what_arrives_is_what_the_rules_say(make_stage, capsys, monkeypatch, record_property, case):
    """Every stage reaches every recipient once, at the first run at which it holds, in one message with all the others."""
    seed, first, last, count, minutes, rules = case
    stage = make_stage(seed, first, last, count, rules=rules, minutes=minutes)
    expected = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    wanted = Counter(notices(stage.plan, Year()))
    for now, address, item, name in wanted:
        expected[now][address][item].append(name)
    messages = processes = 0
    noted = Counter()
    for number, now in enumerate(stage.plan.runs):
        stage.scribe.write_until(now)
        is_process = number % REAL_EVERY == 0
        processes += is_process
        ran = stage.run_as_cron(now) if is_process else stage.run_here(now, capsys, monkeypatch)
        assert ran == (0, ""), now
        arrived = stage.take()
        assert arrived.keys() == expected[now].keys(), now
        for address, digests in arrived.items():
            (digest,) = digests
            messages += 1
            check_digest(digest, expected[now][address])
        # A ledger of a quarter forgets what is long over.
        noted.update(remembered(stage.root, now))
    assert noted == wanted
    assert max(wanted.values()) == 1
    told = {
        "runs": len(stage.plan.runs),
        "processes": processes,
        "notices": len(wanted),
        "messages": messages,
        "duplicates": 0,
    }
    for name, value in told.items():
        record_property(name, value)
    with capsys.disabled():
        if IS_LONG:
            print(f"\n{rules}: {told}")
