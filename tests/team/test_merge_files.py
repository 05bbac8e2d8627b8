"""Merging a file: its bytes, its layout and comments, its conflict markers, and the rules it must keep."""

from pathlib import Path, PurePosixPath

import pytest

from commlog.errors import UnreadableError
from commlog.team.merge import MergedFile, ThreeFiles, merge_file
from commlog.team.rules.merge_history import Renumbering
from commlog.yamltext.parse import decode, parse_yaml
from commlog.yamltext.scalars import YamlError
from tests.recorded_log import CALL_HEAD, CALL_PATH, EDITOR_LINE

TEXT = (
    EDITOR_LINE
    + CALL_HEAD
    + """\
subject:   "空调安装后不制冷"   # 第二次
scenario: after_sales
problem: |
  开机后一直不制冷。

  自己清过过滤网。
request: 换一台新机
summary: 客户第二次来电。
mood: anxious

# 标签由主管统一
tags: [ 售后-空调,  安装质量 ]
outcome: resolved
followups:
  # 最急的一条
  - n: 1
    action: 上门检测
    owner: wang
    due: 2026-03-20
    status: open
    history:
      - {at: 2026-03-10T14:52:00+08:00, by: wang, status: open}
"""
)
ADDED = """\
  - n: 2
    action: {action}
    owner: li
    due: 2026-03-21   # {action}的期限
    status: open
    history:
      - {{at: 2026-03-1{day}T09:00:00+08:00, by: li, status: open}}
"""


def merge(base: str, ours: str, theirs: str, path: str = CALL_PATH, top: str = "/nowhere") -> MergedFile:
    versions = ThreeFiles(base.encode(), ours.encode(), theirs.encode())
    return merge_file(versions, PurePosixPath(path), Path(top))


def change(old: str, new: str, text: str = TEXT) -> str:
    assert old in text
    return text.replace(old, new, 1)


def test_every_other_byte_stays() -> None:
    """Values of both sides come together; spacing, quotes, comments and empty lines are as they were."""
    ours, theirs = change("mood: anxious", "mood: calm"), change("request: 换一台新机", "request: '退货'  # 三天内")
    assert merge(TEXT, ours, theirs) == MergedFile(
        change("request: 换一台新机", "request: '退货'  # 三天内", ours).encode()
    )


def test_lists_on_one_line_are_merged_in_place() -> None:
    """A list both sides changed stays on its line, with the spacing it had."""
    ours, theirs = change("售后-空调,", "售后-空调, 回访,"), change("  安装质量 ]", "  安装质量, 投诉 ]")
    text = merge(TEXT, ours, theirs).data.decode()
    assert text == change("tags: [ 售后-空调,  安装质量 ]", "tags: [ 售后-空调, 回访,  安装质量, 投诉 ]")


def test_new_keys_stand_in_the_order_of_the_form() -> None:
    """Keys that each side added are where the form has them, whichever side they come from."""
    ours, theirs = (
        change("mood: anxious\n", "mood: anxious\nmood_note: o\n"),
        change("summary:", "key_details: t\nsummary:"),
    )
    text = merge(TEXT, ours, theirs).data.decode()
    assert text.index("request:") < text.index("key_details: t") < text.index("summary:") < text.index("mood_note: o")


def test_follow_ups_added_apart_are_both_there_with_their_comments() -> None:
    """The second one gets the next number; comments of both stay at their lines."""
    ours, theirs = TEXT + ADDED.format(action="回访", day=1), TEXT + ADDED.format(action="寄件", day=2)
    merged = merge(TEXT, ours, theirs)
    assert merged.renumbered == (Renumbering(2, 3),)
    assert merged.data.decode() == ours + change("n: 2", "n: 3", ADDED.format(action="寄件", day=2))


def test_a_comment_above_an_addition_stays_above_it() -> None:
    """Where one side goes on with the last follow-up and adds another, its comment is not taken for ours' addition's."""
    step = "      - {at: 2026-03-11T08:00:00+08:00, by: li, status: in_progress}\n"
    started = change("status: open", "status: in_progress") + step
    ours, theirs = (
        TEXT + ADDED.format(action="回访", day=1),
        started + "  # 新的\n" + ADDED.format(action="寄件", day=2),
    )
    text = merge(TEXT, ours, theirs).data.decode()
    added = change("n: 2", "n: 3", ADDED.format(action="寄件", day=2))
    assert text == started + ADDED.format(action="回访", day=1) + "  # 新的\n" + added


