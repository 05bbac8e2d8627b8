"""The editor: a form to fill in, text that is kept whatever happens, and records edited as files."""

import sys

import pytest
import yaml

RECORD = "records/interactions/2026/03/20260310-aaaaaa.yaml"
TEXT = """\
# by hand
id: 20260310-aaaaaa
template: member
customer: acme
agent: wang
direction: inbound
channel: phone   # twice
started_at: 2026-03-10T09:00:00+08:00
recorded_at: 2026-03-10T09:30:00+08:00
subject: 'a'
core_request: c
summary: s
"""
FILL = """
values = {"customer": "acme", "channel": "电话", "subject": "Trial", "core_request": "Wants a trial", "summary": "s"}
for key, value in values.items():
    text = text.replace(f"\\n{key}: \\n", f"\\n{key}: {value}\\n").replace(f"\\n{key}: |\\n  \\n", f"\\n{key}: |\\n  {value}\\n")
"""


@pytest.fixture
def editor(tmp_path):
    """An editor that is a piece of Python working on `text`; `turn` counts its openings from 1."""

    def make(code):
        script = tmp_path / "editor.py"
        count = tmp_path / "turn"
        script.write_text(
            "import pathlib, sys\n"
            "path = pathlib.Path(sys.argv[-1])\n"
            "text = path.read_bytes().decode('utf-8')\n"
            f"count = pathlib.Path({str(count)!r})\n"
            "turn = int(count.read_text()) + 1 if count.exists() else 1\n"
            "count.write_text(str(turn))\n"
            f"{code}\n"
            "path.write_bytes(text.encode('utf-8'))\n",
            encoding="utf-8",
        )
        return f"{sys.executable} {script}"

    return make


@pytest.fixture
def record(folder):
    path = folder / RECORD
    path.parent.mkdir(parents=True)
    path.write_text(TEXT, encoding="utf-8")
    return path


def drafts(folder):
    """The texts that are kept."""
    kept = folder / ".commlog" / "drafts"
    return sorted(kept.iterdir()) if kept.is_dir() else []


def test_a_form_filled_in_becomes_a_record(program, folder, editor):
    """What is typed into the skeleton, labels included, is the record; comments and empty lines are not."""
    done = program("create", "member", "--edit", EDITOR=editor(FILL))
    assert (done.returncode, done.stderr) == (0, b"")
    (path,) = (folder / "records").rglob(f"{done.stdout.decode().strip()}.yaml")
    fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert (fields["channel"], fields["agent"], fields["core_request"]) == ("phone", "wang", "Wants a trial\n")
    assert "#" not in path.read_text(encoding="utf-8").replace("# yaml-language-server", "")
    assert drafts(folder) == []


def test_what_was_given_stands_in_the_form(program, folder, editor):
    """Values given with --set are filled in, links and follow-ups are kept beside the form."""
    done = program(
        "create",
        "member",
        "--edit",
        "--set",
        "subject=Given",
        "--follow-up",
        "call",
        "--link",
        "ref:1",
        EDITOR=editor("assert '\\nsubject: Given\\n' in text\n" + FILL),
    )
    assert (done.returncode, done.stderr) == (0, b"")
    (path,) = (folder / "records").rglob(f"{done.stdout.decode().strip()}.yaml")
    text = path.read_text(encoding="utf-8")
    assert "subject: Given\n" in text
    assert "action: call\n" in text
    assert "ref:1" in text


@pytest.mark.parametrize("code", ["pass", "text = ''", "text = '# nothing\\n'"])
def test_an_empty_form_writes_nothing(program, folder, editor, code):
    """Leaving the form as it was, or empty, records nothing."""
    before = sorted((folder / "records").rglob("*"))
    done = program("create", "member", "--edit", EDITOR=editor(code))
    assert done.returncode == 2
    assert b"nothing was filled in" in done.stderr
    assert sorted((folder / "records").rglob("*")) == before


