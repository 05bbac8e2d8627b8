"""The paper form of a record: every field in its place, on one page, and honest about broken rules."""

import json
from datetime import datetime

import pytest

from commlog.log.log import open_log
from commlog.messages import use_language
from commlog.records.find import find_path, get_record
from commlog.records.page import RecordContext, format_record_page
from commlog.workspace import make_workspace
from tests.build import NOW, ROOT


@pytest.fixture(autouse=True)
def english():
    """Each test begins and ends in English."""
    use_language("en")
    yield
    use_language("en")


def form_of(root, record_id, name="", **around):
    workspace = make_workspace(open_log(root, str(root)), datetime.fromisoformat(NOW), None)
    reading = workspace.reader.read(find_path(workspace, record_id))
    record = get_record(reading)
    people = {member.id: member.name for member in workspace.log.settings.members}
    surroundings = RecordContext(people, name, reading.problems, **around)
    return format_record_page(record, workspace.catalog.get(record.template), surroundings)


@pytest.fixture
def own(tmp_path):
    """A log with a template of the team's own, and one record of it."""
    (tmp_path / "commlog.yaml").write_text("timezone: Asia/Shanghai\nlanguage: en\n", encoding="utf-8")
    (tmp_path / "schemas").mkdir()
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "x-kind": "interaction",
        "x-label": {"zh": "巡检表", "en": "Inspection"},
        "type": "object",
        "required": ["id", "template", "machine"],
        "properties": {
            "id": {"type": "string", "x-label": {"zh": "编号", "en": "Number"}},
            "template": {"const": "inspection"},
            "machine": {"type": "string", "x-label": {"zh": "机器", "en": "Machine"}},
            "found": {"type": "array", "x-label": {"zh": "发现", "en": "Found"}, "items": {"type": "object"}},
        },
    }
    (tmp_path / "schemas/inspection.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    record = tmp_path / "records/interactions/2026/03/20260302-aaa001.yaml"
    record.parent.mkdir(parents=True)
    record.write_text(
        "id: 20260302-aaa001\ntemplate: inspection\nfound:\n  - {part: <b>valve</b>, state: 13912345678}\nextra_word: 5\n",
        encoding="utf-8",
    )
    return tmp_path


def test_every_form_of_the_example_log_is_filled_in():
    """Every conversation, issue and survey of the example has its title, its follow-ups and a line to sign on."""
    paths = [
        path for kind in ("interactions", "issues", "surveys") for path in (ROOT / "records" / kind).rglob("*.yaml")
    ]
    assert len(paths) > 30
    for path in paths:
        page = form_of(ROOT, path.stem)
        assert page.count("<h1>") == 1
        assert "Signature:" in page
        assert "breaks rules" not in page
        assert ('class="follow-ups"' in page) == ("\nfollowups:" in path.read_text(encoding="utf-8"))


def test_a_form_speaks_the_language_in_use():
    """In Chinese the form has the template's Chinese title and labels."""
    use_language("zh")
    page = form_of(ROOT, "20260310-w9t93h")
    assert "<h1>客户交流记录表</h1>" in page
    assert '<th scope="row">沟通渠道</th>' in page
    assert '<html lang="zh-Hans">' in page


def test_a_forms_people_are_masked_unless_revealed():
    """The customer stands under a masked name, also inside free text; revealed, under name and id."""
    masked = form_of(ROOT, "20260310-w9t93h", "李娜")
    assert "李*" in masked
    assert "李娜" not in masked
    assert "李娜 (li-na)" in form_of(ROOT, "20260310-w9t93h", "李娜", is_revealed=True)


def test_a_record_that_breaks_its_template_still_has_its_form(own):
    """A template of the team's own is shown with its labels; the missing field is a blank line, and the rule is named."""
    page = form_of(own, "20260302-aaa001")
    assert "<h1>Inspection</h1>" in page
    assert "This record breaks rules:" in page
    assert "machine: is required" in page
    assert '<th scope="row">Machine</th><td></td>' in page.replace(' colspan="3"', "")
    assert "&lt;b&gt;valve&lt;/b&gt;" in page
    assert "extra_word" in page


def test_numbers_inside_free_text_are_masked(own):
    """A phone number in a field no template calls personal is masked."""
    path = own / "records/interactions/2026/03/20260302-aaa001.yaml"
    path.write_text("id: 20260302-aaa001\ntemplate: inspection\nmachine: ask 13912345678 first\n", encoding="utf-8")
    assert "139****5678" in form_of(own, "20260302-aaa001")
    assert "13912345678" in form_of(own, "20260302-aaa001", is_revealed=True)
