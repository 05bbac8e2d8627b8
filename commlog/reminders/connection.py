"""Connections to servers: which host is this machine, how long one lasts, and what their faults are called."""

import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from ipaddress import ip_address
from threading import Timer
from typing import Any, ClassVar, Final
from urllib.error import URLError
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from commlog.errors import CommlogError, ExitCode
from commlog.messages import mark, translate

Variables = Callable[[str], str | None]
"""From the name of a variable of the environment to its value; None when it is not set."""

DEFAULT_TIMEOUT: Final = 10.0  # seconds
PASSING: Final = mark("nothing is lost: the next run tries again")

_HIDDEN: Final = "***"
_LONGEST_QUOTE: Final = 200
# Shorter parts of a web address (v1, send) are words of its service.
_SHORTEST_SECRET: Final = 6


class DeliveryError(CommlogError):
    """A digest that was not delivered: the reason is the marked message, `address` the recipient as in the settings."""

    exit_code: ClassVar[ExitCode] = ExitCode.NOT_DELIVERED

    @property
    def address(self) -> str:
        """The recipient as written in the settings, without any secret; empty when it is not known yet."""
        return str(self.facts.get("address", ""))

    @property
    def reason(self) -> str:
        """Why it was not delivered, in the language in use."""
        reason = super().message
        if self.facts.get("done"):
            return translate("{reason} (sent {done} of {count} parts)").format(
                reason=reason, done=self.facts["done"], count=self.facts["count"]
            )
        return reason

    @property
    def message(self) -> str:
        """What is wrong, in the language in use."""
        if not self.address:
            return self.reason
        return translate("not delivered to {address}: {reason}").format(address=self.address, reason=self.reason)

    def addressed(self, address: str, hide: Callable[[str], str]) -> "DeliveryError":
        """The same failure with its recipient, and without what `hide` takes out of its facts."""
        facts = {name: hide(value) if isinstance(value, str) else value for name, value in self.facts.items()}
        return self._with({**facts, "address": address})

    def after(self, done: int, count: int) -> "DeliveryError":
        """The same failure of a message in several parts, of which some had been delivered."""
        return self._with({**self.facts, "done": done, "count": count})

    def _with(self, facts: dict[str, Any]) -> "DeliveryError":
        return DeliveryError(self._message, remedy=self._remedy, **facts)


@dataclass(frozen=True, slots=True)
class DeliveryAddress:
    """A recipient as the settings have it: its channel, and the parts after the colon: a mail address, or `$NAME`s."""

    channel: str
    parts: tuple[str, ...]


def parse_address(text: str) -> DeliveryAddress:
    """The parts of an address; the settings have checked that it is one."""
    channel, _, rest = text.partition(":")
    return DeliveryAddress(channel, (rest,) if "$" not in rest else tuple(rest.split("/")))


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """What a delivery needs from its surroundings; `sender` is the From of mails, empty for the default; the time limit is in seconds.

    `servers` gives, by channel (`smtp` for mail), the `$NAME` of a variable that holds the URL of its server.
    """

    variables: Variables
    servers: Mapping[str, str] = field(default_factory=dict)
    sender: str = ""
    timeout_seconds: float = DEFAULT_TIMEOUT

    def resolve(self, address: DeliveryAddress) -> tuple[str, ...]:
        """What the parts of an address stand for: the values of the variables, or the mail address itself.

        Raises:
            DeliveryError: a variable is not set, or cannot be what it is used for.
        """
        return tuple(map(self._value, address.parts))

    def server(self, channel: str, usual: str) -> str:
        """The base URL of a channel's server without a slash at its end: as the settings name it, else the usual one.

        Raises:
            DeliveryError: the variable is not set.
        """
        return self._value(self.servers.get(channel, usual)).rstrip("/")

    def _value(self, part: str) -> str:
        if not part.startswith("$"):
            return part
        name = part.removeprefix("$")
        value = (self.variables(name) or "").strip()
        if not value:
            raise DeliveryError(
                mark("the variable {name} is not set"),
                name=name,
                remedy=mark("set it in the environment of the command: in a crontab, on a line above it"),
            )
        if not value.isprintable():
            raise DeliveryError(
                mark("the variable {name} contains a line break or a control character"),
                name=name,
                remedy=mark("set it again, on one line"),
            )
        return value


