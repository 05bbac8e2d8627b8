"""The history of one record as field changes."""

from base64 import b64encode
from pathlib import Path

import pytest

from commlog.errors import NoLogError, NotFoundError, UsageError
from commlog.messages import use_language
from commlog.team.history import read_history
from commlog.team.rules.field_change import FieldChange, History
from tests.recorded_log import ACME, LATER, LI, PATH, VISIT, RecordedLog, start_log

RECORD = "20260302-aaaaaa"


@pytest.fixture
def log(tmp_path: Path) -> RecordedLog:
    """A committed log."""
    return start_log(tmp_path / "log")


def history_of(log: RecordedLog, record: str = RECORD, fields: str = "", *, reveal: bool = False) -> History:
    return read_history(log.workspace(), record, fields, reveal=reveal)


def told(history: History) -> list[tuple[str, ...]]:
    """Each revision's kind, followed by its fields."""
    return [(revision.kind, *(change.field for change in revision.changes)) for revision in history.revisions]


def test_a_change_has_its_field_its_values_and_who_made_it(log: RecordedLog) -> None:
    """A follow-up is named by its own number; the author is the member who has the address, whatever the name."""
    log.change(PATH, LATER)
    commit = log.commit("2026-03-05T12:00:00+00:00", LI)
    newest, oldest = history_of(log).revisions
    assert newest.changes == (
        FieldChange("changed", ("followups", 2, "due"), "2026-03-16T18:00:00+08:00", "2026-03-18T18:00:00+08:00"),
    )
    assert (newest.by, newest.author, newest.commit) == ("li", "Li Jing", commit)
    assert newest.at is not None
    assert newest.at.isoformat() == "2026-03-05T20:00:00+08:00"
    assert (oldest.kind, oldest.by) == ("created", "wang")


def test_what_is_not_committed_is_the_newest(log: RecordedLog) -> None:
    """A change in the work tree stands before all commits, with no commit and nobody's name."""
    log.change(PATH, LATER)
    newest = history_of(log).revisions[0]
    assert told(history_of(log))[0] == ("changed", "followups.due")
    assert (newest.commit, newest.at, newest.by) == ("", None, None)


def test_a_log_without_commits_has_what_is_in_the_work_tree(tmp_path: Path) -> None:
    """Before the first commit a record is created, and not committed."""
    log = start_log(tmp_path / "log", commits=False)
    (revision,) = history_of(log).revisions
    assert (revision.kind, revision.commit) == ("created", "")


def test_a_file_that_git_does_not_know_is_new(log: RecordedLog) -> None:
    """A record beside the commits is created, and not committed."""
    log.write(PATH.replace("aaaaaa", "bbbbbb"), VISIT.replace("aaaaaa", "bbbbbb"))
    assert [(one.kind, one.commit) for one in history_of(log, "20260302-bbbbbb").revisions] == [("created", "")]


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_renamed_customer_keeps_the_past(log: RecordedLog, is_committed: bool) -> None:
    """A file under a new name has the commits of the old one, and says where it was, committed or only staged."""
    log.change("records/customers/acme.yaml", ("艾克米公司", "艾克米"))
    log.commit("2026-03-03T10:00:00+08:00")
    log.git("mv", "records/customers/acme.yaml", "records/customers/acme-cn.yaml")
    log.change("records/customers/acme-cn.yaml", ("id: acme", "id: acme-cn"))
    if is_committed:
        log.commit("2026-03-04T10:00:00+08:00")
    history = history_of(log, "acme-cn")
    assert told(history) == [("moved", "id"), ("changed", "name"), ("created",)]
    assert history.revisions[0].former == "records/customers/acme.yaml"
    assert bool(history.revisions[0].commit) is is_committed


