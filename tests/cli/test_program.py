"""The program as the shell sees it: streams, exit codes, colours, encodings, closed pipes."""

import os
import subprocess
import sys

import pytest


def test_the_module_runs(started_program):
    """`python -m commlog` is the program: the answer on stdout, nothing on stderr, exit code 0."""
    done = started_program("customer", "list", "--format", "ids")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"acme\n", b"")


def test_errors_are_told_on_stderr(started_program):
    """A failed call leaves stdout empty and shows no traceback."""
    done = started_program("show", "nothing")
    assert (done.returncode, done.stdout) == (4, b"")
    assert done.stderr.startswith(b"commlog: error: ")
    assert b"Traceback" not in done.stderr


def test_a_call_that_is_not_understood_is_answered_in_the_logs_language(started_program, folder):
    """A wrong option is told in the log's language, as every other answer is; --language and the environment go before it."""
    settings = folder / "commlog.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("language: en", "language: zh"), encoding="utf-8")
    assert "错误: 没有选项 --soon" in started_program("pending", "--soon").stderr.decode()
    assert b"no such option: --soon" in started_program("pending", "--soon", "--language", "en").stderr
    assert b"no such option: --soon" in started_program("pending", "--soon", COMMLOG_LANGUAGE="en").stderr
    settings.write_text("members: 3", encoding="utf-8")
    done = started_program("pending", "--soon")
    assert (done.returncode, b"no such option: --soon" in done.stderr) == (2, True)


def test_what_is_overdue_since_this_morning_is_told_once(started_program):
    """Without a command, a follow-up that was due earlier today stands among what is overdue alone."""
    words = ["direction=inbound", "channel=phone", "subject=s", "core_request=c", "summary=s"]
    call = [part for word in ["customer=acme", *words] for part in ("--set", word)]
    made = started_program(
        "create", "member", *call, "-f", "Late; due=2026-03-16 09:00", "-f", "Soon; due=2026-03-16 17:00"
    )
    assert made.returncode == 0, made.stderr.decode()
    lines = started_program().stdout.decode().splitlines()
    assert [line for line in lines if line.startswith(("Overdue", "Due today"))] == [
        "Overdue (1)",
        "Due today and tomorrow (1)",
    ]
    assert sum(line.endswith("Late") for line in lines) == 1


def test_a_reader_who_has_seen_enough_is_no_error(folder, environment):
    """`| head -1` ends quietly with 0, however much there was to say."""
    rows = "".join(f"union all select {number}, 'some words that fill the pipe' " for number in range(400))
    call = [
        sys.executable,
        "-m",
        "commlog",
        "sql",
        f"select 0 as n, '' as words {rows}",
        "--format",
        "jsonl",
        "--log",
        str(folder),
    ]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        # Nobody reads: the first write already meets a closed pipe.
        process.stdout.close()
        noise = process.stderr.read()
    assert (process.returncode, noise) == (0, b"")


@pytest.mark.slow
@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "", "CLICOLOR": "1"}])
def test_no_colour_without_a_terminal(started_program, variables):
    """Nothing but text goes into a pipe: no colours, no other terminal sequences, help included."""
    for words in (["--help"], ["pending", "--help"], ["customer", "list"], ["show", "nothing"]):
        done = started_program(*words, **variables)
        assert b"\x1b" not in done.stdout + done.stderr


def test_no_color_is_respected_at_a_terminal(terminal):
    """With NO_COLOR the questions at a terminal are plain text."""
    screen = terminal("create", "answer", NO_COLOR="1")
    screen.expect("Question: ")
    assert "\x1b" not in screen.shown


