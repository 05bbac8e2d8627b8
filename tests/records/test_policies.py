"""What a team's own rules ask of its records."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.check.context import WHOLE_LOG
from commlog.check.inspect import CheckDepth, check_files
from commlog.errors import InvalidError
from commlog.followups.change import FollowUpDetails, move_follow_up
from commlog.log.log import open_log
from commlog.messages import use_language
from commlog.records.policies import refuse_violations
from commlog.records.rules.policy import BANK_CARD, ID_CARD, MOBILE, find_numbers
from tests.build import run_git

FOLLOW_UP = "action=check the parts; owner=li; due=2026-03-18"
ID_NUMBER = "11010519491231002X"
CARD = "6222 0212 3456 7890 128"


def with_policies(log, text):
    """The log with policies, as lines of YAML below `policies:`."""
    old = (log.root / "commlog.yaml").read_text(encoding="utf-8").partition("policies:")[0]
    log.write("commlog.yaml", old + "policies:\n" + "".join(f"  {line}\n" for line in text.splitlines()))
    return log


def problems(log, scope=CheckDepth.ALL, now=None):
    """Everything a check finds of policies: (code, severity, field)."""
    found = check_files((log.at(now) if now else log).workspace(), WHOLE_LOG, scope).problems
    codes = {"closing-incomplete", "outcome-incomplete", "personal-number", "recorded-late", "backdated"}
    return [(one.code, one.severity, one.field) for one in found if one.code in codes]


def luhn(digits):
    """The digits with the digit that makes them a card's number."""
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def id_number(digits):
    """The 17 digits with the check digit of an ID card."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(int(one) * weight for one, weight in zip(digits, weights, strict=True)) % 11]


def in_git(log, when="2026-03-16T10:30:00+08:00"):
    """The log with everything in it committed at an instant."""
    if not (log.root / ".git").exists():
        run_git(log.root, "init", "-q", "-b", "main")
    run_git(log.root, "add", "--", "records", "commlog.yaml")
    identity = ("-c", "user.email=a@example.com", "-c", "user.name=A")
    run_git(log.root, *identity, "commit", "-q", "-m", "x", GIT_AUTHOR_DATE=when, GIT_COMMITTER_DATE=when)


def test_nothing_is_asked_without_policies(log):
    """Without policies in the settings none is held."""
    record = log.create("service", "summary=13800138000", follow_ups=[FOLLOW_UP])
    log.move("done", f"{record.id}/1", result="ok")
    assert open_log(log.root, str(log.root)).settings.policies is None
    assert problems(log) == []


def test_closing_asks_for_fields(log):
    """A follow-up that is done needs the fields the team names; one that is pending or was given up does not."""
    record = log.create("service", follow_ups=[FOLLOW_UP, FOLLOW_UP, FOLLOW_UP])
    log.move("done", f"{record.id}/1", result="ok")
    log.move("close", f"{record.id}/2", note="not wanted any more")
    with_policies(log, "closing_requires: [result, customer_satisfaction]")
    assert problems(log) == [("closing-incomplete", "error", "followups[0].customer_satisfaction")]
    log.edit(record.id, "followups.0.customer_satisfaction=satisfied")
    assert problems(log) == []


def test_closing_looks_at_each_follow_up(log):
    """A field that another follow-up of the same record has does not count."""
    record = log.create("service", follow_ups=[FOLLOW_UP, FOLLOW_UP])
    with_policies(log, "closing_requires: {fields: [customer_satisfaction], severity: warning}")
    log.edit(record.id, "followups.1.customer_satisfaction=satisfied")
    log.move("done", f"{record.id}/1", result="ok")
    assert problems(log) == [("closing-incomplete", "warning", "followups[0].customer_satisfaction")]


def test_outcome_asks_for_fields_of_its_form(log):
    """An outcome needs the fields the team names, as far as the record's form has them."""
    log.create("service", "outcome=resolved", "satisfaction=satisfied")
    log.create("member", "outcome=resolved", "satisfaction=satisfied")
    with_policies(log, "outcome_requires: {resolved: [solution, satisfaction]}")
    assert problems(log) == [("outcome-incomplete", "error", "solution")]
    with_policies(log, "outcome_requires: {unresolvable: [solution], severity: warning}")
    assert problems(log) == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"身份证{ID_NUMBER}，请核对", [ID_CARD]),
        ("身份证110105194912310021", []),
        (f"卡号 {luhn('622202123456789012')} 尾号", [BANK_CARD]),
        ("请拨 138 0013 8000 或 +86-13900139000", [MOBILE, MOBILE]),
        ("１３８００１３８０００", [MOBILE]),
        ("138****8000，尾号 8000", []),
        ("订单 2026031400012345，单号 20260316-7f3kq2", []),
        ("2026-03-16T10:00:00+08:00 付款 1380013.80 元", []),
        ("电话 021-62345678、400-820-8820", []),
        ("1380013800", []),
        ("0000 0000 0000 0000", []),
    ],
)
def test_numbers_are_told_from_other_digits(text, kinds):
    """Numbers of ID cards, bank cards and mobiles are found; dates, orders, masked and other numbers are not."""
    assert [one.kind for one in find_numbers(text)] == kinds


