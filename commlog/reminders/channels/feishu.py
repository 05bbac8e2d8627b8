"""Group robots of Feishu (飞书) and Lark: text messages, signed when the robot has a secret."""

import hmac
import re
from base64 import b64encode
from datetime import datetime
from functools import partial
from typing import Final

from commlog.messages import mark
from commlog.reminders.address import Address, resolve, server_of
from commlog.reminders.channels.robot import WRONG_KEY, Dialect, check_answer, json_cost, key_of, post_pieces
from commlog.reminders.connection import Outside
from commlog.reminders.deliver import Message, plain_text_of, split_text
from commlog.reminders.http import post_json

LIMIT: Final = 19_500  # bytes of JSON; the service takes a body of 20 KB

# Text may name people to be called (`<at user_id="all">`); a customer's words must not.
_CALL: Final = re.compile(r"<(?=\s*/?\s*at\b)", re.IGNORECASE)
_SIGNATURE: Final = mark("the signature does not fit: check the secret ($TOKEN/$SECRET) and this machine's clock")
_KEY_WORDS: Final = mark("the robot asks for a key word: take it away, or choose one that stands in every digest")
_IP_ADDRESS: Final = mark("the robot takes messages from other addresses only: add this machine's to its list")


def _is_too_many(code: int, said: str) -> bool:
    # 9499 stands for a malformed request as well.
    return code == 11232 or (code == 9499 and re.search(r"many|frequen|limit|频", said, re.IGNORECASE) is not None)


_DIALECT: Final = Dialect(
    service="Feishu",
    codes=("code", "StatusCode"),
    words=("msg", "StatusMessage"),
    too_many=_is_too_many,
    remedies={19001: WRONG_KEY, 19021: _SIGNATURE, 19022: _IP_ADDRESS, 19024: _KEY_WORDS},
)


def send(address: Address, message: Message, outside: Outside) -> None:
    """Post a digest into a group; the message's instant must be the present, the service allows an hour.

    Raises:
        DeliveryError: it was not taken.
    """
    token, *secret = resolve(address, outside.variables)
    server = server_of("feishu", outside.servers, outside.variables)
    url = f"{server}/open-apis/bot/v2/hook/{key_of(token, _DIALECT.service)}"
    signature = _signature(secret[0], message.at) if secret else {}
    pieces = split_text(_CALL.sub("＜", plain_text_of(message)), LIMIT, json_cost)
    post_pieces(pieces, partial(_post, url, outside.timeout_seconds, signature))


def _signature(secret: str, at: datetime) -> dict[str, str]:
    """The fields of a signed body: here the text to be signed is the key, and what is signed is empty."""
    seconds = str(int(at.timestamp()))
    digest = hmac.digest(f"{seconds}\n{secret}".encode(), b"", "sha256")
    return {"timestamp": seconds, "sign": b64encode(digest).decode("ascii")}


def _post(url: str, seconds: float, signature: dict[str, str], text: str) -> None:
    body = {**signature, "msg_type": "text", "content": {"text": text}}
    check_answer(post_json(url, body, seconds), _DIALECT)
