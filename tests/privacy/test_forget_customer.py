"""Forgetting a customer: nothing tells who they were, and everything is still counted."""

import json
import secrets
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commlog.check.context import WHOLE_LOG
from commlog.check.inspect import inspect_log
from commlog.errors import ConflictError, InvalidError, NotFoundError
from commlog.followups.pending import list_follow_ups
from commlog.output.listing import Page
from commlog.privacy import forget as module
from commlog.privacy.forget import forget_customer, plan_forgetting
from commlog.privacy.rules.forgetting import Scrubber, identity_of, purge_lines, read_purge_lines, receipt_of
from commlog.privacy.verify_forgotten import verify_forgotten
from commlog.records.list import list_records

PROFILE = """\
id: li-na
template: customer
recorded_at: 2026-02-26T15:10:00+08:00
name: 李娜
aliases: [Nana]
type: individual
company: 示例科技有限公司
stage: active
level: vip
owner: wang
contacts:
  - {name: 李建国, phone: "138 0000 0009", email: li.na@mail.example, wecom: lina-wx}
addresses:
  - {kind: home, address: 示例路18号502室}
taboos: [花生过敏]
birthday: 1991-11-02
membership: {tier: 金卡, points: 10}
notes: 周末家里有老人
"""
SECRETS = ["李娜", "Nana", "李建国", "13800000009", "138 0000 0009", "138-0000-0009", "li.na@mail.example", "lina-wx"]
SECRETS += ["示例路18号502室", "花生过敏", "1991-11-02", "li-na", "示例科技有限公司", "周末家里有老人", "13911112222"]


@pytest.fixture
def person(log):
    """A log in which one person is spoken of in many ways, and another is not they."""
    log.write("records/customers/li-na.yaml", PROFILE)
    first = log.create(
        "service",
        "customer=li-na",
        "contact=李建国",
        "party.name=娜娜",
        "subject=李娜 退换 138-0000-0009",
        "problem=Nana 说花生过敏，另一个号码 13911112222，热线 400-800-1234",
        "extra.备注=娜娜的地址：示例路18号502室",
        "outcome=follow_up",
        follow_ups=["action=给李娜回电; owner=li; due=3wd"],
    )
    second = log.create(
        "member", "customer=li-na", "subject=Nanaimo 不是她", f"links+={{to: {first.id}, type: follows}}"
    )
    log.create("issue", "customer=li-na", "title=李娜的空调")
    log.create("survey", "customer=li-na", "contact=李建国")
    other = log.create("service", "customer=acme", "summary=她的朋友李娜电话 +86 13800000009", "request=r")
    return {"first": first.id, "second": second.id, "other": other.id}


def forget(log, name="li-na"):
    """What forgetting somebody did."""
    return forget_customer(log.workspace(), plan_forgetting(log.workspace(), name, secrets.choice))


def texts(log):
    """Everything below records/, by path; without the town that begins like the name of theirs."""
    return {path: (log.root / path).read_text("utf-8").replace("Nanaimo", "") for path in log.files()}


def test_a_plan_writes_nothing_and_tells_nothing(log, person):
    """A preview names every file and field, shows no value, and leaves every byte as it was."""
    before = texts(log)
    plan = plan_forgetting(log.workspace(), "李娜", secrets.choice)
    assert texts(log) == before
    assert len(plan.files) == 6
    shown = " ".join(f"{one.field} {one.left}" for file in plan.files for one in file.removals)
    assert not [value for value in SECRETS if value in shown]
    assert "followups[0].action" in shown


def test_nothing_in_their_records_tells_who_they_were(log, person):
    """Names, numbers, addresses and ids are gone from their records; the facts and the links stay."""
    done = forget(log)
    after = texts(log)
    own = {path: text for path, text in after.items() if person["other"] not in path}
    assert not [(path, value) for path, text in own.items() for value in SECRETS if value in text]
    first = log.read(person["first"]).fields
    assert first["customer"] == done.pseudonym
    assert first["subject"] == "[removed] 退换 [removed]"
    assert first["problem"] == "[removed] 说[removed]，另一个号码 [removed]，热线 400-800-1234"
    assert "party" not in first
    assert "contact" not in first
    assert first["followups"][0]["action"] == "给[removed]回电"
    assert log.read(person["second"]).fields["subject"] == "Nanaimo 不是她"
    assert log.read(person["second"]).fields["links"][0]["to"] == person["first"]