@settings(deadline=None, max_examples=200)
@given(
    st.text(alphabet="京沪，。 -x", max_size=5), st.integers(10**14, 10**15 - 1), st.integers(0, 9), st.integers(0, 27)
)
def test_cards_are_found_by_their_check_digit(before, digits, wrong, day):
    """A number with the right check digit is found wherever it stands, one with a wrong one is not."""
    card = luhn(f"6{digits}"[:15])
    assert [one.kind for one in find_numbers(f"{before.rstrip('x- ')}，{card}。")] == [BANK_CARD]
    person = id_number(f"1101051990{1 + day % 12:02}{1 + day:02}{digits % 1000:03}")
    assert ID_CARD in [one.kind for one in find_numbers(f"号{person}")]
    other = f"{person[:-1]}{wrong}"
    assert (ID_CARD in [one.kind for one in find_numbers(other)]) == (other == person)


def test_free_text_holds_no_numbers(log):
    """Numbers are found in every text that people wrote, at its place; fields made for them, and order numbers, may hold them."""
    record = log.create(
        "service",
        "summary=她的手机 13800138000",
        "background.order_no=13800138001",
        f"extra.备注=身份证 {ID_NUMBER}",
        follow_ups=["action=拨 139 0013 9000; owner=li; due=2026-03-18"],
        fields={
            "dialogue": [{"speaker": "customer", "words": f"卡 {luhn('622202123456789012')}"}],
            "party": {"contact": "13800138002"},
        },
    )
    with_policies(log, "no_personal_numbers: error")
    assert sorted(problems(log)) == [
        ("personal-number", "error", "dialogue[0].words"),
        ("personal-number", "error", "extra.备注"),
        ("personal-number", "error", "followups[0].action"),
        ("personal-number", "error", "summary"),
    ]
    with_policies(log, "no_personal_numbers: off")
    assert problems(log) == []
    assert record.path in log.files()


def test_found_numbers_are_not_repeated(log):
    """Neither the problem nor the line shown with it holds the number."""
    log.create("service", "summary=她的手机 13800138000", f"request=身份证 {ID_NUMBER}")
    with_policies(log, "no_personal_numbers: error")
    found = check_files(log.workspace(), WHOLE_LOG, CheckDepth.ALL)
    shown = [problem.message for problem in found.problems] + list(found.lines.values())
    assert any("138****8000" in text for text in shown)
    assert not any("13800138000" in text or ID_NUMBER in text for text in shown)


def test_numbers_are_named_in_the_language_in_use(log):
    """The kind of a number is a word of the catalogue."""
    log.create("service", "summary=13800138000")
    with_policies(log, "no_personal_numbers: error")
    use_language("zh")
    found = [
        one for one in check_files(log.workspace(), WHOLE_LOG, CheckDepth.ALL).problems if one.code == "personal-number"
    ]
    assert dict(found[0].facts)["kind"] == MOBILE


def test_late_records_are_told(log):
    """A conversation written down later than its template's limit is told, with the severity the team chose."""
    log.create("service", "started_at=2026-03-16T09:00", "ended_at=2026-03-16T09:10")
    log.create("service", "started_at=2026-03-16T09:50", "ended_at=2026-03-16T09:55")
    with_policies(log, "record_late: warning")
    assert problems(log) == [("recorded-late", "warning", "recorded_at")]
    old = (log.root / "commlog.yaml").read_text(encoding="utf-8")
    log.write("commlog.yaml", "record_within: {service: 2h}\n" + old)
    assert problems(log) == []


def test_backdated_records_are_told_by_their_commit(log):
    """A record committed long after it claims to be written is told; one committed in time never is, whenever one asks."""
    with_policies(log, "backdated: 1d")
    log.create("service")
    in_git(log)
    assert problems(log, now="2026-04-16T10:00:00+08:00") == []
    late = log.create("service")
    in_git(log, "2026-03-20T10:00:00+08:00")
    assert problems(log) == [("backdated", "warning", "recorded_at")]
    (log.root / "records/interactions/2026/04").mkdir()
    run_git(log.root, "mv", late.path, late.path.replace("/03/", "/04/"))
    in_git(log, "2026-04-20T10:00:00+08:00")
    found = [one for one in check_files(log.workspace(), WHOLE_LOG, CheckDepth.ALL).problems if one.code == "backdated"]
    assert [dict(one.facts)["committed"] for one in found] == ["2026-03-20T10:00:00+08:00"]


