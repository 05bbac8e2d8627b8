"""Records that can be read and are wrong: every problem at its line, the record still in every answer."""

from typing import Any

import pytest

# What is replaced in the good record by what; where the check points to, and what it says and advises.
WRONG: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "unknown key": ("subject:", "subjet:", "10:", ("no such field", "did you mean 'subject'")),
    "unknown key far from all": (
        "subject:",
        "zzzzzz: 1\nsubject:",
        "10:",
        ("zzzzzz: there is no such field", "extra:"),
    ),
    "missing field": ("summary: 客户来电。\n", "", "1:1", ("summary: is required", "add it")),
    "slug that is none": ("channel: phone", "channel: telephone", "6:10", ("channel: 'telephone'", "phone")),
    "label as value": ("channel: phone", "channel: 电话", "6:10", ("channel: '电话'", "did you mean phone")),
    "number as text": ("subject: 空调安装后不制冷", "subject: 15", "10:10", ("subject: 15 is not", "put it in quotes")),
    "30 February": ("due: 2026-03-13", "due: 2026-02-30", "21:10", ("'2026-02-30' is not", "write ")),
    "month 13": (
        "started_at: 2026-03-10",
        "started_at: 2026-13-01",
        "7:13",
        ("'2026-13-01T14:30:00+08:00' is not", "write "),
    ),
    "no offset": (
        "T14:30:00+08:00",
        "T14:30:00",
        "7:13",
        ("'2026-03-10T14:30:00' is not", "2026-03-10T14:30:00+08:00"),
    ),
    "end before start": ("T14:45:00", "T14:15:00", "8:11", ("is before started_at", "check both times")),
    "recorded before end": (
        "T14:52:00+08:00\nsubject",
        "T14:00:00+08:00\nsubject",
        "9:14",
        ("is before the conversation's end",),
    ),
    "no owner": ("    owner: zhao\n", "", "17:5", ("owner",)),
    "unknown priority": (
        "priority: important",
        "priority: importnt",
        "20:15",
        ("'importnt' is not a priority", "important"),
    ),
    "same number twice": (
        "followups:\n",
        "followups:\n  - {n: 1, action: a, owner: zhao, due: 2026-03-13, status: open}\n",
        "18:8",
        ("the number 1 occurs twice",),
    ),
    "done without result": ("    status: open\n", "    status: done\n", "", ("result",)),
    "id of another file": (
        "id: 20260310-7f3kq2",
        "id: 20260310-zzzzzz",
        "1:5",
        ("differs from the file's name", "rename the file"),
    ),
    "another id than an id": ("id: 20260310-7f3kq2", "id: ../../etc/passwd", "1:5", ("'../../etc/passwd'",)),
    "unknown customer": ("customer: li-na", "customer: li-an", "3:11", ("'li-an' has no file", "near: li-na")),
    "customer outside": ("customer: li-na", "customer: ../li-na", "3:11", ("'../li-na'",)),
    "link to nothing": (
        "followups:",
        "links: [{to: 20260101-aaaaaa, type: follows}]\nfollowups:",
        "16:14",
        ("no record '20260101-aaaaaa'", "ref:"),
    ),
    "link to itself": (
        "followups:",
        "links: [{to: 20260310-7f3kq2, type: relates}]\nfollowups:",
        "16:14",
        ("points to itself",),
    ),
    "huge number": ("  - n: 1\n", "  - n: 1000000000000000000000000\n", "", ("n",)),
    "text as list": ("followups:\n", "tags: 投诉\nfollowups:\n", "16:7", ("tags: 投诉 is not a list",)),
    "list as text": ("subject: 空调安装后不制冷", "subject: [a]", "10:10", ("subject",)),
    "follow-ups as text": (
        "outcome: follow_up\nfollowups:",
        "outcome: resolved\nfollowups: none\nextra:\n x:",
        "16:12",
        ("followups",),
    ),
    "escape in a value": ("subject: 空调安装后不制冷", 'subject: "\\e[31m\\u202eevil"', "", ()),
}


@pytest.mark.parametrize("case", [name for name in WRONG if WRONG[name][2] or WRONG[name][3]])
def test_check_says_what_is_wrong_where_and_what_to_do(log: Any, case: str) -> None:
    """Each wrong value makes `check` end with 3, with file, line, the value and a remedy; no file changes."""
    old, new, place, words = WRONG[case]
    log.spoil(old, new)
    before = log.files()
    answer = log.run("check")
    assert answer.code == 3, answer
    assert f"{log.bad}:{place}" in answer.stdout
    assert all(word in answer.stdout for word in words), answer.stdout
    assert log.good not in answer.stdout
    assert log.files() == before
    assert log.run("check") == answer


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_record_stays_in_every_answer(log: Any, case: str) -> None:
    """A record with a wrong value is listed all the same: what can be read is not hidden."""
    old, new, _, _ = WRONG[case]
    log.spoil(old, new)
    answer = log.run("list", "--format", "json")
    assert answer.code == 0
    assert log.bad in answer.stdout
    assert log.good in answer.stdout


