"""`commlog doctor`: what is good, what is wrong, and what is only a hint."""

import json


def test_reminders_that_reach_nobody_are_a_hint(folder, program):
    """With no address anywhere the line is no tick, and tells its remedy; it is no mistake either."""
    lines = program("doctor").stdout.decode().splitlines()
    place = next(number for number, line in enumerate(lines) if "members who get reminders: 0 of 1" in line)
    assert lines[place].startswith("○ ")
    assert "notify" in lines[place + 1]
    (row,) = [row for row in json.loads(program("doctor", "--json").stdout) if row["topic"] == "reminders"]
    assert (row["good"], row["hint"], bool(row["remedy"])) == (True, True, True)


def test_reminders_that_reach_somebody_are_good(folder, program):
    """One member with an address is a tick without a remedy, as long as a lead has one."""
    settings = folder / "commlog.yaml"
    text = settings.read_text("utf-8").replace(
        "wang@example.com}", "wang@example.com, role: lead, notify: a@example.com}"
    )
    settings.write_text(text, "utf-8")
    (row,) = [row for row in json.loads(program("doctor", "--json").stdout) if row["topic"] == "reminders"]
    assert (row["good"], row["hint"], row["remedy"]) == (True, False, "")
