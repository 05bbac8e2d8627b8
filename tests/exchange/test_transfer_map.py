"""Maps: read with every mistake named, and applied to rows."""

from datetime import datetime
from pathlib import Path

import pytest

from commlog.errors import InvalidError, NotFoundError
from commlog.exchange.csv_file import export_columns, read_sheet, record_cells
from commlog.exchange.import_map import require_columns
from commlog.exchange.incoming import Rejected
from commlog.exchange.map_reader import MapContext, read_map
from commlog.exchange.mapping import RowKeys, iter_incoming
from commlog.exchange.sketch import sketch_map
from commlog.exchange.source import format_rejects, rejects_name
from commlog.forms.catalog import Catalog
from commlog.forms.conversion import Converter
from commlog.worktime.calendar import WorkCalendar, parse_hours
from commlog.worktime.moment import parse_moment
from commlog.yamltext.parse import parse_yaml
from tests.build import SHANGHAI

CATALOG = Catalog()
CALENDAR = WorkCalendar(SHANGHAI, parse_hours())
NOW = datetime(2026, 3, 14, 9, tzinfo=SHANGHAI)
GROUND = MapContext(CATALOG, Converter(parse_yaml, lambda text: parse_moment(text, NOW, CALENDAR)), SHANGHAI)
EXAMPLE = Path(__file__).parents[2] / "examples" / "consumer-complaints.map.yaml"
FORM = """\
template: member
constants: {channel: 电话, agent: wang, subject: 来电, core_request: 咨询}
fields:
  客户: 客户
  started_at: 时间
  summary: 内容
"""


def read(text):
    """A map from its text."""
    return read_map(text.encode(), "rows.map.yaml", GROUND)


def mistakes(text):
    """The code and line of every mistake in a map."""
    with pytest.raises(InvalidError) as caught:
        read(text)
    return {
        (problem.code, problem.line, dict(problem.facts).get("suggestion", "")) for problem in caught.value.problems
    }


def incoming(map_text, rows):
    """What a map makes of the rows of a CSV text."""
    return list(iter_incoming(read_sheet(rows, "rows.csv"), read(map_text)))


def test_example_map_is_valid():
    """The shipped map has no mistakes and names every column of the public file but none else."""
    made = read_map(EXAMPLE.read_bytes(), EXAMPLE.name, GROUND)
    header = (
        (Path(__file__).parents[1] / "data" / "complaints.csv")
        .read_text(encoding="utf-8")
        .split("\n")[0]
        .strip()
        .split(",")
    )
    require_columns(made, tuple(header))
    assert {column for column, _ in made.references} == set(header)


def test_unknown_keys_are_named_with_line_and_nearest():
    """Unknown keys at every level are mistakes with their lines and what was probably meant."""
    text = FORM + "feilds: {}\ncustomers: {unknwon: create}\ndates: {fromat: x}\n  \n"
    text += "followups:\n  - {actoin: x}\n"
    found = mistakes(text.replace("  summary: 内容\n", "  summary: {colunm: 内容}\n"))
    assert {
        ("unknown-setting", 6, "column"),
        ("unknown-setting", 7, "fields"),
        ("unknown-setting", 8, "unknown"),
        ("unknown-setting", 9, "format"),
    } <= found


def test_wrong_values_are_named():
    """Fields no form has, choices no list has, wrong zones, formats and delimiters are each a mistake."""
    text = FORM.replace("channel: 电话", "channel: 电活") + "dates: {zone: Mars, format: mm/dd}\ndelimiter: ';;'\n"
    text = text.replace("  summary: 内容", "  summary: 内容\n  summery: 内容\n  id: 号")
    codes = {code for code, _, _ in mistakes(text)}
    assert codes == {"not-in-list", "bad-setting", "unknown-field"}


def test_translations_are_checked():
    """A value translation to no choice of the form is a mistake in the map, not in every row."""
    assert {(code, line) for code, line, _ in mistakes(FORM + "  mood: {column: 心情, values: {好: hapy}}\n")} == {
        ("not-in-list", 7)
    }


