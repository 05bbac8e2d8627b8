"""The command `commlog remind`, from its words to its exit code, with a server on this machine to deliver to."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from commlog.cli.app import run
from commlog.errors import ExitCode
from commlog.reminders.ledger import open_ledger

MONDAY = "2026-03-16T10:00:00+08:00"
SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, notify: "webhook:$HOOK_WANG"}
  - {id: zhou, name: 周敏, role: lead, notify: "webhook:$HOOK_ZHOU"}
remind:
  ladder:
    - {overdue: 2wd, to: lead}
"""
CUSTOMER = "id: li-na\ntemplate: customer\nname: 李娜\ntype: individual\nstage: active\nrecorded_at: 2026-03-10T10:00:00+08:00\n"
RECORD = """\
id: 20260310-7f3kq2
template: service
customer: li-na
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-10T14:30:00+08:00
recorded_at: 2026-03-10T14:52:00+08:00
subject: 空调安装后不制冷
scenario: after_sales
problem: 一直不制冷
request: 换一台新机
summary: 客户第二次来电。
outcome: follow_up
followups:
  - {n: 1, action: 请李娜确认时间 13800000001, owner: wang, priority: important, due: 2026-03-13, status: open, history: [{at: 2026-03-10T14:52:00+08:00, by: wang, status: open}]}
  - {n: 2, action: 发新机, owner: 物流部, priority: important, due: 2026-03-16, status: open, history: [{at: 2026-03-10T14:52:00+08:00, by: wang, status: open}]}
"""


class Server(HTTPServer):
    """Takes what is posted, by path."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taker)
        self.taken = []

    def url(self, path):
        """The address of a path."""
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def subjects(self):
        """What arrived since the last look: path and subject."""
        found = sorted((path, body["subject"]) for path, body in self.taken)
        self.taken.clear()
        return found


class Taker(BaseHTTPRequestHandler):
    """Answers 204, on /broken 500."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_broken = self.path == "/broken"
        if not is_broken:
            self.server.taken.append((self.path[1:], body))
        self.send_response(500 if is_broken else 204)
        self.end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture
def server(monkeypatch):
    """A server on the loopback, named to both members."""
    taker = Server()
    thread = threading.Thread(target=taker.serve_forever, daemon=True)
    thread.start()
    for member in ("wang", "zhou"):
        monkeypatch.setenv(f"HOOK_{member.upper()}", taker.url(member))
    yield taker
    taker.shutdown()
    taker.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A log with one overdue follow-up of a member and one of a department that is due today."""
    for name in ("COMMLOG_DIR", "COMMLOG_LANGUAGE", "COMMLOG_MEMBER"):
        monkeypatch.delenv(name, raising=False)
    records = tmp_path / "records"
    (records / "customers").mkdir(parents=True)
    (records / "interactions/2026/03").mkdir(parents=True)
    (tmp_path / "commlog.yaml").write_text(SETTINGS, encoding="utf-8")
    (records / "customers/li-na.yaml").write_text(CUSTOMER, encoding="utf-8")
    (records / "interactions/2026/03/20260310-7f3kq2.yaml").write_text(RECORD, encoding="utf-8")
    return tmp_path


@pytest.fixture
def call(folder, capsys):
    """Run `remind` in this process; the code, stdout and stderr."""

    def run_once(*words, now=MONDAY, language="en"):
        capsys.readouterr()
        code = run(["--log", str(folder), "--now", now, "--language", language, "remind", *words])
        return int(code), *capsys.readouterr()

    return run_once


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_prints_what_holds_by_owner(call, language):
    """Without options everything that holds is printed, each time, personal data masked, and nothing is remembered."""
    code, out, err = first = call(language=language)
    assert (code, err) == (ExitCode.DONE, "")
    assert out.index("■ 王芳") < out.index("■ 物流部")
    assert "commlog done 20260310-7f3kq2/1 --result …" in out
    assert not re.search("李娜|13800000001", out)
    assert call(language=language) == first


def test_nothing_to_tell_prints_nothing(call):
    """Cron mails whatever is printed, so silence is complete."""
    assert call(now="2026-03-10T15:00:00+08:00") == (ExitCode.DONE, "", "")
    assert call("--exit-code", now="2026-03-10T15:00:00+08:00")[0] == ExitCode.DONE
    assert call("--notify", now="2026-03-10T15:00:00+08:00") == (ExitCode.DONE, "", "")


def test_a_script_learns_by_the_code_that_there_is_something(call):
    """--exit-code ends with 10 when something holds."""
    assert call("--exit-code")[0] == ExitCode.FOUND


def test_personal_data_is_printed_on_request_alone(call):
    """--reveal shows it on stdout, and goes with nothing that delivers."""
    assert "李娜" in call("--reveal")[1]
    for words in (("--notify", "--reveal"), ("--dry-run", "--reveal")):
        code, out, err = call(*words)
        assert (code, out) == (ExitCode.USAGE, "")
        assert "--reveal" in err


def test_json_holds_every_stage(call):
    """A script reads the same items with all of their stages; an empty list when there is nothing."""
    entries = json.loads(call("--format", "json")[1])
    assert [(entry["address"], entry["stages"]) for entry in entries] == [
        ("20260310-7f3kq2/1", ["overdue"]),
        ("20260310-7f3kq2/2", ["today"]),
    ]
    assert call("--format", "json", now="2026-03-10T15:00:00+08:00")[1] == "[]\n"


def test_once_prints_what_was_not_printed_before(call):
    """What was printed stays silent until its stage changes; a dry run remembers nothing."""
    assert "7f3kq2/1" in call("--once", "--dry-run")[1]
    assert "7f3kq2/1" in call("--once")[1]
    assert call("--once") == (ExitCode.DONE, "", "")
    _, out, _ = call("--once", now="2026-03-16T18:30:00+08:00")
    assert "7f3kq2/2" in out
    assert "7f3kq2/1" not in out


def test_each_recipient_gets_one_digest_once(call, server):
    """The owner and the lead are told what is theirs; the next run is silent until a stage changes."""
    assert call("--notify") == (ExitCode.DONE, "", "")
    assert [body["text"].count("commlog done") for _, body in server.taken] == [1, 1]
    assert server.subjects() == [("wang", "[commlog] 1 overdue"), ("zhou", "[commlog] 1 due today")]
    assert call("--notify", now="2026-03-16T10:15:00+08:00") == (ExitCode.DONE, "", "")
    assert server.subjects() == []
    call("--notify", now="2026-03-17T09:00:00+08:00")
    assert server.subjects() == [("zhou", "[commlog] 2 overdue")]


def test_what_leaves_the_machine_is_masked(call, server):
    """No name and no number of a customer is in any part of a message."""
    call("--notify")
    assert len(server.taken) == 2
    assert not re.search("李娜|13800000001", json.dumps(server.taken, ensure_ascii=False))


def test_a_failed_delivery_is_said_and_tried_again(call, server, monkeypatch):
    """The others are delivered, the code is 8, and only what failed is delivered by the next run."""
    monkeypatch.setenv("HOOK_WANG", server.url("broken"))
    code, out, err = call("--notify")
    assert (code, out) == (ExitCode.NOT_DELIVERED, "")
    assert "not delivered to 王芳 <webhook:$HOOK_WANG>" in err
    assert server.subjects() == [("zhou", "[commlog] 1 due today")]
    monkeypatch.setenv("HOOK_WANG", server.url("wang"))
    assert call("--notify")[0] == ExitCode.DONE
    assert server.subjects() == [("wang", "[commlog] 1 overdue")]


def test_what_reaches_nobody_is_said_each_time(call, folder, server):
    """Without a lead who has an address, what belongs to a department is undeliverable: 8, and the rest is delivered."""
    (folder / "commlog.yaml").write_text(SETTINGS.replace(', notify: "webhook:$HOOK_ZHOU"', ""), encoding="utf-8")
    for subjects in ([("wang", "[commlog] 1 overdue")], []):
        code, _, err = call("--notify")
        assert code == ExitCode.NOT_DELIVERED
        assert "物流部" in err
        assert "周敏 has no address" in err
        assert server.subjects() == subjects


def test_a_dry_run_shows_who_would_be_told_and_delivers_nothing(call, server, folder):
    """Addresses, subjects and texts are shown; nothing is sent and nothing is remembered."""
    for words in (("--dry-run",), ("--notify", "--dry-run")):
        code, out, _ = call(*words)
        assert code == ExitCode.DONE
        assert "To 王芳 <webhook:$HOOK_WANG>" in out
        assert "Subject: [commlog] 1 overdue" in out
    plan = json.loads(call("--dry-run", "--format", "json")[1])
    assert [(entry["to"], entry["members"], len(entry["items"])) for entry in plan] == [
        ("webhook:$HOOK_WANG", ["wang"], 1),
        ("webhook:$HOOK_ZHOU", ["zhou"], 1),
    ]
    assert server.taken == []
    assert not (folder / ".commlog/reminders.jsonl").exists()


def test_mail_addresses_are_masked_where_they_are_shown(call, folder):
    """A dry run does not print anybody's address."""
    (folder / "commlog.yaml").write_text(
        SETTINGS.replace("webhook:$HOOK_WANG", "mailto:wang@example.com"), encoding="utf-8"
    )
    out = call("--dry-run")[1]
    assert "w***@example.com" in out
    assert "wang@example.com" not in out


