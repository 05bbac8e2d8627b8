"""Settings of any shape: read with their defaults, or refused with a line; never a crash."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.errors import InvalidError
from commlog.log.settings import KNOWN_KEYS, read_settings
from commlog.problems import Problem

TEXTS = (
    "Asia/Shanghai",
    "",
    "..",
    "../../etc/passwd",
    "24h",
    "3wd",
    "mon-fri",
    "09:00-12:00",
    "wang",
    "一",
    "a\nb",
    "2026-01-01",
    "next_day",
)
KEYS = (
    "id",
    "name",
    "aliases",
    "hours",
    "limit",
    "label",
    "notify",
    "mon",
    "sat",
    "mon-fri",
    "urgent",
    "deputy",
    "2026-01-01",
    "2026-02-30",
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(TEXTS)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)
settings_data = st.dictionaries(st.sampled_from(KNOWN_KEYS), values, max_size=4)
calendar_data = st.dictionaries(st.sampled_from(("off", "work", "on")), values, max_size=2)


@given(settings_data, calendar_data)
@settings(max_examples=200, deadline=None)
def test_any_value_is_taken_or_refused_at_its_line(chosen: dict[str, Any], dated: dict[str, Any]) -> None:
    """Whatever stands under a setting, it is read or named with file, line and words."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "commlog.yaml").write_text(json.dumps({"timezone": "UTC", **chosen}, indent=1))
        (root / "calendar.yaml").write_text(json.dumps(dated, indent=1))
        try:
            read_settings(root)
        except InvalidError as fault:
            assert fault.problems
            for problem in fault.problems:
                assert isinstance(problem, Problem)
                assert problem.path in {"commlog.yaml", "calendar.yaml"}
                assert problem.line > 0
                assert problem.message
