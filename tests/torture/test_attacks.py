"""Records, templates, settings and words by somebody who means harm: shown harmlessly, refused, or kept to the log."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys

import pytest
from torture_ground import (
    CODES,
    CREATE,
    CUSTOMER,
    IS_LONG,
    NOW,
    RECORD,
    SETTINGS,
    call,
    environment,
    listing_of,
    path_of,
    record_id,
    write,
)

EVIL = "\x1b]0;owned\a\x1b[2J\x1b[31m\u202egnp.exe\u2066\u200f"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "=cmd|' /C calc'!A0")
SHOWN = (("list",), ("show", record_id(0)), ("thread", record_id(0)), ("pending",), ("check",), ("timeline", "acme"), ("brief", "acme"),
         ("customer", "show", "acme"), ("search", "owned"), ("why", f"{record_id(0)}/1"), ("summarize", "2026-03"), ("remind",), ("care",))  # fmt: skip


def spoil(folder, text):
    """A log whose record, customer and follow-up say this."""
    quoted = json.dumps(text)
    record = RECORD.format(id=record_id(0)).replace("会员卡余额", quoted).replace("action: call", f"action: {quoted}")
    write(
        folder,
        path_of(record_id(0)),
        record.replace("summary: s\n", f"summary: {quoted}\ntags: [{quoted}]\n", 1).replace("tags: [first]\n", ""),
    )
    write(folder, "records/customers/acme.yaml", CUSTOMER.format(id="acme", name=quoted, phone="1"))


def test_no_escape_sequence_or_bidi_control_reaches_a_reader(folder):
    """Escape sequences and controls of writing direction in records and words come out of no command that people read."""
    spoil(folder, EVIL)
    for words in (
        *SHOWN,
        ("list", EVIL),
        ("list", "--sort", EVIL),
        ("show", EVIL),
        ("customer", "show", EVIL),
        (EVIL,),
    ):
        answer = call(folder, *words)
        assert answer.code in CODES
        told = answer.out + answer.err
        assert not {"\x1b", "\a", "\u202e", "\u2066", "\u200f"} & set(told), (words, told)


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_an_export_is_a_formula(folder, formula):
    """No cell of an exported CSV begins as a spreadsheet's formula does, whatever a record says."""
    spoil(folder, formula)
    for words in (
        ("export", "csv"),
        ("list", "--format", "csv"),
        ("pending", "--format", "csv"),
        ("customer", "list", "--format", "csv"),
    ):
        answer = call(folder, *words)
        assert answer.code in {0, 2}, (words, answer)
        cells = [cell for row in csv.reader(io.StringIO(answer.out)) for cell in row]
        assert not [cell for cell in cells if cell.lstrip()[:1] in {"=", "@", "+"}], (words, cells)


def test_markup_of_a_record_is_text_in_every_page(folder):
    """Tags in records are shown as text in the printed form, the brief and the report."""
    spoil(folder, MARKUP)
    for words in (
        ("show", record_id(0), "--format", "html", "--reveal"),
        ("brief", "acme", "--format", "html"),
        ("report", "2026-03", "--format", "html"),
        ("summarize", "2026-03", "--format", "html"),
        ("remind", "--format", "html"),
    ):
        answer = call(folder, *words)
        assert answer.code in {0, 2}, (words, answer)
        assert "<script>alert" not in answer.out
        assert "<img src=x" not in answer.out
    assert "&lt;script&gt;" in call(folder, "show", record_id(0), "--format", "html", "--reveal").out


PATHS = (
    "../secret",
    "../../secret.yaml",
    "/etc/passwd",
    "records/../../secret",
    "~/secret",
    "..",
    "..\\secret",
    "file:///etc/passwd",
)


