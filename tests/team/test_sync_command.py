"""`commlog sync` at the shell: what it prints, its exit codes, and that a killed one loses nothing."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.build import NOW, run_git, run_program

RECORD = """\
id: 20260316-{name}
template: service
customer: acme
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-16T09:00:00+08:00
recorded_at: 2026-03-16T09:05:00+08:00
subject: {name}
scenario: complaint
problem: p
request: r
summary: s
outcome: resolved
"""
# Runs git, and after the call whose number is asked for kills who called it.
KILLER = """\
#!/bin/sh
{git} "$@"
code=$?
for word in "$@"; do
  case "$word" in
    add|commit|update-ref|fetch|worktree|read-tree|rebase|checkout|push)
      echo "$word" >>"$CALLS"
      [ "$(wc -l <"$CALLS")" -eq "$KILL_AT" ] && kill -9 $PPID
      exit $code ;;
    rev-parse|diff|log|status|config|ls-files|cat-file|rev-list|for-each-ref|symbolic-ref) exit $code ;;
  esac
done
exit $code
"""


def clone(hub, folder, name):
    run_git(hub.parent, "clone", "-q", str(hub), str(folder))
    run_git(folder, "config", "user.name", name)
    run_git(folder, "config", "user.email", f"{name}@example.com")
    return folder


def write(folder, name, **changes):
    """Put a record into a clone."""
    text = RECORD.format(name=name)
    for key, value in changes.items():
        text = "".join(
            f"{key}: {value}\n" if line.startswith(f"{key}:") else line for line in text.splitlines(keepends=True)
        )
    path = folder / "records" / "interactions" / "2026" / "03" / f"20260316-{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def records(folder):
    return {path.stem for path in (folder / "records" / "interactions").rglob("*.yaml")}


def sent(hub):
    return {
        Path(name).stem for name in run_git(hub, "ls-tree", "-r", "--name-only", "main", "records/interactions").split()
    }


@pytest.fixture
def hub(folder):
    """The team's copy of the log."""
    bare = folder.parent / "hub.git"
    run_git(folder.parent, "init", "-q", "--bare", "-b", "main", str(bare))
    run_git(folder, "init", "-q", "-b", "main")
    run_git(folder, "add", ".")
    run_git(folder, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "log")
    run_git(folder, "push", "-q", str(bare), "main")
    return bare


@pytest.fixture
def run(environment):
    """Run the program in a folder; keywords are variables of its environment."""
    plain = {**environment, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}

    def start(folder, *words, **variables):
        done = run_program(["--now", NOW, *words], {**plain, **variables}, folder)
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return start


