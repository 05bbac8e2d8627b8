"""Group robots and webhooks on a real HTTP server on loopback."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.errors import ExitCode
from commlog.reminders.channels.robot import json_cost
from commlog.reminders.message import MOST_PIECES, split_text

KEYS = {
    "KEY": "we-key-0815",
    "DING": "tok-ding",
    "DING_SECRET": "SECdingtalk",
    "FEISHU": "tok-feishu",
    "FEISHU_SECRET": "sec-feishu",
    "HOOK": "T0000/B0000/slackslack",
}
ADDRESSES = {
    "WeCom": "wecom:$KEY",
    "DingTalk": "dingtalk:$DING/$DING_SECRET",
    "Feishu": "feishu:$FEISHU/$FEISHU_SECRET",
    "Slack": "slack:$HOOK",
    "webhook": "webhook:$URL",
}
ALL = pytest.mark.parametrize("address", ADDRESSES.values())
WITH_CODES = pytest.mark.parametrize("address", list(ADDRESSES.values())[:3])


@pytest.fixture
def robots(sender, robot_server):
    """A delivery to the server's robots."""
    sender.variables.update(KEYS, BASE=robot_server.url, URL=f"{robot_server.url}/in/web-hook-secret?key=query-secret")
    return sender


def hides_secrets(fault) -> bool:
    shown = f"{fault} {fault.facts} {fault.remedy} {fault.reason}"
    secrets = [*KEYS.values(), "slackslack", "web-hook-secret", "query-secret"]
    return not any(secret in shown for secret in secrets)


def test_wecom_takes_a_digest(robots, robot_server):
    """WeCom gets a text message with the key in the query."""
    robots.send("wecom:$KEY")
    assert robot_server.posts == [
        ("/cgi-bin/webhook/send?key=we-key-0815", {"msgtype": "text", "text": {"content": robots.message.text}})
    ]


def test_dingtalk_takes_a_signed_digest(robots, robot_server):
    """DingTalk gets milliseconds and a signature, quoted once, that it finds right."""
    robots.send("dingtalk:$DING/$DING_SECRET")
    [(path, body)] = robot_server.posts
    query = parse_qs(urlsplit(path).query)
    assert query["timestamp"] == [str(int(robots.message.at.timestamp()) * 1000)]
    assert "%25" not in path
    assert body == {"msgtype": "text", "text": {"content": robots.message.text}}


def test_dingtalk_and_feishu_take_robots_without_a_secret(robots, robot_server):
    """Without a secret nothing is signed."""
    robots.variables["PLAIN"] = "tok/plain"
    robots.send("dingtalk:$PLAIN")
    robots.send("feishu:$PLAIN")
    [(ding, _), (feishu, body)] = robot_server.posts
    assert ding == "/robot/send?access_token=tok%2Fplain"
    assert feishu == "/open-apis/bot/v2/hook/tok%2Fplain"
    assert set(body) == {"msg_type", "content"}


def test_feishu_takes_a_signed_digest(robots, robot_server):
    """Feishu gets seconds and a signature in the body."""
    robots.send("feishu:$FEISHU/$FEISHU_SECRET")
    [(path, body)] = robot_server.posts
    assert path == "/open-apis/bot/v2/hook/tok-feishu"
    assert body["timestamp"] == str(int(robots.message.at.timestamp()))
    assert body["content"] == {"text": robots.message.text}


def test_feishu_takes_the_older_answer(robots, robot_server):
    """An answer with StatusCode alone is a success too."""
    robot_server.answer(200, {"StatusCode": 0, "StatusMessage": "success"})
    robots.send("feishu:$FEISHU")


def test_a_digest_calls_nobody(robots, robot_server):
    """Words of a customer that would call everybody are text in Feishu and Slack."""
    robots.message = replace(robots.message, text='<at user_id="all">x</at> <!channel> <b> & a@b')
    robots.send("feishu:$FEISHU/$FEISHU_SECRET")
    robots.send("slack:$HOOK")
    feishu, slack = robot_server.texts()
    assert "<at" not in feishu
    assert "</at" not in feishu
    assert "<b>" in feishu
    assert slack.endswith('&lt;at user_id="all"&gt;x&lt;/at&gt; &lt;!channel&gt; &lt;b&gt; &amp; a@b')


@pytest.mark.parametrize("form", ["T0/B0/xyz", "/services/T0/B0/xyz", "{base}/services/T0/B0/xyz"])
def test_slack_takes_the_hook_in_any_form(robots, robot_server, form):
    """The whole URL and its end are the same hook."""
    robots.variables["HOOK"] = form.format(base=robot_server.url)
    robots.send("slack:$HOOK")
    assert [path for path, _ in robot_server.posts] == ["/services/T0/B0/xyz"]


