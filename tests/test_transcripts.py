r"""Transcripts: what people type and what they get, run again in a fresh copy of the example log.

A transcript is a text file. Each block begins with `$ ` and a call, its standard input after `<<'EOF'`; then follow
stdout (a carriage return as \r), the lines of stderr after `! `, and `[exit N]` unless the call ended well. `$ export X=…` holds for the rest of
the file, `$ # …` is a remark, and anything else than commlog is run by the shell. Ids that are drawn at random are
written <id1>, <id2>, …, in calls too. COMMLOG_REWRITE=1 (`make transcripts`) writes down what happens instead.
"""

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from commlog.cli.app import COMMANDS, run
from commlog.errors import CommlogError, ExitCode
from commlog.messages import use_language
from tests.build import NOW

TESTS = Path(__file__).parent
ROOT = TESTS.parent
ENVIRONMENT = {"COMMLOG_MEMBER": "wang", "COMMLOG_LANGUAGE": "en", "TZ": "Asia/Shanghai", "NOW": NOW}
IS_REWRITING = os.environ.get("COMMLOG_REWRITE") == "1"
TRANSCRIPTS = sorted(TESTS.glob("transcripts/*.txt"))
ERRORS = sorted(TESTS.glob("errors/*.txt"))
_ID = re.compile(r"(?<![0-9A-Za-z])[0-9]{8}-[0-9a-hjkmnp-tv-z]{6}(?![0-9A-Za-z])")
_SHELL = re.compile(r"[|>&;`*?]|\$\(")


@dataclass(slots=True)
class Block:
    """One call, its input, and what came of it as the transcript has it."""

    call: str
    stdin: str = ""
    told: str = ""


def parse_transcript(text: str) -> list[Block]:
    """The blocks of a transcript."""
    blocks: list[Block] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            block = Block(line[2:])
            if line.endswith("<<'EOF'"):
                block.stdin = "".join(f"{given}\n" for given in iter(lambda: next(lines), "EOF"))
            blocks.append(block)
        else:
            blocks[-1].told += f"{line}\n"
    return blocks


def format_transcript(blocks: list[Block]) -> str:
    """The text of some blocks, with an empty line between those that said something."""
    text = ""
    for block in blocks:
        told = block.told.rstrip("\n")
        given = f"{block.stdin}EOF\n" if block.stdin else ""
        text += f"$ {block.call}\n{given}" + (f"{told}\n\n" if told else "")
    return text.rstrip("\n") + "\n"


@dataclass(slots=True)
class Shell:
    """A copy of the example log in which calls are run one after another."""

    folder: Path
    environment: dict[str, str]
    known: frozenset[str]
    ids: dict[str, str] = field(default_factory=dict)

    def run(self, call: str, stdin: str) -> str:
        """What a call tells: stdout, stderr marked with `! `, and the exit code unless it is 0."""
        call = call.removesuffix("<<'EOF'").strip()
        for name, number in self.ids.items():
            call = call.replace(number, name)
            stdin = stdin.replace(number, name)
        if call.startswith("#"):
            return ""
        if call.startswith("export "):
            name, _, value = call.removeprefix("export ").partition("=")
            self.environment[name] = os.environ[name] = shlex.split(value)[0] if value else ""
            return ""
        words = [] if _SHELL.search(call) else shlex.split(call)
        outcome = self._in_process(words[1:], stdin) if words[:1] == ["commlog"] else self._in_shell(call, stdin)
        return self._masked(outcome)

    def _in_process(self, words: list[str], stdin: str) -> tuple[str, str, int]:
        out, err = Captured(), Captured()
        now = [] if "--now" in words else ["--now", NOW]
        before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = run([*words, *now] if "--" not in words else [*now, *words])
        finally:
            sys.stdin = before
        return out.text(), err.text(), code

    def _in_shell(self, call: str, stdin: str) -> tuple[str, str, int]:
        done = subprocess.run(
            ["/bin/sh", "-c", call],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PATH": f"{self.folder.parent / 'bin'}:{os.environ['PATH']}"},
        )
        return done.stdout, done.stderr, done.returncode

    def _masked(self, outcome: tuple[str, str, int]) -> str:
        out, err, code = outcome
        told = out if out.endswith("\n") or not out else f"{out}\n"
        told += "".join(f"! {line}".rstrip() + "\n" for line in err.removesuffix("\n").split("\n") if err)
        told += f"[exit {code}]\n" if code else ""
        told = told.replace("\r", "\\r").replace(str(self.folder), "<log>").replace(str(self.folder.parent), "<tmp>")
        return _ID.sub(lambda found: self._name(found.group()), told)

    def _name(self, found: str) -> str:
        if found in self.known:
            return found
        return self.ids.setdefault(found, f"<id{len(self.ids) + 1}>")