def test_a_version_that_cannot_be_read_is_said_and_hides_nothing(log: RecordedLog) -> None:
    """A commit with broken YAML has its reason and line; what changed meanwhile is told by the next one that is sound."""
    log.write(PATH, "id: [\n")
    log.commit("2026-03-03T10:00:00+08:00")
    log.write(PATH, "still: [broken\n")
    log.commit("2026-03-04T10:00:00+08:00")
    log.write(PATH, VISIT.replace(*LATER))
    log.commit("2026-03-05T10:00:00+08:00")
    history = history_of(log)
    assert told(history) == [("changed", "followups.due"), ("unreadable",), ("unreadable",), ("created",)]
    assert "line " in history.revisions[1].problem
    assert [one.kind for one in history_of(log, fields="due").revisions] == [
        "changed",
        "unreadable",
        "unreadable",
        "created",
    ]


def test_markers_of_a_merge_in_the_work_tree_are_said(log: RecordedLog) -> None:
    """A file between two sides of a merge is a version that cannot be read, not committed."""
    log.write(PATH, VISIT.replace("summary: s\n", "<<<<<<< ours\nsummary: a\n=======\nsummary: b\n>>>>>>> theirs\n"))
    newest = history_of(log).revisions[0]
    assert (newest.kind, newest.commit) == ("unreadable", "")
    assert "conflict markers" in newest.problem


def test_a_deleted_record_is_found_by_its_full_id(log: RecordedLog) -> None:
    """Its history ends with who deleted it; a beginning of its id names nothing."""
    (log.root / PATH).unlink()
    assert told(history_of(log)) == [("deleted",), ("created",)]
    log.commit("2026-03-05T12:00:00+08:00", LI)
    history = history_of(log)
    assert (told(history), history.revisions[0].by) == ([("deleted",), ("created",)], "li")
    with pytest.raises(NotFoundError):
        history_of(log, "20260302-aa")


def test_a_merge_tells_what_is_of_its_own_and_no_change_twice(log: RecordedLog) -> None:
    """Two branches are told by their commits; of the merge itself only a value that neither of them had."""
    log.git("checkout", "-q", "-b", "side")
    log.change(PATH, LATER)
    log.commit("2026-03-03T10:00:00+08:00", LI)
    log.git("checkout", "-q", "main")
    log.change(PATH, ("agent: wang", "agent: li"))
    log.commit("2026-03-04T10:00:00+08:00")
    log.git("merge", "-q", "--no-commit", "side", at="2026-03-05T10:00:00+08:00")
    log.change(PATH, ("subject: 回访", "subject: 合并"))
    log.commit("2026-03-05T10:00:00+08:00")
    history = history_of(log)
    assert told(history) == [
        ("changed", "subject"), ("changed", "agent"), ("changed", "followups.due"), ("created",)
    ]  # fmt: skip
    assert (history.revisions[0].changes[0].before, history.revisions[0].changes[0].after) == ("回访", "合并")


def test_a_merge_that_only_joins_is_silent(log: RecordedLog) -> None:
    """A merge whose every value is of one of its sides is no revision."""
    log.git("checkout", "-q", "-b", "side")
    log.change(PATH, LATER)
    log.commit("2026-03-03T10:00:00+08:00", LI)
    log.git("checkout", "-q", "main")
    log.change(PATH, ("subject: 回访", "subject: 电话"))
    log.commit("2026-03-04T10:00:00+08:00")
    log.git("merge", "-q", "-m", "merge", "side", at="2026-03-05T10:00:00+08:00")
    assert told(history_of(log)) == [("changed", "subject"), ("changed", "followups.due"), ("created",)]


def test_back_dating_is_visible(log: RecordedLog) -> None:
    """What an entry of the history claims stands beside the changes it tells of, and the commit's time beside it."""
    entry = "      - {at: 2026-03-03T10:00:00+08:00, by: wang, status: done, note: 已报价}\n"
    log.change(PATH, ("    status: open\n", "    status: done\n    result: ok\n"))
    log.write(PATH, (log.root / PATH).read_text(encoding="utf-8") + entry)
    log.commit("2026-03-12T10:00:00+08:00")
    newest = history_of(log).revisions[0]
    assert {change.claimed_at for change in newest.changes} == {"2026-03-03T10:00:00+08:00"}
    assert {change.field for change in newest.changes} == {
        "followups.status", "followups.result", "followups.history"
    }  # fmt: skip
    assert newest.committed_at is not None
    assert newest.committed_at.isoformat() == "2026-03-12T10:00:00+08:00"


