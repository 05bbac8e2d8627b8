"""The three-way merge of data: which change counts, and what is a conflict."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.team.rules.merge import MergedFields, merge_fields
from commlog.team.rules.merge_history import Renumbering
from commlog.team.rules.merge_sequence import find_regions, merge_order
from commlog.team.rules.merge_values import is_same


def merge_key(base: Any, ours: Any, theirs: Any, key: str = "x") -> MergedFields:
    """The merge of one key beside another that never changes; None stands for a key that is not there."""
    return merge_fields(*({"id": "a"} | ({} if value is None else {key: value}) for value in (base, ours, theirs)))


def value_of(merged: MergedFields, key: str = "x") -> Any:
    assert merged.conflicts == ()
    assert merged.ours == merged.theirs
    return merged.ours.get(key)


def entry(at: str, status: str, by: str = "wang", **more: str) -> dict[str, str]:
    return {"at": f"2026-03-10T{at}:00+08:00", "by": by, "status": status, **more}


OPENED = entry("08:00", "open")


def item(*entries: dict[str, str], **more: Any) -> dict[str, Any]:
    history = [OPENED, *entries]
    told = {"n": 1, "action": "call", "owner": "li", "due": "2026-03-20", "due_rule": "3wd"}
    return told | {"status": history[-1]["status"]} | more | {"history": history}


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        (1, 1, 2, 2),
        (1, 2, 1, 2),
        (1, 2, 2, 2),
        (1, None, 1, None),
        (1, 1, None, None),
        (1, None, None, None),
        (None, 1, None, 1),
        (None, None, 1, 1),
        (None, 1, 1, 1),
        ({"a": 1}, {"a": 2}, {"a": 1, "b": 3}, {"a": 2, "b": 3}),
        (None, {"a": 2}, {"b": 3}, {"a": 2, "b": 3}),
        ({"a": 1, "b": 1}, {"a": 1}, {"b": 1, "a": 1, "c": 1}, {"a": 1, "c": 1}),
    ],
)
def test_what_one_side_changed_counts(base: Any, ours: Any, theirs: Any, expected: Any) -> None:
    """A value one side changed, added or took away is that side's; mappings go key by key."""
    assert value_of(merge_key(base, ours, theirs)) == expected


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [(1, 2, 3), (None, 2, 3), (1, None, 3), (1, 2, None), (1, 1.0, True), ({"a": 1}, [1], {"a": 2}), ("a", ["a"], {})],
)
def test_what_both_changed_differently_is_a_conflict(base: Any, ours: Any, theirs: Any) -> None:
    """Two different new values, or one changed and one taken away, are a conflict that keeps both."""
    merged = merge_key(base, ours, theirs)
    assert merged.conflicts == (("x",),)
    assert (merged.ours.get("x"), merged.theirs.get("x")) == (ours, theirs)
    assert merged.ours["id"] == merged.theirs["id"] == "a"


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        (["a", "b"], ["a", "b", "o"], ["a", "b", "t"], ["a", "b", "o", "t"]),
        (["a", "b"], ["o", "a", "b"], ["a", "t", "b"], ["o", "a", "t", "b"]),
        (["a", "b", "c"], ["a", "c"], ["a", "b"], ["a"]),
        (["a", "b", "c"], ["c", "b", "a"], ["a", "b", "c", "d"], ["c", "d", "b", "a"]),
        (["a", "a"], ["a"], ["a", "a", "b"], ["a", "b"]),
        (None, ["o", "a"], ["t", "o"], ["t", "o", "a"]),
    ],
)
def test_plain_lists_are_sets_that_keep_their_order(base: Any, ours: Any, theirs: Any, expected: list[str]) -> None:
    """Additions of both stay, ours before theirs, beside what they were put beside; what either took away is gone."""
    assert value_of(merge_key(base, ours, theirs, "tags"), "tags") == expected


def test_two_new_orders_of_one_list_are_a_conflict() -> None:
    """A list that both sides put into another order is nobody's to decide."""
    merged = merge_key([1, 2, 3], [3, 2, 1], [2, 1, 3])
    assert merged.conflicts == (("x",),)
    assert (merged.ours["x"], merged.theirs["x"]) == ([3, 2, 1], [2, 1, 3])