def test_what_is_surely_theirs_goes_from_others_records_and_names_are_to_be_looked_at(log, person):
    """A phone number goes wherever it stands; a name in another's record may be somebody else's, and is listed."""
    done = forget(log)
    other = log.read(person["other"])
    assert other.fields["summary"] == "她的朋友李娜电话 [removed]"
    assert other.fields["customer"] == "acme"
    assert [doubt.path for doubt in done.doubts] == [other.path]
    assert done.doubts[0].line > 1


def test_the_profile_keeps_what_figures_count_by(log, person):
    """Under the pseudonym stand type, stage, level and owner, and that nobody may contact them."""
    done = forget(log)
    assert not (log.root / "records/customers/li-na.yaml").exists()
    assert log.read(done.pseudonym).fields == {
        "id": done.pseudonym,
        "template": "customer",
        "recorded_at": "2026-02-26T15:10:00+08:00",
        "name": done.pseudonym,
        "type": "individual",
        "stage": "active",
        "level": "vip",
        "owner": "wang",
        "do_not_contact": True,
        "extra": {"forgotten_on": "2026-03-16"},
    }


def counts(log):
    """How many records and pending follow-ups there are, and of which customers but for their names."""
    records = list_records(log.workspace(), "", [], Page())
    rows = records.narrowed(("id", "kind", "day", "channel", "agent", "status", "outcome", "pending")).rows
    return sorted(map(str, rows)), len(list_follow_ups(log.workspace(), "", [], Page()).rows)


def test_nothing_is_counted_otherwise_afterwards(log, person):
    """Records, days, outcomes and pending follow-ups are the same before and after, and so are the problems found."""
    before, problems = counts(log), inspect_log(log.workspace(), WHOLE_LOG)
    forget(log)
    assert counts(log) == before
    codes = sorted(problem.code for problem in inspect_log(log.workspace(), WHOLE_LOG).problems)
    assert codes == sorted(problem.code for problem in problems.problems)


def test_those_merged_into_them_are_forgotten_as_well(log, person):
    """A duplicate gets a pseudonym of its own, and points to the one who stays; its records follow."""
    log.write("records/customers/twin.yaml", PROFILE.replace("li-na", "twin") + "merged_into: li-na\n")
    record = log.create("member", "customer=acme")
    path = log.root / record.path
    path.write_text(path.read_text("utf-8").replace("customer: acme", "customer: twin"), encoding="utf-8")
    done = forget(log)
    ids = dict(done.identity.ids)
    assert log.read(ids["twin"]).fields["merged_into"] == done.pseudonym
    assert log.read(record.id).fields["customer"] == ids["twin"]
    assert not [path for path in log.files() if "twin" in path or "li-na" in path]


def test_a_second_time_is_refused_and_changes_nothing(log, person):
    """Whoever was forgotten is known by the pseudonym only, and cannot be forgotten again."""
    done = forget(log)
    before = texts(log)
    with pytest.raises(ConflictError):
        forget(log, done.pseudonym)
    with pytest.raises(NotFoundError):
        forget(log, "李娜")
    assert texts(log) == before


@pytest.mark.parametrize("stop", range(1, 9))
def test_whoever_is_stopped_half_way_calls_it_again(log, person, monkeypatch, stop):
    """Stopped after any number of files, a second call finishes under the same pseudonym, and nothing is left."""
    steps = 0

    def stopping(act):
        def step(*arguments):
            nonlocal steps
            steps += 1
            if steps > stop:
                raise KeyboardInterrupt
            return act(*arguments)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(module, "_write", stopping(module._write))
        patch.setattr(module, "_remove", stopping(module._remove))
        try:
            first = forget(log)
        except KeyboardInterrupt:
            first = None
    done = first or forget(log)
    assert not [path for path in log.files() if "li-na" in path]
    assert [path for path in log.files() if "forgotten-" in path] == [f"records/customers/{done.pseudonym}.yaml"]
    own = [text for path, text in texts(log).items() if person["other"] not in path]
    assert not [value for text in own for value in SECRETS if value in text]


def test_a_record_that_cannot_be_read_is_listed(log, person):
    """A broken file that names them is left as it is, and told."""
    log.write("records/interactions/2026/03/20260301-zzzzzz.yaml", "subject: [李娜\n")
    done = forget(log)
    assert "records/interactions/2026/03/20260301-zzzzzz.yaml" in [doubt.path for doubt in done.doubts]


def test_comments_and_files_are_left_to_people(log, person):
    """A comment that names them, and a photo of theirs, are listed with their places."""
    record = log.read(person["first"])
    path = log.root / record.path
    path.write_text(path.read_text("utf-8") + "# 李娜下周出差\n", encoding="utf-8")
    log.write("attachments/photo.jpg", "a photo")
    log.edit(record.id, "attachments+={kind: photo, location: attachments/photo.jpg}")
    places = [doubt.path for doubt in forget(log).doubts]
    assert record.path in places
    assert "attachments/photo.jpg" in places