def test_an_entry_of_the_history_that_was_changed_is_a_change(log: RecordedLog) -> None:
    """Who rewrites what the history of a follow-up says is found in the past of the file."""
    log.change(PATH, ("at: 2026-03-02T09:30:00+08:00, by: wang", "at: 2026-03-02T09:30:00+08:00, by: li"))
    log.commit("2026-03-05T10:00:00+08:00")
    (change,) = history_of(log).revisions[0].changes
    assert (change.field, change.before, change.after) == ("followups.history.by", "wang", "li")


@pytest.mark.parametrize("words", ["due", "followups.due", "完成期限", "期限", "Due", "owner,due"])
def test_one_field_is_asked_for_by_key_or_label(log: RecordedLog, words: str) -> None:
    """Only its changes are left, and the value a record began with."""
    log.change(PATH, LATER)
    log.commit("2026-03-05T10:00:00+08:00")
    log.change(PATH, ("subject: 回访", "subject: 电话"))
    log.commit("2026-03-06T10:00:00+08:00")
    history = history_of(log, fields=words)
    assert [revision.kind for revision in history.revisions] == ["changed", "created"]
    assert "followups.due" in told(history)[1]


def test_a_field_that_no_form_has_is_refused(log: RecordedLog) -> None:
    """A misspelt field is an error that names the nearest, not an empty answer."""
    with pytest.raises(UsageError) as caught:
        history_of(log, fields="ownr")
    assert "owner" in caught.value.remedy


def test_a_whole_follow_up_that_is_added_is_one_change(log: RecordedLog) -> None:
    """It comes under its number with all it says; one that is taken away likewise."""
    second = VISIT.partition("followups:\n")[2].replace("n: 2", "n: 7")
    log.write(PATH, VISIT + second)
    log.commit("2026-03-05T10:00:00+08:00")
    log.write(PATH, VISIT.partition("followups:\n")[0])
    log.commit("2026-03-06T10:00:00+08:00")
    gone, added, _ = history_of(log).revisions
    assert [(change.kind, change.path) for change in added.changes] == [("added", ("followups", 7))]
    assert added.changes[0].after["action"] == "报价"
    assert [(change.kind, change.follow_up) for change in gone.changes] == [("removed", 2), ("removed", 7)]


def test_comments_and_order_are_no_field_changes(log: RecordedLog) -> None:
    """A commit that moves no value is told as one, without fields."""
    log.change(PATH, ("template: visit\n", "template: visit  # checked\n"))
    log.commit("2026-03-05T10:00:00+08:00")
    assert told(history_of(log)) == [("changed",), ("created",)]


def test_personal_data_is_masked_unless_revealed(log: RecordedLog) -> None:
    """A contact's number, and a number in free text, are covered before and after."""
    log.change("records/customers/acme.yaml", ("13800000001", "13900000002"))
    log.change(PATH, ("summary: s", "summary: 打 13700000003"))
    log.commit("2026-03-05T10:00:00+08:00", message="call 13700000003")
    for record in ("acme", RECORD):
        covered = repr(history_of(log, record).revisions)
        assert not any(secret in covered for secret in ("13800000001", "13900000002", "13700000003"))
        assert "137****0003" in covered
    revealed = repr(history_of(log, "acme", reveal=True).revisions)
    assert all(secret in revealed for secret in ("13800000001", "13900000002"))


