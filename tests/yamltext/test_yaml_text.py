"""YAML text to data: what is read, what is refused, and that nothing can hurt."""

import subprocess
import sys

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.yamltext.everyday import parse_common_yaml
from commlog.yamltext.nodes import compose_nodes, construct
from commlog.yamltext.parse import decode, parse_located, parse_yaml
from commlog.yamltext.scalars import MAX_BYTES, MAX_DEPTH, YamlError

RECORD = """\
# yaml-language-server: $schema=../../../../schemas/service.schema.json
id: 20260310-7f3kq2
subject: 空调安装后不制冷
started_at: 2026-03-10T14:30:00+08:00
identity_check:
  result: verified
  by: [phone, order_no]
problem: |
  3月8日安装的空调，开机后一直不制冷。

  安装师傅现场判断可能是管路问题。
background:
  order_no: "2026030800123"
tags: [投诉-安装, 承诺未兑现]
count: 3
links:
  - {to: 20260305-x2m9pd, type: follows, note: 上次来电}
followups:
  # the promise
  - n: 1
    action: 上门检测并当场答复   # by Friday
    agreed_with_customer: true

    history:
      - {at: 2026-03-10T14:52:00+08:00, by: wang, status: open}
  - n: 2
    note:
"""


def fault_of(text):
    """The fault a text is refused with."""
    with pytest.raises(YamlError) as caught:
        parse_yaml(text)
    return caught.value


def full(text):
    """What the full reader makes of a text."""
    node = compose_nodes(text)
    return None if node is None else construct(node)


def test_everyday_record_is_read_quickly():
    """A record in the usual style is read without the yaml library, and as the full reader reads it."""
    data = parse_common_yaml(RECORD)
    assert data == full(RECORD)
    assert data["problem"] == "3月8日安装的空调，开机后一直不制冷。\n\n安装师傅现场判断可能是管路问题。\n"
    assert data["followups"][1] == {"n": 2, "note": None}


