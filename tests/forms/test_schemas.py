"""The shipped schemas: complete, labelled in both languages, and true JSON Schemas."""

import json
from pathlib import Path

import jsonschema
import pytest

from commlog.forms.catalog import Catalog
from commlog.forms.fields import fold_label
from commlog.forms.schemas import shipped_folder
from commlog.forms.validation import build_accepting

FILES = sorted(shipped_folder().rglob("*.json"))
NAMES = ("answer", "customer", "issue", "member", "relationship", "service", "survey", "visit")
CATALOG = Catalog()
PERSONAL = {"phone", "email", "wecom", "address", "birthday", "taboos", "contact"}


def walk(node, path=()):
    """Every schema in a file, with its place."""
    if isinstance(node, dict):
        yield node, path
        for key, value in node.items():
            yield from walk(value, (*path, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from walk(value, (*path, number))


def all_fields(fields):
    """Every field at every depth."""
    for field in fields:
        yield field
        yield from all_fields(field.fields)
        if field.item is not None:
            yield from all_fields((field.item,))


def properties_of(node, path):
    """The properties a schema describes; conditions only mention theirs."""
    if "if" in path or "then" in path:
        return {}
    found = node.get("properties", {})
    return found if isinstance(found, dict) else {}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_is_a_json_schema(file: Path):
    """Each shipped file passes the check of JSON Schema itself."""
    jsonschema.Draft202012Validator.check_schema(json.loads(file.read_text("utf-8")))


@pytest.mark.parametrize("name", NAMES)
def test_every_template_builds(name):
    """Each template and all it refers to is a schema the validator takes."""
    build_accepting(CATALOG.get(name))


def test_the_eight_templates_are_there():
    """Every template file is a template, and there are eight."""
    assert CATALOG.names() == NAMES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_property_is_labelled(file: Path):
    """Each property at every depth has a label in both languages."""
    bare = [
        (path, key)
        for node, path in walk(json.loads(file.read_text("utf-8")))
        for key, schema in properties_of(node, path).items()
        if not (schema.get("x-label", {}).get("zh") and schema["x-label"].get("en"))
    ]
    assert bare == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_choice_is_labelled(file: Path):
    """Each value of each list of choices has a label in both languages, and no label is left over."""
    bare = []
    for node, path in walk(json.loads(file.read_text("utf-8"))):
        if isinstance(node.get("enum"), list) and not {"if", "then"} & set(path):
            labels = node.get("x-enum-labels", {})
            if set(labels) != set(node["enum"]) or not all(w.get("zh") and w.get("en") for w in labels.values()):
                bare.append(path)
    assert bare == []


@pytest.mark.parametrize("name", NAMES)
def test_every_text_field_has_a_hint(name):
    """Each text a person writes has a colleague's advice in both languages."""
    bare = [
        field.key
        for field in all_fields(CATALOG.get(name).fields)
        if field.key
        and field.type == "text"
        and not (field.read_only or field.enum or field.enum_labels)
        and field.format in {"", "email"}
        and field.key != "template"
        and not (field.hints.get("zh") and field.hints.get("en"))
    ]
    assert bare == []


@pytest.mark.parametrize("name", NAMES)
def test_labels_name_one_field(name):
    """At each level a label, in either language, means one field only, and never needs a dot."""
    levels = [CATALOG.get(name).fields, *(field.fields for field in all_fields(CATALOG.get(name).fields))]
    for level in levels:
        owners = {}
        for field in level:
            for word in (field.key, *field.labels.values()):
                assert "." not in word or word.endswith("."), word
                assert owners.setdefault(fold_label(word), field.key) == field.key, word


@pytest.mark.parametrize("name", NAMES)
def test_choice_labels_name_one_value(name):
    """In each list a label, in either language, means one value only."""
    for field in all_fields(CATALOG.get(name).fields):
        owners = {}
        for slug, labels in field.enum_labels.items():
            for word in (slug, *labels.values()):
                assert owners.setdefault(fold_label(word), slug) == slug, (field.key, word)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_patterns_mean_the_same_everywhere(file: Path):
    r"""No pattern uses a class or an end that differs between dialects: \d, \w, \s, a bare $."""
    for node, path in walk(json.loads(file.read_text("utf-8"))):
        pattern = node.get("pattern")
        if isinstance(pattern, str):
            assert not any(short in pattern for short in (r"\d", r"\w", r"\s", r"\b")), path
            assert pattern.count("$") == pattern.count(r"(?!\n)$"), path
            assert set(node.get("x-expected", {})) == {"zh", "en"}, path


def test_only_personal_data_is_masked():
    """Exactly the fields that are personal data are marked so."""
    marked = {f.key for name in NAMES for f in all_fields(CATALOG.get(name).fields) if f.personal}
    assert marked == PERSONAL


@pytest.mark.parametrize("name", NAMES)
def test_the_order_names_every_field_once(name):
    """The order of a template is the list of its fields."""
    template = CATALOG.get(name)
    assert template.order == tuple(field.key for field in template.fields)
    assert template.schema["x-order"] == list(template.order)


def test_annotations_of_the_interaction_templates():
    """The time to record within and where a priority comes from are those of the paper forms."""
    read = {n: (CATALOG.get(n).record_within, CATALOG.get(n).priority_from) for n in NAMES}
    assert read["service"] == ("30m", ())
    assert read["relationship"] == ("24h", ("urgency",))
    assert read["visit"] == ("24h", ("next_step",))
    assert read["member"] == ("none", ())


REQUIRED = {
    "member": "id template customer agent direction channel started_at recorded_at subject summary core_request",
    "service": "id template customer agent direction channel started_at recorded_at subject summary scenario problem request outcome",
    "relationship": "id template customer agent direction channel started_at recorded_at subject summary need_type",
    "visit": "id template customer agent direction channel started_at recorded_at subject summary visit_kind",
    "issue": "id template title description reported_on category customer status",
    "survey": "id template customer period",
    "customer": "id template name type stage",
    "answer": "id template question answer",
}


@pytest.mark.parametrize("name", NAMES)
def test_required_fields(name):
    """The fields a form cannot do without are required, and no others."""
    required = {field.key for field in CATALOG.get(name).fields if field.required}
    assert required == set(REQUIRED[name].split())


FIELDS = {
    "member": "core_request explicit_needs implicit_needs.0.signal implicit_needs.0.reading service_impression party.name party.contact party.type party.company party.industry contact branch reached channel_detail received_at ended_at purpose outline dialogue.0.speaker dialogue.0.words tags mood mood_note attachments.0.kind attachments.0.obtained attachments.0.location links.0.to links.0.type links.0.note followups.0.n followups.0.action followups.0.method followups.0.owner followups.0.priority followups.0.due followups.0.due_rule followups.0.status followups.0.result followups.0.customer_satisfaction followups.0.agreed_with_customer followups.0.history.0.at followups.0.history.0.by followups.0.history.0.status followups.0.history.0.due followups.0.history.0.owner followups.0.history.0.note outcome satisfaction extra.anything",
    "service": "scenario identity_check.result identity_check.by background.order_no background.product_model background.purchased_on background.circumstances key_details response_actions collaboration.0.department collaboration.0.person collaboration.0.ref collaboration.0.note solution solution_reply",
    "relationship": "feedback.0.kind feedback.0.text agreements.0.by agreements.0.what agreements.0.due open_points urgency importance order_no project_no",
    "visit": "last_contact_at praise criticism needs.0.text needs.0.priority needs.0.owner needs.0.expected_by next_step",
    "issue": "department owner priority solution completed_on confirmation.result confirmation.by confirmation.at confirmation.how score closed_on closed_reason former_no links.0.to reopened.0.at reopened.0.by reopened.0.reason followups.0.action history.0.at",
    "survey": "contact requested_on assessed_on scores.product_quality scores.response_speed scores.communication scores.problem_solving scores.overall comment suggestions",
    "customer": "aliases company industry level labels owner contacts.0.name contacts.0.role contacts.0.phone contacts.0.email contacts.0.wecom contacts.0.preferred_channel contacts.0.preferred_time addresses.0.kind addresses.0.address addresses.0.delivery_note preferred_time taboos preferences cooperation_since birthday birthday.lunar anniversaries.0.name anniversaries.0.date visit_every membership.tier membership.points membership.joined_on consent.status consent.on consent.channel consent.purposes do_not_contact verified_on source merged_into notes",
    "answer": "category keywords audience approved_by approved_on valid_until links.0.to",
}


@pytest.mark.parametrize("name", NAMES)
def test_every_field_of_the_paper_form_is_there(name):
    """Each field of the form can be named by its dotted key."""
    from commlog.forms.fields import find_field

    missing = [dotted for dotted in FIELDS[name].split() if find_field(CATALOG.get(name), dotted) is None]
    assert missing == []
