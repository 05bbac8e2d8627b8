"""A new log: what is made, what is left alone, and that it works at once."""

import subprocess
from dataclasses import replace
from datetime import datetime

import pytest
import yaml

from commlog.calendar.holidays import read_public_holidays
from commlog.errors import ConflictError, NotWritableError
from commlog.git.run import is_inside_repository
from commlog.log.log import open_log
from commlog.output.listing import Page
from commlog.records.list import list_records
from commlog.records.write import RecordRequest, create_record
from commlog.setup.init import NewLogOptions, init_log
from commlog.workspace import make_workspace

PLAIN = NewLogOptions("Asia/Shanghai", "zh", ("wang", "wang@example.com"), use_git=False)


def workspace_of(root):
    return make_workspace(open_log(root, str(root)), datetime.fromisoformat("2026-03-16T10:00:00+08:00"), "wang")


def test_a_new_log_has_all_its_files(tmp_path):
    """Settings, calendar, templates, the files git needs, and a folder for records."""
    made = init_log(tmp_path / "new" / "log", PLAIN)
    names = {path.relative_to(made.root).as_posix() for path in made.root.rglob("*")}
    assert {
        "commlog.yaml",
        "calendar.yaml",
        ".gitignore",
        ".gitattributes",
        "records",
        "schemas/service.schema.json",
        "schemas/parts/values.json",
        "schemas/settings/commlog.json",
    } <= names
    assert set(made.files) <= names
    assert not made.has_repository


def test_a_new_log_can_be_used_at_once(tmp_path):
    """Its settings are valid and say what was chosen, and a record can be written."""
    made = init_log(tmp_path / "log", PLAIN)
    settings = open_log(made.root, None).settings
    assert (settings.zone.key, settings.language) == ("Asia/Shanghai", "zh")
    assert [(member.id, member.email) for member in settings.members] == [("wang", "wang@example.com")]
    fields = {"channel": "phone", "subject": "s", "summary": "s", "core_request": "c"}
    record = create_record(workspace_of(made.root), RecordRequest("member", fields, new_customer="张三"))
    assert (
        (made.root / record.path)
        .read_text(encoding="utf-8")
        .startswith("# yaml-language-server: $schema=../../../../schemas/")
    )


@pytest.mark.parametrize(
    ("member", "ids"),
    [
        (None, []),
        (("a: b", "x@y"), ["a-b"]),
        (("王芳", ""), ["王芳"]),
        (('"quoted"', "a#b@c"), ["quoted"]),
        (("wang+work", "wang+work@example.com"), ["wang-work"]),
        (("…", "x@y"), []),
    ],
)
def test_any_name_makes_valid_settings(tmp_path, member, ids):
    """Whatever git calls its user, the settings are valid YAML and valid settings."""
    made = init_log(tmp_path / "log", NewLogOptions("UTC", "auto", member, use_git=False))
    data = yaml.safe_load((made.root / "commlog.yaml").read_text(encoding="utf-8"))
    assert [item["id"] for item in data["members"]] == ids
    open_log(made.root, None)


def test_what_is_there_is_left_alone(tmp_path):
    """A folder that is not empty keeps its files; only what is missing is added."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / ".gitignore").write_text("mine\n")
    (tmp_path / "schemas" / "service.schema.json").write_text("{}")
    made = init_log(tmp_path, PLAIN)
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert (tmp_path / "schemas" / "service.schema.json").read_text() == "{}"
    assert ".gitignore" not in made.files
    assert "schemas/member.schema.json" in made.files


def test_a_log_is_not_made_twice(tmp_path):
    """A folder that is already a log is a conflict, and nothing in it changes."""
    init_log(tmp_path, PLAIN)
    (tmp_path / "calendar.yaml").unlink()
    with pytest.raises(ConflictError):
        init_log(tmp_path, PLAIN)
    assert not (tmp_path / "calendar.yaml").exists()


def test_a_file_in_the_way_is_said(tmp_path):
    """A folder that cannot be made is an error that says so."""
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritableError):
        init_log(tmp_path / "file" / "log", PLAIN)


def test_a_repository_is_made_unless_there_is_one(tmp_path):
    """A new log is a git repository; inside another one it is not."""
    outer = init_log(tmp_path / "outer", NewLogOptions("UTC", "en"))
    assert outer.has_repository
    assert (outer.root / ".git").is_dir()
    inner = init_log(outer.root / "inner", NewLogOptions("UTC", "en"))
    assert inner.has_repository
    assert not (inner.root / ".git").exists()


def test_state_is_ignored_by_git(tmp_path):
    """What the tool keeps for itself never shows up in git."""
    root = init_log(tmp_path, NewLogOptions("UTC", "en", ("wang", "w@x"))).root
    fields = {"channel": "phone", "subject": "s", "summary": "s", "core_request": "c"}
    workspace = workspace_of(root)
    create_record(workspace, RecordRequest("member", fields, new_customer="x"))
    list_records(workspace, "", (), Page())
    (root / "records" / ".x.yaml.1234.tmp").write_text("")
    status = subprocess.run(
        ["git", "status", "--short", "--untracked-files=all"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert ".commlog" not in status
    assert ".tmp" not in status
    assert is_inside_repository(root)


def test_the_example_is_a_log_with_records(tmp_path):
    """--example brings records that can be listed, with the settings they need, and nothing that is no record."""
    made = init_log(tmp_path, NewLogOptions("UTC", "en", with_example=True, use_git=False))
    workspace = workspace_of(made.root)
    assert len(list_records(workspace, "", (), Page()).rows) > 20
    assert workspace.unreadable_files() == []
    assert workspace.log.settings.find_member("王芳") is not None
    assert not [path for path in (made.root / "records").rglob("*") if path.is_file() and path.suffix != ".yaml"]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Urumqi", "PRC"])
def test_a_chinese_log_knows_its_holidays_at_once(tmp_path, zone):
    """In China's zones the country is set and the year it is has its days; the next one as far as it is known."""
    settings = open_log(init_log(tmp_path, replace(PLAIN, timezone=zone, year=2025)).root, None).settings
    known = {day.date: day for year in (2025, 2026) for day in read_public_holidays("CN", year)}
    assert settings.calendar.dated == known
    assert "country: CN" in (tmp_path / "commlog.yaml").read_text(encoding="utf-8")
    assert "import CN 2027" in (tmp_path / "calendar.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("zone", "expected"), [("Asia/Shanghai", "国务院"), ("Europe/Berlin", "休息日"), ("UTC", "休息日")]
)
def test_the_calendar_is_explained_in_the_logs_language(tmp_path, zone, expected):
    """A Chinese log's calendar is explained in Chinese in every zone, and speaks of China's holidays in China's alone."""
    text = (init_log(tmp_path, replace(PLAIN, timezone=zone)).root / "calendar.yaml").read_text(encoding="utf-8")
    assert expected in text
    assert ("国务院" in text) == (zone == "Asia/Shanghai")


@pytest.mark.parametrize(
    ("zone", "year", "has_country"), [("Europe/Berlin", 2026, False), ("Asia/Shanghai", 2031, True)]
)
def test_elsewhere_and_later_the_calendar_is_empty(tmp_path, zone, year, has_country):
    """Another zone gets no country, an unknown year no days; the file names the command that brings them."""
    settings = open_log(init_log(tmp_path, replace(PLAIN, timezone=zone, year=year)).root, None).settings
    assert settings.calendar.dated == {}
    assert ("country:" in (tmp_path / "commlog.yaml").read_text(encoding="utf-8")) == has_country
    assert f"calendar import CN {year}" in (tmp_path / "calendar.yaml").read_text(encoding="utf-8")
