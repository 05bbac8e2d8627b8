"""Syncing a log with the team's copy: what goes out, what comes in, what stops it, and that nothing is lost."""

import os
import re
import shlex
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from commlog.errors import CommlogError, ConflictError, InvalidError, NoLogError
from commlog.messages import current_language, use_language
from commlog.team.clone import check_backup, mend_setup
from commlog.team.sync import BACKUP, NotSharedError, sync_log
from tests.build import run_git


def clone(log, hub, folder, name):
    """The team's copy, cloned for a member."""
    run_git(hub.parent, "clone", "-q", str(hub), str(folder))
    run_git(folder, "config", "user.name", name)
    run_git(folder, "config", "user.email", f"{name}@example.com")
    return type(log)(folder, member=name)


@pytest.fixture(autouse=True)
def _plain_git(monkeypatch):
    """Git without the tester's own settings."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def hub(log, tmp_path):
    """The team's copy: a bare repository that holds the log."""
    bare = tmp_path / "hub.git"
    run_git(tmp_path, "init", "-q", "--bare", "-b", "main", str(bare))
    run_git(log.root, "init", "-q", "-b", "main")
    run_git(log.root, "add", ".")
    run_git(log.root, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "log")
    run_git(log.root, "push", "-q", str(bare), "main")
    return bare


@pytest.fixture
def wang(log, hub, tmp_path):
    """Wang's clone."""
    return clone(log, hub, tmp_path / "wang", "wang")


@pytest.fixture
def li(log, hub, tmp_path):
    """Li's clone."""
    return clone(log, hub, tmp_path / "li", "li")


def sync(log, message="", **options):
    return sync_log(log.workspace(), message, **options)


def stop(log, kind):
    """The fault a sync stops with."""
    with pytest.raises(kind) as stopped:
        sync(log)
    return stopped.value


def state(log):
    """All that a person sees of a clone: the commit, what is not committed, what files hold."""
    files = {name: (log.root / name).read_bytes() for name in log.files()}
    return run_git(log.root, "rev-parse", "HEAD"), run_git(log.root, "status", "--porcelain"), files


def at_hub(hub):
    """Every record at the team's copy."""
    names = run_git(hub, "-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", "main", "records").splitlines()
    return {Path(name).stem for name in names}


def test_two_clones_come_to_the_same(wang, li, hub):
    """What two people wrote is in both clones after each has synced, with nothing left to do."""
    first = wang.create("service").id
    second = li.create("service").id
    assert sync(wang).sent == 1
    got = sync(li)
    assert (got.received, got.sent) == (1, 1)
    assert sync(wang).received == 1
    assert wang.files() == li.files()
    assert {first, second} <= at_hub(hub)
    nothing = sync(wang)
    assert (nothing.committed, nothing.received, nothing.sent, nothing.backup) == ((), 0, 0, "")
    assert run_git(wang.root, "status", "--porcelain", "-b").endswith("main...origin/main")


def test_the_commit_says_what_is_in_it(wang):
    """The message counts records and what was done in them, in the log's language, whatever language is spoken."""
    record = wang.create(
        "service",
        follow_ups=["action=a; owner=li; due=2026-03-18"],
        new_customer="新客户",
        fields={"customer": "新客户"},
    )
    assert sync(wang).message == "1 record, 1 customer"
    wang.move("done", f"{record.id}/1", result="ok")
    use_language("zh")
    done = sync(wang)
    assert current_language() == "zh"
    assert done.message == "1 record changed, 1 follow-up done"
    assert run_git(wang.root, "log", "-1", "--format=%s") == done.message
    wang.write("calendar.yaml", "off:\n  2026-05-01: 劳动节\n")
    (wang.root / record.path).unlink()
    assert sync(wang, "我的话").message == "我的话"
    assert run_git(wang.root, "log", "-1", "--format=%s") == "我的话"


def test_only_the_log_is_committed(wang, hub):
    """What somebody staged outside the log stays staged, what is changed there stays changed, strange files stay out."""
    wang.write("notes.txt", "one\n")
    run_git(wang.root, "add", "notes.txt")
    wang.write("other.txt", "two\n")
    wang.write("records/interactions/2026/03/.draft.yaml.swp", "x")
    wang.write("records/interactions/2026/03/list.xlsx", "x")
    wang.create("service")
    done = sync(wang)
    assert len(done.committed) == 1
    assert done.left == ("records/interactions/2026/03/list.xlsx",)
    assert run_git(wang.root, "diff", "--cached", "--name-only") == "notes.txt"
    assert run_git(hub, "ls-tree", "--name-only", "main").splitlines() == ["commlog.yaml", "records"]


