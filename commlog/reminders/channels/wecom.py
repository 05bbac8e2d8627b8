"""Group robots of WeCom (企业微信): text messages of at most 2,048 bytes."""

from functools import partial
from typing import Final

from commlog.reminders.address import Address, resolve, server_of
from commlog.reminders.channels.robot import WRONG_KEY, Dialect, check_answer, key_of, post_pieces
from commlog.reminders.connection import Outside
from commlog.reminders.deliver import Message, plain_text_of, split_text
from commlog.reminders.http import post_json

LIMIT: Final = 2_048  # bytes of UTF-8

_TOO_MANY: Final = frozenset((45009, 45033))
_DIALECT: Final = Dialect(
    service="WeCom",
    codes=("errcode",),
    words=("errmsg",),
    too_many=lambda code, _said: code in _TOO_MANY,
    remedies={93000: WRONG_KEY, 40058: WRONG_KEY},
)


def send(address: Address, message: Message, outside: Outside) -> None:
    """Post a digest into a group.

    Raises:
        DeliveryError: it was not taken.
    """
    (key,) = resolve(address, outside.variables)
    server = server_of("wecom", outside.servers, outside.variables)
    url = f"{server}/cgi-bin/webhook/send?key={key_of(key, _DIALECT.service)}"
    post_pieces(split_text(plain_text_of(message), LIMIT), partial(_post, url, outside.timeout_seconds))


def _post(url: str, seconds: float, text: str) -> None:
    check_answer(post_json(url, {"msgtype": "text", "text": {"content": text}}, seconds), _DIALECT)
