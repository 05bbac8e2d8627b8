"""How one row is measured: both sides run in turn as processes, and their medians are compared."""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Command = tuple[str, ...]


class Unmeasurable(Exception):  # noqa: N818 - it is a finding of the table, not a fault
    """A side cannot be measured; the text says why."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a process: seconds by the wall clock and peak memory in bytes."""

    seconds: float
    peak: int


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison; its time is divided by `share`, after that of `startup` was taken off."""

    name: str
    command: Command | None
    share: int = 1
    before: Callable[[], None] | None = None
    startup: Command | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: required is the highest ratio, or with `faster` the lowest speed-up."""

    work: str
    commlog: Side
    peer: Side | None = None
    required: float | None = None
    kind: Literal["at most", "faster"] = "at most"


@dataclass(frozen=True, slots=True)
class Result:
    """A measured row: seconds of each side (per `share`), or why there are none."""

    row: Row
    seconds: float | None = None
    peer_seconds: float | None = None
    missing: str = ""
    peak: int = 0

    @property
    def ratio(self) -> float | None:
        """Commlog's time by the peer's, or the other way round where speed is required."""
        if not self.seconds or not self.peer_seconds:
            return None
        ratio = self.seconds / self.peer_seconds
        return 1 / ratio if self.row.kind == "faster" else ratio

    @property
    def is_reached(self) -> bool | None:
        """Whether the requirement is met; None when there is none or nothing was measured."""
        if self.ratio is None or self.row.required is None:
            return None
        return self.ratio >= self.row.required if self.row.kind == "faster" else self.ratio <= self.row.required


@dataclass(slots=True)
class Bench:
    """Runs rows `rounds` times each under one environment."""

    environment: Mapping[str, str]
    rounds: int
    _startups: dict[Command, float] = field(default_factory=dict)

    def measure(self, row: Row) -> Result:
        """Run both sides in turn, A B A B, after one run of each that does not count."""
        sides = [row.commlog] if row.peer is None else [row.commlog, row.peer]
        runs: dict[int, list[Run]] = {}
        missing = []
        for place, side in enumerate(sides):
            try:
                self._run(side)
                runs[place] = []
            except Unmeasurable as reason:
                missing.append(f"missing: {reason}")
        for _ in range(self.rounds):
            for place, taken in runs.items():
                taken.append(self._run(sides[place]))
        seconds = [self._median(side, runs.get(place)) for place, side in enumerate(sides)]
        return Result(
            row,
            seconds=seconds[0],
            peer_seconds=seconds[1] if len(seconds) > 1 else None,
            missing="; ".join(missing),
            peak=max((run.peak for run in runs.get(0, ())), default=0),
        )

    def _median(self, side: Side, runs: list[Run] | None) -> float | None:
        if not runs:
            return None
        startup = self._startup_seconds(side.startup) if side.startup else 0.0
        return max(statistics.median(run.seconds for run in runs) - startup, 0.0) / side.share

    def _startup_seconds(self, command: Command) -> float:
        if command not in self._startups:
            runs = [run_process(command, self.environment) for _ in range(self.rounds)]
            self._startups[command] = statistics.median(run.seconds for run in runs)
        return self._startups[command]

    def _run(self, side: Side) -> Run:
        if side.command is None:
            message = f"{side.name} is not installed"
            raise Unmeasurable(message)
        if side.before is not None:
            side.before()
        return run_process(side.command, self.environment)


def run_process(command: Command, environment: Mapping[str, str]) -> Run:
    """Run a command to its end with its output thrown away.

    Raises: Unmeasurable when it cannot be started or does not exit with 0.
    """
    with tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        try:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
            )
        except OSError as error:
            message = f"{Path(command[0]).name}: {error.strerror}"
            raise Unmeasurable(message) from error
        # Only wait4 gives the memory of this one child.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines() or [""]
            telling = said[-1] if said[0].startswith("Traceback") else said[0]
            message = f"{Path(command[0]).name} exits with {process.returncode}: {telling}"
            raise Unmeasurable(message)
    return Run(seconds, usage.ru_maxrss * 1024)