def test_parse_of_a_record_does_not_import_yaml():
    """Reading an everyday file does not cost the import of the yaml library."""
    program = "import sys; from commlog.yamltext.parse import parse_yaml; parse_yaml('a: 1\\n'); sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("True", "True"),
        ("0123", "0123"),
        ("08", "08"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("15:30", "15:30"),
        ("2026-01-02", "2026-01-02"),
        ("=", "="),
        ("<<", "<<"),
        ("+5", "+5"),
        ("0x1F", "0x1F"),
        (".5", ".5"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("NULL", "NULL"),
        ("-x", "-x"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("-12", -12),
        ("0", 0),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("-0.5E-2", -0.005),
        ("9" * 301, "9" * 301),
        ("13800138000", 13800138000),
        ("'no'", "no"),
        ('"1"', "1"),
        ("[no, 1, 0123]", ["no", 1, "0123"]),
        ("{a: true, b: 15:30}", {"a": True, "b": "15:30"}),
        ('"a\\tb"', "a\tb"),
        ("it's 5 # five", "it's 5"),
        ("a#b", "a#b"),
        ("# none", None),
        ("'it''s'", "it's"),
        ('["a, b", c]', ["a, b", "c"]),
        ("[[1], {a: b}]", [[1], {"a": "b"}]),
        ("R&D *", "R&D *"),
        ("! x", "x"),
    ],
)
def test_scalars(written, value):
    """Words and numbers are those of JSON; dates, times and everything else stay text, in each of the two readers."""
    text = f"key: {written}\n"
    assert parse_yaml(text) == {"key": value}
    assert full(text) == {"key": value}
    assert type(parse_yaml(text)["key"]) is type(value)
    assert full(f"- {written}\n") == [value]


@pytest.mark.parametrize(
    "text",
    [
        "a: b\n  c\n",
        "a: b\n\n c\n",
        "a: 1\n  c: 2\n",
        "a:\n    b: 1\n  c: 2\n",
        "a:\n- b\n c\n",
        "a:\n- b: 1\n c: 2\n",
        "a: |\n  x\n y\n",
        "a: |\n  x\n # y\n",
        "a: |\n  x\n\n# y\n  z\n",
        "a: |\nb: 1\n",
        "a: |+\n  x\n \nb: 1\n",
        "a: |\n  x\n   \n",
        "a: |+\n  x\n\n\n",
        "a: |-\n  x\n\n\nb: 1\n",
        "a: >\n  x\n  y\n",
        "a: |2\n   x\n",
        "a: |  # c\n  x\n",
        "a: |\n\n  x\n",
        "a: [b,\n  c]\n",
        "a: [b,c]\n",
        "a: [b , c]\n",
        "a: [b,  c]\n",
        "a: [b, c, ]\n",
        "a: [, b]\n",
        "a: [b, c\n",
        "a: {b: c,d: e}\n",
        "a: {b: c:}\n",
        "a: {b:c}\n",
        "a: {b}\n",
        "a: {b: }\n",
        "a: {b: c d: e}\n",
        "a: {b: c, b: d}\n",
        "a: {true: x}\n",
        "a: [x #y, z]\n",
        "a: [x#y]\n",
        "a: [x?, y!, z*]\n",
        "a: [a:b, ::c]\n",
        "a: [b]c\n",
        "a: [b] # c\n",
        'a: "b" # c\n',
        'a: "b"c\n',
        'a: "b\\u4f60"\n',
        "a: 'b\n",
        "a: b: c\n",
        "a: b:\n",
        "a: b #c\n",
        "a: b # c: d\n",
        "a:  b\n",
        "a: b \n",
        "a : b\n",
        "a:\tb\n",
        "a: b\tc\n",
        "a: -\n",
        "a: - b\n",
        "a: --- b\n",
        "a: ?\n",
        "a: ? b\n",
        "a: :b\n",
        "a: @b\n",
        "a: %b\n",
        "a: ,b\n",
        "a: ]\n",
        "a: &b c\n",
        "a: !b c\n",
        "a: *b\n",
        "---\na: 1\n",
        "a: 1\n---\nb: 2\n",
        "a: 1\n...\n",
        "a: 1\n... \nb: 2\n",
        "a: 1\nb\n",
        "b\n",
        "- a\n",
        "\n",
        "# c\n",
        "a: 1",
        "a:\n",
        "a:\nb:\n",
        "a:\n  - \n",
        "a:\n  -\n",
        "a:\n  - - b\n",
        "a:\n  -  b: 1\n     c: 2\n",
        "a:\n  -   b\n",
        "a:\n  - b\n  c: 1\n",
        "a:\n- b\nc: 1\n",
        "a:\n  b: 1\n- c\n",
        "a:\n  - b:\n    - c\n    d: 1\n",
        "a:\n  - b:\n  - c\n",
        "a:\n  - b\n    c\n",
        "a:\n  - |\n    x\n  - y\n",
        "a:\n  - [x]\n  # c\n\n  - {y: z}\n",
        "a:\n# c\n  b: 1\n    # d\n",
        "null: 1\n",
        "true: 1\n",
        "a: 1\na: 2\n",
        "1: 2\n",
        "_a: 1\n",
        "甲: 1\n",
        "a-b: 1\n",
        '"a": 1\n',
        "n: 1\n",
        "<<: {a: 1}\n",
        " a: 1\n",
        " a: 1\nb: 2\n",
        "a: x\u3000y\n",
        "a: \u00a0\n",
        "a: 👩‍👩‍👧\n",
        "a: x\u2028y\n",
        "a: x\rb: 1\n",
        "a: \x7f\n",
        "a: \ufeff\n",
        "a" * 1100 + ": 1\n",
        "{a: 1}\n",
        "[a]\n",
        "a: []\nb: {}\n",
        'a: [""]\n',
        "a: [-1]\n",
        "a: [-, b]\n",
        "a: ''\n",
        'a: "\n',
        "a:\n                    b: 1\n",
        "a: b\n   # c\n",
        "a: b\n   # c\n d\n",
        "a: [a]:\n",
        'a: {a: "b"}\n',
        'a: {a: "b"c}\n',
        "a: {a: 'b'}\n",
        "a: {a: http://b}\n",
        "a: {a: b=c&d}\n",
        "a: {-a: b}\n",
        "a: {a: -b}\n",
        "a: [~]\n",
        "a: [null, nul]\n",
    ],
)
def test_quick_reader_agrees(text):
    """What the quick reader accepts it reads as the full one does; what is wrong it never accepts."""
    quick = parse_common_yaml(text)
    if quick is not None:
        assert repr(quick) == repr(full(text))


LINES = st.sampled_from(
    [
        "a: 1",
        "b: x",
        "c:",
        "  d: y",
        "  e:",
        "    f: z",
        "- g",
        "  - h",
        "  - i: 1",
        "    - j",
        "- k: 2",
        "  l: |",
        "m: |-",
        "n: |+",
        "    o",
        "  p",
        "",
        " ",
        "   ",
        "# q",
        "   # r",
        "s: [t, u]",
        "v: {w: x}",
        "  y: 'z'",
        'A: "B"',
        "- {C: D}",
        "- [E]",
        "F: G # H",
        "I: 2026-01-02",
        "- |",
        "-",
        "---",
        "J: [",
        "K: ]",
        "  : L",
        "M: N: O",
        "P: Q:",
        "R: -",
        " S: T",
        "      U: V",
        "W:  X",
        "Y: Z ",
        "- - a",
        "b: >",
        "c: [d,e]",
    ]
)


@given(st.lists(LINES, max_size=9))
@settings(max_examples=300, deadline=None)
def test_quick_reader_agrees_on_any_lines(lines):
    """Whatever lines come together, the quick reader gives what the full reader gives, or leaves it to that one."""
    text = "\n".join(lines) + "\n"
    quick = parse_common_yaml(text)
    if quick is not None:
        assert repr(quick) == repr(full(text))


@given(
    st.integers(0, len(RECORD) - 1),
    st.sampled_from([*" \n\t:-#[]{},'\"|>&*!?%@`~=0ab你", ": ", " #", "\n  ", "\n- ", ", "]),
    st.integers(0, 3),
)
@settings(max_examples=300, deadline=None)
def test_quick_reader_agrees_on_damaged_records(at, inserted, removed):
    """A record damaged at any place is read alike by both readers, or refused."""
    text = RECORD[:at] + inserted + RECORD[at + removed :]
    quick = parse_common_yaml(text)
    if quick is not None:
        assert repr(quick) == repr(full(text))


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(":#-[]{},'\"|>&*!?%@`~= \n0189.eE")), max_size=12))
@settings(max_examples=300, deadline=None)
def test_quick_reader_agrees_on_any_value(value):
    """Any text behind a key, in brackets or not, is read alike by both readers, or left to the full one."""
    for text in (
        f"a: {value}\n",
        f"a: [{value}]\n",
        f"a: {{b: {value}}}\n",
        f"a:\n  - {value}\n",
        f"a: |\n  {value}\nb: 1\n",
    ):
        quick = parse_common_yaml(text)
        if quick is not None:
            assert repr(quick) == repr(full(text))


