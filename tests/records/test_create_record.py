"""Creating a record: what the tool completes, what it refuses, and what stands in the file."""

import pytest

from commlog.errors import AmbiguousError, ConflictError, InvalidError, NotFoundError, UsageError
from commlog.problems import Problem
from commlog.records.write import RecordRequest, create_record, draft_record


def codes(fault):
    return [(problem.code, problem.field) for problem in fault.problems if isinstance(problem, Problem)]


def test_the_tool_fills_in_what_it_knows(log):
    """Agent, direction, start and time of recording need not be typed."""
    fields = log.create("member").fields
    assert fields["agent"] == "wang"
    assert fields["direction"] == "inbound"
    assert fields["started_at"] == "2026-03-16T10:00:00+08:00"
    assert fields["recorded_at"] == "2026-03-16T10:00:00+08:00"


def test_the_id_and_the_path_come_from_the_start_in_the_logs_zone(log):
    """A call at 17:30 UTC is one of the next day in Shanghai."""
    record = log.create("member", "started_at=2026-03-09T17:30:00+00:00")
    assert record.id.startswith("20260310-")
    assert record.path == f"records/interactions/2026/03/{record.id}.yaml"
    assert (log.root / record.path).is_file()


@pytest.mark.parametrize("template", ["issue", "survey", "answer"])
def test_other_kinds_lie_under_their_own_folder_by_year(log, template):
    """Issues, surveys and answers are dated today unless told otherwise, and lie by year."""
    record = log.create(template)
    assert record.id.startswith("20260316-")
    assert record.path == f"records/{template}s/2026/{record.id}.yaml"


def test_an_issue_takes_its_day_from_the_report(log):
    """An issue reported last month is filed under that day."""
    assert log.create("issue", "reported_on=2026-02-03").id.startswith("20260203-")


def test_keys_stand_in_the_order_of_the_form(log):
    """However the fields are given, the file has them in the template's order."""
    record = log.create("service", "mood=angry", "branch=徐汇店")
    keys = list(record.fields)
    order = log.workspace().catalog.get("service").order
    assert keys == [key for key in order if key in record.fields]


def test_a_log_with_its_own_templates_names_them_in_the_first_line(log):
    """Editors find the template of a record by its first line, relative to the file."""
    assert not log.text_of(log.create("member")).startswith("#")
    shipped = log.workspace().catalog.get("member").file.parent
    for path in shipped.rglob("*.json"):
        log.write(f"schemas/{path.relative_to(shipped)}", path.read_text(encoding="utf-8"))
    assert log.text_of(log.create("member")).startswith(
        "# yaml-language-server: $schema=../../../../schemas/member.schema.json\n"
    )
    assert log.text_of(log.create("customer")).startswith(
        "# yaml-language-server: $schema=../../schemas/customer.schema.json\n"
    )


# The agent


def test_the_agent_is_whoever_asks(log):
    """The member who is asking is the agent, by id even when named by an alias."""
    assert log.asked_by("小王").create("member").fields["agent"] == "wang"


def test_a_named_agent_wins(log):
    """An agent that is given, by any of their names, is the agent."""
    assert log.create("member", "agent=李静").fields["agent"] == "li"


@pytest.mark.parametrize("template", ["customer", "issue"])
def test_an_owner_by_any_name_is_stored_by_id(log, template):
    """A member's name, alias or address becomes the id; a department stays."""
    names = ["李静", "li@example.com", "小王", "客服部"]
    made = [log.create(template, f"owner={name}", *([f"name={name}"] * (template == "customer"))) for name in names]
    assert [record.fields["owner"] for record in made] == ["li", "li", "wang", "客服部"]


def test_a_named_agent_will_do_when_nobody_asks(log):
    """With an agent given, nobody else has to be known."""
    assert log.asked_by(None).create("member", "agent=li").fields["agent"] == "li"


def test_nobody_asking_is_an_error(log):
    """Without a member, and without an agent given, nothing is written."""
    before = log.files()
    with pytest.raises(UsageError, match="it is unknown which member you are"):
        log.asked_by(None).create("member")
    assert log.files() == before


# The conversation's times


