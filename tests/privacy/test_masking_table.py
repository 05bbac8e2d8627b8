"""One rule of masking wherever text leaves: what each command shows, by the settings and with --reveal, as a table."""

import io
import os
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from commlog.cli.app import run
from tests.build import NOW

SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, email: wang@example.com, role: lead, notify: mailto:wang@example.com}
retention: {interactions: 1d, customers: 1d}
"""
# What is looked for in an answer, by the letter that stands for it in the table: the customer's name as such and inside
# words, a phone number, an e-mail address and an address in their fields, a phone number and an ID card inside words.
SIGNS = {
    "n": "陈大文",
    "w": "替陈大文",
    "p": "13912345678",
    "m": "chen.marked@hidden.example",
    "a": "秘密路77号",
    "t": "13712349876",
    "i": "11010519491231002X",
}
SAID = "替陈大文回电13712349876，证件11010519491231002X"
CUSTOMER = f"""\
id: chen
template: customer
name: 陈大文
type: individual
stage: active
level: vip
contacts:
  - {{name: 陈大文, phone: "13912345678", email: chen.marked@hidden.example}}
addresses:
  - {{kind: home, address: 秘密路77号301室, delivery_note: "{SAID}"}}
birthday: 1987-03-17
consent: {{status: granted, on: 2026-01-01, how: phone}}
notes: "{SAID}"
"""
FIRST, SECOND, ISSUE, SURVEY = "20260310-aaaaaa", "20260312-bbbbbb", "20260311-dddddd", "20260312-eeeeee"
TALK = f"""\
template: service
customer: chen
contact: "陈大文 13712349876"
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-10T14:30:00+08:00
recorded_at: 2026-03-10T14:52:00+08:00
subject: "{SAID}"
scenario: complaint
problem: "{SAID}"
summary: "{SAID}"
mood: angry
mood_note: "{SAID}"
outcome: follow_up
satisfaction: dissatisfied
followups:
  - n: 1
    action: "{SAID}"
    owner: wang
    priority: important
    due: 2026-03-12T18:00:00+08:00
    due_rule: 3wd
    status: open
    history:
      - {{at: "2026-03-10T14:52:00+08:00", by: wang, status: open, note: "{SAID}"}}
"""
FILES = {
    "records/customers/chen.yaml": CUSTOMER,
    "records/customers/twin.yaml": CUSTOMER.replace("id: chen", "id: twin"),
    f"records/interactions/2026/03/{FIRST}.yaml": f"id: {FIRST}\n{TALK}",
    f"records/interactions/2026/03/{SECOND}.yaml": f"id: {SECOND}\n{TALK}links:\n  - {{to: {FIRST}, type: follows}}\n",
    f"records/issues/2026/{ISSUE}.yaml": f"""\
id: {ISSUE}
template: issue
customer: chen
title: "{SAID}"
description: "{SAID}"
reported_on: 2026-03-01
recorded_at: 2026-03-11T10:00:00+08:00
category: product
owner: wang
status: open
""",
    f"records/surveys/2026/{SURVEY}.yaml": f"""\