def test_required_fields_need_a_source():
    """A map that fills in a required field from nowhere is refused once instead of rejecting every row."""
    assert mistakes(FORM.replace("  客户: 客户\n", "")) == {("missing-field", 4, "")}


@pytest.mark.parametrize("text", ["a: [", "- a\n", "template: &x service\n", ""])
def test_other_yaml_is_refused(text):
    """What is no YAML mapping is an error that names the file."""
    with pytest.raises(InvalidError) as caught:
        read(text)
    assert caught.value.problems[0].path == "rows.map.yaml"


def test_unknown_template_is_named():
    """A map for a template that is not there names the nearest."""
    with pytest.raises(NotFoundError, match="servise"):
        read("template: servise\n")


def test_missing_columns_are_named_at_once():
    """Every column the file does not have is named, with its place in the map and the nearest that it has."""
    with pytest.raises(InvalidError) as caught:
        require_columns(read(FORM), ("客户名", "时间", "内 容"))
    problems = caught.value.problems
    assert [(problem.field, problem.line) for problem in problems] == [("fields.客户", 4), ("fields.summary", 6)]
    assert "the nearest is '内 容'" in problems[1].message


def test_cells_become_values_by_label_and_format():
    """Constants and cells are read by slug or label; unmapped columns are kept under extra, by their own names."""
    (item,) = incoming(
        FORM + "  mood: 心情\n  tags: {column: 标签, split: '|'}\n",
        "客户,时间,内容,心情,标签,备注,空\n张三,2026-03-01 10:00,=cmd|x,愤怒,a|b,留言,\n",
    )
    assert item.fault == ""
    assert item.customer == "张三"
    assert item.fields == {
        "channel": "phone",
        "agent": "wang",
        "subject": "来电",
        "core_request": "咨询",
        "started_at": "2026-03-01T10:00:00+08:00",
        "summary": "=cmd|x",
        "mood": "angry",
        "tags": ["a", "b"],
        "extra": {"备注": "留言"},
    }


def test_cells_that_do_not_fit_are_faults():
    """Every cell of a row that does not fit is in its fault, named by the map's field."""
    (item,) = incoming(
        FORM + "  mood: 心情\ndates: {format: year-month-day}\n", "客户,时间,内容,心情\n张三,1/2/26,x,乐\n"
    )
    assert "started_at: '1/2/26'" in item.fault
    assert "mood: '乐'" in item.fault


def test_texts_and_conditions():
    """A text is left out when a cell in it is empty; `when` asks for any of its alternatives, `unless` for none."""
    text = FORM.replace("  summary: 内容\n", "  summary: {text: ['内容：{内容}', '备注：{备注}'], join: '；'}\n") + (
        "  mood: {text: 愤怒, when: {级别: [A, b]}}\n"
        "followups:\n  - {when: [{级别: A}, {备注: x}], unless: {级别: C}, action: '回复{客户}', owner: 客服部, due: 3wd}\n"
    )
    items = incoming(text, "客户,时间,内容,备注,级别\n甲,2026-03-01,好,,A\n乙,2026-03-01,好,x,B\n丙,2026-03-01,,x,C\n")
    assert [item.fields["summary"] for item in items] == ["内容：好", "内容：好；备注：x", "备注：x"]
    assert [item.fields.get("mood") for item in items] == ["angry", "angry", None]
    assert items[0].fields["followups"] == [{"action": "回复甲", "owner": "客服部", "due": "3wd"}]
    assert ["followups" in item.fields for item in items] == [True, True, False]


def test_dotted_fields_longest_and_duration():
    """Dotted keys go deeper, long texts are cut on request, and minutes may be given instead of the end."""
    text = (
        FORM.replace("subject: 来电, ", "")
        + "  party.name: 称呼\n  subject: {column: 内容, longest: 5}\n  时长: 分钟\n"
    )
    (item,) = incoming(text, "客户,时间,内容,称呼,分钟\n甲,2026-03-01,一二三四五六七,王女士,12\n")
    assert (item.fields["party"], item.fields["subject"], item.fields["duration"]) == (
        {"name": "王女士"},
        "一二三四…",
        12,
    )