def test_staged_files_survive_what_comes_in(wang, li):
    """Changes outside the log, staged or not, are as they were after others' commits came in under one's own."""
    wang.write("README.md", "a\nb\n")
    run_git(wang.root, "add", "README.md")
    run_git(wang.root, "commit", "-q", "-m", "readme")
    sync(wang)
    sync(li)
    li.write("README.md", "a\nb\nc\n")
    li.write("new.txt", "n\n")
    run_git(li.root, "add", "new.txt")
    wang.create("service")
    sync(wang)
    li.create("service")
    assert sync(li).received == 1
    assert run_git(li.root, "status", "--porcelain").splitlines() == [" M README.md", "A  new.txt"]


def test_removed_and_renamed_records_go_along(wang, li):
    """A removed record, staged or not, is removed for all; one that was moved is moved."""
    records = [wang.create("service") for _ in range(3)]
    sync(wang)
    sync(li)
    (wang.root / records[0].path).unlink()
    run_git(wang.root, "rm", "-q", records[1].path)
    sync(wang)
    sync(li)
    assert li.files() == wang.files()
    assert len(li.files()) == 2


def test_a_rehearsal_changes_nothing(wang, li):
    """A rehearsal says what would be done, and neither commits nor fetches."""
    sync(li)
    li.create("service")
    sync(li)
    wang.create("service")
    before = state(wang), run_git(wang.root, "for-each-ref")
    told = sync(wang, is_dry=True)
    assert (len(told.committed), told.sent, told.received) == (1, 1, 0)
    assert (state(wang), run_git(wang.root, "for-each-ref")) == before


def test_a_log_below_the_top_of_its_repository(log, hub, tmp_path):
    """A log in a folder of a repository is synced alone, its conflicts named from the top."""
    for name in ("wang", "li"):
        clone(log, hub, tmp_path / name, name)
    mine, theirs = (type(log)(tmp_path / name / "sub" / "log", member=name) for name in ("wang", "li"))
    mine.write("commlog.yaml", (tmp_path / "wang" / "commlog.yaml").read_text(encoding="utf-8"))
    mine.write(
        "records/customers/acme.yaml", (tmp_path / "wang/records/customers/acme.yaml").read_text(encoding="utf-8")
    )
    record = mine.create("service")
    sync(mine)
    run_git(tmp_path / "li", "pull", "-q")
    theirs.edit(record.id, "subject=theirs")
    sync(theirs)
    mine.create("service")
    assert sync(mine).received == 1
    assert (
        run_git(tmp_path / "wang", "log", "--format=%s", "-1", "--name-only")
        .splitlines()[-1]
        .startswith("sub/log/records/")
    )
    mine.edit(record.id, "subject=mine")
    theirs.edit(record.id, "subject=other")
    sync(theirs)
    assert f"sub/log/{record.path}" in stop(mine, ConflictError).source


def test_changes_of_one_record_in_different_places_meet(wang, li):
    """Two people who change different fields of a record both find both changes."""
    record = wang.create("service", "summary=s", "mood=calm")
    sync(wang)
    sync(li)
    wang.edit(record.id, "subject=new subject")
    li.edit(record.id, "outcome=unresolvable")
    sync(wang)
    sync(li)
    sync(wang)
    for one in (wang, li):
        assert one.read(record.id).fields["subject"] == "new subject"
        assert one.read(record.id).fields["outcome"] == "unresolvable"


