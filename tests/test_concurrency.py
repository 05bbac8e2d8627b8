"""Many writers at once, and writers that die: nothing that was told to be written is lost, nothing is half written."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
import yaml

from tests.build import NOW, ROOT

pytestmark = pytest.mark.slow

SETTINGS = "timezone: Asia/Shanghai\nlanguage: en\nmembers:\n  - {id: wang, name: 王芳}\n"
ACME = "id: acme\ntemplate: customer\nname: Acme\ntype: company\nstage: active\n"
RECORD_ID = "20260310-aaaaaa"
RECORD = (
    f"""\
# by hand
id: {RECORD_ID}
template: member
customer: acme
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-10T09:00:00+08:00
recorded_at: 2026-03-10T09:30:00+08:00
subject: s
core_request: c
summary: s
tags: [first]
followups:
"""
    + "".join(
        f"""\
  - n: {number}
    action: call
    owner: wang
    due_rule: none
    status: open
    history:
      - {{at: 2026-03-10T09:30:00+08:00, by: wang, status: open}}
"""
        for number in range(1, 8)
    )
    + "# the end\n"
)
CREATE = ["create", "member", "-s", "customer=acme", "-s", "channel=phone", "-s", "subject=s", "-s", "core_request=c"]
PARALLEL = 20
KILLS = 200


@pytest.fixture
def folder(tmp_path):
    """A log with a customer and a record that has seven follow-ups."""
    root = tmp_path / "log"
    for path, text in {
        "commlog.yaml": SETTINGS,
        "records/customers/acme.yaml": ACME,
        f"records/interactions/2026/03/{RECORD_ID}.yaml": RECORD,
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def environment():
    """The environment of a writer."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "COMMLOG_MEMBER": "wang", "COMMLOG_LANGUAGE": "en"}


def command_of(folder, words):
    """The program's call in a log."""
    return [sys.executable, "-m", "commlog", *words, "--log", str(folder), "--now", NOW]


def run_all(folder, calls):
    """Start all calls at once and give what each printed, once all have ended."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment()}
    started = [subprocess.Popen(command_of(folder, call), **pipes) for call in calls]
    ended = [(process.communicate(timeout=120), process.returncode) for process in started]
    assert [(streams[1], code) for streams, code in ended if code] == []
    return [streams[0].strip() for streams, _ in ended]


def read(path):
    """A file's data, every scalar as text."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def ask(folder, *words):
    """The program's answer in JSON."""
    done = subprocess.run(
        command_of(folder, [*words, "--format", "json"]), capture_output=True, text=True, env=environment()
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_parallel_creates_lose_nothing(folder):
    """Twenty records created at once, with a first use of the copy each, are twenty records."""
    words = [[*CREATE, "-s", f"summary=number {number}", "-s", "customer=Acme"] for number in range(PARALLEL)]
    ids = run_all(folder, words)
    assert len(set(ids)) == PARALLEL
    summaries = {read(path)["summary"] for path in (folder / "records").rglob("20260316-*.yaml")}
    assert summaries == {f"number {number}" for number in range(PARALLEL)}
    assert {row["id"] for row in ask(folder, "list", "date:2026-03-16")} == set(ids)


def test_parallel_changes_of_one_record_lose_nothing(folder):
    """Twenty changes of one record at once, of three kinds, are all in the file, and its comments still are."""
    moves = [["start", f"{RECORD_ID}/{number}", "--note", f"note {number}"] for number in range(1, 7)]
    edits = [["edit", RECORD_ID, "--set", f"tags+=tag {number}"] for number in range(7)]
    adds = [["add-follow-up", RECORD_ID, f"added {number}"] for number in range(7)]
    answers = run_all(folder, [*moves, *edits, *adds])
    (path,) = (folder / "records").rglob(f"{RECORD_ID}.yaml")
    record = read(path)
    assert set(record["tags"]) == {"first", *(f"tag {number}" for number in range(7))}
    follow_ups = {item["n"]: item for item in record["followups"]}
    assert len(follow_ups) == len(record["followups"]) == 14
    assert {follow_ups[str(number)]["status"] for number in range(1, 7)} == {"in_progress"}
    assert {follow_ups[str(number)]["action"] for number in range(8, 15)} == {f"added {number}" for number in range(7)}
    assert len({answer for answer in answers if "/" in answer}) == 13
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# by hand\n")
    assert text.endswith("# the end\n")


def test_a_new_customer_is_made_once(folder):
    """Two commands that make the same new customer at once: one does, the other is told, nothing is overwritten."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment()}
    words = [[*CREATE[:2], *CREATE[4:], "-s", "summary=s", "--new-customer", "Beta"] for _ in range(4)]
    started = [subprocess.Popen(command_of(folder, call), **pipes) for call in words]
    codes = [process.communicate(timeout=120) and process.returncode for process in started]
    assert sorted(codes) == [0, 5, 5, 5]
    assert len(list((folder / "records").rglob("20260316-*.yaml"))) == 1


# Writers that die

WRITERS = '''
"""Starts writers to a log, one after another, each of which kills itself at some step of a write."""

import json
import os
import random
import signal
import sys

import commlog.log.log as log
from commlog.cli.app import run

folder, count, printed = sys.argv[1:]
os.environ |= {"COMMLOG_MEMBER": "wang", "COMMLOG_LANGUAGE": "en"}
answers, sys.stdout, sys.stderr = sys.stdout, open(printed, "a", encoding="utf-8"), open(os.devnull, "w")
lock, write_new = log.lock, log.write_new
left = 0


def step(frame, event, argument):
    """Called before and after each function, the system's own included: dies without a word when it is time."""
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)


