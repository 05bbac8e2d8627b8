"""The order of listings, and the ids of a thread."""

import pytest

from commlog.database.query.conditions import thread_ids
from commlog.database.query.order import COLUMNS, order_by
from commlog.database.query.select import ListedRows
from commlog.errors import UsageError

RECORDS, FOLLOW_UPS = ListedRows.RECORDS, ListedRows.FOLLOW_UPS


def addresses(copy, sort):
    """Give the follow-ups in order."""
    order = order_by(sort, COLUMNS[FOLLOW_UPS], FOLLOW_UPS)
    sql = f"SELECT f.address FROM follow_ups f JOIN records r USING (record) ORDER BY {order}"
    return [row[0] for row in copy.connection.execute(sql)]


@pytest.fixture
def log(copy):
    """Fill in two records of two follow-ups."""
    copy.add("b", customer="acme", follow_ups=[{"due_at": 2, "priority": "urgent"}, {"due_at": 1}])
    copy.add("a", customer="li", follow_ups=[{"due_at": None}, {"due_at": 2, "priority": "low"}])
    return copy


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["a/1", "a/2", "b/1", "b/2"]),
        ("due", ["b/2", "a/2", "b/1", "a/1"]),
        ("-due", ["a/2", "b/1", "b/2", "a/1"]),
        ("due,-priority", ["b/2", "b/1", "a/2", "a/1"]),
        ("截止，-优先级", ["b/2", "b/1", "a/2", "a/1"]),
        ("-customer, -n", ["a/2", "a/1", "b/2", "b/1"]),
    ],
)
def test_sort_orders_rows(log, sort, expected):
    """Columns sort in the order named, `-` turns one round, missing values come last, id and n decide ties."""
    assert addresses(log, sort) == expected


@pytest.mark.parametrize(
    ("sort", "column"), [("foo", 1), ("due,foo", 5), ("due, ; DROP TABLE x", 6), ("due,", 5), ("-", 1)]
)
def test_unknown_column_is_a_usage_error(sort, column):
    """An unknown column is shown at its place, with the columns there are."""
    with pytest.raises(UsageError) as caught:
        order_by(sort, COLUMNS[FOLLOW_UPS], FOLLOW_UPS)
    assert caught.value.column == column
    assert "due" in caught.value.remedy


def test_every_column_can_be_sorted_by(log):
    """All documented columns are SQL that works in their listing."""
    for name in COLUMNS[FOLLOW_UPS]:
        assert len(addresses(log, name)) == 4
    for name in COLUMNS[RECORDS]:
        order = order_by(f"-{name}", COLUMNS[RECORDS], RECORDS)
        assert len(log.connection.execute(f"SELECT r.id FROM records r ORDER BY {order}").fetchall()) == 2


def test_records_sort_by_day_and_instant_together(copy):
    """Records without an instant sort among the others by their day."""
    copy.add("late", day="2026-03-11", started_at=1773190800)
    copy.add("early", day="2026-03-10")
    copy.add("none")
    order = order_by("date", COLUMNS[RECORDS], RECORDS)
    found = copy.connection.execute(f"SELECT r.id FROM records r ORDER BY {order}").fetchall()
    assert [row[0] for row in found] == ["early", "late", "none"]


def thread(copy, record_id):
    """Give the ids of a thread."""
    found = thread_ids(record_id)
    return sorted(row[0] for row in copy.connection.execute(found.sql, found.parameters))


def test_thread_follows_links_both_ways(copy):
    """A thread is the same from each of its records, branches, circles and missing records included."""
    copy.add("a")
    copy.add("b", links=["a"])
    copy.add("c", links=["a", "gone"])
    copy.add("d", links=["gone", "d"])
    copy.add("e", links=["d"])
    copy.add("f", links=["ref:1"])
    copy.add("g", links=["ref:1"])
    for record_id in "abcde":
        assert thread(copy, record_id) == ["a", "b", "c", "d", "e", "gone"]
    assert thread(copy, "f") == ["f"]
    assert thread(copy, "nowhere") == ["nowhere"]


def test_long_thread_is_found_whole(copy):
    """A thread of a thousand records linked one to the next is found from its middle."""
    for number in range(1000):
        copy.add(f"{number:04}", links=[f"{number - 1:04}"] if number else [])
    assert len(thread(copy, "0500")) == 1000
