"""The vocabulary of real templates: every field can be asked for, in both languages."""

import pytest

from commlog.database.query.fields import COLUMN_PATHS
from commlog.database.query.filter import QueryField, Term, ValueType
from commlog.database.query.parse import parse_query
from commlog.database.query.vocabulary import People, build_vocabulary
from commlog.forms.catalog import Catalog
from commlog.forms.schemas import shipped_folder


@pytest.fixture(scope="module")
def catalog():
    """Read the shipped templates once."""
    return Catalog()


@pytest.fixture(scope="module")
def shipped(catalog):
    """Build the vocabulary of the shipped templates, with one priority of a team's own."""
    return build_vocabulary(catalog, People(members={"小王": "wang"}), ["urgent", "vip-first"])


def leaves(fields, key="", labels=()):
    """Give every field with no fields of its own: its dotted key, the labels of each step, the field."""
    for field in fields:
        path, words = f"{key}{field.key}", (*labels, field.labels)
        inner = field.item or field
        if inner.fields:
            yield from leaves(inner.fields, f"{path}.", words)
        elif inner.type != "mapping" and "history" not in path:
            yield path, words, inner


def test_every_field_of_every_template_can_be_asked_for(catalog, shipped):
    """Each field is found by its dotted key and by its labels in both languages."""
    for name in catalog.names():
        for key, labels, _ in leaves(catalog.get(name).fields):
            wanted = COLUMN_PATHS.get(key, key)
            for words in (key, ".".join(one["zh"] for one in labels), ".".join(one["en"] for one in labels)):
                found = [field.name for field in shipped.find(words)]
                assert wanted in found, (name, key, words, found)


def test_every_choice_can_be_asked_for_by_its_labels(catalog, shipped):
    """Each choice of each field is understood by its slug and its labels."""
    for name in catalog.names():
        for key, _, field in leaves(catalog.get(name).fields):
            if field.enum:
                values = shipped.values[COLUMN_PATHS.get(key, key)]
                assert set(field.enum) <= set(values.values())
                for slug, labels in field.enum_labels.items():
                    question = parse_query(f'{COLUMN_PATHS.get(key, key)}:"{labels["zh"]}","{labels["en"]}"', shipped)
                    assert slug in str(question), (key, labels)


def test_types_follow_the_schema(shipped):
    """Enums, numbers, dates and yes/no fields are compared as such."""
    types = {field.name: field.type for found in shipped.fields.values() for field in found if field.is_content}
    assert types["scenario"] is ValueType.CHOICE
    assert types["scores.overall"] is ValueType.NUMBER
    assert types["background.purchased_on"] is ValueType.MOMENT
    assert types["started_at"] is ValueType.MOMENT
    assert types["do_not_contact"] is ValueType.FLAG
    assert types["problem"] is ValueType.TEXT


def test_scenario_and_need_are_categories_too(shipped):
    """The column `category` is asked for by the labels of every field that fills it."""
    assert parse_query("category:投诉", shipped).values == ("complaint",)
    assert parse_query("scenario:投诉", shipped) == Term(
        QueryField("scenario", ValueType.CHOICE, is_content=True), "=", ("complaint",)
    )


def test_names_of_priorities_and_templates_are_values(shipped):
    """A template is named by its slug or label, a priority by the settings' names too."""
    assert parse_query("template:service", shipped).values == ("service",)
    assert parse_query("模板:客户交流记录表", shipped).values == ("service",)
    assert parse_query("priority:VIP-first,紧急", shipped).values == ("vip-first", "urgent")


def test_broken_template_adds_nothing_and_breaks_nothing(tmp_path):
    """A template that cannot be read leaves the fields of the others known."""
    (tmp_path / "mine.schema.json").write_text("{", encoding="utf-8")
    vocabulary = build_vocabulary(Catalog((tmp_path, shipped_folder())), People())
    assert vocabulary.find("scenario")
    assert parse_query("template:mine", vocabulary).values == ("mine",)
