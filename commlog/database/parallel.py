"""Reading many files at once: in this process when they are few, on all cores when they are many."""

import gc
import os
import pickle
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, NoReturn

from commlog.database.reader import RecordReader
from commlog.database.rows import Rows
from commlog.problems import Problem

# Below this many files, starting helpers costs more than it saves.
_WORTH_HELPERS: Final = 400
_BATCH: Final = 50

Entry = tuple[str, Rows, tuple[Problem, ...]]


def read_entries(reader: RecordReader, paths: list[str]) -> Iterator[Entry]:
    """Each path with its rows (none when it is no record) and its problems, in the order given."""
    helpers = count_cores()
    if len(paths) < _WORTH_HELPERS or helpers < 2 or not hasattr(os, "fork"):
        yield from (entry_of(reader, path) for path in paths)
        return
    entry_of(reader, paths[0])  # what is prepared on first use is prepared before the fork
    batches = [paths[place : place + _BATCH] for place in range(0, len(paths), _BATCH)]
    team: list[_Helper] = []
    try:
        for place in range(helpers):
            team.append(_start_helper(reader, batches[place::helpers], team))
        for place, batch in enumerate(batches):
            entries = team[place % helpers].next_answer()
            # A helper that was killed leaves its share to us.
            yield from (entry_of(reader, path) for path in batch) if entries is None else entries
    finally:
        for helper in team:
            helper.dismiss()


def entry_of(reader: RecordReader, path: str) -> Entry:
    """One path with its rows and its problems."""
    reading = reader.read(path)
    if reading.record is None:
        return path, {}, reading.problems
    problems = reading.problems
    if problems and reading.record.sealed:
        from commlog.database.sealed import hide_values

        problems = hide_values(problems, reading.record)
    return path, reader.rows(reading.record), problems


@dataclass(slots=True)
class _Helper:
    """A process that reads batches of files and sends what it found through a pipe.

    It lives no longer than we do: without us its pipe has no reader, and its next answer ends it.
    """

    process: int
    answers: BinaryIO
    is_gone: bool = False

    def next_answer(self) -> list[Entry] | None:
        """The next batch; None when the helper is no more."""
        if not self.is_gone:
            try:
                answer: list[Entry] = pickle.load(self.answers)  # noqa: S301 - written by our own child
            except (EOFError, pickle.UnpicklingError):
                self.is_gone = True
            else:
                return answer
        return None

    def dismiss(self) -> None:
        """Close the pipe and wait for the process to end."""
        self.answers.close()
        os.waitpid(self.process, 0)


def _start_helper(reader: RecordReader, batches: list[list[str]], team: list[_Helper]) -> _Helper:
    read_end, write_end = os.pipe()
    process = os.fork()
    if process == 0:
        # The others' pipes must end when the parent does, not when their last brother does.
        for helper in team:
            helper.answers.close()
        os.close(read_end)
        _help(reader, batches, write_end)
    os.close(write_end)
    return _Helper(process, open(read_end, "rb"))  # noqa: PTH123 - a descriptor


def _help(reader: RecordReader, batches: list[list[str]], write_end: int) -> NoReturn:
    """Read the batches and send them; leaves without a word and without the parent's exit handlers."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, and closes the pipe
        gc.disable()
        with open(write_end, "wb") as answers:
            for batch in batches:
                pickle.dump([entry_of(reader, path) for path in batch], answers, pickle.HIGHEST_PROTOCOL)
                answers.flush()
    finally:
        os._exit(0)


def count_cores() -> int:
    """How many processes of ours can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
