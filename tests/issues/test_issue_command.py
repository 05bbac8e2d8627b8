"""`commlog issue`: from a conversation to the closed form, as an agent and a lead use it."""

import json

import pytest

TALK = """\
id: 20260313-aaaaaa
template: service
customer: acme
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-13T16:00:00+08:00
recorded_at: 2026-03-13T16:20:00+08:00
subject: The belt slips
summary: It slips when it rains.
scenario: after_sales
problem: |
  It slips when it rains.
  Twice | this week.
request: repair
outcome: resolved
"""


@pytest.fixture
def talk(folder):
    """One conversation in the log."""
    path = folder / "records/interactions/2026/03/20260313-aaaaaa.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(TALK, encoding="utf-8")
    return "20260313-aaaaaa"


def ran(done):
    """The id that a command printed; its remarks must be on stderr alone."""
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def test_from_a_conversation_to_the_form(talk, program):
    """The whole way: made, fixed, confirmed; the id alone on stdout; the form has every column of the paper."""
    made = program("issue", "create", "--from", talk, "--owner", "王芳", "--follow-up", "call; due=3wd")
    issue = ran(made)
    assert "category: Product" in made.stderr.decode()
    assert ran(program("issue", "fix", issue, "--solution", "new belt")) == issue
    closed = program(
        "issue", "confirm", issue, "--result", "满意", "--confirmed-by", "Chen", "--how", "phone", "--score", "5"
    )
    assert ran(closed) == issue
    assert f"{issue}/1" in closed.stderr.decode()
    form = ran(program("issue", "list", "--all", "--format", "form")).splitlines()
    assert len(form) == 3
    cells = [cell.strip() for cell in form[2].replace("\\|", "¦").split("|")[1:-1]]
    assert cells == [
        issue,
        "2026-03-13",
        "艾克米公司",
        "It slips when it rains.<br>Twice ¦ this week.",
        "Product",
        "王芳",
        "Closed",
        "new belt",
        "2026-03-16",
        "Satisfied, Chen, 2026-03-16, phone",
        "5",
        "2026-03-16",
    ]


def test_an_owner_who_is_no_member_is_said(talk, program, folder):
    """A department may take it over, yet a name nobody has is remarked on; without a list of members nothing is."""
    issue = ran(program("issue", "create", "--from", talk, "--owner", "王芳"))
    remark = "commlog: 'nobody' is not a member: treated as a department"
    done = program("issue", "assign", issue, "--to", "nobody")
    assert ran(done) == issue
    assert remark in done.stderr.decode().splitlines()
    assert "not a member" not in program("issue", "assign", issue, "--to", "王芳").stderr.decode()
    assert "not a member" not in program("issue", "assign", issue, "--department", "nobody").stderr.decode()
    (folder / "commlog.yaml").write_text("timezone: Asia/Shanghai\nlanguage: en\n", encoding="utf-8")
    assert "not a member" not in program("issue", "assign", issue, "--to", "nobody").stderr.decode()


def test_an_issue_of_nobody_says_who_may_be_named(program):
    """Neither owner nor department: both are offered."""
    words = ["customer=acme", "title=t", "description=d", "category=product"]
    done = program("issue", "create", *(part for word in words for part in ("--set", word)))
    assert done.returncode == 3
    assert "one of owner, department is required" in done.stderr.decode()
    assert "add at least one of them: owner, department" in done.stderr.decode()
    done = program("issue", "create", *(part for word in words for part in ("--set", word)), "--language", "zh")
    assert "owner (责任人), department (责任部门)" in done.stderr.decode()


def test_an_earlier_round_is_told_in_words(talk, program):
    """What a round keeps in the history is shown by labels and choices, in the language asked for, and not by keys."""
    issue = ran(program("issue", "create", "--from", talk, "--owner", "wang"))
    ran(program("issue", "fix", issue, "--solution", "new belt"))
    words = [
        "--result",
        "needs_improvement",
        "--confirmed-by",
        "Chen",
        "--how",
        "phone",
        "--score",
        "2",
        "--note",
        "slips",
    ]
    ran(program("issue", "confirm", issue, *words))
    kept = "Completed on: 2026-03-16; Customer's confirmation: Needs improvement (Chen, phone);"
    for call in (["issue", "show", issue], ["show", issue]):
        shown = ran(program(*call))
        assert kept in shown
        assert "confirmation=" not in shown
    assert "客户确认结果：需改进" in ran(program("issue", "show", issue, "--language", "zh"))
    assert "confirmation=needs_improvement (Chen, phone)" in ran(program("issue", "show", issue, "--format", "yaml"))