def test_a_sync_says_what_it_did(run, hub, tmp_path):
    """Stdout says what was committed, taken in and sent; another sync says that there is nothing."""
    wang, li = (clone(hub, tmp_path / name, name) for name in ("wang", "li"))
    write(wang, "aaaaaa")
    told = run(wang, "sync", "--dry-run")
    assert told.returncode == 0
    assert told.stdout.splitlines()[:2] == [
        "would commit: 1 record",
        "  records/interactions/2026/03/20260316-aaaaaa.yaml",
    ]
    done = run(wang, "sync")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "committed: 1 record\norigin/main: commits fetched: 0, sent: 1\n"
    write(li, "bbbbbb")
    done = run(li, "sync", "--message", "mine")
    assert done.stdout == "committed: mine\norigin/main: commits fetched: 1, sent: 1\n"
    assert "refs/commlog/before-sync" in done.stderr
    assert run(li, "sync").stdout == "nothing to sync\n"
    assert sent(hub) == {"20260316-aaaaaa", "20260316-bbbbbb"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_conflict_is_told_file_by_file(run, hub, tmp_path, language):
    """A conflict ends with exit code 5, the files, who changed them, and what to type, in either language."""
    wang, li = (clone(hub, tmp_path / name, name) for name in ("wang", "li"))
    for name, subject in ((wang, "of wang"), (li, "of li")):
        write(name, "aaaaaa", subject=subject)
        write(name, "bbbbbb", subject=subject)
    assert run(wang, "sync", "--language", language).returncode == 0
    done = run(li, "sync", "--language", language)
    assert (done.returncode, done.stdout) == (5, "")
    for name in ("aaaaaa", "bbbbbb"):
        assert f"    records/interactions/2026/03/20260316-{name}.yaml (wang)\n" in done.stderr
    assert "git pull --no-rebase" in done.stderr
    assert "subject: of li" in (li / "records/interactions/2026/03/20260316-aaaaaa.yaml").read_text(encoding="utf-8")


def test_exit_codes_tell_what_stopped_it(run, hub, tmp_path, folder):
    """No repository is 7, an error in a record 3, a clone not at rest 5, a remote out of reach 8, no remote 0 with a remark."""
    wang = clone(hub, tmp_path / "wang", "wang")
    path = write(wang, "aaaaaa")
    path.write_text(path.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    done = run(wang, "sync")
    assert done.returncode == 3
    assert "nonsense" in done.stderr
    write(wang, "aaaaaa")
    run_git(wang, "checkout", "-q", "--detach")
    assert run(wang, "sync").returncode == 5
    run_git(wang, "checkout", "-q", "main")
    hub.rename(hub.with_name("away"))
    assert run(wang, "sync").returncode == 8
    run_git(wang, "branch", "--unset-upstream")
    write(wang, "bbbbbb")
    done = run(wang, "sync")
    assert (done.returncode, done.stdout) == (0, "committed: 1 record\n")
    assert "git push -u origin main" in done.stderr
    shutil.rmtree(folder / ".git")
    done = run(folder, "sync")
    assert done.returncode == 7
    assert "git clone URL" in done.stderr
    assert "git remote add" in done.stderr


def test_a_lock_that_git_left_is_told(run, hub, tmp_path):
    """What a killed git left in the way is named by git's own words; nothing is lost."""
    wang = clone(hub, tmp_path / "wang", "wang")
    write(wang, "aaaaaa")
    (wang / ".git" / "index.lock").touch()
    done = run(wang, "sync")
    assert done.returncode == 3
    assert "index.lock" in done.stderr
    (wang / ".git" / "index.lock").unlink()
    assert run(wang, "sync").returncode == 0
    assert sent(hub) == {"20260316-aaaaaa"}


@pytest.mark.slow
def test_a_killed_sync_loses_nothing(run, hub, tmp_path):
    """Killed after any step, the clone still holds every record, and the next sync brings all of them to everybody."""
    wang, li = (clone(hub, tmp_path / name, name) for name in ("wang", "li"))
    write(wang, "aaaaaa")
    assert run(wang, "sync").returncode == 0
    write(li, "bbbbbb")
    run_git(li, "add", ".")
    run_git(li, "commit", "-q", "-m", "by hand")
    write(li, "cccccc")
    killer = tmp_path / "bin" / "git"
    killer.parent.mkdir()
    killer.write_text(KILLER.format(git=shutil.which("git")))
    killer.chmod(killer.stat().st_mode | stat.S_IXUSR)
    everything = {f"20260316-{letter * 6}" for letter in "abc"}
    for step in range(1, 30):
        place = tmp_path / f"step{step}"
        copy = Path(shutil.copytree(li, place / "li"))
        team = Path(shutil.copytree(hub, place / "hub.git"))
        run_git(copy, "remote", "set-url", "origin", str(team))
        path = f"{killer.parent}{os.pathsep}{os.environ['PATH']}"
        done = run(copy, "sync", PATH=path, CALLS=str(place / "calls"), KILL_AT=str(step))
        assert records(copy) >= everything - {"20260316-aaaaaa"}, step
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        again = run(copy, "sync")
        assert again.returncode == 0, (step, again.stderr)
        assert sent(team) == records(copy) == everything, step
        assert run_git(copy, "status", "--porcelain") == "", step
        assert len(run_git(copy, "worktree", "list").splitlines()) == 1, step
    calls = (place / "calls").read_text().split()
    assert {"commit", "fetch", "rebase", "checkout", "push"} <= set(calls)
    assert step > len(calls)
