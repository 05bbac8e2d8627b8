"""Connections to servers: which host is this machine, how long one lasts, and what their faults are called."""

import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import Timer
from types import TracebackType
from typing import Any, ClassVar, Final, Self
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from commlog.errors import CommlogError, ExitCode
from commlog.messages import mark, translate

PASSING: Final = mark("nothing is lost: the next run tries again")


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
            return translate("{reason} (after {done} of {count} parts)").format(reason=reason, **self._parts())
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

    def _parts(self) -> dict[str, object]:
        return {"done": self.facts["done"], "count": self.facts["count"]}


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
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True

    def watch(self, connection: Callable[[], socket.socket | None]) -> None:
        """Name the connection to be broken off."""
        self._watched = connection

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.passed = True
        connection = self._watched() if self._watched else None
        if connection is not None:
            with suppress(OSError):
                # Not the method of an encrypted socket, which would take its state from under whoever reads.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


def timed_out(host: str, seconds: float) -> DeliveryError:
    """The error for a server that takes too long."""
    return DeliveryError(
        mark("{host} gave no answer within {seconds} s"), host=host, seconds=f"{seconds:g}", remedy=PASSING
    )


def network_fault(fault: OSError, host: str, seconds: float) -> DeliveryError:
    """The error for a connection that failed."""
    if isinstance(fault, TimeoutError):
        return timed_out(host, seconds)
    if isinstance(fault, ssl.SSLCertVerificationError):
        return DeliveryError(
            mark("the certificate of {host} is not trusted: {said}"),
            host=host,
            said=fault.verify_message,
            remedy=_CERTIFICATE,
        )
    if isinstance(fault, ssl.SSLError):
        return DeliveryError(
            mark("no encrypted connection to {host}: {said}"),
            host=host,
            said=fault.reason or "TLS",
            remedy=_CERTIFICATE,
        )
    return DeliveryError(
        mark("no connection to {host}: {said}"),
        host=host,
        said=fault.strerror or str(fault) or type(fault).__name__,
        remedy=PASSING,
    )


Variables = Callable[[str], str | None]
"""From the name of a variable of the environment to its value; None when it is not set."""

Servers = Mapping[str, str]
"""From `smtp`, `wecom`, `dingtalk`, `feishu` or `slack` to the `$NAME` of a variable that holds its URL."""

DEFAULT_TIMEOUT: Final = 10.0  # seconds

_HIDDEN: Final = "***"
_LONGEST_QUOTE: Final = 200
# Shorter parts of a web address (v1, send) are words of its service.
_SHORTEST_SECRET: Final = 6


@dataclass(frozen=True, slots=True)
class Outside:
    """The world of one delivery; `sender` is the From of mails, empty for the default; the time limit is in seconds."""

    variables: Variables
    servers: Servers = field(default_factory=dict)
    sender: str = ""
    timeout_seconds: float = DEFAULT_TIMEOUT


class Secrets:
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
