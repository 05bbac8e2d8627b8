"""Data to YAML text: the style, and that every reader gets the same back."""

import io

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from commlog.yamltext.format import depth_of, display_columns, format_document, format_entry, format_flow, format_item
from commlog.yamltext.parse import parse_yaml
from commlog.yamltext.quoting import format_scalar
from commlog.yamltext.scalars import MAX_DEPTH, YamlError

TRICKY = [
    "",
    " ",
    "no",
    "No",
    "on",
    "yes",
    "y",
    "n",
    "true",
    "True",
    "null",
    "~",
    "=",
    "<<",
    "0123",
    "08",
    "0o17",
    "0x1F",
    "1e3",
    "1E3",
    "1.0",
    "1_000",
    "013800138000",
    "13800138000",
    "+8613800138000",
    "15:30",
    "190:20:30",
    "2026-01-02",
    "2026-02-30",
    "2026-01-02T03:04:05+08:00",
    "2026-01-02 03:04:05",
    ".5",
    ".inf",
    "-.inf",
    ".nan",
    "-",
    "- x",
    "-x",
    "--",
    "---",
    "...",
    "?",
    "? x",
    ":",
    ": x",
    "x:",
    "a: b",
    "a:b",
    "a #b",
    "# x",
    "a#b",
    "&x",
    "*x",
    "!x",
    "%x",
    "@x",
    "`x",
    "|",
    ">",
    "|x",
    "[x",
    "]x",
    "{x",
    "}x",
    ",x",
    "x,y",
    "x]y",
    "'x",
    "it's",
    '"x',
    'x"y',
    "x\\y",
    " x",
    "x ",
    "\tx",
    "x\t",
    "x\ty",
    "\n",
    "\n\n",
    "x\n",
    "x\n\n",
    "\nx",
    "\n\nx\n",
    "x\ny",
    "x\n\ny\n\n\n",
    " x\ny",
    "x\n y",
    "x\n \ny",
    "x \ny",
    "x\n\ty",
    "\tx\ny",
    "x\ny\n ",
    "x\n# y",
    "---\nx",
    "x: y\nz: w",
    "x\r\ny",
    "x\ry",
    "x\x85y",
    "x\u2028y",
    "x\u2029y",
    "\x00",
    "\x1b[31m",
    "\x7f",
    "\x9f",
    "\ufeff",
    "\ufffe",
    "\uffff",
    "\u3000x\u3000",
    "\xa0x",
    "👩‍👩‍👧",
    "😀 x",
    "你好：世界，“x”",
    "3月8日",
    "3wd",
    "400热线",
    "20260310-7f3kq2",
    "20260310-123456",
    "20260310-1e3456",
    "0.1.2",
    "1,2",
    "1-2",
    "http://a.b/c?d=e#f",
    "a@b.c",
    "e1",
    "inf",
    "nan",
    "0b1",
    "1:2",
    "12e03",
    "0.",
    "1__0",
    "0b10_0",
    "0x_1",
    "1:60",
    "2001-1-1",
    "2026-03",
    "长" * 60,
    "x " * 60,
    "长, " * 40,
    "x: " * 40,
    "a" * 3000,
]

TEXT = st.one_of(
    st.sampled_from(TRICKY),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.text("ab你 :#-,[]{}\n\t'\"0123.e~", max_size=30),
)
SCALARS = st.one_of(TEXT, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(TEXT.filter(lambda key: len(key) < 900), inner, max_size=4)
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(TEXT.filter(lambda key: len(key) < 900), DATA, max_size=5)


def load_ruamel(text):
    """What ruamel.yaml reads, by YAML 1.2."""
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


@pytest.mark.slow
@given(DOCUMENTS)
@settings(max_examples=250, deadline=None)
def test_round_trip(data):
    """Whatever is written is read back the same, types included."""
    assert repr(parse_yaml(format_document(data))) == repr(data)


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "n"]),
        st.recursive(
            TEXT,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abn"), inner),
            max_leaves=5,
        ),
        max_size=3,
    )
)
@settings(max_examples=120, deadline=None)
def test_other_readers_get_the_same_text(data):
    """ruamel.yaml (YAML 1.2) and PyYAML (YAML 1.1) read the same text; PyYAML's dates aside."""
    written = format_document(data)
    assert load_ruamel(written) == without_dates(data, load_ruamel(written))
    loaded = yaml.safe_load(written)
    assert loaded == without_dates(data, loaded)


def without_dates(ours, theirs):
    """Ours, with the dates another reader made of our date texts."""
    if isinstance(ours, dict):
        return {key: without_dates(value, theirs[key]) for key, value in ours.items()}
    if isinstance(ours, list):
        return [without_dates(*pair) for pair in zip(ours, theirs, strict=True)]
    return theirs if ours[:10] == "2026-01-02" and not isinstance(theirs, str) else ours


