"""`commlog history`, `commlog audit` and `--as-of` in the shell."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.recorded_log import LATER, LI, PATH, RecordedLog, start_log

ENTRY = "      - {at: 2026-03-03T10:00:00+08:00, by: li, status: in_progress, note: 客户催}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log with two commits: a visit, and its promise moved by a member whose claim is nine days older."""
    log = start_log(tmp_path / "log")
    log.change(PATH, LATER, ("    status: open\n", "    status: in_progress\n"))
    log.write(PATH, (log.root / PATH).read_text(encoding="utf-8") + ENTRY)
    log.commit("2026-03-12T10:00:00+08:00", LI)
    return log.root


def lines_of(answer: Any) -> list[str]:
    assert answer.returncode == 0, answer.stderr.decode()
    return answer.stdout.decode().splitlines()


def test_history_speaks_in_the_teams_words(program: Any, folder: Path) -> None:
    """Labels, choices, names of members and short times; the claim that is far from its commit is marked."""
    commit = RecordedLog(folder).git("rev-parse", "HEAD")[:10]
    assert lines_of(program("history", "20260302-aaaaaa", "--language", "en"))[:7] == [
        f"20260302-aaaaaa  {PATH}",
        "",
        f"2026-03-12 10:00  李静  {commit}",
        "  Follow-up 2 · Due: 03-16 18:00 → 03-18 18:00",
        "  Follow-up 2 · Status: Open → In progress",
        "    ↳ 客户催",
        "  ! claimed 03-03, committed 03-12",
    ]


def test_a_contact_of_a_customer_is_named_in_words(program: Any, folder: Path) -> None:
    """A value inside a list has the labels of the list and of the field, in history with its place."""
    log = RecordedLog(folder)
    log.change("records/customers/acme.yaml", ("13800000001", "13900000002"))
    log.commit("2026-03-13T10:00:00+08:00")
    assert "  Contacts 1 · Phone: 138****0001 → 139****0002" in lines_of(program("history", "acme"))
    assert "Contacts · Phone  138****0001  139****0002" in " ".join(lines_of(program("audit", "--limit", "1")))
    revealed = "\n".join(lines_of(program("history", "acme", "--reveal")))
    assert "13800000001 → 13900000002" in revealed


def test_long_texts_are_shown_where_they_part(program: Any, folder: Path) -> None:
    """Of a text too long for a line, both versions stand below each other from shortly before the difference."""
    log = RecordedLog(folder)
    long = "a long text that says the same for quite a while and then goes on, "
    log.change(PATH, ("summary: s\n", f"summary: {long * 3}until here\n"))
    log.commit("2026-03-13T10:00:00+08:00")
    log.change(PATH, ("until here", "until there"))
    log.commit("2026-03-14T10:00:00+08:00")
    lines = lines_of(program("history", "20260302-aaaaaa", "--language", "en"))
    assert lines[4].startswith("    − …")
    assert lines[4].endswith("until here")
    assert lines[5].endswith("until there")


def test_history_speaks_chinese(program: Any, folder: Path) -> None:
    """Fields, choices and the words around them are Chinese."""
    text = "\n".join(lines_of(program("history", "20260302-aaaaaa", "--language", "zh")))
    assert "跟进 2 · 完成期限: 03-16 18:00 → 03-18 18:00" in text
    assert "committed" not in text
    assert "created" not in text


def test_reverse_turns_it_round(program: Any, folder: Path) -> None:
    """The oldest commit comes first, what is not committed last."""
    RecordedLog(folder).change(PATH, ("subject: 回访", "subject: 电话"))
    newest = json.loads(program("history", "20260302-aaaaaa", "--format", "json").stdout)
    oldest = json.loads(program("history", "20260302-aaaaaa", "--format", "json", "--reverse").stdout)
    assert [one["commit"] is None for one in newest] == [True, False, False]
    assert oldest == newest[::-1]


def test_json_and_json_lines_agree(program: Any, folder: Path) -> None:
    """Each revision is an object with the fields it changed, the same in both formats."""
    told = json.loads(program("history", "aaaaaa", "--format", "json", "--field", "due").stdout)
    lines = lines_of(program("history", "aaaaaa", "--format", "jsonl", "--field", "due"))
    assert [json.loads(line) for line in lines] == told
    assert told[0]["by"] == "li"
    assert told[0]["fields"] == [
        {
            "field": "followups.due",
            "n": 2,
            "label": "Follow-up 2 · Due",
            "change": "changed",
            "before": "2026-03-16T18:00:00+08:00",
            "after": "2026-03-18T18:00:00+08:00",
            "claimed_at": "2026-03-03T10:00:00+08:00",
            "claim_differs": True,
        }
    ]


@pytest.mark.parametrize("command", [("history", "20260302-aaaaaa"), ("audit",)])
def test_hostile_names_do_not_steer_the_terminal(program: Any, folder: Path, command: tuple[str, ...]) -> None:
    """Escape sequences and turned text in an author's name, a value and an error come out as escapes."""
    log = RecordedLog(folder)
    log.change(PATH, ("subject: 回访", 'subject: "x\\u202Ey\\x1B[31m"'))
    log.commit("2026-03-13T10:00:00+08:00", "Eve\x1b[2J\u202e <eve@example.com>", "\x1b]0;title\x07")
    log.write(PATH, "a: \u202e [\n")
    log.commit("2026-03-14T10:00:00+08:00")
    answer = program(*command)
    assert answer.returncode == 0
    for text in (answer.stdout.decode(), answer.stderr.decode()):
        assert not any(character in text for character in "\x1b\u202e\x07")
    assert "Eve\\x1b[2J\\u202e" in answer.stdout.decode()


