"""`commlog reopen`: why a follow-up is opened again is its reason, as with an issue."""

import pytest


@pytest.fixture
def address(program):
    """A follow-up that is done."""
    words = ["customer=acme", "channel=phone", "subject=s", "summary=s", "core_request=c"]
    made = program("create", "member", *(part for word in words for part in ("--set", word)), "-f", "call; due=3wd")
    found = f"{made.stdout.decode().strip()}/1"
    assert program("done", found, "--result", "rung").returncode == 0
    return found


def test_the_reason_stands_in_the_history(program, address):
    """--reason opens it again, and is what the history says."""
    done = program("reopen", address, "--reason", "nobody answered", "--due", "2026-03-20")
    assert (done.returncode, done.stdout.decode().strip()) == (0, address)
    shown = program("show", address.partition("/")[0]).stdout.decode()
    assert "nobody answered" in shown


@pytest.mark.parametrize("words", [[], ["--reason", " "]])
def test_without_a_reason_it_stays_done(program, address, words):
    """Nothing is opened again for no reason; what is missing is named."""
    done = program("reopen", address, *words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert "--reason" in done.stderr.decode()
