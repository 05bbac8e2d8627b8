"""What the tests of faults share: a log with three members who are told by webhooks, and runs at given instants."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.build import ROOT

CUSTOMER = "id: acme\ntemplate: customer\nname: Acme\ntype: company\nstage: active\n"
# Nobody listens there.
DOWN = "http://127.0.0.1:9/"


def settings_text(
    zone: str = "Asia/Shanghai", remind: str = "{before: 4wh, ladder: [{overdue: 1wd, to: lead}]}"
) -> str:
    """The settings: two agents and a lead."""
    members = "\n".join(
        f'  - {{id: {name}, name: {name}, role: {role}, notify: "{address}"}}'
        for name, role, address in (
            ("wang", "agent", "webhook:$HOOK_WANG"),
            ("li", "agent", "webhook:$HOOK_LI"),
            ("zhou", "lead", "webhook:$HOOK_ZHOU"),
        )
    )
    hours = 'calendar: {hours: {mon-fri: ["09:00-12:00", "13:30-18:00"]}}'
    return f"timezone: {zone}\nlanguage: en\nmembers:\n{members}\n{hours}\ncare: {{verify_after: none}}\nremind: {remind}\n"


def follow_up(n: int, owner: str, due: str, **more: object) -> dict[str, object]:
    """The mapping of a follow-up that was opened a fortnight before anything happens."""
    history = [{"at": "2026-03-02T09:30:00+08:00", "by": "wang", "status": "open"}]
    return {"n": n, "action": f"call {n}", "owner": owner, "due": due, "status": "open", **more, "history": history}


@dataclass
class Office:
    """A log, the server its members are told by, and the program."""

    root: Path
    robots: Any
    capsys: Any
    monkeypatch: Any
    down: set[str] = field(default_factory=set)

    def write(self, path: str, text: str) -> Path:
        """Put a file into the log."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def record(self, number: int, *follow_ups: dict[str, object]) -> Path:
        """Write a record with these follow-ups; its id ends with the number."""
        fields = {
            "id": f"20260302-{number:06}",
            "template": "member",
            "customer": "acme",
            "agent": "wang",
            "direction": "inbound",
            "channel": "phone",
            "started_at": "2026-03-02T09:00:00+08:00",
            "recorded_at": "2026-03-02T09:30:00+08:00",
            "subject": "s",
            "core_request": "c",
            "summary": "s",
            "followups": list(follow_ups),
        }
        text = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items())
        return self.write(f"records/interactions/2026/03/{fields['id']}.yaml", text)

    def dropped(self, number: int, agent: str) -> Path:
        """Write a record that left a customer of their own waiting; its id ends with the number."""
        customer = f"firm-{number}"
        self.write(f"records/customers/{customer}.yaml", CUSTOMER.replace("acme", customer))
        path = self.record(number)
        text = path.read_text(encoding="utf-8").replace('"acme"', f'"{customer}"')
        text = text.replace('"wang"', f'"{agent}"').replace("2026-03-02T", "2026-03-10T")
        path.write_text(f'{text}outcome: "follow_up"\n', encoding="utf-8")
        return path

    @property
    def variables(self) -> dict[str, str]:
        """Where the members are told; those who are down, nowhere."""
        urls = {name: DOWN if name in self.down else f"{self.robots.url}/{name}" for name in ("wang", "li", "zhou")}
        return {f"HOOK_{name.upper()}": url for name, url in urls.items()}

    def call(self, now: str, *words: str) -> tuple[int, str, str]:
        """A command in this process: code, stdout, stderr."""
        from commlog.cli.app import run

        for name, value in self.variables.items():
            self.monkeypatch.setenv(name, value)
        self.capsys.readouterr()
        code = run(["--log", str(self.root), "--now", now, "--language", "en", *words])
        return int(code), *self.capsys.readouterr()

    def remind(self, now: str) -> tuple[int, str, str]:
        """A run of the reminder that delivers."""
        return self.call(now, "remind", "--notify")

    def command(self, now: str) -> list[str]:
        """The command line of a run as a process."""
        words = ["--log", str(self.root), "--now", now, "--language", "en", "remind", "--notify"]
        return [sys.executable, "-m", "commlog", *words]

    def environment(self) -> dict[str, str]:
        """What a process is given."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.root), "PYTHONPATH": str(ROOT), **self.variables}

    def start(self, now: str) -> "subprocess.Popen[str]":
        """A run as a process."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(self.command(now), env=self.environment(), text=True, **pipes)  # type: ignore[call-overload,no-any-return]

    def taken(self) -> dict[str, list[str]]:
        """The texts that arrived since the last look, by member."""
        found: dict[str, list[str]] = {}
        for path, body in self.robots.posts:
            found.setdefault(path[1:], []).append(body["text"])
        self.robots.posts.clear()
        return found

    def counts(self) -> dict[str, list[int]]:
        """How many follow-ups each message names since the last look, by member."""
        return {name: [text.count("commlog done") for text in texts] for name, texts in self.taken().items()}

    @property
    def ledger(self) -> Path:
        """The file that remembers what was said."""
        return self.root / ".commlog/reminders.jsonl"

    def remembered(self) -> list[tuple[str, ...]]:
        """Every notice in the ledger: address and key."""
        entries = [json.loads(line) for line in self.ledger.read_text(encoding="ascii").splitlines()]
        return [(entry["to"], *key) for entry in entries for key in entry["told"]]


@pytest.fixture
def office(tmp_path: Path, robot_server: Any, capsys: Any, monkeypatch: Any) -> Office:
    """A log with a customer and no record yet."""
    for name in [name for name in os.environ if name.startswith("COMMLOG_")]:
        monkeypatch.delenv(name)
    made = Office(tmp_path / "log", robot_server, capsys, monkeypatch)
    made.write("commlog.yaml", settings_text())
    made.write("records/customers/acme.yaml", CUSTOMER)
    return made


@pytest.fixture
def make_settings() -> Callable[..., str]:
    """The text of settings for a zone and rules of one's own."""
    return settings_text


@pytest.fixture
def promise() -> Callable[..., dict[str, object]]:
    """The mapping of a follow-up."""
    return follow_up