def test_anonymous_is_nobody_to_forget(log):
    """`anonymous` is refused, and so is who is not known."""
    with pytest.raises(ConflictError):
        plan_forgetting(log.workspace(), "anonymous", secrets.choice)
    with pytest.raises(NotFoundError):
        plan_forgetting(log.workspace(), "nobody", secrets.choice)


def test_a_receipt_holds_nothing_of_them(log, person):
    """The receipt names files, the instant, who did it and a digest; none of what was removed."""
    receipt = receipt_of(forget(log), "2026-03-16T10:00:00+08:00", "wang")
    text = json.dumps(receipt, ensure_ascii=False)
    assert not [value for value in SECRETS if value in text]
    assert receipt["by"] == "wang"
    assert len(receipt["files"]) == 6
    assert len(receipt["sha256"]) == 64


def test_a_purge_list_finds_what_git_still_holds(log, person, tmp_path):
    """Before: files and history; afterwards, committed: the history alone, by path and in unreachable objects as well."""
    git = ["git", "-C", str(log.root), "-c", "user.name=t", "-c", "user.email=t@t.example"]

    def run(*words):
        subprocess.run([*git, *words], check=True, capture_output=True)

    run("init", "-q")
    run("add", "-A")
    run("commit", "-qm", "李娜 called")
    plan = plan_forgetting(log.workspace(), "li-na", secrets.choice)
    listed = tmp_path / "purge.txt"
    listed.write_text("\n".join(purge_lines(plan.identity, "[removed]")), encoding="utf-8")
    found = {one.where for one in verify_forgotten(log.workspace(), listed).left}
    assert "file" in found
    assert "git's history" in found
    forget_customer(log.workspace(), plan)
    log.edit(person["other"], "summary=s")
    run("add", "-A")
    run("commit", "-qm", "forgotten")
    left = verify_forgotten(log.workspace(), listed).left
    assert {one.where for one in left} == {"git's history", "name of a file in git's history"}
    assert any("commit" in one.path for one in left)
    assert any("records/customers/li-na.yaml" in one.path for one in left)


def test_a_list_that_is_none_is_refused(log, tmp_path):
    """A file of other text, or with a broken pattern, is named."""
    for text in ("13800000009", "", "regex:(==>x"):
        (tmp_path / "list").write_text(text, encoding="utf-8")
        with pytest.raises(InvalidError):
            verify_forgotten(log.workspace(), tmp_path / "list")


NAMES = st.text("李王娜芳abLi -.*(\\'\"", min_size=1, max_size=8)


@pytest.mark.slow
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(NAMES, max_size=3), phone=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), text=st.text(max_size=40)
)
def test_scrubbed_text_holds_no_number_and_scrubbing_twice_is_scrubbing_once(names, phone, text):
    """Whatever the names, their number is gone from any text around it, and a second time nothing changes."""
    fields = {"name": "李娜娜", "aliases": names, "contacts": [{"phone": phone}]}
    identity = identity_of([fields], {"x": "forgotten-aaaaaa"})
    scrubber = Scrubber(identity, "【已删除】")
    once = scrubber.scrub_own(f"{text}，{phone}，李娜娜 {phone[:3]}-{phone[3:7]}-{phone[7:]}")
    assert phone not in once
    assert "李娜娜" not in once
    assert scrubber.scrub_own(once) == once
    assert read_purge_lines("\n".join(purge_lines(identity, "x"))).search(f"a {phone}")


def test_what_is_true_of_others_too_stays_theirs(log, person):
    """A birthday, an allergy or a shared telephone in another's profile is not taken away; the telephone is listed."""
    profile = PROFILE.replace("li-na", "wu").replace("李娜", "吴刚").replace("李建国", "吴强").replace("Nana", "Wu")
    text = profile.replace("li.na@mail.example", "wu@mail.example").replace("示例路18号502室", "别处1号")
    log.write("records/customers/wu.yaml", text.replace("lina-wx", "wu-wx").replace("示例科技有限公司", "别家公司"))
    record = log.create("member", "customer=wu", "summary=花生过敏，1991-11-02 出生")
    done = forget(log)
    fields = log.read("wu").fields
    assert (fields["birthday"], fields["taboos"]) == ("1991-11-02", ["花生过敏"])
    assert fields["contacts"][0]["phone"] == "138 0000 0009"
    assert log.read(record.id).fields["summary"] == "花生过敏，1991-11-02 出生"
    assert "records/customers/wu.yaml" in [doubt.path for doubt in done.doubts]