@pytest.mark.parametrize("path", PATHS)
def test_an_id_leads_to_no_file_outside(folder, path):
    """An id that is a path reads and writes nothing outside of the log, whichever command is given it."""
    write(folder.parent, "secret.yaml", RECORD.format(id="secret").replace("会员卡余额", "TOP SECRET"))
    before = listing_of(folder.parent)
    for words in (
        ("show", "--", path), ("thread", "--", path), ("customer", "show", "--", path), ("brief", "--", path), ("edit", "-s", "subject=x", "--", path),
        ("done", "--result", "x", "--", f"{path}/1"), ("link", "--", path, record_id(0)), ("create", "--", path), ("check", "--", path), ("history", "--", path),
        (*CREATE, "-s", "summary=x", "-s", f"id={path}"), ("customer", "create", "-s", "name=x", "-s", f"id={path}"), ("template", "show", "--", path),
    ):  # fmt: skip
        answer = call(folder, *words)
        assert answer.code in CODES, (words, answer)
        assert "TOP SECRET" not in answer.out + answer.err
        assert "root:" not in answer.out + answer.err
    after = listing_of(folder.parent)
    assert {name: data for name, data in after.items() if not name.startswith("log/")} == {
        name: data for name, data in before.items() if not name.startswith("log/")
    }


def test_what_is_no_record_is_not_taken_for_one(folder):
    """`create --from` a file of the system ends with 3 or 6, writes nothing, and tells at most the line at fault."""
    before = listing_of(folder)
    for path in ("/etc/passwd", "/dev/null", "/", "/proc/self/environ", str(folder)):
        answer = call(folder, "create", "member", "--from", path)
        assert answer.code in {2, 3, 4, 6}, answer
        assert len(answer.err) < 3_000
    assert listing_of(folder) == before


def test_a_link_out_of_the_log_gives_nothing_away(folder):
    """Links to files and folders outside, and to themselves, end no command, and nothing of what lies there is told."""
    secret = write(folder.parent, "outside/secret.txt", "TOP SECRET\n")
    month = folder / "records/interactions/2026/03"
    (month / "20260310-bbbbbb.yaml").symlink_to(secret)
    (month / "20260310-cccccc.yaml").symlink_to("/etc/passwd")
    (month / "20260310-dddddd.yaml").symlink_to(month / "20260310-dddddd.yaml")
    (month / "20260310-eeeeee.yaml").symlink_to(folder.parent / "nothing")
    (folder / "records/interactions/2027").symlink_to(folder / "records/interactions")
    (folder / "records/interactions/2028").symlink_to(secret.parent)
    before = listing_of(folder.parent)
    for words in (*SHOWN, ("edit", "20260310-bbbbbb", "-s", "subject=x"), ("show", "20260310-cccccc"), ("doctor",)):
        answer = call(folder, *words)
        assert answer.code in CODES, (words, answer)
        assert not any(told in answer.out + answer.err for told in ("root:x", "TOP SECRET")), words
    assert {name: data for name, data in listing_of(folder.parent).items() if ".commlog" not in name} == before


def test_a_link_out_of_the_log_shows_no_line(folder):
    """`check` names a link that leads out of the log, and shows no line of the file it leads to."""
    (folder / "records/interactions/2026/03/20260310-cccccc.yaml").symlink_to("/etc/passwd")
    checked = call(folder, "check")
    assert checked.code == 3
    assert "20260310-cccccc.yaml" in checked.out
    assert "is a symbolic link that leads out of the log" in checked.out
    assert "root:" not in checked.out + checked.err


@pytest.mark.parametrize("target", [".git/config", ".commlog/drafts/x.yaml", "../outside"])
def test_a_link_into_what_is_hidden_is_one_out_of_the_log(folder, target):
    """What git and the program keep for themselves is no part of the log that a link may lead to."""
    secret = RECORD.format(id="20260310-bbbbbb").replace("会员卡余额", "TOP SECRET")
    write(folder, target, secret)
    (folder / path_of("20260310-bbbbbb")).symlink_to(folder / target)
    before = listing_of(folder.parent)
    for words in (
        *SHOWN,
        ("show", "20260310-bbbbbb"),
        ("edit", "20260310-bbbbbb", "-s", "subject=x"),
        ("list", "SECRET"),
    ):
        answer = call(folder, *words)
        assert answer.code in CODES, (words, answer)
        assert "TOP SECRET" not in answer.out + answer.err, words
    assert listing_of(folder.parent) == before