id: {SURVEY}
template: survey
customer: chen
period: 2026-Q1
requested_on: 2026-03-11
assessed_on: 2026-03-12
recorded_at: 2026-03-12T10:00:00+08:00
entered_by: staff
scores: {{overall: 1}}
comment: "{SAID}"
""",
}
CASES = {"as shipped": "", "names: true": "mask: {names: true}\n", "text: false": "mask: {text: false}\n"}
TERMINAL = f"""\
list
list --format json
search 回电
search 回电 --format json
thread {FIRST}
thread {FIRST} --format json
pending
pending --format csv
issue list
timeline chen
timeline chen --format json
brief chen
brief chen --format json
retention
history {FIRST} --field subject,action,contact
history chen --field name,notes,phone,email,address
audit --format json --field subject,notes,name,phone,email,address
show {FIRST}
show {FIRST} --format json
show {FIRST} --format yaml
show chen
issue show {ISSUE}
survey show {SURVEY} --format json
customer show chen
why {FIRST}/1
why {FIRST}/1 --format json
summarize 2026-03
summarize 2026-03 --format json
summarize 2026-03 --by customer
care
customer list
customer duplicates
survey list --format json
sql SELECT·*·FROM·records
sql SELECT·*·FROM·follow_ups
sql SELECT·*·FROM·contents
completion zsh --line=commlog·done·
"""
FILES_AND_MESSAGES = f"""\
export csv
export jsonl
export ics --care
report 2026-03 --output -
report 2026-03 --format markdown
show {FIRST} --format html
show chen --format html
remind --dry-run
remind --dry-run --format json
"""
# Without these, the answer is the same whatever is asked.
NOT_REVEALED = ("remind", "completion")
TABLE = """\
list                                                                nw      -       nwti    nwti
list --format json                                                  nw      -       nwti    nwti
search 回电                                                           nw      -       nwti    nwti
search 回电 --format json                                             nw      -       nwti    nwti
thread 20260310-aaaaaa                                              nw      -       nwti    nwti
thread 20260310-aaaaaa --format json                                nw      -       nwti    nwti
pending                                                             nw      -       nwti    nwti
pending --format csv                                                nw      -       nwti    nwti
issue list                                                          nw      -       nwti    nwti
timeline chen                                                       nw      -       nwti    nwti
timeline chen --format json                                         nw      -       nwti    nwti
brief chen                                                          nw      -       nwti    nwpmti
brief chen --format json                                            nw      -       nwti    nwpmti
retention                                                           n       -       n       n
history 20260310-aaaaaa --field subject,action,contact              nw      -       nwti    nwti
history chen --field name,notes,phone,email,address                 nw      -       nwti    nwpmati
audit --format json --field subject,notes,name,phone,email,address  nw      -       nwti    nwpmati
show 20260310-aaaaaa                                                nw      -       nwti    nwti
show 20260310-aaaaaa --format json                                  nw      -       nwti    nwti
show 20260310-aaaaaa --format yaml                                  nw      -       nwti    nwti
show chen                                                           nw      -       nwti    nwpmati
issue show 20260311-dddddd                                          nw      -       nwti    nwti
survey show 20260312-eeeeee --format json                           nw      -       nwti    nwti
customer show chen                                                  nw      -       nwti    nwpmati
why 20260310-aaaaaa/1                                               nw      -       nwti    nwti
why 20260310-aaaaaa/1 --format json                                 nw      -       nwti    nwti
summarize 2026-03                                                   nw      -       nwti    nwti
summarize 2026-03 --format json                                     nw      -       nwti    nwti
summarize 2026-03 --by customer                                     nw      -       nwti    nwti
care                                                                n       -       n       n
customer list                                                       n       -       n       n
customer duplicates                                                 n       -       n       n
survey list --format json                                           n       -       n       n
sql SELECT·*·FROM·records                                           nw      -       nwti    nwti
sql SELECT·*·FROM·follow_ups                                        nw      -       nwti    nwti
sql SELECT·*·FROM·contents                                          nw      -       nwti    nwpmati
completion zsh --line=commlog·done·                                 nw      -       nwti
export csv                                                          nw      -       nw      nwpmati
export jsonl                                                        nw      -       nw      nwpmati
export ics --care                                                   -       -       -       nwti
report 2026-03 --output -                                           -       -       -       nwti
report 2026-03 --format markdown                                    -       -       -       nwti
show 20260310-aaaaaa --format html                                  -       -       -       nwti
show chen --format html                                             -       -       -       nwpmati
remind --dry-run                                                    -       -       -
remind --dry-run --format json                                      -       -       -
"""


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The same records in three logs in git, one for each way to set `mask`."""
    found = {}
    for case, extra in CASES.items():
        root = found[case] = tmp_path_factory.mktemp("table") / "log"
        for name, text in {**FILES, "commlog.yaml": SETTINGS + extra}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        git = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=wang@example.com"]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "records"]):
            subprocess.run([*git, *words], check=True)
    before = os.environ.get("COMMLOG_MEMBER")
    os.environ["COMMLOG_MEMBER"] = "wang"
    yield found
    if before is None:
        del os.environ["COMMLOG_MEMBER"]
    else:
        os.environ["COMMLOG_MEMBER"] = before


def seen(root: Path, call: str, *more: str) -> str:
    """The letters of what stands in the answer to a call; a dash for nothing."""
    words = [word.replace("·", " ") for word in call.split()]
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    aside = io.StringIO()
    with redirect_stdout(out), redirect_stderr(aside):
        code = run([*words, *more, "--log", str(root), "--now", NOW, "--language", "en"])
    out.flush()
    text = out.buffer.getvalue().decode("utf-8") + aside.getvalue()  # type: ignore[attr-defined]
    assert code == 0, text
    return "".join(letter for letter, sign in SIGNS.items() if sign.casefold() in text.casefold()) or "-"


def row_of(logs: dict[str, Path], call: str) -> str:
    """A row of the table: the call, what it shows by each setting, and with --reveal."""
    cells = [seen(root, call) for root in logs.values()]
    if not call.startswith(NOT_REVEALED):
        revealed = {seen(root, call, "--reveal") for root in logs.values()}
        assert len(revealed) == 1, f"{call} --reveal depends on the settings"
        cells += revealed
    return f"{call:68}" + "".join(f"{cell:8}" for cell in cells).rstrip()


@pytest.mark.parametrize("row", TABLE.splitlines(), ids=lambda row: row[:68].strip())
def test_what_a_command_shows_is_in_the_table(logs, row):
    """As shipped, with `names: true`, with `text: false`, and with --reveal: a command shows what its row says."""
    assert row_of(logs, row[:68].strip()) == row


def test_every_call_has_a_row():
    """The table leaves out no call of those that are one rule."""
    calls = [row[:68].strip() for row in TABLE.splitlines()]
    assert calls == [*TERMINAL.splitlines(), *FILES_AND_MESSAGES.splitlines()]


def test_one_rule_holds_at_the_terminal():
    """Names are shown unless the settings hide them, words as the settings say, marked fields with --reveal alone."""
    for row in TABLE.splitlines()[: len(TERMINAL.splitlines())]:
        shipped, names, text, *_ = row[68:].split()
        assert set(shipped) <= set("nw-")
        assert names == "-"
        assert set(text) <= set("nwti")


def test_files_and_messages_never_carry_numbers_unasked():
    """What is handed on holds no number in words whatever the settings say, and no name where they hide names."""
    for row in TABLE.splitlines()[len(TERMINAL.splitlines()) :]:
        shipped, names, text, *_ = row[68:].split()
        assert set(shipped) <= set("nw-")
        assert names == "-"
        assert set(text) <= set("nw-")