@pytest.mark.parametrize(
    ("given", "started", "ended"),
    [
        ([], "2026-03-16T10:00:00+08:00", None),
        (["duration=25"], "2026-03-16T09:35:00+08:00", "2026-03-16T10:00:00+08:00"),
        (["时长=25"], "2026-03-16T09:35:00+08:00", "2026-03-16T10:00:00+08:00"),
        (["started_at=2026-03-16 08:00", "duration=25"], "2026-03-16T08:00:00+08:00", "2026-03-16T08:25:00+08:00"),
        (["ended_at=2026-03-16 09:00", "duration=25"], "2026-03-16T08:35:00+08:00", "2026-03-16T09:00:00+08:00"),
        (["ended_at=2026-03-16 09:00"], "2026-03-16T09:00:00+08:00", "2026-03-16T09:00:00+08:00"),
        (["started_at=昨天 15:00"], "2026-03-15T15:00:00+08:00", None),
    ],
)
def test_start_and_end_follow_from_what_is_told(log, given, started, ended):
    """Start, end and duration: two of them give the third, the duration alone ends now; it is never stored."""
    fields = log.create("member", *given).fields
    assert (fields["started_at"], fields.get("ended_at")) == (started, ended)
    assert "duration" not in fields


def test_the_start_is_to_the_minute(log):
    """The seconds of now are in the time of recording only."""
    fields = log.at("2026-03-16T10:00:42+08:00").create("member").fields
    assert fields["started_at"] == "2026-03-16T10:00:00+08:00"
    assert fields["recorded_at"] == "2026-03-16T10:00:42+08:00"


@pytest.mark.parametrize("text", ["duration=soon", "duration=1.5", "duration="])
def test_a_duration_is_whole_minutes(log, text):
    """A duration that is no whole number is refused."""
    with pytest.raises(InvalidError) as caught:
        log.create("member", text)
    assert codes(caught.value) == [("wrong-type", "duration")]


def test_a_duration_is_not_negative(log):
    """A conversation does not end before it starts, however it is told."""
    with pytest.raises(InvalidError):
        log.create("member", "started_at=2026-03-16 08:00", "duration=-5")


def test_an_end_before_the_start_is_refused(log):
    """The end of a conversation is not before its start."""
    with pytest.raises(InvalidError) as caught:
        log.create("member", "started_at=2026-03-16 09:00", "ended_at=2026-03-16 08:00")
    assert ("end-before-start", "ended_at") in codes(caught.value)


def test_a_conversation_in_the_future_is_refused(log):
    """A record is written after the conversation."""
    with pytest.raises(InvalidError) as caught:
        log.create("member", "started_at=2026-03-16 11:00")
    assert [code for code, _ in codes(caught.value)] == ["recorded-before-end"]


# The customer


@pytest.mark.parametrize(
    "name", ["acme", "艾克米公司", "Acme Ltd", "acme ltd", "13800000001", "+86 138 0000 0001", "CHEN@acme.example"]
)
def test_a_customer_may_be_named_in_any_way(log, name):
    """An id, a name, an alias, a phone number or an e-mail address of one customer means that customer."""
    assert log.create("member", f"customer={name}").fields["customer"] == "acme"


def test_an_unknown_customer_is_refused_and_the_nearest_named(log):
    """A customer nobody knows is an error that names those that are written alike."""
    with pytest.raises(NotFoundError) as caught:
        log.create("member", "customer=acmee")
    assert "acmee" in caught.value.message
    assert "acme" in caught.value.remedy
    assert "--new-customer" in caught.value.remedy


def test_an_unknown_customer_with_nobody_near_says_what_to_do(log):
    """Without a name written alike the remedy is to make the customer."""
    with pytest.raises(NotFoundError) as caught:
        log.create("member", "customer=张三丰")
    assert "--new-customer" in caught.value.remedy


def test_a_name_of_two_customers_is_ambiguous(log):
    """A name that two customers have lists both."""
    log.write(
        "records/customers/acme2.yaml",
        "id: acme2\ntemplate: customer\nname: 艾克米公司\ntype: company\nstage: active\n",
    )
    with pytest.raises(AmbiguousError) as caught:
        log.create("member", "customer=艾克米公司")
    assert "acme, acme2" in caught.value.message


def test_an_exact_customer_id_is_never_ambiguous(log):
    """An id means its customer even when another one has it as a name."""
    log.write(
        "records/customers/other.yaml", "id: other\ntemplate: customer\nname: acme\ntype: company\nstage: active\n"
    )
    assert log.create("member", "customer=acme").fields["customer"] == "acme"


