"""What git tells of a log's files."""

from pathlib import Path

import pytest

from commlog.errors import NoLogError
from commlog.git import history as git
from commlog.git.objects import iter_blobs
from tests.recorded_log import ACME, LATER, LI, PATH, VISIT, start_log


def test_a_commit_comes_with_its_author_its_times_and_its_files(tmp_path: Path) -> None:
    """Author, instant, subject and the blobs before and after are those of the commit, the newest first."""
    log = start_log(tmp_path / "log")
    log.change(PATH, LATER)
    newest = log.commit("2026-03-05T12:00:00+08:00", LI, "改期")
    first, second = git.list_commits(log.root, ["records"])
    assert (first.hash, first.author, first.email, first.subject) == (newest, "Li Jing", "li@example.com", "改期")
    assert first.authored == first.committed == 1772683200
    (change,) = first.files
    contents = dict(iter_blobs(log.root, [*change.before, change.after]))
    assert change.path == PATH
    assert contents[change.before[0]] == VISIT.encode()
    assert contents[change.after] == VISIT.replace(*LATER).encode()
    assert {file.status for file in second.files} == {git.ADDED}


def test_a_log_in_a_folder_of_a_repository_has_paths_of_its_own(tmp_path: Path) -> None:
    """Paths are those below the log; what lies beside it is not there."""
    top = start_log(tmp_path / "top")
    inner = top.root / "log"
    top.write(f"log/{PATH}", VISIT.replace("回访", "另一个"))
    top.write("log/commlog.yaml", "timezone: UTC\n")
    top.commit("2026-03-03T10:00:00+08:00")
    (commit,) = git.list_commits(inner, ["records"])
    assert [file.path for file in commit.files] == [PATH]
    assert [len(git.list_file_commits(inner, PATH)), git.committed_blob(inner, PATH)] == [1, commit.files[0].after]
    assert {file.path for file in git.list_tree(inner, "HEAD")} == {PATH, "commlog.yaml"}


def test_a_renamed_file_is_followed_to_its_first_name(tmp_path: Path) -> None:
    """The commits of a file include those it had under two former names."""
    log = start_log(tmp_path / "log")
    for number, (old, new) in enumerate([("acme", "acme-cn"), ("acme-cn", "acme-china")]):
        log.git("mv", f"records/customers/{old}.yaml", f"records/customers/{new}.yaml")
        log.change(f"records/customers/{new}.yaml", (f"id: {old}\n", f"id: {new}\n"))
        log.commit(f"2026-03-0{number + 4}T10:00:00+08:00")
    commits = git.list_file_commits(log.root, "records/customers/acme-china.yaml")
    assert [(commit.files[0].status, commit.files[0].former) for commit in commits] == [
        ("R", "records/customers/acme-cn.yaml"),
        ("R", "records/customers/acme.yaml"),
        ("A", "records/customers/acme.yaml"),
    ]


def test_another_record_of_the_same_form_is_no_rename(tmp_path: Path) -> None:
    """A record that is deleted while another begins is not taken for it, though half of their text is the form's."""
    log = start_log(tmp_path / "log")
    other = PATH.replace("aaaaaa", "bbbbbb")
    (log.root / PATH).unlink()
    log.write(
        other, "id: 20260302-bbbbbb\ntemplate: visit\ncustomer: li\nagent: li\ndirection: inbound\nsubject: 问路\n"
    )
    log.commit("2026-03-04T10:00:00+08:00")
    assert {file.status for file in git.list_commits(log.root, ["records"])[0].files} == {"A", "D"}


def test_a_commit_is_named_by_what_git_understands(tmp_path: Path) -> None:
    """A hash, its beginning, a branch and HEAD~0 name the commit."""
    log = start_log(tmp_path / "log")
    head = log.git("rev-parse", "HEAD").strip()
    assert {git.find_commit(log.root, text) for text in (head, head[:8], "main", "HEAD~0", "@")} == {head}


