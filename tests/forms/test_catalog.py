"""Finding and reading templates: precedence, a team's own, and broken ones."""

import json
import subprocess
import sys

import pytest

from commlog.errors import InvalidError, NotFoundError
from commlog.forms.catalog import Catalog
from commlog.forms.fields import find_field
from commlog.forms.schemas import shipped_folder
from commlog.forms.validation import Validator

REPAIR = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "x-label": {"zh": "维修记录", "en": "Repair"},
    "x-record-within": "2h",
    "allOf": [{"$ref": "parts/interaction.json"}],
    "properties": {
        "template": {"const": "repair", "x-label": {"zh": "模板", "en": "Template"}},
        "device": {"$ref": "parts/values.json#/$defs/line", "x-label": {"zh": "设备", "en": "Device"}},
        "fault": {
            "type": "string",
            "enum": ["power", "noise"],
            "x-label": {"zh": "故障", "en": "Fault"},
            "x-enum-labels": {"power": {"zh": "不通电", "en": "No power"}, "noise": {"zh": "异响", "en": "Noise"}},
        },
    },
    "required": ["device"],
    "unevaluatedProperties": False,
}
RECORD = {
    "id": "20260310-7f3kq2",
    "template": "repair",
    "customer": "li-na",
    "agent": "wang",
    "direction": "inbound",
    "channel": "phone",
    "started_at": "2026-03-10T14:30:00+08:00",
    "recorded_at": "2026-03-10T14:52:00+08:00",
    "subject": "s",
    "summary": "s",
    "device": "KFR-35",
    "fault": "power",
}


def write(folder, name, schema):
    """A schema file in a log's folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(schema if isinstance(schema, str) else json.dumps(schema, indent=1, ensure_ascii=False), "utf-8")
    return path


def catalog_of(folder):
    """A log's catalog: its own folder first."""
    return Catalog((folder, shipped_folder()))


