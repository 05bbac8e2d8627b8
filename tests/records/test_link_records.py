"""Links and threads: from a record to an earlier one, and the conversation they make."""

import pytest

from commlog.errors import AmbiguousError, ConflictError, NotFoundError, UsageError
from commlog.records.find import find_path
from commlog.records.link import link_records, read_thread, unlink_records

LAYOUT = """\
# by hand
id: 20260310-aaaaaa
template: member
customer: acme
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-10T09:00:00+08:00
recorded_at: 2026-03-10T09:30:00+08:00
subject: 'a'   # one
core_request: c
summary: s
"""


@pytest.fixture
def three(log):
    """Three records of three days, not linked yet."""
    return [log.create("member", f"started_at=2026-03-{day} 09:00", f"subject=day {day}") for day in ("10", "11", "12")]


@pytest.mark.parametrize("link_type", ["follows", "answers", "duplicates", "escalates", "relates"])
def test_a_link_points_to_an_earlier_record(log, three, link_type):
    """Each type of link is stored with its target's full id, with a note when there is one."""
    first, second, _ = three
    record = link_records(log.workspace(), second.id[9:], first.id[9:], link_type, "see there")
    assert record.fields["links"] == [{"to": first.id, "type": link_type, "note": "see there"}]


def test_the_same_link_twice_is_one_link(log, three):
    """Linking again changes nothing; another type to the same record is another link."""
    first, second, _ = three
    for link_type in ("follows", "follows", "relates"):
        record = link_records(log.workspace(), second.id, first.id, link_type)
    assert [link["type"] for link in record.fields["links"]] == ["follows", "relates"]


def test_a_number_from_outside_needs_no_record(log, three):
    """`ref:` marks a number that no record of the log has."""
    record = link_records(log.workspace(), three[0].id, "ref:JS-203", "relates")
    assert record.fields["links"] == [{"to": "ref:JS-203", "type": "relates"}]


def test_what_makes_no_sense_is_refused(log, three):
    """An unknown type, an unknown record and the record itself are mistakes; nothing is written."""
    first, second, _ = three
    for prior, link_type, expected in [
        (first.id, "sequel", UsageError),
        ("20200101-aaaaaa", "follows", NotFoundError),
        (second.id, "relates", UsageError),
    ]:
        with pytest.raises(expected):
            link_records(log.workspace(), second.id, prior, link_type)
    assert log.read(second.id).fields == second.fields


def test_follows_does_not_go_round_in_a_circle(log, three):
    """A record does not follow one that follows it, however far away."""
    first, second, third = three
    link_records(log.workspace(), second.id, first.id, "follows")
    link_records(log.workspace(), third.id, second.id, "follows")
    with pytest.raises(ConflictError):
        link_records(log.workspace(), first.id, third.id, "follows")
    assert "links" not in log.read(first.id).fields


def test_unlink_takes_away_one_type_or_all(log, three):
    """Unlink removes the links to a record, of one type when it is named; the last one takes the key with it."""
    first, second, _ = three
    for link_type in ("follows", "relates"):
        link_records(log.workspace(), second.id, first.id, link_type)
    assert unlink_records(log.workspace(), second.id, first.id, "follows").fields["links"] == [
        {"to": first.id, "type": "relates"}
    ]
    assert "links" not in unlink_records(log.workspace(), second.id, first.id[9:], None).fields


def test_a_link_to_nowhere_can_be_taken_away(log, three):
    """A target that was deleted since does not stand in the way."""
    first, second, _ = three
    link_records(log.workspace(), second.id, first.id, "follows")
    (log.root / first.path).unlink()
    assert "links" not in unlink_records(log.workspace(), second.id, first.id, None).fields


def test_unlinking_what_is_not_linked_lists_what_is(log, three):
    """A link that is not there is not found, and those that are there are named."""
    first, second, third = three
    link_records(log.workspace(), second.id, first.id, "follows")
    with pytest.raises(NotFoundError) as caught:
        unlink_records(log.workspace(), second.id, third.id, None)
    assert f"{first.id} (follows)" in caught.value.remedy


def test_linking_and_unlinking_leave_the_file_as_it_was(log):
    """A link that comes and goes leaves every byte as it was."""
    path = "records/interactions/2026/03/20260310-aaaaaa.yaml"
    log.write(path, LAYOUT)
    link_records(log.workspace(), "20260310-aaaaaa", "ref:1", "relates")
    text = (log.root / path).read_text(encoding="utf-8")
    assert text.startswith(LAYOUT)
    assert text != LAYOUT
    unlink_records(log.workspace(), "20260310-aaaaaa", "ref:1", None)
    assert (log.root / path).read_text(encoding="utf-8") == LAYOUT