@pytest.mark.parametrize("rebase", ["true", "false"])
def test_a_conflict_leaves_all_as_it_was(wang, li, hub, rebase):
    """When both changed the same line the sync names the file and who changed it, and commits and files are as before."""
    run_git(li.root, "config", "pull.rebase", rebase)
    record = wang.create("service")
    sync(wang)
    sync(li)
    wang.edit(record.id, "subject=of wang")
    sync(wang)
    li.edit(record.id, "subject=of li")
    li.write("other.txt", "x")
    fault = stop(li, ConflictError)
    assert fault.source == f"{record.path} (wang)"
    assert "git pull --no-rebase" in fault.remedy
    assert "commlog doctor --fix" in fault.remedy
    assert li.read(record.id).fields["subject"] == "of li"
    assert run_git(li.root, "status", "--porcelain") == "?? other.txt"
    before = state(li)
    stop(li, ConflictError)
    assert state(li) == before
    assert run_git(li.root, "worktree", "list").count("\n") == 0
    assert run_git(li.root, "rev-parse", BACKUP) == before[0]
    run_git(li.root, "pull", "-q", f"--rebase={rebase}", check=False)
    assert "in progress" in stop(li, ConflictError).message
    (li.root / record.path).write_bytes((li.root / record.path).read_bytes().split(b"<<<<<<<")[0] + b"x")
    assert "in progress" in stop(li, ConflictError).message
    (li.root / record.path).write_bytes((wang.root / record.path).read_bytes())
    run_git(li.root, "add", record.path)
    run_git(
        li.root,
        "-c",
        "core.editor=true",
        *(("rebase", "--skip") if rebase == "true" else ("commit", "-q", "--no-edit")),
    )
    sync(li)
    assert at_hub(hub) >= {record.id}


@pytest.mark.parametrize("has_driver", [True, False])
def test_the_advice_for_a_conflict_keeps_the_sides_apart(wang, li, hub, has_driver):
    """Who does what the advice says finds their own value above and the other's below, keeps one, and syncs;
    doctor is named where it would help, and what was merged by hand does not come up again."""
    if has_driver:
        mend_setup(li.root)
        run_git(li.root, "config", "merge.commlog.driver", "git merge-file -q -L ours -L base -L theirs %A %O %B")
    record = wang.create("service")
    sync(wang)
    sync(li)
    wang.edit(record.id, "subject=of wang")
    sync(wang)
    li.edit(record.id, "subject=of li")
    fault = stop(li, ConflictError)
    assert ("doctor --fix" in fault.remedy) != has_driver
    pull = re.search(r"git (pull [^;]*);", fault.remedy)[1]
    run_git(li.root, *pull.split(), check=False)
    file = li.root / record.path
    text = file.read_text(encoding="utf-8")
    mine, theirs = re.search(r"<<<<<<< .*\n(.*)\n=======\n(.*)\n>>>>>>> ", text).groups()
    assert (mine, theirs) == ("subject: of li", "subject: of wang")
    file.write_text(re.sub(r"<<<<<<< .*\n|=======\n(.*\n)*?>>>>>>> .*\n", "", text), encoding="utf-8")
    run_git(li.root, "add", record.path)
    run_git(li.root, "-c", "core.editor=true", "merge", "--continue")
    wang.create("service")
    sync(wang)
    sync(li)
    sync(wang)
    for one in (wang, li):
        assert one.read(record.id).fields["subject"] == "of li"


@pytest.mark.parametrize("is_here", [True, False])
def test_the_advice_for_a_removed_file_is_to_let_it_go(wang, li, hub, is_here):
    """Where one side removed what the other changed no markers are spoken of; who does what is advised syncs without it."""
    record = wang.create("service")
    sync(wang)
    sync(li)
    keeper, remover = (wang, li) if is_here else (li, wang)
    keeper.edit(record.id, "subject=changed")
    (remover.root / record.path).unlink()
    sync(wang)
    fault = stop(li, ConflictError)
    words = "removed or renamed here, changed by wang" if is_here else "removed or renamed there by wang"
    assert fault.source == f"{record.path}: {words}"
    assert "=======" not in fault.remedy
    pull, remove = re.search(r"(git pull [^;]*); (git rm [^;]*);", fault.remedy).groups()
    run_git(li.root, *shlex.split(pull)[1:], check=False)
    run_git(li.root, *shlex.split(remove)[1:])
    run_git(li.root, "-c", "core.editor=true", "merge", "--continue")
    sync(li)
    assert record.id not in at_hub(hub)


