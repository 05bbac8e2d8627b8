"""The command `commlog summarize`, from its words to its exit code."""

import json

import pytest

from commlog.cli.app import run
from commlog.errors import ExitCode
from tests.build import NOW

VISIT = (
    "id: 20260302-aaa001\ntemplate: visit\ncustomer: anonymous\nagent: wang\ndirection: outbound\nchannel: phone\n"
    "started_at: 2026-03-02T09:00:00+08:00\nrecorded_at: 2026-03-02T09:00:00+08:00\nsubject: s\nsummary: s\n"
    "visit_kind: care\nreached: false\n"
)


@pytest.fixture
def folder(tmp_path):
    """A log with one record that cannot be read."""
    (tmp_path / "commlog.yaml").write_text("timezone: Asia/Shanghai\n", encoding="utf-8")
    records = tmp_path / "records/interactions/2026/03"
    records.mkdir(parents=True)
    (records / "broken.yaml").write_text("a: [", encoding="utf-8")
    return tmp_path


def call(folder, *words):
    """The exit code of a call at the demo instant, in English."""
    return run(["--log", str(folder), "--now", NOW, "--language", "en", "summarize", *words])


def test_an_unreadable_file_is_told_and_changes_the_exit_code(folder, capsys):
    """The answer is given, the file is named on stderr, and the code says that something is missing."""
    assert call(folder, "2026-03", "--format", "json") == ExitCode.UNREADABLE
    out, err = capsys.readouterr()
    assert json.loads(out)["unreadable_files"] == 1
    assert "broken.yaml" in err


def test_an_empty_period_ends_well(folder, capsys):
    """A period without anything is no error; it is said in one sentence, and JSON stays complete."""
    record = folder / "records/interactions/2026/03/broken.yaml"
    record.unlink()
    assert call(folder, "last-month") == ExitCode.DONE
    empty = "Nothing was recorded in 2026-02; the log contains no conversation, issue or survey yet.\n"
    assert capsys.readouterr().out == empty
    record.with_name("20260302-aaa001.yaml").write_text(VISIT, encoding="utf-8")
    for words in (["2026-02"], ["2026-02", "--by", "owner"], ["2026-02", "--format", "markdown"]):
        assert call(folder, *words) == ExitCode.DONE
        told = "Nothing was recorded in 2026-02; the log's first record is from 2026-03-02, its last from 2026-03-02.\n"
        assert capsys.readouterr().out == told
    for words, expected in ((["2026-02", "--compare", "2026-03"], "2026-03"), (["2026-03"], "Conversations")):
        assert call(folder, *words) == ExitCode.DONE
        out = capsys.readouterr().out
        assert "Nothing was recorded" not in out
        assert expected in out
    assert call(folder, "2026-02", "--format", "json") == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["figures"]["interactions"]["total"]["numerator"] == 0


@pytest.mark.parametrize("words", [["soon"], ["--by", "colour"], ["--format", "xml"], ["--compare", "2026-99"]])
def test_wrong_words_are_usage_errors(folder, words, capsys):
    """A period, column or format nobody knows ends with 2 and a remedy, before anything is printed."""
    assert call(folder, *words) == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert "2026-" in err or "use one of" in err


def test_the_records_behind_a_figure_are_listed_in_every_format(folder, capsys):
    """A name or a number lists the records with whether they count; an unknown one is a usage error."""
    (folder / "records/interactions/2026/03/broken.yaml").write_text(VISIT, encoding="utf-8")
    (folder / "records/interactions/2026/03/broken.yaml").rename(
        folder / "records/interactions/2026/03/20260302-aaa001.yaml"
    )
    assert call(folder, "2026-03", "--records", "reached", "--format", "json") == ExitCode.DONE
    row = json.loads(capsys.readouterr().out)[0]
    assert (row["figure"], row["counted"], row["item"]) == ("reached", "no", "20260302-aaa001")
    for output_format in ("text", "jsonl", "csv", "tsv", "markdown", "ids"):
        assert call(folder, "2026-03", "--records", "1", "--format", output_format) == ExitCode.DONE
        assert "20260302-aaa001" in capsys.readouterr().out
    assert call(folder, "2026-03", "--records", "reached when we called", "--format", "ids") == ExitCode.DONE
    assert "20260302-aaa001" in capsys.readouterr().out
    assert call(folder, "2026-03", "--records", "18") == ExitCode.USAGE
