"""Merging customers: nothing lost, no record rewritten, and whoever is named is who stays."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commlog.customers.book import CustomerBook
from commlog.customers.list import list_customers
from commlog.customers.merge import merge_customers
from commlog.errors import AmbiguousError, ConflictError, InvalidError, NotFoundError, NotWritableError, UnreadableError
from commlog.followups.pending import list_follow_ups
from commlog.log.log import Log
from commlog.output.listing import Page
from commlog.records.find import find_customer
from commlog.records.list import list_records
from commlog.values import Fields

FILE = """\
# A comment that stays.
id: {id}
template: customer
name: {name}
type: individual
stage: active
"""


@pytest.fixture
def add(log):
    """A function that writes a customer's file, with further lines."""

    def write(customer: str, *lines: str, name: str = "") -> None:
        text = FILE.format(id=customer, name=name or f"客户{customer}") + "".join(f"{line}\n" for line in lines)
        log.write(f"records/customers/{customer}.yaml", text)

    return write


def fields_of(log: Any, customer: str) -> Fields:
    """What a customer's own file says."""
    return log.workspace().reader.read(f"records/customers/{customer}.yaml").record.fields


def customers(log: Any, query: str = "", **options: Any) -> dict[str, tuple[Any, Any]]:
    """Last contact and pending by customer, as listed."""
    listing = list_customers(log.workspace(), query, [("kind", ["customer"])], "", -1, **options)
    places = [listing.columns.index(name) for name in ("id", "last_contact", "pending")]
    return {row[places[0]]: (row[places[1]], row[places[2]]) for row in listing.rows}


def found(log: Any, query: str) -> set[str]:
    """The ids of the records a query finds."""
    return {row[0] for row in list_records(log.workspace(), query, [], Page()).narrowed(("id",)).rows}


def test_the_duplicate_points_and_the_one_who_stays_knows(log, add):
    """The duplicate's file gets one line and keeps all it said; the other gets what it lacked, layout untouched."""
    add("dup", "aliases: [老客户]", 'contacts: [{name: 陈经理, phone: "+86 138 0000 0001"}]', "level: vip # dear")
    before = log.text_of(log.read("dup"))
    result = merge_customers(log.workspace(), "dup", "acme")
    assert (result.duplicate, result.survivor) == ("dup", "acme")
    assert log.text_of(log.read("dup")).replace("merged_into: acme\n", "") == before
    fields = fields_of(log, "acme")
    assert fields["aliases"] == ["Acme Ltd", "客户dup", "老客户"]
    assert (len(fields["contacts"]), fields["level"]) == (1, "vip")
    assert log.workspace().index.rows("SELECT count(*) FROM problems") == [(0,)]


def test_records_follow_without_being_written(log, add):
    """Records of the duplicate are the survivor's in every query and count, under their old bytes."""
    add("dup")
    one = log.create("service", "customer=dup", "started_at=2026-03-12T10:00:00+08:00", follow_ups=["回电 due:3wd"])
    two = log.create("service", "customer=acme", "started_at=2026-03-10T10:00:00+08:00")
    before = log.text_of(one)
    assert merge_customers(log.workspace(), "dup", "acme").records == 1
    assert log.text_of(one) == before
    for name in ("acme", "dup", "客户dup", "艾克米公司", "13800000001"):
        assert found(log, f"customer:{name}") == {one.id, two.id}
    pending = list_follow_ups(log.workspace(), "", [("customer", ["acme"])], Page())
    assert [row[pending.columns.index("customer_name")] for row in pending.rows] == ["艾克米公司"]
    assert customers(log) == {"acme": ("2026-03-12", 1)}


def test_whoever_names_the_duplicate_means_the_survivor(log, add):
    """Id, name, alias, phone and e-mail of the duplicate lead to the survivor, over several steps; so do new records."""
    add("dup", "aliases: [老客户]", "contacts: [{name: 李, phone: '13900000009', email: li@x.example}]")
    add("older")
    merge_customers(log.workspace(), "older", "dup")
    merge_customers(log.workspace(), "dup", "acme")
    for name in ("dup", "older", "客户older", "客户dup", "老客户", "+86 139-0000-0009", "LI@x.example"):
        assert find_customer(log.workspace(), name) == "acme"
        assert CustomerBook(log.workspace()).find(name) == "acme"
        assert log.create("service", f"customer={name}").fields["customer"] == "acme"