@pytest.mark.parametrize("text", TRICKY)
@pytest.mark.parametrize(
    "shape",
    [
        lambda text: {"k": text},
        lambda text: {"k": [text, "z"]},
        lambda text: {"k": [{"a": text, "b": text}]},
        lambda text: {"k": {"a": {"b": text}}, "z": "z"},
    ],
)
def test_tricky_text_in_every_place(text, shape):
    """Each text that looks like something else comes back as text, from three readers and in every place."""
    data = shape(text)
    written = format_document(data)
    assert parse_yaml(written) == data
    assert load_ruamel(written) == without_dates(data, load_ruamel(written))
    assert yaml.safe_load(written) == without_dates(data, yaml.safe_load(written))


@pytest.mark.parametrize("key", [text for text in TRICKY if len(text) < 900])
def test_tricky_keys(key):
    """A key that looks like something else comes back as the same text."""
    data = {key: "x", "k": [{key: "y"}]}
    assert parse_yaml(format_document(data)) == data


def test_style():
    """A record is written as the example: plain words, block text, short lists on a line, keys as given."""
    data = {
        "id": "20260310-7f3kq2",
        "started_at": "2026-03-10T14:30:00+08:00",
        "subject": "空调安装后不制冷",
        "order_no": "2026030800123",
        "none": None,
        "identity_check": {"result": "verified", "by": ["phone", "order_no"]},
        "problem": "3月8日安装的空调。\n安装师傅：管路问题。\n",
        "long": "长" * 50,
        "tags": [],
        "extra": {},
        "answer": "no",
        "links": [{"to": "20260305-x2m9pd", "at": "2026-03-10T14:52:00+08:00", "note": "上次来电"}],
        "followups": [{"n": 1, "agreed": True, "history": [{"by": "wang"}]}, {"n": 2, "words": "a\nb"}],
        "names": ["长" * 20, "长" * 20, "长" * 20],
        "nested": [["a", "b"], [["c\nd"], "e"]],
    }
    assert (
        format_document(data, "# header")
        == """\
# header
id: 20260310-7f3kq2
started_at: 2026-03-10T14:30:00+08:00
subject: 空调安装后不制冷
order_no: "2026030800123"
none: null
identity_check:
  result: verified
  by: [phone, order_no]
problem: |
  3月8日安装的空调。
  安装师傅：管路问题。
long: |-
  """
        + "长" * 50
        + """
tags: []
extra: {}
answer: "no"
links:
  - {to: 20260305-x2m9pd, at: 2026-03-10T14:52:00+08:00, note: 上次来电}
followups:
  - n: 1
    agreed: true
    history:
      - {by: wang}
  - n: 2
    words: |-
      a
      b
names:
  - """
        + "长" * 20
        + """
  - """
        + "长" * 20
        + """
  - """
        + "长" * 20
        + """
nested:
  - [a, b]
  - - - |-
        c
        d
    - e
"""
    )


def test_wide_characters_count_twice():
    """A line ends where a terminal ends it: a Chinese character takes two columns."""
    assert display_columns("a你：b") == 6
    assert format_entry("k", ["你" * 47], 0) == f"k: [{'你' * 47}]\n"
    assert format_entry("k", ["你" * 48], 0) == f"k:\n  - {'你' * 48}\n"


def test_parts():
    """Entries and items can be written alone, at any indent, and any value on one line."""
    assert format_entry("a", {"b": ["c"]}, 4) == "    a:\n      b: [c]\n"
    assert format_item({"a": {"b": 1}}, 2) == "  - a:\n      b: 1\n"
    assert (
        format_flow({"a": ["x", {"b": "c: d", "e": "f\ng"}], "h": "a:b"})
        == '{a: [x, {b: "c: d", e: "f\\ng"}], h: "a:b"}'
    )
    assert format_scalar("x\x1b\u2028😀\uffff") == '"x\\x1B\\u2028😀\\uFFFF"'
    assert [format_scalar(number) for number in (1, -0.0, 1e16, 1.5e-7)] == ["1", "-0.0", "1.0e+16", "1.5e-07"]
    assert format_document({}) == "{}\n"


@pytest.mark.parametrize("data", [{"a": "\ud800"}, {"a": float("inf")}, {"a": float("nan")}, {"a" * 2000: 1}])
def test_what_cannot_be_written(data):
    """Half characters, infinity and endless keys are refused, not written wrongly."""
    with pytest.raises(ValueError):
        format_document(data)


def test_depth():
    """What would be too deep to read again is not written."""
    deep = []
    for _ in range(MAX_DEPTH - 2):
        deep = [deep]
    assert parse_yaml(format_document({"a": deep})) == {"a": deep}
    assert depth_of({"a": [deep]}) == MAX_DEPTH + 1
    with pytest.raises(YamlError):
        format_document({"a": [deep]})
