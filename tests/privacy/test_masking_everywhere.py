"""Personal data in what every command prints: hidden wherever nobody asked for it with --reveal."""

import secrets
import shutil
import subprocess

import pytest

from commlog.cli.app import COMMANDS, run
from tests.build import NOW

SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, email: wang@example.com, role: lead, notify: mailto:wang@example.com}
retention: {interactions: 1d, customers: 1d}
"""

# What must not be seen, each only once in the log's fields or words.
PHONE, MAIL, WECOM = "13912345678", "maria.marked@hidden.example", "wx-marked-771"
ADDRESS, BIRTHDAY, TABOO = "秘密路77号301室", "1987-03-17", "榴莲过敏标记"
SAID_PHONE, SAID_MAIL = "13712349876", "said.marked@text.example"
ID_CARD, BANK_CARD, LANDLINE = "11010519491231002X", "6222021234567890123", "021-62345678"
MARKED = (
    PHONE,
    MAIL,
    WECOM,
    ADDRESS,
    BIRTHDAY,
    "1987",
    TABOO,
    SAID_PHONE,
    SAID_MAIL,
    ID_CARD,
    ID_CARD.casefold(),
    BANK_CARD,
    LANDLINE,
    "62345678",
)
SAID = f"回电{SAID_PHONE}或{LANDLINE}，写信到{SAID_MAIL}，证件{ID_CARD}，卡号{BANK_CARD}"

CUSTOMER = f"""\
id: maria
template: customer
name: 玛丽亚
type: individual
stage: active
level: vip
contacts:
  - {{name: 玛丽亚, phone: "{PHONE}", email: {MAIL}, wecom: {WECOM}}}
addresses:
  - {{kind: home, address: {ADDRESS}, delivery_note: "{SAID}"}}
taboos: [{TABOO}]
birthday: {BIRTHDAY}
notes: "{SAID}"
"""
TWIN = CUSTOMER.replace("id: maria", "id: twin")

SERVICE = f"""\
id: {{id}}
template: service
customer: maria
contact: "玛丽亚 {SAID_PHONE}"
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-10T14:30:00+08:00
ended_at: 2026-03-10T14:45:00+08:00
recorded_at: 2026-03-10T14:52:00+08:00
subject: "退换 {SAID}"
scenario: complaint
problem: "{SAID}"
request: "{SAID}"
summary: "{SAID}"
dialogue:
  - {{{{speaker: customer, words: "{SAID}"}}}}
mood: angry
mood_note: "{SAID}"
solution: "{SAID}"
outcome: follow_up
satisfaction: dissatisfied
links:
  - {{{{to: "{{other}}", type: follows, note: "{SAID}"}}}}
followups:
  - n: 1
    action: "{SAID}"
    method: "{SAID}"
    owner: wang
    priority: important
    due: 2026-03-12T18:00:00+08:00
    due_rule: 3wd
    status: open
    history:
      - {{{{at: "2026-03-10T14:52:00+08:00", by: wang, status: open, note: "{SAID}"}}}}
  - n: 2
    action: 已办
    owner: wang
    due: 2026-03-12
    status: done
    result: "{SAID}"
    history:
      - {{{{at: "2026-03-11T10:00:00+08:00", by: wang, status: done}}}}
