"""What git is asked about a clone and its remote."""

import os

import pytest

from commlog.git.history import first_commit_times
from commlog.git.hooks import find_hook
from commlog.git.remote import (
    commit_files,
    count_commits,
    find_branch,
    find_unfinished,
    integrate,
    is_merging,
    list_changes,
    list_differing,
    list_new_blobs,
    refusals_of,
    was_overtaken,
)
from commlog.git.run import GitResult, ask, commit_hash
from tests.build import run_git

ODD = "records/有 空格\"'\t引号.yaml"


@pytest.fixture(autouse=True)
def _plain_git(monkeypatch):
    """Git without the tester's own settings."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def root(tmp_path):
    """A repository with one commit and one file."""
    folder = tmp_path / "clone"
    (folder / "records").mkdir(parents=True)
    run_git(folder, "init", "-q", "-b", "main")
    run_git(folder, "config", "user.name", "wang")
    run_git(folder, "config", "user.email", "wang@example.com")
    write(folder, "records/a.yaml", "a: 1\n")
    commit(folder, "first")
    return folder


def write(root, path, text):
    (root / path).write_text(text, encoding="utf-8")


def commit(root, message):
    run_git(root, "add", ".")
    run_git(root, "commit", "-q", "-m", message)
    return run_git(root, "rev-parse", "HEAD")


def test_every_state_of_a_file_is_committed(root):
    """New, changed, removed and half-staged files, whatever their names, are committed as they lie there."""
    for name in ("b", "c", "d"):
        write(root, f"records/{name}.yaml", f"{name}: 1\n")
    commit(root, "more")
    write(root, "records/a.yaml", "a: staged\n")
    run_git(root, "add", ".")
    write(root, "records/a.yaml", "a: lying\n")
    (root / "records/b.yaml").unlink()
    run_git(root, "rm", "-q", "records/c.yaml")
    run_git(root, "rm", "-q", "--cached", "records/d.yaml")
    write(root, ODD, "new: 1\n")
    write(root, "records/gone.yaml", "x\n")
    run_git(root, "add", "records/gone.yaml")
    (root / "records/gone.yaml").unlink()
    write(root, "outside.txt", "x")
    run_git(root, "add", "outside.txt")
    changes = list_changes(root, "", ["records"])
    assert {change.path for change in changes if change.is_gone} >= {"records/b.yaml", "records/c.yaml"}
    assert ODD in {change.path for change in changes if change.is_new}
    assert commit_files(root, changes, "all").is_good
    assert run_git(root, "show", "HEAD:records/a.yaml") == "a: lying"
    names = run_git(root, "-c", "core.quotePath=false", "ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")
    assert set(names) - {""} == {"records/a.yaml", "records/d.yaml", ODD}
    assert run_git(root, "status", "--porcelain") == "A  outside.txt\nAD records/gone.yaml"


def test_a_commit_that_is_refused_leaves_what_is_staged(root):
    """When git refuses a commit, a new file is as unknown to it as before."""
    hook = find_hook(root).file
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    write(root, "records/b.yaml", "b: 1\n")
    assert not commit_files(root, list_changes(root, "", ["records"]), "x").is_good
    assert run_git(root, "status", "--porcelain") == "?? records/b.yaml"


def test_the_first_commit_of_a_repository(tmp_path):
    """Files of a repository without a commit are committed like any other."""
    run_git(tmp_path, "init", "-q", "-b", "main")
    run_git(tmp_path, "config", "user.name", "w")
    run_git(tmp_path, "config", "user.email", "w@example.com")
    write(tmp_path, "commlog.yaml", "timezone: UTC\n")
    branch = find_branch(tmp_path)
    assert (branch.name, branch.head, branch.upstream) == ("main", "", "")
    assert commit_files(tmp_path, list_changes(tmp_path, "", ["commlog.yaml", "records"]), "x").is_good
    assert commit_hash(tmp_path, "HEAD")


def test_contents_of_every_commit_are_seen(root):
    """What a commit in between gave a file is seen, even when a later one, or a merge, took it out again."""
    start = commit_hash(root, "HEAD")
    write(root, "records/a.yaml", "a: bad\n")
    bad = commit(root, "bad")
    write(root, "records/a.yaml", "a: good\n")
    commit(root, "good")
    run_git(root, "checkout", "-q", "-b", "side", start)
    write(root, ODD, "odd: 1\n")
    commit(root, "odd")
    run_git(root, "checkout", "-q", "main")
    run_git(root, "merge", "-q", "--no-edit", "side")
    blobs = list_new_blobs(root, start, "HEAD", ["records"])
    assert {path for _, path, _ in blobs} == {"records/a.yaml", ODD}
    assert "a: bad" in {run_git(root, "cat-file", "-p", blob) for name, _, blob in blobs if name == bad}
    assert count_commits(root, start, "HEAD") == 4
    assert list_differing(root, start, "HEAD") == (["records/a.yaml", ODD], [])
    assert len(list_new_blobs(root, "", "HEAD", ["records"])) >= len(blobs) + 1


def test_work_left_unfinished_is_seen(root):
    """A merge, a rebase, a cherry-pick and a revert that stopped are each known by their verb."""
    write(root, "records/a.yaml", "a: main\n")
    main = commit(root, "main")
    run_git(root, "checkout", "-q", "-b", "side", "HEAD~1")
    write(root, "records/a.yaml", "a: side\n")
    commit(root, "side")
    assert find_unfinished(root) == ""
    for verb, words in (("merge", ("main",)), ("rebase", ("main",)), ("cherry-pick", (main,)), ("revert", (main,))):
        assert not ask(root, verb, *words).is_good
        assert find_unfinished(root) == verb
        run_git(root, verb, "--abort")


def test_sides_are_put_together_aside(root):
    """Putting two sides together moves neither the branch nor the files, and leaves no work tree behind."""
    run_git(root, "checkout", "-q", "-b", "side")
    write(root, "records/b.yaml", "b: 1\n")
    commit(root, "side")
    run_git(root, "checkout", "-q", "main")
    write(root, "records/c.yaml", "c: 1\n")
    head = commit(root, "main")
    for merging in (False, True):
        found = integrate(root, root / "aside", "side", is_merging=merging)
        assert list_differing(root, "side", found.commit) == (["records/c.yaml"], [])
        assert run_git(root, "rev-parse", "HEAD") == head
        assert run_git(root, "status", "--porcelain") == ""
        assert run_git(root, "worktree", "list").count("\n") == 0
    write(root, "records/b.yaml", "b: 2\n")
    commit(root, "other")
    found = integrate(root, root / "aside", "side", is_merging=False)
    assert (found.commit, found.conflicts) == ("", ("records/b.yaml",))
    assert not (root / "aside").exists()


def test_settings_say_whether_pulls_merge(root):
    """The branch's own setting goes before the general one; without either, pulls rebase."""
    assert not is_merging(root, "main")
    run_git(root, "config", "pull.rebase", "false")
    assert is_merging(root, "main")
    run_git(root, "config", "branch.main.rebase", "true")
    assert not is_merging(root, "main")


