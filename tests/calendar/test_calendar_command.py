"""`commlog calendar`: what is an answer and what a remark, and the codes."""

import json
import os

import pytest

from tests.build import ROOT

CHINESE = "calendar:\n  country: CN\n"


def settings_of(folder) -> str:
    return (folder / "commlog.yaml").read_text(encoding="utf-8")


@pytest.fixture
def in_china(folder):
    """The small log with its country."""
    (folder / "commlog.yaml").write_text(settings_of(folder) + CHINESE, encoding="utf-8")
    return folder


def test_show_answers_in_every_format(in_china, program):
    """Days come on stdout, what they sum up to and what is not known on stderr."""
    (in_china / "calendar.yaml").write_text("off:\n  2026-03-10: 店庆\nwork: {2026-10-10: x}\n", encoding="utf-8")
    done = program("calendar", "show", "2026-03", "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == [
        {"date": "2026-03-10", "weekday": "tue", "kind": "off", "hours": None, "name": "店庆"}
    ]
    assert b"working days: 21, working hours: 189" in done.stderr
    assert b"provisional" not in done.stderr
    table = program("calendar", "show", "2027", "--all").stdout.decode()
    assert "2027-01-01  Fri" in table
    assert b"2027 is provisional" in program("calendar", "show", "2027").stderr


def test_show_says_that_only_the_week_counts(folder, program):
    """A log without country and dated days is told so."""
    done = program("calendar", "show")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"only the weekly working hours" in done.stderr


def test_import_and_check(in_china, program):
    """The check fails until the import is done; import prints the days and adds nothing a second time."""
    before = program("calendar", "check")
    assert before.returncode == 3
    assert b"commlog calendar import CN 2026" in before.stdout
    rehearsed = program("calendar", "import", "cn", "2026", "--dry-run")
    assert rehearsed.returncode == 0
    assert not (in_china / "calendar.yaml").exists()
    done = program("calendar", "import", "CN", "2026")
    assert (done.returncode, done.stdout) == (0, rehearsed.stdout)
    assert len(done.stdout.splitlines()) == 39
    assert b"days added to calendar.yaml: 39" in done.stderr
    assert b"calendar diff" in done.stderr
    again = program("calendar", "import", "CN", "2026")
    assert (again.returncode, again.stdout) == (0, b"")
    after = program("calendar", "check", "--format", "json")
    assert (after.returncode, json.loads(after.stdout)) == (0, [])


def test_import_says_that_the_country_is_not_set(folder, program):
    """Importing sets nothing in commlog.yaml, and says what is missing there."""
    before = settings_of(folder)
    done = program("calendar", "import", "CN", "2026")
    assert b"no `country: CN`" in done.stderr
    assert settings_of(folder) == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [(("CN", "2027"), 4, b"November"), (("CN", "26"), 2, b"four digits"), (("XX", "2026"), 4, b"ISO code")],
)
def test_what_cannot_be_imported(folder, program, words, code, said):
    """An unknown year or country and a word that is no year end with their codes, and nothing is written."""
    done = program("calendar", "import", *words)
    assert done.returncode == code
    assert said in done.stderr
    assert not (folder / "calendar.yaml").exists()


def test_without_the_package_other_countries_say_how_to_get_it(folder, program, tmp_path):
    """The package of the extra is asked for by name; China needs none."""
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "holidays.py").write_text("raise ModuleNotFoundError('holidays')\n", encoding="utf-8")
    path = f"{blocked}{os.pathsep}{ROOT}"
    done = program("calendar", "import", "DE", "2026", PYTHONPATH=path)
    assert done.returncode == 2
    assert b'pip install "commlog[calendar]"' in done.stderr
    assert program("calendar", "import", "CN", "2026", "--dry-run", PYTHONPATH=path).returncode == 0


def test_diff_without_anything_to_move(in_china, program):
    """A calendar that moves nothing gives no rows and code 0, also when codes are asked for."""
    done = program("calendar", "diff", "--exit-code")
    assert (done.returncode, done.stdout) == (0, b"")


def test_diff_tells_and_moves_what_a_new_holiday_moves(in_china, program):
    """A follow-up counted before its holidays were known is listed, moved on request, and then no longer listed."""
    words = ["customer=acme", "channel=phone", "subject=s", "summary=s", "core_request=c"]
    made = program(
        "create", "member", *(word for pair in words for word in ("--set", pair)), "--follow-up", "Call; due=20wd"
    )
    assert made.returncode == 0, made.stderr
    told = program("calendar", "import", "CN", "2026")
    assert b"pending follow-ups whose due time would change: 1" in told.stderr
    listed = program("calendar", "diff", "--exit-code", "--format", "json")
    assert (listed.returncode, len(json.loads(listed.stdout))) == (10, 1)
    assert program("calendar", "diff", "--apply").returncode == 0
    assert program("calendar", "diff", "--exit-code").returncode == 0