extra: {{{{备注: "{SAID}"}}}}
"""
FIRST, SECOND, NAMELESS, ISSUE, SURVEY = (
    "20260310-aaaaaa",
    "20260310-bbbbbb",
    "20260310-cccccc",
    "20260311-dddddd",
    "20260312-eeeeee",
)
ANONYMOUS = SERVICE.replace(
    "customer: maria", f'customer: anonymous\nparty: {{{{name: "女士 {SAID_PHONE}", contact: "{PHONE}"}}}}'
).replace(f'contact: "玛丽亚 {SAID_PHONE}"\n', "")
PROBLEM = f"""\
id: {ISSUE}
template: issue
customer: maria
title: "漏水 {SAID}"
description: "{SAID}"
reported_on: 2026-03-01
recorded_at: 2026-03-11T10:00:00+08:00
category: product
owner: wang
status: open
"""
OPINION = f"""\
id: {SURVEY}
template: survey
customer: maria
contact: "玛丽亚 {SAID_PHONE}"
period: 2026-Q1
requested_on: 2026-03-11
assessed_on: 2026-03-12
recorded_at: 2026-03-12T10:00:00+08:00
entered_by: staff
scores: {{overall: 1}}
comment: "{SAID}"
suggestions: "{SAID}"
"""

# For each command what is called; `None` stands for a command that is left out, with the reason beside it.
LISTED = ("table", "json", "jsonl", "csv", "tsv", "markdown", "ids")
EVERY_COLUMN = "id,time,customer,customer_name,subject,path"


def formats(*words: str, of: tuple[str, ...] = LISTED) -> list[tuple[str, ...]]:
    """A call in each of some formats."""
    return [(*words, "--format", name) for name in of]


CALLS: dict[str, list[tuple[str, ...]]] = {
    "init": [],  # writes a new log; there is nobody in it
    "create": [("create", "customer", "--set", "name=玛丽亚", "--set", "type=individual", "--dry-run")],
    "show": [
        call
        for one in (FIRST, NAMELESS, ISSUE, SURVEY, "maria")
        for call in formats("show", one, of=("text", "json", "yaml", "html"))
    ],
    "edit": [("edit", FIRST, "--set", "mood=calm")],  # without assignments it opens the raw file, as its purpose is
    "list": [*formats("list"), ("list", SAID_PHONE), ("list", "--columns", EVERY_COLUMN), ("list", "kind:customer")],
    "search": [
        call
        for words in (
            SAID_PHONE,
            PHONE,
            MAIL,
            "路77",
            "过敏",
            "1987",
            "marked",
            "回电",
            "证件",
            "卡号",
            "00012",
            ID_CARD,
        )
        for call in formats("search", words)
    ],
    "link": [("link", FIRST, ISSUE)],
    "unlink": [("link", FIRST, ISSUE), ("unlink", FIRST, ISSUE)],
    "thread": formats("thread", FIRST, of=("text", "json", "ids")),
    "pending": [*formats("pending"), ("pending", "--by", "owner"), ("pending", "--columns", "subject,action,method")],
    "start": [("start", f"{FIRST}/1")],
    "wait": [("wait", f"{FIRST}/1")],
    "done": [("done", f"{SECOND}/1", "--result", SAID)],
    "close": [("close", f"{NAMELESS}/1", "--note", SAID)],
    "reopen": [("done", f"{SECOND}/1", "--result", SAID), ("reopen", f"{SECOND}/1", "--reason", SAID)],
    "assign": [("assign", f"{FIRST}/1", "--to", "wang", "--note", SAID)],
    "reschedule": [("reschedule", f"{FIRST}/1", "--due", "3wd", "--note", SAID)],
    "add-follow-up": [("add-follow-up", FIRST, f"action={SAID}; owner=wang")],
    "why": formats("why", f"{FIRST}/1", of=("text", "json")),
    "remind": [("remind", "--dry-run"), ("remind", "--dry-run", "--format", "json")],
    "care": formats("care"),
    "brief": [*formats("brief", "maria", of=("text", "json", "markdown")), ("brief", PHONE), ("brief", SAID_PHONE)],
    "timeline": formats("timeline", "maria", of=("text", "json", "jsonl", "csv", "markdown")),
    "summarize": [
        *formats("summarize", "2026-03", of=("text", "json", "csv", "markdown")),
        ("summarize", "2026-03", "--by", "customer"),
    ],
    "report": [("report", "2026-03", "--output", "-"), ("report", "2026-03", "--format", "markdown")],
    "check": formats("check", of=("text", "json", "github")),  # of a wrong value it shows the line, to be corrected
    "import": [],  # shows the rows of a file that somebody brings
    "export": [("export", name) for name in ("csv", "jsonl", "ics")],
    "customer": [
        *formats("customer", "list"),
        *formats("customer", "duplicates"),
        *formats("customer", "show", "maria", of=("text", "json", "yaml")),
        ("customer", "merge", "twin", "maria", "--dry-run"),
        ("customer", "verify", "maria"),
        ("customer", "consent", "maria", "withdrawn"),
        # `customer export` is the person's own request for their data in full.
        ("customer", "forget", "maria"),
    ],
    "issue": [*formats("issue", "list"), *formats("issue", "show", ISSUE, of=("text", "json", "yaml"))],
    "survey": [
        *formats("survey", "list"),
        *formats("survey", "show", SURVEY, of=("text", "json", "yaml")),
        ("survey", "trend"),
    ],
    "answer": formats("answer", "list"),
    "calendar": [("calendar", "show"), ("calendar", "check")],
    "template": [("template", "list"), ("template", "show", "service")],
    "index": [("index", "status"), ("index", "rebuild")],
    "sql": [
        call
        for table in (
            "records",
            "follow_ups",
            "links",
            "tags",
            "customers",
            "customer_dates",
            "customer_names",
            "contents",
            "problems",
            "choices",
        )
        for call in formats("sql", f"SELECT * FROM {table}")
    ]
    + [
        ("sql", "SELECT field(content, 'contacts.phone'), field(content, 'birthday') FROM contents"),
        ("sql", "SELECT sql FROM sqlite_temp_master"),
    ],
    "doctor": [("doctor",)],
    "retention": [*formats("retention"), ("retention", "--apply-hint")],
    "history": [("history", FIRST), ("history", FIRST, "--format", "json"), ("history", "maria")],
    "audit": formats("audit"),
    "completion": [
        ("completion", shell, f"--line=commlog {words}")
        for shell in ("bash", "zsh", "fish")
        for words in ("done ", "show ", "brief ", "list customer:")
    ],
}
# What acts on git or on files as they are, and tells names of files at most.
SILENT = {"sync", "hook", "merge-driver", "seal"}


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A log in git whose every field and text holds something that must not be seen."""
    root = tmp_path_factory.mktemp("marked")
    files = {
        "commlog.yaml": SETTINGS,
        "records/customers/maria.yaml": CUSTOMER,
        "records/customers/twin.yaml": TWIN,
        f"records/interactions/2026/03/{FIRST}.yaml": SERVICE.format(id=FIRST, other=SECOND),
        f"records/interactions/2026/03/{SECOND}.yaml": SERVICE.format(id=SECOND, other="ref:1"),
        f"records/interactions/2026/03/{NAMELESS}.yaml": ANONYMOUS.format(id=NAMELESS, other=SECOND),
        f"records/issues/2026/{ISSUE}.yaml": PROBLEM,
        f"records/surveys/2026/{SURVEY}.yaml": OPINION,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=wang@example.com"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "records"]):
        subprocess.run([*git, *words], check=True)
    return root


@pytest.fixture
def told(marked, tmp_path, capsys, monkeypatch):
    """A function that runs a command in a copy of the marked log, and gives its exit code and all it printed."""
    monkeypatch.setenv("COMMLOG_MEMBER", "wang")
    root = shutil.copytree(marked, tmp_path / "log")

    def call(*words):
        code = run([*words, "--log", str(root), "--now", NOW, "--language", "en"])
        answer = capsys.readouterr()
        return code, answer.out + answer.err

    return call


def test_every_command_is_looked_at():
    """No command is left out of these tests by accident."""
    assert {name.split(" ")[0] for name in COMMANDS} <= set(CALLS) | SILENT


@pytest.mark.parametrize("command", [name for name, calls in CALLS.items() if calls])
def test_nothing_marked_is_printed(told, command):
    """In no format does a command print a number, an address or a marked field without --reveal."""
    leaks = []
    for call in CALLS[command]:
        code, text = told(*call)
        assert code == 0 or command == "doctor", text
        # What somebody types is said back to them.
        leaks += [
            (" ".join(call), value) for value in MARKED if value in text and not any(value in word for word in call)
        ]
    assert leaks == []


@pytest.mark.parametrize(
    "question",
    [
        "SELECT main.customer_names.name FROM main.customer_names",
        "WITH a AS (SELECT subject FROM main.records) SELECT * FROM a",
        "SELECT (SELECT content FROM main.contents LIMIT 1)",
        "SELECT * FROM main.records r JOIN main.follow_ups f USING (record)",
    ],
)
def test_no_question_goes_past_the_masked_tables(told, question):
    """The tables themselves are refused by name, and the remedy is said; --reveal reads them."""
    code, text = told("sql", question)
    assert code == 2
    assert "--reveal" in text
    assert told("sql", question, "--reveal")[0] == 0


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (("list", "id:" + FIRST, "--format", "json"), SAID_PHONE),
        (("search", SAID_PHONE), SAID_PHONE),
        (("search", PHONE), PHONE),
        (("pending", "--format", "json"), BANK_CARD),
        (("thread", FIRST), SAID_PHONE),
        (("sql", "SELECT name FROM customer_names"), PHONE),
        (("show", FIRST), ID_CARD),
        (("show", "maria"), TABOO),
    ],
)
def test_reveal_shows_what_is_hidden(told, call, value):
    """The same words with --reveal print the value in full."""
    assert value not in told(*call)[1].replace(" ".join(call), "")
    code, text = told(*call, "--reveal")
    assert code == 0
    assert value in text


