"""Everything about one person: in full, complete, and without others' data."""

import json

import pytest

from commlog.errors import ConflictError, NotFoundError, UnreadableError
from commlog.privacy.dossier import collect_customer

PROFILE = """\
id: li-na
template: customer
name: 李娜
type: individual
stage: active
contacts:
  - {name: 李娜, phone: "13800000009", email: li.na@mail.example}
birthday: 1991-11-02
"""
OTHER = (
    PROFILE.replace("li-na", "wu-gang")
    .replace("李娜", "吴刚")
    .replace("13800000009", "13700000008")
    .replace("li.na@", "wu@")
)


@pytest.fixture
def person(log):
    """A log with a person, a duplicate of theirs, and somebody else."""
    log.write("records/customers/li-na.yaml", PROFILE)
    log.write("records/customers/wu-gang.yaml", OTHER)
    log.write("records/customers/twin.yaml", PROFILE.replace("li-na", "twin") + "merged_into: li-na\n")


def test_everything_of_theirs_is_there_and_in_full(log, person):
    """The profile, the merged profile, and records of every kind come with their numbers."""
    service = log.create(
        "service", "customer=li-na", "party.contact=13655556666", "summary=回电 13800000009 或 13655556666"
    )
    issue = log.create("issue", "customer=li-na")
    survey = log.create("survey", "customer=li-na")
    log.create("member", "customer=wu-gang")
    found = collect_customer(log.workspace(), "13800000009")
    whole = found.as_mapping()
    assert whole["profile"]["contacts"][0]["phone"] == "13800000009"
    assert whole["profile"]["birthday"] == "1991-11-02"
    assert [one["id"] for one in whole["merged_profiles"]] == ["twin"]
    assert [one["id"] for one in whole["interactions"]] == [service.id]
    assert whole["interactions"][0]["summary"] == "回电 13800000009 或 13655556666"
    assert whole["interactions"][0]["party"] == {"contact": "13655556666"}
    assert [whole["issues"][0]["id"], whole["surveys"][0]["id"]] == [issue.id, survey.id]


def test_others_in_their_records_are_masked(log, person):
    """Another customer's name, and a number that is not theirs, are hidden; members are not."""
    log.create("member", "customer=li-na", "summary=吴刚（13700000008）介绍她来，王芳接待")
    summary = collect_customer(log.workspace(), "li-na").as_mapping()["interactions"][0]["summary"]
    assert summary == "吴*（137****0008）介绍她来，王芳接待"


def test_records_of_others_that_mention_them_are_named_only(log, person):
    """Such a record is listed by its id, and its words are not handed over."""
    other = log.create("member", "customer=wu-gang", "summary=李娜的朋友，秘密")
    found = collect_customer(log.workspace(), "li-na")
    assert found.mentions == (other.id,)
    assert "秘密" not in json.dumps(found.as_mapping(), ensure_ascii=False)


@pytest.mark.parametrize("place", ["../outside.txt", "/etc/hostname", "https://example.com/a.jpg", "missing.jpg"])
def test_only_files_inside_the_log_come_along(log, person, place):
    """An attachment in the log's folder is listed; a path that leads out of it, or nowhere, is not."""
    (log.root.parent / "outside.txt").write_text("secret", encoding="utf-8")
    log.write("attachments/a.jpg", "a")
    log.create(
        "member",
        "customer=li-na",
        "attachments+={kind: photo, location: attachments/a.jpg}",
        f"attachments+={{kind: document, location: {place}}}",
    )
    assert collect_customer(log.workspace(), "li-na").attachments == ("attachments/a.jpg",)


def test_who_is_meant_must_be_somebody(log, person):
    """Everybody without a name, and nobody, cannot be exported; a broken profile is said to be one."""
    with pytest.raises(ConflictError):
        collect_customer(log.workspace(), "anonymous")
    with pytest.raises(NotFoundError):
        collect_customer(log.workspace(), "nobody")
    log.write("records/customers/li-na.yaml", "name: [\n")
    with pytest.raises(UnreadableError):
        collect_customer(log.workspace(), "li-na")
