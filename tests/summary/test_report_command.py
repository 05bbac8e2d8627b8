"""`commlog report` and `show --format html` in the shell: where the page goes, and what is never overwritten."""

import pytest


@pytest.fixture
def page(tmp_path):
    """Where a report is to go."""
    return tmp_path / "report.html"


def test_a_report_is_written_to_a_new_file_and_told_of(program, page):
    """The file is a page; stdout stays empty and stderr says where it went."""
    done = program("report", "2026-03", "--output", str(page))
    assert (done.returncode, done.stdout) == (0, b"")
    assert str(page) in done.stderr.decode()
    assert page.read_bytes().startswith(b"<!DOCTYPE html>")


def test_a_report_replaces_a_report_with_the_same_bytes(program, page):
    """Written twice at one instant the file is the same; of another period it is replaced."""
    program("report", "2026-03", "--output", str(page))
    first = page.read_bytes()
    assert program("report", "2026-03", "--output", str(page)).returncode == 0
    assert page.read_bytes() == first
    assert program("report", "2026-02", "--output", str(page)).returncode == 0
    assert page.read_bytes() != first
    assert [path.name for path in page.parent.iterdir() if path.suffix == ".tmp"] == []


@pytest.mark.parametrize("there", [b"my notes", b"<!DOCTYPE html><title>mine</title>", b""])
def test_nothing_else_is_replaced(program, page, there):
    """A file that is no report of ours is a conflict, and stays as it is."""
    page.write_bytes(there)
    assert program("report", "--output", str(page)).returncode == 5
    assert page.read_bytes() == there


def test_a_page_needs_a_place_to_go(program):
    """Without --output a page is a usage error that says how; with - it is printed."""
    refused = program("report")
    assert refused.returncode == 2
    assert b"--output" in refused.stderr
    assert program("report", "--output", "-").stdout.startswith(b"<!DOCTYPE html>")


def test_markdown_is_printed_or_written(program, tmp_path):
    """For a pull request the tables go to stdout, or into a file."""
    printed = program("report", "2026-03", "--format", "markdown").stdout
    assert printed.startswith(b"<!-- commlog report -->")
    file = tmp_path / "report.md"
    assert program("report", "2026-03", "--format", "markdown", "--output", str(file)).returncode == 0
    assert file.read_bytes().strip() == printed.strip()


def test_a_folder_that_is_not_there_is_told(program, tmp_path):
    """A file that cannot be written is a fault with the file's name, not a traceback."""
    done = program("report", "--output", str(tmp_path / "none" / "report.html"))
    assert done.returncode == 7
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(("words", "code"), [(("2026-03..2026-01",), 2), (("--format", "pdf"), 2), (("nonsense",), 2)])
def test_what_is_not_understood_is_refused(program, page, words, code):
    """A reversed period, an unknown format or no period at all is a usage error, and nothing is written."""
    assert program("report", *words, "--output", str(page)).returncode == code
    assert not page.exists()


def test_a_report_speaks_the_language_asked_for(program):
    """--language zh gives a page that says so."""
    assert b'<html lang="zh-Hans">' in program("report", "--output", "-", "--language", "zh").stdout


def test_unreadable_files_are_told_on_the_page_and_by_the_code(program, folder):
    """A report that leaves a file out says so and ends with 6."""
    (folder / "records/customers/bad.yaml").write_bytes(b"\xff\xfe")
    done = program("report", "--output", "-")
    assert done.returncode == 6
    assert b"files that cannot be read and are in no figure: 1" in done.stdout


def test_show_prints_the_paper_form(program):
    """A record as HTML is its form; a customer's name is masked unless revealed."""
    made = program(
        "create", "member", "--set", "customer=acme", "--set", "channel=phone", "--set", "subject=s", "--set",
        "summary=s", "--set", "core_request=c",
    )  # fmt: skip
    record = made.stdout.decode().strip()
    form = program("show", record, "--format", "html")
    assert form.returncode == 0
    text = form.stdout.decode()
    assert "艾克米公司" not in text
    assert "艾克**" in text
    assert "王芳" in text
    assert "艾克米公司" in program("show", record, "--format", "html", "--reveal").stdout.decode()