def test_audit_is_a_listing_like_any_other(program: Any, folder: Path) -> None:
    """Table, JSON, TSV and ids tell the same changes; fields in data are keys, in a table they are words."""
    told = json.loads(program("audit", "customer:acme", "--field", "due,status", "--format", "json").stdout)
    assert [(row["record"], row["n"], row["field"], row["before"]) for row in told[:2]] == [
        ("20260302-aaaaaa", 2, "followups.due", "2026-03-16T18:00:00+08:00"),
        ("20260302-aaaaaa", 2, "followups.status", "open"),
    ]
    head, *rows = lines_of(program("audit", "customer:acme", "--field", "due,status", "--format", "tsv"))
    assert head.split("\t") == list(told[0])
    assert len(rows) == len(told)
    table = lines_of(program("audit", "--since", "2026-03-12", "--language", "en"))
    assert "Follow-up 2 · Due" in table[2]
    assert "20260302-aaaaaa/2" in table[2]
    assert lines_of(program("audit", "--format", "ids", "--limit", "1")) == ["20260302-aaaaaa"]
    assert lines_of(program("audit", "--columns", "by,field", "--format", "csv", "--limit", "1")) == [
        "by,field",
        "li,followups.due",
    ]


def test_whole_follow_ups_are_json_text_where_a_cell_is_text(program: Any, folder: Path) -> None:
    """A follow-up that was taken away is an object in JSON, and the same object as text in TSV."""
    log = RecordedLog(folder)
    log.write(PATH, (folder / PATH).read_text(encoding="utf-8").partition("followups:\n")[0])
    log.commit("2026-03-13T10:00:00+08:00")
    (told,) = json.loads(program("audit", "--since", "2026-03-13", "--format", "json").stdout)
    assert (told["change"], told["before"]["action"]) == ("removed", "报价")
    head, row = lines_of(program("audit", "--since", "2026-03-13", "--format", "tsv"))
    cell = dict(zip(head.split("\t"), row.split("\t"), strict=True))["before"]
    assert json.loads(cell.replace("\\\\", "\\")) == told["before"]


@pytest.mark.parametrize(("words", "code"), [(("history", "nobody"), 4), (("history", "aaaaaa", "--format", "csv"), 2),
                                            (("history", "aaaaaa", "--field", "nonsense"), 2), (("audit", "--since", "x"), 2),
                                            (("audit", "--columns", "x"), 2), (("pending", "--as-of", "--help"), 4),
                                            (("pending", "--as-of", "2026-02-01"), 4), (("pending", "--as-of", "2026-02-31"), 2)])  # fmt: skip
def test_mistakes_have_their_exit_codes(program: Any, folder: Path, words: tuple[str, ...], code: int) -> None:
    """What is not there is 4, what is not understood is 2; nothing is on stdout."""
    answer = program(*words)
    assert (answer.returncode, answer.stdout) == (code, b"")


@pytest.mark.parametrize("words", [("history", "20260302-aaaaaa"), ("audit",), ("pending", "--as-of", "HEAD")])
def test_without_a_repository_the_exit_code_is_7(program: Any, folder: Path, words: tuple[str, ...]) -> None:
    """The error says that there is no repository, and how to make one."""
    (folder / ".git").rename(folder.parent / "elsewhere")
    answer = program(*words)
    assert answer.returncode == 7
    assert "git init" in answer.stderr.decode()


@pytest.mark.parametrize("words", [("history", "20260302-aaaaaa"), ("audit",)])
def test_a_shallow_clone_is_told_on_stderr(program: Any, folder: Path, words: tuple[str, ...]) -> None:
    """Who reads the answer learns that older changes are missing."""
    RecordedLog(folder).clone(folder.parent / "shallow", "--depth", "1")
    folder.rename(folder.parent / "whole")
    (folder.parent / "shallow").rename(folder)
    answer = program(*words)
    assert answer.returncode == 0
    assert "shallow" in answer.stderr.decode()


def test_pending_answers_as_of_a_day_and_says_from_which_commit(program: Any, folder: Path) -> None:
    """The due time is the one of that day, the commit is named on stderr, and twice is the same to the byte."""
    environment = {"COMMLOG_MEMBER": "wang"}
    run: Callable[..., Any] = lambda *words: program("pending", "--format", "json", *words, **environment)  # noqa: E731
    first = RecordedLog(folder).git("rev-parse", "HEAD~1")[:10]
    then, again, now = run("--as-of", "2026-03-11"), run("--as-of", "2026-03-11"), run()
    assert [row["due"] for row in json.loads(then.stdout)] == ["2026-03-16T18:00:00+08:00"]
    assert [row["due"] for row in json.loads(now.stdout)] == ["2026-03-18T18:00:00+08:00"]
    assert then.stdout == again.stdout
    assert first in then.stderr.decode()
    assert json.loads(then.stdout)[0]["is_overdue"] is False
