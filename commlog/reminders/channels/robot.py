"""What the group robots of WeCom, DingTalk and Feishu have in common: text in pieces, and a code in the answer."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from commlog.messages import mark
from commlog.reminders.connection import DeliveryError
from commlog.reminders.http import TOO_MANY_REQUESTS, Answer, check_status, rate_limited

WRONG_KEY: Final = mark("the key is wrong, or the robot has been removed from the group: copy its address again")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a service answers: the fields that are 0 when all is well, the words beside them, and what codes mean."""

    service: str
    codes: tuple[str, ...]
    words: tuple[str, ...]
    too_many: Callable[[int, str], bool]
    remedies: Mapping[int, str]


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


def key_of(value: str, service: str) -> str:
    """A key or token, ready for a URL.

    Raises:
        DeliveryError: it is a whole web address.
    """
    if "://" in value:
        raise DeliveryError(
            mark("{service} takes the key alone, not the whole web address"),
            service=service,
            remedy=mark("set the variable to what follows 'key=', 'access_token=' or 'hook/' in it"),
        )
    return quote(value, safe="")


def json_cost(text: str) -> int:
    """How many bytes a text has inside JSON, its quotes not counted."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8")) - 2


def check_answer(answer: Answer, dialect: Dialect) -> None:
    """Refuse an answer that is no success: HTTP 200 alone means nothing.

    Raises:
        DeliveryError: the body has another code than 0, or none.
    """
    body = _object_of(answer.body)
    codes = [body[name] for name in dialect.codes if name in body]
    said = next((str(body[name]) for name in dialect.words if body.get(name)), "")
    for code in codes:
        if not _is_zero(code):
            raise _refusal(code, said, dialect)
    check_status(answer, dialect.service)
    if not codes:
        raise DeliveryError(
            mark("{service} gave an answer that says neither success nor failure: {said}"),
            service=dialect.service,
            said=answer.text or "''",
            remedy=mark("check the server's address in the settings"),
        )


def _refusal(code: object, said: str, dialect: Dialect) -> DeliveryError:
    number = code if isinstance(code, int) else -1
    if number == TOO_MANY_REQUESTS or dialect.too_many(number, said):
        return rate_limited(dialect.service)
    return DeliveryError(
        mark("{service} refuses it with code {code}: {said}"),
        service=dialect.service,
        code=str(code),
        said=said,
        remedy=dialect.remedies.get(number, mark("check the address and its secret")),
    )


def _is_zero(code: object) -> bool:
    return isinstance(code, int) and not isinstance(code, bool) and code == 0


def _object_of(data: bytes) -> dict[str, object]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