def test_a_customer_forgotten_elsewhere_is_said_to_be(wang, li):
    """A customer's file that made way for a pseudonym is told as forgotten, and by whom; other conflicts stand beside it."""
    record = wang.create("service")
    sync(wang)
    sync(li)
    (wang.root / "records/customers/acme.yaml").unlink()
    wang.write(
        "records/customers/forgotten-7f3kq2.yaml",
        "id: forgotten-7f3kq2\ntemplate: customer\nname: forgotten\ntype: company\nstage: lost\n",
    )
    wang.edit(record.id, "subject=of wang", "customer=forgotten-7f3kq2")
    sync(wang)
    li.edit("acme", "notes=changed")
    li.edit(record.id, "subject=of li")
    fault = stop(li, ConflictError)
    assert "records/customers/acme.yaml: the customer was forgotten by wang" in fault.source.split("\n")
    assert f"{record.path} (wang)" in fault.source.split("\n")
    assert "git rm records/customers/acme.yaml" in fault.remedy
    assert "=======" in fault.remedy


def test_merging_is_done_where_pulls_merge(wang, li):
    """With `pull.rebase` off the two sides are merged, and the commit keeps both parents."""
    run_git(li.root, "config", "pull.rebase", "false")
    wang.create("service")
    li.create("service")
    sync(wang)
    done = sync(li)
    assert (done.received, done.sent) == (1, 2)
    assert len(run_git(li.root, "log", "-1", "--format=%p").split()) == 2


def test_what_was_there_before_is_kept(wang, li):
    """The commit before others' were put below it stays under a ref, and is named."""
    wang.create("service")
    sync(wang)
    mine = li.create("service")
    done = sync(li)
    assert run_git(li.root, "rev-parse", BACKUP) == done.backup
    assert mine.path in run_git(li.root, "ls-tree", "-r", "--name-only", BACKUP)
    assert done.backup not in run_git(li.root, "log", "--format=%H").split()


def test_errors_stop_a_sync_before_the_commit(wang, hub):
    """A record with errors is neither committed nor sent."""
    record = wang.create("service")
    text = (wang.root / record.path).read_text(encoding="utf-8")
    wang.write(record.path, text + "nonsense: 1\n")
    before = state(wang), at_hub(hub)
    fault = stop(wang, InvalidError)
    assert [problem.code for problem in fault.problems] == ["unknown-field"]
    assert fault.exit_code == 3
    assert (state(wang), at_hub(hub)) == before


def test_markers_are_never_sent(wang, hub):
    """Conflict markers stop a sync in the work tree, and in a commit even when a later one took them out."""
    record = wang.create("service")
    good = wang.text_of(record)
    wang.write(record.path, f"<<<<<<< HEAD\n{good}=======\n{good}>>>>>>> other\n")
    assert stop(wang, ConflictError).exit_code == 5
    run_git(wang.root, "add", ".")
    run_git(wang.root, "commit", "-q", "-m", "bad")
    bad = run_git(wang.root, "rev-parse", "--short=10", "HEAD")
    wang.write(record.path, good)
    fault = stop(wang, ConflictError)
    assert fault.file == record.path
    assert bad in fault.message
    assert record.id not in at_hub(hub)
    run_git(wang.root, "reset", "-q", "--soft", "origin/main")
    sync(wang)
    assert record.id in at_hub(hub)
    assert bad[:7] not in run_git(hub, "log", "--format=%h", "main")


def test_errors_made_by_meeting_stop_it(wang, li, hub):
    """A record that is right alone, and wrong beside what came in, is not sent; the commit stays."""
    customer = wang.create("customer", "id=rare", "name=稀客")
    sync(wang)
    sync(li)
    (wang.root / customer.path).unlink()
    sync(wang)
    record = li.create("service", "customer=rare")
    fault = stop(li, InvalidError)
    assert [problem.code for problem in fault.problems] == ["unknown-customer"]
    assert record.id not in at_hub(hub)
    assert run_git(li.root, "rev-list", "--count", "origin/main..HEAD") == "1"
    assert run_git(li.root, "status", "--porcelain") == ""


def test_errors_that_came_in_are_counted(wang, li):
    """Errors in what others sent by other ways stop nobody, and are counted."""
    record = wang.create("service")
    wang.write(record.path, wang.text_of(record) + "nonsense: 1\n")
    run_git(wang.root, "add", ".")
    run_git(wang.root, "commit", "-q", "-m", "by hand")
    run_git(wang.root, "push", "-q")
    li.create("service")
    done = sync(li)
    assert (done.errors, done.sent) == (1, 1)


