"""The command git calls to merge a record: its files, its exit codes, what it says."""

from pathlib import Path

import pytest

BASE = "id: acme\ntemplate: customer\nname: 艾克米公司\ntype: company\nstage: active\n"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The three files git hands over."""
    return [tmp_path / f".merge_file_{letter}" for letter in "abc"]


def write(files: list[Path], *texts: str) -> list[str]:
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    return [str(file) for file in files]


def test_a_clean_merge_replaces_ours(program, files):
    """The result is in the second file, the others stay, nothing is printed, and the exit code is 0."""
    theirs = BASE.replace("艾克米公司", "艾克米")
    names = write(files, BASE, BASE.replace("active", "dormant"), theirs)
    done = program("merge-driver", *names, "records/customers/acme.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert files[1].read_text(encoding="utf-8") == theirs.replace("active", "dormant")
    assert files[0].read_text(encoding="utf-8") == BASE
    assert files[2].read_text(encoding="utf-8") == theirs


def test_a_conflict_is_told_and_is_5(program, files):
    """Markers are in the second file, stderr names record and field, and the exit code is 5."""
    names = write(files, BASE, BASE.replace("active", "dormant"), BASE.replace("active", "lost"))
    done = program("merge-driver", *names, "records/customers/acme.yaml")
    assert (done.returncode, done.stdout) == (5, b"")
    assert b"records/customers/acme.yaml: both sides changed stage" in done.stderr
    assert "<<<<<<< ours\nstage: dormant\n=======\nstage: lost\n>>>>>>> theirs\n" in files[1].read_text(
        encoding="utf-8"
    )


def test_a_text_merge_is_told(program, files):
    """A side that is no record is merged by git line by line, and stderr says why."""
    names = write(files, BASE, BASE + "x: [\n", BASE.replace("艾克米公司", "艾克米"))
    done = program("merge-driver", *names, "records/customers/acme.yaml")
    assert done.returncode == 0
    assert b"merged as plain text: a version is not YAML: " in done.stderr
    assert files[1].read_text(encoding="utf-8") == BASE.replace("艾克米公司", "艾克米") + "x: [\n"


def test_it_works_without_a_log(program, files, tmp_path):
    """No settings are read: a log that cannot be opened at this moment of a merge does not matter."""
    names = write(files, BASE, BASE.replace("active", "dormant"), BASE.replace("艾克米公司", "艾克米"))
    (tmp_path / "log" / "commlog.yaml").write_text("<<<<<<< ours\n", encoding="utf-8")
    assert program("merge-driver", *names).returncode == 0


def test_a_file_that_is_not_there_is_6(program, files):
    """Then nothing is written, and git's own merge takes over."""
    names = write(files, BASE, BASE, BASE)
    files[2].unlink()
    assert program("merge-driver", *names, "records/customers/acme.yaml").returncode == 6
    assert files[1].read_text(encoding="utf-8") == BASE
