"""A log as it stood at a day or a commit."""

from datetime import datetime
from pathlib import Path

import pytest

from commlog.errors import InvalidError, NoLogError, NotFoundError, NotWritableError, UsageError
from commlog.followups.pending import list_follow_ups
from commlog.output.listing import Page
from commlog.team.past_log import KEPT, find_past, open_past
from commlog.workspace import Workspace
from tests.recorded_log import LATER, LI, PATH, SETTINGS, VISIT, RecordedLog, start_log


@pytest.fixture
def log(tmp_path: Path) -> RecordedLog:
    """A log whose one promise was moved on 5 March at 20:00 and kept on 10 March at 23:59:59."""
    log = start_log(tmp_path / "log")
    log.change(PATH, LATER)
    log.commit("2026-03-05T20:00:00+08:00", LI)
    log.change(PATH, ("    status: open\n", "    status: done\n    result: ok\n"))
    log.commit("2026-03-10T23:59:59+08:00")
    return log


def past_of(log: RecordedLog, text: str) -> Workspace:
    workspace = log.workspace()
    return open_past(workspace, find_past(workspace, text))


def dues(workspace: Workspace) -> list[object]:
    listing = list_follow_ups(workspace, "", [], Page())
    return [row[listing.columns.index("due")] for row in listing.rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-04", ["2026-03-16T18:00:00+08:00"]),
        ("2026-03-05", ["2026-03-18T18:00:00+08:00"]),
        ("2026-03-05 19:59", ["2026-03-16T18:00:00+08:00"]),
        ("2026-03-05T12:00:00Z", ["2026-03-18T18:00:00+08:00"]),
        ("2026-03-10", []),
        ("昨天", []),
        ("HEAD~2", ["2026-03-16T18:00:00+08:00"]),
        ("HEAD~1", ["2026-03-18T18:00:00+08:00"]),
        ("main", []),
    ],
)
def test_the_answer_is_as_it_stood(log: RecordedLog, text: str, expected: list[str]) -> None:
    """A day counts to its last second in the log's zone; an instant and a commit are what they say."""
    assert dues(past_of(log, text)) == expected


def test_the_instant_is_the_end_of_the_day_or_the_commits_own(log: RecordedLog) -> None:
    """Overdue is what was overdue then."""
    assert past_of(log, "2026-03-04").now.isoformat() == "2026-03-04T23:59:59+08:00"
    assert past_of(log, "HEAD~1").now.isoformat() == "2026-03-05T20:00:00+08:00"
    workspace = log.workspace()
    given = datetime.fromisoformat("2026-04-01T00:00:00+08:00")
    assert open_past(workspace, find_past(workspace, "2026-03-04"), given).now == given


def test_settings_and_templates_are_those_of_the_past(log: RecordedLog) -> None:
    """A member and a form that came later are not there, a calendar that was there is."""
    log.write("commlog.yaml", SETTINGS.replace("language: en", "language: zh") + "  - {id: new, name: 新人}\n")
    log.write("calendar.yaml", "off:\n  2026-03-04: x\n")
    log.write("schemas/own.schema.json", (Path(__file__).parents[2] / "schemas/visit.schema.json").read_text("utf-8"))
    log.commit("2026-03-12T10:00:00+08:00")
    before, after = past_of(log, "2026-03-11"), past_of(log, "2026-03-12")
    assert (before.log.settings.find_member("new"), "own" in before.catalog.names()) == (None, False)
    assert after.log.settings.find_member("new") is not None
    assert "own" in after.catalog.names()
    assert not after.log.settings.calendar.is_working_day(datetime(2026, 3, 4).date())


def test_work_that_is_not_committed_is_no_part_and_stays(log: RecordedLog) -> None:
    """The answer is from the commit alone; the work tree and git's index are as they were."""
    log.change(PATH, ("status: done", "status: open"))
    log.write(PATH.replace("aaaaaa", "bbbbbb"), VISIT.replace("aaaaaa", "bbbbbb"))
    status = log.git("status", "--porcelain")
    assert dues(past_of(log, "HEAD")) == []
    assert log.git("status", "--porcelain") == status
    assert len(dues(log.workspace())) == 2


def test_the_second_answer_is_the_first_one(log: RecordedLog) -> None:
    """A state is written once; asked again, nothing in it changes."""
    first = past_of(log, "2026-03-04")
    answer = list_follow_ups(first, "", [], Page())
    files = {path: path.stat().st_mtime_ns for path in (first.log.root / "records").rglob("*.yaml")}
    second = past_of(log, "2026-03-04")
    assert list_follow_ups(second, "", [], Page()) == answer
    assert {path: path.stat().st_mtime_ns for path in (second.log.root / "records").rglob("*.yaml")} == files


