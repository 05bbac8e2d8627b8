"""A plain webhook: the digest as JSON to any URL."""

from typing import Final

from commlog.reminders.address import Address, resolve
from commlog.reminders.connection import Outside
from commlog.reminders.deliver import Message
from commlog.reminders.http import check_status, post_json

_SERVICE: Final = "webhook"


def send(address: Address, message: Message, outside: Outside) -> None:
    """Post a digest as an object of `subject`, `text`, `html` (when there is some) and `at` (ISO 8601, with its offset).

    Raises:
        DeliveryError: the answer is not of status 200 to 299.
    """
    (url,) = resolve(address, outside.variables)
    body = {"subject": message.subject, "text": message.text, "at": message.at.isoformat()}
    if message.html:
        body["html"] = message.html
    answer = post_json(url, body, outside.timeout_seconds)
    check_status(answer, _SERVICE)