def test_merged_customers_are_listed_when_asked_for(log, add):
    """A listing leaves them out; `with_merged` and a query that names the pointer bring them back."""
    add("dup")
    merge_customers(log.workspace(), "dup", "acme")
    assert set(customers(log)) == {"acme"}
    assert set(customers(log, with_merged=True)) == {"acme", "dup"}
    assert set(customers(log, "has:merged_into")) == {"dup"}
    assert set(customers(log, "merged_into:acme")) == {"dup"}


def test_a_dry_run_writes_nothing(log, add):
    """It tells what would be added, and leaves every byte."""
    add("dup", "level: vip")
    before = {name: (log.root / name).read_bytes() for name in log.files()}
    result = merge_customers(log.workspace(), "dup", "acme", is_dry=True)
    assert [fact.field for fact in result.added] == ["aliases", "level"]
    assert {name: (log.root / name).read_bytes() for name in log.files()} == before


@pytest.mark.parametrize(
    ("named", "error", "words"),
    [
        (("acme", "acme"), ConflictError, "itself"),
        (("艾克米公司", "acme"), ConflictError, "already one customer"),
        (("gone", "acme"), ConflictError, "already merged into 'last'"),
        (("gone", "last"), ConflictError, "already merged into 'last'"),
        (("last", "gone"), ConflictError, "'gone' is already merged into 'last'"),
        (("nobody", "acme"), NotFoundError, "no customer 'nobody'"),
        (("acme", "nobody"), NotFoundError, "no customer 'nobody'"),
        (("anonymous", "acme"), ConflictError, "gave no name"),
        (("acme", "anonymous"), ConflictError, "gave no name"),
        (("round", "acme"), InvalidError, "cycle"),
        (("acme", "round"), InvalidError, "cycle: round → trip → round"),
        (("acme", "lost"), NotFoundError, "no file: lost → nobody"),
        (("../acme", "acme"), NotFoundError, "no customer"),
        (("", "acme"), NotFoundError, "no customer"),
        (("双胞胎", "acme"), AmbiguousError, "twin-1, twin-2"),
    ],
)
def test_a_merge_that_cannot_be_is_refused(log, add, named, error, words):
    """Itself, both one already, an unknown one, a circle, a pointer to nobody: each is said, and nothing is written."""
    add("last")
    add("gone", "merged_into: last")
    add("round", "merged_into: trip")
    add("trip", "merged_into: round")
    add("lost", "merged_into: nobody")
    add("twin-1", name="双胞胎")
    add("twin-2", name="双胞胎")
    before = {name: (log.root / name).read_bytes() for name in log.files()}
    with pytest.raises(error) as fault:
        merge_customers(log.workspace(), *named)
    assert words in fault.value.message
    assert fault.value.remedy
    assert {name: (log.root / name).read_bytes() for name in log.files()} == before


def test_merging_into_one_who_went_goes_to_who_stays(log, add):
    """The pointer names the last of the chain, and the result tells who was named."""
    add("gone", "merged_into: acme")
    add("dup")
    result = merge_customers(log.workspace(), "dup", "gone")
    assert (result.named, result.survivor) == ("gone", "acme")
    assert fields_of(log, "dup")["merged_into"] == "acme"


def test_two_of_one_name_are_told_apart_by_one_id(log, add):
    """What both are called means the other one when either is named by id."""
    add("a", name="李娜")
    add("b", name="李娜")
    assert merge_customers(log.workspace(), "李娜", "b", is_dry=True).duplicate == "a"
    assert merge_customers(log.workspace(), "b", "李娜", is_dry=True).survivor == "a"


def test_a_merge_that_broke_off_is_completed_by_running_it_again(log, add, monkeypatch):
    """When the second file cannot be written, nothing is lost; the same call again sets the pointer and adds nothing twice."""
    add("dup", "aliases: [老客户]", "level: vip")
    write = Log.replace_file

    def fail_on_duplicate(self: Log, path: str, data: bytes, expected: bytes) -> None:
        if path.endswith("dup.yaml"):
            raise NotWritableError("the disk is full", file=path)
        write(self, path, data, expected)

    monkeypatch.setattr(Log, "replace_file", fail_on_duplicate)
    with pytest.raises(NotWritableError):
        merge_customers(log.workspace(), "老客户", "acme")
    assert "merged_into" not in fields_of(log, "dup")
    half = fields_of(log, "acme")
    monkeypatch.undo()
    assert merge_customers(log.workspace(), "老客户", "acme").added == ()
    assert fields_of(log, "acme") == half
    assert fields_of(log, "dup")["merged_into"] == "acme"


