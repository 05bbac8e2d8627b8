"""Messages posted as JSON: group robots of WeCom (企业微信), DingTalk (钉钉) and Feishu (飞书), Slack, and plain webhooks."""

import hmac
import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import quote

from commlog.messages import mark
from commlog.reminders.connection import DeliveryAddress, DeliveryContext, DeliveryError
from commlog.reminders.http import TOO_MANY_REQUESTS, HttpAnswer, check_status, post_json, rate_limited
from commlog.reminders.message import Cost, Message, byte_cost, plain_text_of, split_text

_WRONG_KEY: Final = mark("the key is wrong, or the robot has been removed from the group: copy its address again")
_SECURITY: Final = mark(
    "check the robot's security settings: its secret ($TOKEN/$SECRET), this machine's clock, its keywords, its addresses"
)
# Text may name people to be called (`<at user_id="all">`); a customer's words must not.
_CALL: Final = re.compile(r"<(?=\s*/?\s*at\b)", re.IGNORECASE)
_SIGNATURE: Final = mark("the signature does not match: check the secret ($TOKEN/$SECRET) and this machine's clock")
_KEY_WORDS: Final = mark("the robot requires a keyword: remove it, or choose one that is in every digest")
_IP_ADDRESS: Final = mark("the robot accepts messages only from listed addresses: add this machine's to its list")


