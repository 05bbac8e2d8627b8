"""Measures commlog beside its peers and writes the table: `python benchmarks/run.py [--quick]`."""

import argparse
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import peers
from data import CACHE, LogData, forget_created, prepare_log
from measure import Bench, Result
from rows import commlog_command, plan_rows

_MEMORY_LIMIT = 200 * 2**20
_BEGIN, _END = "<!-- benchmark table: begin -->", "<!-- benchmark table: end -->"
_HEAD = "| work | commlog | peer | ratio | must reach | reached? |\n|---|---:|---:|---:|---:|---|\n"


def main() -> None:
    options = _parse_arguments()
    sizes = [int(part.replace("_", "")) for part in options.records.split(",")]
    logs = [_prepare(size) for size in (0, *sorted(sizes))]
    bench = Bench(_environment(), options.rounds or (3 if options.quick else 7))
    begun = time.time()
    results = []
    try:
        for row in plan_rows(logs[0], logs[1:], options.sample or (60 if options.quick else 300)):
            if options.only in row.work:
                results.append(bench.measure(row))
                print(_format_result(results[-1]), file=sys.stderr, flush=True)
    finally:
        for data in logs:
            forget_created(data, begun)
    text = _format_report(results, bench, logs[1:])
    print(text)
    if options.write:
        _write_report(options.write, text)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 and 5,000 records, three rounds")
    parser.add_argument("--records", help="sizes, small to large (10000,100000)")
    parser.add_argument("--rounds", type=int, help="runs of each side (7)")
    parser.add_argument("--sample", type=int, help="files for the slow peers of check (300)")
    parser.add_argument("--only", default="", help="only rows whose work has this text")
    parser.add_argument("--write", type=Path, help="also put the table into this file")
    options = parser.parse_args()
    options.records = options.records or ("1000,5000" if options.quick else "10000,100000")
    return options


def _prepare(records: int) -> LogData:
    print(f"data: {records:,} records", file=sys.stderr, flush=True)
    return prepare_log(records)


def _environment() -> dict[str, str]:
    """Give what all measured processes get: bytecode kept as when installed, nothing of the user's."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", "PYTHONPYCACHEPREFIX": str(CACHE / "bytecode")}


def _format_result(result: Result) -> str:
    row, ratio = result.row, result.ratio
    peer = "—" if row.peer is None else f"{row.peer.name} {_format_seconds(result.peer_seconds)}"
    sign = "≥" if row.kind == "faster" else "≤"
    suffix = " faster" if row.kind == "faster" else ""
    cells = (
        row.work,
        _format_seconds(result.seconds),
        peer,
        "—" if ratio is None else f"{ratio:.2f} ×{suffix}",
        "—" if row.required is None else f"{sign} {row.required:g} ×",
        result.missing.replace("|", "/") or {True: "yes", False: "**no**", None: "—"}[result.is_reached],
    )
    return "| " + " | ".join(cells) + " |"


def _format_seconds(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.02 else f"{seconds * 1000:.3f} ms"


def _format_memory(results: list[Result]) -> str:
    measured = [result for result in results if result.peak]
    if not measured:
        return "| memory, the hungriest command | ? | — | — | ≤ 200 MiB | missing: no command ran |"
    most = max(measured, key=lambda result: result.peak)
    reached = "yes" if most.peak <= _MEMORY_LIMIT else "**no**"
    size = f"{most.peak / 2**20:.0f} MiB ({most.row.work})"
    return f"| memory, the hungriest command | {size} | — | — | ≤ 200 MiB | {reached} |"


def _format_report(results: list[Result], bench: Bench, logs: list[LogData]) -> str:
    lines = [_format_result(result) for result in results]
    counts = "\n".join(_format_counts(data, bench) for data in logs)
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()},"
        f" {os.cpu_count()} cores, Python {platform.python_version()}, {_version('task')},"
        f" {_version('git')}.\n"
        f"Median of {bench.rounds} runs a side, taken in turn; bytecode and file cache warm."
        " The start-up of the peers of `check` is taken off their time, commlog's is not.\n\n"
        f"{_HEAD}" + "\n".join(lines) + f"\n{_format_memory(results)}\n\n{counts}\n"
    )


def _format_counts(data: LogData, bench: Bench) -> str:
    """Show that both sides give the same answer."""
    mine = commlog_command(data, "pending", "--overdue", "--format", "ids")
    theirs = peers.taskwarrior_command(data.tasks, "+OVERDUE", "status:pending", "count")
    listed = _output(mine, bench)
    shown = "?" if listed is None else f"{len(listed.split()):,}"
    counted = (_output(theirs, bench) if theirs else None) or "?"
    return (
        f"Overdue among {2 * data.records:,} follow-ups: {data.overdue:,} planned,"
        f" {shown} by commlog, {counted.strip()} by Taskwarrior."
    )


def _output(command: tuple[str, ...], bench: Bench) -> str | None:
    try:
        done = subprocess.run(command, env=bench.environment, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _version(name: str) -> str:
    program = peers.find_program(name)
    if program is None:
        return f"no {name}"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return f"{name} {said.split()[-1]}"


def _write_report(path: Path, text: str) -> None:
    """Put the table between its two marks, or at the end of the file when it has none."""
    old = path.read_text(encoding="utf-8") if path.exists() else "# Performance\n"
    block = f"{_BEGIN}\n{text}{_END}\n"
    before, begin, rest = old.partition(f"{_BEGIN}\n")
    after = rest.partition(f"{_END}\n")[2] if begin else ""
    if not begin:
        before = before.rstrip("\n") + "\n\n"
    path.write_text(before + block + after, encoding="utf-8")


if __name__ == "__main__":
    main()
