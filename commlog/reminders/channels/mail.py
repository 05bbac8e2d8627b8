"""Mail through an SMTP server: text and HTML in one message."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import getaddresses
from hashlib import sha256
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

from commlog.forms.formats import is_mail_address
from commlog.messages import mark
from commlog.reminders import connection
from commlog.reminders.message import Message

_USUAL_SERVER: Final = "$COMMLOG_SMTP_URL"
_PORTS: Final = {"smtps": 465, "smtp": 25}
_SUBMISSION_PORT: Final = 587
# A dialogue has many steps, each of which may take its time.
_STEPS: Final = 3
_READY: Final = 220  # the greeting of a server
_WRITE_URL: Final = mark(
    "write smtp://USER:PASSWORD@HOST:587, smtps://USER:PASSWORD@HOST:465 or smtp://localhost:25; special characters in the password percent-encoded: %40 for @, %2F for /, %23 for #"
)


@dataclass(frozen=True, slots=True)
class MailServer:
    """An SMTP server: encrypted from the start or not, its place, and who logs in; without a user nobody does."""

    encrypted: bool
    host: str
    port: int
    user: str
    password: str


def send_mail(address: connection.DeliveryAddress, message: Message, outside: connection.DeliveryContext) -> None:
    """Mail a digest.

    Raises:
        DeliveryError: the server was not reached, or did not take the mail.
    """
    (recipient,) = outside.resolve(address)
    server = parse_server(outside.server("smtp", _USUAL_SERVER))
    mail = make_mail(message, recipient, sender_of(outside.sender, server))
    with connection.conversation(server.host, outside.timeout_seconds, _STEPS) as limit:
        try:
            _converse(server, mail, limit, outside.timeout_seconds)
        except smtplib.SMTPException as fault:
            # smtplib says of every fault of the network that the connection was closed.
            if limit.passed or isinstance(fault.__context__, TimeoutError):
                raise TimeoutError from None
            raise _refusal(fault) from None


def parse_server(url: str) -> MailServer:
    """The SMTP server that a URL names.

    Raises:
        DeliveryError: it names none.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:
        host, port = "", None
    if not host or parts.scheme not in _PORTS or parts.path.strip("/") or parts.query or parts.fragment:
        raise connection.DeliveryError(mark("the variable for the mail server contains no SMTP URL"), remedy=_WRITE_URL)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii():
        raise connection.DeliveryError(
            mark("user and password of the mail server may contain only ASCII characters"), remedy=_WRITE_URL
        )
    encrypted = parts.scheme == "smtps"
    usual = _SUBMISSION_PORT if user and not encrypted else _PORTS[parts.scheme]
    return MailServer(encrypted, host, port or usual, user, password)


def sender_of(named: str, server: MailServer) -> MailAddress:
    """Who a mail is from: the one named in the settings, else the user who logs in, else commlog at the server's host.

    Raises:
        DeliveryError: the settings name something else than a mail address.
    """
    if named:
        (name, spec), *others = getaddresses([named])
        if others or not is_mail_address(spec) or not named.isprintable():
            raise connection.DeliveryError(
                mark("the sender in the settings is not a mail address: {value}"),
                value=named,
                remedy=mark("write notify.from as NAME@HOST, or as 'commlog <NAME@HOST>'"),
            )
        return MailAddress(name, addr_spec=_in_ascii(spec))
    if is_mail_address(server.user):
        return MailAddress("commlog", addr_spec=_in_ascii(server.user))
    return MailAddress("commlog", "commlog", "localhost" if _is_number(server.host) else server.host)


def make_mail(message: Message, recipient: str, sender: MailAddress) -> EmailMessage:
    """The mail of a digest: the same bytes for the same digest, but for the boundary between its parts."""
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = sender
    mail["To"] = MailAddress(addr_spec=_in_ascii(recipient))
    mail["Subject"] = "".join(character if character.isprintable() else " " for character in message.subject)
    mail["Date"] = message.at
    content = repr((recipient, message.at.isoformat(), message.subject, message.text, message.html))
    mail["Message-ID"] = f"<{sha256(content.encode('utf-8')).hexdigest()[:32]}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    # Base64 passes every server, and no line gets too long in it.
    mail.set_content(message.text, cte="base64")
    if message.html:
        mail.add_alternative(message.html, subtype="html", cte="base64")
    return mail


