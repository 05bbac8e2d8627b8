"""A brief: who a customer is, what is open with them, and what is known of a caller nobody wrote down."""

from typing import Any

import pytest

from commlog.customers.brief import brief_customer
from commlog.customers.rules.brief import Brief, UnknownCaller
from commlog.errors import AmbiguousError, ConflictError, NotFoundError

TUESDAY = "2026-03-10T10:00:00+08:00"
WEDNESDAY = "2026-03-11T10:00:00+08:00"
FULL = """\
id: full
template: customer
name: 全
type: individual
stage: active
taboos: [花生过敏]
preferred_time: 午后
preferences: [电话先打13900000001]
contacts:
  - {name: 全, phone: "13800000009", email: quan@example.com}
addresses:
  - {kind: home, address: 示例路1号, delivery_note: 放前台}
consent: {status: granted}
verified_on: 2026-01-01
"""


def brief(log: Any, customer: str = "acme", **more: Any) -> Brief:
    """The brief of a customer there is."""
    found = brief_customer(log.workspace(), customer, **more)
    assert isinstance(found, Brief)
    return found


def test_the_last_contact_is_the_last_that_reached_somebody(log: Any) -> None:
    """It tells what was wanted in the customer's words, and counts the attempts since."""
    log.at(TUESDAY).create("service", f"started_at={TUESDAY}", "request=尽快上门", "mood=anxious", "satisfaction=fair")
    log.at(WEDNESDAY).create(
        "service", f"started_at={WEDNESDAY}", "direction=outbound", "reached=false", "request=回电"
    )
    last = brief(log).last_contact
    assert last is not None
    assert (last.request, last.mood, last.attempts, last.days_ago) == ("尽快上门", "anxious", 1, 6)


@pytest.mark.parametrize(
    ("template", "assignment", "wanted"),
    [
        ("member", "core_request=想租", "想租"),
        ("service", "request=要退款", "要退款"),
        ("visit", "subject=回访", "回访"),
    ],
)
def test_every_form_says_what_was_wanted(log: Any, template: str, assignment: str, wanted: str) -> None:
    """The request is the core request, the request, or the subject: whichever the form has."""
    log.create(template, assignment)
    last = brief(log).last_contact
    assert last is not None and last.request == wanted


def test_an_unknown_future_is_no_last_contact(log: Any) -> None:
    """A customer nobody has spoken to has no last contact, and the rest of the brief stands."""
    assert brief(log).last_contact is None


def test_what_is_owed_is_told_with_its_lateness(log: Any) -> None:
    """Pending follow-ups are there, overdue ones with working days; what is done is not."""
    record = log.at(TUESDAY).create(
        "service",
        "outcome=follow_up",
        follow_ups=["action=寄样品; owner=li; due=2026-03-12", "action=回电; owner=li; due=2026-03-20"],
    )
    owed = brief(log).follow_ups
    assert [(one.address, one.late, one.is_overdue) for one in owed] == [
        (f"{record.id}/1", 2, True),
        (f"{record.id}/2", None, False),
    ]
    log.move("done", f"{record.id}/1", result="已寄")
    assert [one.action for one in brief(log).follow_ups] == ["回电"]


def test_promises_last_until_their_follow_ups_are_done(log: Any) -> None:
    """Our agreements and open points are told while something of their conversation is pending; theirs are not."""
    fields = {
        "agreements": [{"by": "us", "what": "给清单", "due": "2026-03-20"}, {"by": "customer", "what": "给图纸"}],
        "open_points": ["谁办许可"],
    }
    record = log.create(
        "relationship", "outcome=follow_up", fields=fields, follow_ups=["action=清单; owner=li; due=2026-03-20"]
    )
    assert [(one.text, one.due, one.is_open_point) for one in brief(log).promises] == [
        ("给清单", "2026-03-20", False),
        ("谁办许可", None, True),
    ]
    log.move("done", f"{record.id}/1", result="已给")
    assert brief(log).promises == ()