class Captured(io.TextIOWrapper):
    """A stream that keeps what is written to it, text and bytes alike."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True, newline="")

    def text(self) -> str:
        """What was written."""
        self.flush()
        return self.buffer.getvalue().decode("utf-8")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A fresh copy of the example log, a clean environment, and English."""
    folder = tmp_path / "log"
    folder.mkdir()
    for name in ("records", "schemas"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".*"))
    for name in ("commlog.yaml", "calendar.yaml"):
        shutil.copy(ROOT / name, folder / name)
    binary = tmp_path / "bin" / "commlog"
    binary.parent.mkdir()
    binary.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m commlog "$@" --now "$NOW"\n')
    binary.chmod(0o755)
    for name in ("COMMLOG_DIR", "EDITOR", "VISUAL", "NO_COLOR", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        **ENVIRONMENT,
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.chdir(folder)
    known = frozenset(path.stem for path in (folder / "records").rglob("*.yaml"))
    yield Shell(folder, {}, known)
    use_language("en")


def replay(shell: Shell, path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """What a transcript says, and what happens."""
    before = path.read_text(encoding="utf-8")
    blocks = parse_transcript(before)
    for block in blocks:
        if block.call.startswith("export "):
            # Registered with the fixture, so that it is taken back.
            name = block.call.removeprefix("export ").partition("=")[0]
            known = os.environ.get(name)
            monkeypatch.setenv(name, known or "")
            if known is None:
                del os.environ[name]
    for block in blocks:
        block.told = shell.run(block.call, block.stdin)
    return before, format_transcript(blocks)


@pytest.mark.parametrize("path", [*TRANSCRIPTS, *ERRORS], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_transcript_happens_as_it_is_written(shell: Shell, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call of the transcript answers as it is written down, to the byte."""
    before, after = replay(shell, path, monkeypatch)
    if IS_REWRITING:
        path.write_text(after, encoding="utf-8")
    else:
        assert after == before


def test_every_command_has_a_transcript() -> None:
    """A command is not there until somebody has written down how it answers."""
    assert {name.split(" ")[0] for name in COMMANDS} - {path.stem for path in TRANSCRIPTS} == set()


def error_classes(base: type[CommlogError] = CommlogError) -> Iterator[type[CommlogError]]:
    """Every error class of commlog/errors.py but the base."""
    for found in base.__subclasses__():
        if found.__module__ == "commlog.errors":
            yield found
            yield from error_classes(found)


@pytest.mark.parametrize("error", list(error_classes()), ids=lambda error: error.__name__)
def test_every_error_has_a_transcript(error: type[CommlogError]) -> None:
    """Each class of errors.py is shown once, with the exit code it gives."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", error.__name__).lower()
    text = (TESTS / "errors" / f"{name}.txt").read_text(encoding="utf-8")
    assert text.startswith(f"$ # {error.__name__}, {error.exit_code}: ")
    assert f"[exit {error.exit_code}]\n" in text


def test_every_exit_code_is_shown() -> None:
    """Each exit code is in some transcript, and 1 is never chosen."""
    shown = {
        int(code)
        for path in (*TRANSCRIPTS, *ERRORS)
        for code in re.findall(r"^\[exit ([0-9]+)\]$", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert shown == set(ExitCode) - {ExitCode.DONE}