def test_same_rows_are_contacts_of_their_own():
    """The same row a second time has another key; the keys of a file depend on nothing but its rows."""
    rows = list(read_sheet("a,b\n1,2\n1,2\n2,2\n", "rows.csv").rows)
    keys = [RowKeys("member", ("a", "b")).key_of(row)[0] for row in rows]
    numbered = RowKeys("member", ("b", "a"))
    again = [numbered.key_of(row)[0] for row in rows]
    assert keys[0] == keys[1] == again[0] != again[1]
    assert len(set(again)) == 3


def test_one_identity_for_different_rows_is_refused():
    """Two rows with one identity but other values contradict the map: the later is refused and names the earlier."""
    identities = RowKeys("member", ("a",))
    rows = list(read_sheet("a,b\n1,2\n1,3\n1,2\n", "rows.csv").rows)
    assert [bool(identities.key_of(row)[1]) for row in rows] == [False, True, False]


def test_rejects_can_be_imported_again():
    """A rejects file keeps each row as it was, and its rows have the keys they had in the first file."""
    text = FORM
    source = "客户,时间,内容\n甲,2026-03-01,x\n乙\n"
    items = incoming(text, source)
    sheet = read_sheet(source, "rows.csv")
    again = format_rejects([Rejected(item.row, "because") for item in items], sheet.columns)
    assert (
        again.replace("\r", "")
        == "commlog_line,commlog_reason,客户,时间,内容\n2,because,甲,2026-03-01,x\n3,because,乙\n"
    )
    second = incoming(text, again)
    assert second[0].key == items[0].key
    assert second[1].fault
    assert format_rejects([Rejected(item.row, "because") for item in second], read_sheet(again, "x").columns).replace(
        "\r", ""
    ) == again.replace("\r", "").replace("\n3,", "\n3,")
    assert [rejects_name("a/b.csv"), rejects_name("b.jsonl", 2)] == ["b.rejects.csv", "b.rejects-2.jsonl"]


def test_sketch_is_a_map():
    """A sketch of a header that names all required fields is a valid map, with formats, choices and identity guessed."""
    source = "工单号,客户,沟通渠道,沟通开始时间,内容摘要,沟通主题,核心诉求,门店编码\nA1,甲,电话,2026/3/1 9:05,x,y,z,\nA2,乙,短信,2026/3/2 9:05,x,y,z,\n"
    text = sketch_map(read_sheet(source, "rows.csv"), CATALOG.get("member"), "zh")
    data = parse_yaml(text)
    assert data["dates"] == {"format": "year/month/day hour:minute"}
    assert data["identity"] == ["工单号"]
    assert data["fields"]["channel"] == {"column": "沟通渠道", "values": {"电话": "phone", "短信": None}}
    require_columns(read(text), read_sheet(source, "rows.csv").columns)


def test_sketch_tells_what_is_missing():
    """Required fields without a column stand in the sketch as comments, under their labels."""
    text = sketch_map(read_sheet("Company,State\nAcme,NY\n", "rows.csv"), CATALOG.get("service"), "en")
    assert "#   customer: …  # Customer" in text
    assert "#   State" in text
    assert {code for code, _, _ in mistakes(text)} >= {"missing-field"}


def test_flat_columns():
    """CSV columns are the leaves of the forms; lists of words are joined, deeper ones and odd words are JSON."""
    member = CATALOG.get("member")
    columns = export_columns("", [member])
    assert {"id", "party.name", "tags", "followups", "extra"} <= set(columns)
    assert "party" not in columns
    fields = {
        "tags": ["a", "b"],
        "explicit_needs": ["一，二"],
        "party": {"name": "=x"},
        "reached": True,
        "extra": {"k": 1},
        "followups": [{"n": 1}],
    }
    names = export_columns("标签,explicit_needs,party.姓名/名称,reached,extra.k,followups.0.n,mood", [member])
    assert names == ("tags", "explicit_needs", "party.name", "reached", "extra.k", "followups.0.n", "mood")
    assert record_cells(fields, names) == ["a, b", '["一，二"]', "'=x", "true", "1", "1", ""]