def test_an_anonymous_customer_needs_what_they_offered(log):
    """`anonymous` is nobody's id; the form then asks for the party."""
    with pytest.raises(InvalidError):
        log.create("member", "customer=anonymous")
    fields = log.create("member", "customer=anonymous", "party.name=匿名客户").fields
    assert fields["party"] == {"name": "匿名客户"}


def test_a_new_customer_is_written_with_the_record(log):
    """--new-customer writes the customer's file as well, and the record points to it."""
    record = log.create("member", new_customer="赵 六")
    assert record.fields["customer"] == "赵-六"
    assert log.read("赵-六").fields == {
        "id": "赵-六",
        "template": "customer",
        "recorded_at": "2026-03-16T10:00:00+08:00",
        "name": "赵 六",
        "type": "individual",
        "stage": "active",
    }


def test_a_new_customer_who_is_known_is_a_conflict(log):
    """--new-customer never replaces a customer who is there; nothing is written."""
    before = log.files()
    with pytest.raises(ConflictError):
        log.create("member", new_customer="Acme")
    assert log.files() == before


def test_an_invalid_record_brings_no_new_customer(log):
    """When the record is refused the customer is not written either."""
    before = log.files()
    with pytest.raises(InvalidError):
        log.create("member", "ended_at=2026-01-01 08:00", "started_at=2026-03-01 08:00", new_customer="赵六")
    assert log.files() == before


def test_the_last_contact_of_a_call_back_is_filled_in(log):
    """A visit knows when the customer was last spoken to; calls nobody answered do not count."""
    log.create("member", "started_at=2026-03-02 09:00")
    log.create("member", "started_at=2026-03-05 09:00", "reached=no")
    fields = log.create("visit").fields
    assert fields["last_contact_at"] == "2026-03-02T09:00:00+08:00"
    assert "last_contact_at" not in log.create("visit", "started_at=2026-03-01 09:00").fields


# Refusals


def test_all_problems_are_told_at_once(log):
    """Every assignment that does not fit is named, not only the first."""
    with pytest.raises(InvalidError) as caught:
        log.create("service", "chanel=phone", "mood=furious", "started_at=whenever", "scores.overall=9")
    assert {field for _, field in codes(caught.value)} == {"chanel", "mood", "started_at", "scores.overall"}
    suggestion = dict(caught.value.problems[0].facts)["suggestion"]
    assert suggestion == "channel"


def test_what_is_not_found_is_told_with_all_that_is_wrong(log):
    """An unknown customer, a link to nothing and a due that is no time stand beside the problems of the fields; alone each is its own error."""
    fields = {"customer": "nobodyx", "channel": "fone", "started_at": "soon"}
    follow_up = {"action": "a", "due": "soonish"}
    with pytest.raises(InvalidError) as caught:
        create_record(
            log.workspace(), RecordRequest("service", {**fields, "followups": [follow_up]}, [("xyzq", "follows")])
        )
    told = " | ".join(finding.message for finding in caught.value.problems)
    for words in (
        "'nobodyx'",
        "'xyzq'",
        "'soonish'",
        "'fone'",
        "'soon'",
        "subject: is required",
        "outcome: is required",
    ):
        assert words in told
    assert len({finding.message for finding in caught.value.problems}) == len(caught.value.problems)
    with pytest.raises(InvalidError) as caught:
        create_record(log.workspace(), RecordRequest("service", {**fields, "customer": "acme"}))
    assert {"channel", "started_at", "subject"} <= {finding.field for finding in caught.value.problems}
    with pytest.raises(NotFoundError):
        log.create("service", "customer=nobodyx")


def test_every_missing_field_is_named(log):
    """A record without what its form requires names all of it, and nothing is written."""
    before = log.files()
    workspace = log.workspace()
    with pytest.raises(InvalidError) as caught:
        create_record(workspace, RecordRequest("service", {"customer": "acme"}))
    assert {field for code, field in codes(caught.value) if code == "missing-field"} == {
        "channel",
        "subject",
        "scenario",
        "problem",
        "request",
        "summary",
        "outcome",
    }
    assert log.files() == before


