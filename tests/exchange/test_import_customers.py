"""Importing a list of customers: every row is created, there already, or rejected with the customer it met."""

import pytest

from commlog.exchange.import_records import ImportOptions, import_records
from commlog.exchange.map_reader import MapContext, read_map
from commlog.exchange.source import SourceFile, iter_items, open_sheet
from commlog.records.draft import converter_of

MAP = """\
template: customer
constants: {type: individual, stage: active}
fields:
  name: 姓名
  aliases: {column: 别名, split: /}
  contacts.0.phone: 电话
  contacts.0.email: 邮箱
others: ignore
"""
HEADER = "姓名,别名,电话,邮箱\n"


def run(log, rows, text=MAP, **choices):
    """Import rows under a map; that the counts add up is part of every test."""
    workspace = log.workspace()
    ground = MapContext(workspace.catalog, converter_of(workspace), workspace.log.settings.zone)
    import_map = read_map(text.encode(), "rows.map.yaml", ground)
    sheet = open_sheet(SourceFile("rows.csv", "csv", rows.encode()), "", import_map)
    result = import_records(workspace, iter_items(sheet, import_map, ground), ImportOptions(**choices))
    assert result.rows == result.created + result.present + len(result.rejected)
    return result


def counts(result):
    """Created, present, and the lines that were rejected."""
    return result.created, result.present, [item.row.line for item in result.rejected]


def test_a_list_of_customers_becomes_files(log):
    """Name, aliases and contacts of a row are in the file; an empty phone makes no contact, and the contact is the customer."""
    assert counts(run(log, HEADER + "李娜,娜姐/小李,１３９００００００01,\n王伟,,,\n")) == (2, 0, [])
    fields = log.read("李娜").fields
    assert fields["aliases"] == ["娜姐", "小李"]
    assert fields["contacts"] == [{"name": "李娜", "phone": "１３９００００００01"}]
    assert "contacts" not in log.read("王伟").fields
    assert log.workspace().index.rows("SELECT count(*) FROM problems") == [(0,)]


def test_the_owner_of_a_row_is_stored_by_id(log):
    """Whatever the list calls the member; who is none stays as written."""
    text = MAP.replace("  name: 姓名\n", "  name: 姓名\n  owner: 客户经理\n")
    rows = "姓名,客户经理,别名,电话,邮箱\n李娜,王芳,,,\n王伟,LI@example.com,,,\n张三,大客户部,,,\n"
    assert counts(run(log, rows, text)) == (3, 0, [])
    assert [log.read(name).fields["owner"] for name in ("李娜", "王伟", "张三")] == ["wang", "li", "大客户部"]


def test_the_owner_of_an_imported_issue_is_stored_by_id(log):
    """As for a customer: a member by name becomes the id, a department stays, and a follow-up says who wrote it by id."""
    text = "template: issue\nconstants: {category: 其他, status: open}\nfields: {title: t, description: t, reported_on: d, customer: c, owner: o}\nfollowups: [{action: 回复}]\n"
    rows = "t,d,c,o\n坏了,2026-03-01,acme,小王\n又坏,2026-03-01,acme,客服部\n"
    assert counts(run(log.asked_by(None), rows, text)) == (2, 0, [])
    issues = [
        log.read(path.rpartition("/")[2].removesuffix(".yaml")).fields for path in log.files() if "issues" in path
    ]
    assert {issue["title"]: issue["owner"] for issue in issues} == {"坏了": "wang", "又坏": "客服部"}
    assert {issue["followups"][0]["owner"] for issue in issues} == {"wang", "客服部"}


def test_a_second_run_adds_nothing(log):
    """Rows that were created are there already, in a dry run as well."""
    rows = HEADER + "李娜,,+86 139-0000-0001,\n王伟,,,w@x.example\n"
    run(log, rows)
    assert counts(run(log, rows, is_dry=True)) == (0, 2, [])
    assert counts(run(log, rows)) == (0, 2, [])


