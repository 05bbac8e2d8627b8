"""What a delivery is told of the world: the environment, the servers, the sender, how long to wait."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

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
