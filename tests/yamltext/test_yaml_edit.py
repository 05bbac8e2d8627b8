"""Changing YAML text: the new data is there, and every other line is as it was."""

import copy
import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.yamltext.edit import edit
from commlog.yamltext.format import format_document
from commlog.yamltext.parse import parse_located, parse_yaml
from commlog.yamltext.scalars import YamlError

EXAMPLE = """\
# yaml-language-server: $schema=../../../../schemas/service.schema.json
id: 20260310-7f3kq2
template: service
customer: li-na
contact: 李娜
channel: phone   # the 400 line
started_at: 2026-03-10T14:30:00+08:00
subject: 空调安装后不制冷
identity_check:
  result: verified
  by: [phone, order_no]
problem: |
  3月8日安装的空调，开机后一直不制冷。
  安装师傅现场判断可能是管路问题。

# what they want
request: '七天内换一台新机'
background:
  order_no: "2026030800123"
  product_model:   KFR-35
dialogue:
  - {speaker: customer, words: 上次说三天内回我，今天已经第五天了。}
attachments: []
links:
  - {to: 20260305-x2m9pd, type: follows, note: 上次来电}
followups:
  # promised on the phone
  - n: 1
    action: 上门检测并当场答复
    priority: important   # by the rule
    due: 2026-03-13T18:00:00+08:00
    status: in_progress
    history:
      - {at: 2026-03-10T14:52:00+08:00, by: wang, status: open}
      # called twice
      - {at: 2026-03-11T09:05:00+08:00, by: zhao, status: in_progress, note: 已约周五上午}

  # internal
  - n: 2
    action: 查库存
    status: open
# the end
"""
ORDER = [
    "id",
    "template",
    "customer",
    "contact",
    "agent",
    "channel",
    "started_at",
    "subject",
    "identity_check",
    "problem",
    "request",
    "background",
    "dialogue",
    "mood",
    "tags",
    "attachments",
    "links",
    "followups",
    "extra",
]


def changed(text, new, **options):
    """The lines taken away and the lines put in, in order."""
    edited = edit(text, new, **options)
    assert parse_yaml(edited) == new
    return [line for line in difflib.ndiff(text.splitlines(), edited.splitlines()) if line[:1] in "-+"]


def example():
    """The data of the example."""
    return parse_yaml(EXAMPLE)


def test_same_data_gives_the_same_text():
    """An edit that changes nothing gives the text itself, whatever the order of keys."""
    assert edit(EXAMPLE, example()) == EXAMPLE
    assert edit(EXAMPLE, dict(reversed(example().items())), order=ORDER) == EXAMPLE
    assert edit("a: 1", {"a": 1}) == "a: 1"
    assert edit("# c", {}) == "# c"


def test_set_a_scalar():
    """A scalar is replaced where it stands; the comment behind it and the spaces before it stay."""
    new = example()
    new["channel"] = "mail"
    new["background"]["product_model"] = "KFR-36"
    assert changed(EXAMPLE, new) == [
        "- channel: phone   # the 400 line",
        "+ channel: mail   # the 400 line",
        "-   product_model:   KFR-35",
        "+   product_model:   KFR-36",
    ]


def test_quotes_stay():
    """Text in quotes stays in quotes."""
    new = example()
    new["request"], new["background"]["order_no"] = "退款", "A1"
    assert changed(EXAMPLE, new) == [
        "- request: '七天内换一台新机'",
        '+ request: "退款"',
        '-   order_no: "2026030800123"',
        '+   order_no: "A1"',
    ]


def test_types_differ():
    """1, 1.0, true and "1" are four different values."""
    values = [1, 1.0, True, "1"]
    for old in values:
        for new in values:
            edited = edit(format_document({"a": old}), {"a": new})
            assert repr(parse_yaml(edited)) == repr({"a": new})


def test_change_block_text():
    """Of block text only the changed line changes; the empty line and comment below it stay."""
    new = example()
    new["problem"] = new["problem"].replace("管路", "电路")
    assert changed(EXAMPLE, new) == ["-   安装师傅现场判断可能是管路问题。", "+   安装师傅现场判断可能是电路问题。"]
    new["problem"] = "一句话"
    assert changed(EXAMPLE, new) == [
        "- problem: |",
        "+ problem: 一句话",
        "-   3月8日安装的空调，开机后一直不制冷。",
        "-   安装师傅现场判断可能是管路问题。",
    ]


def test_scalar_becomes_block_text():
    """Text that gets a second line becomes block text; the comment behind it stays on its line."""
    new = example()
    new["channel"] = "a\nb\n"
    assert changed(EXAMPLE, new) == [
        "- channel: phone   # the 400 line",
        "+ channel: |   # the 400 line",
        "+   a",
        "+   b",
    ]
    assert "problem: |  # c\n      x\n      y\nz: 1\n" in edit(
        "problem: |  # c\n      x\nz: 1\n", {"problem": "x\ny\n", "z": 1}
    )