def test_somebody_who_writes_meanwhile_is_not_overwritten(log, add, monkeypatch):
    """An editor that saves the file between reading and writing keeps its change; the merge takes it in."""
    add("dup", "level: vip")
    write = Log.replace_file
    edited = []

    def edit_first(self: Log, path: str, data: bytes, expected: bytes) -> None:
        if not edited:
            edited.append(path)
            file = self.root / path
            file.write_text(file.read_text("utf-8") + "industry: 制造业\n", "utf-8")
        write(self, path, data, expected)

    monkeypatch.setattr(Log, "replace_file", edit_first)
    merge_customers(log.workspace(), "dup", "acme")
    assert (fields_of(log, "acme")["industry"], fields_of(log, "acme")["level"]) == ("制造业", "vip")


def test_a_file_that_cannot_be_read_stops_the_merge(log, add):
    """An unreadable side ends with its own error, and the other is not written."""
    add("dup")
    log.write("records/customers/broken.yaml", "id: [\n")
    with pytest.raises(UnreadableError):
        merge_customers(log.workspace(), "dup", "broken")
    with pytest.raises(UnreadableError):
        merge_customers(log.workspace(), "broken", "dup")
    assert "merged_into" not in fields_of(log, "dup")


def test_customers_in_a_circle_do_not_vanish(log, add):
    """Whoever is merged in a circle or into nobody is listed, found in queries, and named with the chain."""
    add("one", "merged_into: two")
    add("two", "merged_into: one")
    add("lost", "merged_into: nobody")
    record = log.create("service", "customer=acme")
    path = log.root / record.path
    path.write_text(path.read_text("utf-8").replace("customer: acme", "customer: one"), "utf-8")
    assert set(customers(log)) == {"acme", "one", "two", "lost"}
    assert found(log, "customer:two") == {record.id}
    with pytest.raises(InvalidError, match="cycle: two → one → two"):
        find_customer(log.workspace(), "客户two")
    with pytest.raises(NotFoundError, match="lost → nobody"):
        find_customer(log.workspace(), "lost")


def five_customers(log: Any) -> Any:
    """The log with five customers, each with a phone, a label and a record."""
    log.write("commlog.yaml", "timezone: Asia/Shanghai\nlanguage: en\n")
    for number, one in enumerate("abcde"):
        lines = f"labels: [标签{one}]\ncontacts: [{{name: 某{one}, phone: '1380000001{number}'}}]\n"
        log.write(f"records/customers/{one}.yaml", FILE.format(id=one, name=f"客户{one}") + lines)
        log.create("service", f"customer={one}")
    return log


@pytest.mark.slow
@given(merges=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6))
@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_merges_every_record_has_one_customer(log: Any, merges: list[tuple[int, int]]) -> None:
    """Each record is found under exactly one customer who stays, and every fact is in a file of the same family."""
    folder = Path(tempfile.mkdtemp())
    try:
        log = five_customers(replace(log, root=folder))
        before = {one: fields_of(log, one) for one in "abcde"}
        for duplicate, survivor in merges:
            try:
                merge_customers(log.workspace(), "abcde"[duplicate], "abcde"[survivor])
            except ConflictError:
                continue
        staying = set(customers(log))
        of_each = {one: found(log, f"customer:{one}") for one in staying}
        assert sorted(record for ids in of_each.values() for record in ids) == sorted(
            row[0] for row in log.workspace().index.rows("SELECT id FROM records WHERE kind = 'interaction'")
        )
        for one, facts in before.items():
            survivor_fields = fields_of(log, find_customer(log.workspace(), one))
            assert set(facts["labels"]) <= set(fields_of(log, one)["labels"]) & set(survivor_fields["labels"])
            assert find_customer(log.workspace(), facts["contacts"][0]["phone"]) == survivor_fields["id"]
            assert facts["name"] in {survivor_fields["name"], *survivor_fields.get("aliases", ())}
    finally:
        shutil.rmtree(folder)
