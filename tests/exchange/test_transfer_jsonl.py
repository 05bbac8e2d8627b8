"""JSON Lines: objects to rows, whatever the lines hold."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.exchange.jsonl_file import format_object, read_objects, sheet_of

VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=5), VALUE, max_size=4))
def test_objects_come_back(data):
    """Any object written on a line is read back the same."""
    (row,) = read_objects(format_object(data) + "\n")
    assert (row.original, row.fault) == (data, "")


@pytest.mark.parametrize(
    "line", ["[1]", "{", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 100_000, '{"a":' * 60 + "1" + "}" * 60]
)
def test_other_lines_have_a_fault(line):
    """What is no object, has a key twice, or is nested too deeply is a row with a fault, never an end."""
    rows = list(read_objects(f'{{"ok": 1}}\n\n{line}\n{{"ok": 2}}'))
    assert [bool(row.fault) for row in rows] == [False, True, False]
    assert [row.line for row in rows] == [1, 3, 4]


def test_objects_have_cells():
    """Nested keys are dotted, null is empty, lists are JSON, and the columns are those of any row."""
    rows = read_objects(json.dumps({"a": {"b": 1}, "c": None, "d": [1, "x"]}) + "\n" + json.dumps({"e": True}))
    sheet = sheet_of(rows)
    assert sheet.columns == ("a.b", "c", "d", "e")
    assert [dict(row.cells) for row in sheet.rows] == [{"a.b": "1", "c": "", "d": '[1, "x"]'}, {"e": "true"}]