def test_append_to_history():
    """A new entry of a follow-up's history is one new line."""
    new = example()
    new["followups"][0]["history"].append({"at": "2026-03-12T10:00:00+08:00", "by": "zhao", "status": "done"})
    new["followups"][0]["status"] = "done"
    assert changed(EXAMPLE, new) == [
        "-     status: in_progress",
        "+     status: done",
        "+       - {at: 2026-03-12T10:00:00+08:00, by: zhao, status: done}",
    ]


def test_add_a_follow_up():
    """A new follow-up comes behind the last one, before the comment that ends the file."""
    new = example()
    new["followups"].append({"n": 3, "action": "回访", "history": [{"by": "wang"}]})
    assert changed(EXAMPLE, new) == ["+   - n: 3", "+     action: 回访", "+     history:", "+       - {by: wang}"]
    assert edit(EXAMPLE, new).endswith("- {by: wang}\n# the end\n")


def test_add_keys_in_the_order_of_the_form():
    """A key that was absent comes behind its predecessor in the form, one the form does not know at the end."""
    new = {**example(), "tags": ["投诉-安装"], "mood": "calm", "agent": "wang", "other": 1}
    edited = edit(EXAMPLE, new, order=ORDER)
    assert parse_yaml(edited) == new
    assert "contact: 李娜\nagent: wang\nchannel" in edited
    assert "第五天了。}\nmood: calm\ntags: [投诉-安装]\nattachments: []\n" in edited
    assert edited.endswith("    status: open\nother: 1\n# the end\n")


def test_add_the_first_key():
    """A key that comes first in the form comes before all others, below the header."""
    assert edit("# c\nb: 1\n", {"a": {"x": 1}, "b": 1}, order=["a", "b"]) == "# c\na:\n  x: 1\nb: 1\n"


def test_add_a_key_inside():
    """A key added inside a mapping comes behind its predecessor in the new data."""
    new = example()
    followup = new["followups"][0]
    new["followups"][0] = {"n": 1, "action": followup["action"], "owner": "技术部", **followup, "result": "ok"}
    new["identity_check"]["note"] = "x"
    assert changed(EXAMPLE, new) == ["+   note: x", "+     owner: 技术部", "+     result: ok"]


def test_remove_keys():
    """A key goes with its lines; the comments above and below it stay."""
    new = example()
    for key in ("contact", "problem", "identity_check"):
        del new[key]
    del new["followups"][0]["priority"]
    assert changed(EXAMPLE, new) == [
        "- contact: 李娜",
        "- identity_check:",
        "-   result: verified",
        "-   by: [phone, order_no]",
        "- problem: |",
        "-   3月8日安装的空调，开机后一直不制冷。",
        "-   安装师傅现场判断可能是管路问题。",
        "-     priority: important   # by the rule",
    ]


def test_remove_the_first_key_of_an_item():
    """The dash stays for the next key, and so does a comment in between."""
    assert edit("a:\n  - b: 1\n    c: 2\n", {"a": [{"c": 2}]}) == "a:\n  - c: 2\n"
    assert edit("a:\n  - b: 1\n    # x\n    c: 2\n", {"a": [{"c": 2}]}) == "a:\n  -\n    # x\n    c: 2\n"
    assert edit("a:\n  - b: |\n      y\n    # x\n    c: 2\n", {"a": [{"c": 2}]}) == "a:\n  -\n    # x\n    c: 2\n"


def test_remove_items():
    """An item goes with its lines; the comments around it stay."""
    new = example()
    del new["followups"][0]["history"][0]
    del new["followups"][1]
    assert changed(EXAMPLE, new) == [
        "-       - {at: 2026-03-10T14:52:00+08:00, by: wang, status: open}",
        "-   - n: 2",
        "-     action: 查库存",
        "-     status: open",
    ]


def test_last_item_and_last_key_leave_brackets():
    """A list or mapping that loses all it had becomes `[]` or `{}`."""
    new = example()
    new["links"], new["background"], new["identity_check"]["by"] = [], {}, []
    edited = edit(EXAMPLE, new)
    assert parse_yaml(edited) == new
    assert "links: []\n" in edited
    assert "background: {}\n" in edited
    assert "  by: []\n" in edited


def test_empty_brackets_fill():
    """`[]` and `{}` that gain something become what is written for new data."""
    new = example()
    new["attachments"] = [{"kind": "photo", "location": "a.jpg"}]
    assert changed(EXAMPLE, new) == ["- attachments: []", "+ attachments:", "+   - {kind: photo, location: a.jpg}"]
    assert edit("a: {} # c\nb: 1\n", {"a": {"x": 1}, "b": 1}) == "a: # c\n  x: 1\nb: 1\n"
    assert edit("a: []\n", {"a": ["x"]}) == "a: [x]\n"


