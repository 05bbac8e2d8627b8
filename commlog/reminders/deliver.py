"""One digest to one address, through the channel it names."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Final

from commlog.messages import mark
from commlog.reminders.connection import DeliveryAddress, DeliveryContext, DeliveryError, SecretValues, parse_address
from commlog.reminders.message import Message

# The function that sends through a channel, as `module:name`, by what its addresses open with. A new channel is a row here.
# It is loaded on use: a run that sends to a robot loads neither smtplib nor apprise.
CHANNELS: Final[Mapping[str, str]] = {
    "mailto": "commlog.reminders.channels.mail:send_mail",
    "wecom": "commlog.reminders.channels.robot:send_to_wecom",
    "dingtalk": "commlog.reminders.channels.robot:send_to_dingtalk",
    "feishu": "commlog.reminders.channels.robot:send_to_feishu",
    "slack": "commlog.reminders.channels.robot:send_to_slack",
    "webhook": "commlog.reminders.channels.robot:send_to_webhook",
    "apprise": "commlog.reminders.channels.apprise_service:send_through_apprise",
}


def deliver(address_text: str, message: Message, outside: DeliveryContext) -> None:
    """Deliver a digest to an address as the settings have it; when this returns, the service has taken it.

    Raises:
        DeliveryError: it was not delivered, whatever the settings, the network or the server did. Its texts hold no
            secret.
    """
    address = parse_address(address_text)
    secrets = SecretValues(outside.variables)
    module, _, name = CHANNELS[address.channel].partition(":")
    send: Callable[[DeliveryAddress, Message, DeliveryContext], None] = getattr(import_module(module), name)
    try:
        send(address, _encodable(message), replace(outside, variables=secrets.look_up))
    except DeliveryError as fault:
        raise fault.addressed(address_text, secrets.hide) from None
    except (OSError, ValueError) as fault:
        raise DeliveryError(mark("it failed: {kind}"), kind=type(fault).__name__, address=address_text) from None


def _encodable(message: Message) -> Message:
    """The message with marks for characters that are none (halves of a pair), which no encoding knows."""
    subject, text, html = (
        part.encode("utf-8", "replace").decode("utf-8") for part in (message.subject, message.text, message.html)
    )
    return replace(message, subject=" ".join(subject.split()), text=text, html=html)