def test_backdated_records_are_told_before_the_commit(log):
    """What is staged or lies there counts as committed now."""
    with_policies(log, "backdated: {after: 2h, severity: error}")
    in_git(log)
    record = log.create("service")
    run_git(log.root, "add", record.path)
    assert problems(log, CheckDepth.STAGED, "2026-03-16T11:59:00+08:00") == []
    assert problems(log, CheckDepth.STAGED, "2026-03-16T12:01:00+08:00") == [("backdated", "error", "recorded_at")]
    assert problems(log, CheckDepth.CHANGED, "2026-03-16T12:01:00+08:00") == [("backdated", "error", "recorded_at")]


def test_backdating_is_not_asked_where_git_cannot_tell(log, tmp_path):
    """Without a repository, and for commits that a shallow clone has not got, nothing is said."""
    with_policies(log, "backdated: 1h")
    log.create("service")
    assert problems(log, now="2027-03-16T12:01:00+08:00") == []
    in_git(log, "2026-03-20T10:00:00+08:00")
    log.write("commlog.yaml", (log.root / "commlog.yaml").read_text(encoding="utf-8") + "# more\n")
    in_git(log, "2026-03-21T10:00:00+08:00")
    assert len(problems(log)) == 1
    run_git(tmp_path, "clone", "-q", "--depth", "1", f"file://{log.root}", "shallow")
    assert problems(type(log)(tmp_path / "shallow")) == []


def test_policies_hold_for_what_is_staged(log):
    """A check of what is staged looks at the staged content, whatever the work tree holds."""
    record = log.create("service", "summary=13800138000")
    with_policies(log, "no_personal_numbers: error")
    in_git(log)
    log.edit(record.id, "subject=staged")
    run_git(log.root, "add", record.path)
    log.edit(record.id, "summary=masked")
    assert problems(log, CheckDepth.STAGED) == [("personal-number", "error", "summary")]
    assert problems(log) == []


def test_new_breaches_can_be_refused(log):
    """What breaks a policy anew is refused before it is written; what was broken before, and warnings, are not."""
    with_policies(log, "no_personal_numbers: error\noutcome_requires: {resolved: [solution], severity: warning}")
    workspace = log.workspace()
    before = {"summary": "13800138000", "outcome": "resolved"}
    refuse_violations(workspace, before, "service", before)
    with pytest.raises(InvalidError) as refused:
        refuse_violations(workspace, {**before, "problem": "13900139000"}, "service", before)
    assert [one.field for one in refused.value.problems] == ["problem"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("no_personal_number: error", "policies.no_personal_number"),
        ("no_personal_numbers: fatal", "policies.no_personal_numbers"),
        ("closing_requires: result", "policies.closing_requires"),
        ("closing_requires: {severity: error}", "policies.closing_requires.fields"),
        ("outcome_requires: {resolved: solution}", "policies.outcome_requires.resolved"),
        ("backdated: 3wd", "policies.backdated"),
        ("backdated: {after: 1d, severty: error}", "policies.backdated.severty"),
    ],
)
def test_wrong_policies_are_refused(log, line, field):
    """A policy that is no such, or asks for what is none, is a mistake of the settings with its place."""
    with pytest.raises(InvalidError) as refused:
        with_policies(log, line).workspace()
    assert [problem.field for problem in refused.value.problems] == [field]


def test_policies_fit_the_schema_of_settings(log):
    """Every way to write a policy fits the published schema as well."""
    with_policies(
        log,
        "closing_requires: {fields: [result], severity: warning}\noutcome_requires: {resolved: [solution], severity: off}\n"
        "no_personal_numbers: error\nrecord_late: off\nbackdated: {after: 90m, severity: error}",
    )
    assert check_files(log.workspace(), WHOLE_LOG, CheckDepth.ALL).errors == 0


def test_policies_name_what_forms_have(log):
    """A policy that asks for a field or an outcome no form has is told, for it would never hold."""
    with_policies(
        log, "closing_requires: [result, satisfaktion]\noutcome_requires: {resovled: [solution], resolved: [solutoin]}"
    )
    found = check_files(log.workspace(), WHOLE_LOG, CheckDepth.ALL).problems
    told = [(one.code, one.path, dict(one.facts)["value"]) for one in found]
    assert sorted(told) == [("bad-setting", "commlog.yaml", name) for name in ("resovled", "satisfaktion", "solutoin")]


def test_a_verb_that_breaks_a_policy_is_refused_before_it_writes(log):
    """A follow-up cannot be done without what the policy asks for, and its file stays as it was."""
    record = log.create("service", follow_ups=[FOLLOW_UP])
    with_policies(log, "closing_requires: [customer_satisfaction]")
    path, address = log.root / record.path, f"{record.id}/1"
    before = path.read_bytes()
    with pytest.raises(InvalidError):
        move_follow_up(log.workspace(), address, "done", FollowUpDetails(by="li", result="told"))
    assert path.read_bytes() == before
    move_follow_up(log.workspace(), address, "done", FollowUpDetails(by="li", result="told", satisfaction="satisfied"))
    assert b"customer_satisfaction: satisfied" in path.read_bytes()
