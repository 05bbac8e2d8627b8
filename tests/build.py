"""What tests of every part build on: the instant they take place, small logs, git without the tester's habits, and the program."""

import atexit
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

from commlog.followups.change import (
    FollowUpDetails,
    add_follow_up,
    assign_follow_up,
    move_follow_up,
    reschedule_follow_up,
)
from commlog.forms import catalog, validation
from commlog.log.log import open_log
from commlog.privacy.cipher import Sealer
from commlog.privacy.rules.sealing import SealRules
from commlog.privacy.seal_keys import KeySource
from commlog.records.change import edit_record
from commlog.records.draft import assign_all, parse_follow_up
from commlog.records.find import read_record
from commlog.records.write import RecordRequest, create_record
from commlog.values import Record
from commlog.workspace import Workspace, make_workspace

ROOT = Path(__file__).resolve().parents[1]
# The Monday morning on which most tests take place.
NOW = "2026-03-16T10:00:00+08:00"
SHANGHAI = ZoneInfo("Asia/Shanghai")
# Seconds after which a program that should have answered is taken to hang.
PATIENCE = 60.0
# With one of these the interpreter itself behaves differently: such a call is a new process.
_OF_THE_INTERPRETER = ("PYTHONIOENCODING", "PYTHONUTF8", "PYTHONHASHSEED", "PYTHONWARNINGS", "LC_ALL", "LC_CTYPE")


@contextmanager
def templates_built_once() -> Iterator[None]:
    """Keep what is built from template files of the same contents, which takes most of the time of a small command."""
    built: dict[tuple[str, ...], catalog.Template] = {}
    accepting: dict[tuple[int, str], tuple[catalog.Template, Any]] = {}
    build_template, build_accepting = catalog._build_template, validation.build_accepting

    def build_template_once(files: Any, name: str, root: str) -> catalog.Template:
        is_shipped = files.folders == (catalog.shipped_folder(),)
        key = (str(files.folders[0]) if is_shipped else files.fingerprint(), name, root)
        if key not in built:
            if len(built) > 200:
                built.clear()
                accepting.clear()
            built[key] = build_template(files, name, root)
        return replace(built[key], file=files.locate(root) or Path(root))

    def build_accepting_once(template: catalog.Template) -> Any:
        key = id(template.documents), template.root
        if key not in accepting:
            # The template is kept with its validator, so that the number is not given to another one's documents.
            accepting[key] = (template, build_accepting(template))
        return accepting[key][1]

    with (
        mock.patch.object(catalog, "_build_template", build_template_once),
        mock.patch.object(validation, "build_accepting", build_accepting_once),
    ):
        yield


def bare_environment(**more: str) -> dict[str, str]:
    """The environment of a program under test: nothing of the tester's own habits, but `more`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "COMMLOG_MEMBER": "wang", **more}


# Git without the tester's own configuration.
NOBODYS_GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def run_git(folder: Path, *words: str, check: bool = True, **variables: str) -> str:
    """What git prints in a folder, without the last line's end; it must succeed unless `check` is False.

    Nothing of the tester's own configuration counts; keywords are variables of its environment.
    """
    command, environment = ["git", *words], {**os.environ, **NOBODYS_GIT, **variables}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0 or not check, (words, done.stderr)
    return done.stdout.rstrip("\n")


def write_program(folder: Path, options: str = "") -> Path:
    """Write a program `commlog` for a shell into a folder `bin` there; the folder `bin`. `options` go before the words."""
    program = folder / "bin" / "commlog"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m commlog {options} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program.parent


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    """Write text files into a folder, which is made, and give the folder."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    return root


SMALL_SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, aliases: [小王], email: wang@example.com}
  - {id: li, name: 李静, email: li@example.com}
calendar:
  hours:
    mon-fri: ["09:00-12:00", "13:30-18:00"]
"""

ACME = """\
id: acme
template: customer
name: 艾克米公司
aliases: [Acme Ltd]
type: company
stage: active
contacts:
  - {name: 陈经理, phone: "13800000001", email: chen@acme.example}
