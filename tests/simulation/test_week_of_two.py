"""A week of two people who share a log through git: what each was told is done is there on Friday, in both clones."""

import io
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from commlog.messages import use_language
from tests.build import ROOT, write_program

DAYS = ("2026-03-16", "2026-03-17", "2026-03-18", "2026-03-19", "2026-03-20")
WEDNESDAY = DAYS[2]
# Li travels on Tuesday and Wednesday, and has no network.
OFFLINE = frozenset(DAYS[1:3])
SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, email: wang@example.com}
  - {id: li, name: 李静, email: li@example.com}
"""
CUSTOMER = "id: acme\ntemplate: customer\nname: Acme\ntype: company\nstage: active\n"
CREATE = ("create", "member", "-s", "customer=acme", "-s", "channel=phone", "-s", "direction=outbound", "-s", "core_request=c")  # fmt: skip
OWN_FIELD = {"wang": "summary", "li": "core_request"}


@dataclass
class Journal:
    """What the two were told is done, written down by the test; `fields` holds what was set last."""

    actions: dict[str, list[str]] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    links: list[tuple[str, str]] = field(default_factory=list)
    fields: dict[tuple[str, str], str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def missing(self, root: Path) -> list[str]:
        """What of it the files of a clone do not hold."""
        files = (root / "records/interactions").rglob("*.yaml")
        records = {path.stem: yaml.load(path.read_text("utf-8"), Loader=yaml.CBaseLoader) for path in files}
        lost = [name for name in self.actions if name not in records]
        for name, told in self.actions.items():
            there = [one["action"] for one in records[name]["followups"]]
            lost += [f"{name}: {action}" for action in told if there.count(action) != 1]
        for name, told in self.tags.items():
            lost += [f"{name}: tag {tag}" for tag in told if tag not in records[name]["tags"]]
        for name, prior in self.links:
            if prior not in [link["to"] for link in records[name].get("links", ())]:
                lost.append(f"{name} -> {prior}")
        for (name, key), value in self.fields.items():
            if records[name][key] != value:
                lost.append(f"{name}: {key} is {records[name][key]}, not {value}")
        for address, status in self.statuses.items():
            if self.follow_up(records, address)["status"] != status:
                lost.append(f"{address} is not {status}")
        for address, note in self.notes:
            if note not in str(self.follow_up(records, address)["history"]):
                lost.append(f"{address}: {note}")
        return lost

    @staticmethod
    def follow_up(records: dict[str, Any], address: str) -> dict[str, Any]:
        """The follow-up an address means."""
        name, _, number = address.partition("/")
        return next(one for one in records[name]["followups"] if one["n"] == number)


@dataclass
class Desk:
    """A member's clone, and what was made there in the last days, the newest last."""

    name: str
    root: Path
    journal: Journal
    set_variable: Callable[[str, str], None]
    made: list[str] = field(default_factory=list)

    def ask(self, at: str, *words: str) -> tuple[int, str, str]:
        """The program's answer at an instant: code, stdout, stderr."""
        from commlog.cli.app import run

        self.become(at)
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["--log", str(self.root), "--now", f"{at}+08:00", "--language", "en", *words])
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]
        return int(code), texts[0], texts[1]

    def do(self, at: str, *words: str) -> str:
        """The first word the program says when it has done what it was asked."""
        code, out, err = self.ask(at, *words)
        assert code == 0, (self.name, at, words, code, out, err)
        return out.split()[0]

    def become(self, at: str) -> None:
        """Work as this member at this instant, for the program and for git."""
        self.set_variable("COMMLOG_MEMBER", self.name)
        for role in ("AUTHOR", "COMMITTER"):
            self.set_variable(f"GIT_{role}_NAME", self.name)
            self.set_variable(f"GIT_{role}_EMAIL", f"{self.name}@example.com")
            self.set_variable(f"GIT_{role}_DATE", f"{at}+08:00")

    def git(self, at: str, *words: str, code: int = 0) -> str:
        """What git says in this clone."""
        self.become(at)
        done = subprocess.run(["git", *words], cwd=self.root, capture_output=True, text=True, timeout=60)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def sync(self, day: str, hour: str) -> None:
        """Sync, when there is a network."""
        if self.name != "li" or day not in OFFLINE:
            self.do(f"{day}T{hour}", "sync")

    def edit(self, at: str, record: str, key: str, value: str) -> None:
        """Set a field."""
        self.do(at, "edit", record, "-s", f"{key}={value}")
        self.journal.fields[record, key] = value

    def move(self, at: str, verb: str, address: str, status: str, *words: str) -> None:
        """Take a follow-up a step further, with a word of why."""
        note = f"{verb} by {self.name} on {at}"
        self.do(at, verb, address, *words, "--reason" if verb == "reopen" else "--note", note)
        self.journal.statuses[address] = status
        self.journal.notes.append((address, note))

    def morning(self, day: str, shared: str) -> None:
        """Create a record with a promise, and add to what both work on."""
        mark = f"{self.name} {day}"
        made = self.do(f"{day}T09:00:00", *CREATE, "-s", f"subject=call of {mark}", "-s", f"summary={mark}", "-f", f"action=promise of {mark}; due=2026-03-27")  # fmt: skip
        self.journal.actions[made] = [f"promise of {mark}"]
        self.journal.fields[made, "summary"] = mark
        if self.made:
            self.do(f"{day}T09:10:00", "link", made, self.made[-1])
            self.journal.links.append((made, self.made[-1]))
        self.made.append(made)
        self.edit(f"{day}T09:20:00", shared, OWN_FIELD[self.name], f"{OWN_FIELD[self.name]} of {mark}")
        self.do(f"{day}T09:30:00", "edit", shared, "-s", f"tags+={self.name}-{day}")
        self.journal.tags.setdefault(shared, []).append(f"{self.name}-{day}")
        self.do(f"{day}T09:40:00", "add-follow-up", shared, f"step of {mark}", "--due", "2026-03-27")
        self.journal.actions.setdefault(shared, []).append(f"step of {mark}")

    def afternoon(self, day: str) -> None:
        """Do what was promised today, close what was done yesterday, open again what was closed before."""
        self.move(f"{day}T14:00:00", "done", f"{self.made[-1]}/1", "done", "--result", "kept")
        if len(self.made) > 1:
            self.move(f"{day}T14:10:00", "close", f"{self.made[-2]}/1", "closed")
        if len(self.made) > 2:
            self.move(f"{day}T14:20:00", "reopen", f"{self.made[-3]}/1", "open", "--due", "2026-03-30")


