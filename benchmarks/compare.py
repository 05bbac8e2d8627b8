"""Measures two checkouts beside each other: `python benchmarks/compare.py BEFORE AFTER`, each with its own `.venv`.

Every call runs in turn in both, on copies of the same log, so that what else the machine does meets both alike.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from data import CACHE, prepare_log
from measure import Command
from plan import NOW

_CREATE = (
    "create",
    "service",
    *(
        word
        for field in ("channel=phone", "subject=s", "summary=s", "agent=a", "scenario=other")
        for word in ("--set", field)
    ),
    *(word for field in ("problem=p", "request=r", "outcome=resolved") for word in ("--set", field)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trees", nargs=2, type=Path, metavar="TREE", help="a checkout with a .venv")
    parser.add_argument("--records", default="10000,100000", help="sizes of the logs (10000,100000)")
    parser.add_argument("--rounds", type=int, default=9, help="runs of each side (9)")
    options = parser.parse_args()
    print("| call | records | before, ms | after, ms | ratio | ratio of the fastest | ratio of CPU time |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for size in map(int, options.records.split(",")):
        logs = [_copy_log(size, side) for side in ("before", "after")]
        customer = min(path.stem for path in (logs[0] / "records/customers").glob("*.yaml"))
        calls = {
            "--version": ("--version",),
            "pending": ("pending",),
            "brief": ("brief", customer),
            "create": (*_CREATE, "--set", f"customer={customer}"),
            "check": ("check",),
        }
        for name, words in calls.items():
            print(_compare(options.trees, logs, words, options.rounds).format(name=name, size=size), flush=True)


def _copy_log(size: int, side: str) -> Path:
    """A copy of the log of this size for one side: each checkout keeps its own index in it."""
    copy = CACHE / f"compare-{size}-{side}"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(prepare_log(size).log, copy, ignore=shutil.ignore_patterns(".commlog"))
    return copy


def _compare(trees: list[Path], logs: list[Path], words: Command, rounds: int) -> str:
    runs: list[list[tuple[float, float]]] = [[], []]
    for number in range(-1, rounds):
        # The first run makes the index; the side that begins alternates.
        for side in (0, 1) if number % 2 else (1, 0):
            run = _run(trees[side], logs[side], words)
            runs[side] += [run] if number >= 0 else []
    wall = [statistics.median(seconds for seconds, _ in side) for side in runs]
    fastest = [min(seconds for seconds, _ in side) for side in runs]
    cpu = [statistics.median(seconds for _, seconds in side) for side in runs]
    return (
        f"| `{{name}}` | {{size:,}} | {wall[0] * 1000:.0f} | {wall[1] * 1000:.0f} | {wall[1] / wall[0]:.2f} |"
        f" {fastest[1] / fastest[0]:.2f} | {cpu[1] / cpu[0]:.2f} |"
    )


def _run(tree: Path, log: Path, words: Command) -> tuple[float, float]:
    """Seconds by the wall clock and of CPU time; a record that is created is removed again."""
    shared = () if words == ("--version",) else ("--log", str(log), "--now", NOW.isoformat())
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [tree.resolve() / ".venv/bin/commlog", *words, *shared],
        env={**os.environ, "COMMLOG_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{tree}: commlog {' '.join(words)}: {done.stderr}")
    if words[0] == "create":
        next((log / "records/interactions").rglob(f"{done.stdout.strip()}.yaml")).unlink()
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
