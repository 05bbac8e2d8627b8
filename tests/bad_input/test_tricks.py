"""Names, ids and values that try to leave the log, or the program: refused, harmless, nothing changed."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

IDS = (
    "../commlog",
    "../../etc/passwd",
    "/etc/passwd",
    "records/../commlog",
    ".",
    "..",
    "/",
    "\\",
    "con",
    "NUL.yaml",
    "a\0b",
    "\x1b[31m",
    "~",
    "*",
    "%",
    "_",
    "20260312-0mg6ag/../x",
    "20260312-0mg6ag.yaml",
    "x" * 5000,
    "２０２６",
    "' OR 1=1 --",
    "-",
    "\ud800",
    "\n",
)
NAMES = (
    "../x",
    "../../x",
    "/etc/x",
    "a/b",
    "con",
    "nul.txt",
    ".hidden",
    "a\0b",
    "a\nb",
    "\x1b[31m",
    "x" * 5000,
    "..",
    "C:\\x",
    "a:b",
    "anonymous",
    "",
    " ",
)
FIELDS = (
    "channel=phone",
    "scenario=other",
    "subject=a",
    "problem=a",
    "request=a",
    "summary=a",
    "outcome=resolved",
    "started_at=2026-03-16 09:00",
)


def create(log: Any, *words: str) -> Any:
    """Create a service record with some more words."""
    chosen = [word for word in FIELDS if not any(other.startswith(word.partition("=")[0] + "=") for other in words)]
    return log.run("create", "service", *[part for word in chosen for part in ("--set", word)], *words)


def outside(log: Any) -> list[str]:
    """What lies around the log."""
    return sorted(str(path) for path in log.root.parent.rglob("*") if not path.is_relative_to(log.root))


@pytest.mark.parametrize("text", IDS)
@pytest.mark.parametrize(
    "words", [("show",), ("thread",), ("done", "--result", "x"), ("edit", "--set", "subject=x"), ("link",), ("unlink",)]
)
def test_an_id_never_leads_out_of_the_records(log: Any, words: tuple[str, ...], text: str) -> None:
    """Whatever is given for an id is found among the records or not at all; nothing else is read or written."""
    before = log.files()
    rest = ("20260312-0mg6ag",) if words[0] in {"link", "unlink"} else ()
    answer = log.run(words[0], *words[1:], "--", text, *rest)
    assert answer.code in {2, 3, 4}, answer
    assert "commlog: error: " in answer.stderr
    assert "timezone" not in answer.stdout
    assert "root:" not in answer.stdout
    assert log.files() == before


@pytest.mark.parametrize("name", NAMES)
def test_a_customer_name_makes_no_path(log: Any, name: str) -> None:
    """A customer's name or id never becomes a file outside records/customers, nor one some system cannot hold."""
    before, around = log.files(), outside(log)
    for words in (
        (
            "customer",
            "create",
            "--set",
            f"id={name}",
            "--set",
            "name=a",
            "--set",
            "type=company",
            "--set",
            "stage=active",
        ),
        ("customer", "create", "--set", f"name={name}", "--set", "type=company", "--set", "stage=active"),
    ):
        log.run(*words)
    create(log, "--set", f"customer={name}")
    create(log, "--new-customer", name)
    assert outside(log) == around
    for path in log.files().keys() - before.keys():
        assert path.startswith(("records/customers/", "records/interactions/2026/03/")), path
        stem = Path(path).stem
        assert stem.isprintable()
        assert not stem.startswith((".", "-"))
        assert len(stem) <= 64
        assert stem.lower() not in {"con", "nul", "anonymous"}
    assert log.run("check").code == 0


@pytest.mark.parametrize("record_id", ["../../x", "/x", "20260101-aaaaaa", ".."])
def test_an_id_given_by_hand_is_no_path(log: Any, record_id: str) -> None:
    """A record's id cannot be chosen so that its file lies elsewhere."""
    around = outside(log)
    before = log.files()
    create(log, "--set", "customer=li-na", "--set", f"id={record_id}")
    assert outside(log) == around
    new = log.files().keys() - before.keys()
    assert all(path.startswith("records/interactions/2026/") for path in new)
    assert log.run("check").code == 0


