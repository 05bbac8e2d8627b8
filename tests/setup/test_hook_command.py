"""`commlog hook` and the hook for the pre-commit framework: they stop a commit of records with errors, and nothing else."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from commlog.yamltext.parse import parse_yaml
from tests.build import ROOT, write_program

BAD = "id: bad\ntemplate: customer\nname: 坏\ntype: company\nstage: active\nnonsense: 1\n"
GOOD = BAD.replace("nonsense: 1\n", "")


@pytest.fixture
def run(folder, environment):
    """Run a program in the log, or in a folder named; `commlog` is the one under test."""
    programs = write_program(folder.parent)
    plain = {
        **environment,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "PATH": f"{programs}{os.pathsep}{environment['PATH']}",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }

    def start(*words, place=folder, **variables):
        return subprocess.run(words, cwd=place, env={**plain, **variables}, capture_output=True, text=True, timeout=60)

    return start


@pytest.fixture
def repository(run, folder):
    """The log in git, everything committed."""
    for words in (
        ("init", "-q", "-b", "main"),
        ("config", "user.name", "wang"),
        ("config", "user.email", "wang@example.com"),
        ("add", "."),
        ("commit", "-q", "-m", "log"),
    ):
        assert run("git", *words).returncode == 0
    return folder


def commit(run, place, name="bad", text=BAD, **variables):
    """The exit code and stderr of committing a customer."""
    file = place / "records" / "customers" / f"{name}.yaml"
    file.write_text(text.replace("id: bad", f"id: {name}"), encoding="utf-8")
    run("git", "add", "--", str(file), place=place)
    done = run("git", "commit", "-q", "-m", "x", place=place, **variables)
    return done.returncode, done.stderr + done.stdout


@pytest.mark.slow
def test_the_hook_stops_a_commit_with_errors(run, repository):
    """With the hook a record with errors is not committed and the errors are shown; a good one is; without it both are."""
    assert "no hook" in run("commlog", "hook", "status").stdout
    installed = run("commlog", "hook", "install")
    assert installed.stdout.strip() == str(repository / ".git" / "hooks" / "pre-commit")
    assert run("commlog", "hook", "status").stdout.startswith("records are checked")
    code, told = commit(run, repository)
    assert code == 1
    assert "nonsense" in told
    assert commit(run, repository, text=GOOD)[0] == 0
    (repository / "records" / "customers" / "acme.yaml").write_text(BAD, encoding="utf-8")
    assert run("git", "commit", "-q", "-m", "x", "--", "records/customers/acme.yaml").returncode == 1
    assert run("git", "checkout", "-q", "--", "records").returncode == 0
    assert run("commlog", "hook", "uninstall").returncode == 0
    assert not (repository / ".git" / "hooks" / "pre-commit").exists()
    assert commit(run, repository, "other")[0] == 0


def test_the_hook_is_written_again(run, repository):
    """Installing twice is installing once; uninstalling twice is no fault."""
    first = run("commlog", "hook", "install")
    assert run("commlog", "hook", "install").stdout == first.stdout
    assert run("commlog", "hook", "uninstall").returncode == 0
    assert run("commlog", "hook", "uninstall").returncode == 0


@pytest.mark.slow
def test_a_foreign_hook_stays(run, repository):
    """Somebody else's hook is neither replaced nor removed; the line to add to it is told, and works there."""
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexit 0\n")
    hook.chmod(0o755)
    done = run("commlog", "hook", "install")
    assert done.returncode == 5
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"
    line = re.search(r"commlog check --staged .*", done.stderr)[0]
    assert "another hook" in run("commlog", "hook", "status").stdout
    assert run("commlog", "hook", "uninstall").returncode == 5
    hook.write_text(f"#!/bin/sh\n{line}\nexit 0\n")
    assert commit(run, repository)[0] == 1
    assert commit(run, repository, text=GOOD)[0] == 0


def test_the_hook_goes_where_git_looks(run, repository):
    """With `core.hooksPath` the hook is written there."""
    run("git", "config", "core.hooksPath", "my hooks")
    installed = run("commlog", "hook", "install")
    assert installed.stdout.strip() == str(repository / "my hooks" / "pre-commit")
    assert commit(run, repository)[0] == 1
    refused = run("commlog", "hook", "install", "--shared")
    assert refused.returncode == 5
    assert "my hooks" in refused.stderr


