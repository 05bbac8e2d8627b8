"""Files that are no records: named on stderr, counted in the exit code, never hidden, never changed."""

from typing import Any

import pytest

MERGE = """\
id: 20260310-7f3kq2
<<<<<<< HEAD
template: service
=======
template: visit
>>>>>>> theirs
"""

# What a file holds, the line the check points to (0 for none), and what it says.
UNREADABLE: dict[str, tuple[bytes, int, str]] = {
    "gbk": ("id: 20260310-7f3kq2\nsubject: 空调".encode("gbk"), 2, "not UTF-8 text"),
    "utf16": ("id: 20260310-7f3kq2\n".encode("utf-16"), 1, "UTF-16"),
    "utf16 without mark": ("id: 20260310-7f3kq2\n".encode("utf-16-le"), 1, "UTF-16"),
    "bom": (b"\xef\xbb\xbfid: 20260310-7f3kq2\n", 1, "byte order mark"),
    "crlf": (b"id: 20260310-7f3kq2\r\ntemplate: service\r\n", 1, "CR LF"),
    "nul": (b"id: 20260310-7f3kq2\nsubject: a\0b\n", 2, "U+0000"),
    "escape": (b"id: 20260310-7f3kq2\nsubject: \x1b[2J\n", 2, "U+001B"),
    "tab": (b"id: 20260310-7f3kq2\nfollowups:\n\t- n: 1\n", 3, "tab"),
    "duplicate key": (b"id: 20260310-7f3kq2\nsubject: a\nsubject: b\n", 3, "first on line 2"),
    "merge": (MERGE.encode(), 2, "conflict markers"),
    "tag": (b"id: 20260310-7f3kq2\nsubject: !!python/object/apply:os.system [ls]\n", 2, "tag"),
    "alias": (b"id: &a 20260310-7f3kq2\nsubject: *a\n", 1, "anchor or alias"),
    "laughs": (
        b"a: &a [x, x]\n"
        + b"".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n".encode() for n in range(20)),
        1,
        "anchor or alias",
    ),
    "deep flow": (b"id: x\na: " + b"[" * 100_000 + b"]" * 100_000, 2, "nested too deep"),
    "deep block": (b"a:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, 900)), 0, "nested too deep"),
    "empty": (b"", 1, "is empty"),
    "blank": (b"\n\n", 1, "is empty"),
    "comment": (b"# nothing\n", 1, "not a mapping"),
    "huge": (b"id: x\nsubject: " + b"x" * 50_000_000, 0, "too large"),
    "several": (b"id: a\n---\nid: b\n", 2, "several YAML documents"),
    "list": (b"- a\n- b\n", 1, "not a mapping"),
    "word": (b"hello\n", 1, "not a mapping"),
    "number key": (b"id: 20260310-7f3kq2\n1: a\n", 2, "not text"),
    "unclosed quote": (b'id: 20260310-7f3kq2\nsubject: "a\n', 0, "not closed"),
    "unclosed bracket": (b"id: 20260310-7f3kq2\ntags: [a, b\n", 0, "not closed"),
    "surrogate": (b'id: 20260310-7f3kq2\ntemplate: service\nsubject: "\\ud800"\n', 3, ""),
    "no template": (b"id: 20260310-7f3kq2\n", 1, "has no template"),
    "unknown template": (b"id: 20260310-7f3kq2\ntemplate: servce\n", 2, "did you mean 'service'"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_check_names_the_file_the_line_and_the_remedy(log: Any, case: str) -> None:
    """Each kind of unreadable file makes `check` end with 3, naming file, line, fault and remedy."""
    content, line, words = UNREADABLE[case]
    log.write(log.bad, content)
    before = log.files()
    answer = log.run("check")
    assert answer.code == 3
    place = f"{log.bad}:{line}:" if line else f"{log.bad}"
    first = next(row for row in answer.stdout.splitlines() if row.startswith(place))
    assert words in answer.stdout
    assert "error: " in first
    assert "→" in answer.stdout
    assert len(answer.stdout) < 2_000
    assert "\x1b" not in answer.stdout
    assert "1 error" in answer.stderr
    assert log.files() == before


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_listing_answers_without_it_and_says_so(log: Any, case: str) -> None:
    """Each kind of unreadable file is left out of a listing with a warning that names it, and exit code 6."""
    log.write(log.bad, UNREADABLE[case][0])
    before = log.files()
    for words in (("list", "--format", "ids"), ("pending", "--format", "ids")):
        answer = log.run(*words)
        assert answer.code == 6
        assert log.good_id in answer.stdout
        assert log.bad_id not in answer.stdout
        assert log.bad in answer.stderr
    assert log.files() == before


@pytest.mark.parametrize("case", UNREADABLE)
def test_it_is_told_again_when_the_copy_is_warm(log: Any, case: str) -> None:
    """The second call, which reads nothing anew, says the same as the first, and as one without the copy."""
    log.write(log.bad, UNREADABLE[case][0])
    first = log.run("check"), log.run("list")
    second = log.run("check"), log.run("list")
    assert first == second


@pytest.mark.parametrize(
    "words",
    [("show", "20260310-7f3kq2"), ("done", "20260310-7f3kq2/1", "--result", "x"), ("thread", "20260310-7f3kq2")],
)
def test_a_conflict_of_git_is_exit_code_5_for_the_record_itself(log: Any, words: tuple[str, ...]) -> None:
    """A command on a record that holds merge markers ends with 5, points to the marker, and leaves the file alone."""
    log.write(log.bad, MERGE)
    before = log.files()
    answer = log.run(*words)
    assert answer.code == 5
    assert f"{log.bad}:2:1" in answer.stderr
    assert "delete the markers" in answer.stderr
    assert log.files() == before


def test_one_bad_file_among_hundreds(log: Any) -> None:
    """Every other record still answers, also when many files are read by several processes."""
    good = log.record.replace("followups:", "extra: {}\nfollowups:")
    for number in range(500):
        record_id = f"20260311-aaa{number:03}"
        log.write(f"records/interactions/2026/03/{record_id}.yaml", good.replace(log.bad_id, record_id))
    log.write(log.bad, MERGE)
    answer = log.run("list", "--format", "ids")
    assert answer.code == 6
    assert len(answer.stdout.split()) == 501
    assert answer.stderr.count(log.bad) == 1
