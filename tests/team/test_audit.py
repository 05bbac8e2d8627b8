"""Field changes over many records."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.errors import NoLogError, UsageError
from commlog.output.listing import Page
from commlog.team.history import AuditFilter, audit_log
from commlog.team.rules.field_change import find_changes, is_far
from tests.recorded_log import LATER, LI, PATH, VISIT, RecordedLog, start_log

OTHER = PATH.replace("aaaaaa", "bbbbbb")


@pytest.fixture
def log(tmp_path: Path) -> RecordedLog:
    """Four commits: three records, a due date moved by one member, an owner and a due date changed by another, a delete."""
    log = start_log(tmp_path / "log")
    log.write(OTHER, VISIT.replace("aaaaaa", "bbbbbb").replace("customer: acme", "customer: anonymous"))
    log.commit("2026-03-03T10:00:00+08:00")
    log.change(PATH, LATER)
    log.commit("2026-03-05T10:00:00+08:00", LI)
    log.change(PATH, ("owner: wang", "owner: li"))
    log.change(OTHER, LATER)
    log.commit("2026-03-10T23:30:00+08:00")
    (log.root / OTHER).unlink()
    log.commit("2026-03-11T10:00:00+08:00", LI)
    return log


def rows_of(
    log: RecordedLog, query: str = "", *, limit: int = -1, sort: str = "", reveal: bool = False, **scope: str
) -> list[dict[str, Any]]:
    listing = audit_log(log.workspace(), query, AuditFilter(**scope), Page(sort, limit), reveal=reveal).listing
    return [dict(zip(listing.columns, row, strict=True)) for row in listing.rows]


def test_every_change_is_a_row_the_newest_first(log: RecordedLog) -> None:
    """Rows come commit by commit, with the record, the follow-up, the field and who changed it."""
    told = [(row["record"][-6:], row["n"], row["change"], row["field"], row["by"]) for row in rows_of(log)]
    assert told == [
        ("bbbbbb", None, "deleted", None, "li"),
        ("aaaaaa", 2, "changed", "followups.owner", "wang"),
        ("bbbbbb", 2, "changed", "followups.due", "wang"),
        ("aaaaaa", 2, "changed", "followups.due", "li"),
        ("bbbbbb", None, "created", None, "wang"),
        ("acme", None, "created", None, "wang"),
        ("aaaaaa", None, "created", None, "wang"),
    ] or told == [*told[:5], told[6], told[5]]
    assert {row["customer"] for row in rows_of(log)} == {"acme", "anonymous"}


def test_a_query_chooses_the_records(log: RecordedLog) -> None:
    """Only changes of records that match now are there; one that is deleted matches nothing."""
    assert {row["record"] for row in rows_of(log, "customer:acme kind:interaction")} == {"20260302-aaaaaa"}
    assert rows_of(log, "customer:nobody") == []


def test_fields_members_and_days_bound_it(log: RecordedLog) -> None:
    """--field takes the record that began with a value too, --since the day a commit was made in the log's zone."""
    assert [row["after"] for row in rows_of(log, fields="due", since="2026-03-04")] == [
        None, "2026-03-18T18:00:00+08:00", "2026-03-18T18:00:00+08:00"
    ]  # fmt: skip
    assert {row["by"] for row in rows_of(log, by="李静")} == {"li"}
    assert len(rows_of(log, fields="due", by="wang")) == 3
    assert len(rows_of(log, since="2026-03-11")) == 1
    assert len(rows_of(log, since="6d")) == 3
    assert rows_of(log, limit=2) == rows_of(log)[:2]


def test_an_author_who_is_no_member_is_asked_for_by_name(log: RecordedLog) -> None:
    """Former colleagues stay in git under their own names."""
    log.change(PATH, ("subject: 回访", "subject: x"))
    log.commit("2026-03-12T10:00:00+08:00", "Old Hand <old@example.com>")
    (row,) = rows_of(log, by="old hand")
    assert (row["by"], row["author"], row["field"]) == (None, "Old Hand", "subject")


def test_rows_are_sorted_by_columns(log: RecordedLog) -> None:
    """One or several columns, either way round; what has no value comes last."""
    fields = [row["field"] for row in rows_of(log, sort="-field,at")]
    assert fields == ["followups.owner", "followups.due", "followups.due", None, None, None, None]
    assert [row["at"] for row in rows_of(log, sort="at")] == sorted(row["at"] for row in rows_of(log))
    with pytest.raises(UsageError):
        rows_of(log, sort="colour")


def test_words_that_mean_nothing_are_refused(log: RecordedLog) -> None:
    """A day, a field or a query that is not understood is an error."""
    for scope in ({"since": "soon-ish"}, {"fields": "nonsense"}):
        with pytest.raises(UsageError):
            rows_of(log, **scope)
    with pytest.raises(UsageError):
        rows_of(log, "due:<nonsense")