def test_one_member_alone_is_told_on_request(call, server):
    """--to names who is told, by any name; the others are told by the next run."""
    assert call("--notify", "--to", "王芳")[0] == ExitCode.DONE
    assert server.subjects() == [("wang", "[commlog] 1 overdue")]
    call("--notify")
    assert server.subjects() == [("zhou", "[commlog] 1 due today")]
    assert call("--notify", "--to", "nobody")[0] == ExitCode.NOT_FOUND
    assert call("--to", "wang")[0] == ExitCode.USAGE


def test_a_test_message_goes_to_the_member_who_asks(call, server, monkeypatch):
    """--test delivers to one's own addresses or those of --to, remembers nothing, and says how it went."""
    monkeypatch.setenv("COMMLOG_MEMBER", "wang")
    assert call("--test")[0] == ExitCode.DONE
    assert server.subjects() == [("wang", "[commlog] test")]
    assert call("--test", "--to", "zhou")[0] == ExitCode.DONE
    assert server.subjects() == [("zhou", "[commlog] test")]
    monkeypatch.setenv("HOOK_WANG", server.url("broken"))
    assert call("--test")[0] == ExitCode.NOT_DELIVERED
    assert call("--test", "--notify")[0] == ExitCode.USAGE


def test_a_second_run_at_once_leaves_the_work_to_the_first(call, folder, server):
    """While another process holds the ledger nothing is delivered or printed; that is said, and is no failure."""
    from datetime import datetime

    with open_ledger(folder, datetime.fromisoformat(MONDAY)):
        for words in ("--notify", "--once"):
            code, out, err = call(words)
            assert (code, out) == (ExitCode.DONE, "")
            assert "another reminder is running" in err
    assert server.taken == []


DROPPED = """\
id: 20260311-9abcde
template: service
customer: zhao-min
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-11T14:30:00+08:00
recorded_at: 2026-03-11T14:52:00+08:00
subject: 赵敏 13900000002
scenario: after_sales
problem: 一直不制冷
request: 换一台新机
summary: 客户来电。
outcome: follow_up
"""


@pytest.fixture
def forgotten(folder):
    """A customer's call of last week for whom nothing was done, beside what is due."""
    zhao_min = CUSTOMER.replace("li-na", "zhao-min").replace("李娜", "赵敏")
    (folder / "records/customers/zhao-min.yaml").write_text(zhao_min, encoding="utf-8")
    file = folder / "records/interactions/2026/03/20260311-9abcde.yaml"
    file.write_text(DROPPED, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("since 2026-03-11", "got in touch")), ("zh", ("2026-03-11", "赵*"))]
)
def test_what_was_dropped_is_printed_with_the_command_that_helps(call, forgotten, language, words):
    """Under its owner, after what is due: since when, for whom, what is dropped, and a command."""
    _, out, _ = call(language=language)
    lines = out.splitlines()
    place = lines.index("    commlog add-follow-up 20260311-9abcde …")
    assert lines[place - 2] == "    commlog done 20260310-7f3kq2/1 --result …"
    assert all(word in lines[place - 1] for word in words)
    assert not re.search("赵敏|13900000002", out)
    assert "赵敏" in call("--reveal", language=language)[1]