def test_an_unknown_template_names_the_nearest(log):
    """A template nobody knows is an error that names those written alike."""
    with pytest.raises(NotFoundError) as caught:
        create_record(log.workspace(), RecordRequest("servise", {}))
    assert "service" in caught.value.remedy


def test_an_outcome_that_promises_needs_a_follow_up(log):
    """`follow_up` as outcome is refused without a follow-up and accepted with one."""
    with pytest.raises(InvalidError):
        log.create("service", "outcome=follow_up")
    assert log.create("service", "outcome=follow_up", follow_ups=["call back"]).fields["outcome"] == "follow_up"


def test_a_record_id_is_never_given_twice(log):
    """When the random part is taken another one is drawn."""
    drawn = iter("aaaaaaaaaaaabbbbbb")
    fields = dict(log.create("member").fields)
    for key in ("id", "template"):
        fields.pop(key)
    request = RecordRequest("member", fields, choose=lambda _: next(drawn))
    ids = [create_record(log.workspace(), request).id for _ in range(2)]
    assert ids == ["20260316-aaaaaa", "20260316-bbbbbb"]


def test_an_own_record_id_that_is_taken_is_a_conflict(log):
    """A record somebody gives an id to does not replace the one that has it."""
    record = log.create("member")
    before = log.text_of(record)
    fields = {key: value for key, value in record.fields.items() if key != "template"}
    with pytest.raises(ConflictError):
        create_record(log.workspace(), RecordRequest("member", fields))
    assert log.text_of(record) == before


def test_a_draft_writes_nothing(log):
    """A draft is the text that would be written, and nothing is."""
    before = log.files()
    fields = {"channel": "phone", "subject": "s", "summary": "s", "core_request": "c"}
    draft = draft_record(log.workspace(), RecordRequest("member", fields, new_customer="赵六"))
    assert "customer: 赵六\n" in draft.text
    assert draft.customer is not None
    assert "name: 赵六\n" in draft.customer.text
    assert log.files() == before


@pytest.mark.parametrize("name", ["../evil", "a/b", "con", ".hidden", "x" * 65, "a b"])
def test_a_customer_id_stays_in_its_folder(log, name):
    """An id that is no safe file name is refused; nothing is written outside the folder of customers."""
    before = log.files()
    with pytest.raises(InvalidError):
        log.create("customer", f"id={name}")
    assert log.files() == before


@pytest.mark.parametrize(
    ("name", "customer_id"), [("Acme & Sons", "acme-sons"), ("王 丽", "王-丽"), ("ＡＢＣ", "abc"), ("CON", "con-1")]
)
def test_a_customers_id_is_made_from_the_name(log, name, customer_id):
    """Blanks and marks become hyphens, letters small and narrow, and reserved names are avoided."""
    assert log.create("customer", f"name={name}").id == customer_id


def test_a_customer_with_a_company_is_a_company(log):
    """Who has a company or an industry is one unless told otherwise."""
    assert log.create("customer", "name=Beta", "industry=软件").fields["type"] == "company"
    assert log.create("customer", "name=Gamma").fields["type"] == "individual"


def remedies(fault):
    return [problem.remedy for problem in fault.problems]


def test_an_outcome_that_promises_says_how_the_promise_is_written(log):
    """Without a follow-up the remedy names the option, and the key in the file."""
    with pytest.raises(InvalidError) as caught:
        log.create("service", "outcome=follow_up")
    (remedy,) = remedies(caught.value)
    assert "--follow-up" in remedy
    assert "`followups:`" in remedy


def test_an_entry_of_the_wrong_type_names_its_keys(log):
    """Text in the place of an agreement is refused with the keys an agreement has."""
    with pytest.raises(InvalidError) as caught:
        log.create("relationship", "agreements+=deliver on Friday")
    (remedy,) = remedies(caught.value)
    assert "what: …" in remedy
    assert "due: …" in remedy


def test_advice_on_a_follow_up_is_a_call_that_says_what_is_missing():
    """A remedy that adds a follow-up leaves room for what is to be done."""
    for code in ("issue-without-next-action", "low-score-without-follow-up"):
        assert (
            Problem(code, facts=(("value", "20260311-x11sb4"),)).remedy
            == "run: commlog add-follow-up 20260311-x11sb4 …"
        )
