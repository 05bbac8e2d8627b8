"""Connections to servers: which host is this machine, how long one lasts, and what their faults are called."""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from threading import Timer
from types import TracebackType
from typing import Final, Self

from commlog.messages import mark
from commlog.reminders.notify_faults import PASSING, DeliveryError

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