def test_a_version_that_cannot_be_read_stays_in_sight(log: RecordedLog) -> None:
    """Whatever field is asked for, a broken commit is a row with its reason."""
    log.write(PATH, "a: [\n")
    log.commit("2026-03-12T10:00:00+08:00")
    log.write(PATH, VISIT)
    log.commit("2026-03-13T10:00:00+08:00")
    sound, broken, *_ = rows_of(log, fields="due")
    assert (broken["change"], broken["field"]) == ("unreadable", None)
    assert "line" in broken["after"]
    assert (sound["before"], sound["after"]) == ("2026-03-18T18:00:00+08:00", "2026-03-16T18:00:00+08:00")


def test_claims_far_from_their_commit_are_marked(log: RecordedLog) -> None:
    """A record that says it was written weeks before its commit is marked; one of the same day is not."""
    log.write(OTHER.replace("bbbbbb", "cccccc"), VISIT.replace("aaaaaa", "cccccc"))
    log.commit("2026-03-15T10:00:00+08:00")
    told = {
        row["record"][-6:]: (row["claimed_at"], row["claim_differs"])
        for row in rows_of(log)
        if row["change"] == "created"
    }
    assert told["cccccc"] == ("2026-03-02T09:30:00+08:00", True)
    assert told["aaaaaa"] == ("2026-03-02T09:30:00+08:00", False)


def test_personal_data_is_masked_unless_revealed(log: RecordedLog) -> None:
    """A customer's new number is covered."""
    log.change("records/customers/acme.yaml", ("13800000001", "13900000002"))
    log.commit("2026-03-12T10:00:00+08:00")
    (row,) = rows_of(log, since="2026-03-12")
    assert (row["field"], row["before"], row["after"]) == ("contacts.phone", "138****0001", "139****0002")
    (row,) = rows_of(log, since="2026-03-12", reveal=True)
    assert row["after"] == "13900000002"


def test_a_renamed_customer_is_one_record(log: RecordedLog) -> None:
    """A query for the customer as it is now finds what was changed under the old name."""
    log.git("mv", "records/customers/acme.yaml", "records/customers/acme-cn.yaml")
    log.change("records/customers/acme-cn.yaml", ("id: acme", "id: acme-cn"))
    log.commit("2026-03-12T10:00:00+08:00")
    rows = rows_of(log, "id:acme-cn")
    assert [(row["change"], row["record"]) for row in rows] == [
        ("moved", "acme-cn"), ("changed", "acme-cn"), ("created", "acme")
    ]  # fmt: skip


def test_a_cut_clone_does_not_make_its_oldest_commit_the_author_of_all(log: RecordedLog, tmp_path: Path) -> None:
    """In a shallow clone the records that seem to begin with its oldest commit are no rows, and the cut is told."""
    shallow = log.clone(tmp_path / "shallow", "--depth", "3")
    found = audit_log(shallow.workspace())
    assert found.is_cut
    assert len(found.listing.rows) == 3


def test_before_the_first_commit_there_is_nothing(tmp_path: Path) -> None:
    """A repository without commits has no changes; a log without repository is an error."""
    assert rows_of(start_log(tmp_path / "log", commits=False)) == []
    bare = RecordedLog(tmp_path / "bare")
    bare.write("commlog.yaml", "timezone: UTC\n")
    with pytest.raises(NoLogError):
        rows_of(bare)


scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b", "期限"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)
records = st.dictionaries(st.sampled_from(["subject", "followups", "history", "contacts"]), values, max_size=4)


def without_nothing(value: Any) -> Any:
    """A value as changes see it: what is absent and what is empty of values are the same."""
    if isinstance(value, dict):
        return {key: kept for key, item in value.items() if (kept := without_nothing(item)) not in (None, {})}
    return value


@settings(deadline=None)
@given(records, records)
def test_whatever_two_versions_hold_their_difference_is_told(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Equal versions have no changes, different ones have some, and turned round the same places change."""
    assert find_changes(before, before) == ()
    there = find_changes(before, after)
    if repr(without_nothing(before)) != repr(without_nothing(after)) and without_nothing(before) != without_nothing(
        after
    ):
        assert there
    back = find_changes(after, before)
    assert {change.field for change in there} == {change.field for change in back}


@pytest.mark.parametrize("claimed", [None, "", "2026-03-01", "never", "9999-12-31T23:59:59-12:00"])
def test_a_claim_that_is_no_instant_is_not_compared(claimed: str | None) -> None:
    """Days and nonsense are no claims; the last instant there is differs without a fault."""
    from datetime import UTC, datetime

    assert is_far(claimed, datetime(2026, 3, 1, tzinfo=UTC)) is (claimed is not None and claimed.startswith("9999"))