def test_a_mistake_is_shown_and_the_text_reopened(terminal, folder, editor):
    """At a terminal the errors are shown with their lines and the same text opens again, until it is right."""
    code = (
        FILL
        + "\nif turn == 1:\n    text = text.replace('电话', 'telefone')\nelse:\n    assert 'Trial' in text\n    text = text.replace('telefone', 'phone')"
    )
    screen = terminal("create", "member", "--edit", EDITOR=editor(code))
    shown = screen.answer(r"Open it again\?.*: ", "y")
    assert "telefone" in shown
    assert "channel: telefone" in shown
    code, out = screen.finish()
    assert code == 0
    assert len(list((folder / "records").rglob(f"{out.strip()}.yaml"))) == 1
    assert drafts(folder) == []


def test_a_text_that_is_given_up_is_kept(terminal, folder, editor):
    """Who does not want to go on finds the text where the message says."""
    screen = terminal("create", "member", "--edit", EDITOR=editor(FILL + "\ntext = text.replace('电话', 'telefone')"))
    screen.answer(r"Open it again\?.*: ", "n")
    code, out = screen.finish()
    assert (code, out) == (3, "")
    (kept,) = drafts(folder)
    assert "telefone" in kept.read_text(encoding="utf-8")
    assert kept.name in screen.shown.replace("\r\n", "")


@pytest.mark.parametrize(
    "damage",
    [
        "text = text.replace('电话', 'telefone')",
        "text += '\\n  bad: [indent'",
        "text += '\\nsubject: twice\\n'",
        "text = text.replace('acme', 'nobody')",
    ],
)
def test_without_a_terminal_a_wrong_text_is_kept(program, folder, editor, damage):
    """A text that does not fit and cannot be asked about is kept, and the error says where it is wrong."""
    done = program("create", "member", "--edit", EDITOR=editor(FILL + "\n" + damage))
    assert done.returncode in {3, 4}
    (kept,) = drafts(folder)
    assert "Wants a trial" in kept.read_text(encoding="utf-8")
    assert kept.name.encode() in done.stderr
    assert not (folder / "records" / "interactions").exists()


def test_a_kept_text_can_be_used_again(program, folder, editor):
    """The kept text, put right, goes in with --from."""
    program("create", "member", "--edit", EDITOR=editor(FILL + "\ntext = text.replace('电话', 'telefone')"))
    (kept,) = drafts(folder)
    kept.write_text(kept.read_text(encoding="utf-8").replace("telefone", "phone"), encoding="utf-8")
    done = program("create", "member", "--from", str(kept))
    assert (done.returncode, b"error" in done.stderr) == (0, False)
    assert drafts(folder) == []


def test_a_kept_text_is_taken_up_where_it_lies(program, folder, editor):
    """Opened again with --edit, a kept text has no second copy: given up it stands there, recorded it is gone."""
    wrong = FILL + "\ntext = text.replace('电话', 'telefone')"
    program("create", "member", "--edit", EDITOR=editor(wrong))
    (kept,) = drafts(folder)
    before = kept.read_bytes()
    call = ("create", "member", "--from", str(kept), "--edit")
    assert program(*call, EDITOR=editor("text = text.replace('Trial', 'Other')")).returncode == 3
    assert drafts(folder) == [kept]
    assert b"Other" in kept.read_bytes()
    kept.write_bytes(before)
    assert program(*call, EDITOR=editor("text = text.replace('telefone', 'phone')")).returncode == 0
    assert drafts(folder) == []


def test_a_file_of_ones_own_stays(program, folder, editor, tmp_path):
    """What is given with --from and is no draft of the log is not removed; nor is a draft in a rehearsal."""
    program("create", "member", "--edit", EDITOR=editor(FILL + "\ntext = text.replace('电话', 'telefone')"))
    (kept,) = drafts(folder)
    own = tmp_path / "own.yaml"
    text = kept.read_text(encoding="utf-8").replace("telefone", "phone")
    own.write_text(text, encoding="utf-8")
    kept.write_text(text, encoding="utf-8")
    assert program("create", "member", "--from", str(kept), "--dry-run").returncode == 0
    assert program("create", "member", "--from", str(own)).returncode == 0
    assert (own.is_file(), drafts(folder)) == (True, [kept])


