"""`commlog brief` in the shell."""

import json
from pathlib import Path
from typing import Any

PHONE = "contacts: [{name: 陈, phone: '13800000001'}]\ntaboos: [花生过敏]\n"


def give_phone(folder: Path) -> None:
    """Let the one customer have a phone number and a taboo."""
    path = folder / "records/customers/acme.yaml"
    path.write_text(path.read_text(encoding="utf-8") + PHONE, encoding="utf-8")


def test_a_ringing_number_finds_the_customer(program: Any, folder: Path) -> None:
    """The number as the telephone shows it is enough, and personal data stay masked until asked for."""
    give_phone(folder)
    masked = program("brief", "+86", "138-0000-0001")
    assert masked.returncode == 0
    text = masked.stdout.decode()
    assert "艾克米公司" in text and "138****0001" in text and "花生" not in text
    assert "TABOOS RECORDED: 1" in text
    assert "花生过敏" in program("brief", "acme", "--reveal").stdout.decode()


def test_json_is_one_object(program: Any, folder: Path) -> None:
    """The format for scripts holds the profile and every list, empty ones too."""
    give_phone(folder)
    told = json.loads(program("brief", "acme", "--format", "json").stdout)
    assert told["profile"]["id"] == "acme"
    assert told["follow_ups"] == [] and told["last_contact"] is None


def test_an_unknown_caller_is_not_found(program: Any, folder: Path) -> None:
    """A number nobody has ends with 4, nothing on stdout, and how to write the caller down."""
    answer = program("brief", "13999999999")
    assert (answer.returncode, answer.stdout) == (4, b"")
    assert b"unknown caller" in answer.stderr and b"customer create" in answer.stderr


def test_a_format_there_is_not_is_refused(program: Any, folder: Path) -> None:
    """A wrong format is a usage error."""
    assert program("brief", "acme", "--format", "csv").returncode == 2


def test_files_that_cannot_be_read_are_named(program: Any, folder: Path) -> None:
    """A brief that a broken record may be missing from says so, and its code too."""
    path = folder / "records/interactions/2026/03/20260301-aaaaaa.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("id: [", encoding="utf-8")
    answer = program("brief", "acme")
    assert answer.returncode == 6
    assert "艾克米公司" in answer.stdout.decode() and b"20260301-aaaaaa" in answer.stderr
