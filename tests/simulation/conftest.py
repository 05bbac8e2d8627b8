"""What the simulations share: the log of a plan, servers for all of its addresses, and runs of the program against them."""

import email
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))

from arrivals import Digest, read_digest
from quarter_plan import OFFSET, Plan, Rules, Scribe, make_plan, write_beginning

from tests.build import ROOT

PATIENCE = 60.0  # seconds after which a run that should have ended is taken to hang

SECRETS = {
    "ZHAO_KEY": "we-key-0815",
    "LI_TOKEN": "tok-ding",
    "LI_SECRET": "SECdingtalk",
    "CHEN_TOKEN": "tok-feishu",
    "CHEN_SECRET": "sec-feishu",
}
# Whose message it is, by how its path begins.
PATHS = {
    "/hook/wang": "webhook:$WANG_HOOK",
    "/services/T/B/sun": "slack:$SUN_HOOK",
    "/cgi-bin/webhook/send": "wecom:$ZHAO_KEY",
    "/robot/send": "dingtalk:$LI_TOKEN/$LI_SECRET",
    "/open-apis/bot/v2/hook/": "feishu:$CHEN_TOKEN/$CHEN_SECRET",
}


@dataclass
class Stage:
    """A log that follows a plan, the servers its members are reached by, and the program."""

    plan: Plan
    root: Path
    mailbox: Any
    robots: Any
    scribe: Scribe

    @property
    def variables(self) -> dict[str, str]:
        """The variables the addresses name."""
        url = self.robots.url
        hooks = {"WANG_HOOK": f"{url}/hook/wang", "SUN_HOOK": "T/B/sun", "ROBOTS": url}
        return SECRETS | hooks | {"COMMLOG_SMTP_URL": self.mailbox.url}

    def words(self, now: datetime, *more: str) -> list[str]:
        """The words of a run after the program's name."""
        return ["--log", str(self.root), "--now", f"{now:%Y-%m-%dT%H:%M:%S}{OFFSET}", "remind", "--notify", *more]

    def environment(self) -> dict[str, str]:
        """As little as cron gives, and the secrets."""
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.root), "PYTHONPATH": str(ROOT), **self.variables}

    def start(self, now: datetime) -> "subprocess.Popen[bytes]":
        """A run as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "commlog", *self.words(now)],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run_as_cron(self, now: datetime) -> tuple[int, str]:
        """A run of the command line through a shell with an empty environment; the code, and what cron would mail."""
        settings = [f"{name}={value}" for name, value in self.environment().items()]
        command = " ".join([sys.executable, "-m", "commlog", *self.words(now)])
        done = subprocess.run(
            ["env", "-i", *settings, "/bin/sh", "-c", f"cd / && {command}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            text=True,
        )
        return done.returncode, done.stdout

    def run_here(self, now: datetime, capsys: Any, monkeypatch: Any) -> tuple[int, str]:
        """A run inside this process; the code, and everything it printed."""
        from commlog.cli.app import run

        for name, value in self.variables.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = int(run(self.words(now)))
        return code, "".join(capsys.readouterr())

    def take(self) -> dict[str, list[Digest]]:
        """The messages since the last look, by address; what a service takes in pieces is one message for each run."""
        texts: dict[str, list[str]] = defaultdict(list)
        for _, recipients, raw in self.mailbox.mails:
            body = email.message_from_bytes(raw, policy=default).get_body(("plain",))
            texts[f"mailto:{recipients[0]}"].append(body.get_content())
        # An HTTP server may take one message more while this looks.
        for path, body in list(self.robots.posts):
            address = next(address for begin, address in PATHS.items() if path.startswith(begin))
            content = body.get("content") or body.get("text")
            text = content if isinstance(content, str) else content.get("content") or content.get("text")
            if address.startswith("wecom") and texts[address] and not text.startswith("[commlog]"):
                texts[address][-1] += f"\n{text}"
            else:
                texts[address].append(text)
        self.mailbox.mails.clear()
        self.robots.posts.clear()
        return {address: [read_digest(text) for text in found] for address, found in texts.items()}


@pytest.fixture
def make_stage(tmp_path: Path, smtp_server: Any, robot_server: Any, monkeypatch: Any) -> Iterator[Callable[..., Stage]]:
    """Make the log of a plan, with nothing in it yet."""
    for name in [name for name in os.environ if name.startswith("COMMLOG_")]:
        monkeypatch.delenv(name)

    def make(seed: int, first: date, last: date, count: int, *, rules: Rules | None = None, minutes: int = 15) -> Stage:
        plan = make_plan(seed, first, last, count, rules=rules, minutes=minutes)
        root = tmp_path / "log"
        write_beginning(plan, root)
        return Stage(plan, root, smtp_server(), robot_server, Scribe(plan, root))

    yield make