def test_what_was_dropped_is_printed_once_and_shown_by_a_dry_run(call, forgotten):
    """Each way to tell has it: --once a single time, a dry run without remembering, JSON with its rule."""
    (entry,) = (one for one in json.loads(call("--format", "json")[1]) if one["kind"] == "dropped")
    assert (entry["address"], entry["owner"], entry["rule"]) == ("20260311-9abcde", "wang", "unanswered-contact")
    assert (entry["since"], entry["stages"], entry["due"]) == ("2026-03-11", ["dropped"], None)
    for _ in range(2):
        assert "add-follow-up 20260311-9abcde" in call("--once", "--dry-run")[1]
        plan = json.loads(call("--dry-run", "--format", "json")[1])
        assert [len(one["items"]) for one in plan] == [2, 1]
    assert "add-follow-up 20260311-9abcde" in call("--once")[1]
    assert call("--once") == (ExitCode.DONE, "", "")
    assert "9abcde" not in call("--once", now="2026-03-18T10:00:00+08:00")[1]


def test_what_was_dropped_is_delivered_once_and_masked(call, server, forgotten):
    """Its owner is told by the first run, in the same message as what is due, and by no later one."""
    assert call("--notify") == (ExitCode.DONE, "", "")
    told = dict(server.taken)
    assert told["wang"]["subject"] == "[commlog] 1 overdue, 1 dropped"
    assert "commlog add-follow-up 20260311-9abcde …" in told["wang"]["text"]
    assert "9abcde" not in told["zhou"]["text"]
    assert not re.search("赵敏|13900000002|李娜", json.dumps(server.taken, ensure_ascii=False))
    server.taken.clear()
    for day in range(17, 28):
        assert call("--notify", now=f"2026-03-{day}T10:00:00+08:00")[0] == ExitCode.DONE
    assert not any("9abcde" in body["text"] for _, body in server.taken)


def test_what_was_dropped_is_found_by_the_exit_code_until_it_is_picked_up(call, folder, forgotten):
    """--exit-code counts it; a follow-up added to the record is the end of it."""
    (folder / "records/interactions/2026/03/20260310-7f3kq2.yaml").unlink()
    assert call("--exit-code")[0] == ExitCode.FOUND
    assert run(["--log", str(folder), "--now", MONDAY, "add-follow-up", "9abcde", "call; owner=wang; due=none", "--by", "wang"]) == 0  # fmt: skip
    assert call("--exit-code") == (ExitCode.DONE, "", "")


def test_the_words_of_check_are_about_the_same_records(call, folder, forgotten, capsys):
    """`check` warns of every item that is told, by its rule."""
    told = {(one["address"], one["rule"]) for one in json.loads(call("--format", "json")[1]) if one["rule"]}
    run(["--log", str(folder), "--now", MONDAY, "--language", "en", "check", "--format", "json"])
    warned = json.dumps(json.loads(capsys.readouterr().out))
    assert told == {("20260311-9abcde", "unanswered-contact")}
    assert all(address in warned and rule in warned for address, rule in told)


def test_an_unreadable_file_is_told_and_changes_the_code(call, folder, server, monkeypatch):
    """The digest itself says what is missing from it; the code is 6, or 8 when something was not delivered either."""
    (folder / "records/interactions/2026/03/broken.yaml").write_text("a: [", encoding="utf-8")
    code, out, err = call()
    assert code == ExitCode.UNREADABLE
    assert "1 file cannot be read" in out
    assert "broken.yaml" in err
    assert call("--notify")[0] == ExitCode.UNREADABLE
    assert {path: "broken.yaml" in body["text"] for path, body in server.taken} == {"wang": False, "zhou": True}
    monkeypatch.setenv("HOOK_WANG", server.url("broken"))
    (folder / ".commlog/reminders.jsonl").unlink()
    assert call("--notify")[0] == ExitCode.NOT_DELIVERED


def test_what_was_told_survives_a_copy_that_is_made_anew(call, folder, server):
    """The copy may be deleted at any moment; nothing is told twice for that."""
    call("--notify")
    server.taken.clear()
    (folder / ".commlog/index.sqlite").unlink()
    call("--notify")
    assert server.taken == []


@pytest.mark.parametrize(
    "words", [("--notify", "--once"), ("--format", "xml"), ("--notify", "--format", "json"), ("--test", "--once")]
)
def test_options_that_contradict_each_other_are_usage_errors(call, words):
    """Nothing is printed or delivered before the words make sense."""
    code, out, err = call(*words)
    assert (code, out) == (ExitCode.USAGE, "")
    assert err
