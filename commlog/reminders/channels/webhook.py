"""Incoming webhooks: Slack's, whose text must name nobody and link to nothing, and plain ones, which get the digest as JSON."""

from functools import partial
from typing import Final
from urllib.parse import quote

from commlog.messages import mark
from commlog.reminders.channels.robot import post_pieces
from commlog.reminders.connection import DeliveryAddress, DeliveryContext, DeliveryError
from commlog.reminders.http import check_status, post_json
from commlog.reminders.message import Message, plain_text_of, split_text

_SLACK_LIMIT: Final = 30_000  # characters after escaping; the service cuts at 40,000
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def send_to_webhook(address: DeliveryAddress, message: Message, outside: DeliveryContext) -> None:
    """Post a digest as an object of `subject`, `text`, `html` (when there is some) and `at` (ISO 8601, with its offset).

    Raises:
        DeliveryError: the answer is not of status 200 to 299.
    """
    (url,) = outside.resolve(address)
    body = {"subject": message.subject, "text": message.text, "at": message.at.isoformat()}
    if message.html:
        body["html"] = message.html
    check_status(post_json(url, body, outside.timeout_seconds), "webhook")


def send_to_slack(address: DeliveryAddress, message: Message, outside: DeliveryContext) -> None:
    """Post a digest to a webhook, named by its whole URL or by the part after `/services/`.

    Raises:
        DeliveryError: it was not taken.
    """
    (hook,) = outside.resolve(address)
    url = hook
    if "://" not in hook:
        server = outside.server("slack", "https://hooks.slack.com")
        path = hook.lstrip("/").removeprefix("services/")
        url = f"{server}/services/{quote(path, safe='/')}"
    pieces = split_text(plain_text_of(message), _SLACK_LIMIT, _slack_cost)
    post_pieces(pieces, partial(_post_to_slack, url, outside.timeout_seconds))


def _slack_cost(text: str) -> int:
    return len(text.translate(_ESCAPES))


def _post_to_slack(url: str, seconds: float, text: str) -> None:
    answer = post_json(url, {"text": text.translate(_ESCAPES)}, seconds)
    check_status(answer, "Slack")
    if answer.body.strip() != b"ok":
        raise DeliveryError(
            mark("{service} gave an answer that is not 'ok': {said}"),
            service="Slack",
            said=answer.text or "''",
            remedy=mark("check the address and its secret"),
        )
