"""`--log`, `--now` and `--language` are options of every command, wherever they stand."""

import pytest

from commlog.cli.app import COMMANDS, build_command, run


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """An environment that names neither a log nor a language, and a folder without a log."""
    for name in ("COMMLOG_DIR", "COMMLOG_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        ["--log", "LOG", "customer", "list"],
        ["customer", "--log", "LOG", "list"],
        ["customer", "list", "--log=LOG"],
        ["--log", "nowhere", "customer", "list", "--log", "LOG"],
    ],
)
def test_they_stand_before_or_after_any_name(folder, capsys, words) -> None:
    """Each place leads to the same log; the last one counts."""
    assert run([word.replace("LOG", str(folder)) for word in words]) == 0
    assert "acme" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pending", "--help", "--language", "zh"], "用法"),
        (["--language", "zh", "pending", "--help"], "用法"),
        (["customer", "--language", "zh"], "用法"),
        (["pending", "--nonsense", "--language", "zh"], "没有选项"),
        (["pendin", "--language", "zh"], "没有"),
        (["done", "--language", "zh"], "缺"),
    ],
)
def test_help_and_faults_speak_the_language_the_call_names(capsys, words, said) -> None:
    """Also where the option stands behind what cannot be understood."""
    run(words)
    answer = capsys.readouterr()
    assert said in answer.out + answer.err


def test_help_speaks_the_language_of_the_log(folder, capsys, monkeypatch) -> None:
    """The settings of the log decide; where they cannot be read, the environment."""
    (folder / "commlog.yaml").write_text('timezone: Asia/Shanghai\nlanguage: "zh"  # ours\n', encoding="utf-8")
    assert run(["pending", "--help", "--log", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("用法")
    monkeypatch.setenv("LANGUAGE", "en")
    (folder / "commlog.yaml").write_text("language: [\n", encoding="utf-8")
    assert run(["pending", "--help", "--log", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("Usage")


def test_the_value_of_another_option_is_left_alone(folder, capsys) -> None:
    """A word that looks like a shared option is the value of the option before it, and nothing behind -- is an option."""
    assert run(["customer", "create", "--log", str(folder), "--set", "name=x", "--set", "--log"]) == 2
    assert "--log" in capsys.readouterr().err
    assert run(["search", "--log", str(folder), "--", "--now"]) == 0


def test_every_command_of_the_table_can_be_built() -> None:
    """Each row names a module with a function called after the command, and its help stands beside it."""
    assert [name for name in COMMANDS if not build_command(name).help] == []
