"""Addresses as the settings have them, and the variables behind them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commlog.errors import ExitCode
from commlog.reminders.address import AddressError, check_servers, outside_of, parse_address, resolve, server_of
from commlog.reminders.connection import DeliveryError, Outside
from commlog.reminders.deliver import deliver


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
    assert (address.service, address.parts, address.text) == (service, parts, text)


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
def test_a_literal_secret_is_refused_and_not_repeated(text, message):
    """A secret in the file is refused, in words that do not show it, by the parser and by a delivery."""
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    shown = f"{caught.value} {caught.value.facts} {caught.value.remedy}"
    with pytest.raises(DeliveryError) as failed:
        deliver(text, message, Outside({}.get))
    shown += f"{failed.value} {failed.value.facts}"
    assert "hunter2" not in shown.lower()
    assert caught.value.exit_code == ExitCode.INVALID
    assert failed.value.exit_code == ExitCode.NOT_DELIVERED
    assert "mailto:NAME@HOST" in failed.value.remedy


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
        "wang@example.com",
    ],
)
def test_what_is_no_address_is_refused_with_the_forms(text):
    """Everything else is refused, and told what there is."""
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert caught.value.message
    assert "mailto:NAME@HOST" in caught.value.remedy


@given(st.text(max_size=60))
def test_no_text_crashes_the_parser(text):
    """Any text is an address or an error."""
    try:
        assert parse_address(text).text == text
    except AddressError as fault:
        assert fault.message


@pytest.mark.parametrize("value", [None, "", "  ", "\n"])
def test_an_unset_variable_is_named(value):
    """A variable that is not set, or empty, is named in the error."""
    with pytest.raises(DeliveryError, match="DING_SECRET is not set"):
        resolve(parse_address("dingtalk:$DING/$DING_SECRET"), {"DING": "x", "DING_SECRET": value}.get)


def test_a_variable_of_two_lines_is_refused():
    """A value with a line break inside is an error; one at its end is not part of it."""
    address = parse_address("wecom:$KEY")
    with pytest.raises(DeliveryError, match="KEY holds a line break"):
        resolve(address, {"KEY": "one\ntwo"}.get)
    assert resolve(address, {"KEY": "one\n"}.get) == ("one",)


def test_servers_are_named_by_variables():
    """A server is its own default, or what the variable of the settings holds; never a host in the file."""
    assert server_of("wecom", {}, {}.get) == "https://qyapi.weixin.qq.com"
    assert server_of("feishu", {"feishu": "$LARK"}, {"LARK": "https://open.larksuite.com/"}.get) == (
        "https://open.larksuite.com"
    )
    with pytest.raises(AddressError, match=r"notify\.slack"):
        check_servers({"slack": "https://relay.example.com"})
    with pytest.raises(DeliveryError, match="LARK is not set"):
        server_of("feishu", {"feishu": "$LARK"}, {}.get)


def test_the_settings_are_the_world_of_a_delivery():
    """Sender, time limit and servers are taken from the settings; ten seconds without them."""
    variables = {"URL": "x"}.get
    world = outside_of({"from": "bot@example.com", "timeout": "30", "smtp": "$URL"}, variables)
    assert (world.sender, world.timeout_seconds, world.servers["smtp"]) == ("bot@example.com", 30.0, "$URL")
    assert outside_of({}, variables).timeout_seconds == 10.0


@pytest.mark.parametrize("text", ["0", "301", "-1", "ten", "1.5", "１", "9" * 5000])
def test_a_time_limit_is_whole_seconds(text):
    """Anything but 1 to 300 seconds is refused, and told what there is."""
    with pytest.raises(AddressError, match=r"notify\.timeout") as caught:
        outside_of({"timeout": text}, {}.get)
    assert "1 to 300" in caught.value.remedy


def test_a_server_in_the_settings_fails_a_delivery(message):
    """A delivery with a host in the settings is a failure like any other."""
    with pytest.raises(DeliveryError, match=r"notify\.wecom"):
        deliver("wecom:$KEY", message, Outside({"KEY": "x"}.get, {"wecom": "https://relay.example.com"}))
