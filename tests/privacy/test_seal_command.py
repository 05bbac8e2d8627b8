"""The command `commlog seal` as people call it, and what other commands say of sealed values."""

import json
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

Program = Callable[..., "subprocess.CompletedProcess[bytes]"]

LINA = """\
id: lina
template: customer
name: 李娜
type: individual
stage: active
contacts:
  - {name: 李娜, phone: "13800000002"}
birthday: 1990-03-20
"""


def _text(done: "subprocess.CompletedProcess[bytes]") -> tuple[int, str, str]:
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def _start(program: Program, folder: Path, tmp_path: Path) -> tuple[Path, str]:
    """A log that is sealed for a new key: the key's file and its recipient."""
    (folder / "records" / "customers" / "lina.yaml").write_text(LINA, encoding="utf-8")
    key = tmp_path / "keys" / "mine.txt"
    code, out, err = _text(program("seal", "init", "--file", str(key)))
    assert code == 0, err
    assert _text(program("seal", "on", "--recipient", out.strip(), COMMLOG_AGE_KEY_FILE=str(key)))[0] == 0
    return key, out.strip()


def test_from_nothing_to_sealed(program: Program, folder: Path, tmp_path: Path) -> None:
    """Three calls make a key, seal what is there, and tell how it stands; the secret key is printed nowhere."""
    assert "nothing is sealed" in _text(program("seal", "status"))[1]
    (folder / "records" / "customers" / "lina.yaml").write_text(LINA, encoding="utf-8")
    key = tmp_path / "keys" / "mine.txt"
    _, out, err = _text(program("seal", "init", "--file", str(key)))
    recipient = out.strip()
    assert recipient in key.read_text()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "AGE-SECRET" not in out + err
    code, out, err = _text(program("seal", "on", "-r", recipient, COMMLOG_AGE_KEY_FILE=str(key)))
    assert (code, out) == (0, "sealed: 2; sealed again: 0; files written: 1\n")
    assert "git still has" in err
    code, out, _ = _text(program("seal", "status", "--format", "json", COMMLOG_AGE_KEY_FILE=str(key)))
    told = json.loads(out)
    assert (code, told["sealed"], told["readable"], told["plain"]) == (0, 2, 2, 0)
    assert told["recipients"] == [{"key": recipient, "trusted": True, "own": True}]


def test_a_caller_whose_number_is_sealed_is_not_called_unknown(program: Program, folder: Path, tmp_path: Path) -> None:
    """Without the key a number may be a customer's all the same, and the brief says so; with it they are found."""
    key, _ = _start(program, folder, tmp_path)
    code, out, err = _text(program("brief", "13800000002"))
    assert (code, out) == (4, "")
    assert "customers whose sealed values cannot be read here: 1" in err
    assert "customer create" not in err
    assert _text(program("brief", "13800000002", COMMLOG_AGE_KEY_FILE=str(key)))[0] == 0


def test_with_and_without_the_key(program: Program, folder: Path, tmp_path: Path) -> None:
    """With the key a customer is shown as before; without, [sealed], and one remark on stderr that says how many."""
    key, _ = _start(program, folder, tmp_path)
    for variables in ({"COMMLOG_AGE_KEY_FILE": str(key)}, {"COMMLOG_AGE_KEY": key.read_text()}):
        code, out, err = _text(program("customer", "show", "13800000002", "--reveal", **variables))
        assert (code, err) == (0, "")
        assert "13800000002" in out
    for words in (("customer", "show", "lina", "--reveal"), ("show", "lina"), ("show", "lina", "--format", "json")):
        code, out, err = _text(program(*words))
        assert (code, out.count("[sealed]")) == (0, 2)
        assert err == "commlog: sealed values: 2; to read them, set $COMMLOG_AGE_KEY_FILE to your key file\n"
    assert "age:" not in _text(program("show", "lina", "--format", "html", "--reveal"))[1]