@pytest.mark.parametrize(
    "template", ["../member", "/etc/passwd", "settings/commlog", "servce", "", "a\0b", "parts/values"]
)
def test_a_template_is_a_name_not_a_path(log: Any, template: str) -> None:
    """Only templates by name are known; another ends with 4 and names the nearest."""
    before = log.files()
    answer = log.run("create", "--set", "customer=li-na", "--", template)
    assert answer.code in {2, 4}, answer
    assert "commlog: error: " in answer.stderr
    if template == "servce":
        assert "service" in answer.stderr
    assert log.files() == before


WRONG = (
    ("--set", "channel=telefone"),
    ("--set", "subjet=a"),
    ("--set", "started_at=2026-02-30 10:00"),
    ("--set", "started_at=2026-13-01"),
    ("--set", "ended_at=2026-03-16 08:00"),
    ("--set", "subject"),
    ("--set", "=x"),
    ("--set", "followups.0.action"),
    ("--link", "20260101-zzzzzz"),
    ("--link", "nothing:follows"),
    ("--link", "20260312-0mg6ag:folows"),
    ("--follow-up", "action=x; owner=wang; due=never"),
    ("--follow-up", "{action: x"),
    ("--follow-up", "colour=red"),
    ("--set", "customer=li-an"),
    ("--set", "satisfaction=6"),
)


@pytest.mark.parametrize("words", WRONG)
def test_a_record_that_would_be_wrong_is_not_written(log: Any, words: tuple[str, str]) -> None:
    """A wrong value on the command line is named with its remedy, and no file comes into being."""
    before = log.files()
    customer = () if words[1].startswith("customer=") else ("--set", "customer=li-na")
    answer = create(log, *customer, *words)
    assert answer.code in {2, 3, 4}, answer
    assert not answer.stdout
    assert answer.stderr.startswith("commlog: error: ")
    assert len(answer.stderr.splitlines()) > 1, answer.stderr
    assert log.files() == before


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfea\0",
        "subject: 空".encode("gbk"),
        b"subject: &a [*a]\n",
        b"a: " + b"[" * 100_000,
        b"x" * 5_000_000,
        b"",
        b"- a\n",
        b"a: 1\na: 2\n",
        b"a: \x1b\n",
        b'{"a": 1',
        b"a\r\n: b",
    ],
)
def test_bad_input_files_write_nothing(log: Any, raw: bytes) -> None:
    """A file for `create --from` that is no record's text ends with 3 or 6, named, and nothing is written."""
    (log.root.parent / "input.yaml").write_bytes(raw)
    before = log.files()
    answer = log.run("create", "service", "--set", "customer=li-na", "--from", str(log.root.parent / "input.yaml"))
    assert answer.code in {2, 3, 6}, answer
    assert "commlog: error: " in answer.stderr
    assert len(answer.stderr) < 3_000
    assert log.files() == before


@pytest.mark.parametrize(
    "words",
    [
        ("list", "("),
        ("list", "date:2026-02-30"),
        ("list", "nosuch:x"),
        ("list", '"unclosed'),
        ("list", "date:5..3"),
        ("list", "or or"),
        ("list", "(" * 5000),
        ("list", "--sort", "nosuch"),
        ("list", "--columns", "nosuch"),
        ("list", "--format", "xml"),
        ("list", "--limit", "many"),
        ("list", "--now", "soon"),
        ("pending", "--due-within", "never"),
        ("lst",),
        ("list", "--nosuch"),
        ("show",),
        ("list", "--language", "xx"),
        ("list", "x" * 100_000 + ":y"),
    ],
)
def test_words_that_make_no_sense_are_usage_errors(log: Any, words: tuple[str, ...]) -> None:
    """A call that is not understood ends with 2 and says which word, in a few lines."""
    answer = log.call(*words, "--log", str(log.root), *(() if "--language" in words else ("--language", "en")))
    assert answer.code == 2, answer
    assert answer.stderr.startswith("commlog: error: "), answer
    assert len(answer.stderr) < 3_000
    assert not answer.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("list", "'; DROP TABLE records; --"),
        ("list", "%"),
        ("list", "\\"),
        ("list", "\0"),
        ("search", "*"),
        ("search", "\ud800"),
        ("list", "customer:'"),
        ("pending", "--owner", "' or 1=1"),
    ],
)
def test_odd_words_to_search_for_are_just_words(log: Any, words: tuple[str, ...]) -> None:
    """Signs that mean something to SQL mean nothing here."""
    answer = log.run(*words)
    assert answer.code in {0, 2}, answer
    assert log.good_id not in answer.stdout
    assert log.run("list").code == 0


