"""All services that apprise knows, for those who have installed it."""

import logging
import warnings
from typing import TYPE_CHECKING, Final

from commlog.messages import mark
from commlog.reminders.connection import DeliveryAddress, DeliveryContext, DeliveryError
from commlog.reminders.message import Message

if TYPE_CHECKING:
    from apprise import NotifyBase

# These answer HTTP 200 with an error in the body, which apprise takes for success.
_OWN: Final = {"wecombot": "wecom:", "dingtalk": "dingtalk:", "feishu": "feishu:", "lark": "feishu:"}


def send_through_apprise(address: DeliveryAddress, message: Message, outside: DeliveryContext) -> None:
    """Hand a digest to apprise.

    Raises:
        DeliveryError: apprise is not installed, does not know the URL, or reports a failure.
    """
    (url,) = outside.resolve(address)
    scheme = url.partition("://")[0].lower()
    if scheme in _OWN:
        raise DeliveryError(
            mark("apprise does not notice when {scheme} refuses a message"),
            scheme=scheme,
            own=_OWN[scheme],
            remedy=mark("write an address that opens with {own}"),
        )
    try:
        # What it warns of is for those who write it.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            delivered = _service_of(url, outside.timeout_seconds).notify(body=message.text, title=message.subject)
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as fault:
        raise DeliveryError(mark("apprise failed: {kind}"), kind=type(fault).__name__) from None
    if not delivered:
        raise DeliveryError(
            mark("apprise reports that it was not delivered"), remedy=mark("`apprise -vv -b test URL` shows why")
        )


def _service_of(url: str, seconds: float) -> "NotifyBase":
    try:
        from apprise import Apprise
    except ImportError:
        raise DeliveryError(
            mark("apprise is not installed"), remedy=mark('install it: pip install "commlog[notify]"')
        ) from None
    # Without a handler its warnings, and what is in them, would reach the terminal.
    logging.getLogger("apprise").addHandler(logging.NullHandler())
    service = Apprise.instantiate(url, suppress_exceptions=True)
    if service is None:
        raise DeliveryError(
            mark("apprise does not recognize the content of the variable"),
            remedy=mark("write one URL of a service: https://github.com/caronc/apprise/wiki"),
        )
    service.socket_connect_timeout = seconds
    service.socket_read_timeout = seconds
    return service
