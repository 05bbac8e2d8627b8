"""What the tests of torture need: the way to their workers, and a log."""

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from torture_ground import make_log


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of two customers and six records, in a folder with nothing else in it."""
    return make_log(tmp_path / "place" / "log")


@pytest.fixture(autouse=True)
def _plain_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the tester's own habits, for calls in this process."""
    for name in [name for name in os.environ if name.startswith("COMMLOG_") and name != "COMMLOG_TORTURE"]:
        monkeypatch.delenv(name)
    who = {
        f"GIT_{role}_{fact}": f"wang{end}"
        for role in ("AUTHOR", "COMMITTER")
        for fact, end in (("NAME", ""), ("EMAIL", "@example.com"))
    }
    plain = {"LANGUAGE": "en", "COMMLOG_MEMBER": "wang", "HOME": str(tmp_path), "EDITOR": "true"}
    for name, value in {**plain, **who}.items():
        monkeypatch.setenv(name, value)
