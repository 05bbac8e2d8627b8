"""Two colleagues, two clones, real git: what happens to one record that both change."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from commlog.git.hooks import ATTRIBUTES, install, is_installed, merge_texts, missing_attributes
from commlog.yamltext.parse import parse_yaml
from tests.build import ROOT, write_program
from tests.recorded_log import CALL_HEAD, CALL_PATH, SETTINGS

TEXT = (
    CALL_HEAD
    + """\
subject: 空调安装后不制冷
scenario: after_sales
problem: 开机后一直不制冷
request: 换一台新机
summary: 客户第二次来电。
mood: anxious
tags: [售后-空调]
outcome: follow_up
followups:
  # 先做这一条
  - n: 1
    action: 上门检测
    owner: wang
    due: 2026-03-20T18:00:00+08:00
    due_rule: given
    status: open
    history:
      - {at: 2026-03-10T14:52:00+08:00, by: wang, status: open}
  - n: 2
    action: 寄配件
    owner: li
    due: 2026-03-20T18:00:00+08:00
    due_rule: given
    status: open
    history:
      - {at: 2026-03-10T14:52:00+08:00, by: wang, status: open}
"""
)
CUSTOMER = "id: acme\ntemplate: customer\nname: 艾克米公司\ntype: company\nstage: active\n"


class Clone:
    """One colleague's clone of the log, used through git and the program itself."""

    def __init__(self, folder: Path, environment: dict[str, str], member: str) -> None:
        self.folder = folder
        self.environment = environment | {
            "COMMLOG_MEMBER": member,
            "GIT_AUTHOR_NAME": member,
            "GIT_AUTHOR_EMAIL": f"{member}@example.com",
            "GIT_COMMITTER_NAME": member,
            "GIT_COMMITTER_EMAIL": f"{member}@example.com",
        }

    def run(self, *words: str, fails: bool = False) -> str:
        done = subprocess.run(words, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def git(self, *words: str, fails: bool = False) -> str:
        return self.run("git", *words, fails=fails)

    def log(self, at: str, *words: str) -> str:
        """Run the program at a minute of 16 March."""
        return self.run("commlog", *words, "--now", f"2026-03-16T10:{at}:00+08:00")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "change")

    @property
    def text(self) -> str:
        return (self.folder / CALL_PATH).read_text(encoding="utf-8")

    @property
    def follow_ups(self) -> dict[int, dict[str, Any]]:
        return {item["n"]: item for item in parse_yaml(self.text)["followups"]}

    def change(self, old: str, new: str) -> None:
        text = self.text
        assert old in text
        (self.folder / CALL_PATH).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of both: a program `commlog` on the path, and nobody's own git configuration."""
    programs = write_program(tmp_path)
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "LANG": "C.UTF-8",
    }


@pytest.fixture
def clones(tmp_path: Path, environment: dict[str, str]) -> tuple[Clone, Clone]:
    """Wang's clone of a log with one record, and Li's; both know how to merge records."""
    (tmp_path / "wang").mkdir()
    wang = Clone(tmp_path / "wang", environment, "wang")
    wang.git("init", "-q", "-b", "main")
    files = {"commlog.yaml": SETTINGS, "records/customers/acme.yaml": CUSTOMER, CALL_PATH: TEXT}
    for name, text in files.items():
        (wang.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (wang.folder / name).write_text(text, encoding="utf-8")
    (wang.folder / ".gitignore").write_text(".commlog/\n")
    (wang.folder / ".gitattributes").write_text("".join(f"{line}\n" for line in ATTRIBUTES))
    wang.commit()
    wang.git("clone", "-q", str(wang.folder), str(tmp_path / "li"))
    li = Clone(tmp_path / "li", environment, "li")
    for clone in (wang, li):
        assert install(clone.folder)
    return wang, li


def test_both_complete_and_add_follow_ups(clones: tuple[Clone, Clone]) -> None:
    """Two follow-ups completed and two added in two clones, and a comment changed, are all there after a plain pull."""
    wang, li = clones
    wang.log("00", "done", "7f3kq2/1", "--result", "换了电容")
    wang.log("01", "add-follow-up", "7f3kq2", "action=发合同; due=2026-03-25")
    wang.commit()
    li.log("02", "done", "7f3kq2/2", "--result", "已寄出")
    li.log("03", "add-follow-up", "7f3kq2", "action=回访; due=2026-03-26")
    li.change("# 先做这一条", "# 先做这一条，周三前")
    li.commit()
    told = li.git("pull", "-q", "--no-rebase", "--no-edit")
    assert {n: (item["action"], item["status"]) for n, item in li.follow_ups.items()} == {
        1: ("上门检测", "done"),
        2: ("寄配件", "done"),
        3: ("回访", "open"),
        4: ("发合同", "open"),
    }
    assert "  # 先做这一条，周三前\n  - n: 1\n" in li.text
    assert "follow-up 3 of the other side is now 4" in told
    assert "no problems" in li.log("05", "check")


@pytest.mark.slow
def test_a_rebase_of_many_commits_follows_a_number_that_changed(clones: tuple[Clone, Clone]) -> None:
    """What was added as follow-up 3 and got number 4 in the first step of a rebase is still the same one in the next steps."""
    wang, li = clones
    wang.log("00", "add-follow-up", "7f3kq2", "action=发合同; due=2026-03-25")
    wang.commit()
    li.log("01", "add-follow-up", "7f3kq2", "action=回访; due=2026-03-26")
    li.commit()
    li.log("02", "start", "7f3kq2/3")
    li.commit()
    li.log("03", "done", "7f3kq2/3", "--result", "已回访")
    li.commit()
    li.git("pull", "-q", "--rebase")
    assert {n: (item["action"], item["status"]) for n, item in li.follow_ups.items() if n > 2} == {
        3: ("发合同", "open"),
        4: ("回访", "done"),
    }
    assert "no problems" in li.log("05", "check")


def test_one_follow_up_moved_by_both_goes_by_time(clones: tuple[Clone, Clone]) -> None:
    """Started by one and completed by the other it is done, whoever merges; its history tells both."""
    wang, li = clones
    wang.log("00", "start", "7f3kq2/1")
    wang.commit()
    li.log("01", "done", "7f3kq2/1", "--result", "换了电容")
    li.commit()
    for clone, other in ((wang, li), (li, wang)):
        clone.git("pull", "-q", "--no-rebase", "--no-edit", str(other.folder), "main")
        item = clone.follow_ups[1]
        assert (item["status"], item["result"]) == ("done", "换了电容")
        assert [entry["status"] for entry in item["history"]] == ["open", "in_progress", "done"]


@pytest.mark.slow
def test_a_real_conflict_is_marked_around_its_value_alone(clones: tuple[Clone, Clone]) -> None:
    """Two moods of one record stop the merge with both between markers, and everything else is merged."""
    wang, li = clones
    wang.change("mood: anxious", "mood: calm")
    wang.log("00", "done", "7f3kq2/1", "--result", "换了电容")
    wang.commit()
    li.change("mood: anxious", "mood: angry")
    li.log("01", "start", "7f3kq2/2")
    li.commit()
    told = li.git("pull", "-q", "--no-rebase", "--no-edit", fails=True)
    assert "both sides changed mood" in told
    marked = "<<<<<<< ours\nmood: angry\n=======\nmood: calm\n>>>>>>> theirs\n"
    assert marked in li.text
    assert li.text.count("<<<<<<<") == 1
    (li.folder / CALL_PATH).write_text(li.text.replace(marked, "mood: calm\n"), encoding="utf-8")
    assert [item["status"] for item in li.follow_ups.values()] == ["done", "in_progress"]
    assert "no problems" in li.log("05", "check")


def test_settings_and_calendar_are_merged_too(clones: tuple[Clone, Clone]) -> None:
    """Members and days that both added at the same place are all there."""
    wang, li = clones
    for clone, name, day in ((wang, "zhao", "2026-10-01"), (li, "sun", "2026-10-02")):
        settings = clone.folder / "commlog.yaml"
        settings.write_text(settings.read_text(encoding="utf-8") + f"  - {{id: {name}, name: {name}}}\n")
        (clone.folder / "calendar.yaml").write_text(f"off:\n  {day}: 国庆节\n", encoding="utf-8")
        clone.commit()
    li.git("pull", "-q", "--no-rebase", "--no-edit")
    members = parse_yaml((li.folder / "commlog.yaml").read_text(encoding="utf-8"))["members"]
    assert [member["id"] for member in members] == ["wang", "li", "sun", "zhao"]
    days = parse_yaml((li.folder / "calendar.yaml").read_text(encoding="utf-8"))["off"]
    assert set(days) == {"2026-10-01", "2026-10-02"}


def test_without_the_program_git_merges_text(clones: tuple[Clone, Clone]) -> None:
    """A clone that knows the driver on a machine without the program gets git's own markers, never one side alone."""
    wang, li = clones
    wang.change("mood: anxious", "mood: calm")
    wang.commit()
    li.change("mood: anxious", "mood: angry")
    li.change("summary: 客户第二次来电。", "summary: 客户第三次来电。")
    li.commit()
    (Path(li.environment["PATH"].split(os.pathsep)[0]) / "commlog").unlink()
    li.environment["PATH"] = "/usr/bin:/bin"
    li.git("pull", "-q", "--no-rebase", "--no-edit", fails=True)
    assert "mood: calm" in li.text
    assert "mood: angry" in li.text
    assert "<<<<<<<" in li.text
    assert "summary: 客户第三次来电。" in li.text


def test_a_clone_without_the_driver_still_merges(clones: tuple[Clone, Clone]) -> None:
    """Where nobody installed the driver git falls back to its own merge."""
    wang, li = clones
    li.git("config", "--remove-section", "merge.commlog")
    assert not is_installed(li.folder)
    wang.change("mood: anxious", "mood: calm")
    wang.commit()
    li.log("00", "done", "7f3kq2/2", "--result", "已寄出")
    li.commit()
    li.git("pull", "-q", "--no-rebase", "--no-edit")
    assert "mood: calm" in li.text
    assert li.follow_ups[2]["status"] == "done"


def test_doctor_tells_and_mends_a_clone(clones: tuple[Clone, Clone]) -> None:
    """A fresh clone is told what it lacks, and after --fix it merges records."""
    _, li = clones
    li.git("config", "--remove-section", "merge.commlog")
    assert "commlog doctor --fix" in li.run("commlog", "doctor", fails=True)
    assert "commlog doctor --fix" not in li.run("commlog", "doctor", "--fix", fails=True)
    assert is_installed(li.folder)
    assert li.git("status", "--short") == ""


def test_the_driver_is_installed_in_one_clone(tmp_path: Path, clones: tuple[Clone, Clone]) -> None:
    """Installing writes to the clone's own configuration only, and twice is as good as once."""
    wang, _ = clones
    assert install(wang.folder)
    assert wang.git("config", "--local", "merge.commlog.driver").startswith("commlog merge-driver %O %A %B %P;")
    assert not (tmp_path / ".gitconfig").exists()
    assert not install(tmp_path)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", 3),
        ("*.yaml text eol=lf\n", 3),
        ("records/**/*.yaml   merge=commlog\ncalendar.yaml merge=commlog\n", 1),
        ("".join(f"{line}\n" for line in ATTRIBUTES), 0),
    ],
)
def test_missing_attributes_are_known(text: str, missing: int) -> None:
    """Each line for the driver counts as there however its words are spaced."""
    assert len(missing_attributes(text)) == missing


def test_texts_are_merged_by_git() -> None:
    """Lines of both sides come together, and what overlaps is marked."""
    base = b"a\nb\nc\nd\ne\n"
    clean = merge_texts(base, base.replace(b"a", b"A"), base.replace(b"e", b"E"))
    assert clean is not None
    assert (clean.data, clean.has_conflicts) == (b"A\nb\nc\nd\nE\n", False)
    marked = merge_texts(base, base.replace(b"c", b"1"), base.replace(b"c", b"2"))
    assert marked is not None
    assert marked.has_conflicts
    assert b"<<<<<<< ours\n1\n=======\n2\n>>>>>>> theirs\n" in marked.data
    assert merge_texts(b"\0", b"\0\1", b"\0\2") is None
