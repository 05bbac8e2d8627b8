"""`commlog import` and `commlog export` as a shell sees them: streams, exit codes, files."""

import json
from pathlib import Path

import pytest

from commlog.cli.app import run
from commlog.messages import use_language

SLICE = Path(__file__).parents[1] / "data" / "complaints.csv"
EXAMPLE = Path(__file__).parents[2] / "examples" / "consumer-complaints.map.yaml"
MAP = """\
template: member
customers: {unknown: create}
constants: {channel: phone, core_request: r, subject: s}
fields: {customer: c, started_at: d, summary: t}
"""
NOW = "2026-03-14T09:00:00+08:00"


@pytest.fixture
def commlog(tmp_path, monkeypatch, capsys):
    """A function that runs one call in a fresh folder and gives exit code, stdout and stderr."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "commlog.yaml").write_text("timezone: America/New_York\nlanguage: en\n", encoding="utf-8")
    (tmp_path / "m.yaml").write_text(MAP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMMLOG_DIR", str(tmp_path / "log"))
    monkeypatch.setenv("COMMLOG_MEMBER", "wang")
    monkeypatch.setenv("LANGUAGE", "en")

    def call(*words):
        code = run([*words, "--now", NOW, "--language", "en"])
        captured = capsys.readouterr()
        return int(code), captured.out, captured.err

    yield call
    use_language("en")


def test_slice_is_imported_and_the_log_is_clean(commlog):
    """Sixty real rows, some of them twice, are sixty valid records; counts go to stderr, and to stdout only as JSON."""
    assert commlog("import", "csv", str(SLICE), "--map", str(EXAMPLE)) == (
        0,
        "",
        "commlog: rows: 60; created: 60, already present: 0, rejected: 0; new customers: 29\n",
    )
    code, out, _ = commlog("import", str(SLICE), "--map", str(EXAMPLE), "--format", "json")
    assert (code, json.loads(out)) == (
        0,
        {
            "rows": 60,
            "created": 0,
            "present": 60,
            "rejected": 0,
            "customers": 0,
            "dry_run": False,
            "left_out": [],
            "rejects_file": None,
            "rejects": [],
        },
    )
    assert commlog("check")[0] == 0


def test_rejects_are_written_and_never_over_a_file(commlog, tmp_path):
    """Rejected rows end in a file in the current folder and the call with 3; no file is replaced, the same is not repeated."""
    (tmp_path / "sub").mkdir()
    Path("sub/rows.csv").write_text("c,d,t\nacme,2026-03-01,x\nacme,soon,x\n", encoding="utf-8")
    Path("rows.rejects.csv").write_text("mine", encoding="utf-8")
    code, out, err = commlog("import", "csv", "sub/rows.csv", "--map", "m.yaml")
    assert (code, out) == (3, "")
    assert (
        "rows: 2; created: 1, already present: 0, rejected: 1; new customers: 1\n  line 3: started_at: 'soon' is not"
        in err
    )
    assert "rows.rejects-2.csv" in err
    assert Path("rows.rejects.csv").read_text(encoding="utf-8") == "mine"
    assert Path("rows.rejects-2.csv").read_text(encoding="utf-8").startswith("commlog_line,commlog_reason,c,d,t\n3,")
    assert "rows.rejects-2.csv" in commlog("import", "sub/rows.csv", "--map", "m.yaml")[2]
    assert not Path("rows.rejects-3.csv").exists()
    code, _, err = commlog("import", "sub/rows.csv", "--map", "m.yaml", "--rejects", "rows.rejects.csv")
    assert (code, "already exists" in err) == (5, True)
    assert commlog("import", "sub/rows.csv", "--map", "m.yaml", "--rejects", "r.csv")[0] == 3
    assert Path("r.csv").is_file()


def test_mended_rejects_are_imported(commlog):
    """A rejects file with its mistakes mended is imported as it is; rows of JSON Lines come back the same way."""
    Path("rows.csv").write_text("c,d,t\nacme,soon,x\n", encoding="utf-8")
    assert commlog("import", "rows.csv", "--map", "m.yaml")[0] == 3
    text = Path("rows.rejects.csv").read_text(encoding="utf-8")
    Path("mended.csv").write_text(text.replace(",soon,", ",2026-03-01,"), encoding="utf-8")
    assert commlog("import", "mended.csv", "--map", "m.yaml")[0] == 0
    Path("rows.jsonl").write_text('{"c": "acme", "d": "soon", "t": "y"}\nnonsense\n', encoding="utf-8")
    assert commlog("import", "rows.jsonl", "--map", "m.yaml")[0] == 3
    lines = [json.loads(line) for line in Path("rows.rejects.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[0]["d"] == "soon"
    assert lines[0]["commlog_line"] == 1
    assert lines[1]["commlog_text"] == "nonsense"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("import", "rows.csv"), 2, "sketch-map"),
        (("import", "cvs", "rows.csv"), 2, "csv"),
        (("import", "rows.xlsx"), 2, "csv | jsonl"),
        (("import", "none.csv", "--map", "m.yaml"), 4, "none.csv"),
        (("import", "rows.csv", "--map", "none.yaml"), 4, "none.yaml"),
        (("import", "empty.csv", "--map", "m.yaml"), 6, "is empty"),
        (("import", "gbk.csv", "--map", "m.yaml"), 6, "--encoding gb18030"),
        (("import", "rows.csv", "--map", "m.yaml", "--encoding", "x"), 2, "encoding"),
        (("import", "rows.csv", "--map", "m.yaml", "--format", "x"), 2, "json"),
        (("import", "csv", "rows.csv", "more"), 2, "more"),
        (("import", "rows.csv", "--sketch-map", "--template", "mmber"), 4, "member"),
        (("export", "xlsx"), 2, "csv, jsonl"),
        (("export", "jsonl", "--columns", "id"), 2, "--columns"),
        (("export", "csv", "-o", "rows.csv"), 5, "exists"),
        (("export", "csv", "-o", "new.csv", "--encoding", "x"), 2, "encoding"),
    ],
)
def test_wrong_calls_are_told(commlog, words, code, told):
    """Every wrong call ends with its code and says what to do, on stderr alone."""
    Path("rows.csv").write_text("c,d,t\n", encoding="utf-8")
    Path("empty.csv").write_text("", encoding="utf-8")
    Path("gbk.csv").write_bytes("c,d,t\n张三,1,2\n".encode("gb18030"))
    ended = commlog(*words)
    assert (ended[0], ended[1], told in ended[2]) == (code, "", True), ended


def test_sketch_goes_to_stdout(commlog):
    """A sketched map is the answer on stdout, whether the format is named or told by the file's name."""
    Path("rows.csv").write_text("Customer,Channel\nacme,phone\n", encoding="utf-8")
    code, out, err = commlog("import", "--sketch-map", "rows.csv")
    assert (code, err) == (0, "")
    assert "customer: Customer" in out
    assert commlog("import", "csv", "rows.csv", "--sketch-map")[1] == out