def test_a_key_stays_out_of_the_log(program: Program, folder: Path) -> None:
    """A key is not made inside the log, where it would go wherever the records go."""
    code, _, err = _text(program("seal", "init", "--file", str(folder / "key.txt")))
    assert code == 2
    assert "must not be in the log's folder" in err
    assert not (folder / "key.txt").exists()


def test_rotating_to_another_key(program: Program, folder: Path, tmp_path: Path) -> None:
    """A second person is let in and the first one shut out; who cannot read any more is told so."""
    key, recipient = _start(program, folder, tmp_path)
    second = tmp_path / "second.txt"
    other = _text(program("seal", "init", "--file", str(second)))[1].strip()
    code, out, err = _text(
        program("seal", "rotate", "--add", other, "--remove", recipient, COMMLOG_AGE_KEY_FILE=str(key))
    )
    assert (code, out) == (0, "sealed: 0; sealed again: 2; files written: 1\n")
    assert "you will not be able to read" in err
    assert "13800000002" in _text(program("show", "lina", "--reveal", COMMLOG_AGE_KEY_FILE=str(second)))[1]
    assert _text(program("show", "lina", "--reveal", COMMLOG_AGE_KEY_FILE=str(key)))[1].count("[sealed]") == 2


def test_trust_is_given_once(program: Program, folder: Path, tmp_path: Path) -> None:
    """On a clone nothing is sealed before its recipients are confirmed; then everything is as usual."""
    _, recipient = _start(program, folder, tmp_path)
    (folder / ".commlog" / "trusted-recipients").unlink()
    words = ("customer", "edit", "lina", "--set", "contacts.0.phone=13900000009")
    code, _, err = _text(program(*words))
    assert code == 7
    assert "seal trust" in err
    assert _text(program("seal", "trust"))[:2] == (0, f"{recipient}\n")
    assert _text(program(*words))[0] == 0
    assert "13900000009" not in (folder / "records" / "customers" / "lina.yaml").read_text()


def test_without_the_library_nothing_is_written_plain(program: Program, folder: Path, tmp_path: Path) -> None:
    """Where pyrage is not installed, a personal value is refused with the way to install it; everything else works."""
    key, _ = _start(program, folder, tmp_path)
    fake = tmp_path / "fake"
    fake.mkdir()
    (fake / "pyrage.py").write_text("raise ImportError('not here')\n")
    before = (folder / "records" / "customers" / "lina.yaml").read_bytes()
    path = {"PYTHONPATH": f"{fake}:{Path(__file__).parents[2]}"}
    code, _, err = _text(program("customer", "edit", "lina", "--set", "contacts.0.phone=13900000009", **path))
    assert code == 7
    assert 'pip install "commlog[seal]"' in err
    code, _, err = _text(program("show", "lina", COMMLOG_AGE_KEY_FILE=str(key), **path))
    assert (code, "commlog[seal]" in err) == (4, True)
    assert (folder / "records" / "customers" / "lina.yaml").read_bytes() == before
    assert _text(program("customer", "edit", "lina", "--set", "stage=trial", **path))[0] == 0
    assert _text(program("show", "lina", **path))[1].count("[sealed]") == 2


def test_a_cut_value_is_named_with_its_line(program: Program, folder: Path, tmp_path: Path) -> None:
    """A damaged value is an error of the check with file, line and field, and the status ends with 10."""
    key, _ = _start(program, folder, tmp_path)
    file = folder / "records" / "customers" / "lina.yaml"
    lines = file.read_text().splitlines()
    number = next(place for place, line in enumerate(lines) if line.startswith("birthday:"))
    lines[number] = lines[number][:-10]
    file.write_text("\n".join(lines) + "\n")
    code, out, _ = _text(program("check", COMMLOG_AGE_KEY_FILE=str(key)))
    assert code == 3
    assert f"lina.yaml:{number + 1}:" in out
    assert "birthday" in out
    assert _text(program("seal", "status", COMMLOG_AGE_KEY_FILE=str(key)))[0] == 10
    assert "[sealed: unreadable]" in _text(program("show", "lina", COMMLOG_AGE_KEY_FILE=str(key)))[1]