def test_flow_mapping():
    """In brackets a value is replaced, a pair added, a pair removed, and all else stays."""
    text = "a:\n  - {b: 1,  c: 'x' , d: [1,2]}   # e\n"
    assert edit(text, {"a": [{"b": 1, "c": "y", "d": [1, 2]}]}) == 'a:\n  - {b: 1,  c: "y" , d: [1,2]}   # e\n'
    assert edit(text, {"a": [{"b": 1, "d": [1, 2, 3]}]}) == "a:\n  - {b: 1 , d: [1,2,3]}   # e\n"
    assert (
        edit(text, {"a": [{"b": 1, "z": 0, "c": "x", "d": [1, 2]}]})
        == "a:\n  - {b: 1,  z: 0,  c: 'x' , d: [1,2]}   # e\n"
    )
    assert edit("a: [x, y, z]\n", {"a": ["x", "z"]}) == "a: [x, z]\n"
    assert edit("a: [x, y, z]\n", {"a": ["y", "z", "no", "a, b"]}) == 'a: [y, z, "no", "a, b"]\n'
    assert edit("a: {b, c: }\n", {"a": {"b": 1, "c": "x"}}) == "a: {b: 1, c: x}\n"


def test_flow_that_no_longer_fits():
    """What no longer fits on its line, or has lines of text in it, is written as new data is."""
    new = example()
    new["links"][0]["note"] = "长" * 40
    new["dialogue"][0]["words"] = "一\n二\n"
    new["identity_check"]["by"] = [{"x": 1}]
    edited = edit(EXAMPLE, new)
    assert parse_yaml(edited) == new
    assert "  - to: 20260305-x2m9pd\n    type: follows\n    note: " + "长" * 40 + "\n" in edited
    assert "  - speaker: customer\n    words: |\n      一\n      二\nattachments" in edited
    assert "  by:\n    - {x: 1}\n" in edited


def test_four_spaces():
    """A file with its own indentation keeps it, for block text too."""
    text = "a:\n    b: 1\n    c: |\n        x\n        y\n    d:\n        -   e: 1\n            f: 2\n"
    edited = edit(text, {"a": {"b": 2, "c": "x\nz\n", "d": [{"e": 1, "f": 3, "g": 4}, "h"]}})
    assert (
        edited
        == "a:\n    b: 2\n    c: |\n        x\n        z\n    d:\n        -   e: 1\n            f: 3\n            g: 4\n        - h\n"
    )


def test_unusual_forms():
    """Values on the next line, lists without indent, explicit documents and missing line ends are edited in place."""
    assert edit("a:\n  b\nc: 1\n", {"a": "x", "c": 1}) == "a: x\nc: 1\n"
    assert edit("a:\n- b # x\n- c\n", {"a": ["b", "d", "e"]}) == "a:\n- b # x\n- d\n- e\n"
    assert edit("---\na: 1\n...\n", {"a": 1, "b": 2}) == "---\na: 1\nb: 2\n...\n"
    assert edit("a: 1", {"a": 1, "b": 2}) == "a: 1\nb: 2\n"
    assert edit("a:\nb: 1\n", {"a": {"x": [1]}, "b": 1}) == "a:\n  x: [1]\nb: 1\n"
    assert edit("a:\n  -\n  - b\n", {"a": ["x", "b"]}) == "a:\n  - x\n  - b\n"
    assert edit("a:\n  # c\n  - b: 1\n", {"a": "x"}) == "a: x\n  # c\n"
    assert edit("a:\n  - - b\n    - c\n", {"a": [["z", "b", "c"]]}) == "a:\n  - - z\n    - b\n    - c\n"
    assert edit("# c\n", {"a": 1}) == "# c\na: 1\n"
    assert edit("# c\na: 1\n# d\n", {"b": 1}) == "# c\nb: 1\n# d\n"
    assert edit("# c\na: 1\n# d\n", {}) == "# c\n{}\n# d\n"
    assert edit("{a: 1}  # c\n", {"a": 2, "b": 3}) == "{a: 2, b: 3}  # c\n"
    assert edit("# b\n{} # c\n", {"a": "x\n\n"}) == "# b\n # c\na: |+\n  x\n\n"
    assert edit("? a\n: 1\nb: 2\n", {"a": 1, "b": 3}) == "? a\n: 1\nb: 3\n"


