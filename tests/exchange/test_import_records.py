"""Importing rows: nothing lost, nothing twice, nobody merged."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from commlog.errors import NotWritableError
from commlog.exchange.export import iter_fields, select_records
from commlog.exchange.import_records import ImportOptions, candidate_id, import_records
from commlog.exchange.jsonl_file import format_object
from commlog.exchange.map_reader import MapContext, read_map
from commlog.exchange.source import SourceFile, iter_items, open_sheet
from commlog.log.log import open_log
from commlog.log.names import is_record_id, record_path
from commlog.records.draft import converter_of
from commlog.workspace import make_workspace
from tests.build import ROOT

NOW = "2026-03-14T09:00:00+08:00"
MAP = """\
template: member
dates: {format: year-month-day}
customers: {unknown: create, fields: {type: company, contacts.0.name: 前台, contacts.0.phone: '{电话}'}}
constants: {channel: 电话, agent: wang, core_request: 咨询, subject: 来电}
fields: {customer: 客户, started_at: 日期, summary: 内容, mood: 心情}
others: ignore
"""
HEADER = "客户,日期,内容,心情,电话\n"


@pytest.fixture
def make(tmp_path):
    """A function that makes or opens a log by name, as at a fixed instant."""
    from datetime import datetime

    def open_at(name="log", now=NOW):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        if not (folder / "commlog.yaml").exists():
            (folder / "commlog.yaml").write_text("timezone: Asia/Shanghai\nlanguage: zh\n", encoding="utf-8")
        return make_workspace(open_log(folder, str(folder)), datetime.fromisoformat(now), "wang")

    return open_at


def run(workspace, rows, map_text=MAP, *, form="csv", **choices):
    """Import the rows of a text under a map (none for whole records)."""
    ground = MapContext(workspace.catalog, converter_of(workspace), workspace.log.settings.zone)
    import_map = read_map(map_text.encode(), "rows.map.yaml", ground) if map_text else None
    sheet = open_sheet(SourceFile("rows." + form, form, rows.encode()), "", import_map)
    creates = import_map is not None and import_map.creates_customers
    return import_records(workspace, iter_items(sheet, import_map, ground), ImportOptions(creates, **choices))


def counts(result):
    """Created, present, rejected; that they add up is part of every test."""
    assert result.rows == result.created + result.present + len(result.rejected)
    return result.created, result.present, len(result.rejected)


def records(workspace, kind="interactions"):
    """The fields of every record of a folder."""
    files = sorted((workspace.log.root / "records" / kind).rglob("*.yaml"))
    return [workspace.reader.read(file.relative_to(workspace.log.root).as_posix()).record.fields for file in files]


ROWS = HEADER + "甲公司,2026-03-01,第一次,,13800000001\n甲公司,2026-03-02,=cmd|x,愤怒,\n乙公司,2026-03-03,x,,\n"


def test_rows_become_valid_records_once(make):
    """Every row is a valid record, a customer is made once from its first row, and a second run creates nothing."""
    assert counts(run(make(), ROWS)) == (3, 0, 0)
    workspace = make()
    assert workspace.index.rows("SELECT count(*) FROM problems") == [(0,)]
    customers = records(workspace, "customers")
    assert [(item["id"], item["name"], item["type"]) for item in customers] == [
        ("乙公司", "乙公司", "company"),
        ("甲公司", "甲公司", "company"),
    ]
    assert customers[1]["contacts"] == [{"name": "前台", "phone": "13800000001"}]
    assert {item["summary"] for item in records(workspace)} == {"第一次", "=cmd|x", "x"}
    again = run(make(now="2027-01-01T00:00:00+08:00"), ROWS)
    assert (counts(again), again.customers) == ((0, 3, 0), 0)


def test_same_rows_are_contacts_of_their_own(make):
    """Three equal rows are three records, and again nothing new the second time."""
    rows = HEADER + "甲公司,2026-03-01,x,,\n" * 3
    assert counts(run(make(), rows)) == (3, 0, 0)
    assert counts(run(make(), rows)) == (0, 3, 0)


def test_dry_run_writes_nothing(make):
    """A dry run counts records and customers as a real one, and leaves no file."""
    result = run(make(), ROWS + "丙,昨,x,,\n", is_dry=True)
    assert (counts(result), result.customers) == ((3, 0, 1), 2)
    assert not (make().log.root / "records").exists()


def test_rejected_rows_have_their_reasons(make):
    """Empty required values, unknown words, wrong dates, ragged rows and later days are rejected by line and reason."""
    rows = (
        HEADER
        + ",2026-03-01,x,,\n甲,,x,,\n甲,2026-03-01,,,\n甲,2026-03-01,x,乐,\n甲,1/2,x,,\n甲,2026-03-01\n甲,2026-04-01,x,,\n甲,2026-03-01,x,,\n!!!,2026-03-01,x,,\n"
    )
    result = run(make(), rows)
    assert counts(result) == (1, 0, 8)
    reasons = {item.row.line: item.reason for item in result.rejected}
    expected = {
        2: "customer",
        3: "started_at",
        4: "summary",
        5: "mood",
        6: "started_at",
        7: "5",
        8: "recorded_at",
        10: "!!!",
    }
    assert {line: word in reasons[line] for line, word in expected.items()} == dict.fromkeys(expected, True)
    assert len(records(make(), "customers")) == 1


def test_unknown_customers_are_rejected_unless_wanted(make):
    """Without `unknown: create`, a row of an unknown customer is rejected; a known one is found by any name."""
    run(make(), ROWS)
    text = MAP.replace(
        "unknown: create, fields: {type: company, contacts.0.name: 前台, contacts.0.phone: '{电话}'}", "unknown: reject"
    )
    rows = HEADER + "丁,2026-03-01,x,,\n乙公司,2026-03-05,x,,\n+86 138 0000 0001,2026-03-05,x,,\n"
    result = run(make(), rows, text)
    assert counts(result) == (2, 0, 1)
    assert {item["customer"] for item in records(make()) if item["started_at"].startswith("2026-03-05")} == {
        "甲公司",
        "乙公司",
    }


def test_names_that_give_one_id_are_not_merged(make):
    """Customers of different names get ids of their own, in this run and the next; case alone is no difference."""
    rows = HEADER + "".join(f"{name},2026-03-01,{name},,\n" for name in ("A & B", "A-B", "a b", "a & b", "Anonymous"))
    result = run(make(), rows)
    assert (counts(result), result.customers) == ((5, 0, 0), 4)
    assert {item["id"]: item["name"] for item in records(make(), "customers")} == {
        "a-b": "A & B",
        "a-b-2": "A-B",
        "a-b-3": "a b",
        "anonymous-2": "Anonymous",
    }
    more = HEADER + "".join(f"{name},2026-03-02,{name},,\n" for name in ("a b", "A-B"))
    assert run(make(), more).customers == 0
    assert {item["summary"]: item["customer"] for item in records(make()) if "03-02" in item["started_at"]} == {
        "a b": "a-b-3",
        "A-B": "a-b-2",
    }


def test_ids_follow_the_key_and_collisions_step_aside(make):
    """An id is the day and 30 bits of the key; a row whose id another row has takes the next candidate, and finds it again."""
    key = "05437764842bfee13a8ccb42583ac6a0"
    assert candidate_id("20260301", key, 0) == "20260301-0n1qes"
    assert candidate_id("20260301", "ffffffffffffffff", 0) == "20260301-zzzzzz"
    assert is_record_id(candidate_id("20260301", key, 1))
    rows = HEADER + "甲公司,2026-03-01,x,,\n"
    run(make(), rows)
    (record,) = records(make())
    path = make().log.root / record_path("interaction", record["id"])
    # The same id, made from another row.
    path.write_text(
        path.read_text(encoding="utf-8").replace(record["extra"]["import_key"], "0" * 31 + "1"), encoding="utf-8"
    )
    assert counts(run(make(), rows)) == (1, 0, 0)
    assert counts(run(make(), rows)) == (0, 1, 0)
    assert len({item["id"] for item in records(make())}) == 2


def test_edited_and_moved_records_stay_present(make):
    """A record that was edited, lost its key, or lies elsewhere is still found; a second run adds nothing."""
    run(make(), ROWS)
    files = sorted((make().log.root / "records/interactions").rglob("*.yaml"))
    first = files[0].read_text(encoding="utf-8")
    files[0].write_text(first[: first.index("extra:")], encoding="utf-8")
    files[1].rename(files[1].with_name("20260302-000000.yaml"))
    assert counts(run(make(), ROWS)) == (0, 3, 0)


def test_unreadable_record_is_no_gap(make):
    """A record spoilt by a merge is not written a second time: its row is rejected and names the file."""
    run(make(), ROWS)
    file = min((make().log.root / "records/interactions").rglob("*.yaml"))
    file.write_text("<<<<<<< a\n" + file.read_text(encoding="utf-8") + "=======\n>>>>>>> b\n", encoding="utf-8")
    result = run(make(), ROWS)
    assert counts(result) == (0, 2, 1)
    assert "cannot be read" in result.rejected[0].reason


def test_two_imports_at_once_write_each_row_once(make):
    """An import that began before another finished creates only what the other did not."""
    late = make()
    assert late.index.rows("SELECT count(*) FROM records") == [(0,)]
    others = iter([ROWS])
    # The other one runs from first to last while this one has a record staged but not written.
    result = run(late, ROWS, on_row=lambda _count: [run(make(), rows) for rows in others])
    assert counts(result) == (0, 3, 0)
    assert len(records(make(), "customers")) == 2
    assert len(records(make())) == 3


def test_recorded_at_and_follow_ups_as_mapped(make):
    """A mapped recording time is kept; a follow-up's limit counts from the conversation, its owner is a member or a text."""
    text = (
        MAP.replace("mood: 心情}", "recorded_at: 日期, mood: 心情}")
        + "followups: [{action: 回复, owner: 客服部, priority: important}]\n"
    )
    run(make(), HEADER + "甲,2026-03-02,x,,\n", text)
    (record,) = records(make())
    assert record["recorded_at"] == "2026-03-02T00:00:00+08:00"
    follow_up = record["followups"][0]
    assert (follow_up["due"], follow_up["due_rule"], follow_up["owner"]) == (
        "2026-03-05T18:00:00+08:00",
        "3wd",
        "客服部",
    )
    assert follow_up["history"] == [{"at": "2026-03-02T00:00:00+08:00", "by": "wang", "status": "open"}]