def test_open_issues_are_told_and_closed_ones_are_not(log: Any) -> None:
    """An issue is there with its age in days until it is closed."""
    issue = log.at(TUESDAY).create("issue", "reported_on=2026-03-10", "status=in_progress", "title=异响")
    assert [(one.id, one.title, one.days) for one in brief(log).issues] == [(issue.id, "异响", 6)]
    path = log.root / issue.path
    path.write_text(path.read_text(encoding="utf-8").replace("status: in_progress", "status: closed"), encoding="utf-8")
    assert brief(log).issues == ()


def test_what_is_asked_twice_is_told(log: Any) -> None:
    """The same kind of request or tag twice within half a year is told with its count; once is not."""
    for day in ("2026-03-09", "2026-03-10"):
        log.at(f"{day}T10:00:00+08:00").create("service", "tags+=物流", f"started_at={day}T09:00:00+08:00")
    log.at("2025-06-02T10:00:00+08:00").create("service", "tags+=发票")
    log.create("service", "tags+=发票", "scenario=suggestion")
    assert {(one.field, one.value, one.count) for one in brief(log).repeated} == {
        ("scenario", "complaint", 2),
        ("tags", "物流", 2),
    }


def test_trends_are_the_last_five_in_order(log: Any) -> None:
    """Moods run from old to new, at most five; an opinion that was not given is no point of a trend."""
    moods = ["calm", "angry", "anxious", "neutral", "satisfied", "impatient"]
    for number, mood in enumerate(moods):
        at = f"2026-03-{number + 2:02}T09:00:00+08:00"
        log.at(at).create("service", f"started_at={at}", f"mood={mood}", "satisfaction=not_rated")
    found = brief(log)
    assert [one.value for one in found.moods] == moods[1:]
    assert found.satisfaction == ()


def test_personal_data_are_masked_unless_revealed(log: Any) -> None:
    """Phone and e-mail are masked, taboos only counted, numbers in free text covered; --reveal shows all of it."""
    log.write("records/customers/full.yaml", FULL)
    masked, shown = brief(log, "full").profile, brief(log, "full", reveal=True).profile
    assert (masked.taboos, masked.taboo_count) == (None, 1)
    assert (masked.contacts[0].phone, masked.contacts[0].email) == ("138****0009", "q***@example.com")
    assert "13900000001" not in masked.preferences[0]
    assert masked.delivery_notes == ("放前台",)
    assert shown.taboos == ("花生过敏",)
    assert (shown.contacts[0].phone, shown.contacts[0].email) == ("13800000009", "quan@example.com")


def test_what_is_missing_or_old_is_to_be_asked(log: Any) -> None:
    """A file without phone, time and consent asks for them; a full one asks only when it is a year old."""
    log.write("records/customers/full.yaml", FULL)
    log.write("records/customers/bare.yaml", "id: bare\ntemplate: customer\nname: 空\ntype: company\nstage: active\n")
    assert brief(log, "full").to_ask == ()
    assert [gap.kind for gap in brief(log, "bare").to_ask] == [
        "no_phone",
        "no_preferred_time",
        "no_consent",
        "not_verified",
    ]
    later = brief(log.at("2027-01-02T10:00:00+08:00"), "full").to_ask
    assert [(gap.kind, gap.day) for gap in later] == [("not_verified", "2026-01-01")]


@pytest.mark.parametrize("line", ["do_not_contact: true", "consent: {status: withdrawn}"])
def test_who_wants_to_be_left_alone_is_blocked(log: Any, line: str) -> None:
    """Either way of saying no blocks the customer, and leaves their care dates out."""
    log.write(
        "records/customers/quiet.yaml",
        f"id: quiet\ntemplate: customer\nname: 静\ntype: individual\nstage: active\nbirthday: 03-18\n{line}\n",
    )
    found = brief(log, "quiet")
    assert found.profile.is_blocked
    assert found.care == ()


def test_care_within_a_week_is_told(log: Any) -> None:
    """A birthday in two days is there, without its year."""
    log.write(
        "records/customers/young.yaml",
        "id: young\ntemplate: customer\nname: 春\ntype: individual\nstage: active\nbirthday: 1990-03-18\n",
    )
    assert [(one.kind, one.day, one.days) for one in brief(log, "young").care] == [("birthday", "2026-03-18", 2)]


