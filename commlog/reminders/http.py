"""One POST of JSON over HTTP: no redirects, a time limit, an answer of limited size."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Final
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from commlog.messages import mark
from commlog.reminders.connection import PASSING, DeliveryError, TimeLimit, conversation, is_loopback
from commlog.version import VERSION

LARGEST_ANSWER: Final = 1_000_000  # bytes
TOO_MANY_REQUESTS: Final = 429

_PIECE: Final = 65_536
_KEPT: Final = "%/:=&?~#+!$,;'@()*[]"
_RATE_LIMIT: Final = mark("rate limit: {service} accepts no more messages for now")
_WRITE_URL: Final = mark("set the variable to a full web address: https://host/path")


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a server answered: the status, and all bytes of the body."""

    host: str
    status: int
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, bytes that are none replaced."""
        return self.body.decode("utf-8", "replace")


def post_json(url: str, body: Mapping[str, object], seconds: float) -> HttpAnswer:
    """The answer, of whatever status, to a value posted as JSON.

    Raises:
        DeliveryError: it is no web address, nobody answers in time, or the answer is cut short or too large.
    """
    place = _place_of(url)
    host = place.hostname or ""
    request = _request(place, json.dumps(body, ensure_ascii=False).encode("utf-8"))
    with conversation(host, seconds) as limit:
        try:
            response: HTTPResponse = _opener(host, limit).open(request, timeout=seconds)
            with response:
                return HttpAnswer(host, response.status, _read(response, limit))
        except (HTTPException, ValueError) as fault:
            if limit.passed or isinstance(fault, OSError):
                raise
            raise DeliveryError(
                mark("{host} gave an answer that is incomplete or not HTTP"), host=host, remedy=PASSING
            ) from None


def rate_limited(service: str) -> DeliveryError:
    """The error for a service that takes no more messages for now."""
    return DeliveryError(_RATE_LIMIT, service=service, remedy=PASSING)


def check_status(answer: HttpAnswer, service: str) -> None:
    """Refuse an answer that is no success.

    Raises:
        DeliveryError: the status is not one of 200 to 299.
    """
    if 200 <= answer.status < 300:
        return
    if answer.status == TOO_MANY_REQUESTS:
        raise rate_limited(service)
    if 300 <= answer.status < 400:
        raise DeliveryError(
            mark("{host} redirects to another address (HTTP {status}); nothing is sent there"),
            host=answer.host,
            status=answer.status,
            remedy=_WRITE_URL,
        )
    raise DeliveryError(
        mark("{service} answers with HTTP {status}: {said}"),
        service=service,
        status=answer.status,
        said=answer.text,
        remedy=PASSING if answer.status >= 500 else mark("check the address and its secret"),
    )


def _place_of(url: str) -> SplitResult:
    """The parts of a web address.

    Raises:
        DeliveryError: it is none, or of another kind than http and https.
    """
    try:
        place = urlsplit(url)
        usable = place.scheme in {"http", "https"} and bool(place.hostname) and place.port != 0
        (place.hostname or "").encode("idna")
    except ValueError:
        usable = False
    if not usable or any(character.isspace() or not character.isprintable() for character in url):
        raise DeliveryError(mark("that is not a web address (http or https)"), remedy=_WRITE_URL)
    return place


def _request(place: SplitResult, data: bytes) -> Request:
    name = (place.hostname or "").encode("idna").decode("ascii")
    host = f"[{name}]" if ":" in name else name
    query = f"?{quote(place.query, safe=_KEPT)}" if place.query else ""
    port = "" if place.port is None else f":{place.port}"
    url = f"{place.scheme}://{host}{port}{quote(place.path, safe=_KEPT)}{query}"
    request = Request(url, data=data, method="POST")  # noqa: S310 - http and https only, see _place_of
    request.add_header("Content-Type", "application/json; charset=utf-8")
    request.add_header("User-Agent", f"commlog/{VERSION}")
    if place.username is not None:
        user = f"{unquote(place.username)}:{unquote(place.password or '')}"
        request.add_unredirected_header("Authorization", f"Basic {b64encode(user.encode()).decode('ascii')}")
    return request


def _opener(host: str, limit: TimeLimit) -> OpenerDirector:
    """An opener that hands every answer over as it is: it follows nothing, and knows no files and no FTP."""
    opener = OpenerDirector()
    opener.add_handler(ProxyHandler({} if is_loopback(host) else None))
    opener.add_handler(_WatchedHandler(limit))
    return opener


class _WatchedHandler(HTTPHandler, HTTPSHandler):
    """Opens connections that a time limit can break off."""

    def __init__(self, limit: TimeLimit) -> None:
        super().__init__()
        self._limit = limit

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(partial(self._connect, HTTPConnection), req)

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(partial(self._connect, HTTPSConnection), req)

    def _connect(self, kind: type[HTTPConnection], host: str, **options: Any) -> HTTPConnection:
        connection = kind(host, **options)
        self._limit.watch(lambda: connection.sock)
        return connection


def _read(response: HTTPResponse, limit: TimeLimit) -> bytes:
    """All of a body, piece by piece as it comes.

    Raises:
        DeliveryError: it is too large.
        HTTPException: it ends before its length.
        TimeoutError: it takes too long.
    """
    length = response.length
    data = bytearray()
    while length is None or len(data) < length:
        piece = response.read1(_PIECE)
        if limit.passed:
            raise TimeoutError
        if not piece:
            break
        data += piece
        if len(data) > LARGEST_ANSWER:
            raise DeliveryError(mark("the answer is larger than {size} bytes"), size=LARGEST_ANSWER)
    if length is not None and len(data) < length:
        raise HTTPException
    return bytes(data)