def test_a_webhook_gets_everything(robots, robot_server):
    """A plain webhook gets subject, text, HTML and instant; an empty answer is a success."""
    robots.send("webhook:$URL")
    message = robots.message
    expected = {"subject": message.subject, "text": message.text, "html": message.html, "at": message.at.isoformat()}
    assert robot_server.posts == [("/in/web-hook-secret?key=query-secret", expected)]


def test_a_webhook_may_have_user_and_password(robots, robot_server):
    """User and password of a URL become a header."""
    robots.variables["URL"] = robot_server.url.replace("http://", "http://bob:p%40ss@")
    robots.send("webhook:$URL")
    assert robot_server.requests[0][1]["Authorization"] == "Basic Ym9iOnBAc3M="


def test_a_long_digest_is_split(robots, robot_server):
    """WeCom gets pieces of at most 2,048 bytes that are the digest when put together."""
    lines = [f"{number} 艾克米公司：回电" * 3 for number in range(60)]
    robots.message = replace(robots.message, subject=lines[0], text="\n".join(lines))
    robots.send("wecom:$KEY")
    assert len(robot_server.posts) > 1
    assert "\n".join(robot_server.texts()) == robots.message.text


def test_a_failure_in_the_middle_is_a_failure(robots, robot_server):
    """When the second of several pieces is refused, the digest was not delivered, and it says how far it came."""
    robots.message = replace(robots.message, text="行\n" * 1500)
    robot_server.answer(200, {"errcode": 0, "errmsg": "ok"})
    robot_server.answer(200, {"errcode": 45009, "errmsg": "api freq out of limit"})
    fault = robots.fail("wecom:$KEY")
    assert "rate limit" in fault.message
    assert "sent 1 of 3 parts" in fault.message


@settings(deadline=None, max_examples=150)
@given(
    st.text(st.sampled_from('ab 中𝒳"\\\x1b\n'), max_size=400),
    st.integers(12, 60),
    st.sampled_from([lambda text: len(text.encode()), json_cost]),
)
def test_splitting_loses_nothing(text, limit, cost):
    """No piece is too large or blank, and only line ends and blank pieces are lost, as long as ten pieces are enough."""
    pieces = split_text(text, limit, cost)
    assert len(pieces) <= MOST_PIECES
    assert all(piece.strip() for piece in pieces)
    # The note of a digest that is too long needs room of its own.
    assert all(cost(piece) <= limit for piece in pieces[: MOST_PIECES - 1])
    joined = "".join("".join(pieces).split())
    whole = "".join(text.split())
    assert joined == whole or (len(pieces) == MOST_PIECES and "commlog remind" in pieces[-1])


def test_a_digest_without_end_is_cut_and_says_so():
    """What does not fit into ten pieces is counted in the last one, which fits too."""
    lines = [f"line {number}" for number in range(2000)]
    pieces = split_text("\n".join(lines), 200)
    shown = "\n".join(pieces).split("\n")
    note = shown.pop()
    assert shown == lines[: len(shown)]
    assert f"more lines: {2000 - len(shown)}" in note
    assert all(len(piece) <= 200 for piece in pieces)


@pytest.mark.parametrize(
    ("service", "answer", "words"),
    [
        ("WeCom", (200, {"errcode": 93000, "errmsg": "invalid webhook url, hint: we-key-0815"}), "code 93000: invalid"),
        ("WeCom", (200, {"errcode": 45009, "errmsg": "api freq out of limit"}), "rate limit"),
        ("WeCom", (200, {"errcode": "0"}), "code 0"),
        ("WeCom", (200, {"errcode": False}), "code False"),
        ("WeCom", (200, {"errmsg": "ok"}), "neither success nor failure"),
        ("WeCom", (200, []), "neither success nor failure"),
        ("DingTalk", (200, {"errcode": 310000, "errmsg": "sign not match, secret SECdingtalk"}), "code 310000: sign"),
        ("DingTalk", (200, {"errcode": 130101, "errmsg": "send too fast"}), "rate limit"),
        ("DingTalk", (200, {"errcode": 300001, "errmsg": "token is not exist tok-ding"}), "code 300001"),
        ("Feishu", (400, {"code": 9499, "msg": "too many request"}), "rate limit"),
        ("Feishu", (400, {"code": 9499, "msg": "Bad Request"}), "code 9499: Bad Request"),
        ("Feishu", (200, {"code": 11232, "msg": "frequency limited"}), "rate limit"),
        ("Feishu", (200, {"code": 19021, "msg": "sign match fail"}), "code 19021: sign match fail"),
        ("Feishu", (200, {"code": 19024, "msg": "Key Words Not Found"}), "code 19024: Key Words Not Found"),
        ("Feishu", (200, {"code": 0, "StatusCode": 19001}), "code 19001"),
        ("Slack", (403, b"invalid_token"), "HTTP 403: invalid_token"),
        ("Slack", (404, b"no_service"), "HTTP 404: no_service"),
        ("Slack", (200, b"no_text"), "not 'ok': no_text"),
        ("Slack", (200, b""), "not 'ok'"),
    ],
)
def test_a_refusal_in_the_body_is_a_failure(robots, robot_server, service, answer, words):
    """HTTP 200 with an error in it is a failure, said in the service's words without the secret."""
    robot_server.answer(*answer)
    fault = robots.fail(ADDRESSES[service])
    assert words in fault.message
    assert fault.exit_code == ExitCode.NOT_DELIVERED
    assert fault.address == ADDRESSES[service]
    assert fault.remedy
    assert hides_secrets(fault)


