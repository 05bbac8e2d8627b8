"""Listings: records, pending follow-ups, customers and templates."""

import json

import pytest

from commlog.customers.list import list_customers
from commlog.errors import ConflictError, InvalidError, UsageError
from commlog.followups.pending import list_follow_ups
from commlog.output.listing import Page
from commlog.records.list import list_records
from commlog.records.search import search_records
from commlog.setup.templates import create_template, list_templates


def column(listing, name):
    place = listing.columns.index(name)
    return [row[place] for row in listing.rows]


def listed(log, query="", sort="", limit=-1, terms=()):
    return list_records(log.workspace(), query, terms, Page(sort, limit))


def pending(log, query="", terms=(), sort="", limit=-1):
    return list_follow_ups(log.workspace(), query, terms, Page(sort, limit))


# Records


def test_records_are_listed_newest_first(log):
    """By the time of the conversation, whatever the order of writing; customers and answers stay out."""
    for day in ("11", "13", "12"):
        log.create("member", f"started_at=2026-03-{day} 09:00", f"subject=day {day}")
    log.create("answer")
    assert column(listed(log), "subject") == ["day 13", "day 12", "day 11"]


def test_customers_and_answers_are_listed_when_named(log):
    """A query that names their kind or template brings them."""
    log.create("answer", "question=how much?")
    assert column(listed(log, "kind:answer"), "subject") == ["how much?"]
    assert column(listed(log, "template:customer"), "id") == ["acme"]


def test_a_listing_can_be_sorted_and_cut(log):
    """`-` turns a column round, several columns break ties, and the limit cuts after sorting."""
    for channel, day in [("phone", "11"), ("email", "12"), ("email", "13")]:
        log.create("member", f"started_at=2026-03-{day} 09:00", f"channel={channel}", f"subject={channel} {day}")
    assert column(listed(log, sort="channel,-date"), "subject") == ["email 13", "email 12", "phone 11"]
    assert column(listed(log, sort="date", limit=2), "subject") == ["phone 11", "email 12"]
    assert column(listed(log, limit=0), "subject") == []


def test_an_unknown_column_to_sort_by_is_a_mistake(log):
    """A column that is not there cannot order anything."""
    with pytest.raises(UsageError):
        listed(log, sort="colour")


def test_the_name_of_an_anonymous_customer_is_what_they_gave(log):
    """Without a customer the listing shows the party's name."""
    log.create("member", "customer=anonymous", "party.name=孙先生")
    assert column(listed(log), "customer_name") == ["孙先生"]


def test_a_listing_counts_what_is_pending(log):
    """The number of follow-ups that are neither done nor closed stands beside each record."""
    record = log.create("member", follow_ups=["one", "two", "three"])
    log.move("done", f"{record.id}/1", result="ok")
    assert column(listed(log), "pending") == [2]


# Pending


@pytest.fixture
def busy(log):
    """Follow-ups due on different days, one of them waiting and one done."""
    record = log.create(
        "member",
        "started_at=2026-03-09 09:00",
        follow_ups=[
            "late; due=2026-03-12; owner=li; priority=urgent",
            "next; due=2026-03-17 12:00",
            "whenever; due=none",
            "waits; due=2026-03-10",
            "was done; due=2026-03-11",
            "today; due=2026-03-16 18:00; owner=li",
        ],
    )
    log.move("wait", f"{record.id}/4")
    log.move("done", f"{record.id}/5", result="ok")
    return log


def test_pending_lists_the_most_overdue_first(busy):
    """By due, the waiting one included, those without a limit last; what is done is not pending."""
    assert column(pending(busy), "action") == ["waits", "late", "today", "next", "whenever"]


def test_late_is_counted_in_working_days(busy):
    """Due on Thursday, it is two working days late on Monday; who waits for the customer is not late."""
    listing = pending(busy)
    assert column(listing, "late") == [None, 2, None, None, None]
    assert column(listing, "is_overdue") == [False, True, False, False, False]


@pytest.mark.parametrize(
    ("terms", "actions"),
    [
        ([("owner", ["li"])], ["late", "today"]),
        ([("owner", ["李静"])], ["late", "today"]),
        ([("due", ["overdue"])], ["late"]),
        ([("due<=", ["1d"])], ["waits", "late", "today", "next"]),
        ([("due<=", ["today"])], ["waits", "late", "today"]),
        ([("priority", ["urgent", "high"])], ["late"]),
        ([("customer", ["艾克米公司"])], ["waits", "late", "today", "next", "whenever"]),
    ],
)
def test_options_narrow_the_list(busy, terms, actions):
    """Owner, overdue, due within, priority and customer each leave only what they name."""
    assert column(pending(busy, terms=terms), "action") == actions


