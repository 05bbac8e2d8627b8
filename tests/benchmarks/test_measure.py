"""A measured row says what was reached, and never hides what could not be measured."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.build import ROOT


def _module(name: str) -> Any:
    folder = str(ROOT / "benchmarks")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


@pytest.mark.parametrize(
    ("kind", "required", "seconds", "reached"),
    [
        ("at most", 1.3, 0.13, True),
        ("at most", 1.3, 0.14, False),
        ("faster", 20.0, 0.005, True),
        ("faster", 20.0, 0.006, False),
        ("at most", None, 0.1, None),
    ],
)
def test_requirement(kind: str, required: float | None, seconds: float, reached: bool | None) -> None:
    """A ratio is held against the requirement in the direction the row names."""
    measure = _module("measure")
    side = measure.Side("either", ("true",))
    row = measure.Row("work", side, side, required, kind)
    assert measure.Result(row, seconds, 0.1).is_reached is reached


def test_missing_peer_is_reported() -> None:
    """A peer that is not installed is named as missing, and our side is measured all the same."""
    measure = _module("measure")
    mine = measure.Side("commlog", (sys.executable, "-c", ""))
    row = measure.Row("work", mine, measure.Side("Taskwarrior", None), 1.0)
    result = measure.Bench({}, 1).measure(row)
    assert result.missing == "missing: Taskwarrior is not installed"
    assert result.seconds is not None
    assert result.is_reached is None


def test_failing_command_is_reported() -> None:
    """A command that fails gives its exit code and its last words, not a time."""
    measure = _module("measure")
    failing = measure.Side("commlog", (sys.executable, "-c", "import sys; sys.exit('no such command')"))
    result = measure.Bench({}, 1).measure(measure.Row("work", failing))
    assert result.seconds is None
    assert result.missing.endswith("exits with 1: no such command")


def test_report_replaces_only_its_table(tmp_path: Path) -> None:
    """Writing the table twice leaves the text around it as it was."""
    run = _module("run")
    path = tmp_path / "PERFORMANCE.md"
    path.write_text("# Performance\n\nWhy.\n", encoding="utf-8")
    run._write_report(path, "first\n")
    path.write_text(path.read_text(encoding="utf-8") + "\nAfter.\n", encoding="utf-8")
    run._write_report(path, "second\n")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Performance\n\nWhy.\n\n<!-- ")
    assert text.endswith("-->\n\nAfter.\n")
    assert "second" in text
    assert "first" not in text
