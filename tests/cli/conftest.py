"""What the tests of the shell share: a small log, the program as a process, and a terminal to sit at."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0  # seconds after which a program that should have answered is taken to hang

SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, email: wang@example.com}
"""
ACME = "id: acme\ntemplate: customer\nname: 艾克米公司\ntype: company\nstage: active\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log with one member and one customer."""
    root = tmp_path / "log"
    (root / "records" / "customers").mkdir(parents=True)
    (root / "commlog.yaml").write_text(SETTINGS, encoding="utf-8")
    (root / "records" / "customers" / "acme.yaml").write_text(ACME, encoding="utf-8")
    return root


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a program under test: nothing of the tester's own habits."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "COMMLOG_MEMBER": "wang", "TERM": "xterm-256color"}


def command_of(folder: Path, *words: str) -> list[str]:
    """The program's call, in a log, at a fixed instant."""
    return [sys.executable, "-m", "commlog", *words, "--log", str(folder), "--now", "2026-03-16T10:00:00+08:00"]


Program = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def program(folder: Path, environment: dict[str, str]) -> Program:
    """Run the program without a terminal; keywords are variables of its environment."""

    def start(*words: str, stdin: bytes = b"", **variables: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command_of(folder, *words),
            input=stdin,
            capture_output=True,
            env={**environment, **variables},
            timeout=PATIENCE,
        )

    return start


class Terminal:
    """A person at a terminal: reads what is shown, and types."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=subprocess.PIPE, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.shown = ""
        self.read_to = 0

    def _read(self, seconds: float) -> bool:
        """Take in what is shown next; False when nothing more will come."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            raise AssertionError(f"nothing more is shown after:\n{self.shown}")
        try:
            piece = os.read(self.master, 65536)
        except OSError:
            # What Linux says when the program at the other end is gone.
            piece = b""
        self.shown += piece.decode("utf-8", "replace")
        return bool(piece)

    def expect(self, pattern: str) -> str:
        """Wait until a text that matches is shown, and give what was shown since the last one."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = re.search(pattern, self.shown[self.read_to :])
            if found:
                text = self.shown[self.read_to : self.read_to + found.end()]
                self.read_to += found.end()
                return text
            if not self._read(max(0.0, deadline - time.monotonic())):
                raise AssertionError(f"{pattern!r} is not in:\n{self.shown[self.read_to :]}")

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self.master, f"{line}\n".encode())

    def answer(self, pattern: str, line: str) -> str:
        """Wait for a question, and answer it."""
        text = self.expect(pattern)
        self.type(line)
        return text

    def finish(self) -> tuple[int, str]:
        """Wait for the end; the exit code and stdout."""
        while self._read(PATIENCE):
            pass
        assert self.process.stdout is not None
        out = self.process.stdout.read().decode("utf-8")
        return self.process.wait(PATIENCE), out

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        os.close(self.master)


@pytest.fixture
def terminal(folder: Path, environment: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    """Start the program at a terminal; keywords are variables of its environment."""
    opened: list[Terminal] = []

    def start(*words: str, **variables: str) -> Terminal:
        opened.append(Terminal(command_of(folder, *words), {**environment, **variables}))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
