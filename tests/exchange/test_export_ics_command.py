"""`commlog export ics` as a shell sees it: the calendar on stdout or in a file, words in both languages, exit codes."""

import os
import sys

import icalendar
import pytest

from commlog.cli.app import run
from commlog.messages import use_language
from tests.build import NOW

RECORD = """\
id: 20260316-abcdef
template: member
recorded_at: 2026-03-16T09:00:00+08:00
customer: li-na
agent: wang
channel: phone
started_at: 2026-03-16T08:30:00+08:00
subject: s
summary: s
core_request: c
followups:
  - n: 1
    action: "给李娜回电; a, b"
    owner: wang
    priority: urgent
    due: 2026-03-20
    due_rule: 24h
    status: open
    history:
      - {at: 2026-03-16T09:00:00+08:00, by: wang, status: open}
  - n: 2
    action: think
    owner: wang
    priority: important
    due_rule: none
    status: awaiting_customer
    history:
      - {at: 2026-03-16T09:00:00+08:00, by: wang, status: awaiting_customer}
"""
CUSTOMER = """\
id: li-na
template: customer
name: 李娜
type: individual
stage: active
birthday: 1991-11-02
anniversaries:
  - {name: opening, date: 03-21}
"""


@pytest.fixture
def root(folder):
    """A log with a person, and a record with two follow-ups, one of them without a due."""
    (folder / "records" / "customers" / "li-na.yaml").write_text(CUSTOMER, encoding="utf-8")
    place = folder / "records" / "interactions" / "2026" / "03"
    place.mkdir(parents=True)
    (place / "20260316-abcdef.yaml").write_text(RECORD, encoding="utf-8")
    return folder


@pytest.fixture
def export(root, tmp_path, monkeypatch, capsysbinary):
    """A function that runs one call of `export` and gives exit code, stdout as bytes and stderr as text."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMMLOG_DIR", str(root))
    monkeypatch.setenv("COMMLOG_MEMBER", "wang")
    monkeypatch.setenv("LANGUAGE", "en")

    def call(*words, language="en"):
        code = run(["export", *words, "--now", NOW, "--language", language])
        captured = capsysbinary.readouterr()
        return int(code), captured.out, captured.err.decode("utf-8")

    yield call
    use_language("en")


def test_pending_follow_ups_are_todos(export):
    """Without an option: to-dos, named as the log's folder is, personal data masked."""
    code, data, noise = export("ics")
    calendar = icalendar.Calendar.from_ical(data)
    assert (code, noise, str(calendar.calendar_name)) == (0, "", "log")
    assert not calendar.events
    call, think = calendar.todos
    assert str(call["summary"]) == "给李*回电; a, b — 李*"
    assert str(call["description"]).split("\n") == [
        "Follow-up: 20260316-abcdef/1",
        "Customer: 李*",
        "Owner: 王芳",
        "Status: Open",
        "Due rule: 24h",
        'When it is done: commlog done 20260316-abcdef/1 --result "…"',
    ]
    assert call.categories[0].to_ical() == b"Urgent"
    assert "comment" not in call
    assert think["status"] == "NEEDS-ACTION"
    assert str(think["comment"]) == "waiting for the customer: the time limit is paused"
    assert "李娜".encode() not in data


def test_everything_is_told_when_asked(export):
    """With --reveal the names are whole."""
    assert "SUMMARY:给李娜回电\\; a\\, b — 李娜\r\n".encode() in export("ics", "--reveal")[1]


def test_states_and_priorities_are_in_the_language(export):
    """A calendar for Chinese colleagues has Chinese words; times and identities are the same."""
    english, chinese = (icalendar.Calendar.from_ical(export("ics", language=name)[1]).todos[0] for name in ("en", "zh"))
    assert chinese.categories[0].to_ical() == "紧急".encode()
    assert "待处理" in str(chinese["description"])
    assert (english["uid"], english["due"].dt) == (chinese["uid"], chinese["due"].dt)