def test_comments_of_both_sides_come_together() -> None:
    """A comment that one side rewrote replaces the old one; rewritten by both, both stay where it was."""
    ours = change("# 标签由主管统一", "# 标签由王芳统一", change("# 最急的一条", "# 急"))
    theirs = change(
        "# 最急的一条", "# 周三前", change("   # 第二次", "   # 第三次", change("mood: anxious", "mood: calm"))
    )
    text = merge(TEXT, ours, theirs).data.decode()
    assert "  # 急\n  # 周三前\n  - n: 1\n" in text
    assert "# 标签由王芳统一\ntags:" in text
    assert "# 第三次\n" in text
    assert "# 第二次" not in text
    assert parse_yaml(text) == parse_yaml(change("mood: anxious", "mood: calm"))


def test_a_comment_beside_lines_that_both_changed_is_kept() -> None:
    """A comment added to a line whose value the other side changed stands at the new value."""
    ours = change("mood: anxious", "mood: calm")
    theirs = change("mood: anxious", "# 电话里听得出来\nmood: anxious  # 很急")
    text = merge(TEXT, ours, theirs).data.decode()
    assert "# 电话里听得出来\nmood: calm  # 很急\n" in text


def test_a_conflict_is_marked_around_its_value_alone() -> None:
    """Only the lines of the value stand between the markers; both sides and everything else are readable."""
    ours = change("mood: anxious", "mood: calm", change("request: 换一台新机", "request: 退货"))
    theirs = change("mood: anxious", "mood: angry", change("summary: 客户第二次来电。", "summary: 来电。"))
    merged = merge(TEXT, ours, theirs)
    expected = change("mood: calm", "<<<<<<< ours\nmood: calm\n=======\nmood: angry\n>>>>>>> theirs", ours)
    assert merged.data.decode() == change("summary: 客户第二次来电。", "summary: 来电。", expected)
    assert (merged.has_conflicts, merged.conflicts) == (True, ("mood",))
    with pytest.raises(YamlError, match="merge-markers"):
        decode(merged.data)


def test_what_one_side_took_away_and_the_other_changed_is_whole_between_markers() -> None:
    """A follow-up deleted here and changed there is there as that side has it, comments included."""
    base = TEXT + ADDED.format(action="回访", day=1)
    merged = merge(base, TEXT, change("owner: li", "owner: sun", base)).data.decode()
    changed = change("owner: li", "owner: sun", ADDED.format(action="回访", day=1))
    assert merged.startswith(TEXT + "<<<<<<< ours\n=======\n")
    assert merged.endswith(">>>>>>> theirs\n")
    theirs = merged.partition("=======\n")[2].partition(">>>>>>> theirs\n")[0]
    assert [line.split() for line in theirs.splitlines()] == [line.split() for line in changed.splitlines()]


def test_block_text_is_marked_line_by_line() -> None:
    """Long text both changed is in conflict, and shows only the lines that differ."""
    merged = merge(TEXT, change("不制冷。\n", "不太制冷。\n"), change("过滤网。", "过滤网，没用。")).data.decode()
    assert (
        "problem: |\n<<<<<<< ours\n  开机后一直不太制冷。\n=======\n  开机后一直不制冷。\n>>>>>>> theirs\n\n<<<<"
        in merged
    )


def test_what_breaks_a_rule_together_is_a_conflict() -> None:
    """An end before the start that neither side wrote is shown as both sides have it."""
    merged = merge(TEXT, change("T14:30:00", "T14:44:00"), change("T14:45:00", "T14:35:00"))
    assert set(merged.conflicts) == {"started_at", "ended_at"}
    assert (
        "<<<<<<< ours\nstarted_at: 2026-03-10T14:44:00+08:00\nended_at: 2026-03-10T14:45:00+08:00\n=======\n"
        "started_at: 2026-03-10T14:30:00+08:00\nended_at: 2026-03-10T14:35:00+08:00\n>>>>>>> theirs\n"
    ) in merged.data.decode()


def test_a_rule_of_the_template_counts_as_well() -> None:
    """An outcome that needs a follow-up on one side, and no follow-up on the other, is a conflict."""
    without = TEXT[: TEXT.index("followups:")]
    merged = merge(TEXT, without, change("outcome: resolved", "outcome: follow_up"))
    assert "outcome" in merged.conflicts


