"""Asking at a terminal: the form field by field, choices by number and label, mistakes asked again."""

import os
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
    assert "'99' does not fit" in screen.answer(r"Channel: ", "phone")
    screen.answer(r"Started: ", "whenever")
    assert "'whenever' does not fit" in screen.answer(r"Started: ", "")
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
