"""Reading many files at once: in this process when they are few, on all cores when they are many."""

import multiprocessing
import os
from collections.abc import Iterator
from typing import Final

from commlog.index.entries import RecordReader
from commlog.index.rows import Rows
from commlog.model.problem import Problem

# Below this many files, starting helpers costs more than it saves.
_WORTH_HELPERS: Final = 400
_BATCH: Final = 100

Entry = tuple[str, Rows, tuple[Problem, ...]]


class _Worker:
    """The reader of a helper process, inherited from the parent when it forks."""

    reader: RecordReader | None = None


def read_entries(reader: RecordReader, paths: list[str]) -> Iterator[Entry]:
    """Each path with its rows (none when it is no record) and its problems, in the order given."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if len(paths) < _WORTH_HELPERS or cores < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from (_entry_of(reader, path) for path in paths)
        return
    if paths:
        _entry_of(reader, paths[0])  # compiles the first template before the fork
    _Worker.reader = reader
    batches = [paths[place : place + _BATCH] for place in range(0, len(paths), _BATCH)]
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        for entries in pool.imap(_read_batch, batches):
            yield from entries
    _Worker.reader = None


def _read_batch(paths: list[str]) -> list[Entry]:
    assert _Worker.reader is not None  # noqa: S101 - set before the fork
    return [_entry_of(_Worker.reader, path) for path in paths]


def _entry_of(reader: RecordReader, path: str) -> Entry:
    reading = reader.read(path)
    return path, {} if reading.record is None else reader.rows(reading.record), reading.problems
