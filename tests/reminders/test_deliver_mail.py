"""Mail to a real SMTP server on loopback."""

import email
import email.policy
from dataclasses import replace
from email.headerregistry import Address
from email.utils import parsedate_to_datetime

import pytest

from commlog.errors import ExitCode
from commlog.reminders.channels.mail import make_mail, parse_server, sender_of
from commlog.reminders.connection import DeliveryError, SecretValues
from commlog.reminders.message import Message

TO = "mailto:wang@example.com"
PASSWORD = "s3cret%2Fpass%20word"


def read(data: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(data, policy=email.policy.default)


def test_a_digest_arrives_as_text_and_html(sender, smtp_server):
    """The mail has the text and the HTML, Chinese in both and in the subject, and the instant as its date."""
    mailbox = smtp_server()
    sender.variables["SMTP"] = mailbox.url
    sender.send(TO)
    [(mail_from, recipients, data)] = mailbox.mails
    mail = read(data)
    assert (mail_from, recipients) == ("commlog@localhost", ["wang@example.com"])
    assert mail["Subject"] == sender.message.subject
    assert mail["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(mail["Date"]) == sender.message.at
    assert mail.get_content_type() == "multipart/alternative"
    assert mail.get_body(("plain",)).get_content().splitlines() == sender.message.text.split("\n")
    assert mail.get_body(("html",)).get_content().strip() == sender.message.html
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    assert data.isascii()


def test_a_digest_without_html_is_plain_text(sender, smtp_server):
    """Without HTML there is one part."""
    mailbox = smtp_server()
    sender.variables["SMTP"] = mailbox.url
    sender.message = replace(sender.message, html="")
    sender.send(TO)
    assert read(mailbox.mails[0][2]).get_content_type() == "text/plain"


def test_the_message_id_is_of_the_digest_and_its_recipient(message):
    """The same digest to the same recipient has the same id; another text, instant or recipient another."""
    robot = Address("commlog", "commlog", "example.com")
    ids = [
        make_mail(changed, to, robot)["Message-ID"]
        for changed, to in [
            (message, "a@example.com"),
            (message, "a@example.com"),
            (message, "b@example.com"),
            (replace(message, text="other"), "a@example.com"),
            (replace(message, at=message.at.replace(hour=11)), "a@example.com"),
        ]
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\x85", "\u2028"])
def test_a_subject_adds_no_header(sender, smtp_server, end):
    """A line end in a subject starts no header of its own."""
    mailbox = smtp_server()
    sender.variables["SMTP"] = mailbox.url
    sender.message = replace(sender.message, subject=f"one{end}Bcc: eve@example.com")
    sender.send(TO)
    [(_, recipients, data)] = mailbox.mails
    assert recipients == ["wang@example.com"]
    assert read(data)["Bcc"] is None
    assert read(data)["Subject"] == "one Bcc: eve@example.com"


def test_halves_of_characters_do_not_stop_a_digest(sender, smtp_server):
    """A text that no encoding knows arrives with a mark in its place."""
    mailbox = smtp_server()
    sender.variables["SMTP"] = mailbox.url
    sender.message = Message("a\ud800", "b\ud800", "", sender.message.at)
    sender.send(TO)
    assert read(mailbox.mails[0][2])["Subject"] == "a?"


@pytest.mark.parametrize("encryption", ["", "starttls", "tls"])
def test_a_user_logs_in(sender, smtp_server, encryption):
    """User and password are percent-decoded, and sent with and without encryption on this machine."""
    mailbox = smtp_server(login=True, encryption=encryption)
    scheme = "smtps" if encryption == "tls" else "smtp"
    sender.variables["SMTP"] = f"{scheme}://robot%40example.com:{PASSWORD}@127.0.0.1:{mailbox.port}"
    sender.send(TO)
    assert mailbox.logins == [("robot@example.com", "s3cret/pass word")]
    assert mailbox.mails[0][0] == "robot@example.com"


def test_a_wrong_password_is_said_and_not_shown(sender, smtp_server):
    """A refused login names the server's code, not the password."""
    mailbox = smtp_server(login=True)
    sender.variables["SMTP"] = f"smtp://robot:hunter2@127.0.0.1:{mailbox.port}"
    fault = sender.fail(TO)
    assert fault.exit_code == ExitCode.NOT_DELIVERED
    assert "535" in fault.message
    assert "hunter2" not in f"{fault} {fault.facts} {fault.remedy}"


def test_a_login_that_a_server_does_not_know_is_said(sender, smtp_server):
    """A password for a server without logins is a failure."""
    mailbox = smtp_server()
    sender.variables["SMTP"] = f"smtp://robot:hunter2@127.0.0.1:{mailbox.port}"
    assert "no way to log in" in sender.fail(TO).reason
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("step", "reply", "words"),
    [
        ("RCPT", "550 no such user", "rejects the recipient: 550 no such user"),
        ("RCPT", "450 try later", "rejects the recipient: 450 try later"),
        ("MAIL", "553 not yours", "rejects the sender: 553 not yours"),
        ("DATA", "554 looks like spam", "answers 554: looks like spam"),
        ("DATA", "451 disk full", "answers 451: disk full"),
    ],
)
def test_a_refusal_is_passed_on(sender, smtp_server, step, reply, words):
    """What the server refuses is said in its words; a passing fault is tried again."""
    mailbox = smtp_server()
    mailbox.replies[step] = reply
    sender.variables["SMTP"] = mailbox.url
    fault = sender.fail(TO)
    assert words in fault.message
    assert fault.address == TO
    assert ("next run" in fault.remedy) == reply.startswith("4")
    assert mailbox.mails == []


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_dropped_connection_is_a_failure(sender, smtp_server, step):
    """A server that breaks off has taken nothing."""
    mailbox = smtp_server()
    mailbox.drops_at = step
    sender.variables["SMTP"] = mailbox.url
    assert sender.fail(TO).reason


def test_a_farewell_that_fails_changes_nothing(sender, smtp_server):
    """A mail that was taken is delivered, whatever the server does at QUIT."""
    mailbox = smtp_server()
    mailbox.drops_at = "QUIT"
    sender.variables["SMTP"] = mailbox.url
    sender.send(TO)
    assert len(mailbox.mails) == 1


def test_a_slow_server_is_left(sender, smtp_server):
    """A server that takes longer than the time limit is a failure that says so."""
    mailbox = smtp_server()
    mailbox.delay = 30.0
    sender.variables["SMTP"] = mailbox.url
    sender.seconds = 0.2
    assert "no answer within 0.2 s" in sender.fail(TO).reason


def test_a_server_that_trickles_its_greeting_is_left(sender, robot_server):
    """The limit holds for the conversation as a whole, not only between two bytes."""
    import socketserver
    import threading

    class Trickle(socketserver.BaseRequestHandler):
        def handle(self):
            while not robot_server.going_on.wait(0.05):
                try:
                    self.request.sendall(b"2")
                except OSError:
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Trickle) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        sender.variables["SMTP"] = f"smtp://127.0.0.1:{server.server_address[1]}"
        sender.seconds = 0.2
        assert "no answer within" in sender.fail(TO).reason
        robot_server.going_on.set()
        server.shutdown()


def test_nobody_listening_is_a_failure(sender, robot_server):
    """A refused connection is said."""
    port = robot_server.server_address[1]
    robot_server.shutdown()
    robot_server.server_close()
    sender.variables["SMTP"] = f"smtp://127.0.0.1:{port}"
    assert "no connection to 127.0.0.1" in sender.fail(TO).message


def test_encryption_where_there_is_none_is_a_failure(sender, smtp_server):
    """An smtps URL of a server without encryption is a failure, not tried in the clear."""
    mailbox = smtp_server()
    sender.variables["SMTP"] = f"smtps://127.0.0.1:{mailbox.port}"
    sender.seconds = 0.5
    assert sender.fail(TO).reason


@pytest.mark.parametrize(
    "url",
    [
        "localhost:25",
        "http://localhost",
        "smtp://",
        "smtp://host:notaport",
        "smtp://host:99999",
        "smtp://us:pa/ss@host",
        "smtp://[::1",
        "smtp://u:密码@host",
        "smtp://host/path",
        "smtp://-" + "a" * 70 + ".example",
    ],
)
def test_an_url_that_is_none_is_said_without_showing_it(sender, url):
    """What is no SMTP URL gets the forms there are, and is not repeated."""
    sender.variables["SMTP"] = url
    fault = sender.fail(TO)
    assert "smtp" in fault.remedy.lower()
    assert url not in f"{fault}{fault.facts}"


def test_the_mail_server_has_a_default_variable(message):
    """Without notify.smtp the variable COMMLOG_SMTP_URL is asked for, and named when it is not set."""
    from commlog.reminders.connection import DeliveryContext
    from commlog.reminders.deliver import deliver

    with pytest.raises(DeliveryError, match="COMMLOG_SMTP_URL is not set"):
        deliver(TO, message, DeliveryContext({}.get))


@pytest.mark.parametrize(
    ("url", "encrypted", "port"),
    [
        ("smtp://localhost", False, 25),
        ("smtp://u:p@mail.example.com", False, 587),
        ("smtps://u:p@mail.example.com", True, 465),
        ("smtp://mail.example.com:2525/", False, 2525),
        ("SMTP://[::1]:2525", False, 2525),
    ],
)
def test_an_smtp_url_has_usual_ports(url, encrypted, port):
    """Without a port it is 25, 587 when somebody logs in, 465 with encryption from the start."""
    server = parse_server(url)
    assert (server.encrypted, server.port) == (encrypted, port)


@pytest.mark.parametrize(
    ("named", "url", "expected"),
    [
        ("", "smtp://localhost", "commlog@localhost"),
        ("", "smtp://10.0.0.7", "commlog@localhost"),
        ("", "smtp://relay.example.com", "commlog@relay.example.com"),
        ("", "smtps://bot%40example.com:p@relay.example.com", "bot@example.com"),
        ("bot@example.com", "smtp://localhost", "bot@example.com"),
        ("客服 <bot@example.com>", "smtp://localhost", "bot@example.com"),
        ("bot@例子.cn", "smtp://localhost", "bot@xn--fsqu00a.cn"),
    ],
)
def test_the_sender_is_named_or_sensible(named, url, expected):
    """The sender is the one named, the user who logs in, or commlog at the server."""
    assert sender_of(named, parse_server(url)).addr_spec == expected


@pytest.mark.parametrize("named", ["robot", "a@b\r\nBcc: c@d", "a@b, c@d", "<>"])
def test_a_sender_that_is_none_is_refused(sender, named):
    """A sender that is no single mail address is said before anything is sent."""
    sender.variables["SMTP"] = "smtp://127.0.0.1:9"
    sender.sender = named
    assert "not a mail address" in sender.fail(TO).reason


def test_no_password_goes_over_an_open_line(sender, smtp_server, monkeypatch):
    """To another machine without encryption no password is sent."""
    mailbox = smtp_server(login=True)
    monkeypatch.setattr("commlog.reminders.connection.is_loopback", lambda host: False)
    sender.variables["SMTP"] = f"smtp://robot:hunter2@127.0.0.1:{mailbox.port}"
    assert "no encryption" in sender.fail(TO).reason
    assert mailbox.logins == []


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_a_certificate_nobody_signed_is_refused(sender, smtp_server, monkeypatch, encryption):
    """To another machine the certificate must be trusted."""
    mailbox = smtp_server(login=True, encryption=encryption)
    monkeypatch.setattr("commlog.reminders.connection.is_loopback", lambda host: False)
    scheme = "smtps" if encryption == "tls" else "smtp"
    sender.variables["SMTP"] = f"{scheme}://robot:hunter2@127.0.0.1:{mailbox.port}"
    assert "is not trusted" in sender.fail(TO).reason
    assert mailbox.logins == []


def test_secrets_are_hidden_in_all_their_forms():
    """What a server repeats of a URL shows neither password nor path, encoded or not."""
    secrets = SecretValues({"A": "smtps://bob:p%40ss@host", "B": "https://x.example/hook/T0KENT0KEN?key=abcdefg"}.get)
    secrets.look_up("A")
    secrets.look_up("B")
    said = secrets.hide("p@ss p%40ss P@SS \x1b[31m t0kent0ken ABCDEFG https://x.example/hook/T0KENT0KEN?key=abcdefg")
    assert said == "*** *** *** [31m *** *** ***"
    assert len(secrets.hide("x" * 1000)) == 201