"""

# What each form asks for beside what the tool fills in itself.
MINIMUM = {
    "member": ["customer=acme", "channel=phone", "subject=s", "summary=s", "core_request=c"],
    "service": [
        "customer=acme",
        "channel=phone",
        "subject=s",
        "summary=s",
        "scenario=complaint",
        "problem=p",
        "request=r",
        "outcome=resolved",
    ],
    "relationship": ["customer=acme", "channel=phone", "subject=s", "summary=s", "need_type=other"],
    "visit": ["customer=acme", "channel=phone", "subject=s", "summary=s", "visit_kind=regular"],
    "issue": ["customer=acme", "title=t", "description=d", "category=product", "owner=li"],
    "survey": ["customer=acme", "period=2026-Q1", "entered_by=staff", "scores.overall=4"],
    "customer": ["name=新客户"],
    "answer": ["question=q", "answer=a"],
}


def without_keys(root: Path, rules: SealRules | None) -> Sealer:
    """What opens sealed values for somebody who names no key."""
    return Sealer(root, rules, KeySource())


@dataclass(frozen=True)
class SmallLog:
    """A log on disk, as somebody uses it at one instant; each call opens it anew, as a command does."""

    root: Path
    now: str = NOW
    member: str | None = "wang"

    def at(self, now: str) -> "SmallLog":
        """The same log at another instant."""
        return replace(self, now=now)

    def asked_by(self, member: str | None) -> "SmallLog":
        """The same log, used by somebody else."""
        return replace(self, member=member)

    def workspace(self) -> Workspace:
        """The log, opened."""
        opened = open_log(self.root, str(self.root))
        return make_workspace(opened, datetime.fromisoformat(self.now), self.member, make_cipher=without_keys)

    def write(self, path: str, text: str) -> Path:
        """Put a file into the log."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        return file

    def create(self, template: str, *assignments: str, **more: Any) -> Record:
        """Create a record from the form's minimum and some assignments; `follow_ups` as typed text, `fields` as data."""
        workspace = self.workspace()
        form = workspace.catalog.get(template)
        given = more.pop("fields", {})
        follow_ups = [parse_follow_up(workspace, text, template) for text in more.pop("follow_ups", ())]
        minimum = [
            text for text in MINIMUM[template] if not (more.get("new_customer") and text.startswith("customer="))
        ]
        fields = assign_all(workspace, form, given, [*minimum, *assignments])
        return create_record(
            workspace, RecordRequest(template, fields, follow_ups=follow_ups, choose=secrets.choice, **more)
        )

    def edit(self, record_id: str, *assignments: str, unset: tuple[str, ...] = ()) -> Record:
        """Change a record by assignments."""
        return edit_record(self.workspace(), record_id, assignments, unset)

    def read(self, text: str) -> Record:
        """The record an id or prefix means."""
        return read_record(self.workspace(), text)

    def text_of(self, record: Record) -> str:
        """The bytes of a record's file, as text."""
        return (self.root / record.path).read_bytes().decode("utf-8")

    def files(self) -> list[str]:
        """Every file below records/."""
        return sorted(
            path.relative_to(self.root).as_posix() for path in (self.root / "records").rglob("*") if path.is_file()
        )

    def move(self, verb: str, address: str, **details: Any) -> dict[str, Any]:
        """The follow-up's mapping in the file after a verb of its life."""
        act = {"assign": assign_follow_up, "reschedule": reschedule_follow_up}.get(verb)
        said = FollowUpDetails(**details)
        where, _ = (
            act(self.workspace(), address, said) if act else move_follow_up(self.workspace(), address, verb, said)
        )
        return self.follow_up(str(where))

    def add(self, record_id: str, text: str, by: str = "") -> dict[str, Any]:
        """The mapping of a follow-up added to a record, from text as typed."""
        workspace = self.workspace()
        where, _ = add_follow_up(
            workspace, record_id, parse_follow_up(workspace, text, self.read(record_id).template), by
        )
        return self.follow_up(str(where))

    def follow_up(self, address: str) -> dict[str, Any]:
        """A follow-up's mapping as the file has it."""
        record_id, _, number = address.partition("/")
        return next(item for item in self.read(record_id).fields["followups"] if item["n"] == int(number))


def make_small_log(root: Path) -> SmallLog:
    """A log with two members and one customer."""
    write_files(root, {"commlog.yaml": SMALL_SETTINGS, "records/customers/acme.yaml": ACME})
    return SmallLog(root)


def command_of(folder: Path, *words: str, now: str = NOW) -> list[str]:
    """The program's call in a log at an instant, for a new process."""
    return [sys.executable, "-m", "commlog", *words, "--log", str(folder), "--now", now]


def run_program(
    words: list[str], environment: dict[str, str], folder: Path | None = None, stdin: bytes = b""
) -> "subprocess.CompletedProcess[bytes]":
    """Run the program as a process and give what came of it.

    It is forked from a process that has the program loaded, which takes a tenth of the time that a new Python takes.
    `words` are what follows the program's name.
    """
    folder = folder or Path.cwd()
    is_plain = environment.get("PYTHONPATH", str(ROOT)) == str(ROOT)
    if not is_plain or any(name in environment for name in _OF_THE_INTERPRETER):
        command = [sys.executable, "-m", "commlog", *words]
        return subprocess.run(command, input=stdin, capture_output=True, cwd=folder, env=environment, timeout=PATIENCE)
    request = {"words": words, "folder": str(folder), "environment": environment}
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        code = _ask_server(json.dumps(request), [given.fileno(), out.fileno(), err.fileno()])
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(words, code, out.read(), err.read())


def _ask_server(request: str, files: list[int]) -> int:
    server = _server(os.getpid())
    socket.send_fds(server, [request.encode("utf-8", "surrogatepass")], files)
    process = int(server.recv(64))
    try:
        return int(server.recv(64))
    except TimeoutError:
        os.kill(process, signal.SIGKILL)
        server.recv(64)
        raise AssertionError(f"the program did not answer in {PATIENCE} seconds: {request[:500]}") from None


@cache
def _server(_process: int) -> socket.socket:
    """The connection to this process's server, which ends when this process does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(PATIENCE)
    program = [sys.executable, str(ROOT / "tests" / "program_server.py")]
    environment = {**bare_environment(), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(program, stdin=theirs, env=environment, cwd=ROOT, start_new_session=True)
    theirs.close()

    def stop() -> None:
        ours.close()
        process.wait(PATIENCE)

    atexit.register(stop)
    return ours