def test_a_branch_that_follows_nothing_is_only_committed(log):
    """Without a remote the log is committed, and the result says that it is nowhere else."""
    with pytest.raises(NoLogError):
        sync(log)
    run_git(log.root, "init", "-q", "-b", "main")
    run_git(log.root, "config", "user.name", "wang")
    run_git(log.root, "config", "user.email", "wang@example.com")
    done = sync(log)
    assert (done.upstream, done.ahead, done.sent) == ("", 1, 0)
    assert done.committed == ("commlog.yaml", "records/customers/acme.yaml")
    assert run_git(log.root, "status", "--porcelain") == ""


def test_the_first_sync_fills_an_empty_copy(log, tmp_path):
    """A clone of an empty repository sends its first commit, and others get it."""
    hub = tmp_path / "empty.git"
    run_git(tmp_path, "init", "-q", "--bare", "-b", "main", str(hub))
    first, second = (clone(log, hub, tmp_path / name, name) for name in ("wang", "li"))
    first.write("commlog.yaml", (log.root / "commlog.yaml").read_text(encoding="utf-8"))
    first.write("records/customers/acme.yaml", (log.root / "records/customers/acme.yaml").read_text(encoding="utf-8"))
    assert sync(first).sent == 1
    run_git(second.root, "pull", "-q")
    assert second.files() == first.files()


def test_a_clone_that_is_not_at_rest_is_left_alone(wang):
    """A detached HEAD stops a sync, with what to type; nothing is committed."""
    wang.create("service")
    run_git(wang.root, "checkout", "-q", "--detach")
    before = state(wang)
    fault = stop(wang, ConflictError)
    assert "git switch" in fault.remedy
    assert state(wang) == before


def test_commits_stay_when_the_remote_is_away(wang, hub):
    """With the remote out of reach the work is committed, and goes out with the next sync."""
    away = hub.rename(hub.with_name("away.git"))
    record = wang.create("service")
    fault = stop(wang, NotSharedError)
    assert fault.exit_code == 8
    assert "(commits: 1)" in fault.message
    assert run_git(wang.root, "status", "--porcelain") == ""
    away.rename(hub)
    assert sync(wang).sent == 1
    assert record.id in at_hub(hub)


def test_a_refusal_of_the_remote_is_told(wang, hub):
    """What the remote's own hook says against a push is shown, and the commits stay."""
    hook = hub / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho 'only on Mondays' >&2\nexit 1\n")
    hook.chmod(0o755)
    record = wang.create("service")
    fault = stop(wang, NotSharedError)
    assert "only on Mondays" in fault.source
    assert record.id not in at_hub(hub)
    hook.unlink()
    assert sync(wang).sent == 1


def test_a_hook_that_refuses_is_told(wang):
    """What the clone's own hook says against the commit is shown; nothing is left staged."""
    hook = wang.root / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\necho 'not like this' >&2\nexit 1\n")
    hook.chmod(0o755)
    wang.create("service")
    before = state(wang)
    fault = stop(wang, InvalidError)
    assert "not like this" in fault.source
    assert state(wang) == before


def test_somebody_faster_is_no_matter(wang, li, hub):
    """A push that is refused because others pushed meanwhile is tried again on top of theirs."""
    theirs = wang.create("service")
    hook = li.root / ".git" / "hooks" / "pre-push"
    # While li's push is under way, wang's commit arrives.
    hook.write_text(f"#!/bin/sh\nunset GIT_DIR\ncd '{wang.root}' && git push -q origin main\n")
    hook.chmod(0o755)
    run_git(wang.root, "add", ".")
    run_git(wang.root, "commit", "-q", "-m", "meanwhile")
    mine = li.create("service")
    done = sync(li)
    assert (done.received, done.sent) == (1, 1)
    assert {theirs.id, mine.id} <= at_hub(hub)


def test_what_is_written_meanwhile_goes_along(wang, li, hub):
    """A record changed while the sync fetches is neither overwritten nor lost."""
    record = wang.create("service")
    sync(wang)
    sync(li)
    wang.edit(record.id, "outcome=unresolvable")
    sync(wang)
    li.create("service")
    upload = li.root.parent / "slow-upload-pack"
    upload.write_text(
        f"#!/bin/sh\nsed -i 's/^subject: .*/subject: meanwhile/' '{li.root / record.path}'\nexec git-upload-pack \"$@\"\n"
    )
    upload.chmod(0o755)
    run_git(li.root, "config", "remote.origin.uploadpack", str(upload))
    sync(li)
    fields = li.read(record.id).fields
    assert (fields["subject"], fields["outcome"]) == ("meanwhile", "unresolvable")
    sync(wang)
    assert wang.read(record.id).fields["subject"] == "meanwhile"