@pytest.mark.parametrize(
    ("text", "code", "place", "facts"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate-key", (3, 1), {"value": "a", "first": "1"}),
        ("a: {b: 1, b: 2}\n", "duplicate-key", (1, 11), {"value": "b", "first": "1"}),
        ("1: a\n", "key-not-text", (1, 1), {"value": "1"}),
        ("? [a]\n: 1\n", "key-not-text", (1, 3), {"value": "[…]"}),
        ("null: a\n", "key-not-text", (1, 1), {"value": "null"}),
        ("a: &x [1]\nb: *x\n", "alias", (1, 4), {"value": "&x"}),
        ("a: *x\n", "alias", (1, 4), {"value": "*"}),
        (
            "a: !!python/object/apply:os.system [ls]\n",
            "unknown-tag",
            (1, 4),
            {"value": "tag:yaml.org,2002:python/object/apply:os.system"},
        ),
        ("a: !money 3\n", "unknown-tag", (1, 4), {"value": "!money"}),
        ("a: 1\n---\nb: 2\n", "several-documents", (2, 1), {}),
        ("a: 1\n...\nb: 2\n", "several-documents", (3, 1), {}),
        ("a:\n\t- b\n", "yaml-syntax", (2, 1), {"reason": "a tab where only spaces are allowed"}),
        (
            "a: b: c\n",
            "yaml-syntax",
            (1, 5),
            {"reason": "a colon that YAML takes for the end of a key: put the text in quotes"},
        ),
        ("a: 'b\n", "yaml-syntax", (1, 4), {"reason": "a quotation mark is not closed"}),
        ("a: [b\nc: d\n", "yaml-syntax", (2, 2), {"reason": "a bracket is not closed, or a comma is missing"}),
        ("a: @b\n", "yaml-syntax", (1, 4), {"reason": "this character needs quotes here"}),
        ("a:\n  - b\n c: d\n", "yaml-syntax", (3, 2), {"reason": "the indentation is wrong, or a key is missing"}),
        ("a: x\x00y\n", "control-character", (1, 5), {"value": "U+0000"}),
        ("a: x\u2028y\n", "control-character", (1, 5), {"value": "U+2028"}),
        ("a: x\r\nb: y\r\n", "crlf", (1, 5), {}),
        ("\ufeffa: x\n", "bom", (1, 1), {}),
    ],
)
def test_refused(text, code, place, facts):
    """Each thing a record may not be is refused by its name, with line, column and facts."""
    fault = fault_of(text)
    assert (fault.code, (fault.line, fault.column), fault.facts) == (code, place, facts)