@pytest.mark.parametrize(
    ("variables", "encoding"),
    [
        ({"LANG": "C", "LC_ALL": "C"}, "utf-8"),
        ({"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}, "utf-8"),
        ({"PYTHONIOENCODING": "gbk"}, "gbk"),
    ],
)
def test_terminals_of_any_encoding(started_program, variables, encoding):
    """In the C locale and on a GBK terminal the answer is readable; what cannot be shown is a mark, not a crash."""
    for words in (
        ["customer", "list", "--format", "csv"],
        ["--language", "zh", "customer", "show", "acme"],
        ["show", "没有😀"],
    ):
        done = started_program(*words, **variables)
        assert done.returncode in {0, 4}
        assert b"Traceback" not in done.stderr
        text = (done.stdout + done.stderr).decode(encoding)
        assert ("艾克米公司" if "acme" in words or "list" in words else "没有") in text


def test_chinese_on_the_command_line_in_the_c_locale(started_program, folder):
    """What is typed in Chinese is stored as it was typed, whatever the locale says."""
    done = started_program("customer", "create", "张三", LANG="C", LC_ALL="C")
    assert done.returncode == 0
    assert "name: 张三\n" in (folder / "records" / "customers" / "张三.yaml").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_same_call_prints_the_same_bytes(started_program, folder):
    """Twice on the same files is the same answer, with and without the copy."""
    started_program(
        "create",
        "member",
        "-s",
        "customer=acme",
        "-s",
        "channel=phone",
        "-s",
        "subject=s",
        "-s",
        "summary=s",
        "-s",
        "core_request=c",
        "-f",
        "call",
    )
    for words in (
        ["list"],
        ["pending", "--format", "json"],
        ["customer", "list"],
        ["search", "s"],
        ["template", "list"],
    ):
        first = started_program(*words)
        index = folder / ".commlog"
        for path in sorted(index.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        assert (first.returncode, first.stdout) == (0, started_program(*words).stdout)


def test_the_shared_options_stand_anywhere(folder, environment):
    """--log, --now and --language are taken before and after the command's name, with and without `=`."""
    answers = set()
    for words in (
        ["--log", str(folder), "--language", "zh", "customer", "list"],
        ["customer", "--log", str(folder), "list", "--language=zh"],
        ["customer", "list", f"--log={folder}", "--language", "zh"],
    ):
        done = subprocess.run([sys.executable, "-m", "commlog", *words], capture_output=True, env=environment)
        assert done.returncode == 0
        answers.add(done.stdout)
    assert len(answers) == 1


def test_the_log_is_found_upwards_and_by_the_environment(folder, environment, tmp_path):
    """From a folder inside the log, and from anywhere with $COMMLOG_DIR; --log comes before it."""
    call = [sys.executable, "-m", "commlog", "customer", "list", "--format", "ids"]
    inside = subprocess.run(call, capture_output=True, env=environment, cwd=folder / "records" / "customers")
    named = subprocess.run(call, capture_output=True, env={**environment, "COMMLOG_DIR": str(folder)}, cwd=tmp_path)
    wrong = subprocess.run(
        [*call, "--log", str(tmp_path)], capture_output=True, env={**environment, "COMMLOG_DIR": str(folder)}
    )
    assert (inside.stdout, named.stdout, wrong.returncode) == (b"acme\n", b"acme\n", 7)


def test_the_member_is_gits_user(folder, environment, tmp_path):
    """Without $COMMLOG_MEMBER the agent is the member with git's user.email."""
    variables = {name: value for name, value in environment.items() if name != "COMMLOG_MEMBER"}
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\temail = Wang@Example.com\n", encoding="utf-8")
    call = [
        sys.executable,
        "-m",
        "commlog",
        "create",
        "member",
        "--dry-run",
        "--log",
        str(folder),
        "-s",
        "customer=acme",
        "-s",
        "channel=phone",
        "-s",
        "subject=s",
        "-s",
        "summary=s",
        "-s",
        "core_request=c",
    ]
    plain = {**variables, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    known = subprocess.run(call, capture_output=True, env={**plain, "GIT_CONFIG_GLOBAL": str(config)})
    unknown = subprocess.run(call, capture_output=True, env=plain)
    assert b"agent: wang\n" in known.stdout
    assert (unknown.returncode, b"COMMLOG_MEMBER" in unknown.stderr) == (2, True)


def test_daily_commands_load_no_explaining_validator():
    """The validator that explains mistakes is slow to load: the modules of daily commands load without it."""
    modules = ("followups.commands.pending", "records.commands.create", "customers.commands.care", "check.commands")
    code = f"import sys, {', '.join(f'commlog.{name}' for name in modules)}; print('jsonschema' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_the_program_loads_a_room_only_for_its_command():
    """What builds the program knows no index, no records and no listings: `--version` and usage errors load none of them."""
    code = "import sys, commlog.cli.app; print(sorted({name.split('.')[1] for name in sys.modules if name.startswith('commlog.')}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert (done.stdout, done.stderr) == ("['cli', 'errors', 'messages']\n", "")