def test_a_status_in_the_query_asks_for_that(busy):
    """Who asks for what is done gets it."""
    assert column(pending(busy, "status:done"), "action") == ["was done"]
    assert column(pending(busy, "状态:已完成"), "action") == ["was done"]


def test_overdue_is_by_the_instant_not_the_day(busy):
    """Due at 18:00 is not late at 18:00 and late a minute afterwards; a date alone is due at closing time."""
    assert "today" not in column(pending(busy.at("2026-03-16T18:00:00+08:00"), "due:overdue"), "action")
    assert "today" in column(pending(busy.at("2026-03-16T18:01:00+08:00"), "due:overdue"), "action")
    assert "late" not in column(pending(busy.at("2026-03-12T17:59:00+08:00"), "due:overdue"), "action")
    assert "late" in column(pending(busy.at("2026-03-12T10:01:00+00:00"), "due:overdue"), "action")


# Customers


@pytest.mark.parametrize("name", ["acme", "ACME"])
def test_an_id_means_its_customer_alone(log, name):
    """What is one customer's id and another's alias is the id; an alias of both is both."""
    log.write(
        "records/customers/other.yaml",
        "id: other\ntemplate: customer\nname: Other\naliases: [acme, Acme Ltd]\ntype: company\nstage: active\n",
    )
    for customer in ("acme", "other"):
        log.create("member", f"customer={customer}", follow_ups=[f"call {customer}; due=3wd"])
    assert column(pending(log, terms=[("customer", [name])]), "customer") == ["acme"]
    assert column(listed(log, f"customer:{name}"), "customer") == ["acme"]
    assert sorted(column(pending(log, terms=[("customer", ["Acme Ltd"])]), "customer")) == ["acme", "other"]


def test_customers_tell_of_the_last_contact_and_what_is_pending(log):
    """The last day somebody was reached, and how many follow-ups are open."""
    log.create("member", "started_at=2026-03-11 09:00", follow_ups=["call"])
    log.create("member", "started_at=2026-03-13 09:00", "reached=no")
    log.create("customer", "name=Beta", "level=vip")
    listing = list_customers(log.workspace(), "", [("kind", ["customer"])], "", -1)
    assert column(listing, "id") == ["acme", "beta"]
    assert column(listing, "last_contact") == ["2026-03-11", None]
    assert column(listing, "pending") == [1, 0]
    assert column(list_customers(log.workspace(), "level:vip", [("kind", ["customer"])], "", -1), "id") == ["beta"]


# Search


def test_search_finds_every_kind_down_to_one_character(log):
    """A single Chinese character is found in any field of any kind of record, with the text around it."""
    log.create("member", "summary=厨房漏水了")
    log.create("answer", "answer=先关水阀")
    found = search_records(log.workspace(), "水", "", -1)
    assert sorted(column(found, "kind")) == ["answer", "interaction"]
    assert "厨房漏水了" in column(found, "text")


def test_search_needs_words(log):
    """Nothing to look for is a mistake of use."""
    with pytest.raises(UsageError):
        search_records(log.workspace(), " ", "", -1)


def test_search_does_not_find_keys_and_slugs(log):
    """The name of a field or the slug of a choice is no text of the record."""
    log.create("service", "scenario=presales_inquiry")
    assert search_records(log.workspace(), "presales_inquiry", "", -1).rows == ()
    assert search_records(log.workspace(), "core_request", "", -1).rows == ()


# Templates

REPAIR = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Repair",
    "x-label": {"zh": "维修记录", "en": "Repair"},
    "x-kind": "interaction",
    "allOf": [{"$ref": "parts/interaction.json"}],
    "properties": {
        "template": {"const": "repair"},
        "device": {"type": "string", "minLength": 1, "x-label": {"zh": "设备", "en": "Device"}},
        "cause": {
            "type": "string",
            "enum": ["wear", "misuse"],
            "x-label": {"zh": "原因", "en": "Cause"},
            "x-enum-labels": {"wear": {"zh": "磨损", "en": "Wear"}, "misuse": {"zh": "误用", "en": "Misuse"}},
        },
    },
    "required": ["device"],
    "unevaluatedProperties": False,
}
REPAIR_MINIMUM = ("customer=acme", "channel=phone", "subject=s", "summary=s")


