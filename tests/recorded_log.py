"""A log in a git repository of its own, whose commits have the authors and times that a test gives them."""

import os
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from commlog.log.log import open_log
from commlog.workspace import Workspace, make_workspace
from tests.build import NOW

SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, email: wang@example.com}
  - {id: li, name: 李静, email: li@example.com}
"""
ACME = """\
id: acme
template: customer
name: 艾克米公司
type: company
stage: active
contacts:
  - {name: 陈经理, phone: "13800000001"}
"""
PATH = "records/interactions/2026/03/20260302-aaaaaa.yaml"
VISIT = """\
id: 20260302-aaaaaa
template: visit
customer: acme
agent: wang
direction: outbound
channel: phone
started_at: 2026-03-02T09:00:00+08:00
recorded_at: 2026-03-02T09:30:00+08:00
subject: 回访
summary: s
visit_kind: regular
followups:
  - n: 2
    action: 报价
    owner: wang
    priority: important
    due: 2026-03-16T18:00:00+08:00
    due_rule: given
    status: open
    history:
      - {at: 2026-03-02T09:30:00+08:00, by: wang, status: open}
"""
LATER = ("due: 2026-03-16T18", "due: 2026-03-18T18")
WANG = "王芳 <wang@example.com>"
LI = "Li Jing <li@example.com>"


# The head of the conversation that the tests of merging change.
CALL_PATH = "records/interactions/2026/03/20260310-7f3kq2.yaml"
CALL_HEAD = """\
id: 20260310-7f3kq2
template: service
customer: acme
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-10T14:30:00+08:00
ended_at: 2026-03-10T14:45:00+08:00
recorded_at: 2026-03-10T14:52:00+08:00
"""
# Stands above the head in files that an editor is to check.
EDITOR_LINE = "# yaml-language-server: $schema=../../../../schemas/service.schema.json\n"


@dataclass(frozen=True)
class RecordedLog:
    """A log at `root`; every call of git is without the tester's own habits."""

    root: Path

    def git(self, *words: str, at: str = "2026-03-02T10:00:00+08:00", by: str = WANG) -> str:
        """Run git as somebody at an instant; what it prints."""
        name, _, email = by.rstrip(">").rpartition(" <")
        people = {
            f"GIT_{role}_{fact}": value
            for role in ("AUTHOR", "COMMITTER")
            for fact, value in (("NAME", name), ("EMAIL", email), ("DATE", at))
        }
        nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["git", "-c", "protocol.file.allow=always", *words]
        answer = subprocess.run(command, cwd=self.root, env={**os.environ, **nobody, **people}, capture_output=True)
        assert answer.returncode == 0, answer.stderr.decode()
        return answer.stdout.decode()

    def write(self, path: str, text: str) -> None:
        """Put a file into the log."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")

    def change(self, path: str, *replacements: tuple[str, str]) -> None:
        """Replace texts that stand in a file."""
        text = (self.root / path).read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        self.write(path, text)

    def commit(self, at: str, by: str = WANG, message: str = "m") -> str:
        """Commit everything; the commit's hash."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, at=at, by=by)
        return self.git("rev-parse", "HEAD").strip()

    def workspace(self, now: str = NOW) -> Workspace:
        """The log, opened at an instant."""
        return make_workspace(open_log(self.root, str(self.root)), datetime.fromisoformat(now), "wang")

    def clone(self, target: Path, *options: str) -> "RecordedLog":
        """A clone of the log."""
        self.git("clone", "-q", *options, self.root.as_uri(), str(target))
        return RecordedLog(target)


def start_log(root: Path, *, commits: bool = True) -> RecordedLog:
    """A log with one customer and one visit, committed on 2 March 2026."""
    root.mkdir(parents=True)
    log = RecordedLog(root)
    log.git("init", "-q", "-b", "main")
    log.write("commlog.yaml", SETTINGS)
    log.write(".gitignore", ".commlog/\n")
    log.write("records/customers/acme.yaml", ACME)
    log.write(PATH, VISIT)
    if commits:
        log.commit("2026-03-02T10:00:00+08:00")
    return log