def test_what_is_stdout_is_the_file(root, environment):
    """On a terminal of any encoding the bytes are UTF-8 with CR LF."""
    import subprocess

    call = [sys.executable, "-m", "commlog", "export", "ics", "--log", str(root), "--now", NOW]
    done = subprocess.run(call, capture_output=True, env=environment | {"PYTHONIOENCODING": "gbk"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert "回电".encode() in done.stdout
    assert b"\n" not in done.stdout.replace(b"\r\n", b"")


def test_events_and_both(export):
    """As events those without a due are left out and counted; with both nothing is, and no identity is there twice."""
    code, data, noise = export("ics", "--as", "event")
    calendar = icalendar.Calendar.from_ical(data)
    assert (code, len(calendar.events), len(calendar.todos)) == (0, 1, 0)
    assert "cannot be events: 1" in noise
    code, data, noise = export("ics", "--as", "both")
    calendar = icalendar.Calendar.from_ical(data)
    assert (code, len(calendar.events), len(calendar.todos), noise) == (0, 1, 2, "")
    uids = [str(entry["uid"]) for entry in calendar.walk() if "uid" in entry]
    assert len(uids) == len(set(uids)) == 3


def test_care_dates_are_there_when_asked(export):
    """Birthdays and anniversaries of the customers that match, every year, without the year of birth."""
    _, data, _ = export("ics", "--care", "customer:li-na")
    events = icalendar.Calendar.from_ical(data).events
    assert {str(event["summary"]) for event in events} == {"李*'s birthday", "李*: opening"}
    assert b"1991" not in data
    assert not icalendar.Calendar.from_ical(export("ics")[1]).events


def test_an_anniversary_without_a_name_is_one_all_the_same(export, root):
    """Nobody is wished a happy birthday on it."""
    (root / "records" / "customers" / "li-na.yaml").write_text(CUSTOMER.replace("name: opening, ", ""), "utf-8")
    events = icalendar.Calendar.from_ical(export("ics", "--care")[1]).events
    assert "李*: anniversary" in {str(event["summary"]) for event in events}


def test_a_query_chooses(export):
    """As in `pending`; nothing found is an empty calendar."""
    code, data, _ = export("ics", "priority:important")
    assert [str(todo["uid"]) for todo in icalendar.Calendar.from_ical(data).todos] == ["20260316-abcdef-2@commlog"]
    code, data, _ = export("ics", "customer:acme")
    assert (code, icalendar.Calendar.from_ical(data).subcomponents) == (0, [])


@pytest.mark.parametrize(
    "words",
    [
        ("ics", "--as", "journal"),
        ("ics", "--columns", "id"),
        ("ics", "--encoding", "gbk"),
        ("csv", "--care"),
        ("jsonl", "--as", "todo"),
        ("ical",),
        ("ics", "colour:red"),
    ],
)
def test_what_does_not_fit_is_refused(export, words):
    """Options of the other formats, unknown shapes, formats and queries: exit 2 and no calendar."""
    code, data, noise = export(*words)
    assert (code, data) == (2, b"")
    assert noise


def test_a_missing_package_is_told(export, monkeypatch):
    """Exit 2, and what to install."""
    monkeypatch.setitem(sys.modules, "icalendar", None)
    code, data, noise = export("ics")
    assert (code, data) == (2, b"")
    assert 'pip install "commlog[calendar]"' in noise


def test_files_that_cannot_be_read_are_told(export, root):
    """They are in no calendar: named on stderr, exit 6, the others are there."""
    (root / "records" / "interactions" / "2026" / "03" / "20260317-abcdef.yaml").write_text("a: [", encoding="utf-8")
    code, data, noise = export("ics")
    assert (code, data.count(b"BEGIN:VTODO")) == (6, 2)
    assert "20260317-abcdef.yaml" in noise


# The file


def test_a_calendar_of_ours_is_replaced(export, root, tmp_path):
    """Exported again and again: the file follows the log, keeps its mode, and stays as it is when nothing changed."""
    file = tmp_path / "team.ics"
    assert export("ics", "-o", "team.ics") == (0, b"", "commlog: entries written to team.ics: 2\n")
    file.chmod(0o640)
    first, written = file.read_bytes(), file.stat()
    assert export("ics", "-o", "team.ics")[0] == 0
    assert (file.read_bytes(), file.stat().st_ino) == (first, written.st_ino)
    record = next((root / "records" / "interactions").rglob("*.yaml"))
    record.write_text(RECORD.replace("due: 2026-03-20", "due: 2026-03-24"), encoding="utf-8")
    assert export("ics", "-o", "team.ics")[0] == 0
    assert file.read_bytes() == first.replace(b"DUE:20260320", b"DUE:20260324") != first
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(tmp_path)) == ["log", "team.ics"]


def test_a_link_to_a_calendar_stays_a_link(export, tmp_path):
    """What it points to is replaced."""
    export("ics", "-o", "team.ics")
    (tmp_path / "link.ics").symlink_to("team.ics")
    assert export("ics", "--as", "both", "-o", "link.ics")[0] == 0
    assert (tmp_path / "link.ics").is_symlink()
    assert b"BEGIN:VEVENT" in (tmp_path / "team.ics").read_bytes()


@pytest.mark.parametrize("there", [b"", b"my notes\n", b"BEGIN:VCALENDAR\r\nPRODID:-//other//EN\r\nEND:VCALENDAR\r\n"])
def test_what_is_not_ours_is_left_alone(export, tmp_path, there):
    """Another program's calendar, or any other file: exit 5, and not a byte of it is changed."""
    (tmp_path / "team.ics").write_bytes(there)
    code, data, noise = export("ics", "-o", "team.ics")
    assert (code, data) == (5, b"")
    assert "not a calendar written by commlog" in noise
    assert (tmp_path / "team.ics").read_bytes() == there


@pytest.mark.parametrize("place", [".", "missing/team.ics"])
def test_a_place_that_takes_no_file_is_told(export, place):
    """A folder by that name, or no folder to put it in: exit 7 without a traceback."""
    code, data, noise = export("ics", "-o", place)
    assert (code, data) == (7, b"")
    assert place in noise


def test_other_formats_never_replace(export, tmp_path):
    """CSV is written to a new file only, as ever."""
    export("ics", "-o", "team.ics")
    before = (tmp_path / "team.ics").read_bytes()
    assert export("csv", "-o", "team.ics")[0] == 5
    assert (tmp_path / "team.ics").read_bytes() == before
