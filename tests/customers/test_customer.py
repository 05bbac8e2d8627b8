"""Customers that are one: the pointers' chains, and what the one who stays gets."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.customers.rules.customer import chain_of, family_of, is_circle, merge_facts, reached_by
from commlog.records.rules.consistency import name_key, phone_digits, spoken_names

LI = {
    "id": "li",
    "template": "customer",
    "name": "李娜",
    "type": "individual",
    "stage": "active",
    "level": "vip",
    "contacts": [{"name": "李娜", "phone": "13800000001", "role": "本人"}],
}


def merged(**facts: Any) -> dict[str, Any]:
    """What 李娜 knows after somebody with these facts was merged into her."""
    return merge_facts(LI, {"id": "x", "name": "李娜", **facts}).fields


def test_a_chain_ends_with_who_stays_or_where_it_began() -> None:
    """A chain names every step; a circle shows as a repetition, at whatever place it is entered."""
    assert chain_of({"a": "b", "b": "c"}, "a") == ("a", "b", "c")
    assert not is_circle(chain_of({"a": "b", "b": "c"}, "a"))
    assert chain_of({"a": "b", "b": "c", "c": "b"}, "a") == ("a", "b", "c", "b")
    assert is_circle(chain_of({"a": "a"}, "a"))


def test_a_family_is_the_same_whoever_of_it_is_asked() -> None:
    """Who stays and all who went into them are one family; so is a circle with all who lead to it."""
    pointers = {"a": "b", "b": "c", "x": "c", "p": "q", "q": "p", "o": "p"}
    assert {family_of(pointers, one) for one in "abcx"} == {("a", "b", "c", "x")}
    assert {family_of(pointers, one) for one in "opq"} == {("o", "p", "q")}
    assert family_of(pointers, "z") == ("z",)


@pytest.mark.parametrize(
    "phone",
    ["13800000001", "+86 138-0000-0001", "008613800000001", "86 138 0000 0001", "（＋８６）１３８００００００01"],
)
def test_a_phone_written_otherwise_is_the_same(phone: str) -> None:
    """A contact whose phone is there already, in whatever way it is written, is not there twice."""
    result = merge_facts(LI, {"id": "x", "name": "李娜", "contacts": [{"name": "李娜", "phone": phone}]})
    assert (result.fields, result.added, result.differing) == (LI, (), ())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+86 21 6123 4567", "021-61234567"),
        ("0086-21-6123-4567", "(021) 6123 4567"),
        ("+86 (0)21 61234567", "02161234567"),
        ("+86 400 820 8820", "400-820-8820"),
    ],
)
def test_landlines_are_the_same_from_home_and_abroad(one: str, other: str) -> None:
    """China's code goes, and the 0 of the area comes back."""
    assert phone_digits(one) == phone_digits(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上海顶点科技有限公司", "上海顶点科技"),
        ("上海顶点科技股份有限公司", "上海顶点科技 有限责任公司"),
        ("艾克米（上海）公司", "艾克米(上海)有限公司"),
        ("Acme Co., Ltd.", "ＡＣＭＥ Inc."),
        ("Blue Door Ltd", "blue-door"),
        (" 李 娜 ", "李娜"),
    ],
)
def test_names_without_their_kind_of_company_are_the_same(one: str, other: str) -> None:
    """Width, case, blanks, marks and the kind of company do not tell two names apart."""
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Costco", "Cost"), ("李娜", "李娜娜"), ("公司", "有限公司"), ("Co Ltd", "")]
)
def test_names_that_only_end_alike_stay_apart(one: str, other: str) -> None:
    """Nothing is cut out of a word, and something is always left of a name."""
    assert name_key(one) != name_key(other)


def test_a_number_in_a_name_is_no_phone() -> None:
    """The 2 of "Shop 2" finds nobody; a phone beside a word is found."""
    assert spoken_names("Shop 2") == ("shop 2",)
    assert "13800000001" in spoken_names("电话 138-0000-0001")


def test_the_other_names_become_aliases_once() -> None:
    """The duplicate's name and aliases become aliases, except those that are there in other letters."""
    fields = merge_facts(
        {**LI, "aliases": ["Li Na"]}, {"name": "李女士", "aliases": ["LI  NA", "ｌｉ ｎａ", "娜姐", "李娜"]}
    ).fields
    assert fields["aliases"] == ["Li Na", "李女士", "娜姐"]


def test_what_the_one_who_stays_says_is_kept() -> None:
    """A value that both have differently stays as it is, and is told; one that is missing is taken over."""
    result = merge_facts(LI, {"id": "x", "name": "李娜", "level": "key", "source": "展会"})
    assert (result.fields["level"], result.fields["source"]) == ("vip", "展会")
    assert [(fact.field, fact.value, fact.other) for fact in result.differing] == [("level", "vip", "key")]
    assert [(fact.field, fact.value) for fact in result.added] == [("source", "展会")]


