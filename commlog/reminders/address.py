"""An address as the settings have it: which service, and where its secret is found."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from commlog.errors import InvalidError
from commlog.messages import mark
from commlog.reminders.connection import DEFAULT_TIMEOUT, DeliveryError, Outside, Servers, Variables

MAIL: Final = "mailto"
# How many parts an address of a service has, at least and at most.
SERVICES: Final[Mapping[str, tuple[int, int]]] = MappingProxyType({
    MAIL: (1, 1),
    "wecom": (1, 1),
    "dingtalk": (1, 2),
    "feishu": (1, 2),
    "slack": (1, 1),
    "webhook": (1, 1),
    "apprise": (1, 1),
})  # fmt: skip
# Where a service is reached when the settings name no other place.
DEFAULT_SERVERS: Final[Mapping[str, str]] = MappingProxyType({
    "smtp": "$COMMLOG_SMTP_URL",
    "wecom": "https://qyapi.weixin.qq.com",
    "dingtalk": "https://oapi.dingtalk.com",
    "feishu": "https://open.feishu.cn",
    "slack": "https://hooks.slack.com",
})  # fmt: skip

_VARIABLE: Final = re.compile(r"\$([A-Z_][A-Z0-9_]*)")
_MAIL_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+)*")
_MAIL_HOST: Final = re.compile(r"[^\W_](?:[\w.-]*[^\W_])?")
_WORD: Final = re.compile(r"[a-z]{1,12}")
_LONGEST_MAIL: Final = 254
_FORMS: Final = mark(
    "write mailto:NAME@HOST, wecom:$KEY, dingtalk:$TOKEN, dingtalk:$TOKEN/$SECRET, feishu:$TOKEN,"
    " feishu:$TOKEN/$SECRET, slack:$HOOK, webhook:$URL or apprise:$URL; $KEY and the like are names of variables of"
    " the environment, in capital letters"
)
_IN_GIT: Final = mark("a secret does not belong into a file in git: write $NAME, the name of a variable")


class AddressError(InvalidError):
    """An address, or a server of the settings, that cannot be meant; its text never repeats what may be a secret."""

    def undelivered(self, address: str) -> DeliveryError:
        """The same fault as the reason why nothing was delivered to an address."""
        facts: dict[str, Any] = {**self.facts, "address": address}
        return DeliveryError(self._message, remedy=self._remedy, **facts)


@dataclass(frozen=True, slots=True)
class Address:
    """A recipient: its service, the parts after the colon, and the text they were read from."""

    service: str
    parts: tuple[str, ...]
    text: str


def parse_address(text: str) -> Address:
    """The address that a text of the settings names.

    Raises:
        AddressError: there is no such service, or a part is not what it takes.
    """
    service, colon, rest = text.partition(":")
    if not colon:
        if is_mail_address(text):
            raise AddressError(mark("'{value}' has no service: write mailto:{value}"), value=text, remedy=_FORMS)
        raise AddressError(mark("an address opens with its service and a colon"), remedy=_FORMS)
    if service not in SERVICES:
        # What stands there may be a secret, or an address in which there is one.
        shown = service if _WORD.fullmatch(service) else "…"
        raise AddressError(mark("'{service}' is not a service to deliver through"), service=shown, remedy=_FORMS)
    if service == MAIL:
        if not is_mail_address(rest):
            raise AddressError(mark("'{value}' is not a mail address"), value=rest, remedy=_FORMS)
        return Address(service, (rest,), text)
    parts = tuple(rest.split("/"))
    if not all(_VARIABLE.fullmatch(part) for part in parts):
        raise AddressError(_IN_GIT, remedy=_FORMS)
    least, most = SERVICES[service]
    if not least <= len(parts) <= most:
        raise AddressError(mark("{service}: takes {most} at most"), service=service, most=most, remedy=_FORMS)
    return Address(service, parts, text)


def is_mail_address(text: str) -> bool:
    """Whether a text is one plain mail address: no name, no brackets, nothing that could end a header."""
    local, at, host = text.rpartition("@")
    if not at or len(text) > _LONGEST_MAIL or not _MAIL_LOCAL.fullmatch(local) or not _MAIL_HOST.fullmatch(host):
        return False
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def resolve(address: Address, variables: Variables) -> tuple[str, ...]:
    """What the parts of an address stand for: the values of the variables, or the mail address itself.

    Raises:
        DeliveryError: a variable is not set, or cannot be what it is used for.
    """
    if address.service == MAIL:
        return address.parts
    return tuple(_value(part, variables) for part in address.parts)


def check_servers(servers: Servers) -> None:
    """Refuse settings of delivery that cannot be meant.

    Raises:
        AddressError: a host is named in the file itself instead of through the environment.
    """
    for service in DEFAULT_SERVERS:
        if service in servers and not _VARIABLE.fullmatch(servers[service]):
            raise AddressError(
                mark("notify.{service} names a variable of the environment: write $NAME"), service=service
            )


def server_of(service: str, servers: Servers, variables: Variables) -> str:
    """The base URL of a service without a slash at its end: as the settings name it, else its own.

    Raises:
        AddressError: the settings name a host instead of a variable.
        DeliveryError: the variable is not set.
    """
    check_servers(servers)
    named = servers.get(service, DEFAULT_SERVERS[service])
    return (_value(named, variables) if _VARIABLE.fullmatch(named) else named).rstrip("/")


def _value(part: str, variables: Variables) -> str:
    name = part.removeprefix("$")
    value = (variables(name) or "").strip()
    if not value:
        raise DeliveryError(
            mark("the variable {name} is not set"),
            name=name,
            remedy=mark("set it in the environment of the command: in a crontab, on a line above it"),
        )
    if not value.isprintable():
        raise DeliveryError(
            mark("the variable {name} holds a line break or a control character"),
            name=name,
            remedy=mark("set it anew, in one line"),
        )
    return value


LONGEST_TIMEOUT: Final = 300  # seconds


def outside_of(notify: Mapping[str, str], variables: Variables) -> Outside:
    """The world as `notify` describes it: `from`, `timeout` (seconds), and the servers by service.

    Raises:
        AddressError: a host stands in the file itself, or the time limit is no number of seconds.
    """
    check_servers(notify)
    return Outside(variables, notify, notify.get("from", ""), _seconds_of(notify.get("timeout", "")))


def _seconds_of(text: str) -> float:
    if not text:
        return DEFAULT_TIMEOUT
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= LONGEST_TIMEOUT):
        raise AddressError(
            mark("notify.timeout is '{value}'"),
            value=text,
            remedy=mark("write whole seconds, from 1 to {longest}"),
            longest=LONGEST_TIMEOUT,
        )
    return float(text)
