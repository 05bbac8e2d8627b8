"""`commlog init`: what it takes from git and from the language of the call."""

import subprocess
import sys

import yaml


def made_by(tmp_path, environment, *words, **settings):
    """The settings of a new log, as text and as data; keywords are git's user settings."""
    for name, value in settings.items():
        subprocess.run(["git", "config", "--file", str(tmp_path / "gitconfig"), f"user.{name}", value], check=True)
    plain = {**environment, "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"}
    plain.pop("COMMLOG_MEMBER")
    call = [sys.executable, "-m", "commlog", "init", "new", "--timezone", "Asia/Shanghai", *words]
    subprocess.run(call, cwd=tmp_path, env=plain, check=True, capture_output=True)
    text = (tmp_path / "new" / "commlog.yaml").read_text(encoding="utf-8")
    return text, yaml.safe_load(text)


def test_the_member_is_called_as_git_says(tmp_path, environment):
    """The id is the beginning of the address, the name git's user.name."""
    _, data = made_by(tmp_path, environment, email="fang.wang@example.com", name="王芳 #1")
    (member,) = data["members"]
    assert (member["id"], member["name"], member["email"]) == ("fang.wang", "王芳 #1", "fang.wang@example.com")


def test_without_a_name_the_member_is_called_by_the_id(tmp_path, environment):
    """Git may know an address alone."""
    _, data = made_by(tmp_path, environment, email="wang@example.com")
    assert [(member["id"], member["name"]) for member in data["members"]] == [("wang", "wang")]


def test_a_chinese_log_is_explained_in_chinese(tmp_path, environment):
    """The comments of the settings are in the new log's language, but for names of keys and commands."""
    text, data = made_by(tmp_path, environment, "--language", "zh", email="wang@example.com", name="王芳")
    assert data["language"] == "zh"
    comments = [line.partition("#")[2] for line in text.splitlines()[1:] if "#" in line]
    assert len(comments) >= 4
    assert all(any("\u4e00" <= character <= "\u9fff" for character in comment) for comment in comments)
