"""Consent: what holds now, and what was said before."""

import pytest

from commlog.customers.care import CareView, list_care
from commlog.customers.consent import ConsentChange, record_consent
from commlog.errors import ConflictError, InvalidError


def consent_of(log, status, **more):
    """The customer's consent after a change."""
    return record_consent(log.workspace(), "acme", ConsentChange(status, **more)).fields["consent"]


def test_granting_says_when_how_and_for_what(log):
    """Words as people write them become the stored ones; the entry tells who noted it."""
    found = consent_of(log, "已同意", on="yesterday", channel="电话", purposes=("服务", "marketing"), note="口头")
    now = {"status": "granted", "on": "2026-03-15", "channel": "phone", "purposes": ["service", "marketing"]}
    assert found == {**now, "history": [{**now, "by": "wang", "note": "口头"}]}
    assert log.read("acme").fields["consent"] == found


def test_what_was_agreed_before_there_was_a_history_is_kept(log):
    """The first change puts the former consent into the history; each further one is added."""
    log.edit("acme", "consent.status=granted", "consent.on=2025-01-01", "consent.purposes=[survey]")
    consent_of(log, "withdrawn")
    found = consent_of(log, "granted", purposes=("service",))
    assert [entry["status"] for entry in found["history"]] == ["granted", "withdrawn", "granted"]
    assert found["history"][0] == {"status": "granted", "on": "2025-01-01", "purposes": ["survey"]}
    assert found["purposes"] == ["service"]


def test_withdrawn_for_one_purpose_the_others_stay(log):
    """Whoever takes back one purpose still consents to the rest; whoever takes back the last consents to nothing."""
    consent_of(log, "granted", purposes=("service", "survey"))
    part = consent_of(log, "withdrawn", purposes=("survey",))
    assert (part["status"], part["purposes"]) == ("granted", ["service"])
    assert consent_of(log, "withdrawn", purposes=("service",))["status"] == "withdrawn"


def test_a_withdrawal_holds_at_once(log):
    """A customer whose visit is due is in the list of care no more."""
    log.edit("acme", "visit_every=1d", "cooperation_since=2025-01-01")
    assert list_care(log.workspace(), "", [], CareView()).listing.rows
    consent_of(log, "withdrawn")
    assert not list_care(log.workspace(), "", [], CareView()).listing.rows


def test_wrong_words_and_days_to_come_are_refused(log):
    """Nothing is written for a status, channel or purpose that is none, a day to come, or nobody's consent."""
    before = (log.root / "records/customers/acme.yaml").read_bytes()
    for wrong in (
        {"status": "maybe"},
        {"status": "granted", "channel": "pigeon"},
        {"status": "granted", "purposes": ("x",)},
    ):
        with pytest.raises(InvalidError):
            consent_of(log, **wrong)
    with pytest.raises(ConflictError):
        consent_of(log, "granted", on="2026-03-17")
    with pytest.raises(ConflictError):
        record_consent(log.workspace(), "anonymous", ConsentChange("granted"))
    assert (log.root / "records/customers/acme.yaml").read_bytes() == before