def test_comments_alone_hold_nothing():
    """A text of comments alone has no data, and its place is the first line."""
    assert parse_yaml("# nothing\n") is None
    assert parse_located("# nothing\n").position(("a",)) == (1, 1)


@pytest.mark.parametrize("opening", ["[", "- ", "{a: ", "? ", "a:\n "])
def test_deep_nesting_is_refused_without_a_crash(opening):
    """100,000 levels of any kind end in an error, not in a crash of the interpreter."""
    steps = "".join(f"{' ' * level}a:\n" for level in range(1_300))
    text = steps if opening == "a:\n " else opening * 100_000
    program = (
        "import sys; from commlog.yamltext.parse import YamlError, parse_located, parse_yaml\n"
        "text = sys.stdin.read()\n"
        "for read in (parse_yaml, parse_located):\n"
        "    try: read(text)\n"
        "    except YamlError as fault: print(fault.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], input=text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["too-deep", "too-deep"])


def test_depth_has_a_limit():
    """Forty levels are read, forty-two are not."""
    assert parse_yaml("a: " + "[" * (MAX_DEPTH - 1) + "x" + "]" * (MAX_DEPTH - 1))
    assert fault_of("a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)).code == "too-deep"


def test_billion_laughs_are_refused():
    """Aliases are refused before they multiply."""
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 12)]
    assert fault_of("\n".join(lines) + "\n").code == "alias"


def test_too_many_values_are_refused():
    """A text of nothing but commas is refused before it fills the memory."""
    assert fault_of("[" + "a," * 200_000 + "]").code == "too-large"
    assert fault_of("a: b\n" * 300_000).code == "too-large"


@pytest.mark.parametrize(
    ("raw", "code", "place", "facts"),
    [
        (b"\xef\xbb\xbfa: 1\n", "bom", (1, 1), {}),
        ("a: 1\n".encode("utf-16"), "utf16", (1, 1), {}),
        ("a: 1\n".encode("utf-16-le"), "utf16", (1, 1), {}),
        ("a: 1\n".encode("utf-16-be"), "utf16", (1, 1), {}),
        ("a: 1\nb: 甲乙\n".encode("gbk"), "not-utf8", (2, 4), {"value": "0xBC"}),
        (b"a: 1\r\nb: 2\r\n", "crlf", (1, 5), {}),
        ("a: 甲\x00\n".encode(), "control-character", (1, 5), {"value": "U+0000"}),
        (b"a: 1\nb: \x1b[31m\n", "control-character", (2, 4), {"value": "U+001B"}),
        (b"", "empty-file", (1, 1), {}),
        (b" \n\n", "empty-file", (1, 1), {}),
        (b"a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n", "merge-markers", (2, 1), {}),
        (b"a" * (MAX_BYTES + 1), "too-large", (0, 0), {"value": "1000001", "expected": "1000000"}),
    ],
)
def test_bytes_refused(raw, code, place, facts):
    """Bytes that are no plain UTF-8 text are refused by name, with their place."""
    with pytest.raises(YamlError) as caught:
        decode(raw)
    fault = caught.value
    assert (fault.code, (fault.line, fault.column), fault.facts) == (code, place, facts)


def test_quoted_merge_marker_is_text():
    """A customer who quotes a marker does not make a conflict."""
    text = "a: |\n  <<<<<<< HEAD\n  =======\n"
    assert decode(text.encode()) == text


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_end_well(raw):
    """Whatever the bytes, reading ends in data or in a YamlError."""
    try:
        parse_yaml(decode(raw))
    except YamlError as fault:
        assert fault.code


def test_places():
    """Every value and key knows its line and column; what is missing falls back to its parent."""
    located = parse_located(RECORD)
    assert located.data == parse_yaml(RECORD)
    assert located.position(("followups", 0, "action")) == (21, 13)
    assert located.key_position(("followups", 0, "action")) == (21, 5)
    assert located.position(("followups", 0, "owner")) == (20, 5)
    assert located.position(("links", 0, "note")) == (17, 48)
    assert located.position(()) == (2, 1)


def test_record_is_like_the_stock_reader():
    """A record's values are those PyYAML reads without guessing types."""
    assert strings(parse_yaml(RECORD)) == yaml.load(RECORD, Loader=yaml.BaseLoader)


def strings(value):
    """The same with every scalar as the text it was written as."""
    if isinstance(value, dict):
        return {key: strings(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strings(item) for item in value]
    return value if isinstance(value, str) else "" if value is None else str(value).lower()
