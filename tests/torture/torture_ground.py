"""What the tests of torture share: a log to maltreat, and the program on it, in this process or as another."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.build import NOW, bare_environment, run_program

HERE = Path(__file__).parent
IS_LONG = os.environ.get("COMMLOG_TORTURE") == "1"
# The documented exit codes; 1 is a crash.
CODES = frozenset((0, 2, 3, 4, 5, 6, 7, 8, 10))
SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, email: wang@example.com, notify: "webhook:$HOOK"}
  - {id: li, name: 李静, email: li@example.com}
"""
CUSTOMER = """\
id: {id}
template: customer
name: {name}
type: individual
stage: active
contacts:
  - {{name: {name}, phone: "{phone}"}}
"""
RECORD = """\
# kept by hand
id: {id}
template: member
customer: acme
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-10T09:00:00+08:00
recorded_at: 2026-03-10T09:30:00+08:00
subject: 会员卡余额
core_request: c
summary: s
tags: [first]
followups:
  - n: 1
    action: call
    owner: wang
    priority: routine
    due: 2026-03-13T18:00:00+08:00
    due_rule: given
    status: open
    history:
      - {{at: 2026-03-10T09:30:00+08:00, by: wang, status: open}}
# the end
"""
CREATE = ("create", "member", "-s", "customer=acme", "-s", "channel=phone", "-s", "subject=s", "-s", "core_request=c")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave."""

    code: int
    out: str
    err: str


def record_id(number: int) -> str:
    """The id of a record that is there from the beginning."""
    return f"20260310-aaaa{number:02}"


def path_of(identity: str) -> str:
    """Where a record of this id lies in the log."""
    return f"records/interactions/{identity[:4]}/{identity[4:6]}/{identity}.yaml"


def write(root: Path, path: str, content: str | bytes) -> Path:
    """Put a file into a log."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def make_log(root: Path, records: int = 6) -> Path:
    """A log with two customers and some records of one follow-up each."""
    write(root, "commlog.yaml", SETTINGS)
    write(root, "records/customers/acme.yaml", CUSTOMER.format(id="acme", name="Acme", phone="13800000001"))
    write(root, "records/customers/li-na.yaml", CUSTOMER.format(id="li-na", name="李娜", phone="13800000002"))
    for number in range(records):
        write(root, path_of(record_id(number)), RECORD.format(id=record_id(number)))
    return root


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a process under test: nothing of the tester's own habits."""
    return bare_environment(
        **{
            "HOME": str(home),
            "COMMLOG_LANGUAGE": "en",
            "EDITOR": "true",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "wang",
            "GIT_AUTHOR_EMAIL": "wang@example.com",
            "GIT_COMMITTER_NAME": "wang",
            "GIT_COMMITTER_EMAIL": "wang@example.com",
            **more,
        }
    )


def start(root: Path, *words: str, **variables: str) -> Answer:
    """The program as a process of its own."""
    call = [*words, "--log", str(root), "--now", NOW]
    done = run_program(call, environment(root.parent, **variables), root.parent)
    return Answer(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def work(name: str, *words: object, home: Path, timeout: float = 7200, **variables: str) -> Any:
    """What one of the workers beside this file reports, as JSON on its stdout."""
    command = [sys.executable, str(HERE / name), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment(home, **variables))
    assert (done.returncode, done.stderr) == (0, ""), (done.stdout[-2000:], done.stderr[-4000:])
    return json.loads(done.stdout)


def call(root: Path, *words: str, now: str = NOW) -> Answer:
    """The program in this process; whatever is raised goes to the caller."""
    from commlog.cli.app import run

    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["--log", str(root), "--now", now, "--language", "en", *words])
    return Answer(int(code), taken(out), taken(err))


def taken(stream: io.TextIOWrapper) -> str:
    """What was written to a stream."""
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8", "replace")  # type: ignore[attr-defined,no-any-return]


def read(path: Path) -> Any:
    """A record's data, every scalar as text."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)


def records_of(root: Path) -> dict[str, Any]:
    """Every record of the log by its id; each file is readable YAML, and is named as its id says."""
    found = {path: read(path) for path in (root / "records").rglob("*.yaml") if not path.name.startswith(".")}
    assert all(isinstance(data, dict) and data["id"] == path.stem for path, data in found.items())
    assert len({path.stem for path in found}) == len(found)
    return {path.stem: data for path, data in found.items()}


def answers(root: Path) -> list[Answer]:
    """What the commands that read the whole log say."""
    listing = start(root, "list", "--format", "json", "--limit", "0")
    return [listing, start(root, "pending", "--format", "json"), start(root, "check")]


def listing_of(root: Path) -> dict[str, bytes]:
    """Every file below a folder and its bytes, the state folder and git's left out."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not {".commlog", ".git"} & set(path.parts)
    }