def test_a_template_dropped_into_schemas_works_without_code(log, monkeypatch):
    """A team's own form can be written by label, read back, asked for and searched; its rules hold."""
    log.write("schemas/repair.schema.json", json.dumps(REPAIR))
    monkeypatch.setitem(__import__("sys").modules[type(log).__module__].MINIMUM, "repair", list(REPAIR_MINIMUM))
    record = log.create("repair", "设备=RW-5 划船机", "原因=磨损")
    assert record.fields["device"] == "RW-5 划船机"
    assert record.fields["cause"] == "wear"
    assert record.path.startswith("records/interactions/2026/03/")
    assert column(listed(log, "原因:磨损"), "id") == [record.id]
    assert column(listed(log, "device:rw-5"), "id") == [record.id]
    assert column(listed(log, "template:维修记录"), "id") == [record.id]
    assert column(search_records(log.workspace(), "划船机", "", -1), "id") == [record.id]
    with pytest.raises(InvalidError) as caught:
        log.create("repair")
    assert [problem.field for problem in caught.value.problems] == ["device"]


def test_a_field_added_to_a_template_is_found_after_a_listing_without_it(log, monkeypatch):
    """The copy notices a changed template by itself."""
    log.create("member")
    assert listed(log).rows
    log.write("schemas/repair.schema.json", json.dumps(REPAIR))
    monkeypatch.setitem(__import__("sys").modules[type(log).__module__].MINIMUM, "repair", list(REPAIR_MINIMUM))
    log.create("repair", "设备=x1")
    assert len(listed(log, "设备:x1").rows) == 1


def test_templates_are_listed_with_their_source(log):
    """The eight shipped ones, and the log's own by name; a broken one is named with its mistake."""
    log.write("schemas/repair.schema.json", json.dumps(REPAIR))
    log.write("schemas/broken.schema.json", "{not json")
    listing = list_templates(log.workspace(), "zh")
    rows = {row[0]: dict(zip(listing.columns, row, strict=True)) for row in listing.rows}
    shipped = {"answer", "customer", "issue", "member", "relationship", "service", "survey", "visit"}
    assert set(rows) == shipped | {"repair", "broken"}
    assert rows["repair"]["source"] == "log"
    assert rows["repair"]["label"] == "维修记录"
    assert rows["member"]["source"] == "shipped"
    assert rows["broken"]["problem"]


def test_a_new_template_can_be_used_at_once(log, monkeypatch):
    """`template new` writes a form that works as it is."""
    assert create_template(log.workspace(), "site_visit", "上门") == "schemas/site_visit.schema.json"
    monkeypatch.setitem(__import__("sys").modules[type(log).__module__].MINIMUM, "site_visit", list(REPAIR_MINIMUM))
    assert log.create("site_visit", "示例字段=yes").fields["example_field"] == "yes"


@pytest.mark.parametrize("name", ["", "Repair", "1st", "a b", "../x", "会员", "a-b", "member"])
def test_a_template_needs_a_name_of_its_own(log, name):
    """A name that is no slug, or taken, is refused."""
    with pytest.raises((UsageError, ConflictError)):
        create_template(log.workspace(), name, "")
    assert not (log.root / "schemas").exists()


def test_columns_that_are_not_asked_for_change_nothing(log) -> None:
    """Asked for some columns only, the rows are the same rows with these columns."""
    whole = list_follow_ups(log.workspace(), "", [], Page())
    for names in (("address",), ("address", "owner", "customer_name")):
        assert list_follow_ups(log.workspace(), "", [], Page(columns=names)).rows == whole.narrowed(names).rows


def test_ids_are_ids_whatever_columns_are_named():
    """The format ids prints ids also when columns are named, and a column that is not known is refused all the same."""
    from commlog.output.formats import named_columns
    from commlog.records.list import COLUMN_NAMES, SHOWN

    assert named_columns(COLUMN_NAMES, SHOWN, "subject", "ids") == COLUMN_NAMES
    with pytest.raises(UsageError):
        named_columns(COLUMN_NAMES, SHOWN, "nothing", "ids")


# What is shown is what the file has


def test_search_shows_the_text_of_the_file(log):
    """Words are found whatever their case and width, and shown as somebody wrote them."""
    log.create("member", "subject=Emma Hart，20㎡，ＡＢＣ wanted")
    for word in ("emma", "ＥＭＭＡ", "m2，abc", "wanted", "，"):
        assert column(search_records(log.workspace(), f'"{word}"', "", -1), "text") == [
            "Emma Hart，20㎡，ＡＢＣ wanted"
        ]


def test_search_shows_the_words_around_a_place_behind_long_signs(log):
    """Signs that folding makes longer do not move what is shown away from the word."""
    log.create("member", f"summary={'㎡' * 60}Refund please{'.' * 60}")
    (text,) = column(search_records(log.workspace(), "refund", "", -1), "text")
    assert text == f"…{'㎡' * 24}Refund please{'.' * 17}…"


def test_instants_are_listed_as_the_file_has_them(log):
    """The time of a listing is the stored instant with its offset."""
    log.create("member", "started_at=2026-03-11 09:00")
    assert column(listed(log), "started_at") == ["2026-03-11T09:00:00+08:00"]