def test_refusals_of_a_push_are_told_apart():
    """A push that came second is one to try again; one the remote does not want, or never got, is not."""
    second = GitResult(1, b"To x\n!\ta:refs/heads/main\t[rejected] (fetch first)\nDone\n")
    unwanted = GitResult(1, b"To x\n!\ta:refs/heads/main\t[remote rejected] (hook declined)\n")
    away = GitResult(128, b"", "fatal: unable to access")
    assert [was_overtaken(one) for one in (second, unwanted, away)] == [True, False, False]
    assert [bool(refusals_of(one)) for one in (second, unwanted, away)] == [True, True, False]


def test_the_first_commit_of_each_file_is_known(root, monkeypatch):
    """Files are known by their names: moving one, or merging its branch, does not make it younger."""
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2026-03-16T10:00:00+08:00")
    run_git(root, "checkout", "-q", "-b", "side")
    write(root, "records/b.yaml", "b: 1\n")
    commit(root, "b")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2026-03-18T10:00:00+08:00")
    (root / "records/new").mkdir()
    run_git(root, "mv", "records/b.yaml", "records/new/b.yaml")
    commit(root, "moved")
    run_git(root, "checkout", "-q", "main")
    run_git(root, "merge", "-q", "--no-ff", "--no-edit", "side")
    times = first_commit_times(root, "records")
    assert times["b"] == 1773626400
    assert set(times) == {"a", "b"}
    assert first_commit_times(root.parent, "records") is None