OUTSIDE = (
    "http://127.0.0.1:9/x",
    "file:///etc/passwd",
    "../../../../etc/passwd",
    "/etc/passwd",
    "//evil/x",
    "data:application/json,{}",
    "ftp://x/y",
    "#/../x",
    "parts/../../commlog.yaml",
)


@pytest.mark.parametrize("reference", OUTSIDE)
def test_a_template_refers_to_nothing_outside(folder, robot_server, reference):
    """A template that refers to an address or a file outside is told as broken; nothing is fetched, no other record suffers."""
    reference = reference.replace("http://127.0.0.1:9", robot_server.url)
    template = {"x-kind": "interaction", "properties": {"a": {"$ref": reference}}}
    write(folder, "schemas/chat.schema.json", json.dumps(template))
    write(folder, path_of(record_id(1)), RECORD.format(id=record_id(1)).replace("template: member", "template: chat"))
    checked = call(folder, "check")
    assert checked.code == 3
    assert "schemas/chat.schema.json" in checked.out
    assert "root:" not in checked.out
    assert call(folder, "show", record_id(0)).code == 0
    assert (robot_server.requests, robot_server.posts) == ([], [])


PATTERNS = ("(a+)+$", "^(a|aa)+$", "(.*a){20}$", "^(([a-z])+.)+[A-Z]([a-z])+$")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_catastrophic_pattern_keeps_nobody_waiting(folder, pattern):
    """A template's pattern that takes a lifetime on the wrong text is refused or answered within the patience of a test."""
    chat = {
        "x-kind": "interaction",
        "allOf": [{"$ref": "parts/interaction.json"}],
        "properties": {"template": {"const": "chat"}, "word": {"type": "string", "pattern": pattern}},
    }
    write(folder, "schemas/chat.schema.json", json.dumps(chat))
    text = (
        RECORD.format(id=record_id(1))
        .replace("template: member", "template: chat")
        .replace("core_request: c\n", f"word: {'a' * 40}!\n")
    )
    write(folder, path_of(record_id(1)), text)
    for words in (("check",), ("list",), ("show", record_id(1)), ("edit", record_id(1), "-s", f"word={'a' * 41}!")):
        command = [sys.executable, "-m", "commlog", *words, "--log", str(folder), "--now", NOW]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(folder.parent), timeout=30)
        assert done.returncode in CODES, (words, done)
        assert "Traceback" not in done.stderr


def test_settings_of_a_stranger_contact_nobody(folder, robot_server, monkeypatch):
    """A clone whose settings name hosts and commands makes no program call anybody: addresses come from the environment alone."""
    url = robot_server.url
    target = folder.parent / "owned"
    notify = f'notify: {{smtp: "smtp://127.0.0.1:{robot_server.server_address[1]}", wecom: "{url}", slack: "{url}"}}\n'
    for address, more in (
        (f"webhook:{url}/x", ""), ("webhook:$HOOK", ""), ("slack:T/B/x", notify), ("wecom:key", notify), (f"json://{url[7:]}", ""), ("mailto:x@example.com", notify),
        ("webhook:$HOME", ""), (f"webhook:$(touch {target})", ""), (f"apprise:json://{url[7:]}", ""),
    ):  # fmt: skip
        write(folder, "commlog.yaml", SETTINGS.replace("webhook:$HOOK", address) + more)
        for words in (*SHOWN, ("remind", "--notify"), ("doctor",), ("sync",), ("audit",)):
            answer = call(folder, *words)
            assert answer.code in CODES, (words, answer)
            assert "Traceback" not in answer.err
    assert (robot_server.requests, robot_server.posts) == ([], [])
    assert not target.exists()


