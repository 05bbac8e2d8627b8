"""The section `notify` of the settings, made into what a delivery is told of the world."""

from collections.abc import Mapping
from typing import Final

from commlog.messages import mark
from commlog.reminders.address import AddressError, check_servers
from commlog.reminders.notify_outside import DEFAULT_TIMEOUT, Outside, Variables

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