def test_links_go_by_target_and_type() -> None:
    """Two links to one record differ by their types, and `follows` is the type of a link without one."""
    base = [{"to": "r1", "type": "follows"}]
    ours = [{"to": "r1", "type": "follows", "note": "o"}, {"to": "r2"}]
    theirs = [{"to": "r1", "type": "follows"}, {"to": "r1", "type": "relates"}, {"to": "r2", "type": "answers"}]
    merged = value_of(merge_key(base, ours, theirs, "links"), "links")
    assert merged == [ours[0], ours[1], *theirs[1:]]


@pytest.mark.parametrize(
    ("key", "name"), [("contacts", "name"), ("contacts", "phone"), ("anniversaries", "name"), ("members", "id")]
)
def test_items_go_by_what_names_them(key: str, name: str) -> None:
    """Two fields of one item, changed apart, both change, and items added apart both stay."""
    base = [{name: "a", "x": 1, "y": 1}]
    ours = [{name: "a", "x": 2, "y": 1}, {name: "o", "x": 1}]
    theirs = [{name: "t", "x": 1}, {name: "a", "x": 1, "y": 2}]
    merged = value_of(merge_key(base, ours, theirs, key), key)
    assert merged == [{name: "t", "x": 1}, {name: "a", "x": 2, "y": 2}, {name: "o", "x": 1}]


def test_items_without_a_name_go_by_their_place() -> None:
    """Different items changed by each side both change; one of which both left most as it was is merged by itself."""
    base = [{"text": word, "priority": "low", "owner": "li"} for word in "abc"]
    ours = [{**base[0], "text": "A"}, base[1], {**base[2], "owner": "sun"}]
    theirs = [{"text": "d"}, base[0], base[1], {**base[2], "text": "C"}]
    merged = value_of(merge_key(base, ours, theirs, "needs"), "needs")
    assert merged == [theirs[0], ours[0], base[1], {"text": "C", "priority": "low", "owner": "sun"}]


def test_items_that_may_be_others_are_not_mixed() -> None:
    """Of two items that have hardly anything in common with the old one no third is made."""
    base = [{"speaker": "us", "words": "a"}]
    merged = merge_key(base, [{"speaker": "customer", "words": "a"}], [{"speaker": "us", "words": "b"}], "dialogue")
    assert merged.conflicts == (("dialogue",),)


def test_items_added_at_one_place_both_stay() -> None:
    """What both put at the end of a list is there, ours first, and once when it is the same."""
    same = {"kind": "photo", "location": "s"}
    ours, theirs = [same, {"kind": "photo", "location": "o"}], [{"kind": "photo", "location": "t"}, same]
    merged = value_of(merge_key([], ours, theirs, "attachments"), "attachments")
    assert merged == [*ours, theirs[0]]


def test_a_stretch_both_rewrote_is_a_conflict_of_that_stretch() -> None:
    """Items around two rewritten ones are merged."""
    base = [[word] for word in "abcd"]
    merged = merge_key(base, [["a"], ["o"], ["d"]], [["a"], ["t"], ["c"], ["d"], ["e"]])
    assert merged.conflicts == (("x",),)
    assert merged.ours["x"] == [["a"], ["o"], ["d"], ["e"]]
    assert merged.theirs["x"] == [["a"], ["t"], ["c"], ["d"], ["e"]]


def merge_items(ours: dict[str, Any], theirs: dict[str, Any], base: dict[str, Any] | None = None) -> MergedFields:
    sides = (item() if base is None else base, ours, theirs)
    return merge_fields(*({"followups": [one]} for one in sides))


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (entry("09:00", "in_progress"), entry("10:00", "done"), "done"),
        (entry("09:00", "awaiting_customer"), entry("10:00", "in_progress"), "in_progress"),
        (entry("09:00", "done"), entry("10:00", "closed", note="n"), "closed"),
        (entry("09:00", "done"), entry("10:00", "done"), "done"),
    ],
)
def test_a_status_both_moved_is_that_of_the_latest_step(first: Any, second: Any, status: str) -> None:
    """Steps that make sense one after the other stand so in the history, and the last one counts, on either side."""
    for ours, theirs in itertools.permutations((first, second)):
        merged = merge_items(item(ours), item(theirs))
        assert value_of(merged, "followups")[0] == item(first, second)
        assert merged.ours["followups"][0]["status"] == status