@pytest.mark.slow
def test_a_shared_hook_is_for_every_clone(run, repository, tmp_path):
    """A shared hook lies in a folder that is committed, names no place of this machine, and holds in another clone too."""
    assert run("commlog", "hook", "install", "--shared").returncode == 0
    hook = repository / ".githooks" / "pre-commit"
    assert sys.executable not in hook.read_text()
    assert commit(run, repository)[0] == 1
    run("git", "rm", "-q", "--cached", "records/customers/bad.yaml")
    run("git", "add", ".githooks")
    assert run("git", "commit", "-q", "-m", "hook").returncode == 0
    other = tmp_path / "other"
    run("git", "clone", "-q", str(repository), str(other))
    for key, value in (("core.hooksPath", ".githooks"), ("user.name", "li"), ("user.email", "li@example.com")):
        run("git", "config", key, value, place=other)
    assert commit(run, other)[0] == 1
    assert run("commlog", "hook", "uninstall").returncode == 0
    assert run("git", "config", "core.hooksPath").stdout == ""


@pytest.mark.slow
def test_the_hook_works_in_another_work_tree_and_from_below(run, repository, tmp_path):
    """A commit in a linked work tree, or from a folder below, is checked like any other."""
    run("commlog", "hook", "install")
    other = tmp_path / "tree"
    assert run("git", "worktree", "add", "-q", str(other)).returncode == 0
    assert commit(run, other)[0] == 1
    assert commit(run, other, text=GOOD)[0] == 0
    file = repository / "records" / "customers" / "more.yaml"
    file.write_text(BAD.replace("id: bad", "id: more"), encoding="utf-8")
    run("git", "add", ".", place=file.parent)
    assert run("git", "commit", "-q", "-m", "x", place=file.parent).returncode == 1


def test_the_hook_checks_a_log_below_the_top(run, repository):
    """A log in a folder of a repository is the one that is checked."""
    log = repository / "a b" / "log"
    (log / "records" / "customers").mkdir(parents=True)
    (log / "commlog.yaml").write_text("timezone: Asia/Shanghai\nlanguage: en\n", encoding="utf-8")
    assert run("commlog", "hook", "install", place=log).returncode == 0
    code, told = commit(run, log)
    assert code == 1
    assert "nonsense" in told
    assert commit(run, log, text=GOOD)[0] == 0


def test_the_hook_finds_the_program_that_installed_it(run, repository, environment):
    """Where no `commlog` is on the path, the Python that installed the hook runs it."""
    run("commlog", "hook", "install")
    code, told = commit(run, repository, PATH=environment["PATH"])
    assert code == 1
    assert "nonsense" in told
    assert commit(run, repository, text=GOOD, PATH=environment["PATH"])[0] == 0


def test_a_hook_needs_a_repository(run, folder):
    """Without a repository every verb says so."""
    for verb in ("install", "status", "uninstall"):
        assert run("commlog", "hook", verb, place=folder).returncode == 7


def test_the_framework_finds_the_hook(run, repository):
    """The file for the pre-commit framework is a list with one hook, whose entry checks what is staged in any log."""
    (hook,) = parse_yaml((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["id"] == "commlog-check"
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    for path in (
        "records/customers/a.yaml",
        "sub/records/x.yaml",
        "commlog.yaml",
        "calendar.yaml",
        "schemas/a.schema.json",
    ):
        assert re.search(hook["files"], path)
    assert not re.search(hook["files"], "README.md")
    entry = shlex.split(hook["entry"])
    assert run(*entry).returncode == 0
    (repository / "records" / "customers" / "bad.yaml").write_text(BAD, encoding="utf-8")
    run("git", "add", ".")
    assert run(*entry).returncode == 3


@pytest.mark.parametrize("verb", ["install", "status", "uninstall"])
def test_without_a_repository_it_says_what_a_hook_needs(folder, run, verb):
    """Where there is no git the remedy is that of a hook."""
    done = run("commlog", "hook", verb)
    assert (done.returncode, done.stdout) == (7, "")
    assert "git init" in done.stderr
    assert "hook" in done.stderr.splitlines()[-1]
