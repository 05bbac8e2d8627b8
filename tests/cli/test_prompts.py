"""Asking at a terminal: the form field by field, choices by number and label, mistakes asked again."""

import os
import re
import shlex
import signal
import sys

import yaml


def record_of(folder, out):
    """The record whose id is all of stdout."""
    found = list((folder / "records").rglob(f"{out.removesuffix(chr(10))}.yaml"))
    assert len(found) == 1
    return yaml.load(found[0].read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def test_a_service_record_is_asked_for_field_by_field(terminal, folder):
    """Required fields come in the form's order; an empty answer takes the default; more is asked only when wanted."""
    screen = terminal("create", "service")
    screen.answer(r"Customer: ", "acme")
    assert "1. The customer" in screen.answer(r"Initiated by \[The customer\]: ", "")
    assert "16. Other" in screen.answer(r"Channel: ", "1")
    screen.answer(r"Started: ", "")
    screen.answer(r"Subject: ", "Leaking tap")
    screen.answer(r"Scenario: ", "投诉")
    screen.answer(r"Problem: ", "It drips")
    screen.answer(r"request: ", "Have it repaired")
    screen.answer(r"Summary: ", "Plumber comes today")
    screen.answer(r"Outcome: ", "resolved")
    screen.answer(r"More fields\?", "n")
    code, out = screen.finish()
    assert code == 0
    record = record_of(folder, out)
    expected = {
        "customer": "acme",
        "agent": "wang",
        "direction": "inbound",
        "channel": "phone",
        "scenario": "complaint",
        "started_at": "2026-03-16T10:00:00+08:00",
        "outcome": "resolved",
        "problem": "It drips",
    }
    assert {key: record[key] for key in expected} == expected


def test_a_mistake_is_asked_again(terminal, folder):
    """An answer that does not fit, an unknown customer, or nothing where something is required: the question comes again."""
    screen = terminal("create", "member")
    screen.answer(r"Customer: ", "")
    assert "required" in screen.answer(r"Customer: ", "acmee")
    assert "there is no customer 'acmee'" in screen.answer(r"A new customer called 'acmee'\?", "n")
    screen.answer(r"Customer: ", "艾克米公司")
    screen.answer(r"Initiated by .*: ", "")
    screen.answer(r"Channel: ", "99")
    assert "'99' is not valid" in screen.answer(r"Channel: ", "phone")
    screen.answer(r"Started: ", "whenever")
    assert "'whenever' is not valid" in screen.answer(r"Started: ", "")
    for pattern in (r"Subject: ", r"Core request: ", r"Summary: "):
        screen.answer(pattern, "s")
    screen.answer(r"More fields\?", "")
    code, out = screen.finish()
    assert code == 0
    assert record_of(folder, out)["customer"] == "acme"


def test_the_detail_of_another_channel_is_asked_for(terminal, folder):
    """`other` as channel asks what it was; other channels do not."""
    screen = terminal("create", "member")
    screen.answer(r"Customer: ", "acme")
    screen.answer(r"Initiated by .*: ", "2")
    screen.answer(r"Channel: ", "其他")
    screen.answer(r"Started: ", "昨天 15:00")
    screen.answer(r"Subject: ", "s")
    screen.answer(r"Core request: ", "c")
    screen.answer(r"Summary: ", "s")
    screen.answer(r"Channel detail: ", "Trade fair")
    screen.answer(r"More fields\?", "")
    code, out = screen.finish()
    assert code == 0
    record = record_of(folder, out)
    assert (record["channel"], record["channel_detail"], record["direction"]) == ("other", "Trade fair", "outbound")
    assert record["started_at"] == "2026-03-15T15:00:00+08:00"


def test_more_fields_are_asked_for_when_wanted(terminal, folder):
    """After the required fields the optional ones can be walked through, each passed over with Enter."""
    screen = terminal("create", "answer")
    screen.answer(r"Question: ", "How much?")
    screen.answer(r"Answer: ", "Ten")
    screen.answer(r"More fields\?", "y")
    for pattern, line in [
        (r"Category: ", "price"),
        (r"Keywords: ", "price, cost"),
        (r"Audience.*: ", "2"),
        (r"(Agent|Approved by): ", ""),
        (r"Approved.*: ", ""),
        (r"Valid until: ", "2027-01-01"),
    ]:
        screen.answer(pattern, line)
    code, out = screen.finish()
    assert code == 0
    record = record_of(folder, out)
    assert record["keywords"] == ["price", "cost"]
    assert (record["category"], record["audience"], record["valid_until"]) == ("price", "customer", "2027-01-01")


def test_answers_are_not_typed_twice(terminal, folder, tmp_path):
    """When the whole does not fit, here an outcome that needs a follow-up, the answers open in the editor."""
    mend = tmp_path / "mend.py"
    mend.write_text(
        "import sys\npath = sys.argv[1]\ntext = open(path, encoding='utf-8').read()\n"
        "assert 'It drips' in text\nopen(path, 'w', encoding='utf-8').write(text.replace('outcome: follow_up', 'outcome: resolved'))\n",
        encoding="utf-8",
    )
    screen = terminal("create", "service", EDITOR=f"{sys.executable} {mend}")
    for pattern, line in [
        (r"Customer: ", "acme"),
        (r"Initiated by .*: ", ""),
        (r"Channel: ", "1"),
        (r"Started: ", ""),
        (r"Subject: ", "Tap"),
        (r"Scenario: ", "4"),
        (r"Problem: ", "It drips"),
        (r"request: ", "Repair"),
        (r"Summary: ", "s"),
        (r"Outcome: ", "待跟进"),
        (r"More fields\?", "n"),
        (r"Follow-up: ", ""),
        (r"in the editor\?", "y"),
    ]:
        screen.answer(pattern, line)
    code, out = screen.finish()
    assert code == 0
    assert record_of(folder, out)["problem"] == "It drips"


def test_a_new_customer_and_what_was_promised_are_asked_for(terminal, folder):
    """Somebody not known becomes a customer when that is wanted; an outcome that promises asks for what, until it is right."""
    screen = terminal("create", "service")
    for pattern, line in [
        (r"Customer: ", "Li Na"),
        (r"A new customer called 'Li Na'\?", "y"),
        (r"Initiated by .*: ", ""),
        (r"Channel: ", "1"),
        (r"Started: ", ""),
        (r"Subject: ", "Tap"),
        (r"Scenario: ", "4"),
        (r"Problem: ", "It drips"),
        (r"request: ", "Repair"),
        (r"Summary: ", "s"),
        (r"Outcome: ", "follow_up"),
        (r"More fields\?", "n"),
        (r"Follow-up: ", "Ring back; due=soonish"),
        (r"'soonish' is not a date[^$]*Follow-up: ", "Ring back; due=2026-03-20"),
        (r"Follow-up: ", ""),
    ]:
        screen.answer(pattern, line)
    code, out = screen.finish()
    assert code == 0
    record = record_of(folder, out)
    assert record["customer"] == "li-na"
    assert [(step["action"], step["owner"], step["due"]) for step in record["followups"]] == [
        ("Ring back", "wang", "2026-03-20")
    ]
    assert "name: Li Na" in (folder / "records/customers/li-na.yaml").read_text(encoding="utf-8")


def test_stopping_writes_nothing(terminal, folder):
    """Ctrl-C at a question ends with 130 and leaves no record."""
    screen = terminal("create", "member")
    screen.expect(r"Customer: ")
    os.kill(screen.process.pid, signal.SIGINT)
    code, out = screen.finish()
    assert (code, out) == (130, "")
    assert not (folder / "records" / "interactions").exists()


def test_nobody_is_asked_without_a_terminal(program, folder):
    """In a pipe a record that is not complete is an error at once, never a question."""
    done = program("create", "member")
    assert done.returncode == 3
    assert done.stdout == b""
    assert b"customer: is required" in done.stderr


def stop(screen, pattern):
    """Press Ctrl-C at a question; the exit code, and the command that is said to go on."""
    screen.expect(pattern)
    os.kill(screen.process.pid, signal.SIGINT)
    code, out = screen.finish()
    assert out == ""
    found = re.search(r"continue with: commlog ([^\r\n]*)", screen.shown)
    return code, shlex.split(found[1]) if found else None


def test_stopping_keeps_the_answers_and_says_how_to_go_on(terminal, folder, tmp_path):
    """Ctrl-C half-way leaves a draft that nobody else may read; the call that is said opens it, and records it."""
    screen = terminal("create", "member", "--follow-up", "Ring back; due=3wd")
    for pattern, line in [
        (r"Customer: ", "Li Na"),
        (r"A new customer called 'Li Na'\?", "y"),
        (r"Initiated by .*: ", ""),
        (r"Channel: ", "1"),
        (r"Started: ", "昨天 15:00"),
        (r"Subject: ", "Trial: a week"),
    ]:
        screen.answer(pattern, line)
    code, words = stop(screen, r"Core request: ")
    assert code == 130
    assert not (folder / "records" / "interactions").exists()
    (draft,) = (folder / ".commlog" / "drafts").iterdir()
    assert str(draft) in words
    assert draft.stat().st_mode & 0o077 == 0
    script = tmp_path / "fill.py"
    script.write_text(
        "import sys\npath = sys.argv[-1]\ntext = open(path, encoding='utf-8').read()\n"
        "for key in ('core_request', 'summary'):\n"
        "    text = text.replace(f'\\n{key}: \\n', f'\\n{key}: x\\n').replace(f'\\n{key}: |\\n  \\n', f'\\n{key}: |\\n  x\\n')\n"
        "open(path, 'w', encoding='utf-8').write(text)\n",
        encoding="utf-8",
    )
    # The log that is named in the call of these tests is named in the call that goes on.
    place = words.index("--log")
    assert words[place + 1] == str(folder)
    again = terminal(*words[:place], EDITOR=f"{sys.executable} {script}")
    code, out = again.finish()
    assert code == 0, again.shown
    record = record_of(folder, out)
    assert (record["customer"], record["subject"]) == ("li-na", "Trial: a week")
    assert record["started_at"] == "2026-03-15T15:00:00+08:00"
    assert [(item["action"], item["due"][:10]) for item in record["followups"]] == [("Ring back", "2026-03-19")]


def test_stopping_before_the_first_answer_keeps_nothing(terminal, folder):
    """Where nothing was answered there is no draft, and no call to go on with."""
    code, words = stop(terminal("create", "member"), r"Customer: ")
    assert (code, words) == (130, None)
    assert not (folder / ".commlog" / "drafts").exists()


def test_refused_answers_are_kept(terminal, folder):
    """Whoever does not want the editor for answers that do not fit finds them in a draft."""
    screen = terminal("create", "service")
    for pattern, line in [
        (r"Customer: ", "acme"),
        (r"Initiated by .*: ", ""),
        (r"Channel: ", "1"),
        (r"Started: ", ""),
        (r"Subject: ", "Tap"),
        (r"Scenario: ", "4"),
        (r"Problem: ", "It drips"),
        (r"request: ", "Repair"),
        (r"Summary: ", "s"),
        (r"Outcome: ", "待跟进"),
        (r"More fields\?", "n"),
        (r"Follow-up: ", ""),
        (r"in the editor\?", "n"),
    ]:
        screen.answer(pattern, line)
    assert screen.finish() == (3, "")
    assert "continue with: commlog create service --from" in screen.shown
    (draft,) = (folder / ".commlog" / "drafts").iterdir()
    assert "problem: It drips" in draft.read_text(encoding="utf-8")


def test_the_nouns_keep_answers_too(terminal, folder):
    """`issue create` and `customer create` keep what was answered, with what was given on the command line."""
    screen = terminal("issue", "create", "--set", "title=Belt", "--department", "R&D")
    screen.answer(r"Customer: ", "acme")
    code, words = stop(screen, r"Reported on: ")
    assert (code, words[:2]) == (130, ["create", "issue"])
    (draft,) = (folder / ".commlog" / "drafts").glob("issue-*")
    kept = yaml.load(draft.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    assert {key: kept[key] for key in ("customer", "title", "department")} == {
        "customer": "acme",
        "title": "Belt",
        "department": "R&D",
    }
    screen = terminal("customer", "create")
    screen.answer(r"Name: ", "Li Na")
    code, words = stop(screen, r": $")
    assert (code, words[:2]) == (130, ["create", "customer"])


def test_scores_given_so_far_are_in_the_call_that_goes_on(terminal, program):
    """Ctrl-C while a survey is asked for tells a call that records the scores given so far."""
    screen = terminal("survey", "record", "acme", "--period", "2026-Q1")
    screen.answer(r"\[1-5\]: ", "4")
    screen.answer(r"\[1-5\]: ", "5")
    code, words = stop(screen, r"\[1-5\]: ")
    assert code == 130
    assert "2026-Q1" in words
    done = program(*words[: words.index("--log")])
    assert done.returncode == 0, done.stderr.decode()


def test_a_number_is_nobodys_name(terminal, folder):
    """A phone number that nobody has asks what the new customer is called; Enter asks for the customer once more."""
    screen = terminal("create", "member")
    assert "phone number" in screen.answer(r"Customer: ", "139 0000 1234")
    screen.answer(r"name of the new customer, or Enter for none: ", "")
    screen.answer(r"Customer: ", "13900001234")
    screen.answer(r"name of the new customer, or Enter for none: ", "Li Na")
    for pattern, line in [
        (r"Initiated by .*: ", ""),
        (r"Channel: ", "1"),
        (r"Started: ", ""),
        (r"Subject: ", "s"),
        (r"Core request: ", "c"),
        (r"Summary: ", "s"),
        (r"More fields\?", "n"),
    ]:
        screen.answer(pattern, line)
    code, out = screen.finish()
    assert (code, record_of(folder, out)["customer"]) == (0, "li-na")


def test_yes_and_no_are_words(terminal, folder):
    """A field that is true or false shows its default in the language in use, and takes the answer in it."""
    screen = terminal("create", "member", "--language", "zh")
    for pattern, line in [
        (r"客户: ", "acme"),
        (r"发起方 .*: ", ""),
        (r"沟通渠道: ", "1"),
        (r"开始时间: ", ""),
        (r"主题: ", "s"),
        (r"诉求: ", "c"),
        (r"摘要: ", "s"),
        (r"字段[^\n]*: ", "y"),
    ]:
        screen.answer(pattern, line)
    while "是否接通" not in screen.expect(r"[^\s:]+( \[[^\]]*\])?: "):
        screen.type("")
    assert "[True]" not in screen.shown
    assert "是否接通 [是]: " in screen.shown
    screen.type("否")
    while True:
        try:
            screen.answer(r"[^\s:]+( \[[^\]]*\])?: ", "")
        except AssertionError:
            break
    code, out = screen.finish()
    assert (code, record_of(folder, out)["reached"]) == (0, "false")


def test_advice_is_plain_where_the_terminal_is(terminal):
    """No escape is sent to a terminal that knows none, or to somebody who wants no colour."""
    for variables in ({"TERM": "dumb"}, {"NO_COLOR": "1"}):
        screen = terminal("create", "member", **variables)
        assert "\x1b" not in screen.expect(r"Customer: ")
    assert "\x1b[2m" in terminal("create", "member").expect(r"Customer: ")