@pytest.mark.parametrize(
    ("base", "first", "second"),
    [
        ((), entry("09:00", "done"), entry("10:00", "in_progress")),
        ((), entry("09:00", "closed"), entry("10:00", "done")),
        ((entry("08:30", "done"),), entry("09:00", "open", note="n"), entry("10:00", "closed")),
    ],
)
def test_a_step_whose_author_saw_another_state_is_a_conflict(base: Any, first: Any, second: Any) -> None:
    """A done follow-up is not started, nor a reopened one closed, because somebody did not know."""
    merged = merge_items(item(*base, first), item(*base, second), item(*base))
    assert merged.conflicts == (("followups", 0, "status"),)
    assert [side["followups"][0]["status"] for side in (merged.ours, merged.theirs)] == [
        first["status"],
        second["status"],
    ]
    assert merged.ours["followups"][0]["history"] == [OPENED, *base, first, second]


def test_an_entry_that_only_repeats_a_status_moves_none() -> None:
    """Who gave a done follow-up another owner did not reopen it: the entry repeats what it now stands after."""
    done = item(entry("09:00", "done"), result="r")
    given_away = item(entry("10:00", "open", owner="sun"), owner="sun")
    merged = value_of(merge_items(done, given_away), "followups")[0]
    assert (merged["status"], merged["owner"], merged["result"]) == ("done", "sun", "r")
    assert [one["status"] for one in merged["history"]] == ["open", "done", "done"]


def test_owner_and_due_are_those_of_the_latest_entry_that_names_them() -> None:
    """Two new owners, two new dues: the later entry decides, and the due's rule goes with it."""
    ours = item(entry("09:00", "open", owner="sun", due="2026-03-25"), owner="sun", due="2026-03-25", due_rule="given")
    theirs = item(
        entry("08:30", "open", owner="zhao"), entry("10:00", "open", due="none"), owner="zhao", due_rule="none"
    )
    del theirs["due"]
    for merged in (merge_items(ours, theirs), merge_items(theirs, ours)):
        told = value_of(merged, "followups")[0]
        assert (told["owner"], told.get("due"), told["due_rule"]) == ("sun", None, "none")


def test_a_due_that_no_history_explains_is_a_conflict() -> None:
    """Two dues changed by hand are two dues."""
    merged = merge_items(item(due="2026-03-21"), item(entry("10:00", "open", due="2026-03-22"), due="2026-03-22"))
    assert merged.conflicts == (("followups", 0, "due"),)


def test_two_results_are_a_conflict_and_nothing_else_is() -> None:
    """Both said what came of it: both sentences are kept, the follow-up is done."""
    merged = merge_items(item(entry("09:00", "done"), result="a"), item(entry("10:00", "done"), result="b"))
    assert merged.conflicts == (("followups", 0, "result"),)
    assert merged.ours["followups"][0]["status"] == "done"


def test_entries_of_one_instant_stay_in_their_order() -> None:
    """What was there comes first, then what each side added, as it wrote it; whoever merges."""
    ours = item(entry("08:00", "in_progress"), entry("08:00", "open", note="b"), entry("08:00", "done"))
    theirs = item(entry("08:00", "in_progress", by="li", note="a"))
    for first, second in ((ours, theirs), (theirs, ours)):
        entries = merge_fields({"history": [OPENED]}, *({"history": one["history"]} for one in (first, second)))
        assert value_of(entries, "history")[0] == OPENED
        mine = [one for one in value_of(entries, "history") if one["by"] == "wang"]
        assert mine == ours["history"]
    late = [entry("08:00", "closed", by="abc"), OPENED]
    merged = merge_fields(
        {"history": late}, {"history": [*late, entry("08:00", "a")]}, {"history": [*late, entry("08:00", "b")]}
    )
    assert value_of(merged, "history")[:2] == late


def test_a_history_out_of_order_keeps_its_order() -> None:
    """Entries somebody wrote in another order stay so; what both added is behind them."""
    base = item(entry("07:00", "in_progress"))
    ours, theirs = (
        item(entry("07:00", "in_progress"), entry("09:00", "done")),
        item(entry("07:00", "in_progress"), entry("08:30", "awaiting_customer")),
    )
    merged = merge_items(ours, theirs, base)
    times = [one["at"][11:16] for one in merged.ours["followups"][0]["history"]]
    assert times == ["08:00", "07:00", "09:00", "08:30"]


def added(n: int, action: str, at: str, by: str = "wang") -> dict[str, Any]:
    return {"n": n, "action": action, "status": "open", "history": [entry(at, "open", by)]}


