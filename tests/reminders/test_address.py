"""Addresses as the settings have them, and the variables behind them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commlog.errors import InvalidError
from commlog.log.settings_faults import parse_settings
from commlog.reminders.connection import DeliveryContext, DeliveryError, outside_of, parse_address


def notify_of(address: str) -> tuple[str, ...]:
    """The addresses of a member whose settings have this one."""
    settings = {"timezone": "UTC", "members": [{"id": "wang", "notify": [address]}]}
    raws = {"commlog.yaml": json.dumps(settings).encode(), "calendar.yaml": b""}
    return parse_settings(raws).members[0].notify


@pytest.mark.parametrize(
    ("text", "service", "parts"),
    [
        ("mailto:wang@example.com", "mailto", ("wang@example.com",)),
        ("mailto:wang.fang+log@例子.cn", "mailto", ("wang.fang+log@例子.cn",)),
        ("wecom:$WECOM_KEY", "wecom", ("$WECOM_KEY",)),
        ("dingtalk:$TOKEN", "dingtalk", ("$TOKEN",)),
        ("dingtalk:$TOKEN/$SECRET", "dingtalk", ("$TOKEN", "$SECRET")),
        ("feishu:$TOKEN/$SECRET_2", "feishu", ("$TOKEN", "$SECRET_2")),
        ("slack:$SLACK_HOOK", "slack", ("$SLACK_HOOK",)),
        ("webhook:$HOOK_URL", "webhook", ("$HOOK_URL",)),
        ("apprise:$APPRISE_URL", "apprise", ("$APPRISE_URL",)),
    ],
)
def test_an_address_names_a_service_and_its_variables(text, service, parts):
    """Every form is read as what it says."""
    address = parse_address(text)
    assert (address.channel, address.parts) == (service, parts)


@pytest.mark.parametrize(
    "text",
    [
        "wecom:693a91f6hunter2",
        "wecom:$WECOM_KEY hunter2",
        "wecom:$wecom_hunter2",
        "wecom:${HUNTER2}",
        "slack:$HOOK hunter2",
        "dingtalk:$TOKEN/SEChunter2",
        "slack:https://hooks.slack.com/services/T0/B0/hunter2",
        "webhook:https://example.com/hunter2",
        "https://hooks.slack.com/services/T0/B0/hunter2",
        "apprise:tgram://hunter2/1",
        "hunter2",
        "hunter2hunter2hunter2:x",
    ],
)
def test_a_literal_secret_is_refused_and_not_repeated(text):
    """A secret in the file is refused, in words that do not show it and that name what there is."""
    with pytest.raises(InvalidError) as caught:
        notify_of(text)
    (problem,) = caught.value.problems
    shown = f"{caught.value} {problem.message} {problem.remedy} {problem.facts}"
    assert "hunter2" not in shown.lower()
    assert "mailto:NAME@HOST" in problem.remedy


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "mailto:",
        "mailto:wang",
        "mailto:wang@",
        "mailto:@example.com",
        "mailto:王芳@example.com",
        "mailto:a@b\r\nBcc: c@d",
        "mailto:a@b,c@d",
        "mailto:Wang <a@b.com>",
        "mailto:a@b?subject=x",
        "mailto: a@b.com",
        "mailto:a@b..com",
        "mailto:" + "a" * 250 + "@b.com",
        "wecom:",
        "wecom:$A/$B",
        "dingtalk:$A/$B/$C",
        "dingtalk:$A/",
        "telegram:$TOKEN",
        "MAILTO:a@b.com",
    ],
)
def test_what_is_no_address_is_refused_with_the_forms(text):
    """Everything else is refused, and told what there is."""
    with pytest.raises(InvalidError) as caught:
        notify_of(text)
    (problem,) = caught.value.problems
    assert problem.message
    assert text.strip() == "" or "mailto:NAME@HOST" in problem.remedy


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_an_error(text):
    """What the settings take is an address delivery knows; everything else is refused."""
    try:
        (address,) = notify_of(text)
    except InvalidError as fault:
        assert fault.problems
    else:
        assert address in {text, f"mailto:{text}"}
        assert parse_address(address).parts[0]


@pytest.mark.parametrize("value", [None, "", "  ", "\n"])
def test_an_unset_variable_is_named(value):
    """A variable that is not set, or empty, is named in the error."""
    with pytest.raises(DeliveryError, match="DING_SECRET is not set"):
        DeliveryContext({"DING": "x", "DING_SECRET": value}.get).resolve(parse_address("dingtalk:$DING/$DING_SECRET"))


def test_a_variable_of_two_lines_is_refused():
    """A value with a line break inside is an error; one at its end is not part of it."""
    address = parse_address("wecom:$KEY")
    with pytest.raises(DeliveryError, match="KEY contains a line break"):
        DeliveryContext({"KEY": "one\ntwo"}.get).resolve(address)
    assert DeliveryContext({"KEY": "one\n"}.get).resolve(address) == ("one",)


def test_servers_are_named_by_variables():
    """A server is the usual one, or what the variable of the settings holds, without a slash at its end."""
    usual = "https://open.feishu.cn"
    assert DeliveryContext({}.get).server("feishu", usual) == usual
    lark = DeliveryContext({"LARK": "https://open.larksuite.com/"}.get, {"feishu": "$LARK"})
    assert lark.server("feishu", usual) == "https://open.larksuite.com"
    with pytest.raises(DeliveryError, match="LARK is not set"):
        DeliveryContext({}.get, {"feishu": "$LARK"}).server("feishu", usual)


def test_the_settings_are_the_world_of_a_delivery():
    """Sender, time limit and servers are taken from the settings; ten seconds without them."""
    variables = {"URL": "x"}.get
    world = outside_of({"from": "bot@example.com", "timeout": 30, "smtp": "$URL"}, variables)
    assert (world.sender, world.timeout_seconds, world.servers["smtp"]) == ("bot@example.com", 30.0, "$URL")
    assert outside_of({}, variables).timeout_seconds == 10.0


@pytest.mark.parametrize(
    "notify",
    [
        *({"timeout": value} for value in (0, 301, -1, "ten", "30", 1.5, True)),
        {"slack": "https://relay.example.com"},
        {"smtp": "smtp://host"},
        {"wecom": "$lower"},
    ],
)
def test_a_wrong_time_limit_or_a_server_in_the_file_is_refused(notify):
    """Anything but 1 to 300 whole seconds, and a server that is not behind a variable, is a mistake in the settings."""
    settings = json.dumps({"timezone": "UTC", "notify": notify}).encode()
    with pytest.raises(InvalidError) as caught:
        parse_settings({"commlog.yaml": settings, "calendar.yaml": b""})
    assert [problem.field for problem in caught.value.problems] == [f"notify.{next(iter(notify))}"]
