"""What lies around the records and is broken: settings, templates, the copy, permissions, the log itself."""

import os
import pty
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NOBODY = 65534
ALL = (("list",), ("pending",), ("check",), ("thread", "20260312-0mg6ag"))


def answers(log: Any) -> list[Any]:
    """What the reading commands say."""
    return [log.run(*words) for words in ALL]


def test_no_log_here(log: Any, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a log, and with a folder that is none, commands end with 7 and say how to make one."""
    empty = tmp_path_factory.mktemp("empty")
    monkeypatch.chdir(empty)
    for words in (
        ("check",),
        ("list", "--log", str(empty)),
        ("pending", "--log", str(empty / "none")),
        ("list", "--log", str(log.root / "commlog.yaml")),
    ):
        answer = log.call(*words, "--language", "en")
        assert answer.code == 7
        assert "there is no log at" in answer.stderr
        assert "commlog init" in answer.stderr
        assert not list(empty.iterdir())


# What is added to commlog.yaml, the line it points to, and what it says.
SETTINGS: dict[str, tuple[str, int, str]] = {
    "unknown key": ("timezome: x\n", 5, "did you mean 'timezone'?"),
    "bad zone": ("", 1, "Asia/Nowhere"),
    "bad limit": ("priorities:\n  urgent: soon\n", 6, "'soon' is not"),
    "bad hours": ("calendar:\n  hours:\n    mon: ['18:00-09:00']\n", 7, "hours"),
    "no working time": ("calendar:\n  hours: {mon-fri: []}\n", 6, "no working time"),
    "same member twice": ("  - {id: wang, name: x}\n", 5, "'wang' occurs twice"),
    "duplicate key": ("timezone: UTC\n", 5, "first on line 1"),
    "not YAML": ("branches: [a\n", 0, "not closed"),
    "tab": ("branches:\n\t- a\n", 6, "tab"),
    "members as text": ("language: zh\nbranches: x\n", 6, "a list"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_broken_settings_stop_every_command_at_their_line(log: Any, case: str) -> None:
    """A mistake in commlog.yaml ends every command with 3, naming file, line, value and remedy."""
    added, line, words = SETTINGS[case]
    settings = (log.root / "commlog.yaml").read_text()
    log.write("commlog.yaml", settings.replace("Shanghai", "Nowhere") if case == "bad zone" else settings + added)
    before = log.files()
    for command in ALL:
        answer = log.run(*command)
        assert answer.code == 3
        assert not answer.stdout
        assert (f"commlog.yaml:{line}:" if line else "commlog.yaml:") in answer.stderr
        assert words in answer.stderr
    assert log.files() == before


@pytest.mark.parametrize(
    "raw", [b"\xff\xfet\0", "timezone: 上海".encode("gbk"), b"- a\n", b"[" * 100_000, b"x" * 2_000_000]
)
def test_settings_that_are_no_settings(log: Any, raw: bytes) -> None:
    """Settings in another encoding or form end with 3 and name the file."""
    log.write("commlog.yaml", raw)
    answer = log.run("list")
    assert answer.code == 3
    assert "commlog.yaml" in answer.stderr


@pytest.mark.parametrize(
    "text",
    [
        "off:\n  2026-13-01: x\n",
        "off:\n  2026-10-01: {nam: x}\n",
        "of:\n  2026-10-01: x\n",
        "off: 5\n",
        "off: [1]\n",
        "off: {2026-02-30: x}\n",
        "work: [2026-10-01, 7]\n",
        "off:\n  2026-10-01: {hours: 5}\n",
    ],
)
def test_a_broken_calendar_stops_every_command_at_its_line(log: Any, text: str) -> None:
    """A mistake in calendar.yaml ends with 3 and names the file and the line."""
    log.write("calendar.yaml", text)
    answer = log.run("list")
    assert answer.code == 3
    assert "calendar.yaml:" in answer.stderr


# What is added to commlog.yaml, and every place in it that is named.
WRONG_EVERYWHERE: dict[str, tuple[str, tuple[str, ...]]] = {
    "a name that is a number": ("  - {id: li, name: 5}\n", ("5:20: error: members[2].name: 5 is not text",)),
    "branches of any shape": (
        "branches: [1, {a: b}]\n",
        ("5:12: error: branches[0]: 1 is not text", '5:15: error: branches[1]: {"a": "b"} is not text'),
    ),
    "what no command reads at once": (
        "response_within: {phone: often}\n",
        ("5:26: error: response_within.phone: 'often'",),
    ),
    "an empty key": ("branches:\n", ("5:10: error: branches: nothing is not a list",)),
    "a secret for an address": (
        "  - {id: li, notify: [wecom:693a91f6, hunter2]}\n",
        ("5:23: error: members[2].notify[0]: 'wecom:…' is not", "5:39: error: members[2].notify[1]: '…' is not"),
    ),
    "a server in the file": ("notify: {smtp: 'smtp://a:hunter2@b'}\n", ("5:16: error: notify.smtp: 'smtp:…' is not",)),
    "a limit that is no length of time": (
        "remind: {before: eom}\n",
        ("5:18: error: remind.before: 'eom' is not a length",),
    ),
    "all at once, by schema and by meaning": (
        "  - {id: wang}\ndefault_priority: urgentt\nretention: {surveys: 5}\n",
        (
            "5:5: error: members: 'wang' occurs twice",
            "6:19: error: default_priority: 'urgentt' is not urgent |",
            "7:22: error: retention.surveys: 5 is not text",
        ),
    ),
}


@pytest.mark.parametrize("case", WRONG_EVERYWHERE)
def test_every_command_refuses_the_same_wrong_settings(log: Any, case: str) -> None:
    """Reading commands and `check` name the same mistakes, all of them, and never repeat what may be a secret."""
    added, places = WRONG_EVERYWHERE[case]
    log.write("commlog.yaml", (log.root / "commlog.yaml").read_text() + added)
    (said,) = {answer.stderr for answer in answers(log)}
    for place in places:
        assert f"commlog.yaml:{place}" in said
    assert said.count("commlog.yaml:") == len(places)
    assert "hunter2" not in said


def test_settings_found_good_are_read_again_when_they_change(log: Any) -> None:
    """What is remembered of settings holds for these bytes alone, and nothing depends on it."""
    good = (log.root / "commlog.yaml").read_text()
    first, *later = [answers(log) for _ in range(3)]
    assert all(again == first for again in later)
    log.write("commlog.yaml", f"{good}branches: 5\n")
    assert [answer.code for answer in answers(log)] == [3, 3, 3, 3]
    log.write("commlog.yaml", good)
    shutil.rmtree(log.root / ".commlog")
    assert answers(log) == first


@pytest.mark.parametrize("raw", [b"\xff", b"", b"0" * 32])
def test_a_broken_memory_of_settings_is_no_obstacle(log: Any, raw: bytes) -> None:
    """Whatever stands where a good reading is remembered, wrong settings are refused and good ones read."""
    answers(log)
    for memory in (log.root / ".commlog").glob("settings-*"):
        memory.write_bytes(raw)
    assert log.run("list").code == 0
    log.write("commlog.yaml", "timezone: UTC\nbranches: 5\n")
    assert log.run("list").code == 3


def test_a_verdict_on_settings_that_are_wrong_after_all_is_not_believed(log: Any) -> None:
    """Settings that were once good and cannot be built any more are checked again, and say what is wrong."""
    from commlog.forms.schemas import settings_version
    from commlog.values import fingerprint_of
    from commlog.version import VERSION

    log.write("commlog.yaml", "timezone: Mars/Olympus\n")
    raws = [(log.root / "commlog.yaml").read_bytes(), b""]
    verdict = fingerprint_of([VERSION.encode(), settings_version(), *raws]).hex()
    log.write(".commlog/settings-checked", verdict)
    answer = log.run("list")
    assert answer.code == 3
    assert "commlog.yaml:1:11: error: timezone: 'Mars/Olympus' is not a time zone" in answer.stderr


TEMPLATES: dict[str, tuple[str, str]] = {
    "not JSON": ('{"title": "x",\n "x-kind": }', ":2:"),
    "empty": ("", ":1:"),
    "not an object": ("[]", ":1:"),
    "no kind": ("{}", "x-kind"),
    "outside": ('{"x-kind": "interaction",\n "properties": {"a": {"$ref": "http://example.com/x"}}}', ":2:"),
    "a file outside": ('{"x-kind": "interaction",\n "properties": {"a": {"$ref": "../../etc/passwd"}}}', ":2:"),
    "nowhere": ('{"x-kind": "interaction",\n "properties": {"a": {"$ref": "#/$defs/none"}}}', ""),
    "not a schema": ('{"x-kind": "interaction", "type": "strin"}', ""),
    "twice": ('{"x-kind": "interaction",\n "x-kind": "issue"}', "twice"),
    "other draft": ('{"$schema": "http://json-schema.org/draft-07/schema#", "x-kind": "issue"}', "draft"),
    "deep": ('{"x-kind": "interaction", "allOf": ' + "[" * 100_000 + "]" * 100_000 + "}", ""),
}


@pytest.mark.parametrize("case", TEMPLATES)
def test_a_broken_template_is_named_and_the_others_work(log: Any, case: str) -> None:
    """A template that cannot be used makes check end with 3 and name it; records of other templates answer."""
    text, words = TEMPLATES[case]
    log.write("schemas/chat.schema.json", text)
    log.write(log.bad, log.record.replace("template: service", "template: chat"))
    before = log.files()
    answer = log.run("check")
    assert answer.code == 3
    assert "schemas/chat.schema.json" in answer.stdout
    assert words in answer.stdout
    assert f"{log.bad}:2:11: error: its template 'chat' is broken" in answer.stdout
    listing = log.run("list", "--format", "ids")
    assert (listing.code, listing.stdout.split()) == (6, [log.good_id])
    assert log.bad in listing.stderr
    assert log.files() == before


def garbage(raw: bytes) -> bytes:
    """Text where a database was."""
    return b"not a database at all" * 100


def noise(raw: bytes) -> bytes:
    """As many random bytes."""
    return random.Random(1).randbytes(len(raw))


def half(raw: bytes) -> bytes:
    """The first half."""
    return raw[: len(raw) // 2]


def noise_inside(raw: bytes) -> bytes:
    """A sound first page, and noise behind it."""
    return raw[:4096] + random.Random(2).randbytes(len(raw) - 4096)


def zeros_inside(raw: bytes) -> bytes:
    """A sound first page, and nothing behind it."""
    return raw[:4096] + bytes(len(raw) - 4096)


def empty(raw: bytes) -> bytes:
    """Nothing."""
    return b""


@pytest.mark.parametrize("damage", [garbage, noise, half, noise_inside, zeros_inside, empty])
@pytest.mark.parametrize("command", [*ALL, ("list", "制冷")])
def test_a_damaged_copy_changes_no_answer(log: Any, damage: Callable[[bytes], bytes], command: tuple[str, ...]) -> None:
    """Whatever happens to the index file, the answer is the same, and the next one too."""
    log.write(log.bad, "id: [\n")
    expected = log.run(*command)
    index = log.root / ".commlog/index.sqlite"
    index.write_bytes(damage(index.read_bytes()))
    assert log.run(*command) == expected
    assert log.run(*command) == expected


def test_a_copy_of_other_tables_is_made_anew(log: Any) -> None:
    """A database of somebody else under the copy's name changes no answer."""
    expected = answers(log)
    index = log.root / ".commlog/index.sqlite"
    index.unlink()
    for statement in ("CREATE TABLE meta (a)", "CREATE TABLE meta (key, value)", "CREATE TABLE files (a)"):
        with sqlite3.connect(index) as connection:
            connection.execute(statement)
        connection.close()
        assert answers(log) == expected
        index.unlink()
    # The right key over the wrong tables.
    answers(log)
    with sqlite3.connect(index) as connection:
        connection.execute("DROP TABLE directories")
        connection.execute("DROP TABLE records")
    connection.close()
    assert answers(log) == expected


@pytest.mark.parametrize("name", [".commlog", ".commlog/index.sqlite", ".commlog/tick", ".commlog/rebuild.lock"])
@pytest.mark.parametrize("as_folder", [True, False])
def test_the_state_folder_may_be_anything(log: Any, name: str, as_folder: bool) -> None:
    """A file where the state folder should be, or a folder where one of its files should be, changes no answer."""
    expected = answers(log)
    target = log.root / name
    shutil.rmtree(log.root / ".commlog")
    target.parent.mkdir(exist_ok=True)
    if as_folder:
        (target / "x").mkdir(parents=True)
    else:
        target.write_text("x")
    assert answers(log) == expected
    assert answers(log) == expected


def test_deleting_the_copy_changes_no_answer(log: Any) -> None:
    """With the state folder and without it, every answer is the same."""
    log.spoil("subject:", "subjet:")
    log.write("records/customers/acme.yaml", "id: [\n")
    expected = answers(log)
    assert answers(log) == expected
    shutil.rmtree(log.root / ".commlog")
    assert answers(log) == expected


@pytest.fixture
def nobody(log: Any) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Runs the program as a user who may read the log and write nothing."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can become somebody else")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        # Every other run of the tests closes the folder above ours again.
        for folder in Path(log.root).parents:
            folder.chmod(folder.stat().st_mode | 0o055)
        prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        command = [
            *prefix,
            sys.executable,
            "-m",
            "commlog",
            *words,
            "--log",
            str(log.root),
            "--now",
            "2026-03-16T10:00+08:00",
            "--language",
            "en",
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    log.root.chmod(0o755)
    if run("--version").returncode != 0:
        pytest.skip("another user cannot run this Python")
    yield run
    for path in log.root.rglob("*"):
        path.chmod(0o755)


@pytest.mark.slow
def test_a_log_one_may_only_read_answers(log: Any, nobody: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Without the right to write, without a copy, with a fresh one and with a stale one, the answers are the same."""
    for _ in range(2):
        expected = answers(log)
        shutil.rmtree(log.root / ".commlog")
        for _ in range(2):
            told = [nobody(*words) for words in ALL]
            assert [(item.returncode, item.stdout, item.stderr) for item in told] == [
                (item.code, item.stdout, item.stderr) for item in expected
            ]
            log.run("list")  # now there is a copy
        log.spoil("subject:", "subjet:")  # now it is stale


def test_a_file_and_a_folder_one_may_not_read_are_named(
    log: Any, nobody: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """What the system does not let us read is left out with a warning that names it, and exit code 6."""
    log.write(log.bad, log.record).chmod(0)
    closed = log.root / "records/customers"
    closed.chmod(0)
    answer = nobody("list")
    closed.chmod(0o755)
    assert answer.returncode == 6, answer
    assert f"{log.bad}: cannot be read: Permission denied" in answer.stderr
    assert "records/customers/: cannot be read: Permission denied" in answer.stderr
    assert log.good_id in answer.stdout


def test_a_log_one_may_not_enter_is_no_log(log: Any, nobody: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """A folder that lets us not in ends with 7, settings that cannot be read with 6; both are named."""
    (log.root / "commlog.yaml").chmod(0)
    answer = nobody("list")
    assert answer.returncode == 6, answer
    assert "commlog.yaml" in answer.stderr
    log.root.chmod(0)
    answer = nobody("list")
    log.root.chmod(0o755)
    assert answer.returncode == 7, answer
    assert "Traceback" not in answer.stderr
    assert str(log.root) in answer.stderr


def test_a_change_in_a_log_one_may_only_read_is_refused(
    log: Any, nobody: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """A command that writes ends with 7, names the file and leaves all as it was."""
    before = log.files()
    for words in (("done", f"{log.good_id}/1", "--result", "x", "--by", "wang"), ("link", log.good_id, "ref:1")):
        answer = nobody(*words)
        assert answer.returncode == 7, answer
        assert "Traceback" not in answer.stderr
        assert "cannot be written" in answer.stderr
    assert log.files() == before


def test_a_closed_pipe_is_no_fault(log: Any) -> None:
    """A reader that has seen enough ends the program quietly."""
    answer = subprocess.run(
        f"{sys.executable} -m commlog list --log {log.root} --language en | true",
        shell=True,
        capture_output=True,
        text=True,
    )
    assert answer.stderr == ""


@pytest.mark.slow
def test_a_terminal_sees_no_escape_of_a_record(log: Any) -> None:
    """On a terminal, where colour codes are let through, those of a record's text are not."""
    evil = '"\\e]0;evil\\a\\e[31m\\u202e"'
    log.spoil("subject: 空调安装后不制冷", f"subject: {evil}\nmood: {evil}")
    log.write("records/customers/a\x1b[31m.yaml", "- x\n")
    for words in (("list",), ("check",), ("show", log.bad_id), ("list", "subject:\x1b[31m", "--sort", "\x1b[31m")):
        shown = on_a_terminal(log, *words)
        assert b"\x1b" not in shown.replace(b"\x1b[0m", b""), (words, shown)
        assert b"\a" not in shown


def on_a_terminal(log: Any, *words: str) -> bytes:
    """What a terminal receives."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "commlog", *words, "--log", str(log.root), "--language", "en"]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, env={**os.environ, "NO_COLOR": "1"})
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    process.wait()
    os.close(ours)
    return shown