def test_comments_below_do_not_become_text():
    """Block text never swallows the comment or the empty lines below it: the text is quoted instead."""
    assert edit("a: x\n    # deep\nb: 1\n", {"a": "x\ny\n", "b": 1}) == 'a: "x\\ny\\n"\n    # deep\nb: 1\n'
    assert edit("a: x\n\nb: 1\n", {"a": "x\n\n", "b": 1}) == 'a: "x\\n\\n"\n\nb: 1\n'


def test_what_is_refused():
    """Text that cannot be read, and data that cannot be written, are refused."""
    for text, new in (("a: [\n", {"a": 1}), ("a: 1\na: 2\n", {"a": 1}), ("- a\n", {"a": 1})):
        with pytest.raises(YamlError):
            edit(text, new)
    with pytest.raises(ValueError):
        edit("a: 1\n", {"a": "\ud800"})


KEYS = st.sampled_from(["a", "b", "c", "d", "no", "x y", "甲"])
LEAVES = st.one_of(
    st.sampled_from(
        ["x", "你好", "no", "a: b", "x\ny\n", "x\ny", "\n\nx", "x\n\n\n", "长" * 60, "# z", "", "0123", " x\ny"]
    ),
    st.none(),
    st.booleans(),
    st.integers(0, 9),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=10
)
FIELDS = st.dictionaries(KEYS, VALUES, max_size=6)


@st.composite
def changed_data(draw, data):
    """The same data with a few changes anywhere."""
    new = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 3))):
        place = new
        while True:
            inner = [
                value
                for value in (place.values() if isinstance(place, dict) else place)
                if isinstance(value, (dict, list)) and value
            ]
            if not inner or draw(st.booleans()):
                break
            place = draw(st.sampled_from(inner))
        if isinstance(place, dict):
            if draw(st.booleans()) and place:
                del place[draw(st.sampled_from(list(place)))]
            else:
                place[draw(KEYS)] = draw(VALUES)
        else:
            at = draw(st.integers(0, len(place)))
            place[at : at + draw(st.integers(0, 1))] = draw(st.lists(VALUES, max_size=2))
    return new


def dressed(text, draw):
    """The text with comments and empty lines where they change nothing."""
    lines = []
    for line in text.splitlines():
        if draw(st.integers(0, 4)) == 0:
            lines.append(draw(st.sampled_from(["# note", "", "    # deep", "  # two"])))
        lines.append(line + draw(st.sampled_from(["", "", "", "  # why", " #"])))
    return "\n".join(lines) + "\n"


def widened(text):
    """The text with twice the indentation."""
    return "".join(" " * (len(line) - len(line.lstrip(" "))) + line for line in text.splitlines(keepends=True))


@given(FIELDS, FIELDS)
@settings(max_examples=80, deadline=None)
def test_any_data_becomes_any_other(old, new):
    """Whatever the text held, after the edit it holds the new data."""
    assert repr_sorted(parse_yaml(edit(format_document(old), new))) == repr_sorted(new)


@pytest.mark.slow
@given(st.data())
@settings(max_examples=120, deadline=None)
def test_random_changes_in_dressed_text(data):
    """Comments, empty lines and wide indentation are no obstacle, and nothing is lost of them where data is unchanged."""
    old = data.draw(FIELDS)
    text = format_document(old)
    for candidate in (dressed(text, data.draw), widened(text)):
        try:
            if parse_yaml(candidate) != old:
                continue
        except YamlError:
            continue
        text = candidate
        break
    new = data.draw(changed_data(old))
    edited = edit(text, new)
    assert repr_sorted(parse_yaml(edited)) == repr_sorted(new)
    assert edit(edited, new) == edited
    for key in old:
        if key in new and repr_sorted(old[key]) == repr_sorted(new[key]):
            assert entry_of(text, key) in edited


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_random_changes_of_the_example(data):
    """A real record takes any change, and keeps the lines of every key that is not changed."""
    new = data.draw(changed_data(example()))
    edited = edit(EXAMPLE, new, order=ORDER)
    assert repr_sorted(parse_yaml(edited)) == repr_sorted(new)
    for key, value in example().items():
        if key in new and repr_sorted(value) == repr_sorted(new[key]):
            assert entry_of(EXAMPLE, key) in edited


def entry_of(text, key):
    """The lines of a top-level key, from the key to its last line of data."""
    located = parse_located(text)
    starts = sorted(line for path, (line, _) in located.keys.items() if len(path) == 1)
    start = located.key_position((key,))[0]
    end = next((line for line in starts if line > start), text.count("\n") + 1)
    lines = text.splitlines(keepends=True)[start - 1 : end - 1]
    while not lines[-1].strip() or lines[-1].lstrip().startswith("#"):
        lines.pop()
    return "".join(lines)


def repr_sorted(value):
    """A text that is equal for equal data, types included."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key!r}:{repr_sorted(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(repr_sorted, value)) + "]"
    return repr(value)
