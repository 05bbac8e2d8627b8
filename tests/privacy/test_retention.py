"""What has been kept long enough: listed to the day, never deleted."""

import pytest

from commlog.errors import InvalidError
from commlog.privacy.retention import list_retention, unknown_rules

PROFILE = (
    "id: {id}\ntemplate: customer\nrecorded_at: {day}T10:00:00+08:00\nname: 名{id}\ntype: individual\nstage: active\n"
)


def keep(log, rules):
    """Give the log rules for how long things are kept."""
    path = log.root / "commlog.yaml"
    text = path.read_text("utf-8").partition("retention:")[0]
    path.write_text(f"{text}retention: {rules}\n", encoding="utf-8")


def rows(log):
    """What is listed, as mappings."""
    listing = list_retention(log.workspace())
    return [dict(zip(listing.columns, row, strict=True)) for row in listing.rows]


def contact(log, customer, day, *more, template="member"):
    """A record of a conversation on a day."""
    return log.at(f"{day}T12:00:00+08:00").create(
        template, f"customer={customer}", f"started_at={day}T10:00:00+08:00", f"ended_at={day}T10:05:00+08:00", *more
    )


@pytest.mark.parametrize(("today", "is_due"), [("2026-03-13", False), ("2026-03-14", True)])
def test_a_customer_is_due_an_interval_after_the_last_contact(log, today, is_due):
    """Three years after the last contact, to the day, the customer is listed to be forgotten, with the rule."""
    keep(log, "{interactions: 3y}")
    log.write("records/customers/old.yaml", PROFILE.format(id="old", day="2020-01-01"))
    contact(log, "old", "2021-01-01")
    contact(log, "old", "2023-03-14")
    found = [row for row in rows(log.at(f"{today}T10:00:00+08:00")) if row["action"] == "forget"]
    assert [(row["id"], row["rule"], row["due_on"], row["last_contact"], row["records"]) for row in found] == (
        [("old", "interactions", "2026-03-14", "2023-03-14", 2)] if is_due else []
    )


def test_single_records_are_due_while_the_customer_is_not(log):
    """Of a customer who called last week, only the record of four years ago is listed, to be deleted."""
    keep(log, "{interactions: 3y}")
    old, _ = contact(log, "acme", "2022-01-10"), contact(log, "acme", "2026-03-10")
    assert [(row["action"], row["id"], row["path"]) for row in rows(log)] == [("delete", old.id, old.path)]


def test_anonymous_records_and_templates_have_their_own_rules(log):
    """The rule of a template comes first, then that of anonymous records, then that of the kind; none keeps for ever."""
    keep(log, "{interactions: none, anonymous: 1y, visit: 30d}")
    nameless = contact(log, "anonymous", "2025-01-10", "party.name=匿名客户")
    visit = contact(log, "acme", "2026-01-10", template="visit")
    contact(log, "acme", "2020-01-10")
    assert [(row["id"], row["rule"]) for row in rows(log)] == [(nameless.id, "anonymous"), (visit.id, "visit")]


def test_a_customer_without_records_is_kept_as_the_rule_of_customers_says(log):
    """Whoever never called counts from the day they were recorded; those with records do not."""
    keep(log, "{customers: 2y}")
    log.write("records/customers/silent.yaml", PROFILE.format(id="silent", day="2024-03-16"))
    log.write("records/customers/spoken.yaml", PROFILE.format(id="spoken", day="2020-03-16"))
    contact(log, "spoken", "2020-03-16")
    assert [(row["id"], row["rule"], row["last_contact"]) for row in rows(log)] == [("silent", "customers", None)]


def test_the_merged_count_as_who_they_are_and_the_forgotten_not_at_all(log):
    """A duplicate's call keeps the one who stays; a pseudonym is never listed."""
    keep(log, "{interactions: 1y}")
    log.write("records/customers/main.yaml", PROFILE.format(id="main", day="2020-01-01"))
    contact(log, "main", "2020-02-01")
    twin = log.write("records/customers/twin.yaml", PROFILE.format(id="twin", day="2020-01-01"))
    contact(log, "twin", "2026-03-01")
    twin.write_text(twin.read_text("utf-8") + "merged_into: main\n", encoding="utf-8")
    log.write("records/customers/forgotten-aaaaaa.yaml", PROFILE.format(id="forgotten-aaaaaa", day="2020-01-01"))
    contact(log, "forgotten-aaaaaa", "2020-01-01")
    assert [(row["action"], row["customer"]) for row in rows(log)] == [("delete", "main")]


def test_without_rules_nothing_is_due_and_nothing_is_ever_deleted(log):
    """No settings, no list; and listing leaves every file where it is."""
    contact(log, "acme", "2001-01-10")
    assert rows(log) == []
    keep(log, "{interactions: 1d}")
    before = log.files()
    assert len(rows(log)) == 1
    assert log.files() == before


def test_rules_are_checked(log):
    """A wrong interval is an error of the settings; a name that is no kind and no template is told."""
    keep(log, "{interactions: soon}")
    with pytest.raises(InvalidError):
        log.workspace()
    keep(log, "{conversations: 1y, interactions: 1y, visit: 1y}")
    assert unknown_rules(log.workspace()) == ("conversations",)
