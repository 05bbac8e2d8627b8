"""Eight at work on one log at once, and on two clones of it that merge: what was acknowledged is there."""

import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from torture_ground import HERE, IS_LONG, answers, environment, make_log, records_of, start, work

from tests.build import ROOT, write_program

WORKERS = 8
CALLS = 500 if IS_LONG else 12
ROUNDS = 5 if IS_LONG else 1


def let_work(jobs):
    """Let workers loose at once, each a (log, name, number of calls); what all of them acknowledged, and the codes."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        home = jobs[0][0].parent
        told = list(pool.map(lambda job: work("mixed_worker.py", *job, home=home), jobs))
    codes = sum((Counter(one["codes"]) for one in told), Counter())
    assert set(codes) <= {"read 0", "write 0", "write 5"}, codes
    return [tuple(item) for one in told for item in one["acknowledged"]], codes


def missing(records, acknowledged):
    """What was acknowledged and is not in the records."""
    follow_ups = [item for record in records.values() for item in record.get("followups", ())]
    there = {
        "create": {(record_id, record.get("summary")) for record_id, record in records.items()},
        "edit": {(record_id, tag) for record_id, record in records.items() for tag in record.get("tags", ())},
        "add": {item["action"] for item in follow_ups},
        "move": {line.get("note") for item in follow_ups for line in item["history"]},
    }
    for kind, said, mark in acknowledged:
        if kind in {"create", "edit"}:
            found = (said, mark) in there[kind]
        else:
            found = mark in there["add" if kind == "add" else "move"]
        if not found:
            yield kind, said, mark


def check_log(root, acknowledged):
    """Everything that was acknowledged is there once, `check` has nothing to say, and nothing waits for a lock."""
    records = records_of(root)
    assert list(missing(records, acknowledged)) == []
    created = [said for kind, said, _ in acknowledged if kind == "create"]
    assert len(created) == len(set(created))
    for record in records.values():
        numbers = [item["n"] for item in record.get("followups", ())]
        assert len(numbers) == len(set(numbers))
    checked = start(root, "check")
    assert (checked.code, checked.out) == (0, ""), checked
    assert start(root, "edit", "20260310-aaaa00", "-s", "tags+=afterwards").code == 0


def test_eight_at_work_on_one_log_lose_nothing(folder, record_property, capsys):
    """Eight processes that create, edit, move and read at once: every acknowledged change is there, and `check` is clean."""
    acknowledged, codes = let_work([(folder, f"w{number}", CALLS) for number in range(WORKERS)])
    assert codes.total() == WORKERS * CALLS
    assert len(acknowledged) == codes["write 0"] > codes.total() / 3
    check_log(folder, acknowledged)
    expected = answers(folder)
    assert start(folder, "index", "rebuild").code == 0
    assert answers(folder) == expected
    record_property("acknowledged", len(acknowledged))
    if IS_LONG:
        with capsys.disabled():
            print(f"\none log: {dict(codes)}, {len(acknowledged)} acknowledged, 0 lost")


@pytest.fixture
def git(tmp_path):
    """Git in a folder, with a program `commlog` on the path and nobody's own configuration."""
    programs = write_program(tmp_path)
    variables = environment(tmp_path, PYTHONPATH=f"{ROOT}:{HERE}")
    variables["PATH"] = f"{programs}:{variables['PATH']}"

    def run(folder, *words):
        done = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, timeout=600)
        # `doctor` finds that this log has no public holidays.
        assert done.returncode in ({0, 3} if "doctor" in words else {0}), (words, done.stdout, done.stderr)
        return done.stdout

    return run


def test_two_clones_at_work_merge_without_loss(tmp_path, git, record_property, capsys):
    """Four at work on either of two clones that merge by the merge driver: every acknowledged change of both is there."""
    ours, theirs = make_log(tmp_path / "ours"), tmp_path / "theirs"
    git(ours, "git", "init", "-q", "-b", "main")
    git(ours, "commlog", "doctor", "--fix")
    git(ours, "git", "add", "--all")
    git(ours, "git", "commit", "-q", "-m", "log")
    git(ours, "git", "clone", "-q", str(ours), str(theirs))
    git(theirs, "commlog", "doctor", "--fix")
    acknowledged, codes = [], Counter()
    for turn in range(ROUNDS):
        names = [
            (root, f"{root.name}{turn}n{number}", CALLS // ROUNDS) for root in (ours, theirs) for number in range(4)
        ]
        more, counted = let_work(names)
        acknowledged += more
        codes += counted
        for root in (ours, theirs):
            git(root, "git", "add", "--all")
            git(root, "git", "commit", "-q", "-m", f"turn {turn}")
        git(theirs, "git", "pull", "-q", "--no-rebase", "--no-edit")
        git(ours, "git", "pull", "-q", "--no-rebase", "--no-edit", str(theirs), "main")
        assert records_of(ours) == records_of(theirs)
    assert codes.total() == WORKERS * (CALLS // ROUNDS) * ROUNDS
    assert {record for _, record, _ in acknowledged}
    check_log(ours, acknowledged)
    record_property("acknowledged", len(acknowledged))
    if IS_LONG:
        with capsys.disabled():
            print(f"\ntwo clones: {dict(codes)}, {len(acknowledged)} acknowledged, {ROUNDS} merges, 0 lost")
