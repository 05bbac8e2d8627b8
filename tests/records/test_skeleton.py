"""The form for the editor: valid YAML with its comments and without them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commlog.forms.catalog import Catalog
from commlog.messages import use_language
from commlog.records.skeleton import format_skeleton
from commlog.yamltext.parse import parse_yaml

CATALOG = Catalog()
_COMMENTED = re.compile(r"# ?( *(?:- )?[a-z_]+:( .*)?)")


@pytest.fixture(params=["en", "zh"])
def language(request):
    """Forms in both languages."""
    use_language(request.param)
    yield request.param
    use_language("en")


def keys_of(field):
    """The keys a form offers for a field, at every depth."""
    if field.read_only:
        return
    yield field.key
    for child in (*field.fields, *(field.item.fields if field.item else ())):
        yield from keys_of(child)


@pytest.mark.parametrize("name", CATALOG.names())
def test_a_form_is_yaml(name, language):
    """As it is, a form names its template and holds the required fields, empty."""
    template = CATALOG.get(name)
    data = parse_yaml(format_skeleton(template, {}))
    assert data["template"] == name
    required = {field.key for field in template.fields if field.required and not field.read_only} - {"id"}
    assert required <= set(data)


@pytest.mark.parametrize("name", CATALOG.names())
def test_a_form_is_yaml_with_everything_uncommented(name, language):
    """With the # taken away before every field the form is valid YAML and offers every field of the template."""
    template = CATALOG.get(name)
    lines = []
    for line in format_skeleton(template, {}).split("\n"):
        found = _COMMENTED.fullmatch(line)
        lines.append(found.group(1) if found else line)
    data = parse_yaml("\n".join(lines))
    offered = {field.key for field in template.fields if not field.read_only} - {
        "id",
        "template",
        "recorded_at",
        "history",
    }
    assert offered <= set(data)


WORDS = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
    .map(str.strip)
    .filter(bool)
)


@given(st.dictionaries(st.sampled_from(["subject", "summary", "core_request", "tags", "contact"]), WORDS, max_size=5))
def test_what_is_known_stands_in_the_form(values):
    """Any text that was given before comes back from the form as it was."""
    known = {key: [value] if key == "tags" else value for key, value in values.items()}
    data = parse_yaml(format_skeleton(CATALOG.get("member"), known))
    assert {key: data[key] for key in known} == known