def outside_of(notify: Mapping[str, Any], variables: Variables) -> DeliveryContext:
    """The world as the key `notify` of the settings describes it: `from`, `timeout` (seconds), and the servers by service."""
    return DeliveryContext(variables, notify, notify.get("from", ""), float(notify.get("timeout", DEFAULT_TIMEOUT)))


class SecretValues:
    """The values of variables that were asked for, and texts without them."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables
        self._values: set[str] = set()

    def look_up(self, name: str) -> str | None:
        """The value of a variable, from now on a secret."""
        value = self._variables(name)
        if value and value.strip():
            self._values.update(_forms_of(value.strip()))
        return value

    def hide(self, text: str) -> str:
        """One line of a text from outside: without secrets and control characters, at most 200 characters."""
        for secret in sorted(self._values, key=len, reverse=True):
            text = re.sub(re.escape(secret), _HIDDEN, text, flags=re.IGNORECASE)
        line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
        return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"


def _forms_of(value: str) -> Iterator[str]:
    """The ways in which a secret may come back: as it is, percent-encoded, decoded, in base64."""
    for secret in {value, *_parts_of(value)}:
        yield from {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), unquote(secret)}
        yield b64encode(secret.encode("utf-8", "replace")).decode("ascii")


def _parts_of(value: str) -> Iterator[str]:
    """What is secret in a path, or in a URL: the password, the path, and the values of its query; not the host."""
    if "://" not in value:
        yield from (part for part in value.split("/") if len(part) >= _SHORTEST_SECRET)
        return
    try:
        parts = urlsplit(value)
    except ValueError:
        return
    if parts.password:
        yield parts.password
    rest = [*parts.path.split("/"), parts.query, parts.fragment, *(item for _, item in parse_qsl(parts.query))]
    yield from (part for part in (parts.path.strip("/"), *rest) if len(part) >= _SHORTEST_SECRET)
    if parts.scheme not in {"http", "https", "smtp", "smtps"} and parts.netloc:
        # The URLs of apprise have tokens where others have users and hosts.
        yield from (part for part in re.split(r"[:@]", parts.netloc) if len(part) >= _SHORTEST_SECRET)


_CERTIFICATE: Final = mark("check the host's name; SSL_CERT_FILE names a file of certificates to trust")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


class TimeLimit:
    """The end of a conversation as a whole: servers that answer a little all the time are left, too."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._watched: Callable[[], socket.socket | None] | None = None
        self.timer = Timer(seconds, self._end)
        self.timer.daemon = True

    def watch(self, connection: Callable[[], socket.socket | None]) -> None:
        """Name the connection to be broken off."""
        self._watched = connection

    def _end(self) -> None:
        self.passed = True
        connection = self._watched() if self._watched else None
        if connection is not None:
            with suppress(OSError):
                # Not the method of an encrypted socket, which would take its state from under the reader.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


@contextmanager
def conversation(host: str, seconds: float, steps: int = 1) -> Iterator[TimeLimit]:
    """A conversation with a server, each step of which may take some seconds.

    Raises:
        DeliveryError: the connection failed, or it took too long.
    """
    limit = TimeLimit(seconds * steps)
    limit.timer.start()
    try:
        yield limit
    except (OSError, ValueError, HTTPException) as fault:
        if limit.passed:
            raise _network_fault(TimeoutError(), host, seconds) from None
        if isinstance(fault, URLError):
            raise _network_fault(
                fault.reason if isinstance(fault.reason, OSError) else OSError(), host, seconds
            ) from None
        if isinstance(fault, OSError):
            raise _network_fault(fault, host, seconds) from None
        raise
    finally:
        limit.timer.cancel()


def _network_fault(fault: OSError, host: str, seconds: float) -> DeliveryError:
    """The error for a connection that failed."""
    remedy, said = _CERTIFICATE, ""
    if isinstance(fault, TimeoutError):
        reason, remedy = mark("{host} gave no answer within {seconds} s"), PASSING
    elif isinstance(fault, ssl.SSLCertVerificationError):
        reason, said = mark("the certificate of {host} is not trusted: {said}"), fault.verify_message
    elif isinstance(fault, ssl.SSLError):
        reason, said = mark("no encrypted connection to {host}: {said}"), fault.reason or "TLS"
    else:
        reason, remedy = mark("no connection to {host}: {said}"), PASSING
        said = fault.strerror or str(fault) or type(fault).__name__
    return DeliveryError(reason, host=host, said=said, seconds=f"{seconds:g}", remedy=remedy)
