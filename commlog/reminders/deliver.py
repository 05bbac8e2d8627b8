"""One digest to one address, through the service it names."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from types import MappingProxyType
from typing import Final

from commlog.messages import mark
from commlog.reminders.address import Address, AddressError, parse_address
from commlog.reminders.notify_faults import DeliveryError
from commlog.reminders.notify_message import Message
from commlog.reminders.notify_outside import Outside, Secrets

Send = Callable[[Address, Message, Outside], None]

# Imported on use: a run that sends to a robot loads neither smtplib nor apprise.
_MODULES: Final[Mapping[str, str]] = MappingProxyType({
    "mailto": "mail",
    "wecom": "wecom",
    "dingtalk": "dingtalk",
    "feishu": "feishu",
    "slack": "slack",
    "webhook": "webhook",
    "apprise": "apprise_service",
})  # fmt: skip


def deliver(address_text: str, message: Message, outside: Outside) -> None:
    """Deliver a digest to an address as the settings have it; when this returns, the service has taken it.

    Raises:
        DeliveryError: it was not delivered, whatever the settings, the network or the server did. Its texts hold no
            secret.
    """
    try:
        address = parse_address(address_text)
    except AddressError as fault:
        # What cannot be read may be a secret.
        service = address_text.partition(":")[0]
        shown = f"{service}:…" if service in _MODULES else "…"
        raise fault.undelivered(shown) from None
    secrets = Secrets(outside.variables)
    send: Send = import_module(f"commlog.notify.{_MODULES[address.service]}").send
    try:
        send(address, _encodable(message), replace(outside, variables=secrets.look_up))
    except DeliveryError as fault:
        raise fault.addressed(address.text, secrets.hide) from None
    except AddressError as fault:
        raise fault.undelivered(address.text) from None
    except (OSError, ValueError) as fault:
        raise DeliveryError(mark("it failed: {kind}"), kind=type(fault).__name__, address=address.text) from None


def _encodable(message: Message) -> Message:
    """The message with marks for characters that are none (halves of a pair), which no encoding knows."""
    subject, text, html = (
        part.encode("utf-8", "replace").decode("utf-8") for part in (message.subject, message.text, message.html)
    )
    return replace(message, subject=" ".join(subject.split()), text=text, html=html)