def _converse(server: MailServer, mail: EmailMessage, limit: connection.TimeLimit, seconds: float) -> None:
    smtp = _client(server, seconds)
    limit.watch(lambda: smtp.sock)
    try:
        code, said = smtp.connect(server.host, server.port)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, said)
        smtp.ehlo_or_helo_if_needed()
        _encrypt(smtp, server)
        if server.user:
            smtp.login(server.user, server.password)
        smtp.sendmail(_spec(mail["From"]), [_spec(mail["To"])], mail.as_bytes())
        # It is delivered: whatever happens at the farewell changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
    finally:
        smtp.close()


def _client(server: MailServer, seconds: float) -> smtplib.SMTP:
    # The names of this machine may take long to be looked up, and nobody at home asks.
    name = "localhost" if connection.is_loopback(server.host) else None
    if server.encrypted:
        client: smtplib.SMTP = smtplib.SMTP_SSL(local_hostname=name, timeout=seconds, context=_trust(server.host))
    else:
        client = smtplib.SMTP(local_hostname=name, timeout=seconds)
    # What certificates are compared with; smtplib notes it only when it connects by itself.
    client._host = server.host  # type: ignore[attr-defined]  # noqa: SLF001
    return client


def _encrypt(smtp: smtplib.SMTP, server: MailServer) -> None:
    if server.encrypted:
        return
    if smtp.has_extn("starttls"):
        smtp.starttls(context=_trust(server.host))
        smtp.ehlo_or_helo_if_needed()
    elif server.password and not connection.is_loopback(server.host):
        raise connection.DeliveryError(
            mark("{host} offers no encryption, and without it no password is sent"),
            host=server.host,
            remedy=mark("write smtps://… with the port for it, usually 465"),
        )


def _trust(host: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if connection.is_loopback(host):
        # Nobody certifies `localhost`, and nobody listens in between.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _refusal(fault: smtplib.SMTPException) -> connection.DeliveryError:
    """The error for what the server, or the dialogue with it, refused."""
    code, said = _answer_of(fault)
    if code == 0:
        if isinstance(fault, smtplib.SMTPNotSupportedError):
            return connection.DeliveryError(
                mark("the mail server offers no way to log in"), remedy=mark("write its URL without user and password")
            )
        return connection.DeliveryError(
            mark("the mail server closed the connection unexpectedly"), remedy=connection.PASSING
        )
    reason = mark("the mail server answers {code}: {said}")
    remedy = mark("check the settings of the mail server")
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        reason = mark("the mail server does not accept user and password: {code} {said}")
        remedy = mark("many providers require an authorization code for programs instead of the password")
    elif isinstance(fault, smtplib.SMTPRecipientsRefused):
        reason = mark("the mail server rejects the recipient: {code} {said}")
        remedy = mark("check the address in the settings")
    elif isinstance(fault, smtplib.SMTPSenderRefused):
        reason = mark("the mail server rejects the sender: {code} {said}")
        remedy = mark("set notify.from to an address the server accepts")
    return connection.DeliveryError(reason, code=code, said=said, remedy=connection.PASSING if code < 500 else remedy)


def _answer_of(fault: smtplib.SMTPException) -> tuple[int, str]:
    """The code and words of the server's answer; 0 when there was none."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        answers: list[tuple[int, bytes]] = list(fault.recipients.values())
        code, words = answers[0]
    elif isinstance(fault, smtplib.SMTPResponseException) and fault.smtp_code > 0:
        code, words = fault.smtp_code, _bytes_of(fault.smtp_error)
    else:
        return 0, ""
    return code, words.decode("utf-8", "replace")


def _bytes_of(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode("utf-8", "replace")


def _spec(header: object) -> str:
    addresses: tuple[MailAddress, ...] = getattr(header, "addresses", ())
    return addresses[0].addr_spec


def _in_ascii(spec: str) -> str:
    local, _, host = spec.rpartition("@")
    return f"{local}@{host.encode('idna').decode('ascii')}"


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
