"""One file as the copy holds it: whatever is in it."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commlog.database.reader import RecordReader
from commlog.database.refresh import open_index
from commlog.forms.catalog import Catalog
from commlog.forms.validation import Validator
from commlog.log.log import open_log

FILE = "records/interactions/2026/03/20260310-aaaaaa.yaml"
CATALOG = Catalog()
VALIDATOR = Validator(CATALOG)


def broken_values() -> Iterator[st.SearchStrategy[Any]]:
    """Whatever YAML can hold."""
    yield st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats() | st.text(max_size=5)
    yield st.sampled_from(
        (
            "2026-03-10",
            "2026-13-01",
            "0000-00-00T00:00:00+08:00",
            "9999-12-31T23:59:59-12:00",
            "\0",
            "\x1e",
            "open",
            "done",
            "ref:",
            "none",
        )
    )


KEYS = (
    "id",
    "customer",
    "agent",
    "party",
    "started_at",
    "ended_at",
    "subject",
    "followups",
    "links",
    "tags",
    "history",
    "n",
    "due",
    "status",
    "to",
    "at",
    "name",
    "aliases",
    "contacts",
    "phone",
    "email",
    "agreements",
    "by",
    "reached",
    "closed_on",
    "valid_until",
)
leaves = st.one_of(*broken_values())
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.slow
@given(st.sampled_from(CATALOG.names()), st.dictionaries(st.sampled_from(KEYS), values, max_size=6))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_value_of_a_record_stops_the_copy(template: str, fields: dict[str, Any]) -> None:
    """Whatever types and texts a record holds, it is written to the copy with its problems."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "commlog.yaml").write_text("timezone: Asia/Shanghai\n")
        (root / FILE).parent.mkdir(parents=True)
        text = (
            json.dumps({"template": template, **fields}, ensure_ascii=True, allow_nan=False)
            if is_finite(fields)
            else "template: member\n"
        )
        (root / FILE).write_text(text)
        index = open_index(RecordReader(open_log(root, str(root)), CATALOG, VALIDATOR))
        assert index.rows("SELECT count(*) FROM files") == [(1,)]
        assert index.rows("SELECT count(*) > 0 FROM problems") == [(1,)]
        index.close()


def is_finite(value: Any) -> bool:
    """JSON has no infinity."""
    if isinstance(value, dict):
        return all(map(is_finite, value.values()))
    if isinstance(value, list):
        return all(map(is_finite, value))
    return not isinstance(value, float) or value - value == 0
