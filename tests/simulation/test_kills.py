"""Reminders that are killed: nothing is lost, and twice comes only what was on its way at that moment."""

import os
import random
import signal
import threading
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import date

import pytest
from arrivals import check_digest, remembered
from quarter_plan import Rules
from reference import notices

IS_LONG = os.environ.get("COMMLOG_TORTURE") == "1"
KILLS = 150 if IS_LONG else 8
DAYS = (date(2026, 2, 9), date(2026, 3, 20)) if IS_LONG else (date(2026, 2, 11), date(2026, 2, 14))
LONGEST = 0.35  # seconds in which a run of this log usually ends
KINDS = ("at_random", "on_arrival", "after_arrival")


class DeadlyList(list):
    """The messages a server takes; when it is armed, the sender is killed as one of the next arrives."""

    def __init__(self):
        super().__init__()
        self.victim = None
        self.left = 0
        self.delay = 0.0

    def arm(self, left, delay):
        """Kill at the message after so many, so many seconds after it arrived; 0 kills before the answer is given."""
        self.left, self.delay = left, delay

    def append(self, message):
        super().append(message)
        if self.victim is None:
            return
        if self.left:
            self.left -= 1
            return
        victim, self.victim = self.victim, None
        if self.delay:
            # Somewhere between the answer, the line in the ledger and the next message.
            threading.Timer(self.delay, kill, [victim]).start()
        else:
            kill(victim)


def kill(process):
    """Kill a process that may be gone already."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)


def start_and_kill(stage, now, kind, dice):
    """A run that is killed; whether it was still at work."""
    lists = (stage.mailbox.mails, stage.robots.posts)
    process = stage.start(now)
    if kind == "at_random":
        with suppress(Exception):
            process.wait(dice.uniform(0.01, LONGEST))
        kill(process)
    else:
        delay = 0.0 if kind == "on_arrival" else dice.uniform(0.0001, 0.01)
        chosen = dice.randrange(2)
        for number, messages in enumerate(lists):
            messages.arm(0 if number == chosen else 2, delay)
            messages.victim = process
    process.communicate(timeout=60)
    for messages in lists:
        messages.victim = None
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("seed", [1, 2] if IS_LONG else [1])
def test_killed_runs_lose_nothing(make_stage, capsys, monkeypatch, record_property, seed):
    """Every stage still arrives at its run; more than once only in a message that was in flight at a kill."""
    dice = random.Random(seed)
    stage = make_stage(seed, *DAYS, 200 if IS_LONG else 40, rules=Rules(), minutes=75)
    stage.mailbox.mails, stage.robots.posts = DeadlyList(), DeadlyList()
    expected = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    wanted = Counter(notices(stage.plan))
    for now, address, item, name in wanted:
        expected[now][address][item].append(name)
    busy = [now for now in stage.plan.runs if expected[now]]
    kills_at = Counter(dice.choice(busy) for _ in range(KILLS))
    told = Counter()
    for now in stage.plan.runs:
        stage.scribe.write_until(now)
        killed = Counter()
        for _ in range(kills_at[now]):
            kind = KINDS[told["tries"] % len(KINDS)]
            told["tries"] += 1
            killed[kind] += start_and_kill(stage, now, kind, dice)
        ran = stage.run_as_cron(now) if kills_at[now] else stage.run_here(now, capsys, monkeypatch)
        assert ran == (0, ""), now
        arrived = stage.take()
        assert arrived.keys() == expected[now].keys(), now
        for address, digests in arrived.items():
            told["messages"] += len(digests)
            for digest in digests:
                check_digest(digest, expected[now][address])
        twice = sum(len(digests) - 1 for digests in arrived.values())
        assert twice <= killed.total(), now
        told.update(killed)
        told["duplicates"] += twice
    assert Counter(remembered(stage.root)) == wanted
    assert told["on_arrival"] >= KILLS // 6
    for name, value in {**told, "runs": len(stage.plan.runs), "notices": len(wanted)}.items():
        record_property(name, value)
    with capsys.disabled():
        if IS_LONG:
            print(f"\nseed {seed}: {dict(told)}, runs {len(stage.plan.runs)}, notices {len(wanted)}")