def json_cost(text: str) -> int:
    """How many bytes a text has inside JSON, its quotes not counted."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8")) - 2


def _plain_body(text: str) -> dict[str, object]:
    return {"msgtype": "text", "text": {"content": text}}


@dataclass(frozen=True, slots=True)
class Robot:
    """A kind of robot: where it is reached, what it takes, how it signs, and how it answers.

    `sign` gives the end of the URL and the fields of the body that a secret and an instant make. In an answer, `codes` are
    the fields that are 0 when all is well, `words` those beside them; `remedies` tells what codes mean.
    """

    service: str
    server: str
    path: str
    limit: int
    remedies: Mapping[int, str]
    too_many: Callable[[int, str], bool]
    cost: Cost = json_cost
    body: Callable[[str], dict[str, object]] = _plain_body
    clean: Callable[[str], str] = str
    sign: Callable[[str, datetime], tuple[str, dict[str, str]]] = lambda _secret, _at: ("", {})
    codes: tuple[str, ...] = ("errcode",)
    words: tuple[str, ...] = ("errmsg",)


def _send(robot: Robot, address: DeliveryAddress, message: Message, outside: DeliveryContext) -> None:
    """Post a digest into a group; a robot with a secret takes messages whose instant is the present, give or take an hour.

    Raises:
        DeliveryError: it was not taken.
    """
    key, *secret = outside.resolve(address)
    end, fields = robot.sign(secret[0], message.at) if secret else ("", {})
    url = f"{outside.server(address.channel, robot.server)}{robot.path}{_key_of(key, robot.service)}{end}"

    def post(text: str) -> None:
        _check_answer(post_json(url, {**fields, **robot.body(text)}, outside.timeout_seconds), robot)

    post_pieces(split_text(robot.clean(plain_text_of(message)), robot.limit, robot.cost), post)


def post_pieces(pieces: Sequence[str], post: Callable[[str], None]) -> None:
    """Post the pieces of a text one after the other.

    Raises:
        DeliveryError: one did not arrive; it tells how many did.
    """
    for done, piece in enumerate(pieces):
        try:
            post(piece)
        except DeliveryError as fault:
            raise fault.after(done, len(pieces)) from None


def _key_of(value: str, service: str) -> str:
    """A key or token, ready for a URL.

    Raises:
        DeliveryError: it is a whole web address.
    """
    if "://" in value:
        raise DeliveryError(
            mark("{service} needs only the key, not the whole web address"),
            service=service,
            remedy=mark("set the variable to what follows 'key=', 'access_token=' or 'hook/' in it"),
        )
    return quote(value, safe="")


def _check_answer(answer: HttpAnswer, robot: Robot) -> None:
    """Refuse an answer that is no success: HTTP 200 alone means nothing.

    Raises:
        DeliveryError: the body has another code than 0, or none.
    """
    body = _object_of(answer.body)
    codes = [body[name] for name in robot.codes if name in body]
    said = next((str(body[name]) for name in robot.words if body.get(name)), "")
    for code in codes:
        if not _is_zero(code):
            raise _refusal(code, said, robot)
    check_status(answer, robot.service)
    if not codes:
        raise DeliveryError(
            mark("{service} gave an answer that says neither success nor failure: {said}"),
            service=robot.service,
            said=answer.text or "''",
            remedy=mark("check the server's address in the settings"),
        )


def _refusal(code: object, said: str, robot: Robot) -> DeliveryError:
    number = code if isinstance(code, int) else -1
    if number == TOO_MANY_REQUESTS or robot.too_many(number, said):
        return rate_limited(robot.service)
    return DeliveryError(
        mark("{service} rejects it with code {code}: {said}"),
        service=robot.service,
        code=str(code),
        said=said,
        remedy=robot.remedies.get(number, mark("check the address and its secret")),
    )


def _is_zero(code: object) -> bool:
    return isinstance(code, int) and not isinstance(code, bool) and code == 0


def _object_of(data: bytes) -> dict[str, object]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _sign_url(secret: str, at: datetime) -> tuple[str, dict[str, str]]:
    """DingTalk: milliseconds, and their signature, quoted once, at the end of the URL."""
    milliseconds = round(at.timestamp() * 1000)
    digest = hmac.digest(secret.encode("utf-8"), f"{milliseconds}\n{secret}".encode(), "sha256")
    return f"&timestamp={milliseconds}&sign={quote(b64encode(digest), safe='')}", {}


def _sign_body(secret: str, at: datetime) -> tuple[str, dict[str, str]]:
    """Feishu: fields of the body; the text to be signed is the key, and what is signed is empty."""
    seconds = str(int(at.timestamp()))
    digest = hmac.digest(f"{seconds}\n{secret}".encode(), b"", "sha256")
    return "", {"timestamp": seconds, "sign": b64encode(digest).decode("ascii")}


def _is_feishu_busy(code: int, said: str) -> bool:
    # 9499 stands for a malformed request as well.
    return code == 11232 or (code == 9499 and re.search(r"many|frequen|limit|频", said, re.IGNORECASE) is not None)


send_to_wecom: Final = partial(
    _send,
    Robot(
        service="WeCom",
        server="https://qyapi.weixin.qq.com",
        path="/cgi-bin/webhook/send?key=",
        limit=2_048,  # bytes of UTF-8
        cost=byte_cost,
        too_many=lambda code, _said: code in {45009, 45033},
        remedies={93000: _WRONG_KEY, 40058: _WRONG_KEY},
    ),
)
send_to_dingtalk: Final = partial(
    _send,
    Robot(
        service="DingTalk",
        server="https://oapi.dingtalk.com",
        path="/robot/send?access_token=",
        limit=19_500,  # bytes of JSON; the service takes 20,000 in all
        sign=_sign_url,
        too_many=lambda code, _said: code in {130101, 130102, 90018, 90030},
        remedies={310000: _SECURITY, 300001: _WRONG_KEY, 40035: _WRONG_KEY},
    ),
)
send_to_feishu: Final = partial(
    _send,
    Robot(
        service="Feishu",
        server="https://open.feishu.cn",
        path="/open-apis/bot/v2/hook/",
        limit=19_500,  # bytes of JSON; the service takes a body of 20 KB
        clean=lambda text: _CALL.sub("＜", text),
        body=lambda text: {"msg_type": "text", "content": {"text": text}},
        sign=_sign_body,
        codes=("code", "StatusCode"),
        words=("msg", "StatusMessage"),
        too_many=_is_feishu_busy,
        remedies={19001: _WRONG_KEY, 19021: _SIGNATURE, 19022: _IP_ADDRESS, 19024: _KEY_WORDS},
    ),
)


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