def watched(function):
    """The same function, with every step counted from its beginning on."""
    def watching(*arguments, **options):
        sys.setprofile(step)
        return function(*arguments, **options)

    return watching


def write(number):
    call = ["add-follow-up", "%(record)s", f"number {number}"] if number %% 2 else %(create)r + ["-s", f"summary=number {number}"]
    assert run([*call, "--log", folder, "--now", "%(now)s"]) == 0


def live_and_die(seed):
    """None to two whole writes, then one that ends somewhere; a create begins to write a file, a change takes the lock."""
    global left
    chosen = random.Random(seed)
    for _ in range(chosen.randrange(3)):
        write(seed)
    left = chosen.randrange(200) if seed %% 4 else chosen.randrange(3000)
    log.lock, log.write_new = watched(lock), watched(write_new)
    write(seed)
    sys.setprofile(None)
    os._exit(0)


write(0)
write(1)
statuses = []
for seed in range(int(count)):
    process = os.fork()
    if not process:
        live_and_die(seed)
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
json.dump(statuses, answers)
'''


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the writers are forked, to be quick")
def test_writers_killed_at_any_step_leave_whole_records(folder, tmp_path):
    """Two hundred writers killed with SIGKILL at random steps of a write: every record is whole, every answer given is true."""
    script, printed = tmp_path / "writers.py", tmp_path / "printed.txt"
    script.write_text(WRITERS % {"record": RECORD_ID, "create": CREATE, "now": NOW}, encoding="utf-8")
    call = [sys.executable, str(script), str(folder), str(KILLS), str(printed)]
    done = subprocess.run(call, capture_output=True, text=True, env=environment(), timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    statuses = json.loads(done.stdout)
    assert len(statuses) == KILLS
    assert set(statuses) == {0, -signal.SIGKILL}
    assert statuses.count(-signal.SIGKILL) > KILLS / 2
    check_everything(folder, printed.read_text(encoding="utf-8").split())


def check_everything(folder, told):
    """Every record parses and is valid, and all that was told to be written is there."""
    done = subprocess.run(command_of(folder, ["check"]), capture_output=True, text=True, env=environment())
    assert (done.returncode, done.stdout) == (0, "")
    (path,) = (folder / "records").rglob(f"{RECORD_ID}.yaml")
    numbers = [int(item["n"]) for item in read(path)["followups"]]
    assert numbers == sorted(set(numbers))
    assert {int(word.partition("/")[2]) for word in told if "/" in word} <= set(numbers)
    ids = {path.stem for path in (folder / "records").rglob("20260316-*.yaml") if not path.name.startswith(".")}
    assert {word for word in told if "/" not in word} <= ids
    # What a killed writer left behind is in no answer.
    assert {row["id"] for row in ask(folder, "list", "date:2026-03-16")} == ids
    assert all(re.fullmatch(r"\.[^/]+\.tmp", name.name) for name in (folder / "records").rglob(".*"))