def test_other_kinds_are_imported_too(make):
    """Customers, issues and surveys are imported by the same maps; customers are known by name."""
    text = "template: customer\nconstants: {type: company, stage: active}\nfields: {name: 名称, aliases: 简称}\n"
    rows = '名称,简称\n甲公司,"甲, 老甲"\n乙公司,\n'
    assert counts(run(make(), rows, text)) == (2, 0, 0)
    assert counts(run(make(), rows, text)) == (0, 2, 0)
    issue = "template: issue\nconstants: {category: 其他, status: open}\nfields: {title: t, description: t, reported_on: d, customer: c, department: o, owner: o}\n"
    rows = "t,d,c,o\n坏了,2026-03-01,老甲,客服部\n"
    assert counts(run(make(), rows, issue)) == (1, 0, 0)
    assert counts(run(make(), rows, issue)) == (0, 1, 0)
    assert make().index.rows("SELECT customer FROM records WHERE kind = 'issue'") == [("甲公司",)]


def test_objects_are_records_by_key_or_label(make):
    """JSON Lines without a map hold records by key or label; without an id the whole object is the identity."""
    run(make(), ROWS)
    line = {
        "模板": "member",
        "客户": "甲公司",
        "沟通渠道": "电话",
        "沟通开始时间": "2026-03-01 10:00",
        "沟通主题": "x",
        "内容摘要": "y",
        "核心诉求": "z",
    }
    rows = (
        json.dumps(line, ensure_ascii=False)
        + "\n"
        + json.dumps({**line, "客户": "无人"})
        + '\n{"a": 1}\n[]\n{"template": "mmber"}\n'
    )
    result = run(make(), rows, "", form="jsonl")
    assert counts(result) == (1, 0, 4)
    assert counts(run(make(), rows, "", form="jsonl")) == (0, 1, 4)