@pytest.mark.slow
def test_twenty_at_once_lose_nothing(log: Any) -> None:
    """Twenty processes that create a record at once each leave one, and twenty that change one file each leave their mark."""

    def one(number: int) -> subprocess.CompletedProcess[str]:
        words = [part for word in (*FIELDS, "customer=li-na", f"tags=t{number}") for part in ("--set", word)]
        return log.start("create", "service", *words, env={**os.environ, "COMMLOG_MEMBER": "wang"})

    def another(number: int) -> subprocess.CompletedProcess[str]:
        return log.start("edit", log.good_id, "--set", f"tags+=t{number}")

    before = len(log.files())
    with ThreadPoolExecutor(20) as pool:
        created = list(pool.map(one, range(20)))
        changed = list(pool.map(another, range(20)))
    assert [item.returncode for item in created] == [0] * 20, created
    assert len(log.files()) == before + 20
    assert len({item.stdout for item in created}) == 20
    assert [item.returncode for item in changed] == [0] * 20, changed
    text = (log.root / log.good).read_text()
    assert all(f"t{number}" in text for number in range(20))
    assert log.run("check").code == 0


def test_a_full_disk_empties_no_file(log: Any) -> None:
    """When the disk takes no more bytes, the command ends with 7 and every file is as it was."""
    before = log.files()
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    program = f"{limit} from commlog.cli.main import main; sys.argv = ['commlog', *sys.argv[1:]]; main()"
    for words in (("edit", log.good_id, "--set", "subject=another"), ("done", f"{log.good_id}/1", "--result", "x")):
        command = [
            sys.executable,
            "-c",
            program,
            *words,
            "--log",
            str(log.root),
            "--language",
            "en",
            "--now",
            "2026-03-16T10:00+08:00",
        ]
        answer = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COMMLOG_MEMBER": "wang"})
        assert answer.returncode == 7, answer
        assert "Traceback" not in answer.stderr
        assert log.good in answer.stderr
        assert log.files() == before


def test_a_write_keeps_mode_link_and_foreign_lines(log: Any) -> None:
    """A change keeps the file's mode, writes through a link, and touches only its own lines."""
    path = log.root / log.good
    real = log.root / "elsewhere.txt"
    text = "# kept\n" + path.read_text().replace("agent: wang", 'agent:   "wang"   # kept too')
    real.write_text(text)
    real.chmod(0o640)
    path.unlink()
    path.symlink_to(real)
    assert log.run("edit", log.good_id, "--set", "subject=another").code == 0
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert real.read_text() == text.replace("空调安装后不制冷", "another")


def test_a_link_out_of_the_log_takes_no_change(log: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A record, or a folder of records, that is a link out of the log is refused with 6 by what would change it."""
    outside = tmp_path_factory.mktemp("outside")
    path, month = log.root / log.good, (log.root / log.good).parent
    text = path.read_text()
    (outside / "real.yaml").write_text(text)
    path.unlink()
    path.symlink_to(outside / "real.yaml")
    before = log.files()
    for words in (
        ("edit", log.good_id, "--set", "subject=another"),
        ("done", f"{log.good_id}/1", "--result", "x"),
        ("show", log.good_id),
        ("add-follow-up", log.good_id, "回电", "--due", "2026-03-20"),
    ):
        refused = log.run(*words)
        assert refused.code == 6, (words, refused)
        assert "a symbolic link that leads out of the log" in refused.stderr
    listed = log.run("list")
    assert "空调" not in listed.stdout
    assert "left out, cannot be read" in listed.stderr
    assert log.files() == before
    path.unlink()
    month.rename(outside / "month")
    (outside / "month" / path.name).unlink(missing_ok=True)
    month.symlink_to(outside / "month")
    created = log.run("create", "service", "--set", "customer=li-na", "--set", "subject=s", "--set", "scenario=after_sales",
                      "--set", "problem=p", "--set", "request=r", "--set", "channel=phone", "--set", "summary=s", "--set", "outcome=resolved")  # fmt: skip
    assert created.code == 6, created
    assert "records/interactions/2026/03" in created.stderr
    assert list((outside / "month").iterdir()) == []
    assert log.run("check").code == 3