def test_two_syncs_of_one_clone_take_turns(wang, hub):
    """Syncs of one clone at once do not disturb each other."""
    for _ in range(3):
        wang.create("service")
    faults = []

    def run():
        try:
            sync(wang)
        except CommlogError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(at_hub(hub)) == 4


@pytest.mark.slow
def test_many_clones_at_once_lose_nothing(log, hub, tmp_path):
    """Clones that sync at the same time, again while they are told to, bring every record to everybody."""
    clones = [clone(log, hub, tmp_path / name, "wang") for name in ("one", "two", "three")]
    made = [one.create("service").id for one in clones for _ in range(2)]

    def run(one):
        for _ in range(4):
            with suppress(ConflictError):
                sync(one)
                break

    threads = [threading.Thread(target=run, args=(one,)) for one in clones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(made) <= at_hub(hub)
    for one in clones:
        sync(one)
    assert len({tuple(one.files()) for one in clones}) == 1


def test_a_record_that_was_moved_keeps_what_others_changed(wang, li):
    """A change to a record that somebody else only moved is found in its new place."""
    record = wang.create("service")
    sync(wang)
    sync(li)
    moved = record.path.replace("/03/", "/04/")
    (wang.root / moved).parent.mkdir()
    run_git(wang.root, "mv", record.path, moved)
    sync(wang)
    li.edit(record.id, "subject=changed")
    sync(li)
    assert [name for name in li.files() if record.id in name] == [moved]
    assert li.read(record.id).fields["subject"] == "changed"


def test_records_that_look_alike_stay_apart(wang, li):
    """A record that was removed has not become another one that looks like it: a change to it is a conflict, not moved."""
    record = wang.create("service")
    sync(wang)
    sync(li)
    (wang.root / record.path).unlink()
    other = wang.create("service")
    sync(wang)
    li.edit(record.id, "subject=changed")
    fault = stop(li, ConflictError)
    assert record.path in fault.source
    sync(wang)
    assert wang.read(other.id).fields["subject"] == "s"


def test_commits_that_are_nowhere_else_are_seen(wang):
    """Commits that the remote has not got are told, as is a branch that follows none."""
    assert [one[1] for one in check_backup(wang.workspace())] == [True]
    run_git(wang.root, "commit", "-q", "--allow-empty", "-m", "x")
    (told,) = check_backup(wang.workspace())
    assert not told[1]
    assert dict(told[4]) == {"count": "1", "upstream": "origin/main"}
    run_git(wang.root, "branch", "--unset-upstream")
    (told,) = check_backup(wang.workspace())
    assert not told[1]


def test_settings_that_would_stop_everybody_stay_out(wang, li):
    """Settings with mistakes that somebody sent by other ways are not taken in: the log here goes on working."""
    good = (wang.root / "commlog.yaml").read_text(encoding="utf-8")
    wang.write("commlog.yaml", good + "langage: zh\n")
    run_git(wang.root, "commit", "-q", "-a", "-m", "oops")
    run_git(wang.root, "push", "-q")
    li.create("service")
    fault = stop(li, InvalidError)
    assert [problem.code for problem in fault.problems] == ["unknown-setting"]
    li.create("service")
    wang.write("commlog.yaml", good + "# corrected\n")
    run_git(wang.root, "commit", "-q", "-a", "-m", "better")
    run_git(wang.root, "push", "-q")
    done = sync(li)
    assert (done.received, done.sent) == (2, 2)


def test_the_merge_driver_takes_part(wang, li):
    """A merge driver that the clone has merges what git alone could not, and what it tells is handed on."""
    driver = "git merge-file --union %A %O %B && echo 'commlog: joined %P' >&2"
    for one in (wang, li):
        run_git(one.root, "config", "merge.joined.driver", driver)
    wang.write(".gitattributes", "*.yaml merge=joined\n")
    sync(wang)
    sync(li)
    path = "records/customers/acme.yaml"
    text = (wang.root / path).read_text(encoding="utf-8")
    wang.write(path, text + "# of wang\n")
    sync(wang)
    li.write(path, text + "# of li\n")
    assert sync(li).remarks == (f"joined {path}",)
    assert sorted((li.root / path).read_text(encoding="utf-8").splitlines()[-2:]) == ["# of li", "# of wang"]