def test_files_of_a_stranger_run_nothing(folder):
    """Hooks, attributes and programs that lie in a log are not run by reading it."""
    if shutil.which("git") is None:
        pytest.skip("NOT TESTED HERE: there is no git")
    target = folder.parent / "owned"
    subprocess.run(["git", "init", "-q", str(folder)], check=True, env=environment(folder.parent))
    for name in ("git", "vi", "sh", "commlog", "yaml.py", "sitecustomize.py", "json.py"):
        text = f"open({str(target)!r}, 'w')\n" if name.endswith(".py") else f"#!/bin/sh\ntouch {target}\n"
        write(folder, name, text).chmod(0o755)
    for words in (*SHOWN, ("doctor",), ("edit", record_id(0), "-s", "subject=x"), ("history", record_id(0))):
        done = subprocess.run(
            [os.path.join(os.path.dirname(sys.executable), "commlog"), *words],
            cwd=folder,
            capture_output=True,
            env={**environment(folder.parent), "PYTHONPATH": ""},
        )
        assert done.returncode in CODES, (words, done)
    assert not target.exists()


DEEP = "a." * 60 + "b"


@pytest.mark.parametrize(
    "assignment",
    [
        f"extra.{'k' * 1100}=1",
        f"extra.{DEEP}=1",
        "extra." + "a." * 3000 + "b=1",
        "extra." + "a." * 38 + "b={x: {y: {z: 1}}}",
    ],
)
def test_a_key_too_long_or_too_deep_is_refused(folder, assignment):
    """A key longer or deeper than a file may hold is told with its limit, by create and by edit, and nothing is written."""
    before = listing_of(folder)
    for words in ((*CREATE, "-s", "summary=x", "-s", assignment), ("edit", record_id(0), "-s", assignment)):
        answer = call(folder, *words)
        assert answer.code in {2, 3}, answer
        assert answer.err.startswith("commlog: error: ")
        assert len(answer.err) < 2_000
    assert listing_of(folder) == before


@pytest.mark.parametrize(
    "text",
    ["x" * 200_000 + " a@b", "a@" + "x" * 200_000, "1 " * 100_000, "1" * 200_000, "(0" * 100_000, "a@b." * 50_000],
)
def test_a_text_made_to_be_slow_keeps_nobody_waiting(folder, text):
    """Looking for personal data in a long text of one letter, digit or sign ends within the patience of a test."""
    write(folder, path_of(record_id(0)), RECORD.format(id=record_id(0)).replace("summary: s\n", f'summary: "{text}"\n'))
    words = ("show", record_id(0), "--format", "json")
    command = [sys.executable, "-m", "commlog", *words, "--log", str(folder), "--now", NOW]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(folder.parent), timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


WRONG = (None, 5, "x", [], [5], {}, {"a": 5}, True)
KEYWORDS = ("properties", "required", "enum", "allOf", "x-order", "x-label", "x-enum-labels", "x-hint", "items", "$defs", "type", "format", "default", "if", "pattern", "x-priority-from", "x-record-within", "$ref", "title", "x-personal")  # fmt: skip


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_a_template_with_a_keyword_gone_wrong_is_told(folder, keyword):
    """A keyword of a template with a value of the wrong type, at the top or in a field, ends no command with a crash."""
    text = RECORD.format(id=record_id(1)).replace("template: member", "template: chat")
    write(folder, path_of(record_id(1)), text)
    for value in WRONG if IS_LONG else (None, {"a": 5}):
        for inner in (True, False):
            template = {
                "x-kind": "interaction",
                "allOf": [{"$ref": "parts/interaction.json"}],
                "properties": {"word": {}},
            }
            (template["properties"]["word"] if inner else template)[keyword] = value
            write(folder, "schemas/chat.schema.json", json.dumps(template))
            for words in (("check",), ("show", record_id(1)), ("template", "list")) if IS_LONG else (("check",),):
                assert call(folder, *words).code in CODES