def test_a_refusal_wins() -> None:
    """Whoever asked not to be contacted in one file is not contacted because of the other."""
    assert merge_facts({**LI, "do_not_contact": False}, {"do_not_contact": True}).fields["do_not_contact"] is True
    assert merge_facts({**LI, "do_not_contact": True}, {"do_not_contact": False}).fields["do_not_contact"] is True
    granted = {"status": "granted", "on": "2025-01-01"}
    withdrawn = {"status": "withdrawn", "on": "2025-06-01"}
    assert merge_facts({**LI, "consent": granted}, {"consent": withdrawn}).fields["consent"] == withdrawn
    assert merge_facts({**LI, "consent": withdrawn}, {"consent": granted}).fields["consent"] == withdrawn
    later = {"status": "granted", "on": "2026-01-01"}
    assert merge_facts({**LI, "consent": later}, {"consent": withdrawn}).fields["consent"] == later


def test_one_contact_is_completed_and_another_is_added() -> None:
    """The same person gets what was missing; a second number, and a colleague at the same desk, are entries of their own."""
    assert merged(contacts=[{"name": "李娜", "phone": "138 0000 0001", "email": "li@x.example"}])["contacts"] == [
        {"name": "李娜", "phone": "13800000001", "role": "本人", "email": "li@x.example"}
    ]
    assert len(merged(contacts=[{"name": "李娜", "phone": "13900000002"}])["contacts"]) == 2
    desk = {**LI, "contacts": [{"name": "陈会计", "phone": "021-61234567"}]}
    both = merge_facts(desk, {"contacts": [{"name": "王经理", "phone": "021-61234567"}]}).fields["contacts"]
    assert [contact["name"] for contact in both] == ["陈会计", "王经理"]


def test_a_file_of_wrong_types_is_merged_without_a_stumble() -> None:
    """Values of other types than the form's are told or taken over; none is lost on the way, and none raises."""
    result = merge_facts(
        {**LI, "labels": "贵", "contacts": "x", "extra": 1}, {"labels": ["a"], "contacts": [1], "extra": {"a": 1}}
    )
    assert {fact.field for fact in result.differing} == {"labels", "contacts", "extra"}


def test_what_an_import_noted_stays_with_its_file() -> None:
    """The key of an import belongs to the file it made; other extra facts go along."""
    assert merged(extra={"import_key": "k", "车牌": "沪A"})["extra"] == {"车牌": "沪A"}


def test_only_whole_numbers_reach_somebody() -> None:
    """Phones and addresses are given as they are compared; a placeholder is none."""
    contacts = [{"phone": "+86 13800000001", "email": "A@X.example"}, {"phone": "无"}, {"phone": "12"}]
    assert reached_by({"contacts": contacts}) == ("13800000001", "a@x.example")


texts = st.sampled_from(["", "李娜", "李 娜", "Li Na", "ＬＩ ＮＡ", "陈"])
phones = st.sampled_from(["13800000001", "+86 13800000001", "021-61234567", "13900000002"])
contacts = st.fixed_dictionaries(
    {"name": texts.filter(bool)},
    optional={"phone": phones, "email": st.sampled_from(["a@x", "A@x", "b@x"]), "role": texts},
)
facts = st.fixed_dictionaries(
    {"name": texts.filter(bool)},
    optional={
        "aliases": st.lists(texts.filter(bool), max_size=3),
        "labels": st.lists(texts.filter(bool), max_size=3),
        "contacts": st.lists(contacts, max_size=3),
        "addresses": st.lists(st.fixed_dictionaries({"address": texts}, optional={"kind": texts}), max_size=2),
        "membership": st.fixed_dictionaries({}, optional={"tier": texts, "points": st.integers(0, 2)}),
        "level": texts,
        "notes": texts,
    },
)


@given(facts, facts)
@settings(deadline=None, max_examples=300)
def test_a_second_merge_adds_nothing(survivor: dict[str, Any], duplicate: dict[str, Any]) -> None:
    """Merging the same two again changes nothing, and neither of the two that were given is changed."""
    before = deepcopy((survivor, duplicate))
    once = merge_facts(survivor, duplicate).fields
    again = merge_facts(once, duplicate)
    assert (again.fields, again.added) == (once, ())
    assert (survivor, duplicate) == before


@given(facts, facts)
@settings(deadline=None, max_examples=300)
def test_nothing_of_either_is_lost(survivor: dict[str, Any], duplicate: dict[str, Any]) -> None:
    """Whoever was reached or found by a name, a phone or an address before is so after; what stays is as it was."""
    after = merge_facts(survivor, duplicate).fields
    assert set(reached_by(after)) == {*reached_by(survivor), *reached_by(duplicate)}
    names = {spoken_names(name) for one in (survivor, duplicate) for name in (one["name"], *one.get("aliases", ()))}
    known = [after["name"], *after.get("aliases", ())]
    assert {tuple(" ".join(part.split()) for part in name) for name in names} <= {
        tuple(" ".join(part.split()) for part in spoken_names(name)) for name in known
    }
    assert after["name"] == survivor["name"]
    assert after.get("labels", [])[: len(survivor.get("labels", ()))] == survivor.get("labels", [])