def test_all_problems_of_a_file_are_told_at_once(log: Any) -> None:
    """One call names every wrong value of a record, in the order of its lines."""
    log.spoil("channel: phone", "channel: fone\nmood: sad\nreached: perhaps")
    answer = log.run("check", "--format", "text")
    places = [line.split(": ")[0] for line in answer.stdout.splitlines() if line.startswith(log.bad)]
    assert places == [f"{log.bad}:6:10", f"{log.bad}:7:7", f"{log.bad}:8:10"]
    assert "3 errors in 1 file" in answer.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("list", "--format", "tsv"),
        ("check",),
        ("show", "20260310-7f3kq2"),
        ("pending",),
        ("thread", "20260310-7f3kq2"),
    ],
)
def test_control_characters_reach_no_terminal(log: Any, words: tuple[str, ...]) -> None:
    """Escape sequences and direction marks in values are shown as escapes, on stdout and on stderr."""
    evil = '"\\e[31m\\a\\u202e\\u009b2J\\r\\x08evil"'
    log.spoil("subject: 空调安装后不制冷", f"subject: {evil}\nunknown{chr(0x7F3A)}: {evil}\nmood: {evil}")
    log.write(log.bad, (log.root / log.bad).read_text().replace("action: 上门检测", f"action: {evil}"))
    answer = log.run(*words)
    assert not set("\x1b\a\u202e\u009b\x08\r") & set(answer.stdout + answer.stderr)


def test_a_file_name_with_control_characters_is_shown_harmlessly(log: Any) -> None:
    """A file whose name holds an escape sequence is named with the escape written out."""
    log.write("records/customers/a\x1b[31m\nb.yaml", "- x\n")
    for words in (("list",), ("check",), ("check", "--format", "github")):
        answer = log.run(*words)
        assert answer.code in {3, 6}
        assert "\x1b" not in answer.stdout + answer.stderr
        assert "a\\x1b[31m\\x0ab.yaml" in answer.stdout + answer.stderr


def test_a_file_name_that_is_not_utf8_is_told(log: Any) -> None:
    """A file whose name is not UTF-8 is left out with a warning, and named by check."""
    import os

    folder = log.root / "records/customers"
    (folder / os.fsdecode(b"\xb0\xa2.yaml")).write_text("id: a\n")
    answer = log.run("check")
    assert answer.code == 3
    assert "the file's name is not UTF-8 text" in answer.stdout
    assert log.run("list").code == 6


@pytest.mark.parametrize("number", ["99999999999999999999999", "-1", "1.5", ".inf", "true", "null", "[1]"])
def test_odd_numbers_of_follow_ups_do_no_harm(log: Any, number: str) -> None:
    """Whatever stands for a follow-up's number, listings answer and check points to it."""
    log.spoil("  - n: 1\n", f"  - n: {number}\n")
    assert log.run("pending", "--format", "json").code == 0
    answer = log.run("check")
    assert answer.code == 3
    assert log.bad in answer.stdout


@pytest.mark.parametrize("year", ["0000", "0001", "9999"])
def test_the_ends_of_time_do_no_harm(log: Any, year: str) -> None:
    """Dates at the ends of the calendar are listed, explained or refused, but never a crash."""
    text = log.record.replace("due: 2026-03-13", f"due: {year}-01-01").replace(
        "started_at: 2026", f"started_at: {year}"
    )
    log.write(log.bad, text.replace("ended_at: 2026", f"ended_at: {year}"))
    for words in (("list",), ("pending",), ("pending", "--overdue"), ("check",)):
        assert log.run(*words).code in {0, 3}


def test_an_agent_nobody_knows_is_told_once(log: Any) -> None:
    """Many records of an agent who is no member give one warning, at the first of them, with the count."""
    for name in ("20260310-aaaaaa", "20260310-bbbbbb"):
        text = log.record.replace("20260310-7f3kq2", name).replace("agent: wang", "agent: nobody")
        log.write(f"records/interactions/2026/03/{name}.yaml", text)
    answer = log.run("check")
    assert answer.code == 0
    assert answer.stdout.count("nobody") == 2  # the message, and the line itself
    assert "20260310-aaaaaa.yaml:4:8: warning" in answer.stdout
    assert "(records: 2)" in answer.stdout


@pytest.mark.parametrize("key", ["due", "owner", "priority", "status"])
@pytest.mark.parametrize("value", ["[1]", "1.5", "{a: 1}"])
def test_a_follow_up_with_something_that_is_no_text_is_refused(log: Any, key: str, value: str) -> None:
    """What is given for a new record's follow-up may be anything: the field is named, and nothing is written."""
    given = f"customer: acme\nchannel: phone\nsubject: s\nsummary: s\ncore_request: c\nfollowups:\n  - {{action: a, {key}: {value}}}\n"
    log.write("given.yaml", given)
    answer = log.run("create", "member", "--from", str(log.root / "given.yaml"))
    assert answer.code == 3
    assert f"followups[0].{key}" in answer.stderr
