"""The language of help: the log's, unless the call or the environment names one for commlog."""

import pytest

ENGLISH, CHINESE = "Usage:", "用法"


@pytest.fixture
def chinese(folder):
    """A log that answers in Chinese."""
    settings = folder / "commlog.yaml"
    settings.write_text(settings.read_text("utf-8").replace("language: en", 'language: "zh"  # for all'), "utf-8")
    return folder


@pytest.mark.parametrize(
    "words", [["--help"], ["customer"], ["pending", "--help"], ["issue", "list", "--help"], ["calendar"]]
)
def test_help_speaks_as_the_log_does(chinese, program, words):
    """Help of the program, of a bare group and of a command is in the log's language, as every other text."""
    done = program(*words)
    assert CHINESE in (done.stdout + done.stderr).decode()


@pytest.mark.parametrize(
    ("words", "variables"), [(["customer", "--language", "en"], {}), (["customer"], {"COMMLOG_LANGUAGE": "en"})]
)
def test_a_language_that_is_named_comes_first(chinese, program, words, variables):
    """--language and $COMMLOG_LANGUAGE go before the log's settings."""
    done = program(*words, **variables)
    assert ENGLISH in (done.stdout + done.stderr).decode()


def test_without_a_log_or_with_auto_the_environment_decides(folder, program, tmp_path):
    """A log whose language is `auto`, or none at all, leaves it to the environment."""
    settings = folder / "commlog.yaml"
    settings.write_text(settings.read_text("utf-8").replace("language: en", "language: auto"), "utf-8")
    assert ENGLISH in program("pending", "--help").stdout.decode()
    assert CHINESE in program("pending", "--help", LANG="zh_CN.UTF-8").stdout.decode()
    settings.unlink()
    assert CHINESE in program("pending", "--help", LANG="zh_CN.UTF-8").stdout.decode()