def test_a_word_without_a_choice_is_not_lost_silently(commlog):
    """The sketch says that a word without a choice is left out; the import names each such word, and how often it stood there."""
    Path("customers.csv").write_text("Name,Level\nLi Na,VIP\nHe Ping,Gold\nSun Li,Gold\n", encoding="utf-8")
    _, out, _ = commlog("import", "customers.csv", "--sketch-map", "--template", "customer")
    assert "      Gold: null\n" in out
    assert "the word is left out" in out
    Path("customers.map.yaml").write_text(out, encoding="utf-8")
    code, _, err = commlog("import", "customers.csv", "--map", "customers.map.yaml", "--dry-run")
    assert code == 0
    assert err.splitlines()[1:] == ["commlog: left out, because the map has null for them: level: Gold (2)"]
    _, out, _ = commlog("import", "customers.csv", "--map", "customers.map.yaml", "--format", "json")
    assert json.loads(out)["left_out"] == [{"field": "level", "word": "Gold", "rows": 2}]


def test_export_writes_what_is_asked_for(commlog):
    """CSV and JSON Lines go to stdout or to a new file; columns are chosen by name; a spreadsheet gets its mark."""
    Path("rows.csv").write_text("c,d,t\n=acme,2026-03-01,=cmd|x\n", encoding="utf-8")
    assert commlog("import", "rows.csv", "--map", "m.yaml")[0] == 0
    assert commlog("export", "csv", "template:member", "--columns", "customer,Summary") == (
        0,
        "customer,summary\r\nacme,'=cmd|x\r\n",
        "",
    )
    code, out, _ = commlog("export", "jsonl")
    assert (code, [json.loads(line)["template"] for line in out.splitlines()]) == (0, ["customer", "member"])
    assert commlog("export", "csv", "-o", "out.csv", "--encoding", "utf-8-sig", "--columns", "id")[0] == 0
    assert Path("out.csv").read_bytes().startswith(b"\xef\xbb\xbfid\r\n")