def test_text_of_a_form_that_is_gone_is_masked_whole(log: RecordedLog) -> None:
    """Nobody can tell what was personal in a record whose template is not known."""
    log.change(PATH, ("template: visit", "template: old-form"))
    log.commit("2026-03-05T10:00:00+08:00")
    log.change(PATH, ("subject: 回访", "subject: 秘密"))
    log.commit("2026-03-06T10:00:00+08:00")
    assert "秘密" not in repr(history_of(log).revisions)
    assert "秘密" in repr(history_of(log, reveal=True).revisions)


def test_a_sealed_value_that_stays_shut_changes_unread(log: RecordedLog) -> None:
    """Without a key one sees that it changed, never what stands in the file, revealed or not."""
    for number in (1, 2):
        log.write("records/customers/acme.yaml", ACME.replace('"13800000001"', f"age:{'A' * 60}{number}"))
        log.commit(f"2026-03-0{number + 4}T10:00:00+08:00")
    for reveal in (True, False):
        newest = history_of(log, "acme", reveal=reveal).revisions[0]
        assert [(one.field, one.before, one.after) for one in newest.changes] == [
            ("contacts.phone", "[sealed]", "[sealed]")
        ]
        assert "AAAA" not in repr(newest)


def test_a_value_that_is_sealed_is_read_with_its_key(log: RecordedLog) -> None:
    """For who holds the key, sealing a value is no change of it, and a new value is told like any other."""
    from commlog.privacy.cipher import Sealer
    from commlog.privacy.seal_keys import KeySource

    pyrage = pytest.importorskip("pyrage")
    identity = pyrage.x25519.Identity.generate()

    def sealed(text: str) -> str:
        return "age:" + b64encode(pyrage.encrypt(text.encode(), [identity.to_public()])).decode()

    plain = "records/customers/acme.yaml"
    log.write(plain, ACME.replace('"13800000001"', sealed("13800000001")))
    log.commit("2026-03-05T10:00:00+08:00")
    log.write(plain, ACME.replace('"13800000001"', sealed("13900000002")))
    log.commit("2026-03-06T10:00:00+08:00")
    workspace = log.workspace()
    workspace.reader.make_cipher = lambda root, rules: Sealer(root, rules, KeySource(str(identity)))
    changed, only_sealed, _ = read_history(workspace, "acme", reveal=True).revisions
    assert [(one.before, one.after) for one in changed.changes] == [("13800000001", "13900000002")]
    assert only_sealed.changes == ()


def test_a_shallow_clone_says_that_history_is_cut(log: RecordedLog, tmp_path: Path) -> None:
    """The oldest commit of the clone is told as the cut it is, not as the one that made the record."""
    log.change(PATH, LATER)
    log.commit("2026-03-05T10:00:00+08:00")
    log.change(PATH, ("subject: 回访", "subject: 电话"))
    log.commit("2026-03-06T10:00:00+08:00")
    shallow = log.clone(tmp_path / "shallow", "--depth", "2")
    history = history_of(shallow)
    assert history.is_cut
    assert told(history) == [("changed", "subject"), ("cut",)]
    assert not history_of(log).is_cut


def test_a_detached_head_has_the_past_up_to_it(log: RecordedLog) -> None:
    """With an older commit checked out, later ones are not told."""
    log.change(PATH, LATER)
    log.commit("2026-03-05T10:00:00+08:00")
    log.git("checkout", "-q", "--detach", "HEAD~1")
    assert told(history_of(log)) == [("created",)]


def test_without_a_repository_there_is_an_error(tmp_path: Path) -> None:
    """A log that git does not keep has no past, and that is said."""
    log = RecordedLog(tmp_path)
    log.write("commlog.yaml", "timezone: UTC\n")
    log.write("records/customers/acme.yaml", ACME)
    with pytest.raises(NoLogError):
        history_of(log, "acme")


def test_reasons_are_in_the_language_in_use(log: RecordedLog) -> None:
    """Why a version cannot be read is said in Chinese to who reads Chinese."""
    log.write(PATH, "- a\n")
    log.commit("2026-03-05T10:00:00+08:00")
    english = history_of(log).revisions[0].problem
    use_language("zh")
    assert history_of(log).revisions[0].problem != english