def test_importing_the_catalog_imports_no_validator():
    """The catalog can be read without either validator."""
    code = (
        "import sys; from commlog.forms.catalog import Catalog; from commlog.forms.validation import Validator;"
        "Catalog().get('service'); print(sorted({'jsonschema', 'jsonschema_rs', 'referencing'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_log_without_schemas_has_the_shipped_ones(tmp_path):
    """A folder that is not there changes nothing."""
    assert catalog_of(tmp_path / "none").names() == Catalog().names()


def test_a_dropped_in_template_works_on_the_shipped_parts(tmp_path):
    """A team's template takes in the shipped base: fields, labels, order, kind, validation."""
    write(tmp_path, "repair.schema.json", REPAIR)
    catalog = catalog_of(tmp_path)
    template = catalog.get("repair")
    assert (template.kind, template.record_within, template.labels["zh"]) == ("interaction", "2h", "维修记录")
    place = template.order.index("subject")
    assert template.order[place : place + 4] == ("subject", "device", "fault", "summary")
    assert find_field(template, "设备").key == "device"
    validator = Validator(catalog)
    assert validator.is_valid("repair", RECORD)
    assert validator.explain("repair", RECORD) == ()
    found = validator.explain("repair", {**RECORD, "fault": "异响", "devise": 1})
    assert [(f.code, f.path, f.facts["suggestion"]) for f in found] == [
        ("not-in-list", ("fault",), "noise"),
        ("unknown-field", ("devise",), "device"),
    ]


def test_a_logs_own_parts_come_first(tmp_path):
    """A part in the log's folder is used instead of the shipped one of the same name."""
    write(tmp_path, "repair.schema.json", REPAIR)
    base = json.loads((shipped_folder() / "parts/interaction.json").read_text("utf-8"))
    base["properties"]["shelf"] = {"type": "integer", "x-label": {"zh": "货架", "en": "Shelf"}}
    write(tmp_path, "parts/interaction.json", base)
    catalog = catalog_of(tmp_path)
    assert Validator(catalog).is_valid("repair", {**RECORD, "shelf": 3})
    assert find_field(catalog.get("service"), "货架") is not None


def test_a_logs_own_template_replaces_the_shipped_one(tmp_path):
    """A template in the log's folder is used instead of the shipped one of the same name."""
    schema = json.loads((shipped_folder() / "survey.schema.json").read_text("utf-8"))
    schema["properties"]["scores"]["properties"]["price"] = {
        "type": "integer",
        "x-label": {"zh": "价格", "en": "Price"},
    }
    write(tmp_path, "survey.schema.json", schema)
    assert find_field(catalog_of(tmp_path).get("survey"), "评分.价格").key == "price"


def test_an_unknown_template_names_the_nearest():
    """Asking for a template that is not there gives the names nearest to it."""
    with pytest.raises(NotFoundError) as caught:
        Catalog().get("servise")
    assert "service" in caught.value.remedy
    assert Catalog().find("servise") is None


@pytest.mark.parametrize("name", ["../settings/commlog", "settings/commlog", "parts/values", "", "/etc/passwd"])
def test_a_name_is_not_a_path(name):
    """A record cannot name a file as its template."""
    assert Catalog().find(name) is None


BROKEN = [
    ('{\n  "title": \n}', 3, "not JSON"),
    ("[]", 1, "not a JSON object"),
    ('{\n  "a": 1,\n  "a": 2}', 2, "twice"),
    ("[" * 100_000, 1, "nested"),
    (json.dumps({"$schema": "http://json-schema.org/draft-07/schema#"}), 1, "draft 2020-12"),
    (json.dumps({**REPAIR, "allOf": [{"$ref": "https://example.com/x.json"}]}, indent=1), 10, "example.com"),
    (json.dumps({**REPAIR, "allOf": [{"$ref": "file:///etc/hostname"}]}, indent=1), 10, "file:"),
    (json.dumps({**REPAIR, "allOf": [{"$ref": "../secret.json"}]}, indent=1), 10, "secret"),
    (json.dumps({**REPAIR, "allOf": [{"$ref": "%2e%2e/secret.json"}]}, indent=1), 10, "secret"),
    (json.dumps({**REPAIR, "allOf": [{"$dynamicRef": "//example.com/x"}]}, indent=1), 10, "example.com"),
    (json.dumps({**REPAIR, "allOf": [{"$ref": "parts/none.json"}]}, indent=1), 10, "none"),
    (json.dumps({"type": "object"}), 1, "x-kind"),
]


@pytest.mark.parametrize(("text", "line", "words"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_template_is_one_error_and_the_others_work(tmp_path, text, line, words):
    """A broken template is named with its file and line; the other templates stay usable."""
    file = write(tmp_path, "repair.schema.json", text)
    catalog = catalog_of(tmp_path)
    assert "repair" in catalog.names()
    with pytest.raises(InvalidError) as caught:
        catalog.get("repair")
    assert (caught.value.file, caught.value.line) == (str(file), line)
    assert words in caught.value.message
    assert catalog.get("service").kind == "interaction"
    assert catalog.fingerprint()


def test_a_template_that_refers_to_itself_ends():
    """A schema that contains itself gives fields of bounded depth."""
    from commlog.forms.schemas import Resolver

    schema = {"properties": {"child": {"$ref": "#"}, "loop": {"$ref": "#/properties/loop"}}}
    resolver = Resolver({"x": schema})
    fields = resolver.build_fields(resolver.flatten("x"), ("child", "loop"))
    assert [field.key for field in fields] == ["child", "loop"]


def test_an_id_in_a_template_changes_nothing(tmp_path):
    """A template may carry an `$id`; its references still start from its file."""
    write(tmp_path, "repair.schema.json", {"$id": "https://example.com/repair", **REPAIR})
    assert Validator(catalog_of(tmp_path)).is_valid("repair", RECORD)


def test_the_fingerprint_follows_every_byte(tmp_path):
    """The fingerprint changes with a template, a part, or which folder holds them, and only then."""
    first = catalog_of(tmp_path).fingerprint()
    assert first == catalog_of(tmp_path).fingerprint()
    file = write(tmp_path, "repair.schema.json", REPAIR)
    second = catalog_of(tmp_path).fingerprint()
    file.write_text(file.read_text("utf-8") + " ", "utf-8")
    third = catalog_of(tmp_path).fingerprint()
    write(tmp_path, "parts/x.json", "{}")
    assert len({first, second, third, catalog_of(tmp_path).fingerprint()}) == 4
