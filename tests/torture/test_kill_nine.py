"""Killed with SIGKILL at any instant: every record is whole, and nothing that was acknowledged is missing."""

import json
import os
import shutil
from collections import Counter

import pytest
from torture_ground import IS_LONG, answers, records_of, start, work

from tests.build import run_git

KINDS = ("create", "edit", "import", "done", "sync", "rotate", "newcomer")
KILLS = dict.fromkeys(KINDS, 170 if IS_LONG else 5)

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the victims are forked, to be quick")


@pytest.fixture
def hub(folder):
    """The team's copy of the log."""
    bare = folder.parent / "hub.git"
    run_git(folder.parent, "init", "-q", "--bare", "-b", "main", str(bare))
    run_git(folder, "init", "-q", "-b", "main")
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-q", "-m", "log")
    run_git(folder, "remote", "add", "origin", str(bare))
    run_git(folder, "push", "-q", "-u", "origin", "main")
    return bare


@pytest.fixture
def key(folder):
    """The log sealed for a key of one's own; the variable that names it."""
    pytest.importorskip("pyrage", reason="sealing needs the package pyrage")
    file = folder.parent / "keys" / "mine.txt"
    recipient = start(folder, "seal", "init", "--file", str(file)).out.strip()
    variables = {"COMMLOG_AGE_KEY_FILE": str(file)}
    assert start(folder, "seal", "on", "--recipient", recipient, **variables).code == 0
    return variables


def missing(records, told):
    """What was acknowledged and is not in the records."""
    follow_ups = {item.get("result") for one in records.values() for item in one.get("followups", ())}
    tags = {tag for one in records.values() for tag in one.get("tags", ())}
    imported = Counter(one.get("summary") for one in records.values())
    for kind, mark in told["acknowledged"]:
        there = {
            "create": mark in records,
            "edit": mark in tags,
            "done": mark in follow_ups,
            "import": imported[mark] == 4,
        }.get(kind, True)
        if not there:
            yield kind, mark


def torture(folder, kind, record_property, capsys, **variables):
    """Kill calls of a kind; nothing is missing, `check` is clean, and the copy has its part in no answer."""
    told = work("killed_worker.py", folder, kind, KILLS[kind], 1, home=folder.parent, **variables)
    ended = told["ended"]
    assert ended["-9"] == KILLS[kind]
    assert set(ended) <= {"0", "-9", "locks git left"}, ended
    records = records_of(folder)
    assert list(missing(records, told)) == []
    before = answers(folder)
    checked = before[-1]
    assert (checked.code, checked.out) == (0, ""), checked
    assert {row["id"] for row in json.loads(before[0].out)} >= {name for name in records if name[0] == "2"}
    shutil.rmtree(folder / ".commlog")
    assert answers(folder) == before
    record_property("ended", json.dumps(ended))
    if IS_LONG:
        with capsys.disabled():
            print(f"\n{kind}: {ended}, {len(told['acknowledged'])} acknowledged, 0 lost")
    return records


@pytest.mark.parametrize("kind", ["create", "edit", "import", "done"])
def test_a_killed_writer_leaves_whole_records(folder, kind, record_property, capsys):
    """A create, edit, import or done killed at random instants: every record is whole, all that was acknowledged is there."""
    torture(folder, kind, record_property, capsys)


def test_a_killed_sync_keeps_every_record(folder, hub, record_property, capsys):
    """A sync killed with its gits at random instants: no record is missing, and the next sync sends all of them."""
    records = torture(folder, "sync", record_property, capsys)
    done = start(folder, "sync")
    assert done.code == 0, done
    names = run_git(hub, "ls-tree", "-r", "--name-only", "main", "records").split()
    assert {name.rpartition("/")[2].removesuffix(".yaml") for name in names} == set(records)
    assert run_git(folder, "status", "--porcelain") == ""


def test_a_killed_rotation_loses_no_sealed_value(folder, key, record_property, capsys):
    """A rotation of keys killed at random instants: every sealed value can be read, and the next rotation ends the work."""
    torture(folder, "rotate", record_property, capsys, **key)
    for _ in range(2):
        for name, phone in (("acme", "13800000001"), ("li-na", "13800000002")):
            shown = start(folder, "customer", "show", name, "--reveal", **key)
            assert (shown.code, phone in shown.out) == (0, True), shown
        assert start(folder, "seal", "rotate", **key).code == 0
    status = json.loads(start(folder, "seal", "status", "--format", "json", **key).out)
    assert status["sealed"] == status["readable"] > 0
    assert status["plain"] == 0


def test_no_value_is_ever_sealed_with_a_key_that_was_not_kept(folder, key, record_property, capsys):
    """Customers created with keys of their own, killed at random instants: every value that is in a file has its key."""
    assert start(folder, "seal", "on", "--per-customer", **key).code == 0
    torture(folder, "newcomer", record_property, capsys, **key)
    status = json.loads(start(folder, "seal", "status", "--format", "json", **key).out)
    assert status["sealed"] == status["readable"] > 2
    assert (status["missing_keys"], status["sealed_for_the_team"], status["plain"]) == (0, 0, 0)