def test_only_the_last_states_are_kept(log: RecordedLog) -> None:
    """However many states are asked for, a few stay, the one in use among them."""
    for number in range(KEPT + 3):
        log.write("commlog.yaml", SETTINGS + f"# {number}\n")
        log.commit(f"2026-03-1{number + 1}T10:00:00+08:00")
        root = past_of(log, "HEAD").log.root
        assert root.is_dir()
        assert len(list((log.root / ".commlog/past").iterdir())) <= KEPT


def test_a_log_in_a_folder_of_a_repository_has_its_own_past(tmp_path: Path) -> None:
    """Only the log's folder is taken, and a commit before it began holds no log."""
    top = start_log(tmp_path / "top")
    for path in ("commlog.yaml", PATH):
        top.write(f"log/{path}", (top.root / path).read_text("utf-8"))
    top.commit("2026-03-05T10:00:00+08:00")
    inner = RecordedLog(top.root / "log")
    assert len(dues(past_of(inner, "HEAD"))) == 1
    with pytest.raises(NoLogError, match="it has no commlog"):
        past_of(inner, "HEAD~1")


def test_a_commit_without_settings_is_an_error(log: RecordedLog) -> None:
    """A commit from before the log says that it holds none."""
    log.git("rm", "-q", "commlog.yaml")
    commit = log.commit("2026-03-12T10:00:00+08:00")
    log.git("checkout", "-q", "HEAD~1", "--", "commlog.yaml")
    with pytest.raises(NoLogError) as caught:
        past_of(log, commit)
    assert commit[:10] in caught.value.message


@pytest.mark.parametrize(
    "text",
    ["--all", "-x", "no-such-branch", "main..HEAD", "$(touch x)", "`id`", "'; rm", "HEAD:commlog.yaml", "\x1b[31m"],
)
def test_words_that_name_no_commit_are_refused(log: RecordedLog, text: str) -> None:
    """Options, ranges and whatever else is no commit end in one error."""
    with pytest.raises(NotFoundError):
        find_past(log.workspace(), text)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "2026-03-05T25:00"])
def test_a_day_that_is_none_is_refused(log: RecordedLog, text: str) -> None:
    """What has the form of a day is never taken for a branch."""
    with pytest.raises(UsageError):
        find_past(log.workspace(), text)


def test_a_day_before_the_first_commit_is_an_error(log: RecordedLog, tmp_path: Path) -> None:
    """It says that nothing is that old, and in a shallow clone why."""
    with pytest.raises(NotFoundError, match="no commit of this branch"):
        find_past(log.workspace(), "2026-03-01")
    shallow = log.clone(tmp_path / "shallow", "--depth", "1")
    with pytest.raises(NotFoundError, match="shallow"):
        find_past(shallow.workspace(), "2026-03-04")


def test_before_the_first_commit_there_is_no_past(tmp_path: Path) -> None:
    """A repository without commits says so; a log without repository too."""
    with pytest.raises(NotFoundError, match="no commit yet"):
        find_past(start_log(tmp_path / "log", commits=False).workspace(), "2026-03-04")
    bare = RecordedLog(tmp_path / "bare")
    bare.write("commlog.yaml", "timezone: UTC\n")
    with pytest.raises(NoLogError):
        find_past(bare.workspace(), "HEAD")


def test_a_detached_head_is_the_branch_one_is_on(log: RecordedLog) -> None:
    """With an older commit checked out, days are counted along its own past."""
    log.git("checkout", "-q", "--detach", "HEAD~1")
    assert dues(past_of(log, "2026-03-15")) == ["2026-03-18T18:00:00+08:00"]


def test_an_unreadable_record_of_the_past_is_not_hidden(log: RecordedLog) -> None:
    """A record that was broken then is named as left out, and a link is no way out of the log."""
    log.write(PATH, "a: [\n")
    (log.root / "records/customers/link.yaml").symlink_to("/etc/hostname")
    log.commit("2026-03-12T10:00:00+08:00")
    past = past_of(log, "HEAD")
    assert past.unreadable_files() == ["records/customers/link.yaml", PATH]
    assert not (past.log.root / "records/customers/link.yaml").is_symlink()


def test_broken_settings_of_the_past_are_an_error(log: RecordedLog) -> None:
    """A state whose settings had mistakes cannot be answered from."""
    log.write("commlog.yaml", "timezone: Nowhere/Land\n")
    log.commit("2026-03-12T10:00:00+08:00")
    log.write("commlog.yaml", SETTINGS)
    with pytest.raises(InvalidError):
        past_of(log, "HEAD")


def test_a_place_that_takes_no_files_is_an_error(log: RecordedLog) -> None:
    """When the state folder cannot hold the past, that is said."""
    (log.root / ".commlog").mkdir()
    (log.root / ".commlog/past").write_text("", encoding="utf-8")
    with pytest.raises(NotWritableError):
        past_of(log, "HEAD")
