"""A program `commlog-NAME` on PATH is the command `commlog NAME`."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Call = Callable[..., subprocess.CompletedProcess[str]]
SCRIPT = """\
#!/bin/sh
echo "$COMMLOG_DIR|$COMMLOG_LANGUAGE|$COMMLOG_NOW"
printf '<%s>' "$@"
exit 7
"""


@pytest.fixture
def call(folder: Path, environment: dict[str, str], tmp_path: Path) -> Call:
    """A function that runs the program with scripts of one's own on PATH."""
    scripts = tmp_path / "bin"
    scripts.mkdir()
    for name in ("commlog-hello", "commlog-pending", "commlog-not-executable"):
        (scripts / name).write_text(SCRIPT)
        (scripts / name).chmod(0o644 if name.endswith("executable") else 0o755)
    (scripts / "commlog-broken").write_bytes(b"\x00\x01\x02")
    (scripts / "commlog-broken").chmod(0o755)
    path = f"{scripts}{os.pathsep}{environment['PATH']}"

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "commlog", *words],
            env={**environment, "PATH": path, "LC_ALL": "C.UTF-8"},
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
        )

    return run


def test_a_program_gets_the_log_the_language_and_the_instant(call: Call, folder: Path) -> None:
    """The shared options become variables, other words are passed on as they are, and the exit code comes back."""
    done = call("--language", "zh", "--now", "2026-03-16 10:00", "hello", "--log", "x", "--", "a b", "--help")
    assert done.stdout == f"{folder}|zh|2026-03-16T10:00:00+08:00\n<--log><x><--><a b><--help>"
    assert (done.returncode, done.stderr) == (7, "")


def test_a_program_is_told_the_language_of_the_log(call: Call) -> None:
    """Where the call names no language the program answers in the log's."""
    assert call("hello").stdout.split("|")[1] == "en"


def test_help_lists_programs_and_nothing_else_of_path(call: Call) -> None:
    """`commlog --help` names each program that can be run, behind commlog's own commands."""
    lines = call("--help").stdout.splitlines()
    assert [line for line in lines if "on PATH" in line] == [
        "  broken         The program commlog-broken on PATH.",
        "  hello          The program commlog-hello on PATH.",
    ]


def test_own_commands_win(call: Call) -> None:
    """A program called after a command of commlog is never run."""
    done = call("pending")
    assert done.returncode == 0
    assert "|" not in done.stdout


def test_what_cannot_be_run_is_told(call: Call) -> None:
    """A file that is no program is an error that names it, and a name that no program has is no command."""
    broken = call("broken")
    assert broken.returncode == 2
    assert "commlog-broken" in broken.stderr
    assert "cannot be started" in broken.stderr
    assert "no such command: 'not-executable'" in call("not-executable").stderr
    assert "no such command: '../x'" in call("../x").stderr
