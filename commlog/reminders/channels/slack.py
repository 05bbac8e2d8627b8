"""Incoming webhooks of Slack: text in which nothing is a mention or a link."""

from functools import partial
from typing import Final
from urllib.parse import quote

from commlog.messages import mark
from commlog.reminders.address import Address, resolve, server_of
from commlog.reminders.channels.robot import post_pieces
from commlog.reminders.connection import DeliveryError, Outside
from commlog.reminders.deliver import Message, plain_text_of, split_text
from commlog.reminders.http import check_status, post_json

LIMIT: Final = 30_000  # characters after escaping; the service cuts at 40,000

_SERVICE: Final = "Slack"
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def send(address: Address, message: Message, outside: Outside) -> None:
    """Post a digest to a webhook, named by its whole URL or by the part after `/services/`.

    Raises:
        DeliveryError: it was not taken.
    """
    (hook,) = resolve(address, outside.variables)
    url = hook
    if "://" not in hook:
        server = server_of("slack", outside.servers, outside.variables)
        path = hook.lstrip("/").removeprefix("services/")
        url = f"{server}/services/{quote(path, safe='/')}"
    pieces = split_text(plain_text_of(message), LIMIT, _cost)
    post_pieces(pieces, partial(_post, url, outside.timeout_seconds))


def _cost(text: str) -> int:
    return len(text.translate(_ESCAPES))


def _post(url: str, seconds: float, text: str) -> None:
    answer = post_json(url, {"text": text.translate(_ESCAPES)}, seconds)
    check_status(answer, _SERVICE)
    if answer.body.strip() != b"ok":
        raise DeliveryError(
            mark("{service} gave an answer that is not 'ok': {said}"),
            service=_SERVICE,
            said=answer.text or "''",
            remedy=mark("check the address and its secret"),
        )