def test_follow_ups_added_apart_get_numbers_of_their_own() -> None:
    """Theirs get the next numbers that were never given, in their order, and the merge tells so."""
    base = [item()]
    ours = [item(), added(2, "a", "09:00"), added(3, "b", "09:10")]
    theirs = [item(), added(2, "c", "09:20", "li"), added(3, "d", "09:30", "li")]
    merged = merge_key(base, ours, theirs, "followups")
    assert [(one["n"], one["action"]) for one in value_of(merged, "followups")[1:]] == [
        (2, "a"),
        (3, "b"),
        (4, "c"),
        (5, "d"),
    ]
    assert merged.renumbered == (Renumbering(2, 4), Renumbering(3, 5))


def test_a_follow_up_is_the_same_under_another_number() -> None:
    """What an earlier merge numbered anew is known by its opening, and keeps its new number."""
    mine = added(2, "mine", "09:00", "li")
    done = mine | {"status": "done", "result": "r", "history": [*mine["history"], entry("10:00", "done", "li")]}
    other = added(2, "other", "09:10")
    merged = merge_key([mine], [other, mine | {"n": 3}], [done], "followups")
    assert value_of(merged, "followups") == [other, done | {"n": 3}]
    assert merged.renumbered == ()


def test_a_follow_up_taken_over_before_is_not_there_twice() -> None:
    """The same addition on both sides, one of them further along, is one follow-up."""
    new = added(2, "a", "09:00")
    further = new | {"owner": "sun"}
    assert value_of(merge_key([item()], [item(), new], [item(), further], "followups"), "followups") == [
        item(),
        further,
    ]


def test_an_issue_goes_by_its_history_as_well() -> None:
    """Status and owner of an issue are settled like those of a follow-up."""
    base = {"status": "open", "owner": "a", "history": [OPENED]}
    ours = base | {"status": "in_progress", "history": [OPENED, entry("09:00", "in_progress")]}
    theirs = base | {"status": "fixed", "solution": "s", "history": [OPENED, entry("10:00", "fixed")]}
    merged = merge_fields(base, ours, theirs)
    assert merged.conflicts == ()
    assert merged.ours == theirs | {"history": [OPENED, entry("09:00", "in_progress"), entry("10:00", "fixed")]}
    late = base | {"status": "in_progress", "history": [OPENED, entry("11:00", "in_progress")]}
    assert merge_fields(base, late, theirs).conflicts == (("status",),)


SEQUENCES = st.lists(st.sampled_from("abcdef"), max_size=8)


@settings(deadline=None)
@given(base=SEQUENCES, ours=SEQUENCES, theirs=SEQUENCES)
def test_regions_are_all_of_the_three_sequences(base: list[str], ours: list[str], theirs: list[str]) -> None:
    """The stretches of each sequence, put together, are the sequence; what nobody or one side changed is told right."""
    regions = find_regions(base, ours, theirs)
    for place, one in enumerate((base, ours, theirs)):
        assert [word for region in regions for word in one[region[place]]] == one
    for region in regions:
        old, mine, other = base[region.base], ours[region.ours], theirs[region.theirs]
        assert region.winner == "conflict" or other in (old, mine) or (region.winner == "theirs" and mine == old)


KEYS = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@settings(deadline=None)
@given(base=KEYS, ours=KEYS, theirs=KEYS)
def test_an_order_has_every_key_once(base: list[str], ours: list[str], theirs: list[str]) -> None:
    """Whatever was moved, an order of two sides has all keys of both once, and that of the one side when only it moved."""
    order = merge_order(base, ours, theirs)
    if order is not None:
        assert sorted(order) == sorted({*ours, *theirs})
    assert merge_order(base, ours, base) is not None


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.floats(0, 3), st.sampled_from(["", "a", "b"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["n", "at", "history", "status", "followups", "id", "tags"]), inner, max_size=4
        ),
    ),
    max_leaves=15,
)
FIELDS = st.dictionaries(st.sampled_from(["followups", "links", "history", "status", "x"]), VALUES, max_size=4)


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(base=FIELDS, ours=FIELDS, theirs=FIELDS)
def test_any_data_can_be_merged(base: Any, ours: Any, theirs: Any) -> None:
    """Whatever the data, there is a merge; it has conflicts or one result, and an unchanged side leaves the other's."""
    merged = merge_fields(base, ours, theirs)
    assert merged.conflicts or is_same(merged.ours, merged.theirs)
    assert is_same(merge_fields(base, ours, base).ours, ours)
    assert is_same(merge_fields(base, base, theirs).ours, theirs)
    assert is_same(merge_fields(base, ours, ours).ours, ours)