def test_records_of_the_merged_count(log: Any) -> None:
    """A brief asked for by the duplicate is that of who stays, with the records of both."""
    log.write("records/customers/beta.yaml", "id: beta\ntemplate: customer\nname: 贝塔\ntype: company\nstage: active\n")
    record = log.create("service", "customer=beta", "request=换机")
    path = log.root / "records/customers/beta.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "merged_into: acme\n", encoding="utf-8")
    found = brief(log, "beta")
    assert (found.profile.id, found.merged) == ("acme", ("beta",))
    assert found.last_contact is not None and found.last_contact.id == record.id


def test_a_standard_answer_fits_an_open_request(log: Any) -> None:
    """The answer whose keyword stands in the last open request is there; a settled request needs none."""
    fields = {"keywords": ["划船机"]}
    log.create("answer", "question=放得下吗", "answer=展开两米", fields=fields)
    log.at(TUESDAY).create("member", f"started_at={TUESDAY}", "core_request=想看划船机")
    found = brief(log).answer
    assert found is not None and found.text == "展开两米"
    log.at(WEDNESDAY).create("service", f"started_at={WEDNESDAY}", "request=划船机已收到", "outcome=resolved")
    assert brief(log).answer is None


def test_a_caller_in_a_record_is_known_from_it(log: Any) -> None:
    """A number no customer has finds the record of whoever gave it, however it was written there."""
    record = log.create(
        "member", "customer=anonymous", "subject=问价格", fields={"party": {"name": "路人", "contact": "138-1234-5678"}}
    )
    found = brief_customer(log.workspace(), "+86 13812345678")
    assert isinstance(found, UnknownCaller)
    assert [(one.id, one.party, one.subject) for one in found.mentions] == [(record.id, "路人", "问价格")]


@pytest.mark.parametrize("caller", ["13999999999", "nobody@example.com", "没听说过"])
def test_a_caller_nobody_heard_of_is_not_found(log: Any, caller: str) -> None:
    """Neither customer nor record: the answer says how to write them down."""
    with pytest.raises(NotFoundError) as caught:
        brief_customer(log.workspace(), caller)
    assert "customer create" in caught.value.remedy


def test_everybody_without_a_name_has_no_brief(log: Any) -> None:
    """`anonymous` is nobody in particular."""
    with pytest.raises(NotFoundError):
        brief_customer(log.workspace(), "anonymous")


def test_a_name_of_two_customers_lists_them(log: Any) -> None:
    """Two customers of one name are candidates, never guessed between."""
    for name in ("one", "two"):
        log.write(
            f"records/customers/{name}.yaml",
            f"id: {name}\ntemplate: customer\nname: 同名\ntype: company\nstage: active\n",
        )
    with pytest.raises(AmbiguousError, match="one, two"):
        brief_customer(log.workspace(), "同名")


def test_a_customer_between_two_sides_of_a_merge_is_refused(log: Any) -> None:
    """A profile with merge markers is not half told."""
    log.write("records/customers/acme.yaml", "<<<<<<< ours\nid: acme\n=======\nid: acme\n>>>>>>> theirs\n")
    with pytest.raises(ConflictError):
        brief_customer(log.workspace(), "acme")


def test_dropped_balls_of_the_customer_are_told(log: Any) -> None:
    """A low score nobody looks after is in the brief; a missing link is not what a caller waits for."""
    log.at(TUESDAY).create("service", f"started_at={TUESDAY}", "satisfaction=dissatisfied", "summary=客户再次来电")
    assert [ball.rule for ball in brief(log).dropped_balls] == ["low-score-without-follow-up"]


def test_a_namesake_of_the_id_lends_no_follow_ups(log: Any) -> None:
    """What is owed to a customer who is called like this one's id is not in the brief."""
    log.write(
        "records/customers/other.yaml",
        "id: other\ntemplate: customer\nname: 别家\naliases: [acme]\ntype: company\nstage: active\n",
    )
    log.create("service", "customer=other", "outcome=follow_up", follow_ups=["action=回电; owner=li; due=2026-03-20"])
    assert brief(log).follow_ups == ()