@pytest.fixture
def variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets variables of the environment, in which there is a program `commlog` and nothing of the tester's own."""
    if shutil.which("git") is None:
        pytest.skip("NOT TESTED HERE: there is no git")
    programs = write_program(tmp_path)
    for name in [name for name in os.environ if name.startswith(("COMMLOG_", "GIT_"))]:
        monkeypatch.delenv(name)
    plain = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LANGUAGE": "en", "HOME": str(tmp_path)}
    for name, value in {**plain, "PYTHONPATH": str(ROOT), "PATH": f"{programs}:{os.environ['PATH']}"}.items():
        monkeypatch.setenv(name, value)
    yield monkeypatch.setenv
    use_language("en")


def found_team(folder: Path, set_variable: Any) -> tuple[Path, Desk, Desk]:
    """The team's bare repository with a log, and a clone of it for each of the two."""
    hub, journal = folder / "hub.git", Journal()
    first = Desk("wang", folder / "wang", journal, set_variable)
    (first.root / "records/customers").mkdir(parents=True)
    (first.root / "commlog.yaml").write_text(SETTINGS, encoding="utf-8")
    (first.root / "records/customers/acme.yaml").write_text(CUSTOMER, encoding="utf-8")
    at = f"{DAYS[0]}T08:00:00"
    first.git(at, "init", "-q", "-b", "main")
    first.ask(at, "doctor", "--fix")
    first.git(at, "add", "--all")
    first.git(at, "commit", "-q", "-m", "log")
    first.git(at, "clone", "-q", "--bare", ".", str(hub))
    first.git(at, "remote", "add", "origin", str(hub))
    first.git(at, "fetch", "-q", "origin")
    first.git(at, "branch", "-q", "--set-upstream-to", "origin/main")
    first.git(at, "clone", "-q", str(hub), str(folder / "li"))
    second = Desk("li", folder / "li", journal, set_variable)
    second.ask(at, "doctor", "--fix")
    return hub, first, second


def refuse_bad_record(desk: Desk, day: str) -> None:
    """The hook, and `sync`, refuse a record that is wrong; corrected, it is taken."""
    desk.ask(f"{day}T15:00:00", "hook", "install")
    desk.edit(f"{day}T15:00:30", desk.made[-1], "summary", "said better")
    path = desk.root / f"records/interactions/2026/03/{desk.made[-1]}.yaml"
    good = path.read_text(encoding="utf-8")
    path.write_text(good + "nonsense: 1\n", encoding="utf-8")
    before = desk.git(f"{day}T15:01:00", "rev-parse", "HEAD")
    desk.git(f"{day}T15:02:00", "add", "--all")
    assert "no such field" in desk.git(f"{day}T15:03:00", "commit", "-q", "-m", "bad", code=1)
    assert desk.ask(f"{day}T15:04:00", "sync")[0] == 3
    assert desk.git(f"{day}T15:05:00", "rev-parse", "HEAD") == before
    path.write_text(good, encoding="utf-8")
    desk.git(f"{day}T15:06:00", "add", "--all")
    desk.git(f"{day}T15:07:00", "commit", "-q", "-m", "good")
    desk.ask(f"{day}T15:08:00", "hook", "uninstall")


