"""Servers on loopback that digests are delivered to: one that takes mail, one that speaks as the group robots do."""

import asyncio
import base64
import hashlib
import hmac
import json
import shutil
import ssl
import subprocess
import threading
import warnings
from collections.abc import Coroutine
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

# What the robots of the server know each other by.
SECRETS = {"tok-ding": "SECdingtalk", "tok-feishu": "sec-feishu"}


class RobotServer(ThreadingHTTPServer):
    """An HTTP server that takes what WeCom, DingTalk, Feishu and Slack take, and remembers it.

    `answers` are given first, in their order: (status, body, headers); a status of 0 closes the connection.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RobotHandler)
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.answers: list[tuple[int, bytes, dict[str, str]]] = []
        self.delay = 0.0
        self.trickle = 0.0
        self.going_on = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, status: int, body: object = b"", **headers: str) -> None:
        """Give this answer to the next request; underscores in names of headers stand for hyphens."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, data, {name.replace("_", "-"): value for name, value in headers.items()}))

    def texts(self) -> list[str]:
        """The texts that were posted, whatever the service."""
        found = []
        for _, body in self.posts:
            content = body.get("content") or body.get("text")
            found.append(content if isinstance(content, str) else content.get("content") or content.get("text"))
        return found

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are part of the tests."""


class RobotHandler(BaseHTTPRequestHandler):
    server: RobotServer

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        self.server.requests.append((self.path, dict(self.headers)))
        self.reply(200, b"a page", {})

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers)))
        if self.server.delay:
            self.server.going_on.wait(self.server.delay)
        if self.server.answers:
            status, answer, headers = self.server.answers.pop(0)
        else:
            status, answer, headers = self.judge(json.loads(data))
        if 200 <= status < 300:
            self.server.posts.append((self.path, json.loads(data)))
        self.reply(status, answer, headers)

    def reply(self, status: int, answer: bytes, headers: dict[str, str]) -> None:
        if status == 0:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in {"Content-Length": str(len(answer)), **headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if not self.server.trickle:
            self.wfile.write(answer)
            return
        with suppress(OSError):
            for place in range(len(answer)):
                self.wfile.write(answer[place : place + 1])
                self.wfile.flush()
                if self.server.going_on.wait(self.server.trickle):
                    return

    def judge(self, body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
        """What the service of this path says to a message."""
        path = urlsplit(self.path).path
        if path == "/cgi-bin/webhook/send":
            return self.as_json(self.wecom(body))
        if path == "/robot/send":
            return self.as_json(self.dingtalk(body))
        if path.startswith("/open-apis/bot/v2/hook/"):
            return self.as_json(self.feishu(body, path.rpartition("/")[2]))
        if path.startswith("/services/"):
            return (200, b"ok", {}) if set(body) == {"text"} else (400, b"invalid_payload", {})
        return 204, b"", {}

    def as_json(self, value: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
        return 200, json.dumps(value).encode(), {"Content-Type": "application/json"}

    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query, strict_parsing=True).items()}

    def wecom(self, body: dict[str, Any]) -> dict[str, Any]:
        if set(self.query()) != {"key"} or body["msgtype"] != "text":
            return {"errcode": 93000, "errmsg": "invalid webhook url"}
        content = body["text"]["content"]
        if not content.strip():
            return {"errcode": 44004, "errmsg": "empty content"}
        if len(content.encode()) > 2048:
            return {"errcode": 40058, "errmsg": "text.content exceed max length 2048"}
        return {"errcode": 0, "errmsg": "ok"}

    def dingtalk(self, body: dict[str, Any]) -> dict[str, Any]:
        query = self.query()
        secret = SECRETS.get(query["access_token"])
        if secret:
            text = f"{query['timestamp']}\n{secret}"
            digest = hmac.new(secret.encode(), text.encode(), digestmod=hashlib.sha256).digest()
            if query["sign"] != base64.b64encode(digest).decode():
                return {"errcode": 310000, "errmsg": "sign not match"}
        if body["msgtype"] != "text" or len(body["text"]["content"].encode()) > 20_000:
            return {"errcode": 400105, "errmsg": "unsupported msgtype"}
        return {"errcode": 0, "errmsg": "ok"}

    def feishu(self, body: dict[str, Any], token: str) -> dict[str, Any]:
        secret = SECRETS.get(token)
        if secret:
            key = "{}\n{}".format(body.get("timestamp"), secret)
            digest = hmac.new(key.encode(), digestmod=hashlib.sha256).digest()
            if body.get("sign") != base64.b64encode(digest).decode():
                return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
        if body["msg_type"] != "text" or int(self.headers["Content-Length"]) > 20 * 1024:
            return {"code": 9499, "msg": "Bad Request"}
        return {"code": 0, "msg": "success", "data": {}}


class Mailbox:
    """What a mail server does, and the mails it has taken: (sender, recipients, bytes)."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, list[str], bytes]] = []
        self.logins: list[tuple[str, str]] = []
        self.replies: dict[str, str] = {}
        self.delay = 0.0
        self.drops_at = ""
        self.port = 0
        self.password = "s3cret/pass word"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def obey(self, server: Any, step: str) -> str | None:
        """The reply to a step that the test asked for; None to go on as usual."""
        if self.delay and step == "MAIL":
            await asyncio.sleep(self.delay)
        if self.drops_at == step:
            server.transport.abort()
            return "421 gone"
        return self.replies.get(step)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        reply = await self.obey(server, "MAIL")
        envelope.mail_from = address
        return reply or "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        reply = await self.obey(server, "RCPT")
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        reply = await self.obey(server, "DATA")
        if reply is None:
            self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return reply or "250 OK"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        return await self.obey(server, "QUIT") or "221 Bye"


class MailServers:
    """Starts mail servers, all in one thread; each call gives the mailbox of a new one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.running: list[asyncio.Server] = []

    def __call__(self, *, login: bool = False, encryption: str = "") -> Mailbox:
        """A server that asks for a login, or encrypts (`starttls`, or `tls` from the start)."""
        from aiosmtpd.smtp import SMTP, AuthResult

        mailbox = Mailbox()

        def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
            user, password = data.login.decode(), data.password.decode()
            mailbox.logins.append((user, password))
            return AuthResult(success=password == mailbox.password, handled=False)

        options: dict[str, Any] = {"loop": self.loop, "hostname": "localhost"}
        if login:
            options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
        if encryption == "starttls":
            options["tls_context"] = self.context()

        def protocol() -> SMTP:
            # It warns of logins without encryption, which never leave this machine here.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return SMTP(mailbox, **options)

        context = self.context() if encryption == "tls" else None
        server = self.run(self.loop.create_server(protocol, "127.0.0.1", 0, ssl=context))
        mailbox.port = server.sockets[0].getsockname()[1]
        self.running.append(server)
        return mailbox

    def run(self, task: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(task, self.loop).result(10)

    async def end(self) -> None:
        for server in self.running:
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def stop(self) -> None:
        self.run(self.end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def context(self) -> ssl.SSLContext:
        """A server's side of TLS, with a certificate of 127.0.0.1 that nobody has signed: `certificate.pem`."""
        if not shutil.which("openssl"):
            pytest.skip("no openssl to make a certificate with")
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
        words += " -addext subjectAltName=IP:127.0.0.1"
        subprocess.run(
            ["openssl", *words.split(), "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context