def test_who_confirmed_and_who_wrote_it_down_are_two(talk, program):
    """--confirmed-by is the customer's person, --by the member, as with every other verb."""
    issue = ran(program("issue", "create", "--from", talk, "--owner", "wang"))
    ran(program("issue", "fix", issue, "--solution", "new belt"))
    ran(program("issue", "confirm", issue, "--result", "satisfied", "--confirmed-by", "Chen", "--by", "王芳"))
    shown = json.loads(ran(program("issue", "show", issue, "--format", "json")))
    assert (shown["confirmation"]["by"], shown["history"][-1]["by"]) == ("Chen", "wang")


def test_the_form_speaks_chinese(talk, program):
    """Its headings are the labels of the template."""
    ran(program("issue", "create", "--from", talk, "--owner", "wang"))
    shown = ran(program("issue", "list", "--format", "form", "--language", "zh"))
    for heading in (
        "反馈日期",
        "客户",
        "问题描述",
        "问题分类",
        "处理进度",
        "解决方案",
        "客户确认结果",
        "满意度评分",
        "归档时间",
        "产品",
    ):
        assert heading in shown


def test_programs_get_slugs_numbers_and_null(talk, program):
    """JSON has every column, the age as a number, and what there is not as null."""
    issue = ran(program("issue", "create", "--from", talk, "--department", "R&D"))
    (row,) = json.loads(program("issue", "list", "--format", "json").stdout)
    told = ("id", "category", "department", "owner", "status", "reported_on", "age", "next", "closed_on")
    assert [row[key] for key in told] == [issue, "product", "R&D", None, "open", "2026-03-13", 1, None, None]


def test_the_same_conversation_twice_is_told(talk, program):
    """A second issue is made, and the first one named."""
    first = ran(program("issue", "create", "--from", talk, "--owner", "wang"))
    assert first in program("issue", "create", "--from", talk, "--owner", "wang").stderr.decode()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["confirm", "ISSUE", "--result", "satisfied"], 5, "issue fix"),
        (["confirm", "ISSUE", "--result", "great"], 2, "needs_improvement"),
        (["confirm", "ISSUE", "--result", "satisfied", "--score", "x"], 2, "1 (lowest)"),
        (["confirm", "ISSUE", "--result", "satisfied", "--score", "6"], 2, "1 (lowest)"),
        (["close", "ISSUE"], 2, "--reason"),
        (["reopen", "ISSUE", "--reason", "x"], 5, "already open"),
        (["fix", "ISSUE"], 2, "--solution"),
        (["assign", "ISSUE"], 2, "--to"),
        (["start", "20260313-aaaaaa"], 2, "service"),
        (["show", "20260313-aaaaaa"], 2, "service"),
        (["list", "--older-than", "soon"], 2, "10wd"),
        (["list", "--category", "colour"], 2, "logistics"),
        (["list", "--format", "pdf"], 2, "form"),
        (["create", "--owner", "wang"], 3, "title"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(talk, program, words, code, told):
    """The exit code of its kind, and on stderr what applies."""
    issue = ran(program("issue", "create", "--from", talk, "--owner", "wang"))
    done = program("issue", *(issue if word == "ISSUE" else word for word in words))
    assert done.returncode == code
    assert told in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_what_no_form_tells_is_asked(talk, folder, terminal):
    """At a terminal the category and who has to solve it are asked for, and nothing else that is known."""
    path = folder / "records/interactions/2026/03/20260313-aaaaaa.yaml"
    path.write_text(TALK.replace("after_sales", "complaint"), encoding="utf-8")
    screen = terminal("issue", "create", "--from", talk)
    screen.answer(r"Category: $", "2")
    screen.answer(r"More fields\? \[y/N\]: $", "")
    screen.answer(r"solve it\?.*: $", "技术部")
    code, out = screen.finish()
    assert code == 0
    (written,) = (folder / "records/issues/2026").glob("*.yaml")
    text = written.read_text("utf-8")
    assert out.strip() == written.stem
    assert "category: service\n" in text
    assert "department: 技术部\n" in text