@ALL
@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_an_http_error_is_a_failure(robots, robot_server, address, status):
    """A status that is no success is said with its number."""
    own = [value for name, value in robots.variables.items() if f"${name}" in address and "://" not in value]
    robot_server.answer(status, f"<html>no: {own} /{'/'.join(own).rpartition('/')[2]}</html>".encode())
    fault = robots.fail(address)
    assert f"HTTP {status}" in fault.message
    assert hides_secrets(fault)


@ALL
def test_too_many_requests_is_a_rate_limit(robots, robot_server, address):
    """HTTP 429 is called by its name."""
    robot_server.answer(429, b"slow down")
    assert "rate limit" in robots.fail(address).message


@ALL
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_is_sent_on(robots, robot_server, address, status):
    """A redirect is not followed, not even to the same host."""
    robot_server.answer(status, b"", Location=f"{robot_server.url}/elsewhere")
    assert f"HTTP {status}" in robots.fail(address).message
    assert len(robot_server.requests) == 1


@WITH_CODES
@pytest.mark.parametrize("body", [b"", b"ok", b"{", b"\xff\xfe", b"[" * 100_000, b'"errcode"', b"null"])
def test_an_answer_that_is_no_object_is_a_failure(robots, robot_server, address, body):
    """HTTP 200 with something else than the service's JSON is a failure."""
    robot_server.answer(200, body)
    assert "neither success nor failure" in robots.fail(address).message


@ALL
@pytest.mark.parametrize("length", ["100000", "-5", "nonsense"])
def test_a_wrong_length_is_no_crash(robots, robot_server, address, length):
    """An answer that ends before its length is a failure; a length that is no number is passed over."""
    robot_server.answer(200, b"x", Content_Length=length)
    if length == "100000":
        assert "incomplete" in robots.fail(address).message
    elif address != ADDRESSES["webhook"]:
        assert robots.fail(address).reason


@ALL
def test_half_a_chunk_is_a_failure(robots, robot_server, address):
    """A chunked answer that ends in the middle is a failure."""
    robot_server.answer(200, b"ff\r\nabc", Content_Length="", Transfer_Encoding="chunked")
    assert "incomplete" in robots.fail(address).message


@ALL
def test_no_answer_at_all_is_a_failure(robots, robot_server, address):
    """A connection that closes without a word is a failure."""
    robot_server.answer(0)
    assert robots.fail(address).reason
    assert len(robot_server.requests) == 1


@ALL
def test_a_huge_answer_is_a_failure(robots, robot_server, address):
    """No more than a megabyte is read."""
    robot_server.answer(200, b" " * 1_100_000)
    assert "larger than" in robots.fail(address).message


@ALL
def test_a_slow_answer_is_left(robots, robot_server, address):
    """A server that takes longer than the time limit is a failure that says so."""
    robot_server.delay = 30.0
    robots.seconds = 0.1
    fault = robots.fail(address)
    assert "no answer within 0.1 s" in fault.message
    assert hides_secrets(fault)


def test_an_answer_that_trickles_is_left(robots, robot_server):
    """The limit holds for the answer as a whole, not only between two bytes."""
    robot_server.trickle = 0.05
    robot_server.answer(200, b"ok" * 5_000)
    robots.seconds = 0.2
    assert "no answer within 0.2 s" in robots.fail("webhook:$URL").message