@pytest.mark.parametrize("is_dry", [False, True])
def test_the_same_customer_written_otherwise_is_there(log, is_dry):
    """Another way to write the phone, the address or the name in the same file is the same customer."""
    rows = (
        HEADER + "李娜,,13900000001,l@x.example\n 李娜 ,,+86139 0000 0001,\n李娜,,1３900000001,L@X.example\n李娜,,,\n"
    )
    assert counts(run(log, rows, is_dry=is_dry)) == (1, 3, [])


def test_the_phone_of_another_is_for_a_person_to_decide(log):
    """A row whose phone or address is that of a customer of another name is rejected, and the reason names them."""
    result = run(log, HEADER + "王伟,,+86 13800000001,\n李娜,,,CHEN@acme.example\n")
    assert counts(result) == (0, 0, [2, 3])
    assert [item.reason.split(";")[0] for item in result.rejected] == [
        "138****0001 belongs to the customer acme",
        "c***@acme.example belongs to the customer acme",
    ]


def test_a_phone_of_two_customers_is_answered_with_what_can_be_pasted(log):
    """Two who hold it are named, and each command in the reason is one that the shell takes."""
    more = "template: customer\ntype: company\nstage: active\ncontacts:\n  - {name: c, phone: '13800000001'}\n"
    log.write("records/customers/李女士.yaml", f"id: 李女士\nname: 李女士\n{more}")
    log.write("records/customers/beta.yaml", f"id: beta\nname: 贝塔\n{more}")
    (rejected,) = run(log, HEADER + "王伟,,13800000001,\n").rejected
    commands = "commlog customer merge beta acme; commlog customer merge 李女士 acme"
    assert (
        rejected.reason
        == f"138****0001 belongs to several customers: acme, beta, 李女士; if they are the same customer: {commands}"
    )


def test_a_new_phone_of_a_known_name_is_not_lost(log):
    """A row that would add a phone to a customer who is there, or is somebody else of that name, is rejected, not passed over."""
    result = run(log, HEADER + "艾克米公司,,13900000001,\nAcme Ltd,,13800000001,\n")
    assert counts(result) == (0, 1, [2])
    assert result.rejected[0].reason.startswith("acme is a customer of this name, but without 139****0001")


def test_a_row_of_somebody_merged_is_there(log):
    """Name and phone of a duplicate that was merged are those of the one who stays."""
    log.write(
        "records/customers/old.yaml",
        "id: old\ntemplate: customer\nname: 旧名\ntype: company\nstage: active\nmerged_into: acme\n",
    )
    assert counts(run(log, HEADER + "旧名,,138 0000 0001,\n")) == (0, 1, [])


def test_an_id_column_tells_people_of_one_name_apart(log):
    """With ids, two of one name are two; a row whose id is there is there."""
    text = MAP.replace("fields:\n", "identity: [编号]\nfields:\n  id: 编号\n")
    rows = "编号,姓名,别名,电话,邮箱\nc-1,李娜,,13900000001,\nc-2,李娜,,13900000002,\nacme,艾克米公司,,,\n"
    assert counts(run(log, rows, text)) == (2, 1, [])
    assert {row[0] for row in log.workspace().index.rows("SELECT id FROM customers")} == {"acme", "c-1", "c-2"}


def test_two_hundred_rows_are_accounted_for(log):
    """Of a real list with repetitions, every row is in exactly one count, and every phone in exactly one file."""
    rows = [f"客户{n:03},,{('+86 ' if n % 3 else '') + f'139{n:08}'},\n" for n in range(170)]
    rows += rows[:10] + [row.replace("+86 ", "0086") for row in rows[10:20]] + [f"另{row}" for row in rows[20:30]]
    result = run(log, HEADER + "".join(rows))
    assert counts(result) == (170, 20, [*range(192, 202)])
    phones = log.workspace().index.rows(
        "SELECT name, count(*) FROM customer_names WHERE name LIKE '139%' GROUP BY name"
    )
    assert len(phones) == 170
    assert {count for _, count in phones} == {1}
