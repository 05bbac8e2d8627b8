"""A small log to spoil, and the program run on it in this process."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from commlog.cli.app import run as run_program

NOW = "2026-03-16T10:00+08:00"

SETTINGS = """\
timezone: Asia/Shanghai
members:
  - {id: wang, name: 王芳, email: wang@example.com}
  - {id: zhao, name: 赵磊}
"""
CUSTOMER = """\
id: li-na
template: customer
name: 李娜
type: individual
stage: active
"""
RECORD = """\
id: 20260310-7f3kq2
template: service
customer: li-na
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-10T14:30:00+08:00
ended_at: 2026-03-10T14:45:00+08:00
recorded_at: 2026-03-10T14:52:00+08:00
subject: 空调安装后不制冷
scenario: after_sales
problem: 开机后一直不制冷
request: 换一台新机
summary: 客户来电。
outcome: follow_up
followups:
  - n: 1
    action: 上门检测
    owner: zhao
    priority: important
    due: 2026-03-13
    status: open
    history:
      - {at: 2026-03-10T14:52:00+08:00, by: wang, status: open}
"""
GOOD_ID = "20260312-0mg6ag"
BAD_ID = "20260310-7f3kq2"
GOOD = "records/interactions/2026/03/20260312-0mg6ag.yaml"
BAD = "records/interactions/2026/03/20260310-7f3kq2.yaml"


@dataclass(frozen=True)
class Answer:
    """What a call gave."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class LogFolder:
    """A log with one customer and one good record beside the one that is spoiled."""

    root: Path
    call: Callable[..., Answer]

    record = RECORD
    good, bad, good_id, bad_id = GOOD, BAD, GOOD_ID, BAD_ID

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file of the log."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def spoil(self, old: str, new: str) -> None:
        """Write the record that is spoiled: the good one with some of its text replaced."""
        assert old in RECORD
        self.write(BAD, RECORD.replace(old, new))

    def run(self, *words: str) -> Answer:
        """Run the program in this process; a traceback would fail the test."""
        return self.call("--log", str(self.root), "--now", NOW, "--language", "en", *words)

    def start(self, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run the program in a process of its own."""
        command = [sys.executable, "-m", "commlog", *words, "--log", str(self.root), "--now", NOW, "--language", "en"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)  # type: ignore[call-overload]

    def files(self) -> dict[str, bytes]:
        """Every file and its bytes, the state folder left out."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and ".commlog" not in path.parts and ".git" not in path.parts
        }


@pytest.fixture
def log(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> LogFolder:
    """A small log in a folder of its own."""
    for name in ("COMMLOG_DIR", "COMMLOG_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("COMMLOG_MEMBER", "wang")
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Answer:
        capfd.readouterr()
        code = run_program(words)
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        return Answer(int(code), captured.out, captured.err)

    folder = LogFolder(tmp_path, call)
    folder.write("commlog.yaml", SETTINGS)
    folder.write("records/customers/li-na.yaml", CUSTOMER)
    folder.write(GOOD, RECORD.replace(BAD_ID, GOOD_ID).replace("2026-03-10T", "2026-03-12T"))
    return folder