@ALL
def test_nobody_listening_is_a_failure_for_robots(robots, robot_server, address):
    """A refused connection is said without the address that holds the secret."""
    robot_server.shutdown()
    robot_server.server_close()
    fault = robots.fail(address)
    assert "no connection to 127.0.0.1" in fault.message
    assert hides_secrets(fault)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/secret-path",
        "file:///etc/passwd",
        "hooks.example.com/secret-path",
        "http://",
        "http://[::1/secret-path",
        "http://host:port/secret-path",
        "http://host:99999/secret-path",
        "http://a b/secret-path",
        "data:text/plain,secret-path",
        "http://" + "a" * 70 + ".example/secret-path",
    ],
)
def test_only_web_addresses_are_posted_to(robots, url):
    """What is no http or https address is refused, and not repeated."""
    robots.variables["URL"] = url
    fault = robots.fail("webhook:$URL")
    assert "not a web address" in fault.message
    assert "secret-path" not in f"{fault}{fault.facts}"


@pytest.mark.parametrize("address", list(ADDRESSES.values())[:4])
def test_a_server_that_is_no_web_address_is_refused(robots, address):
    """The base of a service must be a web address as well."""
    robots.variables["BASE"] = "file:///etc"
    assert "not a web address" in robots.fail(address).message


@WITH_CODES
def test_a_whole_url_as_a_key_is_explained(robots, address):
    """Who sets the whole web address as the key is told what belongs there."""
    for name in ("KEY", "DING", "FEISHU"):
        robots.variables[name] = "https://example.com/robot?key=verysecret"
    fault = robots.fail(address)
    assert "only the key" in fault.message
    assert "verysecret" not in f"{fault}{fault.facts}"


@pytest.mark.parametrize("is_trusted", [True, False])
def test_certificates_are_looked_at(robots, robot_server, smtp_server, monkeypatch, is_trusted):
    """Over https a digest goes to a server whose certificate is trusted, and to no other."""
    context = smtp_server.context()
    robot_server.socket = context.wrap_socket(robot_server.socket, server_side=True)
    robots.variables["URL"] = robot_server.url.replace("http:", "https:")
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(smtp_server.folder / "certificate.pem"))
        robots.send("webhook:$URL")
    else:
        assert "is not trusted" in robots.fail("webhook:$URL").message
    assert len(robot_server.posts) == is_trusted


def test_this_machine_is_not_asked_for_through_a_proxy(robots, robot_server, monkeypatch):
    """A proxy of the environment is for other hosts; loopback is reached directly."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    robots.send("webhook:$URL")
    assert len(robot_server.posts) == 1


def test_another_host_is_reached_through_the_proxy(robots, robot_server, monkeypatch):
    """The proxy of the environment gets what is for another host."""
    monkeypatch.setenv("http_proxy", robot_server.url)
    monkeypatch.setenv("no_proxy", "")
    robots.variables["URL"] = "http://hooks.example.invalid/in"
    robots.send("webhook:$URL")
    assert robot_server.posts[0][0] == "http://hooks.example.invalid/in"


def test_apprise_delivers_to_its_services(robots, robot_server):
    """An address of apprise goes where apprise sends it."""
    pytest.importorskip("apprise")
    robots.variables["APPRISE"] = robot_server.url.replace("http://", "json://") + "/apprise-path"
    robot_server.answer(200, b"{}")
    robots.send("apprise:$APPRISE")
    [(path, body)] = robot_server.posts
    assert path.startswith("/apprise-path")
    assert body["message"] == robots.message.text
    assert body["title"] == robots.message.subject


@pytest.mark.parametrize("url", ["json://127.0.0.1:9/secretsecret", "nonsense://secretsecret", "secretsecret"])
def test_what_apprise_cannot_deliver_is_a_failure(robots, url, capfd):
    """A failure of apprise is one of ours, and nothing reaches the terminal."""
    pytest.importorskip("apprise")
    robots.variables["APPRISE"] = url
    fault = robots.fail("apprise:$APPRISE")
    assert "apprise" in fault.message
    assert "secretsecret" not in f"{fault}{fault.facts}"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("scheme", ["wecombot", "dingtalk", "feishu", "lark"])
def test_apprise_is_not_trusted_with_what_it_gets_wrong(robots, scheme):
    """Services whose refusals apprise does not notice have an address of their own."""
    robots.variables["APPRISE"] = f"{scheme}://secretsecret"
    fault = robots.fail("apprise:$APPRISE")
    assert "does not notice" in fault.message
    assert "address that opens with" in fault.remedy


def test_a_missing_apprise_is_explained(robots, monkeypatch):
    """Without the package the remedy is how to install it."""
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    robots.variables["APPRISE"] = "json://localhost"
    assert 'pip install "commlog[notify]"' in robots.fail("apprise:$APPRISE").remedy


def test_the_bodies_are_json_in_utf8(robots, robot_server):
    """Chinese is posted as it is, declared as JSON in UTF-8."""
    robots.send("wecom:$KEY")
    headers = robot_server.requests[0][1]
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert int(headers["Content-Length"]) == len(
        json.dumps(robot_server.posts[0][1], ensure_ascii=False).encode("utf-8")
    )
