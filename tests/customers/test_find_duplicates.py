"""Customers who may be one: whatever way a phone, an address or a name is written."""

from typing import Any

import pytest

from commlog.customers.list import find_duplicates, find_similar


@pytest.fixture
def add(log):
    """A function that writes a customer's file, with further lines."""

    def write(customer: str, name: str, *lines: str) -> None:
        text = f"id: {customer}\ntemplate: customer\nname: {name}\ntype: individual\nstage: active\n"
        log.write(f"records/customers/{customer}.yaml", text + "".join(f"{line}\n" for line in lines))

    return write


def pairs(log: Any) -> list[tuple[str, str, str]]:
    """Who goes, who stays and what they share, as listed."""
    listing = find_duplicates(log.workspace())
    return [(row[0], row[2], row[4]) for row in listing.rows]


@pytest.mark.parametrize("phone", ["+86 138-0000-0001", "008613800000001", "１３８００００００01", "138 0000 0001"])
def test_a_shared_phone_is_found_however_it_is_written(log, add, phone):
    """Prefix, blanks, dashes and width do not hide a shared phone; the value is masked."""
    add("other", "别人", f'contacts: [{{name: x, phone: "{phone}"}}]')
    (row,) = find_duplicates(log.workspace()).rows
    assert row == ("other", "别人", "acme", "艾克米公司", "phone", "138****0001", 1)


def test_shared_addresses_and_names_are_found(log, add):
    """An e-mail address in other letters, and a name with another kind of company or as an alias, are found."""
    add("mail", "别人", "contacts: [{name: x, email: Chen@ACME.example}]")
    add("name", "艾克米 股份有限公司")
    add("alias", "某公司", "aliases: [ＡＣＭＥ]")
    assert pairs(log) == [("mail", "acme", "email"), ("alias", "acme", "name"), ("name", "acme", "name")]


def test_the_surest_come_first_and_a_pair_once(log, add):
    """A pair that shares several facts is one row, before pairs that share one; a phone goes before a name."""
    add("both", "艾克米", 'contacts: [{name: x, phone: "13800000001"}]')
    add("only-name", "艾克米有限公司")
    rows = find_duplicates(log.workspace()).rows
    first = rows[0]
    assert (first[0], first[2], first[4], first[6]) == ("both", "acme", "phone", 2)
    assert len({frozenset((row[0], row[2])) for row in rows}) == len(rows) == 3


def test_the_one_with_records_stays(log, add):
    """Of two the one with more records is the one to merge into."""
    add("used", "艾克米")
    log.create("service", "customer=used")
    assert pairs(log) == [("acme", "used", "name")]


def test_those_who_are_one_already_are_no_pair(log, add):
    """Merged customers are left out, and so are numbers and names that say nothing."""
    add("gone", "艾克米公司", "merged_into: acme")
    add("zero", "零", 'contacts: [{name: x, phone: "00000000"}]')
    add("nil", "空", 'contacts: [{name: x, phone: "00000000"}, {name: y, phone: 无}]')
    add("short", "短", "contacts: [{name: x, phone: 无}]")
    assert pairs(log) == []


def test_a_switchboard_gives_a_row_for_each_not_for_each_pair(log, add):
    """Forty customers of one number are thirty-nine rows, all to one who stays."""
    for number in range(40):
        add(f"c{number:02}", f"店{number}号", 'contacts: [{name: x, phone: "021-61234567"}]')
    assert {other for _, other, _ in pairs(log)} == {"c00"}
    assert len(pairs(log)) == 39


def test_a_limit_keeps_the_surest(log, add):
    """Maximum number of rows."""
    add("name", "艾克米")
    add("phone", "别人", 'contacts: [{name: x, phone: "13800000001"}]')
    assert [row[0] for row in find_duplicates(log.workspace(), 1).rows] == ["phone"]


def test_whom_one_customer_is_like(log, add):
    """Everybody who shares something with one customer, the surest first; nobody for one who shares nothing."""
    add("name", "艾克米")
    add("phone", "别人", 'contacts: [{name: x, phone: "13800000001"}]')
    assert [(one.other, one.shared, one.shown) for one in find_similar(log.workspace(), "acme")] == [
        ("phone", "phone", "138****0001"),
        ("name", "name", "艾克米"),
    ]
    add("single", "独一")
    assert find_similar(log.workspace(), "single") == []