@pytest.mark.parametrize("value", [SAID_PHONE, PHONE, MAIL, SAID_MAIL, ID_CARD, BANK_CARD, TABOO, ADDRESS])
def test_what_is_hidden_is_found(told, value):
    """A search by the full value finds the records that hold it."""
    code, text = told("search", value, "--format", "ids")
    assert code == 0
    assert text.strip()


def test_names_stay_unless_the_settings_hide_them(marked, told, tmp_path, capsys):
    """A customer's name is in listings; with `mask: {names: true}` it is in none of them."""
    assert "玛丽亚" in told("list")[1]
    other = tmp_path / "other"
    shutil.copytree(marked, other)
    path = other / "commlog.yaml"
    path.write_text(path.read_text("utf-8") + "mask: {names: true}\n", encoding="utf-8")
    for words in (
        ("list",),
        ("pending",),
        ("thread", FIRST),
        ("search", "回电"),
        ("sql", "SELECT name FROM customers"),
    ):
        assert run([*words, "--log", str(other), "--now", NOW]) == 0
        shown = capsys.readouterr().out
        assert "玛丽亚" not in shown
        assert "玛*" in shown


def test_text_is_shown_when_the_settings_say_so(marked, tmp_path, capsys):
    """With `mask: {text: false}` listings show people's words as they are, and marked fields are hidden all the same."""
    other = tmp_path / "log"
    shutil.copytree(marked, other)
    path = other / "commlog.yaml"
    path.write_text(path.read_text("utf-8") + "mask: {text: false}\n", encoding="utf-8")
    run(["pending", "--log", str(other), "--now", NOW])
    assert SAID_PHONE in capsys.readouterr().out
    run(["search", TABOO, "--log", str(other), "--now", NOW])
    assert TABOO not in capsys.readouterr().out


def test_random_numbers_are_hidden_in_listings(marked, tmp_path, capsys):
    """Whatever the mobile number, a listing shows its beginning and end at most."""
    other = tmp_path / "log"
    shutil.copytree(marked, other)
    number = "13" + "".join(secrets.choice("0123456789") for _ in range(9))
    path = other / "records" / "interactions" / "2026" / "03" / f"{FIRST}.yaml"
    path.write_text(path.read_text("utf-8").replace(SAID_PHONE, number), encoding="utf-8")
    run(["list", "--log", str(other), "--now", NOW, "--format", "json"])
    shown = capsys.readouterr().out
    assert number not in shown
    assert f"{number[:3]}****{number[-4:]}" in shown