def settle_by_hand(desk: Desk, day: str, shared: str) -> None:
    """The same value set by both stops `sync`, which changes nothing; git's own way settles it."""
    path = desk.root / f"records/interactions/2026/03/{shared}.yaml"
    own = path.read_bytes()
    code, _, said = desk.ask(f"{day}T12:10:00", "sync")
    assert code == 5
    assert f"{shared}.yaml (wang)" in said
    assert path.read_bytes() == own
    desk.git(f"{day}T12:20:00", "pull", "-q", "--no-rebase", code=1)
    lines, kept, side = path.read_text(encoding="utf-8").splitlines(keepends=True), [], ""
    for line in lines:
        side = {"<<<<<<<": "ours", "=======": "theirs", ">>>>>>>": "end"}.get(line[:7], side)
        if line[:7] not in {"<<<<<<<", "=======", ">>>>>>>"} and side != "theirs":
            kept.append(line)
    path.write_text("".join(kept), encoding="utf-8")
    desk.git(f"{day}T12:30:00", "add", "--all")
    desk.git(f"{day}T12:31:00", "commit", "-q", "--no-edit")
    desk.journal.fields[shared, "subject"] = "as li has it"
    desk.do(f"{day}T12:40:00", "sync")


def work_a_week(wang: Desk, li: Desk) -> tuple[str, tuple[int, str, str]]:
    """Monday to Friday: the record both worked on, and the answer of Wednesday night."""
    shared = wang.do(f"{DAYS[0]}T08:30:00", *CREATE, "-s", "subject=shared", "-s", "summary=s", "-f", "action=first; due=2026-03-27")  # fmt: skip
    wang.journal.actions[shared] = ["first"]
    wang.sync(DAYS[0], "08:40:00")
    li.sync(DAYS[0], "08:41:00")
    said = (0, "", "")
    for number, day in enumerate(DAYS):
        order = (wang, li) if number % 2 == 0 else (li, wang)
        if day == DAYS[4]:
            wang.sync(day, "08:50:00")
        for desk in order:
            desk.morning(day, shared)
        wang.edit(f"{day}T10:00:00", shared, "subject", f"as wang has it on {day}")
        if day == DAYS[4]:
            li.do(f"{day}T10:00:00", "edit", shared, "-s", "subject=as li has it")
            wang.sync(day, "12:00:00")
            settle_by_hand(li, day, shared)
        else:
            for desk in order:
                desk.sync(day, "12:00:00")
        order[1].afternoon(day)
        order[0].afternoon(day)
        if day == DAYS[3]:
            li.sync(day, "13:00:00")
            wang.sync(day, "13:01:00")
            li.edit(f"{day}T16:00:00", shared, "subject", "as li has it on Thursday")
            refuse_bad_record(wang, day)
        for desk in reversed(order):
            desk.sync(day, "18:00:00")
        if day == WEDNESDAY:
            said = wang.ask(f"{day}T23:59:59", "pending", "--format", "json")
    for desk in (wang, li, wang):
        desk.sync(DAYS[4], "19:00:00")
    return shared, said


def test_two_people_lose_nothing_in_a_week(tmp_path: Path, variable: Any) -> None:
    """After a week of work at two desks, one of them offline for two days, with one conflict and one refused record,
    both clones hold everything that was acknowledged, give the same answers, and nobody ever sent a merge's markers."""
    hub, wang, li = found_team(tmp_path, variable)
    shared, said = work_a_week(wang, li)
    now = f"{DAYS[4]}T20:00:00"
    assert len(wang.journal.actions) == 11
    assert len(wang.journal.notes) == 24
    for desk in (wang, li):
        assert desk.journal.missing(desk.root) == [], desk.name
        assert desk.git(now, "status", "--porcelain") == ""
        code, out, err = desk.ask(now, "check")
        assert (code, "no problems" in out + err) == (0, True), out + err
    for words in (
        ("summarize", "2026-W12"),
        ("summarize", "2026-03", "--format", "json", "--by", "agent"),
        ("audit", "--since", DAYS[0], "--limit", "0"),
        ("history", shared),
        ("history", shared, "--format", "json"),
        ("pending", "--as-of", WEDNESDAY),
        ("pending",),
        ("list", "--format", "json", "--limit", "0"),
    ):
        ours, theirs = (desk.ask(now, *words) for desk in (wang, li))
        assert ours == theirs, words
        assert (ours[0], bool(ours[1])) == (0, True), words
    for desk in (wang, li):
        answer = desk.ask(now, "pending", "--as-of", WEDNESDAY, "--format", "json")
        assert answer[:2] == said[:2], desk.name
    commits = wang.git(now, "--git-dir", str(hub), "rev-list", "--all").split()
    assert len(commits) > 15
    marks = ["-e", "^<<<<<<<", "-e", "^>>>>>>>", "-e", "^=======$"]
    assert wang.git(now, "--git-dir", str(hub), "grep", "-I", *marks, *commits, code=1) == ""