def test_export_comes_back_equal(make):
    """The example log, exported with --reveal and imported into an empty log, gives equal records; masked it does not tell."""
    example = make_workspace(open_log(ROOT, str(ROOT)), make().now, "wang")
    everything = select_records(example, "")
    fields = list(iter_fields(example, everything, reveal=True))
    (make().log.root / "commlog.yaml").write_bytes((ROOT / "commlog.yaml").read_bytes())
    rows = "".join(format_object(item) + "\n" for item in reversed(fields))
    assert counts(run(make(), rows, "", form="jsonl")) == (len(fields), 0, 0)
    copy = make()
    assert list(iter_fields(copy, select_records(copy, ""), reveal=True)) == fields
    masked = [format_object(item) for item in iter_fields(copy, select_records(copy, ""))]
    assert "13800000001" in rows
    assert not any("13800000001" in item for item in masked)


def test_export_follows_the_query(make):
    """A query narrows the export; customers come with it only when it names their kind."""
    run(make(), ROWS)
    workspace = make()
    assert len(select_records(workspace, "").paths) == 5
    assert len(select_records(workspace, "customer:甲公司").paths) == 2
    assert [item["id"] for item in iter_fields(workspace, select_records(workspace, "kind:customer"))] == [
        "乙公司",
        "甲公司",
    ]


