"""Members in the settings: addresses, absences and roles, each mistake at its line."""

from datetime import date
from pathlib import Path

import pytest

from commlog.errors import InvalidError
from commlog.log.log import read_settings
from commlog.log.settings import Settings
from commlog.reminders.connection import parse_address
from commlog.reminders.deliver import CHANNELS

GOOD = [
    "mailto:wang@example.com",
    "wecom:$KEY",
    "dingtalk:$TOKEN",
    "dingtalk:$TOKEN/$SECRET",
    "feishu:$TOKEN/$SECRET",
    "slack:$HOOK",
    "webhook:$URL",
    "apprise:$URL_2",
]
BAD = [
    "wang@",
    "wecom:693a91f6-7xxx",
    "sms:$KEY",
    "mailto:",
    "wecom:$KEY/$SECRET",
    "webhook:https://example.com",
    "$KEY",
    "",
]


def settings_of(folder: Path, member: str) -> Settings:
    (folder / "commlog.yaml").write_text(f"timezone: UTC\nmembers:\n  - id: wang\n{member}", encoding="utf-8")
    return read_settings(folder)


@pytest.mark.parametrize("address", GOOD)
def test_an_address_of_the_settings_is_one_delivery_takes(tmp_path, address):
    """Every kind of address passes the settings and is understood by delivery."""
    assert settings_of(tmp_path, f"    notify: '{address}'\n").members[0].notify == (address,)
    assert parse_address(address).channel in CHANNELS


@pytest.mark.parametrize("address", [text for text in BAD if text])
def test_a_bad_address_is_named_at_its_line_and_not_repeated(tmp_path, address):
    """A text that is no address is an error at its line, which does not show what may be a secret."""
    with pytest.raises(InvalidError) as raised:
        settings_of(tmp_path, f"    notify:\n      - mailto:a@b.c\n      - '{address}'\n")
    (problem,) = raised.value.problems
    assert (problem.line, problem.field) == (6, "members[0].notify[1]")
    assert "693a91f6" not in problem.message + problem.remedy


def test_a_bare_mail_address_is_one_for_mail(tmp_path):
    """A member's plain mail address needs no service before it."""
    assert settings_of(tmp_path, "    notify: wang@example.com\n").members[0].notify == ("mailto:wang@example.com",)


def test_every_service_has_an_address_that_passes():
    """No service of delivery is missing among the addresses the settings take."""
    assert {address.partition(":")[0] for address in GOOD} == set(CHANNELS)


def test_absences_are_days_first_and_last_included(tmp_path):
    """Someone is away on the first and on the last day of an absence, and on no other."""
    away = "    role: lead\n    away: [{from: 2026-03-16, to: 2026-03-17, note: 培训}]\n"
    member = settings_of(tmp_path, away).leads[0]
    days = [member.absence_on(date(2026, 3, day)) is not None for day in (15, 16, 17, 18)]
    assert days == [False, True, True, False]


@pytest.mark.parametrize(
    ("away", "line"),
    [
        ("    away: tomorrow\n", 4),
        ("    away: [{from: 2026-03-17, to: 2026-03-16}]\n", 4),
        ("    away:\n      - from: 2026-03-17\n", 5),
        ("    away:\n      - {from: 2026-02-30, to: 2026-03-01}\n", 5),
        ("    role: boss\n", 4),
    ],
)
def test_a_wrong_absence_or_role_is_named_at_its_line(tmp_path, away, line):
    """An absence that ends before it begins, lacks an end or is no date is an error at its line; so is an unknown role."""
    with pytest.raises(InvalidError) as raised:
        settings_of(tmp_path, away)
    assert raised.value.problems[0].line == line


@pytest.mark.parametrize("name", ["", "  "])
def test_nobody_is_called_nothing(tmp_path, name):
    """An empty name is no member's, also where a member has no e-mail address, and stays what it is as an id."""
    settings = settings_of(tmp_path, "    name: Wang\n")
    assert settings.members[0].email == ""
    assert settings.find_member(name) is None
    assert settings.member_id(name) == name
