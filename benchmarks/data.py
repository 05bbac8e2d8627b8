"""The logs that are measured, kept in .benchmarks/ and used again while generator and size are the same."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from generate import VERSION
from peers import HERE
from plan import SEED

ROOT = HERE.parent
CACHE = ROOT / ".benchmarks"
SCHEMAS = ROOT / "schemas"


@dataclass(frozen=True, slots=True)
class LogData:
    """One log on disk with its peers' data: `files` record files, `overdue` follow-ups late at NOW."""

    records: int
    files: int
    overdue: int
    log: Path
    tasks: Path


def prepare_log(records: int) -> LogData:
    """Make the log of this size and its peers' data, or find them made."""
    folder = CACHE / f"v{VERSION}-{SEED}-{records}"
    log, made = folder / "log", folder / "made"
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n", encoding="utf-8")
    if not made.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        # A process of its own, so that this one stays small: a child's peak memory starts at its parent's.
        _call(sys.executable, HERE / "generate.py", log, "--records", records, "--no-schemas")
        made.touch()
    _copy_schemas(log)
    _commit(log)
    tasks, overdue = _prepare_tasks(folder, records)
    return LogData(records, sum(1 for _ in (log / "records").rglob("*.yaml")), overdue, log, tasks)


def forget_created(data: LogData, since: float) -> None:
    """Remove the records that were created in the log after an instant (seconds since 1970)."""
    for path in (data.log / "records/interactions/2026").rglob("*.yaml"):
        if path.stat().st_mtime > since:
            path.unlink()


def _copy_schemas(log: Path) -> None:
    shutil.rmtree(log / "schemas", ignore_errors=True)
    if SCHEMAS.is_dir():
        shutil.copytree(SCHEMAS, log / "schemas")


def _commit(log: Path) -> None:
    if shutil.which("git") is None:
        return
    git = ("git", "-C", log, "-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com")
    if not (log / ".git").exists():
        _call("git", "init", "--quiet", log)
        # No packing in the background while something is measured.
        _call("git", "-C", log, "config", "gc.auto", "0")
        _call("git", "-C", log, "config", "maintenance.auto", "false")
    _call(*git, "add", "--all")
    _call(*git, "commit", "--quiet", "--allow-empty", "--message", "Benchmark data")
    # Files as young as git's own index are read again by every status; one more look settles them.
    _call(*git, "status", "--short")


def _prepare_tasks(folder: Path, records: int) -> tuple[Path, int]:
    # Taskwarrior's data are moved to the machine's date, so they are good for one day.
    tasks = folder / f"taskwarrior-{datetime.now(UTC):%Y%m%d}"
    counted = tasks / "overdue"
    if not counted.exists():
        for old in folder.glob("taskwarrior-*"):
            shutil.rmtree(old)
        written = _call(sys.executable, HERE / "peers.py", tasks, "--records", records)
        counted.write_text(written, encoding="utf-8")
    return tasks, int(counted.read_text(encoding="utf-8"))


def _call(*command: object) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout
