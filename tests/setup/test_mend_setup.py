"""What doctor mends: git in a clone learns to merge records."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from commlog.git.hooks import ATTRIBUTES, is_installed
from commlog.git.run import create_repository
from commlog.setup.doctor import diagnose
from commlog.setup.init import NewLogOptions, init_log
from commlog.team.clone import mend_setup

CHOICES = NewLogOptions("UTC", "en")


def states_of(log) -> list[bool]:
    """Whether what concerns merging is well, in the order doctor tells it."""
    return [item.is_good for item in diagnose(log.workspace()) if item.topic == "merging"]


def test_doctor_says_what_is_missing_and_mends_it(log):
    """A clone without the driver and a log without its attributes are told; mended, nothing is left to tell."""
    assert states_of(log) == []
    assert create_repository(log.root)
    assert states_of(log) == [False, False]
    assert len(mend_setup(log.root)) == 2
    assert states_of(log) == [True, True]
    assert mend_setup(log.root) == ()


@pytest.mark.parametrize("old", ["*.pdf binary\n", "*.pdf binary", f"{ATTRIBUTES[1]}\n", ""])
def test_lines_are_added_to_the_attributes(log, old):
    """What .gitattributes holds stays byte for byte; only the lines it lacks come after it, each once."""
    create_repository(log.root)
    log.write(".gitattributes", old)
    mend_setup(log.root)
    text = (log.root / ".gitattributes").read_text(encoding="utf-8")
    assert text.startswith(old)
    assert sorted(text.splitlines()) == sorted({*old.splitlines(), *ATTRIBUTES})


def test_a_log_without_git_is_left_alone(log):
    """Where there is no repository nothing is written."""
    assert mend_setup(log.root) == ()
    assert not (log.root / ".gitattributes").exists()


def test_a_new_log_is_ready(tmp_path: Path):
    """A log made with git knows the driver, and git knows which of its files it is for."""
    root = init_log(tmp_path / "log", CHOICES).root
    assert is_installed(root)
    names = [
        "commlog.yaml",
        "calendar.yaml",
        "records/customers/a.yaml",
        "records/issues/2026/b.yaml",
        "schemas/c.yaml",
    ]
    told = subprocess.run(
        ["git", "check-attr", "merge", *names], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert [line.rpartition(" ")[2] for line in told.splitlines()] == ["commlog"] * 4 + ["unspecified"]


def test_a_repository_that_is_not_to_be_used_is_left_alone(tmp_path: Path):
    """With --no-git the configuration of a repository around the log stays as it is."""
    create_repository(tmp_path)
    init_log(tmp_path / "log", replace(CHOICES, use_git=False))
    assert not is_installed(tmp_path)