def test_no_editor_is_started_without_a_terminal(program, folder, record):
    """Where nobody chose an editor and no terminal is there, the usual one is refused with a remedy, and nothing is kept."""
    for words in (("create", "member", "--edit"), ("edit", "20260310-aaaaaa")):
        done = program(*words)
        assert done.returncode == 2
        assert b"--set" in done.stderr
        assert b"$EDITOR" in done.stderr
    assert drafts(folder) == []


def test_an_editor_that_fails_loses_nothing(program, folder, editor):
    """An editor that ends with an error writes nothing, and the text it saved is kept and named."""
    done = program("create", "member", "--edit", EDITOR=editor(FILL + "\npath.write_bytes(text.encode())\nsys.exit(3)"))
    assert done.returncode == 2
    (kept,) = drafts(folder)
    assert "Wants a trial" in kept.read_text(encoding="utf-8")
    assert kept.name.encode() in done.stderr


def test_an_editor_that_is_not_there_is_said(program, folder):
    """A wrong $EDITOR is an error with a remedy; $VISUAL comes before $EDITOR."""
    done = program("create", "member", "--edit", VISUAL="/nowhere/editor", EDITOR="true")
    assert done.returncode == 4
    assert b"/nowhere/editor" in done.stderr
    assert b"$EDITOR" in done.stderr


# Records


def test_an_edited_record_stands_as_it_was_typed(program, record, editor):
    """What the editor saves is the file, byte for byte, comments included."""
    done = program(
        "edit", "20260310-aaaaaa", EDITOR=editor("text = text.replace(\"subject: 'a'\", 'subject:   \"b\"   # new')")
    )
    assert (done.returncode, done.stdout) == (0, b"20260310-aaaaaa\n")
    assert record.read_text(encoding="utf-8") == TEXT.replace("subject: 'a'", 'subject:   "b"   # new')


def test_an_edited_record_that_is_wrong_is_not_written(program, folder, record, editor):
    """The record stays as it was, the text is kept, and the error names the line."""
    done = program("edit", "20260310-aaaaaa", EDITOR=editor("text = text.replace('phone ', 'telefone ')"))
    assert done.returncode == 3
    assert record.read_text(encoding="utf-8") == TEXT
    (kept,) = drafts(folder)
    assert "telefone" in kept.read_text(encoding="utf-8")
    assert b":7:" in done.stderr


def test_a_record_changed_meanwhile_is_a_conflict(program, folder, record, editor):
    """When somebody else saves the record while the editor is open, theirs stands and ours is kept."""
    theirs = TEXT.replace("summary: s", "summary: theirs")
    code = f"pathlib.Path({str(record)!r}).write_text({theirs!r}, encoding='utf-8')\ntext = text.replace('summary: s', 'summary: ours')"
    done = program("edit", "20260310-aaaaaa", EDITOR=editor(code))
    assert done.returncode == 5
    assert record.read_text(encoding="utf-8") == theirs
    (kept,) = drafts(folder)
    assert "summary: ours" in kept.read_text(encoding="utf-8")


def test_a_record_that_is_not_text_can_be_mended(program, record, editor):
    """A file with a byte that is no UTF-8 opens, and saving it right makes it a record again."""
    record.write_bytes(TEXT.replace("summary: s", "summary: x").encode().replace(b"summary: x", b"summary: \xff"))
    code = "pass"
    script = editor(code).split()[-1]
    with open(script, "w", encoding="utf-8") as file:
        file.write(
            "import sys\nraw = open(sys.argv[-1], 'rb').read()\nopen(sys.argv[-1], 'wb').write(raw.replace(b'\\xff', b's'))\n"
        )
    done = program("edit", RECORD, EDITOR=f"{sys.executable} {script}")
    assert done.returncode == 0, done.stderr
    assert record.read_text(encoding="utf-8") == TEXT