@pytest.mark.parametrize(
    "text",
    [
        "--all",
        "-n1",
        "--output=x",
        "",
        "  ",
        "no-such",
        "main\nHEAD",
        "main..HEAD",
        "^main",
        "HEAD:commlog.yaml",
        "a\0b",
    ],
)
def test_nothing_but_a_commit_reaches_git(tmp_path: Path, text: str) -> None:
    """Options, ranges, files and control characters name no commit, and write nothing."""
    log = start_log(tmp_path / "log")
    before = sorted(log.root.iterdir())
    assert git.find_commit(log.root, text) is None
    assert sorted(log.root.iterdir()) == before


def test_a_branch_that_looks_like_an_option_is_no_option(tmp_path: Path) -> None:
    """A ref whose name begins with a hyphen is named in full only."""
    log = start_log(tmp_path / "log")
    head = log.git("rev-parse", "HEAD").strip()
    log.git("update-ref", "refs/heads/--exec", head)
    assert git.find_commit(log.root, "--exec") is None
    assert git.find_commit(log.root, "refs/heads/--exec") == head


def test_the_commit_before_an_instant_lies_on_the_branch_itself(tmp_path: Path) -> None:
    """A commit of a side branch that was merged later is not what the branch was then."""
    log = start_log(tmp_path / "log")
    first = log.git("rev-parse", "HEAD").strip()
    log.git("checkout", "-q", "-b", "side")
    log.change(PATH, LATER)
    log.commit("2026-03-03T10:00:00+08:00")
    log.git("checkout", "-q", "main")
    log.git("merge", "-q", "--no-ff", "-m", "merge", "side", at="2026-03-05T10:00:00+08:00")
    merge = log.git("rev-parse", "HEAD").strip()
    assert git.commit_before(log.root, 1772600000) == first
    assert git.commit_before(log.root, 1772800000) == merge
    assert git.commit_before(log.root, 0) is None


def test_what_a_clone_does_not_hold_is_no_content(tmp_path: Path) -> None:
    """A hash that is not there, and one that is no blob, give nothing; those after them are still read."""
    log = start_log(tmp_path / "log")
    blob = git.committed_blob(log.root, "records/customers/acme.yaml")
    head = log.git("rev-parse", "HEAD").strip()
    assert list(iter_blobs(log.root, ["0" * 40, head, blob])) == [("0" * 40, None), (head, None), (blob, ACME.encode())]


def test_more_blobs_than_a_pipe_holds_come_in_their_order(tmp_path: Path) -> None:
    """Five thousand questions in a row are answered one by one, in their order."""
    log = start_log(tmp_path / "log")
    blobs = [file.blob for file in git.list_tree(log.root, "HEAD")] * 1250
    assert [name for name, _ in iter_blobs(log.root, blobs)] == blobs


def test_a_folder_without_repository_is_said(tmp_path: Path) -> None:
    """There is an error that names the folder, and what to do."""
    with pytest.raises(NoLogError) as caught:
        git.head_of(tmp_path)
    assert str(tmp_path) in caught.value.message
    assert "git init" in caught.value.remedy


def test_the_users_own_settings_of_git_change_nothing(tmp_path: Path) -> None:
    """Colours, other renames, an order of files and signatures in the log leave the answer as it is."""
    log = start_log(tmp_path / "log")
    log.change(PATH, LATER)
    log.commit("2026-03-05T12:00:00+08:00")
    before = git.list_commits(log.root, ["records"])
    log.write("order", "records/interactions/*\n")
    for name, value in [
        ("color.ui", "always"), ("log.showSignature", "true"), ("diff.renames", "copies"), ("diff.orderFile", "order"),
        ("log.diffMerges", "separate"), ("core.abbrev", "5"), ("diff.noprefix", "true"), ("log.follow", "true"),
        ("diff.relative", "true"), ("format.pretty", "oneline"), ("log.decorate", "full"), ("log.date", "iso"),
    ]:  # fmt: skip
        log.git("config", name, value)
    assert git.list_commits(log.root, ["records"]) == before
    assert len(git.list_file_commits(log.root, PATH)) == 2
