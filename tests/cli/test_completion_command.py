"""Completion in a real shell: the script is sourced, and what it offers is what bash, zsh or fish would show."""

import os
import shutil
import subprocess
import sys
from inspect import signature
from pathlib import Path

import pytest
from typer._click import shell_completion

from commlog.cli.app import COMMANDS, run
from tests.build import NOW, ROOT, write_program

SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, email: wang@example.com}
  - {id: wei, name: 魏强}
"""
CUSTOMERS = {"acme": "艾克米公司", "li-na": "李娜", "smith": "Ann Smith", "maria": "玛丽亚"}
TALK = """\
id: 20260310-7f3kq2
template: service
customer: li-na
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-10T14:30:00+08:00
recorded_at: 2026-03-10T14:52:00+08:00
subject: 空调安装后不制冷
scenario: after_sales
problem: p
tags: [售后-空调, noise]
followups:
  - {n: 1, action: 给李娜回电 13912345678, owner: wang, due: 2026-03-20, status: open}
  - {n: 2, action: 寄配件, owner: wei, due: 2026-03-18, status: open}
  - {n: 3, action: 已办, owner: wei, due: 2026-03-18, status: done, result: r}
"""
# Asks bash, through the function that the script registers, what a line up to the cursor may become; one a line.
ASKING = r"""
source "$1"
COMP_LINE=$2
COMP_POINT=${#COMP_LINE}
read -ra COMP_WORDS <<< "$COMP_LINE"
[[ $COMP_LINE == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
registered=$(complete -p commlog)
[[ $registered == *'-F _commlog'* ]] || exit 9
_commlog commlog "${COMP_WORDS[COMP_CWORD]}" ""
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with two members, four customers, and a conversation with two pending follow-ups and one that is done."""
    root = tmp_path / "log"
    files = {"commlog.yaml": SETTINGS, "records/interactions/2026/03/20260310-7f3kq2.yaml": TALK}
    for customer, name in CUSTOMERS.items():
        about = f"id: {customer}\ntemplate: customer\nname: {name}\ntype: individual\nstage: active\n"
        files[f"records/customers/{customer}.yaml"] = about
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def environment(log: Path, tmp_path: Path) -> dict[str, str]:
    """A shell that finds a program called commlog, and a log."""
    programs = write_program(tmp_path)
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "COMMLOG_DIR": str(log),
    }


def script_of(shell: str, folder: Path, environment: dict[str, str]) -> Path:
    """The file of the script that the program prints for a shell."""
    done = subprocess.run(["commlog", "completion", shell], env=environment, capture_output=True, check=True)
    path = folder / f"completion.{shell}"
    path.write_bytes(done.stdout)
    return path


@pytest.fixture
def bash(tmp_path, environment):
    """A function that gives what bash offers behind a line."""
    script = script_of("bash", tmp_path, environment)

    def offer(line: str) -> list[str]:
        done = subprocess.run(
            ["bash", "--norc", "-c", ASKING, "bash", str(script), line],
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return [word for word in done.stdout.split("\n") if word]

    return offer


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("commlog pen", ["pending"]),
        ("commlog customer sh", ["show"]),
        ("commlog done ", ["20260310-7f3kq2/2", "20260310-7f3kq2/1"]),
        ("commlog done 20260310-7f3kq2/1", ["20260310-7f3kq2/1"]),
        ("commlog show 2026", ["20260310-7f3kq2"]),
        ("commlog brief li", ["li-na"]),
        ("commlog brief 玛", ["玛丽亚"]),
        ("commlog brief Ann", [r"Ann\ Smith"]),
        ("commlog assign 20260310-7f3kq2/1 --to w", ["wang", "wei"]),
        ("commlog pending --ow", ["--owner"]),
        ("commlog pending --owner we", ["wei"]),
        ("commlog list tag:", ["售后-空调", "noise"]),
        ("commlog list cust", ["customer:"]),
        ("commlog list customer:li", ["li-na"]),
        ("commlog list channel:pho", ["phone"]),
        ("commlog list outcome:f", ["follow_up"]),
        ("commlog list status:in", ["in_progress"]),
        ("commlog list kind:iss", ["issue"]),
        ("commlog list status:pen", ["pending"]),
        ("commlog list due:ov", ["overdue"]),
        ("commlog list outcome:resolved,f", ["resolved,follow_up"]),
        ("commlog create ser", ["service"]),
        ("commlog create service --set chan", ["channel=", "channel_detail="]),
        ("commlog create service --set channel=pho", ["phone"]),
        ("commlog create service -s reached=", ["true", "false"]),
        ("commlog create survey --set chan", []),
        ("commlog edit 20260310-7f3kq2 --unset prob", ["problem"]),
        ("commlog list --columns subj", ["subject"]),
        ("commlog list --columns id,subj", ["id,subject"]),
        ("commlog list --sort -subj", ["-subject"]),
        ("commlog summarize --by chann", ["channel"]),
        ("commlog summarize --records overdue", ["overdue", "overdue_age"]),
        ("commlog --language ", ["zh", "en"]),
        ("commlog pending --language z", ["zh"]),
        ("commlog pending --format json", ["json", "jsonl"]),
        ("commlog export cs", ["csv"]),
        ("commlog nothing of the kind ", []),
        ('commlog brief "unfinished', []),
    ],
)
def test_bash_offers_what_may_stand_there(bash, line, offered):
    """Commands, verbs, options, addresses, ids, names, members, tags, templates and choices are completed in bash."""
    assert sorted(bash(line)) == sorted(offered)


def test_every_command_is_offered(bash):
    """Behind the program's name stand all of its commands."""
    assert bash("commlog ") == list(dict.fromkeys(name.split(" ")[0] for name in COMMANDS))


def test_another_log_is_asked_when_the_line_names_it(bash, tmp_path, log):
    """Of a line with --log, the customers of that log are offered; where there is no log, none and no word of it."""
    other = tmp_path / "other"
    shutil.copytree(log, other)
    (other / "records" / "customers" / "li-na.yaml").rename(other / "records" / "customers" / "li-wei.yaml")
    text = (other / "records" / "customers" / "li-wei.yaml").read_text("utf-8").replace("id: li-na", "id: li-wei")
    (other / "records" / "customers" / "li-wei.yaml").write_text(text, encoding="utf-8")
    assert bash(f"commlog brief --log {other} li") == ["li-wei"]
    assert bash(f"commlog brief --log {tmp_path / 'nowhere'} li") == []


def told(capsys, log, shell, line):
    """What the program answers a shell; no more than words and remarks."""
    code = run(["completion", shell, f"--line={line}", "--log", str(log), "--now", NOW, "--language", "en"])
    answer = capsys.readouterr()
    assert (code, answer.err) == (0, "")
    return answer.out.splitlines()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_told_what_a_word_means(capsys, log, shell):
    """In zsh and fish a follow-up is offered with what is to be done, numbers in it masked, and a query's value whole."""
    assert told(capsys, log, shell, "commlog done ")[1] == "20260310-7f3kq2/1\t给李娜回电 139****5678"
    assert told(capsys, log, shell, "commlog list tag:n") == ["tag:noise"]


def test_names_are_not_offered_where_they_are_hidden(capsys, log):
    """With `mask: {names: true}` completion knows customers by their ids alone, and names nobody in a follow-up."""
    (log / "commlog.yaml").write_text(f"{SETTINGS}mask: {{names: true}}\n", encoding="utf-8")
    assert told(capsys, log, "zsh", "commlog brief li") == ["li-na"]
    assert told(capsys, log, "zsh", "commlog brief 玛") == []
    assert told(capsys, log, "zsh", "commlog done ")[1] == "20260310-7f3kq2/1\t给李*回电 139****5678"


def test_a_broken_log_is_not_told_of_while_somebody_types(capsys, log):
    """Settings with mistakes leave commands and options to be completed, and nothing is said of them."""
    (log / "commlog.yaml").write_text("timezone: [\n", encoding="utf-8")
    assert told(capsys, log, "bash", "commlog brief li") == []
    assert told(capsys, log, "bash", "commlog bri") == ["brief"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_its_shell_reads(shell, tmp_path, environment):
    """Each script passes the parser of its own shell."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run([shell, "-n", str(script_of(shell, tmp_path, environment))], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_shell_nobody_knows_is_refused(capsys):
    """Another shell's name is an error that names the three."""
    assert run(["completion", "tcsh", "--language", "en"]) == 2
    assert "bash, zsh, fish" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("words", [("--version",), ("pending",), ("done", "20260310-7f3kq2/1", "--result", "r")])
def test_other_calls_load_nothing_of_it(environment, words):
    """A call of another command reads no line of the modules that complete words."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "commlog", *words, "--now", NOW],
        env={**environment, "COMMLOG_MEMBER": "wang"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0
    assert "commlog.cli.app" in done.stderr
    assert "commlog.cli.completion" not in done.stderr
    assert "commlog.cli.complete" not in done.stderr


def test_completion_finds_the_functions_it_borrows() -> None:
    """Two functions of Typer that completion calls are private: a release that changes them fails here, not at a Tab."""
    parameters = {
        name: list(signature(getattr(shell_completion, name)).parameters)
        for name in ("_resolve_context", "_resolve_incomplete")
    }
    assert parameters == {
        "_resolve_context": ["cli", "ctx_args", "prog_name", "args"],
        "_resolve_incomplete": ["ctx", "args", "incomplete"],
    }
