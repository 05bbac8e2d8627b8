"""What a person may ask for, as it is typed: their data, consent, being forgotten; and what is kept how long."""

import json
from zipfile import ZipFile

import pytest

from commlog.cli.app import build_command
from commlog.cli.session import Session

PHONE = "13800000009"
PROFILE = f'id: li-na\ntemplate: customer\nname: 李娜\ntype: individual\nstage: active\ncontacts:\n  - {{name: 李娜, phone: "{PHONE}"}}\n'


@pytest.fixture
def person(folder, program):
    """A customer who called, and left a number."""
    path = folder / "records" / "customers" / "li-na.yaml"
    path.write_text(PROFILE, encoding="utf-8")
    words = ("customer=li-na", "channel=phone", "subject=回电", f"summary=李娜 {PHONE}", "core_request=c")
    answer = program("create", "member", *(part for word in words for part in ("--set", word)))
    assert answer.returncode == 0, answer.stderr.decode()
    return answer.stdout.decode().strip()


def words(answer):
    """Exit code, stdout and stderr as text."""
    return answer.returncode, answer.stdout.decode(), answer.stderr.decode()


def test_an_export_is_in_full_on_stdout_and_in_an_archive(program, person, tmp_path):
    """JSON on stdout holds the number; the archive holds the same, and a text for reading."""
    code, out, _ = words(program("customer", "export", "李娜", "--format", "json"))
    assert code == 0
    whole = json.loads(out)
    assert whole["profile"]["contacts"][0]["phone"] == PHONE
    assert [one["id"] for one in whole["interactions"]] == [person]
    assert len(whole["not_included"]) == 4
    target = tmp_path / "li-na.zip"
    assert program("customer", "export", "李娜", "--output", str(target)).returncode == 0
    with ZipFile(target) as archive:
        assert json.loads(archive.read("customer.json"))["profile"] == whole["profile"]
        assert PHONE in archive.read("customer.txt").decode("utf-8")
    assert words(program("customer", "export", "李娜", "--output", str(target)))[0] == 5


def test_personal_files_are_not_written_into_the_log(program, person, folder):
    """An export or a purge list inside the log would be committed: refused, and nothing is written."""
    before = sorted(folder.rglob("*.*"))
    for call in (("export", "li-na", "--output"), ("forget", "li-na", "--purge-list")):
        code, _, err = words(program("customer", *call, str(folder / "out")))
        assert code == 2
        assert "outside the log" in err
    assert [path for path in sorted(folder.rglob("*.*")) if ".commlog" not in str(path)] == [
        path for path in before if ".commlog" not in str(path)
    ]


def test_forgetting_needs_a_yes_and_leaves_a_receipt(program, person, folder, tmp_path):
    """Without --yes a preview; with it the receipt in its file, the pseudonym on stdout, and a list by which to verify."""
    receipt, listed = tmp_path / "receipt.json", tmp_path / "list.txt"
    code, out, err = words(program("customer", "forget", "李娜"))
    assert (code, "nothing was changed" in err) == (0, True)
    assert PHONE not in out
    assert (folder / "records/customers/li-na.yaml").exists()
    call = ("customer", "forget", "李娜", "--yes", "--receipt", str(receipt), "--purge-list", str(listed))
    code, out, err = words(program(*call))
    assert code == 0, err
    pseudonym = out.strip()
    assert json.loads(receipt.read_text("utf-8"))["customer"] == pseudonym
    assert listed.stat().st_mode & 0o077 == 0
    assert PHONE not in err
    assert words(program("customer", "forget", "--verify", str(listed)))[:2] == (0, "")
    text = json.loads(words(program("show", person, "--format", "json", "--reveal"))[1])
    assert (text["customer"], text["summary"]) == (pseudonym, "[removed] [removed]")


def test_verify_finds_what_is_left(program, person, tmp_path):
    """While the records still hold the name and the number, every place is listed and the exit code says so."""
    listed = tmp_path / "list.txt"
    assert program("customer", "forget", "李娜", "--purge-list", str(listed)).returncode == 0
    code, out, _ = words(program("customer", "forget", "--verify", str(listed)))
    assert code == 10
    assert "records/customers/li-na.yaml" in out
    assert program("customer", "forget").returncode == 2


def test_consent_is_told_and_withdrawn(program, person):
    """The id on stdout, what holds now on stderr; the record shows both changes."""
    assert (
        words(program("customer", "consent", "李娜", "granted", "--channel", "phone", "--purposes", "service,survey"))[
            0
        ]
        == 0
    )
    code, out, err = words(program("customer", "consent", "李娜", "withdrawn", "--note", "太多短信"))
    assert (code, out) == (0, "li-na\n")
    assert "withdrawn since 2026-03-16" in err
    consent = json.loads(words(program("customer", "show", "li-na", "--format", "json"))[1])["consent"]
    assert [entry["status"] for entry in consent["history"]] == ["granted", "withdrawn"]
    assert consent["history"][1]["note"] == "太多短信"


@pytest.mark.parametrize(
    ("options", "code", "shown"),
    [([], 0, "li-na"), (["--exit-code"], 10, "li-na"), (["--apply-hint"], 0, "commlog customer forget --yes li-na\n")],
)
@pytest.mark.usefixtures("person")
def test_retention_lists_and_hints(folder, capsys, options, code, shown):
    """What is due is listed, or the commands that would do it; nothing is deleted."""
    path = folder / "commlog.yaml"
    path.write_text(path.read_text("utf-8") + "retention: {interactions: 1d}\n", encoding="utf-8")
    session = Session(str(folder), "2027-03-16T10:00:00+08:00", "en", None)
    given = build_command("retention").main(options, standalone_mode=False, obj=session)
    assert given == code
    assert shown in capsys.readouterr().out
    assert (folder / "records/customers/li-na.yaml").exists()