def test_the_templates_of_the_log_are_used(tmp_path: Path) -> None:
    """A rule of the log's own template decides; a template that cannot be read gives way to the shipped one."""
    own = tmp_path / "deep" / "schemas" / "pair.schema.json"
    own.parent.mkdir(parents=True)
    rule = '"if": {"required": ["a"]}, "then": {"not": {"required": ["b"]}}'
    own.write_text('{"x-kind": "answer", "type": "object", "properties": {"a": {}, "b": {}}, ' + rule + "}")
    base, path = "id: x\ntemplate: pair\n", "deep/records/answers/2026/x.yaml"
    merged = merge(base, base + "a: 1\n", base + "b: 1\n", path, str(tmp_path))
    assert merged.has_conflicts
    own.write_text("{")
    merged = merge(base, base + "a: 1\n", base + "b: 1\n", path, str(tmp_path))
    assert merged.data.decode() == base + "a: 1\nb: 1\n"


def test_a_problem_that_a_side_had_before_does_not_stop_the_merge() -> None:
    """A record that was not valid on one side is merged all the same."""
    ours, theirs = change("mood: anxious", "mood: furious"), change("request: 换一台新机", "request: 退货")
    assert not merge(TEXT, ours, theirs).has_conflicts


def test_settings_that_fit_only_apart_are_a_conflict() -> None:
    """A priority that one side took away and the other made the usual one gives settings nobody could use."""
    base = "timezone: UTC\npriorities:\n  urgent: 24h\n  routine: 7wd\n  soon: 3d\n"
    merged = merge(base, change("  soon: 3d\n", "", base), base + "default_priority: soon\n", "commlog.yaml")
    assert merged.has_conflicts
    assert "default_priority" in merged.conflicts


def test_hours_both_changed_are_not_mixed() -> None:
    """Opening hours of a day are one value."""
    base = 'timezone: UTC\ncalendar:\n  hours:\n    mon-fri: ["09:00-12:00", "13:30-18:00"]\n'
    ours, theirs = change("13:30", "13:00", base), change("13:30", "14:00", base)
    assert merge(base, ours, theirs, "commlog.yaml").conflicts == ("calendar.hours.mon-fri",)


def test_files_added_apart_are_merged() -> None:
    """One customer entered by both: what is the same or only on one side is there, the rest is in conflict."""
    ours = "id: acme\ntemplate: customer\nname: 艾克米\ntype: company\nstage: active\naliases: [A]\n"
    theirs = (
        "id: acme\ntemplate: customer\nname: 艾克米公司\ntype: company\nstage: active\naliases: [B]\nsource: 展会\n"
    )
    merged = merge("", ours, theirs, "records/customers/acme.yaml")
    assert merged.conflicts == ("name",)
    assert "aliases: [A, B]\n" in merged.data.decode()
    assert "source: 展会\n" in merged.data.decode()


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (change("mood: anxious", "<<<<<<< x\nmood: a\n=======\nmood: b\n>>>>>>> y"), "merge-markers"),
        (change("mood: anxious", "mood: [anxious"), "yaml-syntax"),
        ("- a list\n", "not-a-mapping"),
        (TEXT.replace("\n", "\r\n"), "crlf"),
    ],
)
def test_what_cannot_be_read_is_merged_as_text(broken: str, reason: str) -> None:
    """A side that is no record goes to git's text merge, which the result tells."""
    merged = merge(TEXT, broken, change("request: 换一台新机", "request: 退货"))
    assert merged.reason == reason
    assert merged.conflicts == ()
    assert "request: 退货" in merged.data.decode()
    assert broken.split("\n", maxsplit=1)[0] in merged.data.decode()


def test_what_is_no_text_is_an_error() -> None:
    """Bytes that even git does not merge are left alone."""
    with pytest.raises(UnreadableError):
        merge_file(ThreeFiles(b"\0", b"\0\1", b"\0\2"), PurePosixPath(CALL_PATH), Path("/nowhere"))


@pytest.mark.parametrize("end", ["", "\n", "\n\n# 完\n", "\n..."])
def test_any_end_of_a_file_is_merged(end: str) -> None:
    """A missing line end, or a comment at the end, loses nothing."""
    base = "id: a\ntemplate: none\nx: 1\ny: 2" + end
    text = merge(base, base.replace("x: 1", "x: 3"), base.replace("y: 2", "y: 4")).data.decode()
    assert parse_yaml(text) == {"id": "a", "template": "none", "x": 3, "y": 4}
    assert ("# 完" in text) == ("# 完" in end)