def test_full_disk_ends_the_import_and_a_second_run_goes_on(make, monkeypatch):
    """When the log takes no more files the import ends with an error; what was written stays, and the rest follows later."""
    workspace = make()
    room = iter(range(3))

    def write_new(path, data):
        if next(room, None) is None:
            raise OSError(28, "No space left on device")
        path.write_bytes(data)

    def link(source, target):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("commlog.log.log.write_new", write_new)
    monkeypatch.setattr("commlog.log.log.os.link", link)
    with pytest.raises(NotWritableError):
        run(workspace, ROWS)
    monkeypatch.undo()
    assert list(workspace.log.state_folder.glob("staged-*")) == []
    assert counts(run(make(), ROWS)) == (2, 1, 0)


_KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
import test_import_records as it
from pathlib import Path
workspace = it.make_workspace(it.open_log(Path({log!r}), {log!r}), it.datetime_of(it.NOW), "wang")
it.run(workspace, Path({rows!r}).read_text(encoding="utf-8"), batch=8, on_row=lambda count: count == 20 and os.kill(os.getpid(), signal.SIGKILL))
"""


def datetime_of(text):
    """An instant, for the process that is killed."""
    from datetime import datetime

    return datetime.fromisoformat(text)


def test_killed_import_goes_on(make, tmp_path):
    """An import killed half-way leaves whole records only; the next run creates the rest, and no row twice."""
    rows = tmp_path / "rows.csv"
    rows.write_text(
        HEADER + "".join(f"客户{number % 7},2026-03-01,第{number}条,,\n" for number in range(50)), encoding="utf-8"
    )
    log = make().log.root
    script = _KILLED.format(tests=str(Path(__file__).parent), log=str(log), rows=str(rows))
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert counts(run(make(), rows.read_text(encoding="utf-8"))) == (34, 16, 0)
    workspace = make()
    assert workspace.unreadable_files() == []
    assert workspace.index.rows("SELECT kind, count(*) FROM records GROUP BY kind ORDER BY kind") == [
        ("customer", 7),
        ("interaction", 50),
    ]
