"""Group robots of DingTalk (钉钉): text messages, signed when the robot has a secret."""

import hmac
from base64 import b64encode
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import quote

from commlog.messages import mark
from commlog.reminders.address import Address, resolve, server_of
from commlog.reminders.channels.robot import WRONG_KEY, Dialect, check_answer, json_cost, key_of, post_pieces
from commlog.reminders.connection import Outside
from commlog.reminders.deliver import Message, plain_text_of, split_text
from commlog.reminders.http import post_json

LIMIT: Final = 19_500  # bytes of JSON; the service takes 20,000 in all

_SECURITY: Final = mark(
    "look at the robot's security settings: its secret ($TOKEN/$SECRET), this machine's clock, its key words,"
    " its addresses"
)
_TOO_MANY: Final = frozenset((130101, 130102, 90018, 90030))
_DIALECT: Final = Dialect(
    service="DingTalk",
    codes=("errcode",),
    words=("errmsg",),
    too_many=lambda code, _said: code in _TOO_MANY,
    remedies={310000: _SECURITY, 300001: WRONG_KEY, 40035: WRONG_KEY},
)


def send(address: Address, message: Message, outside: Outside) -> None:
    """Post a digest into a group; the message's instant must be the present, the service allows an hour.

    Raises:
        DeliveryError: it was not taken.
    """
    token, *secret = resolve(address, outside.variables)
    server = server_of("dingtalk", outside.servers, outside.variables)
    url = f"{server}/robot/send?access_token={key_of(token, _DIALECT.service)}"
    if secret:
        url += _signature(secret[0], message.at)
    pieces = split_text(plain_text_of(message), LIMIT, json_cost)
    post_pieces(pieces, partial(_post, url, outside.timeout_seconds))


def _signature(secret: str, at: datetime) -> str:
    """The end of a signed URL: milliseconds, and their signature, quoted once."""
    milliseconds = round(at.timestamp() * 1000)
    digest = hmac.digest(secret.encode("utf-8"), f"{milliseconds}\n{secret}".encode(), "sha256")
    return f"&timestamp={milliseconds}&sign={quote(b64encode(digest), safe='')}"


def _post(url: str, seconds: float, text: str) -> None:
    check_answer(post_json(url, {"msgtype": "text", "text": {"content": text}}, seconds), _DIALECT)