# Threads


def test_a_thread_is_the_same_from_each_of_its_records(log, three):
    """All records joined by links, in whatever direction, make one thread in time order; others stay out."""
    first, second, third = three
    apart = log.create("member", "started_at=2026-03-11 10:00")
    link_records(log.workspace(), third.id, first.id, "relates")
    link_records(log.workspace(), third.id, second.id, "answers")
    for record in three:
        entries = read_thread(log.workspace(), record.id)
        assert [entry.record.id for entry in entries] == [first.id, second.id, third.id]
        assert [entry.record.id for entry in entries if entry.is_asked] == [record.id]
    assert [entry.record.id for entry in read_thread(log.workspace(), apart.id)] == [apart.id]


def test_a_thread_crosses_channels_and_kinds(log, three):
    """An issue linked to a call is part of the call's thread."""
    issue = log.create("issue", "reported_on=2026-03-13")
    link_records(log.workspace(), issue.id, three[0].id, "relates")
    assert [entry.record.kind for entry in read_thread(log.workspace(), three[0].id)] == ["interaction", "issue"]


def test_a_thread_is_in_the_order_of_the_day(log):
    """Records of one day stand by the time of the conversation, not by their ids."""
    late = log.create("member", "started_at=2026-03-10 16:00")
    early = log.create("member", "started_at=2026-03-10 08:00")
    link_records(log.workspace(), late.id, early.id, "follows")
    assert [entry.record.id for entry in read_thread(log.workspace(), late.id)] == [early.id, late.id]


def test_numbers_from_outside_join_nothing(log, three):
    """Two records that point to the same outside number are two threads."""
    for record in three[:2]:
        link_records(log.workspace(), record.id, "ref:JS-203", "relates")
    assert len(read_thread(log.workspace(), three[0].id)) == 1


# Finding


def test_a_record_is_found_by_any_unique_beginning(log):
    """The id, the beginning of it, the random part or its beginning, in capitals too, mean the record."""
    record = log.create("member")
    for text in (
        record.id,
        record.id[:12],
        record.id[9:],
        record.id[9:12],
        record.id[9:].upper(),
        f" {record.id} ",
        record.path,
    ):
        assert find_path(log.workspace(), text) == record.path


def put(log, record_id):
    log.write(f"records/interactions/2026/03/{record_id}.yaml", LAYOUT.replace("20260310-aaaaaa", record_id))


def test_an_ambiguous_beginning_lists_the_candidates(log):
    """When several records begin so, they are listed with their ids."""
    put(log, "20260310-aaaaaa")
    put(log, "20260311-aaabbb")
    for text in ("aaa", "202603"):
        with pytest.raises(AmbiguousError) as caught:
            find_path(log.workspace(), text)
        assert "20260310-aaaaaa" in caught.value.message
        assert "20260311-aaabbb" in caught.value.message
    assert find_path(log.workspace(), "aaab").endswith("20260311-aaabbb.yaml")


def test_an_exact_id_is_never_ambiguous(log):
    """A full id means its record, although others begin with a part of it."""
    put(log, "20260310-aaaaaa")
    put(log, "20260311-202603")
    put(log, "20260312-aaaaaa")
    assert find_path(log.workspace(), "20260310-aaaaaa").endswith("20260310-aaaaaa.yaml")
    with pytest.raises(AmbiguousError):
        find_path(log.workspace(), "aaaaaa")


def test_a_customer_is_found_by_id_and_not_by_its_beginning(log):
    """Customers have chosen ids: the whole id finds one, a part of it does not."""
    assert find_path(log.workspace(), "acme") == "records/customers/acme.yaml"
    with pytest.raises(NotFoundError):
        find_path(log.workspace(), "acm")


@pytest.mark.parametrize("text", ["", " ", "nothing", "../commlog", "%", "_", "'", "20260310-"])
def test_what_is_not_there_is_not_found(log, text):
    """What no record begins with, signs of SQL and paths outside included, is not found."""
    with pytest.raises(NotFoundError):
        find_path(log.workspace(), text)


def test_a_file_outside_the_records_is_no_record(log):
    """A path names a record only below records/."""
    log.write("other.yaml", LAYOUT)
    for text in ("other.yaml", "commlog.yaml", "../log/other.yaml"):
        with pytest.raises(NotFoundError):
            find_path(log.workspace(), text)
